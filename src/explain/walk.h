/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the way of a packet through the chains of one hook after the other, and the trace that it leaves. Must not know
 * which hooks there are. */

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
                *after; /* a later packet: once NAT was done or undone, its destination and then its source; NULL: the same */
        GPtrArray *trace; /* TraceRow *; owned by who owns the walk */
        bool quiet;       /* only what blocks is worth a row */
        bool uncertain;   /* a rule asked what could not be told */
        bool not_tracked; /* a rule said so */
        bool mapped;      /* the connection has its DNAT: chains of type nat are asked once */
        bool source_mapped; /* and its SNAT */
        bool bridged; /* it was seen by rules of a bridge, of which nothing can be told */
        Route route; /* of what the host itself sends: as it was routed last */
        unsigned rules;   /* judged so far */
} Walk;

void trace_add(GPtrArray *trace, const char *where, const char *rule, const char *effect);
void trace_row_free(gpointer row);

/* Where what the host itself sends goes, as it is now. */
void walk_route(Walk *walk);

/* Sends the packet through all base chains of the hook; false when one drops or rejects it, and then the last row says so. */
bool walk_hook(Walk *walk, const char *hook);
