/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywalld with mock-docker: the properties about it; and no Docker makes a caller wait. */
#include "fixture-docker.h"

#include <stdio.h>
#include <string.h>

#define QUICK_USEC (G_USEC_PER_SEC) /* on a machine that is busy with other tests; without Docker it takes less than 0.1 s */

/* How long quaywalld has waited for a processor while others had it; 0 if this kernel does not count that. */
static gint64 queued_usec(Fixture *f) {
        g_autofree char *path = g_strdup_printf("/proc/%d/schedstat", f->daemon.pid), *text = NULL;
        guint64 run_nsec, queued_nsec = 0;

        if (!g_file_get_contents(path, &text, NULL, NULL) ||
            sscanf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &run_nsec, &queued_nsec) != 2)
                return 0;
        return queued_nsec / 1000;
}

static void check_property(Fixture *f, const char *property, const char *expected) {
        g_autoptr(GVariant) value = fixture_get(f, property, NULL);

        g_assert_cmpstr(g_variant_get_string(value, NULL), ==, expected);
}

static guint64 known_until(Fixture *f) {
        g_autoptr(GVariant) value = fixture_get(f, "Engine.KnownUntil", NULL);

        return g_variant_get_uint64(value);
}

static void check_quick(Fixture *f, const char *what) {
        const gint64 begin = g_get_monotonic_time(), queued = queued_usec(f);
        g_autoptr(GVariant) list = fixture_works(f, "Policies.List", "%s", "");
        g_autoptr(GVariant) state = fixture_get(f, "Manager.State", NULL);
        const gint64 usec = g_get_monotonic_time() - begin - (queued_usec(f) - queued);

        if (usec > QUICK_USEC) {
                g_test_message("%s: two calls took %.1f ms", what, usec / 1000.0);
                g_test_fail();
        }
}

static void test_comes_and_goes(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        MockDocker docker;

        mock_docker_wait(f, "not-running");
        check_property(f, "Manager.DockerVersion", "");
        mock_docker_start(&docker, f);
        mock_docker_wait(f, "running");
        check_property(f, "Manager.DockerVersion", "20.10.24");
        check_property(f, "Manager.DockerFirewallBackend", "iptables");
        g_assert_cmpuint(known_until(f), ==, 0);
        mock_docker_kill(&docker);
        mock_docker_wait(f, "not-running");
        g_assert_cmpuint(known_until(f), >, 0);
        g_assert_cmpuint(known_until(f), <=, g_get_real_time());
        check_property(f, "Manager.DockerVersion", "");
        check_property(f, "Manager.DockerFirewallBackend", "");
        mock_docker_start(&docker, f);
        mock_docker_tell(&docker, "cut");
        mock_docker_wait(f, "running");
        mock_docker_kill(&docker);
}

static void test_backend(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        MockDocker docker;

        mock_docker_start(&docker, f);
        mock_docker_tell(&docker, "version 29.0.1 1.52 1.44");
        mock_docker_tell(&docker, "backend nftables+firewalld");
        fixture_start_daemon(f);
        mock_docker_wait(f, "running");
        check_property(f, "Manager.DockerVersion", "29.0.1");
        check_property(f, "Manager.DockerFirewallBackend", "nftables");
        mock_docker_kill(&docker);
}

/* A Docker that hangs, and one that answers nonsense: the service answers before and after it has noticed. */
static void test_ill(void) {
        static const char *const modes[] = { "mode hang", "mode garbage", "mode huge", "mode hang /containers/json" };

        for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
                g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
                MockDocker docker;

                mock_docker_start(&docker, f);
                mock_docker_tell(&docker, "age");
                mock_docker_tell(&docker, modes[i]);
                fixture_start_daemon(f);
                for (int n = 0; n < 20; n++)
                        check_quick(f, modes[i]);
                if (i < 3) {
                        g_autofree char *log = NULL;

                        mock_docker_wait(f, "failed");
                        log = fixture_log(f);
                        g_assert_nonnull(strstr(log, "Docker is failed: Docker"));
                        check_quick(f, modes[i]);
                        mock_docker_tell(&docker, "mode normal");
                        mock_docker_wait(f, "running");
                }
                mock_docker_kill(&docker);
        }
}

static gboolean has_problem(Fixture *f, gpointer code) {
        g_autoptr(GVariant) problems = fixture_get(f, "Manager.Problems", NULL);
        g_autofree char *text = problems ? g_variant_print(problems, FALSE) : g_strdup(""),
                        *needle = g_strdup_printf("('%s'", (char *) code);

        return strstr(text, needle) != NULL;
}

