/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-render.h"

#include <string.h>

#include "compile/guard-blocks.h"
#include "compile/guard-delta.h"
#include "compile/guard-elements.h"
#include "compile/guard-policies.h"

/* A set that is no longer needed goes with the rules. */
static void render_published_at(GString *out, const GuardState *previous, const GuardState *state) {
        for (Family family = 0; family < _FAMILY_MAX; family++)
                if (state->published_at[family] && !previous->published_at[family])
                        g_string_append_printf(
                                out, "add set inet " GUARD_TABLE " %s { type %s_addr . inet_proto . inet_service; }\n",
                                GUARD_PUBLISHED_AT[family], family_to_string(family));
}

static void render_unpublished(GString *out, const GuardState *previous, const GuardState *state) {
        for (Family family = 0; family < _FAMILY_MAX; family++)
                if (previous->published_at[family] && !state->published_at[family])
                        g_string_append_printf(out, "delete set inet " GUARD_TABLE " %s\n", GUARD_PUBLISHED_AT[family]);
}

/* What belongs to a connection that is open, and ICMP errors about one. A connection that a conntrack helper makes the kernel
 * expect (FTP's data, named in a line from a server) is judged like any other.
 * So is one that begins anew with the addresses and ports of one that is over: conntrack remembers that for seconds or minutes,
 * and calls the first packet "established" if the other side had reset it (TCP_CONNTRACK_IGNORE in Linux's
 * nf_conntrack_proto_tcp.c), and with SCTP always. */
static void render_passing(GString *out, const char *chain) {
        static const char *const OPEN[] = { "tcp flags & (syn | ack) != syn", "meta l4proto != tcp meta l4proto != sctp",
                                            "meta l4proto sctp sctp chunk init missing" };
        for (gsize i = 0; i < G_N_ELEMENTS(OPEN); i++)
                g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state established %s accept\n", chain,
                                       OPEN[i]);
        /* Two rules, because the kernel builds the set of a single one anew whenever the rules are replaced. */
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state related meta l4proto icmp accept\n", chain);
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state related meta l4proto ipv6-icmp accept\n", chain);
}

/* --- bridges that other machines share ----------------------------------------------------------------------------- */

/* { "br0", "br1" } for names, { 10.0.0.1, 10.0.0.2 } for addresses. */
static char *format_set(GPtrArray *elements, bool quoted) {
        const char *quote = quoted ? "\"" : "";
        GString *text = g_string_new("{ ");
        for (guint i = 0; i < elements->len; i++)
                g_string_append_printf(text, "%s%s%s%s", i ? ", " : "", quote, (char *) elements->pdata[i], quote);
        return g_string_free(g_string_append(text, " }"), FALSE);
}

/* The match for every interface but these; empty: matches all. */
static char *format_not_in(GPtrArray *interfaces) {
        g_autofree char *names = interfaces && interfaces->len > 0 ? format_set(interfaces, true) : NULL;
        return names ? g_strdup_printf("iifname != %s ", names) : g_strdup("");
}

/* Nothing that containers send is judged. The kernel checks the kind of the link, too: its name may have passed to another link
 * since it was put in the set. */
static void render_from_containers(GString *out, const char *chain, const Shared *shared) {
        g_autofree char *inner = format_not_in(shared ? shared->bridges : NULL);
        g_string_append_printf(out,
                               "add rule inet " GUARD_TABLE " %s meta iifkind \"bridge\" iifname @docker_bridges %sreturn\n",
                               chain, inner);
        for (Family family = 0; shared && family < _FAMILY_MAX; family++) {
                if (shared->addresses[family]->len == 0)
                        continue;
                g_autofree char *names = format_set(shared->bridges, true), *own = format_set(shared->addresses[family], false);
                g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s iifname %s %s saddr %s return\n", chain, names,
                                       guard_family(family), own);
        }
}

/* If br_netfilter is loaded, traffic between two neighbours on such a bridge meets this hook; it is no container's. */
static void render_beside(GString *out, const char *forward, const Shared *shared) {
        g_autofree char *names = format_set(shared->bridges, true);
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_autofree char *own = format_set(shared->addresses[family], false);
                g_autofree char *others = shared->addresses[family]->len > 0 ?
                                                  g_strdup_printf("%s daddr != %s ", guard_family(family), own) :
                                                  g_strdup("");
                g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s iifname %s oifname %s meta nfproto %s %saccept\n",
                                       forward, names, names, family_to_string(family), others);
        }
}

