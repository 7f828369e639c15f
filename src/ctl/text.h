/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns text for people: aligned tables, wrapped lines, lists, shell words, colours, natural order. Whatever came from the bus goes through text_printable(), so that
 * a description cannot drive the terminal. Must not know what the words mean. Pure. */

#include <stdbool.h>

#include <glib.h>

typedef struct TextTable TextTable;

/* headers: ended by NULL. Free with text_table_free(). */
TextTable *text_table_new(const char *const *headers);

/* Adds a row: one cell for each header (no NULL before the end), copied and made printable; "" is printed as "-". */
void text_table_add(TextTable *table, const char *const *cells);

/* Lines get no longer than width, 0 (the default): each row is one line. Columns become narrower for it, the widest first, and their
 * cells take several lines. */
void text_table_set_width(TextTable *table, guint width);

/* The columns are as wide as that (columns of them, which the table keeps no copy of), whatever their cells need: for rows that are
 * printed before the next ones are known. */
void text_table_set_columns(TextTable *table, const guint *widths);

/* Where a line has no room for the words of all columns, the last column comes below its row: for sentences. */
void text_table_set_notes(TextTable *table);

/* The table as lines without trailing blanks; headers in bold when colour, and without headers no first line. Free with g_free(). */
char *text_table_format(const TextTable *table, bool colour);

/* Leaves out the headers. */
void text_table_hide_headers(TextTable *table);

/* The first column alone, without its header and as it was added: for scripts. Free with g_free(). */
char *text_table_first_column(const TextTable *table);
void text_table_free(TextTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextTable, text_table_free)

/* Appends the text in lines of at most width columns (0: one line), broken at blanks; inside a word only where it is longer than a
 * line, after "," or "-" if it has any. used: the columns of the first line that are taken; the others begin with indent blanks. No
 * newline at the end. */
void text_append_folded(GString *to, const char *text, guint used, guint indent, guint width);

/* Appends the text and blanks up to so many columns. */
void text_append_padded(GString *to, const char *text, guint width);

/* Where values begin behind labels (ended by NULL; not translated yet): behind the longest, and not before the column least. */
guint text_column(const char *const *labels, guint least);

/* Appends "key:  value" as a line of "show", where values begin two columns behind key_width; "" reads "-". */
void text_append_value(GString *to, guint key_width, const char *key, const char *value, guint width);

/* "42 seconds", "3 minutes", "2 hours", "5 days": the largest unit of which there are two, or seconds. Free with g_free(). */
char *text_duration(gint64 seconds);

/* For qsort() of char *, and g_ptr_array_sort(): numbers in names by their value, "customer-2" before "customer-10". */
int text_compare_natural(const void *a, const void *b);

/* One line: control characters (tab and newline too) and bytes that are not UTF-8 become \x1b, invisible characters and those that
 * turn the direction of writing \u202e. The same as show_text() of src/model, which src/ctl may not include; one table of tests holds
 * both. Free with g_free(). */
char *text_printable(const char *text);

/* How many columns of a terminal printable text takes, and no more of it than so many columns: what is cut off shows as ">". Free
 * with g_free(). */
guint text_width(const char *text);
char *text_clip(const char *text, guint width);

/* "a, b, c"; with limit > 0 "a, b +98" when there are more than limit; "" for none. Free with g_free(). */
char *text_list(const char *const *words, guint limit);

/* A value of the bus as text: strings as text_list() has them, a string as it is, everything else as GVariant writes it. Not printable
 * yet. Free with g_free(). */
char *text_value(GVariant *value);

/* The words as one shell command line, quoted only where a shell needs it. Free with g_free(). */
char *text_command(const char *const *words);

/* The same in lines of at most width (0: one line), between words, so that a shell still reads one command. Free with g_free(). */
char *text_command_folded(const char *const *words, guint width);

typedef enum TextColour { TEXT_BOLD, TEXT_GREEN, TEXT_YELLOW, TEXT_RED } TextColour;

/* Text in that colour when colour, else a copy. Free with g_free(). */
char *text_coloured(const char *text, TextColour which, bool colour);
