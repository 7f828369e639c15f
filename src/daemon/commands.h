/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what firewall-cmd would have to be called with to make a change, by the very rules that quaywalld would put in place, and
 * what such commands cannot do. Changes nothing. Waits; the caller holds the mutex. Must not know who asks. */

#include "daemon/meaning.h"
#include "model/policy-set.h"
#include "model/scope.h"
#include "world/world.h"

/* What a change of policies or groups is about. Everything is borrowed. */
typedef struct CommandsChange {
        PolicySet *before[2], *after[2]; /* at runtime, and permanently */
        Ipsets *ipsets;                  /* those that the sets after the change name */
        bool confirms, cuts;             /* the options "confirm-within" and "cut" */
} CommandsChange;

/* Appends the commands (see compile/firewall-cmd.h) and what they do not keep (Note *). */
bool commands_of_change(World *world, const CommandsChange *change, GPtrArray *commands, GPtrArray *notes, GError **error);

/* The same of one direct rule in DOCKER-USER. */
bool commands_of_rule(World *world, const DirectRule *rule, bool add, Scope scope, GPtrArray *commands, GPtrArray *notes,
                      GError **error);

/* The notes on a reload of firewalld, if there is one among the commands, and on running them beside quaywalld. */
void commands_note_use(GPtrArray *commands, GPtrArray *notes);
