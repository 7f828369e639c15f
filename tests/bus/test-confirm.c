/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "confirm-within": a change that is not confirmed is undone, runtime and permanent, even if the daemon dies meanwhile. */
#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define OLD "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}"
#define NEW "'web', {'action': <'deny'>, 'interfaces': <['ext0']>, 'log': <true>}"

/* Makes the change and returns its token. */
static char *change(Fixture *f, const char *method, const char *args) {
        g_autoptr(GVariant) answer = fixture_works(f, method, "%s", args);
        char *token = NULL;

        if (answer)
                g_variant_get(answer, "(s)", &token);
        return token ? token : g_strdup("");
}

static gboolean is_old(Fixture *f, gpointer before) {
        g_autofree char *now = fixture_dump(f);

        return g_str_equal(now, before);
}

static void test_confirmed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *plain = NULL, *token = NULL, *before = NULL, *after = NULL, *list = NULL, *quoted = NULL, *file = NULL;

        plain = change(f, "Policies.Set", OLD ", {}");
        g_assert_cmpstr(plain, ==, "");
        token = change(f, "Policies.Set", NEW ", {'confirm-within': <uint32 60>}");
        g_assert_cmpstr(token, !=, "");
        before = fixture_dump(f);
        quoted = g_strdup_printf("'%s'", token);
        file = g_build_filename(f->runtime, "pending", NULL);
        g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
        works(f, "Policies.Confirm", quoted);
        g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
        after = fixture_dump(f);
        fixture_same("confirmed", before, after);
        fixture_fails(f, ERROR_("InvalidOption"), "token", "Policies.Confirm", "'%s'", token);
        fixture_fails(f, ERROR_("InvalidOption"), "token", "Policies.Rollback", "'%s'", token);
        list = answer_text(f, "Policies.List", "");
        g_assert_nonnull(strstr(list, "'deny'"));
}

