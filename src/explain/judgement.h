/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the result of one rule for one packet, whichever program made the rule. */

#include "explain/packet.h"

typedef enum {
        ACT_NOTHING, /* the rule only counts */
        ACT_NOTE,    /* it logs, and evaluation goes on */
        ACT_ACCEPT,
        ACT_DROP,
        ACT_REJECT,
        ACT_RETURN,
        ACT_JUMP,
        ACT_GOTO,
        ACT_DNAT,
        ACT_REDIRECT, /* DNAT to the host itself */
        ACT_SNAT,     /* without an address: to that of the outgoing interface */
} Act;

typedef struct Judgement {
        Answer matches;
        Act act;
        const char *chain; /* of ACT_JUMP and ACT_GOTO; borrowed from the rule */
        bool has_address;  /* of ACT_DNAT and ACT_SNAT */
        guint8 address[16];
        guint16 port;         /* of ACT_DNAT and ACT_REDIRECT; 0: stays */
        bool marks, notracks; /* before any act, and even if a later match fails */
        guint32 mark;         /* the new mark */
        char *changes; /* other changes of the packet, whose result later rules see and this module does not know; NULL: none */
        char *unknown; /* the part of the rule that could not be evaluated; NULL: none */
        GPtrArray
                *matched; /* char *, two and two: a set as the rule names it, and the element of it that matches; NULL: none */
} Judgement;

/* How a set without a name is called in Judgement.matched. */
#define SET_WITHOUT_NAME "{ ... }"

/* Takes the element. */
void judgement_note_element(Judgement *judgement, const char *set, char *element);

/* The rule's text with the elements that match behind their sets: "ip saddr @offices (192.168.1.0/24) accept". Free with g_free(). */
char *judgement_format(const Judgement *judgement, const char *text);

static inline void judgement_clear(Judgement *judgement) {
        g_clear_pointer(&judgement->unknown, g_free);
        g_clear_pointer(&judgement->changes, g_free);
        g_clear_pointer(&judgement->matched, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Judgement, judgement_clear)
