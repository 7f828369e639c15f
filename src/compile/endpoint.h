/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the way from what a policy names (containers, networks, published ports) to where Docker has it now. Must not know
 * how a firewall writes it down. */

#include "model/facts.h"
#include "model/policy.h"

typedef enum {
        ENDPOINT_DIALLED,   /* nowhere in particular: the policy's own destinations and ports, whatever they lead to */
        ENDPOINT_PUBLISHED, /* a port of this host that leads to the container */
        ENDPOINT_ROUTED,    /* a port of the container's own address, dialled directly or by somebody's translation that is not Docker's */
        ENDPOINT_CONTAINER, /* the container's own address, however a packet got there */
} EndpointKind;

typedef struct Endpoint {
        AddressRange address; /* one address or a subnet; all zeros for ENDPOINT_PUBLISHED */
        guint16 port;         /* 0: any */
} Endpoint;

/* Of two elements of an array of Endpoint. */
int endpoint_compare(gconstpointer a, gconstpointer b);

/* Endpoints of one kind that are matched in one way. */
typedef struct EndpointGroup {
        EndpointKind kind;
        const char *protocol; /* NULL: any */
        char *destination;    /* ENDPOINT_PUBLISHED: the host's address where they are published; NULL: all */
        GArray *endpoints;    /* Endpoint, sorted, no two equal, never empty */
} EndpointGroup;

/* All that the policy covers by its names, and the containers' own addresses of the ports that it names (EndpointGroup *;
 * unref the array). Empty when nothing of it exists. facts may be NULL. lasting: only what a restart of Docker leaves as
 * it is, so no addresses of containers. */
GPtrArray *endpoint_resolve(const Policy *policy, Family family, DockerFacts *facts, bool lasting);

/* Whether the policy covers by name only, so that its own destinations and ports stand for nothing alone. */
bool endpoint_is_named(const Policy *policy);

/* Whether containers and networks of the policy mean this container, or one that shares its network, and its ports this port; none
 * mean all. joined: from docker_facts_index_joined(). */
bool endpoint_names_container(const Policy *policy, const DockerContainer *container, GHashTable *joined);
bool endpoint_names_port(const Policy *policy, const DockerPort *port);

/* "tcp . 8080" for a port that is published on all of this host's addresses, "192.168.1.99 . tcp . 8080" on one. Free with g_free(). */
char *endpoint_format_published(const DockerPort *port);

/* A set of such (char *, borrowed from the list; unref), and whether it has the port, dialled at that address. */
GHashTable *endpoint_index_published(const char *const *published);
bool endpoint_is_published(GHashTable *published, const AddressRange *destination, const char *protocol, guint16 port);

/* That of each port that a container publishes or is about to (char *, sorted; unref the array). */
GPtrArray *endpoint_list_published(DockerFacts *facts);
