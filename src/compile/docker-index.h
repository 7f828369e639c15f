/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns finding Docker's containers by what policies name, so that compiling a thousand policies does not go through all
 * containers for each. Must not know what a policy means: who uses it checks what it finds. */

#include "model/facts.h"
#include "model/policy.h"

/* Valid as long as the facts do not change; its parts are made when they are first needed. */
typedef struct DockerIndex {
        DockerFacts *facts;
        GHashTable *running;   /* ports of running containers: see docker_index_claims() */
        GHashTable *joined;    /* from docker_facts_index_joined() */
        bool joined_is_known;  /* since that may be NULL */
        GHashTable *names;     /* char * -> DockerContainer * array: names, "label=KEY" and "label=KEY=VALUE" */
        GHashTable *networks;  /* names of networks */
        GHashTable *published; /* protocol and number of a port of this host */
} DockerIndex;

void docker_index_init(DockerIndex *index, DockerFacts *facts);
void docker_index_clear(DockerIndex *index);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DockerIndex, docker_index_clear)

/* From docker_facts_index_joined(); borrowed. */
GHashTable *docker_index_joined(DockerIndex *index);

/* Whether a running container has this port of an overlapping address. */
bool docker_index_claims(DockerIndex *index, const DockerPort *port);

/* The containers (borrowed) that the policy may cover by containers and networks, or by ports if it names neither: all that it
 * covers, perhaps some more, and some twice. Unref the array. */
GPtrArray *docker_index_candidates(DockerIndex *index, const Policy *policy);
