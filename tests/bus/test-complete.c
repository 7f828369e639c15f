/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a shell offers when TAB is pressed: the words that quaywallctl finds, and what bash, zsh and fish make of them. A shell that is
 * not installed is skipped (bash: without the package bash-completion). */
#include "fixture-ctl.h"
#include "fixture-docker.h"

#include <glib/gstdio.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BASH_COMPLETION "/usr/share/bash-completion/bash_completion"

/* A host with a little of everything. */
static Fixture *begin(MockDocker *docker) {
        const FixtureOptions options = { .docker_ipv6 = TRUE };
        Fixture *f = fixture_new(&options);
        g_autofree char *folder = g_build_filename(f->dir, "folder", NULL);
        g_autoptr(GVariant) ipset = NULL;
        g_autoptr(GError) error = NULL;

        mock_docker_start(docker, f);
        mock_docker_tell(docker, "network shop_back");
        mock_docker_tell(docker, "run shop-web-1 8080 com.docker.compose.project=shop com.docker.compose.service=web");
        mock_docker_tell(docker, "run shop-db-1 5432 com.docker.compose.project=shop com.docker.compose.service=db");
        mock_docker_tell(docker, "run evil 6666 com.docker.compose.project=$(touch${IFS}pwned)");
        mock_docker_tell(docker, "run evil2 6667 com.docker.compose.project=--cut;reboot");
        mock_docker_wait(f, "running");
        ipset = g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1/config",
                                            "org.fedoraproject.FirewallD1.config", "addIPSet",
                                            g_variant_new_parsed("('office', ('', 'x', 'y', 'hash:net', @a{ss} {}, @as []))"),
                                            NULL, 0, -1, NULL, &error);
        g_assert_no_error(error);
        fixture_reload_firewalld(f);
        g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
        fixture_write(f->dir, "import.json", "{}");
        fixture_write(folder, "office", "10.0.0.1\n");
        fixture_write(folder, ".old", "10.0.0.1\n");
        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "deny later --port 1/tcp --permanent");
        ctl(f, 0, NULL, NULL, "group set office 10.0.0.1 --permanent");
        ctl(f, 0, NULL, NULL, "group set branch 10.0.0.2");
        return f;
}

/* The words, joined by blanks, without what stands after the tab; the last word of the line is the one that is typed. */
static char *offered(Fixture *f, int status, const char *line) {
        g_autofree char *whole = g_strconcat("__complete -- ", line, NULL), *out = NULL;
        g_autoptr(GRegex) description = g_regex_new("\t[^\n]*", 0, 0, NULL);

        ctl(f, status, &out, NULL, whole);
        g_autofree char *words = g_regex_replace_literal(description, out, -1, 0, "", 0, NULL);
        return g_strdup(g_strchomp(g_strdelimit(words, "\n", ' ')));
}

static gboolean offers(Fixture *f, gpointer data) {
        const char *const *pair = data;
        g_autofree char *words = offered(f, 0, pair[0]);

        return g_str_equal(words, pair[1]);
}