/* --- what is held ------------------------------------------------------------------------------------------------- */

static void add_keys(GHashTable *to, GHashTable *from) {
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, from);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                g_hash_table_add(to, g_strdup(key));
}

static void note_hold(GuardState *state, const Hold *hold) {
        for (const char *const *object = GUARD_HOLD_OBJECTS; *object; object++)
                g_hash_table_add(state->holding, g_strdup(*object));
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                add_keys(state->known[family], hold->known[family]);
                add_keys(state->pending[family], hold->pending[family]);
        }
        for (char **bridge = hold->spared; *bridge; bridge++)
                g_hash_table_add(state->spared, g_strdup(*bridge));
}

static void render_hold_sets(GString *out, const GuardState *previous) {
        static const char *const SETS[][2] = { { "set known_ipv4", "ipv4_addr" },
                                               { "set known_ipv6", "ipv6_addr" },
                                               { "set pending_ipv4", "ipv4_addr" },
                                               { "set pending_ipv6", "ipv6_addr" },
                                               { "set spared_bridges", "ifname" } };
        for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++)
                if (!g_hash_table_contains(previous->holding, SETS[i][0]))
                        g_string_append_printf(out, "add set inet " GUARD_TABLE "%s { type %s; }\n", strchr(SETS[i][0], ' '),
                                               SETS[i][1]);
}

/* Docker may start a container at any time, even while quaywalld is not looking. So for each packet that goes out by a bridge
 * the kernel checks whether quaywalld knows where it goes: by the next hop, since a container may be a router itself. A bridge
 * that was just created is unknown, too.
 * Traffic from one of Docker's bridges to another is not judged, unless a policy names the first. docker-proxy runs as root,
 * and hands on to the container what reached it by any port. */
static void render_unknown(GString *out, const Hold *hold, const Shared *shared) {
        const char *t = "inet " GUARD_TABLE;
        g_autofree char *inner = format_not_in(shared ? shared->bridges : NULL), *but = format_not_in(hold->interfaces);
        g_string_append_printf(out, "add chain %s unknown\n", t);
        g_string_append_printf(out, "add chain %s proxied { type filter hook output priority -1; policy accept; }\n", t);
        g_string_append_printf(out, "add rule %s forward meta oifkind \"bridge\" oifname != @spared_bridges jump unknown\n", t);
        g_string_append_printf(out, "add rule %s unknown meta iifkind \"bridge\" iifname @docker_bridges %s%sreturn\n", t,
                               inner, but);
        g_string_append_printf(out, "add rule %s unknown meta iifkind \"bridge\" iifname != @spared_bridges %sreturn\n", t,
                               but);
        /* Neighbours on a bridge find each other by multicast, whose next hop is no container's; br_netfilter shows it here. */
        g_string_append_printf(out, "add rule %s unknown icmpv6 type nd-neighbor-solicit return\n", t);
        g_string_append_printf(out, "add rule %s unknown icmpv6 type nd-neighbor-advert return\n", t);
        render_passing(out, "proxied");
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_string_append_printf(out, "add rule %s unknown rt %s nexthop @%s return\n", t, guard_family(family),
                                       GUARD_KNOWN[family]);
                g_string_append_printf(out, "add rule %s proxied rt %s nexthop @%s rt %s nexthop != @%s accept\n", t,
                                       guard_family(family), GUARD_KNOWN[family], guard_family(family), GUARD_PENDING[family]);
        }
        g_string_append_printf(out, "add rule %s unknown counter drop comment \"" GUARD_HELD "\"\n", t);
        /* TCP gets a reset. A SYN that was only dropped would be repeated after a second, when the container is known, and
         * docker-proxy would then hand on a client that it had let in before anybody knew of its port. */
        static const char *const ENDS[] = { "meta l4proto tcp counter reject with tcp reset", "counter drop" };
        for (gsize i = 0; i < G_N_ELEMENTS(ENDS); i++)
                g_string_append_printf(
                        out,
                        "add rule %s proxied meta oifkind \"bridge\" oifname != @spared_bridges fib daddr type unicast meta skuid 0 "
                        "%s comment \"" GUARD_HELD "\"\n",
                        t, ENDS[i]);
}

