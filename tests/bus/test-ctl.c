/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywallctl with the real service: exit statuses, scopes, and prompts at a terminal. */
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

/* Checks the exit status, and returns what it printed in *out and *err unless NULL. */
static void ctl(Fixture *f, int status, char **out, char **err, const char *line) {
        g_auto(GStrv) argv = words_of(line),
                      env = g_environ_setenv(g_get_environ(), "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        g_autofree char *stdout_text = NULL, *stderr_text = NULL;
        g_autoptr(GError) error = NULL;
        int wait_status = 0;

        g_spawn_sync(f->dir, argv, env, G_SPAWN_DEFAULT, NULL, NULL, &stdout_text, &stderr_text, &wait_status, &error);
        g_assert_no_error(error);
        if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != status)
                g_error("quaywallctl %s: wait status %d, not exit status %d\n%s%s", line, wait_status, status, stdout_text,
                        stderr_text);
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

/* Runs it at a terminal, and gives this answer to its prompt. */
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
        /* No service on the bus; no bus. */
        empty->address = g_strdup(address);
        says(empty, 4, "quaywalld is not running", "status");
        g_free(empty->address);
        empty->address = g_strdup("unix:path=/nonexistent");
        says(empty, 4, "cannot connect", "status");
        g_free(empty->address);
        empty->address = g_steal_pointer(&address);
        /* A policy is not in force. */
        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "verify");
        fixture_stop_firewalld(f);
        fixture_wait_state(f, "degraded");
        ctl(f, 5, NULL, NULL, "status");
        ctl(f, 5, NULL, NULL, "verify");
        ctl(f, 5, NULL, NULL, "repair");
}

/* A policy that differs between runtime and permanent is changed in each without mixing the two. */
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
        /* A policy that exists in one scope only is not copied to the other. */
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
        fixture_write(
                f->dir, "both.json",
                "{\"policies\": {\"later\": {\"action\": \"deny\"}, \"new\": {\"action\": \"deny\", \"ports\": [\"2/tcp\"]}}}");
        /* Wrong command lines, and rules that make no policy, change nothing; nor does --check. */
        says(f, 2, "--name web: there are 2 policies in both.json", "policy import both.json --name web");
        fixture_write(f->dir, "rules", "iptables -I DOCKER-USER -m limit -j DROP\n");
        says(f, 1, "rules:1: -m limit: ", "policy import rules");
        fixture_write(f->dir, "rules", "iptables -I DOCKER-USER -i ext0 -j DROP\n");
        prints(f, "web|deny", "policy import rules --name web --check");
        /* It exists, though only permanently. */
        says(f, 1, "a policy 'later' already", "policy import both.json");
        after = fixture_dump(f);
        fixture_same("refused", before, after);
        ctl(f, 0, NULL, NULL, "policy import both.json --replace --runtime");
        prints(f, "1/tcp", "policy show later --permanent");
        prints(f, "2/tcp", "policy show new");
        ctl(f, 0, NULL, NULL, "reload");
        g_free(before);
        before = fixture_dump(f);
        /* The import is one change, so it can be undone. */
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
        /* Ctrl-D, no, an empty line */
        static const char *const noes[] = { "\004", "n\n", "\n" };

        ctl(f, 0, NULL, NULL, "deny other --port 1/tcp");
        before = fixture_dump(f);
        for (gsize i = 0; i < G_N_ELEMENTS(noes); i++) {
                asked(f, 1, noes[i], "deny web --port 8080/tcp --confirm-within 600");
                g_autofree char *after = fixture_dump(f);
                fixture_same("no", before, after);
        }
        /* Not "for ever", whatever the user meant. */
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

        says(f, 0, "warning: containers: \"db\"|warning: networks: \"back\"",
             "deny db --container db --network back --to 192.168.1.99");
        prints(f, "192.168.1.99, container db, network back", "policy list");
        says(f, 0, "warning: containers: \"db\"", "policy show db");
        says(f, 0, "warning: containers: \"db\"", "policy disable db");
        ctl(f, 0, NULL, &quiet, "deny web --port 8080/tcp");
        g_assert_cmpstr(quiet, ==, "");
        /* A service of Compose reads as it was given. */
        ctl(f, 0, NULL, NULL, "deny shop --compose shop/web --container db");
        prints(f, "container db, compose shop/web", "policy list");
        prints(f, "containers:  db, compose shop/web", "policy show shop");
        prints(f, "label=com.docker.compose.project=shop|label=com.docker.compose.service=web", "policy show shop --json");
        says(f, 2, "--compose takes PROJECT or PROJECT/SERVICE", "deny shop --compose shop/");
        says(f, 2, "--compose takes one", "deny shop --compose a --compose b");
}

/* A policy of the same name is not replaced silently. */
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
        says(f, 0,
             "note: replaced: sources: 192.168.1.1 -> 192.168.1.2; ports: 8080/tcp -> any; log: yes -> no; description: old -> -",
             "allow-only web --from 192.168.1.2");
        ctl(f, 0, NULL, &quiet, "allow-only web --from 192.168.1.2/32");
        g_assert_cmpstr(quiet, ==, "");
        says(f, 0, "action: allow-only -> deny; sources: 192.168.1.2 -> any", "deny web --port 8080/tcp --replace");
        /* A deny without any limit asks first. */
        after = fixture_dump(f);
        asked(f, 1, "n\n", "deny all");
        g_autofree char *no = fixture_dump(f);
        fixture_same("no", after, no);
        asked(f, 0, "y\n", "deny all");
        prints(f, "all", "policy list");
        says(f, 0, "warning: every published port is closed to everybody", "deny all --from 0.0.0.0/0 ::/0");
}

