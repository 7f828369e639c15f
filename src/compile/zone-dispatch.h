/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how firewalld's rules assign clients to zones, whatever its version calls the chains. Must not know what a zone does. */

#include "compile/zone-rules.h"

/* One assignment, in firewalld's order: the first that matches counts. */
typedef struct Dispatch {
        GPtrArray *words; /* char *, of the whole rule */
        guint verdict;    /* the index of the word; words->len: there is none */
        char *clients;    /* whom it is about: the words before, "" for everybody */
        char *zone;       /* where it leads; NULL: to no zone, but to a policy, or it refuses */
} Dispatch;

/* The rules of the dispatcher (Dispatch; unref the array); empty: there is none. */
GArray *zone_dispatch_read(const ZoneRules *zones);

/* Whether the word is a verdict. */
bool zone_word_is_verdict(const char *word);
