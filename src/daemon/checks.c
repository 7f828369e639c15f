/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checks.h"

#include <net/if.h>
#include <string.h>

#include "compile/bypass.h"
#include "daemon/apply.h"
#include "daemon/engine.h"
#include "daemon/forwards.h"
#include "daemon/kernel.h"
#include "daemon/meaning.h"
#include "daemon/repair.h"
#include "daemon/settle.h"
#include "docker/docker.h"
#include "firewalld/direct.h"
#include "firewalld/zone.h"
#include "guard/tables.h"

#define DOCKER_BRIDGE "docker0"
#define RESTART_DOCKER "\"systemctl restart docker\""
/* Docker rebuilds after firewalld's signal; measured: within 1 s, after several reloads in a row 5 s. It starts and adds
 * networks in less. */
#define GRACE_USEC ((gint64) (5 * G_USEC_PER_SEC))
/* From one step of Docker's that is seen to the next: it is looked at once a second. */
#define STEP_USEC ((gint64) (3 * G_USEC_PER_SEC))
/* A reload of firewalld takes less. */
#define TABLE_USEC ((gint64) (2 * G_USEC_PER_SEC))
/* Docker puts a bridge into the zone right after it made the bridge. */
#define HOMELESS_USEC ((gint64) (2 * G_USEC_PER_SEC))

static Problem *add(GPtrArray *problems, const char *code, const char *format, ...) G_GNUC_PRINTF(3, 4);
static Problem *add(GPtrArray *problems, const char *code, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *sentence = g_strdup_vprintf(format, args);
        va_end(args);
        Problem *problem = problem_new(code, sentence);
        g_ptr_array_add(problems, problem);
        return problem;
}

/* What Docker says of itself counts; while it says nothing, its process. */
bool check_docker_runs(Context *context) {
        const char *state = context->docker->state;
        if (g_str_equal(state, "running") || g_str_equal(state, "not-running"))
                return g_str_equal(state, "running");
        return engine_finds_dockerd(context->engine);
}

/* A rootless one makes them in a network of its own. */
bool check_docker_makes_rules(Context *context) {
        EngineValues now;
        return !context->docker->is_rootless && (!engine_running(context->engine, &now) || now.iptables);
}

bool check_docker_uses_nft(Context *context) {
        return tables_have("ip", "docker-bridges") ||
               (g_str_equal(context->docker->state, "running") && g_str_equal(context->docker->firewall_backend, "nftables"));
}

void check_forwards(Context *context, GPtrArray *problems) {
        g_autoptr(GPtrArray) pairs = forwards_list(context->runtime, context->permanent);
        g_autofree char *altered = NULL;
        g_autoptr(GError) error = NULL;
        if (!forwards_check(context, pairs, &altered, &error))
                add(problems, "firewalld-failed", "%s", error->message);
        else if (altered)
                add(problems, "forward-altered",
                    "\"%s\" of firewalld, of the second gate of a \"forward\", is not as quaywalld made it: what should pass may not; "
                    "\"quaywallctl repair\" mends it",
                    altered);
}

/* "nft flush ruleset" takes it away, and firewalld does not look. While it reloads it is away as well. */
static bool is_table_gone(Context *context) {
        const gint64 now = g_get_monotonic_time();
        const bool there = tables_have("inet", "firewalld");
        context->firewalld_table |= there;
        if (there || !context->firewalld_table || !g_str_equal(context->firewalld->state, "running"))
                context->firewalld_gone = 0;
        else if (context->firewalld_gone == 0)
                context->firewalld_gone = now;
        if (context->firewalld_gone == 0 || now - context->firewalld_gone >= TABLE_USEC)
                return context->firewalld_gone != 0;
        settle_within(context, context->firewalld_gone + TABLE_USEC - now);
        return false;
}

bool check_repair_firewalld(Context *context, GError **error) {
        if (!is_table_gone(context))
                return true;
        if (!settle_reload_firewalld(context, error))
                return false;
        repair_done(context, "firewalld-rules-missing", "firewalld's table was not there; firewalld was reloaded");
        return true;
}

void check_firewalld(Context *context, GPtrArray *problems) {
        if (is_table_gone(context))
                add(problems, "firewalld-rules-missing",
                    "firewalld runs but its nftables table \"inet firewalld\" is gone, so its zones keep nobody out; \"quaywallctl repair\" reloads "
                    "firewalld, which makes it again");
        if (g_str_equal(context->firewalld->state, "failed"))
                add(problems, "firewalld-failed",
                    "firewalld is in its failed state; see its log, mend its configuration and reload it");
        if (context->firewalld->panic)
                add(problems, "firewalld-panic",
                    "firewalld is in panic mode and drops every packet; \"firewall-cmd --panic-off\" ends it");
}

