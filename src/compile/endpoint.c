/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "endpoint.h"

#include <string.h>

bool endpoint_is_named(const Policy *policy) {
        return policy->containers->len > 0 || policy->networks->len > 0;
}

static void group_free(gpointer p) {
        EndpointGroup *group = p;
        g_array_unref(group->endpoints);
        g_free(group->destination);
        g_free(group);
}

int endpoint_compare(gconstpointer pa, gconstpointer pb) {
        const Endpoint *a = pa, *b = pb;
        int order = memcmp(a->address.first, b->address.first, sizeof a->address.first);
        if (!order)
                order = memcmp(a->address.last, b->address.last, sizeof a->address.last);
        return order ? order : (int) a->port - (int) b->port;
}

static GArray *find_group(GPtrArray *groups, EndpointKind kind, const char *protocol, const char *destination) {
        for (guint i = 0; i < groups->len; i++) {
                EndpointGroup *group = groups->pdata[i];
                if (group->kind == kind && group->protocol == protocol && g_strcmp0(group->destination, destination) == 0)
                        return group->endpoints;
        }
        EndpointGroup *group = g_new(EndpointGroup, 1);
        *group = (EndpointGroup){ kind, protocol, g_strdup(destination), g_array_new(FALSE, FALSE, sizeof(Endpoint)) };
        g_ptr_array_add(groups, group);
        return group->endpoints;
}

static void add_address(GPtrArray *groups, EndpointKind kind, const char *protocol, const AddressRange *address, guint16 port) {
        Endpoint endpoint;
        memset(&endpoint, 0, sizeof endpoint); /* the bytes are compared and hashed */
        endpoint.address.family = address->family;
        memcpy(endpoint.address.first, address->first, sizeof address->first);
        memcpy(endpoint.address.last, address->last, sizeof address->last);
        endpoint.port = port;
        GArray *endpoints = find_group(groups, kind, protocol, NULL);
        g_array_append_val(endpoints, endpoint);
}

static void add_port(GPtrArray *groups, const DockerPort *port) {
        g_autofree char *destination = address_range_is_everybody(&port->host) ? NULL : address_range_format(&port->host);
        Endpoint endpoint;
        memset(&endpoint, 0, sizeof endpoint);
        endpoint.port = port->host_port;
        GArray *endpoints = find_group(groups, ENDPOINT_PUBLISHED, port->protocol, destination);
        g_array_append_val(endpoints, endpoint);
}

static int compare_groups(gconstpointer pa, gconstpointer pb) {
        const EndpointGroup *a = *(EndpointGroup *const *) pa, *b = *(EndpointGroup *const *) pb;
        if (a->kind != b->kind)
                return (int) a->kind - (int) b->kind;
        const int order = g_strcmp0(a->destination, b->destination);
        return order ? order : g_strcmp0(a->protocol, b->protocol);
}

/* The order of Docker's reports must not matter: same policies and facts, same rules. */
static void sort_groups(GPtrArray *groups) {
        g_ptr_array_sort(groups, compare_groups);
        for (guint i = 0; i < groups->len; i++) {
                GArray *endpoints = ((EndpointGroup *) groups->pdata[i])->endpoints;
                g_array_sort(endpoints, endpoint_compare);
                for (guint e = endpoints->len; e-- > 1;)
                        if (endpoint_compare(&g_array_index(endpoints, Endpoint, e),
                                             &g_array_index(endpoints, Endpoint, e - 1)) == 0)
                                g_array_remove_index(endpoints, e);
        }
}

/* --- which container has a port ----------------------------------------------------------------------------------- */

/* A stopped container has no claim to a port that a running one has. It keeps its claim to any other, since dockerd starts it
 * before anybody can find out its address. */
static bool is_published(const DockerContainer *container, const DockerPort *port, DockerIndex *index) {
        return port->host_port != 0 && !container->dormant && (container->running || !docker_index_claims(index, port));
}

/* --- policies ----------------------------------------------------------------------------------------------------- */

static bool names_network(const Policy *policy, const char *network) {
        return policy->networks->len == 0 || g_ptr_array_find_with_equal_func(policy->networks, network, g_str_equal, NULL);
}

static bool is_named(const Policy *policy, const DockerContainer *container) {
        return policy->carriers ? g_ptr_array_find_with_equal_func(policy->carriers, container->id, g_str_equal, NULL) :
                                  docker_container_is_named(container, policy->containers);
}

/* The kernel cannot tell containers apart that share a network. */
static bool names_one_that_joined(const Policy *policy, const DockerContainer *container, GHashTable *joined) {
        const GPtrArray *others = joined ? g_hash_table_lookup(joined, container->id) : NULL;
        for (guint i = 0; others && i < others->len; i++)
                if (is_named(policy, others->pdata[i]))
                        return true;
        return false;
}

bool endpoint_names_container(const Policy *policy, const DockerContainer *container, GHashTable *joined) {
        bool named = is_named(policy, container) || names_one_that_joined(policy, container, joined);
        bool there = policy->networks->len == 0;
        for (guint i = 0; named && !there && i < policy->networks->len; i++)
                there = docker_container_is_in(container, policy->networks->pdata[i]);
        return named && there;
}

