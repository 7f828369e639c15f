/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who can reach which port: as a golden list, and consistent with the verdict on single connections. */
#include "compile/exposure.h"

#include <string.h>

#include "compile/docker-nat.h"
#include "compile/verdict.h"
#include "docker-world.h"
#include "model/labels.h"
#include "model/bounds.h"
#include "model/error.h"
#include "world.h"

static const char *const BRIDGES[] = { "docker0", NULL };
static const char *const NOTHING[] = { NULL };
static const ExposureEngine DEBIAN12 = { .major = 20, .iptables = true, .guarded = true };

static void add_port(DockerContainer *container, const char *host, guint16 host_port, const char *protocol) {
        DockerPort port = { .protocol = protocol, .host_port = host_port, .container_port = 80 };
        g_assert_true(address_range_parse(host, &port.host, NULL));
        g_array_append_val(container->ports, port);
}

/* A running container, 172.17.0.2 on the default bridge. */
static DockerContainer *add_container(DockerFacts *facts, const char *name) {
        DockerContainer *container = docker_container_new(name, name);
        DockerAddress *address = g_new0(DockerAddress, 1);
        container->running = true;
        address->network = g_strdup("bridge");
        g_assert_true(address_range_parse("172.17.0.2", &address->address, NULL));
        g_ptr_array_add(container->addresses, address);
        g_ptr_array_add(container->networks, g_strdup("bridge"));
        docker_facts_add_container(facts, container);
        return container;
}

static void append_reach(GString *text, const Reach *reach) {
        g_string_append_printf(text, " %s", reach_to_string(reach->kind));
        for (guint i = 0; i < reach->sources->len; i++) {
                g_autofree char *range = address_range_format(&g_array_index(reach->sources, AddressRange, i));
                g_string_append_printf(text, "%s%s",
                                       i                                                          ? "," :
                                       reach->kind == REACH_SOURCES || reach->kind == REACH_ZONES ? "=" :
                                                                                                    "!",
                                       range);
        }
}

/* "web 0.0.0.0:8080/tcp dnat everyone (eth0 nobody) [web] no-policy" */
static char *describe(DockerFacts *facts, const char *const *lines, GArray *nat, const ExposureEngine *engine) {
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, facts, NULL, NULL, false);
        g_autoptr(GPtrArray) list = exposure_list(facts, set, NULL, rules, BRIDGES, nat, engine, 1, NULL);
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < list->len; i++) {
                const Exposure *exposure = list->pdata[i];
                g_string_append_printf(text, "%s%s %s:%u/%s %s", i ? "\n" : "",
                                       exposure->container ? exposure->container->name : "-", exposure->address,
                                       exposure->host_port, exposure->protocol, exposure->path);
                append_reach(text, &exposure->reach);
                for (guint e = 0; e < exposure->exceptions->len; e++) {
                        const ExposureException *exception = exposure->exceptions->pdata[e];
                        g_string_append_printf(text, " (%s|%s", exception->interface, exception->destination);
                        append_reach(text, &exception->reach);
                        g_string_append_c(text, ')');
                }
                g_string_append(text, " [");
                for (guint p = 0; p < exposure->policies->len; p++)
                        g_string_append_printf(text, "%s%s", p ? " " : "", (char *) exposure->policies->pdata[p]);
                g_string_append_c(text, ']');
                for (guint n = 0; n < exposure->notes->len; n++)
                        g_string_append_printf(text, " %s", ((ExposureNote *) exposure->notes->pdata[n])->code);
        }
        return g_string_free(text, FALSE);
}

static void check(DockerFacts *facts, const char *const *lines, const ExposureEngine *engine, const char *expected) {
        g_autofree char *text = describe(facts, lines, NULL, engine);
        g_assert_cmpstr(text, ==, expected);
}

