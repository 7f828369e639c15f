/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a change of policies or groups is refused, for the methods that make one and for CheckChange. */

#include <inttypes.h>

#include <glib/gi18n.h>

#include "compile/direct-rule.h"
#include "daemon/bus.h"
#include "daemon/cut.h"
#include "daemon/meaning.h"
#include "daemon/policy-files.h"
#include "docker/docker.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/revision.h"
#include "world/zone-rules.h"

Policy *policies_before_one(const Request *request, const char *name, const Policy **ret_later) {
        const Daemon *daemon = request->daemon;
        const Scope scope = request->options.scope;
        Policy *now = scope & SCOPE_RUNTIME ? g_hash_table_lookup(daemon->intent.runtime->policies, name) : NULL;
        Policy *later = scope & SCOPE_PERMANENT ? g_hash_table_lookup(daemon->intent.permanent->policies, name) : NULL;
        *ret_later = now && later && !policy_equal(now, later) ? later : NULL;
        return now ? now : later;
}

bool policies_check_cut(const Request *request, GError **error) {
        if (!request->options.cut || (request->options.scope & SCOPE_RUNTIME))
                return true;
        g_set_error_literal(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                _("option cut: what is in force now does not change with the scope \"permanent\"; it must be \"runtime\" or "
                  "\"both\""));
        quaywall_error_at(error, "cut", -1, NULL);
        return false;
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

bool groups_no_such(const char *name, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_GROUP,
                    _("there is no group \"%s\"; see \"quaywallctl group list\""), name);
        return false;
}

const Group *groups_before_one(const Request *request, const char *name) {
        const Intent *intent = &request->daemon->intent;
        const Scope scope = request->options.scope;
        const Group *now = scope & SCOPE_RUNTIME ? g_hash_table_lookup(intent->runtime->groups, name) : NULL;
        return now ? now : scope & SCOPE_PERMANENT ? g_hash_table_lookup(intent->permanent->groups, name) : NULL;
}

/* With "create", refuses a group that would replace another of that name. */
static bool check_group_exists(const Request *request, const char *name, const Group *group, GError **error) {
        const Group *before = request->options.create ? groups_before_one(request, name) : NULL;
        if (!before || group_equal(before, group))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_GROUP_EXISTS,
                    _("name: there is a group \"%s\" already; see \"quaywallctl group show %s\""), name, name);
        return false;
}

static bool check_is_there(const Request *request, GError **error) {
        if (groups_before_one(request, request->name))
                return true;
        const char *broken = policy_files_problem(&request->daemon->intent, STORE_GROUPS, request->name);
        if (!broken)
                return groups_no_such(request->name, error);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_GROUP,
                    _("there is no group \"%s\" in force, only a file that must be repaired or removed: %s"), request->name,
                    broken);
        return false;
}

/* Policies that are told in an error. */
#define USERS_TOLD 5U

static void add_users(GPtrArray *names, PolicySet *set, const char *group) {
        g_autoptr(GPtrArray) users = policy_set_list_users(set, group);
        for (guint i = 0; i < users->len; i++)
                if (!g_ptr_array_find_with_equal_func(names, users->pdata[i], g_str_equal, NULL))
                        g_ptr_array_add(names, users->pdata[i]);
}

char *groups_describe_users(const GPtrArray *names) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < MIN(names->len, USERS_TOLD); i++)
                g_string_append_printf(text, "%s\"%s\"", i ? ", " : "", (char *) names->pdata[i]);
        if (names->len > USERS_TOLD)
                g_string_append_printf(text, _(" and %u more"), names->len - USERS_TOLD);
        return g_strdup_printf(ngettext("policy %s", "policies %s", names->len), text->str);
}

static bool check_is_unused(const Request *request, GError **error) {
        const Intent *intent = &request->daemon->intent;
        g_autoptr(GPtrArray) users = g_ptr_array_new();
        if (request->options.scope & SCOPE_RUNTIME)
                add_users(users, intent->runtime, request->name);
        if (request->options.scope & SCOPE_PERMANENT)
                add_users(users, intent->permanent, request->name);
        if (users->len == 0)
                return true;
        g_autofree char *text = groups_describe_users(users);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_GROUP_IN_USE,
                    ngettext("name: the group \"%s\" is named by the %s; take it out of its sources first",
                             "name: the group \"%s\" is named by the %s; take it out of their sources first", users->len),
                    request->name, text);
        return false;
}