/* What allow-only and forward are given; "": an option that is no field of a policy. */
static const char *const DEFINING[][2] = {
        { "--from", "192.168.1.1" },
        { "--on", "ext0" },
        { "--to", "192.168.1.99" },
        { "--port", "1/tcp" },
        { "--container", "c" },
        { "--compose", "" },
        { "--network", "n" },
        { "--in", "ext0" },
        { "--out", "int0" },
        { "--description", "d" },
        { "--reject", NULL },
        { "--log", NULL },
        { "--disabled", NULL },
        { "--replace", "" },
        { "--check", "" },
        { "--runtime", "" },
        { "--permanent", "" },
        { "--confirm-within", "" },
        { "--cut", "" },
        { "--json", "" },
        { "--no-ask-password", "" },
        { "--system", "" },
        { "--help", "" },
};

/* "allow-only NAME", with every option that its --help names. */
static char *with_every_option(Fixture *f, const char *command) {
        g_autofree char *help_line = g_strconcat(command, " --help", NULL), *help = NULL;
        g_autoptr(GRegex) option = g_regex_new("^  (?:-., )?(--[a-z-]+)", G_REGEX_MULTILINE, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        GString *line = g_string_new(command);

        ctl(f, 0, &help, NULL, help_line);
        for (g_regex_match(option, help, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
                g_autofree char *name = g_match_info_fetch(match, 1);
                gsize i = 0;

                while (i < G_N_ELEMENTS(DEFINING) && !g_str_equal(DEFINING[i][0], name))
                        i++;
                if (i == G_N_ELEMENTS(DEFINING))
                        g_error("%s: which field does %s set?", command, name);
                if (!DEFINING[i][1])
                        g_string_append_printf(line, " %s", name);
                else if (*DEFINING[i][1])
                        g_string_append_printf(line, " %s %s", name, DEFINING[i][1]);
        }
        return g_string_free(line, FALSE);
}

/* The fields of a policy, as the contract describes them: "action", "interfaces"... */
static GStrv fields_of_contract(void) {
        g_autofree char *path = fixture_source("dbus/org.quaywall1.xml"), *text = NULL;
        g_autoptr(GRegex) field = g_regex_new("\"([a-z-]+)\"\\s+(?:s|as|b)\\b", 0, 0, NULL);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_autoptr(GMatchInfo) match = NULL;
        g_autoptr(GError) error = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        char *begin = strstr(text, "A policy is a{sv}:");
        g_assert_nonnull(begin);
        *strstr(begin, "-->") = '\0';
        for (g_regex_match(field, begin, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
                g_autofree char *name = g_match_info_fetch(match, 1);
                g_strv_builder_add(builder, name);
        }
        return g_strv_builder_end(builder);
}

/* Every field of a policy has an option, is exported, and is named when it changes: a field that only quaywalld knows cannot be set,
 * one that it does not know is refused. */
static void test_every_field(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *access = with_every_option(f, "allow-only web"), *forward = with_every_option(f, "forward router"),
                        *exported = NULL, *first = NULL, *second = NULL;
        g_auto(GStrv) fields = fields_of_contract();

        g_assert_cmpuint(g_strv_length(fields), >, 0);
        ctl(f, 0, NULL, NULL, access);
        ctl(f, 0, NULL, NULL, forward);
        ctl(f, 0, &exported, NULL, "policy export");
        ctl(f, 0, NULL, &first, "deny web --port 2/tcp --replace");
        ctl(f, 0, NULL, &second, "deny router --port 2/tcp --replace");
        for (char **field = fields; *field; field++) {
                g_autofree char *member = g_strdup_printf("\"%s\" : ", *field), *change = g_strdup_printf(" %s: ", *field);
                has(exported, member);
                if (!strstr(first, change) && !strstr(second, change))
                        g_error("no option sets the field %s, or it is not named when it changes: %s%s", *field, first, second);
        }
}

static GHashTable *names_on_bus(Fixture *f) {
        g_autoptr(GVariant) answer =
                g_dbus_connection_call_sync(f->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                            "ListNames", NULL, NULL, 0, -1, NULL, NULL);
        GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GVariantIter) iter = NULL;
        char *name;

        g_variant_get(answer, "(as)", &iter);
        while (g_variant_iter_next(iter, "s", &name))
                g_hash_table_add(names, name);
        return names;
}

/* quaywallctl does not print what others send in the name of quaywalld or of the bus. */
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
        has(first, "  state: ");
        after = names_on_bus(f);
        g_hash_table_iter_init(&iter, after);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
                if (g_hash_table_contains(before, name))
                        continue;
                g_dbus_connection_emit_signal(attacker, name, "/org/quaywall1", "org.quaywall1.Policies", "Changed",
                                              g_variant_new_parsed("(['forged'],)"), &error);
                g_assert_no_error(error);
                g_dbus_connection_emit_signal(
                        attacker, name, "/org/quaywall1", "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        g_variant_new_parsed("('org.quaywall1.Manager', {'State': <'forged'>}, @as [])"), &error);
                g_assert_no_error(error);
                g_dbus_connection_emit_signal(attacker, name, "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                              "NameOwnerChanged", g_variant_new("(sss)", "org.quaywall1", ":1.1", ""), &error);
                g_assert_no_error(error);
        }
        /* Once the bus has answered the attacker, it has delivered the earlier messages. */
        barrier = g_dbus_connection_call_sync(attacker, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                              "GetId", NULL, NULL, 0, -1, NULL, &error);
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
        g_test_add_func("/ctl/every-field", test_every_field);
        g_test_add_func("/ctl/monitor-is-not-told-lies", test_monitor_is_not_told_lies);
        return g_test_run();
}
