/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* src/docker with mock-docker: known facts stay true, and no Docker, however faulty, costs more than an error. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "bus/fiber.h"
#include "docker/docker.h"

#define TIMEOUT_USEC (60 * G_USEC_PER_SEC) /* limit of each wait; only a failing test reaches it */
#define TICK_USEC 2000

typedef struct World {
        char *dir, *socket, *pid_file, *facts_file;
        GPid pid; /* mock-docker's; 0: none runs */
        int in, out;
        sd_event *event;
        sd_event_source *tick;
        gint64 ticked, longest; /* when the loop last ran, and the longest time it did not */
        Docker *docker;
        GString *warnings;
        guint n_facts;
} World;

static void die_with_us(G_GNUC_UNUSED gpointer nothing) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static char *read_line(World *w) {
        GString *line = g_string_new(NULL);
        char c;
        while (read(w->out, &c, 1) == 1 && c != '\n')
                g_string_append_c(line, c);
        return g_string_free(line, FALSE);
}

/* Sends mock-docker a command; returns what follows "ok". */
static char *mock(World *w, const char *command) {
        g_autofree char *line = g_strconcat(command, "\n", NULL);
        g_assert_cmpint(write(w->in, line, strlen(line)), ==, strlen(line));
        g_autofree char *reply = read_line(w);
        g_assert_true(g_str_has_prefix(reply, "ok"));
        return g_strdup(reply + 2);
}

static void tell(World *w, const char *command) {
        g_free(mock(w, command));
}

static void start_mock(World *w) {
        g_autofree char *script = g_build_filename(TOP_SRCDIR, "tests", "bus", "mock-docker", NULL);
        g_autofree char *folder = g_path_get_dirname(w->socket);
        char *argv[] = { (char *) "python3", script, folder, NULL };
        g_autoptr(GError) error = NULL;
        g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_us, NULL, &w->pid,
                                 &w->in, &w->out, NULL, &error);
        g_assert_no_error(error);
        g_autofree char *line = read_line(w);
        g_assert_cmpstr(line, ==, "ready");
}

