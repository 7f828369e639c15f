/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Faults around quaywalld: firewalld missing, failing, dying or silent, the disk, its own death. In each case the caller gets
 * an error and what was in force stays in force: the mock's dump is the same before and after. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define WEB \
        "'web', {'action': <'allow-only'>, 'interfaces': <['ext0']>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}, {}"
#define OTHER "'other', {'action': <'deny'>, 'sources': <['10.8.8.8', 'fd00::1']>, 'log': <true>}, {}"

static char *list(Fixture *f) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.List", "%s", "");

        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

static gboolean exists(const char *dir, const char *name) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

static gboolean firewalld_state_is(Fixture *f, gpointer state) {
        g_autoptr(GVariant) value = fixture_get(f, "Manager.FirewalldState", NULL);

        return value && g_str_equal(g_variant_get_string(value, NULL), state);
}

static gboolean has_rules(Fixture *f, gpointer needle) {
        g_autofree char *runtime = fixture_direct(f, FALSE), *permanent = fixture_direct(f, TRUE);

        return fixture_lines(runtime, needle) > 0 && fixture_lines(permanent, needle) > 0;
}

static void test_firewalld_not_running(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_firewalld = TRUE });
        g_autofree char *policies = NULL;

        g_assert_true(firewalld_state_is(f, (gpointer) "not-running"));
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Policies.Set", "%s", WEB);
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Policies.ReplaceAll", "%s",
                      "{'web': {'action': <'deny'>}}, {}");
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Zone.Ensure", "{}");
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Zone.AddInterface", "'docker0', {}");
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Zone.ListInterfaces", "%s", "");
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Direct.AddRule", "'ipv4', 0, ['-j', 'DROP'], {}");
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Direct.ListRules", "%s", "");
        policies = list(f);
        g_assert_cmpstr(policies, ==, "({},)");
        g_assert_false(exists(f->policies, "web.xml"));
        /* When firewalld starts, nothing needs to be restarted. */
        fixture_start_firewalld(f);
        fixture_wait(f, firewalld_state_is, (gpointer) "running", "FirewalldState to follow");
        works(f, "Policies.Set", WEB);
}

/* The policies are on disk and firewalld starts later, as at boot. */
static void test_firewalld_comes_later(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_firewalld = TRUE, .no_daemon = TRUE });
        g_autofree char *policies = NULL;

        fixture_write(f->policies, "web.xml", "<policy action='deny'><port port='8080' protocol='tcp'/></policy>\n");
        fixture_start_daemon(f);
        policies = list(f);
        g_assert_nonnull(strstr(policies, "'web'"));
        fixture_start_firewalld(f);
        fixture_wait(f, has_rules, (gpointer) "quaywall:web", "the rules to be made");
}

static void test_firewalld_restarts(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Policies.Set", WEB);
        fixture_stop_firewalld(f);
        fixture_wait(f, firewalld_state_is, (gpointer) "not-running", "FirewalldState to follow");
        fixture_start_firewalld(f); /* its memory and its disk are empty */
        fixture_wait(f, has_rules, (gpointer) "quaywall:web", "the rules to be made again");
}

/* Makes each call of an apply fail once; everything before it must be undone exactly. */
static void fail_each(const char *pattern, const char *method, const char *args, gboolean with_others) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        guint n;

        if (with_others) {
                works(f, "Policies.Set", OTHER);
                works(f, "Policies.Set", "'web', {'action': <'deny'>, 'interfaces': <['ext0']>, 'log': <true>}, {}");
        }
        for (n = 1; n < 100; n++) {
                g_autofree char *before = fixture_dump(f), *after = NULL, *listed = list(f), *listed_after = NULL, *what = NULL;
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) answer = NULL;

                fixture_plan(f, pattern, n, "fail", "COMMAND_FAILED: planned by the test");
                answer = fixture_call(f, method, &error, "%s", args);
                g_variant_unref(fixture_mock(f, "Clear", NULL));
                if (answer)
                        break; /* there was no n-th call */
                fixture_check_error(method, error, ERROR_("FirewalldFailed"), "planned by the test");
                after = fixture_dump(f);
                what = g_strdup_printf("%s, call %u of %s failed", method, n, pattern);
                if (!fixture_same(what, before, after))
                        break;
                listed_after = list(f);
                g_assert_cmpstr(listed_after, ==, listed);
        }
        g_test_message("%s makes %u calls of %s", method, n - 1, pattern);
        g_assert_cmpuint(n, >, 1); /* or nothing was tested */
        g_assert_cmpuint(n, <, 100);
}

