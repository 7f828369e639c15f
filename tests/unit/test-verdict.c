/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the neutral rules say of a connection is what the policies mean, and the rule that is named decides it. */
#include "compile/verdict.h"

#include "docker-world.h"
#include "goldens.h"
#include "world.h"

static void show_failure(PolicySet *set, const Connection *c) {
        g_autofree char *policies = policy_set_to_string(set), *shown = connection_to_string(c);
        g_test_message("%s\n%s", policies, shown);
}

/* Alone among the policies of its action the named one makes the verdict, and without any of them it is another. */
static bool decides(PolicySet *set, const char *const *bridges, DockerFacts *facts, const Connection *c,
                    const Rule *decisive, Verdict verdict) {
        if (verdict == VERDICT_PASS)
                return !decisive || (decisive->policy->action == POLICY_ALLOW_ONLY && rule_covers(decisive, bridges, c));
        g_autoptr(PolicySet) others = policy_set_copy(set);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, others);
        while (decisive && g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                /* a deny decides also where an allow-only would */
                if (policy->action == decisive->policy->action ||
                    (decisive->policy->action == POLICY_DENY && policy->action == POLICY_ALLOW_ONLY))
                        g_hash_table_iter_remove(&iter);
        }
        if (!decisive || reference_verdict(others, bridges, facts, c) == verdict)
                return false;
        policy_set_insert(others, decisive->name, decisive->policy);
        return reference_verdict(others, bridges, facts, c) == verdict;
}

static void test_meaning(void) {
        guint seen[3] = { 0 };
        for (guint round = 0; round < 1500; round++) {
                g_autoptr(PolicySet) set = random_policies(5);
                g_auto(GStrv) strv = random_bridges();
                const char *const *bridges = (const char *const *) strv;
                g_autoptr(DockerFacts) facts = random_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, bridges, facts, false);
                for (guint i = 0; i < 60; i++) {
                        const Connection c = translated_by_others(random_connection_to(bridges, facts), facts);
                        const Rule *decisive;
                        const Verdict is = verdict_judge(rules, bridges, &c, &decisive), should = reference_verdict(set, bridges, facts, &c);
                        if (is != should || !decides(set, bridges, facts, &c, decisive, is))
                                show_failure(set, &c);
                        g_assert_cmpint(is, ==, should);
                        g_assert_true(decides(set, bridges, facts, &c, decisive, is));
                        seen[is]++;
                }
        }
        for (guint i = 0; i < G_N_ELEMENTS(seen); i++)
                g_assert_cmpuint(seen[i], >, 500);
}

/* Where it is not known by what interface a connection came, only what holds for all of them is said. */
static void test_unknown_interface(void) {
        static const char *const hosts[] = { "eth0", "eth1", "wlan7" };
        guint seen[3] = { 0 };
        for (guint round = 0; round < 1500; round++) {
                g_autoptr(PolicySet) set = random_policies(4);
                g_autoptr(DockerFacts) facts = random_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, false);
                for (guint i = 0; i < 20; i++) {
                        Connection c = random_connection_to(GOLDEN_BRIDGES, facts);
                        Verdict should = VERDICT_PASS;
                        bool agree = true;
                        for (guint n = 0; n < G_N_ELEMENTS(hosts); n++) {
                                c.in = hosts[n];
                                const Verdict here = reference_verdict(set, GOLDEN_BRIDGES, facts, &c);
                                agree &= n == 0 || here == should;
                                should = here;
                        }
                        if (!agree)
                                should = VERDICT_PASS;
                        c.in = NULL;
                        const Verdict is = verdict_judge(rules, GOLDEN_BRIDGES, &c, NULL);
                        g_assert_cmpint(is, ==, should);
                        seen[is]++;
                }
        }
        g_assert_cmpuint(seen[VERDICT_DROP], >, 100);
        g_assert_cmpuint(seen[VERDICT_PASS], >, 100);
}

/* docker-proxy answers on the host, so there is no bridge by which such a connection leaves. */
static void test_docker_proxy(void) {
        const char *const lines[] = { "a: allow-only sources=1.1.1.1 ports=80/tcp", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, false);
        Connection c = { .protocol = "tcp", .port = 80, .in = "eth0", .local = true };
        g_assert_true(address_range_parse("1.1.1.3", &c.source, NULL));
        g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
        g_assert_cmpint(verdict_judge(rules, GOLDEN_BRIDGES, &c, NULL), ==, VERDICT_DROP);
        c.local = false;
        g_assert_cmpint(verdict_judge(rules, GOLDEN_BRIDGES, &c, NULL), ==, VERDICT_PASS);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/verdict/meaning", test_meaning);
        g_test_add_func("/verdict/unknown-interface", test_unknown_interface);
        g_test_add_func("/verdict/docker-proxy", test_docker_proxy);
        return g_test_run();
}
