/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the kernel's list of open connections (conntrack), and ending some of them. Must not know what policies mean. Needs
 * CAP_NET_ADMIN. */

#include "guard/flow.h"

typedef bool (*FlowFunc)(const Flow *flow, gpointer userdata);

/* All TCP, UDP and SCTP connections for which wanted() returns true (Flow; unref the array). */
GArray *flows_find(FlowFunc wanted, gpointer userdata, GError **error);

/* Whether the kernel answers conntrack requests. */
bool flows_check(GError **error);

/* Deletes flows first to last - 1 of the array from conntrack; nothing that the answering side still sends brings them back
 * (cut-table.h). The client's next packet is judged as a new connection. A flow that ended meanwhile is no error. */
bool flows_end(GArray *flows, guint first, guint last, GError **error);
