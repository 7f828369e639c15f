/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a user is told about the words of a policy: that they mean nothing here, or something else than expected. */
#include "daemon/meaning.h"

#include <string.h>

#include "docker-world.h"
#include "guard/addresses.h"
#include "model/error.h"
#include "world.h"
#include "world/published.h"
#include "world/zone-rules.h"
#include "world/zones.h"

/* --- a fake host: eth0 is a port of bond0, eth1 of the VRF red; docker0 is Docker's bridge ----------------------------- */

static const Link LINKS[] = {
        { .index = 1, .name = "bond0", .kind = "bond" },     { .index = 2, .name = "eth0", .master = 1 },
        { .index = 3, .name = "red", .kind = "vrf" },        { .index = 4, .name = "eth1", .master = 3 },
        { .index = 5, .name = "docker0", .kind = "bridge" }, { .index = 6, .name = "eth2", .master = 77 }
};

const Link *links_find(G_GNUC_UNUSED const Links *links, const char *name) {
        for (gsize i = 0; i < G_N_ELEMENTS(LINKS); i++)
                if (g_str_equal(LINKS[i].name, name))
                        return &LINKS[i];
        return NULL;
}

const Link *links_find_index(G_GNUC_UNUSED const Links *links, guint index) {
        return index >= 1 && index <= G_N_ELEMENTS(LINKS) ? &LINKS[index - 1] : NULL;
}

bool zones_is_bridge(G_GNUC_UNUSED const World *world, const char *interface) {
        return g_str_equal(interface, "docker0");
}

static AddressRange address(const char *text) {
        AddressRange range;
        g_assert_true(address_range_parse(text, &range, NULL));
        return range;
}

GArray *addresses_list(void) {
        GArray *all = g_array_new(FALSE, FALSE, sizeof(HostAddress));
        const HostAddress own = { .address = address("192.168.1.99") };
        g_array_append_val(all, own);
        return all;
}

GArray *published_list(G_GNUC_UNUSED World *world) {
        GArray *ports = g_array_new(FALSE, FALSE, sizeof(PublishedPort));
        const PublishedPort port = { .protocol = "tcp", .port = 8080 };
        g_array_append_val(ports, port);
        return ports;
}

bool zone_rules_read(G_GNUC_UNUSED World *world) {
        return false;
}
char *zone_rules_flaw(const World *world) {
        return g_strdup(world->zone_rules ? world->zone_rules->flaw : "firewalld's rules were never read");
}
ZoneClients *zone_rules_clients(const World *world) {
        static const char *const INLETS[] = { "bond0", NULL };
        return world->zone_rules && !world->zone_rules->flaw ? zone_clients_new(world->zone_rules, INLETS) : NULL;
}

typedef struct Host {
        Docker docker;
        Settings settings;
        Ipsets *ipsets;
        World world;
} Host;

static void host_begin(Host *host) {
        memset(host, 0, sizeof *host);
        host->docker =
                (Docker){ .facts = example_facts(), .is_complete = true, .state = "running", .version = (char *) "28.0.0" };
        host->settings = (Settings){ .use_guard = true, .use_direct = true };
        host->ipsets = ipsets_new();
        host->world = (World){
                .docker = &host->docker, .settings = &host->settings, .links = (Links *) host, .ipsets_now = host->ipsets
        };
}

static void host_end(Host *host) {
        docker_facts_free(host->docker.facts);
        ipsets_unref(host->ipsets);
        zone_rules_unref(host->world.zone_rules);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Host, host_end)

