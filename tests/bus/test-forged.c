/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Anybody can send signals to quaywalld's unique name as if they came from the bus, firewalld, polkit or others. They change
 * nothing. And the event loop never blocks on an answer of the bus. */
#include "fixture.h"

#include <signal.h>
#include <string.h>

#define DRIVER "org.freedesktop.DBus"
#define DRIVER_PATH "/org/freedesktop/DBus"
#define FIREWALLD "org.fedoraproject.FirewallD1"
#define FIREWALLD_PATH "/org/fedoraproject/FirewallD1"
#define POLKIT "org.freedesktop.PolicyKit1"
#define SET "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}, {}"

static GVariant *ask_bus(GDBusConnection *bus, const char *method, const char *name) {
        g_autoptr(GError) error = NULL;
        GVariant *answer = g_dbus_connection_call_sync(bus, DRIVER, DRIVER_PATH, DRIVER, method, g_variant_new("(s)", name),
                                                       NULL, 0, -1, NULL, &error);
        if (!answer)
                g_error("%s %s: %s", method, name, error->message);
        return answer;
}

static char *owner_of(Fixture *f, const char *name) {
        g_autoptr(GVariant) answer = ask_bus(f->bus, "GetNameOwner", name);
        char *owner;

        g_variant_get(answer, "(s)", &owner);
        return owner;
}

/* quaywalld's connections: first the one that owns its name, then the one for its calls to others. */
static GPtrArray *connections_of_daemon(Fixture *f) {
        static GPtrArray *connections; /* kept, since quaywalld calls firewalld again some seconds after a change */
        static GPid pid_of_these;

        if (pid_of_these == f->daemon.pid)
                return g_ptr_array_ref(connections);
        g_clear_pointer(&connections, g_ptr_array_unref);
        pid_of_these = f->daemon.pid;
        connections = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GVariant) names =
                g_dbus_connection_call_sync(f->bus, DRIVER, DRIVER_PATH, DRIVER, "ListNames", NULL, NULL, 0, -1, NULL, NULL);
        g_autoptr(GVariantIter) iter = NULL;
        const char *name;

        g_ptr_array_add(connections, owner_of(f, "org.quaywall1"));
        g_variant_get(names, "(as)", &iter);
        while (g_variant_iter_next(iter, "&s", &name)) {
                g_autoptr(GVariant) answer = NULL;
                guint32 pid;

                if (name[0] != ':' || g_str_equal(name, connections->pdata[0]))
                        continue;
                answer = ask_bus(f->bus, "GetConnectionUnixProcessID", name);
                g_variant_get(answer, "(u)", &pid);
                if (pid == (guint32) f->daemon.pid)
                        g_ptr_array_add(connections, g_strdup(name));
        }
        g_assert_cmpuint(connections->len, ==, 2);
        return g_ptr_array_ref(connections);
}

/* The bus keeps the order of messages from one client to another: after this quaywalld has seen the earlier ones. */
static void is_seen(Fixture *f, GDBusConnection *attacker) {
        g_autoptr(GPtrArray) connections = connections_of_daemon(f);

        for (guint i = 0; i < connections->len; i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) pong =
                        g_dbus_connection_call_sync(attacker, connections->pdata[i], "/org/quaywall1",
                                                    "org.freedesktop.DBus.Peer", "Ping", NULL, NULL, 0, 10000, NULL, &error);
                g_assert_no_error(error);
        }
}

/* BODY is GVariant text. */
static void forge(Fixture *f, GDBusConnection *attacker, const char *path, const char *interface, const char *member,
                  const char *body) {
        g_autoptr(GPtrArray) connections = connections_of_daemon(f);

        for (guint i = 0; i < connections->len; i++) {
                g_autoptr(GError) error = NULL;

                g_dbus_connection_emit_signal(attacker, connections->pdata[i], path, interface, member,
                                              g_variant_new_parsed(body), &error);
                g_assert_no_error(error);
        }
}

static void forge_owner(Fixture *f, GDBusConnection *attacker, const char *name, const char *old, const char *new) {
        g_autofree char *body = g_strdup_printf("('%s', '%s', '%s')", name, old, new);

        forge(f, attacker, DRIVER_PATH, DRIVER, "NameOwnerChanged", body);
        is_seen(f, attacker);
}

static void check_running(Fixture *f) {
        g_autoptr(GVariant) state = fixture_get(f, "Manager.FirewalldState", NULL);

        g_assert_cmpstr(state ? g_variant_get_string(state, NULL) : "", ==, "running");
}