/* A mistyped address is in no group. */
static bool check_has_addresses(const Request *request, GError **error) {
        const Intent *intent = &request->daemon->intent;
        const Group *groups[] = {
                request->options.scope & SCOPE_RUNTIME ? g_hash_table_lookup(intent->runtime->groups, request->name) : NULL,
                request->options.scope & SCOPE_PERMANENT ? g_hash_table_lookup(intent->permanent->groups, request->name) : NULL
        };
        g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (gsize i = 0; i < G_N_ELEMENTS(groups); i++)
                if (groups[i])
                        g_array_append_vals(all, groups[i]->addresses->data, groups[i]->addresses->len);
        g_autoptr(GArray) four = address_set_new(all, FAMILY_IPV4), six = address_set_new(all, FAMILY_IPV6);
        for (guint i = 0; i < request->addresses->len; i++) {
                const AddressRange *range = &g_array_index(request->addresses, AddressRange, i);
                if (address_set_overlaps(range->family == FAMILY_IPV4 ? four : six, range))
                        continue;
                g_autofree char *text = address_range_format(range);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("addresses: \"%s\" is not in the group \"%s\"; see \"quaywallctl group show %s\""), text,
                            request->name, request->name);
                return false;
        }
        return true;
}

/* What the edit of a group needs to be there, or not to be. */
static bool check_group(const Request *request, GError **error) {
        if (request->edit == GROUP_EDIT_SET)
                return check_group_exists(request, request->name, request->group, error);
        return check_is_there(request, error) && (request->edit != GROUP_EDIT_REMOVE || check_has_addresses(request, error)) &&
               (request->edit != GROUP_EDIT_DELETE || check_is_unused(request, error));
}

/* --- all ---------------------------------------------------------------------------------------------------------- */

/* key: what the error is about; NULL: nothing in particular. */
static bool is_too_many(guint64 count, guint64 before, guint limit, const char *key, const char *format, GError **error) {
        /* If files exceed a limit, there may still be fewer bit by bit. */
        if (count <= limit || count <= before)
                return false;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, format, (guint) MIN(count, G_MAXUINT), limit);
#pragma GCC diagnostic pop
        quaywall_error_at(error, key, -1, NULL);
        return true;
}

static bool check_count(PolicySet *set, PolicySet *before, GError **error) {
        return !is_too_many(g_hash_table_size(set->policies), g_hash_table_size(before->policies), LIMIT_POLICIES, NULL,
                            _("%u policies are too many; there can be %u"), error) &&
               !is_too_many(g_hash_table_size(set->groups), g_hash_table_size(before->groups), LIMIT_GROUPS, NULL,
                            _("%u groups are too many; there can be %u"), error) &&
               !is_too_many(policy_set_count_sources(set), policy_set_count_sources(before), LIMIT_ADDRESSES_ALL, "sources",
                            _("sources: all policies would have %u together, which are too many; there can be %u"), error) &&
               !is_too_many(policy_set_count_addresses(set), policy_set_count_addresses(before), LIMIT_ADDRESSES_ALL,
                            "addresses", _("addresses: all groups would have %u together, which are too many; there can be %u"),
                            error);
}

static bool is_of_group(const Request *request) {
        return request->edit >= GROUP_EDIT_SET;
}

static bool names_group(PolicySet *set, const char *policy, const char *group) {
        g_autoptr(GPtrArray) users = policy_set_list_users(set, group);
        return g_ptr_array_find_with_equal_func(users, policy, g_str_equal, NULL);
}

/* Whether the change makes something else of this policy. */
static bool is_concerned(const Request *request, PolicySet *set, const char *policy) {
        if (is_of_group(request))
                return names_group(set, policy, request->name);
        if (request->edit != POLICY_EDIT_UNDO)
                return !request->name || g_str_equal(request->name, policy);
        const GStrv *names = request->record->names;
        bool concerned = g_strv_contains((const char *const *) names[STORE_POLICIES], policy);
        for (guint i = 0; !concerned && names[STORE_GROUPS][i]; i++)
                concerned = names_group(set, policy, names[STORE_GROUPS][i]);
        return concerned;
}

