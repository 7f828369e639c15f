/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rendering as the table "inet quaywall": golden commands, and their meaning compared with what the policies mean, also
 * when they change an existing table. */
#include "compile/guard-render.h"

#include <string.h>

#include "compile/guard-blocks.h"
#include "docker-world.h"
#include "goldens.h"
#include "model/labels.h"
#include "sim-guard.h"

static const char *const NOTHING[] = { NULL };

/* Without an existing table. */
static GuardCommands *render_new(GPtrArray *rules, const GArray *published, const Hold *hold, GuardState **ret_state) {
        g_autoptr(GuardState) nothing = guard_state_new();
        return guard_render(rules, GOLDEN_BRIDGES, published, hold, NULL, NULL, nothing, ret_state);
}

static void run(SimGuard *sim, const GuardCommands *commands) {
        if (commands->sets)
                sim_guard_run(sim, commands->sets);
        if (commands->rules)
                sim_guard_run(sim, commands->rules);
}

static char *join(const GuardCommands *commands) {
        return g_strconcat(commands->sets ? commands->sets : "", commands->rules, NULL);
}

static void test_golden(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(GOLDENS); i++) {
                g_autoptr(PolicySet) set = policy_set_from_lines(GOLDENS[i].policies);
                g_autoptr(DockerFacts) facts = example_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, NULL, NULL, false);
                g_autoptr(GuardState) state = NULL;
                g_autoptr(Hold) hold = hold_new(set, facts, GOLDEN_SPARED, NULL, false);
                g_autoptr(GuardCommands) commands = render_new(rules, NULL, hold, &state);
                g_autofree char *text = join(commands);
                g_autofree char *file = g_strconcat(GOLDENS[i].name, ".nft", NULL);
                golden_check(file, text);
        }
}

static bool has_interface(const Policy *policy, const char *name) {
        return g_ptr_array_find_with_equal_func(policy->interfaces, name, g_str_equal, NULL);
}

static bool is_in(const char *const *names, const char *name) {
        return g_strv_contains(names, name);
}

static bool is_bridge(const char *name) {
        return g_str_has_prefix(name, "br-") || g_str_equal(name, "docker0");
}

/* A container that is not known yet may be one that a policy names: it is held, unless the packet's interface is one for which
 * no such policy judges. */
static bool reference_holds(PolicySet *set, const char *const *bridges, const char *const *spared, DockerFacts *facts,
                            const Connection *c) {
        bool wanted = false, named = false;
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                if (!policy->enabled || policy->action == POLICY_FORWARD ||
                    (policy->containers->len + policy->networks->len == 0 && policy->ports->len > 0))
                        continue;
                wanted = true;
                named |= has_interface(policy, c->in);
        }
        if (!wanted || c->reply || c->error || !is_bridge(c->out) || is_in(spared, c->out))
                return false;
        if (!named && (is_in(bridges, c->in) || (is_bridge(c->in) && !is_in(spared, c->in))))
                return false;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                for (guint i = 0; container->running && !container->doubted && i < container->addresses->len; i++) {
                        const AddressRange *own = &((DockerAddress *) container->addresses->pdata[i])->address;
                        if (own->family == c->container.family && address_range_overlaps(own, &c->container))
                                return false;
                }
        }
        return true;
}

static void doubt_some(DockerFacts *facts) {
        static const char *const IDS[] = { "a", "b", "c", "d" };
        for (gsize i = 0; i < G_N_ELEMENTS(IDS); i++)
                if (g_test_rand_int_range(0, 4) == 0)
                        (void) docker_facts_doubt(facts, IDS[i]);
}

static bool is_published(const GArray *published, const Connection *c) {
        for (guint i = 0; i < published->len; i++) {
                const PublishedPort *port = &g_array_index(published, PublishedPort, i);
                if (port->port == c->port && g_str_equal(port->protocol, c->protocol) &&
                    (port->is_anywhere || address_range_overlaps(&port->address, &c->destination)))
                        return true;
        }
        return false;
}

