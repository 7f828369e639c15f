/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock-zones.h"

#include "mock-error.h"

#include <string.h>

typedef struct {
        int number;
        char *name;
        gboolean builtin;
        GVariantDict *settings;
} Object;

typedef struct {
        char *name;
        GPtrArray *interfaces; /* zones only */
        GVariant *settings;    /* policies and ipsets only */
} Runtime;

struct MockZones {
        GPtrArray *permanent[MOCK_KINDS]; /* Object */
        GPtrArray *runtime[MOCK_KINDS];   /* Runtime */
        int next[MOCK_KINDS];
        gboolean modern;
};

static const char default_zone[] = "public";

static const struct {
        const char *key, *type;
} keys[MOCK_KINDS][18] = {
        { { "version", "s" },
          { "short", "s" },
          { "description", "s" },
          { "target", "s" },
          { "services", "as" },
          { "ports", "a(ss)" },
          { "icmp_blocks", "as" },
          { "masquerade", "b" },
          { "forward_ports", "a(ssss)" },
          { "interfaces", "as" },
          { "sources", "as" },
          { "rules_str", "as" },
          { "protocols", "as" },
          { "source_ports", "a(ss)" },
          { "icmp_block_inversion", "b" },
          { "forward", "b" } },
        { { "version", "s" },
          { "short", "s" },
          { "description", "s" },
          { "target", "s" },
          { "services", "as" },
          { "ports", "a(ss)" },
          { "icmp_blocks", "as" },
          { "masquerade", "b" },
          { "forward_ports", "a(ssss)" },
          { "rich_rules", "as" },
          { "protocols", "as" },
          { "source_ports", "a(ss)" },
          { "priority", "i" },
          { "ingress_zones", "as" },
          { "egress_zones", "as" } },
        { { "type", "s" }, { "options", "a{ss}" }, { "entries", "as" } },
};

static const char *const kinds[] = { "zone", "policy", "ipset" };

static void object_free(Object *self) {
        g_free(self->name);
        g_variant_dict_unref(self->settings);
        g_free(self);
}

static void runtime_free(Runtime *self) {
        g_free(self->name);
        g_ptr_array_unref(self->interfaces);
        g_clear_pointer(&self->settings, g_variant_unref);
        g_free(self);
}

static Object *object_get(MockZones *self, MockKind kind, int number) {
        for (guint i = 0; i < self->permanent[kind]->len; i++) {
                Object *o = self->permanent[kind]->pdata[i];

                if (o->number == number)
                        return o;
        }
        return NULL;
}

int mock_zones_number(MockZones *self, MockKind kind, const char *name) {
        for (guint i = 0; i < self->permanent[kind]->len; i++) {
                const Object *o = self->permanent[kind]->pdata[i];

                if (g_str_equal(o->name, name))
                        return o->number;
        }
        return -1;
}

static Object *object_new(MockZones *self, MockKind kind, const char *name, gboolean builtin) {
        Object *o = g_new0(Object, 1);

        o->number = self->next[kind]++;
        o->name = g_strdup(name);
        o->builtin = builtin;
        o->settings = g_variant_dict_new(NULL);
        if (kind != MOCK_IPSET) {
                g_variant_dict_insert(o->settings, "target", "s", kind == MOCK_ZONE ? "default" : "CONTINUE");
                g_variant_dict_insert(o->settings, "masquerade", "b", FALSE);
        }
        if (kind == MOCK_ZONE) {
                g_variant_dict_insert(o->settings, "icmp_block_inversion", "b", FALSE);
                g_variant_dict_insert(o->settings, "forward", "b", TRUE);
        }
        g_ptr_array_add(self->permanent[kind], o);
        return o;
}