static void test_words(void) {
        static const char *const cases[][2] = {
                { "po", "policy ports" },
                { "--json policy sh", "show" },
                { "--confirm-within 60 deny x --po", "--port" },
                { "help policy r", "rename remove rollback" },
                { "status --no", "--no-ask-password --no-pager" },
                { "policy show ''", "later web" },
                { "policy show --permanent w", "web" },
                { "policy remove web ''", "later" },
                { "policy export w", "web" },
                { "allow-only ''", "" },
                { "allow-only w", "" },
                { "deny x --container ''", "evil evil2 shop-db-1 shop-web-1 label=com.docker.compose.project=shop" },
                { "deny x --container shop-web-1 shop", "shop-db-1" },
                { "deny x --compose ''", "shop shop/db shop/web" },
                { "deny x --compose shop/w", "shop/web" },
                { "deny x --container=shop-w", "--container=shop-web-1" },
                { "deny x --network sh", "shop_back" },
                { "deny x --port 8", "8080/tcp" },
                { "deny x --port 8080/tcp,5", "8080/tcp,5432/tcp" },
                { "deny x --port=8", "--port=8080/tcp" },
                { "deny x --from ipset:", "ipset:office" },
                { "deny x --from zone:do", "zone:docker" },
                { "deny x --from 192.168.1.1 zone:do", "zone:docker" },
                { "explain --from ''", "" },
                { "deny x --description ''", "" },
                { "deny x --for ''", "" },
                { "deny x --from @im", "@import.json" },
                { "deny x --from 10.0.0.1 @fo", "@folder/" },
                { "deny x --from=@folder/", "--from=@folder/office" },
                { "deny x --from @folder/.", "@folder/.old" },
                { "deny x --from @nowhere/", "" },
                { "deny x --from group:", "group:branch group:office" },
                { "deny x --from group:branch grou", "group:office" },
                { "group sh", "show" },
                { "group show ''", "branch office" },
                { "group delete o", "office" },
                { "group add office ''", "" },
                { "group set office 10.0.0.1 @im", "@import.json" },
                { "group set office 10.0.0.1 --des", "--description" },
                { "group add office 10.0.0.1 --des", "" },
                { "group list --q", "--quiet" },
                { "policy edit ''", "later web" },
                { "policy edit web --add-fr", "--add-from" },
                { "policy edit web --no-u", "--no-until" },
                { "policy edit web --add-from ipset:", "ipset:office" },
                { "policy edit web --add-from zone:do", "zone:docker" },
                { "policy edit web --add-from group:o", "group:office" },
                { "policy edit web --remove-from @im", "@import.json" },
                { "policy edit web --add-port 8", "8080/tcp" },
                { "policy edit web --remove-port 5432/tcp,8", "5432/tcp,8080/tcp" },
                { "policy edit web --add-container shop-w", "shop-web-1" },
                { "policy edit web --remove-network sh", "shop_back" },
                { "policy edit web --until ''", "" },
                { "policy edit web --repl", "" },
                { "policy import --add", "" },
                { "policy rename w", "web" },
                { "policy rename web ''", "" },
                { "policy list --no-l", "--no-legend" },
                { "direct list --q", "" },
                { "zone show --q", "--quiet" },
                { "status --no-l", "" },
                { "explain --verb", "--verbose" },
                { "ports --op", "--open" },
                { "ports 80", "8080/tcp" },
                { "ports shop", "shop-db-1 shop-web-1 shop_back" },
                { "zone show --zone do", "docker" },
                { "engine set-iptables ''", "yes no" },
                { "engine set-default-address no", "none" },
                { "direct add ''", "ipv4 ipv6" },
                { "direct add ipv4 0 -- -", "" },
                { "direct add ipv4 0 ''", "--" },
                { "nonsense ''", "" },
                { "policy nonsense ''", "" },
                { "policy show web --runtime --per", "--permanent" },
                { "policy list --co", "" },
                { "policy remove web --co", "--confirm-within" },
        };
        MockDocker docker;
        g_autoptr(Fixture) f = begin(&docker);
        g_autofree char *options = offered(f, 0, "status ''"), *interfaces = offered(f, 0, "deny x --on ''"),
                        *files = offered(f, 9, "policy import ''"), *all = offered(f, 0, "''"), *again = NULL;
        const char *first[] = { "deny x --network sh", "shop_back" };

        fixture_wait(f, offers, first, "Docker's networks to be known");
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *words = offered(f, 0, cases[i][0]);

                if (!g_str_equal(words, cases[i][1]))
                        g_error("%s: offered are \"%s\", not \"%s\"", cases[i][0], words, cases[i][1]);
        }
        has(options, "--json|--help");
        has(all, "status|allow-only|help");
        g_assert_cmpstr(files, ==, "-");
        g_assert_null(strstr(interfaces, "veth"));
        g_assert_false(g_regex_match_simple("(^| )lo( |$)", interfaces, 0, 0));
        /* An option that was given is not offered again, unless it takes a list. */
        again = offered(f, 0, "deny x --log --port 1/tcp --");
        g_assert_null(strstr(again, "--log"));
        has(again, "--port|--reject");
        /* Nobody is asked for a password, and what may not be read is not offered. */
        fixture_polkit_answer(f, "*", "challenge");
        g_autofree char *unknown = offered(f, 0, "policy show ''");
        g_assert_cmpstr(unknown, ==, "");
        mock_docker_kill(&docker);
}

/* --- shells ------------------------------------------------------------------------------------------------------- */