/* The rules that judge a connection before DNAT. One without a port judges what is published, and lets its clients pass. */
static GPtrArray *rules_of_host(GPtrArray *rules, const char *const *bridges, const GArray *published, const Connection *c) {
        GPtrArray *some = g_ptr_array_new();
        for (guint i = 0; c->local && i < rules->len; i++) {
                Rule *rule = rules->pdata[i];
                const Rule *decisive = NULL;
                g_autoptr(GPtrArray) one = g_ptr_array_new();
                g_ptr_array_add(one, rule);
                if (rule->kind == ENDPOINT_PUBLISHED ||
                    (rule->kind == ENDPOINT_DIALLED &&
                     (rule->port || is_published(published, c) ||
                      (verdict_judge(one, bridges, c, &decisive) == VERDICT_PASS && decisive))))
                        g_ptr_array_add(some, rule);
        }
        return some;
}

/* The comment of the policy that drops the connection, which is the one that counts and logs it; NULL: none does. */
static char *who_drops(GPtrArray *rules, const char *const *bridges, const GArray *published, const Connection *c) {
        const Rule *decisive = NULL;
        g_autoptr(GPtrArray) of_host = rules_of_host(rules, bridges, published, c);
        if (verdict_judge(of_host, bridges, c, &decisive) != VERDICT_DROP &&
            verdict_judge(rules, bridges, c, &decisive) != VERDICT_DROP)
                return NULL;
        return g_strconcat("quaywall:", decisive->name, NULL);
}

static gboolean is_met_by_all(G_GNUC_UNUSED gpointer name, gpointer value, G_GNUC_UNUSED gpointer userdata) {
        const Policy *policy = value;
        bool ranges = policy->ports->len + policy->containers->len == 0;
        for (guint i = 0; i < policy->ports->len; i++) {
                const PortRange *port = &g_array_index(policy->ports, PortRange, i);
                ranges |= port->first != port->last;
        }
        return ranges && g_test_rand_int_range(0, 8) != 0;
}

/* Many, most of which name single ports or containers: they are found through verdict maps. */
static PolicySet *many_policies(void) {
        PolicySet *set = random_policies(60);
        g_hash_table_foreach_remove(set->policies, is_met_by_all, NULL);
        return set;
}

#define NOT_KNOWN "quaywall: not known yet"

#define DRAWN 60

/* firewalld lets in everybody by IPv6, and nobody by IPv4. */
static const char ZONES[] = "table inet firewalld {\n\tchain filter_INPUT {\n\t\tjump filter_INPUT_ZONES\n\t}\n\n"
                            "\tchain filter_INPUT_ZONES {\n\t\tmeta nfproto ipv6 accept\n\t}\n}\n";

/* What Docker publishes; it leads to no container what others translate. */
static GHashTable *published_now;

static bool zones_admit(const Connection *c) {
        return c->source.family == FAMILY_IPV6 && published_ports_include(published_now, &c->destination, c->protocol, c->port);
}