#define POLICIES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_reach(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        add_port(add_container(facts, "web"), "0.0.0.0/0", 8080, "tcp");
        check(facts, NOTHING, &DEBIAN12, "web 0.0.0.0:8080/tcp dnat everyone [] no-policy");
        check(facts, POLICIES("a: allow-only sources=10.0.0.0/8 ports=8080/tcp"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat sources=10.0.0.0/8 [a]");
        /* Lists are united and a deny is subtracted, in any order. */
        check(facts,
              POLICIES("a: allow-only sources=10.0.0.0/8 ports=8080/tcp", "b: deny sources=10.1.0.0/16,10.255.255.0/24",
                       "c: allow-only sources=10.255.255.255,192.168.1.1 containers=web"),
              &DEBIAN12, "web 0.0.0.0:8080/tcp dnat sources=10.0.0.0/16,10.2.0.0-10.255.254.255,192.168.1.1 [a b c]");
        check(facts, POLICIES("a: deny ports=8000-9000/tcp"), &DEBIAN12, "web 0.0.0.0:8080/tcp dnat nobody [a]");
        check(facts, POLICIES("a: deny sources=10.0.0.1"), &DEBIAN12, "web 0.0.0.0:8080/tcp dnat everyone!10.0.0.1 [a]");
        check(facts, POLICIES("a: deny sources=0.0.0.0/0"), &DEBIAN12, "web 0.0.0.0:8080/tcp dnat nobody [a]");
        check(facts, POLICIES("a: allow-only sources=0.0.0.0/0", "b: deny sources=10.0.0.1"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat everyone!10.0.0.1 [a b]");
        check(facts, POLICIES("a: allow-only sources=10.0.0.1", "b: deny sources=10.0.0.0/8"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat nobody [a b]");
        /* A list of IPv6 sources alone blocks all of IPv4. */
        check(facts, POLICIES("a: allow-only sources=fd00::1 ports=8080/tcp"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat nobody [a]");
        check(facts, POLICIES("a: forward interfaces=eth0 out-interfaces=eth1"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat everyone [] no-policy");
}

/* Zones decide for those whom no list names; a deny comes first. */
static void test_zones(void) {
        static const char TABLE[] = "table inet firewalld {\n\tchain filter_INPUT {\n\t\tjump filter_INPUT_ZONES\n\t}\n\n"
                                    "\tchain filter_INPUT_ZONES {\n\t\tgoto filter_IN_public\n\t}\n\n"
                                    "\tchain filter_IN_public {\n\t\ttcp dport 8080 accept\n\t}\n}\n";
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(ZoneRules) zones = zone_rules_parse(TABLE);
        ExposureEngine engine = DEBIAN12;
        add_port(add_container(facts, "web"), "0.0.0.0/0", 8080, "tcp");
        check(facts, POLICIES("a: obey-zones"), &engine, "web 0.0.0.0:8080/tcp dnat zones [a] zones-unknown");
        g_autoptr(ZoneAnswers) answers = zone_answers_new(zones);
        engine.zones = answers;
        check(facts, POLICIES("a: obey-zones"), &engine, "web 0.0.0.0:8080/tcp dnat zones [a] zones");
        check(facts, POLICIES("a: obey-zones ports=81/tcp"), &engine, "web 0.0.0.0:8080/tcp dnat everyone [] no-policy");
        check(facts, POLICIES("a: obey-zones", "b: allow-only sources=10.0.0.0/8", "c: deny sources=10.1.0.0/16"), &engine,
              "web 0.0.0.0:8080/tcp dnat zones=10.0.0.0/16,10.2.0.0-10.255.255.255 [a b c] zones");
        check(facts, POLICIES("a: obey-zones interfaces=eth0"), &engine,
              "web 0.0.0.0:8080/tcp dnat everyone (eth0| zones) [a] zones");
        check(facts, POLICIES("a: obey-zones", "b: deny"), &engine, "web 0.0.0.0:8080/tcp dnat nobody [a b]");
        check(facts, POLICIES("a: obey-zones", "b: allow-only sources=0.0.0.0/0"), &engine,
              "web 0.0.0.0:8080/tcp dnat everyone [a b]");
        /* What a disabled policy would cover depends on whom the zones list. */
        g_autoptr(ZoneClients) clients = zone_clients_new(zones, (const char *const[]){ "eth0", NULL });
        check(facts, POLICIES("a: deny sources=zone:public disabled"), &engine,
              "web 0.0.0.0:8080/tcp dnat everyone [] no-policy");
        engine.clients = clients;
        check(facts, POLICIES("a: deny sources=zone:public disabled"), &engine,
              "web 0.0.0.0:8080/tcp dnat everyone [] policy-disabled no-policy");
}

/* A zone with many rules is read for each port: too many are refused. */
static void test_many_zone_rules(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(GString) table =
                g_string_new("table inet firewalld {\n\tchain filter_INPUT {\n\t\tjump filter_INPUT_ZONES\n\t}\n\n"
                             "\tchain filter_INPUT_ZONES {\n\t\tgoto filter_IN_public\n\t}\n\n"
                             "\tchain filter_IN_public {\n");
        for (guint i = 0; i < 20000; i++) {
                g_autofree char *name = g_strdup_printf("c%u", i);
                add_port(add_container(facts, name), "0.0.0.0/0", 1 + i, "tcp");
                g_string_append_printf(table, "\t\ttcp dport %u accept\n", 1 + i);
        }
        g_string_append(table, "\t}\n}\n");
        g_autoptr(ZoneRules) zones = zone_rules_parse(table->str);
        g_assert_null(zones->flaw);
        g_autoptr(ZoneAnswers) answers = zone_answers_new(zones);
        ExposureEngine engine = DEBIAN12;
        engine.zones = answers;
        g_autoptr(PolicySet) set = policy_set_from_lines(POLICIES("a: obey-zones"));
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, facts, NULL, NULL, false);
        const double begin = processor_seconds();
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) list = exposure_list(facts, set, NULL, rules, BRIDGES, NULL, &engine, 1, &error);
        g_test_message("20,000 ports, 20,000 rules: %.0f ms", (processor_seconds() - begin) * 1000);
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
        g_assert_cmpfloat(processor_seconds() - begin, <, 30);
}

static void test_exceptions(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        add_port(add_container(facts, "web"), "0.0.0.0/0", 8080, "tcp");
        check(facts, POLICIES("a: allow-only interfaces=eth0 sources=10.0.0.1"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat everyone (eth0| sources=10.0.0.1) [a]");
        check(facts, POLICIES("a: deny", "b: allow-only interfaces=eth0 sources=10.0.0.1"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat nobody [a b]");
        check(facts, POLICIES("a: deny destinations=192.168.1.99 ports=8080/tcp"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat everyone (|192.168.1.99 nobody) [a]");
        /* The last matching exception counts. So an exception that says the same as the rest is listed where an earlier one
         * would match. */
        check(facts,
              POLICIES("a: deny interfaces=eth0", "b: allow-only destinations=10.0.0.0/8 sources=10.0.0.1",
                       "c: deny destinations=10.1.0.0/16 sources=10.0.0.1"),
              &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat everyone (|10.0.0.0/8 sources=10.0.0.1) (|10.1.0.0/16 nobody) (eth0| nobody) [a b c]");
        check(facts,
              POLICIES("a: deny interfaces=eth0 destinations=10.0.0.1", "b: deny destinations=10.0.0.1",
                       "c: deny destinations=0.0.0.0/0 interfaces=eth1"),
              &DEBIAN12, "web 0.0.0.0:8080/tcp dnat everyone (|10.0.0.1 nobody) (eth1| nobody) [a b c]");
        /* Traffic from a bridge is not from outside. */
        check(facts, POLICIES("a: deny interfaces=docker0"), &DEBIAN12, "web 0.0.0.0:8080/tcp dnat everyone [a]");
        add_port(add_container(facts, "web"), "192.168.1.99", 8080, "tcp");
        check(facts, POLICIES("a: deny destinations=192.168.1.99"), &DEBIAN12, "web 192.168.1.99:8080/tcp dnat nobody [a]");
        check(facts, POLICIES("a: deny destinations=192.168.1.98"), &DEBIAN12,
              "web 192.168.1.99:8080/tcp dnat everyone [] no-policy");
}

/* Docker only routes to its network, so clients dial the container's own address and port. */
static void test_routed(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        DockerContainer *web = add_container(facts, "web");
        add_port(web, "0.0.0.0/0", 0, "tcp");
        check(facts, NOTHING, &DEBIAN12, "web 172.17.0.2:80/tcp routed everyone [] no-policy");
        check(facts, POLICIES("a: allow-only sources=10.0.0.1 ports=80/tcp"), &DEBIAN12,
              "web 172.17.0.2:80/tcp routed sources=10.0.0.1 [a]");
        check(facts, POLICIES("a: allow-only sources=10.0.0.1 containers=web ports=80/tcp"), &DEBIAN12,
              "web 172.17.0.2:80/tcp routed sources=10.0.0.1 [a]");
        check(facts, POLICIES("a: deny containers=web"), &DEBIAN12, "web 172.17.0.2:80/tcp routed nobody [a]");
        check(facts, POLICIES("a: deny ports=8080/tcp"), &DEBIAN12, "web 172.17.0.2:80/tcp routed everyone [] no-policy");
        check(facts, POLICIES("a: obey-zones"), &DEBIAN12, "web 172.17.0.2:80/tcp routed nobody [a]");
        web->running = false;
        check(facts, POLICIES("a: deny ports=80/tcp"), &DEBIAN12, "web 0.0.0.0:0/tcp dnat everyone [] no-policy not-running");
}

static void test_why_not(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        add_port(add_container(facts, "web"), "0.0.0.0/0", 8080, "udp");
        check(facts, POLICIES("a: deny ports=8080/tcp", "b: deny ports=8080/udp disabled", "c: deny containers=db"), &DEBIAN12,
              "web 0.0.0.0:8080/udp dnat everyone [] policy-protocol policy-disabled no-policy");
}

static void test_paths(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        DockerContainer *web = add_container(facts, "web");
        add_port(web, "0.0.0.0/0", 8080, "tcp");
        add_port(web, "::/0", 8080, "tcp");
        const ExposureEngine modern = { .major = 28, .iptables = true, .ip6tables = true, .guarded = true };
        const ExposureEngine off = { .major = 28, .guarded = true };
        static const char PROXY[] =
                "web 0.0.0.0:8080/tcp dnat everyone [] no-policy\nweb :::8080/tcp docker-proxy everyone [] docker-proxy no-policy";
        check(facts, NOTHING, &DEBIAN12, PROXY);
        check(facts, NOTHING, &modern, PROXY); /* it has no IPv6 address */
        check(facts, NOTHING, &off,
              "web 0.0.0.0:8080/tcp docker-proxy everyone [] docker-proxy no-policy\nweb :::8080/tcp docker-proxy everyone [] docker-proxy no-policy");
        check(facts, POLICIES("a: allow-only sources=10.0.0.1 containers=web"), &DEBIAN12,
              "web 0.0.0.0:8080/tcp dnat sources=10.0.0.1 [a]\nweb :::8080/tcp docker-proxy nobody [a] docker-proxy");
        DockerAddress *address = g_new0(DockerAddress, 1);
        address->network = g_strdup("bridge");
        g_assert_true(address_range_parse("fd00::2", &address->address, NULL));
        g_ptr_array_add(web->addresses, address);
        check(facts, NOTHING, &modern,
              "web 0.0.0.0:8080/tcp dnat everyone [] no-policy\nweb :::8080/tcp dnat everyone [] no-policy");
        web->running = false;
        check(facts, POLICIES("a: deny"), &modern,
              "web 0.0.0.0:8080/tcp dnat nobody [a] not-running\nweb :::8080/tcp dnat nobody [a] not-running");
}

/* Without the guard only DOCKER-USER enforces policies; docker-proxy's connections do not pass it, nor is it in Docker's
 * nftables rules. */
static void test_unguarded(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        DockerContainer *web = add_container(facts, "web");
        add_port(web, "0.0.0.0/0", 8080, "tcp");
        add_port(web, "::/0", 8080, "tcp");
        const ExposureEngine modern = { .major = 27, .iptables = true, .ip6tables = true }, off = { .major = 27 };
        const ExposureEngine nft = { .major = 29, .iptables = true, .ip6tables = true, .uses_nft = true };
        const char *const *only = POLICIES("a: allow-only sources=10.0.0.1 ports=8080/tcp", "b: deny interfaces=eth0");
        check(facts, only, &modern,
              "web 0.0.0.0:8080/tcp dnat sources=10.0.0.1 (eth0| nobody) [a b]\n"
              "web :::8080/tcp docker-proxy everyone [] not-enforced docker-proxy");
        check(facts, only, &off,
              "web 0.0.0.0:8080/tcp docker-proxy everyone [] not-enforced docker-proxy\n"
              "web :::8080/tcp docker-proxy everyone [] not-enforced docker-proxy");
        check(facts, only, &nft,
              "web 0.0.0.0:8080/tcp dnat everyone [] not-enforced\nweb :::8080/tcp docker-proxy everyone [] not-enforced docker-proxy");
        check(facts, NOTHING, &off,
              "web 0.0.0.0:8080/tcp docker-proxy everyone [] docker-proxy no-policy\nweb :::8080/tcp docker-proxy everyone [] docker-proxy no-policy");
}

static void test_loopback(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        DockerContainer *web = add_container(facts, "web");
        add_port(web, "127.0.0.1", 8080, "tcp");
        const ExposureEngine modern = { .major = 28, .iptables = true, .guarded = true },
                             off = { .major = 20, .guarded = true };
        const ExposureEngine unknown = { .iptables = true, .guarded = true };
        check(facts, NOTHING, &modern, "web 127.0.0.1:8080/tcp dnat host [] no-policy");
        check(facts, NOTHING, &off, "web 127.0.0.1:8080/tcp docker-proxy host [] no-policy");
        check(facts, NOTHING, &DEBIAN12, "web 127.0.0.1:8080/tcp dnat neighbours [] loopback-neighbours no-policy");
        check(facts, NOTHING, &unknown, "web 127.0.0.1:8080/tcp dnat neighbours [] loopback-neighbours no-policy");
        static const struct {
                unsigned minor, patch;
                bool no_raw, kept;
        } CASES[] = { { 0, 0, false, true }, { 1, 9, false, true },  { 2, 0, false, false }, { 3, 2, false, false },
                      { 3, 3, false, true }, { 10, 0, false, true }, { 5, 2, true, false } };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                const ExposureEngine engine = {
                        28, CASES[i].minor, CASES[i].patch, .iptables = true, .no_raw = CASES[i].no_raw, .guarded = true
                };
                check(facts, NOTHING, &engine,
                      CASES[i].kept ? "web 127.0.0.1:8080/tcp dnat host [] no-policy" :
                                      "web 127.0.0.1:8080/tcp dnat neighbours [] loopback-neighbours no-policy");
        }
        check(facts, POLICIES("a: allow-only sources=10.0.0.1 ports=8080/tcp"), &DEBIAN12,
              "web 127.0.0.1:8080/tcp dnat sources=10.0.0.1 [a] loopback-neighbours");
        check(facts,
              POLICIES("a: allow-only ports=8080/tcp sources=fd00::1",
                       "b: allow-only interfaces=eth0 ports=8080/tcp sources=10.0.0.1"),
              &modern, "web 127.0.0.1:8080/tcp dnat nobody [a b]");
        check(facts, POLICIES("a: deny interfaces=eth0 ports=8080/tcp"), &modern, "web 127.0.0.1:8080/tcp dnat host [a]");
        check(facts,
              POLICIES("a: deny ports=8080/tcp sources=10.0.0.9", "b: deny interfaces=eth0 ports=8080/tcp sources=10.0.0.8"),
              &DEBIAN12,
              "web 127.0.0.1:8080/tcp dnat neighbours!10.0.0.9 (eth0| neighbours!10.0.0.8/31) [a b] loopback-neighbours");
        check(facts, POLICIES("a: deny ports=8080/tcp"), &DEBIAN12,
              "web 127.0.0.1:8080/tcp dnat nobody [a] loopback-neighbours");
        g_array_set_size(web->ports, 0);
        add_port(web, "::1", 8080, "tcp");
        check(facts, NOTHING, &DEBIAN12, "web ::1:8080/tcp docker-proxy host [] no-policy");
}

/* Whom firewalld lets in is unknown with StrictForwardPorts, but it is not everyone, and no more than the policies allow. */
static void test_strict(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        add_port(add_container(facts, "web"), "0.0.0.0/0", 8080, "tcp");
        const ExposureEngine strict = { .iptables = true, .strict = true, .guarded = true },
                             proxy = { .strict = true, .guarded = true };
        check(facts, NOTHING, &strict, "web 0.0.0.0:8080/tcp dnat unknown [] strict-forward-ports no-policy");
        check(facts, NOTHING, &proxy, "web 0.0.0.0:8080/tcp docker-proxy everyone [] docker-proxy no-policy");
        check(facts, POLICIES("a: allow-only sources=10.0.0.1"), &strict,
              "web 0.0.0.0:8080/tcp dnat sources=10.0.0.1 [a] strict-forward-ports");
        check(facts, POLICIES("a: deny"), &strict, "web 0.0.0.0:8080/tcp dnat nobody [a]");
}

static void test_others(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        add_port(add_container(facts, "web"), "0.0.0.0/0", 8080, "tcp");
        DockerContainer *host = add_container(facts, "host");
        host->host_network = true;
        DockerNetwork *ingress = docker_network_new("i", "ingress");
        ingress->driver = g_strdup("overlay");
        g_autoptr(GArray) nat = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        g_assert_true(docker_nat_parse("chain DOCKER-INGRESS {\ntcp dport 8080 counter dnat to 172.18.0.2:8080\n"
                                       "udp dport 8080 counter dnat to 172.18.0.2:8080\n}\n",
                                       FAMILY_IPV4, nat));
        g_autofree char *untold = describe(facts, POLICIES("a: deny ports=8080/udp"), nat, &DEBIAN12);
        g_assert_nonnull(strstr(untold, "- 0.0.0.0:8080/udp dnat nobody [a] no-container"));
        docker_facts_add_network(facts, ingress);
        g_autofree char *text = describe(facts, NOTHING, nat, &DEBIAN12);
        g_assert_cmpstr(text, ==,
                        "host :0/ host-network unknown [] host-network\n"
                        "web 0.0.0.0:8080/tcp dnat everyone [] no-policy\n"
                        "- 0.0.0.0:8080/udp dnat everyone [] no-policy swarm");
}

/* A swarm's port is not hidden by a container that has the number on another address, or is stopped. */
static void test_hidden(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        DockerContainer *web = add_container(facts, "web");
        add_port(web, "127.0.0.1", 8080, "udp");
        g_autoptr(GArray) nat = g_array_new(FALSE, FALSE, sizeof(DockerNat));
        g_assert_true(docker_nat_parse("chain DOCKER-INGRESS {\nudp dport 8080 counter dnat to 172.18.0.2:8080\n}\n",
                                       FAMILY_IPV4, nat));
        g_autofree char *elsewhere = describe(facts, NOTHING, nat, &DEBIAN12);
        g_assert_nonnull(strstr(elsewhere, "\n- 0.0.0.0:8080/udp dnat everyone"));
        g_array_set_size(web->ports, 0);
        add_port(web, "0.0.0.0/0", 8080, "udp");
        g_autofree char *same = describe(facts, NOTHING, nat, &DEBIAN12);
        g_assert_null(strstr(same, "\n-"));
        web->running = false;
        g_autofree char *stopped = describe(facts, NOTHING, nat, &DEBIAN12);
        g_assert_nonnull(strstr(stopped, "\n- 0.0.0.0:8080/udp dnat everyone"));
}

static bool lists(const Reach *reach, const AddressRange *source) {
        for (guint i = 0; i < reach->sources->len; i++)
                if (address_range_overlaps(&g_array_index(reach->sources, AddressRange, i), source))
                        return true;
        return false;
}

static bool may_enter(const Reach *reach, const AddressRange *source) {
        return reach->kind == REACH_EVERYONE ? !lists(reach, source) : reach->kind == REACH_SOURCES && lists(reach, source);
}

/* As a reader uses the list: the last matching exception counts. */
static const Reach *read_list(const Exposure *exposure, const Connection *c) {
        for (guint i = exposure->exceptions->len; i-- > 0;) {
                const ExposureException *exception = exposure->exceptions->pdata[i];
                AddressRange range;
                const bool there = !exception->destination[0] || (address_range_parse(exception->destination, &range, NULL) &&
                                                                  address_range_overlaps(&range, &c->destination));
                if (there && (!exception->interface[0] || g_str_equal(exception->interface, c->in)))
                        return &exception->reach;
        }
        return &exposure->reach;
}

static void complete_connection(Connection *c, const Exposure *exposure, const char *const *bridges) {
        if (!g_str_equal(exposure->address, exposure->family == FAMILY_IPV4 ? "0.0.0.0" : "::"))
                g_assert_true(address_range_parse(exposure->address, &c->destination, NULL));
        c->local = !g_str_equal(exposure->path, "routed");
        c->protocol = exposure->protocol;
        c->port = exposure->host_port;
        c->in = c->in ? c->in : "eth7"; /* an interface that no policy names */
        c->out = c->local ? NULL : bridges[0];
        memset(&c->container, 0, sizeof c->container);
        c->container.family = exposure->family;
        for (guint i = 0; !g_str_equal(exposure->path, "docker-proxy") && i < exposure->container->addresses->len; i++) {
                const DockerAddress *own = exposure->container->addresses->pdata[i];
                if (own->address.family == exposure->family) {
                        c->container = own->address;
                        break;
                }
        }
}

/* The list and the verdict agree on every random connection. */
static void test_meaning(void) {
        guint seen[2] = { 0 }, exceptional = 0;
        for (guint round = 0; round < 600; round++) {
                g_autoptr(PolicySet) set = random_policies(4);
                g_auto(GStrv) strv = random_bridges();
                const char *const *bridges = (const char *const *) strv;
                g_autoptr(DockerFacts) facts = random_facts();
                if (g_test_rand_bit())
                        labels_add(set, facts, NULL, NULL);
                g_autoptr(GPtrArray) rules = compile_policies(set, bridges, facts, NULL, NULL, false);
                const ExposureEngine engine = { .major = 28, .iptables = true, .ip6tables = true, .guarded = true };
                g_autoptr(GPtrArray) list = exposure_list(facts, set, NULL, rules, bridges, NULL, &engine, 1, NULL);
                for (guint i = 0; i < list->len; i++) {
                        const Exposure *exposure = list->pdata[i];
                        if (exposure->reach.kind == REACH_UNKNOWN || exposure->reach.kind == REACH_HOST ||
                            exposure->host_port == 0)
                                continue;
                        for (guint k = 0; k < 10; k++) {
                                Connection c = random_connection(bridges);
                                if (c.source.family != exposure->family || c.reply || c.error ||
                                    (c.in && g_strv_contains(bridges, c.in)))
                                        continue;
                                complete_connection(&c, exposure, bridges);
                                const bool in = verdict_judge(rules, bridges, &c, NULL) != VERDICT_DROP;
                                const Reach *reach = read_list(exposure, &c);
                                if (in != may_enter(reach, &c.source)) {
                                        g_autofree char *policies = policy_set_to_string(set),
                                                        *shown = connection_to_string(&c);
                                        g_error("%s\n%s\n%s", policies, shown, reach_to_string(reach->kind));
                                }
                                seen[in]++;
                                exceptional += reach != &exposure->reach;
                        }
                }
        }
        g_assert_cmpuint(seen[0], >, 200);
        g_assert_cmpuint(seen[1], >, 200);
        g_assert_cmpuint(exceptional, >, 100);
}

/* With 10,000 containers and 100 policies, a call must not block the daemon for long. */
static void test_many(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < 10000; i++) {
                g_autofree char *name = g_strdup_printf("c%u", i);
                add_port(add_container(facts, name), "0.0.0.0/0", 1 + i, "tcp");
        }
        for (guint i = 0; i < 100; i++)
                g_ptr_array_add(lines, g_strdup_printf("p%u: allow-only sources=10.0.0.%u ports=%u/tcp", i, i, 1 + i));
        g_ptr_array_add(lines, NULL);
        g_autoptr(PolicySet) set = policy_set_from_lines((const char *const *) lines->pdata);
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, facts, NULL, NULL, false);
        const double begin = processor_seconds();
        g_autoptr(GPtrArray) list = exposure_list(facts, set, NULL, rules, BRIDGES, NULL, &DEBIAN12, 1, NULL);
        const double seconds = processor_seconds() - begin;
        g_test_message("10,000 ports, 100 policies: %.0f ms", seconds * 1000);
        /* It takes some hundred ms. The bound shows that nothing is quadratic in the ports, even with sanitizers. */
        g_assert_cmpfloat(seconds, <, 10);
        g_assert_cmpuint(list->len, ==, 10000);
}

/* At all limits: the list is truncated, or refused at once. No caller may bring the daemon down. */
static void test_too_many(void) {
        static const struct {
                guint containers, policies, sources;
                bool told;
        } CASES[] = { { 1, 200, 1, true }, { 1, 1, 1000, true }, { 10000, 1000, 1, false }, { 5000, 1, 60000, false } };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(DockerFacts) facts = docker_facts_new();
                g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
                for (guint n = 0; n < CASES[i].containers; n++) {
                        g_autofree char *name = g_strdup_printf("c%u", n);
                        add_port(add_container(facts, name), "0.0.0.0/0", 1 + n, "tcp");
                }
                for (guint n = 0; n < CASES[i].policies; n++) {
                        g_autoptr(GString) line = g_string_new(NULL);
                        g_string_printf(line, "p%04u: allow-only sources=", n);
                        for (guint s = 0; s < CASES[i].sources; s++)
                                g_string_append_printf(line, "%s10.%u.%u.1", s ? "," : "", s / 256, s % 256);
                        g_ptr_array_add(lines, g_strdup(line->str));
                }
                g_ptr_array_add(lines, NULL);
                g_autoptr(PolicySet) set = policy_set_from_lines((const char *const *) lines->pdata);
                g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, facts, NULL, NULL, false);
                const double begin = processor_seconds();
                g_autoptr(GError) error = NULL;
                g_autoptr(GPtrArray) list = exposure_list(facts, set, NULL, rules, BRIDGES, NULL, &DEBIAN12, 1, &error);
                g_test_message("%u ports, %u policies, %u sources: %.0f ms", CASES[i].containers, CASES[i].policies,
                               CASES[i].sources, (processor_seconds() - begin) * 1000);
                g_assert_cmpfloat(processor_seconds() - begin, <, 30);
                if (!CASES[i].told) {
                        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
                        continue;
                }
                g_assert_no_error(error);
                const Exposure *exposure = list->pdata[0];
                g_assert_cmpuint(exposure->n_policies, ==, CASES[i].policies);
                g_assert_cmpuint(exposure->policies->len, ==, MIN(CASES[i].policies, LIMIT_TOLD));
                g_assert_cmpuint(exposure->reach.sources->len, ==, MIN(CASES[i].sources, LIMIT_TOLD));
                g_assert_cmpuint(exposure->reach.n_sources, ==, CASES[i].sources > LIMIT_TOLD ? CASES[i].sources : 0);
        }
}

/* A container that Docker has not confirmed yet, and an address that it never reported, are held. */
static void test_held(void) {
        const char *const lines[] = { "later: deny containers=later", NULL };
        g_autoptr(DockerFacts) facts = docker_facts_new();
        DockerContainer *web = add_container(facts, "web");
        g_autoptr(GArray) nat = g_array_new(FALSE, TRUE, sizeof(DockerNat));
        DockerNat stranger = { .port = { .protocol = "tcp", .host_port = 8090, .container_port = 80 }, .has_address = true };
        g_assert_true(address_range_parse("0.0.0.0/0", &stranger.port.host, NULL));
        g_assert_true(address_range_parse("172.17.0.9", &stranger.address, NULL));
        g_array_append_val(nat, stranger);
        add_port(web, "0.0.0.0/0", 8080, "tcp");
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        for (guint round = 0; round < 2; round++) {
                g_autoptr(Hold) hold = hold_new(set, facts, NOTHING, NULL, false);
                ExposureEngine engine = DEBIAN12;
                engine.hold = hold;
                g_autofree char *told = describe(facts, lines, nat, &engine);
                g_assert_nonnull(
                        strstr(told, round == 0 ? "web 0.0.0.0:8080/tcp dnat everyone" : "web 0.0.0.0:8080/tcp dnat nobody"));
                g_assert_nonnull(strstr(told, "- 0.0.0.0:8090/tcp dnat nobody"));
                g_assert_nonnull(strstr(told, "held"));
                (void) docker_facts_doubt(facts, "web");
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/exposure/reach", test_reach);
        g_test_add_func("/exposure/zones", test_zones);
        g_test_add_func("/exposure/many-zone-rules", test_many_zone_rules);
        g_test_add_func("/exposure/exceptions", test_exceptions);
        g_test_add_func("/exposure/routed", test_routed);
        g_test_add_func("/exposure/why-not", test_why_not);
        g_test_add_func("/exposure/paths", test_paths);
        g_test_add_func("/exposure/unguarded", test_unguarded);
        g_test_add_func("/exposure/loopback", test_loopback);
        g_test_add_func("/exposure/strict", test_strict);
        g_test_add_func("/exposure/others", test_others);
        g_test_add_func("/exposure/hidden", test_hidden);
        g_test_add_func("/exposure/meaning", test_meaning);
        g_test_add_func("/exposure/many", test_many);
        g_test_add_func("/exposure/too-many", test_too_many);
        g_test_add_func("/exposure/held", test_held);
        return g_test_run();
}
