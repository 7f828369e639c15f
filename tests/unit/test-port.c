/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/port.h"

#include <string.h>

#include "model/error.h"

static void test_good(void) {
        static const char *const CASES[][2] = {
                { "80/tcp", "80/tcp" },           { "5000-5010/udp", "5000-5010/udp" }, { "7-7/sctp", "7/sctp" },
                { "1-65535/tcp", "1-65535/tcp" }, { "65535/udp", "65535/udp" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                PortRange range;
                g_autoptr(GError) error = NULL;
                port_range_parse(CASES[i][0], &range, &error);
                g_assert_no_error(error);
                g_autofree char *text = port_range_format(&range);
                g_assert_cmpstr(text, ==, CASES[i][1]);
        }
}

static void test_bad(void) {
        static const char *const CASES[][2] = {
                { "", "needs its protocol" },       { "80", "needs its protocol" },        { "0/tcp", "from 1 to 65535" },
                { "70000/udp", "from 1 to 65535" }, { "90-80/tcp", "ends before" },        { "80/icmp", "tcp, udp or sctp" },
                { "80/TCP", "tcp, udp or sctp" },   { "80/", "tcp, udp or sctp" },         { "/tcp", "from 1 to 65535" },
                { "080/tcp", "from 1 to 65535" },   { "+80/tcp", "from 1 to 65535" },      { "80-/tcp", "from 1 to 65535" },
                { "-80/tcp", "from 1 to 65535" },   { "80-90-95/tcp", "from 1 to 65535" }, { "80/tcp/udp", "tcp, udp or sctp" },
                { "http/tcp", "from 1 to 65535" },  { "80 /tcp", "from 1 to 65535" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                PortRange range;
                g_autoptr(GError) error = NULL;
                g_assert_false(port_range_parse(CASES[i][0], &range, &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_PORT);
                if (!strstr(error->message, CASES[i][1]))
                        g_error("%s: %s", CASES[i][0], error->message);
        }
}

static void test_errors_are_utf8(void) {
        char text[400] = "x";
        for (guint i = 0; i < 150; i++)
                strcat(text, "é");
        PortRange range;
        g_autoptr(GError) error = NULL;
        g_assert_false(port_range_parse(text, &range, &error));
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void test_overlaps(void) {
        for (guint round = 0; round < 2000; round++) {
                PortRange ranges[2];
                bool used[2][10] = { 0 }, share = false;
                for (guint i = 0; i < 2; i++) {
                        guint first = g_test_rand_int_range(1, 9), last = g_test_rand_int_range(first, 9);
                        g_autofree char *text =
                                g_strdup_printf("%u-%u/%s", first, last, g_test_rand_int_range(0, 2) ? "tcp" : "udp");
                        g_assert_true(port_range_parse(text, &ranges[i], NULL));
                        for (guint port = first; port <= last; port++)
                                used[i][port] = true;
                }
                for (guint port = 0; port < 10; port++)
                        share |= used[0][port] && used[1][port];
                share &= g_str_equal(ranges[0].protocol, ranges[1].protocol);
                g_assert_cmpint(port_range_overlaps(&ranges[0], &ranges[1]), ==, share);
        }
}

/* Each set of ports of a protocol has one spelling, whatever it was built from. */
static void test_set(void) {
        static const struct {
                const char *ports, *tcp;
        } CASES[] = {
                { "", "" },
                { "80/udp", "" },
                { "80/tcp", "80-80" },
                { "443/tcp 53/udp 80/tcp", "80-80 443-443" },
                { "81/tcp 80/tcp", "80-81" },
                { "90-100/tcp 1-5/tcp 6/tcp 8/tcp", "1-6 8-8 90-100" },
                { "1-65534/tcp 65535/tcp", "1-65535" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(GArray) ports = g_array_new(FALSE, FALSE, sizeof(PortRange));
                g_auto(GStrv) words = g_strsplit(CASES[i].ports, " ", -1);
                for (char **word = words; *word && **word; word++) {
                        PortRange range;
                        g_assert_true(port_range_parse(*word, &range, NULL));
                        g_array_append_val(ports, range);
                }
                g_autoptr(GArray) set = port_set_new(ports, protocol_from_string("tcp"));
                g_autoptr(GString) text = g_string_new(NULL);
                for (guint n = 0; n < set->len; n++)
                        g_string_append_printf(text, "%s%u-%u", n ? " " : "", g_array_index(set, PortSpan, n).first,
                                               g_array_index(set, PortSpan, n).last);
                g_assert_cmpstr(text->str, ==, CASES[i].tcp);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/port/good", test_good);
        g_test_add_func("/port/bad", test_bad);
        g_test_add_func("/port/errors-are-utf8", test_errors_are_utf8);
        g_test_add_func("/port/set", test_set);
        g_test_add_func("/port/overlaps", test_overlaps);
        return g_test_run();
}