static const char *const SHELL_CASES[][2] = {
        { "quaywallctl polic", "quaywallctl policy " },
        { "quaywallctl policy sho", "quaywallctl policy show " },
        { "quaywallctl policy show we", "quaywallctl policy show web " },
        { "quaywallctl allow-only we", "quaywallctl allow-only we" },
        { "quaywallctl deny x --port 80", "quaywallctl deny x --port 8080/tcp " },
        { "quaywallctl deny x --port=80", "quaywallctl deny x --port=8080/tcp " },
        { "quaywallctl deny x --port 5432/tcp,80", "quaywallctl deny x --port 5432/tcp,8080/tcp " },
        { "quaywallctl deny x --from ipset:o", "quaywallctl deny x --from ipset:office " },
        { "quaywallctl deny x --from group:o", "quaywallctl deny x --from group:office " },
        { "quaywallctl group show off", "quaywallctl group show office " },
        { "quaywallctl group add office @imp", "quaywallctl group add office @import.json " },
        { "quaywallctl deny x --from=zone:do", "quaywallctl deny x --from=zone:docker " },
        { "quaywallctl deny x --container label=com.docker.compose.project=s",
          "quaywallctl deny x --container label=com.docker.compose.project=shop " },
        { "quaywallctl deny x --compose shop/w", "quaywallctl deny x --compose shop/web " },
        { "quaywallctl deny x --from @imp", "quaywallctl deny x --from @import.json " },
        { "quaywallctl deny x --from @fol", "quaywallctl deny x --from @folder/" },
        { "quaywallctl deny x --from=@imp", "quaywallctl deny x --from=@import.json " },
        { "quaywallctl policy edit web --add-port 54", "quaywallctl policy edit web --add-port 5432/tcp " },
        { "quaywallctl policy edit web --remove-fr", "quaywallctl policy edit web --remove-from " },
        { "quaywallctl ports shop-d", "quaywallctl ports shop-db-1 " },
        { "quaywallctl deny x --rejec", "quaywallctl deny x --reject " },
        { "quaywallctl policy import imp", "quaywallctl policy import import.json " },
};

static char *source(const char *path) {
        g_autofree char *relative = fixture_source(path);

        return g_canonicalize_filename(relative, NULL);
}

/* Where quaywallctl is found first, and the shells find nothing of the user's. */
static GStrv shell_environment(Fixture *f) {
        g_auto(GStrv) words = ctl_words("");
        g_autofree char *folder = g_path_get_dirname(words[0]), *path = g_strconcat(folder, ":", g_getenv("PATH"), NULL);
        const char *const settings[][2] = { { "PATH", path },
                                            { "HOME", f->dir },
                                            { "ZDOTDIR", f->dir },
                                            { "XDG_CONFIG_HOME", f->dir },
                                            { "XDG_DATA_HOME", f->dir },
                                            { "TERM", "dumb" },
                                            { "DBUS_SYSTEM_BUS_ADDRESS", f->address } };
        GStrv environment = g_get_environ();

        for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
                environment = g_environ_setenv(environment, settings[i][0], settings[i][1], TRUE);
        return environment;
}

/* Reads from the terminal until the text ends with one of these words, or has them, after a position; fails after 20 s. */
static void read_until(int terminal, GString *said, gsize from, const char *words) {
        char buffer[256];
        ssize_t n;

        while (!strstr(said->str + from, words)) {
                n = read(terminal, buffer, sizeof buffer);
                if (n <= 0)
                        g_error("the shell ended, or said nothing for 20 s: \"%s\" is missing in: %s", words, said->str + from);
                g_string_append_len(said, buffer, n);
        }
}

static void type(int terminal, const char *text) {
        g_assert_cmpint(write(terminal, text, strlen(text)), ==, (ssize_t) strlen(text));
}

/* Types each line and TAB at an interactive shell, and has the shell itself print what then stands on its line. takes_blank_back: the
 * blank behind a whole word is gone once the cursor moves, as in zsh. */
