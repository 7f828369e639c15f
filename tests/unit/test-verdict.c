/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verdict of the neutral rules is what the policies mean, and the decisive rule really decides. */
#include "compile/verdict.h"

#include "docker-world.h"
#include "goldens.h"
#include "model/labels.h"
#include "world.h"

static void show_failure(PolicySet *set, const Connection *c) {
        g_autofree char *policies = policy_set_to_string(set), *shown = connection_to_string(c);
        g_test_message("%s\n%s", policies, shown);
}

/* Without the policies of its action the verdict differs; with the decisive one alone among them it is the same. */
static bool decides(PolicySet *set, const char *const *bridges, DockerFacts *facts, const Connection *c, const Rule *decisive,
                    Verdict verdict) {
        if (verdict == VERDICT_PASS)
                return !decisive || (policy_has_list(decisive->policy) && rule_covers(decisive, bridges, c));
        g_autoptr(PolicySet) others = policy_set_copy(set);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, others->policies);
        while (decisive && g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                /* a deny also decides where an allow-only would */
                if (policy->action == decisive->policy->action ||
                    (decisive->policy->action != POLICY_FORWARD && policy_has_list(policy)))
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
                g_autoptr(GPtrArray) rules = compile_policies(set, bridges, facts, NULL, NULL, false);
                for (guint i = 0; i < 60; i++) {
                        const Connection c = translated_by_others(random_connection_to(bridges, facts), facts);
                        const Rule *decisive;
                        const Verdict is = verdict_judge(rules, bridges, &c, &decisive),
                                      should = reference_verdict(set, bridges, facts, &c);
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

/* Policies that containers carry only restrict; the reference judges them apart from those of administrators. */
static void test_labels(void) {
        guint seen[3] = { 0 }, differ = 0;
        for (guint round = 0; round < 1000; round++) {
                g_autoptr(PolicySet) set = random_policies(5), alone = policy_set_copy(set);
                g_auto(GStrv) strv = random_bridges();
                const char *const *bridges = (const char *const *) strv;
                g_autoptr(DockerFacts) facts = random_facts();
                labels_add(set, facts, NULL, NULL);
                g_autoptr(GPtrArray) rules = compile_policies(set, bridges, facts, NULL, NULL, false);
                for (guint i = 0; i < 60; i++) {
                        const Connection c = translated_by_others(random_connection_to(bridges, facts), facts);
                        const Verdict is = verdict_judge(rules, bridges, &c, NULL),
                                      should = reference_verdict(set, bridges, facts, &c),
                                      without = reference_verdict(alone, bridges, facts, &c);
                        if (is != should)
                                show_failure(set, &c);
                        g_assert_cmpint(is, ==, should);
                        g_assert_true(is == VERDICT_DROP || is == without);
                        differ += is != without;
                        seen[is]++;
                }
        }
        for (guint i = 0; i < G_N_ELEMENTS(seen); i++)
                g_assert_cmpuint(seen[i], >, 500);
        g_assert_cmpuint(differ, >, 500);
}

/* If a connection's interface is unknown, only a verdict that is the same for all interfaces is given. */
static void test_unknown_interface(void) {
        static const char *const hosts[] = { "eth0", "eth1", "wlan7" };
        guint seen[3] = { 0 };
        for (guint round = 0; round < 1500; round++) {
                g_autoptr(PolicySet) set = random_policies(4);
                g_autoptr(DockerFacts) facts = random_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, NULL, NULL, false);
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

/* docker-proxy answers on the host, so its connections leave by no bridge. */
static void test_docker_proxy(void) {
        const char *const lines[] = { "a: allow-only sources=1.1.1.1 ports=80/tcp", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, NULL, NULL, false);
        Connection c = { .protocol = "tcp", .port = 80, .in = "eth0", .local = true };
        g_assert_true(address_range_parse("1.1.1.3", &c.source, NULL));
        g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
        g_assert_cmpint(verdict_judge(rules, GOLDEN_BRIDGES, &c, NULL), ==, VERDICT_DROP);
        c.local = false;
        g_assert_cmpint(verdict_judge(rules, GOLDEN_BRIDGES, &c, NULL), ==, VERDICT_PASS);
}

/* Adds or removes a source of a policy; or adds other policies, or replaces all by them. */
static PolicySet *change_somehow(PolicySet *set) {
        g_autoptr(PolicySet) others = random_policies(2);
        PolicySet *after = policy_set_copy(set);
        g_autoptr(GPtrArray) names = policy_set_names(set), new = policy_set_names(others);
        const int how = g_test_rand_int_range(0, 4);
        if (how < 2 && names->len > 0) {
                const char *name = names->pdata[g_test_rand_int_range(0, names->len)];
                g_autoptr(Policy) policy = policy_copy(g_hash_table_lookup(set->policies, name));
                AddressRange range;
                g_assert_true(address_range_parse("1.1.1.2", &range, NULL));
                if (how == 0)
                        g_array_append_val(policy->sources, range);
                else if (policy->sources->len > 1)
                        g_array_remove_index(policy->sources, 0);
                policy_set_insert(after, name, policy);
        }
        if (how == 3)
                g_hash_table_remove_all(after->policies);
        for (guint i = 0; how >= 2 && i < new->len; i++)
                policy_set_insert(after, new->pdata[i], g_hash_table_lookup(others->policies, new->pdata[i]));
        return after;
}

/* A change that counts as only restricting lets in nobody who was blocked. */
static void test_only_restricts(void) {
        guint restricts = 0, shut_out = 0;
        for (guint round = 0; round < 4000; round++) {
                g_autoptr(PolicySet) before = random_policies(3), after = change_somehow(before);
                g_autoptr(DockerFacts) facts = random_facts();
                if (!policy_set_only_restricts(before, after))
                        continue;
                restricts++;
                for (guint i = 0; i < 60; i++) {
                        const Connection c = random_connection_to(GOLDEN_BRIDGES, facts);
                        const Verdict was = reference_verdict(before, GOLDEN_BRIDGES, facts, &c),
                                      is = reference_verdict(after, GOLDEN_BRIDGES, facts, &c);
                        if (was == VERDICT_DROP && is != VERDICT_DROP)
                                show_failure(after, &c);
                        g_assert_true(was != VERDICT_DROP || is == VERDICT_DROP);
                        shut_out += was != VERDICT_DROP && is == VERDICT_DROP;
                }
        }
        g_assert_cmpuint(restricts, >, 400);
        g_assert_cmpuint(shut_out, >, 400);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        random_zones = true;
        g_test_add_func("/verdict/meaning", test_meaning);
        g_test_add_func("/verdict/labels", test_labels);
        g_test_add_func("/verdict/unknown-interface", test_unknown_interface);
        g_test_add_func("/verdict/only-restricts", test_only_restricts);
        g_test_add_func("/verdict/docker-proxy", test_docker_proxy);
        return g_test_run();
}
