/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the ways into a container that a policy was meant to shut and that no policy covers. Must not know what is done
 * about them. */

#include "model/facts.h"
#include "model/policy-set.h"

typedef struct Bypass {
        char *policy;
        char *container;
        char *port;    /* "9090/tcp": what no policy names; NULL: the container has the host's own network */
        char *covered; /* the port that the policy names and that leads to the same place; NULL with port */
} Bypass;
void bypass_free(Bypass *bypass);

/* By policy, container and port (Bypass *; unref the array): containers that a policy names and that have the host's
 * network, where nothing of Docker's is between; and ports that lead where a port of a policy's leads, but that no policy
 * names. */
GPtrArray *bypass_list(PolicySet *set, DockerFacts *facts);
