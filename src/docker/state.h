/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what other modules see of Docker: whether it runs, what it is, and its facts. */

#include <stdbool.h>

#include <glib.h>

#include "model/facts.h"

typedef enum {
        DOCKER_FACTS_CHANGED, /* something in facts, or is_complete */
        DOCKER_STATE_CHANGED, /* any of the other fields */
        DOCKER_WARNING,       /* warning is a new sentence for the log */
} DockerEvent;
typedef void (*DockerHandler)(DockerEvent event, gpointer userdata);

typedef struct Docker {
        DockerFacts *facts;  /* never NULL; its content may be freed whenever the loop runs */
        bool is_complete;    /* the facts are Docker's own; false: so far they are only those of the last run */
        guint64 known_until; /* while it does not answer: when it last did, in microseconds of the system's clock; 0: it answers,
                                         or never has */
        const char *state;   /* "running", "not-running", "failed", "unknown"; static */
        char *reason;        /* a sentence on why it is not running; NULL: none */
        char *version;       /* as last reported; "" */
        const char *firewall_backend; /* "iptables", "nftables", as last reported; "": not known; static */
        bool is_podman;               /* Podman is at Docker's socket; its containers are not in the facts */
        bool is_rootless; /* not root's, or in another network namespace: makes no rules here, its names are not this host's */
        bool no_raw;      /* it makes no rules that keep neighbours from ports on 127.0.0.1 */
        char *warning;
        struct Session *session; /* private */
} Docker;

/* How long to wait for Docker, in microseconds; 0 for the defaults. */
typedef struct DockerTimeouts {
        guint64 open;  /* until it identifies itself: 5 s */
        guint64 get;   /* for an answer about one object, which Docker may delay until a container has started: 30 s */
        guint64 retry; /* before the second try; doubled each time, up to 64 times this: 1 s */
} DockerTimeouts;
