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
        g_free(container->joined);
        g_hash_table_unref(container->labels);
        g_array_unref(container->ports);
        g_ptr_array_unref(container->networks);
        g_ptr_array_unref(container->addresses);
        g_free(container);
}

static void docker_member_free(gpointer p) {
        DockerMember *member = p;
        g_free(member->container);
        g_free(member);
}

DockerNetwork *docker_network_new(const char *id, const char *name) {
        DockerNetwork *network = g_new0(DockerNetwork, 1);
        network->id = g_strdup(id);
        network->name = g_strdup(name);
        network->subnets = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        network->members = g_ptr_array_new_with_free_func(docker_member_free);
        return network;
}

void docker_network_free(DockerNetwork *network) {
        g_free(network->id);
        g_free(network->name);
        g_free(network->driver);
        g_free(network->bridge);
        g_free(network->default_address);
        g_array_unref(network->subnets);
        g_ptr_array_unref(network->members);
        g_free(network);
}

/* The overhead of an allocation and its place in a table. */
#define EACH 64

static gsize string_bytes(const char *string) {
        return EACH + (string ? strlen(string) : 0);
}

static gsize strings_bytes(GPtrArray *strings) {
        gsize bytes = 0;
        for (guint i = 0; i < strings->len; i++)
                bytes += string_bytes(strings->pdata[i]);
        return bytes;
}

void docker_container_measure(DockerContainer *container) {
        GHashTableIter iter;
        gpointer key, value;
        container->bytes = sizeof *container + string_bytes(container->id) + string_bytes(container->name) +
                           string_bytes(container->joined) + container->ports->len * sizeof(DockerPort) +
                           strings_bytes(container->networks) + container->addresses->len * (sizeof(DockerAddress) + EACH);
        g_hash_table_iter_init(&iter, container->labels);
        while (g_hash_table_iter_next(&iter, &key, &value))
                container->bytes += string_bytes(key) + string_bytes(value);
}

void docker_network_measure(DockerNetwork *network) {
        network->bytes = sizeof *network + string_bytes(network->id) + string_bytes(network->name) +
                         string_bytes(network->driver) + string_bytes(network->bridge) +
                         string_bytes(network->default_address) + network->subnets->len * sizeof(AddressRange) +
                         network->members->len * (sizeof(DockerMember) + 2 * EACH);
}

DockerFacts *docker_facts_new(void) {
        DockerFacts *facts = g_new0(DockerFacts, 1);
        facts->containers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) docker_container_free);
        facts->networks = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) docker_network_free);
        return facts;
}

void docker_facts_free(DockerFacts *facts) {
        g_hash_table_unref(facts->containers);
        g_hash_table_unref(facts->networks);
        g_free(facts);
}

static bool is_known(const DockerContainer *container) {
        return container && container->running && !container->doubted;
}

static gboolean is_ours(gpointer key, G_GNUC_UNUSED gpointer value, G_GNUC_UNUSED gpointer userdata) {
        return g_str_has_prefix(key, DOCKER_LABEL_OURS);
}

static bool labels_equal(GHashTable *a, GHashTable *b) {
        GHashTableIter iter;
        gpointer key, value;
        if (g_hash_table_size(a) != g_hash_table_size(b))
                return false;
        g_hash_table_iter_init(&iter, a);
        while (g_hash_table_iter_next(&iter, &key, &value))
                if (g_strcmp0(value, g_hash_table_lookup(b, key)) != 0)
                        return false;
        return true;
}

static bool strings_equal(const GPtrArray *a, const GPtrArray *b) {
        bool same = a->len == b->len;
        for (guint i = 0; same && i < a->len; i++)
                same = g_str_equal(a->pdata[i], b->pdata[i]);
        return same;
}

static bool ranges_equal(const AddressRange *a, const AddressRange *b) {
        return a->family == b->family && memcmp(a->first, b->first, sizeof a->first) == 0 &&
               memcmp(a->last, b->last, sizeof a->last) == 0;
}

static bool addresses_equal(const GPtrArray *a, const GPtrArray *b) {
        bool same = a->len == b->len;
        for (guint i = 0; same && i < a->len; i++) {
                const DockerAddress *first = a->pdata[i], *second = b->pdata[i];
                same = g_str_equal(first->network, second->network) && ranges_equal(&first->address, &second->address);
        }
        return same;
}

/* What is listed of a container, and which networks list it. NULL: it is new. */
static void count_container(DockerFacts *facts, const DockerContainer *old, const DockerContainer *container) {
        const bool same_name =
                old && g_str_equal(old->name, container->name) && strings_equal(old->networks, container->networks);
        facts->network_changes += !same_name;
        facts->container_changes += !same_name || old->running != container->running ||
                                    !labels_equal(old->labels, container->labels) ||
                                    !addresses_equal(old->addresses, container->addresses);
}