/* --- zones -------------------------------------------------------------------------------------------------------- */

static bool is_internal(Context *context, const char *bridge) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, context->docker->facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerNetwork *network = value;
                if (network->internal && g_strcmp0(network->bridge, bridge) == 0)
                        return true;
        }
        return false;
}

/* Docker's bridges that are here and belong into its zone (borrowed). An internal network's is in none: Docker 20.10 puts it into
 * none. One that leads further than to containers is for its administrator to put somewhere: the zone accepts everything. A Docker
 * that makes no rules makes no zone either. */
static GPtrArray *list_bridges(Context *context) {
        GPtrArray *bridges = g_ptr_array_new();
        for (char **bridge = context->bridges; context->links && check_docker_makes_rules(context) && *bridge; bridge++)
                if (links_is_bridge(context->links, *bridge) && !links_leads_out(context->links, *bridge) &&
                    !is_internal(context, *bridge))
                        g_ptr_array_add(bridges, *bridge);
        return bridges;
}

/* A name that Docker gave: "br-" and 12 digits of the network's id. */
static bool is_network_bridge(const char *name) {
        return g_str_has_prefix(name, "br-") && strlen(name) == 15 && strspn(name + 3, "0123456789abcdef") == 12;
}

static const char *zone_of(Context *context, const char *interface) {
        const char *zone = context->zones ? g_hash_table_lookup(context->zones, interface) : NULL;
        return zone ? zone : "";
}

/* When a bridge that is in no zone since a moment ago should be in one: Docker puts it there, soon. */
static gint64 homeless_due(const Context *context) {
        const gint64 due = context->homeless + HOMELESS_USEC;
        return check_docker_writes(context) ? MAX(due, context->docker_wrote + STEP_USEC) : due;
}

static void check_bridge(Context *context, const char *bridge, GPtrArray *problems) {
        const char *zone = zone_of(context, bridge);
        const gint64 now = g_get_monotonic_time();
        if (g_str_equal(zone, ZONE_DOCKER))
                return;
        if (!zone[0] && context->homeless != 0 && now < homeless_due(context)) {
                settle_within(context, homeless_due(context) - now);
                return;
        }
        Problem *problem = zone[0] ? add(problems, "zone-interface",
                                         "%s is in firewalld's zone \"%s\", so it is not filtered as Docker's; \"quaywallctl zone add %s "
                                         "--replace\" moves it to \"docker\"",
                                         bridge, zone, bridge) :
                                     add(problems, "zone-interface",
                                         "%s is in no zone of firewalld; \"quaywallctl repair\" puts it into \"docker\"", bridge);
        problem_add_detail(problem, "interface", bridge);
        problem_add_detail(problem, "zone", zone);
}

static bool is_of_network(Context *context, const char *bridge) {
        g_autoptr(GPtrArray) networks = docker_facts_list_networks(context->docker->facts);
        for (guint i = 0; i < networks->len; i++)
                if (g_strcmp0(((DockerNetwork *) networks->pdata[i])->bridge, bridge) == 0)
                        return true;
        return false;
}

/* Bridges of networks that are gone. Before Docker has started none is there. */
static GStrv list_stale(Context *context) {
        g_autoptr(GStrvBuilder) stale = g_strv_builder_new();
        for (char **interface = context->zone_permanent; *interface; interface++)
                if (is_network_bridge(*interface) && if_nametoindex(*interface) == 0 && !is_of_network(context, *interface))
                        g_strv_builder_add(stale, *interface);
        return g_strv_builder_end(stale);
}

/* Of a bridge that Docker does not name nothing can be said until Docker has named all, and it is spared, a second after it was made. */
static bool is_foreign(Context *context, const char *interface) {
        const Docker *docker = context->docker;
        if (!context->links || !links_find(context->links, interface) || apply_is_bridge(context, interface))
                return false;
        if (!links_is_bridge(context->links, interface))
                return true;
        const bool told = docker->is_complete && !docker->is_rootless && g_str_equal(docker->state, "running");
        if (told && !g_strv_contains((const char *const *) context->spared, interface))
                check_docker_later(context);
        return told && g_strv_contains((const char *const *) context->spared, interface);
}

