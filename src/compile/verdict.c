/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "verdict.h"

#include <string.h>

/* The set is sorted and no two ranges touch: 50,000 sources are searched once for each flow. */
static bool set_contains(GArray *set, const AddressRange *address) {
        guint low = 0, high = set->len;
        while (low < high) {
                const guint middle = low + (high - low) / 2;
                const AddressRange *range = &g_array_index(set, AddressRange, middle);
                if (memcmp(address->first, range->first, 16) < 0)
                        high = middle;
                else if (memcmp(address->first, range->last, 16) > 0)
                        low = middle + 1;
                else
                        return true;
        }
        return false;
}

static bool is_bridge(const char *const *bridges, const char *interface) {
        return interface && g_strv_contains(bridges, interface);
}

/* Whether the connection leads to what Docker has behind the policy's names. */
static bool covers_endpoint(const Rule *rule, const Connection *c) {
        if (rule->kind == ENDPOINT_DIALLED)
                return true;
        /* A published port and the same number on a container's own address are two things. */
        if ((rule->kind == ENDPOINT_PUBLISHED && !c->local) || (rule->kind == ENDPOINT_ROUTED && c->local && !c->behind))
                return false;
        const guint16 port = rule->kind == ENDPOINT_ROUTED && c->behind ? c->behind : c->port;
        for (guint i = 0; i < rule->endpoints->len; i++) {
                const Endpoint *endpoint = &g_array_index(rule->endpoints, Endpoint, i);
                const bool here = rule->kind == ENDPOINT_PUBLISHED || address_range_overlaps(&endpoint->address, &c->container);
                if (here && (rule->kind == ENDPOINT_CONTAINER || endpoint->port == port))
                        return true;
        }
        return false;
}

bool rule_covers(const Rule *rule, const char *const *bridges, const Connection *c) {
        if (rule->family != c->source.family)
                return false;
        if (c->in && (rule->in ? !g_str_equal(rule->in, c->in) : is_bridge(bridges, c->in)))
                return false;
        if (rule->port && !port_range_contains(rule->port, c->protocol, c->port))
                return false;
        if (rule->protocol && !g_str_equal(rule->protocol, c->protocol))
                return false;
        if (rule->destination && !address_range_overlaps(&rule->dialled, &c->destination))
                return false;
        return covers_endpoint(rule, c);
}

static bool rule_forwards(const Rule *rule, const Connection *c) {
        const bool back = c->reply || c->error;
        const char *in = back ? c->out : c->in, *out = back ? c->in : c->out;
        return (g_strcmp0(rule->in, c->in) == 0 && g_strcmp0(rule->out, c->out) == 0) ||
               (g_strcmp0(rule->in, in) == 0 && g_strcmp0(rule->out, out) == 0);
}

/* What the rules of administrators say, or those of containers' labels. */
typedef struct Level {
        const Rule *denies, *lists, *restricts; /* the first of each */
} Level;

static void ask(Level *level, const Rule *rule, const Connection *c) {
        const bool listed = rule->sources && set_contains(rule->sources, &c->source);
        const Rule **says = NULL;
        if (rule->policy->action == POLICY_DENY && (listed || !rule->sources))
                says = &level->denies;
        if (policy_has_list(rule->policy)) {
                /* Whom firewalld's zones let in is not known here, so nobody is kept out for it. */
                const bool obeys = rule->policy->action == POLICY_OBEY_ZONES;
                const bool passes = obeys ? c->local && !c->behind : listed && (c->local || !rule_lists_published_only(rule));
                says = passes ? &level->lists : &level->restricts;
        }
        if (says && !*says)
                *says = rule;
}

/* For a connection whose interface is known. */
static Verdict judge(GPtrArray *rules, const char *const *bridges, const Connection *c, const Rule **ret_decisive) {
        const bool judged = !c->reply && !c->error && (c->local || is_bridge(bridges, c->out));
        Level levels[2] = { { NULL, NULL, NULL }, { NULL, NULL, NULL } };
        const Rule *forwards = NULL;
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (rule->policy->action != POLICY_FORWARD) {
                        if (judged && rule_covers(rule, bridges, c))
                                ask(&levels[rule_is_carried(rule)], rule, c);
                } else if (!forwards && rule->family == c->source.family && rule_forwards(rule, c))
                        forwards = rule;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
                *ret_decisive = levels[i].denies ? levels[i].denies : levels[i].lists ? NULL : levels[i].restricts;
                if (*ret_decisive)
                        return VERDICT_DROP;
        }
        *ret_decisive = forwards ? forwards : levels[0].lists ? levels[0].lists : levels[1].lists;
        return forwards ? VERDICT_ACCEPT : VERDICT_PASS;
}

Verdict verdict_judge(GPtrArray *rules, const char *const *bridges, const Connection *c, const Rule **ret_decisive) {
        const Rule *unwanted = NULL;
        const Rule **decisive = ret_decisive ? ret_decisive : &unwanted;
        if (c->in)
                return judge(rules, bridges, c, decisive);

        Connection here = *c;
        here.in = ""; /* one that no rule names */
        const Verdict verdict = judge(rules, bridges, &here, decisive);
        g_autoptr(GPtrArray) asked = g_ptr_array_new();
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i], *other;
                if (!rule->in || rule->in_is_bridge || g_ptr_array_find_with_equal_func(asked, rule->in, g_str_equal, NULL))
                        continue;
                g_ptr_array_add(asked, (char *) rule->in);
                here.in = rule->in;
                if (judge(rules, bridges, &here, &other) != verdict) {
                        *decisive = NULL;
                        return VERDICT_PASS;
                }
        }
        return verdict;
}
