/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: list, set, remove, replace. Counters are in bus-counters.c. */

#include "compile/direct-rule.h"
#include "daemon/bus.h"
#include "daemon/change.h"
#include "daemon/cut.h"
#include "daemon/confirm.h"
#include "daemon/meaning.h"
#include "daemon/policy-files.h"
#include "daemon/prompt.h"
#include "docker/docker.h"
#include "model/bounds.h"
#include "model/error.h"
#include "world/ipsets.h"
#include "world/zone-rules.h"

static const char *const CHANGE_OPTIONS[] = { "scope", "confirm-within", "cut", NULL };
static const char *const SET_OPTIONS[] = { "scope", "confirm-within", "cut", "create", "replace", NULL };

static bool read_name(Request *request, GError **error) {
        const char *name;
        if (sd_bus_message_read(request->call, "s", &name) < 0 || !policy_name_check(name, error))
                return false;
        request->name = g_strdup(name);
        return true;
}

static bool no_such_policy(const char *name, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_POLICY,
                    "there is no policy \"%s\"; see \"quaywallctl policy list\"", name);
        return false;
}

static bool list(Request *request, PolicySet *set, GError **error) {
        sd_bus_message *reply = request_new_reply(request);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        int r = sd_bus_message_open_container(reply, 'a', "{sa{sv}}");
        for (guint i = 0; r >= 0 && i < names->len; i++) {
                r = sd_bus_message_open_container(reply, 'e', "sa{sv}");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "s", names->pdata[i]);
                if (r >= 0)
                        r = policy_bus_append(reply, g_hash_table_lookup(set, names->pdata[i]));
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
        }
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}

bool policies_list(Request *request, GError **error) {
        return list(request, request->daemon->intent.runtime, error);
}

bool policies_list_permanent(Request *request, GError **error) {
        return list(request, request->daemon->intent.permanent, error);
}

bool policies_prepare_get(Request *request, GError **error) {
        return read_name(request, error);
}

bool policies_get(Request *request, GError **error) {
        const Policy *policy = g_hash_table_lookup(request->daemon->intent.runtime, request->name);
        if (!policy)
                return no_such_policy(request->name, error);
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, policy_bus_append(reply, policy), error);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

static bool read_options(Request *request, const char *const *allowed, GError **error) {
        if (!options_read(request->call, allowed, &request->options, error))
                return false;
        if (!request->options.cut || (request->options.scope & SCOPE_RUNTIME))
                return true;
        g_set_error_literal(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                "option cut: what is in force now does not change with the scope \"permanent\"; it must be \"runtime\" or "
                "\"both\"");
        return false;
}

/* The existing policies in the scopes that the request changes, for the question; a runtime policy comes before the permanent
 * one. */
static PolicySet *policies_before(const Request *request) {
        const Daemon *daemon = request->daemon;
        if (request->options.scope == SCOPE_RUNTIME)
                return policy_set_copy(daemon->intent.runtime);
        PolicySet *before = policy_set_copy(daemon->intent.permanent);
        GHashTableIter iter;
        gpointer name, policy;
        if (request->options.scope == SCOPE_BOTH) {
                g_hash_table_iter_init(&iter, daemon->intent.runtime);
                while (g_hash_table_iter_next(&iter, &name, &policy))
                        policy_set_insert(before, name, policy);
        }
        return before;
}

/* The same for one policy; *ret_later: the permanent one, if both exist and differ, so that the question shows both. */
static const Policy *policy_before(const Request *request, const char *name, const Policy **ret_later) {
        const Daemon *daemon = request->daemon;
        const Scope scope = request->options.scope;
        const Policy *now = scope & SCOPE_RUNTIME ? g_hash_table_lookup(daemon->intent.runtime, name) : NULL;
        const Policy *later = scope & SCOPE_PERMANENT ? g_hash_table_lookup(daemon->intent.permanent, name) : NULL;
        *ret_later = now && later && !policy_equal(now, later) ? later : NULL;
        return now ? now : later;
}

