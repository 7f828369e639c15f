/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "direct-rule.h"

#include <string.h>

#include "model/bounds.h"

/*
 * DOCKER-USER         new connection -> QUAYWALL                  one rule, however many policies there are
 *                     forward -> ACCEPT
 * QUAYWALL            ICMP error about a connection -> RETURN     conntrack calls it RELATED, like FTP's data
 *                     out by a Docker bridge -> QUAYWALL-POLICY   so that routed traffic is left alone
 * QUAYWALL-POLICY     deny -> DROP; allow-only, source listed -> RETURN; allow-only -> DROP
 *
 * Nothing returns from DOCKER-USER itself, so other programs' rules there keep their effect wherever they stand. All
 * allow-lists are in one chain, since a source that any of them lists must not meet the DROP of another.
 */
enum {
        /* In DOCKER-USER, behind rules that others add with firewall-cmd. */
        PRIORITY_JUMP = 1000,
        PRIORITY_FORWARD,
};
enum {
        /* In QUAYWALL. */
        PRIORITY_ERRORS,
        PRIORITY_BRIDGE,
};
enum {
        /* In QUAYWALL-POLICY: first for policies that name a Docker bridge, then for all others. */
        PRIORITY_DENY_LOG,
        PRIORITY_DENY,
        PRIORITY_PASS,
        PRIORITY_ONLY_LOG,
        PRIORITY_ONLY,
        PRIORITY_NOT_FROM_BRIDGE = 9,
        PRIORITY_OTHERS = 10,
};

/* xt_LOG holds 29 characters (NF_LOG_PREFIXLEN is 128 but the iptables target has 30 bytes). */
#define LOG_PREFIX_MAX 29

DirectRule *direct_rule_new(Family family, const char *chain, int priority, GStrv args) {
        DirectRule *rule = g_new(DirectRule, 1);
        *rule = (DirectRule){ family, g_strdup(chain), priority, args };
        return rule;
}

DirectRule *direct_rule_copy(const DirectRule *rule) {
        return direct_rule_new(rule->family, rule->chain, rule->priority, g_strdupv(rule->args));
}

void direct_rule_free(DirectRule *rule) {
        g_free(rule->chain);
        g_strfreev(rule->args);
        g_free(rule);
}

guint direct_rule_hash(gconstpointer p) {
        const DirectRule *rule = p;
        guint hash = g_str_hash(rule->chain) * 31 + rule->family * 7 + rule->priority;
        for (char **arg = rule->args; *arg; arg++)
                hash = hash * 31 + g_str_hash(*arg);
        return hash;
}

gboolean direct_rule_equal(gconstpointer pa, gconstpointer pb) {
        const DirectRule *a = pa, *b = pb;
        return a->family == b->family && a->priority == b->priority && g_str_equal(a->chain, b->chain) &&
               g_strv_equal((const char *const *) a->args, (const char *const *) b->args);
}

const char *direct_rule_owner(const char *chain, const char *const *args) {
        bool our_chain = g_str_equal(chain, CHAIN_QUAYWALL) || g_str_equal(chain, CHAIN_QUAYWALL_POLICY);
        if (!our_chain && !g_str_equal(chain, CHAIN_DOCKER_USER))
                return NULL;
        for (; *args; args++) {
                if (!g_str_equal(*args, "--comment") || !args[1])
                        continue;
                if (g_str_has_prefix(args[1], COMMENT_PREFIX))
                        return args[1] + strlen(COMMENT_PREFIX);
                our_chain |= g_str_equal(args[1], COMMENT_OURS);
        }
        return our_chain ? "" : NULL;
}

bool direct_rules_use_family(GPtrArray *rules, Family family) {
        for (guint i = 0; i < rules->len; i++)
                if (((DirectRule *) rules->pdata[i])->family == family)
                        return true;
        return false;
}

static void add(GStrvBuilder *args, const char *option, const char *value) {
        g_strv_builder_add_many(args, option, value, NULL);
}

