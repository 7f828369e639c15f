/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock-direct.h"

#include "mock-error.h"

typedef struct {
        int priority;
        guint count; /* how many kernel rules the comma-separated addresses made */
        char **args;
} Rule;

/* All rules of one chain, in the order in which they were added, as in firewalld's dictionaries. */
typedef struct {
        char *ipv, *table, *chain;
        GPtrArray *rules;
        GHashTable *index; /* key of a rule -> Rule, not owned */
} Group;

typedef struct {
        char *ipv, *table, *chain;
} Chain;

typedef struct {
        char *ipv;
        char **args;
} Passthrough;

struct MockDirect {
        MockIptables *kernel;
        gboolean modern;
        GPtrArray *chains, *groups, *passthroughs;
        GVariant *permanent;
};

static void rule_free(Rule *self) {
        g_strfreev(self->args);
        g_free(self);
}

static void group_free(Group *self) {
        g_free(self->ipv);
        g_free(self->table);
        g_free(self->chain);
        g_hash_table_unref(self->index);
        g_ptr_array_unref(self->rules);
        g_free(self);
}

static void chain_free(Chain *self) {
        g_free(self->ipv);
        g_free(self->table);
        g_free(self->chain);
        g_free(self);
}

static void passthrough_free(Passthrough *self) {
        g_free(self->ipv);
        g_strfreev(self->args);
        g_free(self);
}

MockDirect *mock_direct_new(MockIptables *kernel, gboolean modern) {
        MockDirect *self = g_new0(MockDirect, 1);

        self->kernel = kernel;
        self->modern = modern;
        self->chains = g_ptr_array_new_with_free_func((GDestroyNotify) chain_free);
        self->groups = g_ptr_array_new_with_free_func((GDestroyNotify) group_free);
        self->passthroughs = g_ptr_array_new_with_free_func((GDestroyNotify) passthrough_free);
        self->permanent = g_variant_ref_sink(g_variant_new_parsed("(@a(sss) [], @a(sssias) [], @a(sas) [])"));
        return self;
}

void mock_direct_free(MockDirect *self) {
        g_ptr_array_unref(self->chains);
        g_ptr_array_unref(self->groups);
        g_ptr_array_unref(self->passthroughs);
        g_variant_unref(self->permanent);
        g_free(self);
}

static gboolean check_table(const char *ipv, const char *table, GError **error) {
        static const char *const families[] = { "ipv4", "ipv6", "eb", NULL };
        static const char *const tables[] = { "security", "raw", "mangle", "nat", "filter", NULL };

        if (!g_strv_contains(families, ipv))
                return fail(error, "INVALID_IPV: '%s' not in '['ipv4', 'ipv6', 'eb']'", ipv);
        if (!g_strv_contains(tables, table))
                return fail(error, "INVALID_TABLE: '%s' not in 'dict_keys(['security', 'raw', 'mangle', 'nat', 'filter'])'",
                            table);
        return TRUE;
}

/* firewalld passes on the message with the line at which the restore command failed. */
static gboolean command_failed(GError **error, const char *ipv, const GError *cause) {
        const char *command = g_str_equal(ipv, "ipv6") ? "ip6tables-restore" : "iptables-restore";
        gboolean parsing = !g_str_has_suffix(cause->message, ".");

        if (parsing)
                return fail(error,
                            "COMMAND_FAILED: '/usr/sbin/%s -w -n' failed: %s v1.8.9 (nf_tables): %s\nError occurred at line: "
                            "2\nTry `%s -h' or '%s --help' for more information.\n",
                            command, command, cause->message, command, command);
        return fail(error, "COMMAND_FAILED: '/usr/sbin/%s -w -n' failed: %s: line 2 failed: %s\n", command, command,
                    cause->message);
}

static gboolean in_force(MockDirect *self) {
        return self->chains->len + self->groups->len + self->passthroughs->len > 0;
}

static void flush_before_first(MockDirect *self) {
        if (self->modern && !in_force(self))
                mock_iptables_flush(self->kernel);
}

