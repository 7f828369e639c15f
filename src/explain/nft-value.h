/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the left side of nftables' matches: an expression's value for a packet. */

#include <json-glib/json-glib.h>

#include "explain/packet.h"

typedef enum {
        VALUE_NONE,    /* the packet has no such value, so the rule does not match */
        VALUE_UNKNOWN, /* it has a value that is not known here */
        VALUE_TEXT,
        VALUE_NUMBER,
        VALUE_PORT, /* a number; 0: a port that the system chose */
        VALUE_ADDRESS,
        VALUE_FLAGS, /* several names */
        VALUE_TRUTH,
        VALUE_TIME, /* seconds since 1970 */
} ValueKind;

typedef struct Value {
        ValueKind kind;
        const char *text; /* of VALUE_TEXT; static or of the packet */
        guint64 number;   /* of VALUE_NUMBER, VALUE_PORT, VALUE_TRUTH, VALUE_TIME */
        Family family;    /* of VALUE_ADDRESS */
        guint8 address[16];
        const char *flags[4]; /* of VALUE_FLAGS; static */
} Value;

/* The value of a single expression; the caller handles concatenations. */
Value nft_value(JsonObject *expression, const Packet *packet, const Host *host);
