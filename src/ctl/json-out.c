/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-out.h"

#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

/* As in dbus/org.quaywall1.xml; a key that is not here comes after these. */
static const char *const policy_keys[] = { "action",       "interfaces", "out-interfaces", "sources",
                                           "destinations", "ports",      "containers",     "networks",
                                           "reject",       "log",        "enabled",        "description" };

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

/* A dictionary entry that keeps its place: GVariantDict does not. */
static void json_out_add(GVariantBuilder *object, const char *key, GVariant *value) {
        g_variant_builder_add(object, "{sv}", key, value);
}

static int json_out_compare_keys(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static guint json_out_policy_rank(const char *key) {
        guint rank = 0;

        while (rank < G_N_ELEMENTS(policy_keys) && !g_str_equal(policy_keys[rank], key))
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

GStrv json_out_policy_keys(GVariant *policy) {
        return json_out_keys(policy, json_out_compare_policy_keys);
}

GVariant *json_out_problems(GVariant *problems) {
        GVariantBuilder array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        GVariantIter iter;
        const char *code, *message;
        GVariant *details;

        g_variant_iter_init(&iter, problems);
        while (g_variant_iter_loop(&iter, "(&s&s@a{sv})", &code, &message, &details)) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                json_out_add(&object, "code", g_variant_new_string(code));
                json_out_add(&object, "message", g_variant_new_string(message));
                json_out_add(&object, "details", details);
                g_variant_builder_add_value(&array, g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&array);
}

GVariant *json_out_policies(GVariant *policies) {
        GVariantBuilder all = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_auto(GStrv) names = json_out_sorted_keys(policies);

        for (guint i = 0; names[i] != NULL; i++) {
                g_autoptr(GVariant) policy = g_variant_lookup_value(policies, names[i], G_VARIANT_TYPE_VARDICT);
                g_auto(GStrv) keys = json_out_policy_keys(policy);
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

                for (guint k = 0; keys[k] != NULL; k++) {
                        g_autoptr(GVariant) value = g_variant_lookup_value(policy, keys[k], NULL);
                        json_out_add(&object, keys[k], value);
                }
                json_out_add(&all, names[i], g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&all);
}

GVariant *json_out_check(GVariant *rules, GVariant *warnings) {
        GVariantBuilder rule_array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        GVariantBuilder warning_array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        const char *first, *second;
        GVariant *args;
        GVariantIter iter;

        g_variant_iter_init(&iter, rules);
        while (g_variant_iter_loop(&iter, "(&s@as)", &first, &args)) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                json_out_add(&object, "family", g_variant_new_string(first));
                json_out_add(&object, "args", args);
                g_variant_builder_add_value(&rule_array, g_variant_builder_end(&object));
        }
        g_variant_iter_init(&iter, warnings);
        while (g_variant_iter_loop(&iter, "(&s&s)", &first, &second)) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                json_out_add(&object, "code", g_variant_new_string(first));
                json_out_add(&object, "message", g_variant_new_string(second));
                g_variant_builder_add_value(&warning_array, g_variant_builder_end(&object));
        }
        json_out_add(&answer, "rules", g_variant_builder_end(&rule_array));
        json_out_add(&answer, "warnings", g_variant_builder_end(&warning_array));
        return g_variant_builder_end(&answer);
}

GVariant *json_out_ports(GVariant *ports) {
        GVariantBuilder array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        GVariant *port;
        GVariantIter iter;

        g_variant_iter_init(&iter, ports);
        while (g_variant_iter_loop(&iter, "@a{sv}", &port)) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                const char *key, *code, *message;
                GVariant *value;
                GVariantIter entries, notes;

                g_variant_iter_init(&entries, port);
                while (g_variant_iter_loop(&entries, "{&sv}", &key, &value)) {
                        GVariantBuilder list = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

                        if (!g_variant_is_of_type(value, G_VARIANT_TYPE("a(ss)"))) {
                                g_variant_builder_clear(&list);
                                json_out_add(&object, key, value);
                                continue;
                        }
                        g_variant_iter_init(&notes, value);
                        while (g_variant_iter_loop(&notes, "(&s&s)", &code, &message)) {
                                GVariantBuilder note = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                                json_out_add(&note, "code", g_variant_new_string(code));
                                json_out_add(&note, "message", g_variant_new_string(message));
                                g_variant_builder_add_value(&list, g_variant_builder_end(&note));
                        }
                        json_out_add(&object, key, g_variant_builder_end(&list));
                }
                g_variant_builder_add_value(&array, g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&array);
}

GVariant *json_out_direct_rules(GVariant *rules) {
        GVariantBuilder array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        const char *family, *owner;
        GVariant *args;
        gint32 priority;
        GVariantIter iter;

        g_variant_iter_init(&iter, rules);
        while (g_variant_iter_loop(&iter, "(&si@as&s)", &family, &priority, &args, &owner)) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                json_out_add(&object, "family", g_variant_new_string(family));
                json_out_add(&object, "priority", g_variant_new_int32(priority));
                json_out_add(&object, "args", args);
                json_out_add(&object, "owner", g_variant_new_string(owner));
                g_variant_builder_add_value(&array, g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&array);
}

GVariant *json_out_interfaces(GVariant *interfaces) {
        GVariantBuilder array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        const char *interface, *zone;
        gboolean runtime, permanent;
        GVariantIter iter;

        g_variant_iter_init(&iter, interfaces);
        while (g_variant_iter_loop(&iter, "(&s&sbb)", &interface, &zone, &runtime, &permanent)) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                json_out_add(&object, "interface", g_variant_new_string(interface));
                json_out_add(&object, "zone", g_variant_new_string(zone));
                json_out_add(&object, "runtime", g_variant_new_boolean(runtime));
                json_out_add(&object, "permanent", g_variant_new_boolean(permanent));
                g_variant_builder_add_value(&array, g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&array);
}

GVariant *json_out_counters(GVariant *counters) {
        GVariantBuilder all = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        g_auto(GStrv) names = json_out_sorted_keys(counters);

        for (guint i = 0; names[i] != NULL; i++) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                guint64 packets = 0, bytes = 0;

                g_variant_lookup(counters, names[i], "(tt)", &packets, &bytes);
                json_out_add(&object, "packets", g_variant_new_uint64(packets));
                json_out_add(&object, "bytes", g_variant_new_uint64(bytes));
                json_out_add(&all, names[i], g_variant_builder_end(&object));
        }
        return g_variant_builder_end(&all);
}

GVariant *json_out_explanation(const char *verdict, GVariant *trace) {
        GVariantBuilder array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));
        GVariantBuilder answer = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
        const char *where, *rule, *effect;
        GVariantIter iter;

        g_variant_iter_init(&iter, trace);
        while (g_variant_iter_loop(&iter, "(&s&s&s)", &where, &rule, &effect)) {
                GVariantBuilder object = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);
                json_out_add(&object, "where", g_variant_new_string(where));
                json_out_add(&object, "rule", g_variant_new_string(rule));
                json_out_add(&object, "effect", g_variant_new_string(effect));
                g_variant_builder_add_value(&array, g_variant_builder_end(&object));
        }
        json_out_add(&answer, "verdict", g_variant_new_string(verdict));
        json_out_add(&answer, "trace", g_variant_builder_end(&array));
        return g_variant_builder_end(&answer);
}