MockZones *mock_zones_new(gboolean modern) {
        static const struct {
                const char *name, *target;
        } zones[] = { { "block", "%%REJECT%%" }, { "dmz", "default" },    { "drop", "DROP" },
                      { "external", "default" }, { "home", "default" },   { "internal", "default" },
                      { "public", "default" },   { "trusted", "ACCEPT" }, { "work", "default" } };
        MockZones *self = g_new0(MockZones, 1);
        Object *o;

        self->modern = modern;
        for (int k = 0; k < MOCK_KINDS; k++) {
                self->permanent[k] = g_ptr_array_new_with_free_func((GDestroyNotify) object_free);
                self->runtime[k] = g_ptr_array_new_with_free_func((GDestroyNotify) runtime_free);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
                o = object_new(self, MOCK_ZONE, zones[i].name, TRUE);
                g_variant_dict_insert(o->settings, "target", "s", zones[i].target);
        }
        o = object_new(self, MOCK_POLICY, "allow-host-ipv6", TRUE);
        g_variant_dict_insert_value(o->settings, "ingress_zones", g_variant_new_parsed("['ANY']"));
        g_variant_dict_insert_value(o->settings, "egress_zones", g_variant_new_parsed("['HOST']"));
        g_variant_dict_insert(o->settings, "priority", "i", -15000);
        mock_zones_reload(self);
        return self;
}

void mock_zones_free(MockZones *self) {
        for (int k = 0; k < MOCK_KINDS; k++) {
                g_ptr_array_unref(self->permanent[k]);
                g_ptr_array_unref(self->runtime[k]);
        }
        g_free(self);
}

static gboolean is_empty(GVariant *value) {
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
                return *g_variant_get_string(value, NULL) == '\0';
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_INT32))
                return g_variant_get_int32(value) == 0;
        return g_variant_is_of_type(value, G_VARIANT_TYPE_ARRAY) && g_variant_n_children(value) == 0;
}

GVariant *mock_zones_settings(MockZones *self, MockKind kind, int number) {
        Object *o = object_get(self, kind, number);
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_VARDICT);

        for (gsize i = 0; keys[kind][i].key; i++) {
                g_autoptr(GVariant) value = g_variant_dict_lookup_value(o->settings, keys[kind][i].key, NULL);

                if (value && !is_empty(value))
                        g_variant_builder_add(&b, "{sv}", keys[kind][i].key, value);
        }
        return g_variant_builder_end(&b);
}

char **mock_zones_permanent_interfaces(MockZones *self, int number) {
        Object *o = object_get(self, MOCK_ZONE, number);
        g_autoptr(GVariant) value = g_variant_dict_lookup_value(o->settings, "interfaces", G_VARIANT_TYPE_STRING_ARRAY);

        return value ? g_variant_dup_strv(value, NULL) : g_new0(char *, 1);
}

void mock_zones_reload(MockZones *self) {
        for (int k = 0; k < MOCK_KINDS; k++) {
                g_ptr_array_set_size(self->runtime[k], 0);
                for (guint i = 0; i < self->permanent[k]->len; i++) {
                        const Object *o = self->permanent[k]->pdata[i];
                        Runtime *r = g_new0(Runtime, 1);

                        r->name = g_strdup(o->name);
                        r->interfaces = g_ptr_array_new_with_free_func(g_free);
                        if (k == MOCK_ZONE) {
                                g_auto(GStrv) interfaces = mock_zones_permanent_interfaces(self, o->number);

                                for (gsize n = 0; interfaces[n]; n++)
                                        g_ptr_array_add(r->interfaces, g_strdup(interfaces[n]));
                        } else
                                r->settings = g_variant_ref_sink(mock_zones_settings(self, k, o->number));
                        g_ptr_array_add(self->runtime[k], r);
                }
        }
}

static Runtime *runtime_find(MockZones *self, MockKind kind, const char *name) {
        for (guint i = 0; i < self->runtime[kind]->len; i++) {
                Runtime *r = self->runtime[kind]->pdata[i];

                if (g_str_equal(r->name, name))
                        return r;
        }
        return NULL;
}

static Runtime *zone_check(MockZones *self, const char *zone, GError **error) {
        Runtime *r = runtime_find(self, MOCK_ZONE, *zone ? zone : default_zone);

        if (!r)
                fail(error, "INVALID_ZONE: %s", zone);
        return r;
}

static gboolean interface_ok(const char *interface) {
        return *interface && strlen(interface) <= 16 && !strpbrk(interface, " /!*");
}

