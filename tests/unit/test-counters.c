/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table's counters in what the kernel sends, or might send. */
#include "guard/counters.h"

#include <arpa/inet.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

typedef struct Object {
        const char *table, *name;
        guint32 type;
        guint64 packets, bytes;
        guint number_size; /* 0: no numbers */
        bool no_data;
} Object;

static void put_number(struct nlmsghdr *message, guint16 type, guint64 number, guint size) {
        const guint64 bytes = GUINT64_TO_BE(number);
        if (size)
                mnl_attr_put(message, type, size, &bytes);
}

static bool tell(int type, Object object, char *ret_name, Counter *ret) {
        char buffer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
        message->nlmsg_type = type;
        ((struct nfgenmsg *) mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg)))->nfgen_family = NFPROTO_INET;
        if (object.table)
                mnl_attr_put_strz(message, NFTA_OBJ_TABLE, object.table);
        if (object.name)
                mnl_attr_put_strz(message, NFTA_OBJ_NAME, object.name);
        mnl_attr_put_u32(message, NFTA_OBJ_TYPE, htonl(object.type));
        if (!object.no_data) {
                struct nlattr *nest = mnl_attr_nest_start(message, NFTA_OBJ_DATA);
                put_number(message, NFTA_COUNTER_BYTES, object.bytes, object.number_size);
                put_number(message, NFTA_COUNTER_PACKETS, object.packets, object.number_size);
                mnl_attr_nest_end(message, nest);
        }
        mnl_attr_put_u64(message, NFTA_OBJ_HANDLE, 7);
        const bool is = counters_parse(message, "quaywall", ret);
        g_strlcpy(ret_name, is ? ret->name : "", 64);
        return is;
}

#define NEW ((NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWOBJ)

static void test_counter(void) {
        static const Object OBJECTS[] = {
                { "quaywall", "p_web", NFT_OBJECT_COUNTER, 1, 60, 8, false },
                { "quaywall", "p_web", NFT_OBJECT_COUNTER, 0, 0, 8, false },
                { "quaywall", "p_x", NFT_OBJECT_COUNTER, G_MAXUINT64, G_MAXUINT64 - 1, 8, false },
                { "quaywall", "p_a\"b\\c\xff{ ", NFT_OBJECT_COUNTER, G_MAXINT64, 256, 8, false },
                { "quaywall", "", NFT_OBJECT_COUNTER, 2, 3, 8, false },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(OBJECTS); i++) {
                char name[64];
                Counter counter;
                g_assert_true(tell(NEW, OBJECTS[i], name, &counter));
                g_assert_cmpstr(name, ==, OBJECTS[i].name);
                g_assert_cmpuint(counter.packets, ==, OBJECTS[i].packets);
                g_assert_cmpuint(counter.bytes, ==, OBJECTS[i].bytes);
        }
}

static void test_not_one(void) {
        static const struct {
                int type;
                Object object;
        } CASES[] = {
                { NEW, { "quaywallet", "p_web", NFT_OBJECT_COUNTER, 1, 60, 8, false } },
                { NEW, { NULL, "p_web", NFT_OBJECT_COUNTER, 1, 60, 8, false } },
                { NEW, { "quaywall", NULL, NFT_OBJECT_COUNTER, 1, 60, 8, false } },
                { NEW, { "quaywall", "p_web", NFT_OBJECT_QUOTA, 1, 60, 8, false } },
                { NEW, { "quaywall", "p_web", NFT_OBJECT_COUNTER, 1, 60, 4, false } },
                { NEW, { "quaywall", "p_web", NFT_OBJECT_COUNTER, 1, 60, 0, false } },
                { NEW, { "quaywall", "p_web", NFT_OBJECT_COUNTER, 1, 60, 8, true } },
                { (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_NEWRULE, { "quaywall", "p_web", NFT_OBJECT_COUNTER, 1, 60, 8, false } },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                char name[64];
                Counter counter;
                g_assert_false(tell(CASES[i].type, CASES[i].object, name, &counter));
        }
}

/* Messages cut off anywhere, and a name without an end. */
static void test_short(void) {
        char buffer[256] __attribute__((aligned(NLMSG_ALIGNTO)));
        Counter counter;
        struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
        message->nlmsg_type = NEW;
        g_assert_false(counters_parse(message, "quaywall", &counter));
        (void) mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
        g_assert_false(counters_parse(message, "quaywall", &counter));
        mnl_attr_put_strz(message, NFTA_OBJ_TABLE, "quaywall");
        mnl_attr_put(message, NFTA_OBJ_NAME, 4, "p_we");
        mnl_attr_put_u32(message, NFTA_OBJ_TYPE, htonl(NFT_OBJECT_COUNTER));
        struct nlattr *nest = mnl_attr_nest_start(message, NFTA_OBJ_DATA);
        put_number(message, NFTA_COUNTER_BYTES, 1, 8);
        put_number(message, NFTA_COUNTER_PACKETS, 1, 8);
        mnl_attr_nest_end(message, nest);
        g_assert_false(counters_parse(message, "quaywall", &counter));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/counters/counter", test_counter);
        g_test_add_func("/counters/not-one", test_not_one);
        g_test_add_func("/counters/short", test_short);
        return g_test_run();
}
