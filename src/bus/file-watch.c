/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file-watch.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/inotify.h>

#include <glib/gi18n.h>

#define EVENTS \
        (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct FileWatch {
        sd_event *event;
        char *path;
        FileWatchFunc func;
        FileWatchFailed failed;
        gpointer userdata;
        sd_event_source *source;
        char *folder; /* the watched one: the deepest existing folder on the way to the file */
        char *entry;  /* the next name in it on the way to the file */
};

static int on_event(sd_event_source *source, const struct inotify_event *event, void *userdata);

static int add(FileWatch *watch, const char *folder, const char *entry) {
        watch->source = sd_event_source_disable_unref(watch->source);
        g_free(watch->folder);
        g_free(watch->entry);
        watch->folder = g_strdup(folder);
        watch->entry = g_strdup(entry);
        return sd_event_add_inotify(watch->event, &watch->source, folder, EVENTS, on_event, watch);
}

/* Loops to catch a folder that is created during the search for the deepest one. */
static void look(FileWatch *watch) {
        g_autofree char *child = g_strdup(watch->path);
        for (;;) {
                g_autofree char *folder = g_path_get_dirname(child), *entry = g_path_get_basename(child);
                int r = watch->source && g_str_equal(folder, watch->folder) ? 0 : add(watch, folder, entry);
                if (r >= 0) {
                        if (g_str_equal(child, watch->path) || !g_file_test(child, G_FILE_TEST_IS_DIR))
                                return;
                        g_free(child);
                        child = g_strdup(watch->path);
                } else if ((r == -ENOENT || r == -ENOTDIR) && !g_str_equal(folder, child)) {
                        g_free(child);
                        child = g_steal_pointer(&folder);
                } else {
                        g_autofree char *sentence =
                                g_strdup_printf(_("changes of %s are not noticed: %s"), watch->path, g_strerror(-r));
                        watch->failed(sentence, watch->userdata);
                        return;
                }
        }
}

static int on_event(G_GNUC_UNUSED sd_event_source *source, const struct inotify_event *event, void *userdata) {
        FileWatch *watch = userdata;
        const bool gone = event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT);
        const bool lost = event->mask & IN_Q_OVERFLOW;
        if (!gone && !lost && (event->len == 0 || !g_str_equal(event->name, watch->entry)))
                return 0;
        if (gone)
                watch->source = sd_event_source_disable_unref(watch->source);
        look(watch);
        watch->func(watch->userdata);
        return 0;
}

FileWatch *file_watch_new(sd_event *event, const char *path, FileWatchFunc func, FileWatchFailed failed, gpointer userdata) {
        FileWatch *watch = g_new0(FileWatch, 1);
        watch->event = sd_event_ref(event);
        watch->path = g_strdup(path);
        watch->func = func;
        watch->failed = failed;
        watch->userdata = userdata;
        look(watch);
        return watch;
}

void file_watch_free(FileWatch *watch) {
        if (!watch)
                return;
        sd_event_source_disable_unref(watch->source);
        sd_event_unref(watch->event);
        g_free(watch->path);
        g_free(watch->folder);
        g_free(watch->entry);
        g_free(watch);
}
