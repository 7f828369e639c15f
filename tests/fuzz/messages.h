/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns D-Bus messages from text, so that a corpus can be read and a fuzzer gets past the first value. Each line is one value, in the
 * order of the signature; of a variant, the first line is its type; "." ends an array. Where the text ends, strings are empty and
 * numbers 0. Must not know what the messages mean. */

#include <stdbool.h>

#include <glib.h>
#include <systemd/sd-bus.h>

/* With more lines a reader would yield to an event loop, which no target has. */
#define MESSAGE_LINES_MAX 2000U

typedef struct MessageText {
        GStrv lines;
        guint next;
} MessageText;

/* False: this cannot be what a message has, since it is not UTF-8, or too long. Clear it all the same. */
bool message_text_read(MessageText *text, const char *data, gsize size);
void message_text_clear(MessageText *text);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MessageText, message_text_clear)

/* The next line; NULL: there is none. */
const char *message_text_next(MessageText *text);

/* A bus that leads nowhere, for messages that are never sent; borrowed. */
sd_bus *message_bus(void);

/* Appends values of this signature, NULL for none. Negative if they do not make a message: ignore the input then. */
int message_append(sd_bus_message *m, const char *signature, MessageText *text);

/* The message can be read now; false: its signature is too long for one. */
bool message_seal(sd_bus_message *m);
