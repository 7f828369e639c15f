/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns who is a container on Docker's bridges that others are on as well ("dockerd -b br0" with a network card in br0): by the bridge
 * alone nobody could tell. Must not know how a firewall writes that down. */

#include "model/facts.h"

typedef struct Shared {
        GPtrArray *bridges;                /* char *, sorted, never empty */
        GPtrArray *addresses[_FAMILY_MAX]; /* char *, sorted, of the containers that run there */
} Shared;

/* bridges: Docker's that lead further than to containers. NULL: there is none. */
Shared *shared_new(const char *const *bridges, DockerFacts *facts);
void shared_free(Shared *shared);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shared, shared_free)
