/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the nftables table "inet quaywall_cut", which keeps ended connections ended. Must not know why they were ended.
 *
 * Deleting a connection from conntrack is not enough. With nf_conntrack_tcp_loose, the default, its next packet opens it again.
 * From the client that packet meets the policies. From a container, or from docker-proxy and its keepalive probes, it looks
 * like a connection opened on this host, and the client's next packet like a reply, which always passes. So this table refuses
 * what the answering side still sends, with a reset for TCP. A new connection with the same addresses and ports is opened by
 * its client and does not concern this table. */

#include <stdbool.h>

#include <glib.h>

#define CUT_TABLE "quaywall_cut"

/* Adds the answering side of flows first to last - 1 (Flow), each for as long as the kernel remembers an idle connection. */
bool cut_table_add(GArray *flows, guint first, guint last, GError **error);

/* Removes the table, if there is one. */
void cut_table_remove(void);