static void render_unheld(GString *out, const GuardState *previous, const GuardState *state) {
        for (const char *const *object = GUARD_HOLD_OBJECTS; *object; object++)
                if (g_hash_table_contains(previous->holding, *object) && !g_hash_table_contains(state->holding, *object)) {
                        const char *space = strchr(*object, ' ');
                        g_string_append_printf(out, "delete %.*s inet " GUARD_TABLE "%s\n", (int) (space - *object), *object,
                                               space);
                }
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static void add_names(GHashTable *set, const char *const *names) {
        for (; *names; names++)
                g_hash_table_add(set, g_strdup(*names));
}

/* Elements as nft spells them: "tcp . 8080", "192.168.1.99 . tcp . 8080". */
static void add_published(GuardState *state, const GArray *published) {
        for (guint i = 0; published && i < published->len; i++) {
                const PublishedPort *port = &g_array_index(published, PublishedPort, i);
                g_autofree char *anywhere = g_strdup_printf("%s . %u", port->protocol, port->port);
                if (port->is_anywhere) {
                        g_hash_table_add(state->published, g_steal_pointer(&anywhere));
                        continue;
                }
                g_autofree char *address = address_range_format(&port->address);
                g_autofree char *there = g_strdup_printf("%s . %s", address, anywhere);
                guard_state_add_published_at(state, port->address.family, there);
        }
}

static void put_chain(GString *out, GuardState *state, const char *name) {
        g_hash_table_add(state->chains, g_strdup(name));
        g_string_append_printf(out, "add chain inet " GUARD_TABLE " %s\n", name);
}

/* A chain at a hook, and what passes it before policies are asked. before: of its name. Free with g_free(). */
static char *render_hook(GString *out, const char *before, const char *name, const char *hook) {
        char *chain = g_strconcat(before, name, NULL);
        g_string_append_printf(out, "add chain inet " GUARD_TABLE " %s { type filter hook %s; policy accept; }\n", chain, hook);
        return chain;
}

/* before: of the names of these chains; state: gets those that do not always exist, NULL: all do. */
static void render_chains(GString *out, const char *before, const Hold *hold, const Shared *shared, GuardState *state) {
        const char *t = "inet " GUARD_TABLE, *const *policies = GUARD_POLICIES[before[0] != '\0'];
        for (GuardHook hook = 0; hook < _GUARD_HOOK_MAX; hook++)
                if (state)
                        put_chain(out, state, policies[hook]);
                else
                        g_string_append_printf(out, "add chain %s %s\n", t, policies[hook]);
        g_autofree char *host = render_hook(out, before, "host", "prerouting priority mangle"),
                        *input = render_hook(out, before, "input", "input priority -1"),
                        *forward = render_hook(out, before, "forward", "forward priority -1");
        const char *const hooks[] = { host, input, forward };
        for (gsize i = 0; state && i < G_N_ELEMENTS(hooks); i++)
                g_hash_table_add(state->chains, g_strdup(hooks[i]));
        render_passing(out, host);
        g_string_append_printf(out, "add rule %s %s iifname \"lo\" accept\n", t, host);
        /* Packets for this host, alone or as one of many: docker-proxy on all addresses answers datagrams to everybody on the
         * link, and to an anycast address. */
        g_string_append_printf(out, "add rule %s %s fib daddr type != unicast jump %s\n", t, host, policies[GUARD_HOST]);
        /* fib consults only the table "local", before routing: a mark, a VRF or a local route in another table may bring more
         * to docker-proxy, and so may somebody's DNAT or REDIRECT. What a transparent proxy takes (TPROXY) was dialled
         * elsewhere. */
        render_passing(out, input);
        g_string_append_printf(out, "add rule %s %s iifname \"lo\" accept\n", t, input);
        g_string_append_printf(out, "add rule %s %s socket transparent 1 accept\n", t, input);
        /* What nobody has translated was judged before. A second time would count twice for limits of firewalld's. */
        g_string_append_printf(out, "add rule %s %s ct status & dnat == 0 fib daddr type != unicast accept\n", t, input);
        g_string_append_printf(out, "add rule %s %s jump %s\n", t, input, policies[GUARD_HOST]);
        render_passing(out, forward);
        if (hold)
                render_unknown(out, hold, shared);
        if (shared)
                render_beside(out, forward, shared);
        g_string_append_printf(out, "add rule %s %s oifname @docker_bridges jump %s\n", t, forward, policies[GUARD_FORWARD]);
}

static void render_policies(GuardPolicies policies, const Shared *shared) {
        for (policies.hook = 0; policies.hook < _GUARD_HOOK_MAX; policies.hook++) {
                memset(policies.runs, 0, sizeof policies.runs);
                guard_policies_render(&policies, true);
                render_from_containers(policies.out, GUARD_POLICIES[policies.carried][policies.hook], shared);
                guard_policies_render(&policies, false);
        }
}

/* --- firewalld's zones -------------------------------------------------------------------------------------------- */

static bool asks_zones(const GPtrArray *rules) {
        for (guint i = 0; i < rules->len; i++)
                if (((Rule *) rules->pdata[i])->policy->action == POLICY_OBEY_ZONES)
                        return true;
        return false;
}

/* All chains come before the rules, since these jump to any of them. */
static void render_zone_rules(GString *sets, GString *out, const ZoneRules *zones, const GuardState *previous,
                              GuardState *state) {
        if (!zones || zones->flaw) {
                put_chain(out, state, ZONE_RULES_CHAIN);
                g_string_append(out, "add rule inet " GUARD_TABLE " " ZONE_RULES_CHAIN
                                     " counter drop comment \"quaywall: firewalld's zones are not known\"\n");
                return;
        }
        for (guint i = 0; i < zones->sets->len; i++) {
                const ZoneSet *set = zones->sets->pdata[i];
                if (g_hash_table_add(state->sets, g_strdup(set->name)) && !g_hash_table_contains(previous->sets, set->name))
                        g_string_append_printf(sets, "add set inet " GUARD_TABLE " %s { %s}\n", set->name, set->definition);
        }
        for (guint i = 0; i < zones->chains->len; i++)
                put_chain(out, state, ((ZoneChain *) zones->chains->pdata[i])->name);
        for (guint i = 0; i < zones->chains->len; i++) {
                const ZoneChain *chain = zones->chains->pdata[i];
                for (guint r = 0; r < chain->rules->len; r++)
                        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s %s\n", chain->name,
                                               (char *) chain->rules->pdata[r]);
        }
}

