/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture-docker.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void die_with_us(gpointer nothing G_GNUC_UNUSED) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void read_line(MockDocker *docker, char *line, gsize size) {
        gsize n = 0;

        while (n + 1 < size && read(docker->out, line + n, 1) == 1 && line[n] != '\n')
                n++;
        line[n] = '\0';
}

void mock_docker_tell(MockDocker *docker, const char *command) {
        g_autofree char *text = g_strconcat(command, "\n", NULL);
        char reply[64];

        g_assert_cmpint(write(docker->in, text, strlen(text)), ==, strlen(text));
        read_line(docker, reply, sizeof reply);
        g_assert_cmpstr(reply, ==, "ok");
}

void mock_docker_start(MockDocker *docker, Fixture *f) {
        g_autofree char *script = fixture_source("tests/bus/mock-docker"), *folder = g_build_filename(f->dir, "docker", NULL);
        char *argv[] = { (char *) "python3", script, folder, NULL };
        g_autoptr(GError) error = NULL;
        char line[64];

        g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_us, NULL,
                                 &docker->pid, &docker->in, &docker->out, NULL, &error);
        g_assert_no_error(error);
        read_line(docker, line, sizeof line);
        g_assert_cmpstr(line, ==, "ready");
}

void mock_docker_kill(MockDocker *docker) {
        kill(docker->pid, SIGKILL);
        waitpid(docker->pid, NULL, 0);
        close(docker->in);
        close(docker->out);
}

/* The main loop turns when a property changes, so this also tests the signal. */
static gboolean docker_is(Fixture *f, gpointer state) {
        g_autoptr(GVariant) value = fixture_get(f, "Manager.DockerState", NULL);

        return value && g_str_equal(g_variant_get_string(value, NULL), state);
}

void mock_docker_wait(Fixture *f, const char *state) {
        fixture_wait(f, docker_is, (gpointer) state, state);
}

static gboolean knows_a_port(Fixture *f, gpointer unused) {
        g_autoptr(GVariant) answer = fixture_call(f, "Engine.ListPorts", NULL, "%s", "");
        g_autoptr(GVariant) ports = answer ? g_variant_get_child_value(answer, 0) : NULL;
        return ports && g_variant_n_children(ports) > 0;
}

void mock_docker_wait_port(Fixture *f) {
        fixture_wait(f, knows_a_port, NULL, "a published port");
}
