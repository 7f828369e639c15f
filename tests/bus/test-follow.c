/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywallctl's commands that follow: "monitor" with the real service, and "log" with a journalctl of the test's own. */
#include "fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define WEB "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}, {}"
#define TIMEOUT_SECONDS 20

static char *program(void) {
        const char *path = g_getenv("QUAYWALLCTL");
        g_autofree char *built = g_test_build_filename(G_TEST_BUILT, "../..", "quaywallctl", NULL);

        return g_canonicalize_filename(path ? path : built, NULL);
}

typedef struct {
        GSubprocess *process;
        GDataInputStream *lines;
} Follower;

/* variable: of the environment, with its value. */
static void follower_start(Follower *self, const char *variable, const char *value, const char *const *arguments) {
        g_autofree char *path = program();
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        g_autoptr(GError) error = NULL;

        g_ptr_array_add(argv, path);
        for (; *arguments; arguments++)
                g_ptr_array_add(argv, (gpointer) *arguments);
        g_ptr_array_add(argv, NULL);
        g_subprocess_launcher_setenv(launcher, variable, value, TRUE);
        g_subprocess_launcher_setenv(launcher, "TZ", "UTC", TRUE);
        self->process = g_subprocess_launcher_spawnv(launcher, (const char *const *) argv->pdata, &error);
        g_assert_no_error(error);
        self->lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(self->process));
}

/* The next line without its time of day; fails the test when none comes. */
static char *follower_next(Follower *self) {
        alarm(TIMEOUT_SECONDS);
        g_autofree char *line = g_data_input_stream_read_line(self->lines, NULL, NULL, NULL);
        alarm(0);
        g_assert_nonnull(line);
        return strlen(line) > 10 && line[2] == ':' && line[5] == ':' ? g_strdup(line + 10) : g_steal_pointer(&line);
}

static void follower_says(Follower *self, const char *expected) {
        g_autofree char *line = follower_next(self);

        g_assert_cmpstr(line, ==, expected);
}

/* Skips lines until one begins so. */
static void follower_reaches(Follower *self, const char *begin) {
        for (;;) {
                g_autofree char *line = follower_next(self);
                if (g_str_has_prefix(line, begin))
                        return;
        }
}

static void follower_stop(Follower *self) {
        g_subprocess_send_signal(self->process, SIGTERM);
        g_subprocess_wait(self->process, NULL, NULL);
        g_object_unref(self->lines);
        g_object_unref(self->process);
}

/* In words, each change once: no properties that stay as they are, no repetitions of what a signal has said. */
static void test_monitor(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        Follower monitor;

        fixture_wait_state(f, "idle");
        follower_start(&monitor, "DBUS_SYSTEM_BUS_ADDRESS", f->address, (const char *const[]){ "monitor", NULL });
        follower_says(&monitor, "state: idle");
        works(f, "Policies.Set", WEB);
        follower_says(&monitor, "state: idle -> enforcing");
        follower_says(&monitor, "policy web: new, allow-only");
        works(f, "Policies.Set", WEB);
        works(f, "Policies.Set",
              "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.2']>, 'ports': <['8080/tcp']>}, {}");
        follower_says(&monitor, "policy web: sources: 192.168.1.1 -> 192.168.1.2");
        works(f, "Policies.Set", "'web', {'action': <'deny'>}, {'scope': <'permanent'>}");
        follower_says(&monitor, "policy web: changed permanently, not now");
        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.1']>}, {}");
        follower_says(&monitor, "group office is new: 192.168.1.1");
        works(f, "Groups.Add", "'office', ['192.168.1.7'], {}");
        follower_says(&monitor, "group office: 192.168.1.1 -> 192.168.1.1, 192.168.1.7");
        works(f, "Groups.Add", "'office', ['192.168.1.9'], {'scope': <'permanent'>}");
        follower_says(&monitor, "group office: changed");
        works(f, "Groups.Delete", "'office', {}");
        follower_says(&monitor, "group office is gone");
        fixture_stop_firewalld(f);
        follower_says(&monitor, "firewalld: running 1.3.3 -> not-running");
        follower_reaches(&monitor, "problem firewalld-not-running: ");
        follower_says(&monitor, "state: enforcing -> degraded");
        fixture_start_firewalld(f);
        follower_reaches(&monitor, "firewalld: not-running -> running 1.3.3");
        follower_reaches(&monitor, "no longer a problem: firewalld-not-running");
        follower_says(&monitor, "state: degraded -> enforcing");
        /* quaywalld is replaced, and its policies were changed meanwhile. */
        fixture_stop_daemon(f, SIGKILL);
        follower_reaches(&monitor, "quaywalld is gone");
        fixture_write(f->policies, "more.xml", "<policy action=\"deny\"><port port=\"1\" protocol=\"tcp\"/></policy>");
        fixture_start_daemon(f);
        follower_says(&monitor, "quaywalld is running");
        follower_reaches(&monitor, "policy more: new, deny");
        follower_stop(&monitor);
}

