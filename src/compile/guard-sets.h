/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the sets of the table "inet quaywall" that are named after their content: what a rule asks about as one. Must not know what is
 * asked. */

#include "compile/guard-state.h"
#include "compile/rule.h"

/* The sets of one rule; NULL: none. */
typedef struct SetNames {
        char *sources, *endpoints;
        char *ports; /* "@SET", or the port itself */
        bool is_folded; /* another rule of the policy, the same but for its port, has this one's port as well */
} SetNames;

void set_names_clear(gpointer p);

/* Fills *ret with what the rule's sets are called, and adds to out those that must be sent: they are new in this rendering (state), and
 * the last one (previous) has not left them. */
void guard_sets_put(GString *out, const Rule *rule, const GuardState *previous, GuardState *state, SetNames *ret);
