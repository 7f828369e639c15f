/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <string.h>

#include <glib/gi18n.h>

#define TEXT_RESET "\033[0m"

/* No column gets narrower than this, so that a narrow terminal still has readable text. */
#define TEXT_COLUMN_MIN 6

/* Blanks between two columns. */
#define TEXT_GAP 2

/* Blanks before a note below its row. */
#define TEXT_NOTE_INDENT 4

/* An empty cell. */
#define TEXT_NOTHING "-"

struct TextTable {
        guint columns, width;
        bool hide_headers, has_notes;
        const guint *widths; /* NULL: they are found */
        GPtrArray *cells;    /* row by row, the headers first */
};

TextTable *text_table_new(const char *const *headers) {
        TextTable *table = g_new0(TextTable, 1);

        table->columns = g_strv_length((GStrv) headers);
        table->cells = g_ptr_array_new_with_free_func(g_free);
        text_table_add(table, headers);
        return table;
}

void text_table_add(TextTable *table, const char *const *cells) {
        for (guint column = 0; column < table->columns; column++)
                g_ptr_array_add(table->cells, *cells[column] ? text_printable(cells[column]) : g_strdup(TEXT_NOTHING));
}

void text_table_set_width(TextTable *table, guint width) {
        table->width = width;
}

void text_table_set_columns(TextTable *table, const guint *widths) {
        table->widths = widths;
}

void text_table_set_notes(TextTable *table) {
        table->has_notes = true;
}

void text_table_hide_headers(TextTable *table) {
        table->hide_headers = true;
}

static guint text_character_width(const char *c) {
        const gunichar character = g_utf8_get_char(c);

        return g_unichar_iszerowidth(character) ? 0 : g_unichar_iswide(character) ? 2 : 1;
}

guint text_width(const char *text) {
        guint width = 0;

        for (const char *c = text; *c; c = g_utf8_next_char(c))
                width += text_character_width(c);
        return width;
}

char *text_clip(const char *text, guint width) {
        const char *c = text;

        if (text_width(text) <= width)
                return g_strdup(text);
        /* The last column says that there is more. */
        for (guint used = 0; used + text_character_width(c) < width; c = g_utf8_next_char(c))
                used += text_character_width(c);
        g_autofree char *begin = g_strndup(text, c - text);
        return g_strconcat(begin, width > 0 ? ">" : "", NULL);
}

/* Whether a line may end before this character, which is not the first, though there is no blank: between wide ones, as Japanese is
 * written, but not before what closes and not behind what opens. */
static bool text_divides(const char *c) {
        static const char CLOSING[] = "、。，．・：；？！）」』】〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ",
                          OPENING[] = "（「『【〈《";
        const gunichar before = g_utf8_get_char(g_utf8_prev_char(c)), after = g_utf8_get_char(c);

        return (g_unichar_iswide(before) || g_unichar_iswide(after)) && before != ' ' && after != ' ' &&
               !g_utf8_strchr(CLOSING, -1, after) && !g_utf8_strchr(OPENING, -1, before) &&
               !strchr(",.:;)", (int) MIN(after, 0x7f)) && before != '(';
}

/* Where the first line ends, and in *ret_next where the second begins. */
static const char *text_find_break(const char *text, guint width, const char **ret_next) {
        const char *blank = NULL, *mark = NULL, *between = NULL, *c = text;

        for (guint used = 0; *c && used + text_character_width(c) <= width; c = g_utf8_next_char(c)) {
                used += text_character_width(c);
                if (c > text && text_divides(c))
                        between = c;
                if (*c == ' ')
                        blank = c;
                else if (*c == ',' || *c == '-')
                        mark = c + 1;
        }
        if (*c && c > text && text_divides(c))
                between = c;
        if (!*c || *c == ' ')
                blank = c;
        if (between && (!blank || between > blank))
                return *ret_next = between;
        if (!blank && mark && c > text)
                c = mark;
        if (!blank && c == text)
                c = g_utf8_next_char(c); /* a wide character in a line of one column */
        *ret_next = !blank ? c : *blank ? blank + 1 : blank;
        return blank ? blank : c;
}

