/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns quaywall's surroundings: firewalld, Docker, the kernel's rules and links, as last read. Must not know policies, timers
 * or callers; it reports changes through one callback. */

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "compile/direct-plan.h"
#include "compile/hold.h"
#include "compile/kernel-rules.h"
#include "docker/docker.h"
#include "firewalld/client.h"
#include "guard/guard.h"
#include "guard/links.h"
#include "guard/monitor.h"
#include "model/ipsets.h"
#include "world/settings.h"

/* What changed; flags. */
typedef enum WorldChange {
        WORLD_GUARD = 1 << 0,             /* the guard's table may have changed */
        WORLD_PUBLISHED = 1 << 1,         /* Docker's rules for published ports may have changed */
        WORLD_RULES = 1 << 2,             /* rules outside the guard's table have changed */
        WORLD_LINKS = 1 << 3,             /* links of this host came, went or changed */
        WORLD_DOCKER_FACTS = 1 << 4,      /* the facts that Docker reports */
        WORLD_DOCKER_STATE = 1 << 5,      /* whether and how Docker runs, too */
        WORLD_ENGINE = 1 << 6,            /* Docker's own settings */
        WORLD_FIREWALLD = 1 << 7,         /* firewalld vanished, or its zones or its panic mode changed */
        WORLD_FIREWALLD_ANEW = 1 << 8,    /* firewalld appeared, or was reloaded */
        WORLD_FIREWALLD_STATE = 1 << 9,   /* its state or version */
        WORLD_FIREWALLD_DIRECT = 1 << 10, /* its permanent direct rules, including quaywall's own changes */
        WORLD_ZONE = 1 << 11,             /* its zone "docker", as last read */
        WORLD_IPSETS = 1 << 12,           /* its ipsets, while policies name some */
        WORLD_ZONE_RULES = 1 << 13,       /* its own nftables rules */
} WorldChange;

/* In the state folder: the facts that Docker reported last, for the boot. */
#define FACTS_FILE "docker-facts"

typedef struct World World;
typedef void (*WorldFunc)(WorldChange what, gpointer userdata);

/* The state of Docker's own rules; monotonic times, 0: never. */
typedef struct DockerRules {
        gint64 seen;                 /* last time that they were present or not needed */
        gint64 missing;              /* first time after that that they were missing */
        gint64 asked;                /* firewalld signalled everybody to make their rules again */
        gint64 written;              /* Docker started to write them, or they differed from the check before */
        guint64 digest[_FAMILY_MAX]; /* of those in "filter" at the last check; 0: none yet */
        bool report, deaf;
} DockerRules;

struct World {
        sd_event *event; /* borrowed, as are the next two */
        const Settings *settings;
        FiberMutex *mutex; /* held while a fiber changes or verifies what is in force */
        Firewalld *firewalld;
        Guard *guard;          /* NULL: not enabled */
        Docker *docker;        /* as last reported */
        Monitor *monitor;      /* NULL: the kernel reports no changes of the ruleset */
        Links *links;          /* of this host; NULL: the kernel does not report them */
        struct Engine *engine; /* Docker's own settings */
        WorldFunc changed;
        gpointer userdata;

        MonitorNews news;                    /* the last changes, and who made them */
        guint notices;                       /* how often the ruleset changed */
        Fiber *waiter;                       /* waits for the ruleset to change; NULL: none does */
        KernelTable *tables[_FAMILY_MAX][2]; /* filter and nat, as last read; NULL: not read */
        GHashTable *chains[_FAMILY_MAX];     /* char *, of "filter", as last read; NULL: they may have changed */
        bool tables_are_stale;               /* the tables changed since */
        DirectConfig *permanent;             /* firewalld's, as last read; NULL: not read, or changed since */
        bool permanent_is_whole;             /* with quaywall's rules */
        bool nat_changed;                    /* nat changed since Docker's rules were last checked */
        bool nat_is_read;                    /* and has not changed since published_read() */

        GStrv bridges;                         /* Docker's, sorted; see zones_list_bridges() */
        GStrv ruled_bridges;                   /* those that Docker's rules led to when last read */
        GStrv spared;                          /* bridges where nothing is held, see spared.h */
        GHashTable *bridges_since;             /* char * -> gint64 * when the bridge was first seen, monotonic */
        GHashTable *zones;                     /* interface -> zone, as firewalld last reported; NULL: not yet */
        char *zone_target;                     /* of firewalld's zone "docker"; "": no such zone; NULL: not read yet */
        GStrv zone_interfaces, zone_permanent; /* its interfaces, now and permanently */

        GArray *nat;                       /* DockerNat, Docker's rules for published ports, as last read; NULL: not yet */
        GHashTable *published;             /* PublishedPort * -> gint64 * when Docker last had it, monotonic */
        Ipsets *ipsets_now, *ipsets_later; /* firewalld's that policies name: now, and permanently, see ipsets.h */
        bool ipsets_stale;                 /* they may have changed since */
        ZoneRules *zone_rules;             /* firewalld's own, as last read, see zone-rules.h; NULL: never */
        bool zone_rules_stale;             /* they may have changed since */
        Admission admission;               /* which known containers docker-proxy may connect to */
        bool facts_changed;                /* Docker's facts changed since this was last cleared */
        DockerRules docker_rules;
        bool docker_uses_nft;  /* there is no DOCKER-USER */
        bool firewalld_table;  /* firewalld's nftables table was seen; its iptables backend has none */
        gint64 firewalld_gone; /* since when that table has been missing although firewalld runs, monotonic; 0: it is not */
        bool reloading;        /* firewalld is reloading at quaywall's request */
        gint64 homeless;       /* since when one of Docker's bridges has been in no zone, monotonic; 0: none is */
};
