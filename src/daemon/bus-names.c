/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manager.ListNames: what there is on this host that policies and the other methods name. */

#include "bus/cleanup.h"
#include "daemon/bus.h"
#include "docker/docker.h"
#include "firewalld/ipset.h"
#include "firewalld/zone.h"
#include "guard/addresses.h"
#include "model/sort.h"
#include "world/published.h"
#include "world/zones.h"

#define COMPOSE_PROJECT "com.docker.compose.project"
#define COMPOSE_SERVICE "com.docker.compose.service"

int names_append(sd_bus_message *reply, GPtrArray *names) {
        g_ptr_array_sort(names, compare_strings);
        int r = sd_bus_message_open_container(reply, 'a', "s");
        for (guint i = 0; r >= 0 && i < names->len; i++)
                if (i == 0 || !g_str_equal(names->pdata[i - 1], names->pdata[i]))
                        r = sd_bus_message_append_basic(reply, 's', names->pdata[i]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append(sd_bus_message *reply, const char *key, GPtrArray *names) {
        int r = sd_bus_message_open_container(reply, 'e', "sas");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", key);
        if (r >= 0)
                r = names_append(reply, names);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_policies(sd_bus_message *reply, const Intent *intent) {
        g_autoptr(GPtrArray) names = policy_set_names(intent->runtime), later = policy_set_names(intent->permanent);
        g_ptr_array_extend(names, later, NULL, NULL);
        return append(reply, "policies", names);
}

static int append_groups(sd_bus_message *reply, const Intent *intent) {
        g_autoptr(GPtrArray) names = policy_set_group_names(intent->runtime), later = policy_set_group_names(intent->permanent);
        g_ptr_array_extend(names, later, NULL, NULL);
        return append(reply, "groups", names);
}

static int append_docker(sd_bus_message *reply, DockerFacts *facts) {
        g_autoptr(GPtrArray) containers = g_ptr_array_new(), networks = g_ptr_array_new(),
                             compose = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                const char *project = g_hash_table_lookup(container->labels, COMPOSE_PROJECT),
                           *service = g_hash_table_lookup(container->labels, COMPOSE_SERVICE);
                g_ptr_array_add(containers, container->name);
                if (!project || !*project)
                        continue;
                g_ptr_array_add(compose, g_strdup(project));
                if (service && *service)
                        g_ptr_array_add(compose, g_strconcat(project, "/", service, NULL));
        }
        g_hash_table_iter_init(&iter, facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                g_ptr_array_add(networks, ((DockerNetwork *) value)->name);
        int r = append(reply, "containers", containers);
        if (r >= 0)
                r = append(reply, "networks", networks);
        return r < 0 ? r : append(reply, "compose", compose);
}

static int append_ports(sd_bus_message *reply, World *world) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GArray) published = published_list(world);
        for (guint i = 0; i < published->len; i++) {
                const PublishedPort *port = &g_array_index(published, PublishedPort, i);
                g_ptr_array_add(names, g_strdup_printf("%u/%s", port->port, port->protocol));
        }
        return append(reply, "ports", names);
}

static bool is_on_bridge(const World *world, const HostAddress *own) {
        const Link *link = world->links ? links_find_index(world->links, own->link) : NULL;
        return link && zones_is_bridge(world, link->name);
}

GPtrArray *names_list_addresses(const World *world) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GArray) all = addresses_list();
        for (guint i = 0; all && i < all->len; i++) {
                const HostAddress *own = &g_array_index(all, HostAddress, i);
                if (!own->is_local && !is_on_bridge(world, own))
                        g_ptr_array_add(names, address_range_format(&own->address));
        }
        return names;
}

GPtrArray *names_list_interfaces(const World *world) {
        GPtrArray *names = world->links ? links_list_inlets(world->links) : g_ptr_array_new();
        /* Docker's veths are ports of bridges, but not in their first moments. */
        for (guint i = names->len; i-- > 0;)
                if (links_is_container(world->links, names->pdata[i]))
                        g_ptr_array_remove_index(names, i);
        return names;
}

static int append_host(sd_bus_message *reply, const World *world) {
        g_autoptr(GPtrArray) addresses = names_list_addresses(world), interfaces = names_list_interfaces(world);
        const int r = append(reply, "addresses", addresses);
        return r < 0 ? r : append(reply, "interfaces", interfaces);
}

/* list: NULL if firewalld is away or does not say. */
static int append_firewalld(sd_bus_message *reply, const char *key, GStrv list) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (char **name = list; name && *name; name++)
                g_ptr_array_add(names, *name);
        return append(reply, key, names);
}

bool manager_list_names(Request *request, GError **error) {
        const Daemon *daemon = request->daemon;
        World *world = daemon->world;
        /* These wait, so they come before anything is borrowed. */
        g_auto(GStrv) zones = world->firewalld->owner ? zone_list_runtime(world->firewalld, NULL) : NULL;
        g_auto(GStrv) ipsets = world->firewalld->owner ? ipset_list_runtime(world->firewalld, NULL) : NULL;
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "{sas}");
        if (r >= 0)
                r = append_policies(reply, &daemon->intent);
        if (r >= 0)
                r = append_groups(reply, &daemon->intent);
        if (r >= 0)
                r = append_docker(reply, world->docker->facts);
        if (r >= 0)
                r = append_ports(reply, world);
        if (r >= 0)
                r = append_host(reply, world);
        if (r >= 0)
                r = append_firewalld(reply, "zones", zones);
        if (r >= 0)
                r = append_firewalld(reply, "ipsets", ipsets);
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}
