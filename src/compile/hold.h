/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which containers are known, while policies name containers, labels or networks: one that is not may be one of those, so
 * what leads to it is held until Docker has told of it. Must not know how a firewall writes that down. */

#include "model/facts.h"
#include "model/policy-set.h"

typedef struct Hold {
        GHashTable *known[_FAMILY_MAX]; /* char *, addresses of containers that run and that Docker has told of */
        GPtrArray *interfaces;          /* char *, where such policies judge what comes in, sorted; Docker's bridges may be among them */
        GStrv spared;                   /* bridges where nothing is held, sorted */
} Hold;

/* NULL: no policy that is enabled names a container, label or network, so that nothing is held. spared is copied. */
Hold *hold_new(PolicySet *set, DockerFacts *facts, const char *const *spared);
void hold_free(Hold *hold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hold, hold_free)

/* Whether what leads to the container is held or, where there is none of which Docker told, to this address (one; NULL: none). */
bool hold_holds(const Hold *hold, const DockerContainer *container, const AddressRange *address);
