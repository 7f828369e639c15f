/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Broken policy files and a restart of quaywalld: the policies stay as when the files were last good. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define OLD "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}"
#define NEW "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}"

static void restart(Fixture *f, int signal) {
        g_assert_true(fixture_stop_daemon(f, signal));
        fixture_start_daemon(f);
}

static gboolean there(Fixture *f, const char *path) {
        g_autofree char *full = g_build_filename(f->dir, path, NULL);

        return g_file_test(full, G_FILE_TEST_EXISTS);
}

static void drop(Fixture *f, const char *path) {
        g_autofree char *full = g_build_filename(f->dir, path, NULL);

        g_assert_cmpint(g_remove(full), ==, 0);
}

static char *problems(Fixture *f) {
        g_autoptr(GVariant) value = fixture_get(f, "Manager.Problems", NULL);

        return value ? g_variant_print(value, FALSE) : g_strdup("");
}

/* Checks that there is such a problem, or with NULL that there is none with this code. */
static void check_problem(Fixture *f, const char *code, const char *words) {
        g_autofree char *text = problems(f);

        if (words ? !strstr(text, code) || !strstr(text, words) : strstr(text, code) != NULL) {
                g_test_message("%s with \"%s\": %s", code, words ? words : "", text);
                g_test_fail();
        }
}

/* Checks the source of the policy "web", runtime and permanent. NULL: there is no such policy. */
static void check_web(Fixture *f, const char *source) {
        for (int permanent = 0; permanent < 2; permanent++) {
                g_autofree char *list = answer_text(f, permanent ? "Policies.ListPermanent" : "Policies.List", ""),
                                *rules = fixture_direct(f, permanent);

                g_assert_cmpint(strstr(list, "'web'") != NULL, ==, source != NULL);
                g_assert_cmpint(source && strstr(list, source), ==, source != NULL);
                g_assert_cmpint(fixture_lines(rules, "quaywall:web") > 0, ==, source != NULL);
        }
}

static void test_broken_and_restarted(void) {
        static const char *const BROKEN[] = { "<pol", "<policy action='deny'>\n<sauce/>\n</policy>",
                                              "\x7f"
                                              "ELF\x01\xff\xfe" };
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });

        works(f, "Policies.Set", OLD ", {}");
        works(f, "Policies.Set", "'other', {'action': <'deny'>, 'ports': <['9/tcp']>}, {}");
        for (gsize i = 0; i < G_N_ELEMENTS(BROKEN); i++) {
                fixture_write(f->policies, "web.xml", BROKEN[i]);
                restart(f, SIGTERM);
                check_web(f, "192.168.1.1");
                check_problem(f, "policy-file", i == 1 ? "/policies/web.xml:2: <sauce>" : "/policies/web.xml:1: ");
                check_problem(f, "policy-file", "the policy stays as it was when its file was last good");
                fixture_wait_state(f, "degraded");
                restart(f, SIGKILL);
                check_web(f, "192.168.1.1");
                fixture_fails(f, ERROR_("InvalidPolicy"), "/policies/web.xml:|all else was read", "Manager.Reload", "%s", "");
                check_web(f, "192.168.1.1");
                /* A change of another policy does not affect it. */
                works(f, "Policies.Set", "'other', {'action': <'deny'>, 'ports': <['10/tcp']>}, {}");
                works(f, "Policies.Set", "'other', {'action': <'deny'>, 'ports': <['9/tcp']>}, {}");
                check_problem(f, "policy-file", "/policies/web.xml:");
                restart(f, SIGKILL);
                check_web(f, "192.168.1.1");
        }
        fixture_write(f->policies, "web.xml",
                      "<policy action='allow-only'><source address='192.168.1.2'/><port port='8080' protocol='tcp'/></policy>");
        works(f, "Manager.Reload", "");
        check_web(f, "192.168.1.2");
        check_problem(f, "policy-file", NULL);
        fixture_wait_state(f, "enforcing");
        /* Since Reload read the new file, that is the last good one. */
        fixture_write(f->policies, "web.xml", "<");
        restart(f, SIGKILL);
        check_web(f, "192.168.1.2");
        drop(f, "policies/web.xml");
        works(f, "Manager.Reload", "");
        check_web(f, NULL);
        check_problem(f, "policy-file", NULL);
        g_assert_false(there(f, "state/last-good/web.xml"));
        g_assert_true(there(f, "state/last-good/other.xml"));
}

