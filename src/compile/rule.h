/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the neutral rules: what a set of policies means, apart from how a firewall expresses it. Must not know iptables,
 * nftables or firewalld. */

#include "compile/endpoint.h"
#include "compile/zone-clients.h"
#include "model/ipsets.h"

/* Sources whose listing ends at the same time. */
typedef struct RuleShare {
        gint64 until;    /* seconds since 1970; 0: never */
        GArray *sources; /* address set of the rule's family */
} RuleShare;

/* One combination of a policy's interface, destination and port, or all endpoints that it covers in one way, for one family.
 * Each renderer must keep: replies pass; deny before allow-only; a source that any allow-only lists passes all of them; forward
 * last; and rules without interface do not judge packets that come in from a Docker bridge. Policies that containers carry in
 * labels are judged apart, in the same way, and both must let a connection pass: a label lets in nobody whom an administrator keeps
 * out. */
typedef struct Rule {
        char *name;     /* of the policy */
        Policy *policy; /* owned */
        Family family;
        const char *in;        /* borrowed from the policy, or interned; NULL: every interface that is not Docker's */
        const char *out;       /* borrowed from the policy; forward only */
        bool in_is_bridge;     /* in is one of Docker's bridges */
        char *destination;     /* prefix; NULL: any */
        AddressRange dialled;  /* the same, for callers that test many connections */
        const PortRange *port; /* borrowed from the policy; NULL: any */
        EndpointKind kind;     /* ENDPOINT_DIALLED: endpoints is NULL */
        const char *protocol;  /* of the endpoints; NULL: any */
        GArray *endpoints;     /* Endpoint; the connection must be to one of them */
        GArray *sources;       /* address set of the family; NULL when the policy names no sources at all */
        GArray *shares;        /* RuleShare: the sources of an allow-only, by when they stop to be listed */
} Rule;

/* Whether an allow-only lets its sources in by a port of this host only, and not into the port of that number of every
 * container that is dialled directly: the containers behind the host's port have endpoints of their own, and others may have
 * policies of their own. */
bool rule_lists_published_only(const Rule *rule);

/* Whether it is of a policy that a container's label carries. The guard alone enforces those. */
bool rule_is_carried(const Rule *rule);

/* Whether any of the rules (Rule *) is more than a forward, so that it blocks somebody. */
bool rules_judge(const GPtrArray *rules);

/* The rules of all enabled policies, by name, then family, then in the order of the policy's keys (Rule *; unref the array).
 * bridges: names of Docker's bridges. facts may be NULL: then policies cover nothing by name. ipsets: whose entries are sources;
 * NULL: none is known. zones: whose clients are sources; NULL: not known. lasting: only what is still right
 * after a restart of Docker or the host, so no container addresses. Deterministic. */
GPtrArray *compile_policies(PolicySet *set, const char *const *bridges, DockerFacts *facts, Ipsets *ipsets,
                            const ZoneClients *zones, bool lasting);
