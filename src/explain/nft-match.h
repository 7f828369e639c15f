/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the evaluation of an nftables rule, as JSON (libnftables-json(5)): the expressions that firewalld, quaywall and Docker
 * use. It reports what it does not know. */

#include "explain/judgement.h"
#include "explain/ruleset.h"

/* Clear with judgement_clear(). */
Judgement nft_judge(const Ruleset *ruleset, const Chain *chain, JsonArray *expr, const Packet *packet, const Host *host);
