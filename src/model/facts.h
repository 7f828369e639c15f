/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what Docker reported about itself: containers, what they publish and where they are, networks. Must not know how Docker
 * was asked, nor what policies make of it. */

#include <stdbool.h>

#include <glib.h>

#include "address.h"

/* A published port. */
typedef struct DockerPort {
        AddressRange host;      /* the host's address; a whole family (0.0.0.0/0, ::/0): every address */
        const char *protocol;   /* as in PortRange */
        guint16 host_port;      /* what clients dial; 0: Docker chooses one when the container starts, or see below */
        guint16 container_port; /* where the container listens */
        bool chosen;            /* Docker chose host_port; the next start gets another */
} DockerPort;

/* One address of a container in one network. */
typedef struct DockerAddress {
        char *network;        /* name */
        AddressRange address; /* one address */
} DockerAddress;

typedef struct DockerContainer {
        char *id, *name;      /* the name without its slash */
        GHashTable *labels;   /* char * -> char * */
        bool carries;         /* one of them is quaywall's; set when it is added to facts */
        bool doubted;         /* Docker reported a change, and has not answered about it since */
        bool running;         /* false: ports are those that it will publish, and it has no address */
        guint64 arrival;      /* its place in the order in which running containers became known, from 1; 0: it is not known */
        bool dormant;         /* it has exited, and neither Docker nor a reboot starts it again: its ports are free */
        bool host_network;    /* it uses the host's own interfaces, with nothing of Docker's in between */
        char *joined;         /* id or name of the container whose network it shares ("--network container:NAME"); NULL: none */
        GArray *ports;        /* DockerPort */
        GPtrArray *networks;  /* char *, names of the networks that it is or will be in */
        GPtrArray *addresses; /* DockerAddress * */
        gsize bytes;          /* what it took when Docker reported it; 0: not measured */
} DockerContainer;

typedef struct DockerNetwork {
        char *id, *name;
        char *driver;          /* "bridge", "host", "overlay"... */
        char *bridge;          /* the host's interface; NULL: none */
        char *default_address; /* where its containers publish by default; NULL: the Engine's own default */
        bool internal;         /* not reachable from outside */
        GArray *subnets;       /* AddressRange, prefixes */
        GPtrArray *members;    /* DockerMember * */
        gsize bytes;           /* as for a container */
} DockerNetwork;

/* A container in a network, and its address there. Docker reports this while it starts a container, when it does not answer
 * about the container itself yet. */
typedef struct DockerMember {
        char *container; /* id */
        AddressRange address;
} DockerMember;

/* All that is known. */
typedef struct DockerFacts {
        GHashTable *containers; /* char * id -> DockerContainer * */
        GHashTable *networks;   /* char * id -> DockerNetwork * */
        gsize bytes;            /* of both, of all that were measured */
        guint64 arrivals;       /* the highest DockerContainer.arrival */
        guint64 container_changes; /* how often the id, name, state, labels, networks or addresses of a container became different */
        guint64 network_changes; /* how often a network did, or the names of the containers in one */
} DockerFacts;

DockerFacts *docker_facts_new(void);
void docker_facts_free(DockerFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DockerFacts, docker_facts_free)

/* Whether the port has no port of the host although the container runs: Docker only routes to its network
 * (com.docker.network.bridge.gateway_mode_ipv4=routed, Docker 27), and clients dial the container's own address and port. */
bool docker_port_is_routed(const DockerContainer *container, const DockerPort *port);

/* What clients dial; 0: it is not known yet. */
guint16 docker_port_dialled(const DockerContainer *container, const DockerPort *port);

DockerContainer *docker_container_new(const char *id, const char *name);
void docker_container_free(DockerContainer *container);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DockerContainer, docker_container_free)

DockerNetwork *docker_network_new(const char *id, const char *name);
void docker_network_free(DockerNetwork *network);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DockerNetwork, docker_network_free)

/* Sets bytes, roughly; call it before the object is added to facts. */
void docker_container_measure(DockerContainer *container);
void docker_network_measure(DockerNetwork *network);

/* The beginning of the labels that carry policies. */
#define DOCKER_LABEL_OURS "org.quaywall."

/* Takes the container or network, and replaces one with the same id. Sets the container's arrival: a running one keeps that of
 * the one it replaces, unless that was doubted. */
void docker_facts_add_container(DockerFacts *facts, DockerContainer *container);
void docker_facts_add_network(DockerFacts *facts, DockerNetwork *network);

/* Returns whether it existed. */
bool docker_facts_remove_container(DockerFacts *facts, const char *id);
bool docker_facts_remove_network(DockerFacts *facts, const char *id);

/* Gives the network's members that do not run yet their addresses in it. Returns whether anything changed. */
bool docker_facts_place(DockerFacts *facts, const DockerNetwork *network);

/* Adds the port to each container with this address that does not run yet; a port at all addresses of the host is added for
 * both families. Once a container runs, Docker's answer about it counts instead. Returns whether anything changed. */
bool docker_facts_note_port(DockerFacts *facts, const AddressRange *address, const DockerPort *port);

/* Marks what is known of the container, or of all, as doubtful until it is added again. Returns whether that is news. */
bool docker_facts_doubt(DockerFacts *facts, const char *id);
bool docker_facts_doubt_all(DockerFacts *facts);

/* The containers by name, the networks by name (borrowed; free the array). */
GPtrArray *docker_facts_list_containers(DockerFacts *facts);
GPtrArray *docker_facts_list_networks(DockerFacts *facts);

/* Whether an entry of a policy's "containers" (a name, "label=KEY" or "label=KEY=VALUE") matches this container. */
bool docker_container_matches(const DockerContainer *container, const char *entry);
bool docker_entry_is_label(const char *entry);

/* Whether these entries together (char *; none: every container) match it, as Docker's own filters do: any of the names, and
 * all of the labels. */
bool docker_container_is_named(const DockerContainer *container, GPtrArray *entries);

/* The containers whose network others share: id (borrowed) -> GPtrArray of those others (DockerContainer *, borrowed); NULL:
 * there are none. Docker reports the published ports of a shared network for its owner. */
GHashTable *docker_facts_index_joined(DockerFacts *facts);

/* The container whose network this one shares; NULL: it has its own, or the owner is not known. */
DockerContainer *docker_facts_find_owner(DockerFacts *facts, const DockerContainer *container);

/* A swarm has an ingress network; no container reports what a swarm publishes. */
bool docker_facts_have_swarm(DockerFacts *facts);

/* Whether the container is or will be in the network of this name. */
bool docker_container_is_in(const DockerContainer *container, const char *network);

/* Whether all reported properties are equal. A network's members do not count: they are reported with the containers. */
bool docker_container_equal(const DockerContainer *a, const DockerContainer *b);
bool docker_network_equal(const DockerNetwork *a, const DockerNetwork *b);
