/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is listed of Docker's containers and networks: each difference counts as a change, and nothing else does. */
#include "model/facts.h"

typedef struct Container {
        const char *id, *name, *network, *key, *value;
        bool running;
        const char *address;
} Container;

static const Container WEB = { "1", "web", "bridge", "a", "b", true, "172.17.0.2" };

static void add_address(DockerContainer *container, const char *network, const char *text) {
        DockerAddress *address = g_new(DockerAddress, 1);
        address->network = g_strdup(network);
        g_assert_true(address_range_parse(text, &address->address, NULL));
        g_ptr_array_add(container->addresses, address);
}

/* Returns how many changes it made to the containers; *ret_networks: to the networks. */
static guint64 add_container(DockerFacts *facts, const Container *what, guint64 *ret_networks) {
        const guint64 before = facts->container_changes, networks = facts->network_changes;
        DockerContainer *container = docker_container_new(what->id, what->name);
        container->running = what->running;
        g_ptr_array_add(container->networks, g_strdup(what->network));
        g_hash_table_insert(container->labels, g_strdup(what->key), g_strdup(what->value));
        if (what->address)
                add_address(container, what->network, what->address);
        docker_container_measure(container);
        docker_facts_add_container(facts, container);
        *ret_networks = facts->network_changes - networks;
        return facts->container_changes - before;
}

static void test_containers(void) {
        static const struct {
                Container container;
                guint64 networks; /* changes of what is listed of networks, too */
        } OTHERS[] = {
                { { "1", "web2", "bridge", "a", "b", true, "172.17.0.2" }, 1 },
                { { "1", "web", "back", "a", "b", true, "172.17.0.2" }, 1 },
                { { "1", "web", "bridge", "ab", "", true, "172.17.0.2" }, 0 },
                { { "1", "web", "bridge", "a", "c", true, "172.17.0.2" }, 0 },
                { { "1", "web", "bridge", "a", "b", false, "172.17.0.2" }, 0 },
                { { "1", "web", "bridge", "a", "b", true, "172.17.0.3" }, 0 },
                { { "1", "web", "bridge", "a", "b", true, NULL }, 0 },
        };
        guint64 networks;
        for (gsize i = 0; i < G_N_ELEMENTS(OTHERS); i++) {
                g_autoptr(DockerFacts) facts = docker_facts_new();
                g_assert_cmpuint(add_container(facts, &WEB, &networks), ==, 1);
                g_assert_cmpuint(networks, ==, 1);
                g_assert_cmpuint(add_container(facts, &WEB, &networks), ==, 0);
                g_assert_cmpuint(networks, ==, 0);
                g_assert_cmpuint(add_container(facts, &OTHERS[i].container, &networks), ==, 1);
                g_assert_cmpuint(networks, ==, OTHERS[i].networks);
                /* It replaced the first one, and its bytes. */
                g_assert_cmpuint(g_hash_table_size(facts->containers), ==, 1);
                const guint64 before = facts->container_changes;
                g_assert_true(docker_facts_remove_container(facts, "1"));
                g_assert_false(docker_facts_remove_container(facts, "1"));
                g_assert_cmpuint(facts->container_changes, ==, before + 1);
                g_assert_cmpuint(facts->bytes, ==, 0);
        }
}

/* What is not listed may change as it likes. */
static void test_unlisted(void) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        guint64 networks;
        (void) add_container(facts, &WEB, &networks);
        const guint64 containers = facts->container_changes;
        const DockerPort port = { .protocol = "tcp", .host_port = 80, .container_port = 80 };
        AddressRange address;
        g_assert_true(address_range_parse("172.17.0.2", &address, NULL));
        networks = facts->network_changes;
        (void) docker_facts_doubt(facts, "1");
        (void) docker_facts_note_port(facts, &address, &port);
        DockerContainer *container = docker_container_new("1", "web");
        container->running = true;
        g_ptr_array_add(container->networks, g_strdup("bridge"));
        g_hash_table_insert(container->labels, g_strdup("a"), g_strdup("b"));
        g_array_append_val(container->ports, port);
        add_address(container, "bridge", "172.17.0.2");
        docker_facts_add_container(facts, container);
        g_assert_cmpuint(facts->container_changes, ==, containers);
        g_assert_cmpuint(facts->network_changes, ==, networks);
}

static void add_network(DockerFacts *facts, const char *name, const char *bridge, const char *subnet, bool internal) {
        DockerNetwork *network = docker_network_new("1", name);
        AddressRange range;
        g_assert_true(address_range_parse(subnet, &range, NULL));
        g_array_append_val(network->subnets, range);
        network->bridge = g_strdup(bridge);
        network->internal = internal;
        docker_network_measure(network);
        docker_facts_add_network(facts, network);
}

static void test_networks(void) {
        static const struct {
                const char *name, *bridge, *subnet;
                bool internal;
        } OTHERS[] = {
                { "front", "br-1", "172.18.0.0/16", false },
                { "back", "br-2", "172.18.0.0/16", false },
                { "back", "br-1", "172.19.0.0/16", false },
                { "back", "br-1", "172.18.0.0/16", true },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(OTHERS); i++) {
                g_autoptr(DockerFacts) facts = docker_facts_new();
                add_network(facts, "back", "br-1", "172.18.0.0/16", false);
                g_assert_cmpuint(facts->network_changes, ==, 1);
                add_network(facts, "back", "br-1", "172.18.0.0/16", false);
                g_assert_cmpuint(facts->network_changes, ==, 1);
                add_network(facts, OTHERS[i].name, OTHERS[i].bridge, OTHERS[i].subnet, OTHERS[i].internal);
                g_assert_cmpuint(facts->network_changes, ==, 2);
                g_assert_true(docker_facts_remove_network(facts, "1"));
                g_assert_false(docker_facts_remove_network(facts, "1"));
                g_assert_cmpuint(facts->network_changes, ==, 3);
                g_assert_cmpuint(facts->container_changes, ==, 0);
                g_assert_cmpuint(facts->bytes, ==, 0);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/facts-changes/containers", test_containers);
        g_test_add_func("/facts-changes/unlisted", test_unlisted);
        g_test_add_func("/facts-changes/networks", test_networks);
        return g_test_run();
}
