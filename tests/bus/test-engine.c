/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Engine: dockerd's file and command line. This program also plays dockerd: see main(). */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL "ConfigError Iptables Ip6tables DefaultAddress RestartRequired Running"

/* Writes its pid file once it has started, as dockerd does after reading its configuration; never removes it. */
G_GNUC_NORETURN static void be_dockerd(const char *pid_file) {
        g_autofree char *text = g_strdup_printf("%d", (int) getpid());

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        g_file_set_contents(pid_file, text, -1, NULL);
        puts("up");
        fflush(stdout);
        for (;;)
                pause();
}

static GPid start_dockerd(Fixture *f, const char *flags) {
        g_autofree char *pid_file = g_build_filename(f->dir, "docker", "docker.pid", NULL),
                        *self = g_file_read_link("/proc/self/exe", NULL);
        g_autofree char *line =
                g_strdup_printf("%s /usr/bin/dockerd %s%s--pidfile %s", self, flags, *flags ? " " : "", pid_file);
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        g_autofree char *folder = g_path_get_dirname(pid_file);
        char up[4] = "";
        GPid pid;
        int output;

        g_mkdir(folder, 0755);
        g_assert_true(g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_DO_NOT_REAP_CHILD, NULL,
                                               NULL, &pid, NULL, &output, NULL, NULL));
        g_assert_cmpint(read(output, up, 3), ==, 3);
        close(output);
        return pid;
}

static void kill_dockerd(GPid pid) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

static void put(Fixture *f, const char *text) {
        g_autofree char *folder = g_build_filename(f->dir, "docker", NULL);

        g_mkdir(folder, 0755);
        fixture_write(folder, "daemon.json", text);
}

static void check_file(Fixture *f, const char *expected) {
        g_autofree char *path = g_build_filename(f->dir, "docker", "daemon.json", NULL), *text = NULL;

        g_file_get_contents(path, &text, NULL, NULL);
        g_assert_cmpstr(text, ==, expected);
}

/* "iptables ip6tables address restart", and what the running dockerd uses if that is known. */
static char *settings(Fixture *f) {
        g_autoptr(GString) text = g_string_new(NULL);
        static const char *const NAMES[] = { "Engine.Iptables", "Engine.Ip6tables", "Engine.DefaultAddress",
                                             "Engine.RestartRequired", "Engine.Running" };

        for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++) {
                g_autoptr(GVariant) value = fixture_get(f, NAMES[i], NULL);
                g_autofree char *printed = value ? g_variant_print(value, FALSE) : g_strdup("?");

                g_string_append_printf(text, "%s%s", i ? " " : "", printed);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

static gboolean settings_are(Fixture *f, gpointer expected) {
        g_autofree char *text = settings(f);

        return g_str_equal(text, expected);
}

static void wait_settings(Fixture *f, const char *expected) {
        if (!fixture_wait(f, settings_are, (gpointer) expected, expected)) {
                g_autofree char *text = settings(f);

                g_test_message("it is: %s", text);
        }
}

static void check_settings(Fixture *f, const char *expected) {
        g_autofree char *text = settings(f);

        g_assert_cmpstr(text, ==, expected);
}

#define RUNS(iptables, ip6tables, address) \
        "{'iptables': <" iptables ">, 'ip6tables': <" ip6tables ">, 'default-address': <'" address "'>"
#define NOTHING "true false '' false {}"

static void test_file(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) path = fixture_get(f, "Engine.ConfigFile", NULL);
        g_autofree char *expected = g_build_filename(f->dir, "docker", "daemon.json", NULL);

        g_assert_cmpstr(g_variant_get_string(path, NULL), ==, expected);
        check_settings(f, NOTHING);
        /* The folder is created, the file written, replaced and removed while the daemon watches. */
        put(f, "{\"ip\": \"127.0.0.1\", \"iptables\": false, \"ip6tables\": true}");
        wait_settings(f, "false true '127.0.0.1' false {}");
        put(f, "{}");
        wait_settings(f, NOTHING);
        put(f, "{\"ip\": \"127.0.0.2\"}");
        wait_settings(f, "true false '127.0.0.2' false {}");
        g_remove(expected);
        wait_settings(f, NOTHING);
        put(f, "{\"ip\": \"127.0.0.3\"}");
        wait_settings(f, "true false '127.0.0.3' false {}");
        g_autofree char *folder = g_path_get_dirname(expected), *away = g_build_filename(f->dir, "away", NULL);
        g_assert_cmpint(g_rename(folder, away), ==, 0);
        wait_settings(f, NOTHING);
        g_assert_cmpint(g_rename(away, folder), ==, 0);
        wait_settings(f, "true false '127.0.0.3' false {}");
}

