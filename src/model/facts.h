/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what Docker told of itself: containers, what they publish and where they are, networks. Must not know how it was
 * asked, nor what policies make of it. */

#include <stdbool.h>

#include <glib.h>

#include "address.h"

/* A published port. */
typedef struct DockerPort {
        AddressRange host;       /* the host's address; all of the family (0.0.0.0/0, ::/0): every address */
        const char *protocol;    /* as in PortRange */
        guint16 host_port;       /* what clients dial; 0: Docker chooses one when the container starts */
        guint16 container_port;  /* where the container listens */
        bool chosen;             /* Docker chose host_port: the next start has another */
} DockerPort;

/* Where a container is: one address in one network. */
typedef struct DockerAddress {
        char *network;        /* name */
        AddressRange address; /* one address */
} DockerAddress;

typedef struct DockerContainer {
        char *id, *name;      /* the name without its slash */
        GHashTable *labels;   /* char * -> char * */
        bool doubted;         /* Docker told of a change, and has not answered about it since */
        bool running;         /* false: ports are the ones that it will publish, and there is no address */
        bool dormant;         /* it has ended, and neither Docker nor the host's next start runs it again: its ports are free */
        bool host_network;    /* it has the host's own interfaces: nothing of Docker's is between */
        char *joined;         /* id or name of the container whose network it shares ("--network container:NAME"); NULL: it has its own */
        GArray *ports;        /* DockerPort */
        GPtrArray *networks;  /* char *, names of the networks that it is or will be in */
        GPtrArray *addresses; /* DockerAddress * */
        gsize bytes;          /* that it took as Docker told of it; 0: not measured */
} DockerContainer;

typedef struct DockerNetwork {
        char *id, *name;
        char *driver;          /* "bridge", "host", "overlay"... */
        char *bridge;          /* the host's interface; NULL: none */
        char *default_address; /* where its containers publish when they do not say; NULL: the Engine's own default */
        bool internal;         /* not reachable from outside */
        GArray *subnets;       /* AddressRange, prefixes */
        GPtrArray *members;    /* DockerMember * */
        gsize bytes;           /* as of a container */
} DockerNetwork;

/* Who is in a network, and where. Docker tells this while it starts a container, when it does not answer about that one
 * yet. */
typedef struct DockerMember {
        char *container; /* id */
        AddressRange address;
} DockerMember;

/* All that is known. */
typedef struct DockerFacts {
        GHashTable *containers; /* char * id -> DockerContainer * */
        GHashTable *networks;   /* char * id -> DockerNetwork * */
        gsize bytes;            /* of both, as far as they were measured */
} DockerFacts;

DockerFacts *docker_facts_new(void);
void docker_facts_free(DockerFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DockerFacts, docker_facts_free)

DockerContainer *docker_container_new(const char *id, const char *name);
void docker_container_free(DockerContainer *container);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DockerContainer, docker_container_free)

DockerNetwork *docker_network_new(const char *id, const char *name);
void docker_network_free(DockerNetwork *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DockerNetwork, docker_network_free)

/* Sets bytes, about; before it is added to facts. */
void docker_container_measure(DockerContainer *container);
void docker_network_measure(DockerNetwork *network);

/* Takes the container or network; one of the same id is replaced. */
void docker_facts_add_container(DockerFacts *facts, DockerContainer *container);
void docker_facts_add_network(DockerFacts *facts, DockerNetwork *network);

/* Whether it was there. */
bool docker_facts_remove_container(DockerFacts *facts, const char *id);
bool docker_facts_remove_network(DockerFacts *facts, const char *id);

/* Gives the network's members that do not run yet the addresses that they have in it; whether that was news. */
bool docker_facts_place(DockerFacts *facts, const DockerNetwork *network);

/* A port that leads to this address: gives it, and if it is one of all the host's addresses that of the other family, to the container
 * that is there, if it does not run yet. The container's own
 * word counts once it runs. Returns whether it did. */
bool docker_facts_note_port(DockerFacts *facts, const AddressRange *address, const DockerPort *port);

/* What was known of the container, or of all, may not be so any more: until it is added again it is in doubt. Returns whether that
 * is news. */
bool docker_facts_doubt(DockerFacts *facts, const char *id);
bool docker_facts_doubt_all(DockerFacts *facts);

/* The containers by name, the networks by name (borrowed; free the array). */
GPtrArray *docker_facts_list_containers(DockerFacts *facts);
GPtrArray *docker_facts_list_networks(DockerFacts *facts);

/* Whether an entry of a policy's "containers" means this container: its name, "label=KEY" or "label=KEY=VALUE". */
bool docker_container_matches(const DockerContainer *container, const char *entry);
bool docker_entry_is_label(const char *entry);

/* Whether all of these together (char *; none: every container) mean it, as Docker's own filters do: one of the names, and each of
 * the labels. */
bool docker_container_is_named(const DockerContainer *container, GPtrArray *entries);

/* The containers whose network others share: id (borrowed) -> GPtrArray of these others (DockerContainer *, borrowed); NULL: there are
 * none. What is published for the network, Docker tells of the first. */
GHashTable *docker_facts_index_joined(DockerFacts *facts);

/* A swarm brings its ingress network; what a swarm publishes no container tells of. */
bool docker_facts_have_swarm(DockerFacts *facts);

/* Whether the container is or will be in the network of this name. */
bool docker_container_is_in(const DockerContainer *container, const char *network);

/* Whether nothing is different that is told of it; who is in a network is told of the containers. */
bool docker_container_equal(const DockerContainer *a, const DockerContainer *b);
bool docker_network_equal(const DockerNetwork *a, const DockerNetwork *b);
