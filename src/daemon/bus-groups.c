/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Groups: list, set, add, remove, delete. How they change what is wanted is in bus-changes.c. */

#include "bus/dict.h"
#include "daemon/bus.h"
#include "daemon/cut.h"
#include "daemon/group-bus.h"
#include "daemon/meaning.h"
#include "daemon/policy-files.h"
#include "daemon/prompt.h"
#include "model/bounds.h"
#include "model/error.h"

static const char *const CHANGE_OPTIONS[] = { "scope", "confirm-within", "cut", NULL };
static const char *const SET_OPTIONS[] = { "scope", "confirm-within", "cut", "create", NULL };

static bool read_name(Request *request, GError **error) {
        const char *name;
        if (sd_bus_message_read(request->call, "s", &name) < 0 || !group_name_check(name, error))
                return false;
        request->name = g_strdup(name);
        return true;
}

static bool no_such(const char *name, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_GROUP,
                    "there is no group \"%s\"; see \"quaywallctl group list\"", name);
        return false;
}

static bool list(Request *request, PolicySet *set, GError **error) {
        sd_bus_message *reply = request_new_reply(request);
        const int r = dict_append_table(reply, set->groups, group_bus_append, &(gsize){ 0 }, LIMIT_LIST_ANSWER);
        return request_reply_list(request, reply, r, "Get returns one of them", error);
}

bool groups_list(Request *request, GError **error) {
        return list(request, request->daemon->intent.runtime, error);
}

bool groups_list_permanent(Request *request, GError **error) {
        return list(request, request->daemon->intent.permanent, error);
}

bool groups_prepare_get(Request *request, GError **error) {
        return read_name(request, error);
}

bool groups_get(Request *request, GError **error) {
        const Group *group = g_hash_table_lookup(request->daemon->intent.runtime->groups, request->name);
        if (!group)
                return no_such(request->name, error);
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, group_bus_append(reply, group, &(gsize){ 0 }), error);
}

/* --- what an edit needs ------------------------------------------------------------------------------------------- */

/* The group of this name in the scopes that the request changes; the runtime one comes before the permanent one. */
static const Group *group_before(const Request *request, const char *name) {
        const Intent *intent = &request->daemon->intent;
        const Scope scope = request->options.scope;
        const Group *now = scope & SCOPE_RUNTIME ? g_hash_table_lookup(intent->runtime->groups, name) : NULL;
        return now ? now : scope & SCOPE_PERMANENT ? g_hash_table_lookup(intent->permanent->groups, name) : NULL;
}

/* One that would be the same may be there. */
bool groups_check_exists(const Request *request, const char *name, const Group *group, GError **error) {
        const Group *before = request->options.create ? group_before(request, name) : NULL;
        if (!before || group_equal(before, group))
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_GROUP_EXISTS,
                    "name: there is a group \"%s\" already; see \"quaywallctl group show %s\"", name, name);
        return false;
}

