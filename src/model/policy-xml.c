/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-xml.h"

#include <string.h>

#include <glib/gi18n.h>

#include "brief.h"
#include "policy-check.h"
#include "xml-file.h"

/* Attributes of <policy>; all other fields are elements in it. */
static const char *const ROOT_ATTRIBUTES[] = { "action", "enabled", NULL };

/* The attribute that holds an element's value, spelled as in firewalld's zone files. A port has a second one for its
 * protocol. */
static const char *const VALUE_ATTRIBUTES[] = {
        [POLICY_FIELD_INTERFACES] = "name",   [POLICY_FIELD_CONTAINERS] = "name", [POLICY_FIELD_NETWORKS] = "name",
        [POLICY_FIELD_ADDRESSES] = "address", [POLICY_FIELD_SOURCES] = "address", [POLICY_FIELD_PORTS] = "port",
};

static bool is_list(const PolicyField *field) {
        return policy_key_type(field->name) == POLICY_KEY_STRINGS;
}

/* Each entry of a list is an element named in the singular: "out-interfaces" becomes many <out-interface>. */
static gsize element_length(const PolicyField *field) {
        return strlen(field->name) - (is_list(field) ? strlen("s") : 0);
}

/* NULL: there is no such element. */
static const PolicyField *find_element(const char *name) {
        const PolicyField *field = POLICY_FIELDS;
        while (field->name && (strlen(name) != element_length(field) || !g_str_has_prefix(field->name, name)))
                field++;
        return field->name && !g_strv_contains(ROOT_ATTRIBUTES, field->name) ? field : NULL;
}

/* NULL: the source is an address. */
static const PolicyReference *find_reference(const xmlNode *node) {
        const PolicyReference *reference = POLICY_REFERENCES;
        while (reference->prefix && !xmlHasProp((xmlNode *) node, XML(reference->noun)))
                reference++;
        return reference->prefix ? reference : NULL;
}

static bool read_list_element(Policy *policy, const xmlNode *node, const PolicyField *field, GError **error) {
        const bool is_port = field->type == POLICY_FIELD_PORTS;
        const PolicyReference *reference = field->type == POLICY_FIELD_SOURCES ? find_reference(node) : NULL;
        const char *attribute = reference ? reference->noun : VALUE_ATTRIBUTES[field->type];
        const bool is_brief = field->type == POLICY_FIELD_SOURCES && !reference && xmlHasProp((xmlNode *) node, XML("until"));
        const char *const allowed[] = { attribute, is_port ? "protocol" : is_brief ? "until" : NULL, NULL };
        if (!xml_file_check_attributes(node, allowed, error) || !xml_file_check_empty(node, error))
                return false;

        g_autofree char *value = xml_file_get_attribute(node, attribute);
        if (!value)
                return xml_file_refuse(error, node, _("<%s> needs the attribute \"%s\""), node->name, attribute);
        if (is_port) {
                g_autofree char *protocol = xml_file_get_attribute(node, "protocol");
                if (!protocol)
                        return xml_file_refuse(error, node, _("<port> needs the attribute \"protocol\""));
                g_autofree char *number = g_steal_pointer(&value);
                value = g_strdup_printf("%s/%s", number, protocol);
        }
        if (reference) {
                g_autofree char *name = g_steal_pointer(&value);
                value = g_strconcat(reference->prefix, name, NULL);
        }
        if (is_brief) {
                g_autofree char *address = g_steal_pointer(&value), *until = xml_file_get_attribute(node, "until");
                value = g_strconcat(address, BRIEF_UNTIL, until, NULL);
        }
        return policy_add_string(policy, field->name, value, error) || xml_file_place(error, node);
}

static bool read_text_element(Policy *policy, xmlNode *node, const PolicyField *field, GError **error) {
        if (policy_get_string(policy, field->name))
                return xml_file_refuse(error, node, _("<%s> is there twice"), field->name);
        g_autofree char *text = xml_file_read_text(node, error);
        return text && (policy_set_string(policy, field->name, text, error) || xml_file_place(error, node));
}

static bool read_boolean_element(Policy *policy, const xmlNode *node, const PolicyField *field, GError **error) {
        if (policy_get_boolean(policy, field->name))
                return xml_file_refuse(error, node, _("<%s/> is there twice"), field->name);
        policy_set_boolean(policy, field->name, true);
        return xml_file_check_attributes(node, (const char *const[]){ NULL }, error) && xml_file_check_empty(node, error);
}