/* If an administrator removes the file while quaywalld is stopped, the policy is removed. */
static void test_removed_and_restarted(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Policies.Set", OLD ", {}");
        fixture_stop_daemon(f, SIGKILL);
        drop(f, "policies/web.xml");
        fixture_start_daemon(f);
        check_web(f, NULL);
        g_assert_false(there(f, "state/last-good/web.xml"));
        /* A later file of this name is not related to that policy. */
        fixture_write(f->policies, "web.xml", "<pol");
        restart(f, SIGTERM);
        check_web(f, NULL);
        check_problem(f, "policy-file", "it has no last good copy: nothing enforces it");
        fixture_wait_state(f, "degraded");
        fixture_fails(f, ERROR_("NoSuchPolicy"), "web|web.xml:1: ", "Policies.Remove", "'web', {}");
        works(f, "Policies.Set", NEW ", {}");
        check_problem(f, "policy-file", NULL);
}

/* Files from an older version, or edited while quaywalld was stopped: if they are good, they are used at the start. */
static void test_written_while_away(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });

        fixture_write(f->policies, "web.xml",
                      "<policy action='allow-only'><source address='192.168.1.3'/><port port='8080' protocol='tcp'/></policy>");
        fixture_start_daemon(f);
        check_web(f, "192.168.1.3");
        fixture_write(f->policies, "web.xml", "");
        g_assert_cmpint(there(f, "state/last-good/web.xml"), ==, TRUE);
        fixture_write(f->policies, "web.xml", "<policy");
        restart(f, SIGKILL);
        check_web(f, "192.168.1.3");
}

/* A caller can set a policy whose file is broken, even to what stayed in force, or remove it. */
static void test_replaced(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Policies.Set", OLD ", {}");
        fixture_write(f->policies, "web.xml", "<pol");
        restart(f, SIGTERM);
        works(f, "Policies.Set", OLD ", {}");
        check_problem(f, "policy-file", NULL);
        restart(f, SIGTERM);
        check_problem(f, "policy-file", NULL);
        check_web(f, "192.168.1.1");

        fixture_write(f->policies, "web.xml", "<pol");
        restart(f, SIGTERM);
        works(f, "Policies.Remove", "'web', {}");
        check_problem(f, "policy-file", NULL);
        g_assert_false(there(f, "policies/web.xml"));
        g_assert_false(there(f, "state/last-good/web.xml"));
        restart(f, SIGKILL);
        check_web(f, NULL);

        works(f, "Policies.Set", OLD ", {}");
        fixture_write(f->policies, "web.xml", "<pol");
        restart(f, SIGTERM);
        works(f, "Policies.ReplaceAll", "{'other': {'action': <'deny'>, 'ports': <['9/tcp']>}}, {}");
        check_problem(f, "policy-file", NULL);
        restart(f, SIGKILL);
        check_web(f, NULL);
}

/* A rollback restores the broken file, and what was in force before. */
static void test_rollback(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        for (int known = 0; known < 2; known++) {
                g_autofree char *token = NULL;

                if (known)
                        works(f, "Policies.Set", OLD ", {}");
                fixture_write(f->policies, "web.xml", "<pol");
                restart(f, SIGTERM);
                token = answer_text(f, "Policies.Set", NEW ", {'confirm-within': <uint32 600>}");
                check_problem(f, "policy-file", NULL);
                /* (TOKEN,) */
                token[strlen(token) - 2] = '\0';
                works(f, "Policies.Rollback", token + 1);
                check_problem(f, "policy-file", "/policies/web.xml:1: ");
                check_web(f, known ? "192.168.1.1" : NULL);
                restart(f, SIGKILL);
                check_problem(f, "policy-file", "/policies/web.xml:1: ");
                check_web(f, known ? "192.168.1.1" : NULL);
        }
}

