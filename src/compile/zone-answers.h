/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what firewalld's zones say about a port, whoever the client is. Must not know how their rules are copied. */

#include "compile/zone-rules.h"

typedef struct ZoneAnswers ZoneAnswers;

/* The rules, taken apart once for many ports. */
ZoneAnswers *zone_answers_new(const ZoneRules *zones);
void zone_answers_free(ZoneAnswers *answers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZoneAnswers, zone_answers_free)

/* Adds the zones (char *) that let everybody in by this port, and those that let in some: who they are, or how often they come,
 * decides. Zones to which firewalld assigns nobody, or containers only, are left out. Returns the number of rules it read. */
guint64 zone_answers_list(const ZoneAnswers *answers, const char *protocol, guint16 port, GPtrArray *all, GPtrArray *some);
