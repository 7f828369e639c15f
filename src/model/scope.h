/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the scope of a change: what is in force now, what will be from the next reload or boot on, or both. Must not know what
 * is changed. */

/* Flags. */
typedef enum Scope {
        SCOPE_RUNTIME = 1 << 0,
        SCOPE_PERMANENT = 1 << 1,
        SCOPE_BOTH = SCOPE_RUNTIME | SCOPE_PERMANENT,
} Scope;

/* "runtime", "permanent" or "both", as the bus and the history have it. */
const char *scope_to_string(Scope scope);

/* 0 for any other text, and for NULL. */
Scope scope_from_string(const char *text);