static void kill_mock(World *w) {
        if (!w->pid)
                return;
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
        close(w->in);
        close(w->out);
        w->pid = 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        World *w = userdata;
        const gint64 now = g_get_monotonic_time();
        if (w->ticked)
                w->longest = MAX(w->longest, now - w->ticked);
        w->ticked = now;
        sd_event_source_set_time(source, usec + TICK_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void on_docker(DockerEvent event, gpointer userdata) {
        World *w = userdata;
        if (event == DOCKER_WARNING)
                g_string_append_printf(w->warnings, "%s\n", w->docker->warning);
        w->n_facts += event == DOCKER_FACTS_CHANGED;
}

static const DockerTimeouts QUICK = { .open = 300 * 1000, .get = 300 * 1000, .retry = 20 * 1000 };
static const DockerTimeouts QUICKER = { .open = 100 * 1000, .get = 100 * 1000, .retry = 5 * 1000 };

static void watch(World *w, const DockerTimeouts *timeouts) {
        w->docker = docker_new(w->event, NULL, w->socket, NULL, w->facts_file, timeouts, on_docker, w);
        docker_start(w->docker);
}

static World *world_new(void) {
        World *w = g_new0(World, 1);
        uint64_t now;
        w->dir = g_dir_make_tmp("quaywall-docker-XXXXXX", NULL);
        w->socket = g_build_filename(w->dir, "run", "docker.sock", NULL);
        w->pid_file = g_build_filename(w->dir, "run", "docker.pid", NULL);
        w->facts_file = g_build_filename(w->dir, "state", "docker-facts", NULL);
        w->warnings = g_string_new(NULL);
        g_assert_cmpint(sd_event_new(&w->event), >=, 0);
        g_assert_cmpint(sd_event_now(w->event, CLOCK_MONOTONIC, &now), >=, 0);
        g_assert_cmpint(sd_event_add_time(w->event, &w->tick, CLOCK_MONOTONIC, now, 1, on_tick, w), >=, 0);
        return w;
}

static void remove_tree(const char *path) {
        g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_tree(child);
        }
        g_remove(path);
}

static void world_free(World *w) {
        docker_free(w->docker);
        kill_mock(w);
        sd_event_source_unref(w->tick);
        sd_event_unref(w->event);
        remove_tree(w->dir);
        g_free(w->dir);
        g_free(w->socket);
        g_free(w->pid_file);
        g_free(w->facts_file);
        g_string_free(w->warnings, TRUE);
        g_free(w);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* --- waiting ---------------------------------------------------------------------------------------------------------- */

typedef bool (*Done)(World *w, const char *what);

static void run_loop(World *w, gint64 usec) {
        w->ticked = 0;
        for (const gint64 end = g_get_monotonic_time() + usec; g_get_monotonic_time() < end;)
                g_assert_cmpint(sd_event_run(w->event, 10000), >=, 0);
}

static void wait_until(World *w, Done done, const char *what) {
        const gint64 end = g_get_monotonic_time() + TIMEOUT_USEC;
        w->ticked = 0;
        while (!done(w, what)) {
                if (g_get_monotonic_time() > end)
                        g_error("waited in vain for \"%s\"; Docker is %s (%s), %u containers; warnings: %s", what,
                                w->docker->state, w->docker->reason, g_hash_table_size(w->docker->facts->containers),
                                w->warnings->str);
                g_assert_cmpint(sd_event_run(w->event, 10000), >=, 0);
        }
}

static bool state_is(World *w, const char *state) {
        return g_str_equal(w->docker->state, state) && (!g_str_equal(state, "running") || w->docker->is_complete);
}

static DockerContainer *find(World *w, const char *name) {
        g_autoptr(GPtrArray) containers = docker_facts_list_containers(w->docker->facts);
        for (guint i = 0; i < containers->len; i++) {
                DockerContainer *container = containers->pdata[i];
                if (g_str_equal(container->name, name))
                        return container;
        }
        return NULL;
}

static bool is_known(World *w, const char *name) {
        return find(w, name);
}

static bool is_running(World *w, const char *name) {
        const DockerContainer *container = find(w, name);
        return container && container->running;
}

static bool is_gone(World *w, const char *name) {
        return !find(w, name);
}

static bool has_bridge(World *w, const char *bridge) {
        g_autoptr(GPtrArray) networks = docker_facts_list_networks(w->docker->facts);
        for (guint i = 0; i < networks->len; i++)
                if (g_strcmp0(((DockerNetwork *) networks->pdata[i])->bridge, bridge) == 0)
                        return true;
        return false;
}

static bool has_warned(World *w, const char *words) {
        return strstr(w->warnings->str, words);
}

static unsigned connections(World *w) {
        g_autofree char *count = mock(w, "count");
        return strtoul(count, NULL, 10);
}

/* --- tests ------------------------------------------------------------------------------------------------------------ */

/* Neither the folder nor the socket exists, then both appear. */
static void test_absent_then_there(void) {
        g_autoptr(World) w = world_new();
        watch(w, NULL);
        g_assert_cmpstr(w->docker->state, ==, "not-running");
        run_loop(w, 20000);
        start_mock(w);
        wait_until(w, state_is, "running");
        g_assert_cmpstr(w->docker->version, ==, "20.10.24");
        g_assert_cmpstr(w->docker->firewall_backend, ==, "iptables");
        g_assert_true(has_bridge(w, "docker0"));
        kill_mock(w);
        wait_until(w, state_is, "not-running");
        g_assert_true(has_bridge(w, "docker0"));
        start_mock(w);
        tell(w, "version 29.0.0 1.52 1.44");
        wait_until(w, state_is, "running");
}

static int listen_on(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        g_strlcpy(address.sun_path, path, sizeof address.sun_path);
        g_assert_cmpint(bind(fd, (struct sockaddr *) &address, sizeof address), ==, 0);
        g_assert_cmpint(listen(fd, 8), ==, 0);
        return fd;
}

/* systemd listens on the socket of a stopped Docker: a connection would start it. */
static void test_starts_no_docker(void) {
        g_autoptr(World) w = world_new();
        g_autofree char *folder = g_path_get_dirname(w->socket);
        g_mkdir(folder, 0700);
        const int fd = listen_on(w->socket);
        watch(w, &QUICK);
        run_loop(w, 100000);
        g_assert_cmpint(accept(fd, NULL, NULL), <, 0);
        g_assert_cmpint(errno, ==, EAGAIN);
        /* The pid file of a killed Docker. */
        const pid_t child = fork();
        if (child == 0)
                _exit(0);
        waitpid(child, NULL, 0);
        g_autofree char *pid = g_strdup_printf("%d\n", child);
        g_file_set_contents(w->pid_file, pid, -1, NULL);
        run_loop(w, 100000);
        g_assert_cmpint(accept(fd, NULL, NULL), <, 0);
        g_assert_cmpstr(w->docker->state, ==, "not-running");
        /* Its process id belongs to another program by now. */
        g_autofree char *ours = g_strdup_printf("%d\n", getpid());
        g_file_set_contents(w->pid_file, ours, -1, NULL);
        run_loop(w, 100000);
        g_assert_cmpint(accept(fd, NULL, NULL), <, 0);
        g_assert_cmpstr(w->docker->state, ==, "not-running");
        /* A FIFO, and an endless file. */
        g_assert_cmpint(g_remove(w->pid_file), ==, 0);
        g_assert_cmpint(mkfifo(w->pid_file, 0600), ==, 0);
        run_loop(w, 50000);
        g_assert_cmpint(g_remove(w->pid_file), ==, 0);
        g_assert_cmpint(symlink("/dev/zero", w->pid_file), ==, 0);
        run_loop(w, 50000);
        g_assert_cmpint(g_remove(w->pid_file), ==, 0);
        /* Now Docker runs. */
        char *argv[] = { (char *) "sleep", (char *) "/usr/sbin/dockerd", (char *) "60", NULL };
        g_autoptr(GError) error = NULL;
        GPid sleeper;
        g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_DO_NOT_REAP_CHILD,
                      die_with_us, NULL, &sleeper, &error);
        g_assert_no_error(error);
        g_autofree char *it = g_strdup_printf("%d\n", sleeper);
        g_file_set_contents(w->pid_file, it, -1, NULL);
        run_loop(w, 50000);
        const int connection = accept(fd, NULL, NULL);
        g_assert_cmpint(connection, >=, 0);
        close(connection);
        kill(sleeper, SIGKILL);
        waitpid(sleeper, NULL, 0);
        close(fd);
}

static void test_events(void) {
        g_autoptr(World) w = world_new();
        start_mock(w);
        watch(w, NULL);
        wait_until(w, state_is, "running");
        const gint64 begin = g_get_monotonic_time();
        tell(w, "run web 8080 tier=front");
        wait_until(w, is_running, "web");
        g_test_message("known after %.1f ms", (g_get_monotonic_time() - begin) / 1000.0);
        const DockerContainer *web = find(w, "web");
        g_assert_true(docker_container_matches(web, "label=tier=front"));
        g_assert_cmpuint(web->ports->len, ==, 1);
        g_assert_cmpuint(g_array_index(web->ports, DockerPort, 0).host_port, ==, 8080);
        g_assert_cmpuint(web->addresses->len, ==, 1);
        tell(w, "network back");
        wait_until(w, has_bridge, "br-6261636b0000");
        tell(w, "rm web");
        wait_until(w, is_gone, "web");
        /* Without events nothing is queried; "web" has just caused two. */
        run_loop(w, 100000);
        const unsigned before = connections(w);
        run_loop(w, 300000);
        g_assert_cmpuint(connections(w), ==, before);
}

/* An image may have any number of labels, and each event of its containers has all of them. */
static void test_long_events(void) {
        g_autoptr(World) w = world_new();
        start_mock(w);
        watch(w, NULL);
        wait_until(w, state_is, "running");
        /* It waits until we read, so its answer comes later. */
        static const char READ[] = "long read 8080 8388608\n", LEFT_OUT[] = "long left-out 8081 18874368\n";
        g_assert_cmpint(write(w->in, READ, strlen(READ)), ==, strlen(READ));
        wait_until(w, is_running, "read");
        g_free(read_line(w));
        g_assert_cmpint(write(w->in, LEFT_OUT, strlen(LEFT_OUT)), ==, strlen(LEFT_OUT));
        wait_until(w, is_running, "left-out");
        tell(w, "run web 8082");
        wait_until(w, is_running, "web");
        g_assert_cmpstr(w->docker->state, ==, "running");
        g_assert_cmpstr(w->warnings->str, ==, "");
        /* One answer that is too large must not keep the others from being known. */
        tell(w, "mode huge /containers/6d757465");
        tell(w, "run mute 8083");
        wait_until(w, has_warned, "the first about container 6d7574650000: ");
        tell(w, "run next 8084");
        wait_until(w, is_running, "next");
}

static void test_cut(void) {
        g_autoptr(World) w = world_new();
        start_mock(w);
        watch(w, &QUICK);
        tell(w, "run web 8080");
        wait_until(w, is_running, "web");
        wait_until(w, state_is, "running");
        tell(w, "cut");
        wait_until(w, state_is, "not-running");
        g_assert_nonnull(w->docker->reason);
        g_assert_nonnull(find(w, "web"));
        tell(w, "run other 8081");
        wait_until(w, is_running, "other");
        wait_until(w, state_is, "running");
        /* Its process runs, but nobody listens. */
        tell(w, "close");
        tell(w, "cut");
        wait_until(w, state_is, "not-running");
        run_loop(w, 100000);
        g_assert_cmpstr(w->docker->state, ==, "not-running");
        g_assert_nonnull(find(w, "web"));
}

static bool is_ill(World *w, G_GNUC_UNUSED const char *what) {
        return state_is(w, "failed") || (w->docker->reason && strstr(w->docker->reason, "ended the stream"));
}

static const char *const ILL[] = { "hang", "garbage", "nonsense", "deep", "huge", "short", "slow", "error" };
static const char *const PATHS[] = { "/version", "/events", "/info", "/networks", "/containers/json", "/containers/776562" };

/* Everything that can be wrong with an answer, for every query. */
static void test_ill(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(ILL); i++) {
                g_autoptr(World) w = world_new();
                start_mock(w);
                tell(w, "run web 8080");
                tell(w, "age");
                for (gsize k = 0; k < G_N_ELEMENTS(PATHS); k++) {
                        if (g_str_equal(ILL[i], "slow") && g_str_equal(PATHS[k], "/events"))
                                continue; /* an event stream is slow by nature */
                        g_autofree char *mode = g_strdup_printf("mode %s %s", ILL[i], PATHS[k]);
                        g_autofree char *what = g_strdup_printf("failed, for %s", mode);
                        tell(w, mode);
                        watch(w, &QUICKER);
                        /* A stream that ends at once may also mean that Docker ends. */
                        wait_until(w, is_ill, what);
                        g_assert_nonnull(w->docker->reason);
                        g_assert_true(g_utf8_validate(w->docker->reason, -1, NULL));
                        tell(w, "mode normal");
                        wait_until(w, state_is, "running");
                        g_assert_null(w->docker->reason);
                        wait_until(w, is_running, "web");
                        /* Known facts stay. */
                        tell(w, mode);
                        tell(w, "cut");
                        run_loop(w, 20000);
                        g_assert_nonnull(find(w, "web"));
                        docker_free(g_steal_pointer(&w->docker));
                        tell(w, "mode normal");
                        g_remove(w->facts_file);
                }
                g_test_message("%s: the loop waited at most %.1f ms", ILL[i], w->longest / 1000.0);
        }
}