static gboolean kernel(MockDirect *self, const char *ipv, const char *table, const char *command, const char *chain,
                       int position, const char *const *args, GError **error) {
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autofree char *at = g_strdup_printf("%d", position), *out = NULL;
        g_autoptr(GError) cause = NULL;

        g_ptr_array_add(argv, (gpointer) "-t");
        g_ptr_array_add(argv, (gpointer) table);
        g_ptr_array_add(argv, (gpointer) command);
        g_ptr_array_add(argv, (gpointer) chain);
        if (position > 0)
                g_ptr_array_add(argv, at);
        for (gsize i = 0; args && args[i]; i++)
                g_ptr_array_add(argv, (gpointer) args[i]);
        g_ptr_array_add(argv, NULL);
        if (mock_iptables_run(self->kernel, ipv, (const char *const *) argv->pdata, &out, &cause))
                return TRUE;
        return command_failed(error, ipv, cause);
}

static Chain *chain_find(MockDirect *self, const char *ipv, const char *table, const char *chain) {
        for (guint i = 0; i < self->chains->len; i++) {
                Chain *c = self->chains->pdata[i];

                if (g_str_equal(c->ipv, ipv) && g_str_equal(c->table, table) && g_str_equal(c->chain, chain))
                        return c;
        }
        return NULL;
}

gboolean mock_direct_has_chain(MockDirect *self, const char *ipv, const char *table, const char *chain) {
        return chain_find(self, ipv, table, chain) != NULL;
}

gboolean mock_direct_add_chain(MockDirect *self, const char *ipv, const char *table, const char *chain, GError **error) {
        static const char *const builtin[] = { "INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING", NULL };
        Chain *c;

        if (!check_table(ipv, table, error))
                return FALSE;
        if (g_strv_contains(builtin, chain))
                return fail(error, "BUILTIN_CHAIN: chain '%s' is built-in chain", chain);
        if (chain_find(self, ipv, table, chain))
                return fail(error, "ALREADY_ENABLED: chain '%s' already is in '%s:%s'", chain, ipv, table);
        flush_before_first(self);
        if (!kernel(self, ipv, table, "-N", chain, 0, NULL, error))
                return FALSE;
        c = g_new0(Chain, 1);
        c->ipv = g_strdup(ipv);
        c->table = g_strdup(table);
        c->chain = g_strdup(chain);
        g_ptr_array_add(self->chains, c);
        return TRUE;
}

gboolean mock_direct_remove_chain(MockDirect *self, const char *ipv, const char *table, const char *chain, GError **error) {
        Chain *c;

        if (!check_table(ipv, table, error))
                return FALSE;
        c = chain_find(self, ipv, table, chain);
        if (!c)
                return fail(error, "NOT_ENABLED: chain '%s' is not in '%s:%s'", chain, ipv, table);
        if (!kernel(self, ipv, table, "-X", chain, 0, NULL, error))
                return FALSE;
        g_ptr_array_remove(self->chains, c);
        return TRUE;
}

GVariant *mock_direct_chains(MockDirect *self) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sss)"));
        g_autoptr(GHashTable) told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        /* Grouped by family and table, in the order of first appearance. */
        for (guint i = 0; i < self->chains->len; i++) {
                const Chain *first = self->chains->pdata[i];

                if (!g_hash_table_add(told, g_strdup_printf("%s/%s", first->ipv, first->table)))
                        continue;
                for (guint k = i; k < self->chains->len; k++) {
                        const Chain *c = self->chains->pdata[k];

                        if (g_str_equal(c->ipv, first->ipv) && g_str_equal(c->table, first->table))
                                g_variant_builder_add(&b, "(sss)", c->ipv, c->table, c->chain);
                }
        }
        return g_variant_builder_end(&b);
}

static char *rule_key(int priority, const char *const *args) {
        g_autofree char *joined = g_strjoinv("\x1f", (char **) args);

        return g_strdup_printf("%d\x1f%s", priority, joined);
}

static Group *group_find(MockDirect *self, const char *ipv, const char *table, const char *chain) {
        for (guint i = 0; i < self->groups->len; i++) {
                Group *g = self->groups->pdata[i];

                if (g_str_equal(g->ipv, ipv) && g_str_equal(g->table, table) && g_str_equal(g->chain, chain))
                        return g;
        }
        return NULL;
}

