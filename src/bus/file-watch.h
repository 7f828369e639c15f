/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the notice that a file appeared, changed or disappeared, even while its folder does not exist. Must not know its
 * content. */

#include <glib.h>
#include <systemd/sd-event.h>

typedef struct FileWatch FileWatch;
typedef void (*FileWatchFunc)(gpointer userdata);
typedef void (*FileWatchFailed)(const char *sentence, gpointer userdata);

/* Calls func after each change of the file, and failed if the file cannot be watched (no inotify left), possibly before it
 * returns. Never NULL. */
FileWatch *file_watch_new(sd_event *event, const char *path, FileWatchFunc func, FileWatchFailed failed, gpointer userdata);
void file_watch_free(FileWatch *watch);