/* first: the room of the first line; 0 for width: no limit. At least one line. */
static GStrv text_fold(const char *text, guint first, guint width) {
        g_autoptr(GStrvBuilder) lines = g_strv_builder_new();
        guint room = first;

        do {
                const char *next = text + strlen(text), *end = width > 0 ? text_find_break(text, room, &next) : next;
                g_autofree char *line = g_strndup(text, end - text);

                g_strv_builder_add(lines, line);
                text = next;
                room = width;
        } while (*text);
        return g_strv_builder_end(lines);
}

/* What is left of a line, or a little more than that. */
static guint text_room(guint width, guint used) {
        return width > used + TEXT_COLUMN_MIN ? width - used : TEXT_COLUMN_MIN;
}

void text_append_folded(GString *to, const char *text, guint used, guint indent, guint width) {
        g_auto(GStrv) lines = text_fold(text, text_room(width, used), width > 0 ? text_room(width, indent) : 0);
        g_autofree char *between = g_strdup_printf("\n%*s", (int) indent, "");
        g_autofree char *folded = g_strjoinv(between, lines);

        g_string_append(to, folded);
}

void text_append_padded(GString *to, const char *text, guint width) {
        const guint used = text_width(text);

        g_string_append_printf(to, "%s%*s", text, (int) (width > used ? width - used : 0), "");
}

guint text_column(const char *const *labels, guint least) {
        for (; *labels; labels++)
                least = MAX(least, text_width(gettext(*labels)) + 1);
        return least;
}

void text_append_value(GString *to, guint key_width, const char *key, const char *value, guint width) {
        g_autofree char *label = text_printable(key), *shown = text_printable(*value ? value : TEXT_NOTHING);

        g_string_append_printf(to, "%s:%*s", label, (int) (key_width - text_width(label) + 1), "");
        text_append_folded(to, shown, key_width + 2, key_width + 2, width);
        g_string_append_c(to, '\n');
}

/* Of what may not be divided; at marks: of what may be divided at blanks only, or also after "," and "-". */
static guint text_longest_word(const char *text, bool at_marks) {
        guint longest = 0, length = 0;

        for (const char *c = text; *c; c = g_utf8_next_char(c)) {
                if (c > text && text_divides(c))
                        length = 0;
                length = *c == ' ' ? 0 : length + text_character_width(c);
                longest = MAX(longest, length);
                if (at_marks && (*c == ',' || *c == '-'))
                        length = 0;
        }
        return longest;
}

/* Makes the widest column narrower by one that is wider than its minimum; false: none is. */
static bool text_shrink(guint *widths, const guint *minima, guint columns) {
        guint widest = columns;

        for (guint i = 0; i < columns; i++)
                if (widths[i] > minima[i] && (widest == columns || widths[i] > widths[widest]))
                        widest = i;
        if (widest == columns)
                return false;
        widths[widest]--;
        return true;
}

static guint text_first_cell(const TextTable *table) {
        return table->hide_headers ? table->columns : 0;
}

static void text_raise(guint *widths, guint column, guint width) {
        widths[column] = MAX(widths[column], width);
}

/* The width of each of the first columns: what it needs, and where that is too much, what its longest word needs, then its longest part of
 * a word, and then even less. *ret_fits: no word is divided. */