/* Between the two transactions a connection is judged by the old or the new rules. */
static void test_meaning(void) {
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardState) state = guard_state_new();
        guint with_maps = 0, with_both = 0, with_zones = 0, with_labels = 0;
        g_autoptr(ZoneRules) zones = zone_rules_parse(ZONES);
        random_zones = true;
        reference_zones = zones_admit;
        for (guint round = 0; round < 1500; round++) {
                g_autoptr(PolicySet) set = g_test_rand_bit() ? many_policies() : random_policies(5);
                g_auto(GStrv) strv = random_bridges();
                const char *const *bridges = (const char *const *) strv;
                g_autoptr(DockerFacts) facts = random_facts();
                const char *const other[] = { "br-a", NULL };
                const char *const *spared = g_test_rand_bit() ? NOTHING : other;
                doubt_some(facts);
                if (g_test_rand_bit())
                        labels_add(set, facts, NULL, NULL);
                g_autoptr(Hold) hold = hold_new(set, facts, spared, NULL, false);
                g_autoptr(GPtrArray) rules = compile_policies(set, bridges, facts, NULL, NULL, false);
                g_autoptr(GuardState) next = NULL;
                g_autoptr(GArray) published = endpoint_list_published(facts);
                g_autoptr(GHashTable) index = published_ports_index(published);
                published_now = index;
                g_autoptr(GuardCommands) commands = guard_render(rules, bridges, published, hold, NULL, zones, state, &next);
                guard_state_free(g_steal_pointer(&state));
                state = g_steal_pointer(&next);
                with_labels += strstr(commands->rules, "add chain inet quaywall label_host {") != NULL;
                with_maps += strstr(commands->rules, " vmap {") != NULL;
                with_zones += strstr(commands->rules, "jump " ZONE_RULES_CHAIN) != NULL;
                with_both += strstr(commands->rules, "jump forward_only_both") != NULL;

                Connection drawn[DRAWN];
                Verdict before[DRAWN], between[DRAWN];
                for (guint i = 0; i < DRAWN; i++) {
                        drawn[i] = translated_by_others(random_connection_to(bridges, facts), facts);
                        before[i] = sim_guard_verdict(sim, &drawn[i]);
                }
                if (commands->sets)
                        sim_guard_run(sim, commands->sets);
                for (guint i = 0; i < DRAWN; i++)
                        between[i] = sim_guard_verdict(sim, &drawn[i]);
                if (commands->rules)
                        sim_guard_run(sim, commands->rules);
                for (guint i = 0; i < DRAWN; i++) {
                        Verdict is = sim_guard_verdict(sim, &drawn[i]),
                                should = reference_verdict(set, bridges, facts, &drawn[i]);
                        if (should == VERDICT_ACCEPT) /* DOCKER-USER decides */
                                should = VERDICT_PASS;
                        if (reference_holds(set, bridges, spared, facts, &drawn[i]))
                                should = VERDICT_DROP;
                        /* Who drops what zones keep out is not for verdict_judge() to say. */
                        g_autofree char *by = is != VERDICT_DROP || g_str_equal(sim->dropped_by, NOT_KNOWN) ||
                                                              policy_set_any(set, policy_obeys) ?
                                                      NULL :
                                                      who_drops(rules, bridges, published, &drawn[i]);
                        if (is != should || (by && !g_str_equal(by, sim->dropped_by)) ||
                            (between[i] != is && between[i] != before[i])) {
                                g_autofree char *policies = policy_set_to_string(set), *shown = connection_to_string(&drawn[i]);
                                g_test_message("%s\n%s\n%s%s", policies, shown, commands->sets, commands->rules);
                        }
                        g_assert_cmpint(is, ==, should);
                        g_assert_true(between[i] == is || between[i] == before[i]);
                        if (by)
                                g_assert_cmpstr(sim->dropped_by, ==, by);
                }
        }
        g_test_message("%u rounds with verdict maps, %u with both kinds", with_maps, with_both);
        g_assert_cmpuint(with_maps, >, 200);
        g_assert_cmpuint(with_both, >, 60);
        g_assert_cmpuint(with_zones, >, 300);
        g_assert_cmpuint(with_labels, >, 200);
        random_zones = false;
}

/* Before DNAT a policy without ports judges only what is published, yet its listed clients must pass the policies that have
 * ports. */
static void test_lists_without_ports(void) {
        const char *const lines[] = { "a: allow-only sources=1.1.1.1 ports=80/tcp", "b: allow-only sources=1.1.1.2-1.1.1.4",
                                      NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, NULL, NULL, false);
        g_autoptr(GuardState) state = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardCommands) commands = render_new(rules, NULL, NULL, &state);
        run(sim, commands);
        Connection c = { .protocol = "tcp", .port = 80, .in = "eth0", .out = "docker0", .local = true };
        g_assert_true(address_range_parse("1.1.1.3", &c.source, NULL));
        g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
}

static GArray *published_new(const char *const *texts) {
        GArray *ports = g_array_new(FALSE, FALSE, sizeof(PublishedPort));
        for (; *texts; texts++) {
                PublishedPort port;
                g_assert_true(published_port_parse(*texts, &port, NULL));
                g_array_append_val(ports, port);
        }
        return ports;
}

/* docker-proxy answers where Docker's rules are missing: before DNAT, a policy without ports judges what is published, too, but
 * no service of the host itself. */
static void test_published_without_ports(void) {
        const char *const lines[] = { "b: allow-only sources=1.1.1.2-1.1.1.4", NULL };
        const char *const ports[] = { "80/tcp", "53/udp", NULL };
        g_autoptr(GArray) published = published_new(ports);
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, NULL, NULL, false);
        g_autoptr(GuardState) state = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardCommands) commands = render_new(rules, published, NULL, &state);
        run(sim, commands);
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

