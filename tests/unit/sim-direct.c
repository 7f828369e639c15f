/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sim-direct.h"

#include <string.h>

typedef struct SimRule {
        DirectRule *rule;
        const char *in, *out, *protocol, *target;
        GArray *sources;                                 /* AddressRange; NULL: any */
        bool matches_new, matches_related, matches_open; /* what conntrack must say */
        bool is_first;                                   /* by TCP's flags */
        bool is_reply, is_original;                      /* by conntrack's direction */
        bool is_dnat, has_destination, has_container, has_port, goes_to;
        AddressRange destination, container;
        guint first_port, last_port;
} SimRule;

static void sim_rule_free(gpointer p) {
        SimRule *rule = p;
        direct_rule_free(rule->rule);
        g_clear_pointer(&rule->sources, g_array_unref);
        g_free(rule);
}

static AddressRange parse_address(const char *text) {
        AddressRange range;
        g_autoptr(GError) error = NULL;
        address_range_parse(text, &range, &error);
        g_assert_no_error(error);
        return range;
}

/* firewalld makes a rule of each comma-separated address; with one match and one target that means "any of them". */
static GArray *parse_sources(const char *text, Family family) {
        GArray *sources = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        g_auto(GStrv) words = g_strsplit(text, ",", -1);
        for (char **word = words; *word; word++) {
                AddressRange range = parse_address(*word);
                g_assert_cmpint(range.family, ==, family);
                g_array_append_val(sources, range);
        }
        return sources;
}

static SimRule *sim_rule_new(const DirectRule *direct) {
        SimRule *rule = g_new0(SimRule, 1);
        rule->rule = direct_rule_copy(direct);
        rule->matches_new = rule->matches_related = rule->matches_open = true;
        for (char **arg = rule->rule->args; *arg; arg += 2) {
                const char *option = arg[0], *value = arg[1];
                g_assert_nonnull(value);
                if (g_str_equal(option, "-i"))
                        rule->in = value;
                else if (g_str_equal(option, "-o"))
                        rule->out = value;
                else if (g_str_equal(option, "-p"))
                        rule->protocol = value;
                else if (g_str_equal(option, "-s"))
                        rule->sources = parse_sources(value, direct->family);
                else if (g_str_equal(option, "--ctstate") && g_str_equal(value, "DNAT"))
                        rule->is_dnat = true;
                else if (g_str_equal(option, "--ctstate")) {
                        rule->matches_new = g_str_equal(value, "NEW,RELATED");
                        rule->matches_related = rule->matches_new || g_str_equal(value, "RELATED");
                        rule->matches_open = g_str_equal(value, "ESTABLISHED");
                        g_assert_true(rule->matches_related || rule->matches_open);
                } else if (g_str_equal(option, "--ctdir")) {
                        rule->is_reply = g_str_equal(value, "REPLY");
                        rule->is_original = g_str_equal(value, "ORIGINAL");
                        g_assert_true(rule->is_reply || rule->is_original);
                } else if (g_str_equal(option, "--tcp-flags")) {
                        g_assert_cmpstr(value, ==, "SYN,ACK");
                        g_assert_cmpstr(arg++[2], ==, "SYN");
                        rule->is_first = true;
                } else if (g_str_equal(option, "-d")) {
                        rule->has_container = true;
                        rule->container = parse_address(value);
                } else if (g_str_equal(option, "--ctorigdst")) {
                        rule->has_destination = true;
                        rule->destination = parse_address(value);
                } else if (g_str_equal(option, "--ctorigdstport")) {
                        char *end;
                        g_assert_nonnull(rule->protocol);
                        rule->has_port = true;
                        rule->first_port = rule->last_port = strtoul(value, &end, 10);
                        if (*end == ':')
                                rule->last_port = strtoul(end + 1, NULL, 10);
                } else if (g_str_equal(option, "-j") || g_str_equal(option, "-g")) {
                        rule->target = value;
                        rule->goes_to = g_str_equal(option, "-g");
                } else
                        g_assert_true(g_str_equal(option, "-m") || g_str_equal(option, "--comment") ||
                                      g_str_equal(option, "--limit") || g_str_equal(option, "--log-prefix") ||
                                      g_str_equal(option, "--reject-with"));
        }
        g_assert_nonnull(rule->target);
        return rule;
}

