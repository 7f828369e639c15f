/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-out.h"

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/text.h"

/* The order of dbus/org.quaywall1.xml; any other key comes after these. */
static const char *const POLICY_KEYS[] = { "action", "interfaces", "out-interfaces", "sources",   "destinations",
                                           "ports",  "containers", "networks",       "addresses", "reject",
                                           "log",    "enabled",    "description" };

static char *json_out_format(GVariant *value, gboolean pretty) {
        g_autoptr(GVariant) sunk = g_variant_ref_sink(value);
        g_autoptr(JsonNode) root = json_gvariant_serialize(sunk);

        return json_to_string(root, pretty);
}

char *json_out_pretty(GVariant *value) {
        return json_out_format(value, TRUE);
}

char *json_out_line(GVariant *value) {
        return json_out_format(value, FALSE);
}

/* Entries keep their order, which they would not in a GVariantDict. */
static void json_out_add(GVariantBuilder *object, const char *key, GVariant *value) {
        g_variant_builder_add(object, "{sv}", key, value);
}

static int json_out_compare_keys(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static guint json_out_policy_rank(const char *key) {
        guint rank = 0;

        while (rank < G_N_ELEMENTS(POLICY_KEYS) && !g_str_equal(POLICY_KEYS[rank], key))
                rank++;
        return rank;
}

static int json_out_compare_policy_keys(const void *a, const void *b) {
        const guint rank_a = json_out_policy_rank(*(const char *const *) a);
        const guint rank_b = json_out_policy_rank(*(const char *const *) b);

        return rank_a != rank_b ? (rank_a < rank_b ? -1 : 1) : json_out_compare_keys(a, b);
}

static GStrv json_out_keys(GVariant *dictionary, int (*compare)(const void *, const void *)) {
        const gsize count = g_variant_n_children(dictionary);
        GStrv keys = g_new0(char *, count + 1);

        for (gsize i = 0; i < count; i++) {
                g_autoptr(GVariant) entry = g_variant_get_child_value(dictionary, i);
                g_autoptr(GVariant) key = g_variant_get_child_value(entry, 0);
                keys[i] = g_variant_dup_string(key, NULL);
        }
        if (count > 0)
                qsort(keys, count, sizeof *keys, compare);
        return keys;
}

GStrv json_out_sorted_keys(GVariant *dictionary) {
        return json_out_keys(dictionary, json_out_compare_keys);
}

GStrv json_out_natural_keys(GVariant *dictionary) {
        return json_out_keys(dictionary, text_compare_natural);
}

GStrv json_out_policy_keys(GVariant *policy) {
        g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(policy);
        /* It belongs to this quaywalld's policy, not to one that another host gets. */
        g_variant_dict_remove(&dict, "revision");
        g_autoptr(GVariant) rest = g_variant_ref_sink(g_variant_dict_end(&dict));
        return json_out_keys(rest, json_out_compare_policy_keys);
}

/* Rows, which are tuples, to an array of objects: names has one for each column. */
static GVariant *json_out_rows(GVariant *rows, const char *const *names) {
        GVariantBuilder array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

        for (gsize i = 0; i < g_variant_n_children(rows); i++) {
                g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

                for (gsize column = 0; names[column]; column++) {
                        g_autoptr(GVariant) value = g_variant_get_child_value(row, column);

                        json_out_add(&object, names[column], value);
                }
                g_variant_builder_add_value(&array, g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&array);
}

/* a(ss) of what the service says of a policy or a port. */
static GVariant *json_out_messages(GVariant *messages) {
        return json_out_rows(messages, (const char *const[]){ "code", "message", NULL });
}

GVariant *json_out_commands(GVariant *commands, GVariant *notes) {
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        json_out_add(&answer, "commands", commands);
        json_out_add(&answer, "notes", json_out_messages(notes));
        return g_variant_builder_end(&answer);
}

GVariant *json_out_problems(GVariant *problems) {
        return json_out_rows(problems, (const char *const[]){ "code", "message", "details", NULL });
}

GVariant *json_out_policies(GVariant *policies) {
        GVariantBuilder all = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_auto(GStrv) names = json_out_sorted_keys(policies);

        for (guint i = 0; names[i]; i++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(policies, names[i], G_VARIANT_TYPE_VARDICT);
                g_auto(GStrv) keys = json_out_policy_keys(policy);
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

                for (guint k = 0; keys[k]; k++) {
                        g_autoptr(GVariant) value = g_variant_lookup_value(policy, keys[k], NULL);

                        json_out_add(&object, keys[k], value);
                }
                json_out_add(&all, names[i], g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&all);
}

GVariant *json_out_check(GVariant *rules, GVariant *warnings) {
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        json_out_add(&answer, "rules", json_out_rows(rules, (const char *const[]){ "family", "args", NULL }));
        json_out_add(&answer, "warnings", json_out_messages(warnings));
        return g_variant_builder_end(&answer);
}

GVariant *json_out_ports(GVariant *ports) {
        GVariantBuilder array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

        for (gsize i = 0; i < g_variant_n_children(ports); i++) {
                g_autoptr(GVariant) port = g_variant_get_child_value(ports, i);
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                const char *key;
                GVariant *value;
                GVariantIter entries;

                g_variant_iter_init(&entries, port);
                while (g_variant_iter_loop(&entries, "{&sv}", &key, &value)) {
                        const bool is_notes = g_variant_is_of_type(value, G_VARIANT_TYPE("a(ss)"));

                        json_out_add(&object, key, is_notes ? json_out_messages(value) : value);
                }
                g_variant_builder_add_value(&array, g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&array);
}

GVariant *json_out_direct_rules(GVariant *rules) {
        return json_out_rows(rules, (const char *const[]){ "family", "priority", "args", "owner", NULL });
}

GVariant *json_out_interfaces(GVariant *interfaces) {
        return json_out_rows(interfaces, (const char *const[]){ "interface", "zone", "runtime", "permanent", NULL });
}

GVariant *json_out_counters(GVariant *counters) {
        GVariantBuilder all = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_auto(GStrv) names = json_out_sorted_keys(counters);

        for (guint i = 0; names[i]; i++) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                guint64 packets = 0, bytes = 0;

                g_variant_lookup(counters, names[i], "(tt)", &packets, &bytes);
                json_out_add(&object, "packets", g_variant_new_uint64(packets));
                json_out_add(&object, "bytes", g_variant_new_uint64(bytes));
                json_out_add(&all, names[i], g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&all);
}

GVariant *json_out_explanation(GVariant *explanation) {
        static const char *const KEYS[] = { "verdict", "sentence", "policy", "layer", "trace" };
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++) {
                g_autoptr(GVariant) value = g_variant_lookup_value(explanation, KEYS[i], NULL);

                if (value && g_variant_is_of_type(value, G_VARIANT_TYPE("a(sss)")))
                        json_out_add(&answer, KEYS[i],
                                     json_out_rows(value, (const char *const[]){ "where", "rule", "effect", NULL }));
                else if (value)
                        json_out_add(&answer, KEYS[i], value);
        }
        return g_variant_builder_end(&answer);
}
