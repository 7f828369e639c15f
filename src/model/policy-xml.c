/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-xml.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "error.h"
#include "policy-check.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* Attributes of <policy>; all other fields are elements in it. */
static const char *const ROOT_ATTRIBUTES[] = { "action", "enabled", NULL };

/* The attribute that holds an element's value, spelled as in firewalld's zone files. A port has a second one for its
 * protocol. */
static const char *const VALUE_ATTRIBUTES[] = {
        [POLICY_FIELD_INTERFACES] = "name",   [POLICY_FIELD_CONTAINERS] = "name", [POLICY_FIELD_NETWORKS] = "name",
        [POLICY_FIELD_ADDRESSES] = "address", [POLICY_FIELD_SOURCES] = "address", [POLICY_FIELD_PORTS] = "port",
};

#define XML(s) ((const xmlChar *) (s))
#define MESSAGE_MAX 300 /* bytes: names and values may be as long as the file */

static bool refuse(GError **error, const xmlNode *node, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool refuse(GError **error, const xmlNode *node, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *whole = g_strdup_vprintf(format, args), *cut = g_strndup(whole, MESSAGE_MAX);
        g_autofree char *text = g_utf8_make_valid(cut, -1);
        va_end(args);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, "%ld: %s", xmlGetLineNo((xmlNode *) node), text);
        return false;
}

static bool check_attributes(const xmlNode *node, const char *const *allowed, GError **error) {
        for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next)
                if (attribute->ns || !g_strv_contains(allowed, (const char *) attribute->name))
                        return refuse(error, node, "<%s> has no attribute \"%s\"", node->name, attribute->name);
        return true;
}

static char *get_attribute(const xmlNode *node, const char *name) {
        xmlChar *value = xmlGetNoNsProp(node, XML(name));
        char *copy = g_strdup((const char *) value);
        xmlFree(value);
        return copy;
}

/* No text (other than white space) and no elements inside. */
static bool check_empty(const xmlNode *node, GError **error) {
        for (const xmlNode *child = node->children; child; child = child->next)
                if (child->type != XML_COMMENT_NODE && !xmlIsBlankNode(child))
                        return refuse(error, child, "<%s> must be empty", node->name);
        return true;
}

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

/* Sources that are no addresses. */
typedef struct SourceKind {
        const char *attribute, *prefix;
} SourceKind;

static const SourceKind SOURCE_KINDS[] = { { "ipset", POLICY_IPSET }, { "zone", POLICY_ZONE } };

static const SourceKind *find_kind(const xmlNode *node) {
        for (gsize i = 0; i < G_N_ELEMENTS(SOURCE_KINDS); i++)
                if (xmlHasProp((xmlNode *) node, XML(SOURCE_KINDS[i].attribute)))
                        return &SOURCE_KINDS[i];
        return NULL;
}

static bool read_list_element(Policy *policy, const xmlNode *node, const PolicyField *field, GError **error) {
        const bool is_port = field->type == POLICY_FIELD_PORTS;
        const SourceKind *kind = field->type == POLICY_FIELD_SOURCES ? find_kind(node) : NULL;
        const char *attribute = kind ? kind->attribute : VALUE_ATTRIBUTES[field->type];
        const char *const allowed[] = { attribute, is_port ? "protocol" : NULL, NULL };
        if (!check_attributes(node, allowed, error) || !check_empty(node, error))
                return false;

        g_autofree char *value = get_attribute(node, attribute);
        if (!value)
                return refuse(error, node, "<%s> needs the attribute \"%s\"", node->name, attribute);
        if (is_port) {
                g_autofree char *protocol = get_attribute(node, "protocol");
                if (!protocol)
                        return refuse(error, node, "<port> needs the attribute \"protocol\"");
                g_autofree char *number = g_steal_pointer(&value);
                value = g_strdup_printf("%s/%s", number, protocol);
        }
        if (kind) {
                g_autofree char *name = g_steal_pointer(&value);
                value = g_strconcat(kind->prefix, name, NULL);
        }
        if (!policy_add_string(policy, field->name, value, error)) {
                g_prefix_error(error, "%ld: ", xmlGetLineNo((xmlNode *) node));
                return false;
        }
        return true;
}

static bool read_text_element(Policy *policy, xmlNode *node, const PolicyField *field, GError **error) {
        if (policy_get_string(policy, field->name))
                return refuse(error, node, "<%s> is there twice", field->name);
        if (!check_attributes(node, (const char *const[]){ NULL }, error))
                return false;
        for (const xmlNode *child = node->children; child; child = child->next)
                if (child->type == XML_ELEMENT_NODE)
                        return refuse(error, child, "<%s> holds text only", field->name);
        xmlChar *content = xmlNodeGetContent(node);
        bool good = policy_set_string(policy, field->name, (const char *) content, error);
        xmlFree(content);
        if (!good)
                g_prefix_error(error, "%ld: ", xmlGetLineNo(node));
        return good;
}

