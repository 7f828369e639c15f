/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns whether there is a Docker to talk to, without connecting to it: on many hosts systemd listens on Docker's socket, and a
 * connection starts a Docker that its administrator has stopped. So this module reads dockerd's pid file, and inotify reports
 * when that or the socket appears. Must not know the API. */

#include <stdbool.h>
#include <sys/types.h>

#include <glib.h>

#include "bus/file-watch.h"

typedef enum {
        PRESENCE_ABSENT, /* no process */
        PRESENCE_LIVE,   /* dockerd's process exists; whether it answers is another question */
        PRESENCE_PODMAN, /* the socket leads to Podman's */
} PresenceState;

typedef struct Presence Presence;

/* pid_file: NULL for the one beside the socket. Calls func when the pid file, the socket or a folder on the way to them appears
 * or changes. */
Presence *presence_new(sd_event *event, const char *socket, const char *pid_file, FileWatchFunc func, FileWatchFailed failed,
                       gpointer userdata);
void presence_free(Presence *presence);

/* ret_age: seconds that it has existed; it answers only once it has restored its containers. */
PresenceState presence_look(const Presence *presence, pid_t *ret_pid, gint64 *ret_age);
