/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ways into a container that bypass the policies. */
#include "compile/bypass.h"

static DockerContainer *add_container(DockerFacts *facts, const char *name, bool running, const char *ports) {
        DockerContainer *container = docker_container_new(name, name);
        g_auto(GStrv) list = g_strsplit(ports, " ", -1);
        container->running = running;
        for (char **item = list; *item; item++) { /* "8080:80" */
                if (g_str_equal(*item, "host")) {
                        container->host_network = true;
                        continue;
                }
                g_auto(GStrv) pair = g_strsplit(*item, ":", 2);
                DockerPort port = { .protocol = g_str_has_suffix(pair[1], "/udp") ? "udp" : "tcp",
                                    .host_port = g_ascii_strtoull(pair[0], NULL, 10),
                                    .container_port = g_ascii_strtoull(pair[1], NULL, 10) };
                g_assert_true(address_range_parse("0.0.0.0/0", &port.host, NULL));
                g_array_append_val(container->ports, port);
                g_assert_true(address_range_parse("::/0", &port.host, NULL));
                g_array_append_val(container->ports, port);
        }
        docker_facts_add_container(facts, container);
        return container;
}

static void add_policy(PolicySet *set, const char *name, const char *action, const char *container, const char *port,
                       bool enabled) {
        g_autoptr(Policy) policy = policy_new();
        g_assert_true(policy_set_string(policy, "action", action, NULL));
        if (container)
                g_assert_true(policy_add_string(policy, "containers", container, NULL));
        if (port)
                g_assert_true(policy_add_string(policy, "ports", port, NULL));
        policy->enabled = enabled;
        policy_set_insert(set, name, policy);
}

static void expect(PolicySet *set, DockerFacts *facts, const char *expected) {
        g_autoptr(GPtrArray) list = bypass_list(set, facts);
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < list->len; i++) {
                const Bypass *bypass = list->pdata[i];
                g_string_append_printf(text, "%s %s %s %s;", bypass->policy, bypass->container,
                                       bypass->port ? bypass->port : "-", bypass->covered ? bypass->covered : "-");
        }
        g_assert_cmpstr(text->str, ==, expected);
}

static void test_host_network(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(PolicySet) set = policy_set_new();
        add_container(facts, "metrics", true, "host");
        add_policy(set, "all", "deny", NULL, NULL, true);
        expect(set, facts, ""); /* no policy names this container */
        add_policy(set, "one", "deny", "metrics", NULL, true);
        expect(set, facts, "one metrics - -;");
        add_policy(set, "one", "deny", "metrics", NULL, false);
        expect(set, facts, "");
}

static void test_other_bind(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(PolicySet) set = policy_set_new();
        add_container(facts, "web", true, "8080:80 9090:80 9443:443 9053:80/udp");
        add_container(facts, "old", false, "8080:80 9091:80");
        expect(set, facts, "");
        add_policy(set, "p", "allow-only", NULL, "8080/tcp", true);
        expect(set, facts,
               "p web 9090/tcp 8080/tcp;"); /* once, not per family; only the same container port, only running ones */
        add_policy(set, "q", "deny", "web", "9000-9099/tcp", true);
        expect(set, facts, "");
        add_policy(set, "q", "deny", "other", "9090/tcp", true);
        expect(set, facts, "p web 9090/tcp 8080/tcp;");
        add_policy(set, "p", "allow-only", NULL, NULL, true);
        expect(set, facts, ""); /* a policy without ports covers all of them */
}

static void add_deny(PolicySet *set, const char *name, const char *source) {
        g_autoptr(Policy) policy = policy_new();
        g_assert_true(policy_set_string(policy, "action", "deny", NULL));
        g_assert_true(policy_add_string(policy, "sources", source, NULL));
        policy_set_insert(set, name, policy);
}

/* A policy that covers all ports, but for other clients, does not close the gap for these. */
static void test_covered_for_others(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(PolicySet) set = policy_set_new();
        g_autoptr(Policy) narrow = policy_new();
        add_container(facts, "web", true, "8080:80 9090:80");
        add_policy(set, "p", "allow-only", NULL, "8080/tcp", true);
        add_deny(set, "q", "7.7.7.7");
        expect(set, facts, "p web 9090/tcp 8080/tcp;");
        g_assert_true(policy_set_string(narrow, "action", "deny", NULL));
        g_assert_true(policy_add_string(narrow, "sources", "7.7.7.0/24", NULL));
        g_assert_true(policy_add_string(narrow, "ports", "8080/tcp", NULL));
        policy_set_insert(set, "p", narrow);
        expect(set, facts, "p web 9090/tcp 8080/tcp;");
        add_deny(set, "q", "7.7.0.0/16");
        expect(set, facts, "");
        g_autoptr(Policy) elsewhere = policy_copy(g_hash_table_lookup(set->policies, "q"));
        g_assert_true(policy_add_string(elsewhere, "interfaces", "eth1", NULL));
        policy_set_insert(set, "q", elsewhere);
        expect(set, facts, "p web 9090/tcp 8080/tcp;");
}

/* A policy that is limited to one address of the host, or one interface, names its port all the same. */
static void test_names_itself(void) {
        static const char *const KEYS[][2] = { { "destinations", "192.168.1.98" }, { "interfaces", "eth0" } };
        for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++) {
                g_autoptr(DockerFacts) facts = docker_facts_new();
                g_autoptr(PolicySet) set = policy_set_new();
                add_container(facts, "web", true, "8080:80 9090:80");
                add_policy(set, "web", "deny", NULL, "8080/tcp", true);
                g_assert_true(policy_add_string(g_hash_table_lookup(set->policies, "web"), KEYS[i][0], KEYS[i][1], NULL));
                expect(set, facts, "web web 9090/tcp 8080/tcp;");
        }
}

static void test_joined(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(PolicySet) set = policy_set_new();
        add_container(facts, "vpn", true, "8080:80 9090:80");
        add_container(facts, "app", true, "")->joined = g_strdup("vpn");
        add_policy(set, "p", "deny", "app", "8080/tcp", true);
        expect(set, facts, "p vpn 9090/tcp 8080/tcp;");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/bypass/host-network", test_host_network);
        g_test_add_func("/bypass/other-bind", test_other_bind);
        g_test_add_func("/bypass/covered-for-others", test_covered_for_others);
        g_test_add_func("/bypass/names-itself", test_names_itself);
        g_test_add_func("/bypass/joined", test_joined);
        return g_test_run();
}