/* What is granted for a time ends in the kernel, without quaywalld; what is denied for a time lasts until quaywalld ends it. */
static void test_for_a_time(void) {
        const char *const lines[] = {
                "a: allow-only ports=80/tcp sources=192.168.1.1,192.168.1.2@1970-01-01T00:10:00Z,fd01::2@1970-01-01T00:20:00Z",
                "b: allow-only ports=80/tcp sources=192.168.1.3,192.168.1.4@1970-01-01T01:00:00Z until=1970-01-01T00:20:00Z",
                "c: deny ports=80/tcp sources=192.168.1.5@1970-01-01T00:10:00Z",
                "d: allow-only ports=81/tcp sources=192.168.1.1@1970-01-01T00:10:00Z", NULL
        };
        static const struct {
                const char *source;
                guint16 port;
                gint64 until; /* minutes; 0: always */
        } CASES[] = {
                { "192.168.1.1", 80, 0 },  { "192.168.1.2", 80, 10 }, { "fd01::2", 80, 20 },
                { "192.168.1.3", 80, 20 }, { "192.168.1.4", 80, 20 }, { "192.168.1.1", 81, 10 },
        };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, NULL, NULL, false);
        g_autoptr(GuardState) state = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardCommands) commands = render_new(rules, NULL, NULL, &state);
        run(sim, commands);
        Connection c = { .protocol = "tcp", .in = "eth0", .out = "", .local = true };
        for (sim->now = 0; sim->now <= 30 * 60; sim->now += 5 * 60) {
                for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                        g_assert_true(address_range_parse(CASES[i].source, &c.source, NULL));
                        g_assert_true(address_range_parse(strchr(CASES[i].source, ':') ? "fd00::1" : "10.0.0.1", &c.destination,
                                                          NULL));
                        c.port = CASES[i].port;
                        const bool passes = CASES[i].until == 0 || sim->now < CASES[i].until * 60;
                        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, passes ? VERDICT_PASS : VERDICT_DROP);
                }
                g_assert_true(address_range_parse("192.168.1.5", &c.source, NULL));
                g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
                c.port = 80;
                g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_DROP);
        }
}

