/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-render.h"

#include <string.h>

#include "compile/guard-sets.h"

/*
 * Prerouting, before DNAT, sees the address and port that the client dialled, and also what docker-proxy will answer;
 * forward sees what is routed to a container's own address; input asks prerouting's questions again of what did arrive at the
 * host itself. All ask the same rules in the same order:
 * deny, allow-only whose sources list the client, allow-only. "Measured" in FACTS: this place holds through everything.
 */
typedef enum { HOOK_HOST, HOOK_FORWARD, _HOOK_MAX } Hook;
static const char *const HOOK_CHAINS[] = { [HOOK_HOST] = "host_policies", [HOOK_FORWARD] = "forward_policies" };

static const char *family_nft(Family family) {
        return family == FAMILY_IPV4 ? "ip" : "ip6";
}

/* What somebody else translated, by firewalld's forward ports or a rule of his own: what was dialled is nothing that Docker publishes. */
static void render_translated(GString *out, Family family, const GuardState *state) {
        g_string_append(out, "ct status & dnat != 0 meta l4proto . ct original proto-dst != @published_ports ");
        if (state->published_at[family])
                g_string_append_printf(out, "ct original %s daddr . meta l4proto . ct original proto-dst != @%s ", family_nft(family),
                                       GUARD_PUBLISHED_AT[family]);
}

static void render_endpoints(GString *out, const Rule *rule, Hook hook, const char *set, const GuardState *translated) {
        const char *family = family_nft(rule->family);
        if (rule->protocol)
                g_string_append_printf(out, "meta l4proto %s ", rule->protocol);
        if (rule->kind == ENDPOINT_PUBLISHED)
                /* On its way to the container: a port of this host was dialled, not the same number of a container's. */
                g_string_append_printf(out, "%s @%s ", hook == HOOK_HOST ? "th dport" : "ct status & dnat != 0 ct original proto-dst", set);
        else if (rule->kind == ENDPOINT_ROUTED) {
                /* The container's port itself was dialled, and not one that leads there. */
                if (translated)
                        render_translated(out, rule->family, translated);
                else
                        g_string_append(out, "ct status & dnat == 0 ");
                g_string_append_printf(out, "%s daddr . th dport @%s ", family, set);
        } else if (rule->kind == ENDPOINT_CONTAINER)
                g_string_append_printf(out, "%s daddr @%s ", family, set);
}

/* Before DNAT nothing is addressed to a container. */
static bool is_for_hook(const Rule *rule, Hook hook) {
        return hook == HOOK_FORWARD || rule->kind == ENDPOINT_DIALLED || rule->kind == ENDPOINT_PUBLISHED;
}

/* What the rule covers, with the connection as the client dialled it. translated: NULL, or it is about what somebody else translated. */
static void render_cover(GString *out, const Rule *rule, Hook hook, const SetNames *sets, const GuardState *translated) {
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ", HOOK_CHAINS[hook]);
        if (rule->in)
                g_string_append_printf(out, "iifname \"%s\" ", rule->in);
        g_string_append_printf(out, "meta nfproto %s ", family_to_string(rule->family));
        if (sets->ports)
                /* nft 1.0.6 needs the protocol in front of "ct original". */
                g_string_append_printf(out, "meta l4proto %s %s %s ", rule->port->protocol,
                                       hook == HOOK_HOST ? "th dport" : "ct original proto-dst", sets->ports);
        if (rule->destination)
                g_string_append_printf(out, "%s%s daddr %s ", hook == HOOK_HOST ? "" : "ct original ",
                                       family_nft(rule->family), rule->destination);
        if (sets->endpoints)
                render_endpoints(out, rule, hook, sets->endpoints, translated);
}

/* Without a port, what is addressed to the host could as well be meant for a service of the host itself. */
static bool asks_published(const Rule *rule, Hook hook) {
        return rule->kind == ENDPOINT_DIALLED && !rule->port && hook == HOOK_HOST;
}

static void render_published(GString *out, const Rule *rule, bool at) {
        if (at)
                g_string_append_printf(out, "%s daddr . meta l4proto . th dport @%s ", family_nft(rule->family), GUARD_PUBLISHED_AT[rule->family]);
        else
                g_string_append(out, "meta l4proto . th dport @published_ports ");
}

/* What one nft rule cannot ask together is asked by a second one: of a policy without ports what is published on one of the host's
 * addresses, of a container's own port what was translated to it. */
static bool asks_twice(const Rule *rule, Hook hook, const GuardState *state) {
        return asks_published(rule, hook) ? state->published_at[rule->family] != NULL : rule->kind == ENDPOINT_ROUTED;
}

