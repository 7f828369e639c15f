/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the one way from policies to what is in force: compile, compare, apply, persist, verify. Every change of
 * policies and every event comes through here. All functions wait: call them in a fiber. */

#include "compile/direct-rule.h"
#include "daemon/context.h"

/* Docker's bridges until Docker has told of its networks, ended by NULL. */
extern const char *const DEFAULT_BRIDGES[];

/* Puts these sets in force and writes them to their files; either all of it or, with an error, nothing. The caller holds the
 * mutex, since it made the sets from the ones that are in force. */
bool enforce_change(Context *context, PolicySet *runtime, PolicySet *permanent, GError **error);

/* The same, to have in force again what was, and in the policy folder the files that policy_store_copy() put aside. Nobody
 * stays locked out because firewalld is away or fails: then the guard and the files are brought back, and firewalld's rules when it
 * can. */
bool enforce_restore(Context *context, PolicySet *runtime, PolicySet *permanent, const char *folder, GError **error);

/* Reads the policy files again and forgets runtime changes. Broken files become problems; their policies stay. The caller holds the mutex. */
bool enforce_reload(Context *context, GError **error);

/* Makes what is in force what the policies mean, and verifies it. What could not be done becomes a problem. */
void enforce_reconcile(Context *context);

/* The same because somebody asked for it: also what Docker may be about to mend itself, and what costs a reload. */
void enforce_repair(Context *context);

/* Compares, changes nothing. */
void enforce_verify(Context *context);

/* Makes the guard whole if it is not. Needs neither firewalld nor a fiber. */
bool enforce_guard(Context *context, GError **error);

/* Docker told something new (from outside of any fiber). The guard has it at once, DOCKER-USER a moment later. */
void enforce_docker(Context *context);

/* Links came, went or became something else (from outside of any fiber). */
void enforce_links(Context *context);

/* Docker's rules for published ports changed (from outside of any fiber): the guard has them at once. */
void enforce_published(Context *context);

/* An event came (from outside of any fiber): reconcile as soon as nobody else is at it. */
void enforce_want(Context *context);
