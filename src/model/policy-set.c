/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-set.h"

#include "model/brief.h"
#include "model/sort.h"

PolicySet *policy_set_new(void) {
        PolicySet *set = g_rc_box_new0(PolicySet);
        set->policies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) policy_unref);
        set->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) group_unref);
        return set;
}

PolicySet *policy_set_ref(PolicySet *set) {
        return g_rc_box_acquire(set);
}

static void policy_set_clear(gpointer set) {
        g_hash_table_unref(((PolicySet *) set)->policies);
        g_hash_table_unref(((PolicySet *) set)->groups);
}

void policy_set_unref(PolicySet *set) {
        g_rc_box_release_full(set, policy_set_clear);
}

void policy_set_insert(PolicySet *set, const char *name, Policy *policy) {
        g_hash_table_replace(set->policies, g_strdup(name), policy_ref(policy));
}

void policy_set_insert_group(PolicySet *set, const char *name, Group *group) {
        g_hash_table_replace(set->groups, g_strdup(name), group_ref(group));
}

static void insert_groups(PolicySet *set, PolicySet *other) {
        GHashTableIter iter;
        gpointer name, group;
        g_hash_table_iter_init(&iter, other->groups);
        while (g_hash_table_iter_next(&iter, &name, &group))
                policy_set_insert_group(set, name, group);
}

void policy_set_insert_all(PolicySet *set, PolicySet *other) {
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, other->policies);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                policy_set_insert(set, name, policy);
        insert_groups(set, other);
}

PolicySet *policy_set_new_beside(PolicySet *set) {
        PolicySet *other = policy_set_new();
        insert_groups(other, set);
        return other;
}

PolicySet *policy_set_copy(PolicySet *set) {
        PolicySet *copy = policy_set_new();
        policy_set_insert_all(copy, set);
        return copy;
}

GHashTable *policy_set_table(PolicySet *set, StoreKind kind) {
        return kind == STORE_GROUPS ? set->groups : set->policies;
}

static GPtrArray *list_names(GHashTable *table) {
        GPtrArray *names = g_ptr_array_sized_new(g_hash_table_size(table));
        GHashTableIter iter;
        gpointer name;
        g_hash_table_iter_init(&iter, table);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                g_ptr_array_add(names, name);
        g_ptr_array_sort(names, compare_strings);
        return names;
}

GPtrArray *policy_set_names(PolicySet *set) {
        return list_names(set->policies);
}

GPtrArray *policy_set_group_names(PolicySet *set) {
        return list_names(set->groups);
}

static bool are_equal(StoreKind kind, gconstpointer a, gconstpointer b) {
        return kind == STORE_GROUPS ? group_equal(a, b) : policy_equal(a, b);
}

GPtrArray *policy_set_difference(PolicySet *a, PolicySet *b, StoreKind kind) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        GHashTable *of_a = policy_set_table(a, kind), *of_b = policy_set_table(b, kind);
        GHashTableIter iter;
        gpointer name, item;
        g_hash_table_iter_init(&iter, of_a);
        while (g_hash_table_iter_next(&iter, &name, &item))
                if (!are_equal(kind, item, g_hash_table_lookup(of_b, name)))
                        g_ptr_array_add(names, g_strdup(name));
        g_hash_table_iter_init(&iter, of_b);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                if (!g_hash_table_contains(of_a, name))
                        g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, compare_strings);
        return names;
}

bool policy_set_equal(PolicySet *a, PolicySet *b) {
        g_autoptr(GPtrArray) policies = policy_set_difference(a, b, STORE_POLICIES),
                             groups = policy_set_difference(a, b, STORE_GROUPS);
        return policies->len == 0 && groups->len == 0;
}

GArray *policy_set_lasting_addresses(PolicySet *set, const Policy *policy) {
        if (policy->groups->len == 0)
                return g_array_ref(policy->sources);
        GArray *addresses = g_array_copy(policy->sources);
        for (guint i = 0; i < policy->groups->len; i++) {
                const Group *group = g_hash_table_lookup(set->groups, policy->groups->pdata[i]);
                if (group && group->addresses->len > 0)
                        g_array_append_vals(addresses, group->addresses->data, group->addresses->len);
        }
        return addresses;
}