static void test_each_add_fails_first_policy(void) {
        fail_each("direct.add*", "Policies.Set", WEB, FALSE);
}

static void test_each_add_fails(void) {
        fail_each("direct.add*", "Policies.Set", WEB, TRUE);
}

static void test_each_remove_fails(void) {
        fail_each("direct.remove*", "Policies.Remove", "'web', {}", TRUE);
}

static void test_permanent_write_fails(void) {
        fail_each("config.direct.update", "Policies.Set", WEB, TRUE);
}

static void test_each_zone_call_fails(void) {
        fail_each("*Interface", "Zone.AddInterface", "'docker0', {}", FALSE);
}

static void test_third_of_five(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *after = NULL;

        fixture_plan(f, "direct.addRule", 3, "fail",
                     "COMMAND_FAILED: '/usr/sbin/iptables-restore -w -n' failed: third of five");
        fixture_fails(f, ERROR_("FirewalldFailed"), "third of five", "Policies.Set", "%s", WEB);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        g_assert_false(exists(f->policies, "web.xml"));
}

static void test_firewalld_dies_in_an_apply(void) {
        static const char *const kinds[] = { "die-before", "die-after" };

        for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
                g_autoptr(Fixture) f = fixture_new(NULL);
                g_autofree char *policies = NULL, *again = NULL, *dump = NULL;

                works(f, "Policies.Set", OTHER);
                fixture_plan(f, "direct.addRule", 3, kinds[k], "");
                fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Policies.Set", "%s", WEB);
                policies = list(f);
                g_assert_null(strstr(policies, "'web'"));
                g_assert_nonnull(strstr(policies, "'other'"));
                g_assert_false(exists(f->policies, "web.xml"));
                fixture_start_firewalld(f);
                fixture_wait(f, has_rules, (gpointer) "quaywall:other", "the old policy to be made again");
                dump = fixture_dump(f);
                g_assert_null(strstr(dump, "quaywall:web"));
                works(f, "Policies.Set", WEB);
                again = list(f);
                g_assert_nonnull(strstr(again, "'web'"));
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

static gboolean is_done(Fixture *f G_GNUC_UNUSED, gpointer data) {
        return ((Pending *) data)->done;
}

static void begin(GDBusConnection *bus, const char *method, const char *args, Pending *pending) {
        g_auto(GStrv) parts = g_strsplit(method, ".", 2);
        g_autofree char *interface = g_strconcat("org.quaywall1.", parts[0], NULL);
        g_autoptr(GVariant) owned = fixture_args(method, "%s", args);

        g_dbus_connection_call(bus, "org.quaywall1", "/org/quaywall1", interface, parts[1], owned, NULL, 0, 20000, NULL,
                               on_answer, pending);
}

static void pending_clear(Pending *pending) {
        g_clear_pointer(&pending->answer, g_variant_unref);
        g_clear_error(&pending->error);
}

static gboolean hung_at(Fixture *f, gpointer pattern) {
        return fixture_count_calls(f, pattern) > 0;
}

/* firewalld's call of polkit is synchronous, so it can be silent for a minute. Meanwhile other callers are answered. */
static void test_firewalld_is_silent(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *policies = NULL;
        Pending pending = { 0 };

        g_variant_unref(fixture_mock(f, "Clear", NULL));
        fixture_plan(f, "direct.addRule", 1, "hang", "");
        begin(f->bus, "Policies.Set", WEB, &pending);
        while (!hung_at(f, (gpointer) "direct.addRule") && !pending.done)
                g_main_context_iteration(NULL, FALSE);
        policies = list(f);
        g_assert_cmpstr(policies, ==, "({},)");
        g_assert_false(pending.done);
        g_variant_unref(fixture_mock(f, "Release", NULL));
        fixture_wait(f, is_done, &pending, "Set to be answered");
        g_assert_no_error(pending.error);
        g_assert_true(has_rules(f, (gpointer) "quaywall:web"));
        pending_clear(&pending);
}

/* Each call to a hanging firewalld takes half a minute while the mutex is held, so not every step is undone. */
static void test_firewalld_hangs_in_an_apply(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Policies.Set", OTHER);
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        fixture_plan(f, "direct.addRule", 3, "silent", "");
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "did not answer", "Policies.Set", "%s", WEB);
        g_assert_cmpuint(fixture_count_calls(f, "direct.addRule"), ==, 3);
        /* One step is still undone; the others wait until firewalld answers again. */
        g_assert_cmpuint(fixture_count_calls(f, "direct.remove*"), ==, 1);
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Manager.Repair", "");
        g_assert_false(has_rules(f, (gpointer) "quaywall:web"));
        g_assert_true(has_rules(f, (gpointer) "quaywall:other"));
        works(f, "Policies.Set", WEB);
}

