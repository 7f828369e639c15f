/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "quaywallctl watch" at a terminal: it follows what changes, the terminal's size and quaywalld's comings and goings, and gives the
 * terminal back as it was. */
#include "fixture.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#define WEB "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}, {}"
#define TIMEOUT_USEC (20 * G_USEC_PER_SEC)

/* The sequences that take the terminal and give it back; each drawing begins with the third. */
#define BEGIN "\033[?1049h"
#define LEAVE "\033[?1049l"
#define TOP "\033[H"

typedef struct {
        pid_t pid;
        int terminal;
        struct termios before;
        GString *said;
} Page;

static char *program(void) {
        const char *path = g_getenv("QUAYWALLCTL");
        g_autofree char *built = g_test_build_filename(G_TEST_BUILT, "../..", "quaywallctl", NULL);

        return g_canonicalize_filename(path ? path : built, NULL);
}

#define STOPPED "[stopped]"

/* What a shell does: the program has a process group of its own, and when it stops, it is continued in the foreground. */
static G_NORETURN void be_shell(const char *path) {
        const pid_t pid = fork();
        int status;

        if (pid == 0) {
                setpgid(0, 0);
                signal(SIGTTOU, SIG_IGN);
                tcsetpgrp(STDIN_FILENO, getpid());
                signal(SIGTTOU, SIG_DFL);
                alarm(60);
                execl(path, path, "watch", NULL);
                _exit(127);
        }
        signal(SIGHUP, SIG_IGN);
        while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status))
                if (write(STDOUT_FILENO, STOPPED, strlen(STOPPED)) < 0 || kill(pid, SIGCONT) < 0)
                        _exit(126);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

static void page_start(Page *page, Fixture *f, const char *kind) {
        g_autofree char *path = program();
        const struct winsize size = { .ws_row = 24, .ws_col = 80 };
        int terminal;

        page->said = g_string_new(NULL);
        g_assert_cmpint(openpty(&page->terminal, &terminal, NULL, NULL, &size), ==, 0);
        g_assert_cmpint(tcgetattr(terminal, &page->before), ==, 0);
        page->pid = fork();
        g_assert_cmpint(page->pid, >=, 0);
        if (page->pid == 0) {
                close(page->terminal);
                login_tty(terminal);
                setenv("DBUS_SYSTEM_BUS_ADDRESS", f->address, 1);
                setenv("TERM", kind, 1);
                setenv("NO_COLOR", "1", 1);
                be_shell(path);
        }
        close(terminal);
}

/* Reads what there is, or waits for it a moment. False at the end. */
static gboolean page_read(Page *page) {
        struct pollfd ready = { .fd = page->terminal, .events = POLLIN };
        char buffer[4096];

        if (poll(&ready, 1, 100) <= 0)
                return TRUE;
        const ssize_t n = read(page->terminal, buffer, sizeof buffer);
        if (n > 0)
                g_string_append_len(page->said, buffer, n);
        return n > 0;
}

/* What the last complete drawing shows. */
static char *page_shown(Page *page) {
        const char *last = g_strrstr(page->said->str, TOP);

        return g_strdup(last ? last : "");
}

/* Until the page shows this, and (absent: NULL) not that. */
static void page_wait(Page *page, const char *text, const char *absent) {
        const gint64 end = g_get_monotonic_time() + TIMEOUT_USEC;

        for (;;) {
                g_autofree char *shown = page_shown(page);

                if (strstr(shown, text) && (!absent || !strstr(shown, absent)))
                        return;
                if (!page_read(page) || g_get_monotonic_time() > end)
                        g_error("\"%s\" is not shown (or \"%s\" is) but: %s", text, absent ? absent : "", page->said->str);
        }
}

static void page_type(Page *page, const char *keys) {
        g_assert_cmpint(write(page->terminal, keys, strlen(keys)), ==, (ssize_t) strlen(keys));
}

