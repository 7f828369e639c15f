/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the ipsets of firewalld that policies name contain. Must not know firewalld. */

#include "policy-set.h"

typedef enum IpsetState {
        IPSET_FINE,
        IPSET_MISSING,  /* firewalld has none of this name */
        IPSET_UNUSABLE, /* its type or its entries cannot be used as sources */
} IpsetState;

typedef struct Ipset {
        IpsetState state;
        GArray *entries; /* AddressRange; none unless it is fine */
        char *flaw;      /* what is wrong with it, for people: "does not exist"; NULL: nothing */
} Ipset;

typedef GHashTable Ipsets; /* char * name -> Ipset * */

Ipsets *ipsets_new(void);
void ipsets_unref(Ipsets *ipsets);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ipsets, ipsets_unref)

/* Replaces the ipset of this name. entries: text as in firewalld's ipsets of type hash:ip and hash:net; one that is not
 * understood, or more of them than LIMIT_ADDRESSES, is a flaw. */
void ipsets_put(Ipsets *ipsets, const char *name, const char *const *entries);
void ipsets_put_flaw(Ipsets *ipsets, const char *name, IpsetState state, const char *flaw);

/* NULL: it was never read. */
const Ipset *ipsets_find(Ipsets *ipsets, const char *name);

bool ipsets_equal(Ipsets *a, Ipsets *b);

/* The ipsets that policies of these sets name (char *, sorted, borrowed from the policies; unref the array). sets: ended by
 * NULL. */
GPtrArray *ipsets_named(PolicySet *const *sets);

/* If the policies of one of these sets (ended by NULL) would have more than LIMIT_ADDRESSES_ALL sources from ipsets, those that
 * matter most are unusable. */
void ipsets_bound(Ipsets *ipsets, PolicySet *const *sets);

/* The addresses that a policy of the set lists without an end, its own and those of its groups, and the entries of its ipsets
 * (AddressRange; unref). ipsets: NULL if none is known. */
GArray *ipsets_sources(PolicySet *set, const Policy *policy, Ipsets *ipsets);

/* For a file that survives a restart. Flaws are not kept: they are found again. */
char *ipsets_to_text(Ipsets *ipsets);
Ipsets *ipsets_from_text(const char *text);
