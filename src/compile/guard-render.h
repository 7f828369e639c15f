/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the rendering of the neutral rules as the nftables table "inet quaywall". Must not know libnftables. */

#include "compile/guard-state.h"
#include "compile/hold.h"
#include "compile/rule.h"
#include "compile/shared.h"

/* Two transactions for nft, one after the other. On some kernels (Linux 6.18, measured) the ranges of a new set are there a
 * moment later than the rules that come with them: for that moment whom a rule denies got in, and whom it lists did not. So
 * sets come first, when no rule asks them yet. */
typedef struct GuardCommands {
        char *sets;  /* adds what is new; NULL: nothing is */
        char *rules; /* replaces all rules by these at once, and takes away what is not needed any more */
} GuardCommands;

void guard_commands_free(GuardCommands *commands);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuardCommands, guard_commands_free)

/* What puts these rules in force. published: Docker's published ports, "tcp . 8080", which a policy without ports judges on
 * the way to docker-proxy. hold: what is known and not held; NULL: nothing is held. shared: bridges where only what comes from containers is not judged;
 * NULL: there are none. previous: what is there. Sets that stay are not sent again. An empty list of rules removes the
 * table, unless something is held. */
GuardCommands *guard_render(GPtrArray *rules, const char *const *bridges, const char *const *published, const Hold *hold,
                            const Shared *shared, const GuardState *previous, GuardState **ret_state);
