/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-xml.h"

#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

/* The element for each list key, in the spelling of firewalld's zone files. A port has two attributes. */
static const struct {
        const char *element, *attribute, *key;
} ELEMENTS[] = {
        { "interface", "name", "interfaces" },
        { "out-interface", "name", "out-interfaces" },
        { "source", "address", "sources" },
        { "destination", "address", "destinations" },
        { "port", "port", "ports" },
        { "container", "name", "containers" },
        { "network", "name", "networks" },
};

#define XML(s) ((const xmlChar *) (s))
#define MESSAGE_MAX 300 /* bytes: names and values of a file can be as long as the file */

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

static bool read_list_element(Policy *policy, const xmlNode *node, gsize i, GError **error) {
        const bool is_port = g_str_equal(ELEMENTS[i].element, "port");
        const char *const allowed[] = { ELEMENTS[i].attribute, is_port ? "protocol" : NULL, NULL };
        if (!check_attributes(node, allowed, error) || !check_empty(node, error))
                return false;

        g_autofree char *value = get_attribute(node, ELEMENTS[i].attribute);
        if (!value)
                return refuse(error, node, "<%s> needs the attribute \"%s\"", node->name, ELEMENTS[i].attribute);
        if (is_port) {
                g_autofree char *protocol = get_attribute(node, "protocol");
                if (!protocol)
                        return refuse(error, node, "<port> needs the attribute \"protocol\"");
                g_autofree char *number = g_steal_pointer(&value);
                value = g_strdup_printf("%s/%s", number, protocol);
        }
        if (!policy_add_string(policy, ELEMENTS[i].key, value, error)) {
                g_prefix_error(error, "%ld: ", xmlGetLineNo((xmlNode *) node));
                return false;
        }
        return true;
}

static bool read_description(Policy *policy, xmlNode *node, GError **error) {
        if (!check_attributes(node, (const char *const[]){ NULL }, error))
                return false;
        for (const xmlNode *child = node->children; child; child = child->next)
                if (child->type == XML_ELEMENT_NODE)
                        return refuse(error, child, "<description> holds text only");
        xmlChar *content = xmlNodeGetContent(node);
        bool good = policy_set_string(policy, "description", (const char *) content, error);
        xmlFree(content);
        if (!good)
                g_prefix_error(error, "%ld: ", xmlGetLineNo(node));
        return good;
}

static bool read_element(Policy *policy, xmlNode *node, GError **error) {
        const char *name = (const char *) node->name;
        if (node->ns)
                return refuse(error, node, "<%s>: namespaces are not known here", name);
        for (gsize i = 0; i < G_N_ELEMENTS(ELEMENTS); i++)
                if (g_str_equal(name, ELEMENTS[i].element))
                        return read_list_element(policy, node, i, error);
        if (g_str_equal(name, "reject") || g_str_equal(name, "log")) {
                if (policy_get_boolean(policy, name))
                        return refuse(error, node, "<%s/> is there twice", name);
                policy_set_boolean(policy, name, true);
                return check_attributes(node, (const char *const[]){ NULL }, error) && check_empty(node, error);
        }
        if (g_str_equal(name, "description")) {
                if (policy->description)
                        return refuse(error, node, "<description> is there twice");
                return read_description(policy, node, error);
        }
        return refuse(error, node, "<%s> is not known", name);
}

static bool read_root(Policy *policy, xmlNode *root, GError **error) {
        if (!g_str_equal(root->name, "policy") || root->ns)
                return refuse(error, root, "the document must be a <policy>, not <%s>", root->name);
        if (!check_attributes(root, (const char *const[]){ "action", "enabled", NULL }, error))
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
        /* libxml2 takes one for the end; who looks at the file sees more than that. (UTF-16 is no use for a policy.) */
        if (memchr(text, '\0', length)) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, "1: a zero byte is not allowed");
                return NULL;
        }
        g_autoptr(xmlParserCtxt) parser = xmlNewParserCtxt();
        g_autoptr(xmlDoc) doc = xmlCtxtReadMemory(parser, text, length, NULL, NULL,
                                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                                          XML_PARSE_BIG_LINES);
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

char *policy_to_xml(const Policy *policy) {
        g_autoptr(xmlDoc) doc = xmlNewDoc(XML("1.0"));
        xmlNode *root = xmlNewDocNode(doc, NULL, XML("policy"), NULL);
        xmlDocSetRootElement(doc, root);
        xmlNewProp(root, XML("action"), XML(policy_get_string(policy, "action")));
        if (!policy->enabled)
                xmlNewProp(root, XML("enabled"), XML("false"));
        if (policy->description)
                xmlNewTextChild(root, NULL, XML("description"), XML(policy->description));
        for (gsize i = 0; i < G_N_ELEMENTS(ELEMENTS); i++) {
                g_auto(GStrv) values = policy_get_strings(policy, ELEMENTS[i].key);
                for (char **value = values; *value; value++) {
                        xmlNode *node = xmlNewChild(root, NULL, XML(ELEMENTS[i].element), NULL);
                        char *slash = g_str_equal(ELEMENTS[i].element, "port") ? strchr(*value, '/') : NULL;
                        if (slash)
                                *slash = '\0';
                        xmlNewProp(node, XML(ELEMENTS[i].attribute), XML(*value));
                        if (slash)
                                xmlNewProp(node, XML("protocol"), XML(slash + 1));
                }
        }
        if (policy->reject)
                xmlNewChild(root, NULL, XML("reject"), NULL);
        if (policy->log)
                xmlNewChild(root, NULL, XML("log"), NULL);

        xmlChar *text;
        int size;
        xmlDocDumpFormatMemoryEnc(doc, &text, &size, "utf-8", 1);
        char *copy = g_strndup((const char *) text, size);
        xmlFree(text);
        return copy;
}
