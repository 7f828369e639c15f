/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns every bound on what a caller or a file can ask for. Documented in quaywalld(8), section LIMITS. */

#define LIMIT_POLICIES 1000U
#define LIMIT_ADDRESSES 65536U        /* sources of one policy */
#define LIMIT_ADDRESSES_ALL (8U * LIMIT_ADDRESSES) /* sources of all policies, which the kernel has a second time while they change */
#define LIMIT_MATCHES 64U             /* interfaces, out-interfaces, destinations, ports of one policy, each */
#define LIMIT_RULES 4096U             /* combinations of interface, destination and port of one policy */
#define LIMIT_NAME 64U                /* characters of a policy's name */
#define LIMIT_DESCRIPTION 1024U       /* bytes of a policy's description */
#define LIMIT_INTERFACE 15U           /* the kernel's IFNAMSIZ - 1; firewalld would take 16 */
#define LIMIT_POLICY_FILE (8U << 20)  /* bytes of a policy file */
#define LIMIT_DIRECT_ARGS 64U         /* words of a rule given to Direct.AddRule */
#define LIMIT_DIRECT_ARG 256U         /* bytes of each of these words */
#define LIMIT_DIRECT_RULE 1024U       /* bytes of all of them: a question of polkit's shows them whole, a line of iptables-restore has 10,240 */
#define LIMIT_DIRECT_SPLIT 64U        /* rules that its lists of addresses become */
#define LIMIT_CHAIN 28U               /* characters of a chain's name, iptables' XT_EXTENSION_MAXNAMELEN - 1 */
#define LIMIT_CONFIRM 3600U           /* seconds to wait for a confirmation */
#define LIMIT_REQUESTS 32U            /* requests in flight for each user */
#define LIMIT_REQUESTS_ALL 256U       /* and for all users but root */
#define LIMIT_SMALL (256U << 10)      /* bytes of a request that may wait for a password; of larger ones there is one at a time, but for root */
#define LIMIT_SMALL_BYTES (1U << 20)  /* of the requests of one user in flight, without the larger one */
#define LIMIT_DIRECT_RULES 1024U      /* of one policy and family in DOCKER-USER: sources times what is covered; beyond, the guard alone holds it */
#define LIMIT_DIRECT_RULES_ALL 4096U  /* of all policies together; beyond, the guard alone holds the largest of them */
#define LIMIT_DIRECT_ENDPOINTS 256U   /* addresses and ports of containers among these */
#define LIMIT_CONTAINER_NAME 256U     /* bytes of an entry of "containers" or "networks" */
#define LIMIT_CONTAINERS 20000U       /* containers that are known of Docker */
#define LIMIT_NETWORKS 5000U          /* networks */
#define LIMIT_DOCKER_PORTS 131072U    /* published ports of one container, each address of one */
#define LIMIT_DOCKER_LABEL 4096U      /* bytes of a label's key or value; a longer key is not known, a longer value cut */
#define LIMIT_DOCKER_NAME 255U        /* bytes of the name of a container or network */
#define LIMIT_DOCKER_DEPTH 32U        /* nesting of what Docker answers */
#define LIMIT_DOCKER_ANSWER (16U << 20) /* bytes of an answer about one thing */
#define LIMIT_DOCKER_LIST (128U << 20)  /* bytes of a list */
#define LIMIT_DOCKER_LINE LIMIT_DOCKER_ANSWER /* bytes of an event, in which all labels of a container are */
#define LIMIT_DOCKER_FACTS (128U << 20) /* bytes of all that is known of containers and networks */
#define LIMIT_LINKS 65536U            /* network interfaces that are known */
#define LIMIT_PORTS_ANSWER (16U << 20)  /* bytes of the answer of ListPorts: the bus ends who sends more than 32 MiB */
#define LIMIT_PORTS_WORK (200U << 20)   /* what is looked at for it: two or three seconds */
#define LIMIT_TOLD 64U                /* sources, and policies, that it tells of each port */
#define LIMIT_DAEMON_JSON (1U << 20)  /* bytes of dockerd's configuration file */
#define LIMIT_JSON_DEPTH 64U          /* levels of nesting in it */
