/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The examples. front-end.py lists ports, follows them, and edits policies as a form would. ports.c and ports.py do the same as each
 * other with libquaywall-glib, installed below a folder of the test's; ports.c is compiled as its users would. */
#include "fixture-docker.h"

#include <signal.h>
#include <string.h>

#define PYTHON "/usr/bin/python3" /* has Debian's modules, where another may come first in PATH */

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* One of the examples. */
typedef struct {
        const char *interpreter; /* NULL: none */
        const char *path;        /* in the source tree; without an interpreter, below installed */
} Example;

static const Example FRONT_END = { PYTHON, "examples/front-end.py" }, PORTS_C = { NULL, "ports" },
                     PORTS_PY = { PYTHON, "examples/ports.py" };

/* WITH_LIBRARY: 1: there is libquaywall-glib, 2: also for Python */
static char *installed; /* the folder where libquaywall-glib is, and what was compiled with it */

static GSubprocess *run(Fixture *f, const Example *example, GSubprocessFlags flags, const char *const *args) {
        g_autofree char *path = example->interpreter ? fixture_source(example->path) :
                                                       g_build_filename(installed, example->path, NULL),
                        *libraries = g_strconcat(installed ? installed : "", "/dest" LIBDIR, NULL),
                        *typelibs = g_strconcat(libraries, "/girepository-1.0", NULL);
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(flags | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        g_autoptr(GError) error = NULL;
        if (example->interpreter)
                g_ptr_array_add(argv, (char *) example->interpreter);
        g_ptr_array_add(argv, path);
        for (gsize i = 0; args && args[i]; i++)
                g_ptr_array_add(argv, (char *) args[i]);
        g_ptr_array_add(argv, NULL);
        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        if (example != &FRONT_END) {
                g_subprocess_launcher_setenv(launcher, "LD_LIBRARY_PATH", libraries, TRUE);
                g_subprocess_launcher_setenv(launcher, "GI_TYPELIB_PATH", typelibs, TRUE);
        }
        GSubprocess *process = g_subprocess_launcher_spawnv(launcher, (const char *const *) argv->pdata, &error);
        g_assert_no_error(error);
        return process;
}

/* Runs it to its end, with an answer to its question, and returns what was printed. */
static char *ends(Fixture *f, const Example *example, int status, const char *answer, const char *const *args) {
        g_autoptr(GSubprocess) process = run(f, example, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, args);
        char *out = NULL;
        g_autoptr(GError) error = NULL;
        g_subprocess_communicate_utf8(process, answer, NULL, &out, NULL, &error);
        g_assert_no_error(error);
        g_test_message("%s", out);
        g_assert_cmpint(g_subprocess_get_exit_status(process), ==, status);
        return out;
}

static char *edit(Fixture *f, int status, const char *answer, const char *const *args) {
        return ends(f, &FRONT_END, status, answer, args);
}

static char *policy_of(Fixture *f, const char *name) {
        g_autoptr(GVariant) answer = fixture_call(f, "Policies.Get", NULL, "'%s'", name);
        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

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

/* A mock Docker with one port, and the example that follows it, until the list is shown. */
typedef struct {
        Fixture *f;
        MockDocker docker;
        GSubprocess *process;
        Screen screen;
} Following;

static void follow(Following *following, const Example *example) {
        Fixture *f = following->f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        mock_docker_start(&following->docker, f);
        mock_docker_wait(f, "running");
        mock_docker_tell(&following->docker, "run web 8080");
        mock_docker_wait_port(f);
        following->process = run(f, example, 0, NULL);
        following->screen = (Screen){ g_data_input_stream_new(g_subprocess_get_stdout_pipe(following->process)),
                                      g_string_new(NULL), FALSE };
        shown = &following->screen;
        g_data_input_stream_read_line_async(shown->lines, 0, NULL, on_line, shown);
        fixture_wait(f, shows, (gpointer) "-- following", "the list");
}

static void follow_end(Following *following) {
        g_subprocess_send_signal(following->process, SIGTERM);
        g_subprocess_wait(following->process, NULL, NULL);
        fixture_wait(following->f, has_ended, NULL, "its end");
        g_object_unref(following->process);
        g_object_unref(following->screen.lines);
        g_string_free(following->screen.text, TRUE);
        mock_docker_kill(&following->docker);
        fixture_free(following->f);
}

static void test_follow(void) {
        Following following;
        follow(&following, &FRONT_END);
        g_assert_nonnull(strstr(shown->text->str, "0.0.0.0:8080/tcp of web: everyone\n"));
        works(following.f, "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}, {}");
        fixture_wait(following.f, shows, (gpointer) "0.0.0.0:8080/tcp of web: nobody\n", "the change");
        follow_end(&following);
}

/* The properties and signals of proxies, also over a restart of quaywalld. */
static void test_ports_follow(gconstpointer example) {
        Following following;
        follow(&following, example);
        g_assert_nonnull(strstr(shown->text->str, "quaywalld: idle\n0.0.0.0 port 8080/tcp of web: everyone\n"));
        works(following.f, "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}, {}");
        fixture_wait(following.f, shows, (gpointer) "--\n0.0.0.0 port 8080/tcp of web: nobody\n", "the change");
        g_string_truncate(shown->text, 0);
        g_assert_true(fixture_stop_daemon(following.f, SIGTERM));
        fixture_wait(following.f, shows, (gpointer) "quaywalld: not running\n", "its end to be told");
        fixture_start_daemon(following.f);
        fixture_wait(following.f, shows, (gpointer) "quaywalld: enforcing\n", "its return to be told");
        follow_end(&following);
}

/* Calls, with polkit's question and its answers, and errors with and without a code of the library's. */
static void test_ports_change(gconstpointer example) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *made = ends(f, example, 0, "", ARGS("close", "8080/tcp")), *policy = policy_of(f, "closed-8080-tcp");
        g_assert_cmpstr(made, ==, "");
        g_assert_nonnull(strstr(policy, "'ports': <['8080/tcp']>"));
        g_autofree char *again = ends(f, example, 1, "", ARGS("close", "8080/tcp"));
        g_assert_cmpstr(again, ==, "8080/tcp is closed already\n");
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "deny");
        g_autofree char *refused = ends(f, example, 1, "", ARGS("open", "8080/tcp"));
        g_assert_cmpstr(refused, ==, "not authorized for org.quaywall1.manage-policies: polkit says no\n");
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "allow");
        g_autofree char *removed = ends(f, example, 0, "", ARGS("open", "8080/tcp")), *none = policy_of(f, "closed-8080-tcp");
        g_assert_cmpstr(removed, ==, "");
        g_assert_cmpstr(none, ==, "");
        g_autofree char *nothing = ends(f, example, 1, "", ARGS("open", "8080/tcp"));
        g_assert_cmpstr(nothing, ==, "8080/tcp was not closed by this program\n");
        g_autofree char *wrong = ends(f, example, 1, "", ARGS("close", "x/tcp"));
        g_assert_true(g_str_has_prefix(wrong, "ports: "));
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        g_autofree char *away = ends(f, example, 1, "", ARGS("open", "8080/tcp"));
        g_assert_cmpstr(away, ==, "quaywalld is not running; start it with 'systemctl start quaywalld'\n");
}

