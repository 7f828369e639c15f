/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What quaywallctl shows, on a screen of 80 columns (golden/NAME.screen; UPDATE_GOLDEN=1 renews them), to a program, and in a pager. */
#include "fixture-ctl.h"
#include "shop.h"

#include <glib/gstdio.h>

#include <string.h>

#define COLUMNS 80

/* --- golden files ------------------------------------------------------------------------------------------------- */

static void replace(char **text, const char *pattern, const char *by) {
        g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
        char *replaced = g_regex_replace_literal(regex, *text, -1, 0, by, 0, NULL);

        g_free(*text);
        *text = replaced;
}

/* What differs from run to run. */
static void make_stable(Fixture *f, char **text) {
        g_autofree char *dir = g_regex_escape_string(f->dir, -1);

        replace(text, dir, "DIR");
        replace(text, "quaywalld:  [0-9][0-9.]*", "quaywalld:  VERSION");
        replace(text, "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", "2026-11-24 10:21:07");
        replace(text, "[0-9]+ seconds? ago", "3 seconds ago");
        replace(text, "undone in [0-9]+ s", "undone in 42 s");
        replace(text, " by [a-z_][a-z0-9_-]*, undone", " by root, undone");
}

static void check_golden(const char *name, const char *text) {
        g_autofree char *file = g_strdup_printf("tests/bus/golden/%s.screen", name), *path = fixture_source(file),
                        *expected = NULL;
        g_autoptr(GError) error = NULL;

        if (g_strcmp0(g_getenv("UPDATE_GOLDEN"), "1") == 0) {
                g_assert_true(g_file_set_contents(path, text, -1, NULL));
                return;
        }
        g_file_get_contents(path, &expected, NULL, &error);
        g_assert_no_error(error);
        if (!g_str_equal(text, expected))
                g_test_message("%s should be:\n%s", file, text);
        g_assert_cmpstr(text, ==, expected);
}

/* What is printed on a screen; it fits. */
static char *fits(Fixture *f, int status, const char *line) {
        g_autofree char *printed = ctl_screen(f, status, G_STRINGIFY(COLUMNS), line);
        g_auto(GStrv) around_folder = g_strsplit(printed, DOCDIR, -1);
        char *text = g_strjoinv("DOCDIR", around_folder);

        make_stable(f, &text);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (guint i = 0; lines[i]; i++)
                if (g_utf8_strlen(lines[i], -1) > COLUMNS || g_str_has_suffix(lines[i], " "))
                        g_error("%s: line %u has more than %d columns, or blanks at its end:\n%s", line, i + 1, COLUMNS, text);
        return text;
}

static void screen(Fixture *f, int status, const char *name, const char *line) {
        g_autofree char *text = fits(f, status, line);

        check_golden(name, text);
}

/* --- the screens -------------------------------------------------------------------------------------------------- */

static void test_policies(void) {
        MockDocker docker;
        g_autoptr(Fixture) f = shop_begin(&docker);

        screen(f, 0, "policy-list-none", "policy list");
        screen(f, 0, "status-idle", "status");
        shop_make_policies(f);
        screen(f, 0, "policy-list", "policy list");
        screen(f, 0, "policy-list-no-legend", "policy list --no-legend");
        screen(f, 0, "policy-names", "policy names");
        screen(f, 0, "policy-names", "policy list --quiet");
        screen(f, 0, "policy-show", "policy show web");
        screen(f, 0, "policy-counters", "policy counters");
        screen(f, 0, "policy-check", "policy check customer-2");
        screen(f, 0, "status", "status");
        screen(f, 0, "verify", "verify");
        screen(f, 0, "repair", "repair");
        screen(f, 0, "direct-list", "direct list");
        mock_docker_kill(&docker);
}

