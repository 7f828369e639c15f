/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agenda.h"

#include <glib/gi18n.h>

#include "bus/fiber.h"
#include "world/journal.h"

typedef struct Entry {
        Agenda *agenda;
        sd_event_source *timer; /* NULL: it never had a deadline */
} Entry;

struct Agenda {
        sd_event *event;
        AgendaFunc due;
        gpointer userdata;
        Entry entries[_AGENDA_MAX];
};

/* Accuracy of the deadline, in microseconds (0: sd-event's 250 ms, so that several share a wake-up), and its event priority. */
static const struct {
        guint64 accuracy;
        gint64 priority;
} TIMERS[_AGENDA_MAX] = {
        [AGENDA_GUARD] = { .accuracy = 1 },
        [AGENDA_LINKS] = { .priority = FIBER_YIELD_PRIORITY }, /* Docker's events come first, and callers may always have one */
};

Agenda *agenda_new(sd_event *event, AgendaFunc due, gpointer userdata) {
        Agenda *agenda = g_new(Agenda, 1);
        *agenda = (Agenda){ .event = sd_event_ref(event), .due = due, .userdata = userdata };
        for (AgendaReason reason = 0; reason < _AGENDA_MAX; reason++)
                agenda->entries[reason].agenda = agenda;
        return agenda;
}

void agenda_free(Agenda *agenda) {
        if (!agenda)
                return;
        for (AgendaReason reason = 0; reason < _AGENDA_MAX; reason++)
                sd_event_source_unref(agenda->entries[reason].timer);
        sd_event_unref(agenda->event);
        g_free(agenda);
}

static int on_due(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        const Entry *entry = userdata;
        entry->agenda->due((AgendaReason) (entry - entry->agenda->entries), entry->agenda->userdata);
        return 0;
}

static int set_timer(Agenda *agenda, AgendaReason reason, uint64_t due) {
        Entry *entry = &agenda->entries[reason];
        int r = entry->timer ? sd_event_source_set_time(entry->timer, due) :
                               sd_event_add_time(agenda->event, &entry->timer, CLOCK_MONOTONIC, due, TIMERS[reason].accuracy,
                                                 on_due, entry);
        if (r >= 0)
                r = sd_event_source_set_priority(entry->timer, TIMERS[reason].priority);
        return r < 0 ? r : sd_event_source_set_enabled(entry->timer, SD_EVENT_ONESHOT);
}

void agenda_within(Agenda *agenda, AgendaReason reason, guint64 usec) {
        const guint64 planned = agenda_deadline(agenda, reason);
        uint64_t now;
        if (sd_event_now(agenda->event, CLOCK_MONOTONIC, &now) < 0 || (planned != 0 && planned <= now + usec))
                return;
        const int r = set_timer(agenda, reason, now + usec);
        if (r < 0)
                journal_log(LOG_ERR, NULL, _("cannot set a timer: %s"), g_strerror(-r));
}

guint64 agenda_deadline(const Agenda *agenda, AgendaReason reason) {
        sd_event_source *timer = agenda->entries[reason].timer;
        uint64_t due;
        return timer && sd_event_source_get_enabled(timer, NULL) > 0 && sd_event_source_get_time(timer, &due) >= 0 ? due : 0;
}

void agenda_cancel(Agenda *agenda, AgendaReason reason) {
        sd_event_source *timer = agenda->entries[reason].timer;
        if (timer)
                (void) sd_event_source_set_enabled(timer, SD_EVENT_OFF);
}