static bool read_boolean_element(Policy *policy, const xmlNode *node, const PolicyField *field, GError **error) {
        if (policy_get_boolean(policy, field->name))
                return refuse(error, node, "<%s/> is there twice", field->name);
        policy_set_boolean(policy, field->name, true);
        return check_attributes(node, (const char *const[]){ NULL }, error) && check_empty(node, error);
}

static bool read_element(Policy *policy, xmlNode *node, GError **error) {
        const char *name = (const char *) node->name;
        if (node->ns)
                return refuse(error, node, "<%s>: namespaces are not known here", name);
        const PolicyField *field = find_element(name);
        if (!field)
                return refuse(error, node, "<%s> is not known", name);
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
                return refuse(error, root, "the document must be a <policy>, not <%s>", root->name);
        if (!check_attributes(root, ROOT_ATTRIBUTES, error))
                return false;

        g_autofree char *action = get_attribute(root, "action");
        if (action && !policy_set_string(policy, "action", action, error)) {
                g_prefix_error(error, "%ld: ", xmlGetLineNo(root));
                return false;
        }
        g_autofree char *enabled = get_attribute(root, "enabled");
        if (enabled && !g_str_equal(enabled, "true") && !g_str_equal(enabled, "false"))
                return refuse(error, root, "enabled: \"%s\" must be \"true\" or \"false\"", enabled);
        policy_set_boolean(policy, "enabled", !enabled || g_str_equal(enabled, "true"));

        for (xmlNode *node = root->children; node; node = node->next) {
                if (node->type == XML_COMMENT_NODE || xmlIsBlankNode(node))
                        continue;
                if (node->type != XML_ELEMENT_NODE)
                        return refuse(error, node, "text, entities and instructions are not allowed in <policy>");
                if (!read_element(policy, node, error))
                        return false;
        }
        if (!policy_check(policy, error)) {
                g_prefix_error(error, "%ld: ", xmlGetLineNo(root));
                return false;
        }
        return true;
}

Policy *policy_from_xml(const char *text, gsize length, GError **error) {
        /* libxml2 takes a zero byte for the end, while a person who reads the file sees more. (UTF-16 is no use for a
         * policy.) */
        if (memchr(text, '\0', length)) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, "1: a zero byte is not allowed");
                return NULL;
        }
        g_autoptr(xmlParserCtxt) parser = xmlNewParserCtxt();
        g_autoptr(xmlDoc) doc =
                xmlCtxtReadMemory(parser, text, length, NULL, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
        if (!doc) {
                const xmlError *last = xmlCtxtGetLastError(parser);
                g_autofree char *cut = g_strndup(last && last->message ? last->message : "not XML", MESSAGE_MAX);
                g_autofree char *message = g_utf8_make_valid(g_strdelimit(g_strchomp(cut), "\n", ' '), -1);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, "%d: %s", last ? last->line : 1, message);
                return NULL;
        }
        if (xmlGetIntSubset(doc)) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                                    "1: a document type declaration is not allowed");
                return NULL;
        }
        g_autoptr(Policy) policy = policy_new();
        if (!read_root(policy, xmlDocGetRootElement(doc), error))
                return NULL;
        return g_steal_pointer(&policy);
}

static const SourceKind *find_prefix(const char *value) {
        for (gsize i = 0; i < G_N_ELEMENTS(SOURCE_KINDS); i++)
                if (g_str_has_prefix(value, SOURCE_KINDS[i].prefix))
                        return &SOURCE_KINDS[i];
        return NULL;
}

static void write_list(xmlNode *root, const Policy *policy, const PolicyField *field) {
        g_autofree char *element = g_strndup(field->name, element_length(field));
        g_auto(GStrv) values = policy_get_strings(policy, field->name);
        for (char **value = values; *value; value++) {
                xmlNode *node = xmlNewChild(root, NULL, XML(element), NULL);
                char *slash = field->type == POLICY_FIELD_PORTS ? strchr(*value, '/') : NULL;
                if (slash)
                        *slash = '\0';
                const SourceKind *kind = field->type == POLICY_FIELD_SOURCES ? find_prefix(*value) : NULL;
                if (kind)
                        xmlNewProp(node, XML(kind->attribute), XML(*value + strlen(kind->prefix)));
                else
                        xmlNewProp(node, XML(VALUE_ATTRIBUTES[field->type]), XML(*value));
                if (slash)
                        xmlNewProp(node, XML("protocol"), XML(slash + 1));
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

        xmlChar *text;
        int size;
        xmlDocDumpFormatMemoryEnc(doc, &text, &size, "utf-8", 1);
        char *copy = g_strndup((const char *) text, size);
        xmlFree(text);
        return copy;
}
