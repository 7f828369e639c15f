/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "explain.h"

#include <errno.h>
#include <string.h>

#include <glib/gi18n.h>

/*
 * from outside      prerouting -> route -> input -> listener
 *                                      \-> forward -> postrouting -> container
 * from the host     output -> route -> postrouting -> container
 *                                  \-> by lo: prerouting -> input -> listener
 * The reply goes the other way and is evaluated too, since a port that cannot answer is not open; so is TCP's second packet.
 * On lo both packets go out and come in.
 */

void explanation_free(Explanation *explanation) {
        g_ptr_array_unref(explanation->trace);
        finding_clear(&explanation->finding);
        g_free(explanation->ending);
        g_free(explanation);
}

static void say(Walk *walk, const char *where, const char *rule, const char *effect) {
        if (!walk->quiet)
                trace_add(walk->trace, where, rule, effect);
}

static bool refuse(Walk *walk, const char *where, const char *rule, const char *effect) {
        finding_note_unroutable(walk->finding);
        g_autofree char *decides = g_strconcat(TRACE_DECIDES, effect, NULL);
        trace_add(walk->trace, where, rule, decides);
        return false;
}

static char *show_destination(const Packet *packet) {
        g_autofree char *to = packet_format_endpoint(packet->family, packet->destination, packet->port);
        return g_strdup_printf("%s/%s", to, packet->protocol);
}

static bool is_by_lo(const Packet *packet) {
        return g_str_equal(packet->in, "lo");
}

/* Sets the interfaces that are known at a hook: both, once FORWARD is reached. */
static void set_interfaces(Packet *packet, const Packet *of, const char *hook) {
        const bool coming = g_str_equal(hook, "prerouting") || g_str_equal(hook, "input");
        const bool going = g_str_equal(hook, "output") || (g_str_equal(hook, "postrouting") && is_by_lo(of));
        g_strlcpy(packet->in, going ? "" : of->in, sizeof packet->in);
        g_strlcpy(packet->out, coming ? "" : of->out, sizeof packet->out);
}

/* Walks a later packet of the connection; the trace shows only a rule that stops it. after: the packet once NAT was applied, if
 * that differs. */
static bool later_passes(Walk *walk, const Packet *packet, const Packet *after, const char *const *hooks) {
        Walk later = { .ruleset = walk->ruleset,
                       .host = walk->host,
                       .packet = *packet,
                       .after = after,
                       .trace = walk->trace,
                       .finding = walk->finding,
                       .quiet = true,
                       .not_tracked = walk->not_tracked,
                       .rules = walk->rules };
        bool passes = true;
        for (guint i = 0; hooks[i] && passes; i++) {
                set_interfaces(&later.packet, packet, hooks[i]);
                passes = walk_hook(&later, hooks[i]);
        }
        walk->uncertain |= later.uncertain;
        walk->rules = later.rules;
        return passes;
}

/* The reply comes in where the packet went out. */
static bool reply_passes(Walk *walk, const char *const *hooks) {
        const Packet *packet = &walk->packet;
        Packet reply = *packet;
        memcpy(reply.source, packet->destination, 16);
        memcpy(reply.destination, packet->source, 16);
        memcpy(reply.in, is_by_lo(packet) ? packet->in : packet->out, sizeof reply.in);
        memcpy(reply.out, packet->in, sizeof reply.out);
        reply.source_port = packet->port;
        reply.port = packet->source_port;
        reply.mark = 0;
        reply.reply = reply.established = true;
        Packet after = reply;
        memcpy(after.source, packet->dialled, 16);
        memcpy(after.destination, packet->dialled_from, 16);
        after.source_port = packet->dialled_port;
        return later_passes(walk, &reply, &after, hooks);
}

/* In TCP the request follows the answer to the first packet, and takes the same way as the first packet. */
static bool request_passes(Walk *walk, const char *const *hooks) {
        Packet request = walk->packet;
        if (!g_str_equal(request.protocol, "tcp"))
                return true;
        request.mark = 0;
        request.established = true;
        if (is_by_lo(&request))
                memcpy(request.out, request.in, sizeof request.out);
        const Packet after = request;
        memcpy(request.source, request.dialled_from, 16);
        memcpy(request.destination, request.dialled, 16);
        request.port = request.dialled_port;
        return later_passes(walk, &request, &after, hooks);
}

static bool arrive_at_container(Walk *walk, const char *const *reply, const char *const *request) {
        g_autofree char *to = show_destination(&walk->packet);
        if (!reply_passes(walk, reply) || !request_passes(walk, request))
                return false;
        g_autofree char *where = g_strdup_printf(_("by %s"), walk->packet.out);
        trace_add(walk->trace, where, to, _("decides: no rule is against it"));
        return true;
}

