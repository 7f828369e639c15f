/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns parsing Docker's rules for published ports from what nft prints of the table "nat". These rules exist before a
 * container's program runs, while Docker's API does not answer about the container yet. Must not know how the text is
 * obtained. */

#include "model/facts.h"

/* A port, and where it leads. */
typedef struct DockerNat {
        DockerPort port;      /* container_port 0: not known */
        AddressRange address; /* the container's; valid if has_address */
        bool has_address;     /* false: nft could not print it (it has no syntax for some of iptables' targets) */
} DockerNat;

/* Appends one (DockerNat) to list for each rule of Docker's chains (DOCKER, and DOCKER-INGRESS of swarm). text: "list table ip
 * nat" or "... ip6 nat". Returns whether there is such a chain. */
bool docker_nat_parse(const char *text, Family family, GArray *list);
