/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns checksums over what callers are told about Docker's containers and networks, so that they are notified only when that
 * changed. Must not know the form in which they are told. */

#include "facts.h"

/* The names, labels, networks and states of all containers. Free with g_free(). */
char *facts_digest_containers(DockerFacts *facts);

/* All properties of the networks, and the names of the containers in them. Free with g_free(). */
char *facts_digest_networks(DockerFacts *facts);
