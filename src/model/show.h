/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how text from others is shown to a person: in the journal, in errors and Problems, and in polkit's prompt. src/ctl has
 * the same for its terminal (text_printable()), and one table of tests checks both. */

#include <stdbool.h>

#include <glib.h>

/* One line that no name, comment or answer can break, forge or reverse: control characters (C0, C1, DEL) and bytes that are not
 * UTF-8 become \x0a; marks that change the direction of writing, other invisible ones and line separators become \u202e. A
 * backslash stays, so applying it twice changes nothing. Free with g_free(). */
char *show_text(const char *text);
