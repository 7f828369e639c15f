/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: list, set, remove, replace, counters. How they change what is wanted is in bus-edit.c. */

#include "compile/direct-rule.h"
#include "compile/kernel-rules.h"
#include "daemon/bus.h"
#include "daemon/prompt.h"
#include "firewalld/direct.h"
#include "model/error.h"

static const char *const CHANGE_OPTIONS[] = { "scope", "confirm-within", "cut", NULL };
static const char *const SET_OPTIONS[] = { "scope", "confirm-within", "cut", "create", "replace", NULL };
static const char *const SET_MANY_OPTIONS[] = { "scope", "confirm-within", "cut", "create", "replace", "groups", NULL };

static bool read_name(Request *request, GError **error) {
        const char *name;
        if (sd_bus_message_read(request->call, "s", &name) < 0 || !policy_name_check(name, error))
                return false;
        request->name = g_strdup(name);
        return true;
}

bool policies_list(Request *request, GError **error) {
        return request_reply_table(request, request->daemon->intent.runtime->policies, policy_bus_append, error);
}

bool policies_list_permanent(Request *request, GError **error) {
        return request_reply_table(request, request->daemon->intent.permanent->policies, policy_bus_append, error);
}

bool policies_prepare_get(Request *request, GError **error) {
        return read_name(request, error);
}

bool policies_get(Request *request, GError **error) {
        const Policy *policy = g_hash_table_lookup(request->daemon->intent.runtime->policies, request->name);
        if (!policy)
                return edit_no_such_policy(request->name, error);
        sd_bus_message *reply = request_new_reply(request);
        return request_reply(request, reply, policy_bus_append(reply, policy, &(gsize){ 0 }), error);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

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
                g_hash_table_iter_init(&iter, daemon->intent.runtime->policies);
                while (g_hash_table_iter_next(&iter, &name, &policy))
                        policy_set_insert(before, name, policy);
        }
        return before;
}

bool policies_prepare_set(Request *request, GError **error) {
        if (!read_name(request, error))
                return false;
        request->policy = policy_bus_read(request->call, error);
        if (!request->policy || !edit_read_options(request, SET_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_SET;
        return true;
}

char *policies_question_set(const Request *request) {
        const Policy *later, *before = edit_policy_before(request, request->name, &later);
        return prompt_set(request->name, request->policy, before, later, &request->options);
}

bool policies_prepare_remove(Request *request, GError **error) {
        if (!read_name(request, error) || !edit_read_options(request, CHANGE_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_REMOVE;
        return true;
}

char *policies_question_remove(const Request *request) {
        const Policy *later, *before = edit_policy_before(request, request->name, &later);
        return prompt_remove(request->name, before, later, &request->options);
}

static bool read_policies(Request *request, const char *const *allowed, GError **error) {
        request->policies = policy_bus_read_set(request->call, request->daemon->event, error);
        return request->policies && edit_read_options(request, allowed, error);
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
        if (!read_policies(request, CHANGE_OPTIONS, error))
                return false;
        request->edit = POLICY_EDIT_REPLACE_ALL;
        return true;
}

char *policies_question_replace(const Request *request) {
        g_autoptr(PolicySet) before = policies_before(request);
        return prompt_replace_all(request->policies, before, &request->options);
}

static bool change(Request *request, GError **error) {
        g_autofree char *token = NULL;
        if (!edit_run(request, &token, error))
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

/* --- counters ----------------------------------------------------------------------------------------------------- */

typedef struct Count {
        guint64 packets, bytes;
} Count;

static void add_count(const char *policy, guint64 packets, guint64 bytes, gpointer userdata) {
        Count *count = g_hash_table_lookup(userdata, policy);
        if (count) {
                count->packets += packets;
                count->bytes += bytes;
        }
}

static bool count_direct(Firewalld *firewalld, GHashTable *counts, GError **error) {
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                const char *const args[] = { "-t", "filter", "-v", "-S", NULL };
                g_autofree char *text = direct_iptables(firewalld, family, args, error);
                if (!text)
                        return false;
                g_autoptr(KernelTable) table = kernel_table_parse(text);
                for (guint i = 0; i < table->rules->len; i++) {
                        const KernelRule *rule = table->rules->pdata[i];
                        const char *const *rule_args = (const char *const *) rule->args;
                        const char *owner = direct_rule_owner(rule->chain, rule_args);
                        if (owner && owner[0] && (g_strv_contains(rule_args, "DROP") || g_strv_contains(rule_args, "REJECT")))
                                add_count(owner, rule->packets, rule->bytes, counts);
                }
        }
        return true;
}

bool policies_counters(Request *request, GError **error) {
        Daemon *daemon = request->daemon;
        g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_autoptr(GPtrArray) names = policy_set_names(daemon->intent.runtime);
        for (guint i = 0; i < names->len; i++) {
                const Policy *policy = g_hash_table_lookup(daemon->intent.runtime->policies, names->pdata[i]);
                if (policy->action != POLICY_FORWARD)
                        g_hash_table_insert(counts, g_strdup(names->pdata[i]), g_new0(Count, 1));
        }
        if (daemon->world->guard && !guard_read_counters(daemon->world->guard, add_count, counts, error))
                return false;
        if (daemon->settings->use_direct && !count_direct(daemon->world->firewalld, counts, error))
                return false;

        sd_bus_message *reply = request_new_reply(request);
        int r = sd_bus_message_open_container(reply, 'a', "{s(tt)}");
        g_autoptr(GPtrArray) sorted = policy_set_names(daemon->intent.runtime);
        for (guint i = 0; r >= 0 && i < sorted->len; i++) {
                const Count *count = g_hash_table_lookup(counts, sorted->pdata[i]);
                if (count)
                        r = sd_bus_message_append(reply, "{s(tt)}", sorted->pdata[i], count->packets, count->bytes);
        }
        return request_reply(request, reply, r < 0 ? r : sd_bus_message_close_container(reply), error);
}

static int get_pending(G_GNUC_UNUSED sd_bus *bus, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED const char *interface,
                       G_GNUC_UNUSED const char *property, sd_bus_message *reply, void *userdata,
                       G_GNUC_UNUSED sd_bus_error *error) {
        return confirm_append(((Daemon *) userdata)->confirm, reply);
}

const sd_bus_vtable POLICIES_VTABLE[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("PendingChange", "a{sv}", get_pending, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
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
        SD_BUS_SIGNAL_WITH_ARGS("Changed", SD_BUS_ARGS("as", names), 0),
        SD_BUS_VTABLE_END,
};
