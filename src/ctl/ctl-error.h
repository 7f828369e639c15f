/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the errors that quaywallctl itself makes, and its exit statuses. Errors of the service stay GDBusErrors; client.c turns both
 * into exit statuses. Must not know the bus. */

#include <stdbool.h>

#include <glib.h>

#define CTL_ERROR (ctl_error_quark())

typedef enum CtlError {
        CTL_ERROR_USAGE,          /* the command line is wrong: exit status 2 */
        CTL_ERROR_FAILED,         /* anything else: exit status 1 */
        CTL_ERROR_NOT_AUTHORISED, /* what the user may not do without quaywalld: exit status 3 */
        CTL_ERROR_NO_POLICY,      /* of this name: exit status 1 */
        CTL_ERROR_NO_GROUP,       /* likewise */
        CTL_ERROR_DONE,           /* not an error: --help or a completion was printed, and the command does not run */
} CtlError;

GQuark ctl_error_quark(void);

/* Set CTL_ERROR_USAGE or CTL_ERROR_FAILED with this sentence; return false. */
bool ctl_usage_error(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
bool ctl_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Sets CTL_ERROR_NO_POLICY or CTL_ERROR_NO_GROUP; the sentence has the name in quotes. Returns false. */
bool ctl_no_such(GError **error, CtlError code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Sets CTL_ERROR_DONE; returns false. */
bool ctl_done(GError **error);

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
