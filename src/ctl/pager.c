/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pager.h"

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Quit when it fits one screen, keep colours, cut lines at the screen's edge, leave the screen as it is; systemd's default. */
#define PAGER_LESS "FRSXMK"

static volatile sig_atomic_t pager_interrupted;

static void pager_on_interrupt(G_GNUC_UNUSED int signal) {
        pager_interrupted = 1;
}

/* Whether another user's privileges are in use: such a user must not get a shell, or a program of his choice, out of the pager. */
static bool pager_is_borrowed(void) {
        return g_getenv("SUDO_UID") || g_getenv("PKEXEC_UID") || g_getenv("DOAS_USER");
}

/* The command line; NULL: the user wants no pager. */
static const char *pager_find(void) {
        static const char *const variables[] = { "SYSTEMD_PAGER", "PAGER" };

        for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
                const char *line = g_getenv(variables[i]);

                if (line && (!*line || g_str_equal(line, "cat")))
                        return NULL;
                if (line)
                        return pager_is_borrowed() ? "less" : line;
        }
        return "less";
}

static GSubprocess *pager_start(const char *line) {
        g_auto(GStrv) argv = NULL;
        const char *options = g_getenv("SYSTEMD_LESS");

        if (!g_shell_parse_argv(line, NULL, &argv, NULL))
                return NULL;
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE);
        g_subprocess_launcher_setenv(launcher, "LESS", options ? options : PAGER_LESS, TRUE);
        if (pager_is_borrowed())
                g_subprocess_launcher_setenv(launcher, "LESSSECURE", "1", TRUE);
        return g_subprocess_launcher_spawnv(launcher, (const char *const *) argv, NULL);
}

/* Ctrl-C at the terminal ends what the pager does, or the pager, and not this program before it. */
static bool pager_run(GSubprocess *pager, const char *text) {
        GOutputStream *pipe = g_subprocess_get_stdin_pipe(pager);
        struct sigaction catch = { .sa_handler = pager_on_interrupt }, before;

        pager_interrupted = 0;
        sigaction(SIGINT, &catch, &before);
        /* A user who has seen enough ends the pager before it has read everything. */
        g_output_stream_write_all(pipe, text, strlen(text), NULL, NULL, NULL);
        g_output_stream_close(pipe, NULL, NULL);
        g_subprocess_wait(pager, NULL, NULL);
        sigaction(SIGINT, &before, NULL);
        return pager_interrupted || !g_subprocess_get_if_exited(pager) || g_subprocess_get_exit_status(pager) == 0;
}

bool pager_show(const char *text) {
        const char *line = isatty(STDOUT_FILENO) && g_strcmp0(g_getenv("TERM"), "dumb") != 0 ? pager_find() : NULL;
        g_autoptr(GSubprocess) pager = line ? pager_start(line) : NULL;

        return pager && pager_run(pager, text);
}
