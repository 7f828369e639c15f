/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cut.h"

#include <malloc.h>
#include <string.h>

#include "compile/endpoint.h"
#include "compile/verdict.h"
#include "daemon/journal.h"
#include "daemon/published.h"
#include "docker/docker.h"
#include "guard/cut-table.h"
#include "guard/flows.h"
#include "guard/route.h"
#include "model/error.h"

#define PORTION 1024U
/* A question takes as long as there are rules, so these are portioned by time. */
#define TURN_USEC 10000

/* conntrack keeps addresses and ports and no interfaces: those are what routing says now of both ends. */
typedef struct Judge {
        GPtrArray *rules; /* Rule *, all but forward */
        const char *const *bridges;
        GHashTable *published; /* see endpoint_format_published() */
        Routes *routes;
        sd_event *event;
        gint64 turn; /* when it began, monotonic */
} Judge;

static bool is_published(const Judge *judge, const Flow *flow) {
        return endpoint_is_published(judge->published, &flow->destination, flow->protocol, flow->port);
}

static bool is_covered(const Judge *judge, const Connection *c) {
        for (guint i = 0; i < judge->rules->len; i++)
                if (rule_covers(judge->rules->pdata[i], judge->bridges, c))
                        return true;
        return false;
}

static bool is_forbidden(const Flow *flow, gpointer userdata) {
        Judge *judge = userdata;
        if (g_get_monotonic_time() > judge->turn + TURN_USEC) {
                fiber_yield(judge->event);
                judge->turn = g_get_monotonic_time();
        }
        const bool translated = !address_range_overlaps(&flow->destination, &flow->answerer) || flow->port != flow->answerer_port;
        Connection direct = { .source = flow->source, .destination = flow->destination, .protocol = flow->protocol, .port = flow->port,
                              .local = translated, .container = flow->answerer };
        /* Not by Docker: it has no such port. */
        if (translated && !is_published(judge, flow))
                direct.behind = flow->answerer_port;
        Connection proxied = direct;
        proxied.local = true;
        memset(&proxied.container, 0, sizeof proxied.container);
        /* Most flows of a busy router are none of ours: to look up where they go would cost more than all the rest. */
        if (!is_covered(judge, &direct) && (translated || !is_covered(judge, &proxied)))
                return false;

        const char *out = routes_interface_to(judge->routes, &flow->answerer);
        const bool own = g_strcmp0(out, "lo") == 0;
        Connection *c = own ? &proxied : &direct;
        if (own ? translated || !is_published(judge, flow) : !out || !g_strv_contains(judge->bridges, out))
                return false;
        c->out = own ? NULL : out;
        c->in = routes_interface_to(judge->routes, &flow->source);
        /* What the host itself opens is nobody's to judge. */
        return g_strcmp0(c->in, "lo") != 0 && verdict_judge(judge->rules, judge->bridges, c, NULL) == VERDICT_DROP;
}

static GPtrArray *judging_rules(Context *context, PolicySet *set) {
        const char *const *bridges = (const char *const *) context->bridges;
        GPtrArray *rules = compile_policies(set, bridges, context->docker->facts, false);
        for (guint i = rules->len; i-- > 0;)
                if (((Rule *) rules->pdata[i])->policy->action == POLICY_FORWARD)
                        g_ptr_array_remove_index(rules, i);
        return rules;
}

/* The open connections (Flow) that these policies forbid. Others have their turns meanwhile, and Docker may get another
 * bridge. */
static GArray *find(Context *context, PolicySet *set, GError **error) {
        g_autoptr(GPtrArray) rules = judging_rules(context, set);
        if (rules->len == 0)
                return g_array_new(FALSE, FALSE, sizeof(Flow));
        g_autoptr(Routes) routes = routes_new(error);
        g_auto(GStrv) published = published_list(context), bridges = g_strdupv(context->bridges);
        g_autoptr(GHashTable) index = endpoint_index_published((const char *const *) published);
        Judge judge = { rules,          (const char *const *) bridges, index, routes,
                        context->event, g_get_monotonic_time() };
        return routes ? flows_find(is_forbidden, &judge, error) : NULL;
}

bool cut_check(Context *context, GError **error) {
        if (!context->guard || !context->settings->use_guard) {
                /* What docker-proxy answers never meets DOCKER-USER, and would go on by its next packet. */
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NOT_SUPPORTED,
                                    "option cut: needs the guard; see Enforce= in quaywalld.conf(5)");
                return false;
        }
        if (flows_check(error))
                return true;
        g_prefix_error(error, "option cut: ");
        return false;
}

char *cut_describe(Context *context, const char *name, Policy *policy) {
        if (!policy_judges(policy) || !cut_check(context, NULL))
                return NULL;
        g_autoptr(PolicySet) set = policy_set_copy(context->runtime);
        policy_set_insert(set, name, policy);
        g_autoptr(GArray) flows = find(context, set, NULL);
        if (!flows || flows->len == 0)
                return NULL;
        return g_strdup_printf("%u open connection%s would be forbidden, yet stay%s open; with \"cut\" (quaywallctl --cut) %s cut",
                               flows->len, flows->len == 1 ? "" : "s", flows->len == 1 ? "s" : "",
                               flows->len == 1 ? "it is" : "they are");
}

/* In portions, so that the daemon answers others meanwhile, and nftables needs little memory. */
static bool end_all(Context *context, GArray *flows, GError **error) {
        for (guint first = 0; first < flows->len; first += PORTION) {
                if (first > 0)
                        fiber_yield(context->event);
                if (!flows_end(flows, first, MIN(first + PORTION, flows->len), error))
                        return false;
        }
        return true;
}

void cut_forbidden(Context *context) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) flows = find(context, context->runtime, &error);
        if (flows && end_all(context, flows, &error))
                journal_log(LOG_NOTICE, NULL, "Open connections that the policies forbid: %u were cut", flows->len);
        else
                journal_log(LOG_ERR, NULL, "The policies are in force, but open connections that they forbid could not be cut: %s",
                            error->message);
        malloc_trim(0);
}

void cut_forget(Context *context) {
        if (!context->guard)
                return;
        g_autoptr(GPtrArray) rules = judging_rules(context, context->runtime);
        if (rules->len == 0)
                cut_table_remove();
}