/* A dockerd that has just started answers nothing until it knows its containers. */
static void test_starting(void) {
        g_autoptr(World) w = world_new();
        start_mock(w);
        tell(w, "mode hang");
        watch(w, &QUICK);
        run_loop(w, 900000);
        g_assert_cmpstr(w->docker->state, ==, "unknown");
        g_assert_cmpstr(w->warnings->str, ==, "");
        tell(w, "mode normal");
        wait_until(w, state_is, "running");
}

static void probe_main(gpointer argument) {
        World *w = argument;
        g_string_append(w->warnings, docker_probe(w->docker) ? "probed\n" : "freed\n");
}

/* A Docker that hangs without events is noticed only when a caller has it probed. */
static void test_probe(void) {
        g_autoptr(World) w = world_new();
        start_mock(w);
        tell(w, "run web 8080");
        watch(w, &QUICK);
        wait_until(w, is_running, "web");
        wait_until(w, state_is, "running");
        fiber_start(probe_main, w);
        wait_until(w, has_warned, "probed");
        g_assert_cmpstr(w->docker->state, ==, "running");
        tell(w, "mode hang");
        run_loop(w, 500000);
        g_assert_cmpstr(w->docker->state, ==, "running");
        g_string_truncate(w->warnings, 0);
        fiber_start(probe_main, w);
        wait_until(w, has_warned, "probed");
        g_assert_cmpstr(w->docker->state, ==, "failed");
        g_assert_nonnull(find(w, "web"));
        tell(w, "mode normal");
        wait_until(w, state_is, "running");
        /* Freed while the probe waits. */
        tell(w, "mode hang");
        fiber_start(probe_main, w);
        run_loop(w, 10000);
        docker_free(g_steal_pointer(&w->docker));
        g_assert_true(has_warned(w, "freed"));
}

