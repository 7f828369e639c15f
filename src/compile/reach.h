/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the question whom the rules leave of everybody. Must not know what is published where. */

#include "compile/verdict.h"

typedef enum {
        REACH_EVERYONE,   /* whoever can send packets to this host, but for sources */
        REACH_SOURCES,    /* sources and nobody else */
        REACH_NOBODY,
        REACH_NEIGHBOURS, /* hosts on the same link, which can send packets to 127.0.0.1, and this host */
        REACH_HOST,       /* this host itself only */
        REACH_UNKNOWN,    /* Docker does not know the port, or firewalld decides */
} ReachKind;

typedef struct Reach {
        ReachKind kind;
        GArray *sources; /* AddressRange, sorted; REACH_SOURCES: who; REACH_EVERYONE, REACH_NEIGHBOURS: who not; otherwise empty */
        guint n_sources; /* where only the first of them are told; 0: all are */
} Reach;

void reach_clear(Reach *reach);
bool reach_equal(const Reach *a, const Reach *b);

/* "everyone", "sources"..., as on the bus; static. */
const char *reach_to_string(ReachKind kind);

/* Who gets in by connections like this one, whatever its source: REACH_EVERYONE, REACH_SOURCES or REACH_NOBODY. To be given to
 * reach_clear(). rules: of compile_policies(). */
Reach reach_of(GPtrArray *rules, const char *const *bridges, const Connection *connection);
