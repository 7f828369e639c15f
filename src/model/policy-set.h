/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns collections of policies by name. Must not know files. */

#include "policy.h"

/* Reference counted. Not changed any more once others have it: copy it. */
typedef struct PolicySet {
        GHashTable *policies; /* char * name -> Policy *, both owned */
} PolicySet;

PolicySet *policy_set_new(void);
PolicySet *policy_set_ref(PolicySet *set);
void policy_set_unref(PolicySet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicySet, policy_set_unref)

/* Another set of the same policies. */
PolicySet *policy_set_copy(PolicySet *set);
void policy_set_insert(PolicySet *set, const char *name, Policy *policy);
void policy_set_insert_all(PolicySet *set, PolicySet *policies);

/* The names in byte order, borrowed from the set; free the array. */
GPtrArray *policy_set_names(PolicySet *set);

/* Names of policies that differ between the two, or exist in only one; the array owns its strings. */
GPtrArray *policy_set_difference(PolicySet *a, PolicySet *b);

bool policy_set_equal(PolicySet *a, PolicySet *b);

/* The number of sources of all policies together. */
guint policy_set_count_sources(PolicySet *set);

/* Whether any policy is one of these. */
bool policy_set_any(PolicySet *set, bool (*is)(const Policy *policy));

/* Whether any policy blocks anybody. */
bool policy_set_judges(PolicySet *set);

/* Whether nobody whom the policies before blocked gets in with those after, so that restrictions may be applied first. It says
 * no where that is not obvious (two lists unite, a policy covers something else). */
bool policy_set_only_restricts(PolicySet *before, PolicySet *after);

/* Whether any policy is an enabled "forward". */
bool policy_set_forwards(PolicySet *set);
