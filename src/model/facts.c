/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include <string.h>

static void docker_address_free(gpointer p) {
        DockerAddress *address = p;
        g_free(address->network);
        g_free(address);
}

DockerContainer *docker_container_new(const char *id, const char *name) {
        DockerContainer *container = g_new0(DockerContainer, 1);
        container->id = g_strdup(id);
        container->name = g_strdup(name);
        container->labels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        container->ports = g_array_new(FALSE, FALSE, sizeof(DockerPort));
        container->networks = g_ptr_array_new_with_free_func(g_free);
        container->addresses = g_ptr_array_new_with_free_func(docker_address_free);
        return container;
}

void docker_container_free(DockerContainer *container) {
        g_free(container->id);
        g_free(container->name);
        g_hash_table_unref(container->labels);
        g_array_unref(container->ports);
        g_ptr_array_unref(container->networks);
        g_ptr_array_unref(container->addresses);
        g_free(container);
}

DockerNetwork *docker_network_new(const char *id, const char *name) {
        DockerNetwork *network = g_new0(DockerNetwork, 1);
        network->id = g_strdup(id);
        network->name = g_strdup(name);
        network->subnets = g_ptr_array_new_with_free_func(g_free);
        return network;
}

void docker_network_free(DockerNetwork *network) {
        g_free(network->id);
        g_free(network->name);
        g_free(network->driver);
        g_free(network->bridge);
        g_free(network->default_address);
        g_ptr_array_unref(network->subnets);
        g_free(network);
}

DockerFacts *docker_facts_new(void) {
        DockerFacts *facts = g_new(DockerFacts, 1);
        facts->containers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) docker_container_free);
        facts->networks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) docker_network_free);
        return facts;
}

void docker_facts_free(DockerFacts *facts) {
        g_hash_table_unref(facts->containers);
        g_hash_table_unref(facts->networks);
        g_free(facts);
}

void docker_facts_add_container(DockerFacts *facts, DockerContainer *container) {
        g_hash_table_replace(facts->containers, container->id, container);
}

void docker_facts_add_network(DockerFacts *facts, DockerNetwork *network) {
        g_hash_table_replace(facts->networks, network->id, network);
}

static int compare_containers(gconstpointer a, gconstpointer b) {
        const DockerContainer *first = *(DockerContainer *const *) a, *second = *(DockerContainer *const *) b;
        const int order = strcmp(first->name, second->name);
        return order ? order : strcmp(first->id, second->id);
}

static int compare_networks(gconstpointer a, gconstpointer b) {
        const DockerNetwork *first = *(DockerNetwork *const *) a, *second = *(DockerNetwork *const *) b;
        const int order = strcmp(first->name, second->name);
        return order ? order : strcmp(first->id, second->id);
}

static GPtrArray *list_values(GHashTable *table, GCompareFunc compare) {
        GPtrArray *values = g_ptr_array_sized_new(g_hash_table_size(table));
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, table);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                g_ptr_array_add(values, value);
        g_ptr_array_sort(values, compare);
        return values;
}

GPtrArray *docker_facts_list_containers(DockerFacts *facts) {
        return list_values(facts->containers, compare_containers);
}

GPtrArray *docker_facts_list_networks(DockerFacts *facts) {
        return list_values(facts->networks, compare_networks);
}

bool docker_container_matches(const DockerContainer *container, const char *entry) {
        if (!g_str_has_prefix(entry, "label="))
                return g_str_equal(container->name, entry);
        const char *key = entry + strlen("label="), *equals = strchr(key, '=');
        if (!equals)
                return g_hash_table_contains(container->labels, key);
        g_autofree char *name = g_strndup(key, equals - key);
        return g_strcmp0(g_hash_table_lookup(container->labels, name), equals + 1) == 0;
}

bool docker_container_is_in(const DockerContainer *container, const char *network) {
        return g_ptr_array_find_with_equal_func(container->networks, network, g_str_equal, NULL);
}