static void check_at_terminal(Fixture *f, const char *const *argv, gboolean takes_blank_back) {
        g_auto(GStrv) environment = shell_environment(f);
        g_autoptr(GString) said = g_string_new(NULL);
        int terminal;
        const pid_t pid = forkpty(&terminal, NULL, NULL, NULL);

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                alarm(60);
                if (chdir(f->dir) == 0)
                        execve(argv[0], (char *const *) argv, environment);
                _exit(127);
        }
        read_until(terminal, said, 0, "READY>");
        for (gsize i = 0; i < G_N_ELEMENTS(SHELL_CASES); i++) {
                const gsize from = said->len;
                g_autofree char *line = g_strdup(SHELL_CASES[i][1]);
                g_autofree char *expected = g_strdup_printf("<%s>", takes_blank_back ? g_strchomp(line) : line);

                type(terminal, SHELL_CASES[i][0]);
                /* Control-A and Control-E: to the beginning and the end of the line */
                type(terminal, "\t\001printf '<%s''>\\n' '\005'\r");
                read_until(terminal, said, from, "\n<");
                /* The prompt behind the answer: shells repeat it while a line is edited. */
                read_until(terminal, said, (gsize) (strstr(said->str + from, "\n<") - said->str), "READY>");
                if (!strstr(said->str + from, expected)) {
                        g_autofree char *seen = g_strescape(said->str + from, NULL);

                        g_error("%s: %s becomes not %s: %s", argv[0], SHELL_CASES[i][0], expected, seen);
                }
        }
        type(terminal, "exit\r");
        close(terminal);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
}

static char *find_shell(const char *name) {
        char *path = g_find_program_in_path(name);

        if (!path)
                g_test_skip("the shell is not installed");
        return path;
}

static void test_bash(void) {
        g_autofree char *shell = find_shell("bash"), *script = source("completions/quaywallctl"), *rc = NULL, *text = NULL;
        MockDocker docker;

        if (!shell)
                return;
        if (!g_file_test(BASH_COMPLETION, G_FILE_TEST_EXISTS)) {
                g_test_skip("the package bash-completion is not installed");
                return;
        }
        g_autoptr(Fixture) f = begin(&docker);
        rc = g_build_filename(f->dir, "bashrc", NULL);
        text = g_strdup_printf("PS1='READY>'\nbind 'set enable-bracketed-paste off'\n. %s\n. %s\n", BASH_COMPLETION, script);
        fixture_write(f->dir, "bashrc", text);
        check_at_terminal(f, (const char *const[]){ shell, "--noprofile", "--rcfile", rc, "-i", NULL }, FALSE);
        mock_docker_kill(&docker);
}

static void test_zsh(void) {
        g_autofree char *shell = find_shell("zsh"), *folder = source("completions"), *text = NULL;
        MockDocker docker;

        if (!shell)
                return;
        g_autoptr(Fixture) f = begin(&docker);
        text = g_strdup_printf("PS1='READY>'\nbindkey -e\nunsetopt prompt_sp beep\nfpath=(%s $fpath)\nautoload -Uz compinit\n"
                               "compinit -u -D\n",
                               folder);
        fixture_write(f->dir, ".zshrc", text);
        check_at_terminal(f, (const char *const[]){ shell, "-i", NULL }, TRUE);
        mock_docker_kill(&docker);
}

/* fish itself says what it would offer. */
static void test_fish(void) {
        g_autofree char *shell = find_shell("fish"), *script = source("completions/quaywallctl.fish");
        MockDocker docker;

        if (!shell)
                return;
        g_autoptr(Fixture) f = begin(&docker);
        g_auto(GStrv) environment = shell_environment(f);
        for (gsize i = 0; i < G_N_ELEMENTS(SHELL_CASES); i++) {
                g_autofree char *line = g_strdup_printf("source %s; complete -C '%s'", script, SHELL_CASES[i][0]), *out = NULL,
                                *err = NULL;
                const char *argv[] = { shell, "-c", line, NULL };
                g_autoptr(GError) error = NULL;
                g_autofree char *whole = g_strchomp(g_strdup(SHELL_CASES[i][1]));
                const char *word = strrchr(whole, ' ') + 1;

                g_spawn_sync(f->dir, (char **) argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, NULL, &error);
                g_assert_no_error(error);
                if (g_str_equal(SHELL_CASES[i][0], SHELL_CASES[i][1])) {
                        g_assert_cmpstr(out, ==, "");
                        continue;
                }
                g_assert_true(g_str_has_prefix(out, word));
                if (out[strlen(word)] != '\n' && out[strlen(word)] != '\t')
                        g_error("fish: %s: offered is %s%s", SHELL_CASES[i][0], out, err);
        }
        mock_docker_kill(&docker);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/complete/words", test_words);
        g_test_add_func("/complete/bash", test_bash);
        g_test_add_func("/complete/zsh", test_zsh);
        g_test_add_func("/complete/fish", test_fish);
        return g_test_run();
}
