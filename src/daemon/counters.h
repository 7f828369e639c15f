/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what each policy has blocked so far, of both its renderings. Must not know who asks. */

#include "model/policy-set.h"
#include "world/world.h"

typedef struct Count {
        guint64 packets, bytes;
} Count;

/* name -> Count * of each policy that blocks; unref the table. Those of DOCKER-USER wait for firewalld, which runs iptables twice
 * for them; none if nothing is enforced there. */
GHashTable *counters_read_guard(World *world, PolicySet *policies, GError **error);
GHashTable *counters_read_direct(World *world, PolicySet *policies, GError **error);

/* Adds the second table's counts to those of the first. */
void counters_add(GHashTable *counts, GHashTable *more);