bool policies_prepare_set(Request *request, GError **error) {
        if (!read_name(request, error))
                return false;
        request->policy = policy_bus_read(request->call, error);
        if (!request->policy || !read_options(request, SET_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_SET;
        return true;
}

char *policies_question_set(const Request *request) {
        const Policy *later, *before = policy_before(request, request->name, &later);
        return prompt_set(request->name, request->policy, before, later, &request->options);
}

bool policies_prepare_remove(Request *request, GError **error) {
        if (!read_name(request, error) || !read_options(request, CHANGE_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_REMOVE;
        return true;
}

char *policies_question_remove(const Request *request) {
        const Policy *later, *before = policy_before(request, request->name, &later);
        return prompt_remove(request->name, before, later, &request->options);
}

static bool read_policies(Request *request, const char *const *allowed, GError **error) {
        request->policies = policy_bus_read_set(request->call, request->daemon->event, error);
        return request->policies && read_options(request, allowed, error);
}

bool policies_prepare_set_many(Request *request, GError **error) {
        if (!read_policies(request, SET_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_SET_MANY;
        return true;
}

char *policies_question_set_many(const Request *request) {
        g_autoptr(PolicySet) before = policies_before(request);
        return prompt_set_many(request->policies, before, &request->options);
}

bool policies_prepare_replace(Request *request, GError **error) {
        if (!read_policies(request, CHANGE_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_REPLACE_ALL;
        return true;
}

char *policies_question_replace(const Request *request) {
        g_autoptr(PolicySet) before = policies_before(request);
        return prompt_replace_all(request->policies, before, &request->options);
}

/* If files exceed a limit, policies may still be removed bit by bit. */
static bool check_count(PolicySet *set, PolicySet *before, GError **error) {
        const guint policies = g_hash_table_size(set), sources = policy_set_count_sources(set);
        if (policies > LIMIT_POLICIES && policies > g_hash_table_size(before))
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, "%u policies are too many; there can be %u",
                            policies, LIMIT_POLICIES);
        else if (sources > LIMIT_ADDRESSES_ALL && sources > policy_set_count_sources(before))
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            "sources: all policies would have %u together, which are too many; there can be %u", sources,
                            LIMIT_ADDRESSES_ALL);
        else
                return true;
        return false;
}

/* The scope's set after the change. */
static PolicySet *edit(const Request *request, PolicySet *set, Scope scope) {
        if (!(request->options.scope & scope))
                return g_hash_table_ref(set);
        if (request->edit == POLICY_EDIT_REPLACE_ALL)
                return policy_set_copy(request->policies);
        PolicySet *copy = policy_set_copy(set);
        GHashTableIter iter;
        gpointer name, policy;
        if (request->edit == POLICY_EDIT_SET_MANY) {
                g_hash_table_iter_init(&iter, request->policies);
                while (g_hash_table_iter_next(&iter, &name, &policy))
                        policy_set_insert(copy, name, policy);
        } else if (request->edit == POLICY_EDIT_SET)
                policy_set_insert(copy, request->name, request->policy);
        else
                g_hash_table_remove(copy, request->name);
        return copy;
}

/* Without the guard, nothing would enforce a policy that is too large for DOCKER-USER. */
static bool check_size(const Request *request, PolicySet *set, GError **error) {
        Daemon *daemon = request->daemon;
        if (daemon->settings->use_guard)
                return true;
        g_autoptr(ZoneClients) zones = zone_rules_clients(daemon->world);
        g_autoptr(GPtrArray) rules = compile_policies(set, (const char *const *) daemon->world->bridges,
                                                      daemon->world->docker->facts, daemon->world->ipsets_now, zones, false);
        g_autoptr(GPtrArray) names = direct_list_too_large(rules, false);
        for (guint i = 0; i < names->len; i++) {
                /* Another policy that outgrew the limit with Docker is a problem of its own, and no reason to refuse this
                 * one. */
                if (request->name && !g_str_equal(request->name, names->pdata[i]))
                        continue;
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                        "sources: policy \"%s\" means more than %u rules, its sources times what it covers, which needs the guard; see Enforce= "
                        "in quaywalld.conf(5)",
                        (char *) names->pdata[i], LIMIT_RULES);
                return false;
        }
        return true;
}

/* Refuses to overwrite by mistake: with "create" any policy of that name, with "replace" false one that has another action. */
static bool check_exists(const Request *request, const char *name, const Policy *policy, GError **error) {
        const Policy *later, *before = policy_before(request, name, &later);
        if (!before)
                return true;
        const PolicyAction action = policy->action;
        if (request->options.create)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_POLICY_EXISTS,
                            "name: there is a policy \"%s\" already; see \"quaywallctl policy show %s\"", name, name);
        else if (request->options.no_replace && (before->action != action || (later && later->action != action)))
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_POLICY_EXISTS,
                        "action: the policy \"%s\" is \"%s\" and would be \"%s\"; if that is meant, set the option \"replace\" (quaywallctl "
                        "--replace), else take another name: both hold then",
                        name, policy_get_string(before->action != action ? before : later, "action"),
                        policy_get_string(policy, "action"));
        else
                return true;
        return false;
}

static bool check_all_exist(const Request *request, GError **error) {
        if (request->edit == POLICY_EDIT_SET)
                return check_exists(request, request->name, request->policy, error);
        if (!request->options.create && !request->options.no_replace)
                return true;
        g_autoptr(GPtrArray) names = policy_set_names(request->policies);
        bool may = true;
        for (guint i = 0; may && i < names->len; i++)
                may = check_exists(request, names->pdata[i], g_hash_table_lookup(request->policies, names->pdata[i]), error);
        return may;
}

/* One that does not exist yet is fine: it lists nobody, and Check warns of it. */
static bool check_ipsets(Request *request, PolicySet *runtime, PolicySet *permanent, GError **error) {
        World *world = request->daemon->world;
        const Intent *intent = &request->daemon->intent;
        PolicySet *const sets[] = { intent->runtime, intent->permanent, runtime, permanent, NULL };
        if (!ipsets_read(world, sets, NULL, error))
                return false;
        if (request->edit == POLICY_EDIT_SET)
                return meaning_check(world, request->policy, error);
        bool usable = true;
        GHashTableIter iter;
        gpointer policy;
        if (request->edit == POLICY_EDIT_REMOVE)
                return true;
        g_hash_table_iter_init(&iter, request->policies);
        while (usable && g_hash_table_iter_next(&iter, NULL, &policy))
                usable = meaning_check(world, policy, error);
        return usable;
}

static bool change_locked(Request *request, char **ret_token, GError **error) {
        Daemon *daemon = request->daemon;
        if (request->edit == POLICY_EDIT_REMOVE) {
                bool there = false;
                there |= (request->options.scope & SCOPE_RUNTIME) &&
                         g_hash_table_contains(daemon->intent.runtime, request->name);
                there |= (request->options.scope & SCOPE_PERMANENT) &&
                         g_hash_table_contains(daemon->intent.permanent, request->name);
                if (!there) {
                        const char *broken = policy_files_problem(&daemon->intent, request->name);
                        if (!broken)
                                return no_such_policy(request->name, error);
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_POLICY,
                                    "there is no policy \"%s\" in force, only a file that must be repaired or removed: %s",
                                    request->name, broken);
                        return false;
                }
        }
        if (!check_all_exist(request, error))
                return false;
        g_autoptr(PolicySet) runtime = edit(request, daemon->intent.runtime, SCOPE_RUNTIME);
        g_autoptr(PolicySet) permanent = edit(request, daemon->intent.permanent, SCOPE_PERMANENT);
        if (!check_count(runtime, daemon->intent.runtime, error) || !check_count(permanent, daemon->intent.permanent, error) ||
            !check_ipsets(request, runtime, permanent, error) || !check_size(request, runtime, error) ||
            !check_size(request, permanent, error) || !confirm_check_none(daemon->confirm, error) ||
            (request->options.cut && !cut_check(daemon->world, error)))
                return false;
        const guint32 seconds = request->options.confirm_within;
        if (seconds == 0)
                return change_run(&daemon->reconciler, runtime, permanent, error);
        if (!confirm_begin(daemon->confirm, seconds, request->uid, ret_token, error))
                return false;
        if (change_run(&daemon->reconciler, runtime, permanent, error))
                return confirm_arm(daemon->confirm, error);
        (void) confirm_keep(daemon->confirm, *ret_token, NULL); /* nothing changed, so there is nothing to restore */
        return false;
}

bool policies_change(Request *request, char **ret_token, GError **error) {
        if (!request_lock(request, error))
                return false;
        bool done = change_locked(request, ret_token, error);
        if (done && request->options.cut)
                cut_forbidden(request->daemon->world, request->daemon->intent.runtime);
        request_unlock(request);
        return done;
}

static bool change(Request *request, GError **error) {
        g_autofree char *token = NULL;
        if (!policies_change(request, &token, error))
                return false;
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, sd_bus_message_append(reply, "s", token ? token : ""), error);
}

bool policies_set(Request *request, GError **error) {
        return change(request, error);
}

bool policies_remove(Request *request, GError **error) {
        return change(request, error);
}

bool policies_set_many(Request *request, GError **error) {
        return change(request, error);
}

bool policies_replace_all(Request *request, GError **error) {
        return change(request, error);
}

bool policies_prepare_token(Request *request, G_GNUC_UNUSED GError **error) {
        const char *token;
        if (sd_bus_message_read(request->call, "s", &token) < 0)
                return false;
        request->token = g_strdup(token);
        return true;
}

char *policies_question_confirm(const Request *request) {
        return prompt_pending(true, confirm_names(request->daemon->confirm, request->token));
}

char *policies_question_rollback(const Request *request) {
        return prompt_pending(false, confirm_names(request->daemon->confirm, request->token));
}

bool policies_confirm(Request *request, GError **error) {
        if (!request_lock(request, error))
                return false;
        bool done = confirm_keep(request->daemon->confirm, request->token, error);
        request_unlock(request);
        return done && request_reply(request, request_new_reply(request), 0, error);
}

bool policies_rollback(Request *request, GError **error) {
        if (!request_lock(request, error))
                return false;
        bool done = confirm_rollback(request->daemon->confirm, request->token, error);
        request_unlock(request);
        return done && request_reply(request, request_new_reply(request), 0, error);
}

/* --- check -------------------------------------------------------------------------------------------------------- */

bool policies_prepare_check(Request *request, GError **error) {
        if (!read_name(request, error))
                return false;
        request->policy = policy_bus_read(request->call, error);
        return request->policy;
}

static int get_pending(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                       G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                       G_GNUC_UNUSED sd_bus_error *error) {
        return confirm_append(((Daemon *) userdata)->confirm, reply);
}

const sd_bus_vtable POLICIES_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("PendingChange", "a{sv}", get_pending, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Policies", "a{sa{sv}}", forms_get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sa{sv}}", policies), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListPermanent", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sa{sv}}", policies), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Get", SD_BUS_ARGS("s", name), SD_BUS_RESULT("a{sv}", policy), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Set", SD_BUS_ARGS("s", name, "a{sv}", policy, "a{sv}", options), SD_BUS_RESULT("s", token),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetChecked", SD_BUS_ARGS("s", name, "a{sv}", policy, "a{sv}", options),
                                SD_BUS_RESULT("s", token, "a(ss)", warnings), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("SetMany", SD_BUS_ARGS("a{sa{sv}}", policies, "a{sv}", options), SD_BUS_RESULT("s", token),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Remove", SD_BUS_ARGS("s", name, "a{sv}", options), SD_BUS_RESULT("s", token), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ReplaceAll", SD_BUS_ARGS("a{sa{sv}}", policies, "a{sv}", options), SD_BUS_RESULT("s", token),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Check", SD_BUS_ARGS("s", name, "a{sv}", policy),
                                SD_BUS_RESULT("a(sas)", rules, "a(ss)", warnings), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Confirm", SD_BUS_ARGS("s", token), SD_BUS_NO_RESULT, request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Rollback", SD_BUS_ARGS("s", token), SD_BUS_NO_RESULT, request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Counters", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{s(tt)}", counters), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("WatchCounters", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("a{s(tt)}", counters),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("UnwatchCounters", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("CountersChanged", SD_BUS_ARGS("a{s(tt)}", counters, "t", elapsed), 0),
        SD_BUS_SIGNAL_WITH_ARGS("Changed", SD_BUS_ARGS("as", names), 0),
        SD_BUS_VTABLE_END,
};