static gboolean has_interface(const Runtime *r, const char *interface, guint *at) {
        return g_ptr_array_find_with_equal_func(r->interfaces, interface, g_str_equal, at);
}

const char *mock_zones_of_interface(MockZones *self, const char *interface) {
        for (guint i = 0; i < self->runtime[MOCK_ZONE]->len; i++) {
                const Runtime *r = self->runtime[MOCK_ZONE]->pdata[i];

                if (has_interface(r, interface, NULL))
                        return r->name;
        }
        return "";
}

gboolean mock_zones_add_interface(MockZones *self, const char *zone, const char *interface, const char **ret_zone,
                                  GError **error) {
        Runtime *r = zone_check(self, zone, error);
        const char *other;

        if (!r)
                return FALSE;
        if (!interface_ok(interface))
                return fail(error, "INVALID_INTERFACE: %s", interface);
        if (has_interface(r, interface, NULL))
                return fail(error, "ZONE_ALREADY_SET: '%s' already bound to '%s'", interface, zone);
        other = mock_zones_of_interface(self, interface);
        if (*other)
                return fail(error, "ZONE_CONFLICT: '%s' already bound to '%s'", interface, other);
        g_ptr_array_add(r->interfaces, g_strdup(interface));
        *ret_zone = r->name;
        return TRUE;
}

gboolean mock_zones_change_interface(MockZones *self, const char *zone, const char *interface, const char **ret_zone,
                                     GError **error) {
        Runtime *r = zone_check(self, zone, error);
        const char *other = mock_zones_of_interface(self, interface);
        guint at;

        if (!r)
                return FALSE;
        *ret_zone = r->name;
        if (g_str_equal(other, r->name))
                return TRUE;
        if (*other) {
                Runtime *old = runtime_find(self, MOCK_ZONE, other);

                if (has_interface(old, interface, &at))
                        g_ptr_array_remove_index(old->interfaces, at);
        }
        return mock_zones_add_interface(self, zone, interface, ret_zone, error);
}

gboolean mock_zones_remove_interface(MockZones *self, const char *zone, const char *interface, const char **ret_zone,
                                     GError **error) {
        const char *other = mock_zones_of_interface(self, interface);
        Runtime *r;
        guint at;

        if (!*other)
                return fail(error, "UNKNOWN_INTERFACE: '%s' is not in any zone", interface);
        r = *zone ? zone_check(self, zone, error) : runtime_find(self, MOCK_ZONE, other);
        if (!r)
                return FALSE;
        if (!g_str_equal(other, r->name))
                return fail(error, "ZONE_CONFLICT: remove_interface(%s, %s): zoi='%s'", zone, interface, other);
        if (has_interface(r, interface, &at))
                g_ptr_array_remove_index(r->interfaces, at);
        *ret_zone = r->name;
        return TRUE;
}

static char **strv_of(GPtrArray *strings) {
        GStrvBuilder *b = g_strv_builder_new();
        char **strv;

        for (guint i = 0; i < strings->len; i++)
                g_strv_builder_add(b, strings->pdata[i]);
        strv = g_strv_builder_end(b);
        g_strv_builder_unref(b);
        return strv;
}

char **mock_zones_interfaces(MockZones *self, const char *zone, GError **error) {
        Runtime *r = zone_check(self, zone, error);

        return r ? strv_of(r->interfaces) : NULL;
}

static int compare_runtime(gconstpointer a, gconstpointer b) {
        return strcmp((*(const Runtime *const *) a)->name, (*(const Runtime *const *) b)->name);
}

GVariant *mock_zones_names(MockZones *self, MockKind kind) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);

        g_ptr_array_sort(self->runtime[kind], compare_runtime);
        for (guint i = 0; i < self->runtime[kind]->len; i++)
                g_variant_builder_add(&b, "s", ((Runtime *) self->runtime[kind]->pdata[i])->name);
        return g_variant_builder_end(&b);
}

