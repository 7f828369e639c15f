/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scope.h"

#include <glib.h>

static const char *const NAMES[] = { [SCOPE_RUNTIME] = "runtime", [SCOPE_PERMANENT] = "permanent", [SCOPE_BOTH] = "both" };

const char *scope_to_string(Scope scope) {
        return NAMES[scope];
}

Scope scope_from_string(const char *text) {
        Scope scope = SCOPE_BOTH;
        while (scope && g_strcmp0(NAMES[scope], text) != 0)
                scope--;
        return scope;
}
