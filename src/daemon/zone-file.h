/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the reading of zones/docker.xml, a firewalld zone file. */

#include <glib.h>

typedef struct ZoneFile {
        char *target, *short_name, *description;
} ZoneFile;

ZoneFile *zone_file_read(const char *path, GError **error);
void zone_file_free(ZoneFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZoneFile, zone_file_free)
