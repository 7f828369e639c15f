/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is in the table "inet quaywall" between two renderings: the names of its objects, and reading them from what nft
 * prints. Must not know rules, nor libnftables. */

#include "compile/endpoint.h"

#define GUARD_TABLE "quaywall"

/* What a rendering leaves in the kernel and the next one can build on; char *. */
typedef struct GuardState {
        bool is_there;                   /* the table, with all that every rendering has */
        GHashTable *sets, *counters;     /* names; the sets have the content that their names say */
        GHashTable *bridges, *published; /* elements */
        GHashTable *published_at[_FAMILY_MAX]; /* elements, of a set that is there as long as there are such; NULL: it is not */
        GHashTable *holding;             /* of GUARD_HOLD_OBJECTS */
        GHashTable *known[_FAMILY_MAX], *spared; /* elements of three of them */
        GHashTable *others;              /* "chain x", "set x": what is there besides, or has another content */
} GuardState;

/* The sets of published_at. */
extern const char *const GUARD_PUBLISHED_AT[_FAMILY_MAX];

/* "chain x", "set x": what is there only while something is held; ended by NULL. */
extern const char *const GUARD_HOLD_OBJECTS[];

GuardState *guard_state_new(void);
void guard_state_free(GuardState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuardState, guard_state_free)

/* element: "192.168.1.99 . tcp . 8080"; NULL: the set is there, with nothing in it. */
void guard_state_add_published_at(GuardState *state, Family family, const char *element);

/* Of a set of addresses ('s', sources; 'c', containers; as of address_set_new()) or endpoints ('p', ports of this host; 'e',
 * addresses with a port; Endpoint) or ports ('t'; as of port_set_new()). Named after its content, so that a set which stays the same is never sent twice. Free with g_free(). */
char *guard_set_name(GArray *set, char kind, Family family);

/* The counter of a policy's drops; free with g_free(). */
char *guard_counter_name(const char *policy);

/* text: "list table inet quaywall", with all elements, without the values of counters. */
GuardState *guard_state_parse(const char *text);

bool guard_state_equal(const GuardState *a, const GuardState *b);

/* Whether the table has something else by the name of a set that is wanted: it cannot be built on. */
bool guard_state_conflicts(const GuardState *there, const GuardState *wanted);
