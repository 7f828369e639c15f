/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "request.h"

#include <stdlib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "daemon/auth.h"
#include "daemon/caller.h"
#include "daemon/daemon.h"
#include "daemon/errors.h"
#include "daemon/refusals.h"
#include "model/bounds.h"
#include "model/error.h"
#include "world/journal.h"

void request_free(Request *request) {
        quota_release(&request->claim);
        sd_bus_message_unref(request->call);
        g_free(request->name);
        g_free(request->new_name);
        g_clear_pointer(&request->delta, policy_delta_free);
        g_clear_pointer(&request->policy, policy_unref);
        g_clear_pointer(&request->policies, policy_set_unref);
        g_strfreev(request->removed);
        g_clear_pointer(&request->findings, findings_free);
        g_clear_pointer(&request->record, change_record_free);
        g_clear_pointer(&request->group, group_unref);
        g_clear_pointer(&request->addresses, g_array_unref);
        options_clear(&request->options);
        g_strfreev(request->args);
        g_free(request->token);
        g_free(request->address);
        g_free(request->connection);
        g_free(request);
}

static const Method *find_method(sd_bus_message *call) {
        for (const Method *method = METHODS; method->member; method++)
                if (g_str_equal(method->interface, sd_bus_message_get_interface(call)) &&
                    g_str_equal(method->member, sd_bus_message_get_member(call)))
                        return method;
        return NULL;
}

static bool is_read(const Request *request) {
        return g_str_equal(request->method->action, AUTH_ACTION_READ);
}

char *request_method_name(const Request *request) {
        return g_strconcat(strrchr(request->method->interface, '.') + 1, ".", request->method->member, NULL);
}

static void log_outcome(const Request *request, bool authorized, const GError *error) {
        /* Successful reads are not logged. */
        if (!error && is_read(request))
                return;
        const char *short_interface = strrchr(request->method->interface, '.') + 1;
        const char *name = request->name ? request->name : "";
        g_autofree char *method = request_method_name(request);
        g_autofree char *uid = g_strdup_printf("%u", (unsigned) request->uid);
        const char *subject = g_str_equal(short_interface, "Zone")   ? "QUAYWALL_INTERFACE" :
                              g_str_equal(short_interface, "Engine") ? "QUAYWALL_SETTING" :
                              g_str_equal(short_interface, "Groups") ? "QUAYWALL_GROUP" :
                                                                       "QUAYWALL_POLICY";
        if (error && (!authorized || is_read(request))) {
                refusals_note(request->daemon->event, request->uid, method, error);
                return;
        }
        g_autofree char *call = name[0] ? g_strdup_printf("%s %s", method, name) : g_strdup(method);
        if (error)
                journal_log(LOG_NOTICE, JOURNAL_FIELDS("QUAYWALL_METHOD", method, "QUAYWALL_UID", uid, subject, name),
                            _("%s by uid %s failed: %s"), call, uid, error->message);
        else
                journal_log(LOG_INFO, JOURNAL_FIELDS("QUAYWALL_METHOD", method, "QUAYWALL_UID", uid, subject, name),
                            _("%s by uid %s"), call, uid);
}

static bool prepare(Request *request, GError **error) {
        if (!request->method->prepare || request->method->prepare(request, error))
                return true;
        if (error && !*error)
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION, _("the message is not well-formed"));
        return false;
}

/* Has polkit ask the user, who is told what the call would do. */
static bool ask(const Request *request, GError **error) {
        const Method *method = request->method;
        g_autofree char *prompt = method->question ? method->question(request) : NULL;
        return auth_ask(request->daemon->bus, request->call, method->action, prompt, error);
}

/* Authorises and prepares. Reads nothing of the message if the caller can only be refused, and little if a password is needed
 * first. *ret_authorized: also set if the arguments of an authorised caller are wrong. */
static bool authorize(Request *request, bool *ret_authorized, GError **error) {
        const Method *method = request->method;
        const char *action = method->action;
        *ret_authorized = false;
        switch (auth_check(request->daemon->bus, request->call, action, error)) {
        case AUTH_YES:
                *ret_authorized = true;
                return prepare(request, error);
        case AUTH_ASK:
                if (!method->is_entitled && !auth_may_ask(request->call, action, error))
                        return false;
                if (quota_is_large(&request->claim)) {
                        g_set_error(
                                error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                                _("a request of more than %u bytes does not wait for a password; send it as root, or as a user who needs "
                                  "none for %s, or in smaller ones"),
                                LIMIT_SMALL, action);
                        return false;
                }
                if (!prepare(request, error))
                        return false;
                *ret_authorized = (method->is_entitled && method->is_entitled(request)) ||
                                  (auth_may_ask(request->call, action, error) && ask(request, error));
                return *ret_authorized;
        default:
                return false;
        }
}