GVariant *mock_zones_active(MockZones *self) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sas}}"));

        for (guint i = 0; i < self->runtime[MOCK_ZONE]->len; i++) {
                const Runtime *r = self->runtime[MOCK_ZONE]->pdata[i];
                g_auto(GStrv) interfaces = strv_of(r->interfaces);

                if (r->interfaces->len == 0 && !(self->modern && g_str_equal(r->name, default_zone)))
                        continue;
                g_variant_builder_open(&b, G_VARIANT_TYPE("{sa{sas}}"));
                g_variant_builder_add(&b, "s", r->name);
                g_variant_builder_open(&b, G_VARIANT_TYPE("a{sas}"));
                g_variant_builder_add(&b, "{s^as}", "interfaces", interfaces);
                if (self->modern) /* 1.3 omits empty lists */
                        g_variant_builder_add(&b, "{s^as}", "sources", &(char *){ NULL });
                g_variant_builder_close(&b);
                g_variant_builder_close(&b);
        }
        return g_variant_builder_end(&b);
}

static gboolean zones_active(MockZones *self, GVariant *settings, const char *key, char ***ret) {
        g_autoptr(GVariant) value = g_variant_lookup_value(settings, key, G_VARIANT_TYPE_STRING_ARRAY);
        gboolean active = FALSE;

        *ret = value ? g_variant_dup_strv(value, NULL) : g_new0(char *, 1);
        for (gsize i = 0; (*ret)[i]; i++) {
                const Runtime *r = runtime_find(self, MOCK_ZONE, (*ret)[i]);

                active |= g_str_equal((*ret)[i], "ANY") || g_str_equal((*ret)[i], "HOST") || (r && r->interfaces->len > 0);
        }
        return active;
}

GVariant *mock_zones_active_policies(MockZones *self) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sas}}"));

        for (guint i = 0; i < self->runtime[MOCK_POLICY]->len; i++) {
                const Runtime *r = self->runtime[MOCK_POLICY]->pdata[i];
                g_auto(GStrv) ingress = NULL;
                g_auto(GStrv) egress = NULL;
                gboolean in = zones_active(self, r->settings, "ingress_zones", &ingress);
                gboolean out = zones_active(self, r->settings, "egress_zones", &egress);

                if (!in || !out)
                        continue;
                g_variant_builder_open(&b, G_VARIANT_TYPE("{sa{sas}}"));
                g_variant_builder_add(&b, "s", r->name);
                g_variant_builder_open(&b, G_VARIANT_TYPE("a{sas}"));
                g_variant_builder_add(&b, "{s^as}", "ingress_zones", ingress);
                g_variant_builder_add(&b, "{s^as}", "egress_zones", egress);
                g_variant_builder_close(&b);
                g_variant_builder_close(&b);
        }
        return g_variant_builder_end(&b);
}

static gboolean fail_unknown(MockKind kind, const char *name, GError **error) {
        return fail(error, "%s: %s", kind == MOCK_POLICY ? "INVALID_POLICY" : "INVALID_IPSET", name);
}

GVariant *mock_zones_runtime_settings(MockZones *self, MockKind kind, const char *name, GError **error) {
        Runtime *r = runtime_find(self, kind, name);

        if (r)
                return g_variant_ref(r->settings);
        fail_unknown(kind, name, error);
        return NULL;
}

/* Checks that the ipsets in a policy's rich rules exist. */
static gboolean rules_check(MockZones *self, GVariant *rules, GError **error) {
        g_autofree const char **list = g_variant_get_strv(rules, NULL);

        for (gsize i = 0; list[i]; i++) {
                g_auto(GStrv) words = g_strsplit(list[i], "ipset=\"", -1);

                for (gsize w = 1; words[0] && words[w]; w++) {
                        g_autofree char *name = g_strndup(words[w], strcspn(words[w], "\""));

                        if (!runtime_find(self, MOCK_IPSET, name))
                                return fail_unknown(MOCK_IPSET, name, error);
                }
        }
        return TRUE;
}

