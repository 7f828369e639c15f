/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns a small nft: runs the commands of guard_render() and judges packets by them. Knows only what the renderer writes; fails
 * the test at any other word, and where nft would refuse. */

#include "world.h"

typedef struct SimGuard {
        bool exists;
        gint64 now;            /* the kernel's clock, in seconds since 1970 */
        bool fib_is_blind;     /* a mark, a VRF or another routing table makes it local, which fib does not see */
        GHashTable *sets;      /* char * -> GArray of AddressRange; without docker_bridges */
        GHashTable *endpoints; /* char * -> GHashTable of char *, elements with a port */
        GHashTable *bridges;   /* char * */
        GHashTable *holding;   /* char * -> GHashTable of char *: known_ipv4 and the like */
        GHashTable *published; /* char * "tcp . 80" */
        GHashTable *counters;  /* char * */
        GHashTable *chains;    /* char * */
        GPtrArray *rules;      /* GStrv: chain, words */
        char *dropped_by;      /* the comment of the rule that dropped the last packet */
} SimGuard;

SimGuard *sim_guard_new(void);
void sim_guard_free(SimGuard *sim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimGuard, sim_guard_free)

void sim_guard_run(SimGuard *sim, const char *commands);
/* What root's programs on this host may open to this address by this interface. */
Verdict sim_guard_proxied(SimGuard *sim, const AddressRange *to, const char *out);
Verdict sim_guard_verdict(SimGuard *sim, const Connection *connection);
