/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-set.h"

#include "model/sort.h"

PolicySet *policy_set_new(void) {
        PolicySet *set = g_rc_box_new0(PolicySet);
        set->policies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) policy_unref);
        return set;
}

PolicySet *policy_set_ref(PolicySet *set) {
        return g_rc_box_acquire(set);
}

static void policy_set_clear(gpointer set) {
        g_hash_table_unref(((PolicySet *) set)->policies);
}

void policy_set_unref(PolicySet *set) {
        g_rc_box_release_full(set, policy_set_clear);
}

void policy_set_insert(PolicySet *set, const char *name, Policy *policy) {
        g_hash_table_replace(set->policies, g_strdup(name), policy_ref(policy));
}

void policy_set_insert_all(PolicySet *set, PolicySet *policies) {
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, policies->policies);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                policy_set_insert(set, name, policy);
}

PolicySet *policy_set_copy(PolicySet *set) {
        PolicySet *copy = policy_set_new();
        policy_set_insert_all(copy, set);
        return copy;
}

GPtrArray *policy_set_names(PolicySet *set) {
        GPtrArray *names = g_ptr_array_sized_new(g_hash_table_size(set->policies));
        GHashTableIter iter;
        gpointer name;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                g_ptr_array_add(names, name);
        g_ptr_array_sort(names, compare_strings);
        return names;
}

GPtrArray *policy_set_difference(PolicySet *a, PolicySet *b) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, a->policies);
        while (g_hash_table_iter_next(&iter, &name, &policy)) {
                if (!policy_equal(policy, g_hash_table_lookup(b->policies, name)))
                        g_ptr_array_add(names, g_strdup(name));
        }
        g_hash_table_iter_init(&iter, b->policies);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                if (!g_hash_table_contains(a->policies, name))
                        g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, compare_strings);
        return names;
}

bool policy_set_equal(PolicySet *a, PolicySet *b) {
        g_autoptr(GPtrArray) names = policy_set_difference(a, b);
        return names->len == 0;
}

guint policy_set_count_sources(PolicySet *set) {
        GHashTableIter iter;
        gpointer policy;
        guint count = 0;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &policy))
                count += ((const Policy *) policy)->sources->len;
        return count;
}

bool policy_set_any(PolicySet *set, bool (*is)(const Policy *policy)) {
        GHashTableIter iter;
        gpointer policy;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &policy))
                if (is(policy))
                        return true;
        return false;
}

bool policy_set_judges(PolicySet *set) {
        return policy_set_any(set, policy_judges);
}

static bool forwards(const Policy *policy) {
        return policy->enabled && policy->action == POLICY_FORWARD;
}

bool policy_set_forwards(PolicySet *set) {
        return policy_set_any(set, forwards);
}

static bool covers_the_same(const Policy *a, const Policy *b) {
        static const char *const KEYS[] = { "interfaces", "containers", "networks", "destinations", "ports", NULL };
        bool same = a->action == b->action;
        for (const char *const *key = KEYS; same && *key; key++) {
                g_auto(GStrv) of_a = policy_get_strings(a, *key), of_b = policy_get_strings(b, *key);
                same = g_strv_equal((const char *const *) of_a, (const char *const *) of_b);
        }
        return same;
}

static bool another_allows(PolicySet *set, const char *name) {
        GHashTableIter iter;
        gpointer other, policy;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, &other, &policy))
                if (policy_judges(policy) && policy_has_list(policy) && !g_str_equal(name, other))
                        return true;
        return false;
}

/* before, after: NULL if the policy does not exist then. */
static bool only_restricts(const Policy *before, const Policy *after, const char *name, PolicySet *set) {
        const bool judged = before && policy_judges(before), judges = after && policy_judges(after);
        if (!judged && !judges)
                return !(before && before->enabled) && !(after && after->enabled);
        if (!judged)
                return after->action == POLICY_DENY || !another_allows(set, name);
        if (!judges || !covers_the_same(before, after))
                return false;
        /* A "deny" without sources is for everybody. */
        if (before->action == POLICY_DENY)
                return !policy_has_sources(after) || (policy_has_sources(before) && policy_sources_are_within(before, after));
        return policy_sources_are_within(after, before);
}

bool policy_set_only_restricts(PolicySet *before, PolicySet *after) {
        g_autoptr(GPtrArray) names = policy_set_difference(before, after);
        bool restricts = true;
        for (guint i = 0; restricts && i < names->len; i++)
                restricts = only_restricts(g_hash_table_lookup(before->policies, names->pdata[i]),
                                           g_hash_table_lookup(after->policies, names->pdata[i]), names->pdata[i], after);
        return restricts;
}
