/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl-error.h"

G_DEFINE_QUARK(quaywallctl - error, ctl_error)

static void G_GNUC_PRINTF(3, 0) ctl_error_set(GError **error, CtlError code, const char *format, va_list args) {
        g_autofree char *message = g_strdup_vprintf(format, args);

        g_set_error_literal(error, CTL_ERROR, code, message);
}

bool ctl_usage_error(GError **error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        ctl_error_set(error, CTL_ERROR_USAGE, format, args);
        va_end(args);
        return false;
}

bool ctl_fail(GError **error, const char *format, ...) {
        va_list args;

        va_start(args, format);
        ctl_error_set(error, CTL_ERROR_FAILED, format, args);
        va_end(args);
        return false;
}

bool ctl_no_such(GError **error, CtlError code, const char *format, ...) {
        va_list args;

        va_start(args, format);
        ctl_error_set(error, code, format, args);
        va_end(args);
        return false;
}

bool ctl_done(GError **error) {
        g_set_error_literal(error, CTL_ERROR, CTL_ERROR_DONE, "done");
        return false;
}
