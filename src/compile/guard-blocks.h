/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how long lists of rules are cut into chains. Must not know what the rules mean. */

#include "compile/guard-state.h"

typedef struct GuardBlocks {
        guint list;  /* so many rules are a long list: a shorter one is easier to read as it is */
        guint block; /* so many rules has a chain on average; a change sends these, and a jump for each chain of the list */
} GuardBlocks;

/* The same commands ("add chain", "add rule"), where the rules of a long list are in chains of a few dozen, to which the list jumps.
 * A change of one rule then replaces some dozens and not thousands (guard_delta()): 3,700 rules took 330 ms. A chain is named after its
 * rules, and where a list is cut depends on the rules there alone, so the other chains stay. Adds the chains to state. Free with g_free(). */
char *guard_blocks_cut(const char *commands, GuardBlocks sizes, GuardState *state);
