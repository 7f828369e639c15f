/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns parsing Docker's rules for published ports from what nft prints of the table "nat", or of "docker-bridges" if Docker's
 * backend is nftables (29 and later). These rules exist before a container's program runs, while Docker's API does not answer
 * about the container yet. Must not know how the text is obtained. */

#include "model/facts.h"

/* A port, and where it leads. */
typedef struct DockerNat {
        DockerPort port;      /* container_port 0: not known */
        AddressRange address; /* the container's; valid if has_address */
        bool has_address;     /* false: nft could not print it (it has no syntax for some of iptables' targets) */
} DockerNat;

/* The table of Docker's nftables backend, one of each family. */
#define DOCKER_NFT_TABLE "docker-bridges"

/* Appends one (DockerNat) to list for each rule of Docker's chains: DOCKER, and DOCKER-INGRESS of swarm; or
 * nat-prerouting-and-output. text: "list table ip nat" or "list table ip docker-bridges", or the same of ip6. Returns whether
 * there is such a chain. */
bool docker_nat_parse(const char *text, Family family, GArray *list);

/* Appends (char *) the bridges for which DOCKER_NFT_TABLE has chains; what is no name of an interface is none. */
void docker_nft_parse_bridges(const char *text, GPtrArray *bridges);
