/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tables.h"

#include <glib.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

/* One request, one answer: "nft list tables" would read all rules into its cache. */
bool tables_have(const char *family, const char *name) {
        char buffer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
        struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
        if (!socket)
                return false;
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
        message->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE;
        message->nlmsg_flags = NLM_F_REQUEST;
        message->nlmsg_seq = 1;
        struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
        header->nfgen_family = g_str_equal(family, "inet") ? NFPROTO_INET :
                               g_str_equal(family, "ip6")  ? NFPROTO_IPV6 :
                                                             NFPROTO_IPV4;
        header->version = NFNETLINK_V0;
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, name);
        /* The kernel answers a query for a single table before send() returns. */
        bool there = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) >= 0 &&
                     mnl_socket_sendto(socket, message, message->nlmsg_len) >= 0;
        const ssize_t n = there ? mnl_socket_recvfrom(socket, buffer, sizeof buffer) : -1;
        mnl_socket_close(socket);
        const struct nlmsghdr *answer = (const struct nlmsghdr *) buffer;
        return n > 0 && mnl_nlmsg_ok(answer, (int) n) && answer->nlmsg_type == ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWTABLE);
}