static gboolean error_is_told(Fixture *f, gpointer words) {
        g_autoptr(GVariant) error = fixture_get(f, "Engine.ConfigError", NULL);
        const char *text = error ? g_variant_get_string(error, NULL) : "";

        return *(const char *) words ? strstr(text, words) != NULL : !*text;
}

static void test_broken_file(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        put(f, "{\n  \"a\": 1,\n  // mine\n}");
        fixture_wait(f, error_is_told, (gpointer) "daemon.json:3: a key in double quotes is expected; JSON has no comments",
                     "ConfigError");
        fixture_fails(f, ERROR_("Io"), "daemon.json:3: |comments", "Engine.SetDefaultAddress", "'127.0.0.1', {}");
        fixture_fails(f, ERROR_("Io"), "daemon.json:3: ", "Engine.SetIptables", "true, {}");
        check_file(f, "{\n  \"a\": 1,\n  // mine\n}");
        put(f, "{\"iptables\": \"no\"}");
        fixture_wait(f, error_is_told,
                     (gpointer) "daemon.json:1: \"iptables\" must be true or false; dockerd will not start with it",
                     "ConfigError");
        put(f, "{}");
        fixture_wait(f, error_is_told, (gpointer) "", "no ConfigError");
}

/* A file that quaywalld refuses to change is still read as dockerd reads it. */
static void test_odd_file(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *path = g_build_filename(f->dir, "docker", "daemon.json", NULL);
        g_autoptr(GString) deep = g_string_new("{\"a\": ");

        put(f, "{\"iptables\": true, \"ip\": \"127.0.0.1\",\n\"iptables\": false}");
        wait_settings(f, "false false '127.0.0.1' false {}");
        fixture_wait(f, error_is_told, (gpointer) "", "no ConfigError");
        fixture_fails(f, ERROR_("Io"), "daemon.json:2: |there twice", "Engine.SetDefaultAddress", "'127.0.0.2', {}");
        /* A link whose target changes. */
        fixture_write(f->dir, "target.json", "{\"ip\": \"127.0.0.3\"}");
        g_assert_cmpint(g_remove(path), ==, 0);
        g_assert_cmpint(symlink("../target.json", path), ==, 0);
        wait_settings(f, "true false '127.0.0.3' false {}");
        fixture_write(f->dir, "target.json", "{\"ip\": \"127.0.0.4\"}");
        wait_settings(f, "true false '127.0.0.4' false {}");
        fixture_wait(f, error_is_told, (gpointer) "", "no ConfigError");
        fixture_fails(f, ERROR_("Io"), "is a symbolic link", "Engine.SetDefaultAddress", "'127.0.0.2', {}");
        g_assert_cmpint(g_remove(path), ==, 0);
        /* Nested too deep for quaywalld, but not for dockerd. */
        for (int i = 0; i < 100; i++)
                g_string_append_c(deep, '[');
        for (int i = 0; i < 100; i++)
                g_string_append_c(deep, ']');
        g_string_append_c(deep, '}');
        put(f, deep->str);
        fixture_wait(f, error_is_told, (gpointer) "is nested more than", "ConfigError");
        g_autoptr(GVariant) error = fixture_get(f, "Engine.ConfigError", NULL);
        g_assert_null(strstr(g_variant_get_string(error, NULL), "will not start"));
}

