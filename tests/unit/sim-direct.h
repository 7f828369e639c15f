/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns a small iptables: the table filter of both families with firewalld's placing of direct rules, and what it does
 * with a packet. Knows only the matches and targets that the renderer uses, and fails the test at any other. */

#include "compile/direct-plan.h"
#include "world.h"

typedef struct SimDirect {
        GHashTable *chains; /* "ipv4:NAME" */
        GPtrArray *rules; /* in the order of their chain */
} SimDirect;

/* With DOCKER-USER of both families, as Docker makes it. */
SimDirect *sim_direct_new(void);
void sim_direct_free(SimDirect *sim);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimDirect, sim_direct_free)

/* Fails the test where firewalld or iptables would refuse: a chain or rule that is there already, or is not. */
void sim_direct_run(SimDirect *sim, const Step *step);
void sim_direct_add_all(SimDirect *sim, GPtrArray *direct_rules);

/* As firewalld's getAllChains and getAllRules tell it. */
DirectConfig *sim_direct_config(SimDirect *sim);

/* From DOCKER-USER on. A LOG changes nothing. */
Verdict sim_direct_verdict(SimDirect *sim, const Connection *connection);