/* Waits until it has ended, and frees what it said. */
static void page_end(Page *page, int status) {
        struct termios after;
        int wait_status;

        while (page_read(page))
                ;
        g_assert_cmpint(waitpid(page->pid, &wait_status, 0), ==, page->pid);
        if (!WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != status)
                g_error("wait status %d, not exit status %d\n%s", wait_status, status, page->said->str);
        /* On Linux both ends have the same settings. */
        g_assert_cmpint(tcgetattr(page->terminal, &after), ==, 0);
        g_assert_cmpuint(after.c_lflag, ==, page->before.c_lflag);
        g_assert_cmpint(memcmp(after.c_cc, page->before.c_cc, sizeof after.c_cc), ==, 0);
        if (strstr(page->said->str, BEGIN)) {
                g_assert_nonnull(g_strrstr(page->said->str, LEAVE));
                g_assert_true(g_strrstr(page->said->str, LEAVE) > g_strrstr(page->said->str, BEGIN));
        }
        close(page->terminal);
        g_string_free(page->said, TRUE);
}

static void count_packets(Fixture *f, guint64 packets) {
        g_autoptr(GVariant) n = fixture_mock(
                f, "SetCounters",
                g_variant_new("(ssstt)", "ipv4", "QUAYWALL-POLICY", "\"quaywall:web\" -j DROP", packets, packets * 60));

        g_assert_cmpuint(g_variant_n_children(n), ==, 1);
}

static void test_follows(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        Page page, late;

        fixture_wait_state(f, "idle");
        page_start(&page, f, "xterm");
        page_wait(&page, "idle  firewalld running 1.3.3  Docker not-running", "web");
        page_wait(&page, "There are no policies.", NULL);
        page_wait(&page, "Ports are not known: Docker is not-running", NULL);
        works(f, "Policies.Set", WEB);
        page_wait(&page, "web     allow-only  192.168.1.1  8080/tcp", "There are no policies");
        page_wait(&page, "enforcing", NULL);
        page_wait(&page, "-           0  web", NULL);
        /* Blocked packets, and a second without any. */
        count_packets(f, 7);
        page_wait(&page, "7  web", "-           7");
        page_wait(&page, "-           7  web", NULL);
        /* A problem comes and goes. */
        fixture_stop_firewalld(f);
        page_wait(&page, "degraded  firewalld not-running", NULL);
        page_wait(&page, "firewalld-not-running: ", NULL);
        fixture_start_firewalld(f);
        page_wait(&page, "enforcing  firewalld running", "firewalld-not-running");
        /* A change that waits. */
        g_autoptr(GVariant) token = fixture_works(
                f, "Policies.Set", "%s", "'new', {'action': <'deny'>, 'ports': <['1/tcp']>}, {'confirm-within': <uint32 600>}");
        page_wait(&page, "Waits to be confirmed: new by ", NULL);
        page_wait(&page, "undone in 598 s", NULL); /* its clock runs */
        page_start(&late, f, "xterm");
        page_wait(&late, "Waits to be confirmed: new by ", "undone in 598 s");
        page_wait(&late, "undone in 594 s", NULL);
        page_type(&late, "q");
        page_end(&late, 0);
        const char *rollback;
        g_variant_get(token, "(&s)", &rollback);
        g_variant_unref(fixture_works(f, "Policies.Rollback", "'%s'", rollback));
        page_wait(&page, "enforcing", "Waits to be confirmed");
        page_wait(&page, "web", "new");
        page_type(&page, "q");
        page_end(&page, 0);
}

static void resize(Page *page, int rows, int columns) {
        const struct winsize size = { .ws_row = rows, .ws_col = columns };

        g_assert_cmpint(ioctl(page->terminal, TIOCSWINSZ, &size), ==, 0);
}

