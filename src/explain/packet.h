/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the packet that an explanation follows, its properties that rules can match, and the queries that only the host can
 * answer. Must not know how rules are written. */

#include "model/address.h"

/* UNKNOWN: a rule may match on something that is not known here. */
typedef enum { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN } Answer;

static inline Answer answer_of(bool yes) {
        return yes ? ANSWER_YES : ANSWER_NO;
}
static inline Answer answer_not(Answer a) {
        return a == ANSWER_UNKNOWN ? a : answer_of(a == ANSWER_NO);
}
static inline Answer answer_and(Answer a, Answer b) {
        return a == ANSWER_NO || b == ANSWER_NO ? ANSWER_NO : a == ANSWER_UNKNOWN ? a : b;
}
static inline Answer answer_or(Answer a, Answer b) {
        return a == ANSWER_YES || b == ANSWER_YES ? ANSWER_YES : a == ANSWER_UNKNOWN ? a : b;
}

#define INTERFACE_SIZE 16 /* IFNAMSIZ */

/* The first packet of a connection, the first reply, or TCP's second packet. Addresses as in AddressRange. */
typedef struct Packet {
        Family family;
        const char *protocol; /* "tcp", "udp" or "sctp"; static */
        guint8 source[16], destination[16];
        guint16 source_port, port;            /* 0: a port that the system chose */
        guint8 dialled_from[16], dialled[16]; /* conntrack's original direction: before DNAT and SNAT */
        guint16 dialled_port;
        char in[INTERFACE_SIZE], out[INTERFACE_SIZE]; /* empty: none */
        guint32 mark;
        bool untracked;    /* conntrack has not seen it yet, or must not */
        bool not_to_track; /* a rule exempts it from conntrack */
        bool dnat, snat;
        bool of_root;     /* sent by a program of root's on this host */
        bool established; /* not the first one */
        bool reply;       /* and sent by the other side */
} Packet;

typedef enum {
        ROUTE_NONE,  /* the kernel has no route, or does not accept this source here */
        ROUTE_LOCAL, /* the host itself */
        ROUTE_FORWARD,
        ROUTE_OTHER, /* broadcast, multicast */
} RouteKind;

typedef struct Route {
        RouteKind kind;
        char out[INTERFACE_SIZE];
        guint8 source[16];  /* the source address that the host would use; zero: not known */
        guint8 gateway[16]; /* the next hop; zero: the destination itself */
        int error;          /* errno of ROUTE_NONE */
} Route;

/* A container's end of a connection. */
typedef struct ContainerEnd {
        Family family;
        guint8 address[16];
        guint16 port;
} ContainerEnd;

/* How packets between two ports of one bridge meet the rules. */
typedef enum {
        BRIDGE_NONE,    /* not a bridge */
        BRIDGE_PAST,    /* they never reach the IP rules */
        BRIDGE_THROUGH, /* br_netfilter passes them to the IP rules */
} BridgeKind;

/* Queries to the kernel; tests have their own. */
typedef struct Host {
        /* in: where it came in; NULL: the host itself sends it. source may be NULL. */
        Route (*route)(Family family, const guint8 *source, const guint8 *destination, const char *in, guint32 mark,
                       gpointer userdata);
        bool (*forwards)(Family family, gpointer userdata);
        /* The loaded tables of iptables-legacy, "filter, nat", whose rules cannot be read; NULL: none. Free with g_free(). */
        char *(*legacy)(Family family, gpointer userdata);
        /* Whether the packet is in the ipset(8) of that name, as "-m set --match-set SET DIRECTIONS" checks. */
        Answer (*in_set)(const Packet *packet, const char *set, const char *directions, gpointer userdata);
        /* Whether a socket of the host takes the packet. */
        Answer (*listens)(const Packet *packet, gpointer userdata);
        /* Whether the port is published, so that the listener is docker-proxy. ret: where docker-proxy forwards it to; port 0:
         * not known. */
        bool (*is_published)(const Packet *packet, ContainerEnd *ret, gpointer userdata);
        BridgeKind (*bridge)(const char *interface, Family family, gpointer userdata);
        /* "bridge", "veth"...; "": none, as for a network card; NULL: not known. */
        const char *(*kind)(const char *interface, gpointer userdata);
        /* The interface's first address; false: it has none. */
        bool (*address)(const char *interface, Family family, guint8 *ret, gpointer userdata);
        gint64 now; /* seconds since 1970; 0: not known */
        gpointer userdata;
} Host;

/* Parses an address of either family, including IPv4 in IPv6. */
bool packet_parse_address(const char *text, Family *ret_family, guint8 *ret);
char *packet_format_address(Family family, const guint8 *address);

/* "172.17.0.2:80" or "[fd00::2]:80"; the address alone when the port is 0. */
char *packet_format_endpoint(Family family, const guint8 *address, guint16 port);

/* The element that a set of TYPE ("hash:ip,port") must hold to match this packet, "10.0.0.1,6:80". DIRECTIONS ("src,dst"): the
 * end of the packet that each part comes from. NULL: UNKNOWN, the element is not known; NO, the kernel does not check (a set
 * with more parts than directions). */
char *packet_format_element(const Packet *packet, const char *type, const char *directions, Answer *ret);

/* Whether the address is in "10.0.0.0/8"; UNKNOWN if that is not a prefix. */
Answer packet_in_prefix(Family family, const guint8 *address, const char *prefix);
bool packet_has_prefix(const guint8 *address, const guint8 *network, unsigned length);

/* Whether the port is in first to last. A port that the system chose may be any of its local port range. */
Answer packet_port_in(guint16 port, guint first, guint last);

/* "eth+": all names that begin with "eth", if wildcard is '+'. */
bool packet_interface_is(const char *interface, const char *pattern, char wildcard);

/* The number of "tcp" or another protocol; -1 if not known. */
int packet_protocol_number(const char *name);
