/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor.h"

#include <errno.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>

#include "model/error.h"

struct Monitor {
        struct mnl_socket *socket;
};

Monitor *monitor_new(GError **error) {
        struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK | SOCK_CLOEXEC);
        int group = NFNLGRP_NFTABLES;
        if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
            mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "cannot subscribe to changes of the ruleset: %s",
                            g_strerror(errno));
                if (socket)
                        mnl_socket_close(socket);
                return NULL;
        }
        Monitor *monitor = g_new(Monitor, 1);
        monitor->socket = socket;
        return monitor;
}

void monitor_free(Monitor *monitor) {
        if (!monitor)
                return;
        mnl_socket_close(monitor->socket);
        g_free(monitor);
}

int monitor_fd(const Monitor *monitor) {
        return mnl_socket_get_fd(monitor->socket);
}

bool monitor_drain(Monitor *monitor) {
        /* What it says does not matter: the state itself is read afterwards. */
        char buffer[8192];
        bool any = false;
        for (;;) {
                const ssize_t n = mnl_socket_recvfrom(monitor->socket, buffer, sizeof buffer);
                if (n <= 0 && !(n < 0 && (errno == ENOBUFS || errno == ENOSPC || errno == EINTR)))
                        return any;
                any = true;
        }
}
