/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the words of a policy mean on this host now: which of them mean nothing, or something else than one would think. Must
 * not know who is told. */

#include "daemon/context.h"

typedef struct Note {
        const char *code;   /* static */
        char *sentence;     /* begins with the policy's key: "interfaces: ..." */
        const char *policy; /* its name, borrowed from the set; NULL: meaning_list() was asked about one */
} Note;

/* What a person should know of these words before, in the order of the policy's keys (Note *; unref the array). What is not known,
 * as Docker has not told yet, is not noted. */
GPtrArray *meaning_list(Context *context, const Policy *policy);

/* Of all policies that are in force: only what means that one does not hold for what it seems to cover. O(policies), and on a host
 * with networks past its firewall (macvlan) times containers. */
GPtrArray *meaning_list_open(Context *context, PolicySet *set);
