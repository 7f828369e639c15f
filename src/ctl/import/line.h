/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading one iptables rule of DOCKER-USER, word by word. A word whose meaning no policy has is refused. Must not know the other
 * lines: iptables.h. Pure. */

#include "ctl/import/address.h"

typedef enum ImportVerdict {
        IMPORT_RETURN,  /* lets pass, as far as this chain goes */
        IMPORT_ACCEPT,  /* lets pass, and past Docker's own rules too */
        IMPORT_DROP,    /* DROP or REJECT */
        IMPORT_FORWARD, /* ACCEPT with -i and -o: routes */
        IMPORT_REPLIES, /* lets replies pass, as every policy does */
        IMPORT_OWN,     /* quaywall made the rule */
} ImportVerdict;

typedef struct ImportPorts {
        const char *protocol; /* "tcp" or "udp" */
        guint first, last;
} ImportPorts;

typedef struct ImportRule {
        guint line;
        int family;          /* 4 or 6 */
        char *in_interface;  /* NULL: any */
        char *out_interface; /* only for IMPORT_FORWARD */
        GPtrArray *sources;  /* ImportAddress *; empty: any */
        bool not_sources;    /* all of them stood after "!" */
        GPtrArray *destinations;
        GArray *ports; /* ImportPorts; empty: any */
        char *comment;
        bool reject;
        bool container_address; /* the destination is of -d or --dst-range, which compare the address after DNAT */
        ImportVerdict verdict;
} ImportRule;

/* NULL is fine. */
void import_rule_free(ImportRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportRule, import_rule_free)

/* Where the line comes from. */
typedef struct ImportPlace {
        const char *file;
        guint line;
        int family;   /* 4 or 6 where the header of iptables-save says so, else 0 */
        bool in_dump; /* after "*filter", where rules of other chains are skipped and no error */
} ImportPlace;

/* words: the line, split as a shell does. *ret_rule (free with import_rule_free()) is NULL for a rule of another chain in a dump.
 * *ret_position: its place in the chain, counted from 1; 0: the end. false and IMPORT_ERROR_REFUSED when no policy can say it. */
bool import_line_parse(const ImportPlace *place, const char *const *words, ImportRule **ret_rule, guint *ret_position,
                       GError **error);
