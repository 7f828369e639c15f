/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns dockerd's configuration file as a file: what is read is a plain file, what is written is there whole or not at all,
 * with the mode, the owner and the access control list that it had. Must not know what is in it. */

#include <stdbool.h>
#include <sys/stat.h>

#include <glib.h>

typedef struct DaemonFile {
        char *path;
        char *text;
        gsize length;
        bool exists;    /* false: text is empty */
        bool is_link;   /* symbolic, to what was read */
        GBytes *acl;    /* as the kernel writes it; NULL: none */
        struct stat st; /* when it was read */
} DaemonFile;

/* A file that is not there is read as an empty one. A symbolic link is followed, as dockerd does. */
DaemonFile *daemon_file_read(const char *path, GError **error);
void daemon_file_free(DaemonFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DaemonFile, daemon_file_free)

/* Replaces what was read. Refused for a symbolic link (where it points to is not ours to change), when somebody else changed
 * the file since then, and when the new one could not have the same owner or access control list. A file that was not there gets the mode 0644. */
bool daemon_file_replace(DaemonFile *file, const char *text, gsize length, GError **error);
