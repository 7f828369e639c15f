/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns a small iptables: the filter table of both families, with direct rules placed as firewalld does, and a packet's way
 * through it. Knows only the matches and targets that the renderer uses; any other fails the test. */

#include "compile/direct-plan.h"
#include "world.h"

typedef struct SimDirect {
        GHashTable *chains;
        GPtrArray *rules; /* in the order of their chains */
} SimDirect;

/* Has DOCKER-USER in both families, as Docker makes it. */
SimDirect *sim_direct_new(void);
void sim_direct_free(SimDirect *sim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimDirect, sim_direct_free)

/* Fails the test where firewalld or iptables would refuse: a chain or rule that already exists, or does not. */
void sim_direct_run(SimDirect *sim, const Step *step);
void sim_direct_add_all(SimDirect *sim, GPtrArray *direct_rules);

/* As firewalld's getAllChains and getAllRules return it. */
DirectConfig *sim_direct_config(SimDirect *sim);

/* The verdict from DOCKER-USER on. A LOG changes nothing. */
Verdict sim_direct_verdict(SimDirect *sim, const Connection *connection);
