/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "auth.h"

#include <glib/gi18n.h>

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "bus/peer.h"
#include "model/error.h"
#include "model/show.h"

#define POLKIT "org.freedesktop.PolicyKit1"
#define POLKIT_PATH "/org/freedesktop/PolicyKit1/Authority"
#define POLKIT_INTERFACE "org.freedesktop.PolicyKit1.Authority"

/* Long enough for a person to type a password; polkit itself has no limit. */
#define ASK_USEC (120ULL * G_USEC_PER_SEC)
/* A non-interactive check is answered at once, or polkit hangs. */
#define SILENT_USEC (10ULL * G_USEC_PER_SEC)

/* Unique names that polkit allowed to read without interaction. The bus never reuses a unique name, so an entry of a
 * disconnected sender is harmless; the table is bounded. */
#define READERS_MAX 64
static GHashTable *readers;

static int on_polkit_changed(G_GNUC_UNUSED sd_bus_message *m, G_GNUC_UNUSED void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        g_hash_table_remove_all(readers);
        return 0;
}

static void on_polkit_owner(G_GNUC_UNUSED const char *owner, G_GNUC_UNUSED gpointer userdata) {
        g_hash_table_remove_all(readers);
}

int auth_init(sd_bus *bus) {
        static Peer *polkit; /* lives as long as the bus */
        readers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        int r = peer_new(bus, POLKIT, on_polkit_owner, NULL, &polkit);
        if (r >= 0)
                r = sd_bus_add_match_async(bus, NULL,
                                           "type='signal',sender='" POLKIT "',path='" POLKIT_PATH
                                           "',interface='" POLKIT_INTERFACE "',member='Changed'",
                                           on_polkit_changed, NULL, NULL);
        return r;
}

static void remember_reader(const char *sender) {
        if (g_hash_table_size(readers) >= READERS_MAX)
                g_hash_table_remove_all(readers);
        g_hash_table_add(readers, g_strdup(sender));
}

typedef struct Check {
        Fiber *fiber;
        sd_bus_message *reply;
        bool vanished;
        bool woken;
} Check;

static void wake(Check *check) {
        if (!check->woken) {
                check->woken = true;
                fiber_resume(check->fiber);
        }
}

static int on_polkit_reply(sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Check *check = userdata;
        check->reply = sd_bus_message_ref(reply);
        wake(check);
        return 0;
}

static int on_sender_vanished(G_GNUC_UNUSED sd_bus_message *m, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Check *check = userdata;
        check->vanished = true;
        wake(check);
        return 0;
}

/* A sender that cannot be watched counts as disconnected. */
static int on_watched(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return sd_bus_message_is_method_error(m, NULL) > 0 ? on_sender_vanished(m, userdata, error) : 0;
}

/* Not sd_bus_track: its sd_bus_track_add_name asks the bus for the name and blocks the loop. That check is not needed: if the
 * sender disconnects before the watch begins, polkit, which is asked later, does not find it. */
static int watch_sender(sd_bus *bus, sd_bus_message *call, Check *check, sd_bus_slot **ret) {
        g_autofree char *match = g_strdup_printf("type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                                                 "member='NameOwnerChanged',arg0='%s'",
                                                 sd_bus_message_get_sender(call));
        return sd_bus_add_match_async(bus, ret, match, on_sender_vanished, on_watched, check);
}

static bool deny(GError **error, const char *action, const char *why) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_ACCESS_DENIED, _("not authorized for %s: %s"), action, why);
        return false;
}

static int build_question(sd_bus *bus, sd_bus_message *call, const char *action, const char *prompt, const char *id,
                          bool interactive, sd_bus_message **ret) {
        g_autoptr(SdBusMessage) m = NULL;
        g_autofree char *shown = prompt ? show_text(prompt) : NULL;
        int r = sd_bus_message_new_method_call(bus, &m, POLKIT, POLKIT_PATH, POLKIT_INTERFACE, "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(m, "(sa{sv})s", "system-bus-name", 1, "name", "s", sd_bus_message_get_sender(call),
                                          action);
        if (r >= 0)
                r = shown ? sd_bus_message_append(m, "a{ss}", 2, "polkit.message", shown, "polkit.gettext_domain", "quaywall") :
                            sd_bus_message_append(m, "a{ss}", 0);
        if (r >= 0)
                r = sd_bus_message_append(m, "us", interactive ? 1 : 0, id);
        if (r >= 0)
                *ret = g_steal_pointer(&m);
        return r;
}