static void test_podman(void) {
        g_autoptr(World) w = world_new();
        start_mock(w);
        tell(w, "podman");
        watch(w, &QUICK);
        wait_until(w, state_is, "not-running");
        g_assert_true(w->docker->is_podman);
        const unsigned before = connections(w);
        run_loop(w, 200000);
        g_assert_cmpuint(connections(w), ==, before);
        docker_free(g_steal_pointer(&w->docker));

        /* As podman-docker installs it: never queried. */
        g_autofree char *aside = g_build_filename(w->dir, "podman.sock", NULL);
        g_assert_cmpint(g_rename(w->socket, aside), ==, 0);
        g_assert_cmpint(symlink(aside, w->socket), ==, 0);
        watch(w, &QUICK);
        run_loop(w, 200000);
        g_assert_cmpstr(w->docker->state, ==, "not-running");
        g_assert_true(w->docker->is_podman);
        g_assert_nonnull(strstr(w->docker->reason, "Podman"));
        g_assert_cmpuint(connections(w), ==, before);
}

static long rss_kb(void) {
        g_autofree char *text = NULL;
        g_file_get_contents("/proc/self/status", &text, NULL, NULL);
        const char *line = text ? strstr(text, "VmRSS:") : NULL;
        return line ? strtol(line + 6, NULL, 10) : 0;
}

