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

/* A copy keeps its policies when the original is changed or gone. */
static void test_copy(void) {
        const char *const lines[] = { "a: deny", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines), copy = policy_set_copy(set);
        g_autoptr(Policy) other = policy_from_line("deny log", NULL);
        policy_set_insert(set, "a", other);
        policy_set_insert(set, "b", other);
        g_assert_cmpint(g_hash_table_size(copy), ==, 1);
        g_assert_false(((Policy *) g_hash_table_lookup(copy, "a"))->log);
        g_hash_table_remove_all(set);
        g_assert_cmpint(((Policy *) g_hash_table_lookup(copy, "a"))->action, ==, POLICY_DENY);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/policy-set/names", test_names);
        g_test_add_func("/policy-set/difference", test_difference);
        g_test_add_func("/policy-set/copy", test_copy);
        return g_test_run();
}
