/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* polkit: every method and property is checked, under the right action, without delaying other callers, and a refusal is
 * final. */
#include "fixture.h"

#include <string.h>

/* The action that the contract names for each method and, as "Get Interface.Property", each property. */
static const char *action_of(const char *interface, const char *method) {
        static const char *const reads[] = { "Policies.List",
                                             "Policies.ListPermanent",
                                             "Policies.Get",
                                             "Policies.Check",
                                             "Policies.CheckChange",
                                             "Policies.Counters",
                                             "Policies.WatchCounters",
                                             "Policies.UnwatchCounters",
                                             "Policies.History",
                                             "Policies.GetChange",
                                             "Zone.ListInterfaces",
                                             "Direct.ListRules",
                                             "Engine.ListPorts",
                                             "Engine.ListNetworks",
                                             "Engine.ListContainers",
                                             "Manager.Verify",
                                             "Manager.Explain",
                                             "Manager.ExplainConnection",
                                             "Manager.ListNames",
                                             "Manager.ListFirewallCmd",
                                             "Groups.List",
                                             "Groups.ListPermanent",
                                             "Groups.Get",
                                             NULL };
        static const struct {
                const char *interface, *action;
        } actions[] = { { "Manager", "org.quaywall1.manage-service" },   { "Zone", "org.quaywall1.manage-zone" },
                        { "Policies", "org.quaywall1.manage-policies" }, { "Groups", "org.quaywall1.manage-policies" },
                        { "Direct", "org.quaywall1.manage-direct" },     { "Engine", "org.quaywall1.manage-engine" } };
        g_autofree char *full = g_strdup_printf("%s.%s", interface, method);

        if (g_strv_contains(reads, full))
                return "org.quaywall1.read";
        for (gsize i = 0; i < G_N_ELEMENTS(actions); i++)
                if (g_str_equal(actions[i].interface, interface))
                        return actions[i].action;
        g_error("no action for %s", full);
}

