/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the text of one neutral rule as rules of the table "inet quaywall", for one hook and one turn. Must not know the other
 * rules, nor which chain leads to it. */

#include "compile/guard-sets.h"

/* Where a rule is rendered, and for what. */
typedef struct GuardPlace {
        GString *out;
        const char *chain;
        const char *before; /* a chain that is asked before a packet is dropped; NULL: none */
        GuardHook hook;
        GuardTurn turn;
        const GuardState *state;
} GuardPlace;

/* Whether the rule has its say in this turn at this hook. */
bool guard_rule_has_turn(const Rule *rule, const SetNames *sets, GuardHook hook, GuardTurn turn);

void guard_rule_render(const GuardPlace *place, const Rule *rule, const SetNames *sets);
