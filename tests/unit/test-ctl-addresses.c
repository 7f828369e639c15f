/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of addresses in files: what is read, joined, and refused with its line. */
#include "ctl/import/address-list.h"

#include <string.h>

#include "ctl/import/refuse.h"

static AddressList *read_bytes(const char *text, gsize length, GError **error) {
        return address_list_new(text, length, "list", error);
}

static char *join(const char *text) {
        g_autoptr(GError) error = NULL;
        g_autoptr(AddressList) list = read_bytes(text, strlen(text), &error);

        g_assert_no_error(error);
        return g_strjoinv(" ", list->addresses);
}

static void test_lists(void) {
        static const char *const CASES[][2] = {
                { "10.0.0.1", "10.0.0.1" },
                { "# office\n\n  10.0.0.9\t# Bob's\r\n10.0.0.1\r\n#10.0.0.2\n   \n", "10.0.0.9 10.0.0.1" },
                { "\xef\xbb\xbf"
                  "fd01::1\n",
                  "fd01::1" },
                { "fd00::/64\n10.0.0.0/8\n192.168.1.1-192.168.1.3\n", "fd00::/64 10.0.0.0/8 192.168.1.1-192.168.1.3" },
                /* as other programs write them; joined, too */
                { "FD00::A\n10.0.0.0/255.0.0.0\n10.1.0.0/016\n", "10.0.0.0/8 fd00::a" },
                /* repeated, overlapping, next to each other: then all are sorted */
                { "10.0.0.1\n10.0.0.1\n", "10.0.0.1" },
                { "10.0.0.1\n9.0.0.1\n10.0.0.2\n", "9.0.0.1 10.0.0.1-10.0.0.2" },
                { "10.0.0.2\n10.0.0.3\n", "10.0.0.2/31" },
                { "10.0.0.128/25\nfd00::1\n10.0.0.0/25\n10.0.0.7\n", "10.0.0.0/24 fd00::1" },
                { "0.0.0.0/1\n128.0.0.0/1\n::/1\n8000::/1\n", "0.0.0.0/0 ::/0" },
                { "255.255.255.255\n::\n0.0.0.0\n", "255.255.255.255 :: 0.0.0.0" },
                { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n::1\n", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::1" },
                { "10.0.0.1-10.0.0.5\n10.0.0.5-10.0.0.9\n10.0.0.2\n", "10.0.0.1-10.0.0.9" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *list = join(CASES[i][0]);

                g_assert_cmpstr(list, ==, CASES[i][1]);
        }
}

/* The whole list is refused, with the line of the first word that is wrong. */
static void test_bad(void) {
        static const char *const CASES[][2] = {
                { "", "list: there is no address in it" },
                { "# nothing\n\n", "list: there is no address in it" },
                { "10.0.0.1\n\n10.0.0.300\n", "list:3: '10.0.0.300' is not an address" },
                { "example.org", "list:1: 'example.org' is not an address; names of hosts are not taken" },
                { "10.0.0.1 10.0.0.2", "list:1: '10.0.0.1 10.0.0.2' is not an address" },
                { "10.0.0.1,10.0.0.2", "list:1: '10.0.0.1,10.0.0.2' is not an address" },
                { "\n10.0.0.7/24", "list:2: '10.0.0.7/24' has bits set after its prefix; write '10.0.0.0/24' or '10.0.0.7'" },
                { "fd00::1/64", "list:1: 'fd00::1/64' has bits set after its prefix" },
                { "10.0.0.0/33", "list:1: '10.0.0.0/33' has a mask that is not a prefix" },
                { "10.0.0.9-10.0.0.1", "list:1: '10.0.0.9-10.0.0.1' is a range that ends before it begins" },
                { "10.0.0.1-fd00::1", "list:1: '10.0.0.1-fd00::1' is not a range" },
                { "::ffff:10.0.0.1", "list:1: '::ffff:10.0.0.1' is an IPv4 address in IPv6 clothes" },
                { "::ffff:10.0.0.0/112", "list:1: '::ffff:10.0.0.0/112' is an IPv4 address in IPv6 clothes" },
                { "@other", "list:1: '@other' is not an address" },
                { "group:office", "list:1: 'group:office' is not an address" },
                { "10.0.0.1\n\xff\xfe", "list:2: is not text" },
                { "\x7f"
                  "ELF\x02\x01",
                  "list:1: " },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(GError) error = NULL;

                g_assert_null(read_bytes(CASES[i][0], strlen(CASES[i][0]), &error));
                g_assert_error(error, IMPORT_ERROR, IMPORT_ERROR_REFUSED);
                if (!g_str_has_prefix(error->message, CASES[i][1]))
                        g_error("\"%s\" is not how this begins: %s", CASES[i][1], error->message);
        }

        g_autoptr(GError) zero = NULL, wide = NULL;
        g_assert_null(read_bytes("1.1.1.1\n2.2.2.2\n\0\n", 18, &zero));
        g_assert_cmpstr(zero->message, ==, "list:3: is not text");
        g_autofree char *one_line = g_strnfill(1 << 20, 'a');
        g_assert_null(read_bytes(one_line, 1 << 20, &wide));
        g_assert_cmpuint(strlen(wide->message), <, 200);
}

/* The largest list that a policy takes: no two of its addresses touch. */
static void test_many(void) {
        g_autoptr(GString) text = g_string_new(NULL);
        g_autoptr(GError) error = NULL;

        for (guint i = 0; i < 65536; i++)
                g_string_append_printf(text, "10.%u.%u.%u # host %u\n", i >> 15, i >> 7 & 255, (i & 127) * 2, i);
        const gint64 begin = g_get_monotonic_time();
        g_autoptr(AddressList) list = read_bytes(text->str, text->len, &error);
        const double seconds = (double) (g_get_monotonic_time() - begin) / G_USEC_PER_SEC;

        g_assert_no_error(error);
        g_test_minimized_result(seconds, "read in %.3f s", seconds);
        g_assert_cmpuint(list->given, ==, 65536);
        g_assert_cmpuint(g_strv_length(list->addresses), ==, 65536);

        /* All of one network, twice and in the wrong order. */
        g_string_truncate(text, 0);
        for (guint i = 65536; i-- > 0;)
                g_string_append_printf(text, "10.0.%u.%u\n10.0.%u.%u\n", i >> 8, i & 255, (65535 - i) >> 8, (65535 - i) & 255);
        g_autofree char *network = join(text->str);
        g_assert_cmpstr(network, ==, "10.0.0.0/16");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl-addresses/lists", test_lists);
        g_test_add_func("/ctl-addresses/bad", test_bad);
        g_test_add_func("/ctl-addresses/many", test_many);
        return g_test_run();
}
