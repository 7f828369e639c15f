/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zones.h"

#include "firewalld/zone.h"
#include "model/policy.h"
#include "model/sort.h"
#include "world/docker-rules.h"
#include "world/iptables.h"

const char *const DEFAULT_BRIDGES[] = { "docker0", NULL };

static void add_name(GPtrArray *names, char *name) {
        if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
                g_ptr_array_add(names, name);
}

GStrv zones_list_bridges(const Links *links, GStrv ruled, DockerFacts *facts) {
        g_autoptr(GPtrArray) names = g_ptr_array_new(), bridges = g_ptr_array_new();
        g_autoptr(GPtrArray) networks = docker_facts_list_networks(facts);
        for (guint i = 0; i < networks->len; i++)
                if (((DockerNetwork *) networks->pdata[i])->bridge)
                        add_name(names, ((DockerNetwork *) networks->pdata[i])->bridge);
        const bool untold = names->len == 0;
        for (const char *const *bridge = DEFAULT_BRIDGES; untold && *bridge; bridge++)
                add_name(names, (char *) *bridge);
        for (char **bridge = ruled; bridge && *bridge; bridge++)
                add_name(names, *bridge);
        for (guint i = 0; i < names->len; i++)
                if (!links || !links_find(links, names->pdata[i]) || links_is_bridge(links, names->pdata[i]))
                        g_ptr_array_add(bridges, names->pdata[i]);
        g_ptr_array_sort(bridges, compare_strings);
        g_ptr_array_add(bridges, NULL);
        return g_strdupv((char **) bridges->pdata);
}

void zones_update_bridges(World *world) {
        g_strfreev(world->bridges);
        world->bridges = zones_list_bridges(world->links, world->ruled_bridges, world->docker->facts);
}

bool zones_is_bridge(const World *world, const char *interface) {
        return g_strv_contains((const char *const *) world->bridges, interface);
}

GPtrArray *zones_list_leading_out(const Links *links, const char *const *bridges) {
        GPtrArray *names = g_ptr_array_new();
        for (; links && *bridges; bridges++)
                if (links_leads_out(links, *bridges))
                        g_ptr_array_add(names, (char *) *bridges);
        g_ptr_array_add(names, NULL);
        return names;
}

static void note_ruled(const char *bridge, gpointer userdata) {
        /* The kernel allows more names: "br+" and "br\\" mean something else to iptables and nft. */
        if (interface_name_check("interface", bridge, NULL))
                add_name(userdata, (char *) bridge);
}

static void keep_ruled(World *world, GPtrArray *names) {
        g_ptr_array_add(names, NULL);
        g_strfreev(world->ruled_bridges);
        world->ruled_bridges = g_strdupv((char **) names->pdata);
}

/* While Docker has no rules, because firewalld reloads or Docker is down, keep the known bridges. */
static void read_ruled(World *world) {
        const KernelTable *filter = world->docker_uses_nft ? NULL : iptables_read(world, FAMILY_IPV4, "filter", NULL);
        if (!filter || !kernel_table_has_docker(filter, "FORWARD"))
                return;
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        kernel_table_bridges(filter, note_ruled, names);
        keep_ruled(world, names);
}

void zones_note_nft(World *world, const GPtrArray *bridges) {
        if (bridges->len == 0)
                return;
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint i = 0; i < bridges->len; i++)
                note_ruled(bridges->pdata[i], names);
        keep_ruled(world, names);
        zones_update_bridges(world);
}

static GStrv interfaces_of_zone(GHashTable *zones, const char *name) {
        g_autoptr(GPtrArray) interfaces = g_ptr_array_new();
        GHashTableIter iter;
        gpointer interface, zone;
        g_hash_table_iter_init(&iter, zones);
        while (g_hash_table_iter_next(&iter, &interface, &zone))
                if (g_str_equal(zone, name))
                        g_ptr_array_add(interfaces, interface);
        g_ptr_array_sort(interfaces, compare_strings);
        g_ptr_array_add(interfaces, NULL);
        return g_strdupv((char **) interfaces->pdata);
}

static bool is_same(const World *world, const char *target, GStrv now, GStrv later) {
        return g_strcmp0(world->zone_target, target) == 0 &&
               g_strv_equal((const char *const *) world->zone_interfaces, (const char *const *) now) &&
               g_strv_equal((const char *const *) world->zone_permanent, (const char *const *) later);
}

bool zones_read(World *world, GError **error) {
        g_autoptr(GHashTable) zones = zone_read_active(world->firewalld, error);
        g_auto(GStrv) later = NULL;
        g_autofree char *target = NULL;
        if (!zones || !zone_read_permanent(world->firewalld, ZONE_DOCKER, &target, &later, error))
                return false;
        g_auto(GStrv) now = interfaces_of_zone(zones, ZONE_DOCKER);
        g_clear_pointer(&world->zones, g_hash_table_unref);
        world->zones = g_steal_pointer(&zones);
        read_ruled(world);
        zones_update_bridges(world);
        zones_note_homeless(world, g_get_monotonic_time());
        if (is_same(world, target, now, later))
                return true;
        g_free(world->zone_target);
        g_strfreev(world->zone_interfaces);
        g_strfreev(world->zone_permanent);
        world->zone_target = g_steal_pointer(&target);
        world->zone_interfaces = g_steal_pointer(&now);
        world->zone_permanent = g_steal_pointer(&later);
        world->changed(WORLD_ZONE, world->userdata);
        return true;
}

const char *zones_find(const World *world, const char *interface) {
        const char *zone = world->zones ? g_hash_table_lookup(world->zones, interface) : NULL;
        return zone ? zone : "";
}

static bool is_internal(const World *world, const char *bridge) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, world->docker->facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerNetwork *network = value;
                if (network->internal && g_strcmp0(network->bridge, bridge) == 0)
                        return true;
        }
        return false;
}

GPtrArray *zones_list_members(const World *world) {
        GPtrArray *bridges = g_ptr_array_new();
        for (char **bridge = world->bridges; world->links && docker_rules_are_made(world) && *bridge; bridge++)
                if (links_is_bridge(world->links, *bridge) && !links_leads_out(world->links, *bridge) &&
                    !is_internal(world, *bridge))
                        g_ptr_array_add(bridges, *bridge);
        return bridges;
}

void zones_note_homeless(World *world, gint64 now) {
        g_autoptr(GPtrArray) members = zones_list_members(world);
        bool homeless = false;
        for (guint i = 0; i < members->len; i++)
                homeless |= zones_find(world, members->pdata[i])[0] == '\0';
        if (!homeless)
                world->homeless = 0;
        else if (world->homeless == 0)
                world->homeless = now;
}
