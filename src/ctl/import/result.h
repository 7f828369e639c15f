/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what an import yields: policies, groups that they name, and notes for the user. Must not know the format that they were read from. Pure. */

#include <stdbool.h>

#include <glib.h>

typedef struct ImportedPolicy {
        char *name;
        guint line;       /* of the file; 0: not known */
        GVariant *policy; /* a{sv} */
} ImportedPolicy;

/* NULL is fine. */
void imported_policy_free(ImportedPolicy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportedPolicy, imported_policy_free)

typedef struct ImportResult {
        GPtrArray *policies; /* ImportedPolicy * */
        GVariant *groups;    /* a{sa{sv}}, by name; NULL: none */
        GPtrArray *notes;    /* char *: what the user should know, "FILE:LINE: sentence" */
} ImportResult;

/* Without policies and notes. Free with import_result_free(). */
ImportResult *import_result_new(void);

/* NULL is fine. */
void import_result_free(ImportResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportResult, import_result_free)

/* Gives the only policy this name; false, and no change, when there is not exactly one. */
bool import_result_rename(ImportResult *result, const char *name);
