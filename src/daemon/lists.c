/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lists.h"

#include <stdbool.h>

#include <glib.h>
#include <glib/gi18n.h>

#include "world/journal.h"

/* A container's events come in bursts. */
#define QUIET_USEC (100 * 1000ULL)
#define INTERVAL_USEC G_USEC_PER_SEC
/* Several timers share a wake-up. */
#define ACCURACY_USEC (50 * 1000ULL)

struct Lists {
        sd_event *event;
        ListsFunc notify;
        void *userdata;
        ListKind kinds; /* noted since the last notification */
        guint64 last;   /* when that was, monotonic */
        sd_event_source *timer;
};

Lists *lists_new(sd_event *event, ListsFunc notify, void *userdata) {
        Lists *lists = g_new(Lists, 1);
        *lists = (Lists){ .event = sd_event_ref(event), .notify = notify, .userdata = userdata };
        return lists;
}

void lists_free(Lists *lists) {
        if (!lists)
                return;
        sd_event_source_unref(lists->timer);
        sd_event_unref(lists->event);
        g_free(lists);
}

static int on_due(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        Lists *lists = userdata;
        const ListKind kinds = lists->kinds;
        lists->kinds = 0;
        (void) sd_event_now(lists->event, CLOCK_MONOTONIC, &lists->last);
        lists->notify(kinds, lists->userdata);
        return 0;
}

void lists_note(Lists *lists, ListKind kinds) {
        const bool is_planned = lists->kinds != 0;
        uint64_t now;
        lists->kinds |= kinds;
        if (is_planned || kinds == 0 || sd_event_now(lists->event, CLOCK_MONOTONIC, &now) < 0)
                return;
        const uint64_t due = MAX(now + QUIET_USEC, lists->last + INTERVAL_USEC);
        int r = lists->timer ?
                        sd_event_source_set_time(lists->timer, due) :
                        sd_event_add_time(lists->event, &lists->timer, CLOCK_MONOTONIC, due, ACCURACY_USEC, on_due, lists);
        if (r >= 0)
                r = sd_event_source_set_enabled(lists->timer, SD_EVENT_ONESHOT);
        if (r < 0) {
                journal_log(LOG_ERR, NULL, _("cannot set a timer: %s"), g_strerror(-r));
                lists->kinds = 0; /* the next change tries again */
        }
}
