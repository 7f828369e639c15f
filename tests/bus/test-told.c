/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What quaywallctl tells its user: in the words that were typed, with what was meant, what helps, and the exit status of a wrong
 * command line. */
#include "fixture-ctl.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* The service refuses these values; they were typed after the option that is named. */
static void test_wrong_values(void) {
        static const char *const cases[][2] = {
                { "--from: \"999.1.1.1\"", "allow-only x --from 999.1.1.1" },
                { "--from: \"999.1.1.1\"", "deny x --from 999.1.1.1 --check" },
                { "--to: \"nowhere\"", "deny x --to nowhere" },
                { "--port: \"80\"", "deny x --port 80" },
                { "--on: \"a-name-that-is-too-long\"", "deny x --on a-name-that-is-too-long" },
                { "--in: \"a-name-that-is-too-long\"", "forward x --in a-name-that-is-too-long --out b" },
                { "--out: \"a-name-that-is-too-long\"", "forward x --in a --out a-name-that-is-too-long" },
                { "NAME: \"-x\"", "deny -- -x" },
                { "NAME: \"a/b\"", "policy show a/b" },
                { "--cut: ", "deny x --port 1/tcp --cut --permanent" },
                { "--from: \"here\"", "explain --from here --to 10.0.0.1 --port 80/tcp" },
                { "--port: \"80\"", "explain --from 10.0.0.2 --to 10.0.0.1 --port 80" },
                { "IF: \"a-name-that-is-too-long\"", "zone add a-name-that-is-too-long" },
                { "FAMILY: \"ipv5\"", "direct add ipv5 0 -- -j DROP" },
                { "PRIORITY: 99999", "direct add ipv4 99999 -- -j DROP" },
                { "RULE: ", "direct add ipv4 0 -- -s 10.0.0.1" },
                { "ADDRESS: \"here\"", "engine set-default-address here" },
                { "--until: 'yesterday' is not a time", "deny x --port 1/tcp --until yesterday" },
                { "--for and --until both", "deny x --port 1/tcp --until 18:00 --for 2h" },
                { "--add-from: \"999.1.1.1\"", "policy edit web --add-from 999.1.1.1" },
                { "--add-port: \"80\"", "policy edit web --add-port 80" },
                { "--remove-port: \"80\"", "policy edit web --remove-port 80" },
                { "--remove-port: \"81/tcp\" cannot be removed", "policy edit web --remove-port 81/tcp" },
                { "--remove-port: none would be left", "policy edit web --remove-port 8080/tcp" },
                { "--add-to: \"nowhere\"", "policy edit web --add-to nowhere" },
                { "--add-on/--add-in: \"a-name-that-is-too-long\"", "policy edit web --add-on a-name-that-is-too-long" },
                { "policy edit: what shall change?\nTry 'quaywallctl help policy edit'\n", "policy edit web" },
                { "NEW: \"a/b\"", "policy rename web a/b" },
                { "--confirm-within takes 1 to 3600", "deny x --port 1/tcp --confirm-within 0" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL;

        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        before = fixture_dump(f);
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                says(f, 2, cases[i][0], cases[i][1]);
        after = fixture_dump(f);
        fixture_same("nothing was changed", before, after);
        /* What was not typed is no wrong command line: a file, a token whose time is over, a policy that is gone. */
        fixture_write(f->dir, "policies.json", "{\"policies\": {\"x\": {\"action\": \"deny\", \"sources\": [\"999.1.1.1\"]}}}");
        says(f, 1, "nothing was imported: policy 'x': sources: \"999.1.1.1\"", "policy import policies.json");
        says(f, 1, "token: ", "policy confirm 0123456789abcdef0123456789abcdef");
        says(f, 1, "there is no policy", "policy remove nobody");
        fixture_write(f->policies, "broken.xml", "<policy action='den");
        says(f, 1, "broken.xml", "reload");
}

static void test_did_you_mean(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *none = NULL;

        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "deny later --port 1/tcp --permanent");
        says(f, 2, "unknown command 'polcy'; did you mean 'policy'?|Try 'quaywallctl help'", "polcy list");
        says(f, 2, "unknown command 'policy shwo'; did you mean 'show'?|Try 'quaywallctl help policy'", "policy shwo web");
        says(f, 2, "unknown command 'zone ad'; did you mean 'add'?", "zone ad br0");
        says(f, 2, "unknown command 'direct lst'; did you mean 'list'?", "direct lst");
        says(f, 2, "unknown option '--form'; did you mean '--from'?|Try 'quaywallctl help deny'", "deny x --form 10.0.0.1");
        says(f, 2, "unknown option '--jsn'; did you mean '--json'?", "--jsn status");
        says(f, 2, "'policy show' does not take --replace", "policy show web --replace");
        says(f, 2, "'policy counters' does not take --runtime", "policy counters --runtime");
        says(f, 2, "--from needs a value: ADDRESS...", "deny x --from --port 80/tcp");
        says(f, 2, "policy show: NAME is missing\n|Try 'quaywallctl help policy show'\n", "policy show");
        says(f, 2, "policy edit: NAME is missing, it comes before the options", "policy edit --add-from 10.0.0.1 web");
        says(f, 2, "policy rename: NEW is missing\n", "policy rename web");
        says(f, 2, "unknown command 'policy edti'; did you mean 'edit'?", "policy edti web");
        says(f, 2, "unknown option '--add-form'; did you mean '--add-from'?|Try 'quaywallctl help policy edit'\n",
             "policy edit web --add-form 10.0.0.1");
        says(f, 2, "unknown option '--no-lgend'; did you mean '--no-legend'?", "policy list --no-lgend");
        says(f, 2, "'policy list' does not take --add-from", "policy list --add-from 10.0.0.1");
        says(f, 2, "'policy edit' does not take --replace", "policy edit web --replace");
        says(f, 2, "'policy show' does not take --quiet", "policy show web -q");
        says(f, 2, "'status' does not take --no-legend", "status --no-legend");
        says(f, 2, "'direct list' does not take --quiet", "direct list --quiet");
        says(f, 2, "--add-from needs a value: ADDRESS...", "policy edit web --add-from --log");
        says(f, 2, "unexpected word 'b'", "policy show a b");
        says(f, 2, "the command is missing", "");
        prints(f, "web", "policy -- list");
        prints(f, "web", "policy --permanent");
        prints(f, "web", "--permanent policy");
        says(f, 1, "there is no policy \"wbe\"|did you mean 'web'?", "policy show wbe");
        says(f, 1, "did you mean 'web'?", "policy remove wbe");
        says(f, 1, "did you mean 'web'?", "policy remove web wbe");
        says(f, 1, "did you mean 'web'?", "policy disable wbe");
        says(f, 1, "did you mean 'web'?", "policy edit wbe --log");
        says(f, 1, "did you mean 'web'?", "policy rename wbe shop");
        says(f, 1, "did you mean 'web'?", "policy export wbe");
        says(f, 1, "did you mean 'later'?", "policy show lter --permanent");
        ctl(f, 1, NULL, &none, "policy show nobody");
        g_assert_null(strstr(none, "did you mean"));
        /* The name is right, and the scope is not. */
        ctl(f, 0, NULL, NULL, "deny brief --port 2/tcp --runtime");
        says(f, 1, "there is no policy \"later\"|; it is permanent only\n", "policy show later");
        says(f, 1, "there is no permanent policy 'brief'; it is runtime only\n", "policy show brief --permanent");
        says(f, 1, "there is no policy \"later\"|; it is permanent only\n", "policy edit later --log --runtime");
}

static void test_help(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        g_autofree char *one = NULL, *other = NULL;

        ctl(f, 0, &one, NULL, "help policy show");
        ctl(f, 0, &other, NULL, "policy show web --help");
        g_assert_cmpstr(one, ==, other);
        has(one, "quaywallctl [OPTION...] policy show NAME|Examples:");
        g_assert_null(strstr(one, "--add-from"));
        prints(f, "policy edit NAME|--add-from ADDRESS...|--remove-port|--until TIME", "help policy edit");
        prints(f, "Usage:|Exit status", "help");
        says(f, 2, "unknown command 'polcy'; did you mean 'policy'?", "help polcy");
        says(f, 2, "unknown command 'policy shw'; did you mean 'show'?|Try 'quaywallctl help policy'", "help policy shw");
        says(f, 2, "unknown command 'nonsense'\nTry 'quaywallctl help'\n", "help nonsense");
}

/* Not for root, who is asked nothing, and not where polkit itself does not answer. */
static void test_sudo(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *refused = NULL, *challenged = NULL, *away = NULL;
        const gboolean is_user = geteuid() != 0;

        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "deny");
        ctl(f, 3, NULL, &refused, "deny web --port 8080/tcp");
        g_assert_cmpint(strstr(refused, "; use sudo\n") != NULL, ==, is_user);
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "challenge");
        ctl(f, 3, NULL, &challenged, "deny web --port 8080/tcp");
        has(challenged, "needs authorisation");
        g_assert_cmpint(strstr(challenged, "; use sudo\n") != NULL, ==, is_user);
        fixture_stop_polkit(f);
        ctl(f, 3, NULL, &away, "deny web --port 8080/tcp");
        has(away, "systemctl status polkit");
        g_assert_null(strstr(away, "sudo"));
}

