/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: the methods that change policies, and the change itself, also of groups. */

#include "daemon/bus.h"
#include "daemon/change.h"
#include "daemon/confirm.h"
#include "daemon/counts.h"
#include "daemon/cut.h"
#include "daemon/meaning.h"
#include "daemon/policy-files.h"
#include "daemon/prompt.h"
#include "docker/docker.h"
#include "compile/direct-rule.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/revision.h"
#include "world/ipsets.h"
#include "world/zone-rules.h"

static const char *const ONE_OPTIONS[] = { "scope", "confirm-within", "cut", "if-revision", NULL };
static const char *const SET_OPTIONS[] = { "scope", "confirm-within", "cut", "create", "replace", "if-revision", NULL };
static const char *const SET_MANY_OPTIONS[] = { "scope", "confirm-within", "cut", "create", "replace", "groups", NULL };
static const char *const REPLACE_ALL_OPTIONS[] = { "scope", "confirm-within", "cut", "groups", NULL };

bool policies_check_cut(const Request *request, GError **error) {
        if (!request->options.cut || (request->options.scope & SCOPE_RUNTIME))
                return true;
        g_set_error_literal(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                "option cut: what is in force now does not change with the scope \"permanent\"; it must be \"runtime\" or "
                "\"both\"");
        return false;
}

bool policies_read_options(Request *request, const char *const *allowed, GError **error) {
        return options_read(request->call, allowed, &request->options, error) && policies_check_cut(request, error);
}

/* The existing policies in the scopes that the request changes, for the question; a runtime policy comes before the permanent
 * one. */
static PolicySet *policies_before(const Request *request) {
        const Daemon *daemon = request->daemon;
        if (request->options.scope == SCOPE_RUNTIME)
                return policy_set_copy(daemon->intent.runtime);
        PolicySet *before = policy_set_copy(daemon->intent.permanent);
        if (request->options.scope == SCOPE_BOTH)
                policy_set_insert_all(before, daemon->intent.runtime);
        return before;
}

/* The same for one policy; *ret_later: the permanent one, if both exist and differ, so that the question shows both. */
static Policy *policy_before(const Request *request, const char *name, const Policy **ret_later) {
        const Daemon *daemon = request->daemon;
        const Scope scope = request->options.scope;
        Policy *now = scope & SCOPE_RUNTIME ? g_hash_table_lookup(daemon->intent.runtime->policies, name) : NULL;
        Policy *later = scope & SCOPE_PERMANENT ? g_hash_table_lookup(daemon->intent.permanent->policies, name) : NULL;
        *ret_later = now && later && !policy_equal(now, later) ? later : NULL;
        return now ? now : later;
}