/* Notes a chain that comes before or after the IP hooks: this module does not evaluate it. */
static void doubt(Walk *walk, const Chain *chain, const char *effect) {
        if (!chain->hook || (chain->rules->len == 0 && !chain->drops))
                return;
        g_autofree char *where = g_strdup_printf("%s %s", chain->table, chain->name);
        say(walk, where, "", effect);
        walk->uncertain = true;
}

static void check_bridge(Walk *walk, const char *interface) {
        if (walk->bridged || walk->host->bridge(interface, walk->packet.family, walk->host->userdata) == BRIDGE_NONE)
                return;
        walk->bridged = true;
        for (guint i = 0; i < walk->ruleset->ordered->len; i++) {
                const Chain *chain = walk->ruleset->ordered->pdata[i];
                if (g_str_equal(chain->family, "bridge"))
                        doubt(walk, chain, _("cannot tell: rules of the bridge itself"));
        }
}

static bool go_out(Walk *walk);

/* docker-proxy opens a connection of its own to the container. */
static bool proxy_hands_on(Walk *walk, const ContainerEnd *end) {
        const Host *host = walk->host;
        Walk onward = {
                .ruleset = walk->ruleset, .host = host, .trace = walk->trace, .finding = walk->finding, .rules = walk->rules
        };
        Packet *packet = &onward.packet;
        const Route route = host->route(end->family, NULL, end->address, NULL, 0, host->userdata);
        packet->family = end->family;
        packet->of_root = true;
        packet->protocol = walk->packet.protocol;
        packet->port = packet->dialled_port = end->port;
        memcpy(packet->source, route.source, 16);
        memcpy(packet->dialled_from, route.source, 16);
        memcpy(packet->destination, end->address, 16);
        memcpy(packet->dialled, end->address, 16);
        const bool passes = go_out(&onward);
        walk->uncertain |= onward.uncertain;
        return passes;
}

/* Whether a service that answers by UDP from every address, as docker-proxy does, would answer a connection that NAT led to it
 * from another one: conntrack takes that for a connection of its own, so NAT does not make it an answer. */
static bool answers_apart(const Walk *walk) {
        static const guint8 UNKNOWN[16];
        const Packet *packet = &walk->packet;
        if (!packet->dnat || !g_str_equal(packet->protocol, "udp"))
                return false;
        const Route back = walk->host->route(packet->family, NULL, packet->source, NULL, 0, walk->host->userdata);
        return memcmp(back.source, UNKNOWN, sizeof UNKNOWN) != 0 &&
               memcmp(back.source, packet->destination, sizeof back.source) != 0;
}

static bool arrive_at_host(Walk *walk) {
        static const char *const REPLY[] = { "output", "postrouting", NULL };
        static const char *const REQUEST[] = { "prerouting", "input", NULL };
        static const char *const BY_LO[] = { "output", "postrouting", "prerouting", "input", NULL };
        g_autofree char *to = show_destination(&walk->packet);
        const Host *host = walk->host;
        const bool by_lo = is_by_lo(&walk->packet);
        if (!walk_hook(walk, "input") || !reply_passes(walk, by_lo ? BY_LO : REPLY) ||
            !request_passes(walk, by_lo ? BY_LO : REQUEST))
                return false;
        if (answers_apart(walk)) {
                walk->uncertain = true;
                say(walk, "host", to,
                    _("cannot tell: its answers may come from another address, and not be taken for answers"));
        }
        const Answer listens = host->listens(&walk->packet, host->userdata);
        ContainerEnd end = { 0 };
        const bool proxy = listens != ANSWER_NO && host->is_published(&walk->packet, &end, host->userdata);
        if (proxy && end.port) {
                g_autofree char *container = packet_format_endpoint(end.family, end.address, end.port);
                g_autofree char *effect = g_strdup_printf(
                        listens == ANSWER_YES ?
                                _("docker-proxy takes it and hands it on to %s") :
                                _("cannot tell: the kernel does not say who listens; docker-proxy, if it does, hands it on to %s"),
                        container);
                say(walk, "host", to, effect);
                g_free(walk->finding->handed_on);
                walk->finding->handed_on = g_strdup(container);
                walk->uncertain |= listens == ANSWER_UNKNOWN;
                return proxy_hands_on(walk, &end);
        }
        trace_add(
                walk->trace, "host", to,
                listens == ANSWER_UNKNOWN ?
                        _("decides: no rule is against it; whether anybody listens there is not known, the kernel does not say it") :
                proxy ? _("decides: docker-proxy takes it and hands it on to the container") :
                listens == ANSWER_YES ?
                        _("decides: a service of the host takes it") :
                        _("decides: no rule is against it, but nobody listens there: the host itself refuses it"));
        return true;
}

