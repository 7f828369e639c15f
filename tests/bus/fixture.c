/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIREWALLD "org.fedoraproject.FirewallD1"
#define POLKIT "org.freedesktop.PolicyKit1"
#define QUAYWALL "org.quaywall1"
#define TIMEOUT 10 /* seconds until a wait fails */

static char log_path[PATH_MAX]; /* for the signal handler */

/* The log must be shown even if an assertion aborts. Only async-signal-safe functions here. */
static void on_abort(int signal) {
        char buffer[4096];
        ssize_t n;
        int fd = *log_path ? open(log_path, O_RDONLY | O_CLOEXEC) : -1;

        while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0)
                if (write(STDERR_FILENO, buffer, n) < 0)
                        break;
        (void) signal;
}

static void show_log(Fixture *self) {
        g_autofree char *text = fixture_log(self);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (gsize i = 0; lines[i]; i++)
                if (*lines[i])
                        g_test_message("log: %s", lines[i]);
}

char *fixture_log(Fixture *self) {
        char *text = NULL;

        if (!g_file_get_contents(self->log, &text, NULL, NULL))
                text = g_strdup("");
        return text;
}

static char *program(const char *variable, const char *up, const char *name) {
        const char *path = g_getenv(variable);
        g_autofree char *built = g_test_build_filename(G_TEST_BUILT, up, name, NULL);

        return g_canonicalize_filename(path ? path : built, NULL);
}

static gboolean write_all(const char *path, const char *text) {
        const int fd = open(path, O_WRONLY | O_CLOEXEC);
        const gboolean done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text);

        if (fd >= 0)
                close(fd);
        return done;
}

/* What this process may do in its own network, the program that it executes may do, too. */
static gboolean keep_network_rights(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

        if (syscall(SYS_capget, &header, data) < 0)
                return FALSE;
        data[0].inheritable |= 1U << CAP_NET_ADMIN;
        return syscall(SYS_capset, &header, data) == 0 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) == 0;
}

/* Puts the process into a network of its own, where it may change the firewall: as the same user, in a user namespace. */
static gboolean enter_own_network(void) {
        char users[64], groups[64];

        g_snprintf(users, sizeof users, "%u %u 1\n", geteuid(), geteuid());
        g_snprintf(groups, sizeof groups, "%u %u 1\n", getegid(), getegid());
        return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_all("/proc/self/uid_map", users) &&
               write_all("/proc/self/setgroups", "deny") && write_all("/proc/self/gid_map", groups) && keep_network_rights();
}

gboolean fixture_can_guard(void) {
        int status;
        const pid_t pid = fork();

        g_assert_cmpint(pid, >=, 0);
        if (pid == 0)
                _exit(enter_own_network() ? 0 : 1);
        g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

typedef struct {
        int log;
        gboolean with_stdout, own_network;
} Setup;

/* Runs in the child. The mocks' bus is private, but the network namespace is not. Without capabilities nothing that runs here
 * can change the machine's firewall, even as root, and file permissions apply as in the shipped unit. */
static void child_setup(gpointer data) {
        const Setup *setup = data;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int capability = 0; capability < 64; capability++)
                prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        dup2(setup->log, STDERR_FILENO);
        if (setup->with_stdout)
                dup2(setup->log, STDOUT_FILENO);
        if (setup->own_network && !enter_own_network())
                _exit(127);
}

static void on_exit_of(GPid pid, int status, gpointer data) {
        Process *process = data;

        process->exited = TRUE;
        process->status = status;
        g_spawn_close_pid(pid);
}

static void spawn(Fixture *self, Process *process, char **argv, int *ret_stdout) {
        g_auto(GStrv) env = g_get_environ();
        g_autoptr(GError) error = NULL;
        Setup setup = { g_open(self->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), ret_stdout == NULL,
                        self->options.guard && process == &self->daemon };

        env = g_environ_setenv(env, "DBUS_SYSTEM_BUS_ADDRESS", self->address ? self->address : "unix:path=/nonexistent", TRUE);
        env = g_environ_unsetenv(env, "NOTIFY_SOCKET");
        env = g_environ_unsetenv(env, "WATCHDOG_USEC");
        *process = (Process){ 0 };
        if (!g_spawn_async_with_pipes(self->dir, argv, env, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, child_setup,
                                      &setup, &process->pid, NULL, ret_stdout, NULL, &error))
                g_error("%s", error->message);
        close(setup.log);
        g_child_watch_add(process->pid, on_exit_of, process);
}

static gboolean on_timeout(gpointer data) {
        *(gboolean *) data = TRUE;
        return G_SOURCE_CONTINUE;
}