static gboolean settings_check(MockZones *self, MockKind kind, const char *name, GVariant *settings, GError **error) {
        const char *const titles[] = { "Zone", "Policy" };
        GVariantIter iter;
        const char *key;
        GVariant *value;

        g_variant_iter_init(&iter, settings);
        while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
                g_autoptr(GVariant) owned = value;
                gsize at = 0;

                while (keys[kind][at].key && !g_str_equal(keys[kind][at].key, key))
                        at++;
                if (!keys[kind][at].key)
                        return fail(error, "INVALID_OPTION: option '%s' is not valid", key);
                if (!g_variant_is_of_type(value, G_VARIANT_TYPE(keys[kind][at].type)))
                        return fail(error, "INVALID_TYPE: '%s' not of type %s, but %s", key, keys[kind][at].type,
                                    g_variant_get_type_string(value));
                if (g_str_equal(key, "target")) {
                        static const char *const zone_targets[] = { "ACCEPT", "%%REJECT%%", "DROP", "default", NULL };
                        static const char *const policy_targets[] = { "ACCEPT", "REJECT", "DROP", "CONTINUE", NULL };

                        if (!g_strv_contains(kind == MOCK_ZONE ? zone_targets : policy_targets,
                                             g_variant_get_string(value, NULL)))
                                return fail(error, "INVALID_TARGET: %s '%s': invalid target '%s'", titles[kind], name,
                                            g_variant_get_string(value, NULL));
                }
                if (kind == MOCK_POLICY && g_str_has_suffix(key, "gress_zones")) {
                        g_autofree const char **zones = g_variant_get_strv(value, NULL);

                        for (gsize i = 0; zones[i]; i++)
                                if (!g_str_equal(zones[i], "ANY") && !g_str_equal(zones[i], "HOST") &&
                                    mock_zones_number(self, MOCK_ZONE, zones[i]) < 0)
                                        return fail(error, "INVALID_ZONE: Policy '%s': '%s' not among existing zones", name,
                                                    zones[i]);
                }
                if (g_str_equal(key, "interfaces")) {
                        g_autofree const char **interfaces = g_variant_get_strv(value, NULL);

                        for (gsize i = 0; interfaces[i]; i++) {
                                if (!interface_ok(interfaces[i]))
                                        return fail(error, "INVALID_INTERFACE: Zone '%s': invalid interface '%s'", name,
                                                    interfaces[i]);
                                for (guint k = 0; k < self->permanent[MOCK_ZONE]->len; k++) {
                                        const Object *o = self->permanent[MOCK_ZONE]->pdata[k];
                                        g_auto(GStrv) theirs = mock_zones_permanent_interfaces(self, o->number);

                                        if (!g_str_equal(o->name, name) &&
                                            g_strv_contains((const char *const *) theirs, interfaces[i]))
                                                return fail(error, "ZONE_CONFLICT: %s", interfaces[i]);
                                }
                        }
                }
        }
        return TRUE;
}

gboolean mock_zones_set_runtime_settings(MockZones *self, MockKind kind, const char *name, GVariant *settings, GError **error) {
        Runtime *r = runtime_find(self, kind, name);
        g_autoptr(GVariant) rules = g_variant_lookup_value(settings, "rich_rules", G_VARIANT_TYPE_STRING_ARRAY);
        GVariantIter iter;
        const char *key;
        GVariant *value;

        if (!r)
                return fail_unknown(kind, name, error);
        if (!settings_check(self, kind, name, settings, error) || (rules && !rules_check(self, rules, error)))
                return FALSE;
        g_autoptr(GVariantDict) dict = g_variant_dict_new(r->settings);
        g_variant_iter_init(&iter, settings);
        while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
                g_variant_dict_insert_value(dict, key, value);
                g_variant_unref(value);
        }
        g_variant_unref(r->settings);
        r->settings = g_variant_ref_sink(g_variant_dict_end(dict));
        return TRUE;
}

static int compare_strings(gconstpointer a, gconstpointer b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

GVariant *mock_zones_permanent_names(MockZones *self, MockKind kind) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();

        for (guint i = 0; i < self->permanent[kind]->len; i++)
                g_ptr_array_add(names, ((Object *) self->permanent[kind]->pdata[i])->name);
        g_ptr_array_sort(names, compare_strings);
        return g_variant_new_strv((const char *const *) names->pdata, names->len);
}

static int compare_objects(gconstpointer a, gconstpointer b) {
        return strcmp((*(const Object *const *) a)->name, (*(const Object *const *) b)->name);
}

