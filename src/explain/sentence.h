/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the one sentence that says why a connection is allowed or blocked, for people. Must not know how rules are evaluated. */

#include "explain/explain.h"
#include "model/policy-set.h"

/* "allowed", "blocked" or "uncertain"; static. */
const char *explanation_verdict(const Explanation *explanation);

/* "blocked by policy web: 192.168.1.50 is not among its 3 addresses"; it begins with the verdict. policies: those that the rules were made
 * of. Free with g_free(). */
char *explanation_sentence(const Explanation *explanation, const Dialled *connection, PolicySet *policies);
