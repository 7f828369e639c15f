/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what one rule says about one packet, whoever's rule it is. */

#include "explain/packet.h"

typedef enum {
        ACT_NOTHING, /* the rule only counts */
        ACT_NOTE,    /* it logs: seen, and the next rule's turn */
        ACT_ACCEPT,
        ACT_DROP,
        ACT_REJECT,
        ACT_RETURN,
        ACT_JUMP,
        ACT_GOTO,
        ACT_DNAT,
        ACT_REDIRECT, /* DNAT to the host itself */
        ACT_SNAT,
        ACT_MARK,
        ACT_NOTRACK,
} Act;

typedef struct Judgement {
        Answer matches;
        Act act;
        const char *chain; /* of ACT_JUMP and ACT_GOTO; borrowed from the rule */
        bool has_address;  /* of ACT_DNAT */
        guint8 address[16];
        guint16 port;      /* of ACT_DNAT and ACT_REDIRECT; 0: stays */
        guint32 mark;      /* of ACT_MARK: what it becomes */
        char *unknown;     /* what of the rule could not be told; NULL: nothing */
} Judgement;

static inline void judgement_clear(Judgement *judgement) {
        g_clear_pointer(&judgement->unknown, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Judgement, judgement_clear)