/* On a screen; to a program each is a line, however long. */
static void test_monitor_screen(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        Follower monitor;

        fixture_wait_state(f, "idle");
        g_assert_true(g_setenv("COLUMNS", "80", TRUE));
        follower_start(&monitor, "DBUS_SYSTEM_BUS_ADDRESS", f->address, (const char *const[]){ "monitor", NULL });
        g_unsetenv("COLUMNS");
        follower_says(&monitor, "state: idle");
        works(f, "Groups.Set",
              "'office', {'addresses': <['192.168.1.1', '192.168.100.100', '203.0.113.117', '2001:db8:1234:5678::/64']>}, {}");
        follower_says(&monitor, "group office is new: 192.168.1.1, 192.168.100.100, 203.0.113.117,");
        follower_says(&monitor, "          2001:db8:1234:5678::/64");
        follower_stop(&monitor);
}

/* Who may not read policies is told their names, which the signal has, and is not asked for a password. */
static void test_monitor_without_rights(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        Follower monitor;

        fixture_wait_state(f, "idle");
        fixture_polkit_answer(f, "org.quaywall1.read", "no");
        follower_start(&monitor, "DBUS_SYSTEM_BUS_ADDRESS", f->address, (const char *const[]){ "monitor", NULL });
        follower_says(&monitor, "state: idle");
        works(f, "Policies.Set", WEB);
        follower_says(&monitor, "state: idle -> enforcing");
        follower_says(&monitor, "policy web: changed");
        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.1']>}, {}");
        follower_says(&monitor, "group office: changed");
        follower_stop(&monitor);
}

/* Programs read each signal and property, whether it says something new or not. */
static void test_monitor_json(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        Follower monitor;

        fixture_wait_state(f, "idle");
        follower_start(&monitor, "DBUS_SYSTEM_BUS_ADDRESS", f->address, (const char *const[]){ "monitor", "--json", NULL });
        follower_says(
                &monitor,
                "{\"event\":\"property\",\"interface\":\"org.quaywall1.Manager\",\"property\":\"State\",\"value\":\"idle\"}");
        works(f, "Policies.Set", WEB);
        follower_says(
                &monitor,
                "{\"event\":\"property\",\"interface\":\"org.quaywall1.Manager\",\"property\":\"State\",\"value\":\"enforcing\"}");
        follower_says(
                &monitor,
                "{\"event\":\"signal\",\"interface\":\"org.quaywall1.Policies\",\"signal\":\"Changed\",\"value\":[\"web\"]}");
        follower_says(
                &monitor,
                "{\"event\":\"property\",\"interface\":\"org.quaywall1.Policies\",\"property\":\"Policies\",\"value\":\"(changed)\"}");
        follower_says(&monitor,
                      "{\"event\":\"signal\",\"interface\":\"org.quaywall1.Engine\",\"signal\":\"PortsChanged\",\"value\":[]}");
        follower_stop(&monitor);
}

/* --- log -------------------------------------------------------------------------------------------------------------- */

/* A folder with a journalctl, which is this shell script. */
typedef struct {
        char *folder, *path;
} Journal;

static void journal_init(Journal *self, const char *script) {
        g_autofree char *file = NULL;

        self->folder = g_dir_make_tmp("quaywall-XXXXXX", NULL);
        self->path = g_strconcat(self->folder, ":", g_getenv("PATH"), NULL);
        file = g_build_filename(self->folder, "journalctl", NULL);
        g_autofree char *text = g_strconcat("#!/bin/sh\n", script, NULL);
        g_assert_true(g_file_set_contents(file, text, -1, NULL));
        g_chmod(file, 0755);
}

static void journal_clear(Journal *self) {
        g_autofree char *file = g_build_filename(self->folder, "journalctl", NULL),
                        *more = g_build_filename(self->folder, "more", NULL);

        g_unlink(file);
        g_unlink(more);
        g_rmdir(self->folder);
        g_free(self->folder);
        g_free(self->path);
}

