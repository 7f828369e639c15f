/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which keys of a policy make sense together. Must not know where a policy comes from. */

#include "policy.h"

/* Whether the keys make sense together. Call it once all are set and before the policy is used. */
bool policy_check(const Policy *policy, GError **error);
