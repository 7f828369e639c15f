/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup.h"

#include <glib/gi18n.h>

#include "world/engine.h"
#include "world/ipsets.h"
#include "world/iptables.h"
#include "world/journal.h"
#include "world/notices.h"
#include "world/permanent.h"
#include "world/spared.h"
#include "world/zone-rules.h"
#include "world/zones.h"

static void on_firewalld(FirewalldEvent event, gpointer userdata) {
        World *world = userdata;
        WorldChange what = WORLD_FIREWALLD;
        if (event != FIREWALLD_STATE_CHANGED && event != FIREWALLD_PANIC_CHANGED)
                permanent_forget(world);
        if (event == FIREWALLD_STATE_CHANGED)
                what = WORLD_FIREWALLD_STATE;
        else if (event == FIREWALLD_DIRECT_CHANGED)
                what = WORLD_FIREWALLD_DIRECT;
        else if (event == FIREWALLD_IPSETS_CHANGED) {
                what = g_hash_table_size(world->ipsets_now) > 0 ? WORLD_IPSETS : 0;
                world->ipsets_stale = true;
        } else if (event == FIREWALLD_RELOADED || event == FIREWALLD_APPEARED) {
                what = WORLD_FIREWALLD_ANEW;
                world->ipsets_stale = world->zone_rules_stale = true;
                world->firewalld_table = false; /* the backend may have changed */
        }
        if (what)
                world->changed(what, world->userdata);
}

static void on_docker(DockerEvent event, gpointer userdata) {
        World *world = userdata;
        const Docker *docker = world->docker;
        switch (event) {
        case DOCKER_WARNING:
                journal_log(LOG_WARNING, NULL, "%s", docker->warning);
                break;
        case DOCKER_STATE_CHANGED:
                journal_log(LOG_INFO, JOURNAL_FIELDS("QUAYWALL_DOCKER", docker->state), _("Docker is %s%s%s"), docker->state,
                            docker->reason ? ": " : "", docker->reason ? docker->reason : "");
                engine_refresh(world->engine); /* defaults depend on the version */
                world->changed(WORLD_DOCKER_STATE | WORLD_DOCKER_FACTS, world->userdata);
                break;
        case DOCKER_FACTS_CHANGED:
                world->changed(WORLD_DOCKER_FACTS, world->userdata);
                break;
        }
}

World *world_new(sd_event *event, sd_bus *bus, const Settings *settings, FiberMutex *mutex, WorldFunc changed,
                 gpointer userdata) {
        World *world = g_new(World, 1);
        *world = (World){ .event = event, .settings = settings, .mutex = mutex, .changed = changed, .userdata = userdata };
        g_autofree char *facts = g_build_filename(settings->state_folder, FACTS_FILE, NULL);
        world->bridges = g_strdupv((char **) DEFAULT_BRIDGES);
        world->zone_interfaces = g_new0(char *, 1);
        world->zone_permanent = g_new0(char *, 1);
        if (settings->use_guard)
                world->guard = guard_new();
        ipsets_recall(world);
        zone_rules_recall(world);
        notices_open(world);
        world->engine = engine_new(world);
        world->firewalld = firewalld_new(bus, on_firewalld, world);
        world->docker =
                docker_new(event, bus, settings->docker_socket, settings->docker_pid_file, facts, NULL, on_docker, world);
        spared_open(world);
        zones_update_bridges(world);
        return world;
}

void world_start(World *world) {
        docker_start(world->docker);
}

void world_free(World *world) {
        if (!world)
                return;
        docker_free(world->docker);
        iptables_forget(world);
        iptables_forget_chains(world);
        permanent_forget(world);
        monitor_free(world->monitor);
        engine_free(world->engine);
        firewalld_free(world->firewalld);
        guard_free(world->guard);
        links_free(world->links);
        g_strfreev(world->bridges);
        g_strfreev(world->ruled_bridges);
        g_strfreev(world->spared);
        g_clear_pointer(&world->bridges_since, g_hash_table_unref);
        g_clear_pointer(&world->zones, g_hash_table_unref);
        g_free(world->zone_target);
        g_strfreev(world->zone_interfaces);
        g_strfreev(world->zone_permanent);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                g_clear_pointer(&world->admission.before[family], g_hash_table_unref);
        ipsets_unref(world->ipsets_now);
        ipsets_unref(world->ipsets_later);
        zone_rules_unref(world->zone_rules);
        g_clear_pointer(&world->nat, g_array_unref);
        g_clear_pointer(&world->published, g_hash_table_unref);
        g_free(world);
}
