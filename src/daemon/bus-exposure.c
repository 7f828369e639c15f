/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Engine: what Docker publishes and who can reach it. */

#include "bus/dict.h"

#include <glib/gi18n.h>
#include "daemon/apply.h"
#include "daemon/bus.h"
#include "daemon/ports.h"
#include "docker/docker.h"
#include "model/error.h"

bool engine_check_known(const Docker *docker, GError **error) {
        if (ports_are_known(docker))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING,
                    /* TRANSLATORS: the first is a state, as "not-running"; the others are ": " and the reason, or nothing. */
                    _("Docker is %s, and nothing is known of its containers%s%s"), docker->state, docker->reason ? ": " : "",
                    docker->reason ? docker->reason : "");
        return false;
}

bool engine_list_ports(Request *request, GError **error) {
        const Daemon *daemon = request->daemon;
        World *world = daemon->world;
        if (!engine_check_known(world->docker, error))
                return false;
        /* Ports that a swarm publishes appear only in Docker's rules. */
        apply_read_published(world, daemon->reconciler.agenda);
        g_autoptr(GPtrArray) list = ports_list(world, daemon->intent.runtime, world->ipsets_now, 1, error);
        if (!list)
                return false;

        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < list->len; i++) {
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
                if (r >= 0)
                        r = ports_append_port(reply, list->pdata[i]);
                if (r >= 0)
                        r = ports_append_clients(reply, list->pdata[i]);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}

static int append_network(sd_bus_message *reply, const DockerNetwork *network, GPtrArray *containers) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint i = 0; i < containers->len; i++) {
                const DockerContainer *container = containers->pdata[i];
                if (docker_container_is_in(container, network->name))
                        g_ptr_array_add(names, container->name);
        }
        g_autoptr(GPtrArray) subnets = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < network->subnets->len; i++)
                g_ptr_array_add(subnets, address_range_format(&g_array_index(network->subnets, AddressRange, i)));
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "name", "s", network->name, "id", "s", network->id, "internal",
                                          "b", (int) network->internal);
        if (r >= 0 && network->driver)
                r = dict_append_basic(reply, "driver", 's', network->driver);
        if (r >= 0 && network->bridge)
                r = dict_append_basic(reply, "bridge", 's', network->bridge);
        if (r >= 0 && network->default_address)
                r = dict_append_basic(reply, "default-address", 's', network->default_address);
        if (r >= 0)
                r = dict_append_names(reply, "subnets", subnets);
        if (r >= 0)
                r = dict_append_names(reply, "containers", names);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

bool engine_list_networks(Request *request, GError **error) {
        const Docker *docker = request->daemon->world->docker;
        if (!engine_check_known(docker, error))
                return false;
        g_autoptr(GPtrArray) networks = docker_facts_list_networks(docker->facts);
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(docker->facts);
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < networks->len; i++)
                r = append_network(reply, networks->pdata[i], containers);
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}
