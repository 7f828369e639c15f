/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-render.h"

#include <string.h>

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

/* A set without ranges and networks is a hash in the kernel, which costs a packet the same with 50,000 addresses as with ten;
 * one with them is a tree. */
static bool has_range(GArray *set) {
        for (guint i = 0; i < set->len; i++) {
                const AddressRange *range = &g_array_index(set, AddressRange, i);
                if (memcmp(range->first, range->last, sizeof range->first) != 0)
                        return true;
        }
        return false;
}

static void render_set(GString *out, const char *name, GArray *set, Family family) {
        g_string_append_printf(out, "add set inet " GUARD_TABLE " %s { type %s_addr; %selements = { ", name,
                               family == FAMILY_IPV4 ? "ipv4" : "ipv6", has_range(set) ? "flags interval; auto-merge; " : "");
        for (guint i = 0; i < set->len; i++) {
                g_autofree char *range = address_range_format(&g_array_index(set, AddressRange, i));
                g_string_append_printf(out, "%s%s", i ? ", " : "", range);
        }
        g_string_append(out, " }; }\n");
}

static char *format_span(const PortSpan *span) {
        return span->first == span->last ? g_strdup_printf("%u", span->first) :
                                           g_strdup_printf("%u-%u", span->first, span->last);
}

static void render_port_set(GString *out, const char *name, GArray *set) {
        bool ranges = false;
        for (guint i = 0; i < set->len; i++)
                ranges |= g_array_index(set, PortSpan, i).first != g_array_index(set, PortSpan, i).last;
        g_string_append_printf(out, "add set inet " GUARD_TABLE " %s { type inet_service; %selements = { ", name,
                               ranges ? "flags interval; auto-merge; " : "");
        for (guint i = 0; i < set->len; i++) {
                g_autofree char *span = format_span(&g_array_index(set, PortSpan, i));
                g_string_append_printf(out, "%s%s", i ? ", " : "", span);
        }
        g_string_append(out, " }; }\n");
}

/* 'p': ports of this host; 'e': addresses with a port. */
static char endpoint_set_kind(const Rule *rule) {
        return rule->kind == ENDPOINT_PUBLISHED ? 'p' : 'e';
}

static void render_endpoint_set(GString *out, const char *name, const Rule *rule) {
        const bool has_address = rule->kind != ENDPOINT_PUBLISHED;
        g_string_append_printf(out, "add set inet " GUARD_TABLE " %s { type %sinet_service; elements = { ", name,
                               !has_address                ? "" :
                               rule->family == FAMILY_IPV4 ? "ipv4_addr . " :
                                                             "ipv6_addr . ");
        for (guint i = 0; i < rule->endpoints->len; i++) {
                const Endpoint *endpoint = &g_array_index(rule->endpoints, Endpoint, i);
                g_autofree char *address = has_address ? address_range_format(&endpoint->address) : NULL;
                g_string_append_printf(out, "%s%s%s%u", i ? ", " : "", has_address ? address : "", has_address ? " . " : "",
                                       endpoint->port);
        }
        g_string_append(out, " }; }\n");
}

/* Containers' own addresses are a set like one of sources: nft shows neighbours as one range, so that a name of each for itself
 * would not be found again. */
static GArray *own_addresses(const Rule *rule) {
        g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (guint i = 0; i < rule->endpoints->len; i++)
                g_array_append_val(addresses, g_array_index(rule->endpoints, Endpoint, i).address);
        return address_set_new(addresses, rule->family);
}

static void render_endpoints(GString *out, const Rule *rule, Hook hook, const char *set) {
        const char *family = family_nft(rule->family);
        if (rule->protocol)
                g_string_append_printf(out, "meta l4proto %s ", rule->protocol);
        if (rule->kind == ENDPOINT_PUBLISHED)
                /* On its way to the container: a port of this host was dialled, not the same number of a container's. */
                g_string_append_printf(out, "%s @%s ", hook == HOOK_HOST ? "th dport" : "ct status & dnat != 0 ct original proto-dst", set);
        else if (rule->kind == ENDPOINT_ROUTED)
                /* The container's port itself was dialled, and not one that leads there. */
                g_string_append_printf(out, "ct status & dnat == 0 %s daddr . th dport @%s ", family, set);
        else if (rule->kind == ENDPOINT_CONTAINER)
                g_string_append_printf(out, "%s daddr @%s ", family, set);
}

/* Before DNAT nothing is addressed to a container. */
static bool is_for_hook(const Rule *rule, Hook hook) {
        return hook == HOOK_FORWARD || rule->kind == ENDPOINT_DIALLED || rule->kind == ENDPOINT_PUBLISHED;
}

/* The sets of one rule; NULL: none. */
typedef struct SetNames {
        char *sources, *endpoints;
        char *ports; /* "@SET", or the port itself */
        bool is_folded; /* another rule of the policy, the same but for its port, has this one's port as well */
} SetNames;