/* What the rule covers. */
static GStrvBuilder *begin(const Rule *rule, const char *sources) {
        GStrvBuilder *args = g_strv_builder_new();
        if (rule->in)
                add(args, "-i", rule->in);
        if (sources)
                add(args, "-s", sources);
        /* Where the packet goes, whatever was dialled: DNAT has put the container's address there. */
        if (rule->kind == ENDPOINT_CONTAINER)
                add(args, "-d", rule->destination);
        if (rule->port)
                add(args, "-p", rule->port->protocol);
        /* The client's view is the connection's original direction, since DNAT came before this chain. */
        g_strv_builder_add_many(args, "-m", "conntrack", NULL);
        if (rule->destination && rule->kind != ENDPOINT_CONTAINER)
                add(args, "--ctorigdst", rule->destination);
        if (rule->port) {
                g_autofree char *port = rule->port->first == rule->port->last ?
                                                g_strdup_printf("%u", rule->port->first) :
                                                g_strdup_printf("%u:%u", rule->port->first, rule->port->last);
                add(args, "--ctorigdstport", port);
        }
        add(args, "--ctdir", "ORIGINAL");
        if (rule->kind == ENDPOINT_PUBLISHED) {
                /* A port of this host was dialled, not the same number on a container's own address. */
                add(args, "-m", "conntrack");
                add(args, "--ctstate", "DNAT");
        }
        return args;
}

static void end(GPtrArray *out, GStrvBuilder *args, const Rule *rule, const char *chain, int priority) {
        g_ptr_array_add(out, direct_rule_new(rule->family, chain, priority, g_strv_builder_end(args)));
        g_strv_builder_unref(args);
}

static void add_comment(GStrvBuilder *args, const Rule *rule) {
        g_autofree char *comment = g_strconcat(COMMENT_PREFIX, rule->name, NULL);
        add(args, "-m", "comment");
        add(args, "--comment", comment);
}

static void render_log(GPtrArray *out, const Rule *rule, const char *sources, int priority) {
        GStrvBuilder *args = begin(rule, sources);
        g_autofree char *name = g_strndup(rule->name, LOG_PREFIX_MAX - strlen(COMMENT_PREFIX) - 1);
        g_autofree char *prefix = g_strconcat(COMMENT_PREFIX, name, " ", NULL);
        add(args, "-m", "limit");
        add(args, "--limit", "10/minute");
        add_comment(args, rule);
        add(args, "-j", "LOG");
        add(args, "--log-prefix", prefix);
        end(out, args, rule, CHAIN_QUAYWALL_POLICY, priority);
}

static void render_drop(GPtrArray *out, const Rule *rule, const char *sources, int priority) {
        GStrvBuilder *args = begin(rule, sources);
        add_comment(args, rule);
        if (!rule->policy->reject)
                add(args, "-j", "DROP");
        else {
                const bool tcp = rule->port && g_str_equal(rule->port->protocol, "tcp");
                add(args, "-j", "REJECT");
                add(args, "--reject-with",
                    tcp                         ? "tcp-reset" :
                    rule->family == FAMILY_IPV4 ? "icmp-port-unreachable" :
                                                  "icmp6-port-unreachable");
        }
        end(out, args, rule, CHAIN_QUAYWALL_POLICY, priority);
}

static const char *icmp(Family family) {
        return family == FAMILY_IPV4 ? "icmp" : "ipv6-icmp";
}

/* match: more words; NULL: none. */
static void render_way(GPtrArray *out, const Rule *rule, const char *in, const char *to, const char *const *match) {
        GStrvBuilder *args = g_strv_builder_new();
        add(args, "-i", in);
        add(args, "-o", to);
        if (match)
                g_strv_builder_addv(args, (const char **) match);
        add_comment(args, rule);
        add(args, "-j", "ACCEPT");
        end(out, args, rule, CHAIN_DOCKER_USER, PRIORITY_FORWARD);
}

/* Replies and ICMP errors come back. A connection that is merely expected in that direction (active FTP's data) does not, nor
 * one that was opened from there. */
static void render_forward(GPtrArray *out, const Rule *rule) {
        const char *const replies[] = { "-m", "conntrack", "--ctstate", "ESTABLISHED", "--ctdir", "REPLY", NULL };
        const char *const errors[] = { "-p", icmp(rule->family), "-m", "conntrack", "--ctstate", "RELATED", NULL };
        render_way(out, rule, rule->in, rule->out, NULL);
        render_way(out, rule, rule->out, rule->in, replies);
        render_way(out, rule, rule->out, rule->in, errors);
}

