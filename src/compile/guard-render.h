/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the rendering of the neutral rules as the nftables table "inet quaywall". Must not know libnftables. */

#include "compile/guard-state.h"
#include "compile/hold.h"
#include "compile/rule.h"
#include "compile/shared.h"
#include "compile/zone-rules.h"

/* Two transactions, in this order. On some kernels (Linux 6.18, measured) the ranges of a new set become visible a
 * moment later than rules of the same transaction: for that moment denied clients got in, and listed ones did not. So sets come
 * first, while no rule refers to them yet. */
typedef struct GuardCommands {
        char *sets;  /* adds what is new; NULL: nothing is */
        char *rules; /* replaces all rules that change, at once, and deletes what is no longer needed; NULL: nothing does */
        bool keeps_rules; /* the rules in force are the wanted ones, so "rules" only adds and deletes elements: for elements_run() */
} GuardCommands;

void guard_commands_free(GuardCommands *commands);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuardCommands, guard_commands_free)

/* The commands that put these rules in force. published: Docker's published ports (PublishedPort; NULL: none), which a policy
 * without ports judges on the way to docker-proxy. hold: what is known and not held; NULL: nothing is held. shared: bridges on
 * which only packets from containers are exempt from policies; NULL: there are none. zones: whom firewalld's zones let in; while
 * that is not known (NULL, or a flaw) they let in nobody. previous: the present state. Sets that
 * stay are not sent again. An empty list of rules removes the table, unless something is held. */
GuardCommands *guard_render(GPtrArray *rules, const char *const *bridges, const GArray *published, const Hold *hold,
                            const Shared *shared, const ZoneRules *zones, const GuardState *previous, GuardState **ret_state);
