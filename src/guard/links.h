/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which links this host has, of which kind, and in which bridge, kept true by the kernel's notices. Must not know what they
 * are for. */

#include <stdbool.h>

#include <glib.h>
#include <net/if.h>

#include "model/address.h"

/* As the kernel told of it last. */
typedef struct Link {
        guint index;
        guint master; /* index of the bridge, bond or VRF that it is a port of; 0: none */
        char name[IFNAMSIZ];
        char kind[IFNAMSIZ]; /* "bridge", "veth", "macvlan", "tun"...; "": none, as a network card and lo */
} Link;

typedef struct Links Links;

/* Subscribes to the kernel's notices and reads all links; NULL with an error when the kernel refuses. Needs no rights. */
Links *links_new(GError **error);
void links_free(Links *links);

/* To wait for with the event loop; readable when the kernel told something. */
int links_fd(const Links *links);

/* Takes all notices that are there; whether a link came, went, or has another name, kind or master. After an overrun all links
 * are read again; if that fails none is known, and it is tried again with the next call. */
bool links_drain(Links *links);

/* NULL: there is none. Valid until links_drain(). */
const Link *links_find(const Links *links, const char *name);
const Link *links_find_index(const Links *links, guint index);

bool links_is_bridge(const Links *links, const char *name);

/* A port of the bridge (or bond) that leads further than to containers; NULL: none does. Containers are connected by a "veth" that Docker
 * names "veth" and seven digits (libnetwork, all versions). Valid until links_drain(). */
const Link *links_find_outlet(const Links *links, const char *bridge);
bool links_leads_out(const Links *links, const char *bridge); /* whether there is one */

/* Whether what a bridge hands on from port to port meets the hooks of IPv4 or IPv6 as if it were routed (br_netfilter). */
bool links_bridged_is_filtered(Family family);

/* All bridges (char *, sorted; unref the array); leading_out: to which those are added that links_leads_out() is true of. */
GPtrArray *links_list_bridges(const Links *links, GHashTable *leading_out);

/* For the test: links that nobody keeps true, and the notices of one buffer. */
Links *links_new_empty(void);
bool links_parse(Links *links, const void *buffer, gsize length);