/* A port published at one address of the host does not affect services at the others. */
static void test_published_at_one_address(void) {
        const char *const lines[] = { "b: allow-only sources=1.1.1.2", NULL };
        const char *const ports[] = { "10.0.0.1:53/udp", "[fd00::1]:53/udp", NULL }, *const others[] = { "10.0.0.2:53/udp",
                                                                                                         NULL };
        g_autoptr(GArray) published = published_new(ports), other = published_new(others);
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, NULL, NULL, false);
        g_autoptr(GuardState) state = NULL, next = NULL, last = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardCommands) commands = render_new(rules, published, NULL, &state);
        run(sim, commands);
        Connection c = { .protocol = "udp", .port = 53, .in = "eth0", .out = "", .local = true };
        g_assert_true(address_range_parse("1.1.1.1", &c.source, NULL));
        g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_DROP);
        g_assert_true(address_range_parse("10.0.0.2", &c.destination, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
        g_assert_true(address_range_parse("fd00::9", &c.source, NULL));
        g_assert_true(address_range_parse("fd00::1", &c.destination, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_DROP);

        g_autoptr(GuardCommands) changed = guard_render(rules, GOLDEN_BRIDGES, other, NULL, NULL, NULL, state, &next);
        run(sim, changed);
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
        g_assert_nonnull(strstr(changed->rules, "delete set inet quaywall published_ipv6\n"));
        g_assert_true(address_range_parse("1.1.1.1", &c.source, NULL));
        g_assert_true(address_range_parse("10.0.0.2", &c.destination, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_DROP);
        g_autoptr(GuardCommands) nothing = guard_render(rules, GOLDEN_BRIDGES, NULL, NULL, NULL, NULL, next, &last);
        run(sim, nothing);
        g_assert_null(last->published_at[FAMILY_IPV4]);
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
}

/* On a bridge shared with others only containers' addresses are judged, and only those are protected from neighbours. */
static void test_shared(void) {
        const char *const lines[] = { "b: allow-only sources=1.1.1.2", NULL }, *const bridges[] = { "docker0", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(DockerFacts) facts = example_facts();
        ((DockerNetwork *) g_hash_table_lookup(facts->networks, "1"))->bridge = g_strdup("docker0");
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, NULL, NULL, false);
        g_autoptr(GuardState) nothing = guard_state_new(), state = NULL;
        g_autoptr(Shared) shared = shared_new(bridges, facts);
        g_autoptr(GuardCommands) commands = guard_render(rules, GOLDEN_BRIDGES, NULL, NULL, shared, NULL, nothing, &state);
        static const char *const LINES[] = {
                " host_policies meta iifkind \"bridge\" iifname @docker_bridges iifname != { \"docker0\" } return\n",
                " host_policies iifname { \"docker0\" } ip saddr { 172.18.0.2, 172.18.0.3 } return\n",
                " forward_policies iifname { \"docker0\" } ip saddr { 172.18.0.2, 172.18.0.3 } return\n",
                " forward iifname { \"docker0\" } oifname { \"docker0\" } meta nfproto ipv4 ip daddr != { 172.18.0.2, 172.18.0.3 } accept\n",
                " forward iifname { \"docker0\" } oifname { \"docker0\" } meta nfproto ipv6 accept\n",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(LINES); i++)
                g_assert_nonnull(strstr(commands->rules, LINES[i]));
        g_assert_null(shared_new(NOTHING, facts));
}

/* Packets that fib cannot judge before routing are judged at the input hook, once. */
static void test_input(void) {
        const char *const lines[] = { "a: allow-only sources=1.1.1.1 ports=80/tcp", "b: deny sources=1.1.1.4", NULL };
        const char *const ports[] = { "81/tcp", NULL };
        g_autoptr(GArray) published = published_new(ports);
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, NULL, NULL, false);
        g_autoptr(GuardState) state = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardCommands) commands = render_new(rules, published, NULL, &state);
        run(sim, commands);
        sim->fib_is_blind = true;
        Connection c = { .protocol = "tcp", .port = 80, .in = "eth0", .out = "", .local = true };
        g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
        g_assert_true(address_range_parse("1.1.1.3", &c.source, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_DROP);
        c.in = "lo";
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
        c.in = "eth0";
        c.port = 22;
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
        c.port = 81;
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_PASS);
        g_assert_true(address_range_parse("1.1.1.4", &c.source, NULL));
        g_assert_cmpint(sim_guard_verdict(sim, &c), ==, VERDICT_DROP);
}

/* Unchanged sets are not sent again: 50,000 sources cost half a second each time. */
static void test_sets_are_kept(void) {
        g_autoptr(GuardState) first = NULL, second = NULL, third = NULL;
        const char *const before[] = { "a: allow-only sources=1.1.1.1 ports=80/tcp", NULL };
        const char *const after[] = { "a: allow-only sources=1.1.1.1 ports=81/tcp", NULL };
        const char *const other[] = { "b: allow-only sources=1.1.1.2 ports=81/tcp", NULL };
        g_autoptr(PolicySet) set1 = policy_set_from_lines(before), set2 = policy_set_from_lines(after),
                             set3 = policy_set_from_lines(other);
        g_autoptr(GPtrArray) rules1 = compile_policies(set1, GOLDEN_BRIDGES, NULL, NULL, NULL, false),
                             rules2 = compile_policies(set2, GOLDEN_BRIDGES, NULL, NULL, NULL, false),
                             rules3 = compile_policies(set3, GOLDEN_BRIDGES, NULL, NULL, NULL, false);
        g_autoptr(GuardCommands) new = render_new(rules1, NULL, NULL, &first);
        g_autoptr(GuardCommands) same = guard_render(rules2, GOLDEN_BRIDGES, NULL, NULL, NULL, NULL, first, &second);
        g_autoptr(GuardCommands) another = guard_render(rules3, GOLDEN_BRIDGES, NULL, NULL, NULL, NULL, second, &third);
        g_assert_nonnull(strstr(new->sets, "ipv4_addr"));
        g_assert_null(strstr(new->rules, "ipv4_addr"));
        g_assert_null(same->sets);
        g_assert_null(strstr(same->rules, "element"));
        g_assert_null(strstr(same->rules, "delete"));
        g_assert_nonnull(strstr(another->sets, "ipv4_addr"));
        g_assert_nonnull(strstr(another->rules, "delete set"));
        g_assert_nonnull(strstr(another->rules, "delete counter inet quaywall p_a"));
        /* Without policies one transaction removes everything. */
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        g_autoptr(GuardState) last = NULL;
        g_autoptr(GuardCommands) gone = guard_render(none, GOLDEN_BRIDGES, NULL, NULL, NULL, NULL, third, &last);
        g_assert_null(gone->sets);
        g_assert_cmpstr(gone->rules, ==, "add table inet quaywall\ndelete table inet quaywall\n");
        g_assert_cmpint(g_hash_table_size(last->sets), ==, 0);
}

/* The chains of verdict maps come, stay and go with the rules, in the same transaction. */
static void test_chains(void) {
        const char *const many[] = { "a: deny ports=80/tcp,81/tcp,82/tcp", "b: deny ports=80/udp", "c: deny ports=82/udp",
                                     "d: deny ports=53/udp", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(many), fewer = policy_set_from_lines(many + 1);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, NULL, NULL, NULL, false),
                             less = compile_policies(fewer, GOLDEN_BRIDGES, NULL, NULL, NULL, false);
        g_autoptr(GuardState) first = NULL, second = NULL, third = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardCommands) new = render_new(rules, NULL, NULL, &first);
        run(sim, new);
        g_assert_nonnull(strstr(new->rules, "add chain inet quaywall host_deny_tcp_81\n"));
        g_autoptr(GuardCommands) same = guard_render(rules, GOLDEN_BRIDGES, NULL, NULL, NULL, NULL, first, &second);
        g_assert_null(same->rules);
        g_assert_true(guard_state_equal(first, second));
        g_autoptr(GuardCommands) list = guard_render(less, GOLDEN_BRIDGES, NULL, NULL, NULL, NULL, second, &third);
        run(sim, list);
        g_assert_false(guard_state_equal(second, third));
        g_assert_null(strstr(list->rules, "vmap"));
        g_assert_nonnull(strstr(list->rules, "delete chain inet quaywall forward_deny_udp_53\n"));
        g_assert_cmpuint(g_hash_table_size(third->chains), ==, 0);
}