/* Docker creates DOCKER-USER between our check and our addChain, as it may for a while after each reload. */
static void test_docker_makes_its_chain_meanwhile(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_docker = TRUE });
        Pending pending = { 0 };
        g_autofree char *user = NULL;

        g_variant_unref(fixture_mock(f, "Clear", NULL));
        fixture_plan(f, "direct.addChain", 3, "hang", "");
        begin(f->bus, "Policies.Set", WEB, &pending);
        while (fixture_count_calls(f, "direct.addChain") < 3 && !pending.done)
                g_main_context_iteration(NULL, FALSE);
        g_variant_unref(fixture_mock(f, "Docker", NULL));
        g_variant_unref(fixture_mock(f, "Release", NULL));
        fixture_wait(f, is_done, &pending, "Set to be answered");
        g_assert_no_error(pending.error);
        user = fixture_iptables(f, "ipv4", "-S DOCKER-USER");
        g_assert_cmpuint(fixture_lines(user, "-j QUAYWALL"), ==, 2);
        pending_clear(&pending);
}

/* Two calls at once are handled one after the other, and both answers are true. */
static void test_two_callers(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) second = fixture_connect(f);
        g_autofree char *policies = NULL;
        Pending a = { 0 }, b = { 0 }, c = { 0 };

        begin(f->bus, "Policies.Set", WEB, &a);
        begin(second, "Policies.Set", OTHER, &b);
        begin(second, "Policies.Set", "'web', {'action': <'deny'>}, {}", &c);
        fixture_wait(f, is_done, &a, "the first");
        fixture_wait(f, is_done, &b, "the second");
        fixture_wait(f, is_done, &c, "the third");
        g_assert_no_error(a.error);
        g_assert_no_error(b.error);
        g_assert_no_error(c.error);
        policies = list(f);
        g_assert_nonnull(strstr(policies, "'other'"));
        g_assert_true(g_regex_match_simple("'web': {[^}]*'action': <'(deny|allow-only)'>", policies, 0, 0));
        g_assert_true(has_rules(f, (gpointer) "quaywall:web"));
        pending_clear(&a);
        pending_clear(&b);
        pending_clear(&c);
}

static gboolean is_gone(Fixture *f, gpointer name) {
        g_autoptr(GVariant) answer =
                g_dbus_connection_call_sync(f->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                            "NameHasOwner", g_variant_new("(s)", name), NULL, 0, -1, NULL, NULL);
        gboolean there = TRUE;

        if (answer)
                g_variant_get(answer, "(b)", &there);
        return !there;
}

/* Sends a call while another change is under way, and leaves the bus while the call waits for its turn. */
static void call_and_leave(Fixture *f, const char *method, const char *args, GDBusMessageFlags flags) {
        g_autoptr(GDBusConnection) connection = fixture_connect(f);
        g_auto(GStrv) words = g_strsplit(method, ".", 2);
        g_autofree char *interface = g_strconcat("org.quaywall1.", words[0], NULL);
        g_autoptr(GDBusMessage) message =
                g_dbus_message_new_method_call("org.quaywall1", "/org/quaywall1", interface, words[1]);
        g_autoptr(GVariant) body = fixture_args(method, "%s", args), answer = NULL;
        g_autofree char *name = g_strdup(g_dbus_connection_get_unique_name(connection));

        g_dbus_message_set_body(message, body);
        g_dbus_message_set_flags(message, flags);
        g_assert_true(g_dbus_connection_send_message(connection, message, 0, NULL, NULL));
        /* A later call of the same caller is answered once the first one has been authorized. */
        answer = g_dbus_connection_call_sync(connection, "org.quaywall1", "/org/quaywall1", "org.quaywall1.Policies", "List",
                                             NULL, NULL, 0, -1, NULL, NULL);
        g_assert_nonnull(answer);
        g_dbus_connection_close_sync(connection, NULL, NULL);
        fixture_wait(f, is_gone, name, "the caller to leave");
}

