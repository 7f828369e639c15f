/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "published-port.h"

#include <string.h>

#include <glib/gi18n.h>

#include "error.h"

PublishedPort published_port_at(const AddressRange *host, const char *protocol, guint16 port) {
        const bool is_anywhere = address_range_is_everybody(host);
        const gsize bytes = host->family == FAMILY_IPV4 ? 4 : 16;
        PublishedPort at = { .is_anywhere = is_anywhere, .protocol = protocol, .port = port };
        if (is_anywhere)
                return at;
        at.address.family = host->family;
        memcpy(at.address.first, host->first, bytes);
        memcpy(at.address.last, host->first, bytes);
        return at;
}

static bool refuse(GError **error, QuaywallError code, const char *text, const char *why) {
        g_autofree char *seen = quaywall_error_show(text);
        g_set_error(error, QUAYWALL_ERROR, code, "\"%s\": %s", seen, why);
        return false;
}

/* text: "ADDRESS:PORT", up to the colon. */
static bool parse_host(const char *text, const char *colon, AddressRange *ret, GError **error) {
        const bool brackets = text[0] == '[' && colon - text >= 2 && colon[-1] == ']';
        g_autofree char *address = brackets ? g_strndup(text + 1, colon - text - 2) : g_strndup(text, colon - text);
        if (!address_range_parse(address, ret, error))
                return false;
        if (memcmp(ret->first, ret->last, sizeof ret->first) != 0)
                return refuse(error, QUAYWALL_ERROR_INVALID_ADDRESS, text,
                              _("a port is published at one address or at all of them"));
        if (brackets != (ret->family == FAMILY_IPV6))
                return refuse(
                        error, QUAYWALL_ERROR_INVALID_ADDRESS, text,
                        _("an IPv6 address is written in brackets and an IPv4 address is not, as in \"[fd00::1]:80/tcp\" and "
                          "\"192.168.1.99:80/tcp\""));
        return true;
}

bool published_port_parse(const char *text, PublishedPort *ret, GError **error) {
        const char *colon = strrchr(text, ':');
        AddressRange host = address_everybody(FAMILY_IPV4);
        PortRange range;
        if (!port_range_parse(colon ? colon + 1 : text, &range, error) || (colon && !parse_host(text, colon, &host, error)))
                return false;
        if (range.first != range.last)
                return refuse(error, QUAYWALL_ERROR_INVALID_PORT, text, _("a published port is one port, as in \"80/tcp\""));
        *ret = published_port_at(&host, range.protocol, range.first);
        return true;
}

char *published_port_format(const PublishedPort *port) {
        if (port->is_anywhere)
                return g_strdup_printf("%u/%s", port->port, port->protocol);
        g_autofree char *address = address_range_format(&port->address);
        return g_strdup_printf(port->address.family == FAMILY_IPV4 ? "%s:%u/%s" : "[%s]:%u/%s", address, port->port,
                               port->protocol);
}

guint published_port_hash(gconstpointer p) {
        const PublishedPort *port = p;
        guint hash = g_str_hash(port->protocol) * 31 + port->port;
        for (gsize i = 0; i < sizeof port->address.first; i++)
                hash = hash * 31 + port->address.first[i];
        return hash;
}

int published_port_compare(gconstpointer pa, gconstpointer pb) {
        const PublishedPort *a = pa, *b = pb;
        if (a->is_anywhere != b->is_anywhere)
                return a->is_anywhere ? -1 : 1;
        if (a->address.family != b->address.family)
                return (int) a->address.family - (int) b->address.family;
        int order = memcmp(a->address.first, b->address.first, sizeof a->address.first);
        if (!order)
                order = strcmp(a->protocol, b->protocol);
        return order ? order : (int) a->port - (int) b->port;
}

gboolean published_port_equal(gconstpointer a, gconstpointer b) {
        return published_port_compare(a, b) == 0;
}

void published_ports_normalize(GArray *ports) {
        guint kept = 0;
        g_array_sort(ports, published_port_compare);
        for (guint i = 0; i < ports->len; i++) {
                const PublishedPort port = g_array_index(ports, PublishedPort, i);
                if (kept == 0 || !published_port_equal(&port, &g_array_index(ports, PublishedPort, kept - 1)))
                        g_array_index(ports, PublishedPort, kept++) = port;
        }
        g_array_set_size(ports, kept);
}

bool published_ports_equal(const GArray *a, const GArray *b) {
        bool equal = a->len == b->len;
        for (guint i = 0; equal && i < a->len; i++)
                equal = published_port_equal(&g_array_index(a, PublishedPort, i), &g_array_index(b, PublishedPort, i));
        return equal;
}

GHashTable *published_ports_index(GArray *ports) {
        GHashTable *index = g_hash_table_new(published_port_hash, published_port_equal);
        for (guint i = 0; i < ports->len; i++)
                g_hash_table_add(index, &g_array_index(ports, PublishedPort, i));
        return index;
}

bool published_ports_include(GHashTable *index, const AddressRange *destination, const char *protocol, guint16 port) {
        const AddressRange all = address_everybody(destination->family);
        const PublishedPort anywhere = published_port_at(&all, protocol, port),
                            there = published_port_at(destination, protocol, port);
        return g_hash_table_contains(index, &anywhere) || g_hash_table_contains(index, &there);
}
