/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the way from a set of policies into firewalld and the guard, and what is read of them on the way. Waits; the
 * caller holds the mutex. */

#include "compile/direct-plan.h"
#include "compile/kernel-rules.h"
#include "daemon/context.h"
#include "model/facts.h"

/* Puts the sets in force, at runtime and permanently. forwards: also the firewalld policies of "forward", which cost
 * calls of their own. After an error the caller applies what was before. */
bool apply_all(Context *context, PolicySet *runtime, PolicySet *permanent, bool forwards, GError **error);
bool apply_runtime(Context *context, GPtrArray *desired, GError **error);

/* The guard alone; needs neither firewalld nor a fiber. */
bool apply_guard(Context *context, PolicySet *runtime, GError **error);

/* Those of the bridges that others are on as well; NULL: none. */
Shared *apply_shared(const Links *links, const char *const *bridges, DockerFacts *facts);

/* What is not held while policies name containers; NULL: nothing is held. */
Hold *apply_hold(Context *context, PolicySet *runtime);

/* Docker's bridges, sorted. One is what the API of a Docker of this host names as the bridge of a network, or what Docker's own rules
 * lead to (ruled; may be NULL), unless an interface of that name is here and is no bridge (links; NULL: not known). Until such a
 * Docker has told of one it is docker0. What firewalld's zone "docker" holds is of no account: anybody puts anything there. */
GStrv apply_list_bridges(const Links *links, GStrv ruled, DockerFacts *facts);
void apply_set_bridges(Context *context);
bool apply_is_bridge(const Context *context, const char *interface);

/* Reads the docker zone, and the bridges that Docker's rules lead to. */
bool apply_read_zone(Context *context, GError **error);

/* Makes the direct rules that should be now and permanently: rules_now and rules_later of the context. */
void apply_render(Context *context, PolicySet *runtime, PolicySet *permanent);

/* Of direct rules, to tell whether they are still the same; never kept beyond a run. */
guint64 apply_digest(GPtrArray *rules);

/* "ipv4:CHAIN" for each chain of the kernel's tables filter. */
GHashTable *apply_read_chains(Context *context, GError **error);

/* Whether the first direct call would flush Docker's rules, and the permanent chains that keep it from that; then
 * firewalld must be reloaded. */
bool apply_needs_arming(Context *context, const DirectConfig *actual, GPtrArray *desired);
bool apply_arm(Context *context, GPtrArray *desired, GError **error);
