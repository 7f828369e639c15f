/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what one rule says about one packet, whoever's rule it is. */

#include "explain/packet.h"

typedef enum {
        ACT_NOTHING, /* the rule only counts */
        ACT_NOTE, /* it logs: seen, and the next rule's turn */
        ACT_ACCEPT,
        ACT_DROP,
        ACT_REJECT,
        ACT_RETURN,
        ACT_JUMP,
        ACT_GOTO,
        ACT_DNAT,
        ACT_REDIRECT, /* DNAT to the host itself */
        ACT_SNAT, /* without an address: to that of the interface where it goes out */
} Act;

typedef struct Judgement {
        Answer matches;
        Act act;
        const char *chain; /* of ACT_JUMP and ACT_GOTO; borrowed from the rule */
        bool has_address; /* of ACT_DNAT and ACT_SNAT */
        guint8 address[16];
        guint16 port;      /* of ACT_DNAT and ACT_REDIRECT; 0: stays */
        bool marks, notracks; /* before the act, whatever that is, and also where a match behind it fails */
        guint32 mark; /* what it becomes */
        char *changes; /* what else of the packet it changes, so that rules behind see what is not known here; NULL: nothing */
        char *unknown;     /* what of the rule could not be told; NULL: nothing */
} Judgement;

static inline void judgement_clear(Judgement *judgement) {
        g_clear_pointer(&judgement->unknown, g_free);
        g_clear_pointer(&judgement->changes, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Judgement, judgement_clear)