/* Groups, and what of them is in force and not permanent. */
static void test_groups(void) {
        MockDocker docker;
        g_autoptr(Fixture) f = shop_begin(&docker);
        g_autofree char *json = NULL;

        screen(f, 0, "group-list-none", "group list");
        ctl(f, 0, NULL, NULL, "group set branch-10 203.0.113.1 203.0.113.3 203.0.113.5 203.0.113.7 2001:db8::/64");
        ctl(f, 0, NULL, NULL, "group set branch-9 203.0.113.1");
        ctl(f, 0, NULL, NULL, "group set office 192.168.1.1 --description us");
        ctl(f, 0, NULL, NULL, "group add office 192.168.1.2 --runtime");
        ctl(f, 0, NULL, NULL, "group set tmp 10.0.0.1 --runtime");
        ctl(f, 0, NULL, NULL, "group set later 10.0.0.2 --permanent");
        ctl(f, 0, NULL, NULL, "deny branches --from group:branch-9 group:branch-10");
        ctl(f, 0, NULL, NULL, "allow-only shop-10 --from group:office --port 8081/tcp");
        ctl(f, 0, NULL, NULL, "allow-only shop-9 --from group:office --port 8082/tcp");
        screen(f, 0, "group-list", "group list");
        screen(f, 0, "group-list-permanent", "group list --permanent");
        screen(f, 0, "group-list-quiet", "group list --quiet");
        screen(f, 0, "group-show", "group show branch-10");
        screen(f, 0, "group-show-differs", "group show office");
        screen(f, 0, "group-show-only", "group show tmp");
        screen(f, 0, "group-status", "status");
        ctl(f, 0, &json, NULL, "status --json");
        has(json, "\"runtime-group-changes\" : [|\"later\"|\"office\"|\"tmp\"");
        mock_docker_kill(&docker);
}

/* What is in force and not permanent, and the other way round, is marked. */
static void test_runtime_only(void) {
        MockDocker docker;
        g_autoptr(Fixture) f = shop_begin(&docker);
        g_autofree char *json = NULL;

        ctl(f, 0, NULL, NULL, "deny same --port 1/tcp");
        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.1 --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.2 --port 8080/tcp --runtime");
        ctl(f, 0, NULL, NULL, "deny brief --port 2/tcp --runtime");
        ctl(f, 0, NULL, NULL, "deny later-10 --port 3/tcp --permanent");
        ctl(f, 0, NULL, NULL, "deny later-9 --port 3/tcp --permanent");
        screen(f, 0, "runtime-list", "policy list");
        screen(f, 0, "runtime-list-permanent", "policy list --permanent");
        screen(f, 0, "runtime-show-differs", "policy show web");
        screen(f, 0, "runtime-show-differs-permanent", "policy show web --permanent");
        screen(f, 0, "runtime-show-only", "policy show brief");
        screen(f, 0, "runtime-show-only-permanent", "policy show later-9 --permanent");
        screen(f, 0, "runtime-status", "status");
        ctl(f, 0, &json, NULL, "status --json");
        has(json, "\"runtime-changes\" : [|\"brief\"|\"later-10\"|\"web\"|\"runtime-group-changes\" : []");
        prints(f, "name:     same\n", "policy show same");
        ctl(f, 0, NULL, NULL, "reload");
        g_autofree char *after = ctl_screen(f, 0, "80", "policy list"), *status = ctl_screen(f, 0, "80", "status");
        g_assert_null(strstr(after, "differs"));
        g_assert_null(strstr(after, "only, "));
        g_assert_null(strstr(status, "Runtime:"));
        mock_docker_kill(&docker);
}

