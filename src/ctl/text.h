/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text: words for a person: aligned tables, lists, shell words. Everything that came from the bus goes through
 * text_printable(), so that a description cannot drive the terminal. Pure. */
#pragma once

#include <glib.h>

typedef struct TextTable TextTable;

/* headers: NULL-terminated. */
TextTable *text_table_new(const char *const *headers);

/* One cell a header, NULL-terminated; NULL cells do not exist, an empty one is printed as "-". */
void text_table_add(TextTable *table, const char *const *cells);

/* The table as lines; headers in bold when colour. No trailing blanks. */
char *text_table_format(TextTable *table, gboolean colour);
void text_table_free(TextTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextTable, text_table_free)

/* One line: control characters (tab and newline too) and bytes that are not UTF-8 as \x1b, invisible characters and those that
 * turn the direction of writing as \u202e; the same as show_text() of src/model, and one table of tests holds both. */
char *text_printable(const char *text);

/* "a, b, c"; with limit > 0 "a, b +98" when there are more than limit; empty for none. */
char *text_list(const char *const *words, guint limit);

/* The words as one shell command line, quoted only where a shell needs it. */
char *text_command(const char *const *words);

typedef enum TextColour { TEXT_BOLD, TEXT_GREEN, TEXT_YELLOW, TEXT_RED } TextColour;

/* Text in that colour when colour, else a copy. */
char *text_coloured(const char *text, TextColour which, gboolean colour);
