/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/published-port.h"

#include <string.h>

#include "model/error.h"

static PublishedPort parse(const char *text) {
        PublishedPort port;
        g_autoptr(GError) error = NULL;
        published_port_parse(text, &port, &error);
        g_assert_no_error(error);
        return port;
}

static void test_good(void) {
        static const struct {
                const char *text, *written;
                bool is_anywhere;
                Family family;
                guint16 port;
        } CASES[] = {
                { "1/tcp", "1/tcp", true, FAMILY_IPV4, 1 },
                { "65535/sctp", "65535/sctp", true, FAMILY_IPV4, 65535 },
                { "192.168.1.99:8080/tcp", "192.168.1.99:8080/tcp", false, FAMILY_IPV4, 8080 },
                { "127.0.0.1/32:53-53/udp", "127.0.0.1:53/udp", false, FAMILY_IPV4, 53 },
                { "[fd00::1]:53/udp", "[fd00::1]:53/udp", false, FAMILY_IPV6, 53 },
                { "[FD00:0::1]:53/udp", "[fd00::1]:53/udp", false, FAMILY_IPV6, 53 },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                const PublishedPort port = parse(CASES[i].text);
                g_autofree char *written = published_port_format(&port);
                g_assert_cmpstr(written, ==, CASES[i].written);
                g_assert_cmpint(port.is_anywhere, ==, CASES[i].is_anywhere);
                g_assert_cmpint(port.address.family, ==, CASES[i].family);
                g_assert_cmpuint(port.port, ==, CASES[i].port);
                g_assert_true(port.protocol == protocol_from_string(strrchr(CASES[i].text, '/') + 1));
        }
}

