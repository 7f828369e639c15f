/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the words of a policy mean on this host now: which mean nothing, or something else than expected. Must not know who
 * is told. */

#include "model/policy-set.h"
#include "world/world.h"

typedef struct Note {
        const char *code;   /* static */
        char *sentence;     /* begins with the policy's key: "interfaces: ..." */
        const char *policy; /* its name, borrowed from the set; NULL from meaning_list() and meaning_add() */
} Note;

/* What a user should know of these words before setting them, in the order of the policy's keys (Note *; unref the array). What
 * Docker has not reported yet is not noted. set: whose groups it means; ipsets: those that it names. */
GPtrArray *meaning_list(World *world, const Policy *policy, PolicySet *set, Ipsets *ipsets);

/* The same of a group. */
GPtrArray *meaning_list_group(const Group *group);

void meaning_note_free(gpointer p);

/* Adds one; takes ownership of the sentence. */
void meaning_add(GPtrArray *notes, const char *code, char *sentence);

/* For all policies in force: only what keeps one from covering what it seems to cover. O(policies), and on a host with networks
 * that bypass its firewall (macvlan), times containers. */
GPtrArray *meaning_list_open(World *world, PolicySet *set);

/* Refuses what cannot be enforced on this host: ipsets of types that list no addresses; zones where firewalld's rules cannot be
 * copied. ipsets: those that the policy names. */
bool meaning_check(World *world, const Policy *policy, Ipsets *ipsets, GError **error);
