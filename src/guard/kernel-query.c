/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-query.h"

#include <errno.h>
#include <string.h>

#include <linux/netconf.h>
#include <linux/rtnetlink.h>

#include <glib/gi18n.h>

#include "guard/netlink.h"
#include "guard/nft.h"
#include "model/error.h"

struct KernelQuery {
        MnlSocket *socket;
        struct nft_ctx *nft;
        guint32 sequence;
};

KernelQuery *kernel_query_new(GError **error) {
        MnlSocket *socket = netlink_open(NETLINK_ROUTE);
        if (!socket) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("cannot ask the kernel for routes: %s"),
                            g_strerror(errno));
                return NULL;
        }
        KernelQuery *query = g_new0(KernelQuery, 1);
        query->socket = socket;
        query->nft = nft_open();
        return query;
}

void kernel_query_free(KernelQuery *query) {
        if (!query)
                return;
        mnl_socket_close(query->socket);
        nft_ctx_free(query->nft);
        g_free(query);
}

static char *list(KernelQuery *query, const char *command, unsigned flags, GError **error) {
        char *listing = NULL;
        nft_ctx_output_set_flags(query->nft, NFT_CTX_OUTPUT_STATELESS | flags);
        if (nft_list_quietly(query->nft, command) == 0)
                listing = g_strdup(nft_ctx_get_output_buffer(query->nft));
        g_autofree char *message = g_strchomp(g_strdup(nft_ctx_get_error_buffer(query->nft)));
        if (!listing)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("nftables did not answer \"%s\": %s"), command,
                            message);
        return listing;
}

/* A table may have a name that nft itself cannot read. */
static bool table_is_plain(const char *table, GError **error) {
        for (const char *c = table; *c; c++)
                if (!g_ascii_isalnum(*c) && !strchr(" _-./", *c)) {
                        g_autofree char *seen = quaywall_error_show(table);
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                                    _("the table \"%s\" has a name that nft cannot read"), seen);
                        return false;
                }
        return true;
}

static char *list_table(KernelQuery *query, const char *table, unsigned flags, GError **error) {
        g_autofree char *command = g_strconcat("list table ", table, NULL);
        return table_is_plain(table, error) ? list(query, command, flags, error) : NULL;
}

char *kernel_query_list_chains(KernelQuery *query, GError **error) {
        return list(query, "list chains", NFT_CTX_OUTPUT_JSON, error);
}

char *kernel_query_list_table(KernelQuery *query, const char *table, GError **error) {
        return list_table(query, table, NFT_CTX_OUTPUT_JSON, error);
}

char *kernel_query_print_table(KernelQuery *query, const char *table, GError **error) {
        return list_table(query, table, NFT_CTX_OUTPUT_TERSE | NFT_CTX_OUTPUT_HANDLE, error);
}

/* Sends the request and calls visit for the answer; a negative errno if the kernel refuses. */
static int ask(KernelQuery *query, struct nlmsghdr *request, mnl_cb_t visit, void *userdata) {
        char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
        request->nlmsg_seq = ++query->sequence;
        request->nlmsg_flags = NLM_F_REQUEST;
        if (mnl_socket_sendto(query->socket, request, request->nlmsg_len) < 0)
                return -errno;
        ssize_t n;
        do
                n = mnl_socket_recvfrom(query->socket, buffer, sizeof buffer);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        return mnl_cb_run(buffer, n, request->nlmsg_seq, mnl_socket_get_portid(query->socket), visit, userdata) < 0 ? -errno :
                                                                                                                      0;
}

static int see_route(const struct nlmsghdr *message, void *userdata) {
        KernelRoute *answer = userdata;
        const struct rtmsg *route = mnl_nlmsg_get_payload(message);
        const struct nlattr *attribute;
        answer->type = route->rtm_type;
        mnl_attr_for_each(attribute, message, sizeof *route) {
                if (mnl_attr_get_type(attribute) == RTA_OIF && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                        answer->out = mnl_attr_get_u32(attribute);
                if (mnl_attr_get_type(attribute) == RTA_GATEWAY &&
                    mnl_attr_get_payload_len(attribute) <= sizeof answer->gateway)
                        memcpy(answer->gateway, mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
                if (mnl_attr_get_type(attribute) == RTA_PREFSRC && mnl_attr_get_payload_len(attribute) <= sizeof answer->source)
                        memcpy(answer->source, mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
        }
        return MNL_CB_STOP;
}

int kernel_query_route(KernelQuery *query, Family family, const guint8 *source, const guint8 *destination, unsigned in,
                       guint32 mark, KernelRoute *ret) {
        char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
        const gsize length = family == FAMILY_IPV4 ? 4 : 16;
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        request->nlmsg_type = RTM_GETROUTE;
        struct rtmsg *route = mnl_nlmsg_put_extra_header(request, sizeof *route);
        route->rtm_family = family_to_af(family);
        route->rtm_dst_len = length * 8;
        mnl_attr_put(request, RTA_DST, length, destination);
        if (source) {
                route->rtm_src_len = length * 8;
                mnl_attr_put(request, RTA_SRC, length, source);
        }
        if (in)
                mnl_attr_put_u32(request, RTA_IIF, in);
        if (mark)
                mnl_attr_put_u32(request, RTA_MARK, mark);
        *ret = (KernelRoute){ 0 };
        return ask(query, request, see_route, ret);
}

static int see_forwarding(const struct nlmsghdr *message, void *userdata) {
        const struct nlattr *attribute;
        mnl_attr_for_each(attribute, message,
                          sizeof(struct netconfmsg)) if (mnl_attr_get_type(attribute) == NETCONFA_FORWARDING &&
                                                         mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0) *
                (bool *) userdata = mnl_attr_get_u32(attribute) != 0;
        return MNL_CB_STOP;
}

bool kernel_query_forwards(KernelQuery *query, Family family) {
        char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
        bool forwards = false;
        struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
        request->nlmsg_type = RTM_GETNETCONF;
        struct netconfmsg *netconf = mnl_nlmsg_put_extra_header(request, sizeof *netconf);
        netconf->ncm_family = family_to_af(family);
        mnl_attr_put_u32(request, NETCONFA_IFINDEX, NETCONFA_IFINDEX_ALL);
        return ask(query, request, see_forwarding, &forwards) == 0 && forwards;
}