static Group *group_new(MockDirect *self, const char *ipv, const char *table, const char *chain) {
        Group *g = g_new0(Group, 1);

        g->ipv = g_strdup(ipv);
        g->table = g_strdup(table);
        g->chain = g_strdup(chain);
        g->rules = g_ptr_array_new_with_free_func((GDestroyNotify) rule_free);
        g->index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_ptr_array_add(self->groups, g);
        return g;
}

gboolean mock_direct_has_rule(MockDirect *self, const char *ipv, const char *table, const char *chain, int priority,
                              const char *const *args) {
        Group *g = group_find(self, ipv, table, chain);
        g_autofree char *key = rule_key(priority, args);

        return g && g_hash_table_contains(g->index, key);
}

/* firewalld makes a kernel rule of each combination of comma-separated sources and destinations. */
static GPtrArray *split(const char *const *args) {
        static const char *const options[][2] = { { "-s", "--source" }, { "-d", "--destination" } };
        GPtrArray *rules = g_ptr_array_new_with_free_func((GDestroyNotify) g_strfreev);

        g_ptr_array_add(rules, g_strdupv((char **) args));
        for (gsize o = 0; o < G_N_ELEMENTS(options); o++) {
                GPtrArray *next = g_ptr_array_new_with_free_func((GDestroyNotify) g_strfreev);

                for (guint r = 0; r < rules->len; r++) {
                        char **rule = rules->pdata[r];
                        gsize at = 0;

                        while (rule[at] && !g_str_equal(rule[at], options[o][0]) && !g_str_equal(rule[at], options[o][1]))
                                at++;
                        if (rule[at] && rule[at + 1] && strchr(rule[at + 1], ',')) {
                                g_auto(GStrv) items = g_strsplit(rule[at + 1], ",", -1);

                                for (gsize i = 0; items[i]; i++) {
                                        char **one = g_strdupv(rule);

                                        g_free(one[at + 1]);
                                        one[at + 1] = g_strdup(items[i]);
                                        g_ptr_array_add(next, one);
                                }
                        } else
                                g_ptr_array_add(next, g_strdupv(rule));
                }
                g_ptr_array_unref(rules);
                rules = next;
        }
        return rules;
}

static gboolean kernel_all(MockDirect *self, const char *ipv, const char *table, const char *command, const char *chain,
                           int position, GPtrArray *rules, GError **error) {
        /* The copy makes it all or nothing; a single rule is that anyway. */
        MockIptables *before = rules->len > 1 ? mock_iptables_copy(self->kernel) : NULL;

        for (guint i = 0; i < rules->len; i++)
                if (!kernel(self, ipv, table, command, chain, position > 0 ? position + (int) i : 0, rules->pdata[i], error)) {
                        if (before)
                                mock_iptables_assign(self->kernel, before);
                        return FALSE;
                }
        g_clear_pointer(&before, mock_iptables_free);
        return TRUE;
}

gboolean mock_direct_add_rule(MockDirect *self, const char *ipv, const char *table, const char *chain, int priority,
                              const char *const *args, GError **error) {
        g_autoptr(GPtrArray) rules = NULL;
        g_autofree char *joined = g_strjoinv("', '", (char **) args);
        Group *g;
        Rule *rule;
        int position = 1;

        if (!check_table(ipv, table, error))
                return FALSE;
        if (mock_direct_has_rule(self, ipv, table, chain, priority, args))
                return fail(error, "ALREADY_ENABLED: rule '('%s')' already is in '%s:%s:%s'", joined, ipv, table, chain);
        g = group_find(self, ipv, table, chain);
        for (guint i = 0; g && i < g->rules->len; i++) {
                rule = g->rules->pdata[i];
                position += rule->priority <= priority ? (int) rule->count : 0;
        }
        flush_before_first(self);
        rules = split(args);
        if (!kernel_all(self, ipv, table, "-I", chain, position, rules, error))
                return FALSE;
        if (!g)
                g = group_new(self, ipv, table, chain);
        rule = g_new0(Rule, 1);
        rule->priority = priority;
        rule->count = rules->len;
        rule->args = g_strdupv((char **) args);
        g_ptr_array_add(g->rules, rule);
        g_hash_table_insert(g->index, rule_key(priority, args), rule);
        return TRUE;
}

