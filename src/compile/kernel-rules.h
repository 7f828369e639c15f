/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what "iptables -S" prints: reading it, and comparing it with the rules that were asked for although iptables
 * spells them in another way. Must not know how it was obtained. */

#include "compile/direct-rule.h"

typedef struct KernelRule {
        char *chain;
        GStrv args;
        guint64 packets, bytes; /* with "-v" */
} KernelRule;

typedef struct KernelTable {
        GHashTable *chains; /* char * */
        GPtrArray *rules;   /* KernelRule *, in their order */
} KernelTable;

/* Reads the output of "iptables -S" or "iptables -v -S"; lines of other kinds are passed over. */
KernelTable *kernel_table_parse(const char *text);
void kernel_table_free(KernelTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelTable, kernel_table_free)

/* A spelling that is the same for a rule as it was given and as iptables prints it: options sorted, "-m" left out,
 * addresses and protocols in one form. Free with g_free(). */
char *rule_canonical(const char *const *args);

/* Whether it is a rule for every packet, from which none comes back, as from a jump to a chain: what stands behind it is never
 * reached. */
bool rule_lets_nothing_past(const char *const *args);

/* How many rules firewalld makes of one direct rule: it divides the first list of -s and the first of -d (1.3.3 and 2.3.1,
 * core/fw_direct.py, split_value). */
guint rule_count_split(const char *const *args);

/* Their words (GStrv; unref the array). More than LIMIT_DIRECT_RULES are not divided: such a rule is found nowhere. */
GPtrArray *rule_split(const char *const *args);

/* Their canonical spellings. */
GStrv rule_canonical_split(const char *const *args);

/* How many rules of the chain have the target. */
guint kernel_table_count(const KernelTable *table, const char *chain, const char *target);

/* A deviation of the table filter from the rules that should be in it. */
typedef struct Deviation {
        const char *code; /* as in Problems; static */
        char *sentence;
        const char *chain; /* static */
        guint count;       /* of rules; 0: does not apply */
} Deviation;
void deviation_free(Deviation *deviation);

/* All deviations for one family (Deviation *; unref the array). desired: from direct_render(), of all families.
 * expect_jump: whether FORWARD must lead to DOCKER-USER before it accepts anything. */
GPtrArray *kernel_table_compare(const KernelTable *table, GPtrArray *desired, Family family, bool expect_jump);

/* The place, counted from 1, of the jump to DOCKER-USER in FORWARD; 0: there is none. *ret_bypassed: a rule before it
 * accepts or leads to Docker's own rules. */
unsigned kernel_table_find_jump(const KernelTable *table, bool *ret_bypassed);

/* Whether the chain leads to one of Docker's own chains, and there is Docker's chain DOCKER. In the table "filter" the
 * chain is FORWARD, in "nat" PREROUTING. */
bool kernel_table_has_docker(const KernelTable *table, const char *chain);

/* A number for Docker's own rules about its networks in the table "filter", in whatever order; another one when it has written them.
 * Never 0. */
guint64 kernel_table_docker_digest(const KernelTable *filter);

/* Calls visit(bridge, userdata) for each bridge that Docker's rules of the table "filter" lead to, maybe several times. */
typedef void (*KernelBridgeFunc)(const char *bridge, gpointer userdata);
void kernel_table_bridges(const KernelTable *filter, KernelBridgeFunc visit, gpointer userdata);

/* Whether DOCKER-USER holds nothing but Docker's RETURN. */
bool kernel_table_is_idle(const KernelTable *table);

/* Whether it holds rules of others; a bare RETURN is none. */
bool kernel_table_has_others(const KernelTable *table);
