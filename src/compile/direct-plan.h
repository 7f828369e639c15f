/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the difference between firewalld's present direct configuration and the desired one: the steps that turn the runtime one
 * into it, and the permanent one merged with other programs' entries. Must not know the bus. */

#include "compile/direct-rule.h"

/* One entry as firewalld has it: ipv, table, chain, priority, args. A chain has no args, a passthrough neither table nor
 * chain. */
typedef struct DirectEntry {
        char *ipv, *table, *chain;
        int priority;
        GStrv args;
} DirectEntry;

/* firewalld's whole direct configuration, in its order (DirectEntry *). */
typedef struct DirectConfig {
        GPtrArray *chains, *rules, *passthroughs;
} DirectConfig;

DirectEntry *direct_entry_new(const char *ipv, const char *table, const char *chain, int priority, GStrv args);
void direct_entry_free(DirectEntry *entry);
gboolean direct_entry_equal(gconstpointer a, gconstpointer b); /* of any two entries of chains, or of rules */

/* Whether the entry is in the table filter, and of which family. */
bool direct_entry_is_filter(const DirectEntry *entry, Family *ret_family);

/* Whether it is a rule of quaywall's in the table filter. */
bool direct_entry_is_ours(const DirectEntry *entry);

DirectConfig *direct_config_new(void);
DirectConfig *direct_config_copy(const DirectConfig *config);
void direct_config_free(DirectConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectConfig, direct_config_free)
bool direct_config_is_empty(const DirectConfig *config);
bool direct_config_has_chain(const DirectConfig *config, Family family, const char *chain);
bool direct_config_equal(const DirectConfig *a, const DirectConfig *b);

typedef enum {
        STEP_ADD_CHAIN,
        STEP_REMOVE_CHAIN,
        STEP_ADD_RULE,
        STEP_REMOVE_RULE,
        STEP_REMOVE_RULES, /* all of a chain in one call: firewalld takes as long for each single one (FACTS: 22 ms and 3 ms) */
} StepKind;

typedef struct Step {
        StepKind kind;
        DirectRule *rule; /* a chain has no args */
        GPtrArray *gone;  /* DirectRule *, what STEP_REMOVE_RULES removes, last evaluated first; NULL otherwise */
} Step;

Step *step_new(StepKind kind, DirectRule *rule); /* takes rule */
void step_free(Step *step);

/* The steps that undo this one (Step *; unref the array). */
GPtrArray *step_reverse(const Step *step);

/* The steps from actual (firewalld's runtime configuration) to desired (from direct_render()), in an order in which traffic
 * that both the old and the new rules allow is never dropped meanwhile, and traffic that both forbid never passes (Step *).
 * Touches our rules only. kernel_chains: "ipv4:DOCKER-USER" for each chain of the table filter that exists already. */
GPtrArray *direct_plan(const DirectConfig *actual, GPtrArray *desired, GHashTable *kernel_chains);

/* actual with our part replaced by the rules of desired and the chains that they need. */
DirectConfig *direct_merge(const DirectConfig *actual, GPtrArray *desired);
