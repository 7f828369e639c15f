/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the neutral rules: what a set of policies means, before anyone decides how a firewall writes it down. Must not
 * know iptables, nftables or firewalld. */

#include "compile/endpoint.h"
#include "model/policy-set.h"

/* One combination of a policy's interface, destination and port, or all endpoints that it covers in one way, for one
 * family. Whoever renders it must keep:
 * replies pass; deny before allow-only; a source that any allow-only lists passes all of them; forward last; and
 * rules without interface do not judge what comes in from a Docker bridge. */
typedef struct Rule {
        char *name;            /* of the policy */
        Policy *policy;        /* owned */
        Family family;
        const char *in;        /* borrowed from the policy; NULL: every interface that is not Docker's */
        const char *out;       /* borrowed from the policy; forward only */
        bool in_is_bridge;     /* in is one of Docker's bridges */
        char *destination;     /* prefix; NULL: any */
        AddressRange dialled;  /* the same, for who asks about many connections */
        const PortRange *port; /* borrowed from the policy; NULL: any */
        EndpointKind kind;     /* ENDPOINT_DIALLED: endpoints is NULL */
        const char *protocol;  /* of the endpoints; NULL: any */
        GArray *endpoints;     /* Endpoint, one of which it must be */
        GArray *sources;       /* address set of the family; NULL when the policy names no sources at all */
} Rule;

/* Whom an allow-only lists for a port of this host it does not let into the port of that number of every container, where they are
 * dialled directly: what is behind the port has endpoints of its own, and what else there is may have a policy of its own. */
bool rule_lists_published_only(const Rule *rule);

/* The rules of all enabled policies, by name, then family, then as the policy lists its keys (Rule *; unref the
 * array). bridges: names of Docker's bridges. facts may be NULL: then policies cover nothing by name. lasting: what shall
 * still be right after a restart of Docker or the host, so no addresses of containers. Deterministic. */
GPtrArray *compile_policies(PolicySet *set, const char *const *bridges, DockerFacts *facts, bool lasting);
