/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how text of others is shown to a person: in the journal, in errors and Problems, and in polkit's question. src/ctl has
 * the same for its terminal (text_printable()), and one table of tests holds both. */

#include <stdbool.h>

#include <glib.h>

/* One line that no name, comment or answer can break, forge or turn around: control characters (C0, C1, DEL) and bytes that are
 * not UTF-8 as \x0a, marks that change the direction of writing, other invisible ones and separators of lines as \u202e. A
 * backslash stays, so doing it twice changes nothing. Free with g_free(). */
char *show_text(const char *text);
