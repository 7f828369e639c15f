/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the order in which packets meet the policies' rules, and how they find theirs among many. Must not know what rules
 * match, nor what else the table "inet quaywall" holds. */

#include "compile/guard-rules.h"

/* The policies as one hook evaluates them. */
typedef struct GuardPolicies {
        GString *sets, *out;        /* commands: new sets; everything else */
        GPtrArray *rules;           /* Rule */
        GArray *set_names;          /* SetNames of each */
        const GuardState *previous; /* the sets that are there */
        GuardState *state;          /* gets the sets and chains that should be */
        GuardHook hook;
        bool carried;                /* those that containers carry in labels, not those of administrators */
        guint runs[_GUARD_TURN_MAX]; /* how many runs have chains; begins with none */
} GuardPolicies;

/* Appends the rules that name one of Docker's bridges as their interface, or all others. */
void guard_policies_render(GuardPolicies *policies, bool in_is_bridge);