static void test_terminal(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        Page page;

        for (int i = 0; i < 30; i++) {
                g_autofree char *args = g_strdup_printf("'p%02d', {'action': <'deny'>, 'ports': <['%d/tcp']>}, {}", i, i + 1);
                works(f, "Policies.Set", args);
        }
        page_start(&page, f, "vt100");
        page_wait(&page, "(lines 1 to 22 of ", "p29");
        page_type(&page, "\033[6~");
        page_wait(&page, "p29", NULL);
        page_type(&page, "\033[H");
        page_wait(&page, "(lines 1 to 22 of ", NULL);
        page_type(&page, "j");
        page_wait(&page, "(lines 2 to 23 of ", NULL);
        /* Smaller, and much larger: then all is visible. */
        resize(&page, 10, 60);
        page_wait(&page, "(lines 2 to 9 of ", NULL);
        resize(&page, 60, 200);
        page_wait(&page, "p29", "(lines");
        g_autofree char *shown = page_shown(&page);
        g_assert_cmpuint(fixture_lines(shown, ""), ==, 60);
        /* Ctrl-Z gives the terminal back, and the page comes again with the process. */
        g_string_truncate(page.said, 0);
        page_type(&page, "\032");
        page_wait(&page, "p29", NULL);
        const char *left = strstr(page.said->str, LEAVE), *stopped = strstr(page.said->str, STOPPED),
                   *back = strstr(page.said->str, BEGIN);
        g_assert_true(left && stopped && back && left < stopped && stopped < back);
        /* Ctrl-C ends it as q does. */
        page_type(&page, "\003");
        page_end(&page, 0);
        /* So does the end of the terminal, without a word. */
        page_start(&page, f, "xterm");
        int status = 0;
        page_wait(&page, "p00", NULL);
        close(page.terminal);
        g_assert_cmpint(waitpid(page.pid, &status, 0), ==, page.pid);
        g_assert_true(WIFEXITED(status));
        g_string_free(page.said, TRUE);
}

static void test_quaywalld_restarts(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        Page page;

        works(f, "Policies.Set", WEB);
        page_start(&page, f, "xterm");
        page_wait(&page, "0  web", NULL);
        fixture_stop_daemon(f, SIGKILL);
        page_wait(&page, "quaywalld is not running", NULL);
        page_wait(&page, "web", NULL); /* as it was last */
        fixture_start_daemon(f);
        page_wait(&page, "0  web", "quaywalld is not running");
        /* The new one knows that the page watches. */
        count_packets(f, 9);
        page_wait(&page, "9  web", NULL);
        page_type(&page, "Q");
        page_end(&page, 0);
}

static void refused(Fixture *f, int status, const char *words, const char *argument) {
        g_autofree char *path = program(), *err = NULL;
        g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        char *argv[] = { path, (char *) "watch", (char *) argument, NULL };
        int wait_status = 0;

        g_spawn_sync(f->dir, argv, env, G_SPAWN_DEFAULT, NULL, NULL, NULL, &err, &wait_status, NULL);
        g_assert_true(WIFEXITED(wait_status));
        g_assert_cmpint(WEXITSTATUS(wait_status), ==, status);
        if (!strstr(err, words))
                g_error("\"%s\" is not in: %s", words, err);
}

static void test_refused(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        Page page;

        refused(f, 1, "needs a terminal", NULL);
        refused(f, 2, "unexpected word", "web");
        refused(f, 2, "'monitor --json'", "--json");
        page_start(&page, f, "dumb");
        page_end(&page, 1);
        /* Who may not read gets no page, and a terminal that was never taken. */
        fixture_polkit_answer(f, "org.quaywall1.read", "no");
        page_start(&page, f, "xterm");
        while (page_read(&page))
                ;
        g_assert_nonnull(strstr(page.said->str, "not authorized for org.quaywall1.read"));
        g_assert_null(strstr(page.said->str, BEGIN));
        page_end(&page, 3);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/watch/follows", test_follows);
        g_test_add_func("/watch/terminal", test_terminal);
        g_test_add_func("/watch/quaywalld-restarts", test_quaywalld_restarts);
        g_test_add_func("/watch/refused", test_refused);
        return g_test_run();
}
