/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the way from a set of policies into firewalld and the guard, and what is read of them on the way. Waits; the
 * caller holds the mutex. */

#include "compile/direct-plan.h"
#include "compile/kernel-rules.h"
#include "daemon/context.h"

/* Puts the sets in force, at runtime and permanently. forwards: also the firewalld policies of "forward", which cost
 * calls of their own. After an error the caller applies what was before. */
bool apply_all(Context *context, PolicySet *runtime, PolicySet *permanent, bool forwards, GError **error);
bool apply_runtime(Context *context, GPtrArray *desired, GError **error);

/* The guard alone; needs neither firewalld nor a fiber. */
bool apply_guard(Context *context, PolicySet *runtime, GError **error);

/* Reads Docker's bridges and the docker zone. */
bool apply_read_zone(Context *context, GError **error);

/* The direct rules that should be (DirectRule *). */
GPtrArray *apply_render(Context *context, PolicySet *set);

/* Whether the set has an enabled "forward". */
bool apply_has_forward(PolicySet *set);

/* "ipv4:CHAIN" for each chain of the kernel's tables filter. */
GHashTable *apply_read_chains(Context *context, GError **error);

/* Whether the first direct call would flush Docker's rules, and the permanent chains that keep it from that; then
 * firewalld must be reloaded. */
bool apply_needs_arming(Context *context, const DirectConfig *actual, GPtrArray *desired);
bool apply_arm(Context *context, GPtrArray *desired, GError **error);
