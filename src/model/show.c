/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "show.h"

static bool must_be_escaped(gunichar character) {
        switch (g_unichar_type(character)) {
        case G_UNICODE_CONTROL:
        case G_UNICODE_FORMAT: /* changes the direction of the text that follows, or is invisible */
        case G_UNICODE_LINE_SEPARATOR:
        case G_UNICODE_PARAGRAPH_SEPARATOR:
                return true;
        default:
                return false;
        }
}

char *show_text(const char *text) {
        GString *shown = g_string_new(NULL);
        for (const char *c = text; *c;) {
                const gunichar character = g_utf8_get_char_validated(c, -1);
                if (character == (gunichar) -1 || character == (gunichar) -2) {
                        g_string_append_printf(shown, "\\x%02x", (guchar) *c++);
                        continue;
                }
                if (!must_be_escaped(character))
                        g_string_append_unichar(shown, character);
                else
                        g_string_append_printf(shown, character < 0x100 ? "\\x%02x" : "\\u%04x", character);
                c = g_utf8_next_char(c);
        }
        return g_string_free(shown, FALSE);
}
