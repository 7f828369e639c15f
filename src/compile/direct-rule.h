/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the rendering of the neutral rules as firewalld direct rules: which chains there are, in which order their
 * rules stand, and how to tell our rules from those of others. Must not know how they get into firewalld. */

#include "compile/rule.h"

#define CHAIN_DOCKER_USER "DOCKER-USER"
#define CHAIN_QUAYWALL "QUAYWALL"               /* asks: does it go to a container? */
#define CHAIN_QUAYWALL_POLICY "QUAYWALL-POLICY" /* asks: may it? */
#define COMMENT_PREFIX "quaywall:"

/* A rule in the table filter. */
typedef struct DirectRule {
        Family family;
        char *chain;
        int priority; /* firewalld's: rules of a chain stand in this order */
        GStrv args;
} DirectRule;

DirectRule *direct_rule_new(Family family, const char *chain, int priority, GStrv args); /* takes args */
DirectRule *direct_rule_copy(const DirectRule *rule);
void direct_rule_free(DirectRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DirectRule, direct_rule_free)
guint direct_rule_hash(gconstpointer rule);
gboolean direct_rule_equal(gconstpointer a, gconstpointer b);

/* The name of the policy that this rule was made for (borrowed), "" for a rule that is ours but no policy's, NULL for
 * one of somebody else. */
const char *direct_rule_owner(const char *chain, const char *const *args);

/* Chain by chain in the order of their priorities (DirectRule *; unref the array). guarded: the guard is in force as well, and
 * alone keeps what is too large to be searched rule by rule. judges: there is a policy that keeps somebody out, also where no rule
 * comes from it yet, for what it names is not there: our chains stand then, since making the first of firewalld's direct rules costs
 * a reload of firewalld >= 2, in the midst of the start of that container. ret_left_out (may be NULL): direct_list_too_large(). */
GPtrArray *direct_render(GPtrArray *rules, const char *const *bridges, bool guarded, bool judges, GPtrArray **ret_left_out);

/* Whether any of these rules (DirectRule *) is of the family. */
bool direct_rules_use_family(GPtrArray *rules, Family family);

/* The policies that direct_render() leaves out, for the guard alone or for nobody (char *, names in the order of rules; unref). */
GPtrArray *direct_list_too_large(GPtrArray *rules, bool guarded);