static guint count_rules(const char *commands) {
        guint count = 0;
        for (const char *rule = strstr(commands, "add rule"); rule; rule = strstr(rule + 1, "add rule"))
                count++;
        return count;
}

/* Lists that are cut mean the same, and a change of one rule leaves the other pieces as they are. */
static void test_blocks(void) {
        guint cut_lists = 0;
        for (guint round = 0; round < 300; round++) {
                g_autoptr(PolicySet) set = g_test_rand_bit() ? many_policies() : random_policies(9);
                g_auto(GStrv) strv = random_bridges();
                const char *const *bridges = (const char *const *) strv;
                g_autoptr(DockerFacts) facts = random_facts();
                g_autoptr(GPtrArray) rules = compile_policies(set, bridges, facts, NULL, NULL, false);
                g_autoptr(GuardState) nothing = guard_state_new(), state = NULL;
                g_autoptr(GArray) published = endpoint_list_published(facts);
                g_autoptr(GuardCommands) commands = guard_render(rules, bridges, published, NULL, NULL, NULL, nothing, &state);
                g_autoptr(SimGuard) whole = sim_guard_new(), pieces = sim_guard_new();
                run(whole, commands);
                const GuardBlocks sizes = { .list = (guint) g_test_rand_int_range(1, 9), .block = 3 };
                g_autofree char *cut = guard_blocks_cut(commands->rules, sizes, state);
                cut_lists += strstr(cut, "_list_") != NULL;
                if (commands->sets)
                        sim_guard_run(pieces, commands->sets);
                sim_guard_run(pieces, cut);
                for (guint i = 0; i < DRAWN; i++) {
                        const Connection c = translated_by_others(random_connection_to(bridges, facts), facts);
                        const Verdict is = sim_guard_verdict(pieces, &c), should = sim_guard_verdict(whole, &c);
                        g_assert_cmpint(is, ==, should);
                        if (is == VERDICT_DROP)
                                g_assert_cmpstr(pieces->dropped_by, ==, whole->dropped_by);
                }
        }
        g_assert_cmpuint(cut_lists, >, 200);
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < 400; i++)
                g_ptr_array_add(lines, g_strdup_printf("p%03u: deny sources=1.1.1.%u networks=n1", i, i % 250));
        g_ptr_array_add(lines, NULL);
        g_autoptr(PolicySet) before = policy_set_from_lines((const char *const *) lines->pdata);
        g_free(lines->pdata[200]);
        lines->pdata[200] = g_strdup("p200: deny sources=9.9.9.9 networks=n1");
        g_autoptr(PolicySet) after = policy_set_from_lines((const char *const *) lines->pdata);
        g_autoptr(DockerFacts) facts = docker_facts_new();
        DockerNetwork *network = docker_network_new("n1", "n1");
        AddressRange subnet;
        g_assert_true(address_range_parse("172.17.0.0/16", &subnet, NULL));
        g_array_append_val(network->subnets, subnet);
        docker_facts_add_network(facts, network);
        g_autoptr(GPtrArray) rules = compile_policies(before, GOLDEN_BRIDGES, facts, NULL, NULL, false),
                             others = compile_policies(after, GOLDEN_BRIDGES, facts, NULL, NULL, false);
        g_autoptr(GuardState) first = NULL, second = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        g_autoptr(GuardCommands) all = render_new(rules, NULL, NULL, &first);
        run(sim, all);
        g_autoptr(GuardCommands) one = guard_render(others, GOLDEN_BRIDGES, NULL, NULL, NULL, NULL, first, &second);
        run(sim, one);
        g_test_message("%u rules, of which a change of one sends %u", count_rules(all->rules), count_rules(one->rules));
        g_assert_cmpuint(count_rules(all->rules), >, 400);
        g_assert_cmpuint(count_rules(one->rules), <, 250);
        g_autoptr(GuardState) nothing = guard_state_new(), anew = NULL;
        g_autoptr(GuardCommands) same = guard_render(others, GOLDEN_BRIDGES, NULL, NULL, NULL, NULL, nothing, &anew);
        g_assert_true(guard_state_equal(anew, second));
        g_assert_cmpstr(anew->rules, ==, second->rules);
}

