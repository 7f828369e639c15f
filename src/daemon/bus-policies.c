/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: list, get, confirm. The methods that change policies are in bus-changes.c, counters in bus-counters.c. */

#include <string.h>

#include <glib/gi18n.h>

#include "bus/dict.h"
#include "daemon/bus.h"
#include "daemon/prompt.h"
#include "model/bounds.h"
#include "model/error.h"
#include "world/carried.h"

bool policies_read_name(Request *request, GError **error) {
        const char *name;
        if (sd_bus_message_read(request->call, "s", &name) < 0 || !policy_name_check(name, error))
                return false;
        request->name = g_strdup(name);
        return true;
}

/* Also one that a container carries. */
bool policies_prepare_get(Request *request, GError **error) {
        const char *name;
        if (sd_bus_message_read(request->call, "s", &name) < 0 ||
            ((!g_str_has_prefix(name, POLICY_LABEL) || strlen(name) > 2 * LIMIT_NAME) && !policy_name_check(name, error)))
                return false;
        request->name = g_strdup(name);
        return true;
}

bool policies_no_such(const char *name, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_POLICY,
                    _("there is no policy \"%s\"; see \"quaywallctl policy list\""), name);
        return false;
}

static bool list(Request *request, PolicySet *of_administrators, GError **error) {
        g_autoptr(PolicySet) set = carried_join(request->daemon->world, of_administrators);
        sd_bus_message *reply = request_new_reply(request);
        const int r = dict_append_table(reply, set->policies, policy_bus_append, &(gsize){ 0 }, LIMIT_LIST_ANSWER);
        return request_reply_list(request, reply, r, _("Get returns one of them"), error);
}

bool policies_list(Request *request, GError **error) {
        return list(request, request->daemon->intent.runtime, error);
}

bool policies_list_permanent(Request *request, GError **error) {
        return list(request, request->daemon->intent.permanent, error);
}

bool policies_get(Request *request, GError **error) {
        const Daemon *daemon = request->daemon;
        g_autoptr(PolicySet) set = carried_join(daemon->world, daemon->intent.runtime);
        Policy *policy = g_hash_table_lookup(set->policies, request->name);
        if (!policy)
                return policies_no_such(request->name, error);
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, policy_bus_append(reply, policy, &(gsize){ 0 }), error);
}

bool policies_prepare_token(Request *request, G_GNUC_UNUSED GError **error) {
        const char *token;
        if (sd_bus_message_read(request->call, "s", &token) < 0)
                return false;
        request->token = g_strdup(token);
        return true;
}

/* Whoever made the change has its token, and was authorised for it then. */
bool policies_is_own_change(const Request *request) {
        return confirm_is_of(request->daemon->confirm, request->uid, request->token);
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
        if (!policies_read_name(request, error))
                return false;
        request->policy = policy_bus_read(request->call, error);
        return request->policy;
}

static int get_pending(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                       G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                       G_GNUC_UNUSED sd_bus_error *error) {
        return confirm_append(((Daemon *) userdata)->confirm, reply);
}

int bus_get_runtime_changes(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, const char *interface,
                            G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                            G_GNUC_UNUSED sd_bus_error *error) {
        const Intent *intent = &((Daemon *) userdata)->intent;
        g_autoptr(GPtrArray) names = policy_set_difference(
                intent->runtime, intent->permanent, g_str_has_suffix(interface, ".Groups") ? STORE_GROUPS : STORE_POLICIES);
        g_ptr_array_add(names, NULL);
        return sd_bus_message_append_strv(reply, (char **) names->pdata);
}

const sd_bus_vtable POLICIES_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("PendingChange", "a{sv}", get_pending, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("RuntimeChanges", "as", bus_get_runtime_changes, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
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
        SD_BUS_METHOD_WITH_ARGS("Edit", SD_BUS_ARGS("s", name, "a{sv}", add, "a{sv}", remove, "a{sv}", options),
                                SD_BUS_RESULT("s", token), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Rename", SD_BUS_ARGS("s", name, "s", new_name, "a{sv}", options), SD_BUS_RESULT("s", token),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Remove", SD_BUS_ARGS("s", name, "a{sv}", options), SD_BUS_RESULT("s", token), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("ReplaceAll", SD_BUS_ARGS("a{sa{sv}}", policies, "a{sv}", options), SD_BUS_RESULT("s", token),
                                request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("RuntimeToPermanent", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("s", token), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Undo", SD_BUS_ARGS("t", change, "a{sv}", options), SD_BUS_RESULT("s", token), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("History", SD_BUS_NO_ARGS, SD_BUS_RESULT("aa{sv}", changes), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("GetChange", SD_BUS_ARGS("t", change), SD_BUS_RESULT("a{sv}", description), request_handle,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("Check", SD_BUS_ARGS("s", name, "a{sv}", policy),
                                SD_BUS_RESULT("a(sas)", rules, "a(ss)", warnings), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS("CheckChange", SD_BUS_ARGS("a{sa{sv}}", set, "as", remove, "a{sv}", options),
                                SD_BUS_RESULT("a{sv}", result), request_handle, SD_BUS_VTABLE_UNPRIVILEGED),
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
