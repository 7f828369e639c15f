/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "xml-file.h"

#include <string.h>

#include <libxml/parser.h>
#include <glib/gi18n.h>

#include "error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlParserCtxt, xmlFreeParserCtxt)

#define MESSAGE_MAX 300 /* bytes: names and values may be as long as the file */

xmlDoc *xml_file_parse(const char *text, gsize length, GError **error) {
        /* libxml2 takes a zero byte for the end, while a person who reads the file sees more. (UTF-16 is no use for a
         * policy.) */
        if (memchr(text, '\0', length)) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, _("1: a zero byte is not allowed"));
                return NULL;
        }
        g_assert(length <= G_MAXINT); /* files and messages have limits far below */
        g_autoptr(xmlParserCtxt) parser = xmlNewParserCtxt();
        g_autoptr(xmlDoc) doc =
                xmlCtxtReadMemory(parser, text, (int) length, NULL, NULL,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
        if (!doc) {
                const xmlError *last = xmlCtxtGetLastError(parser);
                g_autofree char *cut = g_strndup(last && last->message ? last->message : _("not XML"), MESSAGE_MAX);
                g_autofree char *message = g_utf8_make_valid(g_strdelimit(g_strchomp(cut), "\n", ' '), -1);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, "%d: %s", last ? last->line : 1, message);
                return NULL;
        }
        if (xmlGetIntSubset(doc)) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                                    _("1: a document type declaration is not allowed"));
                return NULL;
        }
        return g_steal_pointer(&doc);
}

bool xml_file_refuse(GError **error, const xmlNode *node, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *whole = g_strdup_vprintf(format, args), *cut = g_strndup(whole, MESSAGE_MAX);
        g_autofree char *text = g_utf8_make_valid(cut, -1);
        va_end(args);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, _("%ld: %s"), xmlGetLineNo((xmlNode *) node), text);
        return false;
}

bool xml_file_place(GError **error, const xmlNode *node) {
        g_prefix_error(error, "%ld: ", xmlGetLineNo((xmlNode *) node));
        return false;
}

bool xml_file_read_elements(xmlNode *root, bool (*read)(gpointer item, xmlNode *node, GError **error), gpointer item,
                            GError **error) {
        for (xmlNode *node = root->children; node; node = node->next) {
                if (node->type == XML_COMMENT_NODE || xmlIsBlankNode(node))
                        continue;
                if (node->type != XML_ELEMENT_NODE)
                        return xml_file_refuse(error, node, _("text, entities and instructions are not allowed in <%s>"),
                                               root->name);
                if (node->ns)
                        return xml_file_refuse(error, node, _("<%s>: namespaces are not known here"), node->name);
                if (!read(item, node, error))
                        return false;
        }
        return true;
}

bool xml_file_check_attributes(const xmlNode *node, const char *const *allowed, GError **error) {
        for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next)
                if (attribute->ns || !g_strv_contains(allowed, (const char *) attribute->name))
                        return xml_file_refuse(error, node, _("<%s> has no attribute \"%s\""), node->name, attribute->name);
        return true;
}

char *xml_file_get_attribute(const xmlNode *node, const char *name) {
        xmlChar *value = xmlGetNoNsProp(node, XML(name));
        char *copy = g_strdup((const char *) value);
        xmlFree(value);
        return copy;
}

/* White space does not count. */
bool xml_file_check_empty(const xmlNode *node, GError **error) {
        for (const xmlNode *child = node->children; child; child = child->next)
                if (child->type != XML_COMMENT_NODE && !xmlIsBlankNode(child))
                        return xml_file_refuse(error, child, _("<%s> must be empty"), node->name);
        return true;
}

char *xml_file_read_text(const xmlNode *node, GError **error) {
        if (!xml_file_check_attributes(node, (const char *const[]){ NULL }, error))
                return NULL;
        for (const xmlNode *child = node->children; child; child = child->next)
                if (child->type == XML_ELEMENT_NODE) {
                        (void) xml_file_refuse(error, child, _("<%s> holds text only"), node->name);
                        return NULL;
                }
        xmlChar *content = xmlNodeGetContent(node);
        char *copy = g_strdup((const char *) content);
        xmlFree(content);
        return copy;
}

char *xml_file_render(xmlDoc *doc) {
        xmlChar *text;
        int size;
        xmlDocDumpFormatMemoryEnc(doc, &text, &size, "utf-8", 1);
        char *copy = g_strndup((const char *) text, size);
        xmlFree(text);
        return copy;
}