static void check_foreign(Context *context, GPtrArray *problems) {
        for (char **interface = context->zone_interfaces; *interface; interface++)
                if (is_foreign(context, *interface))
                        problem_add_detail(
                                add(problems, "foreign-in-docker-zone",
                                    "%s is in firewalld's zone \"docker\", which lets everybody on it reach everything on this host, "
                                    "and is no bridge of Docker's; policies hold for it as for any other interface; "
                                    "\"quaywallctl zone remove %s\" takes it out",
                                    *interface, *interface),
                                "interface", *interface);
}

void check_zone(Context *context, GPtrArray *problems) {
        g_autoptr(GPtrArray) bridges = list_bridges(context);
        check_foreign(context, problems);
        if (!context->zone_target || bridges->len == 0)
                return;
        /* With no zone at all each bridge is in none, which is one problem and not many. */
        if (context->zone_target[0] == '\0') {
                add(problems, "zone-missing", "firewalld has no zone \"docker\"; \"quaywallctl zone ensure\" makes it%s",
                    check_docker_makes_rules(context) ? ", or " RESTART_DOCKER : "");
                return;
        }
        if (!g_str_equal(context->zone_target, "ACCEPT"))
                problem_add_detail(add(problems, "zone-target",
                                       "the target of firewalld's zone \"docker\" is %s and not ACCEPT, so containers cannot reach this host; "
                                       "\"quaywallctl zone ensure\" mends it",
                                       context->zone_target),
                                   "target", context->zone_target);
        for (guint i = 0; i < bridges->len; i++)
                check_bridge(context, bridges->pdata[i], problems);
        if (!check_docker_runs(context))
                return;
        g_auto(GStrv) stale = list_stale(context);
        for (char **interface = stale; *interface; interface++)
                problem_add_detail(add(problems, "zone-stale",
                                       "%s is in the permanent zone \"docker\" but there is no such interface any more; \"quaywallctl repair\" "
                                       "takes it out",
                                       *interface),
                                   "interface", *interface);
}

bool check_repair_zone(Context *context, bool all, GError **error) {
        g_autoptr(GPtrArray) bridges = list_bridges(context);
        if (!context->zone_target || context->zone_target[0] == '\0' || context->firewalld->panic)
                return true;
        const gint64 now = g_get_monotonic_time();
        bool homeless = false;
        for (guint i = 0; i < bridges->len; i++) {
                const char *name = bridges->pdata[i];
                if (zone_of(context, name)[0])
                        continue;
                homeless = true;
                if (context->homeless == 0)
                        context->homeless = now;
                if (!all && now < homeless_due(context))
                        continue; /* check_bridge() plans the look */
                if (repair_is_due(context, "zone-interface")) {
                        if (!zone_put_runtime(context->firewalld, ZONE_DOCKER, name, error))
                                return false;
                        g_hash_table_insert(context->zones, g_strdup(name), g_strdup(ZONE_DOCKER));
                        repair_done(context, "zone-interface", "%s was in no zone of firewalld; it is in \"docker\" again", name);
                }
        }
        if (!homeless)
                context->homeless = 0;
        return true;
}

bool check_repair_stale(Context *context, GError **error) {
        if (!check_docker_runs(context))
                return true;
        g_auto(GStrv) stale = list_stale(context);
        for (char **interface = stale; *interface; interface++) {
                if (!zone_remove_permanent(context->firewalld, ZONE_DOCKER, *interface, error))
                        return false;
                repair_done(context, "zone-stale", "%s is gone; it is taken out of the permanent zone \"docker\"", *interface);
        }
        return !stale[0] || apply_read_zone(context, error);
}

/* --- Docker ------------------------------------------------------------------------------------------------------- */

static bool docker_has_rules(Context *context, bool *ret_known) {
        const KernelTable *filter = kernel_read(context, FAMILY_IPV4, "filter", NULL);
        *ret_known = filter;
        if (!filter || !kernel_table_has_docker(filter, "FORWARD"))
                return false;
        const KernelTable *nat = kernel_read(context, FAMILY_IPV4, "nat", NULL);
        *ret_known = nat;
        return nat && kernel_table_has_docker(nat, "PREROUTING");
}

void check_docker_begins(Context *context) {
        context->docker_wrote = g_get_monotonic_time();
}

void check_note_docker(Context *context, Family family, const KernelTable *filter) {
        guint64 *digest = &context->docker_digest[family], before = *digest;
        *digest = kernel_table_docker_digest(filter);
        if (before != 0 && *digest != before)
                check_docker_begins(context);
}

void check_docker_later(Context *context) {
        settle_within(context, STEP_USEC);
}

