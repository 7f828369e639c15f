/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "desired.h"

Desired *desired_new_for_guard(const DesiredInput *input, PolicySet *runtime, bool lasting) {
        Desired *desired = g_new(Desired, 1);
        *desired = (Desired){
                .rules = compile_policies(runtime, input->bridges, input->facts, input->ipsets_now, input->clients, lasting),
                .direct_now = g_ptr_array_new(),
                .direct_later = g_ptr_array_new(),
                .left_out = g_ptr_array_new(),
                .forwards = g_ptr_array_new_with_free_func(g_free),
                .bridges = g_strdupv((char **) input->bridges),
                .published = input->published ? g_array_copy((GArray *) input->published) : NULL,
                .hold = input->hold ? hold_new(runtime, input->facts, input->spared, input->admission, input->carries) : NULL,
                .shared = shared_new(input->leading_out, input->facts),
                .zones = zone_rules_ref(input->zones),
                .ref_count = 1
        };
        return desired;
}

static bool judges_there(const Policy *policy) {
        return policy_judges(policy) && !policy->carriers;
}

/* Replaces the empty lists from desired_new_for_guard(). */
static void render_direct(Desired *desired, const DesiredInput *input, PolicySet *runtime, PolicySet *permanent) {
        g_autoptr(GPtrArray) lasting =
                compile_policies(permanent, input->bridges, input->facts, input->ipsets_later, input->clients, true);
        g_ptr_array_unref(desired->direct_now);
        g_ptr_array_unref(desired->direct_later);
        g_ptr_array_unref(desired->left_out);
        desired->direct_now = direct_render(desired->rules, input->bridges, input->guard, policy_set_any(runtime, judges_there),
                                            &desired->left_out);
        desired->direct_later = direct_render(lasting, input->bridges, input->guard, policy_set_judges(permanent), NULL);
}

static void list_forwards(GPtrArray *pairs, PolicySet *set) {
        g_autoptr(GPtrArray) names = policy_set_names(set);
        for (guint n = 0; n < names->len; n++) {
                const Policy *policy = g_hash_table_lookup(set->policies, names->pdata[n]);
                for (guint i = 0; policy->enabled && i < policy->interfaces->len; i++)
                        for (guint o = 0; o < policy->out_interfaces->len; o++) {
                                g_ptr_array_add(pairs, g_strdup(policy->interfaces->pdata[i]));
                                g_ptr_array_add(pairs, g_strdup(policy->out_interfaces->pdata[o]));
                        }
        }
}

Desired *desired_new(const DesiredInput *input, PolicySet *runtime, PolicySet *permanent) {
        Desired *desired = desired_new_for_guard(input, runtime, false);
        list_forwards(desired->forwards, runtime);
        list_forwards(desired->forwards, permanent);
        if (input->direct)
                render_direct(desired, input, runtime, permanent);
        return desired;
}

Desired *desired_ref(Desired *desired) {
        desired->ref_count++;
        return desired;
}

void desired_unref(Desired *desired) {
        if (!desired || --desired->ref_count > 0)
                return;
        g_ptr_array_unref(desired->rules);
        g_ptr_array_unref(desired->direct_now);
        g_ptr_array_unref(desired->direct_later);
        g_ptr_array_unref(desired->left_out);
        g_ptr_array_unref(desired->forwards);
        g_strfreev(desired->bridges);
        g_clear_pointer(&desired->published, g_array_unref);
        hold_free(desired->hold);
        shared_free(desired->shared);
        zone_rules_unref(desired->zones);
        g_free(desired);
}

static bool equal_rules(const GPtrArray *a, const GPtrArray *b) {
        bool equal = a->len == b->len;
        for (guint i = 0; equal && i < a->len; i++)
                equal = direct_rule_equal(a->pdata[i], b->pdata[i]);
        return equal;
}

bool desired_equal_direct(const Desired *a, const Desired *b) {
        return equal_rules(a->direct_now, b->direct_now) && equal_rules(a->direct_later, b->direct_later);
}