/* docker-proxy's path: its own connection to a container that is not known. And what is no longer needed is removed. */
static void test_unknown(void) {
        const char *const lines[] = { "a: deny containers=later", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(DockerFacts) facts = example_facts();
        g_autoptr(Hold) hold = hold_new(set, facts, GOLDEN_SPARED, NULL, false);
        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, NULL, NULL, false);
        g_autoptr(GuardState) state = NULL, doubted = NULL, last = NULL;
        g_autoptr(SimGuard) sim = sim_guard_new();
        AddressRange web, stranger;
        g_assert_cmpuint(rules->len, ==, 0); /* there is none of that name */
        g_autoptr(GuardCommands) commands = render_new(rules, NULL, hold, &state);
        run(sim, commands);
        g_assert_true(address_range_parse("172.18.0.2", &web, NULL));
        g_assert_true(address_range_parse("172.18.0.9", &stranger, NULL));
        g_assert_cmpint(sim_guard_proxied(sim, &web, "docker0"), ==, VERDICT_PASS);
        g_assert_cmpint(sim_guard_proxied(sim, &stranger, "docker0"), ==, VERDICT_DROP);
        g_assert_cmpint(sim_guard_proxied(sim, &stranger, "br-new"), ==, VERDICT_DROP);
        g_assert_cmpint(sim_guard_proxied(sim, &stranger, "br-lan"), ==, VERDICT_PASS);
        g_assert_cmpint(sim_guard_proxied(sim, &stranger, "eth0"), ==, VERDICT_PASS);
        /* A container that has just become known is reachable by everybody except docker-proxy, until it is admitted. */
        const Admission none = { 0 }, everybody = { .arrivals = facts->arrivals };
        const DockerContainer *there = g_hash_table_lookup(facts->containers, "web");
        g_assert_cmpuint(there->arrival, >, 0);
        g_autoptr(Hold) pending = hold_new(set, facts, GOLDEN_SPARED, &none, false);
        g_autoptr(Hold) admitted = hold_new(set, facts, GOLDEN_SPARED, &everybody, false);
        g_autoptr(GuardState) waiting = NULL, served = NULL, still = NULL;
        g_autoptr(GuardCommands) arrives = guard_render(rules, GOLDEN_BRIDGES, NULL, pending, NULL, NULL, state, &waiting);
        g_assert_null(strstr(arrives->rules, "element inet quaywall known_ipv4"));
        run(sim, arrives);
        g_assert_cmpint(sim_guard_proxied(sim, &web, "docker0"), ==, VERDICT_DROP);
        g_autoptr(GuardCommands) is_served = guard_render(rules, GOLDEN_BRIDGES, NULL, admitted, NULL, NULL, waiting, &served);
        run(sim, is_served);
        g_assert_cmpint(sim_guard_proxied(sim, &web, "docker0"), ==, VERDICT_PASS);
        g_assert_true(guard_state_equal(served, state));
        g_autoptr(GuardCommands) nothing_new = guard_render(rules, GOLDEN_BRIDGES, NULL, admitted, NULL, NULL, served, &still);
        g_assert_true(nothing_new->keeps_rules && !nothing_new->rules && !nothing_new->sets);
        /* Only what changed is sent. */
        g_assert_true(docker_facts_doubt(facts, "web"));
        g_assert_false(docker_facts_doubt(facts, "web"));
        g_autoptr(Hold) less = hold_new(set, facts, GOLDEN_SPARED, NULL, false);
        g_autoptr(GuardCommands) fewer = guard_render(rules, GOLDEN_BRIDGES, NULL, less, NULL, NULL, state, &doubted);
        g_assert_null(fewer->sets);
        g_assert_true(arrives->keeps_rules && is_served->keeps_rules && fewer->keeps_rules);
        g_assert_null(strstr(arrives->rules, "rule"));
        g_assert_nonnull(strstr(fewer->rules, "delete element inet quaywall known_ipv4 { 172.18.0.2 }\n"));
        g_assert_null(strstr(fewer->rules, "add element"));
        run(sim, fewer);
        g_assert_cmpint(sim_guard_proxied(sim, &web, "docker0"), ==, VERDICT_DROP);
        const char *const ports[] = { "a: deny ports=80/tcp", NULL };
        g_autoptr(PolicySet) unnamed = policy_set_from_lines(ports);
        g_autoptr(Hold) nothing = hold_new(unnamed, facts, GOLDEN_SPARED, NULL, false);
        g_assert_null(nothing);
        g_autoptr(GPtrArray) plain = compile_policies(unnamed, GOLDEN_BRIDGES, facts, NULL, NULL, false);
        g_autoptr(GuardCommands) without = guard_render(plain, GOLDEN_BRIDGES, NULL, nothing, NULL, NULL, doubted, &last);
        run(sim, without);
        g_assert_cmpuint(g_hash_table_size(last->holding), ==, 0);
        g_assert_cmpuint(g_hash_table_size(sim->holding), ==, 0);
        g_assert_cmpint(sim_guard_proxied(sim, &stranger, "docker0"), ==, VERDICT_PASS);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/guard-render/golden", test_golden);
        g_test_add_func("/guard-render/meaning", test_meaning);
        g_test_add_func("/guard-render/lists-without-ports", test_lists_without_ports);
        g_test_add_func("/guard-render/published-without-ports", test_published_without_ports);
        g_test_add_func("/guard-render/for-a-time", test_for_a_time);
        g_test_add_func("/guard-render/shared", test_shared);
        g_test_add_func("/guard-render/published-at-one-address", test_published_at_one_address);
        g_test_add_func("/guard-render/input", test_input);
        g_test_add_func("/guard-render/sets-are-kept", test_sets_are_kept);
        g_test_add_func("/guard-render/chains", test_chains);
        g_test_add_func("/guard-render/blocks", test_blocks);
        g_test_add_func("/guard-render/unknown", test_unknown);
        return g_test_run();
}
