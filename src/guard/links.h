/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the list of this host's links, their kinds and their bridges, kept up to date by the kernel's notices. Must not know
 * what they are for. */

#include <stdbool.h>

#include <glib.h>
#include <net/if.h>

#include "model/address.h"

/* A link, as the kernel last reported it. */
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

/* For the event loop; readable when the kernel reports something. */
int links_fd(const Links *links);

/* Takes all pending notices. Returns whether a link came, went, or changed its name, kind or master. After an overrun it reads
 * all links again; if that fails, none is known, and the next call tries again. */
bool links_drain(Links *links);

/* NULL: no such link. Valid until links_drain(). */
const Link *links_find(const Links *links, const char *name);
const Link *links_find_index(const Links *links, guint index);

bool links_is_bridge(const Links *links, const char *name);

/* Whether the link is one by which Docker connects a container. */
bool links_is_container(const Links *links, const char *name);

/* A port of the bridge (or bond) that leads further than to containers; NULL: none does. Docker connects containers by a "veth"
 * named "veth" and seven digits (libnetwork, all versions). Valid until links_drain(). */
const Link *links_find_outlet(const Links *links, const char *bridge);
bool links_leads_out(const Links *links, const char *bridge); /* whether there is one */

/* Whether packets that a bridge forwards from port to port meet the hooks of IPv4 or IPv6 as if they were routed
 * (br_netfilter). */
bool links_bridged_is_filtered(Family family);

/* All bridges (char *, sorted; unref the array). Adds to leading_out those for which links_leads_out() is true. */
GPtrArray *links_list_bridges(const Links *links, GHashTable *leading_out);

/* The interfaces where routed packets come in (char *, sorted; unref the array): links that are no ports of another one, and not
 * lo. */
GPtrArray *links_list_inlets(const Links *links);

/* For the test: links without updates from the kernel, and parsing one buffer of notices. */
Links *links_new_empty(void);
bool links_parse(Links *links, const void *buffer, gsize length);