/* Runs "quaywallctl log WORDS" and checks the exit status and both outputs: err must contain ERR. columns: of the screen, or NULL. */
static void check_log_on(const Journal *journal, const char *columns, const char *words, int status, const char *out,
                         const char *err) {
        g_autofree char *path = program(), *line = g_strdup_printf("%s log %s", path, words), *said = NULL, *complained = NULL;
        g_auto(GStrv) argv = NULL, env = g_get_environ();
        int wait_status = 0;

        env = g_environ_setenv(env, "PATH", journal->path, TRUE);
        env = g_environ_setenv(env, "TZ", "UTC", TRUE);
        env = columns ? g_environ_setenv(env, "COLUMNS", columns, TRUE) : g_environ_unsetenv(env, "COLUMNS");
        g_assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
        g_assert_true(g_spawn_sync(NULL, argv, env, G_SPAWN_DEFAULT, NULL, NULL, &said, &complained, &wait_status, NULL));
        if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != status || !strstr(complained, err))
                g_error("log %s: wait status %d, not exit status %d\n%s%s", words, wait_status, status, said, complained);
        g_assert_cmpstr(said, ==, out);
}

static void check_log(const Journal *journal, const char *words, int status, const char *out, const char *err) {
        check_log_on(journal, NULL, words, status, out, err);
}

#define ENTRY(usec, message) "{\"__REALTIME_TIMESTAMP\":\"" usec "\",\"__CURSOR\":\"s=" usec "\",\"MESSAGE\":\"" message "\"}"
#define PACKET(from, to, port)                                                                                        \
        "IN=ext0 OUT= SRC=" from " DST=" to " LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=1 DF PROTO=TCP SPT=40000 DPT=" port \
        " WINDOW=1 "
#define FIRST ENTRY("1764505496123456", "quaywall:web " PACKET("192.168.1.50", "192.168.1.99", "8080"))
#define SECOND ENTRY("1764505497000000", "quaywall:database-of-the-shop " PACKET("fd01::50", "fd01::99", "5432"))
#define HEADING "TIME                 POLICY        FROM             TO               PORT      ON\n"
#define FIRST_LINE "2025-11-30 12:24:56  web           192.168.1.50     192.168.1.99     8080/tcp  ext0\n"
#define SECOND_LINE "2025-11-30 12:24:57  database-of-the-shop  fd01::50         fd01::99         5432/tcp  ext0\n"

static void test_log(void) {
        Journal journal;

        journal_init(&journal, "cat <<'END'\n" FIRST "\n" SECOND "\n"
                               /* What journalctl may print as well, and what is none of ours. */
                               "{\"__REALTIME_TIMESTAMP\":\"1\",\"__CURSOR\":\"s=1\",\"MESSAGE\":[113,117,255]}\n"
                               "{\"__REALTIME_TIMESTAMP\":\"1\",\"__CURSOR\":\"s=1\",\"MESSAGE\":null}\n"
                               "{\"MESSAGE\":\"quaywall:web SRC=1.1.1.1 DST=1.1.1.1 PROTO=TCP\"}\n"
                               "[1]\nnonsense\n\n{\n" ENTRY("1764505498000000", "quaywall:web is not a packet") "\nEND\n");
        check_log(&journal, "", 0, HEADING FIRST_LINE SECOND_LINE, "");
        check_log(&journal, "web", 0, HEADING FIRST_LINE, "");
        check_log(&journal, "database-of-the-shop", 0, HEADING SECOND_LINE, "");
        check_log(
                &journal, "web --json", 0,
                "{\"time\":\"2025-11-30T12:24:56.123456Z\",\"policy\":\"web\",\"source\":\"192.168.1.50\",\"source-port\":40000,"
                "\"destination\":\"192.168.1.99\",\"port\":\"8080/tcp\",\"interface\":\"ext0\"}\n",
                "");
        check_log(&journal, "nobody", 0, "", "Nothing was logged of policy nobody.");
        check_log(&journal, "web db", 2, "", "unexpected word 'db'");
        check_log(&journal, "--cut", 2, "", "does not take --cut");
        journal_clear(&journal);
}

