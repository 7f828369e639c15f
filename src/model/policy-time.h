/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what of policies holds for a time, and what is left of them when it is over. Must not know the clock: the time is given, in
 * seconds since 1970. */

#include "policy-set.h"

/* Removes what is over, unless it is all that the policy has. */
void policy_time_tidy(Policy *policy);

/* Whether what a caller gives for a time ends later; else an error with the key and the time. */
bool policy_time_check(const char *key, gint64 until, gint64 now, GError **error);

/* The set at this time: itself, or another one; unref it. Without what is over; but the last source of a policy stays and lists
 * nobody, since a policy without sources is for everybody. keep: also the rest stays, without effect, so that what the files have
 * is still known. */
PolicySet *policy_set_at(PolicySet *set, gint64 now, bool keep);

/* When something in the set ends next; G_MAXINT64: nothing does. */
gint64 policy_set_next_end(const PolicySet *set);
