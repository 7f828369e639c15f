/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what a rule of nftables, as JSON (libnftables-json(5)), says about a packet: the expressions that firewalld,
 * quaywall and Docker use. What it does not know it says. */

#include "explain/judgement.h"
#include "explain/ruleset.h"

/* Clear with judgement_clear(). */
Judgement nft_judge(const Ruleset *ruleset, const Chain *chain, JsonArray *expr, const Packet *packet, const Host *host);