static void render_drop(GString *out, const Rule *rule, Hook hook, const SetNames *sets, const GuardState *state, bool second) {
        const bool asks = rule->policy->action == POLICY_DENY && sets->sources;
        g_autofree char *counter = guard_counter_name(rule->name);
        g_autofree char *from = asks ? g_strdup_printf("%s saddr @%s ", family_nft(rule->family), sets->sources) : g_strdup("");
        g_autoptr(GString) cover = g_string_new(NULL);
        render_cover(cover, rule, hook, sets, second ? state : NULL);
        if (asks_published(rule, hook))
                render_published(cover, rule, second);
        if (rule->policy->log)
                g_string_append_printf(out, "%s%slimit rate 10/minute burst 5 packets log prefix \"quaywall:%s \"\n", cover->str, from, rule->name);
        const bool tcp = g_strcmp0(rule->port ? rule->port->protocol : rule->protocol, "tcp") == 0;
        g_string_append_printf(out, "%s%scounter name %s %s comment \"quaywall:%s\"\n", cover->str, from, counter,
                               !rule->policy->reject ? "drop" :
                               tcp                   ? "reject with tcp reset" :
                                                       "reject with icmpx port-unreachable",
                               rule->name);
}

static void render_pass(GString *out, const Rule *rule, Hook hook, const SetNames *sets, const GuardState *translated) {
        render_cover(out, rule, hook, sets, translated);
        /* Before DNAT all that is judged is dialled at this host. */
        if (hook == HOOK_FORWARD && rule_lists_published_only(rule))
                g_string_append(out, "ct status & dnat != 0 ");
        g_string_append_printf(out, "%s saddr @%s return comment \"quaywall:%s\"\n", family_nft(rule->family), sets->sources, rule->name);
}

static void render_hook(GString *out, GPtrArray *rules, GArray *set_names, const GuardState *state, Hook hook, bool in_is_bridge) {
        enum { DENY, PASS, ONLY, _TURN_MAX };
        for (int turn = DENY; turn < _TURN_MAX; turn++)
                for (guint i = 0; i < rules->len; i++) {
                        const Rule *rule = rules->pdata[i];
                        const SetNames *sets = &g_array_index(set_names, SetNames, i);
                        const PolicyAction action = turn == DENY ? POLICY_DENY : POLICY_ALLOW_ONLY;
                        if (sets->is_folded || rule->in_is_bridge != in_is_bridge || rule->policy->action != action ||
                            !is_for_hook(rule, hook))
                                continue;
                        if (turn != PASS) {
                                render_drop(out, rule, hook, sets, state, false);
                                if (asks_twice(rule, hook, state))
                                        render_drop(out, rule, hook, sets, state, true);
                                continue;
                        }
                        /* Whom a policy without a port lists passes the ones that have one, whether or not it is known
                         * to be published. */
                        if (!sets->sources)
                                continue;
                        render_pass(out, rule, hook, sets, NULL);
                        if (rule->kind == ENDPOINT_ROUTED)
                                render_pass(out, rule, hook, sets, state);
                }
}

static void render_elements(GString *out, const char *command, const char *set, bool quoted, GHashTable *from, GHashTable *without) {
        const char *quote = quoted ? "\"" : "";
        g_autoptr(GList) elements = g_list_sort(g_hash_table_get_keys(from), (GCompareFunc) strcmp);
        for (GList *element = elements; element; element = element->next)
                if (!g_hash_table_contains(without, element->data))
                        g_string_append_printf(out, "%s element inet " GUARD_TABLE " %s { %s%s%s }\n", command, set, quote,
                                               (char *) element->data, quote);
}

/* The same for sets that may be large. */
static void render_list(GString *out, const char *command, const char *set, GHashTable *from, GHashTable *without) {
        g_autoptr(GList) elements = g_list_sort(g_hash_table_get_keys(from), (GCompareFunc) strcmp);
        bool any = false;
        for (GList *element = elements; element; element = element->next)
                if (!g_hash_table_contains(without, element->data)) {
                        if (!any)
                                g_string_append_printf(out, "%s element inet " GUARD_TABLE " %s { ", command, set);
                        g_string_append_printf(out, "%s%s", any ? ", " : "", (char *) element->data);
                        any = true;
                }
        g_string_append(out, any ? " }\n" : "");
}

/* Of these sets, which have no ranges and stay, only what is different is sent: Docker may have thousands, and tells of each
 * that comes or goes. */
