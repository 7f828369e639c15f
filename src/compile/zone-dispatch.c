/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-dispatch.h"

#include <string.h>

#include "compile/nft-words.h"

/* The rules of "filter_INPUT" lead to a dispatcher, "filter_INPUT_ZONES" (firewalld 1), "filter_INPUT_POLICIES" (2.0) or
 * "filter_INPUT_dispatch" (2.4), and that to the zone of the client, "filter_IN_home", or "filter_IN_home_to_HOST" (2.4). */
#define DISPATCH_PREFIX ZONE_RULES_PREFIX "filter_INPUT_"
#define ZONE_PREFIX ZONE_RULES_PREFIX "filter_IN_"
#define ZONE_SUFFIX "_to_HOST"
#define POLICY_PREFIX ZONE_PREFIX "policy_"

bool zone_word_is_verdict(const char *word) {
        static const char *const VERDICTS[] = { "accept", "drop", "reject", "return", "continue", "jump", "goto", NULL };
        return g_strv_contains(VERDICTS, word);
}

static void dispatch_clear(gpointer p) {
        Dispatch *dispatch = p;
        g_ptr_array_unref(dispatch->words);
        g_free(dispatch->clients);
        g_free(dispatch->zone);
}

/* NULL: it is no chain of a zone's. */
static char *zone_of(const char *chain) {
        if (!g_str_has_prefix(chain, ZONE_PREFIX) || g_str_has_prefix(chain, POLICY_PREFIX))
                return NULL;
        const char *zone = chain + strlen(ZONE_PREFIX);
        return g_strndup(zone, strlen(zone) - (g_str_has_suffix(zone, ZONE_SUFFIX) ? strlen(ZONE_SUFFIX) : 0));
}

static Dispatch read_rule(const char *rule) {
        Dispatch dispatch = { .words = nft_words_split(rule) };
        g_autoptr(GPtrArray) clients = g_ptr_array_new();
        while (dispatch.verdict < dispatch.words->len && !zone_word_is_verdict(dispatch.words->pdata[dispatch.verdict]))
                g_ptr_array_add(clients, dispatch.words->pdata[dispatch.verdict++]);
        dispatch.clients = nft_words_join(clients);
        if (dispatch.verdict + 1 < dispatch.words->len)
                dispatch.zone = zone_of(dispatch.words->pdata[dispatch.verdict + 1]);
        return dispatch;
}

/* *ret_leads: whether one of them leads to a zone. */
static GArray *read_chain(const ZoneChain *chain, bool *ret_leads) {
        GArray *rules = g_array_new(FALSE, FALSE, sizeof(Dispatch));
        g_array_set_clear_func(rules, dispatch_clear);
        for (guint r = 0; r < chain->rules->len; r++) {
                const Dispatch dispatch = read_rule(chain->rules->pdata[r]);
                *ret_leads |= dispatch.zone != NULL;
                g_array_append_val(rules, dispatch);
        }
        return rules;
}

GArray *zone_dispatch_read(const ZoneRules *zones) {
        for (guint i = 0; i < zones->chains->len; i++) {
                const ZoneChain *chain = zones->chains->pdata[i];
                bool leads = false;
                if (!g_str_has_prefix(chain->name, DISPATCH_PREFIX))
                        continue;
                g_autoptr(GArray) rules = read_chain(chain, &leads);
                if (leads)
                        return g_steal_pointer(&rules);
        }
        return g_array_new(FALSE, FALSE, sizeof(Dispatch));
}
