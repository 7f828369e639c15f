/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how XML files of an administrator's are read and written: no network, no entities, no document types, errors with their
 * line. Must not know which elements there are. */

#include <stdbool.h>

#include <glib.h>
#include <libxml/tree.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

#define XML(s) ((const xmlChar *) (s))

/* The errors of all functions here are QUAYWALL_ERROR_INVALID_POLICY and begin with the line, "2: ". text: any bytes. */
xmlDoc *xml_file_parse(const char *text, gsize length, GError **error);

/* Sets an error with the node's line; returns false. */
bool xml_file_refuse(GError **error, const xmlNode *node, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Adds the node's line to an error of another function; returns false. */
bool xml_file_place(GError **error, const xmlNode *node);

/* Calls read() for each element in root. Refuses elements of a namespace, and anything else but comments and white space. */
bool xml_file_read_elements(xmlNode *root, bool (*read)(gpointer item, xmlNode *node, GError **error), gpointer item,
                            GError **error);

/* Whether the node has only these attributes, ended by NULL; and whether nothing is in it. */
bool xml_file_check_attributes(const xmlNode *node, const char *const *allowed, GError **error);
bool xml_file_check_empty(const xmlNode *node, GError **error);

/* The value of an attribute; NULL: it has none of that name. Free with g_free(), as the next one. */
char *xml_file_get_attribute(const xmlNode *node, const char *name);

/* The text in an element that has no attributes and no elements. */
char *xml_file_read_text(const xmlNode *node, GError **error);

/* Indented. Free with g_free(). */
char *xml_file_render(xmlDoc *doc);
