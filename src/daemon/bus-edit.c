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

bool edit_read_options(Request *request, const char *const *allowed, GError **error) {
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

bool edit_no_such_policy(const char *name, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_POLICY,
                    "there is no policy \"%s\"; see \"quaywallctl policy list\"", name);
        return false;
}

bool edit_no_such_group(const char *name, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_GROUP,
                    "there is no group \"%s\"; see \"quaywallctl group list\"", name);
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

const Group *edit_group_before(const Request *request, const char *name) {
        const Intent *intent = &request->daemon->intent;
        const Scope scope = request->options.scope;
        const Group *now = scope & SCOPE_RUNTIME ? g_hash_table_lookup(intent->runtime->groups, name) : NULL;
        return now ? now : scope & SCOPE_PERMANENT ? g_hash_table_lookup(intent->permanent->groups, name) : NULL;
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

/* Puts into the set what becomes of its group. */
static bool edit_group(Request *request, PolicySet *set, GError **error) {
        const Group *group = g_hash_table_lookup(set->groups, request->name);
        if (request->edit == GROUP_EDIT_SET)
                policy_set_insert_group(set, request->name, request->group);
        else if (request->edit == GROUP_EDIT_DELETE)
                g_hash_table_remove(set->groups, request->name);
        else if (group) {
                Group *edited = request->edit == GROUP_EDIT_ADD ? group_with(group, request->addresses, error) :
                                                                  group_without(group, request->addresses);
                if (!edited)
                        return false;
                policy_set_insert_group(set, request->name, edited);
                g_clear_pointer(&request->group, group_unref);
                request->group = edited;
        }
        return true;
}

static void insert_all(const Request *request, PolicySet *set) {
        GHashTableIter iter;
        gpointer name, item;
        g_hash_table_iter_init(&iter, request->policies->policies);
        while (g_hash_table_iter_next(&iter, &name, &item))
                policy_set_insert(set, name, item);
        if (!request->options.groups)
                return;
        g_hash_table_iter_init(&iter, request->options.groups);
        while (g_hash_table_iter_next(&iter, &name, &item))
                policy_set_insert_group(set, name, item);
}

/* The scope's set after the change. */
static PolicySet *edit(Request *request, PolicySet *set, Scope scope, GError **error) {
        if (!(request->options.scope & scope))
                return policy_set_ref(set);
        g_autoptr(PolicySet) copy =
                request->edit == POLICY_EDIT_REPLACE_ALL ? policy_set_new_beside(set) : policy_set_copy(set);
        switch (request->edit) {
        case POLICY_EDIT_SET:
                policy_set_insert(copy, request->name, request->policy);
                break;
        case POLICY_EDIT_REMOVE:
                g_hash_table_remove(copy->policies, request->name);
                break;
        case POLICY_EDIT_SET_MANY:
        case POLICY_EDIT_REPLACE_ALL:
                insert_all(request, copy);
                break;
        default:
                if (!edit_group(request, copy, error))
                        return NULL;
        }
        return g_steal_pointer(&copy);
}

PolicySet *edit_preview(Request *request) {
        return edit(request, request->daemon->intent.runtime, SCOPE_RUNTIME, NULL);
}

/* Whether the change makes something else of this policy. */
static bool is_concerned(const Request *request, PolicySet *set, const char *policy) {
        if (request->edit == POLICY_EDIT_SET || request->edit == POLICY_EDIT_REMOVE)
                return g_str_equal(request->name, policy);
        if (request->edit == POLICY_EDIT_SET_MANY || request->edit == POLICY_EDIT_REPLACE_ALL)
                return true;
        g_autoptr(GPtrArray) users = policy_set_list_users(set, request->name);
        return g_ptr_array_find_with_equal_func(users, policy, g_str_equal, NULL);
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

/* One that would be the same may be there. */
static bool check_group_exists(const Request *request, const char *name, const Group *group, GError **error) {
        const Group *before = request->options.create ? edit_group_before(request, name) : NULL;
        if (!before || group_equal(before, group))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_GROUP_EXISTS,
                    "name: there is a group \"%s\" already; see \"quaywallctl group show %s\"", name, name);
        return false;
}

static bool check_all_exist(const Request *request, GError **error) {
        if (request->edit == POLICY_EDIT_SET)
                return check_exists(request, request->name, request->policy, error);
        if (request->edit == GROUP_EDIT_SET)
                return check_group_exists(request, request->name, request->group, error);
        if (!request->options.create && !request->options.no_replace)
                return true;
        bool may = true;
        GHashTableIter iter;
        gpointer name, item;
        g_hash_table_iter_init(&iter, request->policies->policies);
        while (may && g_hash_table_iter_next(&iter, &name, &item))
                may = check_exists(request, name, item, error);
        if (!may || !request->options.groups)
                return may;
        g_hash_table_iter_init(&iter, request->options.groups);
        while (may && g_hash_table_iter_next(&iter, &name, &item))
                may = check_group_exists(request, name, item, error);
        return may;
}

/* Whether any set that the request changes has it. */
static bool is_there(const Request *request, StoreKind kind) {
        const Intent *intent = &request->daemon->intent;
        const Scope scope = request->options.scope;
        return ((scope & SCOPE_RUNTIME) && g_hash_table_contains(policy_set_table(intent->runtime, kind), request->name)) ||
               ((scope & SCOPE_PERMANENT) && g_hash_table_contains(policy_set_table(intent->permanent, kind), request->name));
}

static bool check_is_there(const Request *request, StoreKind kind, GError **error) {
        if (is_there(request, kind))
                return true;
        const bool group = kind == STORE_GROUPS;
        const char *broken = policy_files_problem(&request->daemon->intent, kind, request->name);
        if (broken)
                g_set_error(error, QUAYWALL_ERROR, group ? QUAYWALL_ERROR_NO_SUCH_GROUP : QUAYWALL_ERROR_NO_SUCH_POLICY,
                            "there is no %s \"%s\" in force, only a file that must be repaired or removed: %s",
                            group ? "group" : "policy", request->name, broken);
        else if (group)
                (void) edit_no_such_group(request->name, error);
        else
                (void) edit_no_such_policy(request->name, error);
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

static bool check_is_unused(const Request *request, GError **error) {
        const Intent *intent = &request->daemon->intent;
        g_autoptr(GPtrArray) users = g_ptr_array_new();
        if (request->options.scope & SCOPE_RUNTIME)
                add_users(users, intent->runtime, request->name);
        if (request->options.scope & SCOPE_PERMANENT)
                add_users(users, intent->permanent, request->name);
        if (users->len == 0)
                return true;
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < MIN(users->len, USERS_TOLD); i++)
                g_string_append_printf(text, "%s\"%s\"", i ? ", " : "", (char *) users->pdata[i]);
        if (users->len > USERS_TOLD)
                g_string_append_printf(text, " and %u more", users->len - USERS_TOLD);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_GROUP_IN_USE,
                    "name: the group \"%s\" is named by the %s %s; take it out of %s sources first", request->name,
                    users->len == 1 ? "policy" : "policies", text->str, users->len == 1 ? "its" : "their");
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
                            "addresses: \"%s\" is not in the group \"%s\"; see \"quaywallctl group show %s\"", text,
                            request->name, request->name);
                return false;
        }
        return true;
}