GArray *policy_set_addresses(PolicySet *set, const Policy *policy) {
        g_autoptr(GArray) lasting = policy_set_lasting_addresses(set, policy);
        if (policy->brief->len == 0)
                return g_steal_pointer(&lasting);
        GArray *addresses = g_array_copy(lasting);
        brief_append(policy->brief, 0, addresses);
        return addresses;
}

static bool names_group(const Policy *policy, const char *group) {
        return g_ptr_array_find_with_equal_func(policy->groups, group, g_str_equal, NULL);
}

GPtrArray *policy_set_list_users(PolicySet *set, const char *group) {
        GPtrArray *names = policy_set_names(set);
        for (guint i = names->len; i-- > 0;)
                if (!names_group(g_hash_table_lookup(set->policies, names->pdata[i]), group))
                        g_ptr_array_remove_index(names, i);
        return names;
}

guint64 policy_set_count_sources(PolicySet *set) {
        GHashTableIter iter;
        gpointer value;
        guint64 count = 0;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                count += policy->sources->len;
                for (guint i = 0; i < policy->groups->len; i++) {
                        const Group *group = g_hash_table_lookup(set->groups, policy->groups->pdata[i]);
                        count += group ? group->addresses->len : 0;
                }
        }
        return count;
}

guint64 policy_set_count_addresses(PolicySet *set) {
        GHashTableIter iter;
        gpointer group;
        guint64 count = 0;
        g_hash_table_iter_init(&iter, set->groups);
        while (g_hash_table_iter_next(&iter, NULL, &group))
                count += ((const Group *) group)->addresses->len;
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

/* Whether all sources of a, in its set, are among those of b, whomever the ipsets and zones list. */
static bool sources_are_within(PolicySet *of_a, const Policy *a, PolicySet *of_b, const Policy *b) {
        if (a->groups->len + b->groups->len == 0)
                return policy_sources_are_within(a, b);
        if (!policy_names_are_within(a->ipsets, b->ipsets) || !policy_names_are_within(a->zones, b->zones))
                return false;
        g_autoptr(GArray) inner = policy_set_addresses(of_a, a), outer = policy_set_addresses(of_b, b);
        return address_ranges_are_within(inner, outer);
}

static bool only_restricts(PolicySet *before, PolicySet *after, const char *name) {
        const Policy *old = g_hash_table_lookup(before->policies, name), *new = g_hash_table_lookup(after->policies, name);
        const bool judged = old && policy_judges(old), judges = new &&policy_judges(new);
        if (!judged && !judges)
                return !(old && old->enabled) && !(new &&new->enabled);
        if (!judged)
                return new->action == POLICY_DENY || !another_allows(after, name);
        if (!judges || !covers_the_same(old, new))
                return false;
        /* A "deny" without sources is for everybody. */
        if (old->action == POLICY_DENY)
                return !policy_has_sources(new) || (policy_has_sources(old) && sources_are_within(before, old, after, new));
        return sources_are_within(after, new, before, old);
}

GPtrArray *policy_set_list_affected(PolicySet *before, PolicySet *after) {
        GPtrArray *affected = policy_set_difference(before, after, STORE_POLICIES);
        g_autoptr(GPtrArray) groups = policy_set_difference(before, after, STORE_GROUPS);
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < affected->len; i++)
                g_hash_table_add(seen, affected->pdata[i]);
        for (guint i = 0; i < groups->len; i++) {
                g_autoptr(GPtrArray) users = policy_set_list_users(after, groups->pdata[i]);
                for (guint k = 0; k < users->len; k++)
                        if (g_hash_table_add(seen, users->pdata[k]))
                                g_ptr_array_add(affected, g_strdup(users->pdata[k]));
        }
        return affected;
}

bool policy_set_only_restricts(PolicySet *before, PolicySet *after) {
        g_autoptr(GPtrArray) names = policy_set_list_affected(before, after);
        bool restricts = true;
        for (guint i = 0; restricts && i < names->len; i++)
                restricts = only_restricts(before, after, names->pdata[i]);
        return restricts;
}
