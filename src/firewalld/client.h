/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the connection to firewalld: whether it runs, its version, its signals, and how its errors read. Only this folder names
 * org.fedoraproject.FirewallD1. Calls wait: make them in a fiber. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "bus/cleanup.h"
#include "bus/peer.h"

/* firewalld's error codes that callers act on; the numbers are firewalld's. */
typedef enum {
        FIREWALLD_OTHER = 0,
        FIREWALLD_ALREADY_ENABLED = 11,
        FIREWALLD_NOT_ENABLED = 12,
        FIREWALLD_COMMAND_FAILED = 13,
        FIREWALLD_ZONE_ALREADY_SET = 16,
        FIREWALLD_UNKNOWN_INTERFACE = 17,
        FIREWALLD_INVALID_ZONE = 112,
} FirewalldCode;

/* Called when firewalld appeared, vanished, was reloaded (also by quaywall), or changed its zones or its state. */
typedef enum {
        FIREWALLD_APPEARED,
        FIREWALLD_VANISHED,
        FIREWALLD_RELOADED,
        FIREWALLD_ZONES_CHANGED,  /* at runtime or permanently */
        FIREWALLD_IPSETS_CHANGED, /* ipsets or their entries, at runtime or permanently */
        FIREWALLD_PANIC_CHANGED,
        FIREWALLD_DIRECT_CHANGED, /* the permanent direct rules, including quaywall's own changes */
        FIREWALLD_STATE_CHANGED,  /* state or version */
} FirewalldEvent;
typedef void (*FirewalldHandler)(FirewalldEvent event, gpointer userdata);

typedef struct Firewalld {
        sd_bus *bus; /* borrowed */
        Peer *peer;
        const char *owner; /* unique name, the peer's; NULL while it is not running */
        char *state;       /* "running", "failed", "not-running" */
        char *version;     /* "" while it is not running */
        bool panic;        /* as last queried: firewalld drops every packet */
        bool strict;       /* StrictForwardPorts=yes: firewalld admits only forwards of its own, not those of Docker's rules */
        bool strict_known;
        FirewalldHandler handler;
        gpointer userdata;
} Firewalld;

/* Subscribes; calls the handler once with FIREWALLD_APPEARED if firewalld is running already. */
Firewalld *firewalld_new(sd_bus *bus, FirewalldHandler handler, gpointer userdata);
void firewalld_free(Firewalld *firewalld);

/* Waits until it is known whether firewalld runs. */
void firewalld_settle_owner(Firewalld *firewalld);

/* Asks the bus whether firewalld runs, and firewalld for its state and version. */
bool firewalld_refresh(Firewalld *firewalld, GError **error);
bool firewalld_is_at_least(const Firewalld *firewalld, unsigned major);

/* Whether firewalld's backend is nftables, whose chains come after those of iptables, rather than iptables. */
bool firewalld_uses_nft(Firewalld *firewalld, bool *ret, GError **error);

#define FIREWALLD_PATH "/org/fedoraproject/FirewallD1"
#define FIREWALLD_CONFIG_PATH "/org/fedoraproject/FirewallD1/config"
#define FIREWALLD_INTERFACE "org.fedoraproject.FirewallD1"

/* Starts a call of FIREWALLD_INTERFACE + suffix; FIREWALLD_NOT_RUNNING if firewalld is down. */
sd_bus_message *firewalld_message(Firewalld *firewalld, const char *path, const char *suffix, const char *member,
                                  GError **error);
/* Sends the call and waits. NULL with QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING or _FIREWALLD_FAILED; then *ret_code (may be NULL)
 * is firewalld's error code. Takes ownership of the call. */
sd_bus_message *firewalld_send(Firewalld *firewalld, sd_bus_message *call, FirewalldCode *ret_code, GError **error);

/* Builds and sends a call; arguments as for sd_bus_message_append(). */
sd_bus_message *firewalld_call(Firewalld *firewalld, const char *path, const char *suffix, const char *member,
                               FirewalldCode *ret_code, GError **error, const char *types, ...);

/* The same for calls that return a list of strings: one for a call that is already built (takes ownership; NULL gives NULL),
 * one for a call without arguments. Free with g_strfreev(). */
GStrv firewalld_send_for_list(Firewalld *firewalld, sd_bus_message *call, const char *member, GError **error);
GStrv firewalld_list(Firewalld *firewalld, const char *path, const char *suffix, const char *member, GError **error);

/* The list of strings that comes next in a reply; NULL if something else does. Free with g_strfreev(). */
GStrv firewalld_read_list(sd_bus_message *reply);

/* The permanent object that the member of .config ("getZoneByName") finds by this name. firewalld renumbers its objects: never
 * keep a path. */
char *firewalld_object(Firewalld *firewalld, const char *member, const char *name, GError **error);

/* Sets the error for a reply of an unexpected type. */
bool firewalld_bad_reply(const char *member, GError **error);