static void test_set_address(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        put(f, "{\n\t\"x\": 1e5\n}\n");
        works(f, "Engine.SetDefaultAddress", "'127.0.0.1', {}");
        check_settings(f, "true false '127.0.0.1' false {}");
        check_file(f, "{\n\t\"x\": 1e5,\n\t\"ip\": \"127.0.0.1\"\n}\n");
        works(f, "Engine.SetDefaultAddress", "'0.0.0.0', {}");
        works(f, "Engine.SetDefaultAddress", "'0::0', {}");
        check_file(f, "{\n\t\"x\": 1e5,\n\t\"ip\": \"::\"\n}\n");
        works(f, "Engine.SetDefaultAddress", "'', {}");
        works(f, "Engine.SetDefaultAddress", "'', {}");
        check_file(f, "{\n\t\"x\": 1e5\n}\n");
        check_settings(f, NOTHING);

        /* 203.0.113.0/24 is reserved for documentation, so no host has it. */
        fixture_fails(f, ERROR_("InvalidAddress"), "203.0.113.9|not one of this host's", "Engine.SetDefaultAddress",
                      "'203.0.113.9', {}");
        fixture_fails(f, ERROR_("InvalidAddress"), "2001:db8::9|not one of this host's", "Engine.SetDefaultAddress",
                      "'2001:db8::9', {}");
        fixture_fails(f, ERROR_("InvalidAddress"), "fe80::1|link-local", "Engine.SetDefaultAddress", "'fe80::1', {}");
        static const char *const BAD[] = { "localhost", "127.0.0.1/8", "127.1", " 127.0.0.1", "127.0.0.256", "[::1]" };
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                g_autofree char *words = g_strdup_printf("\"%s\" is not an address", BAD[i]);

                fixture_fails(f, ERROR_("InvalidAddress"), words, "Engine.SetDefaultAddress", "'%s', {}", BAD[i]);
        }
        fixture_fails(f, ERROR_("InvalidOption"), "scope|takes none", "Engine.SetDefaultAddress", "'', {'scope': <'runtime'>}");
        check_file(f, "{\n\t\"x\": 1e5\n}\n");
}

static void test_set_iptables(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Engine.SetIptables", "true, {}");
        check_file(f, NULL); /* it is the default */
        fixture_fails(f, ERROR_("InvalidOption"), "i-understand|no longer mapped|DOCKER-USER|next boot", "Engine.SetIptables",
                      "false, {}");
        fixture_fails(f, ERROR_("InvalidOption"), "i-understand", "Engine.SetIptables", "false, {'i-understand': <false>}");
        fixture_fails(f, ERROR_("InvalidOption"), "i-understand|\"b\"", "Engine.SetIptables",
                      "false, {'i-understand': <'yes'>}");
        fixture_fails(f, ERROR_("InvalidOption"), "replace|i-understand", "Engine.SetIptables", "true, {'replace': <true>}");
        check_file(f, NULL);
        works(f, "Engine.SetIptables", "false, {'i-understand': <true>}");
        check_file(f, "{\n    \"iptables\": false\n}\n");
        check_settings(f, "false false '' false {}");
        works(f, "Engine.SetIptables", "true, {}");
        check_file(f, "{\n    \"iptables\": true\n}\n");
        /* dockerd: "You specified --iptables=false with --icc=false." */
        put(f, "{\"icc\": false}");
        fixture_fails(f, ERROR_("InvalidOption"), "\"icc\": false", "Engine.SetIptables", "false, {'i-understand': <true>}");
        check_file(f, "{\"icc\": false}");
}