bool policies_prepare_set(Request *request, GError **error) {
        if (!policies_read_name(request, error))
                return false;
        request->policy = policy_bus_read(request->call, error);
        if (!request->policy || !policies_read_options(request, SET_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_SET;
        return true;
}

char *policies_question_set(const Request *request) {
        const Policy *later, *before = policy_before(request, request->name, &later);
        return prompt_set(request->name, request->policy, before, later, &request->options);
}

bool policies_prepare_remove(Request *request, GError **error) {
        if (!policies_read_name(request, error) || !policies_read_options(request, ONE_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_REMOVE;
        return true;
}

char *policies_question_remove(const Request *request) {
        const Policy *later, *before = policy_before(request, request->name, &later);
        return prompt_remove(request->name, before, later, &request->options);
}

bool policies_prepare_edit(Request *request, GError **error) {
        if (!policies_read_name(request, error))
                return false;
        request->delta = policy_bus_read_delta(request->call, error);
        if (!request->delta || !policies_read_options(request, ONE_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_DELTA;
        return true;
}

char *policies_question_edit(const Request *request) {
        const Policy *later, *before = policy_before(request, request->name, &later);
        g_autoptr(Policy) after = before ? policy_delta_apply(request->delta, before, NULL) : NULL;
        return prompt_edit(request->name, request->delta, after, before, later, &request->options);
}

bool policies_prepare_rename(Request *request, GError **error) {
        const char *new_name;
        if (!policies_read_name(request, error) || sd_bus_message_read(request->call, "s", &new_name) < 0)
                return false;
        if (!policy_name_check(new_name, error)) {
                g_prefix_error(error, "new ");
                return false;
        }
        request->new_name = g_strdup(new_name);
        request->edit = POLICY_EDIT_RENAME;
        return policies_read_options(request, ONE_OPTIONS, error);
}

char *policies_question_rename(const Request *request) {
        const Policy *later, *before = policy_before(request, request->name, &later);
        return prompt_rename(request->name, request->new_name, before, later, &request->options);
}

static bool read_policies(Request *request, const char *const *allowed, GError **error) {
        request->policies = policy_bus_read_set(request->call, request->daemon->event, error);
        if (!request->policies || !policies_read_options(request, allowed, error))
                return false;
        if (request->options.groups) {
                g_hash_table_unref(request->policies->groups);
                request->policies->groups = g_steal_pointer(&request->options.groups);
        }
        return true;
}

bool policies_prepare_set_many(Request *request, GError **error) {
        if (!read_policies(request, SET_MANY_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_SET_MANY;
        return true;
}

char *policies_question_set_many(const Request *request) {
        g_autoptr(PolicySet) before = policies_before(request);
        return prompt_set_many(request->policies, before, &request->options);
}

bool policies_prepare_replace(Request *request, GError **error) {
        if (!read_policies(request, REPLACE_ALL_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_REPLACE_ALL;
        return true;
}

char *policies_question_replace(const Request *request) {
        g_autoptr(PolicySet) before = policies_before(request);
        return prompt_replace_all(request->policies, before, &request->options);
}

static bool is_too_many(guint64 count, guint64 before, guint limit, const char *format, GError **error) {
        /* If files exceed a limit, there may still be fewer bit by bit. */
        if (count <= limit || count <= before)
                return false;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, format, (guint) MIN(count, G_MAXUINT), limit);
#pragma GCC diagnostic pop
        return true;
}

static bool check_count(PolicySet *set, PolicySet *before, GError **error) {
        return !is_too_many(g_hash_table_size(set->policies), g_hash_table_size(before->policies), LIMIT_POLICIES,
                            "%u policies are too many; there can be %u", error) &&
               !is_too_many(g_hash_table_size(set->groups), g_hash_table_size(before->groups), LIMIT_GROUPS,
                            "%u groups are too many; there can be %u", error) &&
               !is_too_many(policy_set_count_sources(set), policy_set_count_sources(before), LIMIT_ADDRESSES_ALL,
                            "sources: all policies would have %u together, which are too many; there can be %u", error) &&
               !is_too_many(policy_set_count_addresses(set), policy_set_count_addresses(before), LIMIT_ADDRESSES_ALL,
                            "addresses: all groups would have %u together, which are too many; there can be %u", error);
}

/* The scope's set after the change. */
static PolicySet *edit(Request *request, PolicySet *set, Scope scope, GError **error) {
        const PolicyEdit edit = {
                .kind = request->edit,
                .name = request->name,
                .new_name = request->new_name,
                .policy = request->policy,
                .policies = request->policies,
                .delta = request->delta,
                .group = request->group,
                .addresses = request->addresses,
        };
        if (!(request->options.scope & scope))
                return policy_set_ref(set);
        PolicySet *after = policy_edit_apply(&edit, set, error);
        Group *group = after && request->addresses ? g_hash_table_lookup(after->groups, request->name) : NULL;
        if (group) {
                g_clear_pointer(&request->group, group_unref);
                request->group = group_ref(group);
        }
        return after;
}

PolicySet *policies_preview(Request *request) {
        return edit(request, request->daemon->intent.runtime, SCOPE_RUNTIME, NULL);
}

static bool is_of_group(const Request *request) {
        return request->edit >= GROUP_EDIT_SET;
}

/* Whether the change makes something else of this policy. */
static bool is_concerned(const Request *request, PolicySet *set, const char *policy) {
        if (!is_of_group(request))
                return !request->name || g_str_equal(request->name, policy);
        g_autoptr(GPtrArray) users = policy_set_list_users(set, request->name);
        return g_ptr_array_find_with_equal_func(users, policy, g_str_equal, NULL);
}

/* Both sets after the change. */
static bool edit_sets(Request *request, PolicySet *ret_sets[_RECORD_MAX], GError **error) {
        const Intent *intent = &request->daemon->intent;
        if (request->edit == POLICY_EDIT_UNDO)
                return policies_take_back(request, ret_sets, error);
        if (request->edit == POLICY_EDIT_ADOPT)
                request->policies = policy_set_ref(intent->runtime);
        g_autoptr(PolicySet) runtime = edit(request, intent->runtime, SCOPE_RUNTIME, error),
                             permanent = runtime ? edit(request, intent->permanent, SCOPE_PERMANENT, error) : NULL;
        if (!permanent)
                return false;
        ret_sets[RECORD_NOW] = g_steal_pointer(&runtime);
        ret_sets[RECORD_LATER] = g_steal_pointer(&permanent);
        return true;
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
                if (!is_concerned(request, set, names->pdata[i]))
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
                may = check_exists(request, names->pdata[i], g_hash_table_lookup(request->policies->policies, names->pdata[i]),
                                   error);
        GHashTableIter iter;
        gpointer name, group;
        g_hash_table_iter_init(&iter, request->policies->groups);
        while (may && g_hash_table_iter_next(&iter, &name, &group))
                may = groups_check_exists(request, name, group, error);
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
        const Policy *now = request->edit == POLICY_EDIT_DELTA ? g_hash_table_lookup(runtime->policies, request->name) : NULL,
                     *later = request->edit == POLICY_EDIT_DELTA ? g_hash_table_lookup(permanent->policies, request->name) :
                                                                   NULL;
        bool usable = (!now || meaning_check(world, now, error)) && (!later || meaning_check(world, later, error));
        GHashTableIter iter;
        gpointer policy;
        /* What is in force may become permanent as it is. */
        if (!request->policies || request->edit == POLICY_EDIT_ADOPT)
                return usable;
        g_hash_table_iter_init(&iter, request->policies->policies);
        while (usable && g_hash_table_iter_next(&iter, NULL, &policy))
                usable = meaning_check(world, policy, error);
        return usable;
}

/* Those that change, remove or rename one policy need one. */
static bool check_there(const Request *request, GError **error) {
        const Intent *intent = &request->daemon->intent;
        if (request->edit != POLICY_EDIT_REMOVE && request->edit != POLICY_EDIT_DELTA && request->edit != POLICY_EDIT_RENAME)
                return true;
        const Policy *later;
        if (policy_before(request, request->name, &later))
                return true;
        const char *broken = policy_files_problem(intent, STORE_POLICIES, request->name);
        if (!broken)
                return policies_no_such(request->name, error);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_POLICY,
                    "there is no policy \"%s\" in force, only a file that must be repaired or removed: %s", request->name,
                    broken);
        return false;
}

/* In any scope: else two policies would be one from the next reload on. */
static bool check_new_name(const Request *request, GError **error) {
        const Intent *intent = &request->daemon->intent;
        const char *name = request->new_name, *broken = name ? policy_files_problem(intent, STORE_POLICIES, name) : NULL;
        if (!name || (!g_hash_table_contains(intent->runtime->policies, name) &&
                      !g_hash_table_contains(intent->permanent->policies, name) && !broken))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_POLICY_EXISTS, "new name: there is a policy \"%s\" already%s%s", name,
                    broken ? ", whose file is broken: " : "; see \"quaywallctl policy list\"", broken ? broken : "");
        return false;
}

/* The caller has seen another policy than the one that he would overwrite. */
static bool check_revision(const Request *request, GError **error) {
        const Policy *later;
        const guint64 seen = request->options.if_revision;
        Policy *before = seen ? policy_before(request, request->name, &later) : NULL;
        if (!seen || (before && policy_revision(before) == seen))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_CONFLICT,
                    "if-revision: the policy \"%s\" %s since it was read; read it again, and decide anew", request->name,
                    before ? "has changed" : "was removed");
        return false;
}

/* What the change needs to be there, or not to be, or to be as it was. */
static bool check_subject(const Request *request, GError **error) {
        if (is_of_group(request))
                return groups_check(request, error);
        return check_there(request, error) && check_new_name(request, error) && check_revision(request, error) &&
               check_all_exist(request, error);
}

/* Rules that a change replaces start to count from 0. The guard's counters have the policies' names, so they stay. */
static bool run_and_count(Request *request, PolicySet *runtime, PolicySet *permanent, GError **error) {
        Daemon *daemon = request->daemon;
        g_autofree char *method = request_method_name(request);
        const ChangeRecord *undone = request->record;
        const ChangeNote note = {
                .method = method,
                .uid = request->uid,
                .old_name = request->new_name ? request->name :
                            undone            ? undone->new_name :
                                                NULL,
                .new_name = request->new_name ? request->new_name :
                            undone            ? undone->old_name :
                                                NULL,
                .undoes = undone ? undone->number : 0,
                .is_pending = request->options.confirm_within != 0,
        };
        const bool counts = note.old_name || !daemon->settings->use_guard;
        g_autoptr(GHashTable) before =
                counts ? counts_read(daemon->world, daemon->settings, daemon->intent.runtime, daemon->carried, NULL) : NULL;
        if (!change_run(&daemon->reconciler, runtime, permanent, &note, error))
                return false;
        g_autoptr(GHashTable) after =
                before ? counts_read(daemon->world, daemon->settings, daemon->intent.runtime, daemon->carried, NULL) : NULL;
        counts_carry(daemon->carried, before, after, note.old_name, note.new_name);
        counts_keep(daemon->carried, daemon->settings, daemon->intent.runtime);
        return true;
}

static bool change_locked(Request *request, char **ret_token, GError **error) {
        Daemon *daemon = request->daemon;
        if (!check_subject(request, error))
                return false;
        PolicySet *sets[_RECORD_MAX];
        if (!edit_sets(request, sets, error))
                return false;
        g_autoptr(PolicySet) runtime = sets[RECORD_NOW], permanent = sets[RECORD_LATER];
        if (!check_count(runtime, daemon->intent.runtime, error) || !check_count(permanent, daemon->intent.permanent, error) ||
            !check_ipsets(request, runtime, permanent, error) || !check_size(request, runtime, error) ||
            !check_size(request, permanent, error) || !confirm_check_none(daemon->confirm, error) ||
            (request->options.cut && !cut_check(daemon->world, error)))
                return false;
        const guint32 seconds = (guint32) request->options.confirm_within;
        if (seconds == 0)
                return run_and_count(request, runtime, permanent, error);
        if (!confirm_begin(daemon->confirm, seconds, request->uid, ret_token, error))
                return false;
        if (run_and_count(request, runtime, permanent, error))
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

bool policies_run(Request *request, GError **error) {
        g_autofree char *token = NULL;
        if (!policies_change(request, &token, error))
                return false;
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, sd_bus_message_append(reply, "s", token ? token : ""), error);
}
