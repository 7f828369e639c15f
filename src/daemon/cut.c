/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cut.h"

#include <string.h>

#include <glib/gi18n.h>

#include "compile/endpoint.h"
#include "compile/verdict.h"
#include "docker/docker.h"
#include "guard/cut-table.h"
#include "guard/flows.h"
#include "guard/route.h"
#include "model/error.h"
#include "world/carried.h"
#include "world/journal.h"
#include "world/published.h"
#include "world/zone-rules.h"

#define PORTION 1024U
/* Judging one flow takes longer the more rules there are, so the turns are limited by time. */
#define TURN_USEC 10000

/* conntrack stores addresses and ports but no interfaces: these are looked up in the current routes to both ends. */
typedef struct Judge {
        GPtrArray *rules; /* Rule *, all but forward */
        const char *const *bridges;
        GHashTable *published; /* see published_ports_index() */
        Routes *routes;
        sd_event *event;
        bool proxied; /* only those that end at docker-proxy are wanted */
        gint64 turn;  /* when this turn began, monotonic */
} Judge;

static bool is_published(const Judge *judge, const Flow *flow) {
        return published_ports_include(judge->published, &flow->destination, flow->protocol, flow->port);
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
        const bool translated =
                !address_range_overlaps(&flow->destination, &flow->answerer) || flow->port != flow->answerer_port;
        if (judge->proxied && (translated || !is_published(judge, flow)))
                return false;
        Connection direct = { .source = flow->source,
                              .destination = flow->destination,
                              .protocol = flow->protocol,
                              .port = flow->port,
                              .local = translated,
                              .container = flow->answerer };
        /* Translated, but not by Docker, which publishes no such port. */
        if (translated && !is_published(judge, flow))
                direct.behind = flow->answerer_port;
        Connection proxied = direct;
        proxied.local = true;
        memset(&proxied.container, 0, sizeof proxied.container);
        /* Most flows on a busy router concern no policy: looking up their routes would cost more than everything else. */
        if (!is_covered(judge, &direct) && (translated || !is_covered(judge, &proxied)))
                return false;

        const char *out = routes_interface_to(judge->routes, &flow->answerer);
        const bool own = g_strcmp0(out, "lo") == 0;
        Connection *c = own ? &proxied : &direct;
        if (judge->proxied && !own)
                return false;
        if (own ? translated || !is_published(judge, flow) : !out || !g_strv_contains(judge->bridges, out))
                return false;
        c->out = own ? NULL : out;
        c->in = routes_interface_to(judge->routes, &flow->source);
        /* Policies do not judge connections that the host itself opens. */
        return g_strcmp0(c->in, "lo") != 0 && verdict_judge(judge->rules, judge->bridges, c, NULL) == VERDICT_DROP;
}

static GPtrArray *judging_rules(const World *world, PolicySet *of_administrators) {
        g_autoptr(PolicySet) set = carried_join(world, of_administrators);
        const char *const *bridges = (const char *const *) world->bridges;
        g_autoptr(ZoneClients) zones = policy_set_any(set, policy_lists_zones) ? zone_rules_clients(world) : NULL;
        GPtrArray *rules = compile_policies(set, bridges, world->docker->facts, world->ipsets_now, zones, false);
        for (guint i = rules->len; i-- > 0;)
                if (((Rule *) rules->pdata[i])->policy->action == POLICY_FORWARD)
                        g_ptr_array_remove_index(rules, i);
        return rules;
}

/* Whether a rule is about connections to any of these ports that docker-proxy would answer. */
static bool cover_any(GPtrArray *rules, const char *const *bridges, const GArray *ports) {
        for (guint p = 0; p < ports->len; p++) {
                const PublishedPort *port = &g_array_index(ports, PublishedPort, p);
                ITERATE_FAMILIES (family) {
                        const Connection c = { .source = { .family = family },
                                               .destination = port->is_anywhere ? address_everybody(family) : port->address,
                                               .protocol = port->protocol,
                                               .port = port->port,
                                               .local = true };
                        for (guint i = 0; c.destination.family == family && i < rules->len; i++)
                                if (rule_covers(rules->pdata[i], bridges, &c))
                                        return true;
                }
        }
        return false;
}