/* Adds the sets and counters that do not exist yet, and fills set_names (SetNames) for each rule. */
static void render_objects(GString *out, GPtrArray *rules, GArray *set_names, const GuardState *previous, GuardState *state) {
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                SetNames names;
                g_autofree char *counter = guard_counter_name(rule->name);
                if (rule->policy->action != POLICY_FORWARD && !g_hash_table_contains(state->counters, counter)) {
                        if (!g_hash_table_contains(previous->counters, counter))
                                g_string_append_printf(out, "add counter inet " GUARD_TABLE " %s\n", counter);
                        g_hash_table_add(state->counters, g_steal_pointer(&counter));
                }
                guard_sets_put(out, rule, previous, state, &names);
                g_array_append_val(set_names, names);
        }
}

static void render_deletions(GString *out, const char *kind, GHashTable *previous, GHashTable *now) {
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(previous), (GCompareFunc) strcmp);
        for (GList *name = names; name; name = name->next)
                if (!g_hash_table_contains(now, name->data))
                        g_string_append_printf(out, "delete %s inet " GUARD_TABLE " %s\n", kind, (char *) name->data);
}

/* Maps first: their elements may refer to chains. */
static int compare_others(gconstpointer a, gconstpointer b) {
        const int order = g_str_has_prefix(b, "map ") - g_str_has_prefix(a, "map ");
        return order ? order : strcmp(a, b);
}

static void render_others(GString *out, GHashTable *others) {
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(others), compare_others);
        for (GList *name = names; name; name = name->next) {
                const char *text = name->data, *space = strrchr(text, ' ');
                g_string_append_printf(out, "delete %.*s inet " GUARD_TABLE "%s\n", (int) (space - text), text, space);
        }
}

