/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rendering as the table "inet quaywall": golden commands, and that they mean what the policies mean, also when
 * they change what is there. */
#include "compile/guard-render.h"

#include <string.h>

#include "docker-world.h"
#include "goldens.h"
#include "sim-guard.h"

static const char *const NOTHING[] = { NULL };

static void test_golden(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(GOLDENS); i++) {
                g_autoptr(PolicySet) set = policy_set_from_lines(GOLDENS[i].policies);
                g_autoptr(DockerFacts) facts = example_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, false);
                g_autoptr(GuardState) state = NULL;
                g_autofree char *text = guard_render(rules, GOLDEN_BRIDGES, NOTHING, NULL, &state);
                g_autofree char *file = g_strconcat(GOLDENS[i].name, ".nft", NULL);
                golden_check(file, text);
        }
}

static void test_meaning(void) {
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardState) state = NULL;
        for (guint round = 0; round < 1500; round++) {
                g_autoptr(PolicySet) set = random_policies(5);
                g_auto(GStrv) strv = random_bridges();
                const char *const *bridges = (const char *const *) strv;
                g_autoptr(DockerFacts) facts = random_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, bridges, facts, false);
                g_autoptr(GuardState) next = NULL;
                /* Now and then the daemon does not know what is there. */
                g_autoptr(GPtrArray) published = endpoint_list_published(facts);
                g_ptr_array_add(published, NULL);
                g_autofree char *commands =
                        guard_render(rules, bridges, (const char *const *) published->pdata, round % 10 ? state : NULL, &next);
                sim_guard_run(sim, commands);
                guard_state_free(state ? g_steal_pointer(&state) : guard_state_new());
                state = g_steal_pointer(&next);

                for (guint i = 0; i < 60; i++) {
                        Connection c = random_connection_to(bridges, facts);
                        Verdict is = sim_guard_verdict(sim, &c), should = reference_verdict(set, bridges, facts, &c);
                        if (should == VERDICT_ACCEPT) /* DOCKER-USER's business */
                                should = VERDICT_PASS;
                        if (is != should) {
                                g_autofree char *policies = policy_set_to_string(set), *shown = connection_to_string(&c);
                                g_test_message("%s\n%s\n%s", policies, shown, commands);
                        }
                        g_assert_cmpint(is, ==, should);
                }
        }
}

/* Before DNAT a policy without ports judges what is published only, yet whom it lists must pass the ones that have ports. */
static void test_lists_without_ports(void) {
        const char *const lines[] = { "a: allow-only sources=1.1.1.1 ports=80/tcp", "b: allow-only sources=1.1.1.2-1.1.1.4",
                                      NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, false);
        g_autoptr(GuardState) state = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autofree char *commands = guard_render(rules, GOLDEN_BRIDGES, NOTHING, NULL, &state);
        sim_guard_run(sim, commands);
        Connection c = { .protocol = "tcp", .port = 80, .in = "eth0", .out = "docker0", .local = true };
        g_assert_true(address_range_parse("1.1.1.3", &c.source, NULL));
        g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
}

/* docker-proxy answers where Docker's rules are gone: a policy without ports judges what is published before DNAT, too, and
 * no service of the host's own. */
static void test_published_without_ports(void) {
        const char *const lines[] = { "b: allow-only sources=1.1.1.2-1.1.1.4", NULL };
        const char *const published[] = { "tcp . 80", "udp . 53", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, false);
        g_autoptr(GuardState) state = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autofree char *commands = guard_render(rules, GOLDEN_BRIDGES, published, NULL, &state);
        sim_guard_run(sim, commands);
        Connection c = { .protocol = "tcp", .port = 80, .in = "eth0", .out = "", .local = true };
        g_assert_true(address_range_parse("1.1.1.1", &c.source, NULL));
        g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_DROP);
        c.port = 22;
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
        c.port = 53;
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
        c.protocol = "udp";
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_DROP);
        g_assert_true(address_range_parse("1.1.1.3", &c.source, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
}

/* What did not change is not sent again: 50,000 sources cost half a second each time. */
static void test_sets_are_kept(void) {
        g_autoptr(GuardState) first = NULL, second = NULL, third = NULL;
        const char *const before[] = { "a: allow-only sources=1.1.1.1 ports=80/tcp", NULL };
        const char *const after[] = { "a: allow-only sources=1.1.1.1 ports=81/tcp", NULL };
        const char *const other[] = { "b: allow-only sources=1.1.1.2 ports=81/tcp", NULL };
        g_autoptr(PolicySet) set1 = policy_set_from_lines(before), set2 = policy_set_from_lines(after),
                             set3 = policy_set_from_lines(other);
        g_autoptr(GPtrArray) rules1 = compile_policies(set1, GOLDEN_BRIDGES, NULL, false),
                             rules2 = compile_policies(set2, GOLDEN_BRIDGES, NULL, false),
                             rules3 = compile_policies(set3, GOLDEN_BRIDGES, NULL, false);
        g_autofree char *text1 = guard_render(rules1, GOLDEN_BRIDGES, NOTHING, NULL, &first);
        g_autofree char *text2 = guard_render(rules2, GOLDEN_BRIDGES, NOTHING, first, &second);
        g_autofree char *text3 = guard_render(rules3, GOLDEN_BRIDGES, NOTHING, second, &third);
        g_assert_nonnull(strstr(text1, "ipv4_addr"));
        g_assert_null(strstr(text2, "ipv4_addr"));
        g_assert_null(strstr(text2, "add counter"));
        g_assert_null(strstr(text2, "element"));
        g_assert_null(strstr(text2, "delete"));
        g_assert_nonnull(strstr(text3, "ipv4_addr"));
        g_assert_nonnull(strstr(text3, "delete set"));
        g_assert_nonnull(strstr(text3, "delete counter inet quaywall p_a"));
        /* One transaction that leaves nothing behind when there are no policies. */
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        g_autoptr(GuardState) last = NULL;
        g_autofree char *text4 = guard_render(none, GOLDEN_BRIDGES, NOTHING, third, &last);
        g_assert_cmpstr(text4, ==, "add table inet quaywall\ndelete table inet quaywall\n");
        g_assert_cmpint(g_hash_table_size(last->sets), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/guard-render/golden", test_golden);
        g_test_add_func("/guard-render/meaning", test_meaning);
        g_test_add_func("/guard-render/lists-without-ports", test_lists_without_ports);
        g_test_add_func("/guard-render/published-without-ports", test_published_without_ports);
        g_test_add_func("/guard-render/sets-are-kept", test_sets_are_kept);
        return g_test_run();
}
