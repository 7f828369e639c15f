/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ctl-error: the errors that quaywallctl itself makes. What the service answers stays a GDBusError; client.c turns
 * both into exit statuses. Knows nothing of the bus. */
#pragma once

#include <glib.h>

#define CTL_ERROR (ctl_error_quark())

typedef enum CtlError {
        CTL_ERROR_USAGE,  /* the command line is wrong: exit status 2 */
        CTL_ERROR_FAILED, /* anything else: exit status 1 */
} CtlError;

GQuark ctl_error_quark(void);

/* Sets CTL_ERROR_USAGE and returns FALSE. */
gboolean ctl_usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Documented in --help and in quaywallctl(1); scripts rely on them. */
typedef enum CtlExit {
        CTL_EXIT_OK = 0,
        CTL_EXIT_FAILED = 1,
        CTL_EXIT_USAGE = 2,
        CTL_EXIT_NOT_AUTHORISED = 3,
        CTL_EXIT_UNREACHABLE = 4,
        CTL_EXIT_PROBLEMS = 5,
        CTL_EXIT_BLOCKED = 6,
        CTL_EXIT_UNCERTAIN = 7,
} CtlExit;