static gboolean firewalld_runs(Fixture *f, G_GNUC_UNUSED gpointer data) {
        g_autoptr(GVariant) state = fixture_get(f, "Manager.FirewalldState", NULL);

        return state && g_str_equal(g_variant_get_string(state, NULL), "running");
}

/* A forged signal neither makes firewalld disappear, nor makes anybody else firewalld: the forger would get all rules. */
static void test_firewalld_owner(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) attacker = fixture_connect(f);
        g_autofree char *owner = owner_of(f, FIREWALLD);
        g_autoptr(GVariant) set = NULL, again = NULL;

        check_running(f);
        forge_owner(f, attacker, FIREWALLD, owner, "");
        check_running(f);
        set = fixture_works(f, "Policies.Set", "%s", SET);
        forge_owner(f, attacker, FIREWALLD, owner, g_dbus_connection_get_unique_name(attacker));
        check_running(f);
        again = fixture_works(f, "Policies.Remove", "%s", "'web', {}");
        g_dbus_connection_close_sync(attacker, NULL, NULL);
        check_running(f);
        /* The bus itself is believed. */
        fixture_stop_firewalld(f);
        g_clear_pointer(&set, g_variant_unref);
        fixture_fails(f, ERROR_("FirewalldNotRunning"), NULL, "Policies.Set", "%s", SET);
        fixture_start_firewalld(f);
        fixture_wait(f, firewalld_runs, NULL, "the new firewalld to be noticed");
        set = fixture_works(f, "Policies.Set", "%s", SET);
}

static guint count_checks(Fixture *f) {
        g_autoptr(GVariant) answer = fixture_mock_polkit(f, "GetChecks", NULL);
        g_autoptr(GVariant) checks = g_variant_get_child_value(answer, 0);

        return g_variant_n_children(checks);
}

/* An answer of polkit is valid until polkit signals a change. */
static void test_polkit(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) attacker = fixture_connect(f);
        g_autofree char *owner = owner_of(f, POLKIT);

        g_variant_unref(fixture_works(f, "Policies.List", "%s", ""));
        g_assert_cmpuint(count_checks(f), ==, 1);
        forge(f, attacker, "/org/freedesktop/PolicyKit1/Authority", POLKIT ".Authority", "Changed", "@() ()");
        forge_owner(f, attacker, POLKIT, owner, "");
        g_variant_unref(fixture_works(f, "Policies.List", "%s", ""));
        g_assert_cmpuint(count_checks(f), ==, 1);
        /* A restart of polkit is believed: the new one has been asked once. */
        fixture_stop_polkit(f);
        fixture_start_polkit(f);
        g_variant_unref(fixture_works(f, "Policies.List", "%s", ""));
        g_assert_cmpuint(count_checks(f), ==, 1);
}

typedef struct {
        GVariant *answer;
        GError *error;
        gboolean done;
} Pending;

static void on_answer(GObject *source, GAsyncResult *result, gpointer data) {
        Pending *pending = data;

        pending->answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &pending->error);
        pending->done = TRUE;
}

static void begin(GDBusConnection *bus, const char *method, GVariant *args, Pending *pending) {
        g_autoptr(GVariant) owned = args;
        g_auto(GStrv) parts = g_strsplit(method, ".", 2);
        g_autofree char *interface = g_strconcat("org.quaywall1.", parts[0], NULL);

        g_dbus_connection_call(bus, "org.quaywall1", "/org/quaywall1", interface, parts[1], args, NULL,
                               G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, 20000, NULL, on_answer, pending);
}

static gboolean is_done(G_GNUC_UNUSED Fixture *f, gpointer data) {
        return ((Pending *) data)->done;
}

static gboolean was_asked(Fixture *f, G_GNUC_UNUSED gpointer data) {
        return count_checks(f) > 1; /* a check without interaction comes first, so an open prompt is the second one */
}

