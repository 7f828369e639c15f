/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "finding.h"

#include <string.h>

#include <glib/gi18n.h>

#include "compile/direct-rule.h"
#include "compile/guard-state.h"
#include "compile/zone-rules.h"

/* Chains of firewalld's: those that lead packets to a zone's, and the zone's own, which may stand for a policy, too. */
#define ZONE_DISPATCH_PREFIX "filter_INPUT"
#define ZONE_PREFIX "filter_IN_"
#define ZONE_POLICY_PREFIX "policy_"

void finding_clear(Finding *finding) {
        g_clear_pointer(&finding->policy, g_free);
        g_clear_pointer(&finding->chain, g_free);
        g_clear_pointer(&finding->asked, g_free);
        g_clear_pointer(&finding->zone, g_free);
        g_clear_pointer(&finding->handed_on, g_free);
}

bool finding_is_guard(const Chain *chain) {
        return g_str_equal(chain->family, "inet") && g_str_equal(chain->table, GUARD_TABLE);
}

char *finding_format_chain(const Chain *chain) {
        return g_strdup_printf("%s %s", finding_is_guard(chain) ? "guard" : chain->table, chain->name);
}

static const char *layer_of(const Chain *chain) {
        if (g_str_has_prefix(chain->table, GUARD_TABLE)) /* also that of cut connections */
                return LAYER_GUARD;
        if (g_str_equal(chain->table, ZONE_TABLE))
                return LAYER_FIREWALLD;
        if (g_str_equal(chain->name, CHAIN_DOCKER_USER) || g_str_has_prefix(chain->name, CHAIN_QUAYWALL))
                return LAYER_DOCKER_USER;
        return g_str_has_prefix(chain->name, "DOCKER") || g_str_has_prefix(chain->table, "docker") ? LAYER_DOCKER :
                                                                                                     LAYER_NETFILTER;
}

/* A copy of a chain of firewalld's, in the guard. */
static bool is_copy(const Chain *chain) {
        return finding_is_guard(chain) && g_str_has_prefix(chain->name, ZONE_RULES_PREFIX);
}

static const char *name_at_firewalld(const Chain *chain) {
        return is_copy(chain) ? chain->name + strlen(ZONE_RULES_PREFIX) : chain->name;
}

static void replace(char **text, const char *by) {
        g_free(*text);
        *text = g_strdup(by);
}

void finding_note_jump(Finding *finding, const Chain *chain, const ChainRule *rule, const Chain *target) {
        const char *from = name_at_firewalld(chain), *to = name_at_firewalld(target);
        if (finding_is_guard(chain) && rule->policy && g_str_equal(target->name, ZONE_RULES_CHAIN))
                replace(&finding->asked, rule->policy);
        if (g_str_has_prefix(from, ZONE_DISPATCH_PREFIX) && g_str_has_prefix(to, ZONE_PREFIX) &&
            !g_str_has_prefix(to + strlen(ZONE_PREFIX), ZONE_POLICY_PREFIX))
                replace(&finding->zone, to + strlen(ZONE_PREFIX));
}

static const char *policy_of(const Finding *finding, const Chain *chain, const ChainRule *rule) {
        return rule && rule->policy ? rule->policy : is_copy(chain) ? finding->asked : NULL;
}

void finding_note_pass(Finding *finding, const Chain *chain, const ChainRule *rule) {
        const char *policy = policy_of(finding, chain, rule);
        if (finding->policy || !policy)
                return;
        finding->policy = g_strdup(policy);
        finding->layer = layer_of(chain);
}

void finding_note_block(Finding *finding, const Packet *packet, const Chain *chain, const ChainRule *rule) {
        replace(&finding->policy, policy_of(finding, chain, rule));
        g_free(finding->chain);
        finding->chain = finding_format_chain(chain);
        finding->layer = layer_of(chain);
        finding->by_chain = rule == NULL;
        finding->by_zone = is_copy(chain);
        finding->packet = packet->reply ? N_("the answer") : packet->established ? N_("TCP's second packet") : N_("it");
        finding->held = rule && rule->holds;
}

void finding_note_unroutable(Finding *finding) {
        g_clear_pointer(&finding->policy, g_free);
        finding->layer = LAYER_ROUTING;
}
