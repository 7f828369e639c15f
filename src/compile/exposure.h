/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the answer to "who can reach which published port", from what Docker reported and what the policies mean. Must not know
 * how Docker was asked, nor how rules are rendered; it assumes that the policies are in force. */

#include "compile/hold.h"
#include "compile/reach.h"
#include "compile/zone-answers.h"
#include "compile/zone-clients.h"

/* How Docker works, as far as it makes a difference here. */
typedef struct ExposureEngine {
        unsigned major, minor, patch; /* its version; 0: not known */
        bool iptables, ip6tables;     /* it makes firewall rules for the family */
        bool uses_nft;                /* with nftables rules of its own, without DOCKER-USER */
        bool no_raw;                  /* it was told to leave out the rules that keep neighbours from 127.0.0.1 */
        const Hold *hold;             /* what is not held; NULL: nothing is held */
        const ZoneAnswers *zones;     /* of firewalld's; NULL: not known, or no policy asks */
        const ZoneClients *clients;   /* of firewalld's zones; NULL: not known, or no policy lists a zone */
        bool strict;                  /* firewalld lets in what it was told to, not everything that Docker's rules translate */
        bool guarded;                 /* the guard enforces; otherwise only DOCKER-USER does, behind Docker's DNAT */
} ExposureEngine;

/* A case in which policies that name interfaces or host addresses make a difference. */
typedef struct ExposureException {
        char *interface;    /* ""; any */
        char *destination;  /* prefix; ""; any */
        AddressRange range; /* the same */
        Reach reach;
} ExposureException;

typedef struct ExposureNote {
        const char *code; /* stable; static */
        char *sentence;
} ExposureNote;

/* One published port, of one family. */
typedef struct Exposure {
        const DockerContainer *container; /* borrowed from the facts; NULL: Docker's rules have it, but no container */
        const char *protocol;             /* "" for a container with the host's network, whose ports nothing reports */
        Family family;
        char *address;                     /* "0.0.0.0", "::", or the address of the host; or the container's own, if routed */
        guint16 host_port, container_port; /* 0: not known */
        const char *path;                  /* "dnat", "docker-proxy" (or rootlesskit), "routed", "host-network": static */
        Reach reach;           /* through an interface and address that no policy names; at most LIMIT_TOLD sources */
        GPtrArray *exceptions; /* ExposureException *; the last one that matches counts */
        GPtrArray *policies;   /* char *, the first LIMIT_TOLD policies that cover it, sorted */
        guint n_policies;      /* number of all policies that cover it */
        GPtrArray *zones;      /* char *, for REACH_ZONES: firewalld's zones that let in everybody */
        GPtrArray *some_zones; /* char *, those that let in some */
        GPtrArray *notes;      /* ExposureNote * */
} Exposure;

/* By container, port and family (Exposure *; unref the array before the facts change). rules: from compile_policies() with the
 * same set, bridges and facts. nat: DockerNat, the ports in Docker's rules; NULL: not known. share: this many lists are for one
 * answer. Returns NULL with QUAYWALL_ERROR_LIMIT_EXCEEDED if the answer would be too large or too much work. */
GPtrArray *exposure_list(DockerFacts *facts, PolicySet *set, Ipsets *ipsets, GPtrArray *rules, const char *const *bridges,
                         GArray *nat, const ExposureEngine *engine, guint share, GError **error);