void docker_facts_add_container(DockerFacts *facts, DockerContainer *container) {
        container->carries = g_hash_table_find(container->labels, is_ours, NULL);
        const DockerContainer *old = g_hash_table_lookup(facts->containers, container->id);
        container->arrival = !is_known(container) ? 0 : is_known(old) ? old->arrival : ++facts->arrivals;
        count_container(facts, old, container);
        facts->bytes += container->bytes - (old ? old->bytes : 0);
        g_hash_table_replace(facts->containers, container->id, container);
}

bool docker_facts_remove_container(DockerFacts *facts, const char *id) {
        const DockerContainer *container = g_hash_table_lookup(facts->containers, id);
        if (!container)
                return false;
        facts->bytes -= container->bytes;
        facts->container_changes++;
        facts->network_changes++;
        return g_hash_table_remove(facts->containers, id);
}

void docker_facts_add_network(DockerFacts *facts, DockerNetwork *network) {
        const DockerNetwork *old = g_hash_table_lookup(facts->networks, network->id);
        facts->network_changes += !old || !docker_network_equal(old, network);
        facts->bytes += network->bytes - (old ? old->bytes : 0);
        g_hash_table_replace(facts->networks, network->id, network);
}

bool docker_facts_remove_network(DockerFacts *facts, const char *id) {
        const DockerNetwork *network = g_hash_table_lookup(facts->networks, id);
        if (!network)
                return false;
        facts->bytes -= network->bytes;
        facts->network_changes++;
        return g_hash_table_remove(facts->networks, id);
}

static bool has_address(const DockerContainer *container, const AddressRange *address) {
        for (guint i = 0; i < container->addresses->len; i++)
                if (address_range_overlaps(&((DockerAddress *) container->addresses->pdata[i])->address, address))
                        return true;
        return false;
}

bool docker_facts_place(DockerFacts *facts, const DockerNetwork *network) {
        bool is_news = false;
        for (guint i = 0; i < network->members->len; i++) {
                const DockerMember *member = network->members->pdata[i];
                DockerContainer *container = g_hash_table_lookup(facts->containers, member->container);
                if (!container || container->running || has_address(container, &member->address))
                        continue;
                DockerAddress *address = g_new(DockerAddress, 1);
                *address = (DockerAddress){ g_strdup(network->name), member->address };
                g_ptr_array_add(container->addresses, address);
                if (!docker_container_is_in(container, network->name))
                        g_ptr_array_add(container->networks, g_strdup(network->name));
                is_news = true;
        }
        return is_news;
}

bool docker_port_is_routed(const DockerContainer *container, const DockerPort *port) {
        return container->running && port->host_port == 0;
}

guint16 docker_port_dialled(const DockerContainer *container, const DockerPort *port) {
        return docker_port_is_routed(container, port) ? port->container_port : port->host_port;
}

static bool has_port(const DockerContainer *container, const DockerPort *port) {
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *other = &g_array_index(container->ports, DockerPort, i);
                if (other->protocol == port->protocol && other->host_port == port->host_port &&
                    address_range_overlaps(&other->host, &port->host))
                        return true;
        }
        return false;
}

static bool add_port(DockerContainer *container, const DockerPort *port) {
        if (has_port(container, port))
                return false;
        g_array_append_vals(container->ports, port, 1);
        return true;
}

bool docker_facts_note_port(DockerFacts *facts, const AddressRange *address, const DockerPort *port) {
        GHashTableIter iter;
        gpointer value;
        bool noted = false;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                DockerContainer *container = value;
                if (container->running || !has_address(container, address))
                        continue;
                noted |= add_port(container, port);
                /* docker-proxy answers on all addresses, of both families. */
                DockerPort other = *port;
                other.host = address_everybody(port->host.family == FAMILY_IPV4 ? FAMILY_IPV6 : FAMILY_IPV4);
                if (address_range_is_everybody(&port->host))
                        noted |= add_port(container, &other);
        }
        return noted;
}

static bool doubt(DockerContainer *container) {
        const bool is_news = is_known(container);
        if (container)
                container->doubted = true;
        return is_news;
}

bool docker_facts_doubt(DockerFacts *facts, const char *id) {
        return doubt(g_hash_table_lookup(facts->containers, id));
}

bool docker_facts_doubt_all(DockerFacts *facts) {
        GHashTableIter iter;
        gpointer container;
        bool is_news = false;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &container))
                is_news |= doubt(container);
        return is_news;
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