/* A screen has its width, whatever is logged. */
static void test_log_screen(void) {
        Journal journal;

        journal_init(
                &journal,
                "cat <<'END'\n" FIRST
                "\n" ENTRY("1764505497000000",
                           "quaywall:database-of-the-shop IN=enp0s31f6 SRC=2001:db8:1234:5678:9abc:def0:1234:5678 DST=fd01::99 "
                           "PROTO=UDP SPT=40000 DPT=65535 ") "\nEND\n");
        check_log_on(&journal, "80", "", 0,
                     "TIME            POLICY       FROM             TO               PORT       ON\n"
                     "11-30 12:24:56  web          192.168.1.50     192.168.1.99     8080/tcp   ext0\n"
                     "11-30 12:24:57  database-    2001:db8:1234:5  fd01::99         65535/udp  enp0s3\n"
                     "                of-the-shop  678:9abc:def0:1                              1f6\n"
                     "                             234:5678\n",
                     "");
        check_log_on(&journal, "100", "web --no-legend", 0,
                     "2025-11-30 12:24:56  web                192.168.1.50     192.168.1.99     8080/tcp   ext0\n", "");
        check_log_on(&journal, "170", "database-of-the-shop --no-legend", 0,
                     "2025-11-30 12:24:57  database-of-the-shop  2001:db8:1234:5678:9abc:def0:1234:5678   "
                     "fd01::99                                 65535/udp  enp0s31f6\n",
                     "");
        journal_clear(&journal);
}

/* No journal, no journalctl, no permission, an error: each says so. */
static void test_log_without_journal(void) {
        Journal journal;

        journal_init(&journal, "exit 1\n"); /* what --grep does where it finds nothing */
        check_log(&journal, "", 1, "", "this host keeps no journal");
        check_log(&journal, "-f", 1, "", "this host keeps no journal");
        journal_clear(&journal);
        journal_init(&journal, "echo 'Failed to open files: Input/output error' >&2\nexit 1\n");
        if (geteuid() == 0)
                check_log(&journal, "", 1, "", "the journal cannot be read: Failed to open files");
        else
                check_log(&journal, "", 3, "", "as members of the group systemd-journal may (Failed to open files");
        journal_clear(&journal);
        journal_init(&journal, "kill -KILL $$\n");
        check_log(&journal, "", 1, "", "journalctl was ended by signal 9");
        journal_clear(&journal);
        /* Nothing else in the path, and no journalctl. */
        journal_init(&journal, "");
        g_autofree char *file = g_build_filename(journal.folder, "journalctl", NULL);
        g_unlink(file);
        g_free(journal.path);
        journal.path = g_strdup(journal.folder);
        check_log(&journal, "", 1, "", "the journal cannot be read: ");
        journal_clear(&journal);
}

static void test_log_follow(void) {
        Journal journal;
        Follower log;
        g_autoptr(GString) script = g_string_new("case \"$*\" in\n*--follow*)\n");

        /* Twelve lines are there; two come, after a line of the test's, and then journalctl waits for ever. */
        g_string_append(script, "case \"$*\" in *--after-cursor=s=1764505500000012*) ;; *) exit 1 ;; esac\n"
                                "cat <<'END'\n" FIRST "\n" SECOND "\nEND\nsleep 1000 ;;\n*)\ncat <<'END'\n");
        for (int i = 1; i <= 12; i++)
                g_string_append_printf(script,
                                       "{\"__REALTIME_TIMESTAMP\":\"17645055000000%02d\",\"__CURSOR\":\"s=17645055000000%02d\","
                                       "\"MESSAGE\":\"quaywall:old%d " PACKET("10.0.0.1", "10.0.0.2", "1") "\"}\n",
                                       i, i, i);
        g_string_append(script, "END\nesac\n");
        journal_init(&journal, script->str);
        follower_start(&log, "PATH", journal.path, (const char *const[]){ "log", "--follow", NULL });
        g_autofree char *heading = follower_next(&log);
        g_assert_true(g_str_has_prefix(heading, "TIME "));
        for (int i = 3; i <= 12; i++) {
                g_autofree char *line = follower_next(&log), *name = g_strdup_printf("  old%d ", i);
                g_assert_nonnull(strstr(line, name));
        }
        g_autofree char *first = follower_next(&log), *second = follower_next(&log);
        g_assert_nonnull(strstr(first, "192.168.1.50"));
        g_assert_nonnull(strstr(second, "fd01::50"));
        follower_stop(&log);
        journal_clear(&journal);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/follow/monitor", test_monitor);
        g_test_add_func("/follow/monitor-screen", test_monitor_screen);
        g_test_add_func("/follow/monitor-without-rights", test_monitor_without_rights);
        g_test_add_func("/follow/monitor-json", test_monitor_json);
        g_test_add_func("/follow/log", test_log);
        g_test_add_func("/follow/log-screen", test_log_screen);
        g_test_add_func("/follow/log-without-journal", test_log_without_journal);
        g_test_add_func("/follow/log-follow", test_log_follow);
        return g_test_run();
}
