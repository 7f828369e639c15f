/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the answer to "who can reach which published port": from what Docker told and what the policies mean. Must not
 * know how Docker was asked, nor how rules are rendered; it assumes that what the policies mean is in force. */

#include "compile/rule.h"

/* How Docker works, as far as it makes a difference. */
typedef struct ExposureEngine {
        unsigned major;           /* of Docker's version; 0: not known */
        bool iptables, ip6tables; /* it makes firewall rules for the family */
        bool is_swarm;
} ExposureEngine;

typedef enum {
        REACH_EVERYONE,   /* whoever can send packets to this host, but for sources */
        REACH_SOURCES,    /* sources and nobody else */
        REACH_NOBODY,
        REACH_NEIGHBOURS, /* hosts on the same link, which can send packets to 127.0.0.1, and this host */
        REACH_HOST,       /* this host itself only */
        REACH_UNKNOWN,    /* Docker does not know the port */
} ReachKind;

typedef struct Reach {
        ReachKind kind;
        GArray *sources; /* AddressRange, sorted; REACH_SOURCES: who; REACH_EVERYONE: who not; otherwise empty */
} Reach;

/* Where policies that name interfaces or addresses of the host make a difference. */
typedef struct ExposureException {
        char *interface;   /* ""; any */
        char *destination; /* prefix; ""; any */
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
        const char *path;        /* "dnat", "docker-proxy", "host-network": static */
        Reach reach;             /* by an interface and address that no policy names */
        GPtrArray *exceptions;   /* ExposureException * */
        GPtrArray *policies;     /* char *, those that cover it, sorted */
        GPtrArray *notes;        /* ExposureNote * */
} Exposure;

/* By container, port and family (Exposure *; unref the array before the facts change). rules: of compile_policies() with the same
 * set, bridges and facts. others: "tcp . 8080" for ports that Docker's rules have. */
GPtrArray *exposure_list(DockerFacts *facts, PolicySet *set, GPtrArray *rules, const char *const *bridges,
                         const char *const *others, const ExposureEngine *engine);

/* "everyone", "sources"..., as on the bus. */
const char *reach_to_string(ReachKind kind);