/* Nothing that quaywallctl calls starts a quaywalld that somebody has stopped, even where the bus could. */
static void test_stopped_stays_stopped(void) {
        static const char *const lines[] = { "status", "policy list", "policy show web", "deny web --port 8080/tcp",
                                             "ports",  "zone show",   "direct list",     "engine",
                                             "verify", "reload",      "monitor" };
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        g_autofree char *services = g_build_filename(f->dir, "services", NULL),
                        *started = g_build_filename(f->dir, "started", NULL);
        g_autofree char *service = g_strdup_printf("[D-BUS Service]\nName=org.quaywall1\nExec=/bin/touch %s\n", started);
        g_autoptr(GVariant) reloaded = NULL, control = NULL;
        g_autoptr(GError) error = NULL;

        fixture_write(services, "org.quaywall1.service", service);
        reloaded = g_dbus_connection_call_sync(f->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                               "ReloadConfig", NULL, NULL, 0, -1, NULL, &error);
        g_assert_no_error(error);
        for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
                says(f, 4,
                     geteuid() == 0 ? "quaywalld is not running; start it with 'systemctl start quaywalld'" :
                                      "quaywalld is not running; start it with 'sudo systemctl start quaywalld'",
                     lines[i]);
        prints(f, "", "__complete -- policy show ''");
        prints(f, "", "__complete -- deny x --port ''");
        g_assert_false(g_file_test(started, G_FILE_TEST_EXISTS));
        /* The bus would have: */
        control = g_dbus_connection_call_sync(f->bus, "org.quaywall1", "/org/quaywall1", "org.quaywall1.Policies", "List", NULL,
                                              NULL, 0, -1, NULL, NULL);
        g_assert_true(g_file_test(started, G_FILE_TEST_EXISTS));
}

