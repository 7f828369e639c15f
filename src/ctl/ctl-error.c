/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl-error.h"

G_DEFINE_QUARK(quaywallctl - error, ctl_error)

gboolean ctl_usage_error(GError **error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        g_autofree char *message = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error_literal(error, CTL_ERROR, CTL_ERROR_USAGE, message);
        return FALSE;
}
