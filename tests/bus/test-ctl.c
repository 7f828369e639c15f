/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywallctl against the real service: exit statuses, the scopes, what asks at a terminal. */
#include "fixture.h"

#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *program(void) {
        const char *path = g_getenv("QUAYWALLCTL");
        g_autofree char *built = g_test_build_filename(G_TEST_BUILT, "../..", "quaywallctl", NULL);

        return g_canonicalize_filename(path ? path : built, NULL);
}

static GStrv words_of(const char *line) {
        g_autofree char *path = program(), *whole = g_strconcat(path, " ", line, NULL);
        g_autoptr(GError) error = NULL;
        GStrv argv = NULL;

        g_shell_parse_argv(whole, NULL, &argv, &error);
        g_assert_no_error(error);
        return argv;
}

/* Its exit status must be this one; *out and *err (NULL: not wanted) what it printed. */
static void ctl(Fixture *f, int status, char **out, char **err, const char *line) {
        g_auto(GStrv) argv = words_of(line), env = g_environ_setenv(g_get_environ(), "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        g_autofree char *stdout_text = NULL, *stderr_text = NULL;
        g_autoptr(GError) error = NULL;
        int wait_status = 0;

        g_spawn_sync(f->dir, argv, env, G_SPAWN_DEFAULT, NULL, NULL, &stdout_text, &stderr_text, &wait_status, &error);
        g_assert_no_error(error);
        if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != status)
                g_error("quaywallctl %s: wait status %d, not exit status %d\n%s%s", line, wait_status, status, stdout_text, stderr_text);
        if (out)
                *out = g_steal_pointer(&stdout_text);
        if (err)
                *err = g_steal_pointer(&stderr_text);
}

static void has(const char *text, const char *words) {
        g_auto(GStrv) all = g_strsplit(words, "|", -1);

        for (char **word = all; *word; word++)
                if (!strstr(text, *word))
                        g_error("\"%s\" is not in: %s", *word, text);
}

static void prints(Fixture *f, const char *words, const char *line) {
        g_autofree char *out = NULL;

        ctl(f, 0, &out, NULL, line);
        has(out, words);
}

static void says(Fixture *f, int status, const char *words, const char *line) {
        g_autofree char *err = NULL;

        ctl(f, status, NULL, &err, line);
        has(err, words);
}

/* At a terminal: gives this answer when it is asked. */
static void asked(Fixture *f, int status, const char *answer, const char *line) {
        g_auto(GStrv) argv = words_of(line);
        g_autoptr(GString) said = g_string_new(NULL);
        char buffer[256];
        int terminal, wait_status;
        ssize_t n;
        const pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                setenv("DBUS_SYSTEM_BUS_ADDRESS", f->address, 1);
                alarm(20);
                execv(argv[0], argv);
                _exit(127);
        }
        while ((n = read(terminal, buffer, sizeof buffer)) > 0) {
                g_string_append_len(said, buffer, n);
                if (answer && strstr(said->str, "[y/N]")) {
                        g_assert_cmpint(write(terminal, answer, strlen(answer)), ==, (ssize_t) strlen(answer));
                        answer = NULL;
                }
        }
        close(terminal);
        g_assert_cmpint(waitpid(pid, &wait_status, 0), ==, pid);
        if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != status)
                g_error("quaywallctl %s: wait status %d, not exit status %d\n%s", line, wait_status, status, said->str);
}

static void test_exit_status(void) {
        const FixtureOptions no_daemon = { .no_daemon = TRUE }, ipv6 = { .docker_ipv6 = TRUE };
        g_autoptr(Fixture) f = fixture_new(&ipv6), empty = fixture_new(&no_daemon);
        g_autofree char *address = g_steal_pointer(&empty->address);

        ctl(f, 0, NULL, NULL, "status");
        says(f, 1, "there is no policy", "policy show nobody");
        says(f, 2, "Try", "policy nothing");
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "no");
        says(f, 3, "manage-policies", "deny web");
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "allow");
        /* Nobody has the name; there is no bus. */
        empty->address = g_strdup(address);
        says(empty, 4, "quaywalld is not running", "status");
        g_free(empty->address);
        empty->address = g_strdup("unix:path=/nonexistent");
        says(empty, 4, "cannot connect", "status");
        g_free(empty->address);
        empty->address = g_steal_pointer(&address);
        /* Something is not in force. */
        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "verify");
        fixture_stop_firewalld(f);
        fixture_wait_state(f, "degraded");
        ctl(f, 5, NULL, NULL, "status");
        ctl(f, 5, NULL, NULL, "verify");
        ctl(f, 5, NULL, NULL, "repair");
}

