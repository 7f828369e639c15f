/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how libnftables is set up, told to change something and asked for what others have. Must not know what for. */

#include <stdbool.h>

#include <glib.h>
#include <nftables/libnftables.h>

/* One whose output and errors are buffered; nft_ctx_free(). */
struct nft_ctx *nft_open(void);

/* The error names the table ("inet x") that the commands are about. */
bool nft_run(struct nft_ctx *nft, const char *table, const char *commands, GError **error);

/* What nft prints for the command, with NFT_CTX_OUTPUT_ flags; free with g_free(). It is asked in a process of its own that ends
 * with the answer: for rules that iptables made nft needs libxtables, which knows the extensions of the first family that it was
 * asked about and of no other for as long as the process lives, says so on standard error ("XT target DNAT not found"), and
 * loses memory with each listing (measured with nft 1.0.6 and iptables 1.8.9). */
char *nft_list(const char *command, unsigned flags, GError **error);
