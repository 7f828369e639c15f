/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/policy-set.h"

#include "world.h"

static char *joined(GPtrArray *names) {
        g_ptr_array_add(names, NULL);
        char *text = g_strjoinv(" ", (char **) names->pdata);
        g_ptr_array_set_size(names, names->len - 1);
        return text;
}

static void test_names(void) {
        const char *const lines[] = { "b: deny", "a: deny", "B: deny", "10: deny", "9: deny", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        g_autofree char *text = joined(names);
        g_assert_cmpstr(text, ==, "10 9 B a b");
}

static void test_difference(void) {
        const char *const one[] = { "same: deny", "gone: deny", "other: deny log", NULL };
        const char *const two[] = { "same: deny", "new: deny", "other: deny", NULL };
        g_autoptr(PolicySet) a = policy_set_from_lines(one), b = policy_set_from_lines(two), copy = policy_set_copy(a);
        g_autoptr(GPtrArray) there = policy_set_difference(a, b), back = policy_set_difference(b, a),
                             none = policy_set_difference(a, copy);
        g_autofree char *there_text = joined(there), *back_text = joined(back);
        g_assert_cmpstr(there_text, ==, "gone new other");
        g_assert_cmpstr(back_text, ==, "gone new other");
        g_assert_cmpint(none->len, ==, 0);
}

/* A copy keeps its policies when the original changes or is freed. */
static void test_copy(void) {
        const char *const lines[] = { "a: deny", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines), copy = policy_set_copy(set);
        g_autoptr(Policy) other = policy_from_line("deny log", NULL);
        policy_set_insert(set, "a", other);
        policy_set_insert(set, "b", other);
        g_assert_cmpint(g_hash_table_size(copy->policies), ==, 1);
        g_assert_false(((Policy *) g_hash_table_lookup(copy->policies, "a"))->log);
        g_hash_table_remove_all(set->policies);
        g_assert_cmpint(((Policy *) g_hash_table_lookup(copy->policies, "a"))->action, ==, POLICY_DENY);
}

static void test_only_restricts(void) {
        static const struct {
                const char *before[4], *after[4];
                bool restricts;
        } CASES[] = {
                { { NULL }, { NULL }, true },
                { { NULL }, { "a: deny sources=1.1.1.1" }, true },
                { { "a: deny sources=1.1.1.1" }, { NULL }, false },
                { { "a: deny sources=1.1.1.1" }, { "a: deny sources=1.1.1.1 disabled" }, false },
                { { "a: deny sources=1.1.1.1 disabled" }, { "a: deny sources=1.1.1.1" }, true },
                { { "a: deny sources=1.1.1.1" }, { "a: deny sources=1.1.1.0/24" }, true },
                { { "a: deny sources=1.1.1.0/24" }, { "a: deny sources=1.1.1.1" }, false },
                { { "a: deny sources=1.1.1.1" }, { "a: deny sources=1.1.1.1 log" }, true },
                { { "a: deny sources=1.1.1.1" }, { "a: deny" }, true },
                { { "a: deny" }, { "a: deny sources=1.1.1.1" }, false },
                { { "a: deny sources=ipset:a" }, { "a: deny sources=ipset:a,ipset:b" }, true },
                { { "a: deny sources=ipset:a" }, { "a: deny" }, true },
                { { "a: deny" }, { "a: deny sources=ipset:a" }, false },
                { { "a: deny sources=ipset:a" }, { "a: deny sources=1.1.1.1" }, false },
                { { "a: allow-only sources=ipset:a,ipset:b" }, { "a: allow-only sources=ipset:a" }, true },
                { { "a: allow-only sources=1.1.1.1" }, { "a: allow-only sources=ipset:a" }, false },
                { { "a: deny sources=1.1.1.1 ports=80/tcp" }, { "a: deny sources=1.1.1.1 ports=81/tcp" }, false },
                /* The first list blocks other clients; a second one lets in its own. */
                { { NULL }, { "a: allow-only sources=1.1.1.1" }, true },
                { { "a: allow-only sources=1.1.1.1" },
                  { "a: allow-only sources=1.1.1.1", "b: allow-only sources=2.2.2.2" },
                  false },
                { { "a: allow-only sources=1.1.1.1,2.2.2.2" }, { "a: allow-only sources=2.2.2.2" }, true },
                { { "a: allow-only sources=1.1.1.1" }, { "a: allow-only sources=1.1.1.1,fd01::1" }, false },
                { { "a: allow-only sources=1.1.1.1" }, { "a: deny sources=1.1.1.1" }, false },
                { { "a: allow-only sources=1.1.1.1,2.2.2.2" },
                  { "a: allow-only sources=2.2.2.2", "d: deny sources=2.2.2.2" },
                  true },
                { { "a: allow-only sources=1.1.1.1" }, { "b: allow-only sources=1.1.1.1" }, false },
                { { NULL }, { "r: forward interfaces=eth0 out-interfaces=eth1" }, false },
                { { "r: forward interfaces=eth0 out-interfaces=eth1" }, { NULL }, false },
                { { "r: forward interfaces=eth0 out-interfaces=eth1 disabled" }, { "d: deny" }, true },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(PolicySet) before = policy_set_from_lines(CASES[i].before),
                                     after = policy_set_from_lines(CASES[i].after);
                if (policy_set_only_restricts(before, after) != CASES[i].restricts)
                        g_error("case %" G_GSIZE_FORMAT ": not %d", i, CASES[i].restricts);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/policy-set/names", test_names);
        g_test_add_func("/policy-set/difference", test_difference);
        g_test_add_func("/policy-set/copy", test_copy);
        g_test_add_func("/policy-set/only-restricts", test_only_restricts);
        return g_test_run();
}