/* A forged signal that the caller is gone does not close the prompt. */
static void test_caller_during_prompt(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) attacker = fixture_connect(f), caller = fixture_connect(f);
        const char *name = g_dbus_connection_get_unique_name(caller);
        Pending pending = { 0 };

        fixture_polkit_answer(f, "*", "hang");
        begin(caller, "Policies.Set", fixture_args("Policies.Set", "%s", SET), &pending);
        fixture_wait(f, was_asked, NULL, "polkit to be asked");
        forge_owner(f, attacker, name, name, "");
        forge_owner(f, attacker, POLKIT, name, "");
        g_variant_unref(fixture_mock_polkit(f, "Release", g_variant_new("(b)", TRUE)));
        fixture_wait(f, is_done, &pending, "Set to be answered");
        g_assert_no_error(pending.error);
        g_clear_pointer(&pending.answer, g_variant_unref);
}

/* Every signal to which quaywalld, or sd-bus for it, might listen. None makes it call firewalld. */
static void test_every_kind(void) {
        static const struct {
                const char *path, *interface, *member, *body;
        } signals[] = {
                { DRIVER_PATH, DRIVER, "NameAcquired", "('org.quaywall1',)" },
                { DRIVER_PATH, DRIVER, "NameLost", "('org.quaywall1',)" },
                { DRIVER_PATH, DRIVER, "NameOwnerChanged", "('org.quaywall1', ':1.1', '')" },
                { DRIVER_PATH, DRIVER, "NameOwnerChanged", "('org.freedesktop.DBus', 'org.freedesktop.DBus', '')" },
                { DRIVER_PATH, DRIVER, "NameOwnerChanged", "('org.freedesktop.NetworkManager', '', ':1.1')" },
                { DRIVER_PATH, DRIVER, "NameOwnerChanged", "('org.freedesktop.systemd1', ':1.1', '')" },
                { DRIVER_PATH, DRIVER, "NameOwnerChanged", "('" FIREWALLD "', ':1.1', ':1.999999')" },
                { DRIVER_PATH, DRIVER, "NameOwnerChanged", "('" FIREWALLD "', ':1.1', 'org.freedesktop.DBus')" },
                { DRIVER_PATH, DRIVER, "NameOwnerChanged", "(1, 2, 3)" },
                { DRIVER_PATH, DRIVER, "NameOwnerChanged", "@() ()" },
                { FIREWALLD_PATH, FIREWALLD, "Reloaded", "@() ()" },
                { FIREWALLD_PATH, FIREWALLD, "PanicModeEnabled", "@() ()" },
                { FIREWALLD_PATH, FIREWALLD, "PanicModeDisabled", "@() ()" },
                { FIREWALLD_PATH, FIREWALLD ".zone", "InterfaceAdded", "('docker', 'ext0')" },
                { FIREWALLD_PATH, FIREWALLD ".zone", "InterfaceRemoved", "('docker', 'docker0')" },
                { FIREWALLD_PATH, FIREWALLD ".zone", "ZoneOfInterfaceChanged", "('trusted', 'docker0')" },
                { FIREWALLD_PATH "/config", FIREWALLD ".config", "ZoneAdded", "('docker',)" },
                { FIREWALLD_PATH "/config/zone/1", FIREWALLD ".config.zone", "Updated", "('docker',)" },
                { FIREWALLD_PATH "/config", FIREWALLD ".config.direct", "Updated", "@() ()" },
                { "/org/freedesktop/PolicyKit1/Authority", POLKIT ".Authority", "Changed", "@() ()" },
                { "/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager", "StateChanged", "(uint32 20,)" },
                { "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", "UnitRemoved",
                  "('docker.service', objectpath '/org/freedesktop/systemd1/unit/docker_2eservice')" },
                { "/org/freedesktop/systemd1/unit/docker_2eservice", "org.freedesktop.DBus.Properties", "PropertiesChanged",
                  "('org.freedesktop.systemd1.Unit', {'ActiveState': <'deactivating'>}, @as [])" },
                { "/org/quaywall1", "org.quaywall1.Policies", "Changed", "(['web'],)" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) attacker = fixture_connect(f), local = fixture_connect(f);
        g_autoptr(GPtrArray) connections = connections_of_daemon(f);
        g_autofree char *before = NULL, *after = NULL;
        g_autoptr(GVariant) set = fixture_works(f, "Policies.Set", "%s", SET),
                            repair = fixture_works(f, "Manager.Repair", "%s", "");
        guint calls = G_MAXUINT;

        before = fixture_dump(f);
        /* A reconciliation left from quaywalld's start also calls firewalld, once or twice. A forged signal that is believed
         * would cause calls in each round. */
        for (guint round = 0; round < 4 && calls > 0; round++) {
                g_variant_unref(fixture_mock(f, "Clear", NULL));
                for (gsize i = 0; i < G_N_ELEMENTS(signals); i++) {
                        forge(f, attacker, signals[i].path, signals[i].interface, signals[i].member, signals[i].body);
                        is_seen(f, attacker);
                        check_running(f);
                }
                calls = fixture_count_calls(f, "*");
        }
        g_assert_cmpuint(calls, ==, 0);
        /* The bus disconnects a client that sends this; quaywalld would disconnect if it received it. */
        g_dbus_connection_emit_signal(local, connections->pdata[1], DRIVER_PATH "/Local", DRIVER ".Local", "Disconnected", NULL,
                                      NULL);
        is_seen(f, attacker);
        check_running(f);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        g_variant_unref(fixture_works(f, "Policies.Remove", "%s", "'web', {}"));
}

typedef struct {
        const char *sender;
        gint count; /* atomic: the filter runs in GDBus's thread */
} Asked;

static GDBusMessage *on_message(G_GNUC_UNUSED GDBusConnection *bus, GDBusMessage *message, gboolean incoming, gpointer data) {
        Asked *asked = data;
        GVariant *body = g_dbus_message_get_body(message);
        const char *name;

        if (!incoming || g_strcmp0(g_dbus_message_get_sender(message), asked->sender) != 0 ||
            g_strcmp0(g_dbus_message_get_member(message), "GetNameOwner") != 0)
                return message;
        g_variant_get_child(body, 0, "&s", &name);
        if (g_str_equal(name, FIREWALLD))
                g_atomic_int_inc(&asked->count);
        g_object_unref(message);
        return NULL;
}

/* quaywalld does not rely on firewalld's last known owner: Verify, Repair and every change ask the bus again. */
static void test_owner_is_asked_again(void) {
        static const char *const calls[][2] = { { "Manager.Verify", "" }, { "Manager.Repair", "" }, { "Policies.Set", SET } };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) eavesdropper = fixture_connect(f);
        g_autoptr(GPtrArray) connections = connections_of_daemon(f);
        Asked asked = { .sender = connections->pdata[1] };

        g_dbus_connection_add_filter(eavesdropper, on_message, &asked, NULL);
        g_variant_unref(ask_bus(eavesdropper, "AddMatch", "eavesdrop='true',type='method_call',member='GetNameOwner'"));
        for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
                const gint before = g_atomic_int_get(&asked.count);

                g_variant_unref(fixture_works(f, calls[i][0], "%s", calls[i][1]));
                /* What the bus sent before this answer has passed the filter. */
                g_variant_unref(ask_bus(eavesdropper, "NameHasOwner", FIREWALLD));
                if (g_atomic_int_get(&asked.count) == before) {
                        g_test_message("%s did not ask the bus who firewalld is", calls[i][0]);
                        g_test_fail();
                }
        }
        g_dbus_connection_close_sync(eavesdropper, NULL, NULL);
}