/* A policy that is another one at runtime keeps being that, and so does the permanent one. */
static void test_scopes(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *exported = NULL;

        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.1 --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.2 --port 8080/tcp --runtime");
        prints(f, "192.168.1.2", "policy show web");
        prints(f, "192.168.1.2", "policy list");
        prints(f, "192.168.1.1", "policy show web --permanent");
        prints(f, "192.168.1.1", "policy list --permanent");
        prints(f, "192.168.1.1", "policy check web --permanent");
        ctl(f, 0, &exported, NULL, "policy export --permanent");
        has(exported, "192.168.1.1");
        says(f, 2, "--runtime or --permanent", "policy disable web --confirm-within 60");
        ctl(f, 0, NULL, NULL, "policy disable web");
        prints(f, "192.168.1.2|disabled", "policy list");
        prints(f, "192.168.1.1|disabled", "policy list --permanent");
        ctl(f, 0, NULL, NULL, "policy enable web --permanent");
        prints(f, "192.168.1.2|disabled", "policy list");
        prints(f, "192.168.1.1|enabled", "policy list --permanent");
        /* One that is in one scope only does not come into the other. */
        ctl(f, 0, NULL, NULL, "deny brief --port 1/tcp --runtime");
        ctl(f, 0, NULL, NULL, "policy disable brief");
        says(f, 1, "no permanent policy 'brief'", "policy show brief --permanent");
        says(f, 1, "no permanent policy 'brief'", "policy enable brief --permanent");
        ctl(f, 0, NULL, NULL, "deny later --port 2/tcp --permanent");
        ctl(f, 0, NULL, NULL, "policy disable later");
        says(f, 1, "there is no policy \"later\"", "policy show later");
        ctl(f, 0, NULL, NULL, "policy remove brief later");
}

static void test_import(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL, *token = NULL, *line = NULL, *json = NULL, *now = NULL;

        ctl(f, 0, NULL, NULL, "deny later --port 1/tcp --permanent");
        ctl(f, 0, NULL, NULL, "deny stays --port 3/tcp");
        before = fixture_dump(f);
        fixture_write(f->dir, "both.json", "{\"policies\": {\"later\": {\"action\": \"deny\"}, \"new\": {\"action\": \"deny\", \"ports\": [\"2/tcp\"]}}}");
        /* It is there, though not now. */
        says(f, 1, "a policy 'later' already", "policy import both.json");
        after = fixture_dump(f);
        fixture_same("refused", before, after);
        ctl(f, 0, NULL, NULL, "policy import both.json --replace --runtime");
        prints(f, "1/tcp", "policy show later --permanent");
        prints(f, "2/tcp", "policy show new");
        ctl(f, 0, NULL, NULL, "reload");
        g_free(before);
        before = fixture_dump(f);
        /* One step, so it can be undone. */
        ctl(f, 0, &token, NULL, "policy import both.json --replace --confirm-within 60 --json");
        has(token, "\"token\"|\"later\"|\"new\"");
        json = g_strdup(strstr(token, "\"token\"") + strlen("\"token\" : \""));
        json[strcspn(json, "\"")] = '\0';
        line = g_strdup_printf("policy rollback %s", json);
        prints(f, "stays|new", "policy list --permanent");
        ctl(f, 0, NULL, NULL, line);
        now = fixture_dump(f);
        fixture_same("rolled back", before, now);
}

static void test_confirm(void) {
        const FixtureOptions ipv6 = { .docker_ipv6 = TRUE };
        g_autoptr(Fixture) f = fixture_new(&ipv6);
        g_autofree char *before = NULL, *token = NULL;
        /* Ctrl-D, no, an empty line. */
        static const char *const noes[] = { "\004", "n\n", "\n" };

        ctl(f, 0, NULL, NULL, "deny other --port 1/tcp");
        before = fixture_dump(f);
        for (gsize i = 0; i < G_N_ELEMENTS(noes); i++) {
                asked(f, 1, noes[i], "deny web --port 8080/tcp --confirm-within 600");
                g_autofree char *after = fixture_dump(f);
                fixture_same("no", before, after);
        }
        /* Not for good, whatever is meant by it. */
        says(f, 2, "1 to 3600", "deny web --port 8080/tcp --confirm-within 0");
        says(f, 2, "1 to 3600", "--confirm-within=-1 deny web --port 8080/tcp");
        g_autofree char *after = fixture_dump(f);
        fixture_same("not seconds", before, after);
        asked(f, 0, "y\n", "deny web --port 8080/tcp --confirm-within 600");
        prints(f, "web", "policy list");
        ctl(f, 0, &token, NULL, "deny web --confirm-within 600 --json");
        g_assert_true(g_str_has_prefix(token, "{\n"));
        has(token, "\"token\" : \"");
        prints(f, "Pending:    web by ", "status");
        prints(f, "\"pending-change\"", "status --json");
        says(f, 1, "waits to be confirmed (web)", "policy remove other");
}

static void test_names(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *quiet = NULL;

        says(f, 0, "warning: containers: \"db\"|warning: networks: \"back\"", "deny db --container db --network back --to 192.168.1.99");
        prints(f, "192.168.1.99, container db, network back", "policy list");
        says(f, 0, "warning: containers: \"db\"", "policy show db");
        says(f, 0, "warning: containers: \"db\"", "policy disable db");
        ctl(f, 0, NULL, &quiet, "deny web --port 8080/tcp");
        g_assert_cmpstr(quiet, ==, "");
}

