/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the answer to "who can reach which published port": from what Docker told and what the policies mean. Must not
 * know how Docker was asked, nor how rules are rendered; it assumes that what the policies mean is in force. */

#include "compile/hold.h"
#include "compile/reach.h"

/* How Docker works, as far as it makes a difference. */
typedef struct ExposureEngine {
        unsigned major, minor, patch; /* its version; 0: not known */
        bool iptables, ip6tables;     /* it makes firewall rules for the family */
        bool uses_nft;                /* of its own, without DOCKER-USER */
        bool no_raw;                  /* it was told to leave out what keeps neighbours from 127.0.0.1 */
        const Hold *hold;             /* what is not held; NULL: nothing is held */
        bool strict;                  /* firewalld lets in what it was told to, and not all that Docker's rules translate */
        bool guarded;                 /* the guard enforces; otherwise DOCKER-USER alone, behind Docker's DNAT */
} ExposureEngine;

/* Where policies that name interfaces or addresses of the host make a difference. */
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
        const DockerContainer *container; /* borrowed from the facts; NULL: Docker's rules have it, no container tells of it */
        const char *protocol;             /* "" for a container with the host's network, whose ports nobody tells */
        Family family;
        char *address;           /* "0.0.0.0", "::", or the address of the host */
        guint16 host_port, container_port; /* 0: not known */
        const char *path;        /* "dnat", "docker-proxy" (or rootlesskit), "host-network": static */
        Reach reach;             /* by an interface and address that no policy names; of sources the first LIMIT_TOLD */
        GPtrArray *exceptions;   /* ExposureException *; the last one that fits counts */
        GPtrArray *policies;     /* char *, the first LIMIT_TOLD of those that cover it, sorted */
        guint n_policies;        /* all that cover it */
        GPtrArray *notes;        /* ExposureNote * */
} Exposure;

/* By container, port and family (Exposure *; unref the array before the facts change). rules: of compile_policies() with the same
 * set, bridges and facts. nat: DockerNat, the ports that Docker's rules have; NULL: not known. NULL with
 * QUAYWALL_ERROR_LIMIT_EXCEEDED: there is too much to be told, or to be looked at, in one answer. */
GPtrArray *exposure_list(DockerFacts *facts, PolicySet *set, GPtrArray *rules, const char *const *bridges, GArray *nat,
                         const ExposureEngine *engine, GError **error);
