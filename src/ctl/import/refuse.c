/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refuse.h"

#include <string.h>

G_DEFINE_QUARK(quaywallctl - import, import_error)

/* What is wrong may be a word of megabytes: such a sentence keeps its beginning, with the place, and its end, with the reason. */
#define REFUSE_MAX 1024

/* Takes the sentence. */
static char *refuse_shorten(char *sentence) {
        g_autofree char *whole = sentence;
        const gsize length = strlen(whole);

        if (length <= REFUSE_MAX || !g_utf8_validate(whole, -1, NULL))
                return g_steal_pointer(&whole);
        const char *begin = g_utf8_find_prev_char(whole, whole + REFUSE_MAX / 2),
                   *end = g_utf8_find_next_char(whole + length - REFUSE_MAX / 2, NULL);
        return g_strdup_printf("%.*s ... %s", (int) (begin - whole), whole, end);
}

bool import_refuse(GError **error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        g_autofree char *message = refuse_shorten(g_strdup_vprintf(format, args));
        va_end(args);
        g_set_error_literal(error, IMPORT_ERROR, IMPORT_ERROR_REFUSED, message);
        return false;
}
