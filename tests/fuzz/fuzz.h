/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the entry point that libFuzzer calls, and what all targets check. Build one with libFuzzer by
 * "make check-attack", which defines WITH_LIBFUZZER: driver.c is empty then. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whoever refuses says why, in text that D-Bus and a terminal can carry; the service in few words. */
#define MESSAGE_MAX 2000
static inline void check_error(const GError *error, size_t max) {
        if (!error || !error->message[0] || !g_utf8_validate(error->message, -1, NULL) || strlen(error->message) > max)
                abort();
}