/* "CODE: SENTENCE", one for each line. */
static char *show(GPtrArray *notes) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < notes->len; i++) {
                const Note *note = notes->pdata[i];
                g_string_append_printf(text, "%s%s: %s", i ? "\n" : "", note->code, note->sentence);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

/* What is noted of the policy of the line begins so; NULL: nothing is noted. */
static void assert_noted(Host *host, const char *line, const char *expected) {
        const char *const lines[] = { line, NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) notes = meaning_list(&host->world, g_hash_table_lookup(set->policies, "p"), set, host->ipsets);
        g_autofree char *text = show(notes);
        if (!expected)
                g_assert_cmpstr(text, ==, "");
        else if (!g_str_has_prefix(text, expected))
                g_assert_cmpstr(text, ==, expected);
}

static void test_interfaces(void) {
        static const char *const CASES[][2] = {
                { "p: deny interfaces=bond0", NULL },
                { "p: deny interfaces=eth0",
                  "interface-is-port: interfaces: \"eth0\" is a port of \"bond0\", by which its packets come and go; name \"bond0\"" },
                { "p: deny interfaces=eth1", NULL }, /* a VRF's port keeps its name */
                { "p: deny interfaces=eth2", NULL }, /* its master is in another namespace */
                { "p: deny interfaces=nosuch0", "interface-missing: interfaces: there is no interface \"nosuch0\"" },
                { "p: forward interfaces=bond0 out-interfaces=eth0", "interface-is-port: out-interfaces: \"eth0\"" },
                { "p: forward interfaces=bond0 out-interfaces=red", NULL },
                { "p: forward interfaces=bond0 out-interfaces=docker0",
                  "docker-drops-routed: out-interfaces: Docker 28.0.0 itself drops what is routed to a container's own address on "
                  "\"docker0\"" },
        };
        g_auto(Host) host;
        host_begin(&host);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                assert_noted(&host, CASES[i][0], CASES[i][1]);
        /* Docker of before, and one that is told not to. */
        host.docker.version = (char *) "27.0.0";
        assert_noted(&host, "p: forward interfaces=bond0 out-interfaces=docker0", NULL);
        host.docker.version = (char *) "28.0.0";
        host.docker.no_raw = true;
        assert_noted(&host, "p: forward interfaces=bond0 out-interfaces=docker0", NULL);
        /* Without netlink the links are not known, and nothing is said of them. */
        host.world.links = NULL;
        assert_noted(&host, "p: deny interfaces=nosuch0", NULL);
}

static void test_ports(void) {
        static const char *const CASES[][2] = {
                { "p: deny ports=8080/tcp", NULL },
                { "p: deny ports=8000-8100/tcp", NULL },
                { "p: deny ports=8080/udp", "port-not-published: ports: no container publishes 8080/udp now" },
                { "p: deny containers=web ports=8080/tcp", NULL },
                { "p: deny containers=web ports=5432/tcp",
                  "port-not-published: ports: no container that is named publishes 5432/tcp now" },
                { "p: deny containers=cache ports=8080/tcp", "port-not-published: ports: no container that is named" },
        };
        g_auto(Host) host;
        host_begin(&host);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                assert_noted(&host, CASES[i][0], CASES[i][1]);
        /* While Docker has not reported all, it may publish them. */
        host.docker.is_complete = false;
        assert_noted(&host, "p: deny ports=8080/udp", NULL);
        host.docker.is_complete = true;
        host.docker.state = "not-running";
        assert_noted(&host, "p: deny ports=8080/udp", NULL);
}

static void test_destinations(void) {
        g_auto(Host) host;
        host_begin(&host);
        assert_noted(&host, "p: deny destinations=192.168.1.99", NULL);
        assert_noted(&host, "p: deny destinations=192.168.1.0/24", NULL);
        assert_noted(&host, "p: deny destinations=192.168.1.98",
                     "destination-not-here: destinations: 192.168.1.98 is no address of this host now");
        assert_noted(&host, "p: deny destinations=172.18.0.2",
                     "destination-not-here: destinations: 172.18.0.2 is the container \"web\"'s own address");
}

/* Containers that packets reach past this host's firewall. */
static void test_past_host(void) {
        g_auto(Host) host;
        host_begin(&host);
        DockerNetwork *network = docker_network_new("9", "lan");
        network->driver = g_strdup("macvlan");
        docker_facts_add_network(host.docker.facts, network);
        DockerContainer *container = docker_container_new("nine", "camera");
        container->running = true;
        g_ptr_array_add(container->networks, g_strdup("lan"));
        docker_facts_add_container(host.docker.facts, container);
        assert_noted(&host, "p: deny containers=camera",
                     "not-enforceable: containers: packets reach \"camera\" by its network \"lan\", of the driver \"macvlan\"");
        assert_noted(&host, "p: deny containers=web", NULL);
        assert_noted(&host, "p: deny networks=lan",
                     "not-enforceable: networks: packets reach \"lan\", of the driver \"macvlan\"");
        assert_noted(&host, "p: deny networks=front", NULL);
        /* It is also said of the policies in force, with the policy's name, but not of those that are disabled. */
        static const char *const LINES[] = { "a: deny containers=camera", "b: deny networks=lan disabled",
                                             "c: deny networks=lan",      "d: deny interfaces=eth0",
                                             "e: deny containers=nosuch", NULL };
        static const char *const NOTED[][2] = { { "a", "not-enforceable" },
                                                { "c", "not-enforceable" },
                                                { "d", "interface-is-port" } };
        g_autoptr(PolicySet) set = policy_set_from_lines(LINES);
        g_autoptr(GPtrArray) notes = meaning_list_open(&host.world, set);
        g_assert_cmpuint(notes->len, ==, G_N_ELEMENTS(NOTED));
        for (gsize i = 0; i < G_N_ELEMENTS(NOTED); i++) {
                g_assert_cmpstr(((Note *) notes->pdata[i])->policy, ==, NOTED[i][0]);
                g_assert_cmpstr(((Note *) notes->pdata[i])->code, ==, NOTED[i][1]);
        }
}

/* The kernel cannot tell which container in a network namespace a packet is for. */
static void test_joined(void) {
        g_auto(Host) host;
        host_begin(&host);
        DockerContainer *container = docker_container_new("eight", "sidecar");
        container->running = true;
        container->joined = g_strdup("web");
        docker_facts_add_container(host.docker.facts, container);
        assert_noted(
                &host, "p: deny containers=sidecar",
                "container-joined: containers: \"sidecar\" shares the network of \"web\", so the policy covers all that \"web\" "
                "publishes");
        assert_noted(&host, "p: deny containers=web", NULL);
        assert_noted(&host, "p: deny containers=sidecar,web", NULL);
}

static void test_ipsets(void) {
        static const char *const ENTRIES[] = { "192.168.1.1", NULL };
        g_auto(Host) host;
        host_begin(&host);
        ipsets_put(host.ipsets, "office", ENTRIES);
        ipsets_put_flaw(host.ipsets, "gone", IPSET_MISSING, "does not exist");
        ipsets_put_flaw(host.ipsets, "cards", IPSET_UNUSABLE, "is of type \"hash:mac\"");
        assert_noted(&host, "p: deny sources=ipset:office", NULL);
        assert_noted(&host, "p: deny sources=ipset:unread", NULL);
        assert_noted(&host, "p: deny sources=ipset:gone",
                     "ipset-missing: sources: the ipset \"gone\" does not exist in firewalld");
        assert_noted(&host, "p: deny sources=ipset:cards",
                     "ipset-unusable: sources: the ipset \"cards\" lists nobody, since it is of");
        /* A missing one may be made later; one of another type is refused. */
        static const char *const LINES[] = { "fine: deny sources=ipset:gone,ipset:office",
                                             "bad: deny sources=ipset:office,ipset:cards", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(LINES);
        g_autoptr(GError) error = NULL;
        g_assert_true(meaning_check(&host.world, g_hash_table_lookup(set->policies, "fine"), host.ipsets, NULL));
        g_assert_false(meaning_check(&host.world, g_hash_table_lookup(set->policies, "bad"), host.ipsets, &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS);
        g_assert_cmpstr(error->message, ==, "sources: the ipset \"cards\" is of type \"hash:mac\"");
}

static void assert_refused(Host *host, const char *line, const char *message) {
        const char *const lines[] = { line, NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GError) error = NULL;
        g_assert_false(meaning_check(&host->world, g_hash_table_lookup(set->policies, "p"), host->ipsets, &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NOT_SUPPORTED);
        g_assert_cmpstr(error->message, ==, message);
}

/* The lab's firewalld, whose zone "home" has a client by its network card, or not. */
static void set_zones(Host *host, bool by_card) {
        g_autofree char *path = g_build_filename(TEST_SRCDIR, "tests", "unit", "zones", "firewalld-1.3.3", NULL), *all = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        g_assert_true(g_file_get_contents(path, &all, NULL, NULL));
        g_auto(GStrv) lines = g_strsplit(all, "\n", -1);
        for (char **line = lines; *line; line++)
                if (by_card || !strstr(*line, "ether saddr"))
                        g_string_append_printf(text, "%s\n", *line);
        zone_rules_unref(host->world.zone_rules);
        host->world.zone_rules = zone_rules_parse(text->str);
}

#define BY_CARD                                                                                                                    \
        "firewalld assigns clients to the zone \"home\" by \"ether saddr 00:11:22:33:44:66\", which is neither an address nor an " \
        "interface"

static void test_zones(void) {
        static const char *const LINES[] = { "p: obey-zones ports=8080/tcp", NULL };
        g_auto(Host) host;
        host_begin(&host);
        /* Where firewalld's rules are not known or cannot be copied. */
        assert_noted(&host, "p: deny sources=zone:public",
                     "zones-unusable: sources: zones list nobody now: firewalld's rules were");
        assert_refused(&host, "p: deny sources=zone:public",
                       "sources: zones cannot be enforced: firewalld's rules were never read");
        assert_refused(&host, LINES[0], "action: \"obey-zones\" cannot be enforced: firewalld's rules were never read");
        host.world.zone_rules = zone_rules_new("", g_strdup("they have a rule that is not known"));
        assert_refused(&host, LINES[0], "action: \"obey-zones\" cannot be enforced: they have a rule that is not known");
        host.settings.use_guard = false;
        assert_refused(&host, LINES[0],
                       "action: \"obey-zones\" cannot be enforced: it needs the guard; see Enforce= in quaywalld.conf(5)");
        host.settings.use_guard = true;
        /* Where they are known: the default zone has clients, by bond0. */
        set_zones(&host, false);
        g_autoptr(PolicySet) set = policy_set_from_lines(LINES);
        g_assert_true(meaning_check(&host.world, g_hash_table_lookup(set->policies, "p"), host.ipsets, NULL));
        assert_noted(&host, "p: deny sources=zone:public", NULL);
        assert_noted(&host, "p: deny sources=zone:nosuch",
                     "zone-without-clients: sources: firewalld assigns no clients to the zone \"nosuch\" now");
        /* Where they are known by their network card: the zone itself may be obeyed, but nobody can be listed by it. */
        set_zones(&host, true);
        g_assert_true(meaning_check(&host.world, g_hash_table_lookup(set->policies, "p"), host.ipsets, NULL));
        assert_refused(&host, "p: deny sources=zone:public", "sources: zones cannot be enforced: " BY_CARD);
        assert_noted(&host, "p: deny sources=zone:public", "zones-unusable: sources: zones list nobody now: " BY_CARD);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/meaning/interfaces", test_interfaces);
        g_test_add_func("/meaning/ports", test_ports);
        g_test_add_func("/meaning/destinations", test_destinations);
        g_test_add_func("/meaning/past-host", test_past_host);
        g_test_add_func("/meaning/joined", test_joined);
        g_test_add_func("/meaning/ipsets", test_ipsets);
        g_test_add_func("/meaning/zones", test_zones);
        return g_test_run();
}
