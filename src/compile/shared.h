/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which addresses are containers on those of Docker's bridges that other machines share ("dockerd -b br0" with a network
 * card in br0), where the bridge alone does not show it. Must not know how a firewall expresses that. */

#include "model/facts.h"

typedef struct Shared {
        GPtrArray *bridges;                /* char *, sorted, never empty */
        GPtrArray *addresses[_FAMILY_MAX]; /* char *, sorted, of the containers that run on them */
} Shared;

/* bridges: Docker's bridges that lead beyond containers. NULL: there are none. */
Shared *shared_new(const char *const *bridges, DockerFacts *facts);
void shared_free(Shared *shared);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shared, shared_free)
