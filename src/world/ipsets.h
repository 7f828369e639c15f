/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the entries of firewalld's ipsets that policies name, now and permanently, as last read. Without firewalld they stay
 * as they were, also across a restart and a boot. */

#include "model/ipsets.h"
#include "world/world.h"

/* What was read before this start. */
void ipsets_recall(World *world);
/* For a boot, when firewalld is not running yet (unref). */
Ipsets *ipsets_recall_permanent(const Settings *settings);

/* In a fiber: reads those that the policies of these sets (ended by NULL) name, if they may have changed or were never read, and
 * forgets all others. *ret_changed (may be NULL): rules mean something else now. While firewalld is not running it does
 * nothing. */
bool ipsets_read(World *world, PolicySet *const *sets, bool *ret_changed, GError **error);

/* In a fiber: those that the policies of these sets (ended by NULL) name, which are not in force, as they are now (unref). */
Ipsets *ipsets_look_up(World *world, PolicySet *const *sets, GError **error);