static void test_ports(void) {
        MockDocker docker;
        g_autoptr(Fixture) f = shop_begin(&docker);
        g_autofree char *json = NULL, *open = NULL;

        screen(f, 0, "ports-no-policy", "ports");
        shop_make_policies(f);
        screen(f, 0, "ports", "ports");
        screen(f, 0, "ports-open", "ports --open");
        screen(f, 0, "ports-some", "ports 9000-9010/tcp shop_front");
        screen(f, 0, "ports-no-legend", "ports customer-2 voip --no-legend");
        screen(f, 0, "ports-quiet", "ports -q");
        screen(f, 0, "engine-networks", "engine networks");
        /* In the words that were typed. */
        says(f, 0, "warning: --compose: \"label=com.docker.compose.project=nope\" means nothing", "deny none --compose nope");
        screen(f, 0, "policy-check-compose", "deny none --compose nope/web --check");
        says(f, 0, "warning: --container: \"label=com.docker.compose.project=nope\" means nothing",
             "deny none --container label=com.docker.compose.project=nope");
        ctl(f, 0, NULL, NULL, "policy remove none");
        says(f, 1, "no port is published that is '80', or of", "ports 80");
        says(f, 1, "'9002/udp'", "ports 9002/tcp 9002/udp");
        /* Programs get each port of each family, as before. */
        ctl(f, 0, &json, NULL, "ports voip --json");
        g_assert_cmpuint(fixture_lines(json, "\"host-port\""), ==, 42);
        g_assert_null(strstr(json, "known-until"));
        ctl(f, 0, &open, NULL, "ports --open --json");
        g_assert_null(strstr(open, "customer-2"));
        mock_docker_kill(&docker);
        mock_docker_wait(f, "not-running");
        screen(f, 0, "ports-docker-away", "ports customer-2");
        screen(f, 0, "engine-networks-docker-away", "engine networks");
        prints(f, "\"known-until\" : ", "ports --json");
}

static void test_no_ports(void) {
        const FixtureOptions options = { .docker_ipv6 = TRUE };
        g_autoptr(Fixture) f = fixture_new(&options);
        MockDocker docker;

        says(f, 1, "nothing is known of its containers", "ports");
        mock_docker_start(&docker, f);
        mock_docker_wait(f, "running");
        screen(f, 0, "ports-none", "ports");
        screen(f, 0, "ports-none-open", "ports --open");
        screen(f, 0, "engine", "engine");
        ctl(f, 0, NULL, NULL, "engine set-default-address 127.0.0.1");
        screen(f, 0, "engine-address", "engine");
        screen(f, 0, "zone", "zone show");
        screen(f, 0, "zone-quiet", "zone show -q");
        mock_docker_kill(&docker);
}

/* Sentences of problems are long. */
static void test_degraded(void) {
        const FixtureOptions options = { .docker_ipv6 = TRUE };
        g_autoptr(Fixture) f = fixture_new(&options);
        g_autofree char *token = NULL;

        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        for (guint i = 0; i < 3; i++) {
                g_free(fixture_iptables(f, "ipv4", "-F QUAYWALL-POLICY"));
                ctl(f, 0, NULL, NULL, "repair");
        }
        ctl(f, 0, &token, NULL, "deny web --port 8081/tcp --confirm-within 600");
        screen(f, 0, "status-repaired", "status");
        fixture_stop_firewalld(f);
        fixture_wait_state(f, "degraded");
        screen(f, 5, "status-degraded", "status");
        screen(f, 5, "verify-degraded", "verify");
        screen(f, 5, "repair-degraded", "repair");
}

static void test_import(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        fixture_write(f->dir, "rules", "-i ext0 ! -s 192.168.1.0/24 -j DROP\n-s 203.0.113.9 -j DROP\n");
        screen(f, 0, "import-check", "policy import rules --check");
}

/* --- to programs -------------------------------------------------------------------------------------------------- */