static void test_bad(void) {
        static const struct {
                const char *text;
                QuaywallError code;
                const char *why;
        } CASES[] = {
                { "", QUAYWALL_ERROR_INVALID_PORT, "needs its protocol" },
                { "8080", QUAYWALL_ERROR_INVALID_PORT, "needs its protocol" },
                { "0/tcp", QUAYWALL_ERROR_INVALID_PORT, "from 1 to 65535" },
                { "65536/tcp", QUAYWALL_ERROR_INVALID_PORT, "from 1 to 65535" },
                { "192.168.1.99:0/tcp", QUAYWALL_ERROR_INVALID_PORT, "from 1 to 65535" },
                { "[fd00::1]:65536/tcp", QUAYWALL_ERROR_INVALID_PORT, "from 1 to 65535" },
                { "80/icmp", QUAYWALL_ERROR_INVALID_PORT, "tcp, udp or sctp" },
                { "192.168.1.99:80/TCP", QUAYWALL_ERROR_INVALID_PORT, "tcp, udp or sctp" },
                { "80-81/tcp", QUAYWALL_ERROR_INVALID_PORT, "is one port" },
                { "tcp . 80", QUAYWALL_ERROR_INVALID_PORT, "needs its protocol" },
                { "[192.168.1.99]:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "in brackets" },
                { "fd00::1:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "in brackets" },
                { "192.168.1.0/24:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "one address" },
                { "0.0.0.0/0:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "one address" },
                { "[fd00::1-fd00::2]:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "one address" },
                { "localhost:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "localhost" },
                { ":80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "" },
                { "[]:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "" },
                { "[:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "" },
                { "]:80/tcp", QUAYWALL_ERROR_INVALID_ADDRESS, "" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                PublishedPort port;
                g_autoptr(GError) error = NULL;
                g_assert_false(published_port_parse(CASES[i].text, &port, &error));
                g_assert_error(error, QUAYWALL_ERROR, (gint) CASES[i].code);
                if (!strstr(error->message, CASES[i].why))
                        g_error("%s: %s", CASES[i].text, error->message);
        }
}

/* All addresses of either family mean all of the host's; otherwise the family matters, even if the bytes are equal. */
static void test_equal(void) {
        const AddressRange all[] = { address_everybody(FAMILY_IPV4), address_everybody(FAMILY_IPV6) };
        const PublishedPort ports[] = { published_port_at(&all[FAMILY_IPV4], "tcp", 80),
                                        parse("80/udp"),
                                        parse("81/tcp"),
                                        parse("10.0.0.1:80/tcp"),
                                        parse("[a00:1::]:80/tcp"),
                                        parse("10.0.0.2:80/tcp"),
                                        parse("0.0.0.0:80/tcp"),
                                        parse("[::]:80/tcp") };
        const PublishedPort ipv6 = published_port_at(&all[FAMILY_IPV6], "tcp", 80);
        g_assert_true(published_port_equal(&ports[0], &ipv6));
        g_assert_cmpuint(published_port_hash(&ports[0]), ==, published_port_hash(&ipv6));
        for (gsize i = 0; i < G_N_ELEMENTS(ports); i++)
                for (gsize j = 0; j < G_N_ELEMENTS(ports); j++) {
                        const int order = published_port_compare(&ports[i], &ports[j]);
                        g_assert_cmpint(published_port_equal(&ports[i], &ports[j]), ==, i == j);
                        g_assert_cmpint(order == 0, ==, i == j);
                        g_assert_cmpint(order > 0, ==, published_port_compare(&ports[j], &ports[i]) < 0);
                }
}

/* An IPv4 address has four bytes; those behind them do not matter. */
static void test_spare_bytes(void) {
        PublishedPort port = parse("10.0.0.1:80/tcp");
        AddressRange spoiled = port.address;
        memset(spoiled.first + 4, 0xff, sizeof spoiled.first - 4);
        memcpy(spoiled.last, spoiled.first, sizeof spoiled.last);
        const PublishedPort same = published_port_at(&spoiled, "tcp", 80);
        g_assert_true(published_port_equal(&port, &same));
        g_assert_cmpuint(published_port_hash(&port), ==, published_port_hash(&same));
}

static GArray *list_new(const char *const *texts) {
        GArray *ports = g_array_new(FALSE, FALSE, sizeof(PublishedPort));
        for (; *texts; texts++) {
                const PublishedPort port = parse(*texts);
                g_array_append_val(ports, port);
        }
        published_ports_normalize(ports);
        return ports;
}

/* Order and duplicates do not matter. */
static void test_normalize(void) {
        const char *const texts[] = { "[fd00::1]:53/udp", "80/tcp", "10.0.0.1:53/udp", "80/tcp", "9/tcp", "80/tcp", NULL },
                          *const same[] = { "9/tcp", "80/tcp", "10.0.0.1:53/udp", "[fd00::1]:53/udp", NULL },
                          *const fewer[] = { "9/tcp", "80/tcp", "10.0.0.1:53/udp", NULL },
                          *const others[] = { "9/tcp", "80/tcp", "10.0.0.1:53/udp", "[fd00::2]:53/udp", NULL },
                          *const none[] = { NULL };
        g_autoptr(GArray) a = list_new(texts), b = list_new(same), c = list_new(fewer), d = list_new(others),
                          e = list_new(none);
        g_assert_cmpuint(a->len, ==, G_N_ELEMENTS(same) - 1);
        for (guint i = 0; i < a->len; i++) {
                g_autofree char *text = published_port_format(&g_array_index(a, PublishedPort, i));
                g_assert_cmpstr(text, ==, same[i]);
        }
        g_assert_true(published_ports_equal(a, b));
        g_assert_false(published_ports_equal(a, c));
        g_assert_false(published_ports_equal(a, d));
        g_assert_cmpuint(e->len, ==, 0);
        g_assert_true(published_ports_equal(e, e));
}

static void test_index(void) {
        const char *const texts[] = { "80/tcp", "10.0.0.1:53/udp", "[fd00::1]:54/udp", NULL };
        static const struct {
                const char *address, *protocol;
                guint16 port;
                bool is;
        } CASES[] = {
                { "10.0.0.1", "tcp", 80, true },  { "10.0.0.2", "tcp", 80, true },  { "fd00::9", "tcp", 80, true },
                { "10.0.0.1", "udp", 80, false }, { "10.0.0.1", "tcp", 81, false }, { "10.0.0.1", "udp", 53, true },
                { "10.0.0.2", "udp", 53, false }, { "fd00::1", "udp", 53, false },  { "fd00::1", "udp", 54, true },
                { "fd00::2", "udp", 54, false },  { "10.0.0.1", "tcp", 53, false },
        };
        g_autoptr(GArray) ports = list_new(texts);
        g_autoptr(GHashTable) index = published_ports_index(ports);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                AddressRange address;
                g_assert_true(address_range_parse(CASES[i].address, &address, NULL));
                if (published_ports_include(index, &address, CASES[i].protocol, CASES[i].port) != CASES[i].is)
                        g_error("%s %u/%s", CASES[i].address, CASES[i].port, CASES[i].protocol);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/published-port/good", test_good);
        g_test_add_func("/published-port/bad", test_bad);
        g_test_add_func("/published-port/equal", test_equal);
        g_test_add_func("/published-port/spare-bytes", test_spare_bytes);
        g_test_add_func("/published-port/normalize", test_normalize);
        g_test_add_func("/published-port/index", test_index);
        return g_test_run();
}