static bool check_is_there(const Request *request, GError **error) {
        if (group_before(request, request->name))
                return true;
        const char *broken = policy_files_problem(&request->daemon->intent, STORE_GROUPS, request->name);
        if (!broken)
                return no_such(request->name, error);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_GROUP,
                    "there is no group \"%s\" in force, only a file that must be repaired or removed: %s", request->name,
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

bool groups_check(const Request *request, GError **error) {
        if (request->edit == GROUP_EDIT_SET)
                return groups_check_exists(request, request->name, request->group, error);
        return check_is_there(request, error) && (request->edit != GROUP_EDIT_REMOVE || check_has_addresses(request, error)) &&
               (request->edit != GROUP_EDIT_DELETE || check_is_unused(request, error));
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

bool groups_prepare_set(Request *request, GError **error) {
        request->edit = GROUP_EDIT_SET;
        if (!read_name(request, error))
                return false;
        request->group = group_bus_read(request->call, error);
        return request->group && policies_read_options(request, SET_OPTIONS, error);
}

static bool prepare_addresses(Request *request, PolicyEditKind kind, GError **error) {
        request->edit = kind;
        if (!read_name(request, error))
                return false;
        request->addresses = group_bus_read_addresses(request->call, error);
        return request->addresses && policies_read_options(request, CHANGE_OPTIONS, error);
}

bool groups_prepare_add(Request *request, GError **error) {
        return prepare_addresses(request, GROUP_EDIT_ADD, error);
}

bool groups_prepare_remove(Request *request, GError **error) {
        return prepare_addresses(request, GROUP_EDIT_REMOVE, error);
}

bool groups_prepare_delete(Request *request, GError **error) {
        request->edit = GROUP_EDIT_DELETE;
        return read_name(request, error) && policies_read_options(request, CHANGE_OPTIONS, error);
}

char *groups_question(const Request *request) {
        const Intent *intent = &request->daemon->intent;
        PolicySet *set = request->options.scope & SCOPE_RUNTIME ? intent->runtime : intent->permanent;
        const Group *before = group_before(request, request->name);
        switch (request->edit) {
        case GROUP_EDIT_SET:
                return prompt_group_set(request->name, request->group, before, set, &request->options);
        case GROUP_EDIT_DELETE:
                return prompt_group_delete(request->name, before, &request->options);
        default:
                return prompt_group_edit(request->name, request->edit == GROUP_EDIT_ADD, request->addresses, set,
                                         &request->options);
        }
}

/* How many connections would stay open, although no policy that names the group lets them in any more; NULL: none. */
static char *describe_flows(Request *request) {
        if (request->options.cut || !(request->options.scope & SCOPE_RUNTIME))
                return NULL;
        g_autoptr(GPtrArray) users = policy_set_list_users(request->daemon->intent.runtime, request->name);
        g_autoptr(PolicySet) after = users->len > 0 ? policies_preview(request) : NULL;
        return after ? cut_describe(request->daemon->world, after) : NULL;
}

static int append_warnings(sd_bus_message *reply, const Group *group, const char *open_connections) {
        g_autoptr(GPtrArray) notes = meaning_list_group(group);
        int r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (guint i = 0; r >= 0 && i < notes->len; i++) {
                const Note *note = notes->pdata[i];
                r = sd_bus_message_append(reply, "(ss)", note->code, note->sentence);
        }
        if (r >= 0 && open_connections)
                r = sd_bus_message_append(reply, "(ss)", "established-flows", open_connections);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

bool groups_change(Request *request, GError **error) {
        g_autofree char *open_connections = describe_flows(request), *token = NULL;
        if (!policies_change(request, &token, error))
                return false;
        sd_bus_message *reply = request_new_reply(request);
        const int r = sd_bus_message_append(reply, "s", token ? token : "");
        return request_reply(request, reply, r < 0 ? r : append_warnings(reply, request->group, open_connections), error);
}

bool groups_delete(Request *request, GError **error) {
        g_autofree char *token = NULL;
        if (!policies_change(request, &token, error))
                return false;
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, sd_bus_message_append(reply, "s", token ? token : ""), error);
}

const sd_bus_vtable GROUPS_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("RuntimeChanges", "as", bus_get_runtime_changes, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_METHOD_WITH_ARGS("List", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sa{sv}}", groups), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ListPermanent", SD_BUS_NO_ARGS, SD_BUS_RESULT("a{sa{sv}}", groups), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Get", SD_BUS_ARGS("s", name), SD_BUS_RESULT("a{sv}", group), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Set", SD_BUS_ARGS("s", name, "a{sv}", group, "a{sv}", options),
                                SD_BUS_RESULT("s", token, "a(ss)", warnings), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Add", SD_BUS_ARGS("s", name, "as", addresses, "a{sv}", options),
                                SD_BUS_RESULT("s", token, "a(ss)", warnings), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Remove", SD_BUS_ARGS("s", name, "as", addresses, "a{sv}", options),
                                SD_BUS_RESULT("s", token, "a(ss)", warnings), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Delete", SD_BUS_ARGS("s", name, "a{sv}", options), SD_BUS_RESULT("s", token), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL_WITH_ARGS("Changed", SD_BUS_ARGS("as", names), 0),
        SD_BUS_VTABLE_END,
};