gboolean mock_direct_remove_rule(MockDirect *self, const char *ipv, const char *table, const char *chain, int priority,
                                 const char *const *args, GError **error) {
        g_autoptr(GPtrArray) rules = NULL;
        g_autofree char *joined = g_strjoinv("', '", (char **) args), *key = rule_key(priority, args);
        Group *g;
        Rule *rule;

        if (!check_table(ipv, table, error))
                return FALSE;
        g = group_find(self, ipv, table, chain);
        rule = g ? g_hash_table_lookup(g->index, key) : NULL;
        if (!rule)
                return fail(error, "NOT_ENABLED: rule '('%s')' is not in '%s:%s:%s'", joined, ipv, table, chain);
        rules = split(args);
        if (!kernel_all(self, ipv, table, "-D", chain, 0, rules, error))
                return FALSE;
        g_hash_table_remove(g->index, key);
        g_ptr_array_remove(g->rules, rule);
        if (g->rules->len == 0)
                g_ptr_array_remove(self->groups, g);
        return TRUE;
}

GVariant *mock_direct_rules(MockDirect *self) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sssias)"));

        for (guint i = 0; i < self->groups->len; i++) {
                const Group *g = self->groups->pdata[i];

                for (guint r = 0; r < g->rules->len; r++) {
                        const Rule *rule = g->rules->pdata[r];

                        g_variant_builder_add(&b, "(sssi^as)", g->ipv, g->table, g->chain, rule->priority, rule->args);
                }
        }
        return g_variant_builder_end(&b);
}

GVariant *mock_direct_rules_of(MockDirect *self, const char *ipv, const char *table, const char *chain) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(ias)"));
        Group *g = group_find(self, ipv, table, chain);

        for (guint r = 0; g && r < g->rules->len; r++) {
                const Rule *rule = g->rules->pdata[r];

                g_variant_builder_add(&b, "(i^as)", rule->priority, rule->args);
        }
        return g_variant_builder_end(&b);
}

gboolean mock_direct_add_passthrough(MockDirect *self, const char *ipv, const char *const *args, GError **error) {
        Passthrough *p = g_new0(Passthrough, 1);
        g_autofree char *out = NULL;
        g_autoptr(GError) cause = NULL;

        flush_before_first(self);
        if (!mock_iptables_run(self->kernel, ipv, args, &out, &cause)) {
                passthrough_free(p);
                return command_failed(error, ipv, cause);
        }
        p->ipv = g_strdup(ipv);
        p->args = g_strdupv((char **) args);
        g_ptr_array_add(self->passthroughs, p);
        return TRUE;
}

GVariant *mock_direct_passthroughs(MockDirect *self) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a(sas)"));

        for (guint i = 0; i < self->passthroughs->len; i++) {
                const Passthrough *p = self->passthroughs->pdata[i];

                g_variant_builder_add(&b, "(s^as)", p->ipv, p->args);
        }
        return g_variant_builder_end(&b);
}

GVariant *mock_direct_permanent(MockDirect *self) {
        return g_variant_ref(self->permanent);
}

