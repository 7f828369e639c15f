/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-error: errors of the models under the mock, with the text of firewalld or iptables. */
#pragma once

#include <gio/gio.h>

static inline gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static inline gboolean fail(GError **error, const char *format, ...) {
        va_list args;
        g_autofree char *text = NULL;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, text);
        return FALSE;
}
