/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How calls change what is wanted: the checks that all of them need, the edited sets, and the change. */

#include "compile/direct-rule.h"
#include "daemon/bus.h"
#include "daemon/change.h"
#include "daemon/cut.h"
#include "daemon/meaning.h"
#include "daemon/policy-files.h"
#include "docker/docker.h"
#include "model/bounds.h"
#include "model/error.h"
#include "world/ipsets.h"
#include "world/zone-rules.h"

bool edit_no_such_policy(const char *name, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_POLICY,
                    "there is no policy \"%s\"; see \"quaywallctl policy list\"", name);
        return false;
}

const Policy *edit_policy_before(const Request *request, const char *name, const Policy **ret_later) {
        const Daemon *daemon = request->daemon;
        const Scope scope = request->options.scope;
        const Policy *now = scope & SCOPE_RUNTIME ? g_hash_table_lookup(daemon->intent.runtime->policies, name) : NULL;
        const Policy *later = scope & SCOPE_PERMANENT ? g_hash_table_lookup(daemon->intent.permanent->policies, name) : NULL;
        *ret_later = now && later && !policy_equal(now, later) ? later : NULL;
        return now ? now : later;
}

/* If files exceed a limit, policies may still be removed bit by bit. */
static bool check_count(PolicySet *set, PolicySet *before, GError **error) {
        const guint policies = g_hash_table_size(set->policies), sources = policy_set_count_sources(set);
        if (policies > LIMIT_POLICIES && policies > g_hash_table_size(before->policies))
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
                return policy_set_ref(set);
        if (request->edit == POLICY_EDIT_REPLACE_ALL)
                return policy_set_copy(request->policies);
        PolicySet *copy = policy_set_copy(set);
        GHashTableIter iter;
        gpointer name, policy;
        if (request->edit == POLICY_EDIT_SET_MANY) {
                g_hash_table_iter_init(&iter, request->policies->policies);
                while (g_hash_table_iter_next(&iter, &name, &policy))
                        policy_set_insert(copy, name, policy);
        } else if (request->edit == POLICY_EDIT_SET)
                policy_set_insert(copy, request->name, request->policy);
        else
                g_hash_table_remove(copy->policies, request->name);
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
        const Policy *later, *before = edit_policy_before(request, name, &later);
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
                may = check_exists(request, names->pdata[i], g_hash_table_lookup(request->policies->policies, names->pdata[i]),
                                   error);
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
        g_hash_table_iter_init(&iter, request->policies->policies);
        while (usable && g_hash_table_iter_next(&iter, NULL, &policy))
                usable = meaning_check(world, policy, error);
        return usable;
}

static bool change_locked(Request *request, char **ret_token, GError **error) {
        Daemon *daemon = request->daemon;
        if (request->edit == POLICY_EDIT_REMOVE) {
                bool there = false;
                there |= (request->options.scope & SCOPE_RUNTIME) &&
                         g_hash_table_contains(daemon->intent.runtime->policies, request->name);
                there |= (request->options.scope & SCOPE_PERMANENT) &&
                         g_hash_table_contains(daemon->intent.permanent->policies, request->name);
                if (!there) {
                        const char *broken = policy_files_problem(&daemon->intent, request->name);
                        if (!broken)
                                return edit_no_such_policy(request->name, error);
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

bool edit_run(Request *request, char **ret_token, GError **error) {
        if (!request_lock(request, error))
                return false;
        bool done = change_locked(request, ret_token, error);
        if (done && request->options.cut)
                cut_forbidden(request->daemon->world, request->daemon->intent.runtime);
        request_unlock(request);
        return done;
}