static void test_rolled_back(void) {
        static const char *const changes[][2] = {
                { "Policies.Set", NEW ", {'confirm-within': <uint32 60>}" },
                { "Policies.Set", "'other', {'action': <'deny'>}, {'confirm-within': <uint32 60>}" },
                { "Policies.Set", NEW ", {'confirm-within': <uint32 60>, 'scope': <'runtime'>}" },
                { "Policies.Remove", "'web', {'confirm-within': <uint32 60>}" },
                { "Policies.ReplaceAll", "{'a': {'action': <'deny'>}}, {'confirm-within': <uint32 60>}" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *listed = NULL;

        works(f, "Policies.Set", OLD ", {}");
        before = fixture_dump(f);
        listed = answer_text(f, "Policies.List", "");
        for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
                g_autofree char *token = change(f, changes[i][0], changes[i][1]), *during = fixture_dump(f), *after = NULL;
                g_autofree char *listed_after = NULL, *quoted = g_strdup_printf("'%s'", token);

                g_assert_cmpstr(during, !=, before);
                works(f, "Policies.Rollback", quoted);
                after = fixture_dump(f);
                fixture_same(changes[i][1], before, after);
                listed_after = answer_text(f, "Policies.List", "");
                g_assert_cmpstr(listed_after, ==, listed);
        }
}

static void test_silence_brings_it_back(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *token = NULL;

        works(f, "Policies.Set", OLD ", {}");
        before = fixture_dump(f);
        token = change(f, "Policies.Set", NEW ", {'confirm-within': <uint32 1>}");
        g_assert_false(is_old(f, before));
        fixture_wait(f, is_old, before, "the change to be undone");
        fixture_fails(f, ERROR_("InvalidOption"), "token", "Policies.Confirm", "'%s'", token);
}

/* Killed, and restarted after the time is over or before. */
static void test_killed_meanwhile(void) {
        static const char *const seconds[] = { "1", "60" };

        for (gsize i = 0; i < G_N_ELEMENTS(seconds); i++) {
                g_autoptr(Fixture) f = fixture_new(NULL);
                g_autofree char *before = NULL, *token = NULL, *args = NULL, *quoted = NULL;

                works(f, "Policies.Set", OLD ", {}");
                before = fixture_dump(f);
                args = g_strdup_printf(NEW ", {'confirm-within': <uint32 %s>}", seconds[i]);
                token = change(f, "Policies.Set", args);
                fixture_stop_daemon(f, SIGKILL);
                fixture_start_daemon(f);
                if (i == 0) {
                        fixture_wait(f, is_old, before, "the change to be undone");
                } else if (!is_old(f, before)) {
                        /* Still pending: the new daemon accepts the token. */
                        quoted = g_strdup_printf("'%s'", token);
                        works(f, "Policies.Rollback", quoted);
                        g_assert_true(is_old(f, before));
                }
        }
}

static void test_another_change_meanwhile(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *token = NULL, *before = NULL, *after = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = NULL;

        works(f, "Policies.Set", OLD ", {}");
        token = change(f, "Policies.Set", NEW ", {'confirm-within': <uint32 60>}");
        before = fixture_dump(f);
        answer = fixture_call(f, "Policies.Set", &error, "%s", "'other', {'action': <'deny'>}, {}");
        fixture_check_error("another change", error, ERROR_("ChangePending"), "web|uid|s;");
        fixture_fails(f, ERROR_("ChangePending"), "web", "Manager.Reload", "%s", "");
        after = fixture_dump(f);
        fixture_same("refused", before, after);
}

/* The policies of the pending change, from the property: "'web', 'other'", or "". Caller and time are checked here. */
static char *pending_policies(Fixture *f) {
        g_autoptr(GVariant) pending = fixture_get(f, "Policies.PendingChange", NULL), list = NULL;
        guint64 until;
        guint32 uid;

        g_assert_nonnull(pending);
        list = g_variant_lookup_value(pending, "policies", G_VARIANT_TYPE_STRING_ARRAY);
        if (!list) {
                g_assert_cmpuint(g_variant_n_children(pending), ==, 0);
                return g_strdup("");
        }
        g_assert_true(g_variant_lookup(pending, "uid", "u", &uid) && g_variant_lookup(pending, "until", "t", &until));
        g_assert_cmpuint(uid, ==, getuid());
        g_assert_cmpint((gint64) until, >, g_get_real_time());
        g_assert_cmpint((gint64) until, <, g_get_real_time() + 61 * G_USEC_PER_SEC);
        return g_variant_print(list, FALSE);
}

static void test_is_told(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *none = pending_policies(f), *during = NULL, *restarted = NULL, *over = NULL, *token = NULL,
                        *quoted = NULL;

        g_assert_cmpstr(none, ==, "");
        works(f, "Policies.Set", OLD ", {}");
        token = change(f, "Policies.ReplaceAll", "{'other': {'action': <'deny'>}}, {'confirm-within': <uint32 60>}");
        during = pending_policies(f);
        g_assert_cmpstr(during, ==, "['other', 'web']");
        fixture_stop_daemon(f, SIGKILL);
        fixture_start_daemon(f);
        restarted = pending_policies(f);
        g_assert_cmpstr(restarted, ==, during);
        quoted = g_strdup_printf("'%s'", token);
        works(f, "Policies.Confirm", quoted);
        over = pending_policies(f);
        g_assert_cmpstr(over, ==, "");
}

static char *policy_file(Fixture *f, const char *name) {
        g_autofree char *path = g_build_filename(f->policies, name, NULL);
        char *text = NULL;

        (void) g_file_get_contents(path, &text, NULL, NULL);
        return text;
}

/* Files written by hand are restored byte by byte, and a vendor's file is not hidden by a copy. */
static void test_files_as_they_were(void) {
        static const char WEB[] = "<!-- mine -->\n<policy   action='deny'><port port='25' protocol='tcp'/></policy>\n";
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *token = NULL, *quoted = NULL, *during = NULL, *web = NULL, *below = NULL, *added = NULL;

        fixture_write(f->policies, "web.xml", WEB);
        fixture_write(f->vendor, "below.xml", "<policy action='deny'><port port='26' protocol='tcp'/></policy>\n");
        works(f, "Manager.Reload", "");
        token = change(f, "Policies.ReplaceAll",
                       "{'web': {'action': <'deny'>}, 'below': {'action': <'deny'>}, 'added': {'action': <'deny'>}}, "
                       "{'confirm-within': <uint32 60>}");
        during = policy_file(f, "below.xml");
        g_assert_nonnull(during);
        quoted = g_strdup_printf("'%s'", token);
        works(f, "Policies.Rollback", quoted);
        web = policy_file(f, "web.xml");
        below = policy_file(f, "below.xml");
        added = policy_file(f, "added.xml");
        g_assert_cmpstr(web, ==, WEB);
        g_assert_null(below);
        g_assert_null(added);
}

/* Nobody stays locked out because firewalld is not running or fails. It gets the old rules once it works again. */
static void test_without_firewalld(void) {
        for (int away = 0; away < 2; away++) {
                g_autoptr(Fixture) f = fixture_new(NULL);
                g_autofree char *token = NULL, *quoted = NULL, *before = NULL, *list = NULL, *file = NULL, *old = NULL;

                works(f, "Policies.Set", OLD ", {}");
                before = fixture_dump(f);
                old = policy_file(f, "web.xml");
                token = change(f, "Policies.Set", NEW ", {'confirm-within': <uint32 60>}");
                if (away)
                        fixture_stop_firewalld(f);
                else
                        fixture_plan(f, "addRule", 1, "fail", "COMMAND_FAILED: planned by the test");
                quoted = g_strdup_printf("'%s'", token);
                works(f, "Policies.Rollback", quoted);
                list = answer_text(f, "Policies.List", "");
                g_assert_nonnull(strstr(list, "192.168.1.1"));
                file = policy_file(f, "web.xml");
                g_assert_cmpstr(file, ==, old);
                if (away)
                        fixture_start_firewalld(f);
                fixture_wait(f, is_old, before, "firewalld to have the rules as they were");
        }
}

/* Regression: saved state is missing, as an older version could leave it when it was killed. No policy may be lost. */
static void test_nothing_to_bring_back(void) {
        static const char *const parts[] = { "runtime", "permanent", "files" };

        for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
                g_autoptr(Fixture) f = fixture_new(NULL);
                g_autofree char *token = NULL, *there = NULL, *gone = NULL, *before = NULL, *file = NULL;

                works(f, "Policies.Set", OLD ", {}");
                token = change(f, "Policies.Set", NEW ", {'confirm-within': <uint32 60>}");
                before = fixture_dump(f);
                there = g_build_filename(f->dir, "state/pending", parts[i], NULL);
                gone = g_build_filename(f->dir, "gone", NULL);
                g_assert_cmpint(rename(there, gone), ==, 0);
                fixture_fails(f, ERROR_("Io"), parts[i], "Policies.Rollback", "'%s'", token);
                g_assert_true(is_old(f, before));
                file = policy_file(f, "web.xml");
                g_assert_nonnull(file);
        }
}

