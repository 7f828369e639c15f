/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies.Check and SetChecked: what Set would do with a policy, and what a user should know of it before or after. */

#include "compile/direct-rule.h"

#include <glib/gi18n.h>
#include "daemon/bus.h"
#include "daemon/cut.h"
#include "daemon/meaning.h"
#include "docker/docker.h"
#include "model/bounds.h"
#include "world/ipsets.h"
#include "world/zone-rules.h"

GPtrArray *policies_list_warnings(World *world, const Policy *policy, PolicySet *set, Ipsets *ipsets, bool is_large) {
        GPtrArray *notes = meaning_list(world, policy, set, ipsets);
        if (is_large)
                meaning_add(
                        notes, "guard-only",
                        g_strdup(_(
                                "too many sources or containers for DOCKER-USER, which is searched rule by rule; the guard alone enforces this "
                                "policy, or the largest ones")));
        if (!policy->enabled)
                meaning_add(notes, "disabled", g_strdup(_("the policy is disabled, so nothing would be enforced")));
        return notes;
}

char *policies_describe_away(const World *world, bool is_possible) {
        if (world->firewalld->owner)
                return NULL;
        return g_strdup(
                is_possible ?
                        _("firewalld is not running: until it is back the guard alone enforces this, and what firewalld's rules of "
                          "the policies before block stays blocked") :
                        _("firewalld is not running, and without it this cannot be changed; start it with \"systemctl start "
                          "firewalld\""));
}

/* Whose groups the policy means: of the scope that the request changes. */
static PolicySet *set_of(const Request *request) {
        const Intent *intent = &request->daemon->intent;
        return request->options.scope == SCOPE_PERMANENT ? intent->permanent : intent->runtime;
}

/* All that Check and SetChecked report. Takes ownership of open_connections, which may be NULL. */
static GPtrArray *list_warnings(const Request *request, Ipsets *ipsets, bool is_large, char *open_connections) {
        World *world = request->daemon->world;
        const Policy *policy = request->policy;
        GPtrArray *notes = policies_list_warnings(world, policy, set_of(request), ipsets, is_large);
        char *away = policies_describe_away(world, world->guard && (!policy->enabled || !policy_part_of_firewalld(policy)));
        if (away)
                meaning_add(notes, "firewalld-not-running", away);
        if (open_connections)
                meaning_add(notes, "established-flows", open_connections);
        return notes;
}

static int append_warnings(sd_bus_message *reply, GPtrArray *notes) {
        int r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (guint i = 0; r >= 0 && i < notes->len; i++) {
                const Note *note = notes->pdata[i];
                r = sd_bus_message_append(reply, "(ss)", note->code, note->sentence);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int policies_append_rules(sd_bus_message *reply, GPtrArray *rules) {
        int r = sd_bus_message_open_container(reply, 'a', "(sas)");
        for (guint i = 0; r >= 0 && i < rules->len; i++) {
                const DirectRule *rule = rules->pdata[i];
                g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
                g_strv_builder_add_many(builder, "-A", rule->chain, NULL);
                g_strv_builder_addv(builder, (const char **) rule->args);
                g_auto(GStrv) argv = g_strv_builder_end(builder);
                r = sd_bus_message_open_container(reply, 'r', "sas");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "s", family_to_string(rule->family));
                if (r >= 0)
                        r = sd_bus_message_append_strv(reply, argv);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* The request's policy, regardless of all others. */
static PolicySet *take_alone(const Request *request) {
        PolicySet *only = policy_set_new_beside(set_of(request));
        policy_set_insert(only, request->name, request->policy);
        return only;
}

/* Rule *; unref. */
static GPtrArray *compile_alone(const Request *request, Ipsets *ipsets) {
        g_autoptr(PolicySet) only = take_alone(request);
        g_autoptr(ZoneClients) zones = zone_rules_clients(request->daemon->world);
        return compile_policies(only, (const char *const *) request->daemon->world->bridges,
                                request->daemon->world->docker->facts, ipsets, zones, false);
}

/* By itself, or together with the policies in force. is_there: it is among those. */
static bool is_too_large(const Request *request, GPtrArray *rules, GPtrArray *direct, bool is_there) {
        const Daemon *daemon = request->daemon;
        g_autoptr(GPtrArray) large = direct_list_too_large(rules, daemon->settings->use_guard);
        if (large->len > 0 || !daemon->settings->use_guard)
                return large->len > 0;
        if (!is_there)
                return daemon->in_force.desired->direct_now->len + direct->len > LIMIT_DIRECT_RULES_ALL;
        return g_ptr_array_find_with_equal_func(daemon->in_force.desired->left_out, request->name, g_str_equal, NULL);
}

static char *describe_open(const Request *request) {
        if (!policy_judges(request->policy))
                return NULL;
        g_autoptr(PolicySet) set = policy_set_copy(request->daemon->intent.runtime);
        policy_set_insert(set, request->name, request->policy);
        return cut_describe(request->daemon->world, set);
}

bool policies_check(Request *request, GError **error) {
        World *world = request->daemon->world;
        /* Yields to the event loop: call it before borrowing facts. */
        g_autofree char *open_connections = describe_open(request);
        g_autoptr(PolicySet) only = take_alone(request);
        g_autoptr(Ipsets) ipsets = ipsets_look_up(world, (PolicySet *const[]){ only, NULL }, error);
        if (!ipsets)
                return false;
        const char *const *bridges = (const char *const *) world->bridges;
        g_autoptr(GPtrArray) rules = compile_alone(request, ipsets);
        g_autoptr(GPtrArray) direct =
                direct_render(rules, bridges, request->daemon->settings->use_guard, policy_judges(request->policy), NULL);
        g_autoptr(GPtrArray) warnings =
                list_warnings(request, ipsets, is_too_large(request, rules, direct, false), g_steal_pointer(&open_connections));
        sd_bus_message *reply = request_new_reply(request);
        const int r = policies_append_rules(reply, direct);
        return request_reply(request, reply, r < 0 ? r : append_warnings(reply, warnings), error);
}

bool policies_set_checked(Request *request, GError **error) {
        g_autofree char *open_connections = request->options.cut ? NULL : describe_open(request), *token = NULL;
        if (!policies_change(request, &token, error))
                return false;
        World *world = request->daemon->world;
        g_autoptr(GPtrArray) rules = compile_alone(request, world->ipsets_now);
        g_autoptr(GPtrArray) warnings = list_warnings(request, world->ipsets_now, is_too_large(request, rules, NULL, true),
                                                      g_steal_pointer(&open_connections));
        sd_bus_message *reply = request_new_reply(request);
        const int r = sd_bus_message_append(reply, "s", token ? token : "");
        return request_reply(request, reply, r < 0 ? r : append_warnings(reply, warnings), error);
}
