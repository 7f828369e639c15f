/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spared.h"

#include "model/policy.h"
#include "world/memory.h"
#include "world/zones.h"

/* Docker creates a bridge first and reports its network only some dozens of iptables calls later. */
#define NEW_USEC (1 * G_USEC_PER_SEC)

/* A swarm's published ports lead through it, to an address that is no container's. */
#define SWARM_BRIDGE "docker_gwbridge"

static char *spared_file(const Settings *settings) {
        return g_build_filename(settings->state_folder, "spared-bridges", NULL);
}

static GHashTable *list_dockers(const char *const *bridges, DockerFacts *facts) {
        GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GHashTableIter iter;
        gpointer network;
        for (; bridges && *bridges; bridges++)
                g_hash_table_add(names, g_strdup(*bridges));
        g_hash_table_iter_init(&iter, facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &network))
                if (((DockerNetwork *) network)->bridge)
                        g_hash_table_add(names, g_strdup(((DockerNetwork *) network)->bridge));
        return names;
}

GStrv spared_recall(const Settings *settings, DockerFacts *facts) {
        g_autoptr(GHashTable) dockers = list_dockers(DEFAULT_BRIDGES, facts);
        g_autoptr(GStrvBuilder) spared = g_strv_builder_new();
        g_autofree char *file = spared_file(settings);
        g_autofree char *text = NULL;
        if (g_file_get_contents(file, &text, NULL, NULL)) {
                g_auto(GStrv) names = g_strsplit(text, "\n", -1);
                for (char **name = names; *name; name++)
                        if (interface_name_check("bridge", *name, NULL) && !g_hash_table_contains(dockers, *name))
                                g_strv_builder_add(spared, *name);
        }
        g_strv_builder_add(spared, SWARM_BRIDGE);
        return g_strv_builder_end(spared);
}

static void save(World *world) {
        g_autofree char *file = spared_file(world->settings);
        g_autofree char *text = g_strjoinv("\n", world->spared);
        memory_save(file, text, 0644);
}

/* How long the bridge still counts as new, in microseconds. */
static guint64 time_left(World *world, const char *bridge, gint64 now) {
        const gint64 *since = g_hash_table_lookup(world->bridges_since, bridge);
        if (!since) {
                g_hash_table_insert(world->bridges_since, g_strdup(bridge), g_memdup2(&now, sizeof now));
                return NEW_USEC;
        }
        return now - *since >= (gint64) NEW_USEC ? 0 : NEW_USEC - (now - *since);
}

static gboolean is_gone(gpointer bridge, G_GNUC_UNUSED gpointer since, gpointer links) {
        return !links_is_bridge(links, bridge);
}

void spared_open(World *world) {
        const gint64 long_ago = g_get_monotonic_time() - NEW_USEC;
        g_autoptr(GHashTable) leading_out = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        world->bridges_since = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        world->spared = spared_recall(world->settings, world->docker->facts);
        g_autoptr(GPtrArray) bridges = world->links ? links_list_bridges(world->links, leading_out) : g_ptr_array_new();
        for (guint i = 0; i < bridges->len; i++)
                g_hash_table_insert(world->bridges_since, g_strdup(bridges->pdata[i]), g_memdup2(&long_ago, sizeof long_ago));
}

guint64 spared_update(World *world) {
        if (!world->links || !world->bridges_since)
                return 0;
        const gint64 now = g_get_monotonic_time();
        const DockerNetworks told = docker_networks(world->docker);
        g_autoptr(GHashTable) leading_out = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) dockers = list_dockers((const char *const *) world->bridges, world->docker->facts);
        g_autoptr(GPtrArray) bridges = links_list_bridges(world->links, leading_out);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        guint64 wait = 0;
        for (guint i = 0; i < bridges->len; i++) {
                const char *bridge = bridges->pdata[i];
                const bool is_dockers = g_hash_table_contains(dockers, bridge);
                const guint64 left = time_left(world, bridge, now);
                bool spare = is_dockers && g_hash_table_contains(leading_out, bridge);
                if (!is_dockers && told == NETWORKS_KNOWN && left == 0)
                        spare = true;
                else if (!is_dockers && g_strv_contains((const char *const *) world->spared, bridge))
                        spare = true; /* spared by an earlier check */
                else if (!is_dockers && told != NETWORKS_UNKNOWN)
                        wait = MAX(wait, MAX(left, NEW_USEC / 10));
                if (spare && !g_str_equal(bridge, SWARM_BRIDGE))
                        g_strv_builder_add(builder, bridge);
        }
        g_strv_builder_add(builder, SWARM_BRIDGE);
        (void) g_hash_table_foreach_remove(world->bridges_since, is_gone, world->links);
        g_auto(GStrv) spared = g_strv_builder_end(builder);
        if (g_strv_equal((const char *const *) spared, (const char *const *) world->spared))
                return wait;
        g_strfreev(world->spared);
        world->spared = g_steal_pointer(&spared);
        save(world);
        return wait;
}
