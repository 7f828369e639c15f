/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* examples/front-end.py: lists ports, follows them, and edits policies as a form would. */
#include "fixture-docker.h"

#include <signal.h>
#include <string.h>

#define PYTHON "/usr/bin/python3" /* has Debian's modules, where another may come first in PATH */

static GSubprocess *run(Fixture *f, GSubprocessFlags flags, const char *const *args) {
        g_autofree char *script = fixture_source("examples/front-end.py");
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autoptr(GError) error = NULL;
        g_ptr_array_add(argv, (char *) PYTHON);
        g_ptr_array_add(argv, script);
        for (gsize i = 0; args && args[i]; i++)
                g_ptr_array_add(argv, (char *) args[i]);
        g_ptr_array_add(argv, NULL);
        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        GSubprocess *process = g_subprocess_launcher_spawnv(launcher, (const char *const *) argv->pdata, &error);
        g_assert_no_error(error);
        return process;
}

/* Edits, answers the question, and returns what was printed. */
static char *edit(Fixture *f, int status, const char *answer, const char *const *args) {
        g_autoptr(GSubprocess) process = run(f, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, args);
        char *out = NULL;
        g_autoptr(GError) error = NULL;
        g_subprocess_communicate_utf8(process, answer, NULL, &out, NULL, &error);
        g_assert_no_error(error);
        g_test_message("%s", out);
        g_assert_cmpint(g_subprocess_get_exit_status(process), ==, status);
        return out;
}

static char *policy_of(Fixture *f, const char *name) {
        g_autoptr(GVariant) answer = fixture_call(f, "Policies.Get", NULL, "'%s'", name);
        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_edit(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        MockDocker docker;
        mock_docker_start(&docker, f);
        mock_docker_wait(f, "running");
        mock_docker_tell(&docker, "run web 8080");
        /* Both wrong fields at once, with their entries; nothing changes. */
        g_autofree char *wrong = edit(f, 1, "", ARGS("web", "action=deny", "sources=10.0.0.1,10.0.0.300", "ports=80"));
        g_assert_nonnull(strstr(wrong, "sources, entry 2 (InvalidAddress): "));
        g_assert_nonnull(strstr(wrong, "ports, entry 1 (InvalidPort): "));
        g_autofree char *none = policy_of(f, "web");
        g_assert_cmpstr(none, ==, "");
        /* Created, and kept. */
        g_autofree char *made = edit(f, 0, "y\n", ARGS("web", "action=allow-only", "sources=10.0.0.1", "ports=8080/tcp"));
        g_assert_nonnull(strstr(made, "0.0.0.0:8080/tcp of web: everyone -> 10.0.0.1\n"));
        g_assert_nonnull(strstr(made, "kept"));
        g_autofree char *web = policy_of(f, "web");
        g_assert_nonnull(strstr(web, "'sources': <['10.0.0.1']>"));
        /* Edited, and not kept; what is not named stays as it is. */
        g_autofree char *undone = edit(f, 0, "n\n", ARGS("web", "sources=10.0.0.2", "log=yes"));
        g_assert_nonnull(strstr(undone, "10.0.0.1 -> 10.0.0.2\n"));
        g_assert_nonnull(strstr(undone, "undone"));
        g_autofree char *same = policy_of(f, "web");
        g_assert_cmpstr(same, ==, web);
        /* What waits to be confirmed is an error of the change as a whole. */
        g_variant_unref(fixture_works(f, "Policies.Set", "%s", "'x', {'action': <'deny'>}, {'confirm-within': <60>}"));
        g_autofree char *pending = edit(f, 1, "", ARGS("web", "log=yes"));
        g_assert_nonnull(strstr(pending, "the change (ChangePending): "));
        mock_docker_kill(&docker);
}

typedef struct {
        GDataInputStream *lines;
        GString *text;
        gboolean ended;
} Screen;

static void on_line(GObject *stream, GAsyncResult *result, gpointer data) {
        Screen *screen = data;
        g_autofree char *line = g_data_input_stream_read_line_finish(G_DATA_INPUT_STREAM(stream), result, NULL, NULL);
        screen->ended = !line;
        if (!line)
                return;
        g_string_append_printf(screen->text, "%s\n", line);
        g_data_input_stream_read_line_async(screen->lines, 0, NULL, on_line, screen);
}

static Screen *shown;

static gboolean shows(Fixture *f G_GNUC_UNUSED, gpointer text) {
        return strstr(shown->text->str, text) != NULL;
}

static gboolean has_ended(Fixture *f G_GNUC_UNUSED, gpointer data G_GNUC_UNUSED) {
        return shown->ended;
}

static void test_follow(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        MockDocker docker;
        mock_docker_start(&docker, f);
        mock_docker_wait(f, "running");
        mock_docker_tell(&docker, "run web 8080");
        g_autoptr(GSubprocess) process = run(f, 0, NULL);
        g_autoptr(GDataInputStream) lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process));
        Screen screen = { lines, g_string_new(NULL), FALSE };
        shown = &screen;
        g_data_input_stream_read_line_async(lines, 0, NULL, on_line, &screen);
        fixture_wait(f, shows, (gpointer) "-- following", "the list");
        g_assert_nonnull(strstr(screen.text->str, "0.0.0.0:8080/tcp of web: everyone\n"));
        g_variant_unref(fixture_works(f, "Policies.Set", "%s", "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}, {}"));
        fixture_wait(f, shows, (gpointer) "0.0.0.0:8080/tcp of web: nobody\n", "the change");
        g_subprocess_send_signal(process, SIGTERM);
        g_subprocess_wait(process, NULL, NULL);
        fixture_wait(f, has_ended, NULL, "its end");
        g_string_free(screen.text, TRUE);
        mock_docker_kill(&docker);
}

static gboolean has_gi(void) {
        char *argv[] = { (char *) PYTHON, (char *) "-c", (char *) "import gi", NULL };
        int status = 1;
        return g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                            &status, NULL) &&
               status == 0;
}

static void test_skipped(void) {
        g_test_skip("python3-gi is not installed");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        const gboolean can = has_gi();
        g_test_add_func("/example/edit", can ? test_edit : test_skipped);
        g_test_add_func("/example/follow", can ? test_follow : test_skipped);
        return g_test_run();
}