/* A vendor's policy that was hidden stays hidden, and one that was in force stays in force. */
static void test_vendor(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });

        fixture_write(f->vendor, "web.xml",
                      "<policy action='allow-only'><source address='192.168.1.4'/><port port='8080' protocol='tcp'/></policy>");
        fixture_start_daemon(f);
        check_web(f, "192.168.1.4");
        fixture_write(f->vendor, "web.xml", "<");
        restart(f, SIGTERM);
        check_web(f, "192.168.1.4");
        check_problem(f, "policy-file", "/vendor/web.xml:1: ");
        works(f, "Policies.Remove", "'web', {}");
        check_web(f, NULL);
        restart(f, SIGTERM);
        check_web(f, NULL);
        fixture_write(f->vendor, "web.xml", "<policy action='deny'/>");
        fixture_write(f->policies, "web.xml", "<");
        restart(f, SIGTERM);
        check_web(f, NULL);
        fixture_fails(f, ERROR_("InvalidPolicy"), "/policies/web.xml:1: ", "Manager.Reload", "%s", "");
        check_web(f, NULL);
        check_problem(f, "policy-file", "there is no policy of this name, as when its file was last good");
}

/* A policy that exists at runtime only. */
static void test_runtime(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *list = NULL, *after = NULL;

        works(f, "Policies.Set", NEW ", {'scope': <'runtime'>}");
        fixture_write(f->runtime, "policies/web.xml", "<pol");
        restart(f, SIGKILL);
        list = answer_text(f, "Policies.List", "");
        g_assert_nonnull(strstr(list, "'web'"));
        check_problem(f, "policy-file", "/policies/web.xml:1: ");
        works(f, "Manager.Reload", "");
        check_problem(f, "policy-file", NULL);
        check_web(f, NULL);
        restart(f, SIGKILL);
        check_web(f, NULL);
}

/* If copies cannot be written, that is a problem until they can; nothing else fails. */
static void test_no_copies(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autofree char *state = g_build_filename(f->dir, "state", NULL);

        g_assert_cmpint(g_mkdir_with_parents(state, 0755), ==, 0);
        fixture_write(state, "last-good", "");
        works(f, "Policies.Set", OLD ", {}");
        check_web(f, "192.168.1.1");
        check_problem(f, "policy-copy", "/state/last-good");
        fixture_wait_state(f, "degraded");
        restart(f, SIGTERM);
        check_problem(f, "policy-copy", "/state/last-good");
        drop(f, "state/last-good");
        works(f, "Manager.Repair", "");
        check_problem(f, "policy-copy", NULL);
        fixture_wait_state(f, "enforcing");
        fixture_write(f->policies, "web.xml", "<pol");
        restart(f, SIGKILL);
        check_web(f, "192.168.1.1");
}

/* A folder that cannot be read does not keep quaywalld from starting. */
static void test_folder_broken(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Policies.Set", OLD ", {}");
        fixture_stop_daemon(f, SIGTERM);
        drop(f, "policies/web.xml");
        drop(f, "policies");
        fixture_write(f->dir, "policies", "");
        fixture_start_daemon(f);
        check_web(f, "192.168.1.1");
        check_problem(f, "policy-file", "Not a directory; its policies stay as they were");
        restart(f, SIGKILL);
        check_web(f, "192.168.1.1");
        drop(f, "policies");
        g_assert_cmpint(g_mkdir(f->policies, 0755), ==, 0);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/files/broken-and-restarted", test_broken_and_restarted);
        g_test_add_func("/files/removed-and-restarted", test_removed_and_restarted);
        g_test_add_func("/files/written-while-away", test_written_while_away);
        g_test_add_func("/files/replaced", test_replaced);
        g_test_add_func("/files/rollback", test_rollback);
        g_test_add_func("/files/vendor", test_vendor);
        g_test_add_func("/files/runtime", test_runtime);
        g_test_add_func("/files/no-copies", test_no_copies);
        g_test_add_func("/files/folder-broken", test_folder_broken);
        return g_test_run();
}
