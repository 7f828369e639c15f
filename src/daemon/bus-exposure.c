/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Engine: what Docker publishes and who can reach it. */

#include <stdio.h>

#include "bus/dict.h"
#include "compile/exposure.h"
#include "daemon/apply.h"
#include "daemon/bus.h"
#include "docker/docker.h"
#include "model/error.h"
#include "world/engine.h"
#include "world/published.h"
#include "world/zone-rules.h"

static int append_string(sd_bus_message *reply, const char *key, const char *value) {
        return sd_bus_message_append(reply, "{sv}", key, "s", value);
}

static int append_strings(sd_bus_message *reply, const char *key, GPtrArray *values) {
        g_autofree char **list = g_new0(char *, values->len + 1);
        for (guint i = 0; i < values->len; i++)
                list[i] = values->pdata[i];
        return dict_append_strings(reply, key, list);
}

/* "reach"; "sources" (who can) or "except" (who cannot), and the number of these. */
static int append_reach(sd_bus_message *reply, const Reach *reach) {
        g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < reach->sources->len; i++)
                g_ptr_array_add(sources, address_range_format(&g_array_index(reach->sources, AddressRange, i)));
        int r = append_string(reply, "reach", reach_to_string(reach->kind));
        if (r >= 0 && sources->len > 0)
                r = append_strings(reply, reach->kind == REACH_SOURCES || reach->kind == REACH_ZONES ? "sources" : "except",
                                   sources);
        if (r >= 0 && sources->len > 0)
                r = sd_bus_message_append(reply, "{sv}", "source-count", "u",
                                          (uint32_t) MAX(reach->n_sources, reach->sources->len));
        return r;
}

static int append_exceptions(sd_bus_message *reply, GPtrArray *exceptions) {
        int r = dict_open_entry(reply, "exceptions", "aa{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < exceptions->len; i++) {
                const ExposureException *exception = exceptions->pdata[i];
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
                if (r >= 0 && exception->interface[0])
                        r = append_string(reply, "interface", exception->interface);
                if (r >= 0 && exception->destination[0])
                        r = append_string(reply, "destination", exception->destination);
                if (r >= 0)
                        r = append_reach(reply, &exception->reach);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return dict_close_entry(reply, r);
}

static int append_notes(sd_bus_message *reply, GPtrArray *notes) {
        int r = dict_open_entry(reply, "notes", "a(ss)");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (guint i = 0; r >= 0 && i < notes->len; i++) {
                const ExposureNote *note = notes->pdata[i];
                r = sd_bus_message_append(reply, "(ss)", note->code, note->sentence);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return dict_close_entry(reply, r);
}

static int append_port(sd_bus_message *reply, const Exposure *exposure) {
        const DockerContainer *container = exposure->container;
        int r = sd_bus_message_open_container(reply, 'a', "{sv}");
        if (r >= 0 && exposure->protocol[0])
                r = append_string(reply, "protocol", exposure->protocol);
        if (r >= 0 && exposure->address[0])
                r = append_string(reply, "host-address", exposure->address);
        if (r >= 0 && exposure->host_port)
                r = sd_bus_message_append(reply, "{sv}", "host-port", "q", exposure->host_port);
        if (r >= 0 && exposure->container_port)
                r = sd_bus_message_append(reply, "{sv}", "container-port", "q", exposure->container_port);
        if (r >= 0 && container)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "container", "s", container->name, "container-id", "s",
                                          container->id, "running", "b", (int) container->running);
        if (r >= 0 && container)
                r = append_strings(reply, "networks", container->networks);
        if (r >= 0)
                r = append_string(reply, "path", exposure->path);
        if (r >= 0)
                r = append_reach(reply, &exposure->reach);
        if (r >= 0 && exposure->exceptions->len > 0)
                r = append_exceptions(reply, exposure->exceptions);
        if (r >= 0 && exposure->zones->len > 0)
                r = append_strings(reply, "zones", exposure->zones);
        if (r >= 0 && exposure->some_zones->len > 0)
                r = append_strings(reply, "zones-partly", exposure->some_zones);
        if (r >= 0)
                r = append_strings(reply, "policies", exposure->policies);
        if (r >= 0)
                r = append_notes(reply, exposure->notes);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

bool engine_check_known(const Docker *docker, GError **error) {
        if (docker->is_complete || g_hash_table_size(docker->facts->containers) > 0 ||
            g_hash_table_size(docker->facts->networks) > 0)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_DOCKER_NOT_RUNNING,
                    "Docker is %s, and nothing is known of its containers%s%s", docker->state, docker->reason ? ": " : "",
                    docker->reason ? docker->reason : "");
        return false;
}

/* A rootless Docker makes its rules in another network namespace. */
static ExposureEngine describe_engine(const World *world) {
        const Docker *docker = world->docker;
        EngineValues values;
        if (!engine_running(world->engine, &values))
                values = engine_next(world->engine);
        ExposureEngine engine = { .iptables = values.iptables && !docker->is_rootless,
                                  .ip6tables = values.ip6tables && !docker->is_rootless,
                                  .uses_nft = world->docker_uses_nft,
                                  .no_raw = docker->no_raw,
                                  .strict = world->firewalld->strict,
                                  .guarded = world->settings->use_guard };
        (void) sscanf(docker->version, "%5u.%5u.%5u", &engine.major, &engine.minor, &engine.patch);
        return engine;
}

/* Also a disabled one: it is listed what it would cover. */
static bool names_zones(const Policy *policy) {
        return policy->action == POLICY_OBEY_ZONES || policy->zones->len > 0;
}

bool engine_list_ports(Request *request, GError **error) {
        World *world = request->daemon->world;
        const Docker *docker = world->docker;
        if (!engine_check_known(docker, error))
                return false;
        /* Ports that a swarm publishes appear only in Docker's rules. */
        apply_read_published(world, request->daemon->reconciler.agenda);
        PolicySet *policies = request->daemon->intent.runtime;
        if (policy_set_any(policies, names_zones))
                (void) zone_rules_read(world);
        g_autoptr(Desired) desired = apply_desire(world, policies, NULL);
        ExposureEngine engine = describe_engine(world);
        engine.hold = desired->hold;
        const bool asks = policy_set_any(policies, policy_obeys) && desired->zones && !desired->zones->flaw;
        g_autoptr(ZoneAnswers) answers = asks ? zone_answers_new(desired->zones) : NULL;
        g_autoptr(ZoneClients) clients = policy_set_any(policies, names_zones) ? zone_rules_clients(world) : NULL;
        engine.zones = answers;
        engine.clients = clients;
        const char *const *bridges = (const char *const *) world->bridges;
        g_autoptr(GPtrArray) list =
                exposure_list(docker->facts, policies, world->ipsets_now, desired->rules, bridges, world->nat, &engine, error);
        if (!list)
                return false;

        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < list->len; i++)
                r = append_port(reply, list->pdata[i]);
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
                r = append_string(reply, "driver", network->driver);
        if (r >= 0 && network->bridge)
                r = append_string(reply, "bridge", network->bridge);
        if (r >= 0 && network->default_address)
                r = append_string(reply, "default-address", network->default_address);
        if (r >= 0)
                r = append_strings(reply, "subnets", subnets);
        if (r >= 0)
                r = append_strings(reply, "containers", names);
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
