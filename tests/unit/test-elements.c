/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements of the guard's sets in the kernel's own language: what nft lists is what was said, and all or nothing happens. In a
 * network namespace of its own; without the right to one, only the messages are checked. */
#include "guard/elements.h"

#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#include "guard/nft.h"
#include "model/error.h"

#define T "inet quaywall"

static bool has_kernel;

static void test_malformed(void) {
        static const char *const WRONG[] = {
                "add element " T " s { }",
                "add element " T " s {}",
                "add element " T " s",
                "add element ip quaywall s { 1.2.3.4 }",
                "add rule " T " s { 1.2.3.4 }",
                "flush element " T " s { 1.2.3.4 }",
                "add element " T " s { 1.2.3.0/24 }",
                "add element " T " s { 1.2.3.4-1.2.3.9 }",
                "add element " T " s { x }",
                "add element " T " s { \"\" }",
                "add element " T " s { \"a }",
                "add element " T " s { \"0123456789abcdef\" }",
                "add element " T " s { icmp . 80 }",
                "add element " T " s { tcp . 0 }",
                "add element " T " s { tcp . 65536 }",
                "add element " T " s { 1.2.3.4 . tcp }",
                "add element " T " s { 1.2.3.4 . tcp . 80 . 81 }",
                "add element " T " s { 1.2.3.4,1.2.3.5 }",
                "add element " T " s { 1.2.3.4 } x",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(WRONG); i++) {
                g_autoptr(GByteArray) batch = elements_encode(WRONG[i]);
                if (batch)
                        g_test_message("%s", WRONG[i]);
                g_assert_null(batch);
        }
        g_autoptr(GByteArray) right = elements_encode("add element " T " s { \"0123456789abcde\", \"br-a\" }\n");
        g_assert_nonnull(right);
        g_autoptr(GError) error = NULL;
        g_assert_false(elements_run(NULL, WRONG[0], &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
}

static bool run_nft(const char *commands) {
        struct nft_ctx *nft = nft_open();
        const bool done = nft_run_cmd_from_buffer(nft, commands) == 0;
        if (!done)
                g_test_message("%s", nft_ctx_get_error_buffer(nft));
        nft_ctx_free(nft);
        return done;
}

/* How nft lists the set. Free with g_free(). */
static char *list(const char *set) {
        struct nft_ctx *nft = nft_open();
        g_autofree char *command = g_strdup_printf("list set " T " %s", set);
        g_assert_cmpint(nft_run_cmd_from_buffer(nft, command), ==, 0);
        char *text = g_strdup(nft_ctx_get_output_buffer(nft));
        nft_ctx_free(nft);
        return text;
}

static bool has_element(const char *set, const char *element) {
        g_autofree char *text = list(set);
        return strstr(text, element) != NULL;
}

static const struct {
        const char *set, *type, *one, *two;
} SETS[] = {
        { "names", "ifname", "\"docker0\"", "\"br-0123456789ab\"" },
        { "ipv4", "ipv4_addr", "172.17.0.2", "255.255.255.255" },
        { "ipv6", "ipv6_addr", "fd00::2", "2001:db8:1:2:3:4:5:6" },
        { "ports", "inet_proto . inet_service", "tcp . 8080", "sctp . 65535" },
        { "ports4", "ipv4_addr . inet_proto . inet_service", "192.168.1.99 . udp . 53", "10.1.2.3 . tcp . 1" },
        { "ports6", "ipv6_addr . inet_proto . inet_service", "fd00::99 . tcp . 443", "::1 . udp . 65535" },
};

static void begin(void) {
        g_autoptr(GString) commands = g_string_new("add table " T "\ndelete table " T "\nadd table " T "\n");
        for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++)
                g_string_append_printf(commands, "add set " T " %s { type %s; }\n", SETS[i].set, SETS[i].type);
        g_assert_true(run_nft(commands->str));
}

/* nft lists what elements_run() added as what it added itself, and each deletes what the other added. */
static void test_same_as_nft(void) {
        if (!has_kernel) {
                g_test_skip("no network namespace with nftables");
                return;
        }
        g_autoptr(MnlSocket) socket = netlink_open(NETLINK_NETFILTER);
        g_autoptr(GString) add = g_string_new(NULL), delete = g_string_new(NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++) {
                g_string_append_printf(add, "add element " T " %s { %s, %s }\n", SETS[i].set, SETS[i].one, SETS[i].two);
                g_string_append_printf(delete, "delete element " T " %s { %s }\n", SETS[i].set, SETS[i].one);
        }
        for (guint way = 0; way < 2; way++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *both[G_N_ELEMENTS(SETS)], *one[G_N_ELEMENTS(SETS)];
                begin();
                g_assert_true(run_nft(add->str));
                for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++)
                        both[i] = list(SETS[i].set);
                g_assert_true(run_nft(delete->str));
                for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++)
                        one[i] = list(SETS[i].set);
                begin();
                g_assert_true(elements_run(socket, add->str, &error));
                g_assert_no_error(error);
                for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++) {
                        g_autofree char *text = list(SETS[i].set);
                        g_assert_cmpuint(strlen(text), ==, strlen(both[i])); /* the kernel lists hashes in any order */
                        g_assert_nonnull(strstr(text, SETS[i].one));
                        g_assert_nonnull(strstr(text, SETS[i].two));
                }
                g_assert_true(way == 0 ? elements_run(socket, delete->str, &error) : run_nft(delete->str));
                g_assert_no_error(error);
                for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++) {
                        g_autofree char *text = list(SETS[i].set);
                        g_assert_cmpstr(text, ==, one[i]);
                        g_free(both[i]);
                        g_free(one[i]);
                        both[i] = one[i] = NULL;
                }
        }
}

