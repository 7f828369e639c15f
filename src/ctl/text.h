/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns text for people: aligned tables, lists, shell words, colours. Whatever came from the bus goes through text_printable(), so that
 * a description cannot drive the terminal. Must not know what the words mean. Pure. */

#include <stdbool.h>

#include <glib.h>

typedef struct TextTable TextTable;

/* headers: ended by NULL. Free with text_table_free(). */
TextTable *text_table_new(const char *const *headers);

/* Adds a row: one cell for each header (no NULL before the end), copied and made printable; "" is printed as "-". */
void text_table_add(TextTable *table, const char *const *cells);

/* The table as lines without trailing blanks; headers in bold when colour. Free with g_free(). */
char *text_table_format(const TextTable *table, bool colour);
void text_table_free(TextTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextTable, text_table_free)

/* One line: control characters (tab and newline too) and bytes that are not UTF-8 become \x1b, invisible characters and those that
 * turn the direction of writing \u202e. The same as show_text() of src/model, which src/ctl may not include; one table of tests holds
 * both. Free with g_free(). */
char *text_printable(const char *text);

/* How many columns of a terminal printable text takes, and no more of it than so many columns: what is cut off shows as ">". Free
 * with g_free(). */
glong text_width(const char *text);
char *text_clip(const char *text, glong width);

/* "a, b, c"; with limit > 0 "a, b +98" when there are more than limit; "" for none. Free with g_free(). */
char *text_list(const char *const *words, guint limit);

/* A value of the bus as text: strings as text_list() has them, a string as it is, everything else as GVariant writes it. Not printable
 * yet. Free with g_free(). */
char *text_value(GVariant *value);

/* The words as one shell command line, quoted only where a shell needs it. Free with g_free(). */
char *text_command(const char *const *words);

typedef enum TextColour { TEXT_BOLD, TEXT_GREEN, TEXT_YELLOW, TEXT_RED } TextColour;

/* Text in that colour when colour, else a copy. Free with g_free(). */
char *text_coloured(const char *text, TextColour which, bool colour);
