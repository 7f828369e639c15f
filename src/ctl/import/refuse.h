/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the error of an import: what is read cannot become policies. Its sentence names the file, the line and the word. Must not know
 * what is read. Pure. */

#include <stdbool.h>

#include <glib.h>

#define IMPORT_ERROR (import_error_quark())

typedef enum ImportError {
        IMPORT_ERROR_REFUSED,
} ImportError;

GQuark import_error_quark(void);

/* Sets IMPORT_ERROR_REFUSED with this sentence; returns false. */
bool import_refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
