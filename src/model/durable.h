/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns writing files so that a crash or a power cut leaves the old file or the new one, and beside them nothing that the next
 * write does not remove. Must not know what is in them. */

#include <stdbool.h>

#include <dirent.h>
#include <unistd.h>

#include <glib.h>

typedef DIR Directory;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Directory, closedir)

static inline void durable_close(const int *fd) {
        if (*fd >= 0)
                close(*fd);
}
#define _cleanup_fd_ __attribute__((cleanup(durable_close)))

/* Sets the error from errno: WHAT PATH: why. Returns false. */
bool durable_fail(GError **error, const char *what, const char *path);

/* Writes all of the text; false with errno. */
bool durable_write_all(int fd, const char *text, gsize length);

/* Reads a regular file of this folder (AT_FDCWD: file is a path) whole; the text ends with a 0 byte that is not counted. The error
 * does not name the file. Free with g_free(). */
char *durable_read(int dir_fd, const char *file, gsize limit, gsize *ret_length, GError **error);

/* Creates a folder, and those above it, if it does not exist. It gets exactly this mode, whatever the umask; so do the files of
 * the functions below. */
bool durable_make_folder(const char *path, mode_t mode, GError **error);

/* Creates a file that must not exist yet, and syncs it. */
bool durable_create(const char *path, const char *text, gsize length, mode_t mode, GError **error);

/* Replaces or creates a file by way of PATH.new; creates its folder if need be. */
bool durable_write(const char *path, const char *text, gsize length, mode_t mode, GError **error);

/* The same without waiting for the disk, for what a power cut may lose. */
bool durable_write_soon(const char *path, const char *text, gsize length, mode_t mode, GError **error);

/* Removes what a durable_write() that crashed left in this folder. */
void durable_clean(const char *folder);

/* Makes renames, creations and removals in a folder outlast a power cut. */
bool durable_sync_folder(const char *path, GError **error);

/* Removes a folder that holds files only; true if it does not exist. */
bool durable_remove_folder(const char *path, GError **error);

/* The same with everything in it. Symbolic links are removed, not followed. */
bool durable_remove_tree(const char *path, GError **error);
