/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what quaywalld announces by itself: the one callback for files that must not know the bus. */

#include "model/problem.h"

typedef enum AnnouncementKind {
        ANNOUNCE_STATE,    /* State or Problems changed */
        ANNOUNCE_REPAIR,   /* something was repaired */
        ANNOUNCE_POLICIES, /* policies were added, replaced or removed */
        ANNOUNCE_GROUPS,   /* groups were */
        ANNOUNCE_PENDING,  /* another change awaits confirmation now, or none */
} AnnouncementKind;

typedef struct Announcement {
        AnnouncementKind kind;
        ProblemCode code; /* of ANNOUNCE_REPAIR, as is sentence */
        const char *sentence;
        GPtrArray *names; /* char *, of ANNOUNCE_POLICIES and ANNOUNCE_GROUPS */
} Announcement;

typedef struct Announcer {
        void (*announce)(const Announcement *announcement, gpointer userdata);
        gpointer userdata;
} Announcer;

static inline void announce(const Announcer *announcer, Announcement announcement) {
        announcer->announce(&announcement, announcer->userdata);
}
