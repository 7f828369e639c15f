/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft-value.h"

#include <string.h>

static const Value NONE = { .kind = VALUE_NONE }, UNKNOWN = { .kind = VALUE_UNKNOWN };

static Value text_value(const char *text) {
        return (Value){ .kind = VALUE_TEXT, .text = text };
}
static Value number_value(guint64 number) {
        return (Value){ .kind = VALUE_NUMBER, .number = number };
}
static Value port_value(guint16 port) {
        return (Value){ .kind = VALUE_PORT, .number = port };
}
static Value address_value(Family family, const guint8 *address) {
        Value value = { .kind = VALUE_ADDRESS, .family = family };
        memcpy(value.address, address, 16);
        return value;
}

static const char *member(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);
        return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ?
                       json_node_get_string(node) :
                       "";
}

static Value kind_value(const char *interface, const Host *host) {
        const char *kind = host->kind(interface, host->userdata);
        return !kind ? UNKNOWN : kind[0] ? text_value(kind) : NONE;
}

static Value meta_value(JsonObject *meta, const Packet *packet, const Host *host) {
        const char *key = member(meta, "key");
        if (g_str_equal(key, "iifname") || g_str_equal(key, "iif"))
                return packet->in[0] ? text_value(packet->in) : NONE;
        if (g_str_equal(key, "oifname") || g_str_equal(key, "oif"))
                return packet->out[0] ? text_value(packet->out) : NONE;
        if (g_str_equal(key, "iifkind"))
                return kind_value(packet->in, host);
        if (g_str_equal(key, "oifkind"))
                return kind_value(packet->out, host);
        if (g_str_equal(key, "skuid"))
                return packet->in[0] ? NONE : packet->of_root ? number_value(0) : UNKNOWN;
        if (g_str_equal(key, "l4proto"))
                return text_value(packet->protocol);
        if (g_str_equal(key, "nfproto"))
                return text_value(family_to_string(packet->family));
        if (g_str_equal(key, "protocol"))
                return text_value(packet->family == FAMILY_IPV4 ? "ip" : "ip6");
        if (g_str_equal(key, "mark"))
                return number_value(packet->mark);
        if (g_str_equal(key, "pkttype"))
                return text_value("host");
        if (g_str_equal(key, "time") && host->now > 0)
                return (Value){ .kind = VALUE_TIME, .number = (guint64) host->now };
        return UNKNOWN;
}

static Value port_of(const char *field, const Packet *packet) {
        return g_str_equal(field, "dport") ? port_value(packet->port) :
               g_str_equal(field, "sport") ? port_value(packet->source_port) :
                                             UNKNOWN;
}

static Value payload_value(JsonObject *payload, const Packet *packet) {
        static const char *const OTHERS[] = { "icmp", "icmpv6", "igmp", "dccp", "udplite", "ah",  "esp", "comp",
                                              "sctp", "tcp",    "udp",  "ip",   "ip6",     "arp", NULL };
        const char *protocol = member(payload, "protocol"), *field = member(payload, "field");
        if (g_str_equal(protocol, "th"))
                return port_of(field, packet);
        if (g_str_equal(protocol, packet->protocol)) {
                if (!g_str_equal(field, "flags"))
                        return port_of(field, packet);
                if (packet->established && !packet->reply)
                        return (Value){ .kind = VALUE_FLAGS, .flags = { "ack" } };
                return (Value){ .kind = VALUE_FLAGS, .flags = { "syn", packet->reply ? "ack" : NULL } };
        }
        if (g_str_equal(protocol, packet->family == FAMILY_IPV4 ? "ip" : "ip6")) {
                if (g_str_equal(field, "saddr") || g_str_equal(field, "daddr"))
                        return address_value(packet->family, field[0] == 's' ? packet->source : packet->destination);
                return g_str_equal(field, "protocol") || g_str_equal(field, "nexthdr") ? text_value(packet->protocol) :
                       g_str_equal(field, "version") ? number_value(packet->family == FAMILY_IPV4 ? 4 : 6) :
                                                       UNKNOWN;
        }
        return g_strv_contains(OTHERS, protocol) ? NONE : UNKNOWN;
}

/* "ip daddr" and "daddr" mean the same; before nft 1.0 the family was a member of its own. */
static Value ct_tuple_value(const char *key, const Packet *packet) {
        const char *space = strrchr(key, ' '), *field = space ? space + 1 : key;
        if (space && (key[2] == '6') != (packet->family == FAMILY_IPV6))
                return NONE;
        if (g_str_equal(field, "daddr"))
                return address_value(packet->family, packet->dialled);
        if (g_str_equal(field, "saddr"))
                return address_value(packet->family, packet->dialled_from);
        if (g_str_equal(field, "proto-dst"))
                return port_value(packet->dialled_port);
        if (g_str_equal(field, "proto-src"))
                return port_value(0);
        if (g_str_equal(field, "protocol"))
                return text_value(packet->protocol);
        if (g_str_equal(field, "l3proto"))
                return text_value(family_to_string(packet->family));
        return UNKNOWN;
}