static void test_ten_thousand(void) {
        g_autoptr(World) w = world_new();
        const long before = rss_kb();
        const gint64 begin = g_get_monotonic_time();
        start_mock(w);
        tell(w, "many 10000");
        watch(w, NULL);
        wait_until(w, state_is, "running");
        g_assert_cmpuint(g_hash_table_size(w->docker->facts->containers), ==, 10000);
        g_test_message("10,000 containers: %.1f s, the loop waited at most %.1f ms, %ld kB more",
                       (g_get_monotonic_time() - begin) / 1e6, w->longest / 1000.0, rss_kb() - before);
        /* Reading the list itself takes that long; no single call on the bus waits longer. */
        g_assert_cmpint(w->longest, <, G_USEC_PER_SEC);
        g_assert_cmpuint(w->n_facts, <, 1000);
        tell(w, "run late 8080");
        wait_until(w, is_running, "late");
}

/* Each answer is limited, and so are all together. */
static void test_without_end(void) {
        g_autoptr(World) w = world_new();
        start_mock(w);
        tell(w, "run web 8080");
        watch(w, NULL);
        wait_until(w, is_running, "web");
        wait_until(w, state_is, "running");
        tell(w, "mode hang /containers/");
        /* It waits until we read, so its answer comes later. */
        static const char FLOOD[] = "flood 51000\n";
        g_assert_cmpint(write(w->in, FLOOD, strlen(FLOOD)), ==, strlen(FLOOD));
        wait_until(w, has_warned, "faster than it answers");
        g_free(read_line(w));
        g_assert_nonnull(find(w, "web"));
        tell(w, "mode normal");
        wait_until(w, state_is, "running");
        docker_free(g_steal_pointer(&w->docker));

        tell(w, "fat 33");
        watch(w, NULL);
        wait_until(w, has_warned, "at most 134217728 bytes are kept");
        g_assert_cmpuint(w->docker->facts->bytes, <=, 134217728);
        g_assert_cmpuint(g_hash_table_size(w->docker->facts->containers), >=, 30);
}

