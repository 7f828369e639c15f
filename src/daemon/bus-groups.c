/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Groups: list, set, add, remove, delete. How they change what is wanted is in bus-changes.c. */

#include "bus/dict.h"

#include <glib/gi18n.h>
#include "daemon/bus.h"
#include "daemon/cut.h"
#include "daemon/group-bus.h"
#include "daemon/meaning.h"
#include "daemon/policy-files.h"
#include "daemon/prompt.h"
#include "model/bounds.h"
#include "model/error.h"

static const char *const CHANGE_OPTIONS[] = { "scope", "confirm-within", "cut", "if-change", NULL };
static const char *const SET_OPTIONS[] = { "scope", "confirm-within", "cut", "create", "if-change", NULL };

static bool read_name(Request *request, GError **error) {
        const char *name;
        if (sd_bus_message_read(request->call, "s", &name) < 0 || !group_name_check(name, error))
                return false;
        request->name = g_strdup(name);
        return true;
}

static bool list(Request *request, PolicySet *set, GError **error) {
        sd_bus_message *reply = request_new_reply(request);
        const int r = dict_append_table(reply, set->groups, group_bus_append, &(gsize){ 0 }, LIMIT_LIST_ANSWER);
        return request_reply_list(request, reply, r, _("Get returns one of them"), error);
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
                return groups_no_such(request->name, error);
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, group_bus_append(reply, group, &(gsize){ 0 }), error);
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
        const Group *before = groups_before_one(request, request->name);
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
