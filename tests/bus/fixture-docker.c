/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* mock-docker for the tests of the whole daemon. */
#include "fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void die_with_us(gpointer nothing G_GNUC_UNUSED) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void read_line(FixtureDocker *docker, char *line, gsize size) {
        gsize n = 0;

        while (n + 1 < size && read(docker->out, line + n, 1) == 1 && line[n] != '\n')
                n++;
        line[n] = '\0';
}

void fixture_docker_tell(FixtureDocker *docker, const char *command) {
        g_autofree char *text = g_strconcat(command, "\n", NULL);
        char reply[64];

        g_assert_cmpint(write(docker->in, text, strlen(text)), ==, strlen(text));
        read_line(docker, reply, sizeof reply);
        g_assert_cmpstr(reply, ==, "ok");
}

void fixture_docker_start(FixtureDocker *docker, Fixture *self) {
        g_autofree char *script = fixture_source("tests/bus/mock-docker"),
                        *folder = g_build_filename(self->dir, "docker", NULL);
        char *argv[] = { (char *) "python3", script, folder, NULL };
        g_autoptr(GError) error = NULL;
        char line[64];

        g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, die_with_us, NULL,
                                 &docker->pid, &docker->in, &docker->out, NULL, &error);
        g_assert_no_error(error);
        read_line(docker, line, sizeof line);
        g_assert_cmpstr(line, ==, "ready");
}

void fixture_docker_kill(FixtureDocker *docker) {
        kill(docker->pid, SIGKILL);
        waitpid(docker->pid, NULL, 0);
        close(docker->in);
        close(docker->out);
}
