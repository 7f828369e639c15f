/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns netlink sockets for queries to the kernel. Must not know the queries. */

#include <stdbool.h>

#include <glib.h>
#include <libmnl/libmnl.h>

typedef struct mnl_socket MnlSocket;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MnlSocket, mnl_socket_close)

/* protocol: NETLINK_NETFILTER and so on. NULL with errno. The kernel answers at once or never: reading fails after 5 s. */
MnlSocket *netlink_open(int protocol);

/* Calls visit for each message of the answer to the request with this sequence number. False with errno; EINTR: the listed
 * objects changed meanwhile, so the list may have gaps. */
bool netlink_receive(MnlSocket *socket, guint32 sequence, mnl_cb_t visit, void *userdata);

/* mnl_nlmsg_ok(), and false for a length that it takes for a negative one. */
static inline bool netlink_is_whole(const struct nlmsghdr *message, int left) {
        return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (guint32) left;
}