bool docker_entry_is_label(const char *entry) {
        return g_str_has_prefix(entry, "label=");
}

bool docker_container_matches(const DockerContainer *container, const char *entry) {
        if (!docker_entry_is_label(entry))
                return g_str_equal(container->name, entry);
        const char *key = entry + strlen("label="), *equals = strchr(key, '=');
        if (!equals)
                return g_hash_table_contains(container->labels, key);
        g_autofree char *name = g_strndup(key, equals - key);
        return g_strcmp0(g_hash_table_lookup(container->labels, name), equals + 1) == 0;
}

bool docker_container_is_named(const DockerContainer *container, GPtrArray *entries) {
        bool any_name = false, is_name = false;
        for (guint i = 0; i < entries->len; i++) {
                const bool matches = docker_container_matches(container, entries->pdata[i]);
                if (docker_entry_is_label(entries->pdata[i])) {
                        if (!matches)
                                return false;
                        continue;
                }
                any_name = true;
                is_name |= matches;
        }
        return is_name || !any_name;
}

static DockerContainer *find_container(DockerFacts *facts, const char *text) {
        DockerContainer *container = g_hash_table_lookup(facts->containers, text);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (!container && g_hash_table_iter_next(&iter, NULL, &value))
                if (g_str_equal(((DockerContainer *) value)->name, text))
                        container = value;
        return container;
}

/* A container can join one that has joined another. Each had to exist before the next, but the facts about them may be of
 * different times, so the chain is bounded. */
#define MAX_JOINED 8

DockerContainer *docker_facts_find_owner(DockerFacts *facts, const DockerContainer *container) {
        DockerContainer *owner = NULL;
        for (unsigned i = 0; container && container->joined && i < MAX_JOINED; i++)
                container = owner = find_container(facts, container->joined);
        return container && !container->joined ? owner : NULL;
}

GHashTable *docker_facts_index_joined(DockerFacts *facts) {
        GHashTable *index = NULL;
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *owner = docker_facts_find_owner(facts, value);
                if (!owner)
                        continue;
                if (!index)
                        index = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_ptr_array_unref);
                GPtrArray *others = g_hash_table_lookup(index, owner->id);
                if (!others) {
                        others = g_ptr_array_new();
                        g_hash_table_insert(index, owner->id, others);
                }
                g_ptr_array_add(others, value);
        }
        return index;
}

bool docker_facts_have_swarm(DockerFacts *facts) {
        GHashTableIter iter;
        gpointer network;
        g_hash_table_iter_init(&iter, facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &network))
                if (g_strcmp0(((DockerNetwork *) network)->driver, "overlay") == 0)
                        return true;
        return false;
}

bool docker_container_is_in(const DockerContainer *container, const char *network) {
        return g_ptr_array_find_with_equal_func(container->networks, network, g_str_equal, NULL);
}

static bool subnets_equal(const GArray *a, const GArray *b) {
        bool same = a->len == b->len;
        for (guint i = 0; same && i < a->len; i++)
                same = ranges_equal(&g_array_index(a, AddressRange, i), &g_array_index(b, AddressRange, i));
        return same;
}

static bool ports_equal(const GArray *a, const GArray *b) {
        bool same = a->len == b->len;
        for (guint i = 0; same && i < a->len; i++) {
                const DockerPort *first = &g_array_index(a, DockerPort, i), *second = &g_array_index(b, DockerPort, i);
                same = ranges_equal(&first->host, &second->host) && g_str_equal(first->protocol, second->protocol) &&
                       first->host_port == second->host_port && first->container_port == second->container_port &&
                       first->chosen == second->chosen;
        }
        return same;
}

bool docker_container_equal(const DockerContainer *a, const DockerContainer *b) {
        return g_str_equal(a->id, b->id) && g_str_equal(a->name, b->name) && a->running == b->running &&
               a->dormant == b->dormant && a->host_network == b->host_network && g_strcmp0(a->joined, b->joined) == 0 &&
               labels_equal(a->labels, b->labels) && ports_equal(a->ports, b->ports) &&
               strings_equal(a->networks, b->networks) && addresses_equal(a->addresses, b->addresses);
}

bool docker_network_equal(const DockerNetwork *a, const DockerNetwork *b) {
        return g_str_equal(a->id, b->id) && g_str_equal(a->name, b->name) && g_strcmp0(a->driver, b->driver) == 0 &&
               g_strcmp0(a->bridge, b->bridge) == 0 && g_strcmp0(a->default_address, b->default_address) == 0 &&
               a->internal == b->internal && subnets_equal(a->subnets, b->subnets);
}
