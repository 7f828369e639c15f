/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns when the same thing may be repaired again: at once as a rule, with longer and longer waits while another program
 * undoes it again and again. Must not know what is repaired. Times are monotonic, in microseconds. */

#include <stdbool.h>

#include <glib.h>

/* So many repairs within so long are a fight... */
#define BACKOFF_REPAIRS 5
#define BACKOFF_WINDOW_USEC (60 * G_USEC_PER_SEC)
/* ... which is over when nothing had to be repaired for so long, at least. */
#define BACKOFF_CALM_USEC (10 * G_USEC_PER_SEC)

typedef struct Backoff {
        gint64 at[BACKOFF_REPAIRS]; /* the last repairs, the newest first */
        guint n;                    /* how many of them there are */
        guint repairs;              /* in this fight */
        gint64 delay;               /* between two repairs; 0: no fight */
} Backoff;

/* A repair was made. first, longest: the waits, which double. Returns whether a fight began. */
bool backoff_repaired(Backoff *backoff, gint64 now, gint64 first, gint64 longest);

/* From when on the next repair may be made; 0: at any time. */
gint64 backoff_due(const Backoff *backoff);

/* When the fight is over if nothing comes up until then. */
gint64 backoff_end(const Backoff *backoff);

/* Whether the fight is over, which ends it. */
bool backoff_calm_down(Backoff *backoff, gint64 now);