static AuthAnswer deny_all(GError **error, const char *action, const char *why) {
        (void) deny(error, action, why);
        return AUTH_NO;
}

/* AUTH_ASK without an error: polkit wants a password. */
static AuthAnswer read_answer(sd_bus_message *reply, const char *action, GError **error) {
        int authorized, challenge;
        if (sd_bus_message_is_method_error(reply, NULL))
                return deny_all(error, action, _("polkit does not answer; see \"systemctl status polkit\""));
        if (sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
            sd_bus_message_read(reply, "bb", &authorized, &challenge) < 0)
                return deny_all(error, action, _("polkit's answer cannot be read"));
        return authorized ? AUTH_YES : challenge ? AUTH_ASK : deny_all(error, action, _("polkit says no"));
}

/* polkit's reply; NULL: it cannot be asked, or the caller has disconnected. */
static sd_bus_message *question(sd_bus *bus, sd_bus_message *call, const char *action, const char *prompt, bool interactive,
                                GError **error) {
        static guint64 counter;
        g_autofree char *id = g_strdup_printf("quaywall-%" G_GUINT64_FORMAT, ++counter);
        Check check = { .fiber = fiber_self() };
        g_autoptr(SdBusSlot) watch = NULL;
        g_autoptr(SdBusMessage) m = NULL;
        g_autoptr(SdBusSlot) slot = NULL;
        if (watch_sender(bus, call, &check, &watch) < 0 || build_question(bus, call, action, prompt, id, interactive, &m) < 0 ||
            sd_bus_call_async(bus, &slot, m, on_polkit_reply, &check, interactive ? ASK_USEC : SILENT_USEC) < 0) {
                (void) deny(error, action, _("polkit cannot be asked"));
                return NULL;
        }

        fiber_suspend();

        sd_bus_message *reply = check.reply;
        const bool unanswered = check.vanished || sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NO_REPLY) > 0 ||
                                sd_bus_message_is_method_error(reply, SD_BUS_ERROR_TIMEOUT) > 0;
        if (unanswered)
                (void) sd_bus_call_method_async(bus, NULL, POLKIT, POLKIT_PATH, POLKIT_INTERFACE, "CancelCheckAuthorization",
                                                NULL, NULL, "s", id);
        if (!reply)
                (void) deny(error, action, _("the caller is gone"));
        return reply;
}

AuthAnswer auth_check(sd_bus *bus, sd_bus_message *call, const char *action, GError **error) {
        const bool is_read = g_str_equal(action, AUTH_ACTION_READ);
        if (is_read && g_hash_table_contains(readers, sd_bus_message_get_sender(call)))
                return AUTH_YES;
        g_autoptr(SdBusMessage) reply = question(bus, call, action, NULL, false, error);
        if (!reply)
                return AUTH_NO;
        const AuthAnswer answer = read_answer(reply, action, error);
        if (answer == AUTH_YES && is_read)
                remember_reader(sd_bus_message_get_sender(call));
        return answer;
}

bool auth_may_ask(sd_bus_message *call, const char *action, GError **error) {
        if (sd_bus_message_get_allow_interactive_authorization(call) > 0)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
                    _("%s needs a password, and the call does not allow to ask for it"), action);
        return false;
}

bool auth_ask(sd_bus *bus, sd_bus_message *call, const char *action, const char *prompt, GError **error) {
        g_autoptr(SdBusMessage) reply = question(bus, call, action, prompt, true, error);
        const AuthAnswer answer = reply ? read_answer(reply, action, error) : AUTH_NO;
        return answer == AUTH_YES ||
               (answer == AUTH_ASK && deny(error, action, _("there is nobody who could be asked for a password")));
}
