/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "docker-world.h"

#include <string.h>

/* --- random draws ------------------------------------------------------------------------------------------------- */

static const char *const CONTAINERS[] = { "a", "b", "c", "d" };
static const char *const NETWORKS[] = { "n1", "n2" };
static const char *const SUBNETS[][_FAMILY_MAX] = { { "172.17.0.0/16", "fd17::/64" }, { "172.18.0.0/16", "fd18::/64" } };
static const char *const HOSTS[] = { "0.0.0.0/0", "::/0", "10.0.0.1", "10.0.0.3", "fd10::1" };

static guint draw(guint n) {
        return g_test_rand_int_range(0, n);
}

static AddressRange address(const char *text) {
        AddressRange range;
        g_assert_true(address_range_parse(text, &range, NULL));
        return range;
}

static bool same_port(const DockerPort *a, const DockerPort *b) {
        return g_str_equal(a->protocol, b->protocol) && a->host_port == b->host_port &&
               address_range_overlaps(&a->host, &b->host);
}

static bool runs_there(DockerFacts *facts, const DockerPort *port) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                for (guint i = 0; container->running && i < container->ports->len; i++)
                        if (same_port(&g_array_index(container->ports, DockerPort, i), port))
                                return true;
        }
        return false;
}

static void put_into(DockerContainer *container, guint network, guint number) {
        g_ptr_array_add(container->networks, g_strdup(NETWORKS[network]));
        static const char *const FORMS[][_FAMILY_MAX] = { { "172.17.0.%u", "fd17::%u" }, { "172.18.0.%u", "fd18::%u" } };
        for (Family family = 0; container->running && family < _FAMILY_MAX; family++) {
                DockerAddress *own = g_new(DockerAddress, 1);
                own->network = g_strdup(NETWORKS[network]);
                g_auto(GStrv) parts = g_strsplit(FORMS[network][family], "%u", 2);
                g_autofree char *text = g_strdup_printf("%s%u", parts[0], number + 2);
                own->address = address(text);
                g_ptr_array_add(container->addresses, own);
        }
}

/* Labels of quaywall's, some of which close their container; they count where labels_add() is called. */
static void add_labels(DockerContainer *container) {
        static const char *const LABELS[][2] = { { "allow-only", "1.1.1.1,fd01::1" }, { "allow-only", "1.1.1.2-1.1.1.4" },
                                                 { "deny", "1.1.1.9,fd02::/64" },     { "deny", "" },
                                                 { "allow-only", "1.1.1." },          { "obey-zones", "" } };
        for (guint n = 1 + draw(2); n > 0; n--) {
                const char *const *label = LABELS[draw(random_zones ? 6 : 5)];
                g_hash_table_insert(container->labels, g_strconcat(DOCKER_LABEL_OURS, label[0], NULL), g_strdup(label[1]));
        }
}

DockerFacts *random_facts(void) {
        DockerFacts *facts = docker_facts_new();
        for (guint n = 0; n < G_N_ELEMENTS(NETWORKS); n++) {
                DockerNetwork *network = docker_network_new(NETWORKS[n], NETWORKS[n]);
                for (Family family = 0; family < _FAMILY_MAX; family++) {
                        const AddressRange subnet = address(SUBNETS[n][family]);
                        g_array_append_val(network->subnets, subnet);
                }
                docker_facts_add_network(facts, network);
        }
        for (guint i = 0; i < G_N_ELEMENTS(CONTAINERS); i++) {
                if (draw(4) == 0)
                        continue;
                DockerContainer *container = docker_container_new(CONTAINERS[i], CONTAINERS[i]);
                container->running = draw(3) != 0;
                if (draw(2))
                        g_hash_table_insert(container->labels, g_strdup("k"), g_strdup(draw(2) ? "v" : "w"));
                if (draw(3) == 0)
                        add_labels(container);
                /* The container that it joins may have been left out above. */
                if (i > 0 && draw(4) == 0)
                        container->joined = g_strdup(CONTAINERS[draw(i)]);
                const guint networks = container->joined ? 0 : 1 + draw(3);
                for (guint n = 0; n < G_N_ELEMENTS(NETWORKS); n++)
                        if (networks & 1U << n)
                                put_into(container, n, i);
                for (guint p = container->joined ? 0 : draw(4); p > 0; p--) {
                        DockerPort port = { .host = address(HOSTS[draw(G_N_ELEMENTS(HOSTS))]),
                                            .protocol = draw(3) ? "tcp" : "udp",
                                            .host_port = draw(8) ? 80 + draw(4) : 0,
                                            .container_port = 80 + draw(4) };
                        if (!container->running || !runs_there(facts, &port))
                                g_array_append_val(container->ports, port);
                }
                docker_facts_add_container(facts, container);
        }
        return facts;
}

