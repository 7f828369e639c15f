/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the entry point that libFuzzer calls, and the checks that all targets share. "make check-attack" builds the targets with
 * libFuzzer and defines WITH_LIBFUZZER, which leaves driver.c empty. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks an error: it has a message that D-Bus and a terminal can display, of bounded length. */
#define MESSAGE_MAX 2000
static inline void check_error(const GError *error, size_t max) {
        if (!error || !error->message[0] || !g_utf8_validate(error->message, -1, NULL) || strlen(error->message) > max)
                abort();
}

/* The same of one that holds bytes of a file: the journal and the bus get it by show_text(). */
static inline void check_raw_error(const GError *error) {
        if (!error || !error->message[0])
                abort();
}