/* Returns a process's state, and its voluntary context switches, from proc(5). */
static char look(GPid pid, guint64 *ret_switches) {
        g_autofree char *path = g_strdup_printf("/proc/%d/status", (int) pid), *text = NULL;
        const char *state, *switches;

        if (!g_file_get_contents(path, &text, NULL, NULL) || !(state = strstr(text, "\nState:")) ||
            !(switches = strstr(text, "\nvoluntary_ctxt_switches:")))
                g_error("%s tells nothing", path);
        *ret_switches = g_ascii_strtoull(strchr(switches, ':') + 1, NULL, 10);
        return state[strlen("\nState:\t")];
}

static void wait_for_process(GPid pid, char state, guint64 switches) {
        guint64 now = 0;

        for (guint i = 0; (look(pid, &now) != state || now < switches) && i < 10000; i++)
                g_usleep(1000);
        g_assert_cmpuint(now, >=, switches);
}

static void freeze(GPid pid) {
        kill(pid, SIGSTOP);
        wait_for_process(pid, 'T', 0);
}

static gboolean is_gone(Fixture *f, G_GNUC_UNUSED gpointer data) {
        return f->daemon.exited;
}

/* CALLER calls METHOD, and the bus hangs before quaywalld reads the call. quaywalld keeps running: here it obeys SIGTERM. */
static void check_bus_that_hangs(Fixture *f, GDBusConnection *caller, const char *method, const char *args) {
        Pending pending = { 0 };
        guint64 switches;

        freeze(f->daemon.pid);
        begin(caller, method, fixture_args(method, "%s", args), &pending);
        /* Once the bus has answered this client, it has delivered its earlier messages. */
        g_variant_unref(ask_bus(caller, "NameHasOwner", FIREWALLD));
        freeze(f->dbus.pid);
        look(f->daemon.pid, &switches);
        kill(f->daemon.pid, SIGCONT);
        wait_for_process(f->daemon.pid, 'S', switches + 1); /* it has read the call, and waits for the next event */
        kill(f->daemon.pid, SIGTERM);
        fixture_wait(f, is_gone, NULL, "quaywalld to end");
        kill(f->dbus.pid, SIGCONT);
        if (f->daemon.exited) {
                g_assert_cmpint(f->daemon.status, ==, 0);
                f->daemon.pid = 0;
        }
        fixture_wait(f, is_done, &pending, "the call to be answered");
        g_clear_error(&pending.error);
        g_clear_pointer(&pending.answer, g_variant_unref);
}

