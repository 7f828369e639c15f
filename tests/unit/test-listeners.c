/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which sockets receive which packets: real sockets, queried from this machine's kernel. */
#include "guard/listeners.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ELSEWHERE 4711 /* index of an interface that no socket is bound to */

typedef enum { TAKES_ALL, ONLY_SIX = 1 << 0, BY_LO = 1 << 1, IDLE = 1 << 2 } Kind;

static void set(int fd, int level, int option, int value) {
        g_assert_cmpint(setsockopt(fd, level, option, &value, sizeof value), ==, 0);
}

static void parse(const char *text, Family family, guint8 *ret) {
        g_assert_cmpint(inet_pton(family == FAMILY_IPV4 ? AF_INET : AF_INET6, text, ret), ==, 1);
}

/* A socket on this address, which need not be this machine's, with a free port. */
static int open_socket(int type, const char *address, Kind kind, guint16 *ret_port) {
        struct sockaddr_in four = { .sin_family = AF_INET };
        struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
        const bool is_six = strchr(address, ':');
        struct sockaddr *name = is_six ? (struct sockaddr *) &six : (struct sockaddr *) &four;
        socklen_t length = is_six ? sizeof six : sizeof four;
        const int fd = socket(name->sa_family, type | SOCK_CLOEXEC, 0);
        g_assert_cmpint(fd, >=, 0);
        parse(address, is_six ? FAMILY_IPV6 : FAMILY_IPV4, is_six ? (guint8 *) &six.sin6_addr : (guint8 *) &four.sin_addr);
        set(fd, IPPROTO_IP, IP_FREEBIND, 1);
        if (is_six)
                set(fd, IPPROTO_IPV6, IPV6_V6ONLY, (kind & ONLY_SIX) != 0);
        if (kind & BY_LO)
                g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", strlen("lo")), ==, 0);
        g_assert_cmpint(bind(fd, name, length), ==, 0);
        if (type == SOCK_STREAM && !(kind & IDLE))
                g_assert_cmpint(listen(fd, 1), ==, 0);
        g_assert_cmpint(getsockname(fd, name, &length), ==, 0);
        *ret_port = ntohs(is_six ? six.sin6_port : four.sin_port);
        return fd;
}

static Listeners find(int type, const char *to, guint16 port, unsigned interface) {
        const Family family = strchr(to, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
        guint8 source[16] = { 0 }, destination[16] = { 0 };
        parse(family == FAMILY_IPV4 ? "192.0.2.1" : "2001:db8::1", family, source);
        parse(to, family, destination);
        return listeners_find(family, type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP, source, destination, port, interface);
}

static void test_kinds(gconstpointer data) {
        static const struct {
                const char *address;
                Kind kind;
                const char *to;
                bool elsewhere, takes;
        } CASES[] = {
                { "0.0.0.0", TAKES_ALL, "192.0.2.7", false, true },
                { "0.0.0.0", TAKES_ALL, "192.0.2.7", true, true },
                { "0.0.0.0", TAKES_ALL, "2001:db8::7", false, false },
                { "192.0.2.7", TAKES_ALL, "192.0.2.7", false, true },
                { "192.0.2.7", TAKES_ALL, "192.0.2.8", false, false },
                { "0.0.0.0", BY_LO, "192.0.2.7", false, true },
                { "0.0.0.0", BY_LO, "192.0.2.7", true, false },
                { "::", TAKES_ALL, "2001:db8::7", true, true },
                /* /proc/net does not show which IPv6 sockets also receive IPv4. */
                { "::", TAKES_ALL, "192.0.2.7", false, true },
                { "::", ONLY_SIX, "2001:db8::7", false, true },
                { "::", ONLY_SIX, "192.0.2.7", false, false },
                { "2001:db8::7", TAKES_ALL, "2001:db8::7", false, true },
                { "2001:db8::7", TAKES_ALL, "2001:db8::8", false, false },
                { "2001:db8::7", TAKES_ALL, "192.0.2.7", false, false },
                { "::ffff:192.0.2.7", TAKES_ALL, "192.0.2.7", false, true },
                { "::ffff:192.0.2.7", TAKES_ALL, "192.0.2.8", false, false },
                { "::", BY_LO, "2001:db8::7", false, true },
                { "::", BY_LO, "2001:db8::7", true, false },
                { "::", BY_LO, "192.0.2.7", true, false },
        };
        const int type = GPOINTER_TO_INT(data);
        const unsigned lo = if_nametoindex("lo");
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                guint16 port;
                const int fd = open_socket(type, CASES[i].address, CASES[i].kind, &port);
                const Listeners found = find(type, CASES[i].to, port, CASES[i].elsewhere ? ELSEWHERE : lo);
                if (found != (CASES[i].takes ? LISTENERS_SOME : LISTENERS_NONE))
                        g_test_message("%s, kind %d, to %s", CASES[i].address, CASES[i].kind, CASES[i].to);
                g_assert_cmpint(found, ==, CASES[i].takes ? LISTENERS_SOME : LISTENERS_NONE);
                close(fd);
                g_assert_cmpint(find(type, CASES[i].to, port, lo), ==, LISTENERS_NONE);
        }
}