/* --- the example -------------------------------------------------------------------------------------------------- */

DockerFacts *example_facts(void) {
        static const struct {
                const char *container, *host, *protocol;
                guint16 host_port, container_port;
        } PORTS[] = { { "web", "0.0.0.0/0", "tcp", 8080, 80 },
                      { "web", "::/0", "tcp", 8080, 80 },
                      { "web", "10.0.0.1", "tcp", 8443, 443 },
                      { "db", "0.0.0.0/0", "tcp", 5432, 5432 },
                      { "old", "0.0.0.0/0", "tcp", 8080, 80 } };
        DockerFacts *facts = docker_facts_new();
        DockerNetwork *network = docker_network_new("1", "front");
        const AddressRange subnet = address("172.18.0.0/16");
        g_array_append_val(network->subnets, subnet);
        docker_facts_add_network(facts, network);
        static const char *const NAMES[] = { "web", "db", "old", "cache" }, *const ADDRESSES[] = { "172.18.0.2", NULL, NULL,
                                                                                                   "172.18.0.3" };
        for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++) {
                DockerContainer *container = docker_container_new(NAMES[i], NAMES[i]);
                container->running = ADDRESSES[i];
                g_ptr_array_add(container->networks, g_strdup("front"));
                g_hash_table_insert(container->labels, g_strdup("app"), g_strdup(i == 1 ? "data" : "shop"));
                if (container->running) {
                        DockerAddress *own = g_new0(DockerAddress, 1);
                        own->network = g_strdup("front");
                        g_assert_true(address_range_parse(ADDRESSES[i], &own->address, NULL));
                        g_ptr_array_add(container->addresses, own);
                }
                for (gsize p = 0; p < G_N_ELEMENTS(PORTS); p++) {
                        DockerPort port = { .protocol = PORTS[p].protocol,
                                            .host_port = PORTS[p].host_port,
                                            .container_port = PORTS[p].container_port };
                        g_assert_true(address_range_parse(PORTS[p].host, &port.host, NULL));
                        if (g_str_equal(PORTS[p].container, NAMES[i]))
                                g_array_append_val(container->ports, port);
                }
                docker_facts_add_container(facts, container);
        }
        return facts;
}

/* --- connections -------------------------------------------------------------------------------------------------- */

static const DockerContainer *find_published(DockerFacts *facts, const Connection *c) {
        const DockerPort dialled = { .host = c->destination, .protocol = c->protocol, .host_port = c->port };
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                for (guint i = 0; container->running && i < container->ports->len; i++) {
                        const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                        if (same_port(port, &dialled))
                                return container;
                }
        }
        return NULL;
}

static const DockerAddress *draw_address(const DockerContainer *container, Family family) {
        g_autoptr(GPtrArray) own = g_ptr_array_new();
        for (guint i = 0; i < container->addresses->len; i++)
                if (((DockerAddress *) container->addresses->pdata[i])->address.family == family)
                        g_ptr_array_add(own, container->addresses->pdata[i]);
        return own->len > 0 ? own->pdata[draw(own->len)] : NULL;
}

Connection random_connection_to(const char *const *bridges, DockerFacts *facts) {
        Connection c = random_connection(bridges);
        if (!g_strv_contains(bridges, c.out))
                return c;
        if (!c.local && draw(2)) {
                g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
                const DockerContainer *container = containers->len > 0 ? containers->pdata[draw(containers->len)] : NULL;
                const DockerAddress *own = container ? draw_address(container, c.source.family) : NULL;
                if (own)
                        c.destination = c.container = own->address;
        } else if (c.local) {
                const DockerContainer *container = find_published(facts, &c);
                const DockerAddress *own = container ? draw_address(container, c.source.family) : NULL;
                if (own)
                        c.container = own->address;
        }
        return c;
}

/* No policy lists this port. A policy that did would drop other clients by the dialled port alone, wherever it leads. */
#define UNPUBLISHED 90

Connection translated_by_others(Connection c, DockerFacts *facts) {
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        if (!c.local || containers->len == 0 || draw(2))
                return c;
        const DockerAddress *own = draw_address(containers->pdata[draw(containers->len)], c.source.family);
        if (own) {
                c.port = UNPUBLISHED;
                c.container = own->address;
                c.behind = 80 + draw(4);
        }
        return c;
}

/* --- the reference ------------------------------------------------------------------------------------------------ */