/* Arguments that would have an effect if they were let through. */
static GVariant *sample(const char *method) {
        static const char *const samples[][2] = {
                { "Manager.Explain", "{'source': <'10.0.0.1'>, 'destination': <'10.0.0.2'>, 'port': <'80/tcp'>}" },
                { "Manager.ExplainConnection", "{'source': <'10.0.0.1'>, 'destination': <'10.0.0.2'>, 'port': <'80/tcp'>}" },
                { "Manager.ListFirewallCmd", "'Policies.Remove', <('web', @a{sv} {})>" },
                { "Zone.Ensure", "{}" },
                { "Zone.AddInterface", "'br-9', {}" },
                { "Zone.RemoveInterface", "'docker0', {}" },
                { "Policies.CheckChange", "{'web': {'action': <'deny'>}}, [], {}" },
                { "Policies.Get", "'web'" },
                { "Policies.WatchCounters", "{}" },
                { "Policies.Set", "'web', {'action': <'deny'>}, {}" },
                { "Policies.SetChecked", "'web', {'action': <'deny'>}, {}" },
                { "Policies.SetMany", "{}, {}" },
                { "Policies.Edit", "'web', {'log': <true>}, {}, {}" },
                { "Policies.Rename", "'web', 'other', {}" },
                { "Policies.Remove", "'web', {}" },
                { "Policies.ReplaceAll", "{}, {}" },
                { "Policies.RuntimeToPermanent", "{}" },
                { "Policies.Undo", "1, {}" },
                { "Policies.GetChange", "1" },
                { "Policies.Check", "'web', {'action': <'deny'>}" },
                { "Policies.Confirm", "'token'" },
                { "Policies.Rollback", "'token'" },
                { "Groups.Get", "'office'" },
                { "Groups.Set", "'office', {'addresses': <['10.0.0.1']>}, {}" },
                { "Groups.Add", "'office', ['10.0.0.1'], {}" },
                { "Groups.Remove", "'office', ['10.0.0.1'], {}" },
                { "Groups.Delete", "'office', {}" },
                { "Direct.AddRule", "'ipv4', 0, ['-j', 'DROP'], {}" },
                { "Direct.RemoveRule", "'ipv4', 0, ['-j', 'DROP'], {}" },
                { "Engine.SetIptables", "true, {}" },
                { "Engine.SetDefaultAddress", "'127.0.0.1', {}" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(samples); i++)
                if (g_str_equal(samples[i][0], method))
                        return fixture_args(method, "%s", samples[i][1]);
        return fixture_args(method, "%s", ""); /* fails loudly for a new method with arguments */
}

typedef void (*Each)(Fixture *f, const char *interface, const char *method);

static void each_method(Fixture *f, Each each) {
        GDBusNodeInfo *node = fixture_node();

        for (int i = 0; node->interfaces[i]; i++) {
                const char *name = node->interfaces[i]->name + strlen("org.quaywall1.");

                for (int m = 0; node->interfaces[i]->methods && node->interfaces[i]->methods[m]; m++)
                        each(f, name, node->interfaces[i]->methods[m]->name);
        }
}

static char *try(Fixture *f, const char *interface, const char *method, GDBusCallFlags flags) {
        g_autofree char *full = g_strdup_printf("%s.%s", interface, method);
        g_autoptr(GVariant) args = sample(full);
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = fixture_call_on(f->bus, full, args, flags, &error);

        return answer ? g_strdup("") : g_dbus_error_get_remote_error(error);
}

/* prompt: after the check without interaction there was one with a prompt. */
static void check_asked(Fixture *f, const char *action, gboolean prompt) {
        g_autoptr(GVariant) answer = fixture_mock_polkit(f, "GetChecks", NULL);
        g_autoptr(GVariantIter) iter = NULL;
        const char *asked, *subject, *id;
        guint32 given;
        guint found = 0;

        g_variant_get(answer, "(a(sa{ss}uss))", &iter);
        while (g_variant_iter_next(iter, "(&s@a{ss}u&s&s)", &asked, NULL, &given, &subject, &id)) {
                g_assert_cmpstr(asked, ==, action);
                g_assert_cmpuint(given, ==, found++);
                g_assert_cmpstr(subject, ==, g_dbus_connection_get_unique_name(f->bus));
                g_assert_cmpstr(id, !=, ""); /* without an id the check could not be cancelled */
        }
        if (found != 1 + (guint) prompt)
                g_test_message("polkit was asked %u times for %s", found, action);
        g_assert_cmpuint(found, ==, 1 + (guint) prompt);
}

static void denied(Fixture *f, const char *interface, const char *method) {
        g_autofree char *error = NULL;

        g_variant_unref(fixture_mock_polkit(f, "Clear", NULL));
        error = try(f, interface, method, G_DBUS_CALL_FLAGS_NONE);
        if (g_strcmp0(error, ACCESS_DENIED) != 0) {
                g_test_message("%s.%s: %s", interface, method, error);
                g_test_fail();
        }
        check_asked(f, action_of(interface, method), FALSE);
}

static void test_every_method_is_denied(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *after = NULL;

        fixture_polkit_answer(f, "*", "deny");
        each_method(f, denied);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

static void challenged(Fixture *f, const char *interface, const char *method) {
        g_autofree char *error = NULL, *interactive = NULL;

        g_variant_unref(fixture_mock_polkit(f, "Clear", NULL));
        error = try(f, interface, method, G_DBUS_CALL_FLAGS_NONE);
        g_assert_cmpstr(error, ==, INTERACTIVE_REQUIRED);
        check_asked(f, action_of(interface, method), FALSE);
        /* The message's flag ALLOW_INTERACTIVE_AUTHORIZATION is passed on to polkit, whose prompt is then refused. */
        g_variant_unref(fixture_mock_polkit(f, "Clear", NULL));
        interactive = try(f, interface, method, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION);
        g_assert_cmpstr(interactive, ==, ACCESS_DENIED);
        check_asked(f, action_of(interface, method), TRUE);
}

static void test_interactive_flag(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        /* Nobody is asked whether to take back a change that there is not. */
        g_autoptr(GVariant) change = fixture_works(f, "Policies.Set", "%s", "'web', {'action': <'deny'>}, {}");
        g_autofree char *before = fixture_dump(f), *after = NULL;

        fixture_polkit_answer(f, "*", "challenge");
        each_method(f, challenged);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

static void no_polkit(Fixture *f, const char *interface, const char *method) {
        g_autofree char *error = try(f, interface, method, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION);

        if (g_strcmp0(error, ACCESS_DENIED) != 0) {
                g_test_message("%s.%s without polkit: %s", interface, method, error);
                g_test_fail();
        }
}

static void test_polkit_missing(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_polkit = TRUE });
        g_autofree char *before = fixture_dump(f), *after = NULL;
        g_autoptr(GVariant) list = NULL;

        each_method(f, no_polkit);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        /* When polkit starts later, nothing needs to be restarted. */
        fixture_start_polkit(f);
        list = fixture_works(f, "Policies.List", "%s", "");
        fixture_stop_polkit(f);
        each_method(f, no_polkit);
}

static void test_unknown_members(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GError) error = NULL, error2 = NULL;
        g_autoptr(GVariant) answer = fixture_call_on(f->bus, "Policies.NoSuchMethod", g_variant_new("()"), 0, &error);
        g_autoptr(GVariant) wrong = fixture_call_on(f->bus, "Policies.Get", g_variant_new("(i)", 7), 0, &error2);

        g_assert_error(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
        g_assert_error(error2, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
}

/* sd-bus reads properties synchronously: each is allowed to everybody or decided beforehand, and must never crash. */
static void test_properties(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        GDBusNodeInfo *node = fixture_node();

        for (int i = 0; node->interfaces[i]; i++)
                for (int p = 0; node->interfaces[i]->properties && node->interfaces[i]->properties[p]; p++) {
                        const GDBusPropertyInfo *info = node->interfaces[i]->properties[p];
                        g_autofree char *name =
                                g_strdup_printf("%s.%s", node->interfaces[i]->name + strlen("org.quaywall1."), info->name);
                        g_autoptr(GError) error = NULL;
                        g_autoptr(GVariant) value = fixture_get(f, name, &error);

                        g_assert_no_error(error);
                        g_assert_cmpstr(value ? g_variant_get_type_string(value) : "", ==, info->signature);
                }
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

static void pending_clear(Pending *pending) {
        g_clear_pointer(&pending->answer, g_variant_unref);
        g_clear_error(&pending->error);
}

static void begin(GDBusConnection *bus, const char *interface, const char *method, GVariant *args, Pending *pending) {
        g_autoptr(GVariant) owned = args;
        g_autofree char *full = g_strconcat("org.quaywall1.", interface, NULL);

        g_dbus_connection_call(bus, "org.quaywall1", "/org/quaywall1", full, method, args, NULL,
                               G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, 20000, NULL, on_answer, pending);
}

static gboolean is_done(Fixture *f G_GNUC_UNUSED, gpointer data) {
        return ((Pending *) data)->done;
}

static gboolean was_cancelled(Fixture *f, gpointer count) {
        g_autoptr(GVariant) answer = fixture_mock_polkit(f, "GetCancelled", NULL);
        g_autoptr(GVariant) ids = g_variant_get_child_value(answer, 0);

        return g_variant_n_children(ids) >= GPOINTER_TO_UINT(count);
}

static void test_prompt_holds_up_nobody(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        Pending pending = { 0 };
        g_autofree char *before = fixture_dump(f), *during = NULL, *after = NULL;
        g_autoptr(GVariant) list = NULL;

        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "hang");
        begin(f->bus, "Policies", "Set", sample("Policies.Set"), &pending);
        fixture_wait(f, fixture_has_prompted, GUINT_TO_POINTER(1), "polkit to be asked");
        list = fixture_works(f, "Policies.List", "%s", "");
        g_assert_false(pending.done);
        during = fixture_dump(f);
        fixture_same("the dump", before, during);
        g_variant_unref(fixture_mock_polkit(f, "Release", g_variant_new("(b)", TRUE)));
        fixture_wait(f, is_done, &pending, "Set to be answered");
        g_assert_no_error(pending.error);
        after = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(after, "quaywall:web"), >, 0);
        pending_clear(&pending);
}

static void test_released_with_no(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        Pending pending = { 0 };
        g_autofree char *before = fixture_dump(f), *after = NULL;

        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "hang");
        begin(f->bus, "Policies", "Set", sample("Policies.Set"), &pending);
        fixture_wait(f, fixture_has_prompted, GUINT_TO_POINTER(1), "polkit to be asked");
        g_variant_unref(fixture_mock_polkit(f, "Release", g_variant_new("(b)", FALSE)));
        fixture_wait(f, is_done, &pending, "Set to be answered");
        fixture_check_error("Set", pending.error, ACCESS_DENIED, NULL);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        pending_clear(&pending);
}