static void render_names(GString *out, const GuardState *previous, const GuardState *state) {
        render_elements(out, "add", "docker_bridges", true, state->bridges, previous->bridges);
        render_elements(out, "add", "published_ports", false, state->published, previous->published);
        render_elements(out, "delete", "docker_bridges", true, previous->bridges, state->bridges);
        render_elements(out, "delete", "published_ports", false, previous->published, state->published);
}

/* One that is needed no more goes with the rules. */
static void render_published_at(GString *out, const GuardState *previous, const GuardState *state) {
        g_autoptr(GHashTable) nothing = g_hash_table_new(g_str_hash, g_str_equal);
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                const char *set = GUARD_PUBLISHED_AT[family];
                GHashTable *now = state->published_at[family], *before = previous->published_at[family];
                if (now && !before)
                        g_string_append_printf(out, "add set inet " GUARD_TABLE " %s { type %s_addr . inet_proto . inet_service; }\n", set,
                                               family_to_string(family));
                if (now)
                        render_elements(out, "add", set, false, now, before ? before : nothing);
                if (now && before)
                        render_elements(out, "delete", set, false, before, now);
        }
}

static void render_unpublished(GString *out, const GuardState *previous, const GuardState *state) {
        for (Family family = 0; family < _FAMILY_MAX; family++)
                if (previous->published_at[family] && !state->published_at[family])
                        g_string_append_printf(out, "delete set inet " GUARD_TABLE " %s\n", GUARD_PUBLISHED_AT[family]);
}

/* Replies, and ICMP errors about connections. What a helper of conntrack has the kernel expect (FTP's data, named by a line of a
 * server's) is a connection like any other. */
static void render_passing(GString *out, const char *chain) {
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state established accept\n", chain);
        /* Two rules: the kernel makes the set of one anew whenever the rules are replaced. */
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state related meta l4proto icmp accept\n", chain);
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state related meta l4proto ipv6-icmp accept\n", chain);
}

/* --- bridges that others are on as well ---------------------------------------------------------------------------- */

/* { "br0", "br1" } of names, { 10.0.0.1, 10.0.0.2 } of addresses. */
static char *format_set(GPtrArray *elements, bool quoted) {
        const char *quote = quoted ? "\"" : "";
        GString *text = g_string_new("{ ");
        for (guint i = 0; i < elements->len; i++)
                g_string_append_printf(text, "%s%s%s%s", i ? ", " : "", quote, (char *) elements->pdata[i], quote);
        return g_string_free(g_string_append(text, " }"), FALSE);
}

/* The match for every interface but these; none: every one. */
static char *format_not_in(GPtrArray *interfaces) {
        g_autofree char *names = interfaces && interfaces->len > 0 ? format_set(interfaces, true) : NULL;
        return names ? g_strdup_printf("iifname != %s ", names) : g_strdup("");
}

/* Nothing that containers send is judged. The kernel knows the kind: a name may have become another link's since it was in the set. */
static void render_from_containers(GString *out, const char *chain, const Shared *shared) {
        g_autofree char *inner = format_not_in(shared ? shared->bridges : NULL);
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s meta iifkind \"bridge\" iifname @docker_bridges %sreturn\n", chain, inner);
        for (Family family = 0; shared && family < _FAMILY_MAX; family++) {
                if (shared->addresses[family]->len == 0)
                        continue;
                g_autofree char *names = format_set(shared->bridges, true), *own = format_set(shared->addresses[family], false);
                g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s iifname %s %s saddr %s return\n", chain, names, family_nft(family),
                                       own);
        }
}

/* What goes from one neighbour to another on such a bridge meets the hook where br_netfilter is loaded, and is no container's. */
static void render_beside(GString *out, const Shared *shared) {
        g_autofree char *names = format_set(shared->bridges, true);
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_autofree char *own = format_set(shared->addresses[family], false);
                g_autofree char *others =
                        shared->addresses[family]->len > 0 ? g_strdup_printf("%s daddr != %s ", family_nft(family), own) : g_strdup("");
                g_string_append_printf(out, "add rule inet " GUARD_TABLE " forward iifname %s oifname %s meta nfproto %s %saccept\n", names, names,
                                       family_to_string(family), others);
        }
}

/* --- what is held ------------------------------------------------------------------------------------------------- */

static const char *const KNOWN_SETS[] = { [FAMILY_IPV4] = "known_ipv4", [FAMILY_IPV6] = "known_ipv6" };

static void note_hold(GuardState *state, const Hold *hold) {
        GHashTableIter iter;
        gpointer address;
        for (const char *const *object = GUARD_HOLD_OBJECTS; *object; object++)
                g_hash_table_add(state->holding, g_strdup(*object));
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_hash_table_iter_init(&iter, hold->known[family]);
                while (g_hash_table_iter_next(&iter, &address, NULL))
                        g_hash_table_add(state->known[family], g_strdup(address));
        }
        for (char **bridge = hold->spared; *bridge; bridge++)
                g_hash_table_add(state->spared, g_strdup(*bridge));
}

