/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "quaywall-error.h"

#include <gio/gio.h>

#include "model/error-names.h"

#define ERROR_ENTRY(code, name) { QUAYWALL_ERROR_##code, "org.quaywall1.Error." name },

static const GDBusErrorEntry entries[] = { QUAYWALL_ERROR_NAMES(ERROR_ENTRY) };

/**
 * quaywall_error_quark:
 *
 * Returns: what %QUAYWALL_ERROR stands for
 */
GQuark quaywall_error_quark(void) {
        static gsize quark;

        g_dbus_error_register_error_domain("quaywall-error-quark", &quark, entries, G_N_ELEMENTS(entries));
        return (GQuark) quark;
}

/* An error that arrived before its domain was registered would never match it, and g_error_matches(error, QUAYWALL_ERROR, ...) comes
 * after the error. */
static void __attribute__((constructor)) register_errors(void) {
        (void) quaywall_error_quark();
}
