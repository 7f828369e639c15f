/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/show.h"

#include <string.h>

#include "escapes.h"
#include "model/error.h"

static void test_escapes(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(ESCAPES); i++) {
                g_autofree char *shown = show_text(ESCAPES[i].text), *twice = show_text(shown);
                g_assert_cmpstr(shown, ==, ESCAPES[i].shown);
                g_assert_cmpstr(twice, ==, shown);
        }
}

/* Every character results in valid UTF-8 on one line. */
static void test_every_character(void) {
        for (gunichar character = 1; character <= 0x10ffff; character++) {
                char text[8] = { 0 };
                if (character >= 0xd800 && character < 0xe000)
                        continue;
                g_unichar_to_utf8(character, text);
                g_autofree char *shown = show_text(text);
                const gunichar first = g_utf8_get_char(shown);
                if (!g_utf8_validate(shown, -1, NULL) || g_unichar_iscntrl(first) || strpbrk(shown, "\r\n") ||
                    (first != character && shown[0] != '\\'))
                        g_error("U+%04x is shown as \"%s\"", character, shown);
        }
}

/* A caller's text is truncated, if necessary inside a character, and is still fit for one line. */
static void test_error_show(void) {
        g_autofree char *long_text = g_strnfill(100, 'a');
        memcpy(long_text + 62, "\n\xe2\x80\xae", 4);
        g_autofree char *shown = quaywall_error_show(long_text);
        g_assert_true(g_str_has_suffix(shown, "aa\\x0a\\xe2"));
        g_assert_cmpuint(strlen(shown), ==, 62 + 8);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/show/escapes", test_escapes);
        g_test_add_func("/show/every-character", test_every_character);
        g_test_add_func("/show/error-show", test_error_show);
        return g_test_run();
}
