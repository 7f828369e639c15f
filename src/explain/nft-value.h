/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the left side of nftables' matches: what an expression is for a packet. */

#include <json-glib/json-glib.h>

#include "explain/packet.h"

typedef enum {
        VALUE_NONE,    /* the packet has no such thing, so the rule does not match */
        VALUE_UNKNOWN, /* it has one that nobody here knows */
        VALUE_TEXT,
        VALUE_NUMBER,
        VALUE_PORT,    /* a number; 0: one that the system chose */
        VALUE_ADDRESS,
        VALUE_FLAGS,   /* several names */
        VALUE_TRUTH,
} ValueKind;

typedef struct Value {
        ValueKind kind;
        const char *text;      /* of VALUE_TEXT; static or of the packet */
        guint64 number;        /* of VALUE_NUMBER, VALUE_PORT, VALUE_TRUTH */
        Family family;         /* of VALUE_ADDRESS */
        guint8 address[16];
        const char *flags[4];  /* of VALUE_FLAGS; static */
} Value;

/* Of a single expression; concatenations are the caller's. */
Value nft_value(JsonObject *expression, const Packet *packet, const Host *host);
