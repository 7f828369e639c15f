/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns when the same thing may be repaired again: at once as a rule, and with growing waits while another program keeps undoing
 * it. Must not know what is repaired. Times are monotonic, in microseconds. */

#include <stdbool.h>

#include <glib.h>

/* This many repairs within this time are a fight... */
#define BACKOFF_REPAIRS 5
#define BACKOFF_WINDOW_USEC (60 * G_USEC_PER_SEC)
/* ... which is over when nothing had to be repaired for at least this long. */
#define BACKOFF_CALM_USEC (10 * G_USEC_PER_SEC)

typedef struct Backoff {
        gint64 at[BACKOFF_REPAIRS]; /* the last repairs, the newest first */
        guint n;                    /* how many of these are set */
        guint repairs;              /* in this fight */
        gint64 delay;               /* between two repairs; 0: no fight */
} Backoff;

/* Records a repair. first, longest: the first and the longest wait; waits double. Returns whether a fight began. */
bool backoff_repaired(Backoff *backoff, gint64 now, gint64 first, gint64 longest);

/* When the next repair is allowed; 0: at any time. */
gint64 backoff_due(const Backoff *backoff);

/* When the fight is over, if nothing is repaired until then. */
gint64 backoff_end(const Backoff *backoff);

/* Ends the fight if it is over; returns whether it did. */
bool backoff_calm_down(Backoff *backoff, gint64 now);
