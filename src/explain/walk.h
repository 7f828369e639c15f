/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the path of a packet through the chains of one hook after another, and the trace that it leaves. Must not know which
 * hooks there are. */

#include "explain/finding.h"
#include "explain/packet.h"
#include "explain/ruleset.h"

typedef struct TraceRow {
        char *where, *rule, *effect;
} TraceRow;

typedef struct Walk {
        const Ruleset *ruleset;
        const Host *host;
        Packet packet;
        const Packet
                *after;   /* a later packet: once NAT was done or undone, its destination and then its source; NULL: the same */
        GPtrArray *trace; /* TraceRow *; the walk's owner owns it, and finding, too */
        Finding *finding;
        bool quiet;         /* only blocking rules get a row */
        bool uncertain;     /* some rule could not be evaluated */
        bool not_tracked;   /* a rule said "notrack" */
        bool mapped;        /* the connection has its DNAT: chains of type nat see it once */
        bool source_mapped; /* and its SNAT */
        bool bridged;       /* the trace says that bridge rules, which are not evaluated, see it */
        Route route;        /* for packets of the host itself: the latest route */
        unsigned rules;     /* rules evaluated so far */
} Walk;

/* How the effect of a row begins that decides, or that cannot be told: for programs, and thus in no other language. Translations of an
 * effect begin with it, too (tests/lint/po.sh). */
#define TRACE_DECIDES "decides: "
#define TRACE_DOUBT "cannot tell: "

void trace_add(GPtrArray *trace, const char *where, const char *rule, const char *effect);
void trace_row_free(gpointer p);

/* Routes a packet of the host itself, as it is now. */
void walk_route(Walk *walk);

/* Sends the packet through all base chains of the hook. False if one drops or rejects it; the last row then says so. */
bool walk_hook(Walk *walk, const char *hook);