/* A change that hangs, so that others wait for their turn, until let_end(). */
static void let_hang(Fixture *f, Pending *pending) {
        fixture_plan(f, "direct.addRule", 1, "hang", "");
        begin(f->bus, "Policies.Set", WEB, pending);
        fixture_wait(f, hung_at, (gpointer) "direct.addRule", "a change that hangs");
}

static void let_end(Fixture *f, Pending *pending) {
        g_variant_unref(fixture_mock(f, "Release", NULL));
        fixture_wait(f, is_done, pending, "the change to end");
        g_assert_no_error(pending->error);
}

/* If a caller leaves before its answer, its change is dropped, unless it expected no answer. */
static void test_caller_leaves(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *policies = NULL;
        Pending pending = { 0 };

        let_hang(f, &pending);
        call_and_leave(f, "Policies.Set", "'left', {'action': <'deny'>}, {}", 0);
        call_and_leave(f, "Policies.Set", "'forgot', {'action': <'deny'>}, {}", G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
        let_end(f, &pending);
        works(f, "Policies.Set", OTHER);
        policies = list(f);
        g_assert_null(strstr(policies, "'left'"));
        g_assert_nonnull(strstr(policies, "'forgot'"));
        pending_clear(&pending);
}

/* Verify and Repair are dropped, too, if the caller has left. */
static void test_caller_of_repair_leaves(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *log = NULL;
        Pending pending = { 0 };

        let_hang(f, &pending);
        call_and_leave(f, "Manager.Verify", "", 0);
        call_and_leave(f, "Manager.Repair", "", 0);
        call_and_leave(f, "Manager.Repair", "", G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
        let_end(f, &pending);
        works(f, "Policies.Set", OTHER);
        log = fixture_log(f);
        g_assert_cmpuint(fixture_lines(log, "left the bus before its turn"), ==, 2);
        g_assert_cmpuint(fixture_lines(log, "Manager.Verify by uid"), ==, 1);
        g_assert_cmpuint(fixture_lines(log, "Manager.Repair by uid"), ==, 2);
        pending_clear(&pending);
}

/* systemctl stop while changes wait for their turn: none of them starts. */
static void test_stopped_before_a_turn(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *dump = NULL;
        Pending first = { 0 }, second = { 0 };

        fixture_plan(f, "direct.addRule", 1, "hang", "");
        begin(f->bus, "Policies.Set", WEB, &first);
        fixture_wait(f, hung_at, (gpointer) "direct.addRule", "a change that hangs");
        begin(f->bus, "Policies.Set", OTHER, &second);
        g_variant_unref(fixture_works(f, "Policies.List", "%s", ""));
        kill(f->daemon.pid, SIGTERM);
        g_variant_unref(fixture_works(f, "Policies.List", "%s", ""));
        g_variant_unref(fixture_mock(f, "Release", NULL));
        fixture_wait(f, is_done, &first, "the change to end");
        g_assert_no_error(first.error);
        fixture_wait(f, is_done, &second, "the one that waited to be refused");
        g_assert_nonnull(second.error);
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        dump = fixture_dump(f);
        g_assert_nonnull(strstr(dump, "quaywall:web"));
        g_assert_null(strstr(dump, "quaywall:other"));
        pending_clear(&first);
        pending_clear(&second);
}

/* Killed at each call of an apply: the next daemon finds the old or the new policy, complete, with matching rules. */
static void test_killed_in_an_apply(void) {
        for (guint n = 1; n <= 12; n += 2) {
                g_autoptr(Fixture) f = fixture_new(NULL);
                g_autofree char *policies = NULL, *runtime = NULL, *permanent = NULL, *problems = NULL;
                g_autoptr(GVariant) answer = NULL;
                Pending pending = { 0 };
                gboolean is_new;

                works(f, "Policies.Set", "'web', {'action': <'deny'>, 'interfaces': <['ext1']>}, {}");
                g_variant_unref(fixture_mock(f, "Clear", NULL));
                fixture_plan(f, "*direct.*", n, "hang", "");
                begin(f->bus, "Policies.Set", WEB, &pending);
                while (fixture_count_calls(f, "*direct.*") < n && !pending.done)
                        g_main_context_iteration(NULL, FALSE);
                fixture_stop_daemon(f, SIGKILL);
                g_variant_unref(fixture_mock(f, "Release", NULL));
                g_variant_unref(fixture_mock(f, "Clear", NULL));
                fixture_wait(f, is_done, &pending, "the call to end with its daemon");
                pending_clear(&pending);
                fixture_start_daemon(f);
                policies = list(f);
                is_new = strstr(policies, "'allow-only'") != NULL;
                g_assert_true(is_new || strstr(policies, "'ext1'"));
                answer = fixture_works(f, "Manager.Verify", "%s", "");
                problems = answer ? g_variant_print(answer, FALSE) : NULL;
                runtime = fixture_direct(f, FALSE);
                permanent = fixture_direct(f, TRUE);
                if ((fixture_lines(runtime, "-i ext1") > 0) == is_new || (fixture_lines(runtime, "-i ext0") > 0) != is_new ||
                    (fixture_lines(permanent, "-i ext1") > 0) == is_new ||
                    (fixture_lines(permanent, "-i ext0") > 0) != is_new) {
                        g_test_message("killed at call %u: %s\nproblems: %s\nruntime:\n%spermanent:\n%s", n, policies, problems,
                                       runtime, permanent);
                        g_test_fail();
                }
        }
}

/* systemctl stop during an apply: it is finished or undone before the daemon exits, since it may not be started again. */
static void test_stopped_in_an_apply(void) {
        for (guint n = 1; n <= 9; n += 2) {
                g_autoptr(Fixture) f = fixture_new(NULL);
                g_autofree char *before = NULL, *after = NULL, *what = g_strdup_printf("stopped at call %u", n);
                Pending pending = { 0 };

                works(f, "Policies.Set", "'web', {'action': <'deny'>, 'interfaces': <['ext1']>}, {}");
                before = fixture_dump(f);
                g_variant_unref(fixture_mock(f, "Clear", NULL));
                fixture_plan(f, "*direct.*", n, "hang", "");
                begin(f->bus, "Policies.Set", WEB, &pending);
                while (fixture_count_calls(f, "*direct.*") < n && !pending.done)
                        g_main_context_iteration(NULL, FALSE);
                kill(f->daemon.pid, SIGTERM);
                g_variant_unref(fixture_mock(f, "Release", NULL));
                fixture_wait(f, is_done, &pending, "the call to end");
                g_assert_true(fixture_stop_daemon(f, SIGTERM));
                after = fixture_dump(f);
                if (!has_rules(f, (gpointer) "-i ext0") || strstr(after, "'-i', 'ext1'"))
                        fixture_same(what, before, after);
                g_assert_true(pending.error == NULL || fixture_same(what, before, after)); /* the answer was true */
                pending_clear(&pending);
        }
}

static void test_policy_folder_is_read_only(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL, *policies = NULL;

        works(f, "Policies.Set", OTHER);
        g_chmod(f->policies, 0500);
        before = fixture_dump(f);
        fixture_fails(f, ERROR_("Io"), f->policies, "Policies.Set", "%s", WEB);
        fixture_fails(f, ERROR_("Io"), f->policies, "Policies.Remove", "'other', {}");
        fixture_fails(f, ERROR_("Io"), f->policies, "Policies.ReplaceAll", "{}, {}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        policies = list(f);
        g_assert_null(strstr(policies, "'web'"));
        g_assert_nonnull(strstr(policies, "'other'"));
        /* Runtime changes do not need the folder. */
        works(f, "Policies.Set", "'web', {'action': <'deny'>}, {'scope': <'runtime'>}");
        g_chmod(f->policies, 0700);
}

/* Somebody's invalid permanent rule puts firewalld into the failed state: quaywalld reports it, refuses changes and alters
 * nothing. */
static void test_firewalld_is_failed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) update = g_dbus_connection_call_sync(
                f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1/config",
                "org.fedoraproject.FirewallD1.config.direct", "update",
                g_variant_new_parsed(
                        "((@a(sss) [], [('ipv4', 'filter', 'INPUT', 0, ['-m', 'conntrack', '--ctstate', 'BOGUS', '-j', 'DROP'])], @a(sas) []),)"),
                NULL, 0, -1, NULL, NULL);
        g_autoptr(GVariant) reload =
                g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1",
                                            "org.fedoraproject.FirewallD1", "reload", NULL, NULL, 0, -1, NULL, NULL);
        g_autofree char *permanent = NULL, *before = NULL, *after = NULL;

        g_assert_nonnull(update);
        g_assert_null(reload);
        works(f, "Manager.Verify", "");
        g_assert_true(firewalld_state_is(f, (gpointer) "failed"));
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(permanent, "BOGUS"), ==, 1); /* not ours, so not removed */
        /* nor written again over a file that somebody may be repairing */
        before = fixture_dump(f);
        fixture_fails(f, ERROR_("FirewalldFailed"), "failed state|mend", "Policies.Set", "%s", WEB);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

