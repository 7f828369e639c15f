/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the terminal while a page fills it: its settings, its second screen, its size and its keys, all of which it gets back. Must not
 * know what is on the page. ANSI sequences that every terminal of the last thirty years knows, and termios: one page that is written
 * whole needs no library for parts of a screen. */

#include <stdbool.h>

#include <glib.h>

typedef enum TerminalKey {
        TERMINAL_NONE, /* nothing that means anything */
        TERMINAL_QUIT,
        TERMINAL_SUSPEND,
        TERMINAL_REDRAW,
        TERMINAL_UP,
        TERMINAL_DOWN,
        TERMINAL_PAGE_UP,
        TERMINAL_PAGE_DOWN,
        TERMINAL_HOME,
        TERMINAL_END,
} TerminalKey;

/* Whether standard input and output are one that a page can be shown on; CTL_ERROR_FAILED says what is used instead. */
bool terminal_check(GError **error);

/* Takes it, and gives it back; both may be called again. */
void terminal_enter(void);
void terminal_leave(void);

void terminal_get_size(guint *ret_width, guint *ret_height);

/* Writes the rows from the top left corner on. False when the terminal is gone. */
bool terminal_draw(const char *frame);

/* The next key of what was read into buffer, which it takes off. TERMINAL_NONE and an empty buffer: no more. A sequence that has begun
 * and is not whole counts as nothing. Pure. */
TerminalKey terminal_next_key(GString *buffer);

/* Adds what was typed to buffer. False at its end: the terminal is gone. */
bool terminal_read(GString *buffer);