gboolean fixture_wait(Fixture *self, gboolean (*done)(Fixture *self, gpointer data), gpointer data, const char *what) {
        gboolean late = FALSE, ok;
        guint timer = g_timeout_add_seconds(TIMEOUT, on_timeout, &late);

        while (!(ok = done(self, data)) && !late)
                g_main_context_iteration(NULL, TRUE);
        g_source_remove(timer);
        if (!ok) {
                g_test_message("waited %d s in vain: %s", TIMEOUT, what);
                g_test_fail();
        }
        return ok;
}

static gboolean has_exited(Fixture *self G_GNUC_UNUSED, gpointer data) {
        return ((Process *) data)->exited;
}

static gboolean stop(Fixture *self, Process *process, int signal) {
        if (process->pid == 0)
                return TRUE;
        if (!process->exited) {
                kill(process->pid, signal);
                if (!fixture_wait(self, has_exited, process, "a process to end")) {
                        kill(process->pid, SIGKILL);
                        fixture_wait(self, has_exited, process, "a killed process to end");
                }
        }
        process->pid = 0;
        if (WIFSIGNALED(process->status))
                return WTERMSIG(process->status) == SIGKILL && signal == SIGKILL;
        return WEXITSTATUS(process->status) == 0;
}

typedef struct {
        const char *name;
        Process *process;
} Named;

static gboolean has_owner(Fixture *self, gpointer data) {
        Named *named = data;
        g_autoptr(GVariant) answer = NULL;
        gboolean owned = FALSE;

        if (named->process && named->process->exited)
                return TRUE;
        answer = g_dbus_connection_call_sync(self->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                             "NameHasOwner", g_variant_new("(s)", named->name), NULL, 0, -1, NULL, NULL);
        if (answer)
                g_variant_get(answer, "(b)", &owned);
        return owned;
}

static void on_signal(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path G_GNUC_UNUSED,
                      const char *interface, const char *signal, GVariant *args, gpointer data) {
        Fixture *self = data;

        if (!g_str_equal(signal, "Changed"))
                return; /* turns the main loop, which is all that a waiting test needs */
        if (g_str_has_suffix(interface, ".Groups")) {
                g_free(self->groups_changed);
                self->groups_changed = g_variant_print(args, FALSE);
                return;
        }
        g_free(self->changed);
        self->changed = g_variant_print(args, FALSE);
        self->n_changed++;
}

static void start(Fixture *self, Process *process, char **argv, const char *name) {
        Named named = { name, process };

        if (process->pid != 0)
                stop(self, process, SIGKILL); /* it died as planned: its exit must not be mistaken for the new one's */
        spawn(self, process, argv, NULL);
        fixture_wait(self, has_owner, &named, name);
        if (process->exited) {
                show_log(self);
                g_error("%s ended with status %d before it had the name %s", argv[0], process->status, name);
        }
}

void fixture_start_daemon(Fixture *self) {
        g_autofree char *path = program("QUAYWALLD", "../..", "quaywalld");
        char *argv[] = { path, (char *) "--config", self->config, NULL };

        start(self, &self->daemon, argv, QUAYWALL);
}

gboolean fixture_stop_daemon(Fixture *self, int signal) {
        return stop(self, &self->daemon, signal);
}

void fixture_start_firewalld(Fixture *self) {
        g_autofree char *path = program("MOCK_FIREWALLD", ".", "mock-firewalld");
        const char *version = self->options.firewalld_version;
        char *argv[8] = { path, (char *) "--version", (char *) (version ? version : "1.3.3"), NULL };
        int n = 3;

        if (self->options.no_docker)
                argv[n++] = (char *) "--no-docker";
        if (self->options.no_docker_zone)
                argv[n++] = (char *) "--no-docker-zone";
        if (self->options.docker_ipv6)
                argv[n++] = (char *) "--docker-ipv6";
        start(self, &self->firewalld, argv, FIREWALLD);
}

void fixture_stop_firewalld(Fixture *self) {
        stop(self, &self->firewalld, SIGKILL);
}

void fixture_start_polkit(Fixture *self) {
        g_autofree char *path = program("MOCK_POLKITD", ".", "mock-polkitd");
        char *argv[] = { path, NULL };

        start(self, &self->polkitd, argv, POLKIT);
}

void fixture_stop_polkit(Fixture *self) {
        stop(self, &self->polkitd, SIGKILL);
}

void fixture_write(const char *dir, const char *name, const char *text) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        g_autoptr(GError) error = NULL;

        g_file_set_contents(path, text, -1, &error);
        g_assert_no_error(error);
}