/* Another policy of that name is not lost without a word. */
static void test_replaced(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *refused = NULL, *after = NULL, *quiet = NULL;

        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.1 --port 8080/tcp --log --description old");
        before = fixture_dump(f);
        says(f, 1, "\"web\" is \"allow-only\" and would be \"deny\"|--replace", "deny web --port 8080/tcp");
        says(f, 1, "--replace", "deny web --port 8080/tcp --permanent");
        says(f, 1, "--replace", "forward web --in ext0 --out int0 --runtime");
        refused = fixture_dump(f);
        fixture_same("refused", before, refused);
        says(f, 0, "note: replaced: sources: 192.168.1.1 -> 192.168.1.2; ports: 8080/tcp -> any; log: yes -> no; description: old -> -",
             "allow-only web --from 192.168.1.2");
        ctl(f, 0, NULL, &quiet, "allow-only web --from 192.168.1.2/32");
        g_assert_cmpstr(quiet, ==, "");
        says(f, 0, "action: allow-only -> deny; sources: 192.168.1.2 -> any", "deny web --port 8080/tcp --replace");
        /* Only what a person is asked about. */
        after = fixture_dump(f);
        asked(f, 1, "n\n", "deny all");
        g_autofree char *no = fixture_dump(f);
        fixture_same("no", after, no);
        asked(f, 0, "y\n", "deny all");
        prints(f, "all", "policy list");
        says(f, 0, "warning: every published port is closed to everybody", "deny all --from 0.0.0.0/0 ::/0");
}

static GHashTable *names_on_bus(Fixture *f) {
        g_autoptr(GVariant) answer = g_dbus_connection_call_sync(f->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                                                 "org.freedesktop.DBus", "ListNames", NULL, NULL, 0, -1, NULL, NULL);
        GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GVariantIter) iter = NULL;
        char *name;

        g_variant_get(answer, "(as)", &iter);
        while (g_variant_iter_next(iter, "s", &name))
                g_hash_table_add(names, name);
        return names;
}

/* What anybody sends to quaywallctl in the name of quaywalld or of the bus is not printed. */
static void test_monitor_is_not_told_lies(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) attacker = fixture_connect(f);
        g_autoptr(GHashTable) before = names_on_bus(f), after = NULL;
        g_auto(GStrv) argv = words_of("monitor");
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) barrier = NULL;
        g_autoptr(GString) said = g_string_new(NULL);
        GHashTableIter iter;
        gpointer name;

        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        g_autoptr(GSubprocess) monitor = g_subprocess_launcher_spawnv(launcher, (const char *const *) argv, &error);
        g_assert_no_error(error);
        g_autoptr(GDataInputStream) lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(monitor));
        g_autofree char *first = g_data_input_stream_read_line(lines, NULL, NULL, &error);
        has(first, "Manager.State");
        after = names_on_bus(f);
        g_hash_table_iter_init(&iter, after);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
                if (g_hash_table_contains(before, name))
                        continue;
                g_dbus_connection_emit_signal(attacker, name, "/org/quaywall1", "org.quaywall1.Policies", "Changed",
                                              g_variant_new_parsed("(['forged'],)"), &error);
                g_assert_no_error(error);
                g_dbus_connection_emit_signal(attacker, name, "/org/quaywall1", "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                              g_variant_new_parsed("('org.quaywall1.Manager', {'State': <'forged'>}, @as [])"), &error);
                g_assert_no_error(error);
                g_dbus_connection_emit_signal(attacker, name, "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged",
                                              g_variant_new("(sss)", "org.quaywall1", ":1.1", ""), &error);
                g_assert_no_error(error);
        }
        /* When it answers the attacker, the bus has passed on what he sent. */
        barrier = g_dbus_connection_call_sync(attacker, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId",
                                              NULL, NULL, 0, -1, NULL, &error);
        g_assert_no_error(error);
        ctl(f, 0, NULL, NULL, "deny genuine --port 8080/tcp");
        while (!strstr(said->str, "genuine")) {
                g_autofree char *line = g_data_input_stream_read_line(lines, NULL, NULL, &error);
                g_assert_no_error(error);
                g_assert_nonnull(line);
                g_string_append_printf(said, "%s\n", line);
        }
        if (strstr(said->str, "forged") || strstr(said->str, "gone"))
                g_error("a lie was printed: %s", said->str);
        g_subprocess_send_signal(monitor, SIGTERM);
        g_subprocess_wait(monitor, NULL, NULL);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/exit-status", test_exit_status);
        g_test_add_func("/ctl/scopes", test_scopes);
        g_test_add_func("/ctl/import", test_import);
        g_test_add_func("/ctl/confirm", test_confirm);
        g_test_add_func("/ctl/names", test_names);
        g_test_add_func("/ctl/replaced", test_replaced);
        g_test_add_func("/ctl/monitor-is-not-told-lies", test_monitor_is_not_told_lies);
        return g_test_run();
}