/* Grouped by everything but the last KEYS members, without duplicates, as firewalld's XML writer and reader leave it. */
static void add_grouped(GVariantBuilder *b, GVariant *list, gsize keys) {
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) groups =
                g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
        g_autoptr(GPtrArray) order = g_ptr_array_new();
        gsize n = g_variant_n_children(list);

        for (gsize i = 0; i < n; i++) {
                g_autoptr(GVariant) item = g_variant_get_child_value(list, i);
                g_autoptr(GString) key = g_string_new(NULL);
                GPtrArray *group;

                for (gsize k = 0; k < keys; k++) {
                        g_autoptr(GVariant) part = g_variant_get_child_value(item, k);

                        g_string_append_printf(key, "%s\x1f", g_variant_get_string(part, NULL));
                }
                if (!g_hash_table_add(seen, g_variant_print(item, FALSE)))
                        continue;
                group = g_hash_table_lookup(groups, key->str);
                if (!group) {
                        group = g_ptr_array_new_with_free_func((GDestroyNotify) g_variant_unref);
                        g_hash_table_insert(groups, g_strdup(key->str), group);
                        g_ptr_array_add(order, group);
                }
                g_ptr_array_add(group, g_steal_pointer(&item));
        }
        for (guint i = 0; i < order->len; i++) {
                GPtrArray *group = order->pdata[i];

                for (guint k = 0; k < group->len; k++)
                        g_variant_builder_add_value(b, group->pdata[k]);
        }
}

void mock_direct_set_permanent(MockDirect *self, GVariant *settings) {
        static const struct {
                const char *type;
                gsize keys;
        } parts[] = { { "a(sss)", 2 }, { "a(sssias)", 3 }, { "a(sas)", 1 } };
        g_auto(GVariantBuilder) all = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("(a(sss)a(sssias)a(sas))"));

        for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
                g_autoptr(GVariant) list = g_variant_get_child_value(settings, i);

                g_variant_builder_open(&all, G_VARIANT_TYPE(parts[i].type));
                add_grouped(&all, list, parts[i].keys);
                g_variant_builder_close(&all);
        }
        g_variant_unref(self->permanent);
        self->permanent = g_variant_ref_sink(g_variant_builder_end(&all));
}

static gboolean apply_permanent(MockDirect *self, GError **error) {
        g_autoptr(GVariant) chains = g_variant_get_child_value(self->permanent, 0);
        g_autoptr(GVariant) rules = g_variant_get_child_value(self->permanent, 1);
        g_autoptr(GVariant) passthroughs = g_variant_get_child_value(self->permanent, 2);
        GVariantIter iter;
        const char *ipv, *table, *chain;
        int priority;
        const char **args;

        g_variant_iter_init(&iter, chains);
        while (g_variant_iter_next(&iter, "(&s&s&s)", &ipv, &table, &chain))
                if (!mock_direct_add_chain(self, ipv, table, chain, error))
                        return FALSE;
        g_variant_iter_init(&iter, rules);
        while (g_variant_iter_next(&iter, "(&s&s&si^a&s)", &ipv, &table, &chain, &priority, &args)) {
                g_autofree const char **owned = args;

                if (!mock_direct_add_rule(self, ipv, table, chain, priority, owned, error))
                        return FALSE;
        }
        g_variant_iter_init(&iter, passthroughs);
        while (g_variant_iter_next(&iter, "(&s^a&s)", &ipv, &args)) {
                g_autofree const char **owned = args;

                if (!mock_direct_add_passthrough(self, ipv, owned, error))
                        return FALSE;
        }
        return TRUE;
}

gboolean mock_direct_reload(MockDirect *self, GError **error) {
        g_autoptr(GError) cause = NULL;
        MockIptables *flushed;

        /* 1.3 flushes at every reload, 2.x only if its direct configuration may have made rules. */
        if (!self->modern || in_force(self))
                mock_iptables_flush(self->kernel);
        g_ptr_array_set_size(self->chains, 0);
        g_ptr_array_set_size(self->groups, 0);
        g_ptr_array_set_size(self->passthroughs, 0);
        flushed = mock_iptables_copy(self->kernel);
        if (apply_permanent(self, &cause)) {
                mock_iptables_free(flushed);
                return TRUE;
        }
        if (self->modern)
                mock_iptables_flush(flushed);
        mock_iptables_assign(self->kernel, flushed);
        g_ptr_array_set_size(self->chains, 0);
        g_ptr_array_set_size(self->groups, 0);
        g_ptr_array_set_size(self->passthroughs, 0);
        if (g_str_has_prefix(cause->message, "COMMAND_FAILED: "))
                return fail(error, "COMMAND_FAILED: Direct: %s", cause->message + strlen("COMMAND_FAILED: "));
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
}