static void set_names_clear(gpointer p) {
        SetNames *names = p;
        g_free(names->sources);
        g_free(names->endpoints);
        g_free(names->ports);
}

/* What the rule covers, with the connection as the client dialled it. */
static void render_cover(GString *out, const Rule *rule, Hook hook, const SetNames *sets) {
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
                render_endpoints(out, rule, hook, sets->endpoints);
}

/* Without a port, what is addressed to the host could as well be meant for a service of the host itself. */
static void render_published(GString *out, const Rule *rule, Hook hook) {
        if (rule->kind == ENDPOINT_DIALLED && !rule->port && hook == HOOK_HOST)
                g_string_append(out, "meta l4proto . th dport @published_ports ");
}

static void render_drop(GString *out, const Rule *rule, Hook hook, const SetNames *sets) {
        const bool asks = rule->policy->action == POLICY_DENY && sets->sources;
        g_autofree char *counter = guard_counter_name(rule->name);
        g_autofree char *from = asks ? g_strdup_printf("%s saddr @%s ", family_nft(rule->family), sets->sources) : g_strdup("");
        if (rule->policy->log) {
                render_cover(out, rule, hook, sets);
                render_published(out, rule, hook);
                g_string_append_printf(out, "%slimit rate 10/minute burst 5 packets log prefix \"quaywall:%s \"\n", from,
                                       rule->name);
        }
        render_cover(out, rule, hook, sets);
        render_published(out, rule, hook);
        const bool tcp = g_strcmp0(rule->port ? rule->port->protocol : rule->protocol, "tcp") == 0;
        g_string_append_printf(out, "%scounter name %s %s comment \"quaywall:%s\"\n", from, counter,
                               !rule->policy->reject ? "drop" :
                               tcp                   ? "reject with tcp reset" :
                                                       "reject with icmpx port-unreachable",
                               rule->name);
}

static void render_hook(GString *out, GPtrArray *rules, GArray *set_names, Hook hook, bool in_is_bridge) {
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
                                render_drop(out, rule, hook, sets);
                                continue;
                        }
                        /* Whom a policy without a port lists passes the ones that have one, whether or not it is known
                         * to be published. */
                        if (!sets->sources)
                                continue;
                        render_cover(out, rule, hook, sets);
                        /* Before DNAT all that is judged is dialled at this host. */
                        if (hook == HOOK_FORWARD && rule_lists_published_only(rule))
                                g_string_append(out, "ct status & dnat != 0 ");
                        g_string_append_printf(out, "%s saddr @%s return comment \"quaywall:%s\"\n", family_nft(rule->family),
                                               sets->sources, rule->name);
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

/* Replies, and ICMP errors about connections. What a helper of conntrack has the kernel expect (FTP's data, named by a line of a
 * server's) is a connection like any other. */
