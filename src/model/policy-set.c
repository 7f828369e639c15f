/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-set.h"

#include "model/sort.h"

PolicySet *policy_set_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) policy_unref);
}

void policy_set_insert(PolicySet *set, const char *name, Policy *policy) {
        g_hash_table_replace(set, g_strdup(name), policy_ref(policy));
}

PolicySet *policy_set_copy(PolicySet *set) {
        PolicySet *copy = policy_set_new();
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                policy_set_insert(copy, name, policy);
        return copy;
}

GPtrArray *policy_set_names(PolicySet *set) {
        GPtrArray *names = g_ptr_array_sized_new(g_hash_table_size(set));
        GHashTableIter iter;
        gpointer name;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                g_ptr_array_add(names, name);
        g_ptr_array_sort(names, compare_strings);
        return names;
}

GPtrArray *policy_set_difference(PolicySet *a, PolicySet *b) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, a);
        while (g_hash_table_iter_next(&iter, &name, &policy)) {
                const Policy *other = g_hash_table_lookup(b, name);
                if (!other || (other != policy && !policy_equal(policy, other)))
                        g_ptr_array_add(names, g_strdup(name));
        }
        g_hash_table_iter_init(&iter, b);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                if (!g_hash_table_contains(a, name))
                        g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, compare_strings);
        return names;
}

guint policy_set_count_sources(PolicySet *set) {
        GHashTableIter iter;
        gpointer policy;
        guint count = 0;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, NULL, &policy))
                count += ((const Policy *) policy)->sources->len;
        return count;
}

bool policy_set_judges(PolicySet *set) {
        GHashTableIter iter;
        gpointer policy;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, NULL, &policy))
                if (policy_judges(policy))
                        return true;
        return false;
}