static bool has_protocol(const SimRule *rule, const Connection *c) {
        const bool icmp = g_str_equal(rule->protocol, "icmp") || g_str_equal(rule->protocol, "ipv6-icmp");
        if (icmp)
                g_assert_true(g_str_equal(rule->protocol, "icmp") == (rule->rule->family == FAMILY_IPV4));
        return icmp ? g_str_equal(c->protocol, "icmp") : g_str_equal(rule->protocol, c->protocol);
}

static bool rule_matches(const SimRule *rule, const Connection *c) {
        const bool has_state = c->error || c->expected ? rule->matches_related :
                               c->reply || c->again    ? rule->matches_open :
                                                         rule->matches_new;
        const bool has_direction = c->error || (c->reply ? !rule->is_original : !rule->is_reply);
        if (!has_state || !has_direction || (rule->is_first && c->reply) || (rule->in && !g_str_equal(rule->in, c->in)) ||
            (rule->out && !g_str_equal(rule->out, c->out)) || (rule->protocol && !has_protocol(rule, c)) ||
            (rule->has_destination && !address_range_overlaps(&rule->destination, &c->destination)) ||
            (rule->is_dnat && !c->local) || (rule->has_container && !address_range_overlaps(&rule->container, &c->container)) ||
            (rule->has_port && (c->port < rule->first_port || c->port > rule->last_port)))
                return false;
        for (guint i = 0; rule->sources && i < rule->sources->len; i++)
                if (address_range_overlaps(&g_array_index(rule->sources, AddressRange, i), &c->source))
                        return true;
        return !rule->sources;
}

static char *chain_key(Family family, const char *chain) {
        return g_strdup_printf("%s:%s", family_to_string(family), chain);
}

SimDirect *sim_direct_new(void) {
        SimDirect *sim = g_new(SimDirect, 1);
        sim->chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        sim->rules = g_ptr_array_new_with_free_func(sim_rule_free);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                g_hash_table_add(sim->chains, chain_key(family, CHAIN_DOCKER_USER));
        return sim;
}

void sim_direct_free(SimDirect *sim) {
        g_hash_table_unref(sim->chains);
        g_ptr_array_unref(sim->rules);
        g_free(sim);
}

static bool find_rule(SimDirect *sim, const DirectRule *rule, guint *ret_index) {
        for (guint i = 0; i < sim->rules->len; i++)
                if (direct_rule_equal(((SimRule *) sim->rules->pdata[i])->rule, rule)) {
                        *ret_index = i;
                        return true;
                }
        return false;
}

static bool reads_as(const DirectRule *a, const DirectRule *b) {
        return a->family == b->family && g_str_equal(a->chain, b->chain) &&
               g_strv_equal((const char *const *) a->args, (const char *const *) b->args);
}

static bool chain_in_use(SimDirect *sim, Family family, const char *chain) {
        for (guint i = 0; i < sim->rules->len; i++) {
                const SimRule *rule = sim->rules->pdata[i];
                if (rule->rule->family == family && (g_str_equal(rule->rule->chain, chain) || g_str_equal(rule->target, chain)))
                        return true;
        }
        return false;
}

/* firewalld counts the rules of the chain that it lists with the same or a lower priority, and inserts after that many. */
static void add_rule(SimDirect *sim, const DirectRule *direct) {
        g_autofree char *key = chain_key(direct->family, direct->chain);
        guint place = 0, before = 0, index = 0;
        g_assert_true(g_hash_table_contains(sim->chains, key));
        g_assert_false(find_rule(sim, direct, &index));
        for (guint i = 0; i < sim->rules->len; i++) {
                const DirectRule *other = ((SimRule *) sim->rules->pdata[i])->rule;
                before += other->family == direct->family && g_str_equal(other->chain, direct->chain) &&
                          other->priority <= direct->priority;
        }
        for (guint i = 0; i < sim->rules->len && before > 0; i++) {
                const DirectRule *other = ((SimRule *) sim->rules->pdata[i])->rule;
                if (other->family == direct->family && g_str_equal(other->chain, direct->chain) && before-- > 0)
                        place = i + 1;
        }
        SimRule *rule = sim_rule_new(direct);
        if (g_str_has_prefix(rule->target, CHAIN_QUAYWALL)) {
                g_autofree char *target = chain_key(direct->family, rule->target);
                g_assert_true(g_hash_table_contains(sim->chains, target));
        }
        /* With none before it, the rule goes to the front of the whole list: only the order inside each chain matters. */
        g_ptr_array_insert(sim->rules, place, rule);
}