static void render_pass(GPtrArray *out, const Rule *rule, const char *sources) {
        GStrvBuilder *args = begin(rule, sources);
        if (rule_lists_published_only(rule)) {
                add(args, "-m", "conntrack");
                add(args, "--ctstate", "DNAT");
        }
        add_comment(args, rule);
        add(args, "-j", "RETURN");
        end(out, args, rule, CHAIN_QUAYWALL_POLICY, (rule->in_is_bridge ? 0 : PRIORITY_OTHERS) + PRIORITY_PASS);
}

static void render_rule(GPtrArray *out, const Rule *rule) {
        if (rule->policy->action == POLICY_FORWARD) {
                render_forward(out, rule);
                return;
        }
        /* firewalld makes one iptables rule for each item of the list, all in one call. */
        g_autofree char *sources = NULL;
        if (rule->sources && rule->sources->len > 0) {
                g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(rule->sources);
                g_ptr_array_add(prefixes, NULL);
                sources = g_strjoinv(",", (char **) prefixes->pdata);
        }
        const int base = rule->in_is_bridge ? 0 : PRIORITY_OTHERS;
        if (rule->policy->action == POLICY_DENY) {
                if (rule->policy->log)
                        render_log(out, rule, sources, base + PRIORITY_DENY_LOG);
                render_drop(out, rule, sources, base + PRIORITY_DENY);
                return;
        }
        if (sources)
                render_pass(out, rule, sources);
        if (rule->policy->log)
                render_log(out, rule, NULL, base + PRIORITY_ONLY_LOG);
        render_drop(out, rule, NULL, base + PRIORITY_ONLY);
}

/* Only the guard knows whom firewalld's zones let in; no other policy may drop these here. */
static void render_obedient(GPtrArray *out, const Rule *rule) {
        render_pass(out, rule, NULL);
}

/* iptables has no sets without ipset, so each endpoint is a rule of its own. */
static void render_endpoints(GPtrArray *out, const Rule *rule, void (*render)(GPtrArray *out, const Rule *rule)) {
        for (guint i = 0; i < rule->endpoints->len; i++) {
                const Endpoint *endpoint = &g_array_index(rule->endpoints, Endpoint, i);
                const PortRange port = { rule->protocol, endpoint->port, endpoint->port };
                g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(AddressRange));
                g_array_append_val(one, endpoint->address);
                g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(one);
                Rule view = *rule;
                view.endpoints = NULL;
                view.port = endpoint->port ? &port : NULL;
                if (rule->kind != ENDPOINT_PUBLISHED)
                        view.destination = prefixes->pdata[0]; /* an address or a subnet: one prefix */
                render(out, &view);
        }
}

/* tcp_flags: NULL: any protocol. */
static void render_jump(GPtrArray *out, Family family, const char *tcp_flags, const char *state) {
        g_autoptr(GStrvBuilder) args = g_strv_builder_new();
        if (tcp_flags)
                g_strv_builder_add_many(args, "-p", "tcp", "--tcp-flags", "SYN,ACK", tcp_flags, NULL);
        g_strv_builder_add_many(args, "-m", "conntrack", "--ctstate", state, "--ctdir", "ORIGINAL", "-m", "comment",
                                "--comment", COMMENT_OURS, "-j", CHAIN_QUAYWALL, NULL);
        g_ptr_array_add(out, direct_rule_new(family, CHAIN_DOCKER_USER, PRIORITY_JUMP, g_strv_builder_end(args)));
}

/* The way from DOCKER-USER to QUAYWALL-POLICY. A connection that a conntrack helper expects is judged like any other: otherwise
 * one line from a server would open any port to the client that asked for it. So is one that begins anew with the addresses and
 * ports of one that is over, which conntrack may call established (see guard-render.c; SCTP is left to the guard, since not
 * every kernel has iptables' match for it). */
static void render_way_in(GPtrArray *out, Family family, const char *const *bridges) {
        render_jump(out, family, NULL, "NEW,RELATED");
        render_jump(out, family, "SYN", "ESTABLISHED");
        const char *const errors[] = { "-p", icmp(family), "-m", "conntrack", "--ctstate", "RELATED", "-j", "RETURN", NULL };
        g_ptr_array_add(out, direct_rule_new(family, CHAIN_QUAYWALL, PRIORITY_ERRORS, g_strdupv((char **) errors)));
        for (const char *const *bridge = bridges; *bridge; bridge++) {
                const char *const to[] = { "-o", *bridge, "-g", CHAIN_QUAYWALL_POLICY, NULL };
                g_ptr_array_add(out, direct_rule_new(family, CHAIN_QUAYWALL, PRIORITY_BRIDGE, g_strdupv((char **) to)));
                const char *const from[] = { "-i", *bridge, "-j", "RETURN", NULL };
                g_ptr_array_add(out, direct_rule_new(family, CHAIN_QUAYWALL_POLICY, PRIORITY_NOT_FROM_BRIDGE,
                                                     g_strdupv((char **) from)));
        }
}