static void render_hold_sets(GString *out, const GuardState *previous) {
        static const char *const SETS[][2] = { { "set known_ipv4", "ipv4_addr" },
                                               { "set known_ipv6", "ipv6_addr" },
                                               { "set spared_bridges", "ifname" } };
        for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++)
                if (!g_hash_table_contains(previous->holding, SETS[i][0]))
                        g_string_append_printf(out, "add set inet " GUARD_TABLE "%s { type %s; }\n", strchr(SETS[i][0], ' '), SETS[i][1]);
}

/* As for the names: containers come and go by the thousand. */
static void render_known(GString *out, const GuardState *previous, const GuardState *state) {
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                render_list(out, "add", KNOWN_SETS[family], state->known[family], previous->known[family]);
                render_list(out, "delete", KNOWN_SETS[family], previous->known[family], state->known[family]);
        }
        render_elements(out, "add", "spared_bridges", true, state->spared, previous->spared);
        render_elements(out, "delete", "spared_bridges", true, previous->spared, state->spared);
}

/* Docker starts a container when it likes, perhaps while nobody looks. So the kernel asks of what goes out by a bridge whether
 * quaywalld knows where it goes: by the next hop, since a container may be a router itself. A bridge that was made just now is no
 * bridge that quaywalld knows either.
 * From one of Docker's bridges to another nothing is judged, unless a policy names the first. docker-proxy is root's, and hands on to
 * the container what came to it by whatever port. */
static void render_unknown(GString *out, const Hold *hold, const Shared *shared) {
        const char *t = "inet " GUARD_TABLE;
        g_autofree char *inner = format_not_in(shared ? shared->bridges : NULL), *but = format_not_in(hold->interfaces);
        g_string_append_printf(out, "add chain %s unknown\n", t);
        g_string_append_printf(out, "add chain %s proxied { type filter hook output priority -1; policy accept; }\n", t);
        g_string_append_printf(out, "add rule %s forward meta oifkind \"bridge\" oifname != @spared_bridges jump unknown\n", t);
        g_string_append_printf(out, "add rule %s unknown meta iifkind \"bridge\" iifname @docker_bridges %s%sreturn\n", t, inner, but);
        g_string_append_printf(out, "add rule %s unknown meta iifkind \"bridge\" iifname != @spared_bridges %sreturn\n", t, but);
        render_passing(out, "proxied");
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_string_append_printf(out, "add rule %s unknown rt %s nexthop @%s return\n", t, family_nft(family), KNOWN_SETS[family]);
                g_string_append_printf(out, "add rule %s proxied rt %s nexthop @%s accept\n", t, family_nft(family), KNOWN_SETS[family]);
        }
        g_string_append_printf(out, "add rule %s unknown counter drop comment \"quaywall: not known yet\"\n", t);
        /* TCP is told no: a SYN that was only dropped comes again after a second, when the container is known, and docker-proxy would hand
         * on by it whom it had let in before anybody knew of its port. */
        static const char *const ENDS[] = { "meta l4proto tcp counter reject with tcp reset", "counter drop" };
        for (gsize i = 0; i < G_N_ELEMENTS(ENDS); i++)
                g_string_append_printf(out,
                                       "add rule %s proxied meta oifkind \"bridge\" oifname != @spared_bridges fib daddr type unicast meta skuid 0 "
                                       "%s comment \"quaywall: not known yet\"\n",
                                       t, ENDS[i]);
}

