/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rule.h"

static void rule_free(gpointer p) {
        Rule *rule = p;
        g_free(rule->name);
        policy_unref(rule->policy);
        g_free(rule->destination);
        g_clear_pointer(&rule->sources, g_array_unref);
        g_clear_pointer(&rule->endpoints, g_array_unref);
        g_free(rule);
}

static const char *nth_name(GPtrArray *names, guint i) {
        return names->len > 0 ? names->pdata[i] : NULL;
}

/* What the rules of one policy and family have in common. */
typedef struct Common {
        GPtrArray *rules;
        const char *name;
        Policy *policy;
        Family family;
        const char *const *bridges;
        GArray *sources;
} Common;

static Rule *add_rule(const Common *common, guint interface) {
        Rule *rule = g_new0(Rule, 1);
        rule->name = g_strdup(common->name);
        rule->policy = policy_ref(common->policy);
        rule->family = common->family;
        rule->in = nth_name(common->policy->interfaces, interface);
        rule->in_is_bridge = rule->in && g_strv_contains(common->bridges, rule->in);
        rule->sources = common->sources ? g_array_ref(common->sources) : NULL;
        g_ptr_array_add(common->rules, rule);
        return rule;
}

static void set_destination(Rule *rule, const char *destination) {
        rule->destination = g_strdup(destination);
        if (destination)
                (void) address_range_parse(destination, &rule->dialled, NULL);
}

static void compile_dialled(const Common *common, GPtrArray *destinations) {
        const Policy *policy = common->policy;
        for (guint i = 0; i < MAX(1, policy->interfaces->len); i++)
                for (guint o = 0; o < MAX(1, policy->out_interfaces->len); o++)
                        for (guint d = 0; d < (destinations ? destinations->len : 1); d++)
                                for (guint p = 0; p < MAX(1, policy->ports->len); p++) {
                                        Rule *rule = add_rule(common, i);
                                        rule->out = nth_name(policy->out_interfaces, o);
                                        set_destination(rule, destinations ? destinations->pdata[d] : NULL);
                                        rule->port = policy->ports->len ? &g_array_index(policy->ports, PortRange, p) : NULL;
                                }
}

static void compile_group(const Common *common, GPtrArray *destinations, const EndpointGroup *group) {
        /* Destinations were already compared with ports published at one address; only ports published everywhere need a match
         * for them. */
        const bool asks = destinations && group->kind == ENDPOINT_PUBLISHED && !group->destination;
        for (guint i = 0; i < MAX(1, common->policy->interfaces->len); i++)
                for (guint d = 0; d < (asks ? destinations->len : 1); d++) {
                        Rule *rule = add_rule(common, i);
                        set_destination(rule, asks ? destinations->pdata[d] : group->destination);
                        rule->kind = group->kind;
                        rule->protocol = group->protocol;
                        rule->endpoints = g_array_ref(group->endpoints);
                }
}

/* all: the policy's sources, of both families. */
static void compile_family(GPtrArray *rules, const char *name, Policy *policy, GArray *all, Family family,
                           const char *const *bridges, DockerFacts *facts, bool lasting) {
        /* A policy whose destinations are all of the other family does not cover this one. A policy whose sources all are does:
         * then it lists nobody here. */
        g_autoptr(GPtrArray) destinations = NULL;
        if (policy->destinations->len > 0) {
                g_autoptr(GArray) set = address_set_new(policy->destinations, family);
                destinations = address_set_to_prefixes(set);
                if (destinations->len == 0)
                        return;
        }
        g_autoptr(GArray) sources = policy_has_sources(policy) ? address_set_new(all, family) : NULL;
        if (policy->action == POLICY_DENY && sources && sources->len == 0)
                return;
        const Common common = { rules, name, policy, family, bridges, sources };
        if (!endpoint_is_named(policy))
                compile_dialled(&common, destinations);
        if (policy->action == POLICY_FORWARD)
                return;
        g_autoptr(GPtrArray) groups = endpoint_resolve(policy, family, facts, lasting);
        for (guint i = 0; i < groups->len; i++)
                compile_group(&common, destinations, groups->pdata[i]);
}

bool rule_lists_published_only(const Rule *rule) {
        return rule->kind == ENDPOINT_DIALLED && rule->port;
}

bool rules_judge(const GPtrArray *rules) {
        for (guint i = 0; i < rules->len; i++)
                if (((Rule *) rules->pdata[i])->policy->action != POLICY_FORWARD)
                        return true;
        return false;
}

GPtrArray *compile_policies(PolicySet *set, const char *const *bridges, DockerFacts *facts, Ipsets *ipsets, bool lasting) {
        GPtrArray *rules = g_ptr_array_new_with_free_func(rule_free);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        for (guint i = 0; i < names->len; i++) {
                Policy *policy = g_hash_table_lookup(set, names->pdata[i]);
                if (!policy->enabled)
                        continue;
                g_autoptr(GArray) sources = ipsets_sources(policy, ipsets);
                for (Family family = 0; family < _FAMILY_MAX; family++)
                        compile_family(rules, names->pdata[i], policy, sources, family, bridges, facts, lasting);
        }
        return rules;
}
