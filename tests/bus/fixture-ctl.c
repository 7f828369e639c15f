/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-ctl.h"

#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *program(void) {
        const char *path = g_getenv("QUAYWALLCTL");
        g_autofree char *built = g_test_build_filename(G_TEST_BUILT, "../..", "quaywallctl", NULL);

        return g_canonicalize_filename(path ? path : built, NULL);
}

GStrv ctl_words(const char *line) {
        g_autofree char *path = program(), *whole = g_strconcat(path, " ", line, NULL);
        g_autoptr(GError) error = NULL;
        GStrv argv = NULL;

        g_shell_parse_argv(whole, NULL, &argv, &error);
        g_assert_no_error(error);
        return argv;
}

/* What the user who runs the tests has set must make no difference. */
static const char *const SETTINGS[] = { "COLUMNS", "SYSTEMD_PAGER", "PAGER", "SYSTEMD_LESS", "NO_COLOR", "SUDO_UID", NULL };

static void run(Fixture *f, int status, char **out, char **err, const char *columns, const char *line) {
        g_auto(GStrv) argv = ctl_words(line),
                      env = g_environ_setenv(g_get_environ(), "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        g_autofree char *stdout_text = NULL, *stderr_text = NULL;
        g_autoptr(GError) error = NULL;
        int wait_status = 0;

        for (const char *const *name = SETTINGS; *name; name++)
                env = g_environ_unsetenv(env, *name);
        if (columns)
                env = g_environ_setenv(env, "COLUMNS", columns, TRUE);
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

void ctl(Fixture *f, int status, char **out, char **err, const char *line) {
        run(f, status, out, err, NULL, line);
}

char *ctl_screen(Fixture *f, int status, const char *columns, const char *line) {
        char *out = NULL;

        run(f, status, &out, NULL, columns, line);
        return out;
}

void has(const char *text, const char *words) {
        g_auto(GStrv) all = g_strsplit(words, "|", -1);

        for (char **word = all; *word; word++)
                if (!strstr(text, *word))
                        g_error("\"%s\" is not in: %s", *word, text);
}

void prints(Fixture *f, const char *words, const char *line) {
        g_autofree char *out = NULL;

        ctl(f, 0, &out, NULL, line);
        has(out, words);
}

void says(Fixture *f, int status, const char *words, const char *line) {
        g_autofree char *err = NULL;

        ctl(f, status, NULL, &err, line);
        has(err, words);
}

char *ctl_at_terminal(Fixture *f, int status, const char *answer, const char *const *environment, const char *line) {
        const struct winsize size = { .ws_row = 24, .ws_col = 80 };
        g_auto(GStrv) argv = ctl_words(line);
        g_autoptr(GString) said = g_string_new(NULL);
        char buffer[256];
        int terminal, wait_status;
        ssize_t n;
        const pid_t pid = forkpty(&terminal, NULL, NULL, &size);

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0) {
                for (const char *const *name = SETTINGS; *name; name++)
                        unsetenv(*name);
                setenv("DBUS_SYSTEM_BUS_ADDRESS", f->address, 1);
                setenv("TERM", "xterm", 1);
                for (; environment && *environment; environment++)
                        putenv((char *) *environment);
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
        g_string_replace(said, "\r", "", 0);
        return g_string_free(g_steal_pointer(&said), FALSE);
}

void asked(Fixture *f, int status, const char *answer, const char *line) {
        g_free(ctl_at_terminal(f, status, answer, NULL, line));
}
