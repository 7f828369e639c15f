/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rule.h"

#include "model/brief.h"

static void rule_free(gpointer p) {
        Rule *rule = p;
        g_free(rule->name);
        policy_unref(rule->policy);
        g_free(rule->destination);
        g_clear_pointer(&rule->sources, g_array_unref);
        g_array_unref(rule->shares);
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
        GArray *sources, *shares; /* as in Rule */
        const char *in;           /* of a zone's clients, interned; NULL: the policy's interfaces */
} Common;

static guint count_interfaces(const Common *common) {
        return common->in ? 1 : MAX(1, common->policy->interfaces->len);
}

static Rule *add_rule(const Common *common, guint interface) {
        Rule *rule = g_new0(Rule, 1);
        rule->name = g_strdup(common->name);
        rule->policy = policy_ref(common->policy);
        rule->family = common->family;
        rule->in = common->in ? common->in : nth_name(common->policy->interfaces, interface);
        rule->in_is_bridge = rule->in && g_strv_contains(common->bridges, rule->in);
        rule->sources = common->sources ? g_array_ref(common->sources) : NULL;
        rule->shares = g_array_ref(common->shares);
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
        for (guint i = 0; i < count_interfaces(common); i++)
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
        for (guint i = 0; i < count_interfaces(common); i++)
                for (guint d = 0; d < (asks ? destinations->len : 1); d++) {
                        Rule *rule = add_rule(common, i);
                        set_destination(rule, asks ? destinations->pdata[d] : group->destination);
                        rule->kind = group->kind;
                        rule->protocol = group->protocol;
                        rule->endpoints = g_array_ref(group->endpoints);
                }
}

static void compile_common(const Common *common, GPtrArray *destinations, GPtrArray *groups) {
        if (common->policy->action == POLICY_DENY && common->sources && common->sources->len == 0)
                return;
        if (!endpoint_is_named(common->policy))
                compile_dialled(common, destinations);
        for (guint i = 0; i < groups->len; i++)
                compile_group(common, destinations, groups->pdata[i]);
}

/* What policies are compiled against. */
typedef struct Input {
        const char *const *bridges;
        DockerIndex *docker;
        const ZoneClients *zones;
        bool lasting;
} Input;

/* Adds what the policy's zones list anywhere to the addresses. Returns what they list at single interfaces (ZonePart). */
static GArray *take_zones(const Input *input, const Policy *policy, Family family, GArray *addresses) {
        GArray *parts = g_array_new(FALSE, FALSE, sizeof(ZonePart));
        for (guint z = 0; input->zones && z < policy->zones->len; z++) {
                g_autoptr(GArray) of_zone = zone_clients_list(input->zones, policy->zones->pdata[z], family);
                for (guint i = 0; i < of_zone->len; i++) {
                        const ZonePart *part = &g_array_index(of_zone, ZonePart, i);
                        if (!part->in)
                                g_array_append_vals(addresses, part->sources->data, part->sources->len);
                        else if (!g_strv_contains(input->bridges, part->in) &&
                                 (policy->interfaces->len == 0 ||
                                  g_ptr_array_find_with_equal_func(policy->interfaces, part->in, g_str_equal, NULL))) {
                                const ZonePart copy = { part->in, g_array_ref(part->sources) };
                                g_array_append_val(parts, copy);
                        }
                }
        }
        return parts;
}

static void clear_share(gpointer p) {
        g_array_unref(((RuleShare *) p)->sources);
}

/* Adds the addresses of the family, if there are any. until: of their listing; 0: as long as the policy. */
static void add_share(GArray *shares, const Policy *policy, gint64 until, GArray *addresses, Family family) {
        const bool is_earlier = until && (!policy->until || until < policy->until);
        const RuleShare share = { is_earlier ? until : policy->until, address_set_new(addresses, family) };
        if (share.sources->len > 0)
                g_array_append_val(shares, share);
        else
                g_array_unref(share.sources);
}

/* With the addresses that are listed as long as the policy. */
static GArray *new_shares(const Policy *policy, GArray *lasting, Family family) {
        GArray *shares = g_array_new(FALSE, FALSE, sizeof(RuleShare));
        g_array_set_clear_func(shares, clear_share);
        if (policy->action == POLICY_ALLOW_ONLY)
                add_share(shares, policy, 0, lasting, family);
        return shares;
}

