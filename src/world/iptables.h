/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the reading of iptables' tables. Each reading costs a firewalld call and a process, so one serves all callers until
 * something changes. Waits; the caller holds the mutex. */

#include "world/world.h"

/* The table "filter" or "nat" of a family. Borrowed, until the next call of this module. */
const KernelTable *iptables_read(World *world, Family family, const char *name, GError **error);

/* The names of the chains in "filter" (char *, borrowed like the table); kept longer than the table: until the kernel reports a
 * change of rules, or iptables_forget_chains(). */
GHashTable *iptables_chains(World *world, Family family, GError **error);
void iptables_forget_chains(World *world);

/* Drops what was read: something changed, or the caller wants the current tables. */
void iptables_forget(World *world);
