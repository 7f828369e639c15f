/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which layer and which policy blocks a connection or lets it in, noted while a packet meets the rules. Must not know what the
 * policies say. */

#include "explain/packet.h"
#include "explain/ruleset.h"

/* Whose rule blocks it, or lets it in. On the bus. */
#define LAYER_GUARD "guard"             /* the nftables table of quaywall's */
#define LAYER_DOCKER_USER "docker-user" /* the chain, and those of quaywall's that it leads to */
#define LAYER_DOCKER "docker"
#define LAYER_FIREWALLD "firewalld"
#define LAYER_NETFILTER "netfilter" /* another program's rule */
#define LAYER_ROUTING "routing"     /* no rule, but the kernel */

typedef struct Finding {
        const char *layer;  /* one of these; NULL: no rule blocks it, and no policy lists its client */
        char *policy;       /* whose rule that is; NULL: no policy's */
        char *chain;        /* of the rule that blocks, "filter DOCKER"; NULL: no rule blocks */
        bool by_chain;      /* not a rule of the chain, but its own policy */
        bool by_zone;       /* a rule of firewalld's that the guard has a copy of */
        bool held;          /* the guard's, since Docker has not reported the container */
        const char *packet; /* which one it blocks, "it", "the answer"; static */
        char *asked, *zone; /* the policy that leaves it to firewalld's zones, and the zone that was asked last; NULL: none */
        char *handed_on;    /* where docker-proxy hands it on to; NULL: it does not */
} Finding;

void finding_clear(Finding *finding);

/* The packet goes on in the chain target. */
void finding_note_jump(Finding *finding, const Chain *chain, const ChainRule *rule, const Chain *target);

/* The rule lets the packet leave the chain or the table. */
void finding_note_pass(Finding *finding, const Chain *chain, const ChainRule *rule);

/* The rule blocks the packet; NULL: the chain's own policy. */
void finding_note_block(Finding *finding, const Packet *packet, const Chain *chain, const ChainRule *rule);

/* The kernel does not carry it on. */
void finding_note_unroutable(Finding *finding);

/* "guard host_policies", "filter DOCKER". Free with g_free(). */
char *finding_format_chain(const Chain *chain);

/* Whether the chain is of the table "inet quaywall". */
bool finding_is_guard(const Chain *chain);
