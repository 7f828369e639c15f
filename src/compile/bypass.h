/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the ways into a container that a policy was meant to block but that no policy covers. Must not know what is done about
 * them. */

#include "model/facts.h"
#include "model/policy-set.h"

typedef struct Bypass {
        char *policy;
        char *container;
        char *port;    /* "9090/tcp", which no policy names; NULL: the container uses the host's own network */
        char *covered; /* a port that the policy names and that leads to the same place; NULL if port is NULL */
} Bypass;
void bypass_free(Bypass *bypass);

/* By policy, container and port (Bypass *; unref the array): containers that a policy names and that use the host's network,
 * where nothing of Docker's is in between; and ports that no policy names but that lead where a port of a policy leads. */
GPtrArray *bypass_list(PolicySet *set, DockerFacts *facts);