static bool read_element(gpointer policy, xmlNode *node, GError **error) {
        const PolicyField *field = find_element((const char *) node->name);
        if (!field)
                return xml_file_refuse(error, node, _("<%s> is not known"), node->name);
        switch (policy_key_type(field->name)) {
        case POLICY_KEY_STRING:
                return read_text_element(policy, node, field, error);
        case POLICY_KEY_BOOLEAN:
                return read_boolean_element(policy, node, field, error);
        default:
                return read_list_element(policy, node, field, error);
        }
}

static bool read_root(Policy *policy, xmlNode *root, GError **error) {
        if (!g_str_equal(root->name, "policy") || root->ns)
                return xml_file_refuse(error, root, _("the document must be a <policy>, not <%s>"), root->name);
        if (!xml_file_check_attributes(root, ROOT_ATTRIBUTES, error))
                return false;

        g_autofree char *action = xml_file_get_attribute(root, "action");
        if (action && !policy_set_string(policy, "action", action, error))
                return xml_file_place(error, root);
        g_autofree char *enabled = xml_file_get_attribute(root, "enabled");
        if (enabled && !g_str_equal(enabled, "true") && !g_str_equal(enabled, "false"))
                return xml_file_refuse(error, root, _("enabled: \"%s\" must be \"true\" or \"false\""), enabled);
        policy_set_boolean(policy, "enabled", !enabled || g_str_equal(enabled, "true"));

        return xml_file_read_elements(root, read_element, policy, error) &&
               (policy_check(policy, error) || xml_file_place(error, root));
}

Policy *policy_from_xml(const char *text, gsize length, GError **error) {
        g_autoptr(xmlDoc) doc = xml_file_parse(text, length, error);
        g_autoptr(Policy) policy = doc ? policy_new() : NULL;
        return policy && read_root(policy, xmlDocGetRootElement(doc), error) ? g_steal_pointer(&policy) : NULL;
}

static void write_list(xmlNode *root, const Policy *policy, const PolicyField *field) {
        g_autofree char *element = g_strndup(field->name, element_length(field));
        g_auto(GStrv) values = policy_get_strings(policy, field->name);
        for (char **value = values; *value; value++) {
                xmlNode *node = xmlNewChild(root, NULL, XML(element), NULL);
                char *slash = field->type == POLICY_FIELD_PORTS ? strchr(*value, '/') : NULL,
                     *until = field->type == POLICY_FIELD_SOURCES ? strstr(*value, BRIEF_UNTIL) : NULL;
                if (slash)
                        *slash = '\0';
                if (until)
                        *until = '\0';
                const PolicyReference *reference = field->type == POLICY_FIELD_SOURCES ? policy_reference_of(*value) : NULL;
                if (reference)
                        xmlNewProp(node, XML(reference->noun), XML(*value + strlen(reference->prefix)));
                else
                        xmlNewProp(node, XML(VALUE_ATTRIBUTES[field->type]), XML(*value));
                if (slash)
                        xmlNewProp(node, XML("protocol"), XML(slash + 1));
                if (until)
                        xmlNewProp(node, XML("until"), XML(until + strlen(BRIEF_UNTIL)));
        }
}

/* An element for each field of this type that is set, except the root's attributes. */
static void write_elements(xmlNode *root, const Policy *policy, PolicyKeyType type) {
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++) {
                if (policy_key_type(field->name) != type || g_strv_contains(ROOT_ATTRIBUTES, field->name))
                        continue;
                if (type == POLICY_KEY_STRINGS)
                        write_list(root, policy, field);
                else if (type == POLICY_KEY_STRING && policy_get_string(policy, field->name))
                        xmlNewTextChild(root, NULL, XML(field->name), XML(policy_get_string(policy, field->name)));
                else if (type == POLICY_KEY_BOOLEAN && policy_get_boolean(policy, field->name))
                        xmlNewChild(root, NULL, XML(field->name), NULL);
        }
}

char *policy_to_xml(const Policy *policy) {
        g_autoptr(xmlDoc) doc = xmlNewDoc(XML("1.0"));
        xmlNode *root = xmlNewDocNode(doc, NULL, XML("policy"), NULL);
        xmlDocSetRootElement(doc, root);
        xmlNewProp(root, XML("action"), XML(policy_get_string(policy, "action")));
        if (!policy->enabled)
                xmlNewProp(root, XML("enabled"), XML("false"));
        write_elements(root, policy, POLICY_KEY_STRING);
        write_elements(root, policy, POLICY_KEY_STRINGS);
        write_elements(root, policy, POLICY_KEY_BOOLEAN);

        return xml_file_render(doc);
}