static bool is_meant(const Policy *policy, const DockerContainer *container) {
        bool labelled = true;
        guint names = 0, hits = 0;
        for (guint i = 0; i < policy->containers->len; i++) {
                const char *entry = policy->containers->pdata[i];
                const char *k = g_hash_table_lookup(container->labels, "k");
                if (g_str_equal(entry, "label=k"))
                        labelled &= k != NULL;
                else if (g_str_equal(entry, "label=k=v"))
                        labelled &= g_strcmp0(k, "v") == 0;
                else if (g_str_has_prefix(entry, "label="))
                        labelled = false;
                else {
                        names++;
                        hits += g_str_equal(entry, container->name);
                }
        }
        return labelled && (names == 0 || hits > 0);
}

/* The container whose network is shared in the end, or NULL if it is unknown. */
static const DockerContainer *network_owner(const DockerContainer *container, DockerFacts *facts) {
        while (container && container->joined)
                container = g_hash_table_lookup(facts->containers, container->joined);
        return container;
}

static bool names_it(const Policy *policy, const DockerContainer *container, DockerFacts *facts) {
        bool there = policy->networks->len == 0, named = false;
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                named |= network_owner(value, facts) == container && is_meant(policy, value);
        for (guint i = 0; i < policy->networks->len; i++)
                for (guint n = 0; n < container->networks->len; n++)
                        there |= g_str_equal(policy->networks->pdata[i], container->networks->pdata[n]);
        return named && there;
}

static bool port_is_listed(const Policy *policy, const char *protocol, guint16 port) {
        for (guint i = 0; i < policy->ports->len; i++) {
                const PortRange *range = &g_array_index(policy->ports, PortRange, i);
                if (g_str_equal(range->protocol, protocol) && range->first <= port && port <= range->last)
                        return true;
        }
        return policy->ports->len == 0;
}

static bool destination_is_listed(const Policy *policy, const AddressRange *destination) {
        for (guint i = 0; i < policy->destinations->len; i++)
                if (address_range_overlaps(&g_array_index(policy->destinations, AddressRange, i), destination))
                        return true;
        return policy->destinations->len == 0;
}

/* Whether the dialled host port is one that the container publishes, or will publish once no running container has it. */
static bool is_published_by(const DockerContainer *container, DockerFacts *facts, const Connection *c) {
        const DockerPort dialled = { .host = c->destination, .protocol = c->protocol, .host_port = c->port };
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                if (same_port(port, &dialled) && (container->running || !runs_there(facts, port)))
                        return true;
        }
        return false;
}

static bool is_own(const Policy *policy, const DockerContainer *container, const AddressRange *is) {
        for (guint i = 0; i < container->addresses->len; i++) {
                const DockerAddress *own = container->addresses->pdata[i];
                if (own->address.family == is->family && address_range_overlaps(&own->address, is) &&
                    (policy->networks->len == 0 ||
                     g_ptr_array_find_with_equal_func(policy->networks, own->network, g_str_equal, NULL)))
                        return true;
        }
        return false;
}

/* Whether the dialled container port is one that a listed host port leads to, or a listed one without any. */
static bool is_behind_listed(const Policy *policy, const DockerContainer *container, const Connection *c) {
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                const guint16 listed = port->host_port ? port->host_port : container->running ? port->container_port : 0;
                if (listed && g_str_equal(port->protocol, c->protocol) &&
                    port->container_port == (c->behind ? c->behind : c->port) && port_is_listed(policy, port->protocol, listed))
                        return true;
        }
        return false;
}

static bool is_in_subnet(const Policy *policy, const Connection *c) {
        for (guint n = 0; n < G_N_ELEMENTS(NETWORKS); n++) {
                const AddressRange subnet = address(SUBNETS[n][c->source.family]);
                if (g_ptr_array_find_with_equal_func(policy->networks, NETWORKS[n], g_str_equal, NULL) &&
                    address_range_overlaps(&subnet, &c->container))
                        return true;
        }
        return false;
}

bool reference_covers_by_facts(const Policy *policy, DockerFacts *facts, const Connection *c) {
        const bool named = policy->containers->len > 0 || policy->networks->len > 0;
        const bool anything = policy->ports->len == 0 && policy->destinations->len == 0;
        GHashTableIter iter;
        gpointer value;
        if (!facts)
                return false;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                if (!names_it(policy, container, facts))
                        continue;
                if (named && c->local && is_published_by(container, facts, c) && port_is_listed(policy, c->protocol, c->port) &&
                    destination_is_listed(policy, &c->destination))
                        return true;
                if (named && anything && is_own(policy, container, &c->container))
                        return true;
                if ((!c->local || c->behind) && policy->destinations->len == 0 && policy->ports->len > 0 &&
                    is_own(policy, container, &c->container) && is_behind_listed(policy, container, c))
                        return true;
        }
        return named && anything && policy->containers->len == 0 && is_in_subnet(policy, c);
}
