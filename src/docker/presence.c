/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "presence.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "docker/dockerd.h"

struct Presence {
        char *socket, *pid_file;
        FileWatch *watches[2];
};

Presence *presence_new(sd_event *event, const char *socket, const char *pid_file, FileWatchFunc func, FileWatchFailed failed,
                       gpointer userdata) {
        g_autofree char *folder = g_path_get_dirname(socket);
        Presence *presence = g_new0(Presence, 1);
        presence->socket = g_strdup(socket);
        presence->pid_file = pid_file ? g_strdup(pid_file) : g_build_filename(folder, "docker.pid", NULL);
        presence->watches[0] = file_watch_new(event, presence->socket, func, failed, userdata);
        presence->watches[1] = file_watch_new(event, presence->pid_file, func, failed, userdata);
        return presence;
}

void presence_free(Presence *presence) {
        if (!presence)
                return;
        for (unsigned i = 0; i < G_N_ELEMENTS(presence->watches); i++)
                file_watch_free(presence->watches[i]);
        g_free(presence->socket);
        g_free(presence->pid_file);
        g_free(presence);
}

/* Podman's own, or Debian's podman-docker: /run/docker.sock -> /run/podman/podman.sock. */
static bool leads_to_podman(const char *socket) {
        g_autofree char *target = g_file_read_link(socket, NULL);
        return strstr(target ? target : socket, "podman");
}

PresenceState presence_look(const Presence *presence, pid_t *ret_pid, gint64 *ret_age) {
        struct stat status;
        *ret_pid = 0;
        *ret_age = 0;
        if (leads_to_podman(presence->socket))
                return PRESENCE_PODMAN;
        const pid_t pid = dockerd_read_pid(presence->pid_file, &status);
        /* Another user's process counts, too. A stale pid file may name any process by now. */
        if (pid == 0 || (kill(pid, 0) < 0 && errno != EPERM) || !dockerd_may_be(pid))
                return PRESENCE_ABSENT;
        *ret_pid = pid;
        *ret_age = g_get_real_time() / G_USEC_PER_SEC - status.st_mtime;
        return PRESENCE_LIVE;
}
