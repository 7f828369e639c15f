/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what a published port is: one address of this host or all of them, a protocol and a number. Must not know who publishes
 * it, nor how a firewall expresses it. */

#include "address.h"
#include "port.h"

typedef struct PublishedPort {
        bool is_anywhere;     /* at all addresses of this host, of both families */
        AddressRange address; /* the one address; all zeros if is_anywhere */
        const char *protocol; /* as in PortRange */
        guint16 port;         /* 1 to 65535 */
} PublishedPort;

/* host: one address, or a whole family (0.0.0.0/0, ::/0) for anywhere. */
PublishedPort published_port_at(const AddressRange *host, const char *protocol, guint16 port);

/* Parses "8080/tcp", "192.168.1.99:8080/tcp" or "[fd00::1]:8080/tcp". The error, QUAYWALL_ERROR_INVALID_PORT or
 * QUAYWALL_ERROR_INVALID_ADDRESS, names the text and what would be right. */
bool published_port_parse(const char *text, PublishedPort *ret, GError **error);

/* The same spelling. Free with g_free(). */
char *published_port_format(const PublishedPort *port);

/* For a GHashTable, and for an array (PublishedPort). */
guint published_port_hash(gconstpointer port);
gboolean published_port_equal(gconstpointer a, gconstpointer b);
int published_port_compare(gconstpointer a, gconstpointer b);

/* Sorts the array (PublishedPort), and removes duplicates. */
void published_ports_normalize(GArray *ports);
bool published_ports_equal(const GArray *a, const GArray *b);

/* An index of the array (PublishedPort *, borrowed from the array; unref), and whether a connection to this address and port
 * goes to one of its ports. */
GHashTable *published_ports_index(GArray *ports);
bool published_ports_include(GHashTable *index, const AddressRange *destination, const char *protocol, guint16 port);
