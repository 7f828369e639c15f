/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the steps before and after every repair: whether it is due, and how it is counted and reported. Must not know what is
 * repaired. */

#include "daemon/agenda.h"
#include "daemon/announce.h"
#include "daemon/fights.h"
#include "daemon/intent.h"
#include "world/world.h"

typedef struct Repairs {
        Fights *fights; /* counts them */
        Agenda *agenda; /* plans the next check */
        const World *world;
        const Intent *intent;
        Announcer announcer;
} Repairs;

/* Whether this may be repaired now. If not, another program keeps undoing it, and a check is planned for the time when it
 * may. */
bool repair_is_due(const Repairs *repairs, ProblemCode code);

/* Counts, logs and announces a repair that was made. */
void repair_done(const Repairs *repairs, ProblemCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);
