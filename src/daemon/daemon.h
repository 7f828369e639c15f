/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the whole, which is only the sum of its parts. For main.c, which creates it, and for the methods, which pick the parts
 * that they use; nothing else may know it. */

#include "daemon/confirm.h"
#include "daemon/lapse.h"
#include "daemon/reconciler.h"

#define BUS_NAME "org.quaywall1"
#define BUS_PATH "/org/quaywall1"

/* Event priorities of the two connections. All other events (ruleset notifications, timers, Docker's socket) have
 * SD_EVENT_PRIORITY_NORMAL and come first. */
#define BUS_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)
#define SERVICE_PRIORITY FIBER_YIELD_PRIORITY

typedef struct Daemon {
        sd_event *event;
        sd_bus *bus;     /* to firewalld, polkit and the bus; clients do not call here, or replies would queue behind calls */
        sd_bus *service; /* owns the name and receives all clients' calls */
        Settings *settings;
        World *world;
        Intent intent;
        InForce in_force;
        Reconciler reconciler;
        Confirm *confirm;
        History *history;
        GHashTable *carried; /* see counts.h */
        Lapse *lapse;
        struct Explainer *explainer;   /* reads the rules for Explain */
        struct Properties *properties; /* what clients were told of them last */
        struct Lists *lists;           /* which lists clients are to read again */
        struct Watch *watch;           /* who watches the counters */
        GHashTable *watched_direct;    /* what DOCKER-USER had counted when it was read last for watchers (name -> Count) */
        bool watched_is_old;           /* policies have changed since */
        guint64 networks_told, containers_told; /* changes that NetworksChanged and ContainersChanged were sent for */
        bool is_told;                           /* the service is about to have its name: lists count from now on */
        Fiber *start_waiter;                    /* waits at start for firewalld or for Docker's facts; NULL: none */
} Daemon;
