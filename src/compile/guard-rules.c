/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-rules.h"

#include "compile/zone-rules.h"

#define NSEC_PER_SEC G_GUINT64_CONSTANT(1000000000)

/* Connections that somebody else translated, by firewalld's forward ports or a rule of their own: Docker publishes nothing
 * where the client dialled. */
static void render_translated(GString *out, Family family, const GuardState *state) {
        g_string_append(out, "ct status & dnat != 0 meta l4proto . ct original proto-dst != @published_ports ");
        if (state->published_at[family])
                g_string_append_printf(out, "ct original %s daddr . meta l4proto . ct original proto-dst != @%s ",
                                       guard_family(family), GUARD_PUBLISHED_AT[family]);
}

static void render_endpoints(GString *out, const Rule *rule, GuardHook hook, const char *set, const GuardState *translated) {
        const char *family = guard_family(rule->family);
        if (rule->protocol)
                g_string_append_printf(out, "meta l4proto %s ", rule->protocol);
        if (rule->kind == ENDPOINT_PUBLISHED)
                /* After DNAT: a port of this host was dialled, not the same number on a container. */
                g_string_append_printf(out, "%s @%s ",
                                       hook == GUARD_HOST ? "th dport" : "ct status & dnat != 0 ct original proto-dst", set);
        else if (rule->kind == ENDPOINT_ROUTED) {
                /* The container's port itself was dialled, not one that leads there. */
                if (translated)
                        render_translated(out, rule->family, translated);
                else
                        g_string_append(out, "ct status & dnat == 0 ");
                g_string_append_printf(out, "%s daddr . th dport @%s ", family, set);
        } else if (rule->kind == ENDPOINT_CONTAINER)
                g_string_append_printf(out, "%s daddr @%s ", family, set);
}

/* The matches for what the rule covers, on the connection as the client dialled it. translated: not NULL for connections that
 * somebody else translated. */
static char *format_cover(const GuardPlace *place, const Rule *rule, const SetNames *sets, const GuardState *translated) {
        const bool host = place->hook == GUARD_HOST;
        GString *out = g_string_new(NULL);
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ", place->chain);
        if (rule->in)
                g_string_append_printf(out, "iifname \"%s\" ", rule->in);
        g_string_append_printf(out, "meta nfproto %s ", family_to_string(rule->family));
        if (sets->ports)
                /* nft 1.0.6 needs the protocol before "ct original". */
                g_string_append_printf(out, "meta l4proto %s %s %s ", rule->port->protocol,
                                       host ? "th dport" : "ct original proto-dst", sets->ports);
        if (rule->destination)
                g_string_append_printf(out, "%s%s daddr %s ", host ? "" : "ct original ", guard_family(rule->family),
                                       rule->destination);
        if (sets->endpoints)
                render_endpoints(out, rule, place->hook, sets->endpoints, translated);
        return g_string_free(out, FALSE);
}

/* The kernel keeps the time: what is granted ends even if quaywalld is frozen, stopped or killed. It measures in nanoseconds, so
 * what ends after the year 2554 does not end. */
static char *format_until(gint64 until) {
        const bool ends = until > 0 && until <= (gint64) (G_MAXUINT64 / NSEC_PER_SEC);
        return ends ? g_strdup_printf("meta time < %" G_GINT64_FORMAT " ", until) : g_strdup("");
}

/* Without a port, a packet for the host could as well be meant for a service of the host itself. */
static bool asks_published(const Rule *rule, GuardHook hook) {
        return rule->kind == ENDPOINT_DIALLED && !rule->port && hook == GUARD_HOST;
}

static char *format_published(const Rule *rule, bool at) {
        return at ? g_strdup_printf("%s daddr . meta l4proto . th dport @%s ", guard_family(rule->family),
                                    GUARD_PUBLISHED_AT[rule->family]) :
                    g_strdup("meta l4proto . th dport @published_ports ");
}

/* second: what one nft rule cannot match together with the first. */
static void render_drop(const GuardPlace *place, const Rule *rule, const SetNames *sets, bool second) {
        const bool asks = rule->policy->action == POLICY_DENY && sets->denied;
        g_autofree char *counter = guard_counter_name(rule->name);
        g_autofree char *cover = format_cover(place, rule, sets, second ? place->state : NULL);
        g_autofree char *published = asks_published(rule, place->hook) ? format_published(rule, second) : g_strdup("");
        g_autofree char *from =
                asks ? g_strdup_printf("%s saddr @%s ", guard_family(rule->family), sets->denied) : g_strdup("");
        g_autofree char *matches = g_strconcat(cover, published, from, NULL);
        if (place->before)
                g_string_append_printf(place->out, "%sjump %s\n", matches, place->before);
        if (rule->policy->log)
                g_string_append_printf(place->out, "%slimit rate 10/minute burst 5 packets log prefix \"quaywall:%s \"\n",
                                       matches, rule->name);
        const bool tcp = g_strcmp0(rule->port ? rule->port->protocol : rule->protocol, "tcp") == 0;
        g_string_append_printf(place->out, "%scounter name %s %s comment \"quaywall:%s\"\n", matches, counter,
                               !rule->policy->reject ? "drop" :
                               tcp                   ? "reject with tcp reset" :
                                                       "reject with icmpx port-unreachable",
                               rule->name);
}

