/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ports.h"

#include <stdio.h>

#include "bus/dict.h"
#include "daemon/apply.h"
#include "docker/docker.h"
#include "world/carried.h"
#include "world/engine.h"
#include "world/zone-rules.h"

bool ports_are_known(const Docker *docker) {
        return docker->is_complete || g_hash_table_size(docker->facts->containers) > 0 ||
               g_hash_table_size(docker->facts->networks) > 0;
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

GPtrArray *ports_list(World *world, PolicySet *set, Ipsets *ipsets, guint share, GError **error) {
        g_autoptr(PolicySet) policies = carried_join(world, set);
        if (policy_set_any(policies, names_zones))
                (void) zone_rules_read(world);
        g_autoptr(Desired) desired = apply_preview(world, policies, NULL, ipsets);
        ExposureEngine engine = describe_engine(world);
        engine.hold = desired->hold;
        const bool asks = policy_set_any(policies, policy_obeys) && desired->zones && !desired->zones->flaw;
        g_autoptr(ZoneAnswers) answers = asks ? zone_answers_new(desired->zones) : NULL;
        g_autoptr(ZoneClients) clients = policy_set_any(policies, names_zones) ? zone_rules_clients(world) : NULL;
        engine.zones = answers;
        engine.clients = clients;
        return exposure_list(world->docker->facts, policies, ipsets, desired->rules, (const char *const *) world->bridges,
                             world->nat, &engine, share, error);
}

static bool names_equal(const GPtrArray *a, const GPtrArray *b) {
        bool equal = a->len == b->len;
        for (guint i = 0; equal && i < a->len; i++)
                equal = g_str_equal(a->pdata[i], b->pdata[i]);
        return equal;
}

bool ports_have_same_clients(const Exposure *a, const Exposure *b) {
        bool equal = reach_equal(&a->reach, &b->reach) && a->exceptions->len == b->exceptions->len &&
                     names_equal(a->zones, b->zones) && names_equal(a->some_zones, b->some_zones);
        for (guint i = 0; equal && i < a->exceptions->len; i++) {
                const ExposureException *one = a->exceptions->pdata[i], *other = b->exceptions->pdata[i];
                equal = g_str_equal(one->interface, other->interface) && g_str_equal(one->destination, other->destination) &&
                        reach_equal(&one->reach, &other->reach);
        }
        return equal;
}

/* --- on the bus --------------------------------------------------------------------------------------------------- */

/* "reach"; "sources" (who can) or "except" (who cannot), and the number of these. */
static int append_reach(sd_bus_message *reply, const Reach *reach) {
        g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < reach->sources->len; i++)
                g_ptr_array_add(sources, address_range_format(&g_array_index(reach->sources, AddressRange, i)));
        int r = dict_append_basic(reply, "reach", 's', reach_to_string(reach->kind));
        if (r >= 0 && sources->len > 0)
                r = dict_append_names(reply, reach->kind == REACH_SOURCES || reach->kind == REACH_ZONES ? "sources" : "except",
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
                        r = dict_append_basic(reply, "interface", 's', exception->interface);
                if (r >= 0 && exception->destination[0])
                        r = dict_append_basic(reply, "destination", 's', exception->destination);
                if (r >= 0)
                        r = append_reach(reply, &exception->reach);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return dict_close_entry(reply, r < 0 ? r : sd_bus_message_close_container(reply));
}

static int append_notes(sd_bus_message *reply, GPtrArray *notes) {
        int r = dict_open_entry(reply, "notes", "a(ss)");
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (guint i = 0; r >= 0 && i < notes->len; i++) {
                const ExposureNote *note = notes->pdata[i];
                r = sd_bus_message_append(reply, "(ss)", note->code, note->sentence);
        }
        return dict_close_entry(reply, r < 0 ? r : sd_bus_message_close_container(reply));
}

int ports_append_port(sd_bus_message *reply, const Exposure *exposure) {
        const DockerContainer *container = exposure->container;
        int r = 0;
        if (exposure->protocol[0])
                r = dict_append_basic(reply, "protocol", 's', exposure->protocol);
        if (r >= 0 && exposure->address[0])
                r = dict_append_basic(reply, "host-address", 's', exposure->address);
        if (r >= 0 && exposure->host_port)
                r = sd_bus_message_append(reply, "{sv}", "host-port", "q", exposure->host_port);
        if (r >= 0 && exposure->container_port)
                r = sd_bus_message_append(reply, "{sv}", "container-port", "q", exposure->container_port);
        if (r >= 0 && container)
                r = sd_bus_message_append(reply, "{sv}{sv}{sv}", "container", "s", container->name, "container-id", "s",
                                          container->id, "running", "b", (int) container->running);
        if (r >= 0 && container)
                r = dict_append_names(reply, "networks", container->networks);
        return r < 0 ? r : dict_append_basic(reply, "path", 's', exposure->path);
}

int ports_append_clients(sd_bus_message *reply, const Exposure *exposure) {
        int r = append_reach(reply, &exposure->reach);
        if (r >= 0 && exposure->exceptions->len > 0)
                r = append_exceptions(reply, exposure->exceptions);
        if (r >= 0 && exposure->zones->len > 0)
                r = dict_append_names(reply, "zones", exposure->zones);
        if (r >= 0 && exposure->some_zones->len > 0)
                r = dict_append_names(reply, "zones-partly", exposure->some_zones);
        if (r >= 0)
                r = dict_append_names(reply, "policies", exposure->policies);
        return r < 0 ? r : append_notes(reply, exposure->notes);
}
