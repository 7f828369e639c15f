/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <glib/gi18n.h>

#include "compile/docker-nat.h"
#include "compile/guard-state.h"
#include "compile/zone-rules.h"
#include "guard/netlink.h"
#include "guard/zone-table.h"
#include "model/error.h"

struct Monitor {
        struct mnl_socket *socket;
        MonitorCommit commit;
};

/* The kernel sends one message for each change of a commit. */
#define BUFFER_SIZE (32 * 1024)

/* The receive queue. The largest set (65,536 ranges) takes 8 MB of messages, which the kernel counts as more than twice that.
 * Messages that do not fit are lost, and with them who else changed something. Needs CAP_NET_ADMIN. */
#define QUEUE_SIZE (16 << 20)

Monitor *monitor_new(GError **error) {
        struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_NONBLOCK | SOCK_CLOEXEC);
        int group = NFNLGRP_NFTABLES;
        const int queue = QUEUE_SIZE;
        if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
            mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("cannot subscribe to changes of the ruleset: %s"),
                            g_strerror(errno));
                if (socket)
                        mnl_socket_close(socket);
                return NULL;
        }
        (void) setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &queue, sizeof queue);
        Monitor *monitor = g_new0(Monitor, 1);
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

typedef struct Attributes {
        const char *table; /* attribute 1 of a table, chain, rule, set, set element, object and flow table */
        MonitorAuthor author;
} Attributes;

static int see_table(const struct nlattr *attribute, void *userdata) {
        Attributes *attributes = userdata;
        if (mnl_attr_get_type(attribute) == NFTA_TABLE_NAME && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                attributes->table = mnl_attr_get_str(attribute);
        return MNL_CB_OK;
}

static int see_author(const struct nlattr *attribute, void *userdata) {
        Attributes *attributes = userdata;
        if (mnl_attr_get_type(attribute) == NFTA_GEN_PROC_PID && mnl_attr_validate(attribute, MNL_TYPE_U32) >= 0)
                attributes->author.pid = ntohl(mnl_attr_get_u32(attribute));
        else if (mnl_attr_get_type(attribute) == NFTA_GEN_PROC_NAME && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
                g_strlcpy(attributes->author.name, mnl_attr_get_str(attribute), sizeof attributes->author.name);
        return MNL_CB_OK;
}

/* A commit ends with NFT_MSG_NEWGEN, which names its author (Linux 4.14 and later). */
static void end_commit(const struct nlmsghdr *message, MonitorCommit *commit, MonitorNews *news) {
        Attributes attributes = { 0 };
        (void) mnl_attr_parse(message, sizeof(struct nfgenmsg), see_author, &attributes);
        news->guard_commits += commit->guard;
        /* An earlier call may have read the commit's changes before its author was known. */
        news->guard |= commit->guard;
        news->others |= commit->others;
        /* In a PID namespace getpid() differs from the kernel's number. */
        if (attributes.author.pid != (guint32) getpid() &&
            strncmp(attributes.author.name, program_invocation_short_name, sizeof attributes.author.name - 1) != 0) {
                news->elements |= commit->elements;
                if (commit->guard)
                        news->guard_author = attributes.author;
                if (commit->others)
                        news->others_author = attributes.author;
        }
        *commit = (MonitorCommit){ 0 };
}

void monitor_parse(const void *buffer, gsize length, MonitorCommit *commit, MonitorNews *news) {
        int left = (int) length;
        for (const struct nlmsghdr *message = buffer; netlink_is_whole(message, left);
             message = mnl_nlmsg_next(message, &left)) {
                if (NFNL_SUBSYS_ID(message->nlmsg_type) != NFNL_SUBSYS_NFTABLES ||
                    mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg))
                        continue;
                if (NFNL_MSG_TYPE(message->nlmsg_type) == NFT_MSG_NEWGEN) {
                        end_commit(message, commit, news);
                        continue;
                }
                const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
                Attributes attributes = { 0 };
                (void) mnl_attr_parse(message, sizeof *header, see_table, &attributes);
                const bool guard = header->nfgen_family == NFPROTO_INET && g_strcmp0(attributes.table, GUARD_TABLE) == 0;
                const int type = NFNL_MSG_TYPE(message->nlmsg_type);
                commit->guard |= guard;
                commit->elements |= guard && (type == NFT_MSG_NEWSETELEM || type == NFT_MSG_DELSETELEM);
                commit->others |= !guard;
                news->guard |= guard;
                if (guard && (type == NFT_MSG_DELTABLE || type == NFT_MSG_NEWTABLE))
                        news->guard_gone = type == NFT_MSG_DELTABLE;
                news->others |= !guard;
                news->nat |= (header->nfgen_family == NFPROTO_IPV4 || header->nfgen_family == NFPROTO_IPV6) &&
                             (g_strcmp0(attributes.table, "nat") == 0 || g_strcmp0(attributes.table, DOCKER_NFT_TABLE) == 0);
                news->zones |= header->nfgen_family == NFPROTO_INET && (g_strcmp0(attributes.table, ZONE_TABLE) == 0 ||
                                                                        g_strcmp0(attributes.table, ZONE_TABLE_DROP) == 0);
        }
}

bool monitor_drain(Monitor *monitor, MonitorNews *news) {
        static char buffer[BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
        bool any = false;
        for (;;) {
                const ssize_t n = mnl_socket_recvfrom(monitor->socket, buffer, sizeof buffer);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && (errno == ENOBUFS || errno == ENOSPC)) {
                        news->lost = true;
                        monitor->commit = (MonitorCommit){ 0 };
                } else if (n <= 0)
                        return any;
                else
                        monitor_parse(buffer, n, &monitor->commit, news);
                any = true;
        }
}