static void render_passing(GString *out, const char *chain) {
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state established accept\n", chain);
        /* Two rules: the kernel makes the set of one anew whenever the rules are replaced. */
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state related meta l4proto icmp accept\n", chain);
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ct state related meta l4proto ipv6-icmp accept\n", chain);
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
static void render_unknown(GString *out, const Hold *hold) {
        const char *t = "inet " GUARD_TABLE;
        g_autoptr(GString) but = g_string_new(NULL);
        for (guint i = 0; i < hold->interfaces->len; i++)
                g_string_append_printf(but, "%s\"%s\"", i ? ", " : "iifname != { ", (char *) hold->interfaces->pdata[i]);
        g_string_append(but, hold->interfaces->len > 0 ? " } " : "");
        g_string_append_printf(out, "add chain %s unknown\n", t);
        g_string_append_printf(out, "add chain %s proxied { type filter hook output priority -1; policy accept; }\n", t);
        g_string_append_printf(out, "add rule %s forward meta oifkind \"bridge\" oifname != @spared_bridges jump unknown\n", t);
        g_string_append_printf(out, "add rule %s unknown meta iifkind \"bridge\" iifname @docker_bridges %sreturn\n", t, but->str);
        g_string_append_printf(out, "add rule %s unknown meta iifkind \"bridge\" iifname != @spared_bridges %sreturn\n", t, but->str);
        render_passing(out, "proxied");
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_string_append_printf(out, "add rule %s unknown rt %s nexthop @%s return\n", t, family_nft(family), KNOWN_SETS[family]);
                g_string_append_printf(out, "add rule %s proxied rt %s nexthop @%s accept\n", t, family_nft(family), KNOWN_SETS[family]);
        }
        g_string_append_printf(out, "add rule %s unknown counter drop comment \"quaywall: not known yet\"\n", t);
        g_string_append_printf(out,
                               "add rule %s proxied meta oifkind \"bridge\" oifname != @spared_bridges fib daddr type unicast meta skuid 0 "
                               "counter drop comment \"quaywall: not known yet\"\n",
                               t);
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

static void render_chains(GString *out, const Hold *hold) {
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
                render_unknown(out, hold);
        g_string_append_printf(out, "add rule %s forward oifname @docker_bridges jump forward_policies\n", t);
}

/* Whether the set must be sent: it is new in this rendering, and the last one has not left it. */
static bool note_set(const char *name, const GuardState *previous, GuardState *state) {
        return g_hash_table_add(state->sets, g_strdup(name)) && !g_hash_table_contains(previous->sets, name);
}

/* The name of the set with these addresses, which is sent if it must be. */
static char *put_set(GString *out, GArray *set, char kind, Family family, const GuardState *previous, GuardState *state) {
        char *name = guard_set_name(set, kind, family);
        if (note_set(name, previous, state))
                render_set(out, name, set, family);
        return name;
}

static char *put_endpoints(GString *out, const Rule *rule, const GuardState *previous, GuardState *state) {
        if (rule->kind == ENDPOINT_CONTAINER) {
                g_autoptr(GArray) addresses = own_addresses(rule);
                return put_set(out, addresses, 'c', rule->family, previous, state);
        }
        char *name = guard_set_name(rule->endpoints, endpoint_set_kind(rule), rule->family);
        if (note_set(name, previous, state))
                render_endpoint_set(out, name, rule);
        return name;
}

/* All ports of one protocol are asked about at once, by the rule with the first of them. */
static void put_ports(GString *out, const Rule *rule, const GuardState *previous, GuardState *state, SetNames *names) {
        GArray *ports = rule->policy->ports;
        guint first = 0;
        while (g_array_index(ports, PortRange, first).protocol != rule->port->protocol)
                first++;
        names->is_folded = rule->port != &g_array_index(ports, PortRange, first);
        if (names->is_folded)
                return;
        g_autoptr(GArray) set = port_set_new(ports, rule->port->protocol);
        if (set->len == 1) {
                names->ports = format_span(&g_array_index(set, PortSpan, 0));
                return;
        }
        g_autofree char *name = guard_set_name(set, 't', rule->family);
        if (note_set(name, previous, state))
                render_port_set(out, name, set);
        names->ports = g_strconcat("@", name, NULL);
}

/* Adds the sets and counters that are not there yet, and fills set_names with each rule's (SetNames). */
static void render_objects(GString *out, GPtrArray *rules, GArray *set_names, const GuardState *previous, GuardState *state) {
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                SetNames names = { NULL };
                g_autofree char *counter = guard_counter_name(rule->name);
                if (rule->policy->action != POLICY_FORWARD && !g_hash_table_contains(state->counters, counter)) {
                        if (!g_hash_table_contains(previous->counters, counter))
                                g_string_append_printf(out, "add counter inet " GUARD_TABLE " %s\n", counter);
                        g_hash_table_add(state->counters, g_steal_pointer(&counter));
                }
                if (rule->sources && rule->sources->len > 0)
                        names.sources = put_set(out, rule->sources, 's', rule->family, previous, state);
                if (rule->endpoints)
                        names.endpoints = put_endpoints(out, rule, previous, state);
                if (rule->port && rule->policy->action != POLICY_FORWARD)
                        put_ports(out, rule, previous, state, &names);
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
                            const GuardState *previous, GuardState **ret_state) {
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
                add_names(state->published, published);
                if (!previous->is_there)
                        g_string_append(sets, "add set inet " GUARD_TABLE " docker_bridges { type ifname; }\n"
                                              "add set inet " GUARD_TABLE " published_ports { type inet_proto . inet_service; }\n");
                if (hold) {
                        note_hold(state, hold);
                        render_hold_sets(sets, previous);
                }
                g_string_append(out, "flush table inet " GUARD_TABLE "\n");
                render_names(out, previous, state);
                if (hold)
                        render_known(out, previous, state);
                render_chains(out, hold);
                for (Hook hook = 0; hook < _HOOK_MAX; hook++) {
                        render_hook(out, rules, set_names, hook, true);
                        /* The kernel knows the kind: a name may have become another link's since it was in the set. */
                        g_string_append_printf(out,
                                               "add rule inet " GUARD_TABLE
                                               " %s meta iifkind \"bridge\" iifname @docker_bridges return\n",
                                               HOOK_CHAINS[hook]);
                        render_hook(out, rules, set_names, hook, false);
                }
                render_unheld(out, previous, state);
                render_deletions(out, "set", previous->sets, state->sets);
                render_deletions(out, "counter", previous->counters, state->counters);
                render_others(out, previous->others);
        }
        *ret_state = g_steal_pointer(&state);
        GuardCommands *commands = g_new(GuardCommands, 1);
        *commands = (GuardCommands){ sets->len > strlen(TABLE) ? g_strdup(sets->str) : NULL, g_string_free(out, FALSE) };
        return commands;
}
