/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rendering as direct rules of firewalld: golden lists, and comparison with what the policies mean. */
#include "compile/direct-rule.h"

#include <string.h>

#include "docker-world.h"
#include "goldens.h"
#include "model/bounds.h"
#include "sim-direct.h"

static GPtrArray *render(PolicySet *set, const char *const *bridges, bool guarded) {
        g_autoptr(GPtrArray) rules = compile_policies(set, bridges, NULL, NULL, NULL, false);
        return direct_render(rules, bridges, guarded, policy_set_judges(set), NULL);
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
                g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, NULL, NULL, false);
                g_autoptr(GPtrArray) direct = direct_render(rules, GOLDEN_BRIDGES, true, policy_set_judges(set), NULL);
                g_autofree char *text = direct_to_string(direct), *file = g_strconcat(GOLDENS[i].name, ".direct", NULL);
                golden_check(file, text);
        }
}

static void test_meaning(void) {
        for (guint round = 0; round < 1500; round++) {
                g_autoptr(PolicySet) set = random_policies(5);
                g_auto(GStrv) bridges = random_bridges();
                g_autoptr(DockerFacts) facts = random_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, (const char *const *) bridges, facts, NULL, NULL, false);
                g_autoptr(GPtrArray) direct =
                        direct_render(rules, (const char *const *) bridges, true, policy_set_judges(set), NULL);
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

/* A policy for a container that does not exist yet already has its chains, so its first rule needs no new chain or reload. */
static void test_stands_for_what_will_come(void) {
        const char *const lines[] = { "later: deny containers=later", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) direct = render(set, GOLDEN_BRIDGES, true);
        g_assert_true(direct_rules_use_family(direct, FAMILY_IPV4));
        for (guint i = 0; i < direct->len; i++) {
                const DirectRule *rule = direct->pdata[i];
                g_assert_cmpstr(direct_rule_owner(rule->chain, (const char *const *) rule->args), ==, "");
        }
}

/* A rule is quaywall's only if it is in one of quaywall's chains or carries its mark. */
static void test_owner(void) {
        const char *const ours[] = { "-m", "comment", "--comment", "quaywall:web", "-j", "DROP", NULL };
        const char *const other[] = { "-m", "comment", "--comment", "quay:web", "-j", "DROP", NULL };
        const char *const jump[] = { "-m", "comment", "--comment", "quaywall", "-j", "QUAYWALL", NULL };
        const char *const unmarked[] = { "-j", "QUAYWALL", NULL };
        const char *const bare[] = { "-j", "DROP", NULL };
        const char *const cut[] = { "-j", "DROP", "--comment", NULL };
        g_assert_cmpstr(direct_rule_owner("DOCKER-USER", ours), ==, "web");
        g_assert_cmpstr(direct_rule_owner("QUAYWALL-POLICY", ours), ==, "web");
        g_assert_cmpstr(direct_rule_owner("QUAYWALL", bare), ==, "");
        g_assert_null(direct_rule_owner("DOCKER-USER", other));
        g_assert_null(direct_rule_owner("DOCKER-USER", bare));
        g_assert_null(direct_rule_owner("DOCKER-USER", cut));
        g_assert_cmpstr(direct_rule_owner("DOCKER-USER", jump), ==, "");
        g_assert_null(direct_rule_owner("DOCKER-USER", unmarked));
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

static bool is_too_large(const char *line, bool guarded) {
        const char *const lines[] = { line, NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(DockerFacts) facts = example_facts();
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, NULL, NULL, false);
        g_autoptr(GPtrArray) names = direct_list_too_large(rules, guarded);
        g_assert_cmpuint(names->len, <=, 1);
        return names->len == 1;
}

static void test_too_large(void) {
        for (guint n = LIMIT_DIRECT_RULES - 1; n <= LIMIT_DIRECT_RULES; n++) {
                g_autofree char *sources = many_sources(n, ""), *line = g_strconcat("a: ", sources, NULL);
                g_assert_cmpint(is_too_large(line, true), ==, n == LIMIT_DIRECT_RULES);
                g_assert_false(is_too_large(line, false));
        }
        /* A few ranges can make many prefixes. */
        GString *line = g_string_new("a: deny sources=");
        for (guint i = 0; i < 30; i++)
                g_string_append_printf(line, "%s%u.0.0.1-%u.255.255.254", i ? "," : "", i + 1, i + 1);
        g_autofree char *text = g_string_free(line, FALSE);
        g_assert_true(is_too_large(text, true));
        g_assert_false(is_too_large(text, false));
        /* Sources multiply by destinations, whose ranges are prefixes, too, and by what containers have. */
        g_assert_true(is_too_large("a: deny sources=1.0.0.1-1.255.255.254 destinations=10.0.0.1-10.255.255.254", true));
        g_autofree char *sources = many_sources(LIMIT_DIRECT_RULES / 2, ""),
                        *port = g_strconcat("a: ", sources, " ports=8080/tcp", NULL);
        g_autofree char *named = g_strconcat("a: ", sources, " containers=web", NULL);
        g_assert_true(is_too_large(port, true));
        g_assert_true(is_too_large(named, true));
        g_assert_false(is_too_large(named, false));
        /* A "forward" is never too large: only direct rules can enforce it. */
        line = g_string_new("a: forward interfaces=");
        for (guint i = 0; i < 64; i++)
                g_string_append_printf(line, "%sin%u", i ? "," : "", i);
        g_string_append(line, " out-interfaces=");
        for (guint i = 0; i < 64; i++)
                g_string_append_printf(line, "%sout%u", i ? "," : "", i);
        g_autofree char *forward = g_string_free(line, FALSE);
        g_assert_false(is_too_large(forward, true));
}

/* Without the guard, a large policy becomes direct rules, or it is left out whole: then it lets nobody pass other policies,
 * either. */
static void test_too_large_without_guard(void) {
        for (guint n = LIMIT_RULES / 2; n <= LIMIT_RULES; n += LIMIT_RULES / 2) {
                g_autofree char *large = many_sources(n, " ports=80/tcp"), *named = g_strconcat("large: ", large, NULL);
                const char *const lines[] = { "small: allow-only sources=9.9.9.9", named, NULL }, *const alone[] = { lines[0],
                                                                                                                     NULL };
                g_autoptr(PolicySet) set = policy_set_from_lines(lines), small = policy_set_from_lines(alone);
                g_autoptr(GPtrArray) direct = render(set, GOLDEN_BRIDGES, false);
                g_autoptr(SimDirect) sim = sim_direct_new();
                sim_direct_add_all(sim, direct);
                for (guint i = 0; i < 300; i++) {
                        Connection c = random_connection(GOLDEN_BRIDGES);
                        g_assert_cmpint(sim_direct_verdict(sim, &c), ==,
                                        reference_verdict(n < LIMIT_RULES ? set : small, GOLDEN_BRIDGES, NULL, &c));
                }
        }
}

/* A client that the policies let in is not dropped here, even if some of them are enforced by the guard alone. */
static void check_lets_past(PolicySet *set, GPtrArray *direct) {
        g_autoptr(SimDirect) sim = sim_direct_new();
        sim_direct_add_all(sim, direct);
        for (guint i = 0; i < 500; i++) {
                Connection c = random_connection(GOLDEN_BRIDGES);
                if (reference_verdict(set, GOLDEN_BRIDGES, NULL, &c) == VERDICT_PASS)
                        g_assert_cmpint(sim_direct_verdict(sim, &c), ==, VERDICT_PASS);
        }
}

/* A policy that only the guard enforces may list a source that a policy among the direct rules would drop. */
static void test_too_large_still_lists(void) {
        g_autofree char *large = many_sources(LIMIT_DIRECT_RULES + 10, " ports=80/tcp");
        g_autofree char *named = g_strconcat("large: ", large, NULL);
        const char *const lines[] = { "small: allow-only sources=9.9.9.9", named, NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) direct = render(set, GOLDEN_BRIDGES, true);
        check_lets_past(set, direct);
}

/* Together the policies are more than firewalld can add in good time: the largest go to the guard alone, and their listed
 * clients pass the other direct rules. */
static void test_too_many_together(void) {
        const guint each = LIMIT_DIRECT_RULES - 10, n = LIMIT_DIRECT_RULES_ALL / each + 3;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_strv_builder_add_many(builder, "small: allow-only sources=9.9.9.9",
                                "through: forward interfaces=in0 out-interfaces=out0", NULL);
        for (guint i = 0; i < n; i++) {
                g_autofree char *rest = g_strdup_printf(" ports=%u/tcp", 80 + i), *many = many_sources(each - i, rest);
                g_autofree char *line = g_strdup_printf("p%u: %s", i, many);
                g_strv_builder_add(builder, line);
        }
        g_auto(GStrv) lines = g_strv_builder_end(builder);
        g_autoptr(PolicySet) set = policy_set_from_lines((const char *const *) lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, NULL, NULL, false),
                             names = direct_list_too_large(rules, true);
        g_assert_cmpuint(names->len, ==, 3);
        for (guint i = 0; i < names->len; i++)
                g_assert_cmpint(((char *) names->pdata[i])[1], ==, '0' + (int) i);
        g_autoptr(GPtrArray) direct = render(set, GOLDEN_BRIDGES, true);
        g_assert_cmpuint(direct->len, <, LIMIT_DIRECT_RULES_ALL + 50);
        check_lets_past(set, direct);
        /* Without the guard, all stay direct rules. */
        g_autoptr(GPtrArray) none = direct_list_too_large(rules, false);
        g_assert_cmpuint(none->len, ==, 0);
}

/* So many policies go to the guard alone that no direct rule drops anything, so none needs to let clients pass. */
static void test_too_many_to_let_past(void) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i <= LIMIT_DIRECT_RULES_ALL / 64; i++) {
                g_autofree char *start = g_strdup_printf("p%u: ", i),
                                *sources = many_sources(LIMIT_DIRECT_RULES / 64, " ports=");
                GString *line = g_string_new(start);
                g_string_append(line, sources);
                for (guint port = 1; port <= 64; port++)
                        g_string_append_printf(line, "%s%u/tcp", port > 1 ? "," : "", port);
                g_strv_builder_add(builder, line->str);
                g_string_free(line, TRUE);
        }
        g_auto(GStrv) lines = g_strv_builder_end(builder);
        g_autoptr(PolicySet) set = policy_set_from_lines((const char *const *) lines);
        g_autoptr(GPtrArray) direct = render(set, GOLDEN_BRIDGES, true);
        for (guint i = 0; i < direct->len; i++) {
                const DirectRule *rule = direct->pdata[i];
                g_assert_cmpstr(direct_rule_owner(rule->chain, (const char *const *) rule->args), ==, "");
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/direct-rule/golden", test_golden);
        g_test_add_func("/direct-rule/meaning", test_meaning);
        g_test_add_func("/direct-rule/stands-for-what-will-come", test_stands_for_what_will_come);
        g_test_add_func("/direct-rule/owner", test_owner);
        g_test_add_func("/direct-rule/too-large", test_too_large);
        g_test_add_func("/direct-rule/too-large-without-guard", test_too_large_without_guard);
        g_test_add_func("/direct-rule/too-large-still-lists", test_too_large_still_lists);
        g_test_add_func("/direct-rule/too-many-together", test_too_many_together);
        g_test_add_func("/direct-rule/too-many-to-let-past", test_too_many_to_let_past);
        return g_test_run();
}