/* A program that reads a row gets a line for it, however long. */
static void test_pipe(void) {
        MockDocker docker;
        g_autoptr(Fixture) f = shop_begin(&docker);
        g_autofree char *list = NULL, *ports = NULL, *rules = NULL;

        shop_make_policies(f);
        ctl(f, 0, &list, NULL, "policy list");
        g_assert_cmpuint(fixture_lines(list, ""), ==, 7); /* headers, five policies, and after the last newline */
        has(list, "The shop, for both offices and the agency that maintains it\n");
        ctl(f, 0, &ports, NULL, "ports --no-legend");
        has(ports, "8080/tcp               shop-web-1   80           10.0.0.1-10.0.0.9, 192.168.1.0/24, 203.0.113.7 +2");
        ctl(f, 0, &rules, NULL, "direct list");
        g_assert_null(strstr(rules, "\n     "));
        /* Options of lists are for lists. */
        says(f, 2, "'status' does not take --no-legend", "status --no-legend");
        says(f, 2, "'policy show' does not take --quiet", "policy show web -q");
        says(f, 2, "'policy names' does not take --quiet", "policy names --quiet");
        says(f, 2, "'direct list' does not take --quiet", "direct list --quiet");
        says(f, 2, "'direct add' does not take --no-legend", "direct add --no-legend ipv4 0 -- -j DROP");
        says(f, 2, "'zone add' does not take --no-legend", "zone add docker0 --no-legend");
        says(f, 2, "'engine show' does not take --no-legend", "engine --no-legend");
        says(f, 2, "'policy import' does not take --quiet", "policy import -q");
        mock_docker_kill(&docker);
}

/* --- the pager ---------------------------------------------------------------------------------------------------- */

static char *paged(Fixture *f, const char *first, const char *second, const char *third, const char *line) {
        const char *const environment[] = { first, second, third, NULL };

        return ctl_at_terminal(f, 0, NULL, environment, line);
}

static void check_paged(Fixture *f, const char *first, const char *second, const char *third, const char *line,
                        const char *expected) {
        g_autofree char *seen = paged(f, first, second, third, line);

        if (!strstr(seen, expected))
                g_error("%s %s %s: \"%s\" is not in:\n%s", first, second, third, expected, seen);
}

static void test_pager(void) {
        const FixtureOptions options = { .docker_ipv6 = TRUE };
        g_autoptr(Fixture) f = fixture_new(&options);
        g_autofree char *pager = g_build_filename(f->dir, "my pager", NULL), *plain = NULL, *out = NULL;
        g_autofree char *mine = g_strdup_printf("PAGER='%s' --flag", pager);
        g_autofree char *systemds = g_strdup_printf("SYSTEMD_PAGER='%s'", pager);

        fixture_write(f->dir, "my pager", "#!/bin/sh\necho \"begin $* $LESS secure=$LESSSECURE\"\ncat\necho end\n");
        g_assert_cmpint(g_chmod(pager, 0755), ==, 0);
        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");

        /* Colours and width are the terminal's. */
        check_paged(f, mine, NULL, NULL, "policy list", "begin --flag FRSXMK secure=\n\033[1mNAME");
        check_paged(f, mine, NULL, NULL, "policy list", "\nend\n");
        check_paged(f, systemds, "PAGER=false", NULL, "policy show web", "begin  FRSXMK secure=\nname:");
        check_paged(f, systemds, "SYSTEMD_LESS=FX", NULL, "status", "begin  FX secure=\nState:");
        static const char *const lists[] = { "policy names", "policy counters", "direct list",
                                             "zone show",    "engine show",     "verify" };
        for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
                check_paged(f, systemds, NULL, NULL, lists[i], "begin ");

        /* None is wanted. */
        const char *const none[][2] = {
                { mine, "SYSTEMD_PAGER=" }, { mine, "SYSTEMD_PAGER=cat" }, { mine, "TERM=dumb" }, { "PAGER=", NULL }
        };
        for (gsize i = 0; i < G_N_ELEMENTS(none); i++) {
                g_autofree char *seen = paged(f, none[i][0], none[i][1], NULL, "policy list");
                g_assert_null(strstr(seen, "begin"));
                g_assert_nonnull(strstr(seen, "web "));
        }
        plain = paged(f, mine, NULL, NULL, "policy list --no-pager");
        g_assert_null(strstr(plain, "begin"));
        g_assert_nonnull(strstr(plain, "web "));

        /* It fails: the text is there nevertheless, and once. */
        static const char *const broken[] = { "PAGER=false", "PAGER=/nonexistent", "PAGER='", "PAGER=sh -c 'exit 3'" };
        for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
                g_autofree char *seen = paged(f, broken[i], "NO_COLOR=1", NULL, "policy list");
                g_assert_cmpuint(fixture_lines(seen, "NAME "), ==, 1);
                g_assert_cmpuint(fixture_lines(seen, "web "), ==, 1);
        }
        /* Its user has seen enough of a text that does not fit into the pipe. */
        g_autoptr(GString) many = g_string_new("allow-only many --port 8080/tcp --from");
        for (guint i = 0; i < 20000; i++)
                g_string_append_printf(many, " 10.%u.%u.%u", i / 65536, i / 256 % 256, i % 256);
        ctl(f, 0, NULL, NULL, many->str);
        check_paged(f, "PAGER=head -n 1", NULL, NULL, "policy show many", "name:");

        /* Somebody else's rights come with no shell, and no program of the user's choice. */
        fixture_write(f->dir, "less", "#!/bin/sh\necho \"less secure=$LESSSECURE\"\ncat\n");
        g_autofree char *less = g_build_filename(f->dir, "less", NULL);
        g_autofree char *search = g_strdup_printf("PATH=%s:%s", f->dir, g_getenv("PATH"));
        g_assert_cmpint(g_chmod(less, 0755), ==, 0);
        check_paged(f, mine, "SUDO_UID=1000", search, "policy list", "less secure=1\n");
        check_paged(f, search, NULL, NULL, "policy list", "less secure=\n");

        /* A program that reads the output gets it, and JSON is for programs. */
        g_assert_true(g_setenv("PAGER", "false", TRUE));
        ctl(f, 0, &out, NULL, "policy list");
        g_assert_true(g_str_has_prefix(out, "NAME"));
        g_unsetenv("PAGER");
        g_autofree char *json = paged(f, mine, NULL, NULL, "policy list --json");
        g_assert_true(g_str_has_prefix(json, "{"));
}

