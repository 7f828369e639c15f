/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the difference between the direct configuration that is and the one that should be: the steps that change the
 * one at runtime into the other, and the permanent one merged with what others have in it. Must not know the bus. */

#include "compile/direct-rule.h"

/* One entry as firewalld has it: ipv, table, chain, priority, args; a chain has no args, a passthrough neither table
 * nor chain. */
typedef struct DirectEntry {
        char *ipv, *table, *chain;
        int priority;
        GStrv args;
} DirectEntry;

/* firewalld's direct configuration, whole, in its order (DirectEntry *). */
typedef struct DirectConfig {
        GPtrArray *chains, *rules, *passthroughs;
} DirectConfig;

DirectEntry *direct_entry_new(const char *ipv, const char *table, const char *chain, int priority, GStrv args);
void direct_entry_free(DirectEntry *entry);

/* Whether it is of the table filter, and of which family. */
bool direct_entry_is_filter(const DirectEntry *entry, Family *ret_family);

DirectConfig *direct_config_new(void);
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
        DirectRule *rule;  /* a chain has no args */
        GPtrArray *gone;   /* DirectRule *, those that STEP_REMOVE_RULES takes away, what is asked last first; NULL otherwise */
} Step;

Step *step_new(StepKind kind, DirectRule *rule); /* takes rule */
void step_free(Step *step);

/* What undoes the step (Step *; unref the array). */
GPtrArray *step_reverse(const Step *step);

/* The steps from actual (firewalld's runtime configuration) to desired (from direct_render()), so ordered that what
 * both the old and the new rules allow is never dropped on the way and what both forbid never passes (Step *). Touches
 * our rules only. kernel_chains: "ipv4:DOCKER-USER" for each chain of the table filter that exists already. */
GPtrArray *direct_plan(const DirectConfig *actual, GPtrArray *desired, GHashTable *kernel_chains);

/* actual with our part replaced: the chains that desired needs and its rules. */
DirectConfig *direct_merge(const DirectConfig *actual, GPtrArray *desired);