bool check_docker_writes(const Context *context) {
        return context->docker_wrote != 0 && g_get_monotonic_time() < context->docker_wrote + STEP_USEC;
}

void check_look_at_docker(Context *context) {
        DockerRules *rules = &context->docker_rules;
        const gint64 now = g_get_monotonic_time();
        bool known = true;
        context->nat_changed = false;
        if (context->docker_uses_nft || if_nametoindex(DOCKER_BRIDGE) == 0 || !check_docker_runs(context) ||
            !check_docker_makes_rules(context) || docker_has_rules(context, &known) || !known) {
                if (known)
                        *rules = (DockerRules){ .seen = now };
                return;
        }
        if (rules->missing == 0)
                rules->missing = now;
        /* Both are events after which Docker writes its rules, if it listens. */
        const gint64 since = MAX(rules->missing, rules->asked);
        rules->report = rules->report || now - since >= GRACE_USEC;
        if (now - since < GRACE_USEC)
                settle_within(context, since + GRACE_USEC - now);
        /* Asked, and given its time, and not heard. */
        rules->deaf = rules->asked > rules->seen && now - rules->asked >= GRACE_USEC;
}

static bool is_back(Context *context, G_GNUC_UNUSED gpointer userdata) {
        bool known;
        return docker_has_rules(context, &known);
}

bool check_repair_docker(Context *context, GError **error) {
        if (!context->docker_rules.report || context->docker_rules.deaf)
                return true;
        if (!settle_reload_firewalld(context, error))
                return false;
        settle_until(context, is_back, NULL, GRACE_USEC);
        if (is_back(context, NULL))
                repair_done(context, "docker-rules-missing", "Docker's rules were not there; firewalld was reloaded, and Docker has written them again");
        return true;
}

bool check_awaits_docker(const Context *context) {
        const DockerRules *rules = &context->docker_rules;
        return rules->missing != 0 && !rules->report;
}

void check_docker(Context *context, GPtrArray *problems) {
        if (!context->docker_rules.report)
                return;
        if (context->docker_rules.deaf)
                add(problems, "docker-deaf",
                    "Docker runs but does not write its rules when firewalld starts or reloads, because firewalld was not there when Docker "
                    "started; no published port works; " RESTART_DOCKER " heals it");
        else
                add(problems, "docker-rules-missing",
                    "Docker runs but its rules are not there, so no published port works; \"quaywallctl repair\" reloads firewalld, upon "
                    "which Docker writes them again; " RESTART_DOCKER " does so, too");
}

/* With the guard, a Docker that makes no rules or is rootless is no problem: it serves its ports like any other program of this
 * host, and some want it so. */
void check_engine(Context *context, GPtrArray *problems) {
        const Docker *docker = context->docker;
        const bool rootless = check_docker_runs(context) && docker->is_rootless;
        if (!policy_set_judges(context->runtime))
                return;
        if (check_docker_runs(context) && !rootless && !check_docker_makes_rules(context) && !context->guard)
                add(problems, "docker-iptables-off",
                    "Docker was started with \"iptables\": false and makes no rules: published ports are answered by docker-proxy alone, where "
                    "DOCKER-USER has no effect, and Enforce= in quaywalld.conf does not list \"guard\": nothing enforces the policies; add it and "
                    "restart quaywalld");
        if (rootless && !context->guard)
                add(problems, "docker-rootless",
                    "Docker runs rootless, with its rules in a network of its own, where DOCKER-USER of this host has no effect, and Enforce= in "
                    "quaywalld.conf does not list \"guard\": nothing enforces the policies; add it and restart quaywalld");
        if (docker->is_podman)
                add(problems, "docker-podman",
                    "%s is Podman's, whose containers are not known: policies hold for the ports that they name, when these are dialled at an "
                    "address of this host, and for nothing else; name ports, or use Docker",
                    context->settings->docker_socket);
        if (g_str_equal(docker->state, "failed"))
                add(problems, "docker-failed",
                    "Docker runs but cannot be asked, so what was known of its containers holds and what changed since is not known: %s; see "
                    "\"journalctl -u docker\"",
                    docker->reason);
}

static bool any_judges_everywhere(PolicySet *set) {
        GHashTableIter iter;
        gpointer policy;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, NULL, &policy))
                if (policy_judges(policy) && ((Policy *) policy)->interfaces->len == 0)
                        return true;
        return false;
}

