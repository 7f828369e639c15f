/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flows.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>

#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <glib/gi18n.h>

#include "guard/cut-table.h"
#include "guard/netlink.h"
#include "model/error.h"
#include "model/port.h"

typedef struct nf_conntrack NfConntrack;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(NfConntrack, nfct_destroy)

static bool failed(const char *what, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("cannot %s: %s"), what, g_strerror(errno));
        return false;
}

static MnlSocket *open_socket(GError **error) {
        MnlSocket *socket = netlink_open(NETLINK_NETFILTER);
        if (!socket)
                failed(_("ask the kernel for its connections"), error);
        return socket;
}

static struct nlmsghdr *begin(char *buffer, guint16 type, guint16 flags, guint32 sequence, guint8 family) {
        struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
        header->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | type;
        header->nlmsg_flags = NLM_F_REQUEST | flags;
        header->nlmsg_seq = sequence;
        struct nfgenmsg *message = mnl_nlmsg_put_extra_header(header, sizeof *message);
        message->nfgen_family = family;
        message->version = NFNETLINK_V0;
        return header;
}

/* --- find --------------------------------------------------------------------------------------------------------- */

typedef struct Search {
        struct nf_conntrack *ct; /* one for all flows: allocating one for each takes longer than reading it */
        FlowFunc wanted;
        gpointer userdata;
        GArray *found;
} Search;

static AddressRange get_address(const struct nf_conntrack *ct, Family family, enum nf_conntrack_attr v4,
                                enum nf_conntrack_attr v6) {
        AddressRange range = { .family = family };
        const void *bytes = nfct_get_attr(ct, family == FAMILY_IPV4 ? v4 : v6);
        if (bytes)
                memcpy(range.first, bytes, family == FAMILY_IPV4 ? 4 : 16);
        memcpy(range.last, range.first, 16);
        return range;
}

static const char *protocol_name(guint8 number) {
        const char *name = number == IPPROTO_TCP  ? "tcp" :
                           number == IPPROTO_UDP  ? "udp" :
                           number == IPPROTO_SCTP ? "sctp" :
                                                    NULL;
        return name ? protocol_from_string(name) : NULL;
}

/* conntrack remembers a connection for a while after both sides have closed it. */
static bool is_over(const struct nf_conntrack *ct) {
        const guint8 state =
                nfct_attr_is_set(ct, ATTR_TCP_STATE) > 0 ? nfct_get_attr_u8(ct, ATTR_TCP_STATE) : TCP_CONNTRACK_NONE;
        return state == TCP_CONNTRACK_TIME_WAIT || state == TCP_CONNTRACK_CLOSE;
}

static int on_flow(const struct nlmsghdr *header, void *userdata) {
        Search *search = userdata;
        struct nf_conntrack *ct = search->ct;
        /* nfct_nlmsg_parse() leaves attributes that the message lacks as they were. */
        nfct_attr_unset(ct, ATTR_TCP_STATE);
        nfct_attr_unset(ct, ATTR_ZONE);
        if (nfct_nlmsg_parse(header, ct) < 0)
                return MNL_CB_OK;
        const guint8 l3 = nfct_get_attr_u8(ct, ATTR_L3PROTO);
        const char *protocol = protocol_name(nfct_get_attr_u8(ct, ATTR_L4PROTO));
        if (!protocol || (l3 != AF_INET && l3 != AF_INET6) || is_over(ct))
                return MNL_CB_OK;
        const Family family = l3 == AF_INET ? FAMILY_IPV4 : FAMILY_IPV6;
        const Flow flow = {
                .source = get_address(ct, family, ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV6_SRC),
                .destination = get_address(ct, family, ATTR_ORIG_IPV4_DST, ATTR_ORIG_IPV6_DST),
                .answerer = get_address(ct, family, ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV6_SRC),
                .asker = get_address(ct, family, ATTR_REPL_IPV4_DST, ATTR_REPL_IPV6_DST),
                .protocol = protocol,
                .source_port = ntohs(nfct_get_attr_u16(ct, ATTR_ORIG_PORT_SRC)),
                .port = ntohs(nfct_get_attr_u16(ct, ATTR_ORIG_PORT_DST)),
                .answerer_port = ntohs(nfct_get_attr_u16(ct, ATTR_REPL_PORT_SRC)),
                .asker_port = ntohs(nfct_get_attr_u16(ct, ATTR_REPL_PORT_DST)),
                .zone = nfct_attr_is_set(ct, ATTR_ZONE) > 0 ? nfct_get_attr_u16(ct, ATTR_ZONE) : 0,
                .id = nfct_get_attr_u32(ct, ATTR_ID),
        };
        if (search->wanted(&flow, search->userdata))
                g_array_append_val(search->found, flow);
        return MNL_CB_OK;
}

