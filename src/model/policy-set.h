/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns collections of policies by name. Must not know files. */

#include "policy.h"

/* GHashTable of char * name -> Policy *, both owned; g_hash_table_unref(). */
typedef GHashTable PolicySet;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PolicySet, g_hash_table_unref)

PolicySet *policy_set_new(void);
PolicySet *policy_set_copy(PolicySet *set);
void policy_set_insert(PolicySet *set, const char *name, Policy *policy);

/* The names in byte order, borrowed from the set; free the array. */
GPtrArray *policy_set_names(PolicySet *set);

/* Names of policies that differ between the two, or are only in one; an array of strings of its own. */
GPtrArray *policy_set_difference(PolicySet *a, PolicySet *b);

/* The sources of all of them. */
guint policy_set_count_sources(PolicySet *set);

/* Whether any of them keeps anybody out. */
bool policy_set_judges(PolicySet *set);
