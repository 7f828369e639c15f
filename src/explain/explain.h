/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the path of a connection through the host: which hooks it meets in which order, where it is routed, and who takes it at
 * the end. It evaluates the kernel's current rules, not those that quaywall wrote. Pure: it asks Host for everything that only
 * the host knows. */

#include "explain/walk.h"
#include "model/port.h"

/* A connection that a client may open. */
typedef struct Dialled {
        Family family;
        guint8 source[16], destination[16]; /* the destination as dialled */
        const char *protocol;               /* static */
        guint16 port;
        char interface[INTERFACE_SIZE]; /* where it comes in; empty: where the host would send the answer */
} Dialled;

typedef struct Explanation {
        bool uncertain;   /* some rules could not be evaluated; allowed is the result if they do not match */
        bool allowed;     /* no rule blocks it; whether a socket listens is another question, which the trace answers */
        GPtrArray *trace; /* TraceRow *; the effect of the row that decides begins with "decides: " */
        Finding finding;
        char *ending; /* the effect of that row without these words */
} Explanation;

Explanation *explain_connection(const Ruleset *ruleset, const Host *host, const Dialled *connection);
void explanation_free(Explanation *explanation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Explanation, explanation_free)
