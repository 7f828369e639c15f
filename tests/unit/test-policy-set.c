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
        g_autoptr(GPtrArray) there = policy_set_difference(a, b, STORE_POLICIES),
                             back = policy_set_difference(b, a, STORE_POLICIES),
                             none = policy_set_difference(a, copy, STORE_POLICIES);
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
                const char *before[5], *after[5];
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
                /* What a group lists counts, not its name. */
                { { "group:g 1.1.1.1,2.2.2.2", "a: allow-only sources=group:g" },
                  { "group:g 1.1.1.1", "a: allow-only sources=group:g" },
                  true },
                { { "group:g 1.1.1.1", "a: allow-only sources=group:g" },
                  { "group:g 1.1.1.1,2.2.2.2", "a: allow-only sources=group:g" },
                  false },
                { { "group:g 1.1.1.1,2.2.2.2", "a: deny sources=group:g" },
                  { "group:g 1.1.1.1", "a: deny sources=group:g" },
                  false },
                { { "group:g 1.1.1.1", "a: deny sources=group:g" }, { "group:g 1.1.1.0/24", "a: deny sources=group:g" }, true },
                { { "group:g 1.1.1.1", "a: allow-only sources=group:g" }, { "a: allow-only sources=group:g" }, true },
                { { "group:g 1.1.1.1", "a: deny sources=group:g" }, { "a: deny sources=group:g" }, false },
                { { "group:g 1.1.1.0/24", "a: allow-only sources=group:g" },
                  { "group:g 1.1.1.0/24", "a: allow-only sources=1.1.1.7" },
                  true },
                { { "group:g 1.1.1.1", "a: allow-only sources=group:g,ipset:s" },
                  { "group:g 1.1.1.1", "a: allow-only sources=group:g,ipset:t" },
                  false },
                { { "group:g 1.1.1.1" }, { "group:g 2.2.2.2" }, true },
                { { "group:g 1.1.1.1", "a: allow-only sources=group:g disabled" },
                  { "group:g 2.2.2.2", "a: allow-only sources=group:g disabled" },
                  true },
                { { "group:g 1.1.1.1,2.2.2.2", "a: allow-only sources=group:g", "b: deny sources=group:g" },
                  { "group:g 1.1.1.1", "a: allow-only sources=group:g", "b: deny sources=group:g" },
                  false },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(PolicySet) before = policy_set_from_lines(CASES[i].before),
                                     after = policy_set_from_lines(CASES[i].after);
                if (policy_set_only_restricts(before, after) != CASES[i].restricts)
                        g_error("case %" G_GSIZE_FORMAT ": not %d", i, CASES[i].restricts);
        }
}

/* Groups are part of a set: of its copies, of what is different, and of what its policies list. */
static void test_groups(void) {
        const char *const lines[] = { "group:b 1.1.1.1",
                                      "group:a 2.2.2.0/24,fd01::1",
                                      "group:unused 3.3.3.3",
                                      "x: allow-only sources=group:a,9.9.9.9,group:b",
                                      "y: deny sources=group:a disabled",
                                      "z: deny sources=group:none",
                                      NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines), copy = policy_set_copy(set),
                             beside = policy_set_new_beside(set);
        g_autoptr(GPtrArray) names = policy_set_group_names(beside);
        g_autofree char *text = joined(names);
        g_assert_cmpstr(text, ==, "a b unused");
        g_assert_cmpint(g_hash_table_size(beside->policies), ==, 0);
        g_assert_true(policy_set_equal(set, copy));
        g_assert_false(policy_set_equal(set, beside));

        g_autoptr(GPtrArray) of_a = policy_set_list_users(set, "a"), of_unused = policy_set_list_users(set, "unused");
        g_autofree char *users = joined(of_a);
        g_assert_cmpstr(users, ==, "x y");
        g_assert_cmpint(of_unused->len, ==, 0);
        g_assert_cmpuint(policy_set_count_sources(set), ==, 4 + 2);
        g_assert_cmpuint(policy_set_count_addresses(set), ==, 4);

        g_autoptr(GArray) addresses = policy_set_addresses(set, g_hash_table_lookup(set->policies, "x")),
                          none = policy_set_addresses(set, g_hash_table_lookup(set->policies, "z"));
        g_assert_cmpint(addresses->len, ==, 4);
        g_assert_cmpint(none->len, ==, 0);

        g_autofree char *name = NULL;
        g_autoptr(Group) other = group_from_line("group:a 2.2.2.0/24", &name);
        policy_set_insert_group(copy, name, other);
        g_autoptr(GPtrArray) policies = policy_set_difference(set, copy, STORE_POLICIES),
                             groups = policy_set_difference(set, copy, STORE_GROUPS);
        g_autofree char *changed = joined(groups);
        g_assert_cmpint(policies->len, ==, 0);
        g_assert_cmpstr(changed, ==, "a");
        g_assert_false(policy_set_equal(set, copy));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/policy-set/names", test_names);
        g_test_add_func("/policy-set/difference", test_difference);
        g_test_add_func("/policy-set/copy", test_copy);
        g_test_add_func("/policy-set/groups", test_groups);
        g_test_add_func("/policy-set/only-restricts", test_only_restricts);
        return g_test_run();
}