static void test_caller_vanishes_during_prompt(void) {
        static const char *const methods[][2] = { { "Policies", "Set" }, { "Zone", "AddInterface" }, { "Direct", "AddRule" } };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *after = NULL;
        g_autoptr(GVariant) list = NULL;

        fixture_polkit_answer(f, "*", "hang");
        for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
                g_autoptr(GDBusConnection) caller = fixture_connect(f);
                g_autofree char *full = g_strdup_printf("%s.%s", methods[i][0], methods[i][1]);
                Pending pending = { 0 };

                begin(caller, methods[i][0], methods[i][1], sample(full), &pending);
                fixture_wait(f, fixture_has_prompted, GUINT_TO_POINTER(i + 1), "polkit to be asked");
                g_dbus_connection_close_sync(caller, NULL, NULL);
                fixture_wait(f, was_cancelled, GUINT_TO_POINTER(i + 1), "CancelCheckAuthorization");
                fixture_wait(f, is_done, &pending, "the closed connection's call to end");
                pending_clear(&pending);
        }
        fixture_polkit_answer(f, "*", "allow");
        list = fixture_works(f, "Policies.List", "%s", "");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

static void test_polkit_dies_during_prompt(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        Pending pending = { 0 };
        g_autofree char *before = fixture_dump(f), *after = NULL;

        fixture_polkit_answer(f, "*", "hang");
        begin(f->bus, "Policies", "Set", sample("Policies.Set"), &pending);
        fixture_wait(f, fixture_has_prompted, GUINT_TO_POINTER(1), "polkit to be asked");
        fixture_stop_polkit(f);
        fixture_wait(f, is_done, &pending, "Set to be answered");
        fixture_check_error("Set", pending.error, ACCESS_DENIED, NULL);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        pending_clear(&pending);
}

