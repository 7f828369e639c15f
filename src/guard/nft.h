/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the setup of libnftables and running its commands. Must not know what for. */

#include <stdbool.h>

#include <glib.h>
#include <nftables/libnftables.h>

/* A context whose output and errors are buffered; free with nft_ctx_free(). */
struct nft_ctx *nft_open(void);

/* Runs the commands. An error names the table ("inet x") that they are about. */
bool nft_run(struct nft_ctx *nft, const char *table, const char *commands, GError **error);

/* Like nft_run_cmd_from_buffer(), for listing tables that iptables made. libnftables itself writes a line to stderr for each
 * rule whose extension it cannot print (nft 1.0.6, for MASQUERADE in IPv6); this discards those lines. Single-threaded only. */
int nft_list_quietly(struct nft_ctx *nft, const char *command);
