/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "elements.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <glib/gi18n.h>

#include "model/address.h"
#include "model/error.h"
#include "model/port.h"

/* An attribute has at most 64 KiB, and an element of these sets, with its headers, at most 40 bytes. */
#define ELEMENTS_PER_MESSAGE 1000
#define MESSAGE_SIZE 65536

/* --- encoding ----------------------------------------------------------------------------------------------------- */

typedef struct Key {
        guint8 bytes[32];
        gsize length;
} Key;

/* The kernel pads each part of a concatenation to 32 bits. */
static void add_part(Key *key, const void *bytes, gsize length) {
        g_assert(key->length + length <= sizeof key->bytes);
        memcpy(key->bytes + key->length, bytes, length);
        key->length += (length + 3) & ~(gsize) 3;
}

static bool add_address(Key *key, const char *text) {
        AddressRange address;
        if (!address_range_parse(text, &address, NULL) || memcmp(address.first, address.last, sizeof address.first) != 0)
                return false;
        add_part(key, address.first, address.family == FAMILY_IPV4 ? 4 : 16);
        return true;
}

static bool add_port(Key *key, const char *protocol, const char *port) {
        const guint8 number = g_str_equal(protocol, "tcp")  ? IPPROTO_TCP :
                              g_str_equal(protocol, "udp")  ? IPPROTO_UDP :
                              g_str_equal(protocol, "sctp") ? IPPROTO_SCTP :
                                                              0;
        guint16 value;
        if (!number || !port_parse(port, &value))
                return false;
        add_part(key, &number, sizeof number);
        value = htons(value);
        add_part(key, &value, sizeof value);
        return true;
}

/* "\"docker0\"", "172.17.0.2", "tcp . 80", "172.17.0.2 . tcp . 80" */
static bool encode_key(const char *text, Key *ret) {
        *ret = (Key){ .length = 0 };
        const gsize length = strlen(text);
        if (text[0] == '"') {
                if (length < 3 || length - 2 >= IFNAMSIZ || text[length - 1] != '"')
                        return false;
                memcpy(ret->bytes, text + 1, length - 2);
                ret->length = IFNAMSIZ;
                return true;
        }
        g_auto(GStrv) parts = g_strsplit(text, " . ", -1);
        const guint count = g_strv_length(parts);
        return count == 1 ? add_address(ret, parts[0]) :
               count == 2 ? add_port(ret, parts[0], parts[1]) :
               count == 3 ? add_address(ret, parts[0]) && add_port(ret, parts[1], parts[2]) :
                            false;
}

static struct nlmsghdr *put_header(void *buffer, int type, int flags, guint32 sequence, int family, int resource) {
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
        message->nlmsg_type = type;
        message->nlmsg_flags = NLM_F_REQUEST | flags;
        message->nlmsg_seq = sequence;
        struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
        header->nfgen_family = family;
        header->version = NFNETLINK_V0;
        header->res_id = htons(resource);
        return message;
}

static void append(GByteArray *to, const struct nlmsghdr *message) {
        g_byte_array_append(to, (const guint8 *) message, message->nlmsg_len);
}

static void append_frame(GByteArray *to, int type) {
        char buffer[64] __attribute__((aligned(NLMSG_ALIGNTO)));
        append(to, put_header(buffer, type, 0, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

static bool put_element(struct nlmsghdr *message, const char *text) {
        Key key;
        if (!encode_key(text, &key))
                return false;
        struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM),
                      *value = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
        mnl_attr_put(message, NFTA_DATA_VALUE, key.length, key.bytes);
        mnl_attr_nest_end(message, value);
        mnl_attr_nest_end(message, element);
        return true;
}

typedef struct Line {
        bool is_added;
        const char *table, *set;
        guint32 number;
} Line;

/* Up to ELEMENTS_PER_MESSAGE of them; returns those that are left. NULL: one is malformed. */
static char **append_message(GByteArray *to, const Line *line, char **elements) {
        g_autofree char *buffer = g_malloc(MESSAGE_SIZE);
        struct nlmsghdr *message =
                put_header(buffer, (NFNL_SUBSYS_NFTABLES << 8) | (line->is_added ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM),
                           NLM_F_ACK | (line->is_added ? NLM_F_CREATE : 0), line->number, NFPROTO_INET, 0);
        mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, line->table);
        mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, line->set);
        struct nlattr *list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
        for (guint i = 0; i < ELEMENTS_PER_MESSAGE && *elements; i++, elements++)
                if (!put_element(message, *elements))
                        return NULL;
        mnl_attr_nest_end(message, list);
        append(to, message);
        return elements;
}

