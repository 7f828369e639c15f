/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flushed or edited chains match firewalld's list again, whatever was removed, and rules that are not on the list stay. */
#include "compile/put-back.h"

#include <string.h>

#include "world.h"

static const char *const BRIDGES[] = { "docker0", NULL };

/* quaywall's rules and others, as firewalld lists them. */
static DirectConfig *config_new(void) {
        const char *const lines[] = { "web: allow-only sources=1.1.1.1,1.1.1.4/30 ports=80/tcp log", "d: deny sources=9.9.9.9",
                                      NULL };
        static const char *const OTHERS[] = { "-s 7.7.7.7 -j DROP", "-s 8.8.8.8,8.8.4.4 -j RETURN", "-j LOG" };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, NULL, NULL, NULL, false);
        g_autoptr(GPtrArray) desired = direct_render(rules, BRIDGES, true, false, NULL);
        g_autoptr(DirectConfig) none = direct_config_new();
        DirectConfig *config = direct_merge(none, desired);
        for (gsize i = 0; i < G_N_ELEMENTS(OTHERS); i++) {
                GStrv args;
                g_assert_true(g_shell_parse_argv(OTHERS[i], NULL, &args, NULL));
                g_ptr_array_add(config->rules,
                                direct_entry_new("ipv4", "filter", "DOCKER-USER", (int) i * 10000 - 10000, args));
        }
        return config;
}

/* Adds a rule to a chain of the kernel, as a line without "-A CHAIN". A rule with several addresses becomes several, the last
 * one first. */
static void insert(GPtrArray *chain, guint place, const char *const *args) {
        for (guint i = 0; args[i]; i++) {
                if (!g_str_equal(args[i], "-s") || !strchr(args[i + 1], ','))
                        continue;
                g_auto(GStrv) each = g_strsplit(args[i + 1], ",", -1);
                g_autofree const char **copy = g_memdup2(args, (g_strv_length((char **) args) + 1) * sizeof *args);
                for (char **one = each; *one; one++) {
                        copy[i + 1] = *one;
                        insert(chain, place, copy);
                }
                return;
        }
        g_autoptr(GString) line = g_string_new(NULL);
        for (; *args; args++) {
                g_autofree char *quoted = g_strdup_printf("\"%s\"", *args);
                g_string_append_printf(line, " %s", quoted);
        }
        g_ptr_array_insert(chain, (int) place, g_strdup(line->str));
}

static void insert_line(GPtrArray *chain, guint place, const char *line) {
        g_auto(GStrv) args = NULL;
        g_assert_true(g_shell_parse_argv(line, NULL, &args, NULL));
        insert(chain, place, (const char *const *) args);
}

static int compare_priorities(gconstpointer a, gconstpointer b) {
        return (*(DirectEntry *const *) a)->priority - (*(DirectEntry *const *) b)->priority;
}

static const char *const CHAINS[] = { "QUAYWALL-POLICY", "DOCKER-USER", "QUAYWALL" };

static GPtrArray *kernel_chain(const DirectConfig *config, const char *name) {
        GPtrArray *chain = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GPtrArray) sorted = g_ptr_array_copy(config->rules, NULL, NULL);
        g_ptr_array_set_free_func(sorted, NULL);
        g_ptr_array_sort(sorted, compare_priorities);
        for (guint i = 0; i < sorted->len; i++) {
                const DirectEntry *entry = sorted->pdata[i];
                if (g_str_equal(entry->ipv, "ipv4") && g_str_equal(entry->chain, name))
                        insert(chain, chain->len, (const char *const *) entry->args);
        }
        return chain;
}

static KernelTable *table_of(GPtrArray *const *chains) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(CHAINS); i++) {
                g_string_append_printf(text, "-N %s\n", CHAINS[i]);
                for (guint n = 0; n < chains[i]->len; n++)
                        g_string_append_printf(text, "-A %s%s\n", CHAINS[i], (char *) chains[i]->pdata[n]);
        }
        return kernel_table_parse(text->str);
}

static void run(GPtrArray **chains, const char *const *call) {
        guint i = 0;
        g_assert_cmpstr(call[0], ==, "-t");
        g_assert_cmpstr(call[1], ==, "filter");
        while (!g_str_equal(CHAINS[i], call[3]))
                i++;
        if (g_str_equal(call[2], "-I")) {
                const guint place = (guint) g_ascii_strtoull(call[4], NULL, 10);
                g_assert_cmpuint(place, >, 0);
                g_assert_cmpuint(place, <=, chains[i]->len + 1);
                insert(chains[i], place - 1, call + 5);
                return;
        }
        g_assert_cmpstr(call[2], ==, "-D");
        g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func(g_free);
        guint found;
        insert(one, 0, call + 4);
        g_assert_true(g_ptr_array_find_with_equal_func(chains[i], one->pdata[0], g_str_equal, &found));
        g_ptr_array_remove_index(chains[i], found);
}

static char *join(GPtrArray *const *chains) {
        g_autoptr(KernelTable) table = table_of(chains);
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                g_autofree char *spelling = rule_canonical((const char *const *) rule->args);
                g_string_append_printf(text, "%s %s\n\n", rule->chain, spelling);
        }
        return g_string_free(text, FALSE);
}