bool flows_check(GError **error) {
        char request[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct nfgenmsg))] __attribute__((aligned(NLMSG_ALIGNTO)));
        const guint32 sequence = time(NULL);
        g_autoptr(MnlSocket) socket = open_socket(error);
        if (!socket)
                return false;
        const struct nlmsghdr *header = begin(request, IPCTNL_MSG_CT_GET_STATS, NLM_F_ACK, sequence, AF_UNSPEC);
        return (mnl_socket_sendto(socket, header, header->nlmsg_len) >= 0 && netlink_receive(socket, sequence, NULL, NULL)) ||
               failed(_("ask the kernel for its connections"), error);
}

GArray *flows_find(FlowFunc wanted, gpointer userdata, GError **error) {
        char request[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct nfgenmsg))] __attribute__((aligned(NLMSG_ALIGNTO)));
        const guint32 sequence = time(NULL);
        g_autoptr(NfConntrack) ct = nfct_new();
        g_autoptr(MnlSocket) socket = open_socket(error);
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Flow));
        Search search = { .ct = ct, .wanted = wanted, .userdata = userdata, .found = found };
        if (!socket)
                return NULL;
        const struct nlmsghdr *header = begin(request, IPCTNL_MSG_CT_GET, NLM_F_DUMP, sequence, AF_UNSPEC);
        if (!ct || mnl_socket_sendto(socket, header, header->nlmsg_len) < 0 ||
            !netlink_receive(socket, sequence, on_flow, &search)) {
                failed(_("ask the kernel for its connections"), error);
                return NULL;
        }
        return g_steal_pointer(&found);
}

/* --- end ---------------------------------------------------------------------------------------------------------- */

static void set_address(struct nf_conntrack *ct, const AddressRange *address, enum nf_conntrack_attr v4,
                        enum nf_conntrack_attr v6) {
        nfct_set_attr(ct, address->family == FAMILY_IPV4 ? v4 : v6, address->first);
}

static bool end_one(struct mnl_socket *socket, const Flow *flow, guint32 sequence) {
        char buffer[512] __attribute__((aligned(NLMSG_ALIGNTO)));
        g_autoptr(NfConntrack) ct = nfct_new();
        if (!ct)
                return false;
        const guint8 l3 = family_to_af(flow->source.family);
        nfct_set_attr_u8(ct, ATTR_L3PROTO, l3);
        nfct_set_attr_u8(ct, ATTR_L4PROTO,
                         g_str_equal(flow->protocol, "tcp") ? IPPROTO_TCP :
                         g_str_equal(flow->protocol, "udp") ? IPPROTO_UDP :
                                                              IPPROTO_SCTP);
        set_address(ct, &flow->source, ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV6_SRC);
        set_address(ct, &flow->destination, ATTR_ORIG_IPV4_DST, ATTR_ORIG_IPV6_DST);
        nfct_set_attr_u16(ct, ATTR_ORIG_PORT_SRC, htons(flow->source_port));
        nfct_set_attr_u16(ct, ATTR_ORIG_PORT_DST, htons(flow->port));
        if (flow->zone)
                nfct_set_attr_u16(ct, ATTR_ZONE, flow->zone);
        struct nlmsghdr *header = begin(buffer, IPCTNL_MSG_CT_DELETE, NLM_F_ACK, sequence, l3);
        nfct_nlmsg_build(header, ct);
        /* Without the id, a connection that has replaced this one meanwhile would be ended. As the kernel gave it. */
        mnl_attr_put_u32(header, CTA_ID, htonl(flow->id));
        return mnl_socket_sendto(socket, header, header->nlmsg_len) >= 0 &&
               (netlink_receive(socket, sequence, NULL, NULL) || errno == ENOENT);
}

bool flows_end(GArray *flows, guint first, guint last, GError **error) {
        const guint32 sequence = time(NULL);
        g_autoptr(MnlSocket) socket = open_socket(error);
        if (!socket || !cut_table_add(flows, first, last, error))
                return false;
        for (guint i = first; i < last; i++)
                if (!end_one(socket, &g_array_index(flows, Flow, i), sequence + i))
                        return failed(_("end a connection"), error);
        return true;
}
