/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywallctl and quaywalld in another language: in one that tests/language/catalog.py makes of every text, with longer words and wide
 * letters, and in Japanese. Screens hold, no text for people stays in English, and programs notice nothing. */
#include "fixture-ctl.h"
#include "shop.h"

#include <glib/gstdio.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS 80

static char *folder; /* of the catalogs and the locale */

/* --- languages ---------------------------------------------------------------------------------------------------- */

static gboolean runs(const char *const *argv) {
        int status = -1;

        return g_spawn_sync(NULL, (char **) argv, NULL,
                            G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                            NULL, &status, NULL) &&
               status == 0;
}

static void make_catalogs(void) {
        g_autofree char *script = fixture_source("tests/language/catalog.py"), *source = fixture_source("."),
                        *catalog = g_build_filename(folder, "pseudo", "LC_MESSAGES", "quaywall.mo", NULL),
                        *japanese = fixture_source("po/ja.po"),
                        *ja_folder = g_build_filename(folder, "ja", "LC_MESSAGES", NULL),
                        *ja = g_build_filename(ja_folder, "quaywall.mo", NULL),
                        *locale = g_build_filename(folder, "en_US.UTF-8", NULL);

        g_assert_true(runs((const char *const[]){ "python3", script, "pseudo", source, catalog, NULL }));
        g_assert_cmpint(g_mkdir_with_parents(ja_folder, 0755), ==, 0);
        g_assert_true(runs((const char *const[]){ "msgfmt", "-o", ja, japanese, NULL }));
        /* glibc translates nothing in C.UTF-8 from 2.39 on, and a host may have no other locale. */
        (void) runs((const char *const[]){ "localedef", "--no-archive", "-c", "-i", "en_US", "-f", "UTF-8", locale, NULL });
}

/* The language of what is started from now on; NULL: English. A catalog that is not installed is found by the way to it. */
static void speak(const char *language) {
        const gboolean has_locale = g_file_test(folder, G_FILE_TEST_IS_DIR);
        g_autoptr(GString) way = g_string_new(NULL);

        for (const char *c = LOCALEDIR; *c; c++)
                if (*c == '/' && c[1])
                        g_string_append(way, "../");
        g_string_append_printf(way, "%s/%s", folder + 1, language ? language : "");
        g_autofree char *locale = g_build_filename(folder, "en_US.UTF-8", NULL);
        g_setenv("LOCPATH", folder, TRUE);
        g_setenv("LC_ALL", language && has_locale && g_file_test(locale, G_FILE_TEST_IS_DIR) ? "en_US.UTF-8" : "C.UTF-8", TRUE);
        g_setenv("LANGUAGE", language ? way->str : "", TRUE);
}

/* Whether this glibc, with its locales, translates at all, and quaywall was built to. */
static gboolean is_translated(void) {
        g_auto(GStrv) argv = ctl_words("help");
        g_autofree char *text = NULL;

        (void) g_mkdir_with_parents(LOCALEDIR, 0755); /* else there is no way from it */
        speak("pseudo");
        g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &text, NULL, NULL, NULL));
        speak(NULL);
        return !g_str_has_prefix(text, "Usage:");
}

/* --- screens ------------------------------------------------------------------------------------------------------ */

static guint width(const char *text, gssize length) {
        guint columns = 0;

        for (const char *c = text; *c && (length < 0 || c < text + length); c = g_utf8_next_char(c))
                columns += g_unichar_iszerowidth(g_utf8_get_char(c)) ? 0 : g_unichar_iswide(g_utf8_get_char(c)) ? 2 : 1;
        return columns;
}

/* Every line fits, and none ends in blanks. */
static void check_width(const char *line, const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        g_assert_true(g_utf8_validate(text, -1, NULL));
        for (guint i = 0; lines[i]; i++)
                if (width(lines[i], -1) > COLUMNS || g_str_has_suffix(lines[i], " "))
                        g_error("%s: line %u has %u columns, or blanks at its end:\n%s", line, i + 1, width(lines[i], -1),
                                text);
}

