/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what GOptionContext cannot do with a command line: options that take several words, and "--". Must not know any option or
 * command. Pure. */

#include <stdbool.h>

#include <glib.h>

/* Splits at the first "--", which is left out; returns whether there was one. Free both parts with g_strfreev(). */
bool argv_split(const char *const *argv, GStrv *ret_head, GStrv *ret_tail);

/* "--from a b c" becomes "--from a --from b --from c" for every option in list_options (long names; NULL: none). A list
 * ends at the next word that starts with "-" and is longer; "--from=a" takes exactly one word. Replaces *argv. */
void argv_expand_lists(GStrv *argv, const char *const *list_options);

/* Splits each value (values may be NULL) at its commas and strips blanks; free with g_strfreev(). An empty piece is
 * CTL_ERROR_USAGE, which names option. */
GStrv argv_split_commas(const char *const *values, const char *option, GError **error);
