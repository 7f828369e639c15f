/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the file that keeps Docker's facts across a reboot: names, labels, networks and the ports that will be published, so
 * that policies by name cover them before Docker answers. No container addresses: these are new after a reboot. */

#include "model/facts.h"

/* The most bytes that are written and read; a container takes a few hundred. */
#define FACTS_FILE_MAX (64U << 20)

/* Empty, without an error, if there is no file. With an error (also for a line that cannot be parsed), what was understood. */
DockerFacts *facts_file_load(const char *path, GError **error);

/* When it was written, in microseconds of the system's clock; 0: there is no file. */
guint64 facts_file_time(const char *path);

/* Lines of JSON in the shape of the Engine API, at most max bytes: what does not fit is written without its labels, and what
 * still does not fit is left out. Free with g_free(). */
char *facts_file_text(DockerFacts *facts, gsize max, bool *ret_whole);

/* Replaces the whole file. Creates the folder if need be. */
bool facts_file_save(const char *path, const char *text, GError **error);