/* Only the call of a new client waits until the bus has said which user it is. */
static void test_bus_that_hangs(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) caller = fixture_connect(f);

        check_bus_that_hangs(f, caller, "Policies.List", "");
}

/* The caller is known; watching it during polkit's check must not block on the bus, either. */
static void test_bus_that_hangs_at_the_question(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        g_variant_unref(fixture_works(f, "Policies.List", "%s", ""));
        check_bus_that_hangs(f, f->bus, "Policies.Set", SET);
}

/* Calls that arrive before the bus has identified their caller are answered in order, up to a limit. */
static void test_calls_of_an_unknown_sender(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) caller = fixture_connect(f);
        Pending pending[40] = { 0 };
        guint answered = 0, refused = 0;

        freeze(f->daemon.pid);
        for (gsize i = 0; i < G_N_ELEMENTS(pending); i++)
                begin(caller, "Policies.List", fixture_args("Policies.List", "%s", ""), &pending[i]);
        g_variant_unref(ask_bus(caller, "NameHasOwner", FIREWALLD));
        kill(f->daemon.pid, SIGCONT);
        for (gsize i = 0; i < G_N_ELEMENTS(pending); i++) {
                fixture_wait(f, is_done, &pending[i], "a call to be answered");
                if (pending[i].error)
                        fixture_check_error("List", pending[i].error, ERROR_("LimitExceeded"), "in flight");
                answered += pending[i].answer != NULL;
                refused += pending[i].error != NULL;
                g_clear_error(&pending[i].error);
                g_clear_pointer(&pending[i].answer, g_variant_unref);
        }
        g_assert_cmpuint(answered, >=, 32); /* LIMIT_REQUESTS */
        g_assert_cmpuint(answered + refused, ==, G_N_ELEMENTS(pending));
        g_variant_unref(fixture_works(f, "Policies.List", "%s", ""));
}

/* If the caller is gone before the bus is asked about it, its call is dropped. */
static void test_sender_that_is_gone(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) caller = fixture_connect(f);
        g_autofree char *before = fixture_dump(f), *after = NULL;
        Pending pending = { 0 };

        freeze(f->daemon.pid);
        begin(caller, "Policies.Set", fixture_args("Policies.Set", "%s", SET), &pending);
        g_variant_unref(ask_bus(caller, "NameHasOwner", FIREWALLD));
        g_dbus_connection_close_sync(caller, NULL, NULL);
        fixture_wait(f, is_done, &pending, "the closed connection's call to end");
        kill(f->daemon.pid, SIGCONT);
        g_variant_unref(fixture_works(f, "Manager.Verify", "%s", ""));
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        g_clear_error(&pending.error);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/forged/firewalld-owner", test_firewalld_owner);
        g_test_add_func("/forged/polkit", test_polkit);
        g_test_add_func("/forged/caller-during-prompt", test_caller_during_prompt);
        g_test_add_func("/forged/every-kind", test_every_kind);
        g_test_add_func("/forged/owner-is-asked-again", test_owner_is_asked_again);
        g_test_add_func("/forged/bus-that-hangs", test_bus_that_hangs);
        g_test_add_func("/forged/bus-that-hangs-at-the-question", test_bus_that_hangs_at_the_question);
        g_test_add_func("/forged/calls-of-an-unknown-sender", test_calls_of_an_unknown_sender);
        g_test_add_func("/forged/sender-that-is-gone", test_sender_that_is_gone);
        return g_test_run();
}
