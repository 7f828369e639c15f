/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies.Check and SetChecked: what Set would do with a policy, and what a user should know of it before or after. */

#include "compile/direct-rule.h"
#include "daemon/bus.h"
#include "daemon/cut.h"
#include "daemon/meaning.h"
#include "docker/docker.h"
#include "model/bounds.h"
#include "world/ipsets.h"
#include "world/zone-rules.h"

/* Whose groups the policy means: of the scope that the request changes. */
static PolicySet *set_of(const Request *request) {
        const Intent *intent = &request->daemon->intent;
        return request->options.scope == SCOPE_PERMANENT ? intent->permanent : intent->runtime;
}

/* Nobody could reach any published port any more, whether by mistake or on purpose. */
static bool closes_everything(const Policy *policy, GArray *addresses) {
        bool everybody[_FAMILY_MAX] = { !policy_has_sources(policy), !policy_has_sources(policy) };
        for (guint i = 0; i < addresses->len; i++) {
                const AddressRange *range = &g_array_index(addresses, AddressRange, i);
                everybody[range->family] |= address_range_is_everybody(range);
        }
        return policy->enabled && policy->action == POLICY_DENY && everybody[FAMILY_IPV4] && everybody[FAMILY_IPV6] &&
               policy->interfaces->len + policy->destinations->len + policy->ports->len + policy->containers->len +
                               policy->networks->len ==
                       0;
}

/* What that means for a policy that is set now, see change_run(). */
static const char *without_firewalld(const World *world, const Policy *policy) {
        return world->guard && (!policy->enabled || !policy_part_of_firewalld(policy)) ?
                       "firewalld is not running: until it is back the guard alone enforces this, and what firewalld's rules of "
                       "the policies before block stays blocked" :
                       "firewalld is not running, and without it this cannot be changed; start it with \"systemctl start "
                       "firewalld\"";
}

static int append_warnings(sd_bus_message *reply, const Request *request, Ipsets *ipsets, bool is_large,
                           const char *open_connections) {
        const Policy *policy = request->policy;
        g_autoptr(GPtrArray) notes = meaning_list(request->daemon->world, policy, set_of(request), ipsets);
        g_autoptr(GArray) addresses = policy_set_addresses(set_of(request), policy);
        int r = sd_bus_message_open_container(reply, 'a', "(ss)");
        if (r >= 0 && closes_everything(policy, addresses))
                r = sd_bus_message_append(reply, "(ss)", "closes-everything", "every published port is closed to everybody");
        for (guint i = 0; r >= 0 && i < notes->len; i++) {
                const Note *note = notes->pdata[i];
                r = sd_bus_message_append(reply, "(ss)", note->code, note->sentence);
        }
        if (r >= 0 && is_large)
                r = sd_bus_message_append(
                        reply, "(ss)", "guard-only",
                        "too many sources or containers for DOCKER-USER, which is searched rule by rule; the guard alone enforces this "
                        "policy, or the largest ones");
        if (r >= 0 && !request->daemon->world->firewalld->owner)
                r = sd_bus_message_append(reply, "(ss)", "firewalld-not-running",
                                          without_firewalld(request->daemon->world, policy));
        if (r >= 0 && !policy->enabled)
                r = sd_bus_message_append(reply, "(ss)", "disabled", "the policy is disabled, so nothing would be enforced");
        if (r >= 0 && open_connections)
                r = sd_bus_message_append(reply, "(ss)", "established-flows", open_connections);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

/* Compiles the policy alone, regardless of all others (Rule *; unref). */
static GPtrArray *compile_alone(const Request *request, Ipsets *ipsets) {
        g_autoptr(PolicySet) only = policy_set_new_beside(set_of(request));
        policy_set_insert(only, request->name, request->policy);
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

/* Yields to the event loop: call it before borrowing facts. */
static char *describe_flows(const Request *request) {
        if (!policy_judges(request->policy))
                return NULL;
        g_autoptr(PolicySet) set = policy_set_copy(request->daemon->intent.runtime);
        policy_set_insert(set, request->name, request->policy);
        return cut_describe(request->daemon->world, set);
}

bool policies_check(Request *request, GError **error) {
        g_autofree char *open_connections = describe_flows(request);
        g_autoptr(Ipsets) ipsets = ipsets_look_up(request->daemon->world, request->policy, error);
        if (!ipsets)
                return false;
        const char *const *bridges = (const char *const *) request->daemon->world->bridges;
        g_autoptr(GPtrArray) rules = compile_alone(request, ipsets);
        g_autoptr(GPtrArray) direct =
                direct_render(rules, bridges, request->daemon->settings->use_guard, policy_judges(request->policy), NULL);
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "(sas)");
        for (guint i = 0; r >= 0 && i < direct->len; i++) {
                const DirectRule *rule = direct->pdata[i];
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
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return request_reply(
                request, reply,
                r < 0 ? r :
                        append_warnings(reply, request, ipsets, is_too_large(request, rules, direct, false), open_connections),
                error);
}

bool policies_set_checked(Request *request, GError **error) {
        g_autofree char *open_connections = request->options.cut ? NULL : describe_flows(request);
        g_autofree char *token = NULL;
        if (!policies_change(request, &token, error))
                return false;
        Ipsets *ipsets = request->daemon->world->ipsets_now;
        g_autoptr(GPtrArray) rules = compile_alone(request, ipsets);
        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_append(reply, "s", token ? token : "");
        if (r >= 0)
                r = append_warnings(reply, request, ipsets, is_too_large(request, rules, NULL, true), open_connections);
        return request_reply(request, reply, r, error);
}