/* A crash while the saved state is being removed keeps the confirmed change. */
static void test_killed_while_it_is_forgotten(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *token = NULL, *pending = NULL, *old = NULL, *before = NULL;

        works(f, "Policies.Set", OLD ", {}");
        token = change(f, "Policies.Set", NEW ", {'confirm-within': <uint32 1>}");
        before = fixture_dump(f);
        fixture_stop_daemon(f, SIGKILL);
        pending = g_build_filename(f->dir, "state/pending", NULL);
        old = g_build_filename(f->dir, "state/pending.old", NULL);
        g_assert_cmpint(rename(pending, old), ==, 0);
        fixture_start_daemon(f);
        g_assert_true(is_old(f, before));
        works(f, "Policies.Set", OLD ", {}");
        g_assert_false(g_file_test(old, G_FILE_TEST_EXISTS));
        g_assert_cmpstr(token, !=, "");
}

static void on_answer(GObject *bus, GAsyncResult *result, gpointer data) {
        g_autoptr(GVariant) answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, NULL);

        *(gboolean *) data = answer != NULL;
}

static gboolean is_true(Fixture *f G_GNUC_UNUSED, gpointer data) {
        return *(gboolean *) data;
}

static gboolean on_late(gpointer data) {
        *(gboolean *) data = TRUE;
        return G_SOURCE_REMOVE;
}

/* The time begins when the change is in force: what firewalld takes is not taken from it. */
static void test_clock(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        gboolean answered = FALSE, late = FALSE;
        g_autoptr(GVariant) pending = NULL;
        guint64 until = 0;

        works(f, "Policies.Set", OLD ", {}");
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        fixture_plan(f, "direct.addRule", 1, "hang", "");
        g_dbus_connection_call(f->bus, "org.quaywall1", "/org/quaywall1", "org.quaywall1.Policies", "Set",
                               fixture_args("Policies.Set", "%s", NEW ", {'confirm-within': <uint32 4>}"), NULL, 0, -1, NULL,
                               on_answer, &answered);
        g_timeout_add(2500, on_late, &late);
        fixture_wait(f, is_true, &late, "two and a half seconds");
        g_assert_false(answered);
        g_variant_unref(fixture_mock(f, "Release", NULL));
        fixture_wait(f, is_true, &answered, "Set to be answered");
        pending = fixture_get(f, "Policies.PendingChange", NULL);
        g_assert_true(g_variant_lookup(pending, "until", "t", &until));
        g_assert_cmpint((gint64) until - g_get_real_time(), >, 2500 * 1000);
}

static void test_bad_times(void) {
        static const char *const times[] = { "<uint32 0>", "<uint32 3601>", "<-60>", "<'60'>",
                                             "<uint64 18446744073709551615>" };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *after = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(times); i++)
                fixture_fails(f, ERROR_("InvalidOption"), "confirm-within", "Policies.Set", NEW ", {'confirm-within': %s}",
                              times[i]);
        fixture_fails(f, ERROR_("InvalidOption"), "token", "Policies.Confirm", "''");
        fixture_fails(f, ERROR_("InvalidOption"), "token", "Policies.Rollback", "'../../x'");
        after = fixture_dump(f);
        fixture_same("bad times", before, after);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/confirm/confirmed", test_confirmed);
        g_test_add_func("/confirm/rolled-back", test_rolled_back);
        g_test_add_func("/confirm/silence-brings-it-back", test_silence_brings_it_back);
        g_test_add_func("/confirm/killed-meanwhile", test_killed_meanwhile);
        g_test_add_func("/confirm/another-change-meanwhile", test_another_change_meanwhile);
        g_test_add_func("/confirm/is-told", test_is_told);
        g_test_add_func("/confirm/files-as-they-were", test_files_as_they_were);
        g_test_add_func("/confirm/without-firewalld", test_without_firewalld);
        g_test_add_func("/confirm/nothing-to-bring-back", test_nothing_to_bring_back);
        g_test_add_func("/confirm/killed-while-it-is-forgotten", test_killed_while_it_is_forgotten);
        g_test_add_func("/confirm/clock", test_clock);
        g_test_add_func("/confirm/bad-times", test_bad_times);
        return g_test_run();
}
