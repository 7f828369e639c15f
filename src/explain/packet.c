/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packet.h"

#include <arpa/inet.h>
#include <string.h>

/* The kernel's default net.ipv4.ip_local_port_range; hosts with another range still use such ports. */
#define CHOSEN_FIRST 32768U
#define CHOSEN_LAST 60999U

bool packet_parse_address(const char *text, Family *ret_family, guint8 *ret) {
        memset(ret, 0, 16);
        *ret_family = strchr(text, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
        return inet_pton(*ret_family == FAMILY_IPV4 ? AF_INET : AF_INET6, text, ret) == 1;
}

char *packet_format_address(Family family, const guint8 *address) {
        char buffer[INET6_ADDRSTRLEN];
        return g_strdup(inet_ntop(family == FAMILY_IPV4 ? AF_INET : AF_INET6, address, buffer, sizeof buffer));
}

char *packet_format_endpoint(Family family, const guint8 *address, guint16 port) {
        g_autofree char *text = packet_format_address(family, address);
        if (!port)
                return g_steal_pointer(&text);
        return g_strdup_printf(family == FAMILY_IPV4 ? "%s:%u" : "[%s]:%u", text, port);
}

bool packet_has_prefix(const guint8 *address, const guint8 *network, unsigned length) {
        const unsigned whole = length / 8, rest = length % 8;
        return memcmp(address, network, whole) == 0 && (rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) == 0);
}

Answer packet_in_prefix(Family family, const guint8 *address, const char *prefix) {
        const char *slash = strchr(prefix, '/');
        g_autofree char *text = slash ? g_strndup(prefix, slash - prefix) : g_strdup(prefix);
        const unsigned bits = family == FAMILY_IPV4 ? 32 : 128;
        guint64 length = bits;
        Family of;
        guint8 network[16];
        /* iptables prints a mask that is no prefix as an address. */
        if (!packet_parse_address(text, &of, network) ||
            (slash && !g_ascii_string_to_unsigned(slash + 1, 10, 0, bits, &length, NULL)))
                return ANSWER_UNKNOWN;
        return answer_of(of == family && packet_has_prefix(address, network, length));
}

Answer packet_port_in(guint16 port, guint first, guint last) {
        if (port)
                return answer_of(first <= port && port <= last);
        if (last < CHOSEN_FIRST || first > CHOSEN_LAST)
                return ANSWER_NO;
        return first <= CHOSEN_FIRST && last >= CHOSEN_LAST ? ANSWER_YES : ANSWER_UNKNOWN;
}

bool packet_interface_is(const char *interface, const char *pattern, char wildcard) {
        const gsize length = strlen(pattern);
        if (length > 0 && pattern[length - 1] == wildcard)
                return strncmp(interface, pattern, length - 1) == 0;
        return g_str_equal(interface, pattern);
}

int packet_protocol_number(const char *name) {
        static const struct {
                const char *name;
                int number;
        } NAMES[] = { { "icmp", 1 }, { "tcp", 6 },     { "udp", 17 },       { "dccp", 33 },  { "gre", 47 },     { "esp", 50 },
                      { "ah", 51 },  { "icmpv6", 58 }, { "ipv6-icmp", 58 }, { "sctp", 132 }, { "udplite", 136 } };
        for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++)
                if (g_str_equal(name, NAMES[i].name))
                        return NAMES[i].number;
        guint64 number;
        return g_ascii_string_to_unsigned(name, 10, 0, 255, &number, NULL) ? (int) number : -1;
}

char *packet_format_element(const Packet *packet, const char *type, const char *directions, Answer *ret) {
        const char *colon = strchr(type, ':');
        g_auto(GStrv) parts = g_strsplit(colon ? colon + 1 : type, ",", -1), ends = g_strsplit(directions, ",", -1);
        g_autoptr(GString) element = g_string_new(NULL);
        *ret = ANSWER_NO;
        if (g_strv_length(ends) < g_strv_length(parts))
                return NULL;
        *ret = ANSWER_UNKNOWN;
        for (guint i = 0; parts[i]; i++) {
                const bool source = g_str_equal(ends[i], "src");
                const guint16 port = source ? packet->source_port : packet->port;
                const char *interface = source ? packet->in : packet->out;
                if (i > 0)
                        g_string_append_c(element, ',');
                if (g_str_equal(parts[i], "ip") || g_str_equal(parts[i], "net")) {
                        g_autofree char *address =
                                packet_format_address(packet->family, source ? packet->source : packet->destination);
                        g_string_append(element, address);
                } else if (g_str_equal(parts[i], "port") && port != 0)
                        g_string_append_printf(element, "%d:%u", packet_protocol_number(packet->protocol), port);
                else if (g_str_equal(parts[i], "iface") && interface[0])
                        g_string_append(element, interface);
                else if (g_str_equal(parts[i], "mark"))
                        g_string_append_printf(element, "0x%x", packet->mark);
                else
                        return NULL;
        }
        return g_string_free(g_steal_pointer(&element), FALSE);
}
