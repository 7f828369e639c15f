/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's direct interface, at runtime and permanent, and what iptables says through it. All calls wait. */

#include "compile/direct-plan.h"
#include "firewalld/client.h"

/* The runtime configuration; without passthroughs, which only count when all is empty. */
DirectConfig *direct_read_runtime(Firewalld *firewalld, GError **error);
DirectConfig *direct_read_permanent(Firewalld *firewalld, GError **error);

/* Not while firewalld is failed: it still has in memory what made it so, and would write that again over the file that somebody
 * mends. */
bool direct_may_write(const Firewalld *firewalld, GError **error);

/* Replaces the permanent configuration whole; it must not contain a rule that was not tried at runtime (one bad rule
 * fails firewalld at its next reload). */
bool direct_write_permanent(Firewalld *firewalld, const DirectConfig *config, GError **error);

/* Runs the steps in order. When one fails, those before it are undone in reverse, as long as firewalld
 * answers, and the error is the step's. */
bool direct_run(Firewalld *firewalld, GPtrArray *steps, GError **error);

bool direct_reload(Firewalld *firewalld, GError **error);

/* What "iptables ARGS" prints, for the family; free with g_free(). */
char *direct_iptables(Firewalld *firewalld, Family family, const char *const *args, GError **error);
