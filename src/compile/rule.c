/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rule.h"

static void rule_free(gpointer p) {
        Rule *rule = p;
        g_free(rule->name);
        policy_unref(rule->policy);
        g_free(rule->destination);
        g_clear_pointer(&rule->sources, g_array_unref);
        g_free(rule);
}

static const char *nth_name(GPtrArray *names, guint i) {
        return names->len > 0 ? names->pdata[i] : NULL;
}

static void compile_family(GPtrArray *rules, const char *name, Policy *policy, Family family,
                           const char *const *bridges) {
        /* A policy for destinations of the other family only does not cover this one; sources of the other family
         * only do: then nobody is listed here. */
        g_autoptr(GPtrArray) destinations = NULL;
        if (policy->destinations->len > 0) {
                g_autoptr(GArray) set = address_set_new(policy->destinations, family);
                destinations = address_set_to_prefixes(set);
                if (destinations->len == 0)
                        return;
        }
        g_autoptr(GArray) sources = policy->sources->len > 0 ? address_set_new(policy->sources, family) : NULL;
        if (policy->action == POLICY_DENY && sources && sources->len == 0)
                return;

        for (guint i = 0; i < MAX(1, policy->interfaces->len); i++)
                for (guint o = 0; o < MAX(1, policy->out_interfaces->len); o++)
                        for (guint d = 0; d < (destinations ? destinations->len : 1); d++)
                                for (guint p = 0; p < MAX(1, policy->ports->len); p++) {
                                        Rule *rule = g_new0(Rule, 1);
                                        rule->name = g_strdup(name);
                                        rule->policy = policy_ref(policy);
                                        rule->family = family;
                                        rule->in = nth_name(policy->interfaces, i);
                                        rule->out = nth_name(policy->out_interfaces, o);
                                        rule->in_is_bridge = rule->in && g_strv_contains(bridges, rule->in);
                                        rule->destination = destinations ? g_strdup(destinations->pdata[d]) : NULL;
                                        rule->port = policy->ports->len ? &g_array_index(policy->ports, PortRange, p) : NULL;
                                        rule->sources = sources ? g_array_ref(sources) : NULL;
                                        g_ptr_array_add(rules, rule);
                                }
}

GPtrArray *compile_policies(PolicySet *set, const char *const *bridges) {
        GPtrArray *rules = g_ptr_array_new_with_free_func(rule_free);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        for (guint i = 0; i < names->len; i++) {
                Policy *policy = g_hash_table_lookup(set, names->pdata[i]);
                for (Family family = 0; policy->enabled && family < _FAMILY_MAX; family++)
                        compile_family(rules, names->pdata[i], policy, family, bridges);
        }
        return rules;
}