static bool go_forward(Walk *walk, const char *out, bool is_bridged) {
        static const char *const BOTH[] = { "prerouting", "forward", "postrouting", NULL };
        Packet *packet = &walk->packet;
        g_strlcpy(packet->out, out, sizeof packet->out);
        g_autofree char *to = show_destination(packet);
        g_autofree char *by = g_strdup_printf(_("routed by %s"), out);
        if (!is_bridged)
                say(walk, "routing", to, by);
        check_bridge(walk, out);
        if (!is_bridged && !walk->host->forwards(packet->family, walk->host->userdata))
                return refuse(walk, "routing", to,
                              packet->family == FAMILY_IPV4 ?
                                      _("the host does not forward IPv4 (net.ipv4.ip_forward)") :
                                      _("the host does not forward IPv6 (net.ipv6.conf.all.forwarding)"));
        return walk_hook(walk, "forward") && walk_hook(walk, "postrouting") && arrive_at_container(walk, BOTH, BOTH);
}

static const char *route_error(int error) {
        switch (error) {
        case EXDEV:
        case EINVAL:
                return _("the kernel does not take this source from this interface (rp_filter, or an address of its own)");
        case EHOSTUNREACH:
        case ENETUNREACH:
                return _("the kernel has no route to it from there, or does not forward");
        default:
                return g_strerror(error);
        }
}

/* Whether the packet goes from one port of a bridge to another; br_netfilter decides whether rules see it. */
static BridgeKind is_switched(const Walk *walk) {
        const Packet *packet = &walk->packet;
        const Host *host = walk->host;
        const Route route = host->route(packet->family, NULL, packet->destination, NULL, 0, host->userdata);
        const bool is_back = route.kind == ROUTE_FORWARD && g_str_equal(route.out, packet->in);
        return is_back ? host->bridge(packet->in, packet->family, host->userdata) : BRIDGE_NONE;
}

/* Whether both are neighbours on one link, such as a client and a container on macvlan, which need no host between them. */
static bool are_neighbours(const Walk *walk) {
        static const guint8 NONE[16];
        const Packet *packet = &walk->packet;
        const Host *host = walk->host;
        const Route to = host->route(packet->family, NULL, packet->destination, NULL, 0, host->userdata);
        const Route back = host->route(packet->family, NULL, packet->source, NULL, 0, host->userdata);
        return to.kind == ROUTE_FORWARD && back.kind == ROUTE_FORWARD && g_str_equal(to.out, packet->in) &&
               g_str_equal(back.out, packet->in) && memcmp(to.gateway, NONE, sizeof NONE) == 0 &&
               memcmp(back.gateway, NONE, sizeof NONE) == 0;
}

static bool come_in(Walk *walk) {
        Packet *packet = &walk->packet;
        const Host *host = walk->host;
        const BridgeKind bridge = is_switched(walk);
        g_autofree char *dialled = show_destination(packet);
        if (bridge == BRIDGE_NONE && are_neighbours(walk)) {
                g_autofree char *where = g_strdup_printf(_("link %s"), packet->in);
                trace_add(walk->trace, where, dialled,
                          _("decides: both are on this link, and such packets do not pass this host"));
                return true;
        }
        check_bridge(walk, packet->in);
        if (bridge == BRIDGE_PAST) {
                g_autofree char *where = g_strdup_printf(_("bridge %s"), packet->in);
                trace_add(walk->trace, where, dialled, _("decides: both are on this bridge, and no rule of IP is asked"));
                return true;
        }
        if (bridge == BRIDGE_THROUGH)
                say(walk, "bridge", dialled, _("both are on one bridge; br_netfilter shows it to the rules"));
        if (!walk_hook(walk, "prerouting"))
                return false;
        if (bridge == BRIDGE_THROUGH && memcmp(packet->destination, packet->dialled, 16) == 0)
                return go_forward(walk, packet->in, true);
        const Route route =
                host->route(packet->family, packet->source, packet->destination, packet->in, packet->mark, host->userdata);
        g_autofree char *to = show_destination(packet);
        switch (route.kind) {
        case ROUTE_LOCAL:
                say(walk, "routing", to, _("for the host itself"));
                return arrive_at_host(walk);
        case ROUTE_FORWARD:
                return go_forward(walk, route.out, false);
        case ROUTE_OTHER:
                return refuse(walk, "routing", to, _("it is not an address of one host"));
        default:
                return refuse(walk, "routing", to, route_error(route.error));
        }
}

static bool is_loopback(const Packet *packet) {
        static const guint8 LOOPBACK6[16] = { [15] = 1 };
        return packet->family == FAMILY_IPV4 ? packet->source[0] == 127 : memcmp(packet->source, LOOPBACK6, 16) == 0;
}

