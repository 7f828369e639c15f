/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns resolving what a policy names (containers, networks, published ports) to where Docker has it now. Must not know how a
 * firewall expresses it. */

#include "compile/docker-index.h"
#include "model/facts.h"
#include "model/policy.h"
#include "model/published-port.h"

typedef enum {
        ENDPOINT_DIALLED,   /* no particular place: the policy's own destinations and ports, wherever they lead */
        ENDPOINT_PUBLISHED, /* a port of this host that leads to the container */
        ENDPOINT_ROUTED, /* a port of the container's own address, dialled directly or by way of somebody else's translation */
        ENDPOINT_CONTAINER, /* the container's own address, however a packet got there */
} EndpointKind;

typedef struct Endpoint {
        AddressRange address; /* one address or a subnet; all zeros for ENDPOINT_PUBLISHED */
        guint16 port;         /* 0: any */
} Endpoint;

/* For two elements of an array of Endpoint. */
int endpoint_compare(gconstpointer a, gconstpointer b);

/* Endpoints of one kind that are matched in one way. */
typedef struct EndpointGroup {
        EndpointKind kind;
        const char *protocol; /* NULL: any */
        char *destination;    /* ENDPOINT_PUBLISHED: the host's address at which they are published; NULL: all */
        GArray *endpoints;    /* Endpoint, sorted, no two equal, never empty */
} EndpointGroup;

/* Everything that the policy covers by name, and the containers' own addresses for the ports that it names (EndpointGroup *;
 * unref the array). Empty when none of it exists. The index's facts may be NULL. lasting: only what a restart of Docker does not change, so
 * no container addresses. */
GPtrArray *endpoint_resolve(const Policy *policy, Family family, DockerIndex *index, bool lasting);

/* Whether the policy covers by name only, so that its destinations and ports mean nothing on their own. */
bool endpoint_is_named(const Policy *policy);

/* Whether the policy's containers and networks include this container, or one that shares its network, and its ports this port;
 * an empty list includes all. joined: from docker_facts_index_joined(). */
bool endpoint_names_container(const Policy *policy, const DockerContainer *container, GHashTable *joined);
bool endpoint_names_port(const Policy *policy, const DockerPort *port);

/* Adds the ports that the container publishes or will publish to the array (PublishedPort). */
void endpoint_add_published(GArray *ports, const DockerContainer *container);

/* Each port that a container publishes or will publish (PublishedPort, normalized; unref the array). */
GArray *endpoint_list_published(DockerFacts *facts);
