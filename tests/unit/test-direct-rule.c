/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rendering as firewalld direct rules: golden lists, and that it means what the policies mean. */
#include "compile/direct-rule.h"

#include <string.h>

#include "docker-world.h"
#include "goldens.h"
#include "model/bounds.h"
#include "sim-direct.h"

static GPtrArray *render(PolicySet *set, const char *const *bridges) {
        g_autoptr(GPtrArray) rules = compile_policies(set, bridges, NULL, false);
        return direct_render(rules, bridges);
}

static char *direct_to_string(GPtrArray *direct) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < direct->len; i++) {
                const DirectRule *rule = direct->pdata[i];
                g_string_append_printf(text, "%s %s %d", family_to_string(rule->family), rule->chain, rule->priority);
                for (char **arg = rule->args; *arg; arg++)
                        g_string_append_printf(text, strchr(*arg, ' ') ? " \"%s\"" : " %s", *arg);
                g_string_append_c(text, '\n');
        }
        return g_string_free(text, FALSE);
}

static void test_golden(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(GOLDENS); i++) {
                g_autoptr(PolicySet) set = policy_set_from_lines(GOLDENS[i].policies);
                g_autoptr(DockerFacts) facts = example_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, false);
                g_autoptr(GPtrArray) direct = direct_render(rules, GOLDEN_BRIDGES);
                g_autofree char *text = direct_to_string(direct), *file = g_strconcat(GOLDENS[i].name, ".direct", NULL);
                golden_check(file, text);
        }
}

static void test_meaning(void) {
        for (guint round = 0; round < 1500; round++) {
                g_autoptr(PolicySet) set = random_policies(5);
                g_auto(GStrv) bridges = random_bridges();
                g_autoptr(DockerFacts) facts = random_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, (const char *const *) bridges, facts, false);
                g_autoptr(GPtrArray) direct = direct_render(rules, (const char *const *) bridges);
                g_autoptr(SimDirect) sim = sim_direct_new();
                sim_direct_add_all(sim, direct);
                for (guint i = 0; i < 60; i++) {
                        Connection c = random_connection_to((const char *const *) bridges, facts);
                        Verdict is = sim_direct_verdict(sim, &c),
                                should = reference_verdict(set, (const char *const *) bridges, facts, &c);
                        if (is != should) {
                                g_autofree char *policies = policy_set_to_string(set), *shown = connection_to_string(&c);
                                g_test_message("%s\n%s", policies, shown);
                        }
                        g_assert_cmpint(is, ==, should);
                }
        }
}

/* What is not from a policy or in a chain of ours belongs to somebody else. */
static void test_owner(void) {
        const char *const ours[] = { "-m", "comment", "--comment", "quaywall:web", "-j", "DROP", NULL };
        const char *const other[] = { "-m", "comment", "--comment", "quay:web", "-j", "DROP", NULL };
        const char *const bare[] = { "-j", "DROP", NULL };
        const char *const cut[] = { "-j", "DROP", "--comment", NULL };
        g_assert_cmpstr(direct_rule_owner("DOCKER-USER", ours), ==, "web");
        g_assert_cmpstr(direct_rule_owner("QUAYWALL-POLICY", ours), ==, "web");
        g_assert_cmpstr(direct_rule_owner("QUAYWALL", bare), ==, "");
        g_assert_null(direct_rule_owner("DOCKER-USER", other));
        g_assert_null(direct_rule_owner("DOCKER-USER", bare));
        g_assert_null(direct_rule_owner("DOCKER-USER", cut));
        g_assert_null(direct_rule_owner("FORWARD", ours));
        g_assert_null(direct_rule_owner("DOCKER", ours));
}

static char *many_sources(guint n, const char *rest) {
        GString *line = g_string_new("allow-only sources=");
        for (guint i = 0; i < n; i++)
                g_string_append_printf(line, "%s10.%u.%u.1", i ? "," : "", i / 256, i % 256);
        g_string_append_printf(line, ",1.1.1.1%s", rest);
        return g_string_free(line, FALSE);
}

static void test_too_large(void) {
        for (guint n = LIMIT_DIRECT_SOURCES - 1; n <= LIMIT_DIRECT_SOURCES; n++) {
                g_autofree char *line = many_sources(n, "");
                g_autoptr(Policy) policy = policy_from_line(line, NULL);
                g_assert_cmpint(direct_is_too_large(policy), ==, n == LIMIT_DIRECT_SOURCES);
        }
        /* A few ranges can be many prefixes. */
        GString *line = g_string_new("deny sources=");
        for (guint i = 0; i < 30; i++)
                g_string_append_printf(line, "%s%u.0.0.1-%u.255.255.254", i ? "," : "", i + 1, i + 1);
        g_autofree char *text = g_string_free(line, FALSE);
        g_autoptr(Policy) ranges = policy_from_line(text, NULL);
        g_assert_true(direct_is_too_large(ranges));
}

/* A policy that only the guard holds may still list a source that another one, which stands here, would drop. */
static void test_too_large_still_lists(void) {
        g_autofree char *large = many_sources(LIMIT_DIRECT_SOURCES + 10, " ports=80/tcp");
        g_autofree char *named = g_strconcat("large: ", large, NULL);
        const char *const lines[] = { "small: allow-only sources=9.9.9.9", named, NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) direct = render(set, GOLDEN_BRIDGES);
        g_autoptr(SimDirect) sim = sim_direct_new();
        sim_direct_add_all(sim, direct);
        for (guint i = 0; i < 500; i++) {
                Connection c = random_connection(GOLDEN_BRIDGES);
                if (reference_verdict(set, GOLDEN_BRIDGES, NULL, &c) == VERDICT_PASS)
                        g_assert_cmpint(sim_direct_verdict(sim, &c), ==, VERDICT_PASS);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/direct-rule/golden", test_golden);
        g_test_add_func("/direct-rule/meaning", test_meaning);
        g_test_add_func("/direct-rule/owner", test_owner);
        g_test_add_func("/direct-rule/too-large", test_too_large);
        g_test_add_func("/direct-rule/too-large-still-lists", test_too_large_still_lists);
        return g_test_run();
}
