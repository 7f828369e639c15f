/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* import-line: one iptables rule of DOCKER-USER, word by word. Refuses every word whose meaning no policy has. What
 * several rules mean together is import-iptables.c's. Pure. */
#pragma once

#include <glib.h>

#include "import-address.h"

typedef enum ImportVerdict {
        IMPORT_RETURN,  /* lets pass, as far as this chain goes */
        IMPORT_ACCEPT,  /* lets pass, past Docker's own rules too */
        IMPORT_DROP,    /* DROP or REJECT */
        IMPORT_FORWARD, /* ACCEPT with -i and -o: the router */
        IMPORT_REPLIES, /* lets replies pass: every policy does */
        IMPORT_OWN,     /* quaywall made it */
} ImportVerdict;

typedef struct ImportPorts {
        const char *protocol; /* "tcp" or "udp" */
        guint first, last;
} ImportPorts;

typedef struct ImportRule {
        guint line;
        int family;           /* 4 or 6 */
        char *in_interface;   /* NULL: any */
        char *out_interface;  /* only for IMPORT_FORWARD */
        GPtrArray *sources;   /* ImportAddress; empty: anyone */
        gboolean not_sources; /* all of them stood after "!" */
        GPtrArray *destinations;
        GArray *ports; /* ImportPorts; empty: any */
        char *comment;
        gboolean reject;
        gboolean container_address; /* the destination came from -d or --dst-range, which see it after DNAT */
        ImportVerdict verdict;
} ImportRule;

void import_rule_free(ImportRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportRule, import_rule_free)

/* Where the line comes from. */
typedef struct ImportPlace {
        const char *file;
        guint line;
        int family;       /* 4 or 6 where iptables-save's header tells, else 0 */
        gboolean in_dump; /* after "*filter": other chains are not meant and are passed over */
} ImportPlace;

/* words: the line, split as a shell does. *rule is NULL when the line is another chain's in a dump. *position: where in
 * the chain it goes, 0 for the end, 1 for the top. */
gboolean import_line_parse(const ImportPlace *place, const char *const *words, ImportRule **rule, guint *position,
                           GError **error);
