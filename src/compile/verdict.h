/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the answer to "what do the rules say of this connection", without a packet being sent. Must not know how rules
 * are rendered. */

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
        const char *out;                  /* NULL: it does not leave the host: docker-proxy answers, or it is not known */
        bool local; /* a published port of this host was dialled; otherwise the container's own address */
        guint16 behind; /* the container's port, where not Docker translated but somebody else: what was dialled Docker does not publish; or 0 */
        AddressRange container; /* where it leads; all zeros: docker-proxy answers */
        bool reply; /* in and out are this packet's: the reverse of the first one's */
        bool error; /* an ICMP error about a connection, of either side; the protocol is "icmp" */
        bool expected; /* a first one that a helper of conntrack expects: it is judged like any other */
} Connection;

/* Whether the rule is about this connection, whoever its source is. Where in is not known, whether it may be. */
bool rule_covers(const Rule *rule, const char *const *bridges, const Connection *connection);

/* What the rules of compile_policies() say together. When in is not known, only what they say whichever of the host's
 * interfaces it is, Docker's aside; VERDICT_PASS when that differs. ret_decisive (NULL: not wanted): the rule that
 * decides; with VERDICT_PASS the one that lists the source, or NULL when no rule has a say. */
Verdict verdict_judge(GPtrArray *rules, const char *const *bridges, const Connection *connection, const Rule **ret_decisive);
