/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-edit.h"

/* The file of what stays as it is may be broken, which must not overwrite it. */
static PolicySet *adopt(PolicySet *policies, PolicySet *set) {
        PolicySet *copy = policy_set_copy(policies);
        GHashTableIter iter;
        gpointer name, item;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, &name, &item))
                if (policy_equal(g_hash_table_lookup(policies->policies, name), item))
                        policy_set_insert(copy, name, item);
        g_hash_table_iter_init(&iter, set->groups);
        while (g_hash_table_iter_next(&iter, &name, &item))
                if (group_equal(g_hash_table_lookup(policies->groups, name), item))
                        policy_set_insert_group(copy, name, item);
        return copy;
}

/* A group of this name with other addresses, if there is one. */
static bool edit_group(const PolicyEdit *edit, PolicySet *set, GError **error) {
        const Group *before = g_hash_table_lookup(set->groups, edit->name);
        if (!before)
                return true;
        g_autoptr(Group) after = edit->kind == GROUP_EDIT_ADD ? group_with(before, edit->addresses, error) :
                                                                group_without(before, edit->addresses, error);
        if (after)
                policy_set_insert_group(set, edit->name, after);
        return after;
}

PolicySet *policy_edit_apply(const PolicyEdit *edit, PolicySet *set, GError **error) {
        if (edit->kind == POLICY_EDIT_ADOPT)
                return adopt(edit->policies, set);
        g_autoptr(PolicySet) copy = edit->kind == POLICY_EDIT_REPLACE_ALL ? policy_set_new_beside(set) : policy_set_copy(set);
        Policy *before = edit->name ? g_hash_table_lookup(set->policies, edit->name) : NULL;
        switch (edit->kind) {
        case POLICY_EDIT_SET_MANY:
        case POLICY_EDIT_REPLACE_ALL:
                for (guint i = 0; edit->removed && edit->removed[i]; i++)
                        g_hash_table_remove(copy->policies, edit->removed[i]);
                policy_set_insert_all(copy, edit->policies);
                break;
        case POLICY_EDIT_SET:
                policy_set_insert(copy, edit->name, edit->policy);
                break;
        case POLICY_EDIT_DELTA: {
                g_autoptr(Policy) after = before ? policy_delta_apply(edit->delta, before, error) : NULL;
                if (before && !after)
                        return NULL;
                if (after)
                        policy_set_insert(copy, edit->name, after);
                break;
        }
        case POLICY_EDIT_RENAME:
                if (before)
                        policy_set_insert(copy, edit->new_name, before);
                g_hash_table_remove(copy->policies, edit->name);
                break;
        case POLICY_EDIT_REMOVE:
                g_hash_table_remove(copy->policies, edit->name);
                break;
        case GROUP_EDIT_SET:
                policy_set_insert_group(copy, edit->name, edit->group);
                break;
        case GROUP_EDIT_ADD:
        case GROUP_EDIT_REMOVE:
                if (!edit_group(edit, copy, error))
                        return NULL;
                break;
        case GROUP_EDIT_DELETE:
                g_hash_table_remove(copy->groups, edit->name);
                break;
        default:
                g_return_val_if_reached(NULL);
        }
        return g_steal_pointer(&copy);
}
