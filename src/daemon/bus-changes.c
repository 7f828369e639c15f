/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: the methods that change policies, and the change itself, also of groups. */

#include "daemon/bus.h"

#include <glib/gi18n.h>
#include "daemon/change.h"
#include "daemon/confirm.h"
#include "daemon/counts.h"
#include "daemon/cut.h"
#include "daemon/prompt.h"
#include "model/bounds.h"
#include "model/error.h"
#include "world/ipsets.h"

static const char *const ONE_OPTIONS[] = { "scope", "confirm-within", "cut", "if-revision", "if-change", NULL };
static const char *const SET_OPTIONS[] = { "scope",   "confirm-within", "cut",       "create",
                                           "replace", "if-revision",    "if-change", NULL };
static const char *const SET_MANY_OPTIONS[] = { "scope",   "confirm-within", "cut",       "create",
                                                "replace", "groups",         "if-change", NULL };
static const char *const CHECK_OPTIONS[] = { "scope",       "confirm-within", "cut",       "create", "replace",
                                             "if-revision", "groups",         "if-change", NULL };
static const char *const REPLACE_ALL_OPTIONS[] = { "scope", "confirm-within", "cut", "groups", "if-change", NULL };

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
        const Policy *later, *before = policies_before_one(request, request->name, &later);
        return prompt_set(request->name, request->policy, before, later, &request->options);
}

bool policies_prepare_remove(Request *request, GError **error) {
        if (!policies_read_name(request, error) || !policies_read_options(request, ONE_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_REMOVE;
        return true;
}

char *policies_question_remove(const Request *request) {
        const Policy *later, *before = policies_before_one(request, request->name, &later);
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
        const Policy *later, *before = policies_before_one(request, request->name, &later);
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
        const Policy *later, *before = policies_before_one(request, request->name, &later);
        return prompt_rename(request->name, request->new_name, before, later, &request->options);
}

/* The option "groups" is a part of the change. */
static void take_groups(Request *request) {
        if (!request->options.groups)
                return;
        g_hash_table_unref(request->policies->groups);
        request->policies->groups = g_steal_pointer(&request->options.groups);
}

static bool read_policies(Request *request, const char *const *allowed, GError **error) {
        request->policies = policy_bus_read_set(request->call, request->daemon->event, error);
        if (!request->policies || !policies_read_options(request, allowed, error))
                return false;
        take_groups(request);
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

/* --- a dry run ---------------------------------------------------------------------------------------------------- */

static bool read_removed(Request *request) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        Findings *found = request->findings;
        const char *name;
        int r = sd_bus_message_enter_container(request->call, 'a', "s");
        for (int i = 0; r >= 0 && (r = sd_bus_message_read(request->call, "s", &name)) > 0; i++) {
                GError *error = NULL;
                if (i >= (int) LIMIT_POLICIES) {
                        findings_end(found, g_error_new(QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                                                        _("remove: more than %u policies"), LIMIT_POLICIES));
                        return false;
                }
                bool good = policy_name_check(name, &error);
                if (good && g_hash_table_contains(request->policies->policies, name)) {
                        g_set_error(&error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                                    _("remove: \"%s\" cannot be set and removed at once"), name);
                        good = false;
                }
                quaywall_error_at(&error, "remove", i, name);
                if (!findings_check(found, name, good, &error))
                        return false;
                if (good) {
                        findings_note_entry(found, name, name, (guint) i);
                        g_ptr_array_add(names, g_strdup(name));
                }
        }
        g_ptr_array_add(names, NULL);
        request->removed = (GStrv) g_ptr_array_free(g_steal_pointer(&names), FALSE);
        return r >= 0 && sd_bus_message_exit_container(request->call) >= 0;
}

/* With a revision, the change must be one of one policy. */
static bool name_the_one(Request *request, GError **error) {
        if (request->options.if_revision == 0)
                return true;
        g_autoptr(GPtrArray) names = policy_set_names(request->policies);
        if (names->len + g_strv_length(request->removed) != 1) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                    _("option if-revision: is about one policy, so only one can be set or removed"));
                quaywall_error_at(error, "if-revision", -1, NULL);
                request->options.if_revision = 0;
                return false;
        }
        request->name = g_strdup(names->len > 0 ? names->pdata[0] : request->removed[0]);
        return true;
}

/* Fails only if the message is malformed: all else that is wrong belongs to the answer. */
bool policies_prepare_check_change(Request *request, G_GNUC_UNUSED GError **error) {
        Findings *found = request->findings = findings_new(true);
        GError *wrong = NULL;
        request->edit = POLICY_EDIT_SET_MANY;
        request->policies = policy_bus_read_all(request->call, request->daemon->event, found);
        if (!request->policies || !read_removed(request) ||
            !options_read_all(request->call, CHECK_OPTIONS, &request->options, found))
                return found->ended;
        take_groups(request);
        (void) (findings_check(found, "", policies_check_cut(request, &wrong), &wrong) &&
                findings_check(found, "", name_the_one(request, &wrong), &wrong));
        return true;
}

/* The scope's set after the change. */
static PolicySet *edit(Request *request, PolicySet *set, Scope scope, GError **error) {
        const PolicyEdit edit = {
                .kind = request->edit,
                .name = request->name,
                .new_name = request->new_name,
                .policy = request->policy,
                .policies = request->policies,
                .removed = (const char *const *) request->removed,
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

bool policies_check_sets(Request *request, PolicySet **ret_runtime, PolicySet **ret_permanent, Ipsets **ret_ipsets,
                         GError **error) {
        const Daemon *daemon = request->daemon;
        PolicySet *edited[_RECORD_MAX];
        if (!edit_sets(request, edited, error))
                return false;
        g_autoptr(PolicySet) runtime = edited[RECORD_NOW], permanent = edited[RECORD_LATER];
        PolicySet *const sets[] = { runtime, permanent, NULL };
        g_autoptr(Ipsets) ipsets = ipsets_look_up(daemon->world, sets, error);
        if (!ipsets)
                return false;
        (void) (policies_check_before(request, request->findings) &&
                policies_check_after(request, ipsets, runtime, permanent, request->findings));
        *ret_runtime = g_steal_pointer(&runtime);
        *ret_permanent = g_steal_pointer(&permanent);
        *ret_ipsets = g_steal_pointer(&ipsets);
        return true;
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

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
                counts ? counts_read(daemon->world, daemon->intent.runtime, daemon->carried, NULL) : NULL;
        if (!change_run(&daemon->reconciler, runtime, permanent, &note, error))
                return false;
        g_autoptr(GHashTable) after = before ? counts_read(daemon->world, daemon->intent.runtime, daemon->carried, NULL) : NULL;
        counts_carry(daemon->carried, before, after, note.old_name, note.new_name);
        counts_keep(daemon->carried, daemon->settings, daemon->intent.runtime);
        return true;
}

static bool change_locked(Request *request, char **ret_token, GError **error) {
        Daemon *daemon = request->daemon;
        World *world = daemon->world;
        g_autoptr(Findings) first = findings_new(false);
        if (!policies_check_before(request, first))
                return findings_are_none(first, error);
        PolicySet *edited[_RECORD_MAX];
        if (!edit_sets(request, edited, error))
                return false;
        g_autoptr(PolicySet) runtime = edited[RECORD_NOW], permanent = edited[RECORD_LATER];
        PolicySet *const sets[] = { daemon->intent.runtime, daemon->intent.permanent, runtime, permanent, NULL };
        if (!ipsets_read(world, sets, NULL, error))
                return false;
        if (!policies_check_after(request, world->ipsets_now, runtime, permanent, first))
                return findings_are_none(first, error);
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
