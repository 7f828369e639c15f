/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the sets of the table "inet quaywall" that are named after their content: what a rule matches in one lookup. Must not
 * know what the rules match. */

#include "compile/guard-state.h"
#include "compile/rule.h"

/* A set of the clients whom an allow-only lists. */
typedef struct ListedSet {
        char *name;
        gint64 until; /* as in RuleShare */
} ListedSet;

/* The sets of one rule; NULL: none. */
typedef struct SetNames {
        GArray *listed; /* ListedSet: of an allow-only */
        char *denied;   /* the sources of any other policy */
        char *endpoints;
        char *ports;    /* "@SET", or the port itself */
        bool is_folded; /* another rule of the policy, the same but for its port, matches this one's port as well */
} SetNames;

void set_names_clear(gpointer p);

/* Fills *ret with the names of the rule's sets, and appends to out those that must be sent: new in this rendering (state), and
 * not left by the last one (previous). */
void guard_sets_put(GString *out, const Rule *rule, const GuardState *previous, GuardState *state, SetNames *ret);

/* The ports (PortRange) of one protocol as rules name them: "@SET", or the port itself. Free with g_free(). */
char *guard_sets_put_ports(GString *out, GArray *ports, const char *protocol, Family family, const GuardState *previous,
                           GuardState *state);
