/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the content of the table "inet quaywall" between two renderings: the names of its objects, and parsing them from what
 * nft prints. Must not know rules, nor libnftables. */

#include "compile/endpoint.h"

#define GUARD_TABLE "quaywall"

/* The comment of rules that hold packets to containers which Docker has not reported; no policy has such a name. */
#define GUARD_HELD "quaywall: not known yet"

/*
 * Prerouting, before DNAT, sees the address and port that the client dialled, and also what docker-proxy will answer; forward
 * sees what is routed to a container's own address; input repeats prerouting's checks for what did arrive at the host itself.
 * All evaluate the same rules in the same order: deny, allow-only whose sources list the client, obey-zones, allow-only. "Measured" in
 * FACTS: rules at this place hold through everything.
 */
typedef enum { GUARD_HOST, GUARD_FORWARD, _GUARD_HOOK_MAX } GuardHook;
typedef enum { GUARD_DENY, GUARD_PASS, GUARD_ZONES, GUARD_ONLY, _GUARD_TURN_MAX } GuardTurn;

/* What a rendering leaves in the kernel, for the next one to build on; char *. */
typedef struct GuardState {
        bool is_there;                         /* the table exists, with all that every rendering has */
        GHashTable *sets, *counters;           /* names; each set has the content that its name says */
        GHashTable *chains;                    /* names from guard_chain_name(), and copies of firewalld's chains */
        GHashTable *bridges, *published;       /* elements */
        GHashTable *published_at[_FAMILY_MAX]; /* elements; the set exists only while they do; NULL: no set */
        GHashTable *holding;                   /* of GUARD_HOLD_OBJECTS */
        GHashTable *known[_FAMILY_MAX], *pending[_FAMILY_MAX], *spared; /* elements of five of these */
        GHashTable *others; /* "chain x", "set x": any other object, or one with other content */
        char *rules;        /* all chains and rules, as commands; NULL: not known, since nft prints them otherwise */
} GuardState;

/* The chains with the policies: those of administrators, and those that containers carry in labels. "accept" ends only the hook
 * where it stands, so each has hooks of its own, and a packet has to pass both. */
extern const char *const GUARD_POLICIES[2][_GUARD_HOOK_MAX];

/* How the names of all chains begin that belong to what containers carry. They exist only while it does. */
#define GUARD_LABEL_PREFIX "label_"

/* The sets of published_at, known and pending. */
extern const char *const GUARD_PUBLISHED_AT[_FAMILY_MAX], *const GUARD_KNOWN[_FAMILY_MAX], *const GUARD_PENDING[_FAMILY_MAX];

/* "chain x", "set x": objects that exist only while something is held; ended by NULL. */
extern const char *const GUARD_HOLD_OBJECTS[];

GuardState *guard_state_new(void);
void guard_state_free(GuardState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuardState, guard_state_free)

/* element: "192.168.1.99 . tcp . 8080"; NULL: the set exists and is empty. */
void guard_state_add_published_at(GuardState *state, Family family, const char *element);

/* The name of a set of addresses ('s', sources; 'c', containers; from address_set_new()), of endpoints ('p', ports of this
 * host; 'e', addresses with a port; Endpoint) or of ports ('t'; from port_set_new()). It derives from the content, so an
 * unchanged set is never sent twice. Free with g_free(). */
char *guard_set_name(GArray *set, char kind, Family family);

/* The chain to which a verdict map of one of GUARD_POLICIES leads packets with this key, "tcp_8080" or "172.17.0.2". run: 1 for
 * the turn's first map. Free with g_free(). */
char *guard_chain_name(GuardHook hook, bool carried, GuardTurn turn, guint run, const char *key);

/* "ip" or "ip6", as nft calls the protocol; static. */
const char *guard_family(Family family);

/* The counter of a policy's drops; free with g_free(). */
char *guard_counter_name(const char *policy);

/* text: "list table inet quaywall", with all elements, without the values of counters. */
GuardState *guard_state_parse(const char *text);

/* Their rules are not compared. */
bool guard_state_equal(const GuardState *a, const GuardState *b);

/* Whether the table has something else under the name of a wanted set, so that it cannot be built on. */
bool guard_state_conflicts(const GuardState *there, const GuardState *wanted);
