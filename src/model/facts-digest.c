/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts-digest.h"

#include <string.h>

#include "sort.h"

/* With the byte that ends it, so that "ab", "c" and "a", "bc" differ. NULL counts as "". */
static void add(GChecksum *sum, const char *text) {
        g_checksum_update(sum, (const guchar *) (text ? text : ""), (text ? strlen(text) : 0) + 1);
}

static void add_list(GChecksum *sum, GPtrArray *list) {
        for (guint i = 0; i < list->len; i++)
                add(sum, list->pdata[i]);
        add(sum, NULL);
}

/* A hash table has no order of its own. */
static void add_labels(GChecksum *sum, GHashTable *labels) {
        guint count;
        g_autofree char **keys = (char **) g_hash_table_get_keys_as_array(labels, &count);
        qsort(keys, count, sizeof *keys, compare_strings);
        for (guint i = 0; i < count; i++) {
                add(sum, keys[i]);
                add(sum, g_hash_table_lookup(labels, keys[i]));
        }
        add(sum, NULL);
}

char *facts_digest_containers(DockerFacts *facts) {
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                add(sum, container->id);
                add(sum, container->name);
                add(sum, container->running ? "running" : NULL);
                add_list(sum, container->networks);
                add_labels(sum, container->labels);
        }
        return g_strdup(g_checksum_get_string(sum));
}

char *facts_digest_networks(DockerFacts *facts) {
        g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
        g_autoptr(GPtrArray) networks = docker_facts_list_networks(facts), containers = docker_facts_list_containers(facts);
        for (guint i = 0; i < networks->len; i++) {
                const DockerNetwork *network = networks->pdata[i];
                add(sum, network->id);
                add(sum, network->name);
                add(sum, network->driver);
                add(sum, network->bridge);
                add(sum, network->default_address);
                add(sum, network->internal ? "internal" : NULL);
                for (guint s = 0; s < network->subnets->len; s++) {
                        g_autofree char *subnet = address_range_format(&g_array_index(network->subnets, AddressRange, s));
                        add(sum, subnet);
                }
                add(sum, NULL);
        }
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                add(sum, container->name);
                add_list(sum, container->networks);
        }
        return g_strdup(g_checksum_get_string(sum));
}
