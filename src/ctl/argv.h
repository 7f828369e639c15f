/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* argv: what GOptionContext cannot do with a command line: options that take several words, and "--". Pure. */
#pragma once

#include <glib.h>

/* Splits at the first "--", which goes, and tells whether there was one; both parts belong to the caller. */
gboolean argv_split(const char *const *argv, GStrv *head, GStrv *tail);

/* "--from a b c" becomes "--from a --from b --from c" for every option in list_options (long names, NULL: none). A list
 * ends at the next word that starts with "-"; "--from=a" takes exactly one word. */
void argv_expand_lists(GStrv *argv, const char *const *list_options);

/* Splits each value at its commas, strips blanks; empty for none. An empty piece is an error that names option. */
GStrv argv_split_commas(const char *const *values, const char *option, GError **error);