static int chain_rank(const char *chain) {
        /* A chain comes before the one that jumps to it, so the list can be loaded from front to back. */
        return g_str_equal(chain, CHAIN_QUAYWALL_POLICY) ? 0 : g_str_equal(chain, CHAIN_QUAYWALL) ? 1 : 2;
}

static int compare_direct_rules(gconstpointer pa, gconstpointer pb, gpointer order) {
        const DirectRule *a = *(DirectRule *const *) pa, *b = *(DirectRule *const *) pb;
        if (a->family != b->family)
                return a->family < b->family ? -1 : 1;
        if (chain_rank(a->chain) != chain_rank(b->chain))
                return chain_rank(a->chain) - chain_rank(b->chain);
        if (a->priority != b->priority)
                return a->priority < b->priority ? -1 : 1;
        /* In the order of rendering: the sort must be stable. */
        return GPOINTER_TO_INT(g_hash_table_lookup(order, a)) - GPOINTER_TO_INT(g_hash_table_lookup(order, b));
}

/* Only the guard knows the policy's sources and endpoints; no other policy may drop one of these sources here. */
static void render_large(GPtrArray *out, const Rule *rule) {
        Rule view = *rule;
        if (rule->endpoints) {
                view.kind = ENDPOINT_DIALLED;
                view.endpoints = NULL;
        }
        render_pass(out, &view, NULL);
}

/* What one policy covers twice (a port published everywhere and at one address) becomes one rule: firewalld refuses
 * duplicates. */
static void drop_doubles(GPtrArray *out) {
        g_autoptr(GHashTable) seen = g_hash_table_new(direct_rule_hash, direct_rule_equal);
        for (guint i = 0; i < out->len;)
                if (g_hash_table_contains(seen, out->pdata[i]))
                        g_ptr_array_remove_index(out, i);
                else
                        g_hash_table_add(seen, out->pdata[i++]);
}

/* A range can be hundreds of prefixes, so count those. */
static guint count_prefixes(GArray *sources) {
        if (!sources || sources->len > LIMIT_RULES)
                return sources ? sources->len : 0;
        g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(sources);
        return prefixes->len;
}

/* How many iptables rules one policy becomes, both families together. */
typedef struct {
        Policy *policy;
        guint64 rules;
        guint passes; /* rules that stay in DOCKER-USER when the guard alone enforces the policy */
        bool large;   /* too many for one policy */
} Size;

/* The guard lets an allow-only's clients pass its own hooks only, which are in front of DOCKER-USER: other policies' rules
 * there must not drop them. */
static bool needs_pass(const Rule *rule) {
        return rule->policy->action == POLICY_OBEY_ZONES ||
               (rule->policy->action == POLICY_ALLOW_ONLY && rule->sources && rule->sources->len > 0);
}

/* In the order of RULES, in which the rules of one policy stand together. */
static GArray *measure(GPtrArray *rules, bool guarded) {
        GArray *sizes = g_array_new(false, true, sizeof(Size));
        const Rule *last = NULL;
        guint64 count = 0, endpoints = 0, sources = 0;
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (rule->policy->action == POLICY_FORWARD)
                        continue;
                if (!last || last->policy != rule->policy)
                        g_array_append_val(sizes, ((Size){ .policy = rule->policy }));
                if (!last || last->policy != rule->policy || last->family != rule->family) {
                        sources = MAX(1, count_prefixes(rule->sources));
                        count = endpoints = 0;
                }
                Size *size = &g_array_index(sizes, Size, sizes->len - 1);
                const guint covered = rule->endpoints ? rule->endpoints->len : 0;
                count += sources * MAX(1, covered);
                endpoints += covered;
                size->rules += sources * MAX(1, covered);
                size->passes += needs_pass(rule);
                size->large |= guarded ? count > LIMIT_DIRECT_RULES || endpoints > LIMIT_DIRECT_ENDPOINTS : count > LIMIT_RULES;
                last = rule;
        }
        return sizes;
}