static void test_idle(void) {
        guint16 port;
        const int fd = open_socket(SOCK_STREAM, "0.0.0.0", IDLE, &port);
        g_assert_cmpint(find(SOCK_STREAM, "192.0.2.7", port, 0), ==, LISTENERS_NONE);
        g_assert_cmpint(find(SOCK_DGRAM, "192.0.2.7", port, 0), ==, LISTENERS_NONE);
        close(fd);
}

/* A UDP socket with a peer receives from no other address. */
static void test_peer(void) {
        guint16 port;
        const int fd = open_socket(SOCK_DGRAM, "127.0.0.1", TAKES_ALL, &port);
        const struct sockaddr_in peer = { .sin_family = AF_INET,
                                          .sin_port = htons(9),
                                          .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        g_assert_cmpint(find(SOCK_DGRAM, "127.0.0.1", port, 0), ==, LISTENERS_SOME);
        g_assert_cmpint(connect(fd, (const struct sockaddr *) &peer, sizeof peer), ==, 0);
        g_assert_cmpint(find(SOCK_DGRAM, "127.0.0.1", port, 0), ==, LISTENERS_NONE);
        close(fd);
}

/* The kernel reports no sockets of GRE, as one without udp_diag reports none of UDP. */
static void test_untold(void) {
        static const guint8 ADDRESS[16] = { 192, 0, 2, 7 };
        ITERATE_FAMILIES (family)
                g_assert_cmpint(listeners_find(family, IPPROTO_GRE, ADDRESS, ADDRESS, 80, 0), ==, LISTENERS_UNTOLD);
}

static int connect_to(int type, const char *protocol, guint16 port, Flow *ret) {
        struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t length = sizeof name;
        const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
        g_assert_cmpint(connect(fd, (struct sockaddr *) &name, length), ==, 0);
        g_assert_cmpint(getsockname(fd, (struct sockaddr *) &name, &length), ==, 0);
        *ret = (Flow){ .protocol = protocol, .source_port = ntohs(name.sin_port), .port = port };
        g_assert_true(address_range_parse("127.0.0.1", &ret->source, NULL));
        ret->destination = ret->source;
        return fd;
}

static bool is_waited_for(const Flow *flow) {
        g_autoptr(GArray) flows = g_array_new(FALSE, FALSE, sizeof(Flow));
        g_array_append_vals(flows, flow, 1);
        return listeners_wait_for(flows) == 1;
}

/* Accepted or not, and whatever the client does: until the connection is closed, a program may read what was sent. */
static void test_accepted(gconstpointer address) {
        guint16 port;
        Flow flow;
        const int server = open_socket(SOCK_STREAM, address, TAKES_ALL, &port);
        const int client = connect_to(SOCK_STREAM, "tcp", port, &flow);
        g_assert_true(is_waited_for(&flow));
        const int accepted = accept(server, NULL, NULL);
        g_assert_true(is_waited_for(&flow));
        g_assert_cmpint(write(client, "x", 1), ==, 1);
        close(client);
        g_assert_true(is_waited_for(&flow));
        close(accepted);
        g_assert_false(is_waited_for(&flow)); /* the listening socket is not the connection's */
        close(server);
        g_assert_false(is_waited_for(&flow));
}

static void test_datagrams(gconstpointer address) {
        guint16 port;
        Flow flow;
        char byte;
        const int server = open_socket(SOCK_DGRAM, address, TAKES_ALL, &port);
        const int client = connect_to(SOCK_DGRAM, "udp", port, &flow);
        g_assert_false(is_waited_for(&flow));
        g_assert_cmpint(write(client, "x", 1), ==, 1);
        g_assert_true(is_waited_for(&flow));
        g_assert_cmpint(read(server, &byte, 1), ==, 1);
        g_assert_false(is_waited_for(&flow));
        close(client);
        close(server);
}

/* Enters a network namespace without other sockets, if allowed. */
static void be_alone(void) {
        struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
        if (unshare(CLONE_NEWNET) < 0)
                return;
        const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        g_assert_cmpint(ioctl(fd, SIOCSIFFLAGS, &lo), ==, 0);
        close(fd);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        be_alone();
        g_test_add_data_func("/listeners/tcp", GINT_TO_POINTER(SOCK_STREAM), test_kinds);
        g_test_add_data_func("/listeners/udp", GINT_TO_POINTER(SOCK_DGRAM), test_kinds);
        g_test_add_func("/listeners/idle", test_idle);
        g_test_add_func("/listeners/peer", test_peer);
        g_test_add_func("/listeners/untold", test_untold);
        g_test_add_data_func("/listeners/accepted/ipv4", "0.0.0.0", test_accepted);
        g_test_add_data_func("/listeners/accepted/both", "::", test_accepted);
        g_test_add_data_func("/listeners/datagrams/ipv4", "0.0.0.0", test_datagrams);
        g_test_add_data_func("/listeners/datagrams/both", "::", test_datagrams);
        return g_test_run();
}
