/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the connection to firewalld: whether it is there, its version, its signals, and how its errors read. This
 * folder is the only place that names org.fedoraproject.FirewallD1. Calls wait: they belong into a fiber. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

#include "bus/cleanup.h"
#include "bus/peer.h"

/* The codes of firewalld that callers decide by; the number is firewalld's own. */
typedef enum {
        FIREWALLD_OTHER = 0,
        FIREWALLD_ALREADY_ENABLED = 11,
        FIREWALLD_NOT_ENABLED = 12,
        FIREWALLD_COMMAND_FAILED = 13,
        FIREWALLD_ZONE_ALREADY_SET = 16,
        FIREWALLD_UNKNOWN_INTERFACE = 17,
        FIREWALLD_INVALID_ZONE = 112,
} FirewalldCode;

/* Called when firewalld came, went, was reloaded (also by us), or changed its zones or its state. */
typedef enum {
        FIREWALLD_APPEARED,
        FIREWALLD_VANISHED,
        FIREWALLD_RELOADED,
        FIREWALLD_ZONES_CHANGED,  /* at runtime or permanently */
        FIREWALLD_PANIC_CHANGED,
        FIREWALLD_DIRECT_CHANGED, /* the permanent direct rules, also by us */
        FIREWALLD_STATE_CHANGED,  /* state or version */
} FirewalldEvent;
typedef void (*FirewalldHandler)(FirewalldEvent event, gpointer userdata);

typedef struct Firewalld {
        sd_bus *bus; /* borrowed */
        Peer *peer;
        const char *owner; /* unique name, the peer's; NULL while it is not running */
        char *state; /* "running", "failed", "not-running" */
        char *version; /* "" while it is not running */
        bool panic;    /* as it was asked last: firewalld drops every packet */
        bool strict;   /* StrictForwardPorts=yes: it does not let in what Docker's rules translate, but what it was told to */
        bool strict_known;
        FirewalldHandler handler;
        gpointer userdata;
} Firewalld;

/* Subscribes; the handler is called with FIREWALLD_APPEARED once if firewalld is there already. */
Firewalld *firewalld_new(sd_bus *bus, FirewalldHandler handler, gpointer userdata);
void firewalld_free(Firewalld *firewalld);

/* Waits until it is known whether firewalld is there. */
void firewalld_settle_owner(Firewalld *firewalld);

/* Asks the bus whether it is there, and firewalld for state and version. */
bool firewalld_refresh(Firewalld *firewalld, GError **error);
bool firewalld_is_at_least(const Firewalld *firewalld, unsigned major);

/* Whether its backend is nftables, whose chains are asked after those of iptables, and not iptables. */
bool firewalld_uses_nft(Firewalld *firewalld, bool *ret, GError **error);

#define FIREWALLD_PATH "/org/fedoraproject/FirewallD1"
#define FIREWALLD_CONFIG_PATH "/org/fedoraproject/FirewallD1/config"
#define FIREWALLD_INTERFACE "org.fedoraproject.FirewallD1"

/* Starts a call of FIREWALLD_INTERFACE + suffix; FIREWALLD_NOT_RUNNING when it is away. */
sd_bus_message *firewalld_message(Firewalld *firewalld, const char *path, const char *suffix, const char *member,
                                  GError **error);
/* Sends it and waits. NULL with QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING or _FIREWALLD_FAILED; then *ret_code (may be
 * NULL) says which of firewalld's errors it was. Takes the call. */
sd_bus_message *firewalld_send(Firewalld *firewalld, sd_bus_message *call, FirewalldCode *ret_code, GError **error);

/* Both in one, with arguments as of sd_bus_message_append(). */
sd_bus_message *firewalld_call(Firewalld *firewalld, const char *path, const char *suffix, const char *member,
                               FirewalldCode *ret_code, GError **error, const char *types, ...);

/* The same for a call that is built already and answered by a list of strings (takes the call; NULL gives NULL), and for one without
 * arguments. Free with g_strfreev(). */
GStrv firewalld_send_for_list(Firewalld *firewalld, sd_bus_message *call, const char *member, GError **error);
GStrv firewalld_list(Firewalld *firewalld, const char *path, const char *suffix, const char *member, GError **error);

/* The permanent object that the member of .config ("getZoneByName") finds by this name. They are renumbered: never keep one. */
char *firewalld_object(Firewalld *firewalld, const char *member, const char *name, GError **error);

/* A reply that is not of the type we rely on. */
bool firewalld_bad_reply(const char *member, GError **error);
