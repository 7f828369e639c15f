/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns when things are checked again: one deadline per reason, and one callback. Must not know what is done then. */

#include <glib.h>
#include <systemd/sd-event.h>

typedef enum AgendaReason {
        AGENDA_RECONCILE, /* all that should be in force: other programs had time to finish, or a repair may be retried */
        AGENDA_FOLLOW,    /* DOCKER-USER follows what Docker reported; no doubt that what is in force is there */
        AGENDA_GUARD,     /* the guard alone, which takes a millisecond and no firewalld call */
        AGENDA_REFRESH,   /* the guard follows what was reported while callers had their turn */
        AGENDA_PUBLISHED, /* a port that Docker no longer publishes expires */
        AGENDA_LINKS,     /* a bridge is no longer new; pending Docker events are read first */
        AGENDA_REST,      /* the work is over: its memory is given back */
        _AGENDA_MAX,
} AgendaReason;

typedef struct Agenda Agenda;

/* due: called from the event loop when a deadline is reached; the reason has none any more by then. */
typedef void (*AgendaFunc)(AgendaReason reason, gpointer userdata);
Agenda *agenda_new(sd_event *event, AgendaFunc due, gpointer userdata);
void agenda_free(Agenda *agenda);

/* Plans one call of due() in at most this many microseconds; an earlier deadline stays. Failures are logged. */
void agenda_within(Agenda *agenda, AgendaReason reason, guint64 usec);

/* The deadline (monotonic, in microseconds); 0: none. */
guint64 agenda_deadline(const Agenda *agenda, AgendaReason reason);

void agenda_cancel(Agenda *agenda, AgendaReason reason);