/* The prompt must describe the change: the details contain what the action's message shows. */
static void test_details(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) answer = NULL;
        g_autofree char *shown = NULL;
        Pending pending = { 0 };

        fixture_polkit_answer(f, "*", "hang");
        begin(f->bus, "Policies", "Set",
              fixture_args("Policies.Set", "%s",
                           "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.0/24']>, 'ports': <['8080/tcp']>, "
                           "'containers': <['label=x=\u202ey']>}, {}"),
              &pending);
        fixture_wait(f, fixture_has_prompted, GUINT_TO_POINTER(1), "polkit to be asked");
        answer = fixture_mock_polkit(f, "GetChecks", NULL);
        shown = g_variant_print(answer, FALSE);
        g_assert_nonnull(strstr(shown, "web"));
        g_assert_nonnull(strstr(shown, "192.168.1.0/24"));
        g_assert_nonnull(strstr(shown, "8080/tcp"));
        /* escaped: the label cannot reverse the sentence */
        g_assert_nonnull(strstr(shown, "label=x=\\\\u{202e}y"));
        g_variant_unref(fixture_mock_polkit(f, "Release", g_variant_new("(b)", TRUE)));
        fixture_wait(f, is_done, &pending, "Set to be answered");
        pending_clear(&pending);
}

/* Without authorization a caller does not even learn which names are invalid or taken. */
static void test_denied_before_bad_input(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        fixture_polkit_answer(f, "*", "deny");
        fixture_fails(f, ACCESS_DENIED, NULL, "Policies.Get", "'nosuch'");
        fixture_fails(f, ACCESS_DENIED, NULL, "Policies.Remove", "'nosuch', {}");
        /* Nothing of the message is parsed. */
        fixture_fails(f, ACCESS_DENIED, NULL, "Policies.Set", "'a/b', {'action': <'nosuch'>}, {'nosuch': <1>}");
        fixture_fails(f, ACCESS_DENIED, NULL, "Direct.AddRule", "'ipv5', 0, ['-t', 'nat'], {}");
        fixture_polkit_answer(f, "*", "challenge");
        fixture_fails(f, INTERACTIVE_REQUIRED, NULL, "Policies.Set", "'a/b', {'action': <'nosuch'>}, {}");
}

