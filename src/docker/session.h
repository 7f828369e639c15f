/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is shared about one watched Docker: its state and reports, when it is asked again, and how a session ends. The ground of
 * read.c, which sends requests and keeps the answers, and of docker.c, which connects and waits; must not know them. */

#include "bus/fiber.h"
#include "docker/state.h"
#include "docker/http.h"
#include "docker/presence.h"

struct Session {
        sd_event *event; /* borrowed */
        sd_bus *bus;     /* borrowed */
        DockerTimeouts timeouts;
        DockerHandler handler;
        gpointer userdata;
        sd_event_time_handler_t on_retry; /* it is time to ask Docker again; userdata: the Docker, as for the next */
        sd_event_handler_t on_end;        /* the session ends, and none of its fibers runs any more */
        Presence *presence;
        char *socket;

        Http *http;
        HttpStream *events;
        char *api_version;
        bool has_started;  /* the handler may be called */
        bool is_over;      /* docker is being freed */
        bool is_active;    /* from the first connection until session_close() is done */
        bool look_again;   /* inotify reported something meanwhile */
        GError *ending;    /* why the session ends; NULL: it goes on */
        Fiber *waiter;     /* waits until the queue is empty */
        gint64 since;      /* when the session was established, monotonic */
        unsigned failures; /* in a row */
        sd_event_source *end, *retry;

        GQueue queue;       /* Job *, see read.c; jobs owns them */
        GHashTable *jobs;   /* char * -> Job * */
        GHashTable *broken; /* char * -> char * why the answer could not be used */
        unsigned workers;
        unsigned fibers;             /* that run in this session: the workers and the one that began it */
        pid_t pid;                   /* of the dockerd that was contacted last; 0: none */
        bool live_restore;           /* it reported that containers outlive it */
        char *unit;                  /* systemd's unit of dockerd; NULL: not known */
        gint64 asked;                /* when systemd was asked last, monotonic */
        bool is_reading;             /* everything: one announcement for many objects */
        bool is_listing, list_again; /* the containers, after an event about one was too large */
        gint64 announced;
        bool has_changed;

        char *facts_file, *saved; /* saved: the file's content, as a checksum */
        sd_event_source *save;
};

/* Ends the session, wherever the reason is noticed; the rest is done when none of its fibers runs any more. */
void session_close(Docker *docker, const GError *error);
/* Everything is known except what is broken. */
void session_set_running(Docker *docker);
/* One of the session's fibers has ended. */
void session_leave(Docker *docker);
/* Whether we may connect to Docker; if not, the session is closed. In a fiber. */
bool session_may_connect(Docker *docker);
/* Reports the sentence, once however often it is tried. */
void session_warn(Docker *docker, const char *sentence);
/* state: one of docker.h's, static; reason: NULL: none. Reports what is another. */
void session_set_state(Docker *docker, const char *state, const char *reason);
/* Calls on_retry later: 1, 2, 4, ... 60 times timeouts.retry. */
void session_retry_later(Docker *docker);
bool session_set_timer(Docker *docker, sd_event_source **source, guint64 usec, sd_event_time_handler_t handler);
bool session_is_armed(sd_event_source *source);