static int compare_sizes(const void *a, const void *b) {
        const Size *one = a, *other = b;
        return (one->rules > other->rules) - (one->rules < other->rules);
}

/* The policies (Policy *) with too many iptables rules for DOCKER-USER: each that is too large by itself and, with the guard,
 * which has sets, the largest ones until the rest is few enough, since the kernel searches rules one by one for a packet, and
 * firewalld makes them one by one. Without the guard nothing else would enforce them. */
static GHashTable *find_large(GPtrArray *rules, bool guarded) {
        GHashTable *large = g_hash_table_new(NULL, NULL);
        g_autoptr(GArray) sizes = measure(rules, guarded);
        guint64 total = 0;
        for (guint i = 0; i < sizes->len; i++) {
                const Size *size = &g_array_index(sizes, Size, i);
                total += size->large ? size->passes : size->rules;
        }
        g_array_sort(sizes, compare_sizes);
        for (guint i = sizes->len; i-- > 0;) {
                const Size *size = &g_array_index(sizes, Size, i);
                const bool is_one_too_many = guarded && !size->large && total > LIMIT_DIRECT_RULES_ALL;
                if (is_one_too_many)
                        total -= size->rules - size->passes;
                if (size->large || is_one_too_many)
                        g_hash_table_add(large, size->policy);
        }
        return large;
}

/* Each name once, in the order of RULES; empties LARGE. */
static GPtrArray *take_names(GPtrArray *rules, GHashTable *large) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (g_hash_table_remove(large, rule->policy))
                        g_ptr_array_add(names, g_strdup(rule->name));
        }
        return names;
}

/* What containers carry in labels only restricts, which the guard does. */
static GPtrArray *without_carried(GPtrArray *rules) {
        GPtrArray *others = g_ptr_array_sized_new(rules->len);
        for (guint i = 0; i < rules->len; i++)
                if (!rule_is_carried(rules->pdata[i]))
                        g_ptr_array_add(others, rules->pdata[i]);
        return others;
}

GPtrArray *direct_list_too_large(GPtrArray *all, bool guarded) {
        g_autoptr(GPtrArray) rules = without_carried(all);
        g_autoptr(GHashTable) large = find_large(rules, guarded);
        return take_names(rules, large);
}

static bool is_obedient(const Rule *rule) {
        return rule->policy->action == POLICY_OBEY_ZONES;
}

static bool keeps_out(GPtrArray *rules, GHashTable *large) {
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (rule->policy->action != POLICY_FORWARD && !is_obedient(rule) && !g_hash_table_contains(large, rule->policy))
                        return true;
        }
        return false;
}

GPtrArray *direct_render(GPtrArray *all, const char *const *bridges, bool guarded, bool judges, GPtrArray **ret_left_out) {
        g_autoptr(GPtrArray) rules = without_carried(all);
        g_autoptr(GPtrArray) out = g_ptr_array_new_with_free_func((GDestroyNotify) direct_rule_free);
        g_autoptr(GHashTable) large = find_large(rules, guarded);
        bool judged[_FAMILY_MAX] = { [FAMILY_IPV4] = judges };
        const bool any_drops = keeps_out(rules, large);
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (g_hash_table_contains(large, rule->policy)) {
                        if (guarded && any_drops && needs_pass(rule))
                                render_large(out, rule);
                        continue;
                }
                if (guarded && is_obedient(rule) && !any_drops)
                        continue;
                void (*render)(GPtrArray *, const Rule *) = guarded && is_obedient(rule) ? render_obedient : render_rule;
                if (rule->endpoints)
                        render_endpoints(out, rule, render);
                else
                        render(out, rule);
                judged[rule->family] |= rule->policy->action != POLICY_FORWARD;
        }
        for (Family family = 0; family < _FAMILY_MAX; family++)
                if (judged[family])
                        render_way_in(out, family, bridges);

        if (ret_left_out)
                *ret_left_out = take_names(rules, large);
        drop_doubles(out);
        g_autoptr(GHashTable) order = g_hash_table_new(NULL, NULL);
        for (guint i = 0; i < out->len; i++)
                g_hash_table_insert(order, out->pdata[i], GINT_TO_POINTER(i));
        g_ptr_array_sort_with_data(out, compare_direct_rules, order);
        return g_steal_pointer(&out);
}
