/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "forwards.h"

#include "firewalld/forward.h"
#include "guard/kernel-query.h"

static void collect(GPtrArray *pairs, PolicySet *set) {
        g_autoptr(GPtrArray) names = policy_set_names(set);
        for (guint n = 0; n < names->len; n++) {
                const Policy *policy = g_hash_table_lookup(set, names->pdata[n]);
                for (guint i = 0; policy->enabled && i < policy->interfaces->len; i++)
                        for (guint o = 0; o < policy->out_interfaces->len; o++) {
                                g_ptr_array_add(pairs, policy->interfaces->pdata[i]);
                                g_ptr_array_add(pairs, policy->out_interfaces->pdata[o]);
                        }
        }
}

bool forwards_wanted(PolicySet *set) {
        g_autoptr(GPtrArray) pairs = g_ptr_array_new();
        collect(pairs, set);
        return pairs->len > 0;
}

GPtrArray *forwards_list(PolicySet *runtime, PolicySet *permanent) {
        GPtrArray *pairs = g_ptr_array_new();
        collect(pairs, runtime);
        collect(pairs, permanent);
        return pairs;
}

/* By the rules that firewalld has made, since it was mended within a release; without any by the release that all have by now. */
static bool is_crossed(Context *context) {
        bool crossed = false;
        g_autoptr(KernelQuery) query = kernel_query_new(NULL);
        g_autofree char *table = query ? kernel_query_print_table(query, "inet firewalld", NULL) : NULL;
        if (table && forward_read_crossed(table, &crossed))
                return crossed;
        return !firewalld_is_at_least(context->firewalld, 2);
}

bool forwards_apply(Context *context, GPtrArray *pairs, bool *ret_must_reload, GError **error) {
        g_autoptr(GPtrArray) none = g_ptr_array_new();
        bool uses_nft = false;
        if (pairs->len > 0 && !firewalld_uses_nft(context->firewalld, &uses_nft, error))
                return false;
        return forward_apply(context->firewalld, uses_nft ? pairs : none, uses_nft && is_crossed(context), ret_must_reload, error);
}

bool forwards_check(Context *context, GPtrArray *pairs, char **ret_altered, GError **error) {
        bool uses_nft = true;
        *ret_altered = NULL;
        if (pairs->len == 0)
                return true;
        return firewalld_uses_nft(context->firewalld, &uses_nft, error) &&
               (!uses_nft || forward_check(context->firewalld, pairs, is_crossed(context), ret_altered, error));
}
