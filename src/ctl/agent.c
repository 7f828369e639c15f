/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#define AGENT_PROGRAM "pkttyagent"
#define AGENT_WAIT_MSEC 5000

struct Agent {
        GSubprocess *process;
};

Agent *agent_start(void) {
        g_autofree char *program = g_find_program_in_path(AGENT_PROGRAM);
        int ends[2];

        /* polkit never asks root. */
        if (!program || geteuid() == 0)
                return NULL;
        if (!g_unix_open_pipe(ends, FD_CLOEXEC, NULL))
                return NULL;

        /* It asks on /dev/tty. On stdout and stderr it only complains that there is no polkit, and quaywalld then refuses anyway. */
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
                G_SUBPROCESS_FLAGS_STDIN_INHERIT | G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
        g_subprocess_launcher_take_fd(launcher, ends[1], 3);
        g_autoptr(GSubprocess) process =
                g_subprocess_launcher_spawn(launcher, NULL, program, "--notify-fd", "3", "--fallback", NULL);
        g_clear_object(&launcher); /* closes this process's writing end, or the wait below would never end */
        if (!process) {
                close(ends[0]);
                return NULL;
        }

        /* pkttyagent closes the pipe when it is registered, or when it ends. */
        struct pollfd ready = { .fd = ends[0], .events = POLLIN };
        while (poll(&ready, 1, AGENT_WAIT_MSEC) < 0 && errno == EINTR)
                ;
        close(ends[0]);

        Agent *agent = g_new0(Agent, 1);
        agent->process = g_steal_pointer(&process);
        return agent;
}

void agent_stop(Agent *agent) {
        if (!agent)
                return;
        /* At SIGTERM it switches the terminal's echo on again. */
        g_subprocess_send_signal(agent->process, SIGTERM);
        g_subprocess_wait(agent->process, NULL, NULL);
        g_object_unref(agent->process);
        g_free(agent);
}
