/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns Manager.Explain: reads the connection, gathers the state of the kernel, iptables and /proc, and has it explained.
 * Changes nothing. */

#include "explain/explain.h"
#include "world/world.h"

/* Reads the a{sv} of a connection; free with g_free(). Fails without an error if the message is malformed. */
Dialled *explain_read(sd_bus_message *m, GError **error);

/* Reads the rules once for all who ask while the reading before is under way: with hundreds of policies that takes a second, and
 * those who asked one after the other waited for minutes. */
typedef struct Explainer Explainer;
Explainer *explainer_new(World *world);
void explainer_free(Explainer *explainer);

/* In a fiber; waits. The rules are read after the call, but without the mutex. A change that is being made meanwhile has no say in
 * what both its sides allow or forbid, since each table does so at each of its steps; what it changes is explained as it was or as
 * it will be. */
Explanation *explain_run(Explainer *explainer, const Dialled *connection, GError **error);
