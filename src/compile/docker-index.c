/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "docker-index.h"

/* Of more ports than these, each container is looked at. */
#define MAX_LOOKUPS 64U

void docker_index_init(DockerIndex *index, DockerFacts *facts) {
        *index = (DockerIndex){ .facts = facts };
}

void docker_index_clear(DockerIndex *index) {
        GHashTable **const tables[] = { &index->running, &index->joined, &index->names, &index->networks, &index->published };
        for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
                g_clear_pointer(tables[i], g_hash_table_unref);
}

GHashTable *docker_index_joined(DockerIndex *index) {
        if (!index->joined_is_known)
                index->joined = docker_facts_index_joined(index->facts);
        index->joined_is_known = true;
        return index->joined;
}

/* --- making the tables -------------------------------------------------------------------------------------------- */

static void put(GHashTable *table, gpointer key, gpointer value) {
        GPtrArray *values = g_hash_table_lookup(table, key);
        if (!values) {
                values = g_ptr_array_new();
                g_hash_table_insert(table, key, values);
        }
        g_ptr_array_add(values, value);
}

static void put_text(GHashTable *table, const char *text, gpointer value) {
        gpointer key;
        if (g_hash_table_lookup_extended(table, text, &key, NULL))
                put(table, key, value);
        else
                put(table, g_strdup(text), value);
}

static gpointer number_key(const char *protocol, guint number) {
        return GUINT_TO_POINTER(number | (guint) protocol[0] << 16);
}

static void put_running(GHashTable *table, DockerContainer *container) {
        for (guint i = 0; container->running && i < container->ports->len; i++) {
                DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                put(table, number_key(port->protocol, port->host_port), port);
        }
}

static void put_published(GHashTable *table, DockerContainer *container) {
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                put(table, number_key(port->protocol, docker_port_dialled(container, port)), container);
        }
}

static void put_names(GHashTable *table, DockerContainer *container) {
        GHashTableIter iter;
        gpointer key, value;
        put_text(table, container->name, container);
        g_hash_table_iter_init(&iter, container->labels);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
                g_autofree char *label = g_strconcat("label=", key, NULL), *both = g_strconcat(label, "=", value, NULL);
                put_text(table, label, container);
                put_text(table, both, container);
        }
}

static void put_networks(GHashTable *table, DockerContainer *container) {
        for (guint i = 0; i < container->networks->len; i++)
                put_text(table, container->networks->pdata[i], container);
}

static GHashTable *fill(DockerIndex *index, GHashTable **table, bool of_text,
                        void (*put_one)(GHashTable *, DockerContainer *)) {
        GHashTableIter iter;
        gpointer container;
        if (*table)
                return *table;
        *table = g_hash_table_new_full(of_text ? g_str_hash : NULL, of_text ? g_str_equal : NULL, of_text ? g_free : NULL,
                                       (GDestroyNotify) g_ptr_array_unref);
        g_hash_table_iter_init(&iter, index->facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &container))
                put_one(*table, container);
        return *table;
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

bool docker_index_claims(DockerIndex *index, const DockerPort *port) {
        GHashTable *running = fill(index, &index->running, false, put_running);
        const GPtrArray *ports = g_hash_table_lookup(running, number_key(port->protocol, port->host_port));
        for (guint i = 0; ports && i < ports->len; i++)
                if (address_range_overlaps(&port->host, &((DockerPort *) ports->pdata[i])->host))
                        return true;
        return false;
}

static void take(GPtrArray *found, GHashTable *table, gconstpointer key) {
        GPtrArray *containers = g_hash_table_lookup(table, key);
        if (containers)
                g_ptr_array_extend(found, containers, NULL, NULL);
}

/* Names, any of which is enough, or else labels, each of which it must have. */
static void take_named(GPtrArray *found, GHashTable *names, const GPtrArray *entries) {
        bool any_name = false;
        for (guint i = 0; i < entries->len; i++)
                if (!docker_entry_is_label(entries->pdata[i])) {
                        take(found, names, entries->pdata[i]);
                        any_name = true;
                }
        if (!any_name)
                take(found, names, entries->pdata[0]);
}

static guint count_ports(const Policy *policy) {
        guint count = 0;
        for (guint i = 0; i < policy->ports->len; i++) {
                const PortRange *range = &g_array_index(policy->ports, PortRange, i);
                count += range->last - range->first + 1U;
        }
        return count;
}

static void take_ports(GPtrArray *found, GHashTable *published, const Policy *policy) {
        for (guint i = 0; i < policy->ports->len; i++) {
                const PortRange *range = &g_array_index(policy->ports, PortRange, i);
                for (guint port = range->first; port <= range->last; port++)
                        take(found, published, number_key(range->protocol, port));
        }
}

static void take_all(GPtrArray *found, DockerFacts *facts) {
        GHashTableIter iter;
        gpointer container;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &container))
                g_ptr_array_add(found, container);
}

GPtrArray *docker_index_candidates(DockerIndex *index, const Policy *policy) {
        GPtrArray *found = g_ptr_array_new();
        const guint ports = count_ports(policy);
        /* One that joined another's network stands for that one, too. */
        if (policy->containers->len > 0 && !docker_index_joined(index))
                take_named(found, fill(index, &index->names, true, put_names), policy->containers);
        else if (policy->containers->len == 0 && policy->networks->len > 0)
                for (guint i = 0; i < policy->networks->len; i++)
                        take(found, fill(index, &index->networks, true, put_networks), policy->networks->pdata[i]);
        else if (policy->containers->len == 0 && ports > 0 && ports <= MAX_LOOKUPS)
                take_ports(found, fill(index, &index->published, false, put_published), policy);
        else
                take_all(found, index->facts);
        return found;
}