static char *remainder_of(const char *text, const char *needle) {
        g_auto(GStrv) rules = g_strsplit(text, "\n\n", -1);
        GString *left = g_string_new(NULL);
        for (char **rule = rules; *rule; rule++)
                if (!strstr(*rule, needle))
                        g_string_append_printf(left, "%s\n\n", *rule);
        return g_string_free(left, FALSE);
}

static guint mend(GPtrArray **chains, const DirectConfig *config) {
        g_autoptr(KernelTable) table = table_of(chains);
        g_autoptr(GPtrArray) calls = put_back(table, config, FAMILY_IPV4);
        g_assert_nonnull(calls);
        for (guint i = 0; i < calls->len; i++)
                run(chains, calls->pdata[i]);
        return calls->len;
}

/* Random rules are flushed or removed, and unlisted ones inserted anywhere: the former are restored, the latter stay. */
static void test_drawn(void) {
        g_autoptr(DirectConfig) config = config_new();
        for (guint round = 0; round < 500; round++) {
                GPtrArray *chains[G_N_ELEMENTS(CHAINS)];
                guint plain = 0;
                for (gsize i = 0; i < G_N_ELEMENTS(CHAINS); i++)
                        chains[i] = kernel_chain(config, CHAINS[i]);
                g_autofree char *whole = join(chains);
                for (gsize i = 0; i < G_N_ELEMENTS(CHAINS); i++) {
                        const bool flush = g_test_rand_int_range(0, 4) == 0;
                        for (guint n = chains[i]->len; n-- > 0;) {
                                /* Half of a rule for two addresses would take a reload, so both halves are removed or none. */
                                const char *line = chains[i]->pdata[n];
                                if (flush ||
                                    (g_test_rand_int_range(0, 3) == 0 && !strstr(line, "8.8.") && !strstr(line, "1.1.1.")))
                                        g_ptr_array_remove_index(chains[i], n);
                        }
                        /* Unlisted rules only where they may be: everything in quaywall's own chains is quaywall's. */
                        if (i == 1 && g_test_rand_bit()) {
                                g_autofree char *line = g_strdup_printf("-s 6.6.6.%u -j ACCEPT", plain++);
                                const gint32 place = g_test_rand_int_range(0, (gint32) chains[i]->len + 1);
                                /* not between the two halves */
                                if (place == 0 || (guint) place == chains[i]->len || !strstr(chains[i]->pdata[place], "8.8."))
                                        insert_line(chains[i], place, line);
                                else
                                        plain--;
                        }
                        if (g_test_rand_bit())
                                insert_line(chains[i], chains[i]->len,
                                            i == 1 ? "-m comment --comment quaywall:old -j QUAYWALL" :
                                                     "-s 5.5.5.5 -m comment --comment quaywall:old -j RETURN");
                }
                mend(chains, config);
                g_autofree char *text = join(chains), *left = remainder_of(text, "6.6.6."),
                                *expected = remainder_of(whole, "6.6.6.");
                g_assert_cmpstr(left, ==, expected);
                guint kept = 0;
                for (const char *at = text; (at = strstr(at, "6.6.6.")); at++)
                        kept++;
                g_assert_cmpuint(kept, ==, plain);
                g_assert_cmpuint(mend(chains, config), ==, 0);
                for (gsize i = 0; i < G_N_ELEMENTS(CHAINS); i++)
                        g_ptr_array_unref(chains[i]);
        }
}

/* firewalld does not count somebody's rules in front, so what it adds next is placed before the first rule that it lists. */
static void test_rules_in_front(void) {
        g_autoptr(DirectConfig) config = config_new();
        GPtrArray *chains[G_N_ELEMENTS(CHAINS)];
        for (gsize i = 0; i < G_N_ELEMENTS(CHAINS); i++)
                chains[i] = kernel_chain(config, CHAINS[i]);
        GPtrArray *chain = chains[1];
        insert_line(chain, 0, "-s 6.6.6.6 -j DROP");
        /* Moved behind quaywall's rules: the foreign rule that firewalld lists first. */
        g_ptr_array_insert(chain, (int) chain->len - 2, g_ptr_array_steal_index(chain, 1));
        g_autofree char *text = join(chains), *whole = remainder_of(text, "7.7.7.7");
        for (guint n = 1; n < chain->len; n++) {
                if (strstr(chain->pdata[n], "8.8."))
                        continue;
                char *line = g_ptr_array_steal_index(chain, n);
                g_assert_cmpuint(mend(chains, config), ==, 1);
                g_autofree char *after = join(chains), *now = remainder_of(after, "7.7.7.7");
                g_assert_cmpstr(now, ==, whole);
                g_free(line);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(CHAINS); i++)
                g_ptr_array_unref(chains[i]);
}

/* A missing chain, or half of a rule, takes a reload. */
static void test_impossible(void) {
        g_autoptr(DirectConfig) config = config_new();
        g_autoptr(KernelTable) gone = kernel_table_parse("-N DOCKER-USER\n-N QUAYWALL\n");
        g_assert_null(put_back(gone, config, FAMILY_IPV4));
        g_autoptr(KernelTable) half =
                kernel_table_parse("-N QUAYWALL-POLICY\n-N DOCKER-USER\n-N QUAYWALL\n-A DOCKER-USER -s 8.8.4.4/32 -j RETURN\n");
        g_assert_null(put_back(half, config, FAMILY_IPV4));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/put-back/drawn", test_drawn);
        g_test_add_func("/put-back/rules-in-front", test_rules_in_front);
        g_test_add_func("/put-back/impossible", test_impossible);
        return g_test_run();
}