/* For packets that the host itself sends, or a process in its network namespace. */
static bool go_out(Walk *walk) {
        static const char *const REPLY[] = { "prerouting", "input", NULL };
        static const char *const REQUEST[] = { "output", "postrouting", NULL };
        Packet *packet = &walk->packet;
        walk_route(walk);
        if (walk->route.kind != ROUTE_NONE && !walk_hook(walk, "output"))
                return false;
        const Route route = walk->route;
        g_autofree char *to = show_destination(packet);
        if (route.kind == ROUTE_NONE)
                return refuse(walk, "routing", to, route_error(route.error));
        g_autofree char *by = g_strdup_printf(_("sent by %s"), packet->out);
        say(walk, "routing", to, by);
        check_bridge(walk, packet->out);
        if (!walk_hook(walk, "postrouting"))
                return false;
        if (route.kind != ROUTE_LOCAL && is_loopback(packet))
                return refuse(walk, "routing", to, _("other hosts accept no packet from a loopback address"));
        if (route.kind != ROUTE_LOCAL)
                return arrive_at_container(walk, REPLY, REQUEST);
        g_strlcpy(packet->in, "lo", sizeof packet->in);
        packet->out[0] = '\0';
        walk->mapped = true; /* output has done the NAT */
        return walk_hook(walk, "prerouting") && arrive_at_host(walk);
}

/* Docker's nftables rules could be at hooks that come before all of these. */
static void check_ingress(Walk *walk) {
        for (guint i = 0; i < walk->ruleset->ordered->len; i++) {
                const Chain *chain = walk->ruleset->ordered->pdata[i];
                if (chain->hook && (g_str_equal(chain->hook, "ingress") || g_str_equal(chain->hook, "egress")))
                        doubt(walk, chain, _("cannot tell: rules at the hook ingress or egress"));
        }
}

static void check_opaque(Walk *walk) {
        GHashTableIter iter;
        gpointer table;
        g_hash_table_iter_init(&iter, walk->ruleset->opaque);
        while (g_hash_table_iter_next(&iter, &table, NULL))
                say(walk, table, "", _("iptables could not be asked, so some of its rules cannot be told"));
}

static void check_legacy(Walk *walk) {
        g_autofree char *tables = walk->host->legacy(walk->packet.family, walk->host->userdata);
        if (!tables)
                return;
        say(walk, walk->packet.family == FAMILY_IPV4 ? "iptables-legacy" : "ip6tables-legacy", tables,
            _("cannot tell: these tables judge packets too, and their rules are not known"));
        walk->uncertain = true;
}

Explanation *explain_connection(const Ruleset *ruleset, const Host *host, const Dialled *connection) {
        Explanation *explanation = g_new0(Explanation, 1);
        explanation->trace = g_ptr_array_new_with_free_func(trace_row_free);
        Walk walk = { .ruleset = ruleset, .host = host, .trace = explanation->trace, .finding = &explanation->finding };
        Packet *packet = &walk.packet;
        packet->family = connection->family;
        packet->protocol = connection->protocol;
        packet->port = packet->dialled_port = connection->port;
        memcpy(packet->source, connection->source, 16);
        memcpy(packet->destination, connection->destination, 16);
        memcpy(packet->dialled_from, connection->source, 16);
        memcpy(packet->dialled, connection->destination, 16);
        g_strlcpy(packet->in, connection->interface, sizeof packet->in);

        const Route back = host->route(packet->family, NULL, packet->source, NULL, 0, host->userdata);
        g_autofree char *from = packet_format_address(packet->family, packet->source);
        const bool is_host = back.kind == ROUTE_LOCAL && (!packet->in[0] || g_str_equal(packet->in, "lo"));
        check_ingress(&walk);
        check_opaque(&walk);
        check_legacy(&walk);
        if (is_host) {
                packet->in[0] = '\0';
                say(&walk, "source", from, _("is the host itself"));
                explanation->allowed = go_out(&walk);
        } else if (!packet->in[0] && back.kind != ROUTE_FORWARD)
                explanation->allowed = refuse(&walk, "source", from, _("the host has no route to it, so no answer comes back"));
        else {
                if (!packet->in[0])
                        g_strlcpy(packet->in, back.out, sizeof packet->in);
                g_autofree char *in = g_strdup_printf(_("comes in by %s"), packet->in);
                say(&walk, "source", from, in);
                explanation->allowed = come_in(&walk);
        }
        explanation->uncertain = walk.uncertain;
        TraceRow *last = explanation->trace->pdata[explanation->trace->len - 1];
        explanation->ending = g_strdup(last->effect + strlen(TRACE_DECIDES));
        if (walk.uncertain) {
                char *effect = g_strconcat(last->effect, _("; not certain: a row above says what cannot be told"), NULL);
                g_free(last->effect);
                last->effect = effect;
        }
        return explanation;
}
