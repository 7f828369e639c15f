/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libquaywall-glib with the real quaywalld: connecting, errors, prompts, and properties that are asked for. test-example has programs
 * that use it. */
#include "fixture.h"

#include <signal.h>

#include <quaywall-glib.h>

#include "model/error-names.h"

#define ASK G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, -1
#define MANAGE "org.quaywall1.manage-policies"

/* Of a client whose bus ends before it does. */
static void stay_when_the_bus_ends(QuaywallClient *client) {
        GDBusConnection *bus = g_dbus_proxy_get_connection(G_DBUS_PROXY(quaywall_client_get_manager(client)));

        g_dbus_connection_set_exit_on_close(bus, FALSE);
}

static QuaywallClient *connect_to(Fixture *f) {
        g_autoptr(GError) error = NULL;

        g_setenv("DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        QuaywallClient *client = quaywall_client_new_sync(NULL, &error);
        g_assert_no_error(error);
        stay_when_the_bus_ends(client);
        return client;
}

/* Comes first: nothing has asked for QUAYWALL_ERROR yet. */
static void test_errors(void) {
        static const struct {
                const char *name;
                int code;
        } errors[] = {
#define ROW(code, name) { name, QUAYWALL_ERROR_##code },
                QUAYWALL_ERROR_NAMES(ROW)
        };

        for (gsize i = 0; i < G_N_ELEMENTS(errors); i++) {
                g_autofree char *name = g_strconcat("org.quaywall1.Error.", errors[i].name, NULL);
                g_autoptr(GError) error = g_dbus_error_new_for_dbus_error(name, "words");

                g_assert_error(error, QUAYWALL_ERROR, errors[i].code);
                g_assert_cmpint(error->code, ==, i);
                g_dbus_error_strip_remote_error(error);
                g_assert_cmpstr(error->message, ==, "words");
        }
        g_autoptr(GError) newer = g_dbus_error_new_for_dbus_error("org.quaywall1.Error.NotKnownYet", "words");
        g_assert_error(newer, G_IO_ERROR, G_IO_ERROR_DBUS_ERROR);
}

typedef struct {
        QuaywallClient *client;
        GError *error;
        GMainContext *context;
        gboolean called;
} Connected;

static void on_connected(GObject *source, GAsyncResult *result, gpointer data) {
        Connected *connected = data;

        (void) source;
        connected->client = quaywall_client_new_finish(result, &connected->error);
        connected->context = g_main_context_get_thread_default();
        connected->called = TRUE;
}

/* In a main context of its own, as a thread has one. */
static Connected connect_async(GCancellable *cancellable) {
        g_autoptr(GMainContext) context = g_main_context_new();
        Connected connected = { 0 };

        g_main_context_push_thread_default(context);
        quaywall_client_new(cancellable, on_connected, &connected);
        while (!connected.called)
                g_main_context_iteration(context, TRUE);
        g_main_context_pop_thread_default(context);
        g_assert_true(connected.context == context);
        g_assert_true((connected.client == NULL) == (connected.error != NULL));
        return connected;
}

static void test_connect(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(QuaywallClient) client = connect_to(f);
        g_autofree char *version = NULL, *file = NULL;

        /* Properties of each interface are there at once, and no call ends before the user has answered. */
        version = quaywall_manager_dup_version(quaywall_client_get_manager(client));
        g_assert_cmpstr(version, ==, PACKAGE_VERSION);
        g_assert_cmpstr(quaywall_zone_get_name(quaywall_client_get_zone(client)), ==, "docker");
        g_assert_nonnull(quaywall_policies_get_policies(quaywall_client_get_policies(client)));
        g_assert_nonnull(quaywall_groups_get_runtime_changes(quaywall_client_get_groups(client)));
        g_assert_true(QUAYWALL_IS_DIRECT(quaywall_client_get_direct(client)));
        g_assert_nonnull(quaywall_engine_get_config_file(quaywall_client_get_engine(client)));
        g_assert_cmpint(g_dbus_proxy_get_default_timeout(G_DBUS_PROXY(quaywall_client_get_policies(client))), ==, G_MAXINT);

        Connected connected = connect_async(NULL);
        g_assert_no_error(connected.error);
        g_assert_cmpstr(quaywall_manager_get_version(quaywall_client_get_manager(connected.client)), ==, version);
        g_assert_nonnull(quaywall_engine_get_config_file(quaywall_client_get_engine(connected.client)));
        g_object_unref(connected.client);

        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        g_cancellable_cancel(cancellable);
        connected = connect_async(cancellable);
        g_assert_error(connected.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        g_clear_error(&connected.error);
}

static GMutex ending;
static GCond ended;

static void on_ended(gpointer data, GObject *bus G_GNUC_UNUSED) {
        g_mutex_lock(&ending);
        *(gboolean *) data = TRUE;
        g_cond_signal(&ended);
        g_mutex_unlock(&ending);
}

/* Whoever connects next gets the connection that others have, and GIO's own thread may have it a moment longer than the client. */
static void end_with_its_bus(QuaywallClient *client) {
        GDBusConnection *bus = g_dbus_proxy_get_connection(G_DBUS_PROXY(quaywall_client_get_manager(client)));
        const gint64 end = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
        gboolean is_gone = FALSE, on_time = TRUE;

        g_object_weak_ref(G_OBJECT(bus), on_ended, &is_gone);
        g_object_unref(client);
        while (g_main_context_iteration(NULL, FALSE))
                ;
        g_mutex_lock(&ending);
        while (!is_gone && on_time)
                on_time = g_cond_wait_until(&ended, &ending, end);
        g_mutex_unlock(&ending);
        g_assert_true(is_gone);
}

/* Without quaywalld, after it, and without a bus. */
static void test_away(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        QuaywallClient *client = connect_to(f), *none;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) policies = NULL;

        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        none = quaywall_client_new_sync(NULL, &error);
        g_assert_null(none);
        g_assert_error(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN);
        g_assert_cmpstr(error->message, ==, "quaywalld is not running; start it with 'systemctl start quaywalld'");
        g_clear_error(&error);
        Connected connected = connect_async(NULL);
        g_assert_error(connected.error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN);
        g_clear_error(&connected.error);
        /* A client that was connected gets the same code from its calls. */
        g_assert_false(quaywall_policies_call_list_sync(quaywall_client_get_policies(client), ASK, &policies, NULL, &error));
        g_assert_error(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN);
        g_clear_error(&error);
        end_with_its_bus(client);

        g_setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
        none = quaywall_client_new_sync(NULL, &error);
        g_assert_null(none);
        g_assert_nonnull(error);
        connected = connect_async(NULL);
        g_assert_error(connected.error, error->domain, error->code);
        g_clear_error(&connected.error);
}

static gboolean is_true(Fixture *f G_GNUC_UNUSED, gpointer data) {
        return *(gboolean *) data;
}

typedef struct {
        GError *error;
        gboolean done;
} Answer;

static void on_set(GObject *policies, GAsyncResult *result, gpointer data) {
        Answer *answer = data;

        quaywall_policies_call_set_finish(QUAYWALL_POLICIES(policies), NULL, result, &answer->error);
        answer->done = TRUE;
}

/* A call that waits for the prompt, which is answered. prompts: how many there have been then. */
static Answer prompted(Fixture *f, QuaywallPolicies *policies, guint prompts, gboolean allowed) {
        Answer answer = { 0 };

        quaywall_policies_call_set(policies, "web", g_variant_new_parsed("{'action': <'deny'>}"), g_variant_new("a{sv}", NULL),
                                   ASK, NULL, on_set, &answer);
        fixture_wait(f, fixture_has_prompted, GUINT_TO_POINTER(prompts), "polkit to be asked");
        g_assert_false(answer.done);
        g_variant_unref(fixture_mock_polkit(f, "Release", g_variant_new("(b)", allowed)));
        fixture_wait(f, is_true, &answer.done, "the answer");
        return answer;
}

static gboolean has_policy(Fixture *f G_GNUC_UNUSED, gpointer policies) {
        GVariant *all = quaywall_policies_get_policies(policies);

        return all && g_variant_lookup(all, "web", "@a{sv}", NULL);
}

static void test_prompt(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(QuaywallClient) client = connect_to(f);
        QuaywallPolicies *policies = quaywall_client_get_policies(client);
        g_autoptr(GError) error = NULL;

        fixture_polkit_answer(f, MANAGE, "hang");
        Answer answer = prompted(f, policies, 1, FALSE);
        g_assert_error(answer.error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
        fixture_check_error("a prompt that was cancelled", answer.error, ACCESS_DENIED, "not authorized for " MANAGE);
        g_clear_error(&answer.error);
        answer = prompted(f, policies, 2, TRUE);
        g_assert_no_error(answer.error);
        /* The list of policies is not in the signal, so the proxy asks for it. */
        fixture_wait(f, has_policy, policies, "the property Policies");

        g_assert_false(quaywall_policies_call_remove_sync(policies, "web", g_variant_new("a{sv}", NULL), G_DBUS_CALL_FLAGS_NONE,
                                                          -1, NULL, NULL, &error));
        fixture_check_error("a call that allows no prompt", error, INTERACTIVE_REQUIRED, "needs a password");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/glib/errors", test_errors);
        g_test_add_func("/glib/connect", test_connect);
        g_test_add_func("/glib/away", test_away);
        g_test_add_func("/glib/prompt", test_prompt);
        return g_test_run();
}