static guint *text_find_widths(const TextTable *table, guint columns, bool *ret_fits) {
        guint *widths = g_new0(guint, table->columns);
        g_autofree guint *words = g_new0(guint, columns), *parts = g_new0(guint, columns), *minima = g_new0(guint, columns);
        const guint *const levels[] = { words, parts, minima };
        guint total = (columns - 1) * TEXT_GAP, level = 0;

        *ret_fits = true;
        if (table->widths) {
                memcpy(widths, table->widths, columns * sizeof *widths);
                return widths;
        }
        for (guint i = text_first_cell(table); i < table->cells->len; i++) {
                const char *cell = table->cells->pdata[i];

                text_raise(widths, i % table->columns, text_width(cell));
                if (i % table->columns >= columns)
                        continue;
                text_raise(words, i % table->columns, text_longest_word(cell, false));
                text_raise(parts, i % table->columns, text_longest_word(cell, true));
        }
        for (guint i = 0; i < columns; i++) {
                total += widths[i];
                minima[i] = MIN(widths[i], TEXT_COLUMN_MIN);
        }
        while (table->width > 0 && total > table->width && level < G_N_ELEMENTS(levels))
                if (text_shrink(widths, levels[level], columns))
                        total--;
                else
                        level++;
        *ret_fits = level == 0;
        return widths;
}

/* One row; its cells may take several lines. */
static void text_append_row(GString *to, const TextTable *table, guint columns, const guint *widths, guint first, bool bold) {
        g_autofree GStrv *cells = g_new0(GStrv, columns);
        bool more = true;

        for (guint column = 0; column < columns; column++)
                cells[column] = text_fold(table->cells->pdata[first + column], widths[column], widths[column]);
        g_autofree GStrv *rest = g_memdup2(cells, columns * sizeof *cells);
        while (more) {
                guint blanks = 0;

                more = false;
                for (guint column = 0; column < columns; column++) {
                        const char *line = *rest[column] ? *rest[column]++ : "";
                        g_autofree char *shown = text_coloured(line, TEXT_BOLD, bold && *line);

                        if (*line) {
                                g_string_append_printf(to, "%*s", (int) blanks, "");
                                blanks = 0;
                        }
                        g_string_append(to, shown);
                        blanks += widths[column] + TEXT_GAP - text_width(line);
                        more |= *rest[column] != NULL;
                }
                g_string_append_c(to, '\n');
        }
        for (guint column = 0; column < columns; column++)
                g_strfreev(cells[column]);
}

