/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/problem.h"

/* Finds a missing row of the table (an empty code) and two rows with the same code. */
static void test_names(void) {
        for (ProblemCode code = PROBLEM_NONE + 1; code < _PROBLEM_MAX; code++) {
                const char *name = problem_code_to_string(code);
                g_assert_nonnull(name);
                g_assert_cmpstr(name, !=, "");
                g_assert_cmpint(problem_code_from_string(name), ==, code);
        }
        g_assert_cmpint(problem_code_from_string("no-such-problem"), ==, PROBLEM_NONE);
        g_assert_cmpint(problem_code_from_string(""), ==, PROBLEM_NONE);
}

static void test_list(void) {
        g_autoptr(GPtrArray) problems = problems_new();
        Problem *problem = problems_add(problems, PROBLEM_ZONE_STALE, "%s is gone\n", "br-1");
        problem_add_detail(problem, "interface", "br-1");
        g_assert_cmpuint(problems->len, ==, 1);
        g_assert_cmpstr(problem->sentence, ==, "br-1 is gone\\x0a");
        g_assert_cmpuint(problem->details->len, ==, 2);
        g_assert_cmpstr(problem->details->pdata[1], ==, "br-1");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/problem/names", test_names);
        g_test_add_func("/problem/list", test_list);
        return g_test_run();
}