static void test_remembers(void) {
        g_autoptr(World) w = world_new();
        start_mock(w);
        tell(w, "run web 8080 tier=front");
        watch(w, NULL);
        wait_until(w, state_is, "running");
        kill_mock(w);
        docker_free(g_steal_pointer(&w->docker));
        watch(w, NULL);
        g_assert_cmpstr(w->docker->state, ==, "not-running");
        g_assert_false(w->docker->is_complete);
        const DockerContainer *web = find(w, "web");
        g_assert_nonnull(web);
        g_assert_false(web->running);
        g_assert_true(docker_container_matches(web, "label=tier=front"));
        g_assert_true(docker_container_is_in(web, "bridge"));
        g_assert_cmpuint(web->addresses->len, ==, 0);
        g_assert_cmpuint(g_array_index(web->ports, DockerPort, 0).host_port, ==, 8080);
        g_assert_true(has_bridge(w, "docker0"));
        /* The next Docker has other containers. */
        start_mock(w);
        tell(w, "run next 8081");
        wait_until(w, is_known, "next");
        wait_until(w, is_gone, "web");
        docker_free(g_steal_pointer(&w->docker));

        /* A broken line affects no other. */
        g_autofree char *text = NULL;
        g_assert_true(g_file_get_contents(w->facts_file, &text, NULL, NULL));
        g_autofree char *broken = g_strconcat("{\"Id\":\n", text, NULL);
        g_assert_true(g_file_set_contents(w->facts_file, broken, -1, NULL));
        kill_mock(w);
        watch(w, NULL);
        g_assert_true(has_warned(w, "docker-facts:1: "));
        g_assert_true(is_known(w, "next"));
}

/* How old the facts are while Docker does not answer, and after a restart of quaywalld. */
static void test_known_until(void) {
        g_autoptr(World) w = world_new();
        struct stat status;
        const guint64 begin = g_get_real_time();
        watch(w, &QUICK);
        g_assert_cmpuint(w->docker->known_until, ==, 0); /* it never answered */
        start_mock(w);
        tell(w, "run web 8080");
        wait_until(w, is_running, "web");
        g_assert_cmpuint(w->docker->known_until, ==, 0);
        kill_mock(w);
        wait_until(w, state_is, "not-running");
        const guint64 until = w->docker->known_until;
        g_assert_cmpuint(until, >=, begin);
        g_assert_cmpuint(until, <=, g_get_real_time());
        run_loop(w, 50000);
        g_assert_cmpuint(w->docker->known_until, ==, until); /* it gets older */
        docker_free(g_steal_pointer(&w->docker));
        watch(w, &QUICK);
        g_assert_cmpint(stat(w->facts_file, &status), ==, 0);
        g_assert_cmpuint(w->docker->known_until / G_USEC_PER_SEC, ==, status.st_mtim.tv_sec);
        start_mock(w);
        wait_until(w, state_is, "running");
        g_assert_cmpuint(w->docker->known_until, ==, 0);
        /* Alive, but silent. */
        tell(w, "mode hang");
        fiber_start(probe_main, w);
        wait_until(w, has_warned, "probed");
        g_assert_cmpstr(w->docker->state, ==, "failed");
        g_assert_cmpuint(w->docker->known_until, >, until);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        signal(SIGPIPE, SIG_IGN);
        g_test_add_func("/docker/absent-then-there", test_absent_then_there);
        g_test_add_func("/docker/starts-no-docker", test_starts_no_docker);
        g_test_add_func("/docker/events", test_events);
        g_test_add_func("/docker/long-events", test_long_events);
        g_test_add_func("/docker/cut", test_cut);
        g_test_add_func("/docker/ill", test_ill);
        g_test_add_func("/docker/starting", test_starting);
        g_test_add_func("/docker/probe", test_probe);
        g_test_add_func("/docker/podman", test_podman);
        g_test_add_func("/docker/ten-thousand", test_ten_thousand);
        g_test_add_func("/docker/without-end", test_without_end);
        g_test_add_func("/docker/remembers", test_remembers);
        g_test_add_func("/docker/known-until", test_known_until);
        return g_test_run();
}
