/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addresses.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "guard/netlink.h"
#include "model/sort.h"

static int see_attribute(const struct nlattr *attribute, void *userdata) {
        const struct nlattr **attributes = userdata;
        const guint16 type = mnl_attr_get_type(attribute);
        if (type <= IFA_MAX)
                attributes[type] = attribute;
        return MNL_CB_OK;
}

static int see_address(const struct nlmsghdr *message, void *userdata) {
        const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
        const struct nlattr *attributes[IFA_MAX + 1] = { NULL };
        char text[INET6_ADDRSTRLEN];
        if (message->nlmsg_type != RTM_NEWADDR || header->ifa_scope >= RT_SCOPE_LINK ||
            (header->ifa_family != AF_INET && header->ifa_family != AF_INET6) ||
            mnl_attr_parse(message, sizeof *header, see_attribute, attributes) < 0)
                return MNL_CB_OK;
        /* With a peer, IFA_ADDRESS is the peer's. IPv6 without one has no IFA_LOCAL. */
        const struct nlattr *address = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
        const gsize length = header->ifa_family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
        if (address && mnl_attr_get_payload_len(address) == length &&
            inet_ntop(header->ifa_family, mnl_attr_get_payload(address), text, sizeof text))
                g_ptr_array_add(userdata, g_strdup(text));
        return MNL_CB_OK;
}

static GPtrArray *read_all(void) {
        GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
        char request[256] __attribute__((aligned(NLMSG_ALIGNTO)));
        struct nlmsghdr *message = mnl_nlmsg_put_header(request);
        message->nlmsg_type = RTM_GETADDR;
        message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        message->nlmsg_seq = 1;
        struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
        header->ifa_family = AF_UNSPEC;
        g_autoptr(MnlSocket) socket = netlink_open(NETLINK_ROUTE);
        if (socket && mnl_socket_sendto(socket, message, message->nlmsg_len) >= 0)
                (void) netlink_receive(socket, 1, see_address, list);
        g_ptr_array_sort(list, compare_strings);
        return list;
}

GPtrArray *addresses_list(void) {
        static GPtrArray *last;
        static gint64 read;
        const gint64 now = g_get_monotonic_time();
        if (!last || now - read >= G_USEC_PER_SEC) {
                g_clear_pointer(&last, g_ptr_array_unref);
                last = read_all();
                read = now;
        }
        return g_ptr_array_ref(last);
}
