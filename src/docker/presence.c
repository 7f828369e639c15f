/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "presence.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* dockerd writes its pid file first and answers when all containers are known again; slow disks take minutes. */
#define YOUNG_SECONDS 120

/* A file that is waited for: its folder, or the nearest one above it that is there, is watched. */
typedef struct Watch {
        Presence *presence;
        const char *path;
        char *folder; /* that is watched; NULL: none */
        char *name;   /* what is waited for in it */
        sd_event_source *source;
} Watch;

struct Presence {
        sd_event *event; /* borrowed */
        char *socket, *pid_file;
        PresenceHandler handler;
        gpointer userdata;
        Watch watches[2];
};

static void arm(Watch *watch);

static int on_inotify(G_GNUC_UNUSED sd_event_source *source, const struct inotify_event *event, void *userdata) {
        Watch *watch = userdata;
        Presence *presence = watch->presence;
        if (event->len > 0 && !g_str_equal(event->name, watch->name))
                return 0; /* somebody else's file */
        arm(watch);
        presence->handler(presence->userdata);
        return 0;
}

/* What is nearest to path and there. */
static char *nearest_folder(const char *path, char **ret_name) {
        g_autofree char *folder = g_path_get_dirname(path);
        g_autofree char *name = g_path_get_basename(path);
        while (access(folder, F_OK) < 0 && !g_str_equal(folder, "/")) {
                g_free(name);
                name = g_path_get_basename(folder);
                char *above = g_path_get_dirname(folder);
                g_free(folder);
                folder = above;
        }
        *ret_name = g_steal_pointer(&name);
        return g_steal_pointer(&folder);
}

/* Again when a folder came while it was being done. */
static void arm(Watch *watch) {
        for (unsigned tries = 0; tries < 8; tries++) {
                g_autofree char *name = NULL;
                g_autofree char *folder = nearest_folder(watch->path, &name);
                if (watch->source && g_strcmp0(folder, watch->folder) == 0)
                        return;
                g_clear_pointer(&watch->source, sd_event_source_unref);
                g_clear_pointer(&watch->folder, g_free);
                g_free(watch->name);
                watch->name = g_steal_pointer(&name);
                if (sd_event_add_inotify(watch->presence->event, &watch->source, folder,
                                         IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR,
                                         on_inotify, watch) >= 0)
                        watch->folder = g_steal_pointer(&folder);
        }
}

Presence *presence_new(sd_event *event, const char *socket, const char *pid_file, PresenceHandler handler, gpointer userdata) {
        g_autofree char *folder = g_path_get_dirname(socket);
        Presence *presence = g_new0(Presence, 1);
        presence->event = event;
        presence->socket = g_strdup(socket);
        presence->pid_file = pid_file ? g_strdup(pid_file) : g_build_filename(folder, "docker.pid", NULL);
        presence->handler = handler;
        presence->userdata = userdata;
        presence->watches[0] = (Watch){ .presence = presence, .path = presence->socket };
        presence->watches[1] = (Watch){ .presence = presence, .path = presence->pid_file };
        for (unsigned i = 0; i < G_N_ELEMENTS(presence->watches); i++)
                arm(&presence->watches[i]);
        return presence;
}

void presence_free(Presence *presence) {
        if (!presence)
                return;
        for (unsigned i = 0; i < G_N_ELEMENTS(presence->watches); i++) {
                sd_event_source_unref(presence->watches[i].source);
                g_free(presence->watches[i].folder);
                g_free(presence->watches[i].name);
        }
        g_free(presence->socket);
        g_free(presence->pid_file);
        g_free(presence);
}

/* Debian's podman-docker: /run/docker.sock -> /run/podman/podman.sock. */
static bool leads_to_podman(const char *socket) {
        g_autofree char *target = g_file_read_link(socket, NULL);
        return target && strstr(target, "podman");
}

static pid_t read_pid(const char *path, struct stat *ret_stat) {
        char text[32];
        const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0)
                return 0;
        const ssize_t n = fstat(fd, ret_stat) < 0 || !S_ISREG(ret_stat->st_mode) ? -1 : read(fd, text, sizeof text - 1);
        close(fd);
        if (n <= 0)
                return 0;
        text[n] = '\0';
        guint64 pid;
        return g_ascii_string_to_unsigned(g_strstrip(text), 10, 1, G_MAXINT32, &pid, NULL) ? (pid_t) pid : 0;
}

PresenceState presence_look(const Presence *presence, pid_t *ret_pid, bool *ret_is_young) {
        struct stat status;
        *ret_pid = 0;
        *ret_is_young = false;
        if (leads_to_podman(presence->socket))
                return PRESENCE_PODMAN;
        const pid_t pid = read_pid(presence->pid_file, &status);
        /* Another user's process is there as well; /proc may not show it to us. */
        if (pid == 0 || (kill(pid, 0) < 0 && errno != EPERM))
                return PRESENCE_ABSENT;
        *ret_pid = pid;
        *ret_is_young = g_get_real_time() / G_USEC_PER_SEC - status.st_mtime < YOUNG_SECONDS;
        return PRESENCE_LIVE;
}
