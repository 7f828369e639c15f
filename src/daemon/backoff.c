/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backoff.h"

#include <string.h>

bool backoff_repaired(Backoff *backoff, gint64 now, gint64 first, gint64 longest) {
        memmove(backoff->at + 1, backoff->at, sizeof backoff->at - sizeof *backoff->at);
        backoff->at[0] = now;
        backoff->n = MIN(backoff->n + 1, BACKOFF_REPAIRS);
        if (backoff->delay > 0) {
                backoff->repairs++;
                backoff->delay = MIN(backoff->delay * 2, longest);
                return false;
        }
        if (backoff->n < BACKOFF_REPAIRS || now - backoff->at[BACKOFF_REPAIRS - 1] > (gint64) BACKOFF_WINDOW_USEC)
                return false;
        backoff->repairs = backoff->n;
        backoff->delay = first;
        return true;
}

gint64 backoff_due(const Backoff *backoff) {
        return backoff->delay > 0 ? backoff->at[0] + backoff->delay : 0;
}

gint64 backoff_end(const Backoff *backoff) {
        return backoff->at[0] + MAX((gint64) BACKOFF_CALM_USEC, 2 * backoff->delay);
}

bool backoff_calm_down(Backoff *backoff, gint64 now) {
        if (backoff->delay == 0 || now < backoff_end(backoff))
                return false;
        *backoff = (Backoff){ 0 };
        return true;
}