static void test_running(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        put(f, "{\"ip\": \"127.0.0.1\"}");
        wait_settings(f, "true false '127.0.0.1' false {}");
        GPid pid = start_dockerd(f, "");
        wait_settings(f, "true false '127.0.0.1' false " RUNS("true", "false", "127.0.0.1") "}");
        works(f, "Engine.SetDefaultAddress", "'127.0.0.2', {}");
        check_settings(f, "true false '127.0.0.2' true " RUNS("true", "false", "127.0.0.1") "}");
        /* A restarted quaywalld still knows it. */
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        fixture_start_daemon(f);
        check_settings(f, "true false '127.0.0.2' true " RUNS("true", "false", "127.0.0.1") "}");
        works(f, "Engine.SetDefaultAddress", "'127.0.0.1', {}");
        check_settings(f, "true false '127.0.0.1' false " RUNS("true", "false", "127.0.0.1") "}");
        works(f, "Engine.SetDefaultAddress", "'127.0.0.2', {}");
        /* Killed, with its pid file left behind; the next dockerd reads the new file. */
        kill_dockerd(pid);
        wait_settings(f, "true false '127.0.0.2' false {}");
        pid = start_dockerd(f, "");
        wait_settings(f, "true false '127.0.0.2' false " RUNS("true", "false", "127.0.0.2") "}");
        /* "0.0.0.0" is the default. */
        put(f, "{\"ip\": \"0.0.0.0\"}");
        wait_settings(f, "true false '0.0.0.0' true " RUNS("true", "false", "127.0.0.2") "}");
        kill_dockerd(pid);
        pid = start_dockerd(f, "");
        wait_settings(f, "true false '0.0.0.0' false " RUNS("true", "false", "0.0.0.0") "}");
        put(f, "{\"x\": 1}");
        wait_settings(f, "true false '' false " RUNS("true", "false", "0.0.0.0") "}");
        kill_dockerd(pid);
}

/* quaywalld did not run when dockerd started, and the file is newer than dockerd: what it read is unknown. */
static void test_not_known(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        GPid pid = start_dockerd(f, "--ip6tables");
        g_usleep(100 * 1000); /* the file must be newer in spite of its coarse timestamp */
        put(f, "{}");
        fixture_start_daemon(f);
        check_settings(f, "true true '' true {'flags': <['--ip6tables']>}");
        kill_dockerd(pid);
        wait_settings(f, NOTHING);
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        /* Here it is older. */
        pid = start_dockerd(f, "");
        fixture_start_daemon(f);
        check_settings(f, "true false '' false " RUNS("true", "false", "") "}");
        kill_dockerd(pid);
}

static void test_flags(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        put(f, "{\"iptables\": true}");
        GPid pid = start_dockerd(f, "--iptables=false --ip 127.0.0.5");
        wait_settings(f, "false false '127.0.0.5' false " RUNS(
                                 "false", "false", "127.0.0.5") ", 'flags': <['--iptables=false', '--ip=127.0.0.5']>}");
        fixture_fails(f, ERROR_("InvalidOption"), "--ip=127.0.0.5|\"ip\"|systemctl edit docker", "Engine.SetDefaultAddress",
                      "'127.0.0.1', {}");
        fixture_fails(f, ERROR_("InvalidOption"), "--ip=127.0.0.5", "Engine.SetDefaultAddress", "'', {}");
        fixture_fails(f, ERROR_("InvalidOption"), "--iptables=false|\"iptables\"", "Engine.SetIptables", "true, {}");
        works(f, "Engine.SetIptables", "false, {'i-understand': <true>}"); /* it is already so */
        works(f, "Engine.SetDefaultAddress", "'127.0.0.5', {}");
        check_file(f, "{\"iptables\": true}");
        /* A value that conflicts with dockerd's flags, and so stops it, may be removed. */
        put(f, "{\"ip\": \"127.0.0.1\"}");
        works(f, "Engine.SetDefaultAddress", "'', {}");
        check_file(f, "{}");
        kill_dockerd(pid);
}

static void test_config_file_flag(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *path = g_build_filename(f->dir, "other.json", NULL),
                        *flags = g_strdup_printf("--config-file=%s --icc=false", path);
        fixture_write(f->dir, "other.json", "{\"ip\": \"127.0.0.7\"}");
        GPid pid = start_dockerd(f, flags);
        wait_settings(f, "true false '127.0.0.7' false " RUNS("true", "false", "127.0.0.7") ", 'flags': <['--icc=false']>}");
        g_autoptr(GVariant) file = fixture_get(f, "Engine.ConfigFile", NULL);
        g_assert_cmpstr(g_variant_get_string(file, NULL), ==, path);
        works(f, "Engine.SetDefaultAddress", "'127.0.0.8', {}");
        check_file(f, NULL);
        g_autofree char *text = NULL;
        g_file_get_contents(path, &text, NULL, NULL);
        g_assert_cmpstr(text, ==, "{\"ip\": \"127.0.0.8\"}");
        fixture_fails(f, ERROR_("InvalidOption"), "--icc=false", "Engine.SetIptables", "false, {'i-understand': <true>}");
        kill_dockerd(pid);
        wait_settings(f, NOTHING);
}

