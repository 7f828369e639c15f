/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which containers are known, while policies name containers, labels or networks, or are for all containers. An unknown
 * container may be one of those, so traffic to it is held until Docker has reported it. Must not know how a firewall expresses that. */

#include "model/facts.h"
#include "model/policy-set.h"

/* Which known containers docker-proxy may connect to: for one that has just become known it may still have clients whom the
 * policies forbid, since it accepted them before anybody knew that the port is the container's. */
typedef struct Admission {
        guint64 arrivals;                /* those that arrived no later than this one (DockerContainer.arrival) */
        GHashTable *before[_FAMILY_MAX]; /* and those at these addresses (char *), since an earlier quaywalld; NULL: none */
} Admission;

typedef struct Hold {
        GHashTable *known[_FAMILY_MAX];   /* char *, addresses of running containers that Docker has reported */
        GHashTable *pending[_FAMILY_MAX]; /* char *, those of them that docker-proxy may not connect to yet */
        GPtrArray *interfaces; /* char *, where such policies judge incoming packets, sorted; may include Docker's bridges */
        GStrv spared;          /* bridges on which nothing is held, sorted */
} Hold;

/* Whether an enabled policy names a container, label or network, or has no ports, so that something is to be held. */
bool hold_is_wanted(PolicySet *set);

/* NULL: nothing is to be held. spared is copied. admission: NULL for all. always: whatever the policies name. */
Hold *hold_new(PolicySet *set, DockerFacts *facts, const char *const *spared, const Admission *admission, bool always);
void hold_free(Hold *hold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Hold, hold_free)

/* Whether docker-proxy may connect to this known container. It serves none that publishes no port. */
bool hold_admits(const Admission *admission, const DockerContainer *container);

/* Whether traffic to the container is held or, if Docker has reported none, traffic to this address (one; NULL: none). */
bool hold_holds(const Hold *hold, const DockerContainer *container, const AddressRange *address);
