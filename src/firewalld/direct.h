/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's direct interface, at runtime and permanent, and the output of iptables through it. All calls wait. */

#include "compile/direct-plan.h"
#include "firewalld/client.h"

/* The runtime configuration. Passthroughs are read only when everything else is empty: they do not matter otherwise. */
DirectConfig *direct_read_runtime(Firewalld *firewalld, GError **error);
DirectConfig *direct_read_permanent(Firewalld *firewalld, GError **error);

/* False while firewalld is failed: it still holds in memory what made it fail, and would write that over the file that somebody
 * is repairing. */
bool direct_may_write(const Firewalld *firewalld, GError **error);

/* Replaces the whole permanent configuration. Every rule in it must have been tried at runtime: one bad rule makes firewalld
 * fail at its next reload. */
bool direct_write_permanent(Firewalld *firewalld, const DirectConfig *config, GError **error);

/* Runs the steps in order. When a step fails, it and those before it are undone in reverse as long as firewalld answers; the
 * error is the step's. */
bool direct_run(Firewalld *firewalld, GPtrArray *steps, GError **error);

bool direct_reload(Firewalld *firewalld, GError **error);

/* The output of "iptables ARGS" for the family; free with g_free(). */
char *direct_iptables(Firewalld *firewalld, Family family, const char *const *args, GError **error);
