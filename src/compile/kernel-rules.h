/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the output of "iptables -S": parsing it, and comparing it with the wanted rules, which iptables spells differently. Must
 * not know how it was obtained. */

#include "compile/direct-rule.h"
#include "model/problem.h"

typedef struct KernelRule {
        char *chain;
        GStrv args;
        guint64 packets, bytes; /* with "-v" */
} KernelRule;

typedef struct KernelTable {
        GHashTable *chains; /* char * */
        GPtrArray *rules;   /* KernelRule *, in their order */
} KernelTable;

/* Parses the output of "iptables -S" or "iptables -v -S"; skips all other lines. */
KernelTable *kernel_table_parse(const char *text);
void kernel_table_free(KernelTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelTable, kernel_table_free)

/* One spelling for a rule as it was given and as iptables prints it: options sorted, "-m" left out, addresses and protocols in
 * one form. Free with g_free(). */
char *rule_canonical(const char *const *args);

/* Whether the rule takes every packet and returns none (a jump to a chain may return some): rules behind it are never
 * reached. */
bool rule_lets_nothing_past(const char *const *args);

/* How many rules firewalld makes of one direct rule: it splits the first list of -s and the first of -d (1.3.3 and 2.3.1,
 * core/fw_direct.py, split_value). */
guint rule_count_split(const char *const *args);

/* The words of these rules (GStrv; unref the array). More than LIMIT_DIRECT_RULES are not split: such a rule is found
 * nowhere. */
GPtrArray *rule_split(const char *const *args);

/* Canonical spellings of these rules. */
GStrv rule_canonical_split(const char *const *args);

/* How many rules of the chain have the target. */
guint kernel_table_count(const KernelTable *table, const char *chain, const char *target);

/* A deviation of the table filter from the rules that should be in it. */
typedef struct Deviation {
        ProblemCode code;
        char *sentence;
        const char *chain; /* static */
        guint count;       /* of rules; 0: not applicable */
} Deviation;
void deviation_free(Deviation *deviation);

/* All deviations for one family (Deviation *; unref the array). desired: from direct_render(), of all families.
 * expect_jump: whether FORWARD must lead to DOCKER-USER before it accepts anything. */
GPtrArray *kernel_table_compare(const KernelTable *table, GPtrArray *desired, Family family, bool expect_jump);

/* The position, counted from 1, of the jump to DOCKER-USER in FORWARD; 0: there is none. *ret_bypassed: a rule before it
 * accepts or leads to Docker's own rules. */
unsigned kernel_table_find_jump(const KernelTable *table, bool *ret_bypassed);

/* Whether the chain leads to one of Docker's own chains, and Docker's chain DOCKER exists. chain: FORWARD in the table
 * "filter", PREROUTING in "nat". */
bool kernel_table_has_docker(const KernelTable *table, const char *chain);

/* A digest of Docker's own rules about its networks in the table "filter", whatever their order; it changes when Docker changes
 * them. Never 0. */
guint64 kernel_table_docker_digest(const KernelTable *filter);

/* Calls visit(bridge, userdata) for each bridge that Docker's rules in the table "filter" lead to, maybe several times. */
typedef void (*KernelBridgeFunc)(const char *bridge, gpointer userdata);
void kernel_table_bridges(const KernelTable *filter, KernelBridgeFunc visit, gpointer userdata);

/* Whether DOCKER-USER holds nothing but Docker's RETURN. */
bool kernel_table_is_idle(const KernelTable *table);

/* Whether DOCKER-USER holds other programs' rules; a bare RETURN is none. */
bool kernel_table_has_others(const KernelTable *table);
