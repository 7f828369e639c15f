/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns ports and port ranges with their protocol. Must not know policies. */

#include <stdbool.h>

#include <glib.h>

typedef struct PortRange {
        const char *protocol; /* "tcp", "udp" or "sctp", which Docker can publish; from protocol_from_string() */
        guint16 first, last;  /* both included */
} PortRange;

/* The one string for each protocol, so that pointers can be compared; NULL: not a protocol. */
const char *protocol_from_string(const char *text);

/* Parses a number from 1 to 65535. */
bool port_parse(const char *text, guint16 *ret);

/* Parses "8080/tcp" or "5000-5010/udp". QUAYWALL_ERROR_INVALID_PORT names the text and what would be right. */
bool port_range_parse(const char *text, PortRange *ret, GError **error);

/* Free with g_free(). */
char *port_range_format(const PortRange *range);

/* Ports without their protocol; both included. */
typedef struct PortSpan {
        guint16 first, last;
} PortSpan;

/* The ports (PortRange) of one protocol, sorted and with adjacent ones merged, so that a set of ports has one spelling
 * (PortSpan; unref the array). */
GArray *port_set_new(GArray *ports, const char *protocol);

bool port_range_overlaps(const PortRange *a, const PortRange *b);
bool port_range_contains(const PortRange *range, const char *protocol, guint16 port);
