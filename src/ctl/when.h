/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how a user says how long something holds, and how he is told. Pure: the time now is given. */

#include <stdbool.h>

#include <glib.h>

/* "2h", "90min", "1d 12h" from now; and "18:00" (the next one), "2026-12-01", "2026-12-01 18:00", all in the time zone of now, or a
 * time of ISO 8601 with its zone. The results, as quaywalld takes them ("2026-11-30T18:00:00Z"), are free with g_free(). NULL and
 * CTL_ERROR_USAGE for what is none of these, past, or more than a hundred years away. */
char *when_for(const char *text, GDateTime *now, GError **error);
char *when_until(const char *text, GDateTime *now, GError **error);

/* "18:00 (1 h 55 min left)" for a time that quaywalld tells, with the date if that is another one; the text itself if it is none. */
char *when_show(const char *until, GDateTime *now);

/* The text with each such time in it shown so: "203.0.113.9 until 18:00 (1 h 55 min left)". */
char *when_show_all(const char *text, GDateTime *now);
