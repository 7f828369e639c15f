/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the watching of Docker: whether it is there, what it is, and its facts, kept true by its events. It asks by GET
 * only, never starts a Docker, and never blocks; what was known stays known while Docker is away, also over a reboot.
 * Must not know what the facts are for. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "model/facts.h"

typedef enum {
        DOCKER_FACTS_CHANGED, /* something in facts, or is_complete */
        DOCKER_STATE_CHANGED, /* any of the other fields */
        DOCKER_WARNING,       /* warning is a new sentence for the log */
} DockerEvent;
typedef void (*DockerHandler)(DockerEvent event, gpointer userdata);

typedef struct Docker {
        DockerFacts *facts;           /* never NULL; what is in it may go whenever the loop runs */
        bool is_complete;             /* the facts are Docker's own; false: only what was known in the last run, so far */
        const char *state;            /* "running", "not-running", "failed", "unknown"; static */
        char *reason;                 /* a sentence on why it is not running; NULL: there is nothing to say */
        char *version;                /* as it was told last; "" */
        const char *firewall_backend; /* "iptables", "nftables", as it was told last; "": not known; static */
        bool is_podman;               /* Podman is where Docker's socket should be; its containers are not in the facts */
        bool is_rootless;             /* not root's, or in another network: it makes no rules here, and what it names is not of this host */
        bool no_raw; /* it makes no rules that keep neighbours from ports on 127.0.0.1 */
        char *warning;
        struct Session *session; /* private */
} Docker;

/* How long Docker is waited for, in microseconds; 0 for the defaults. */
typedef struct DockerTimeouts {
        guint64 open;  /* until it says what it is: 5 s */
        guint64 get;   /* for an answer about one thing, for which Docker may wait until a container has started: 30 s */
        guint64 retry; /* before the second try; doubled each time, at most 64 of it: 1 s */
} DockerTimeouts;

/* Reads what the last run knew. bus: to ask systemd whether Docker is being stopped; NULL: nobody is asked. pid_file: NULL
 * for the one beside the socket. facts_file: NULL for none. Borrows loop and bus. */
Docker *docker_new(sd_event *event, sd_bus *bus, const char *socket, const char *pid_file, const char *facts_file,
                   const DockerTimeouts *timeouts, DockerHandler handler, gpointer userdata);

/* From here on the handler is called. */
void docker_start(Docker *docker);

/* In a fiber: asks one that runs for a sign of life, and waits at most 2 s for it. Nothing else notices one that hangs while it
 * has nothing to tell. false: it is being freed and must not be touched any more. */
bool docker_probe(Docker *docker);

/* Whether a dockerd is there that has not answered yet, for which it has 15 s: it restores its networks and containers, and writes the
 * rules of each. When it has, DOCKER_STATE_CHANGED tells. */
bool docker_is_starting(const Docker *docker);

/* Whether every network that Docker has told of up to now is in the facts, as it is. */
typedef enum { NETWORKS_KNOWN, NETWORKS_SOON, NETWORKS_UNKNOWN } DockerNetworks;
DockerNetworks docker_networks(const Docker *docker);
void docker_free(Docker *docker);
