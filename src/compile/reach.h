/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the answer to "which clients do the rules let in". Must not know what is published where. */

#include "compile/verdict.h"

typedef enum {
        REACH_EVERYONE, /* every client that can send packets to this host, except sources */
        REACH_SOURCES,  /* sources and nobody else */
        REACH_NOBODY,
        REACH_ZONES,      /* whom firewalld's zones let in, and sources */
        REACH_NEIGHBOURS, /* hosts on the same link, which can send packets to 127.0.0.1, and this host */
        REACH_HOST,       /* this host itself only */
        REACH_UNKNOWN,    /* Docker does not know the port, or firewalld decides */
} ReachKind;

typedef struct Reach {
        ReachKind kind;
        GArray *sources; /* AddressRange, sorted; allowed for SOURCES and ZONES, excluded for EVERYONE and NEIGHBOURS, else empty */
        guint n_sources; /* how many there are, if sources has the first of them only; 0: it has all */
        guint64 hash;    /* of all of them, in this case */
} Reach;

void reach_clear(Reach *reach);
bool reach_equal(const Reach *a, const Reach *b);

/* Keeps the first sources: nobody reads more, and each port has its own list. */
void reach_cut(Reach *reach, guint most);

/* "everyone", "sources"..., as on the bus; static. */
const char *reach_to_string(ReachKind kind);

/* Which clients get in by connections like this one, whatever its source: REACH_EVERYONE, REACH_SOURCES, REACH_ZONES or REACH_NOBODY. Free
 * it with reach_clear(). rules: from compile_policies(). */
Reach reach_of(GPtrArray *rules, const char *const *bridges, const Connection *connection);
