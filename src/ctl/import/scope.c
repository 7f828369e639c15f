/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scope.h"

static const ImportPorts *import_ports(const ImportRule *rule, guint index) {
        return &g_array_index(rule->ports, ImportPorts, index);
}

static bool import_ports_overlap(const ImportPorts *a, const ImportPorts *b) {
        return g_str_equal(a->protocol, b->protocol) && a->first <= b->last && b->first <= a->last;
}

static bool import_ports_contain(const ImportPorts *a, const ImportPorts *b) {
        return g_str_equal(a->protocol, b->protocol) && a->first <= b->first && b->last <= a->last;
}

static bool import_destinations_contain(const ImportRule *a, const ImportRule *b) {
        if (a->destinations->len == 0)
                return true;
        for (guint k = 0; k < b->destinations->len; k++) {
                bool found = false;

                for (guint i = 0; i < a->destinations->len && !found; i++)
                        found = import_address_contains(a->destinations->pdata[i], b->destinations->pdata[k]);
                if (!found)
                        return false;
        }
        return b->destinations->len > 0;
}

bool import_scope_overlaps(const ImportRule *a, const ImportRule *b) {
        bool ports = a->ports->len == 0 || b->ports->len == 0;

        for (guint i = 0; i < a->ports->len && !ports; i++)
                for (guint k = 0; k < b->ports->len && !ports; k++)
                        ports = import_ports_overlap(import_ports(a, i), import_ports(b, k));
        return ports && import_address_lists_overlap(a->destinations, b->destinations) &&
               (!a->in_interface || !b->in_interface || g_str_equal(a->in_interface, b->in_interface));
}

bool import_scope_contains(const ImportRule *a, const ImportRule *b) {
        if (a->in_interface && g_strcmp0(a->in_interface, b->in_interface) != 0)
                return false;
        if (!import_destinations_contain(a, b) || (a->ports->len > 0 && b->ports->len == 0))
                return false;
        for (guint k = 0; k < b->ports->len && a->ports->len > 0; k++) {
                bool found = false;

                for (guint i = 0; i < a->ports->len && !found; i++)
                        found = import_ports_contain(import_ports(a, i), import_ports(b, k));
                if (!found)
                        return false;
        }
        return true;
}

void import_scope_insert(const ImportRule *rule, GVariantDict *policy) {
        GVariantBuilder destinations = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);
        GVariantBuilder ports = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);

        if (rule->in_interface)
                g_variant_dict_insert_value(policy, "interfaces",
                                            g_variant_new_strv((const char *const *) &rule->in_interface, 1));
        if (rule->out_interface)
                g_variant_dict_insert_value(policy, "out-interfaces",
                                            g_variant_new_strv((const char *const *) &rule->out_interface, 1));

        for (guint i = 0; i < rule->destinations->len; i++)
                g_variant_builder_add(&destinations, "s", ((const ImportAddress *) rule->destinations->pdata[i])->text);
        g_autoptr(GVariant) destination_list = g_variant_ref_sink(g_variant_builder_end(&destinations));
        if (rule->destinations->len > 0)
                g_variant_dict_insert_value(policy, "destinations", destination_list);

        for (guint i = 0; i < rule->ports->len; i++) {
                const ImportPorts *range = import_ports(rule, i);
                g_autofree char *port = range->first == range->last ?
                                                g_strdup_printf("%u/%s", range->first, range->protocol) :
                                                g_strdup_printf("%u-%u/%s", range->first, range->last, range->protocol);
                g_variant_builder_add(&ports, "s", port);
        }
        g_autoptr(GVariant) port_list = g_variant_ref_sink(g_variant_builder_end(&ports));
        if (rule->ports->len > 0)
                g_variant_dict_insert_value(policy, "ports", port_list);
}