/* Installs the library and compiles ports.c. */
static void test_install(void) {
        g_autofree char *script = fixture_source("tests/bus/install-library");
        const char *const argv[] = { script, installed, NULL };
        g_autoptr(GError) error = NULL;
        g_autoptr(GSubprocess) process =
                g_subprocess_newv(argv, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error);
        g_autofree char *out = NULL;
        g_assert_no_error(error);
        g_subprocess_communicate_utf8(process, NULL, NULL, &out, NULL, &error);
        g_assert_no_error(error);
        g_test_message("%s", out);
        g_assert_cmpint(g_subprocess_get_exit_status(process), ==, 0);
}

static gboolean has_gi(void) {
        char *argv[] = { (char *) PYTHON, (char *) "-c", (char *) "import gi", NULL };
        int status = 1;
        return g_spawn_sync(NULL, argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                            &status, NULL) &&
               status == 0;
}

static void test_no_gi(void) {
        g_test_skip("python3-gi is not installed");
}

static void test_no_bindings(void) {
        g_test_skip("python3-gi is not installed, or libquaywall-glib is built without introspection");
}

static void add_ports(const char *name, const Example *example) {
        g_autofree char *follows = g_strdup_printf("/example/%s/follow", name),
                        *changes = g_strdup_printf("/example/%s/change", name);
        g_test_add_data_func(follows, example, test_ports_follow);
        g_test_add_data_func(changes, example, test_ports_change);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        const gboolean can = has_gi();
        g_test_add_func("/example/edit", can ? test_edit : test_no_gi);
        g_test_add_func("/example/follow", can ? test_follow : test_no_gi);
        if (WITH_LIBRARY >= 1) {
                installed = g_dir_make_tmp("quaywall-library-XXXXXX", NULL);
                g_test_add_func("/example/ports-c/install", test_install);
                add_ports("ports-c", &PORTS_C);
        }
        if (WITH_LIBRARY >= 2 && can)
                add_ports("ports-py", &PORTS_PY);
        else
                g_test_add_func("/example/ports-py", test_no_bindings);
        const int status = g_test_run();
        if (installed)
                fixture_remove_tree(installed);
        g_free(installed);
        return status;
}
