/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns whether there is a Docker to talk to, without talking to it: on many hosts systemd listens on Docker's socket, and
 * whoever connects starts a Docker that its administrator has stopped. So dockerd's pid file is asked, and inotify tells
 * when that or the socket comes. Must not know the API. */

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "bus/file-watch.h"

typedef enum {
        PRESENCE_ABSENT, /* no process */
        PRESENCE_LIVE,   /* dockerd's process is there; whether it answers is another question */
        PRESENCE_PODMAN, /* the socket leads to Podman's */
} PresenceState;

typedef struct Presence Presence;

/* pid_file: NULL for the one beside the socket. Calls func when that or the socket came or changed, or a folder on the way. */
Presence *presence_new(sd_event *event, const char *socket, const char *pid_file, FileWatchFunc func, FileWatchFailed failed,
                       gpointer userdata);
void presence_free(Presence *presence);

/* ret_age: for how many seconds it has been there: it answers when it knows its containers again. */
PresenceState presence_look(const Presence *presence, pid_t *ret_pid, gint64 *ret_age);