static Value ct_value(JsonObject *ct, const Packet *packet) {
        const char *key = member(ct, "key"), *direction = member(ct, "dir");
        if (g_str_equal(key, "state"))
                return text_value(packet->not_to_track ? "untracked" :
                                  packet->untracked    ? "invalid" :
                                  packet->established  ? "established" :
                                                         "new");
        if (packet->untracked)
                return NONE;
        if (g_str_equal(key, "status")) {
                /* "assured" is left out: it depends on earlier packets. */
                Value value = { .kind = VALUE_FLAGS };
                guint n = 0;
                if (packet->dnat)
                        value.flags[n++] = "dnat";
                if (packet->snat)
                        value.flags[n++] = "snat";
                if (packet->established) {
                        value.flags[n++] = "seen-reply";
                        value.flags[n++] = "confirmed";
                }
                return value;
        }
        if (g_str_equal(key, "direction"))
                return text_value(packet->reply ? "reply" : "original");
        if (g_str_equal(key, "mark"))
                return number_value(0);
        return g_str_equal(direction, "original") ? ct_tuple_value(key, packet) : UNKNOWN;
}

/* Without a mark no packet reaches a transparent proxy's socket, because it was dialled elsewhere. */
static Value socket_value(JsonObject *socket, const Packet *packet) {
        return g_str_equal(member(socket, "key"), "transparent") && packet->mark == 0 ? number_value(0) : UNKNOWN;
}

static Value fib_value(JsonObject *fib, const Packet *packet, const Host *host) {
        JsonNode *flags = json_object_get_member(fib, "flags");
        const char *result = member(fib, "result");
        bool source = false, destination = false, in = false, mark = false, strange = false;
        JsonArray *list = flags && JSON_NODE_HOLDS_ARRAY(flags) ? json_node_get_array(flags) : NULL;
        const guint n = list ? json_array_get_length(list) : 1;
        for (guint i = 0; i < n && flags; i++) {
                JsonNode *node = list ? json_array_get_element(list, i) : flags;
                const char *flag = JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ?
                                           json_node_get_string(node) :
                                           "";
                source |= g_str_equal(flag, "saddr");
                destination |= g_str_equal(flag, "daddr");
                in |= g_str_equal(flag, "iif");
                mark |= g_str_equal(flag, "mark");
                strange |= !g_strv_contains(((const char *const[]){ "saddr", "daddr", "iif", "mark", NULL }), flag);
        }
        if (strange || source == destination)
                return UNKNOWN;
        const Route route = host->route(packet->family, NULL, source ? packet->source : packet->destination, NULL,
                                        mark ? packet->mark : 0, host->userdata);
        if (g_str_equal(result, "type") && !in)
                return route.kind == ROUTE_LOCAL   ? text_value("local") :
                       route.kind == ROUTE_FORWARD ? text_value("unicast") :
                                                     UNKNOWN;
        /* "oif" with "iif" looks for a route by the interface where the packet came in. */
        if (g_str_has_prefix(result, "oif")) {
                if (g_str_equal(packet->in, "lo"))
                        return (Value){ .kind = VALUE_TRUTH, .number = true };
                const bool found = route.kind == ROUTE_FORWARD && (!in || g_str_equal(route.out, packet->in));
                if (route.kind == ROUTE_LOCAL || route.kind == ROUTE_OTHER)
                        return UNKNOWN;
                return (Value){ .kind = VALUE_TRUTH, .number = found };
        }
        return UNKNOWN;
}

/* The next hop, from the route for the packet as it is now. */
static Value rt_value(JsonObject *rt, const Packet *packet, const Host *host) {
        static const guint8 ITSELF[16] = { 0 };
        if (!g_str_equal(member(rt, "key"), "nexthop"))
                return UNKNOWN;
        const char *family = member(rt, "family");
        if (family[0] && g_str_equal(family, "ip6") != (packet->family == FAMILY_IPV6))
                return NONE;
        const Route route = host->route(packet->family, packet->in[0] ? packet->source : NULL, packet->destination,
                                        packet->in[0] ? packet->in : NULL, packet->mark, host->userdata);
        const bool is_direct = route.kind != ROUTE_FORWARD || memcmp(route.gateway, ITSELF, sizeof ITSELF) == 0;
        return address_value(packet->family, is_direct ? packet->destination : route.gateway);
}

/* Whether there is such a chunk, which is asked of every protocol (nft_exthdr_sctp_eval() in Linux). The first packet of an
 * association has the chunk INIT, and none after it has. */
static Value sctp_chunk_value(JsonObject *chunk, const Packet *packet) {
        const bool sctp = g_str_equal(packet->protocol, "sctp");
        if (member(chunk, "field")[0])
                return sctp ? UNKNOWN : NONE;
        return !sctp || g_str_equal(member(chunk, "name"), "init") ?
                       (Value){ .kind = VALUE_TRUTH, .number = sctp && !packet->established } :
                       UNKNOWN;
}

Value nft_value(JsonObject *expression, const Packet *packet, const Host *host) {
        static const char *const KINDS[] = { "meta", "payload", "ct", "fib", "socket", "rt", "sctp chunk" };
        for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++) {
                JsonNode *node = json_object_get_member(expression, KINDS[i]);
                if (!node || !JSON_NODE_HOLDS_OBJECT(node))
                        continue;
                JsonObject *inner = json_node_get_object(node);
                return i == 0 ? meta_value(inner, packet, host) :
                       i == 1 ? payload_value(inner, packet) :
                       i == 2 ? ct_value(inner, packet) :
                       i == 3 ? fib_value(inner, packet, host) :
                       i == 4 ? socket_value(inner, packet) :
                       i == 5 ? rt_value(inner, packet, host) :
                                sctp_chunk_value(inner, packet);
        }
        return UNKNOWN;
}