static void add_brief_shares(GArray *shares, const Policy *policy, Family family) {
        for (gint64 end = brief_next_end(policy->brief, 0); end != G_MAXINT64; end = brief_next_end(policy->brief, end)) {
                g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(AddressRange));
                brief_append(policy->brief, end, addresses);
                add_share(shares, policy, end, addresses, family);
        }
}

/* Whether it names something that has sources, and it is not known which. */
static bool is_unsure(const Policy *policy, PolicySet *set, Ipsets *ipsets, const ZoneClients *zones) {
        bool unsure = policy->zones->len > 0 && (!zones || zone_clients_flaw(zones));
        for (guint i = 0; i < policy->groups->len; i++)
                unsure |= !g_hash_table_contains(set->groups, policy->groups->pdata[i]);
        for (guint i = 0; i < policy->ipsets->len; i++) {
                const Ipset *ipset = ipsets ? ipsets_find(ipsets, policy->ipsets->pdata[i]) : NULL;
                unsure |= !ipset || ipset->state != IPSET_FINE;
        }
        return unsure;
}

/* lasting: the policy's sources, of both families, but for those that are listed for a time; NULL: it is for everybody. */
static void compile_family(GPtrArray *rules, const char *name, Policy *policy, GArray *lasting, Family family,
                           const Input *input) {
        /* A policy whose destinations are all of the other family does not cover this one. A policy whose sources all are does:
         * then it lists nobody here. */
        g_autoptr(GPtrArray) destinations = NULL;
        if (policy->destinations->len > 0) {
                g_autoptr(GArray) set = address_set_new(policy->destinations, family);
                destinations = address_set_to_prefixes(set);
                if (destinations->len == 0)
                        return;
        }
        g_autoptr(GPtrArray) groups = policy->action == POLICY_FORWARD ?
                                              g_ptr_array_new() :
                                              endpoint_resolve(policy, family, input->docker, input->lasting);
        g_autoptr(GArray) addresses = lasting ? g_array_copy(lasting) : g_array_new(FALSE, FALSE, sizeof(AddressRange));
        g_autoptr(GArray) parts = take_zones(input, policy, family, addresses);
        g_autoptr(GArray) shares = new_shares(policy, addresses, family);
        if (policy->action == POLICY_ALLOW_ONLY)
                add_brief_shares(shares, policy, family);
        brief_append(policy->brief, 0, addresses);
        g_autoptr(GArray) sources = lasting && policy_has_sources(policy) ? address_set_new(addresses, family) : NULL;
        const Common common = { rules, name, policy, family, input->bridges, sources, shares, NULL };
        compile_common(&common, destinations, groups);
        for (guint i = 0; i < parts->len; i++) {
                const ZonePart *part = &g_array_index(parts, ZonePart, i);
                g_autoptr(GArray) share = new_shares(policy, part->sources, family);
                const Common here = { rules, name, policy, family, input->bridges, part->sources, share, part->in };
                compile_common(&here, destinations, groups);
                g_array_unref(part->sources);
        }
}

bool rule_lists_published_only(const Rule *rule) {
        return rule->kind == ENDPOINT_DIALLED && rule->port;
}

bool rule_is_carried(const Rule *rule) {
        return rule->policy->carriers != NULL;
}

bool rules_judge(const GPtrArray *rules) {
        for (guint i = 0; i < rules->len; i++)
                if (((Rule *) rules->pdata[i])->policy->action != POLICY_FORWARD)
                        return true;
        return false;
}

GPtrArray *compile_policies(PolicySet *set, const char *const *bridges, DockerFacts *facts, Ipsets *ipsets,
                            const ZoneClients *zones, bool lasting) {
        g_auto(DockerIndex) docker;
        docker_index_init(&docker, facts);
        const Input input = { bridges, &docker, zones, lasting };
        GPtrArray *rules = g_ptr_array_new_with_free_func(rule_free);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        for (guint i = 0; i < names->len; i++) {
                Policy *policy = g_hash_table_lookup(set->policies, names->pdata[i]);
                if (!policy->enabled)
                        continue;
                /* Nobody has checked the label of a container that starts: what it may mean to keep out is kept out. */
                const bool closes = policy->carriers && policy->action == POLICY_DENY && is_unsure(policy, set, ipsets, zones);
                g_autoptr(GArray) sources = closes ? NULL : ipsets_sources(set, policy, ipsets);
                for (Family family = 0; family < _FAMILY_MAX; family++)
                        compile_family(rules, names->pdata[i], policy, sources, family, &input);
        }
        return rules;
}