/* Below the blanks between two headings every row has blanks; a note below a row is indented otherwise. */
static void check_columns(const char *line, const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(guint));
        const char *heading = lines[0];

        for (const char *c = heading; c[0] && c[1] && c[2]; c++)
                if (c[0] == ' ' && c[1] == ' ' && c[2] != ' ') {
                        const guint start = width(heading, c + 2 - heading);
                        g_array_append_val(starts, start);
                }
        if (starts->len == 0)
                g_error("%s has no table:\n%s", line, text);
        for (guint i = 1; lines[i] && *lines[i]; i++) {
                if (g_str_has_prefix(lines[i], "    ") && lines[i][4] != ' ')
                        continue;
                for (guint k = 0; k < starts->len; k++) {
                        const guint start = g_array_index(starts, guint, k);
                        guint column = 0;
                        for (const char *c = lines[i]; *c && column < start; c = g_utf8_next_char(c)) {
                                column = width(lines[i], g_utf8_next_char(c) - lines[i]);
                                if (column > start - 2 && *c != ' ')
                                        g_error("%s: line %u runs into column %u:\n%s", line, i + 1, start, text);
                        }
                }
        }
}

/* Two words that have no accent, and are neither a name nor something to type: nobody translated them. */
static void check_translated(const char *line, const char *text) {
        static const char *const NAMED[] = { "\"[^\"]*\"",
                                             "(?<![A-Za-z])'[^']*'",
                                             "The shop, for both[^\n]*\n[^\n]*",
                                             "(?<!\\w)--?[a-z][a-z-]*",
                                             "\n  [^\n]*quaywallctl [^\n]*(\n    [^\n]*)?",
                                             "systemctl restart docker",
                                             "(policy list, )?group list|policy list",
                                             "\\b(group|label|zone|ipset):[a-z-]+",
                                             "\\bvoip\\b",
                                             "add, ensure: ",
                                             "\\b(nftables|firewalld|quaywalld|iptables|dockerd)\\b" };
        g_autofree char *rest = g_strdup(text);
        g_autoptr(GMatchInfo) match = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(NAMED); i++) {
                g_autoptr(GRegex) regex = g_regex_new(NAMED[i], 0, 0, NULL);
                char *left = g_regex_replace_literal(regex, rest, -1, 0, "", 0, NULL);
                g_free(rest);
                rest = left;
        }
        g_autoptr(GRegex) words =
                g_regex_new("(?<![\\w.-])[A-Za-z]*[aeiou][a-z]*,? [a-z]*[aeiou][a-z]*(?![\\w.-])", 0, 0, NULL);
        if (g_regex_match(words, rest, 0, &match)) {
                g_autofree char *found = g_match_info_fetch(match, 0);
                g_error("%s: \"%s\" is not translated in:\n%s", line, found, text);
        }
}

/* A heading or a label is one word, so it is looked for. */
static void check_lacks(const char *line, const char *text, const char *words) {
        g_auto(GStrv) all = g_strsplit(words, "|", -1);

        for (char **word = all; *word; word++) {
                g_autofree char *pattern = g_strdup_printf("(?<![\\w.-])%s(?![\\w.-])", *word);
                if (g_regex_match_simple(pattern, text, 0, 0))
                        g_error("%s: \"%s\" is not translated in:\n%s", line, *word, text);
        }
}

static const struct {
        const char *line, *english;
        gboolean is_table;
} SCREENS[] = {
        { "status", "State|Runtime|Pending|Repairs", FALSE },
        { "policy list", "NAME|ACTION|ON|FROM|TO|PORT|STATE|any|enabled|disabled|container", TRUE },
        { "policy show web", "yes|no", FALSE },
        { "policy counters", "NAME|BLOCKED", TRUE },
        { "ports", "PORT|CONTAINER|TO|REACHED|POLICIES|everyone", TRUE },
        { "ports --open", "PORT|CONTAINER|everyone", TRUE },
        { "group list", "NAME|ADDRESSES|POLICIES|STATE|DESCRIPTION|permanent", TRUE },
        { "history", "CHANGE|TIME|USER|WHAT|STATE|set|edit", TRUE },
        { "zone show", "INTERFACE|ZONE|NOW|PERMANENT|yes|no", FALSE },
        { "engine", "yes|no|none", FALSE },
        { "engine networks", "NETWORK|DRIVER|BRIDGE|SUBNETS|CONTAINERS", TRUE },
        { "verify", "", FALSE },
        { "explain --from 203.0.113.9 --to 192.168.1.99 --port 8080/tcp -v", "decides|blocked|allowed", FALSE },
        { "direct list", NULL, TRUE },
        { "policy check customer-2", NULL, FALSE },
};

