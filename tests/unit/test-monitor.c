/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's notifications about rulesets: which tables changed, and by whom. */
#include "guard/monitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

typedef struct Notices {
        char buffer[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
        gsize length;
} Notices;

static struct nlmsghdr *start(Notices *notices, int type, int family) {
        struct nlmsghdr *message = mnl_nlmsg_put_header(notices->buffer + notices->length);
        message->nlmsg_type = (NFNL_SUBSYS_NFTABLES << 8) | type;
        struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
        header->nfgen_family = family;
        return message;
}

static void put(Notices *notices, int type, int family, const char *table) {
        struct nlmsghdr *message = start(notices, type, family);
        mnl_attr_put_strz(message, NFTA_TABLE_NAME, table);
        notices->length += message->nlmsg_len;
}

static void end(Notices *notices, guint32 pid, const char *name) {
        struct nlmsghdr *message = start(notices, NFT_MSG_NEWGEN, NFPROTO_UNSPEC);
        mnl_attr_put_u32(message, NFTA_GEN_ID, htonl(7));
        mnl_attr_put_u32(message, NFTA_GEN_PROC_PID, htonl(pid));
        mnl_attr_put_strz(message, NFTA_GEN_PROC_NAME, name);
        notices->length += message->nlmsg_len;
}

static void test_tables_and_authors(void) {
        Notices notices = { 0 };
        MonitorNews news = { 0 };
        MonitorCommit commit = { 0 };
        put(&notices, NFT_MSG_DELTABLE, NFPROTO_INET, "quaywall");
        end(&notices, 42, "nft");
        put(&notices, NFT_MSG_NEWRULE, NFPROTO_IPV4, "filter");
        end(&notices, 43, "iptables");
        monitor_parse(notices.buffer, notices.length, &commit, &news);
        g_assert_true(news.guard && news.others && !news.lost && !news.nat);
        g_assert_cmpuint(news.guard_commits, ==, 1);
        g_assert_cmpuint(news.guard_author.pid, ==, 42);
        g_assert_cmpstr(news.guard_author.name, ==, "nft");
        g_assert_cmpuint(news.others_author.pid, ==, 43);
        g_assert_cmpstr(news.others_author.name, ==, "iptables");
}

/* A table of the same name in another family is not ours; a change of our own has no author. */
static void test_not_ours(void) {
        Notices notices = { 0 };
        MonitorNews news = { 0 };
        MonitorCommit commit = { 0 };
        put(&notices, NFT_MSG_NEWTABLE, NFPROTO_IPV4, "quaywall");
        put(&notices, NFT_MSG_NEWSETELEM, NFPROTO_INET, "quaywallet");
        put(&notices, NFT_MSG_NEWRULE, NFPROTO_IPV4, "nat");
        end(&notices, 44, "nft");
        monitor_parse(notices.buffer, notices.length, &commit, &news);
        g_assert_true(!news.guard && news.others && news.nat);
        Notices backend = { 0 };
        MonitorNews docker = { 0 };
        put(&backend, NFT_MSG_NEWRULE, NFPROTO_INET, "docker-bridges");
        end(&backend, 44, "dockerd");
        monitor_parse(backend.buffer, backend.length, &commit, &docker);
        g_assert_true(docker.others && !docker.nat);
        put(&backend, NFT_MSG_NEWRULE, NFPROTO_IPV6, "docker-bridges");
        end(&backend, 44, "dockerd");
        monitor_parse(backend.buffer, backend.length, &commit, &docker);
        g_assert_true(!docker.guard && docker.others && docker.nat);
        Notices own = { 0 };
        put(&own, NFT_MSG_NEWRULE, NFPROTO_INET, "quaywall");
        end(&own, getpid(), "quaywalld");
        monitor_parse(own.buffer, own.length, &commit, &news);
        g_assert_true(news.guard);
        g_assert_cmpstr(news.guard_author.name, ==, "");
        g_assert_cmpstr(news.others_author.name, ==, "nft");
        /* as seen from inside a PID namespace */
        Notices namespaced = { 0 };
        put(&namespaced, NFT_MSG_NEWRULE, NFPROTO_INET, "quaywall");
        end(&namespaced, 123456, program_invocation_short_name);
        monitor_parse(namespaced.buffer, namespaced.length, &commit, &news);
        g_assert_cmpstr(news.guard_author.name, ==, "");
}

/* Who replaces the table in one commit, or makes it again, has not taken it away. */
static void test_gone(void) {
        static const struct {
                guint n;
                int types[3];
                const char *table;
                bool gone;
        } CASES[] = {
                { 2, { NFT_MSG_DELCHAIN, NFT_MSG_DELTABLE }, "quaywall", true },
                { 3, { NFT_MSG_DELTABLE, NFT_MSG_NEWTABLE, NFT_MSG_NEWRULE }, "quaywall", false },
                { 2, { NFT_MSG_NEWTABLE, NFT_MSG_DELTABLE }, "quaywall", true },
                { 1, { NFT_MSG_DELTABLE }, "others", false },
                { 1, { NFT_MSG_DELRULE }, "quaywall", false },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                Notices notices = { 0 };
                MonitorNews news = { 0 };
                MonitorCommit commit = { 0 };
                for (guint k = 0; k < CASES[i].n; k++)
                        put(&notices, CASES[i].types[k], NFPROTO_INET, CASES[i].table);
                end(&notices, 46, "nft");
                monitor_parse(notices.buffer, notices.length, &commit, &news);
                g_assert_cmpint(news.guard_gone, ==, CASES[i].gone);
        }
}

/* Elements count only in our table, and only if somebody else changed them. */
static void test_elements(void) {
        static const struct {
                int type;
                const char *table, *author;
                bool elements;
        } CASES[] = {
                { NFT_MSG_NEWSETELEM, "quaywall", "nft", true },        { NFT_MSG_DELSETELEM, "quaywall", "nft", true },
                { NFT_MSG_NEWSETELEM, "quaywall", "quaywalld", false }, { NFT_MSG_NEWSETELEM, "others", "nft", false },
                { NFT_MSG_NEWRULE, "quaywall", "nft", false },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                Notices notices = { 0 };
                MonitorNews news = { 0 };
                MonitorCommit commit = { 0 };
                put(&notices, CASES[i].type, NFPROTO_INET, CASES[i].table);
                end(&notices, g_str_equal(CASES[i].author, "quaywalld") ? (guint32) getpid() : 46, CASES[i].author);
                monitor_parse(notices.buffer, notices.length, &commit, &news);
                g_assert_cmpint(news.elements, ==, CASES[i].elements);
        }
}

/* The notifications of one commit may come in several buffers. */
static void test_split(void) {
        Notices first = { 0 }, second = { 0 };
        MonitorNews news = { 0 };
        MonitorCommit commit = { 0 };
        put(&first, NFT_MSG_NEWSETELEM, NFPROTO_INET, "quaywall");
        monitor_parse(first.buffer, first.length, &commit, &news);
        g_assert_cmpuint(news.guard_commits, ==, 0);
        /* Regression: counting the commit before its end made a table read in between look unchanged. */
        news = (MonitorNews){ 0 };
        end(&second, 45, "a-very-long-name-of-a-process");
        monitor_parse(second.buffer, second.length, &commit, &news);
        g_assert_true(news.guard && !news.others);
        g_assert_cmpuint(news.guard_commits, ==, 1);
        g_assert_cmpstr(news.guard_author.name, ==, "a-very-long-nam");
        /* truncated: nothing is read beyond the end */
        monitor_parse(second.buffer, second.length - 5, &commit, &news);
        monitor_parse(second.buffer, 3, &commit, &news);
        g_assert_cmpuint(news.guard_commits, ==, 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/monitor/tables-and-authors", test_tables_and_authors);
        g_test_add_func("/monitor/not-ours", test_not_ours);
        g_test_add_func("/monitor/gone", test_gone);
        g_test_add_func("/monitor/elements", test_elements);
        g_test_add_func("/monitor/split", test_split);
        return g_test_run();
}