static bool names_number(const Policy *policy, const char *protocol, guint16 number) {
        for (guint i = 0; i < policy->ports->len; i++)
                if (port_range_contains(&g_array_index(policy->ports, PortRange, i), protocol, number))
                        return true;
        return policy->ports->len == 0;
}

bool endpoint_names_port(const Policy *policy, const DockerPort *port) {
        return names_number(policy, port->protocol, port->host_port);
}

static bool names_destination(const Policy *policy, const AddressRange *address) {
        for (guint i = 0; i < policy->destinations->len; i++)
                if (address_range_overlaps(&g_array_index(policy->destinations, AddressRange, i), address))
                        return true;
        return policy->destinations->len == 0;
}

static void add_published(GPtrArray *groups, const Policy *policy, Family family, const DockerContainer *container,
                          DockerIndex *index) {
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                if (port->host.family != family || !endpoint_names_port(policy, port) || !is_published(container, port, index))
                        continue;
                if (address_range_is_everybody(&port->host) || names_destination(policy, &port->host))
                        add_port(groups, port);
        }
}

/* The container's own addresses. No host address is dialled there, so a policy with destinations does not cover them. */
static void add_own(GPtrArray *groups, const Policy *policy, Family family, const DockerContainer *container) {
        for (guint a = 0; a < container->addresses->len; a++) {
                const DockerAddress *own = container->addresses->pdata[a];
                if (own->address.family != family || !names_network(policy, own->network))
                        continue;
                if (policy->ports->len == 0) {
                        add_address(groups, ENDPOINT_CONTAINER, NULL, &own->address, 0);
                        continue;
                }
                /* Ports of either family: the same service is behind them. */
                for (guint i = 0; i < container->ports->len; i++) {
                        const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                        const guint16 dialled = docker_port_dialled(container, port);
                        if (dialled != 0 && names_number(policy, port->protocol, dialled))
                                add_address(groups, ENDPOINT_ROUTED, port->protocol, &own->address, port->container_port);
                }
        }
}

/* The subnets cover a whole network, including a container that joined it a moment ago. */
static void add_networks(GPtrArray *groups, const Policy *policy, Family family, DockerFacts *facts) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerNetwork *network = value;
                for (guint i = 0; names_network(policy, network->name) && i < network->subnets->len; i++) {
                        const AddressRange *subnet = &g_array_index(network->subnets, AddressRange, i);
                        if (subnet->family == family)
                                add_address(groups, ENDPOINT_CONTAINER, NULL, subnet, 0);
                }
        }
}

/* There may be a thousand such policies, so each finds its own container. */
static void add_carriers(GPtrArray *groups, const Policy *policy, Family family, DockerIndex *index, bool lasting) {
        DockerFacts *facts = index->facts;
        for (guint i = 0; i < policy->carriers->len; i++) {
                DockerContainer *one = g_hash_table_lookup(facts->containers, policy->carriers->pdata[i]);
                /* One that has exited for good says nothing about the network that it shared. */
                const DockerContainer *const both[] = { one,
                                                        one && !one->dormant ? docker_facts_find_owner(facts, one) : NULL };
                for (gsize k = 0; k < G_N_ELEMENTS(both); k++) {
                        if (!both[k])
                                continue;
                        add_published(groups, policy, family, both[k], index);
                        if (!lasting)
                                add_own(groups, policy, family, both[k]);
                }
        }
        sort_groups(groups);
}

GPtrArray *endpoint_resolve(const Policy *policy, Family family, DockerIndex *index, bool lasting) {
        GPtrArray *groups = g_ptr_array_new_with_free_func(group_free);
        const bool named = endpoint_is_named(policy), dialled = policy->destinations->len > 0;
        const bool whole_networks = named && policy->containers->len == 0 && policy->ports->len == 0;
        /* Without names and ports everything that goes to a container is covered anyway. */
        if (!index->facts || (!named && (policy->ports->len == 0 || dialled)))
                return groups;
        if (policy->carriers) {
                add_carriers(groups, policy, family, index, lasting);
                return groups;
        }
        g_autoptr(GPtrArray) candidates = docker_index_candidates(index, policy);
        GHashTable *joined = policy->containers->len > 0 ? docker_index_joined(index) : NULL;
        for (guint i = 0; i < candidates->len; i++) {
                const DockerContainer *container = candidates->pdata[i];
                if (named && !endpoint_names_container(policy, container, joined))
                        continue;
                if (named)
                        add_published(groups, policy, family, container, index);
                if (!lasting && !dialled && !whole_networks)
                        add_own(groups, policy, family, container);
        }
        if (whole_networks && !dialled)
                add_networks(groups, policy, family, index->facts);
        sort_groups(groups);
        return groups;
}

void endpoint_add_published(GArray *ports, const DockerContainer *container) {
        for (guint i = 0; !container->dormant && i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                const PublishedPort published = published_port_at(&port->host, port->protocol, port->host_port);
                if (port->host_port != 0)
                        g_array_append_val(ports, published);
        }
}

GArray *endpoint_list_published(DockerFacts *facts) {
        GArray *list = g_array_new(FALSE, FALSE, sizeof(PublishedPort));
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                endpoint_add_published(list, value);
        published_ports_normalize(list);
        return list;
}
