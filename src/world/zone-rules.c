/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world/zone-rules.h"

#include <glib/gi18n.h>

#include "guard/tables.h"
#include "guard/zone-table.h"
#include "world/memory.h"

#define FILE_NAME "zone-rules"

ZoneRules *zone_rules_recall_saved(const Settings *settings) {
        g_autofree char *file = g_build_filename(settings->state_folder, FILE_NAME, NULL), *text = NULL;
        return g_file_get_contents(file, &text, NULL, NULL) ? zone_rules_parse(text) : NULL;
}

void zone_rules_recall(World *world) {
        world->zone_rules = zone_rules_recall_saved(world->settings);
        world->zone_rules_stale = true;
}

static void save(const World *world, const char *text) {
        g_autofree char *file = g_build_filename(world->settings->state_folder, FILE_NAME, NULL);
        memory_save(file, text, 0600);
}

/* A firewalld that is starting has no policy "drop" yet, and answers the bus when it is done. */
static bool is_settled(const World *world) {
        return world->firewalld->owner && g_str_equal(world->firewalld->state, "running");
}

static bool take(World *world, ZoneRules *fresh) {
        const ZoneRules *known = world->zone_rules;
        const bool same = known && g_str_equal(known->text, fresh->text) && g_strcmp0(known->flaw, fresh->flaw) == 0;
        if (same) {
                zone_rules_unref(fresh);
                return false;
        }
        zone_rules_unref(world->zone_rules);
        world->zone_rules = fresh;
        save(world, fresh->text);
        return true;
}

bool zone_rules_read(World *world) {
        if (!world->zone_rules_stale || !is_settled(world))
                return false;
        world->zone_rules_stale = false; /* a notice that arrives from now on means another reading */
        if (!world->firewalld_table && !tables_have("inet", ZONE_TABLE))
                return take(
                        world,
                        zone_rules_new("", g_strdup(_("firewalld has no nftables table: its FirewallBackend= is iptables"))));
        g_autofree char *text = zone_table_read();
        if (!text || (world->zone_rules && g_str_equal(text, world->zone_rules->text)))
                return false;
        world->firewalld_table = true;
        return take(world, zone_rules_parse(text));
}

void zone_rules_refuse(World *world, const char *why) {
        ZoneRules *refused = world->zone_rules;
        world->zone_rules =
                zone_rules_new(refused->text, g_strdup_printf(_("the copy of firewalld's rules cannot be loaded: %s"), why));
        zone_rules_unref(refused);
}

char *zone_rules_flaw(const World *world) {
        return g_strdup(world->zone_rules ? world->zone_rules->flaw : _("firewalld's rules were never read"));
}

ZoneClients *zone_rules_assign(const ZoneRules *zones, const Links *links) {
        if (!zones || zones->flaw)
                return NULL;
        g_autoptr(GPtrArray) inlets = links ? links_list_inlets(links) : g_ptr_array_new();
        g_ptr_array_add(inlets, NULL);
        return zone_clients_new(zones, (const char *const *) inlets->pdata);
}

ZoneClients *zone_rules_clients(const World *world) {
        return zone_rules_assign(world->zone_rules, world->links);
}
