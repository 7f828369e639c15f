/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the policies that this host's containers carry in labels, if quaywalld.conf lets them. Must not know administrators'
 * policies. */

#include "model/labels.h"
#include "world/world.h"

/* This set and those (unref). With Labels=no, the set itself. */
PolicySet *carried_join(const World *world, PolicySet *set);

/* Whether any policy of both is one of these. */
bool carried_any(const World *world, PolicySet *set, bool (*is)(const Policy *policy));

/* Those alone, with the groups of that set (unref). flaws: as in labels.h. */
PolicySet *carried_list(const World *world, PolicySet *groups, GPtrArray *flaws);
