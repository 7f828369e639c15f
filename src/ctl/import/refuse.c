/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "refuse.h"

G_DEFINE_QUARK(quaywallctl - import, import_error)

bool import_refuse(GError **error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        g_autofree char *message = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error_literal(error, IMPORT_ERROR, IMPORT_ERROR_REFUSED, message);
        return false;
}