char *text_table_format(const TextTable *table, bool colour) {
        guint columns = table->columns;
        bool fits;
        g_autofree guint *widths = text_find_widths(table, columns, &fits);
        g_autoptr(GString) text = g_string_new(NULL);

        if (!fits && table->has_notes) {
                columns--;
                g_free(widths);
                widths = text_find_widths(table, columns, &fits);
        }
        for (guint i = text_first_cell(table); i < table->cells->len; i += table->columns) {
                const char *note = table->cells->pdata[i + table->columns - 1];

                text_append_row(text, table, columns, widths, i, colour && i == 0);
                if (columns == table->columns || i == 0 || g_str_equal(note, TEXT_NOTHING))
                        continue;
                g_string_append_printf(text, "%*s", TEXT_NOTE_INDENT, "");
                text_append_folded(text, note, TEXT_NOTE_INDENT, TEXT_NOTE_INDENT, table->width);
                g_string_append_c(text, '\n');
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

char *text_table_first_column(const TextTable *table) {
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = table->columns; i < table->cells->len; i += table->columns)
                g_string_append_printf(text, "%s\n", (const char *) table->cells->pdata[i]);
        return g_string_free(g_steal_pointer(&text), FALSE);
}

void text_table_free(TextTable *table) {
        g_ptr_array_unref(table->cells);
        g_free(table);
}

char *text_duration(gint64 seconds) {
        const gulong days = (gulong) (seconds / 86400), hours = (gulong) (seconds / 3600), minutes = (gulong) (seconds / 60);

        if (seconds >= 2 * 86400)
                return g_strdup_printf(ngettext("%lu day", "%lu days", days), days);
        if (seconds >= 2 * 3600)
                return g_strdup_printf(ngettext("%lu hour", "%lu hours", hours), hours);
        if (seconds >= 2 * 60)
                return g_strdup_printf(ngettext("%lu minute", "%lu minutes", minutes), minutes);
        const gulong rest = (gulong) MAX(seconds, 0);
        return g_strdup_printf(ngettext("%lu second", "%lu seconds", rest), rest);
}

int text_compare_natural(const void *a, const void *b) {
        return strverscmp(*(const char *const *) a, *(const char *const *) b);
}

static bool text_must_be_escaped(gunichar character) {
        switch (g_unichar_type(character)) {
        case G_UNICODE_CONTROL:
        case G_UNICODE_FORMAT: /* turns the direction of writing, or is invisible */
        case G_UNICODE_LINE_SEPARATOR:
        case G_UNICODE_PARAGRAPH_SEPARATOR:
                return true;
        default:
                return false;
        }
}

char *text_printable(const char *text) {
        g_autoptr(GString) printable = g_string_new(NULL);

        for (const char *c = text; *c;) {
                const gunichar character = g_utf8_get_char_validated(c, -1);

                if (character == (gunichar) -1 || character == (gunichar) -2) {
                        g_string_append_printf(printable, "\\x%02x", (guchar) *c++);
                        continue;
                }
                if (!text_must_be_escaped(character))
                        g_string_append_unichar(printable, character);
                else
                        g_string_append_printf(printable, character < 0x100 ? "\\x%02x" : "\\u%04x", character);
                c = g_utf8_next_char(c);
        }
        return g_string_free(g_steal_pointer(&printable), FALSE);
}

char *text_list(const char *const *words, guint limit) {
        const guint count = g_strv_length((GStrv) words);
        const guint shown = limit > 0 && count > limit ? limit : count;
        g_autoptr(GString) list = g_string_new(NULL);

        for (guint i = 0; i < shown; i++)
                g_string_append_printf(list, "%s%s", i > 0 ? ", " : "", words[i]);
        if (shown < count)
                g_string_append_printf(list, " +%u", count - shown);
        return g_string_free(g_steal_pointer(&list), FALSE);
}

char *text_value(GVariant *value) {
        if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
                g_autofree const char **words = g_variant_get_strv(value, NULL);

                return text_list(words, 0);
        }
        return g_variant_is_of_type(value, G_VARIANT_TYPE_STRING) ? g_variant_dup_string(value, NULL) :
                                                                    g_variant_print(value, FALSE);
}

char *text_command_folded(const char *const *words, guint width) {
        g_autoptr(GString) command = g_string_new(NULL);
        guint used = 0;

        for (guint i = 0; words[i]; i++) {
                const bool plain = *words[i] && !words[i][strspn(words[i], "abcdefghijklmnopqrstuvwxyz"
                                                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                           "0123456789@%+=:,./_-")];
                g_autofree char *quoted = plain || g_str_equal(words[i], "!") ? g_strdup(words[i]) : g_shell_quote(words[i]);
                const guint length = text_width(quoted);
                /* There must be room for the backslash as well. */
                const bool folds = width > 0 && i > 0 && used + 1 + length + 2 > width;

                if (i > 0)
                        g_string_append(command, folds ? " \\\n    " : " ");
                used = folds ? 4 + length : used + (i > 0) + length;
                g_string_append(command, quoted);
        }
        return g_string_free(g_steal_pointer(&command), FALSE);
}

char *text_command(const char *const *words) {
        return text_command_folded(words, 0);
}

char *text_coloured(const char *text, TextColour which, bool colour) {
        static const char *const codes[] = {
                [TEXT_BOLD] = "\033[1m",
                [TEXT_GREEN] = "\033[32m",
                [TEXT_YELLOW] = "\033[33m",
                [TEXT_RED] = "\033[31m",
        };

        return colour ? g_strconcat(codes[which], text, TEXT_RESET, NULL) : g_strdup(text);
}
