/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns whose signals are believed. The bus delivers a signal that anybody sends to our unique name, whatever it claims to
 * be, and sd-bus takes every sender with a unique name for the well-known name that a match asks for (value_node_test() in
 * its bus-match.c). So one filter is asked before all matches: a signal counts only from the bus itself, or where its
 * interface begins with the name of a peer and the peer's owner sent it. Replies need no filter: the bus delivers none that
 * nobody asked for (bus_connections_check_reply() of dbus-daemon, the reply slots of dbus-broker).
 * Must not know what the signals mean. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* A well-known name and the connection that owns it. */
typedef struct Peer Peer;
typedef void (*PeerFunc)(const char *owner, gpointer userdata);

/* Puts the filter on a connection to the bus; once for each, before anybody subscribes. */
int peer_init(sd_bus *bus);

/* Follows who owns the name, and lets that connection's signals through. changed (may be NULL) is called with each new
 * owner's unique name, NULL when nobody owns the name any more; the string is good until the next call. */
int peer_new(sd_bus *bus, const char *name, PeerFunc changed, gpointer userdata, Peer **ret);

/* After the bus is closed. */
void peer_free(Peer *peer);

/* Asks the bus again who owns the name, so that a wrong belief does not stay. Waits: call it in a fiber. Without an answer
 * what was believed stays. */
void peer_refresh(Peer *peer);