/* firewalld forgets the rule that it was given; of rules that read the same, iptables removes the first. */
static void remove_rule(SimDirect *sim, const DirectRule *direct) {
        guint listed = 0, first = 0;
        g_assert_true(find_rule(sim, direct, &listed));
        SimRule *gone = sim->rules->pdata[listed];
        while (!reads_as(((SimRule *) sim->rules->pdata[first])->rule, direct))
                first++;
        SimRule *stays = sim->rules->pdata[first];
        sim->rules->pdata[listed] = stays;
        sim->rules->pdata[first] = gone;
        g_ptr_array_remove_index(sim->rules, first);
}

void sim_direct_run(SimDirect *sim, const Step *step) {
        g_autofree char *key = chain_key(step->rule->family, step->rule->chain);
        switch (step->kind) {
        case STEP_ADD_CHAIN:
                g_assert_true(g_hash_table_add(sim->chains, g_steal_pointer(&key)));
                break;
        case STEP_REMOVE_CHAIN:
                g_assert_false(chain_in_use(sim, step->rule->family, step->rule->chain));
                g_assert_true(g_hash_table_remove(sim->chains, key));
                break;
        case STEP_ADD_RULE:
                add_rule(sim, step->rule);
                break;
        case STEP_REMOVE_RULE:
                remove_rule(sim, step->rule);
                break;
        case STEP_REMOVE_RULES:
                for (guint i = sim->rules->len; i-- > 0;) {
                        const DirectRule *rule = ((SimRule *) sim->rules->pdata[i])->rule;
                        if (rule->family == step->rule->family && g_str_equal(rule->chain, step->rule->chain))
                                g_ptr_array_remove_index(sim->rules, i);
                }
                break;
        }
}

void sim_direct_add_all(SimDirect *sim, GPtrArray *direct_rules) {
        for (guint i = 0; i < direct_rules->len; i++) {
                const DirectRule *rule = direct_rules->pdata[i];
                g_hash_table_add(sim->chains, chain_key(rule->family, rule->chain));
                add_rule(sim, rule);
        }
}

DirectConfig *sim_direct_config(SimDirect *sim) {
        DirectConfig *config = direct_config_new();
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, sim->chains);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
                g_auto(GStrv) words = g_strsplit(key, ":", 2);
                if (!g_str_equal(words[1], CHAIN_DOCKER_USER)) /* Docker made this chain, not firewalld */
                        g_ptr_array_add(config->chains, direct_entry_new(words[0], "filter", words[1], 0, NULL));
        }
        for (guint i = 0; i < sim->rules->len; i++) {
                const DirectRule *rule = ((SimRule *) sim->rules->pdata[i])->rule;
                g_ptr_array_add(config->rules, direct_entry_new(family_to_string(rule->family), "filter", rule->chain,
                                                                rule->priority, g_strdupv(rule->args)));
        }
        return config;
}

/* Whether the chain decides; *ret is then the verdict. */
static bool walk(SimDirect *sim, const char *chain, const Connection *c, Verdict *ret) {
        for (guint i = 0; i < sim->rules->len; i++) {
                const SimRule *rule = sim->rules->pdata[i];
                if (rule->rule->family != c->source.family || !g_str_equal(rule->rule->chain, chain) || !rule_matches(rule, c))
                        continue;
                if (g_str_equal(rule->target, "RETURN"))
                        return false;
                if (g_str_equal(rule->target, "DROP") || g_str_equal(rule->target, "REJECT") ||
                    g_str_equal(rule->target, "ACCEPT")) {
                        *ret = g_str_equal(rule->target, "ACCEPT") ? VERDICT_ACCEPT : VERDICT_DROP;
                        return true;
                }
                if (g_str_equal(rule->target, "LOG"))
                        continue;
                if (walk(sim, rule->target, c, ret))
                        return true;
                if (rule->goes_to)
                        return false;
        }
        return false;
}

Verdict sim_direct_verdict(SimDirect *sim, const Connection *connection) {
        Verdict verdict;
        return walk(sim, CHAIN_DOCKER_USER, connection, &verdict) ? verdict : VERDICT_PASS;
}
