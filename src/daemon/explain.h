/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns Manager.Explain: reads the connection, gathers the state of the kernel, iptables and /proc, and has it explained.
 * Changes nothing. */

#include "explain/explain.h"
#include "world/world.h"

/* Reads the a{sv} of a connection; free with g_free(). Fails without an error if the message is malformed. */
Dialled *explain_read(sd_bus_message *m, GError **error);

/* In a fiber that holds the mutex, so that no half-made change is read. */
Explanation *explain_run(World *world, const Dialled *connection, GError **error);