/* Nothing of quaywall's follows the policies, so "accept" only ends them, from however deep a chain. */
static void render_pass(const GuardPlace *place, const Rule *rule, const SetNames *sets, bool second) {
        g_autofree char *cover = format_cover(place, rule, sets, second ? place->state : NULL);
        /* Before DNAT everything that is judged was dialled at this host. */
        const bool asks = place->hook == GUARD_FORWARD && rule_lists_published_only(rule);
        for (guint i = 0; i < sets->listed->len; i++) {
                const ListedSet *set = &g_array_index(sets->listed, ListedSet, i);
                g_autofree char *until = format_until(set->until);
                g_string_append_printf(place->out, "%s%s%s saddr @%s %saccept comment \"quaywall:%s\"\n", cover,
                                       asks ? "ct status & dnat != 0 " : "", guard_family(rule->family), set->name, until,
                                       rule->name);
        }
}

/* Behind DNAT: ports that Docker publishes, by what the client dialled. */
static char *format_dialled(const Rule *rule, bool at) {
        return at ? g_strdup_printf("ct original %s daddr . meta l4proto . ct original proto-dst @%s ",
                                    guard_family(rule->family), GUARD_PUBLISHED_AT[rule->family]) :
                    g_strdup("meta l4proto . ct original proto-dst @published_ports ");
}

/* protocol: what the rule's own matches do not say, and nft 1.0.6 needs before "ct original"; NULL: they do. */
static void render_dialled(const GuardPlace *place, const Rule *rule, const char *cover, const char *protocol, bool at) {
        g_autofree char *published = format_dialled(rule, at);
        g_autofree char *more = protocol ? g_strdup_printf("meta l4proto %s ", protocol) : g_strdup("");
        g_string_append_printf(place->out, "%s%sct status & dnat != 0 %saccept comment \"quaywall:%s\"\n", cover, more,
                               published, rule->name);
}

/* firewalld's rules are asked before DNAT, when the packet still has the port that was dialled; behind it what Docker publishes
 * has been asked. */
static void render_zones(const GuardPlace *place, const Rule *rule, const SetNames *sets, bool second) {
        static const char *const PROTOCOLS[] = { "tcp", "udp", "sctp" };
        g_autofree char *rest = format_cover(place, rule, sets, NULL), *until = format_until(rule->policy->until);
        g_autofree char *cover = g_strconcat(rest, until, NULL);
        if (place->hook == GUARD_HOST) {
                g_autofree char *published = asks_published(rule, place->hook) ? format_published(rule, second) : g_strdup("");
                g_string_append_printf(place->out, "%s%sjump " ZONE_RULES_CHAIN " comment \"quaywall:%s\"\n", cover, published,
                                       rule->name);
        } else if (rule->kind == ENDPOINT_PUBLISHED)
                g_string_append_printf(place->out, "%saccept comment \"quaywall:%s\"\n", cover, rule->name);
        else if (rule->port)
                render_dialled(place, rule, cover, NULL, second);
        else
                for (gsize i = 0; i < G_N_ELEMENTS(PROTOCOLS); i++)
                        render_dialled(place, rule, cover, PROTOCOLS[i], second);
}

static bool has_policy_turn(const Rule *rule, const SetNames *sets, GuardHook hook, GuardTurn turn) {
        const bool dialled = rule->kind == ENDPOINT_DIALLED || rule->kind == ENDPOINT_PUBLISHED;
        switch (rule->policy->action) {
        case POLICY_DENY:
                return turn == GUARD_DENY;
        case POLICY_ALLOW_ONLY:
                /* Clients that a policy without a port lists also pass the policies that have one, whether or not the port is
                 * known to be published. */
                return (turn == GUARD_PASS && sets->listed->len > 0) || turn == GUARD_ONLY;
        case POLICY_OBEY_ZONES:
                /* Zones have a word on ports of this host. Whoever dials a container's own address is in no list. */
                return (turn == GUARD_ZONES && dialled) || (turn == GUARD_ONLY && hook == GUARD_FORWARD);
        case POLICY_FORWARD:
        case _POLICY_ACTION_MAX:
                break;
        }
        return false;
}

bool guard_rule_has_turn(const Rule *rule, const SetNames *sets, GuardHook hook, GuardTurn turn) {
        /* Before DNAT nothing is addressed to a container. */
        if (hook == GUARD_HOST && rule->kind != ENDPOINT_DIALLED && rule->kind != ENDPOINT_PUBLISHED)
                return false;
        return !sets->is_folded && has_policy_turn(rule, sets, hook, turn);
}

void guard_rule_render(const GuardPlace *place, const Rule *rule, const SetNames *sets) {
        if (place->turn == GUARD_PASS) {
                render_pass(place, rule, sets, false);
                if (rule->kind == ENDPOINT_ROUTED)
                        render_pass(place, rule, sets, true);
                return;
        }
        /* Ports published on one of the host's addresses are in a set of their own; a container's own port: connections
         * translated to it. */
        const bool asks = asks_published(rule, place->hook) ||
                          (place->turn == GUARD_ZONES && rule->kind == ENDPOINT_DIALLED && place->hook == GUARD_FORWARD);
        const bool twice = asks ? place->state->published_at[rule->family] != NULL : rule->kind == ENDPOINT_ROUTED;
        for (int second = 0; second < (twice ? 2 : 1); second++)
                if (place->turn == GUARD_ZONES)
                        render_zones(place, rule, sets, second);
                else
                        render_drop(place, rule, sets, second);
}
