/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how libnftables is set up and told to change something. Must not know what for. */

#include <stdbool.h>

#include <glib.h>
#include <nftables/libnftables.h>

/* One whose output and errors are buffered; nft_ctx_free(). */
struct nft_ctx *nft_open(void);

/* The error names the table ("inet x") that the commands are about. */
bool nft_run(struct nft_ctx *nft, const char *table, const char *commands, GError **error);

/* As nft_run_cmd_from_buffer() for a listing of tables that iptables has made. For each rule whose extension has no words in nft,
 * libnftables writes a line to stderr itself (nft 1.0.6, of MASQUERADE in IPv6), which is nothing to tell. One thread. */
int nft_list_quietly(struct nft_ctx *nft, const char *command);
