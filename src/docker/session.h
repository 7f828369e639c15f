/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the files of this folder share of one Docker that is watched: docker.c connects and waits, read.c asks and
 * keeps. Private to both. */

#include "bus/fiber.h"
#include "docker/docker.h"
#include "docker/http.h"
#include "docker/presence.h"

struct Session {
        sd_event *event; /* borrowed */
        sd_bus *bus;     /* borrowed */
        DockerTimeouts timeouts;
        DockerHandler handler;
        gpointer userdata;
        Presence *presence;
        char *socket;

        Http *http;
        HttpStream *events;
        char *api_version;
        bool has_started;  /* the handler may be called */
        bool is_over;      /* it is being freed */
        bool is_active;    /* from the first connection until session_close() is done */
        bool look_again;   /* inotify told of something meanwhile */
        GError *ending;    /* why the session ends; NULL: it goes on */
        Fiber *waiter;     /* waits for the queue to be empty */
        gint64 since;      /* when it became a session, monotonic */
        unsigned failures; /* in a row */
        sd_event_source *end, *retry;

        GQueue queue;       /* Job *, see read.c; owned by jobs */
        GHashTable *jobs;   /* char * -> Job * */
        GHashTable *broken; /* char * -> char * why the answer could not be used */
        unsigned workers;
        unsigned fibers; /* that are on the way in this session, workers and the one that began it */
        pid_t pid;         /* of the dockerd that was asked last; 0: none was */
        bool live_restore; /* it said that containers outlive it */
        char *unit;      /* systemd's, of dockerd; NULL: not known */
        gint64 asked;    /* when systemd was asked last, monotonic */
        bool is_reading;   /* all of it: one announcement for many */
        bool is_listing, list_again; /* the containers, of one of which an event was too large */
        gint64 announced;
        bool has_changed;

        char *facts_file, *saved; /* what is in it, as a checksum */
        sd_event_source *save;
};

/* --- docker.c --- */

/* Ends the session, from wherever it is noticed; the rest is done when nobody is on the way in it. */
void session_close(Docker *docker, const GError *error);
/* All is known but what is broken. */
void session_set_running(Docker *docker);
/* One of the fibers is done. */
void session_leave(Docker *docker);
/* Whether Docker may be connected to. In a fiber; else the session is closed. */
bool session_may_connect(Docker *docker);
void session_warn(Docker *docker, const char *sentence);
bool session_set_timer(Docker *docker, sd_event_source **source, guint64 usec, sd_event_time_handler_t handler);
bool session_is_armed(sd_event_source *source);

/* --- read.c --- */

/* The answer to GET /vAPI + path. */
GBytes *read_get(Docker *docker, const char *path, gsize max, long *ret_status, GError **error);
const char *read_text(GBytes *answer, gsize *ret_length);

/* Looks at a container ("c" and its id) or network ("n") soon; again if it is being looked at now. Takes the name. */
void read_want(Docker *docker, char *name);
/* At all that is listed or known. In a fiber. */
bool read_want_networks(Docker *docker, GError **error);
bool read_want_containers(Docker *docker, GError **error);
/* At what was told of in a way that could not be used. */
void read_want_broken(Docker *docker);
/* At all containers, soon: an event was too large to be read, and the list tells about which one it was. */
void read_list(Docker *docker);
/* Adds a container that Docker has only just made, until its answer about it comes. Takes it. */
void read_created(Docker *docker, DockerContainer *container);
/* What is known of the container (id), or of all (NULL), may not be so any more. */
void read_doubt(Docker *docker, const char *id);
/* Starts those who look. */
void read_work(Docker *docker);

/* Tells of changed facts, and has them saved. */
void read_announce(Docker *docker, bool at_once);
void read_save(Docker *docker);
