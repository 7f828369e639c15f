/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how a set of policies is put into firewalld and the guard, and what has to be read for that. Waits; the caller holds the
 * mutex. */

#include "compile/direct-plan.h"
#include "compile/kernel-rules.h"
#include "daemon/agenda.h"
#include "daemon/in-force.h"
#include "model/policy-set.h"
#include "world/world.h"

/* Compiles these sets for the world as it is now. permanent NULL: for the guard alone. */
Desired *apply_desire(World *world, PolicySet *runtime, PolicySet *permanent);
/* The same of sets that are not in force, only to look at, with the ipsets that they name. */
Desired *apply_preview(World *world, PolicySet *runtime, PolicySet *permanent, Ipsets *ipsets);

/* What it took to put a Desired in force. */
typedef struct ApplyResult {
        guint steps;            /* changes to firewalld's direct rules */
        bool permanent_written; /* firewalld's permanent direct configuration was different */
} ApplyResult;

typedef enum ApplyFlags {
        APPLY_FORWARDS = 1 << 0, /* also firewalld's policies for a "forward", which take calls of their own */
        /* For a change that only restricts: the guard blocks at once, not only when firewalld is done. */
        APPLY_GUARD_FIRST = 1 << 1,
        /* What is in force was verified, and nothing was reported since: firewalld need not list it again. */
        APPLY_VERIFIED = 1 << 2,
} ApplyFlags;

/* Puts desired in force, at runtime and permanently, and records that firewalld was given it. runtime: the set that it was
 * compiled from. After an error the caller applies the previous state. */
bool apply_in_force(InForce *in_force, World *world, Agenda *agenda, Desired *desired, PolicySet *runtime, ApplyFlags flags,
                    ApplyResult *ret, GError **error);

/* Applies only the direct rules at runtime. known: those of quaywall's that firewalld has, as verified; NULL: firewalld lists
 * them. *ret_steps: the number of steps that this took (may be NULL). */
bool apply_runtime(World *world, Agenda *agenda, GPtrArray *known, GPtrArray *desired, guint *ret_steps, GError **error);

/* Whether traffic to unknown containers is held for this set. */
bool apply_holds(const World *world, PolicySet *set);

/* Applies only the guard; needs neither firewalld nor a fiber. */
bool apply_guard(World *world, PolicySet *runtime, GError **error);

/* Reads the docker zone, and the bridges that Docker's rules lead to. */
bool apply_read_zone(World *world, Agenda *agenda, GError **error);

/* Update Docker's bridges from what Docker and the links report now; which bridges are spared; and the ports that Docker's
 * rules publish. What cannot be decided yet is checked again later. */
void apply_set_bridges(World *world, Agenda *agenda);
void apply_spare(World *world, Agenda *agenda);
void apply_read_published(World *world, Agenda *agenda);

/* "ipv4:CHAIN" for each chain of the kernel's filter tables; unref the set. */
GHashTable *apply_read_chains(World *world, GError **error);

/* Whether the first direct call would flush Docker's rules. apply_arm() writes the permanent chains that prevent it; firewalld
 * must be reloaded afterwards. */
bool apply_needs_arming(const Firewalld *firewalld, const DirectConfig *actual, GPtrArray *desired);
bool apply_arm(Firewalld *firewalld, GPtrArray *desired, GError **error);
/* The permanent configuration as apply_arm() writes it. */
DirectConfig *apply_get_armed(const DirectConfig *permanent, GPtrArray *desired);
