/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the number by which a caller recognises that a policy is still as it was when he read it. */

#include "policy.h"

/* Differs when anything of the policy differs (53 bits of a SHA-256, which also JavaScript's numbers hold), and is the same after a
 * restart; never 0. Computed once for each policy. */
guint64 policy_revision(Policy *policy);