/* A forward needs a firewalld policy, which needs a reload. The reload fails. */
static void test_reload_fails(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL;

        works(f, "Zone.AddInterface", "'ext0', {'zone': <'trusted'>}");
        works(f, "Zone.AddInterface", "'int0', {'zone': <'work'>}");
        before = fixture_dump(f);
        fixture_plan(f, "reload", 1, "fail", "COMMAND_FAILED: planned by the test");
        fixture_fails(f, ERROR_("FirewalldFailed"), "planned by the test", "Policies.Set", "%s",
                      "'router', {'action': <'forward'>, 'interfaces': <['ext0']>, 'out-interfaces': <['int0']>}, {}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

static void test_bus_reloads(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        /* The bus rereads its configuration, as after the installation of packages. */
        g_dbus_connection_call_sync(f->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                    "ReloadConfig", NULL, NULL, 0, -1, NULL, NULL);
        works(f, "Policies.List", "");
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/faults/firewalld-not-running", test_firewalld_not_running);
        g_test_add_func("/faults/firewalld-comes-later", test_firewalld_comes_later);
        g_test_add_func("/faults/firewalld-restarts", test_firewalld_restarts);
        g_test_add_func("/faults/third-of-five", test_third_of_five);
        g_test_add_func("/faults/each-add-fails-first-policy", test_each_add_fails_first_policy);
        g_test_add_func("/faults/each-add-fails", test_each_add_fails);
        g_test_add_func("/faults/each-remove-fails", test_each_remove_fails);
        g_test_add_func("/faults/permanent-write-fails", test_permanent_write_fails);
        g_test_add_func("/faults/each-zone-call-fails", test_each_zone_call_fails);
        g_test_add_func("/faults/firewalld-dies-in-an-apply", test_firewalld_dies_in_an_apply);
        g_test_add_func("/faults/firewalld-is-silent", test_firewalld_is_silent);
        g_test_add_func("/faults/firewalld-hangs-in-an-apply", test_firewalld_hangs_in_an_apply);
        g_test_add_func("/faults/docker-makes-its-chain-meanwhile", test_docker_makes_its_chain_meanwhile);
        g_test_add_func("/faults/two-callers", test_two_callers);
        g_test_add_func("/faults/caller-leaves", test_caller_leaves);
        g_test_add_func("/faults/caller-of-repair-leaves", test_caller_of_repair_leaves);
        g_test_add_func("/faults/stopped-before-a-turn", test_stopped_before_a_turn);
        g_test_add_func("/faults/killed-in-an-apply", test_killed_in_an_apply);
        g_test_add_func("/faults/stopped-in-an-apply", test_stopped_in_an_apply);
        g_test_add_func("/faults/policy-folder-is-read-only", test_policy_folder_is_read_only);
        g_test_add_func("/faults/firewalld-is-failed", test_firewalld_is_failed);
        g_test_add_func("/faults/reload-fails", test_reload_fails);
        g_test_add_func("/faults/bus-reloads", test_bus_reloads);
        return g_test_run();
}
