/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

/* The kernel fills a buffer up to this size (netlink_dump): one call for some 100 connections. */
#define BUFFER_SIZE 32768

MnlSocket *netlink_open(int protocol) {
        const struct timeval patience = { .tv_sec = 5 };
        MnlSocket *socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
        if (!socket || (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) >= 0 &&
                        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) >= 0))
                return socket;
        const int error = errno;
        mnl_socket_close(socket);
        errno = error;
        return NULL;
}

bool netlink_receive(MnlSocket *socket, guint32 sequence, mnl_cb_t visit, void *userdata) {
        g_autofree char *buffer = g_malloc(BUFFER_SIZE);
        const unsigned port = mnl_socket_get_portid(socket);
        int r = MNL_CB_OK;
        while (r > MNL_CB_STOP) {
                const ssize_t n = mnl_socket_recvfrom(socket, buffer, BUFFER_SIZE);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return false;
                r = mnl_cb_run(buffer, n, sequence, port, visit, userdata);
        }
        return r >= 0;
}