static void start_bus(Fixture *self) {
        g_autofree char *path = g_build_filename(self->dir, "bus.conf", NULL);
        g_autofree char *text = g_strdup_printf(
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
                " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
                "<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>"
                "<servicedir>%s/services</servicedir>"
                "<policy context='default'><allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/>"
                "<allow own='*'/></policy></busconfig>\n",
                self->dir, self->dir);
        char *argv[] = {
                (char *) "dbus-daemon", (char *) "--nofork", (char *) "--print-address", (char *) "--config-file", path, NULL
        };
        char buffer[1024] = "";
        gsize used = 0;
        int out;

        fixture_write(self->dir, "bus.conf", text);
        spawn(self, &self->dbus, argv, &out);
        while (used < sizeof buffer - 1 && !strchr(buffer, '\n')) {
                ssize_t n = read(out, buffer + used, sizeof buffer - 1 - used);

                if (n <= 0)
                        g_error("dbus-daemon did not start");
                used += n;
        }
        close(out);
        self->address = g_strdup(g_strstrip(buffer));
}

GDBusConnection *fixture_connect(Fixture *self) {
        g_autoptr(GError) error = NULL;
        GDBusConnection *bus = g_dbus_connection_new_for_address_sync(
                self->address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                NULL, NULL, &error);

        if (!bus)
                g_error("%s", error->message);
        g_dbus_connection_set_exit_on_close(bus, FALSE);
        return bus;
}

static char *subfolder(Fixture *self, const char *name) {
        char *path = g_build_filename(self->dir, name, NULL);

        g_mkdir(path, 0700);
        return path;
}

Fixture *fixture_new(const FixtureOptions *options) {
        Fixture *self = g_new0(Fixture, 1);
        g_autoptr(GError) error = NULL;
        g_autofree char *text = NULL, *zone = NULL;

        signal(SIGABRT, on_abort);
        signal(SIGPIPE, SIG_IGN);
        if (options)
                self->options = *options;
        self->dir = g_dir_make_tmp("quaywall-XXXXXX", &error);
        if (!self->dir)
                g_error("%s", error->message);
        self->log = g_build_filename(self->dir, "log", NULL);
        g_strlcpy(log_path, self->log, sizeof log_path);
        self->policies = subfolder(self, "policies");
        self->groups = subfolder(self, "groups");
        self->vendor = subfolder(self, "vendor");
        self->runtime = subfolder(self, "run");
        g_free(subfolder(self, "services"));
        self->config = g_build_filename(self->dir, "quaywalld.conf", NULL);
        /* Usually without a guard: it needs a capability, which child_setup() drops. The lab tests it. */
        zone = fixture_source("zones/docker.xml");
        text = g_strdup_printf(
                "[quaywalld]\nPolicyDirectory=%s\nGroupDirectory=%s\nVendorPolicyDirectory=%s\nRuntimeDirectory=%s\n"
                "StateDirectory=%s/state\nZoneFile=%s\nEnforce=docker-user%s\nDockerSocket=%s/docker/docker.sock\n"
                "DockerConfigFile=%s/docker/daemon.json\n",
                self->policies, self->groups, self->vendor, self->runtime, self->dir, zone, self->options.guard ? ";guard" : "",
                self->dir, self->dir);
        fixture_write(self->dir, "quaywalld.conf", text);
        start_bus(self);
        self->bus = fixture_connect(self);
        g_dbus_connection_signal_subscribe(self->bus, NULL, NULL, NULL, NULL, NULL, 0, on_signal, self, NULL);
        if (!self->options.no_polkit)
                fixture_start_polkit(self);
        if (!self->options.no_firewalld)
                fixture_start_firewalld(self);
        if (!self->options.no_daemon)
                fixture_start_daemon(self);
        return self;
}

void fixture_remove_tree(const char *path) {
        g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *child = g_build_filename(path, name, NULL);

                fixture_remove_tree(child);
        }
        g_remove(path);
}

void fixture_free(Fixture *self) {
        gboolean crashed = self->daemon.pid != 0 && self->daemon.exited;

        if (crashed) {
                g_test_message("quaywalld ended by itself with status %d", self->daemon.status);
                g_test_fail();
        }
        if (!stop(self, &self->daemon, SIGTERM) && !crashed) {
                g_test_message("quaywalld did not end with status 0 on SIGTERM but with %d", self->daemon.status);
                g_test_fail();
        }
        stop(self, &self->polkitd, SIGKILL);
        stop(self, &self->firewalld, SIGKILL);
        g_dbus_connection_close_sync(self->bus, NULL, NULL);
        g_object_unref(self->bus);
        stop(self, &self->dbus, SIGKILL);
        if (g_test_failed())
                show_log(self);
        *log_path = '\0';
        g_chmod(self->policies, 0700);
        fixture_remove_tree(self->dir);
        g_free(self->dir);
        g_free(self->policies);
        g_free(self->groups);
        g_free(self->groups_changed);
        g_free(self->vendor);
        g_free(self->runtime);
        g_free(self->config);
        g_free(self->log);
        g_free(self->address);
        g_free(self->changed);
        g_free(self);
}
