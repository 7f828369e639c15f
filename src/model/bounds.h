/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns every limit on what a caller or a file may ask for. Documented in quaywalld(8), section LIMITS. */

#define LIMIT_POLICIES 1000U
#define LIMIT_GROUPS 1000U
#define LIMIT_ADDRESSES 65536U /* sources of one policy, addresses of a group */
#define LIMIT_ADDRESSES_ALL \
        (8U *               \
         LIMIT_ADDRESSES) /* sources of all policies together, which the kernel holds twice while policies change; addresses of all groups */
#define LIMIT_BRIEF 1024U                /* sources of one policy that are listed for a time */
#define LIMIT_MATCHES 64U                /* interfaces, out-interfaces, destinations, ports of one policy, each */
#define LIMIT_RULES 4096U                /* combinations of interface, destination and port of one policy */
#define LIMIT_NAME 64U                   /* characters of a policy's name */
#define LIMIT_DESCRIPTION 1024U          /* bytes of a policy's description */
#define LIMIT_IPSET 32U                  /* characters of the name of an ipset; firewalld's IPSET_MAXNAMELEN */
#define LIMIT_ZONE 17U                   /* characters of the name of a zone; firewalld's max_zone_name_len() */
#define LIMIT_INTERFACE 15U              /* the kernel's IFNAMSIZ - 1; firewalld would accept 16 */
#define LIMIT_POLICY_FILE (8U << 20)     /* bytes of a policy file */
#define LIMIT_HISTORY 50U                /* changes that the history keeps */
#define LIMIT_HISTORY_CHANGE (12U << 20) /* bytes of the policies and groups before and after one of them */
#define LIMIT_HISTORY_BYTES (32U << 20)  /* bytes of all of them; beyond, the oldest are forgotten */
#define LIMIT_DIRECT_ARGS 64U            /* words of a rule given to Direct.AddRule */
#define LIMIT_DIRECT_ARG 256U            /* bytes of each of these words */
#define LIMIT_DIRECT_RULE \
        1024U /* bytes of all of them: polkit's prompt shows them whole; a line of iptables-restore may have 10,240 */
#define LIMIT_DIRECT_SPLIT 64U  /* rules that it becomes when its lists of addresses are split */
#define LIMIT_CHAIN 28U         /* characters of a chain's name, iptables' XT_EXTENSION_MAXNAMELEN - 1 */
#define LIMIT_CONFIRM 3600U     /* seconds to wait for a confirmation */
#define LIMIT_REQUESTS 32U      /* requests in flight for each user */
#define LIMIT_REQUESTS_ALL 256U /* and for all users but root */
#define LIMIT_WATCHERS 16U      /* connections of one user that watch the counters */
#define LIMIT_SMALL \
        (256U << 10) /* bytes of a request that may wait for a password; of larger ones, one at a time except for root */
#define LIMIT_SMALL_BYTES (1U << 20) /* bytes of one user's requests in flight, the larger one aside */
#define LIMIT_DIRECT_RULES \
        1024U /* of one policy and family in DOCKER-USER: sources times what it covers; beyond, only the guard enforces it */
#define LIMIT_DIRECT_RULES_ALL 4096U    /* of all policies together; beyond, only the guard enforces the largest of them */
#define LIMIT_DIRECT_ENDPOINTS 256U     /* addresses and ports of containers among these rules */
#define LIMIT_CONTAINER_NAME 256U       /* bytes of an entry of "containers" or "networks" */
#define LIMIT_CONTAINERS 20000U         /* Docker's containers that quaywalld keeps */
#define LIMIT_CARRIED 1000U             /* policies that containers' labels carry */
#define LIMIT_NETWORKS 5000U            /* networks */
#define LIMIT_DOCKER_PORTS 131072U      /* published ports of one container, counted for each address */
#define LIMIT_DOCKER_LABEL 4096U        /* bytes of a label's key or value; longer keys are ignored, longer values cut */
#define LIMIT_DOCKER_NAME 255U          /* bytes of the name of a container or network */
#define LIMIT_DOCKER_DEPTH 32U          /* nesting of Docker's answers */
#define LIMIT_DOCKER_ANSWER (16U << 20) /* bytes of an answer about one object */
#define LIMIT_DOCKER_LIST (128U << 20)  /* bytes of a list */
#define LIMIT_DOCKER_LINE LIMIT_DOCKER_ANSWER /* bytes of an event, which has all labels of a container */
#define LIMIT_DOCKER_FACTS (128U << 20)       /* bytes of all facts about containers and networks */
#define LIMIT_LINKS 65536U                    /* network interfaces that quaywalld keeps */
#define LIMIT_ZONE_RULES (16U << 20)          /* bytes of firewalld's table, as nft lists it */
#define LIMIT_PORTS_ANSWER (16U << 20) /* bytes of the answer of ListPorts: the bus disconnects a sender of more than 32 MiB */
#define LIMIT_LIST_ANSWER (31U << 20)  /* bytes of a list of policies or groups, likewise */
#define LIMIT_PORTS_WORK (200U << 20)  /* work for that answer: two or three seconds */
#define LIMIT_TOLD 64U                 /* sources, and policies, that it lists for each port */
#define LIMIT_FINDINGS 1024U           /* errors, and warnings, that CheckChange lists */
#define LIMIT_DAEMON_JSON (1U << 20)   /* bytes of dockerd's configuration file */
#define LIMIT_JSON_DEPTH 64U           /* levels of nesting in it */
