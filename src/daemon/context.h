/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the whole daemon shares. */

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "compile/kernel-rules.h"
#include "daemon/settings.h"
#include "firewalld/client.h"
#include "guard/guard.h"
#include "guard/links.h"
#include "guard/monitor.h"
#include "model/policy-set.h"

#define BUS_NAME "org.quaywall1"
#define BUS_PATH "/org/quaywall1"

/* A row of the property Problems. */
typedef struct Problem {
        char *code;
        char *sentence;
        GPtrArray *details; /* char *, key and value in turn */
} Problem;

/* What is known of Docker's own rules; monotonic times, 0: never. */
typedef struct DockerRules {
        gint64 seen;    /* they were there, or need not be */
        gint64 missing; /* they were not there for the first time after that */
        gint64 asked;   /* firewalld told everybody to make their rules again */
        bool report, deaf;
} DockerRules;

typedef struct Context {
        sd_event *event;
        sd_bus *bus;     /* to firewalld, polkit and the bus itself: nobody's calls come here, or answers would wait behind them */
        sd_bus *service; /* owns the name, and is called by anybody */
        Settings *settings;
        Firewalld *firewalld;
        Guard *guard; /* NULL: not wanted */
        struct Docker *docker;   /* what Docker told last; NULL: only to load the guard */
        Monitor *monitor; /* NULL: nobody tells of changes of the ruleset */
        Links *links; /* of this host; NULL: the kernel does not tell */
        char *links_seen; /* what the links were that matter here, when it was looked at last */
        MonitorNews news; /* what was changed last, and by whom */
        KernelTable *kernel[_FAMILY_MAX][2]; /* filter and nat as they were read last; NULL: not read */
        bool kernel_is_stale;                /* they changed since */
        bool facts_changed;                  /* Docker told something since the rules were rendered */
        bool nat_changed;                    /* somebody changed nat since Docker's rules were looked at */

        PolicySet *runtime;       /* in force until the next boot or Reload */
        PolicySet *permanent;     /* as the files say */
        GPtrArray *rules_now;     /* DirectRule *, as they were rendered last: what Docker tells later has its turn later */
        GPtrArray *rules_later;   /* the same for the permanent configuration, without addresses of containers */
        GPtrArray *left_out;      /* char *, policies that are too large for rules_now; NULL: none */
        GPtrArray *file_problems; /* StoreProblem * of the last load */
        GStrv spared;             /* bridges where nothing is held, see spared.h; NULL: not looked at yet */
        GHashTable *bridges_since; /* char * -> gint64 * when the bridge was seen first, monotonic */
        sd_event_source *spared_later; /* a look when the newest is not new any more */
        char *copy_problem;       /* why last good copies of the files cannot be written; NULL: they are */
        bool copies_due;          /* they may not be what is in force */
        GStrv bridges;            /* Docker's, sorted; see apply_list_bridges() */
        GStrv ruled_bridges;      /* those that Docker's rules led to when they were read last */
        GArray *nat;              /* DockerNat, Docker's rules for published ports as they were last; NULL: none yet */
        GHashTable *published;    /* char * "tcp . 8080" -> gint64 * when Docker last had it, monotonic */
        sd_event_source *published_past; /* a look when one that Docker has no more is past */
        GPtrArray *problems;      /* Problem *, of the last verification */
        const char *state;        /* "enforcing", "degraded", "idle"; static */

        struct Repairs *repairs;     /* what was repaired; NULL: nothing yet */
        DockerRules docker_rules;
        guint64 docker_digest[_FAMILY_MAX]; /* of the rules that Docker had when FORWARD was looked at last; 0: not yet */
        bool jump_asked[_FAMILY_MAX]; /* whether somebody had use for the jump to DOCKER-USER at the last look */
        gint64 docker_wrote;         /* when it began anew, or had other rules than at the look before; monotonic, 0: not yet */
        bool firewalld_table;        /* firewalld has had its nftables table, which it has not with the backend iptables */
        gint64 firewalld_gone;       /* since when that table is away although firewalld runs, monotonic; 0: it is not */
        bool firewalld_anew;         /* it was reloaded or started since the rules were put into it */
        gint64 homeless;             /* since when one of Docker's bridges is in no zone, monotonic; 0: none is */
        bool docker_uses_nft;        /* there is no DOCKER-USER */
        bool reloading;              /* firewalld is reloading because we asked for it */
        bool serving;                /* the first reconciliation is done */
        guint64 rendered[2];         /* digests of the direct rules, runtime and permanent, that were in force at the last one */
        guint steps_run;             /* steps that direct_run() made, and... */
        bool permanent_written;      /* ...whether the permanent ones were written: since somebody looked last */

        GHashTable *zones;           /* interface -> zone, as firewalld told them last; NULL: not yet */
        struct Engine *engine;       /* Docker's own settings */

        char *zone_target;           /* what the Zone properties say */
        GStrv zone_interfaces;
        GStrv zone_permanent;

        guint ruleset_notices;       /* so often the ruleset changed */
        Fiber *ruleset_waiter;       /* waits for the ruleset to change; NULL: nobody */
        struct Pending *pending;     /* the change that waits to be confirmed; NULL: none */
        FiberMutex mutex;            /* whoever changes or verifies what is in force */
        Fiber *start_waiter;         /* waits at start for firewalld, or what Docker has; NULL: nobody */
        bool has_begun;              /* the first reconciliation has: events count from then on */
        bool reconcile_wanted;       /* an event came; one fiber takes it up */
        unsigned failures;           /* reconciliations that failed in a row */
        sd_event_source *settle;     /* a look again when Docker has had its time */
} Context;

void problem_free(Problem *problem);
Problem *problem_new(const char *code, const char *sentence);
const char *problem_detail(const Problem *problem, const char *key); /* NULL: none */
void problem_add_detail(Problem *problem, const char *key, const char *value);
