/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how much each policy has blocked: what the kernel counted, and what it counted by rules that a change has replaced. */

#include "world/world.h"

typedef struct Count {
        guint64 packets, bytes;
} Count;

/* How much each policy that blocks anybody has blocked, with what was carried (name -> Count; unref the table). NULL with an
 * error. */
GHashTable *counts_read(World *world, const Settings *settings, PolicySet *policies, GHashTable *carried, GError **error);

/* After a change: what policies had counted before it, and do not any more, is carried. before, after: from counts_read(); NULL:
 * not known. name, new_name: the policy that was renamed; NULL: none was. */
void counts_carry(GHashTable *carried, GHashTable *before, GHashTable *after, const char *name, const char *new_name);

/* Forgets what was carried for policies that are gone, and keeps the rest for the next start; counts_recall() reads it. */
void counts_keep(GHashTable *carried, const Settings *settings, PolicySet *policies);
GHashTable *counts_recall(const Settings *settings);
