/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checksums over Docker's containers and networks: equal for the same, whatever the order, and different for each difference. */
#include "model/facts-digest.h"

static void add_container(DockerFacts *facts, const char *id, const char *name, const char *network, const char *key,
                          const char *value, bool running) {
        DockerContainer *container = docker_container_new(id, name);
        container->running = running;
        g_ptr_array_add(container->networks, g_strdup(network));
        g_hash_table_insert(container->labels, g_strdup(key), g_strdup(value));
        docker_facts_add_container(facts, container);
}

static void add_network(DockerFacts *facts, const char *id, const char *name, const char *bridge, const char *subnet,
                        bool internal) {
        DockerNetwork *network = docker_network_new(id, name);
        AddressRange range;
        g_assert_true(address_range_parse(subnet, &range, NULL));
        g_array_append_val(network->subnets, range);
        network->bridge = g_strdup(bridge);
        network->internal = internal;
        docker_facts_add_network(facts, network);
}

static void test_containers(void) {
        static const struct {
                const char *id, *name, *network, *key, *value;
                bool running;
        } OTHERS[] = {
                { "2", "web", "bridge", "a", "b", true }, { "1", "web2", "bridge", "a", "b", true },
                { "1", "web", "back", "a", "b", true },   { "1", "web", "bridge", "ab", "", true },
                { "1", "web", "bridge", "a", "c", true }, { "1", "web", "bridge", "a", "b", false },
        };
        g_autoptr(DockerFacts) one = docker_facts_new(), two = docker_facts_new();
        add_container(one, "1", "web", "bridge", "a", "b", true);
        add_container(one, "9", "db", "bridge", "c", "d", true);
        add_container(two, "9", "db", "bridge", "c", "d", true);
        add_container(two, "1", "web", "bridge", "a", "b", true);
        g_autofree char *digest = facts_digest_containers(one), *same = facts_digest_containers(two);
        g_assert_cmpstr(digest, ==, same);
        for (gsize i = 0; i < G_N_ELEMENTS(OTHERS); i++) {
                g_autoptr(DockerFacts) other = docker_facts_new();
                add_container(other, OTHERS[i].id, OTHERS[i].name, OTHERS[i].network, OTHERS[i].key, OTHERS[i].value,
                              OTHERS[i].running);
                add_container(other, "9", "db", "bridge", "c", "d", true);
                g_autofree char *differs = facts_digest_containers(other);
                g_assert_cmpstr(digest, !=, differs);
        }
}

static void test_networks(void) {
        static const struct {
                const char *id, *name, *bridge, *subnet;
                bool internal;
        } OTHERS[] = {
                { "2", "back", "br-1", "172.18.0.0/16", false }, { "1", "front", "br-1", "172.18.0.0/16", false },
                { "1", "back", "br-2", "172.18.0.0/16", false }, { "1", "back", "br-1", "172.19.0.0/16", false },
                { "1", "back", "br-1", "172.18.0.0/16", true },
        };
        g_autoptr(DockerFacts) facts = docker_facts_new();
        add_network(facts, "1", "back", "br-1", "172.18.0.0/16", false);
        g_autofree char *digest = facts_digest_networks(facts);
        for (gsize i = 0; i < G_N_ELEMENTS(OTHERS); i++) {
                g_autoptr(DockerFacts) other = docker_facts_new();
                add_network(other, OTHERS[i].id, OTHERS[i].name, OTHERS[i].bridge, OTHERS[i].subnet, OTHERS[i].internal);
                g_autofree char *differs = facts_digest_networks(other);
                g_assert_cmpstr(digest, !=, differs);
        }
        /* ListNetworks names the containers; whether they run, it does not say. */
        add_container(facts, "7", "web", "back", "a", "b", false);
        g_autofree char *joined = facts_digest_networks(facts);
        g_assert_cmpstr(digest, !=, joined);
        add_container(facts, "7", "web", "back", "c", "d", true);
        g_autofree char *started = facts_digest_networks(facts);
        g_assert_cmpstr(joined, ==, started);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/facts-digest/containers", test_containers);
        g_test_add_func("/facts-digest/networks", test_networks);
        return g_test_run();
}
