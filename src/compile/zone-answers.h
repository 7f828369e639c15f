/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what firewalld's zones say about a port, whoever the client is. Must not know how their rules are copied. */

#include "compile/zone-rules.h"

/* Adds the zones (char *) that let everybody in by this port, and those that let in some: who they are, or how often they come,
 * decides. Zones to which firewalld assigns nobody, or containers only, are left out. */
void zone_answers_list(const ZoneRules *zones, const char *protocol, guint16 port, GPtrArray *all, GPtrArray *some);