/* Without the guard, nothing would enforce a policy that is too large for DOCKER-USER. */
static bool check_size(const Request *request, Ipsets *ipsets, PolicySet *set, Findings *found) {
        Daemon *daemon = request->daemon;
        if (daemon->settings->use_guard)
                return true;
        g_autoptr(ZoneClients) zones = zone_rules_clients(daemon->world);
        g_autoptr(GPtrArray) rules = compile_policies(set, (const char *const *) daemon->world->bridges,
                                                      daemon->world->docker->facts, ipsets, zones, false);
        g_autoptr(GPtrArray) names = direct_list_too_large(rules, false);
        bool going = true;
        for (guint i = 0; going && i < names->len; i++) {
                const char *name = names->pdata[i];
                /* Another policy that outgrew the limit with Docker is a problem of its own, and no reason to refuse this
                 * one. */
                if (!is_concerned(request, set, name))
                        continue;
                GError *error = g_error_new(
                        QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                        _("sources: policy \"%s\" means more than %u rules, its sources times what it covers, which needs the guard; see Enforce= "
                          "in quaywalld.conf(5)"),
                        name, LIMIT_RULES);
                quaywall_error_at(&error, "sources", -1, NULL);
                going = findings_add(found, name, error);
        }
        return going;
}

/* Refuses to overwrite by mistake: with "create" any policy of that name, with "replace" false one that has another action. */
static bool check_exists(const Request *request, const char *name, const Policy *policy, GError **error) {
        const Policy *later, *before = policies_before_one(request, name, &later);
        if (!before)
                return true;
        const PolicyAction action = policy->action;
        if (request->options.create) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_POLICY_EXISTS,
                            _("name: there is a policy \"%s\" already; see \"quaywallctl policy show %s\""), name, name);
                quaywall_error_at(error, "name", -1, name);
                return false;
        }
        if (!request->options.no_replace || (before->action == action && (!later || later->action == action)))
                return true;
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_POLICY_EXISTS,
                _("action: the policy \"%s\" is \"%s\" and would be \"%s\"; if that is meant, set the option \"replace\" (quaywallctl "
                  "--replace), else take another name: both hold then"),
                name, policy_get_string(before->action != action ? before : later, "action"),
                policy_get_string(policy, "action"));
        quaywall_error_at(error, "action", -1, policy_get_string(policy, "action"));
        return false;
}

/* Those that change, remove or rename one policy need one. */
static bool check_there(const Request *request, const char *name, GError **error) {
        const Intent *intent = &request->daemon->intent;
        const Policy *later;
        if (policies_before_one(request, name, &later))
                return true;
        const char *broken = policy_files_problem(intent, STORE_POLICIES, name);
        if (!broken)
                (void) policies_no_such(name, error);
        else
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_POLICY,
                            _("there is no policy \"%s\" in force, only a file that must be repaired or removed: %s"), name,
                            broken);
        quaywall_error_at(error, "remove", -1, name);
        return false;
}

/* In any scope: else two policies would be one from the next reload on. */
static bool check_new_name(const Request *request, GError **error) {
        const Intent *intent = &request->daemon->intent;
        const char *name = request->new_name, *broken = name ? policy_files_problem(intent, STORE_POLICIES, name) : NULL;
        if (!name || (!g_hash_table_contains(intent->runtime->policies, name) &&
                      !g_hash_table_contains(intent->permanent->policies, name) && !broken))
                return true;
        if (broken)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_POLICY_EXISTS,
                            _("new name: there is a policy \"%s\" already, whose file is broken: %s"), name, broken);
        else
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_POLICY_EXISTS,
                            _("new name: there is a policy \"%s\" already; see \"quaywallctl policy list\""), name);
        return false;
}

/* The caller has seen another policy than the one that he would overwrite. */
static bool check_revision(const Request *request, GError **error) {
        const Policy *later;
        const guint64 seen = request->options.if_revision;
        Policy *before = seen ? policies_before_one(request, request->name, &later) : NULL;
        if (!seen || (before && policy_revision(before) == seen))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_CONFLICT,
                    before ? _("if-revision: the policy \"%s\" has changed since it was read; read it again, and decide anew") :
                             _("if-revision: the policy \"%s\" was removed since it was read; read it again, and decide anew"),
                    request->name);
        quaywall_error_at(error, "if-revision", -1, NULL);
        return false;
}

