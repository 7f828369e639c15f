/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manager.ListNames: what there is on this host that policies and the other methods name. */

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "bus/cleanup.h"
#include "daemon/bus.h"
#include "docker/docker.h"
#include "firewalld/ipset.h"
#include "firewalld/zone.h"
#include "model/sort.h"
#include "world/published.h"
#include "world/zones.h"

#define COMPOSE_PROJECT "com.docker.compose.project"
#define COMPOSE_SERVICE "com.docker.compose.service"

static int append(sd_bus_message *reply, const char *key, GPtrArray *names) {
        g_ptr_array_sort(names, compare_strings);
        int r = sd_bus_message_open_container(reply, 'e', "sas");
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", key);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "s");
        for (guint i = 0; r >= 0 && i < names->len; i++)
                if (i == 0 || !g_str_equal(names->pdata[i - 1], names->pdata[i]))
                        r = sd_bus_message_append_basic(reply, 's', names->pdata[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
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

/* Where clients can dial: neither loopback, nor an address that needs an interface beside it, nor one of Docker's bridges. */
static char *dialled_address(const World *world, const struct ifaddrs *one) {
        char text[INET6_ADDRSTRLEN];
        if (!one->ifa_addr || (one->ifa_flags & IFF_LOOPBACK) || zones_is_bridge(world, one->ifa_name))
                return NULL;
        if (one->ifa_addr->sa_family == AF_INET)
                return g_strdup(inet_ntop(AF_INET, &((const struct sockaddr_in *) (const void *) one->ifa_addr)->sin_addr, text,
                                          sizeof text));
        const struct in6_addr *six = &((const struct sockaddr_in6 *) (const void *) one->ifa_addr)->sin6_addr;
        if (one->ifa_addr->sa_family != AF_INET6 || IN6_IS_ADDR_LINKLOCAL(six))
                return NULL;
        return g_strdup(inet_ntop(AF_INET6, six, text, sizeof text));
}

static int append_host(sd_bus_message *reply, const World *world) {
        g_autoptr(GPtrArray) addresses = g_ptr_array_new_with_free_func(g_free),
                             interfaces = world->links ? links_list_inlets(world->links) : g_ptr_array_new();
        struct ifaddrs *all = NULL;
        if (getifaddrs(&all) == 0) {
                for (const struct ifaddrs *one = all; one; one = one->ifa_next) {
                        char *address = dialled_address(world, one);
                        if (address)
                                g_ptr_array_add(addresses, address);
                }
                freeifaddrs(all);
        }
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
