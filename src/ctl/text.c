/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <string.h>

#define TEXT_RESET "\033[0m"

struct TextTable {
        guint columns;
        GPtrArray *cells; /* row by row, the headers first */
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
                g_ptr_array_add(table->cells, *cells[column] ? text_printable(cells[column]) : g_strdup("-"));
}

glong text_width(const char *text) {
        glong width = 0;

        for (const char *c = text; *c; c = g_utf8_next_char(c)) {
                const gunichar character = g_utf8_get_char(c);

                if (!g_unichar_iszerowidth(character))
                        width += g_unichar_iswide(character) ? 2 : 1;
        }
        return width;
}

char *text_clip(const char *text, glong width) {
        glong used = 0;
        const char *c = text;

        if (text_width(text) <= width)
                return g_strdup(text);
        /* The last column says that there is more. */
        for (; *c; c = g_utf8_next_char(c)) {
                const gunichar character = g_utf8_get_char(c);

                if (!g_unichar_iszerowidth(character))
                        used += g_unichar_iswide(character) ? 2 : 1;
                if (used > width - 1)
                        break;
        }
        g_autofree char *begin = g_strndup(text, c - text);
        return width > 0 ? g_strconcat(begin, ">", NULL) : g_strdup("");
}

char *text_table_format(const TextTable *table, bool colour) {
        g_autofree glong *widths = g_new0(glong, table->columns);
        g_autoptr(GString) text = g_string_new(NULL);

        for (guint i = 0; i < table->cells->len; i++)
                widths[i % table->columns] = MAX(widths[i % table->columns], text_width(table->cells->pdata[i]));

        for (guint i = 0; i < table->cells->len; i++) {
                const guint column = i % table->columns;
                const char *cell = table->cells->pdata[i];
                g_autofree char *shown = text_coloured(cell, TEXT_BOLD, colour && i < table->columns);

                g_string_append(text, shown);
                if (column + 1 == table->columns)
                        g_string_append_c(text, '\n');
                else
                        for (glong blanks = widths[column] - text_width(cell) + 2; blanks > 0; blanks--)
                                g_string_append_c(text, ' ');
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

void text_table_free(TextTable *table) {
        g_ptr_array_unref(table->cells);
        g_free(table);
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

char *text_command(const char *const *words) {
        g_autoptr(GString) command = g_string_new(NULL);

        for (guint i = 0; words[i]; i++) {
                const bool plain = *words[i] && !words[i][strspn(words[i], "abcdefghijklmnopqrstuvwxyz"
                                                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                           "0123456789@%+=:,./_-")];
                g_autofree char *quoted = plain || g_str_equal(words[i], "!") ? g_strdup(words[i]) : g_shell_quote(words[i]);

                if (i > 0)
                        g_string_append_c(command, ' ');
                g_string_append(command, quoted);
        }
        return g_string_free(g_steal_pointer(&command), FALSE);
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
