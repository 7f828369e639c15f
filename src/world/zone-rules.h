/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's own rules for connections to this host, as last read. While firewalld is away or rebuilds them they stay as
 * they were, also across a restart and a boot. */

#include "compile/zone-clients.h"
#include "world/world.h"

/* What was read before this start. */
void zone_rules_recall(World *world);
/* For a boot, when firewalld is not running yet (unref); NULL: they were never read. */
ZoneRules *zone_rules_recall_saved(const Settings *settings);

/* Reads them if they may have changed. Returns whether they have. */
bool zone_rules_read(World *world);

/* The kernel does not take them: from now on they let in nobody, until firewalld changes them. */
void zone_rules_refuse(World *world, const char *why);

/* Which clients are in which zone by these rules, with the interfaces that there are (free it); NULL: not known. Both may be
 * NULL. */
ZoneClients *zone_rules_assign(const ZoneRules *zones, const Links *links);
/* The same now. */
ZoneClients *zone_rules_clients(const World *world);

/* Why whom firewalld's zones let in is not known, for people; NULL: it is. Free with g_free(). */
char *zone_rules_flaw(const World *world);
