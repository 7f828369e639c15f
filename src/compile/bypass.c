/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bypass.h"

#include "compile/endpoint.h"

void bypass_free(Bypass *bypass) {
        g_free(bypass->policy);
        g_free(bypass->container);
        g_free(bypass->port);
        g_free(bypass->covered);
        g_free(bypass);
}

static char *port_text(const DockerPort *port) {
        return g_strdup_printf("%u/%s", port->host_port, port->protocol);
}

static void add(GPtrArray *list, const char *policy, const DockerContainer *container, const DockerPort *port,
                const DockerPort *covered) {
        Bypass *bypass = g_new0(Bypass, 1);
        bypass->policy = g_strdup(policy);
        bypass->container = g_strdup(container->name);
        bypass->port = port ? port_text(port) : NULL;
        bypass->covered = covered ? port_text(covered) : NULL;
        g_ptr_array_add(list, bypass);
}

/* Whether other, where it covers a connection, blocks every client that policy blocks. What has a list of its own counts in any
 * case, since the administrator gave it one; a "deny" must deny at least as many. */
static bool keeps_out_as_many(const Policy *other, const Policy *policy) {
        if (other->destinations->len > 0)
                return false;
        for (guint i = 0; i < other->interfaces->len; i++)
                if (policy->interfaces->len != other->interfaces->len ||
                    !g_ptr_array_find_with_equal_func(policy->interfaces, other->interfaces->pdata[i], g_str_equal, NULL))
                        return false;
        if (policy_has_list(other) || !policy_has_sources(other))
                return true;
        return policy->action == POLICY_DENY && policy_has_sources(policy) && policy_sources_are_within(policy, other);
}

static bool is_covered(PolicySet *set, const Policy *policy, const DockerContainer *container, const DockerPort *port,
                       GHashTable *joined) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (policy_judges(value) && keeps_out_as_many(value, policy) &&
                    endpoint_names_container(value, container, joined) && endpoint_names_port(value, port))
                        return true;
        return false;
}

static bool leads_to_same(const DockerPort *a, const DockerPort *b) {
        return a->container_port == b->container_port && g_str_equal(a->protocol, b->protocol);
}

/* The first port that the policy names and that leads where port leads; NULL: none. */
static const DockerPort *find_covered(const Policy *policy, const DockerContainer *container, const DockerPort *port) {
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *other = &g_array_index(container->ports, DockerPort, i);
                if (other->host_port != 0 && leads_to_same(port, other) && endpoint_names_port(policy, other))
                        return other;
        }
        return NULL;
}

/* Docker lists a port once for each family. */
static bool is_repeated(const DockerContainer *container, guint i) {
        const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
        for (guint k = 0; k < i; k++) {
                const DockerPort *other = &g_array_index(container->ports, DockerPort, k);
                if (other->host_port == port->host_port && leads_to_same(port, other))
                        return true;
        }
        return false;
}

static void add_other_ports(GPtrArray *list, PolicySet *set, const char *name, const Policy *policy,
                            const DockerContainer *container, GHashTable *joined) {
        for (guint i = 0; i < container->ports->len; i++) {
                const DockerPort *port = &g_array_index(container->ports, DockerPort, i);
                const DockerPort *covered = find_covered(policy, container, port);
                /* A policy does not miss what it names itself, even if it is limited to one address or interface. */
                if (port->host_port != 0 && covered && !endpoint_names_port(policy, port) && !is_repeated(container, i) &&
                    !is_covered(set, policy, container, port, joined))
                        add(list, name, container, port, covered);
        }
}

GPtrArray *bypass_list(PolicySet *set, DockerFacts *facts) {
        GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) bypass_free);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(facts);
        g_autoptr(GHashTable) joined = docker_facts_index_joined(facts);
        for (guint n = 0; n < names->len; n++) {
                const Policy *policy = g_hash_table_lookup(set->policies, names->pdata[n]);
                for (guint i = 0; policy_judges(policy) && i < containers->len; i++) {
                        const DockerContainer *container = containers->pdata[i];
                        if (!container->running || !endpoint_names_container(policy, container, joined))
                                continue;
                        if (container->host_network && endpoint_is_named(policy))
                                add(list, names->pdata[n], container, NULL, NULL);
                        else if (policy->ports->len > 0)
                                add_other_ports(list, set, names->pdata[n], policy, container, joined);
                }
        }
        return list;
}