/* However often a caller is refused, the log gets at most two lines a minute, and no text of the caller's. */
static void test_refusals_in_the_log(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *log = NULL;

        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "deny");
        for (guint i = 0; i < 200; i++)
                fixture_fails(f, ACCESS_DENIED, NULL, "Policies.Remove", "'web', {}");
        /* Failing calls that only read are not logged either, and cannot forge lines. */
        for (guint i = 0; i < 200; i++)
                fixture_fails(f, ERROR_("InvalidPolicy"), "x\\x0a<2>quaywalld: forged", "Policies.Get",
                              "'x\n<2>quaywalld: forged'");
        log = fixture_log(f);
        g_assert_cmpuint(fixture_lines(log, "by uid"), ==, 1);
        g_assert_cmpuint(fixture_lines(log, "Policies.Remove by uid"), ==, 1);
        g_assert_cmpuint(fixture_lines(log, "forged"), ==, 0);
        /* A caller who would need a password is not logged, either: the arguments are invalid, so there is no prompt. */
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "challenge");
        g_variant_unref(fixture_mock_polkit(f, "Clear", NULL));
        for (guint i = 0; i < 20; i++) {
                g_autoptr(GVariant) args = fixture_args("Policies.Remove", "%s", "'a/b', {}");
                g_autoptr(GError) error = NULL;
                g_assert_null(fixture_call_on(f->bus, "Policies.Remove", args,
                                              G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, &error));
                fixture_check_error("Policies.Remove", error, ERROR_("InvalidPolicy"), NULL);
        }
        g_assert_false(fixture_has_prompted(f, GUINT_TO_POINTER(1)));
        g_free(log);
        log = fixture_log(f);
        g_assert_cmpuint(fixture_lines(log, "by uid"), ==, 1);
        /* Each failed change of an authorized caller is logged. */
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "allow");
        fixture_fails(f, ERROR_("NoSuchPolicy"), NULL, "Policies.Remove", "'web', {}");
        g_free(log);
        log = fixture_log(f);
        g_assert_cmpuint(fixture_lines(log, "by uid"), ==, 2);
        fixture_fails(f, ERROR_("InvalidPolicy"), NULL, "Policies.Remove", "'x\n<2>quaywalld: forged', {}");
        g_free(log);
        log = fixture_log(f);
        g_assert_cmpuint(fixture_lines(log, "\\x0a<2>quaywalld: forged"), ==, 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/auth/every-method-is-denied", test_every_method_is_denied);
        g_test_add_func("/auth/interactive-flag", test_interactive_flag);
        g_test_add_func("/auth/polkit-missing", test_polkit_missing);
        g_test_add_func("/auth/unknown-members", test_unknown_members);
        g_test_add_func("/auth/properties", test_properties);
        g_test_add_func("/auth/prompt-holds-up-nobody", test_prompt_holds_up_nobody);
        g_test_add_func("/auth/released-with-no", test_released_with_no);
        g_test_add_func("/auth/caller-vanishes-during-prompt", test_caller_vanishes_during_prompt);
        g_test_add_func("/auth/polkit-dies-during-prompt", test_polkit_dies_during_prompt);
        g_test_add_func("/auth/details", test_details);
        g_test_add_func("/auth/denied-before-bad-input", test_denied_before_bad_input);
        g_test_add_func("/auth/refusals-in-the-log", test_refusals_in_the_log);
        return g_test_run();
}
