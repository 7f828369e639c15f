/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "diagnose.h"

#include <net/if.h>
#include <string.h>

#include <glib/gi18n.h>

#include "firewalld/zone.h"
#include "world/docker-rules.h"
#include "world/zones.h"

/* Docker puts a bridge into the zone right after creating it. */
#define HOMELESS_USEC ((gint64) (2 * G_USEC_PER_SEC))

/* A name chosen by Docker: "br-" and 12 digits of the network's id. */
static bool is_network_bridge(const char *name) {
        return g_str_has_prefix(name, "br-") && strlen(name) == 15 && strspn(name + 3, "0123456789abcdef") == 12;
}

/* When a bridge without a zone becomes a problem: until then Docker may still put it into one. */
static gint64 homeless_due(const Diagnosis *d) {
        const gint64 due = d->world->homeless + HOMELESS_USEC;
        return docker_rules_are_written(d->world, d->now) ? MAX(due, d->world->docker_rules.written + DOCKER_STEP_USEC) : due;
}

static void check_bridge(Diagnosis *d, const char *bridge) {
        const char *zone = zones_find(d->world, bridge);
        if (g_str_equal(zone, ZONE_DOCKER))
                return;
        if (!zone[0] && !d->is_impatient && d->world->homeless != 0 && d->now < homeless_due(d)) {
                diagnosis_again(d, homeless_due(d));
                return;
        }
        Problem *problem =
                zone[0] ?
                        problems_add(
                                d->problems, PROBLEM_ZONE_INTERFACE,
                                _("%s is in firewalld's zone \"%s\", so it is not filtered as Docker's; \"quaywallctl zone add %s "
                                  "--replace\" moves it to \"docker\""),
                                bridge, zone, bridge) :
                        problems_add(d->problems, PROBLEM_ZONE_INTERFACE,
                                     _("%s is in no zone of firewalld; \"quaywallctl repair\" puts it into \"docker\""),
                                     bridge);
        problem_add_detail(problem, "interface", bridge);
        problem_add_detail(problem, "zone", zone);
}

static bool is_of_network(Diagnosis *d, const char *bridge) {
        g_autoptr(GPtrArray) networks = docker_facts_list_networks(d->world->docker->facts);
        for (guint i = 0; i < networks->len; i++)
                if (g_strcmp0(((DockerNetwork *) networks->pdata[i])->bridge, bridge) == 0)
                        return true;
        return false;
}

/* Bridges of networks that no longer exist. Before Docker has started, no bridge exists. */
static GStrv list_stale(Diagnosis *d) {
        g_autoptr(GStrvBuilder) stale = g_strv_builder_new();
        for (char **interface = d->world->zone_permanent; *interface; interface++)
                if (is_network_bridge(*interface) && if_nametoindex(*interface) == 0 && !is_of_network(d, *interface))
                        g_strv_builder_add(stale, *interface);
        return g_strv_builder_end(stale);
}

/* A bridge that Docker does not name can only be judged once Docker has named all of its bridges, and this one is spared, a
 * second after it was created. */
static bool is_foreign(Diagnosis *d, const char *interface) {
        const Docker *docker = d->world->docker;
        if (!d->world->links || !links_find(d->world->links, interface) || zones_is_bridge(d->world, interface))
                return false;
        if (!links_is_bridge(d->world->links, interface))
                return true;
        const bool told = docker->is_complete && !docker->is_rootless && g_str_equal(docker->state, "running");
        if (told && !g_strv_contains((const char *const *) d->world->spared, interface))
                diagnosis_again(d, d->now + DOCKER_STEP_USEC);
        return told && g_strv_contains((const char *const *) d->world->spared, interface);
}

static void check_foreign(Diagnosis *d) {
        for (char **interface = d->world->zone_interfaces; *interface; interface++)
                if (is_foreign(d, *interface))
                        problem_add_detail(
                                problems_add(
                                        d->problems, PROBLEM_FOREIGN_IN_DOCKER_ZONE,
                                        _("%s is in firewalld's zone \"docker\", which lets everybody on it reach everything on this host, "
                                          "and is no bridge of Docker's; policies hold for it as for any other interface; "
                                          "\"quaywallctl zone remove %s\" takes it out"),
                                        *interface, *interface),
                                "interface", *interface);
}

void diagnose_zones(Diagnosis *d) {
        g_autoptr(GPtrArray) bridges = zones_list_members(d->world);
        check_foreign(d);
        if (!d->world->zone_target || bridges->len == 0)
                return;
        /* Without the zone, no bridge is in it: that is one problem and not many. */
        if (d->world->zone_target[0] == '\0') {
                problems_add(
                        d->problems, PROBLEM_ZONE_MISSING, "%s",
                        docker_rules_are_made(d->world) ?
                                _("firewalld has no zone \"docker\"; \"quaywallctl zone ensure\" makes it, or \"systemctl restart "
                                  "docker\"") :
                                _("firewalld has no zone \"docker\"; \"quaywallctl zone ensure\" makes it"));
                return;
        }
        if (!g_str_equal(d->world->zone_target, "ACCEPT"))
                problem_add_detail(
                        problems_add(
                                d->problems, PROBLEM_ZONE_TARGET,
                                _("the target of firewalld's zone \"docker\" is %s and not ACCEPT, so containers cannot reach this host; "
                                  "\"quaywallctl zone ensure\" mends it"),
                                d->world->zone_target),
                        "target", d->world->zone_target);
        for (guint i = 0; i < bridges->len; i++)
                check_bridge(d, bridges->pdata[i]);
        if (!docker_rules_runs(d->world))
                return;
        g_auto(GStrv) stale = list_stale(d);
        for (char **interface = stale; *interface; interface++)
                problem_add_detail(
                        problems_add(
                                d->problems, PROBLEM_ZONE_STALE,
                                _("%s is in the permanent zone \"docker\" but there is no such interface any more; \"quaywallctl repair\" "
                                  "takes it out"),
                                *interface),
                        "interface", *interface);
}
