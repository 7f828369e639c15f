/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group-xml.h"

#include <glib/gi18n.h>

#include "xml-file.h"

static bool read_address(Group *group, const xmlNode *node, GError **error) {
        static const char *const ATTRIBUTES[] = { "address", NULL };
        if (!xml_file_check_attributes(node, ATTRIBUTES, error) || !xml_file_check_empty(node, error))
                return false;
        g_autofree char *value = xml_file_get_attribute(node, "address");
        if (!value)
                return xml_file_refuse(error, node, _("<%s> needs the attribute \"address\""), node->name);
        return group_add_address(group, value, error) || xml_file_place(error, node);
}

static bool read_description(Group *group, const xmlNode *node, GError **error) {
        if (group->description)
                return xml_file_refuse(error, node, _("<description> is there twice"));
        g_autofree char *text = xml_file_read_text(node, error);
        return text && (group_set_description(group, text, error) || xml_file_place(error, node));
}

static bool read_element(gpointer group, xmlNode *node, GError **error) {
        const char *name = (const char *) node->name;
        return g_str_equal(name, "source")      ? read_address(group, node, error) :
               g_str_equal(name, "description") ? read_description(group, node, error) :
                                                  xml_file_refuse(error, node, _("<%s> is not known in a group"), name);
}

static bool read_root(Group *group, xmlNode *root, GError **error) {
        if (!g_str_equal(root->name, "group") || root->ns)
                return xml_file_refuse(error, root, _("the document must be a <group>, not <%s>"), root->name);
        return xml_file_check_attributes(root, (const char *const[]){ NULL }, error) &&
               xml_file_read_elements(root, read_element, group, error);
}

Group *group_from_xml(const char *text, gsize length, GError **error) {
        g_autoptr(xmlDoc) doc = xml_file_parse(text, length, error);
        g_autoptr(Group) group = doc ? group_new() : NULL;
        if (!group || !read_root(group, xmlDocGetRootElement(doc), error))
                return NULL;
        group_finish(group);
        return g_steal_pointer(&group);
}

char *group_to_xml(const Group *group) {
        g_autoptr(xmlDoc) doc = xmlNewDoc(XML("1.0"));
        xmlNode *root = xmlNewDocNode(doc, NULL, XML("group"), NULL);
        xmlDocSetRootElement(doc, root);
        if (group->description)
                xmlNewTextChild(root, NULL, XML("description"), XML(group->description));
        for (guint i = 0; i < group->addresses->len; i++) {
                g_autofree char *text = address_range_format(&g_array_index(group->addresses, AddressRange, i));
                xmlNewProp(xmlNewChild(root, NULL, XML("source"), NULL), XML("address"), XML(text));
        }
        return xml_file_render(doc);
}
