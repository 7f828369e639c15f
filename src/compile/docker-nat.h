/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the reading of Docker's rules for published ports from what nft prints of the table "nat". They are there before a
 * container's program runs, while Docker's API does not answer about it. Must not know how they are got. */

#include "model/facts.h"

/* A port, and where it leads. */
typedef struct DockerNat {
        DockerPort port;      /* container_port 0: not told */
        AddressRange address; /* the container's; used when has_address */
        bool has_address;     /* false: nft could not read it (it has no word for each target of iptables') */
} DockerNat;

/* Adds one for each rule of Docker's chains (DOCKER, and DOCKER-INGRESS of swarm) to list (DockerNat). text: "list table
 * ip nat" or "... ip6 nat". Whether there is such a chain. */
bool docker_nat_parse(const char *text, Family family, GArray *list);