static bool any_is_carried(const GPtrArray *rules) {
        for (guint i = 0; i < rules->len; i++)
                if (rule_is_carried(rules->pdata[i]))
                        return true;
        return false;
}

void guard_commands_free(GuardCommands *commands) {
        g_free(commands->sets);
        g_free(commands->rules);
        g_free(commands);
}

static const GuardBlocks BLOCKS = { .list = 64, .block = 32 };

GuardCommands *guard_render(GPtrArray *rules, const char *const *bridges, const GArray *published, const Hold *hold,
                            const Shared *shared, const ZoneRules *zones, const GuardState *previous, GuardState **ret_state) {
        static const char TABLE[] = "add table inet " GUARD_TABLE "\n";
        g_autoptr(GuardState) state = guard_state_new();
        g_autoptr(GArray) set_names = g_array_new(FALSE, FALSE, sizeof(SetNames));
        g_array_set_clear_func(set_names, set_names_clear);
        g_autoptr(GString) sets = g_string_new(NULL), out = g_string_new(NULL), leftover = g_string_new(NULL);
        state->is_there = hold || rules_judge(rules);

        if (!state->is_there)
                g_string_append(leftover, "delete table inet " GUARD_TABLE "\n");
        else {
                render_objects(sets, rules, set_names, previous, state);
                add_names(state->bridges, bridges);
                add_published(state, published);
                if (!previous->is_there)
                        g_string_append(sets,
                                        "add set inet " GUARD_TABLE " docker_bridges { type ifname; }\n"
                                        "add set inet " GUARD_TABLE " published_ports { type inet_proto . inet_service; }\n");
                if (hold) {
                        note_hold(state, hold);
                        render_hold_sets(sets, previous);
                }
                render_published_at(sets, previous, state);
                const GuardPolicies policies = { sets, out, rules, set_names, previous, state, 0, false, { 0 } };
                GuardPolicies of_labels = policies;
                of_labels.carried = true;
                const bool carries = any_is_carried(rules);
                render_chains(out, "", hold, shared, NULL);
                if (carries)
                        render_chains(out, GUARD_LABEL_PREFIX, NULL, shared, state);
                if (asks_zones(rules))
                        render_zone_rules(sets, out, zones, previous, state);
                render_policies(policies, shared);
                if (carries)
                        render_policies(of_labels, shared);
                g_autofree char *cut = guard_blocks_cut(out->str, BLOCKS, state);
                g_string_assign(out, cut);
                render_unheld(leftover, previous, state);
                render_unpublished(leftover, previous, state);
                render_deletions(leftover, "chain", previous->chains, state->chains);
                render_deletions(leftover, "set", previous->sets, state->sets);
                render_deletions(leftover, "counter", previous->counters, state->counters);
                render_others(leftover, previous->others);
        }
        state->rules = g_strdup(out->str);
        GuardCommands *commands = g_new0(GuardCommands, 1);
        commands->keeps_rules = sets->len == 0 && leftover->len == 0 && g_strcmp0(out->str, previous->rules) == 0;
        if (sets->len > 0)
                commands->sets = g_strconcat(TABLE, sets->str, NULL);
        const bool builds_on = state->is_there && previous->is_there && previous->rules;
        g_autoptr(GString) changes = g_string_new(NULL);
        if (state->is_there)
                guard_elements_render(changes,
                                      builds_on && !commands->keeps_rules ? GUARD_ELEMENTS_MIXED : GUARD_ELEMENTS_ALONE,
                                      previous, state);
        if (builds_on) {
                g_autofree char *delta = commands->keeps_rules ? g_strdup("") : guard_delta(previous->rules, out->str);
                g_string_append(g_string_append(changes, delta), leftover->str);
                commands->rules = changes->len > 0 ? g_strdup(changes->str) : NULL;
        } else if (!commands->keeps_rules)
                commands->rules = g_strconcat(TABLE, state->is_there ? "flush table inet " GUARD_TABLE "\n" : "", changes->str,
                                              out->str, leftover->str, NULL);
        *ret_state = g_steal_pointer(&state);
        return commands;
}
