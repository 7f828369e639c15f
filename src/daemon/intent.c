/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "intent.h"

#include "model/policy-time.h"

GPtrArray *intent_difference(const Intent *intent, PolicySet *runtime, PolicySet *permanent, StoreKind kind) {
        GPtrArray *names = policy_set_difference(intent->runtime, runtime, kind);
        g_autoptr(GPtrArray) others = policy_set_difference(intent->permanent, permanent, kind);
        for (guint i = 0; i < others->len; i++)
                if (!g_ptr_array_find_with_equal_func(names, others->pdata[i], g_str_equal, NULL))
                        g_ptr_array_add(names, g_strdup(others->pdata[i]));
        return names;
}

PolicySet *intent_at_present(PolicySet *set) {
        g_autoptr(PolicySet) whole = set;
        return policy_set_at(whole, g_get_real_time() / G_USEC_PER_SEC, true);
}

void intent_set(Intent *intent, PolicySet *runtime, PolicySet *permanent) {
        PolicySet *old_runtime = intent->runtime, *old_permanent = intent->permanent;
        intent->runtime = policy_set_ref(runtime);
        intent->permanent = policy_set_ref(permanent);
        policy_set_unref(old_runtime);
        policy_set_unref(old_permanent);
}

void intent_clear(Intent *intent) {
        g_clear_pointer(&intent->runtime, policy_set_unref);
        g_clear_pointer(&intent->permanent, policy_set_unref);
        g_clear_pointer(&intent->file_problems, g_ptr_array_unref);
        g_clear_pointer(&intent->copy_problem, g_free);
}