void mock_zones_renumber(MockZones *self) {
        for (int k = 0; k < MOCK_KINDS; k++) {
                g_ptr_array_sort(self->permanent[k], compare_objects);
                self->next[k] = 0;
                for (guint i = 0; i < self->permanent[k]->len; i++)
                        ((Object *) self->permanent[k]->pdata[i])->number = self->next[k]++;
        }
}

GArray *mock_zones_numbers(MockZones *self, MockKind kind) {
        GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int));

        for (guint i = 0; i < self->permanent[kind]->len; i++)
                g_array_append_val(numbers, ((Object *) self->permanent[kind]->pdata[i])->number);
        return numbers;
}

const char *mock_zones_name(MockZones *self, MockKind kind, int number) {
        Object *o = object_get(self, kind, number);

        return o ? o->name : NULL;
}

gboolean mock_zones_update(MockZones *self, MockKind kind, int number, GVariant *settings, GError **error) {
        Object *o = object_get(self, kind, number);
        GVariantIter iter;
        const char *key;
        GVariant *value;

        if (!settings_check(self, kind, o->name, settings, error))
                return FALSE;
        g_variant_iter_init(&iter, settings);
        while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
                g_variant_dict_insert_value(o->settings, key, value);
                g_variant_unref(value);
        }
        return TRUE;
}

int mock_zones_add(MockZones *self, MockKind kind, const char *name, GVariant *settings, GError **error) {
        Object *o;

        if (mock_zones_number(self, kind, name) >= 0) {
                fail(error, "NAME_CONFLICT: %s(): '%s'",
                     kind == MOCK_ZONE   ? "new_zone" :
                     kind == MOCK_POLICY ? "new_policy_object" :
                                           "new_ipset",
                     name);
                return -1;
        }
        for (gsize i = 0; name[i]; i++)
                if (!g_ascii_isalnum(name[i]) && !strchr("_-/", name[i])) {
                        fail(error, "INVALID_NAME: '%c' is not allowed in '%s'", name[i], name);
                        return -1;
                }
        static const int longest[] = { [MOCK_ZONE] = 17, [MOCK_POLICY] = 18, [MOCK_IPSET] = 32 };
        if (!*name || (int) strlen(name) > longest[kind]) {
                fail(error, "INVALID_NAME: '%s' has %d chars, max is %d", name, (int) strlen(name), longest[kind]);
                return -1;
        }
        if (!settings_check(self, kind, name, settings, error))
                return -1;
        o = object_new(self, kind, name, FALSE);
        mock_zones_update(self, kind, o->number, settings, NULL);
        return o->number;
}

gboolean mock_zones_remove(MockZones *self, MockKind kind, int number, GError **error) {
        Object *o = object_get(self, kind, number);

        if (o->builtin)
                return fail(error, "BUILTIN_%s: '%s' is built-in", kind == MOCK_ZONE ? "ZONE" : "POLICY", o->name);
        g_ptr_array_remove(self->permanent[kind], o);
        return TRUE;
}

char *mock_zones_dump(MockZones *self) {
        g_autoptr(GVariant) active = g_variant_ref_sink(mock_zones_active(self));
        g_autofree char *first = g_variant_print(active, FALSE);
        GString *text = g_string_new(NULL);

        g_string_append_printf(text, "zones: %s\n", first);
        for (int k = 0; k < MOCK_KINDS; k++) {
                for (guint i = 0; i < self->permanent[k]->len; i++) {
                        const Object *o = self->permanent[k]->pdata[i];
                        g_autoptr(GVariant) settings = g_variant_ref_sink(mock_zones_settings(self, k, o->number));
                        g_autofree char *shown = g_variant_print(settings, FALSE);

                        g_string_append_printf(text, "permanent %s %s: %s\n", kinds[k], o->name, shown);
                }
                for (guint i = 0; k != MOCK_ZONE && i < self->runtime[k]->len; i++) {
                        const Runtime *r = self->runtime[k]->pdata[i];
                        g_autofree char *shown = g_variant_print(r->settings, FALSE);

                        g_string_append_printf(text, "%s %s: %s\n", kinds[k], r->name, shown);
                }
        }
        return g_string_free(text, FALSE);
}
