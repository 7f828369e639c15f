/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* import-iptables: rules of DOCKER-USER to the policies that they mean. Rules have an order and policies have none, so
 * what depends on the order in a way that no set of policies can say is refused, by file, line and word. Pure. */
#pragma once

#include <glib.h>

typedef struct ImportedPolicy {
        char *name;
        guint line;       /* where it comes from */
        GVariant *policy; /* a{sv} */
} ImportedPolicy;

void imported_policy_free(ImportedPolicy *policy);

typedef struct ImportResult {
        GPtrArray *policies; /* ImportedPolicy */
        GPtrArray *notes;    /* char *: what the person should know, "FILE:LINE: sentence" */
} ImportResult;

ImportResult *import_result_new(void);
void import_result_free(ImportResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportResult, import_result_free)

/* text: lines of iptables-save, iptables commands, or bare matches and targets. name: for the one policy that comes out
 * (more are an error), or NULL for "imported-1" and so on, avoiding the strings in taken (may be NULL). NULL and the
 * error when any line cannot be expressed. */
ImportResult *import_iptables(const char *text, const char *file, const char *name, const char *const *taken,
                              GError **error);