static void make_more(Fixture *f) {
        shop_make_policies(f);
        ctl(f, 0, NULL, NULL, "group set office 192.168.1.1 192.168.1.2");
        ctl(f, 0, NULL, NULL, "group set later 10.0.0.2 --permanent");
        ctl(f, 0, NULL, NULL, "policy edit voip --add-from group:office --runtime");
}

/* The exit status is not looked at here: without a guard, nothing can be explained for certain. */
static char *screen(Fixture *f, const char *line) {
        g_auto(GStrv) argv = ctl_words(line),
                      env = g_environ_setenv(g_get_environ(), "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        char *text = NULL;

        env = g_environ_setenv(env, "COLUMNS", G_STRINGIFY(COLUMNS), TRUE);
        g_assert_true(g_spawn_sync(f->dir, argv, env, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &text, NULL, NULL, NULL));
        return text;
}

static void test_screens(gconstpointer language) {
        const gboolean is_pseudo = g_str_equal(language, "pseudo");
        MockDocker docker;

        speak(language);
        g_autoptr(Fixture) f = shop_begin(&docker);
        make_more(f);
        for (gsize i = 0; i < G_N_ELEMENTS(SCREENS); i++) {
                g_autofree char *text = screen(f, SCREENS[i].line);

                check_width(SCREENS[i].line, text);
                if (SCREENS[i].is_table)
                        check_columns(SCREENS[i].line, text);
                if (is_pseudo && SCREENS[i].english) {
                        check_translated(SCREENS[i].line, text);
                        check_lacks(SCREENS[i].line, text, SCREENS[i].english);
                }
        }
        mock_docker_kill(&docker);
        speak(NULL);
}

/* The sentence of a problem is quaywalld's. */
static void test_problems(void) {
        const FixtureOptions options = { .docker_ipv6 = TRUE };

        speak("pseudo");
        g_autoptr(Fixture) f = fixture_new(&options);
        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        fixture_stop_firewalld(f);
        fixture_wait_state(f, "degraded");
        g_autofree char *status = ctl_screen(f, 5, G_STRINGIFY(COLUMNS), "status"), *json = NULL;
        check_width("status", status);
        check_translated("status", status);
        has(status, "degraded|firewalld-not-running: ");
        ctl(f, 5, &json, NULL, "status --json");
        has(json, "\"state\" : \"degraded\"|\"firewalld-not-running\"");
        speak(NULL);
}

/* --- help --------------------------------------------------------------------------------------------------------- */

/* The commands, or the verbs of one, that its help lists. */
static GPtrArray *listed(const char *help) {
        g_autoptr(GRegex) regex = g_regex_new("^  ([a-z][a-z-]*)", G_REGEX_MULTILINE, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

        for (g_regex_match(regex, help, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
                char *name = g_match_info_fetch(match, 1);
                if (!g_str_equal(name, "quaywallctl") && !g_str_equal(name, "help"))
                        g_ptr_array_add(names, name);
                else
                        g_free(name);
        }
        return names;
}

static char *check_help(Fixture *f, const char *words, gboolean is_pseudo) {
        g_autofree char *line = g_strconcat("help ", words, NULL);
        char *text = ctl_screen(f, 0, G_STRINGIFY(COLUMNS), line);

        check_width(line, text);
        if (is_pseudo) {
                check_translated(line, text);
                check_lacks(line, text, "Usage|Options|Examples");
        }
        return text;
}

static void test_help(gconstpointer language) {
        const FixtureOptions options = { .no_daemon = TRUE };
        g_autoptr(Fixture) f = fixture_new(&options);
        const gboolean is_pseudo = g_str_equal(language, "pseudo");
        guint pages = 0;

        speak(language);
        g_autofree char *all = check_help(f, "", is_pseudo);
        g_autoptr(GPtrArray) commands = listed(all);
        for (guint i = 0; i < commands->len; i++) {
                g_autofree char *of_command = check_help(f, commands->pdata[i], is_pseudo);
                g_autoptr(GPtrArray) verbs = listed(of_command);
                for (guint k = 0; k < verbs->len; k++) {
                        g_autofree char *words =
                                g_strdup_printf("%s %s", (char *) commands->pdata[i], (char *) verbs->pdata[k]);
                        g_free(check_help(f, words, is_pseudo));
                        pages++;
                }
        }
        g_assert_cmpuint(commands->len, >, 20);
        g_assert_cmpuint(pages, >, 30);
        speak(NULL);
}

/* --- programs ----------------------------------------------------------------------------------------------------- */

/* What a program reads, and the exit status, depend on nobody's language. */
static void test_programs(void) {
        static const struct {
                int status;
                const char *line;
        } LINES[] = {
                { 0, "status --json" },
                { 0, "policy list --json" },
                { 0, "policy show web --json" },
                { 0, "policy names" },
                { 0, "policy list --quiet" },
                { 0, "policy export" },
                { 0, "policy counters --json" },
                { 0, "policy check web --json" },
                { 0, "ports --json" },
                { 0, "group list --json" },
                { 0, "history --json" },
                { 0, "zone show --json" },
                { 0, "engine --json" },
                { 0, "engine networks --json" },
                { 0, "direct list --json" },
                { 0, "verify --json" },
                { 1, "policy show nope" },
                { 1, "group show nope" },
                { 1, "ports 4711" },
                { 1, "undo 4711" },
                { 2, "polcy list" },
                { 2, "policy list --no-such" },
                { 2, "allow-only web" },
                { 2, "allow-only web --from nonsense" },
                { 2, "policy edit web --add-port 80" },
                { 2, "explain --from 10.0.0.1 --to nonsense --port 80/tcp" },
                { 2, "direct add ipv5 0 -- -j DROP" },
                { 1, "zone add docker0 --zone no-such" },
                { 2, "engine set-default-address nonsense" },
        };
        MockDocker docker;
        g_autoptr(Fixture) f = shop_begin(&docker);

        make_more(f);
        for (gsize i = 0; i < G_N_ELEMENTS(LINES); i++) {
                g_autofree char *english = NULL, *other = NULL;

                ctl(f, LINES[i].status, &english, NULL, LINES[i].line);
                speak("pseudo");
                ctl(f, LINES[i].status, &other, NULL, LINES[i].line);
                speak(NULL);
                g_assert_cmpstr(english, ==, other);
        }
        /* And now quaywalld's. */
        fixture_stop_daemon(f, SIGTERM);
        speak("pseudo");
        fixture_start_daemon(f);
        mock_docker_wait(f, "running");
        for (gsize i = 0; i < G_N_ELEMENTS(LINES); i++)
                ctl(f, LINES[i].status, NULL, NULL, LINES[i].line);
        mock_docker_kill(&docker);
        speak(NULL);
}

/* What quaywallctl reads of quaywalld's sentences is there in every language: the key that is an option here, and a name. */
static void test_messages(void) {
        speak("pseudo");
        g_autoptr(Fixture) f = fixture_new(NULL);

        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.1 --port 8080/tcp");
        says(f, 2, "quaywallctl: --from: |\"nonsense\"", "allow-only web --from nonsense");
        says(f, 2, "quaywallctl: --add-port: ", "policy edit web --add-port 80");
        says(f, 1, "\"wbe\"|'web'", "policy show wbe");
        says(f, 1, "'wbe'|'web'", "policy show wbe --permanent");
        g_autofree char *none = NULL;
        ctl(f, 1, NULL, &none, "policy show xyzzy");
        g_assert_null(strstr(none, "'web'"));
        speak(NULL);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        folder = g_dir_make_tmp("language-XXXXXX", NULL);
        g_assert_nonnull(folder);
        if (!runs((const char *const[]){ "msgfmt", "--version", NULL }) ||
            !runs((const char *const[]){ "xgettext", "--version", NULL })) {
                g_print("1..0 # SKIP gettext is not installed\n");
                return 0;
        }
        make_catalogs();
        if (is_translated()) {
                g_test_add_data_func("/language/screens/pseudo", "pseudo", test_screens);
                g_test_add_data_func("/language/screens/ja", "ja", test_screens);
                g_test_add_data_func("/language/help/pseudo", "pseudo", test_help);
                g_test_add_data_func("/language/help/ja", "ja", test_help);
                g_test_add_func("/language/problems", test_problems);
                g_test_add_func("/language/programs", test_programs);
                g_test_add_func("/language/messages", test_messages);
        } else
                g_print("# nothing is translated here: no locale, no %s, or --disable-nls\n", LOCALEDIR);
        const int status = g_test_run();
        g_assert_true(runs((const char *const[]){ "rm", "-rf", folder, NULL }));
        g_free(folder);
        return status;
}
