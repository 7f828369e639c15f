/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the check of who sent a signal. The bus delivers any sender's signal to our unique name, whatever it claims to be, and
 * sd-bus accepts every sender with a unique name for the well-known name in a match (value_node_test() in its bus-match.c). So
 * one filter runs before all matches: a signal counts only if the bus itself sent it, or if its interface begins with the name
 * of a peer and the peer's owner sent it. Replies need no filter: the bus delivers only requested ones
 * (bus_connections_check_reply() of dbus-daemon, the reply slots of dbus-broker). Must not know what the signals mean. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* A well-known name and the connection that owns it. */
typedef struct Peer Peer;
typedef void (*PeerFunc)(const char *owner, gpointer userdata);

/* Installs the filter on a bus connection; call it once for each, before any subscription. */
int peer_init(sd_bus *bus);

/* Tracks the name's owner, and lets its signals through. changed (may be NULL) is called with each new owner's unique name,
 * NULL if the name has no owner any more; the string is valid until the next call. */
int peer_new(sd_bus *bus, const char *name, PeerFunc changed, gpointer userdata, Peer **ret);

/* Call it after the bus is closed. */
void peer_free(Peer *peer);

/* Asks the bus again for the name's owner, to correct a wrong one. Waits: call it in a fiber. Without an answer the known owner
 * stays. */
void peer_refresh(Peer *peer);
