/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "counters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <glib/gi18n.h>

#include "guard/netlink.h"
#include "model/error.h"

/* Not libnftables' "list counters" (1.0.6): it first reads all rules and elements of all tables, 400 ms if another table has
 * 50,000 elements instead of 1, and prints 2^64 - 1 as -1 in JSON. */

/* A change of any table while the kernel lists the counters restarts the list; each try takes a few ms. */
#define MAX_TRIES 10

static int see_attribute(const struct nlattr *attribute, void *userdata) {
        static const enum mnl_attr_data_type TYPES[NFTA_OBJ_MAX + 1] = { [NFTA_OBJ_TABLE] = MNL_TYPE_NUL_STRING,
                                                                         [NFTA_OBJ_NAME] = MNL_TYPE_NUL_STRING,
                                                                         [NFTA_OBJ_TYPE] = MNL_TYPE_U32,
                                                                         [NFTA_OBJ_DATA] = MNL_TYPE_NESTED };
        const struct nlattr **attributes = userdata;
        const guint16 type = mnl_attr_get_type(attribute);
        if (type <= NFTA_OBJ_MAX && TYPES[type] != MNL_TYPE_UNSPEC && mnl_attr_validate(attribute, TYPES[type]) >= 0)
                attributes[type] = attribute;
        return MNL_CB_OK;
}

static int see_number(const struct nlattr *attribute, void *userdata) {
        const struct nlattr **numbers = userdata;
        const guint16 type = mnl_attr_get_type(attribute);
        if ((type == NFTA_COUNTER_PACKETS || type == NFTA_COUNTER_BYTES) && mnl_attr_validate(attribute, MNL_TYPE_U64) >= 0)
                numbers[type] = attribute;
        return MNL_CB_OK;
}

static guint64 get_number(const struct nlattr *attribute) {
        return GUINT64_FROM_BE(mnl_attr_get_u64(attribute));
}

bool counters_parse(const struct nlmsghdr *message, const char *table, Counter *ret) {
        const struct nlattr *attributes[NFTA_OBJ_MAX + 1] = { NULL }, *numbers[NFTA_COUNTER_MAX + 1] = { NULL };
        if (message->nlmsg_type != ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWOBJ) ||
            mnl_attr_parse(message, sizeof(struct nfgenmsg), see_attribute, attributes) < 0)
                return false;
        if (!attributes[NFTA_OBJ_TABLE] || !attributes[NFTA_OBJ_NAME] || !attributes[NFTA_OBJ_TYPE] ||
            !attributes[NFTA_OBJ_DATA] || !g_str_equal(mnl_attr_get_str(attributes[NFTA_OBJ_TABLE]), table) ||
            ntohl(mnl_attr_get_u32(attributes[NFTA_OBJ_TYPE])) != NFT_OBJECT_COUNTER ||
            mnl_attr_parse_nested(attributes[NFTA_OBJ_DATA], see_number, numbers) < 0 || !numbers[NFTA_COUNTER_PACKETS] ||
            !numbers[NFTA_COUNTER_BYTES])
                return false;
        ret->name = mnl_attr_get_str(attributes[NFTA_OBJ_NAME]);
        ret->packets = get_number(numbers[NFTA_COUNTER_PACKETS]);
        ret->bytes = get_number(numbers[NFTA_COUNTER_BYTES]);
        return true;
}

typedef struct Reading {
        const char *table;
        GArray *counters; /* Counter; names owns their names */
        GStringChunk *names;
} Reading;

static int see_counter(const struct nlmsghdr *message, void *userdata) {
        Reading *reading = userdata;
        Counter counter;
        if (counters_parse(message, reading->table, &counter)) {
                counter.name = g_string_chunk_insert(reading->names, counter.name);
                g_array_append_val(reading->counters, counter);
        }
        return MNL_CB_OK;
}

static bool ask(MnlSocket *socket, Reading *reading, guint32 sequence) {
        char request[512] __attribute__((aligned(NLMSG_ALIGNTO)));
        struct nlmsghdr *message = mnl_nlmsg_put_header(request);
        message->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETOBJ;
        message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        message->nlmsg_seq = sequence;
        struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
        header->nfgen_family = NFPROTO_INET;
        header->version = NFNETLINK_V0;
        mnl_attr_put_strz(message, NFTA_OBJ_TABLE, reading->table);
        mnl_attr_put_u32(message, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
        return mnl_socket_sendto(socket, message, message->nlmsg_len) >= 0 &&
               netlink_receive(socket, sequence, see_counter, reading);
}

/* 0, or a negative errno. An interrupted list continues after the message that reports the interruption: each try has its own
 * socket. */
static int try(Reading *reading) {
        g_autoptr(MnlSocket) socket = netlink_open(NETLINK_NETFILTER);
        g_array_set_size(reading->counters, 0);
        g_string_chunk_clear(reading->names);
        return socket && ask(socket, reading, 1) ? 0 : -errno;
}

bool counters_read(const char *table, CountersFunc visit, gpointer userdata, GError **error) {
        g_autoptr(GArray) counters = g_array_new(FALSE, FALSE, sizeof(Counter));
        g_autoptr(GStringChunk) names = g_string_chunk_new(4096);
        Reading reading = { .table = table, .counters = counters, .names = names };
        int r = -EINTR;
        for (guint i = 0; i < MAX_TRIES && r == -EINTR; i++)
                r = try(&reading);
        if (r < 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("the kernel did not list its counters: %s"),
                            g_strerror(-r));
                return false;
        }
        for (guint i = 0; i < counters->len; i++) {
                const Counter *counter = &g_array_index(counters, Counter, i);
                visit(counter->name, counter->packets, counter->bytes, userdata);
        }
        return true;
}
