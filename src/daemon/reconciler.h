/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the pipeline works with, from the policies to the report: see reconcile.h, which sets it up, change.h and verify.h.
 * Files below these get the parts that they use, and must not know it. */

#include "daemon/history.h"
#include "daemon/in-force.h"
#include "daemon/repair.h"

/* Replies of firewalld and nftables are large, and the next event may be days away, so memory is given back to the kernel; but not
 * within a burst of work, which would have to get it again page by page. */
#define REST_USEC G_USEC_PER_SEC

typedef struct Reconciler {
        World *world; /* borrowed, as are the next three */
        Intent *intent;
        InForce *in_force;
        History *history;

        FiberMutex mutex;    /* held while what is in force is changed or verified */
        Agenda *agenda;      /* when to check what again */
        Repairs repairs;     /* what was repaired, and who undoes it */
        GPtrArray *problems; /* Problem *, of the last verification */
        const char *state;   /* "enforcing", "degraded", "idle"; static */

        bool has_begun;      /* the first reconciliation has begun: events count from then on */
        bool serving;        /* the first reconciliation is done */
        bool is_admitting;   /* a fiber waits until docker-proxy may connect to new containers */
        bool is_wanted;      /* one fiber waits for its turn to reconcile */
        bool is_due;         /* it does so because of the agenda alone: a verification before its turn may call it off */
        bool is_following;   /* it does so because of what Docker reported alone: a change before its turn does the same */
        bool firewalld_anew; /* firewalld was reloaded or started since it was given the rules */
        unsigned failures;   /* reconciliations that failed in a row */
        gint64 refresh_from; /* the guard follows no event of Docker's before, monotonic; see follow_docker() */
        guint64 arrivals;    /* DockerFacts.arrivals when the guard was last renewed */
        char *links_seen;    /* the links that matter, as of the last check */
        PolicySet *carried;  /* what containers carried in labels when the bus was last told; NULL: never */
} Reconciler;
