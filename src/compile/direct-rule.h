/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the rendering of the neutral rules as firewalld direct rules: the chains, the order of their rules, and how to tell our
 * rules from those of others. Must not know how they get into firewalld. */

#include "compile/rule.h"

#define CHAIN_DOCKER_USER "DOCKER-USER"
#define CHAIN_QUAYWALL "QUAYWALL"               /* does it go to a container? */
#define CHAIN_QUAYWALL_POLICY "QUAYWALL-POLICY" /* is it allowed? */
#define COMMENT_PREFIX "quaywall:"              /* followed by the policy's name */
#define COMMENT_OURS "quaywall"                 /* a rule of quaywall's that belongs to no policy */

/* A rule in the table filter. */
typedef struct DirectRule {
        Family family;
        char *chain;
        int priority; /* firewalld's: it orders the rules of a chain */
        GStrv args;
} DirectRule;

DirectRule *direct_rule_new(Family family, const char *chain, int priority, GStrv args); /* takes args */
DirectRule *direct_rule_copy(const DirectRule *rule);
void direct_rule_free(DirectRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectRule, direct_rule_free)
guint direct_rule_hash(gconstpointer p);
gboolean direct_rule_equal(gconstpointer a, gconstpointer b);

/* The name of the policy that this rule belongs to (borrowed), "" for a rule of quaywall's that belongs to no policy, NULL for
 * anybody else's rule. */
const char *direct_rule_owner(const char *chain, const char *const *args);

/* Chain by chain in the order of their priorities (DirectRule *; unref the array). guarded: the guard is in force as well, and
 * alone enforces policies that are too large to be searched rule by rule. judges: a policy blocks somebody, even if it has no
 * rules yet because what it names does not exist. Our chains are then made in advance: adding the first of its direct rules
 * costs a reload of firewalld >= 2, which would otherwise come in the middle of that container's start. ret_left_out (may be
 * NULL): direct_list_too_large(). What containers carry in labels has no rules here. */
GPtrArray *direct_render(GPtrArray *all, const char *const *bridges, bool guarded, bool judges, GPtrArray **ret_left_out);

/* Whether any of these rules (DirectRule *) is of the family. */
bool direct_rules_use_family(GPtrArray *rules, Family family);

/* The policies that direct_render() leaves to the guard alone or to nobody (char *, names in the order of the rules; unref). */
GPtrArray *direct_list_too_large(GPtrArray *all, bool guarded);