static gboolean has_not_problem(Fixture *f, gpointer code) {
        return !has_problem(f, code);
}

static void set_deny(Fixture *f) {
        g_autoptr(GVariant) set =
                fixture_works(f, "Policies.Set", "%s", "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}, {}");
}

/* Each Docker that cannot enforce the policies is a problem, once there is a policy. The tests have no guard, with which a
 * rootless Docker would be none. */
static void test_problems(void) {
        static const struct {
                const char *command, *state, *backend, *code;
        } CASES[] = {
                { "rootless", "running", "none", "docker-rootless" },
                { "podman", "not-running", "", "docker-podman" },
                { "mode garbage /containers/json", "failed", "iptables", "docker-failed" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
                MockDocker docker;

                mock_docker_start(&docker, f);
                mock_docker_tell(&docker, CASES[i].command);
                mock_docker_tell(&docker, "age");
                fixture_start_daemon(f);
                mock_docker_wait(f, CASES[i].state);
                check_property(f, "Manager.DockerFirewallBackend", CASES[i].backend);
                g_assert_false(has_problem(f, (gpointer) CASES[i].code));
                set_deny(f);
                g_assert_true(has_problem(f, (gpointer) CASES[i].code));
                mock_docker_tell(&docker, "close");
                mock_docker_kill(&docker);
                fixture_wait(f, has_not_problem, (gpointer) CASES[i].code, "the problem to go with it");
        }
}

/* fixture_free() expects exit status 0. */
static void test_told_to_end_while_docker_is_asked(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        MockDocker docker;

        mock_docker_start(&docker, f);
        mock_docker_tell(&docker, "mode hang /containers/json");
        fixture_start_daemon(f);
        mock_docker_wait(f, "running");
        /* And while a caller waits for Docker's answer to a probe. */
        mock_docker_tell(&docker, "mode hang /_ping");
        g_dbus_connection_call(f->bus, "org.quaywall1", "/org/quaywall1", "org.quaywall1.Manager", "Verify", NULL, NULL, 0, -1,
                               NULL, NULL, NULL);
        g_dbus_connection_flush_sync(f->bus, NULL, NULL);
        g_usleep(200 * 1000);
        g_clear_pointer(&f, fixture_free);
        mock_docker_kill(&docker);
}

static gboolean knows_all(Fixture *f, gpointer data G_GNUC_UNUSED) {
        g_autofree char *path = g_build_filename(f->dir, "state", "docker-facts", NULL);
        g_autofree char *text = NULL;

        check_quick(f, "10,000 containers");
        return g_file_get_contents(path, &text, NULL, NULL) && fixture_lines(text, "\"Name\":\"c") == 10000;
}

/* More containers than any host has, and a policy set meanwhile. */
static void test_many(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        g_autoptr(GVariant) set = NULL;
        g_autofree char *path = NULL, *text = NULL;
        MockDocker docker;

        mock_docker_start(&docker, f);
        mock_docker_tell(&docker, "many 10000");
        fixture_start_daemon(f);
        mock_docker_wait(f, "running");
        set = fixture_works(f, "Policies.Set", "%s", "'web', {'action': <'deny'>, 'sources': <['192.0.2.1']>}, {}");
        for (gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC; !knows_all(f, NULL) && g_get_monotonic_time() < end;)
                g_usleep(20000); /* no signal tells when the file is written */
        path = g_strdup_printf("/proc/%d/status", f->daemon.pid);
        g_file_get_contents(path, &text, NULL, NULL);
        g_test_message("with 10,000 containers:%.20s", text && strstr(text, "VmRSS:") ? strstr(text, "VmRSS:") + 6 : "");
        g_assert_true(knows_all(f, NULL));
        mock_docker_kill(&docker);
        mock_docker_wait(f, "not-running");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        signal(SIGPIPE, SIG_IGN);
        g_test_add_func("/docker-state/comes-and-goes", test_comes_and_goes);
        g_test_add_func("/docker-state/backend", test_backend);
        g_test_add_func("/docker-state/problems", test_problems);
        g_test_add_func("/docker-state/ill", test_ill);
        g_test_add_func("/docker-state/told-to-end-while-docker-is-asked", test_told_to_end_while_docker_is_asked);
        g_test_add_func("/docker-state/many", test_many);
        return g_test_run();
}
