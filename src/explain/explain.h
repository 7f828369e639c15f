/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the way of a connection through the house: which hooks it meets in which order, where it is routed, and who
 * takes it at the end. It asks the rules that are in the kernel, not the ones that quaywall wrote. Pure: what only the
 * host knows it asks by Host. */

#include "explain/walk.h"
#include "model/port.h"

/* One connection that somebody may open. */
typedef struct Dialled {
        Family family;
        guint8 source[16], destination[16]; /* the destination as dialled */
        const char *protocol;               /* static */
        guint16 port;
        char interface[INTERFACE_SIZE];     /* where it comes in; empty: where the host would send the answer */
} Dialled;

typedef struct Explanation {
        bool uncertain;   /* it cannot be told whether all rules matched; allowed is what comes out if those in doubt do not */
        bool allowed;     /* no rule is against it; whether somebody listens is another question, which the trace answers */
        GPtrArray *trace; /* TraceRow *; the effect of the row that decides begins with "decides: " */
} Explanation;

Explanation *explain_connection(const Ruleset *ruleset, const Host *host, const Dialled *connection);
void explanation_free(Explanation *explanation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Explanation, explanation_free)