static void render_unheld(GString *out, const GuardState *previous, const GuardState *state) {
        for (const char *const *object = GUARD_HOLD_OBJECTS; *object; object++)
                if (g_hash_table_contains(previous->holding, *object) && !g_hash_table_contains(state->holding, *object)) {
                        const char *space = strchr(*object, ' ');
                        g_string_append_printf(out, "delete %.*s inet " GUARD_TABLE "%s\n", (int) (space - *object), *object, space);
                }
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static void add_names(GHashTable *set, const char *const *names) {
        for (; *names; names++)
                g_hash_table_add(set, g_strdup(*names));
}

/* "tcp . 8080", "192.168.1.99 . tcp . 8080" */
static void add_published(GuardState *state, const char *const *published) {
        for (; *published; published++) {
                const char *dot = strstr(*published, " . ");
                if (dot && strstr(dot + 1, " . "))
                        guard_state_add_published_at(state, memchr(*published, ':', dot - *published) ? FAMILY_IPV6 : FAMILY_IPV4, *published);
                else
                        g_hash_table_add(state->published, g_strdup(*published));
        }
}

static void render_chains(GString *out, const Hold *hold, const Shared *shared) {
        const char *t = "inet " GUARD_TABLE;
        for (Hook hook = 0; hook < _HOOK_MAX; hook++)
                g_string_append_printf(out, "add chain %s %s\n", t, HOOK_CHAINS[hook]);
        g_string_append_printf(out, "add chain %s host { type filter hook prerouting priority mangle; policy accept; }\n", t);
        g_string_append_printf(out, "add chain %s input { type filter hook input priority -1; policy accept; }\n", t);
        g_string_append_printf(out, "add chain %s forward { type filter hook forward priority -1; policy accept; }\n", t);
        render_passing(out, "host");
        g_string_append_printf(out, "add rule %s host iifname \"lo\" accept\n", t);
        /* What is for this host, also as one of many: docker-proxy on all addresses answers datagrams to everybody on the link,
         * and to an anycast address. */
        g_string_append_printf(out, "add rule %s host fib daddr type != unicast jump host_policies\n", t);
        /* fib asks the table "local" alone, before routing: a mark, a VRF or a local route in another table may bring more to
         * docker-proxy, and so may somebody's DNAT or REDIRECT. What a transparent proxy takes (TPROXY) was dialled elsewhere. */
        render_passing(out, "input");
        g_string_append_printf(out, "add rule %s input iifname \"lo\" accept\n", t);
        g_string_append_printf(out, "add rule %s input socket transparent 1 accept\n", t);
        g_string_append_printf(out, "add rule %s input jump host_policies\n", t);
        render_passing(out, "forward");
        if (hold)
                render_unknown(out, hold, shared);
        if (shared)
                render_beside(out, shared);
        g_string_append_printf(out, "add rule %s forward oifname @docker_bridges jump forward_policies\n", t);
}

/* Adds the sets and counters that are not there yet, and fills set_names with each rule's (SetNames). */
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

/* Maps first: their elements may lead to chains. */
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

void guard_commands_free(GuardCommands *commands) {
        g_free(commands->sets);
        g_free(commands->rules);
        g_free(commands);
}

GuardCommands *guard_render(GPtrArray *rules, const char *const *bridges, const char *const *published, const Hold *hold,
                            const Shared *shared, const GuardState *previous, GuardState **ret_state) {
        static const char TABLE[] = "add table inet " GUARD_TABLE "\n";
        g_autoptr(GuardState) state = guard_state_new();
        g_autoptr(GArray) set_names = g_array_new(FALSE, FALSE, sizeof(SetNames));
        g_array_set_clear_func(set_names, set_names_clear);
        g_autoptr(GString) sets = g_string_new(TABLE);
        GString *out = g_string_new(TABLE);
        state->is_there = hold;
        for (guint i = 0; i < rules->len; i++)
                state->is_there |= ((Rule *) rules->pdata[i])->policy->action != POLICY_FORWARD;

        if (!state->is_there)
                g_string_append(out, "delete table inet " GUARD_TABLE "\n");
        else {
                render_objects(sets, rules, set_names, previous, state);
                add_names(state->bridges, bridges);
                add_published(state, published);
                if (!previous->is_there)
                        g_string_append(sets, "add set inet " GUARD_TABLE " docker_bridges { type ifname; }\n"
                                              "add set inet " GUARD_TABLE " published_ports { type inet_proto . inet_service; }\n");
                if (hold) {
                        note_hold(state, hold);
                        render_hold_sets(sets, previous);
                }
                g_string_append(out, "flush table inet " GUARD_TABLE "\n");
                render_names(out, previous, state);
                render_published_at(out, previous, state);
                if (hold)
                        render_known(out, previous, state);
                render_chains(out, hold, shared);
                for (Hook hook = 0; hook < _HOOK_MAX; hook++) {
                        render_hook(out, rules, set_names, state, hook, true);
                        render_from_containers(out, HOOK_CHAINS[hook], shared);
                        render_hook(out, rules, set_names, state, hook, false);
                }
                render_unheld(out, previous, state);
                render_unpublished(out, previous, state);
                render_deletions(out, "set", previous->sets, state->sets);
                render_deletions(out, "counter", previous->counters, state->counters);
                render_others(out, previous->others);
        }
        *ret_state = g_steal_pointer(&state);
        GuardCommands *commands = g_new(GuardCommands, 1);
        *commands = (GuardCommands){ sets->len > strlen(TABLE) ? g_strdup(sets->str) : NULL, g_string_free(out, FALSE) };
        return commands;
}
