/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns dockerd's configuration file as a file: it reads plain files only, and writes a file as a whole or not at all, keeping
 * mode, owner and access control list. Must not know what is in it. */

#include <stdbool.h>
#include <sys/stat.h>

#include <glib.h>

typedef struct DaemonFile {
        char *path;
        char *text;
        gsize length;
        bool exists;    /* false: text is empty */
        bool is_link;   /* path is a symbolic link to what was read */
        GBytes *acl;    /* in the kernel's format; NULL: none */
        struct stat st; /* when it was read */
} DaemonFile;

/* A file that does not exist is read as an empty one. A symbolic link is followed, as dockerd does. */
DaemonFile *daemon_file_read(const char *path, GError **error);
void daemon_file_free(DaemonFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DaemonFile, daemon_file_free)

/* Replaces the file that was read. Refused for a symbolic link (its target is not ours to change), if somebody else has changed
 * the file since then, and if the new file could not have the same owner or access control list. A file that did not exist gets
 * the mode 0644. */
bool daemon_file_replace(DaemonFile *file, const char *text, gsize length, GError **error);
