/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of every method, as quaywalld reads them before it acts. Input: the method, "Policies.Set", then its arguments (messages.h).
 * A call is refused with a sentence, or read to its end; then the prompt can be shown, and policies and groups that the change leaves
 * can be written to the bus and read back as the same. */
#include "bus/dict.h"
#include "daemon/bus.h"
#include "daemon/group-bus.h"
#include "model/bounds.h"
#include "world/settings.h"

#include "fuzz.h"
#include "messages.h"

/* --- a daemon that has read its policies and nothing else --------------------------------------------------------- */

static Policy *new_policy(const char *action, const char *source, const char *port) {
        Policy *policy = policy_new();
        if (!policy_set_string(policy, "action", action, NULL) || !policy_add_string(policy, "sources", source, NULL) ||
            !policy_add_string(policy, "ports", port, NULL))
                abort();
        return policy;
}

static PolicySet *new_set(void) {
        PolicySet *set = policy_set_new();
        g_autoptr(Policy) web = new_policy("allow-only", "192.168.1.0/24", "8080/tcp"),
                          db = new_policy("deny", "group:office", "5432/tcp");
        g_autoptr(Group) office = group_new();
        if (!group_add_address(office, "10.0.0.0/24", NULL))
                abort();
        group_finish(office);
        policy_set_insert(set, "web", web);
        policy_set_insert(set, "db", db);
        policy_set_insert_group(set, "office", office);
        return set;
}

static Daemon *get_daemon(void) {
        static Daemon daemon;
        if (daemon.settings)
                return &daemon;
        daemon.settings = settings_load("/nonexistent", false, NULL);
        g_free(daemon.settings->state_folder);
        daemon.settings->state_folder = g_strdup("/nonexistent");
        daemon.service = daemon.bus = message_bus();
        daemon.intent.runtime = new_set();
        daemon.intent.permanent = new_set();
        daemon.history = history_new(daemon.settings);
        daemon.confirm = confirm_new(daemon.settings, NULL, &daemon.reconciler);
        return &daemon;
}

/* --- the call ----------------------------------------------------------------------------------------------------- */

static const Method *find_method(const char *name) {
        for (const Method *method = METHODS; method->member; method++) {
                const char *interface = strrchr(method->interface, '.') + 1;
                if (g_str_has_prefix(name, interface) && name[strlen(interface)] == '.' &&
                    g_str_equal(name + strlen(interface) + 1, method->member))
                        return method;
        }
        return NULL;
}

/* As sd-bus checks it before it calls the handler. */
static const char *signature_of(const Method *method) {
        static const sd_bus_vtable *const VTABLES[] = { MANAGER_VTABLE, ZONE_VTABLE,   POLICIES_VTABLE,
                                                        GROUPS_VTABLE,  DIRECT_VTABLE, ENGINE_VTABLE };
        static const char *const INTERFACES[] = { "Manager", "Zone", "Policies", "Groups", "Direct", "Engine" };
        for (gsize i = 0; i < G_N_ELEMENTS(VTABLES); i++)
                for (const sd_bus_vtable *v = VTABLES[i] + 1; v->type != _SD_BUS_VTABLE_END; v++)
                        if (v->type == _SD_BUS_VTABLE_METHOD && g_str_has_suffix(method->interface, INTERFACES[i]) &&
                            g_str_equal(v->x.method.member, method->member))
                                return v->x.method.signature;
        abort();
}

static sd_bus_message *new_call(const Method *method, MessageText *text) {
        sd_bus_message *call = NULL;
        if (sd_bus_message_new_method_call(message_bus(), &call, BUS_NAME, BUS_PATH, method->interface, method->member) < 0)
                abort();
        return message_append(call, signature_of(method), text) < 0 || !message_seal(call) ? sd_bus_message_unref(call) : call;
}

/* --- what must hold ----------------------------------------------------------------------------------------------- */

/* It reads itself what is in the variant of ListFirewallCmd, so only there a value of another type is possible. */
static void check_refusal(const Request *request, const GError *error) {
        if (error)
                check_error(error, SIZE_MAX);
        else if (!request->commands && !g_str_equal(request->method->member, "ListFirewallCmd") && !request->findings)
                abort();
}

static void check_question(const Request *request) {
        g_autofree char *question = request->method->question ? request->method->question(request) : NULL;
        if (question && (!question[0] || !g_utf8_validate(question, -1, NULL)))
                abort();
}

static void check_findings(const Findings *findings) {
        if (findings->list->len > LIMIT_FINDINGS + 1)
                abort();
        for (guint i = 0; i < findings->list->len; i++) {
                const Flaw *flaw = findings->list->pdata[i];
                check_error(flaw->error, SIZE_MAX);
        }
}

static sd_bus_message *new_answer(DictAppend append, gconstpointer item) {
        sd_bus_message *m = NULL;
        if (sd_bus_message_new_method_call(message_bus(), &m, BUS_NAME, BUS_PATH, "a.b", "c") < 0 ||
            append(m, item, &(gsize){ 0 }) < 0 || !message_seal(m))
                abort();
        return m;
}

static void check_policy(gpointer name, gpointer policy, G_GNUC_UNUSED gpointer userdata) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SdBusMessage) m = new_answer(policy_bus_append, policy);
        g_autoptr(Policy) again = policy_bus_read(m, &error);
        if (!policy_name_check(name, NULL) || !again || !policy_equal(policy, again))
                abort();
}

static void check_group(gpointer name, gpointer group, G_GNUC_UNUSED gpointer userdata) {
        g_autoptr(SdBusMessage) m = new_answer(group_bus_append, group);
        g_autoptr(Group) again = group_bus_read(m, NULL);
        if (!group_name_check(name, NULL) || !again || !group_equal(group, again))
                abort();
}

static void check_change(Request *request) {
        g_autoptr(PolicySet) after = policies_preview(request);
        if (!after)
                return;
        g_hash_table_foreach(after->policies, check_policy, NULL);
        g_hash_table_foreach(after->groups, check_group, NULL);
}

static bool is_change(const Request *request) {
        const Method *method = request->method;
        return method->run == policies_run || method->run == policies_set_checked || method->run == groups_change ||
               method->run == groups_delete || (request->findings && request->findings->list->len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_auto(MessageText) text = { NULL };
        g_autoptr(GError) error = NULL;
        if (!message_text_read(&text, (const char *) data, size))
                return 0;
        const char *name = message_text_next(&text);
        const Method *method = name ? find_method(name) : NULL;
        sd_bus_message *call = method ? new_call(method, &text) : NULL;
        if (!call)
                return 0;
        g_autoptr(Request) request = g_new0(Request, 1);
        request->daemon = get_daemon();
        request->method = method;
        request->call = call;
        if (quota_measure(call) > LIMIT_SMALL + 1)
                abort();
        if (method->prepare && !method->prepare(request, &error)) {
                check_refusal(request, error);
                return 0;
        }
        const bool has_more = sd_bus_message_at_end(call, true) <= 0;
        if (error || (has_more && !(request->findings && request->findings->ended)))
                abort();
        if (request->findings)
                check_findings(request->findings);
        check_question(request);
        if (is_change(request) && request->edit != POLICY_EDIT_ADOPT)
                check_change(request);
        return 0;
}