void check_outlets(Context *context, GPtrArray *problems) {
        if (!context->links || !any_judges_everywhere(context->runtime))
                return;
        for (char **bridge = context->bridges; *bridge; bridge++) {
                const Link *outlet = links_find_outlet(context->links, *bridge);
                if (!outlet || (context->guard && links_bridged_is_filtered(FAMILY_IPV4) && links_bridged_is_filtered(FAMILY_IPV6)))
                        continue;
                Problem *problem =
                        context->guard ? add(problems, "bridge-leads-out",
                                             "%s is a bridge of Docker's and has the port %s: whoever is behind that port reaches containers there by their own "
                                             "addresses, past this host's firewall; take the port out, or give Docker a bridge of its own",
                                             *bridge, outlet->name) :
                                         add(problems, "bridge-leads-out",
                                             "%s is a bridge of Docker's and has the port %s: whoever is behind that port comes in as a container does, whom "
                                             "DOCKER-USER does not judge, and Enforce= in quaywalld.conf does not list \"guard\"; add it and restart quaywalld",
                                             *bridge, outlet->name);
                problem_add_detail(problem, "interface", *bridge);
                problem_add_detail(problem, "port", outlet->name);
        }
}

void check_meaning(Context *context, GPtrArray *problems) {
        g_autoptr(GPtrArray) notes = meaning_list_open(context, context->runtime);
        for (guint i = 0; i < notes->len; i++) {
                const Note *note = notes->pdata[i];
                problem_add_detail(add(problems, note->code, "the policy \"%s\" does not hold as it reads: %s", note->policy, note->sentence),
                                   "policy", note->policy);
        }
}

void check_ports(Context *context, GPtrArray *problems) {
        g_autoptr(GPtrArray) list = bypass_list(context->runtime, context->docker->facts);
        for (guint i = 0; i < list->len; i++) {
                const Bypass *bypass = list->pdata[i];
                Problem *problem =
                        bypass->port ? add(problems, "port-bypasses",
                                           "the port %s of the container %s leads where %s leads, which the policy %s covers, and no policy covers it; "
                                           "add it to the policy, or publish the port once",
                                           bypass->port, bypass->container, bypass->covered, bypass->policy) :
                                       add(problems, "port-bypasses",
                                           "the container %s has the host's network, where the policy %s that names it does not hold; run it in a "
                                           "network of Docker's, or filter its ports with firewalld",
                                           bypass->container, bypass->policy);
                problem_add_detail(problem, "policy", bypass->policy);
                problem_add_detail(problem, "container", bypass->container);
                if (bypass->port)
                        problem_add_detail(problem, "port", bypass->port);
        }
}

/* --- nftables ----------------------------------------------------------------------------------------------------- */

void check_backend(Context *context, GPtrArray *problems) {
        if (context->docker_uses_nft && !context->settings->use_guard)
                add(problems, "backend-nftables",
                    "Docker filters with nftables and has no DOCKER-USER, and Enforce= in quaywalld.conf does not list \"guard\": nothing "
                    "enforces the policies; add it and restart quaywalld");
}

/* Not through /proc/net: that is outside of what the sandbox shows. */
char *check_legacy_tables(Family family) {
        const char *file = family == FAMILY_IPV4 ? "/proc/self/net/ip_tables_names" : "/proc/self/net/ip6_tables_names";
        g_autofree char *text = NULL;
        if (!g_file_get_contents(file, &text, NULL, NULL) || text[0] == '\0')
                return NULL;
        g_auto(GStrv) names = g_strsplit(g_strstrip(text), "\n", -1);
        return g_strjoinv(", ", names);
}

static void check_legacy_of(Context *context, Family family, GPtrArray *problems) {
        const char *command = family == FAMILY_IPV4 ? "iptables" : "ip6tables";
        g_autofree char *tables = check_legacy_tables(family);
        if (!tables)
                return;
        /* Where iptables itself is the legacy one they are what everybody sees. */
        const char *const args[] = { "--version", NULL };
        g_autofree char *version = direct_iptables(context->firewalld, family, args, NULL);
        if (!version || strstr(version, "legacy"))
                return;
        Problem *problem = add(problems, "iptables-legacy",
                               "tables of %s-legacy are loaded as well (%s); what they hold judges packets too and is not seen by firewalld, "
                               "Docker and quaywall: see \"%s-legacy-save\", and take it away or reboot without it",
                               command, tables, command);
        problem_add_detail(problem, "family", family_to_string(family));
        problem_add_detail(problem, "tables", tables);
}

void check_legacy(Context *context, GPtrArray *problems) {
        ITERATE_FAMILIES (family)
                check_legacy_of(context, family, problems);
}
