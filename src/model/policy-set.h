/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns policies by name, together with the groups that they may name. Must not know files. */

#include "group.h"
#include "policy.h"
#include "store.h"

/* Reference counted. Not changed any more once others have it: copy it. */
typedef struct PolicySet {
        GHashTable *policies; /* char * name -> Policy *, both owned */
        GHashTable *groups;   /* char * name -> Group *, both owned */
} PolicySet;

PolicySet *policy_set_new(void);
PolicySet *policy_set_ref(PolicySet *set);
void policy_set_unref(PolicySet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicySet, policy_set_unref)

/* Another set of the same policies and groups. */
PolicySet *policy_set_copy(PolicySet *set);
/* One with the groups of that set, and no policies yet. */
PolicySet *policy_set_new_beside(PolicySet *set);
void policy_set_insert(PolicySet *set, const char *name, Policy *policy);
void policy_set_insert_group(PolicySet *set, const char *name, Group *group);
/* All policies and groups of the other. */
void policy_set_insert_all(PolicySet *set, PolicySet *other);

/* What files of that kind hold: policies or groups. */
GHashTable *policy_set_table(PolicySet *set, StoreKind kind);

/* The names of all policies, or of all groups, in byte order, borrowed from the set; free the array. */
GPtrArray *policy_set_names(PolicySet *set);
GPtrArray *policy_set_group_names(PolicySet *set);

/* Names of policies, or of groups, that differ between the two, or exist in only one; the array owns its strings. A policy is the
 * same whomever the groups that it names list. */
GPtrArray *policy_set_difference(PolicySet *a, PolicySet *b, StoreKind kind);

/* The names of the policies that differ between the two, or name a group that does; the array owns its strings. */
GPtrArray *policy_set_list_affected(PolicySet *before, PolicySet *after);

/* Whether the two have the same policies and the same groups. */
bool policy_set_equal(PolicySet *a, PolicySet *b);

/* The addresses that the policy lists without an end: its own, and those of its groups (AddressRange; unref). A group that does not
 * exist has none. */
GArray *policy_set_lasting_addresses(PolicySet *set, const Policy *policy);
/* The same, and those that are listed for a time that is not over. */
GArray *policy_set_addresses(PolicySet *set, const Policy *policy);

/* The names of the policies that name this group, in byte order, borrowed from the set; free the array. */
GPtrArray *policy_set_list_users(PolicySet *set, const char *group);

/* The number of sources of all policies together, where a group counts for each policy that names it; and of the addresses of all
 * groups. */
guint64 policy_set_count_sources(PolicySet *set);
guint64 policy_set_count_addresses(PolicySet *set);

/* Whether any policy is one of these. */
bool policy_set_any(PolicySet *set, bool (*is)(const Policy *policy));

/* Whether any policy blocks anybody. */
bool policy_set_judges(PolicySet *set);

/* Whether nobody whom the policies and groups before blocked gets in with those after, so that restrictions may be applied first. It says
 * no where that is not obvious (two lists unite, a policy covers something else). */
bool policy_set_only_restricts(PolicySet *before, PolicySet *after);

/* Whether any policy is an enabled "forward". */
bool policy_set_forwards(PolicySet *set);
