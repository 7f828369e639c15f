/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "result.h"

void imported_policy_free(ImportedPolicy *policy) {
        if (!policy)
                return;
        g_free(policy->name);
        g_clear_pointer(&policy->policy, g_variant_unref);
        g_free(policy);
}

ImportResult *import_result_new(void) {
        ImportResult *result = g_new0(ImportResult, 1);

        result->policies = g_ptr_array_new_with_free_func((GDestroyNotify) imported_policy_free);
        result->notes = g_ptr_array_new_with_free_func(g_free);
        return result;
}

void import_result_free(ImportResult *result) {
        if (!result)
                return;
        g_ptr_array_unref(result->policies);
        g_clear_pointer(&result->groups, g_variant_unref);
        g_ptr_array_unref(result->notes);
        g_free(result);
}

bool import_result_rename(ImportResult *result, const char *name) {
        if (result->policies->len != 1)
                return false;
        ImportedPolicy *policy = result->policies->pdata[0];
        g_free(policy->name);
        policy->name = g_strdup(name);
        return true;
}
