/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what an edit adds to a policy and takes from it, so that nobody has to repeat the whole policy to change one address. Must
 * not know who edits, nor where. */

#include "policy.h"

/* Lists lose the entries of remove, then get those of add; other keys of add replace the old value. The action stays. */
typedef struct PolicyDelta {
        Policy *add, *remove; /* not checked: there may be no action */
        GHashTable *given;    /* the keys in add (static strings), which may hold what a new policy has anyway */
} PolicyDelta;

PolicyDelta *policy_delta_new(void);
void policy_delta_free(PolicyDelta *delta);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicyDelta, policy_delta_free)

/* The policy after the edit. Addresses and ports are taken away exactly, also from the middle of a range; what is there already
 * is not added twice. The error names the key and what is wrong: an entry that is not there, the last one of a list (without it
 * the policy would mean everybody, or everything), or what policy_check() finds. */
Policy *policy_delta_apply(const PolicyDelta *delta, const Policy *before, GError **error);
