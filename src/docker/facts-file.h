/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the file that keeps what Docker told over a reboot: names, labels, networks and the ports that will be published,
 * so that policies by name cover them before Docker answers. No addresses of containers: they have new ones then. */

#include "model/facts.h"

/* Bytes of what is written and read: a few hundred for each container. */
#define FACTS_FILE_MAX (64U << 20)

/* Nothing, without an error, when there is no file. With an error (also a line that cannot be read) what was understood. */
DockerFacts *facts_file_load(const char *path, GError **error);

/* As lines of JSON in the shape of the Engine API, at most so many bytes: labels are left out of what does not fit with them, and
 * what does not fit then. Free with g_free(). */
char *facts_file_text(DockerFacts *facts, gsize max, bool *ret_whole);

/* Replaces the file whole. The folder is made if need be. */
bool facts_file_save(const char *path, const char *text, GError **error);
