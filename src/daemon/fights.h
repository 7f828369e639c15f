/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the record of repairs: how often each problem was repaired, which program keeps undoing the repairs, and when the next
 * one is allowed. Sets no timer and must not know the bus: it is given the time, and returns due times (monotonic, in
 * microseconds). */

#include "guard/monitor.h"
#include "model/problem.h"

typedef struct Fights Fights;

Fights *fights_new(void);
void fights_free(Fights *fights);

/* When this may be repaired again; 0: at any time. */
gint64 fights_due(const Fights *fights, ProblemCode code);

typedef enum FightState {
        FIGHT_PEACE,
        FIGHT_BEGINS,
        FIGHT_GOES_ON,
} FightState;

/* Records a repair of what this program had undone ("": unknown). is_urgent: until the next repair somebody gets in, or is
 * locked out, so the waits between repairs never exceed a second. */
FightState fights_repaired(Fights *fights, ProblemCode code, const char *author, bool is_urgent, gint64 now);

/* From fights_join() to fights_part(), all repairs of this and of what is repaired with it count once: however many bridges a
 * program took out of their zone, it did so once. */
void fights_join(Fights *fights, ProblemCode code);
void fights_part(Fights *fights);

/* Forgets recent repairs, since firewalld or Docker started anew: that undoes much and is no fight. */
void fights_forgive(Fights *fights);

/* Who last changed what this problem is about, as far as the kernel reports it; never NULL. */
const MonitorAuthor *fights_author(ProblemCode code, const MonitorNews *news);

/* count: the repairs of this problem. */
typedef void (*FightsFunc)(ProblemCode code, guint32 count, gpointer userdata);

/* Adds a problem "contested" for each fight. Ends those that are over, and calls over() for each. Returns when the next one may
 * be over; 0: there is none. */
gint64 fights_report(Fights *fights, const MonitorNews *news, gint64 now, GPtrArray *problems, FightsFunc over,
                     gpointer userdata);

/* Calls visit for each code that was repaired since the start. */
void fights_visit(const Fights *fights, FightsFunc visit, gpointer userdata);
