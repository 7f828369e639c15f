/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the list of open connections that the kernel keeps (conntrack), and ending some of them. Must not know what
 * policies mean. Needs CAP_NET_ADMIN. */

#include "model/address.h"

/* One that is not over yet. Addresses are one address each. What NAT changed differs between the two directions. */
typedef struct Flow {
        AddressRange source, destination; /* as the client sent it; the destination is what was dialled */
        AddressRange answerer, asker;     /* who answers, and whom it answers to: a container, perhaps, and the source */
        const char *protocol;             /* as in PortRange */
        guint16 source_port, port, answerer_port, asker_port;
        guint16 zone; /* conntrack's */
        guint32 id;
} Flow;

typedef bool (*FlowFunc)(const Flow *flow, gpointer userdata);

/* All TCP, UDP and SCTP connections that wanted() says yes to (Flow; unref the array). */
GArray *flows_find(FlowFunc wanted, gpointer userdata, GError **error);

/* Whether the kernel answers such questions. */
bool flows_check(GError **error);

/* The kernel forgets flows first to last - 1 of the array, and nothing that the answering side still sends brings them
 * back (cut-table.h). What the client sends from now on is judged like a new connection. One that ended meanwhile is no failure. */
bool flows_end(GArray *flows, guint first, guint last, GError **error);