static void request_main(gpointer argument) {
        g_autoptr(Request) request = argument;
        g_autoptr(GError) error = NULL;
        bool authorized;
        if (!authorize(request, &authorized, &error) || !request->method->run(request, &error))
                (void) errors_reply(request->call, error);
        log_outcome(request, authorized, error);
        if (request->had_turn)
                agenda_within(request->daemon->reconciler.agenda, AGENDA_REST, REST_USEC);
}

/* Bytes of calls whose user is not known yet. They count towards no user's quota, so while they are too many no more calls are
 * read: the bus replies on its own connection, in a moment. */
static gsize unidentified;

static void hold_unidentified(Request *request) {
        Daemon *daemon = request->daemon;
        request->unidentified = quota_measure(request->call) + 1024;
        unidentified += request->unidentified;
        if (unidentified > LIMIT_SMALL)
                (void) sd_bus_detach_event(daemon->service);
}

static void release_unidentified(Request *request) {
        Daemon *daemon = request->daemon;
        unidentified -= request->unidentified;
        request->unidentified = 0;
        if (unidentified > LIMIT_SMALL || sd_bus_get_event(daemon->service))
                return;
        const int r = sd_bus_attach_event(daemon->service, daemon->event, SERVICE_PRIORITY);
        if (r < 0) {
                journal_log(LOG_ERR, NULL, _("cannot serve any more: %s"), g_strerror(-r));
                (void) sd_event_exit(daemon->event, EXIT_FAILURE);
        }
}

/* Called with the sender's uid, before anything of the message is read. */
static void request_begin(uid_t uid, gpointer argument) {
        g_autoptr(Request) request = argument;
        g_autoptr(GError) error = NULL;
        release_unidentified(request);
        request->uid = uid;
        if (uid == CALLER_UNKNOWN)
                g_set_error_literal(&error, QUAYWALL_ERROR, QUAYWALL_ERROR_ACCESS_DENIED,
                                    _("the bus does not say which user calls"));
        else if (quota_claim(&request->claim, uid, request->call, &error)) {
                fiber_start(request_main, g_steal_pointer(&request));
                return;
        }
        (void) errors_reply(request->call, error);
        log_outcome(request, false, error);
}

int request_handle(sd_bus_message *call, void *userdata, G_GNUC_UNUSED sd_bus_error *ret_error) {
        const Method *method = find_method(call);
        if (!method)
                return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED, _("no action is known for this method"));
        g_autoptr(GError) error = NULL;
        Request *request = g_new0(Request, 1);
        request->daemon = userdata;
        request->call = sd_bus_message_ref(call);
        request->method = method;
        if (!caller_is_known(call))
                hold_unidentified(request);
        if (caller_identify(request->daemon->bus, call, request_begin, request, &error))
                return 1;
        release_unidentified(request);
        request_free(request);
        return errors_reply(call, error);
}

sd_bus_message *request_new_reply(Request *request) {
        sd_bus_message *reply = NULL;
        (void) sd_bus_message_new_method_return(request->call, &reply);
        return reply;
}

bool request_reply(Request *request, sd_bus_message *reply, int result, GError **error) {
        g_autoptr(SdBusMessage) owned = reply;
        if (result >= 0)
                result = sd_bus_send(NULL, reply, NULL);
        if (result >= 0)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("the answer could not be sent: %s"), g_strerror(-result));
        return false;
}

bool request_reply_list(Request *request, sd_bus_message *reply, int result, const char *instead, GError **error) {
        if (result != -EMSGSIZE)
                return request_reply(request, reply, result, error);
        sd_bus_message_unref(reply);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, _("this is too large for one answer; %s"), instead);
        return false;
}

bool request_lock(Request *request, GError **error) {
        FiberMutex *mutex = &request->daemon->reconciler.mutex;
        const bool waits = mutex->locked;
        fiber_mutex_lock(mutex);
        request->had_turn = true;
        if (!waits || sd_bus_message_get_expect_reply(request->call) <= 0 ||
            caller_is_there(request->daemon->bus, request->call))
                return true;
        request_unlock(request);
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_ACCESS_DENIED,
                            _("the caller left the bus before its turn came, so nothing was done"));
        return false;
}

void request_unlock(Request *request) {
        fiber_mutex_unlock(&request->daemon->reconciler.mutex);
}