/* What the edit needs to be there, or not to be. */
static bool check_subject(const Request *request, GError **error) {
        switch (request->edit) {
        case POLICY_EDIT_REMOVE:
                return check_is_there(request, STORE_POLICIES, error);
        case GROUP_EDIT_ADD:
                return check_is_there(request, STORE_GROUPS, error);
        case GROUP_EDIT_REMOVE:
                return check_is_there(request, STORE_GROUPS, error) && check_has_addresses(request, error);
        case GROUP_EDIT_DELETE:
                return check_is_there(request, STORE_GROUPS, error) && check_is_unused(request, error);
        default:
                return check_all_exist(request, error);
        }
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
        if (!request->policies)
                return true;
        g_hash_table_iter_init(&iter, request->policies->policies);
        while (usable && g_hash_table_iter_next(&iter, NULL, &policy))
                usable = meaning_check(world, policy, error);
        return usable;
}

static bool change_locked(Request *request, char **ret_token, GError **error) {
        Daemon *daemon = request->daemon;
        if (!check_subject(request, error))
                return false;
        g_autoptr(PolicySet) runtime = edit(request, daemon->intent.runtime, SCOPE_RUNTIME, error);
        g_autoptr(PolicySet) permanent = runtime ? edit(request, daemon->intent.permanent, SCOPE_PERMANENT, error) : NULL;
        if (!permanent || !check_count(runtime, daemon->intent.runtime, error) ||
            !check_count(permanent, daemon->intent.permanent, error) || !check_ipsets(request, runtime, permanent, error) ||
            !check_size(request, runtime, error) || !check_size(request, permanent, error) ||
            !confirm_check_none(daemon->confirm, error) || (request->options.cut && !cut_check(daemon->world, error)))
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
