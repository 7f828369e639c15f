/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns writing files so that a crash or a power cut leaves the old one or the new one, and nothing beside them that the
 * next write does not take away. Must not know what is in them. */

#include <stdbool.h>

#include <dirent.h>
#include <unistd.h>

#include <glib.h>

typedef DIR Directory;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Directory, closedir)

static inline void durable_close(int *fd) {
        if (*fd >= 0)
                close(*fd);
}
#define _cleanup_fd_ __attribute__((cleanup(durable_close)))

/* Sets the error from errno: WHAT PATH: why. Returns false. */
bool durable_fail(GError **error, const char *what, const char *path);

/* Writes it whole; false with errno. */
bool durable_write_all(int fd, const char *text, gsize length);

/* Makes a folder, and those above it, unless it is there. The mode is the one it gets, whatever the umask; so it is for the files
 * below. */
bool durable_make_folder(const char *path, mode_t mode, GError **error);

/* Makes a file that is not there yet, and syncs it. */
bool durable_create(const char *path, const char *text, gsize length, mode_t mode, GError **error);

/* Replaces a file, or makes it, by way of PATH.new; its folder is made if need be. */
bool durable_write(const char *path, const char *text, gsize length, mode_t mode, GError **error);

/* The same without waiting for the disk, for what may be lost by a power cut. */
bool durable_write_soon(const char *path, const char *text, gsize length, mode_t mode, GError **error);

/* Removes what a crash left of durable_write() in this folder. */
void durable_clean(const char *folder);

/* Makes what was renamed, made or removed in a folder outlast a power cut. */
bool durable_sync_folder(const char *path, GError **error);

/* Removes a folder that holds files only; one that is not there is none to remove. */
bool durable_remove_folder(const char *path, GError **error);

/* The same with all that is in it. Symbolic links are removed, not followed. */
bool durable_remove_tree(const char *path, GError **error);