static void refuse(MnlSocket *socket, const char *commands) {
        g_autoptr(GError) error = NULL;
        g_assert_false(elements_run(socket, commands, &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        g_clear_error(&error);
        g_assert_false(has_element("ipv4", "elements"));
        /* The socket has no answer left that a later transaction could take for its own. */
        g_assert_true(elements_run(socket, "add element " T " ipv4 { 9.9.9.9 }\n", &error));
        g_assert_true(elements_run(socket, "delete element " T " ipv4 { 9.9.9.9 }\n", &error));
        g_assert_no_error(error);
}

/* One line that the kernel refuses undoes all others. */
static void test_all_or_nothing(void) {
        if (!has_kernel) {
                g_test_skip("no network namespace with nftables");
                return;
        }
        g_autoptr(MnlSocket) socket = netlink_open(NETLINK_NETFILTER);
        begin();
        refuse(socket, "add element " T " ipv4 { 1.2.3.4 }\ndelete element " T " ipv4 { 1.2.3.5 }\n");
        refuse(socket, "add element " T " ipv4 { 1.2.3.4 }\nadd element " T " none { 1.2.3.5 }\n");
        refuse(socket, "add element " T " ipv4 { 1.2.3.4 }\nadd element " T " ipv6 { 1.2.3.5 }\n");
        refuse(socket, "add element " T " ipv4 { 1.2.3.4, fd00::1 }\n");
        refuse(socket, "add element inet other ipv4 { 1.2.3.4 }\n");
}

/* More than one message; and, if this may have it so, more than the kernel takes at once by default. */
static void test_many(void) {
        if (!has_kernel) {
                g_test_skip("no network namespace with nftables");
                return;
        }
        g_autoptr(MnlSocket) socket = netlink_open(NETLINK_NETFILTER);
        g_autoptr(GString) elements = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        const int size = 1 << 20;
        const bool may = setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0;
        const guint count = may ? 30000 : 5000;
        for (guint i = 0; i < count; i++)
                g_string_append_printf(elements, "%s10.%u.%u.1", i ? ", " : "", i / 256, i % 256);
        g_autofree char *add = g_strdup_printf("add element " T " ipv4 { %s }\n", elements->str);
        g_autofree char *delete = g_strdup_printf("delete element " T " ipv4 { %s }\n", elements->str);
        begin();
        g_assert_true(elements_run(socket, add, &error));
        g_assert_no_error(error);
        /* A list may lack elements while the kernel makes its hash table larger. */
        g_autofree char *last =
                g_strdup_printf("get element " T " ipv4 { 10.%u.%u.1 }\n", (count - 1) / 256, (count - 1) % 256);
        g_assert_true(run_nft(last));
        g_assert_true(elements_run(socket, add, &error)); /* as with nft */
        g_assert_true(elements_run(socket, delete, &error));
        g_assert_no_error(error);
        g_assert_false(has_element("ipv4", "elements"));
}

/* What guard-elements.c uses where rules change as well. */
static void test_added_by_set(void) {
        if (!has_kernel) {
                g_test_skip("no network namespace with nftables");
                return;
        }
        begin();
        for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++) {
                g_autofree char *one = g_strdup_printf("add element " T " %s { %s }\n", SETS[i].set, SETS[i].one),
                                *two = g_strdup_printf("add set " T " %s { type %s; elements = { %s }; }\n", SETS[i].set,
                                                       SETS[i].type, SETS[i].two);
                g_assert_true(run_nft(one));
                g_assert_true(run_nft(two));
                g_assert_true(has_element(SETS[i].set, SETS[i].one) && has_element(SETS[i].set, SETS[i].two));
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        has_kernel = (unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) && run_nft("add table " T "\n");
        g_test_add_func("/elements/malformed", test_malformed);
        g_test_add_func("/elements/same-as-nft", test_same_as_nft);
        g_test_add_func("/elements/all-or-nothing", test_all_or_nothing);
        g_test_add_func("/elements/many", test_many);
        g_test_add_func("/elements/added-by-set", test_added_by_set);
        return g_test_run();
}
