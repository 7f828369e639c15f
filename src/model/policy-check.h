/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which keys of a policy make sense together, and which entries of its lists. Must not know where a policy comes from. */

#include "policy.h"

/* Whether the keys make sense together. Joins addresses that overlap or are repeated. Call it once all keys are set and before the
 * policy is used. */
bool policy_check(Policy *policy, GError **error);

/* Takes ownership of an error, which has a place; returns whether to go on. */
typedef bool (*PolicyReport)(GError *error, gpointer userdata);

/* The same, and reports all that is wrong. */
bool policy_check_all(Policy *policy, PolicyReport report, gpointer userdata);