static void on_changed(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path G_GNUC_UNUSED,
                       const char *interface G_GNUC_UNUSED, const char *signal G_GNUC_UNUSED, GVariant *args, gpointer data) {
        GString *told = data;
        g_autofree char *text = g_variant_print(args, FALSE);

        g_string_append_printf(told, "%s\n", text);
}

static gboolean is_told(Fixture *f G_GNUC_UNUSED, gpointer data) {
        return strstr(((GString *) data)->str, "'DefaultAddress': <'127.0.0.9'>") != NULL;
}

static gboolean is_false(Fixture *f G_GNUC_UNUSED, gpointer data) {
        return strstr(((GString *) data)->str, "'Iptables': <false>") != NULL;
}

static void test_properties_changed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GString) told = g_string_new(NULL);
        guint id = g_dbus_connection_signal_subscribe(f->bus, NULL, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                                      NULL, "org.quaywall1.Engine", 0, on_changed, told, NULL);
        g_auto(GStrv) names = g_strsplit(ALL, " ", -1);

        put(f, "{\"ip\": \"127.0.0.9\"}");
        fixture_wait(f, is_told, told, "PropertiesChanged with DefaultAddress");
        /* What did not change is not signalled. */
        for (guint i = 0; names[i]; i++) {
                g_autofree char *named = g_strdup_printf("'%s'", names[i]);
                g_assert_true(!strstr(told->str, named) == !g_str_equal(names[i], "DefaultAddress"));
        }
        /* If nothing changes, no signal is sent. */
        g_string_truncate(told, 0);
        put(f, "{\"ip\": \"127.0.0.9\", \"x\": 1}");
        works(f, "Engine.SetIptables", "false, {'i-understand': <true>}");
        fixture_wait(f, is_false, told, "PropertiesChanged with Iptables");
        g_assert_cmpuint(fixture_lines(told->str, "'Iptables': <false>"), ==, 1);
        g_assert_cmpuint(fixture_lines(told->str, "'Iptables': <true>"), ==, 0);
        g_dbus_connection_signal_unsubscribe(f->bus, id);
}

static void test_polkit(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        fixture_polkit_answer(f, "org.quaywall1.manage-engine", "no");
        fixture_fails(f, ACCESS_DENIED, "", "Engine.SetDefaultAddress", "'127.0.0.1', {}");
        fixture_fails(f, ACCESS_DENIED, "", "Engine.SetIptables", "false, {'i-understand': <true>}");
        check_file(f, NULL);
        fixture_polkit_answer(f, "org.quaywall1.manage-engine", "allow");
        works(f, "Engine.SetDefaultAddress", "'127.0.0.1', {}");
}

int main(int argc, char **argv) {
        if (g_str_has_suffix(argv[0], "dockerd"))
                be_dockerd(argv[argc - 1]);
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/engine/file", test_file);
        g_test_add_func("/engine/broken-file", test_broken_file);
        g_test_add_func("/engine/odd-file", test_odd_file);
        g_test_add_func("/engine/set-address", test_set_address);
        g_test_add_func("/engine/set-iptables", test_set_iptables);
        g_test_add_func("/engine/running", test_running);
        g_test_add_func("/engine/not-known", test_not_known);
        g_test_add_func("/engine/flags", test_flags);
        g_test_add_func("/engine/config-file-flag", test_config_file_flag);
        g_test_add_func("/engine/properties-changed", test_properties_changed);
        g_test_add_func("/engine/polkit", test_polkit);
        return g_test_run();
}