/* The user's name may have any width. */
static void history_screen(Fixture *f, const char *name, const char *line) {
        g_autofree char *text = fits(f, 0, line), *user = g_regex_escape_string(g_get_user_name(), -1),
                        *cell = g_strdup_printf("  %s +", user), *by = g_strdup_printf("by %s,", user),
                        *value = g_strdup_printf("user:    %s \\(uid [0-9]+\\)", user);

        replace(&text, by, "by alice,");
        replace(&text, value, "user:    alice (uid 1000)");
        replace(&text, cell, "  alice  ");
        replace(&text, "USER +WHAT", "USER   WHAT");
        replace(&text, "[0-9]{4}-[0-9]{2}-[0-9]{2}( |\n)[0-9]{2}:[0-9]{2}", "2026-11-24 10:21");
        check_golden(name, text);
}

static void test_history(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        history_screen(f, "history-none", "history");
        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.0/24 2001:db8::/64 --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "group set office 192.168.1.7 192.168.1.9");
        ctl(f, 0, NULL, NULL, "policy edit web --add-from group:office --remove-from 2001:db8::/64 --log");
        ctl(f, 0, NULL, NULL, "policy rename web shop");
        history_screen(f, "history", "history");
        history_screen(f, "history-no-legend", "history --no-legend");
        history_screen(f, "history-one", "history 3");
        history_screen(f, "undo", "undo");
        history_screen(f, "history-undone", "history");
        ctl(f, 0, NULL, NULL, "policy rename web a-name-that-is-quite-long-for-a-policy-of-a-web-server");
        g_autofree char *list = fits(f, 0, "history"), *one = fits(f, 0, "history 6"), *undone = fits(f, 0, "undo");
        g_assert_nonnull(strstr(one, "a-name-that"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/screens/policies", test_policies);
        g_test_add_func("/screens/groups", test_groups);
        g_test_add_func("/screens/runtime-only", test_runtime_only);
        g_test_add_func("/screens/ports", test_ports);
        g_test_add_func("/screens/no-ports", test_no_ports);
        g_test_add_func("/screens/degraded", test_degraded);
        g_test_add_func("/screens/import", test_import);
        g_test_add_func("/screens/pipe", test_pipe);
        g_test_add_func("/screens/pager", test_pager);
        g_test_add_func("/screens/history", test_history);
        return g_test_run();
}
