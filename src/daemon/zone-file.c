/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-file.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <glib/gi18n.h>

#include "model/error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

void zone_file_free(ZoneFile *file) {
        g_free(file->target);
        g_free(file->short_name);
        g_free(file->description);
        g_free(file);
}

static char *take(xmlChar *text) {
        char *copy = g_strdup(text ? (const char *) text : "");
        xmlFree(text);
        return copy;
}

ZoneFile *zone_file_read(const char *path, GError **error) {
        g_autoptr(xmlDoc) doc = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
        xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
        if (!root || !g_str_equal(root->name, "zone")) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                            _("%s: cannot be read as a zone of firewalld; install quaywall again"), path);
                return NULL;
        }
        ZoneFile *file = g_new0(ZoneFile, 1);
        file->target = take(xmlGetProp(root, (const xmlChar *) "target"));
        for (xmlNode *node = xmlFirstElementChild(root); node; node = xmlNextElementSibling(node))
                if (g_str_equal(node->name, "short") && !file->short_name)
                        file->short_name = take(xmlNodeGetContent(node));
                else if (g_str_equal(node->name, "description") && !file->description)
                        file->description = take(xmlNodeGetContent(node));
        if (!file->short_name)
                file->short_name = g_strdup("docker");
        if (!file->description)
                file->description = g_strdup("");
        return file;
}
