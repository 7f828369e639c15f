/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-edit.h"

/* The file of a policy that stays as it is may be broken, which must not overwrite it. */
static PolicySet *adopt(PolicySet *policies, PolicySet *set) {
        PolicySet *copy = policy_set_copy(policies);
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, &name, &policy)) {
                if (policy_equal(g_hash_table_lookup(policies->policies, name), policy))
                        policy_set_insert(copy, name, policy);
        }
        return copy;
}

PolicySet *policy_edit_apply(const PolicyEdit *edit, PolicySet *set, GError **error) {
        if (edit->kind == POLICY_EDIT_REPLACE_ALL)
                return policy_set_copy(edit->policies);
        if (edit->kind == POLICY_EDIT_ADOPT)
                return adopt(edit->policies, set);
        g_autoptr(PolicySet) copy = policy_set_copy(set);
        Policy *before = edit->name ? g_hash_table_lookup(set->policies, edit->name) : NULL;
        switch (edit->kind) {
        case POLICY_EDIT_SET_MANY:
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
        default:
                g_return_val_if_reached(NULL);
        }
        return g_steal_pointer(&copy);
}