static void test_without_firewalld(void) {
        g_autoptr(Fixture) f = NULL;
        g_autofree char *quiet = NULL, *imported = NULL;

        if (!fixture_can_guard()) {
                g_test_skip("this user may not make a network namespace");
                return;
        }
        f = fixture_new(&(FixtureOptions){ .guard = TRUE, .docker_ipv6 = TRUE });
        ctl(f, 0, NULL, &quiet, "deny web --port 8080/tcp");
        g_assert_cmpstr(quiet, ==, "");
        ctl(f, 0, NULL, NULL, "forward lan --in a --out b");
        fixture_stop_firewalld(f);
        says(f, 0, "warning: firewalld is not running: until it is back the guard alone", "deny web --port 8081/tcp");
        says(f, 0, "warning: firewalld is not running", "policy disable web");
        says(f, 0, "warning: firewalld is not running", "policy edit web --add-port 8082/tcp");
        says(f, 0, "warning: firewalld is not running", "policy rename web shop");
        says(f, 0, "warning: firewalld is not running", "policy rename shop web");
        says(f, 0, "warning: firewalld is not running", "policy remove web");
        fixture_write(f->dir, "policies.json",
                      "{\"policies\": {\"a\": {\"action\": \"deny\"}, \"b\": {\"action\": \"deny\"}}}");
        ctl(f, 0, NULL, &imported, "policy import policies.json");
        g_assert_cmpuint(fixture_lines(imported, "firewalld is not running"), ==, 1);
        says(f, 1, "the guard alone cannot change the policy \"lan\" (forward)", "policy remove lan");
        ctl(f, 5, NULL, NULL, "status");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/told/wrong-values", test_wrong_values);
        g_test_add_func("/told/did-you-mean", test_did_you_mean);
        g_test_add_func("/told/help", test_help);
        g_test_add_func("/told/sudo", test_sudo);
        g_test_add_func("/told/stopped-stays-stopped", test_stopped_stays_stopped);
        g_test_add_func("/told/without-firewalld", test_without_firewalld);
        return g_test_run();
}
