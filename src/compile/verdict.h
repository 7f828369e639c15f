/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the answer to "what do the rules say about this connection", without sending a packet. Must not know how rules are
 * rendered. */

#include "compile/rule.h"

typedef enum {
        VERDICT_PASS,   /* left to Docker */
        VERDICT_DROP,   /* forbidden, silently or not */
        VERDICT_ACCEPT, /* forwarded */
} Verdict;

/* One packet of a connection: the first one, a reply, or an error about it. */
typedef struct Connection {
        AddressRange source, destination; /* one address each; the destination is the one that the client dialled */
        const char *protocol;             /* as in PortRange */
        guint16 port;                     /* as dialled */
        const char *in;                   /* NULL: not known */
        const char *out;                  /* NULL: it does not leave the host (docker-proxy answers), or not known */
        bool local;                       /* a published port of this host was dialled; otherwise the container's own address */
        guint16 behind; /* the container's port, if somebody else translated what Docker does not publish; otherwise 0 */
        AddressRange container; /* where it leads; all zeros: docker-proxy answers */
        bool reply;             /* in and out are this packet's: the reverse of the first packet's */
        bool error;             /* an ICMP error about a connection, of either side; the protocol is "icmp" */
        bool expected;          /* a first packet that a conntrack helper expects: judged like any other */
        bool again;             /* a first packet that conntrack takes for an earlier connection's: judged like any other */
} Connection;

/* Whether the rule is about this connection, whatever its source. If in is not known: whether it may be. */
bool rule_covers(const Rule *rule, const char *const *bridges, const Connection *connection);

/* The joint verdict of the rules from compile_policies(), and of firewalld's zones if they let in everybody. If in is not known: the verdict for every interface of the host
 * except Docker's, or VERDICT_PASS if they differ. ret_decisive (NULL: not wanted): the rule that decides; with VERDICT_PASS
 * the one that lists the source, or NULL when no rule applies. */
Verdict verdict_judge(GPtrArray *rules, const char *const *bridges, const Connection *connection, const Rule **ret_decisive);