/* "add element inet TABLE SET { A, B }" */
static bool encode_line(GByteArray *to, const char *text, guint32 number) {
        const char *begin = strstr(text, " { ");
        if (!begin || strlen(begin) <= strlen(" { }") || !g_str_has_suffix(text, " }"))
                return false;
        g_autofree char *head = g_strndup(text, begin - text),
                        *inner = g_strndup(begin + strlen(" { "), strlen(begin) - strlen(" { ") - strlen(" }"));
        g_auto(GStrv) words = g_strsplit(head, " ", -1), elements = g_strsplit(inner, ", ", -1);
        if (g_strv_length(words) != 5 || (!g_str_equal(words[0], "add") && !g_str_equal(words[0], "delete")) ||
            !g_str_equal(words[1], "element") || !g_str_equal(words[2], "inet"))
                return false;
        const Line line = { g_str_equal(words[0], "add"), words[3], words[4], number };
        char **left = elements;
        while (left && *left)
                left = append_message(to, &line, left);
        return left && elements[0];
}

GByteArray *elements_encode(const char *commands) {
        g_autoptr(GByteArray) batch = g_byte_array_new();
        g_auto(GStrv) lines = g_strsplit(commands, "\n", -1);
        guint32 number = 0;
        append_frame(batch, NFNL_MSG_BATCH_BEGIN);
        for (char **line = lines; *line; line++)
                if (**line && !encode_line(batch, *line, ++number))
                        return NULL;
        append_frame(batch, NFNL_MSG_BATCH_END);
        return g_steal_pointer(&batch);
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

/* The kernel has done all of it, and queued its answers, when send() returns: one for each message that asks for it (NLM_F_ACK), and
 * for each that failed. Returns a negative errno; 0: no answer is left. */
static int receive_answers(MnlSocket *socket, guint *ret_count) {
        char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
        int failure = 0;
        for (;;) {
                const ssize_t n = recv(mnl_socket_get_fd(socket), buffer, sizeof buffer, MSG_DONTWAIT);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return failure ? failure : n < 0 && errno != EAGAIN ? -errno : 0;
                int left = (int) n;
                for (const struct nlmsghdr *message = (const struct nlmsghdr *) buffer; netlink_is_whole(message, left);
                     message = mnl_nlmsg_next(message, &left)) {
                        if (message->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(message) < sizeof(struct nlmsgerr))
                                continue;
                        const struct nlmsgerr *answer = mnl_nlmsg_get_payload(message);
                        *ret_count += answer->error == 0;
                        if (answer->error != 0 && failure == 0)
                                failure = answer->error;
                }
        }
}

static guint count_messages(const GByteArray *batch) {
        guint count = 0;
        int left = (int) batch->len;
        for (const struct nlmsghdr *message = (const struct nlmsghdr *) batch->data; netlink_is_whole(message, left);
             message = mnl_nlmsg_next(message, &left))
                count += (message->nlmsg_flags & NLM_F_ACK) != 0;
        return count;
}

static int send_batch(MnlSocket *socket, const GByteArray *batch) {
        const int size = (int) batch->len + MESSAGE_SIZE;
        guint answers = 0;
        /* What an earlier failure may have left. */
        (void) receive_answers(socket, &answers);
        (void) setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
        if (mnl_socket_sendto(socket, batch->data, batch->len) < 0)
                return -errno;
        answers = 0;
        const int r = receive_answers(socket, &answers);
        return r == 0 && answers != count_messages(batch) ? -EBADMSG : r;
}

bool elements_run(MnlSocket *socket, const char *commands, GError **error) {
        g_autoptr(GByteArray) batch = elements_encode(commands);
        const int r = batch ? send_batch(socket, batch) : -EINVAL;
        if (r >= 0)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("the kernel did not take elements of the guard: %s"),
                    g_strerror(-r));
        return false;
}