/* Somebody has changed a policy or a group since the caller read them all. */
static bool check_newest(const Request *request, GError **error) {
        const guint64 seen = request->options.if_change,
                      newest = request->options.has_if_change ? history_find_newest(request->daemon->history) : seen;
        if (newest == seen)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_CONFLICT,
                    _("if-change: the newest change is %" PRIu64 ", and not %" PRIu64
                      "; read policies and groups again, and decide anew"),
                    newest, seen);
        quaywall_error_at(error, "if-change", -1, NULL);
        return false;
}

static bool needs_one(PolicyEditKind edit) {
        return edit == POLICY_EDIT_REMOVE || edit == POLICY_EDIT_DELTA || edit == POLICY_EDIT_RENAME;
}

bool policies_check_before(const Request *request, Findings *found) {
        GError *error = NULL;
        const char *name = request->name ? request->name : "";
        if (!findings_check(found, "", check_newest(request, &error), &error))
                return false;
        if (is_of_group(request))
                return findings_check(found, "", check_group(request, &error), &error);
        bool going = !needs_one(request->edit) || findings_check(found, name, check_there(request, name, &error), &error);
        for (guint i = 0; going && request->removed && request->removed[i]; i++)
                going = findings_check(found, request->removed[i], check_there(request, request->removed[i], &error), &error);
        if (!going || !findings_check(found, name, check_new_name(request, &error), &error) ||
            !findings_check(found, name, check_revision(request, &error), &error))
                return false;
        if (request->edit == POLICY_EDIT_SET)
                return findings_check(found, name, check_exists(request, name, request->policy, &error), &error);
        if (!request->options.create && !request->options.no_replace)
                return true;
        g_autoptr(GPtrArray) names = policy_set_names(request->policies);
        for (guint i = 0; going && i < names->len; i++) {
                const Policy *policy = g_hash_table_lookup(request->policies->policies, names->pdata[i]);
                going = policy->action == _POLICY_ACTION_MAX ||
                        findings_check(found, names->pdata[i], check_exists(request, names->pdata[i], policy, &error), &error);
        }
        GHashTableIter iter;
        gpointer group_name, group;
        g_hash_table_iter_init(&iter, request->policies->groups);
        while (going && g_hash_table_iter_next(&iter, &group_name, &group))
                going = findings_check(found, "", check_group_exists(request, group_name, group, &error), &error);
        return going;
}

static bool check_meaning(const Request *request, Ipsets *ipsets, const char *name, const Policy *policy, Findings *found) {
        GError *error = NULL;
        return !policy || findings_check(found, name, meaning_check(request->daemon->world, policy, ipsets, &error), &error);
}

/* An ipset that does not exist yet is fine: it lists nobody, and Check warns of it. */
static bool check_meanings(const Request *request, Ipsets *ipsets, PolicySet *runtime, PolicySet *permanent, Findings *found) {
        if (request->edit == POLICY_EDIT_SET)
                return check_meaning(request, ipsets, request->name, request->policy, found);
        if (request->edit == POLICY_EDIT_DELTA)
                return check_meaning(request, ipsets, request->name, g_hash_table_lookup(runtime->policies, request->name),
                                     found) &&
                       check_meaning(request, ipsets, request->name, g_hash_table_lookup(permanent->policies, request->name),
                                     found);
        /* What is in force may become permanent as it is. */
        if (!request->policies || request->edit == POLICY_EDIT_ADOPT)
                return true;
        g_autoptr(GPtrArray) names = policy_set_names(request->policies);
        bool going = true;
        for (guint i = 0; going && i < names->len; i++)
                going = check_meaning(request, ipsets, names->pdata[i],
                                      g_hash_table_lookup(request->policies->policies, names->pdata[i]), found);
        return going;
}

bool policies_check_after(const Request *request, Ipsets *ipsets, PolicySet *runtime, PolicySet *permanent, Findings *found) {
        const Daemon *daemon = request->daemon;
        const Intent *intent = &daemon->intent;
        GError *error = NULL;
        return findings_check(found, "", check_count(runtime, intent->runtime, &error), &error) &&
               findings_check(found, "", check_count(permanent, intent->permanent, &error), &error) &&
               check_meanings(request, ipsets, runtime, permanent, found) && check_size(request, ipsets, runtime, found) &&
               check_size(request, ipsets, permanent, found) &&
               findings_check(found, "", confirm_check_none(daemon->confirm, &error), &error) &&
               findings_check(found, "", !request->options.cut || cut_check(daemon->world, &error), &error);
}
