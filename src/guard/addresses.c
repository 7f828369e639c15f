/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "addresses.h"

#include <errno.h>
#include <string.h>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "guard/netlink.h"

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
        if (message->nlmsg_type != RTM_NEWADDR || (header->ifa_family != AF_INET && header->ifa_family != AF_INET6) ||
            mnl_attr_parse(message, sizeof *header, see_attribute, attributes) < 0)
                return MNL_CB_OK;
        /* With a peer, IFA_ADDRESS is the peer's. IPv6 without one has no IFA_LOCAL. */
        const struct nlattr *address = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
        const gsize length = header->ifa_family == AF_INET ? 4 : 16;
        if (!address || mnl_attr_get_payload_len(address) != length)
                return MNL_CB_OK;
        HostAddress own = { .address.family = header->ifa_family == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6,
                            .link = header->ifa_index,
                            .is_local = header->ifa_scope >= RT_SCOPE_LINK };
        memcpy(own.address.first, mnl_attr_get_payload(address), length);
        memcpy(own.address.last, own.address.first, length);
        g_array_append_val(userdata, own);
        return MNL_CB_OK;
}

GArray *addresses_list(void) {
        g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(HostAddress));
        char request[256] __attribute__((aligned(NLMSG_ALIGNTO)));
        struct nlmsghdr *message = mnl_nlmsg_put_header(request);
        message->nlmsg_type = RTM_GETADDR;
        message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        message->nlmsg_seq = 1;
        struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
        header->ifa_family = AF_UNSPEC;
        g_autoptr(MnlSocket) socket = netlink_open(NETLINK_ROUTE);
        if (!socket || mnl_socket_sendto(socket, message, message->nlmsg_len) < 0 ||
            (!netlink_receive(socket, 1, see_address, list) && errno != EINTR))
                return NULL;
        return g_steal_pointer(&list);
}
