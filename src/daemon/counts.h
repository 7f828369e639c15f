/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how much each policy has blocked: what the kernel counted, and what it counted by rules that a change has replaced. */

#include "world/world.h"

typedef struct Count {
        guint64 packets, bytes;
} Count;

/* How much each policy that blocks anybody has blocked (name -> Count; unref the table): all of it, or with a guard all that can be
 * read, if firewalld does not answer; by the guard, with what was carried; or by the rules in DOCKER-USER, for which firewalld runs
 * iptables twice (0 if nothing is enforced there). NULL with an error. */
GHashTable *counts_read(World *world, PolicySet *policies, GHashTable *carried, GError **error);
GHashTable *counts_read_guard(World *world, PolicySet *policies, GHashTable *carried, GError **error);
GHashTable *counts_read_direct(World *world, PolicySet *policies, GError **error);

/* Adds those of the second table to those that the first has. */
void counts_add(GHashTable *counts, GHashTable *more);

/* After a change: what policies had counted before it, and do not any more, is carried. before, after: from counts_read(); NULL:
 * not known. name, new_name: the policy that was renamed; NULL: none was. */
void counts_carry(GHashTable *carried, GHashTable *before, GHashTable *after, const char *name, const char *new_name);

/* Forgets what was carried for policies that are gone, and keeps the rest for the next start; counts_recall() reads it. */
void counts_keep(GHashTable *carried, const Settings *settings, PolicySet *policies);
GHashTable *counts_recall(const Settings *settings);