/* The open connections (Flow) that these policies forbid; published: PublishedPort. Yields to the event loop, so Docker may get
 * another bridge meanwhile. */
static GArray *find_among(World *world, PolicySet *set, GArray *published, bool proxied, GError **error) {
        g_autoptr(GPtrArray) rules = judging_rules(world, set);
        /* The kernel has to be asked for all its connections, and goes through a table of a quarter of a million places even if
         * there are none: 5 to 20 ms. */
        if (rules->len == 0 || (proxied && !cover_any(rules, (const char *const *) world->bridges, published)))
                return g_array_new(FALSE, FALSE, sizeof(Flow));
        g_autoptr(Routes) routes = routes_new(error);
        g_autoptr(GHashTable) index = published_ports_index(published);
        g_auto(GStrv) bridges = g_strdupv(world->bridges);
        Judge judge = { rules, (const char *const *) bridges, index, routes, world->event, proxied, g_get_monotonic_time() };
        return routes ? flows_find(is_forbidden, &judge, error) : NULL;
}

static GArray *find(World *world, PolicySet *set, GError **error) {
        g_autoptr(GArray) published = published_list(world);
        return find_among(world, set, published, false, error);
}

bool cut_check(const World *world, GError **error) {
        /* Replies from docker-proxy never meet DOCKER-USER, so its next packet would continue the connection. */
        const bool guarded = world->guard && world->settings->use_guard;
        if (!guarded)
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NOT_SUPPORTED,
                                    _("option cut: needs the guard; see Enforce= in quaywalld.conf(5)"));
        else if (flows_check(error))
                return true;
        else
                g_prefix_error(error, "option cut: ");
        quaywall_error_at(error, "cut", -1, NULL);
        return false;
}

char *cut_describe(World *world, PolicySet *set) {
        if (!cut_check(world, NULL))
                return NULL;
        g_autoptr(GArray) flows = find(world, set, NULL);
        if (!flows || flows->len == 0)
                return NULL;
        return g_strdup_printf(
                ngettext("%u open connection would be forbidden, yet stays open; with \"cut\" (quaywallctl --cut) it is cut",
                         "%u open connections would be forbidden, yet stay open; with \"cut\" (quaywallctl --cut) they are cut",
                         flows->len),
                flows->len);
}

/* In portions, so that the event loop runs in between, and nftables needs little memory. */
static bool end_all(const World *world, GArray *flows, GError **error) {
        for (guint first = 0; first < flows->len; first += PORTION) {
                if (first > 0)
                        fiber_yield(world->event);
                if (!flows_end(flows, first, MIN(first + PORTION, flows->len), error))
                        return false;
        }
        return true;
}

void cut_forbidden(World *world, PolicySet *in_force) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GArray) flows = find(world, in_force, &error);
        if (flows && end_all(world, flows, &error))
                journal_log(LOG_NOTICE, NULL, _("Open connections that the policies forbid: %u were cut"), flows->len);
        else
                journal_log(LOG_ERR, NULL,
                            _("The policies are in force, but open connections that they forbid could not be cut: %s"),
                            error->message);
}

GArray *cut_proxied(World *world, PolicySet *in_force, GArray *ports, GError **error) {
        g_autoptr(PolicySet) set = policy_set_copy(in_force); /* a caller may change it meanwhile */
        g_autoptr(GArray) flows = find_among(world, set, ports, true, error);
        return flows && end_all(world, flows, error) ? g_steal_pointer(&flows) : NULL;
}

void cut_forget(const World *world, PolicySet *in_force) {
        if (!world->guard)
                return;
        g_autoptr(GPtrArray) rules = judging_rules(world, in_force);
        if (rules->len == 0)
                cut_table_remove();
}
