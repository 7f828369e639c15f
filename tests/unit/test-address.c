/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "model/error.h"

static AddressRange parse(const char *text) {
        AddressRange range;
        g_autoptr(GError) error = NULL;
        address_range_parse(text, &range, &error);
        g_assert_no_error(error);
        return range;
}

static void test_good(void) {
        static const char *const CASES[][2] = {
                { "192.168.1.1", "192.168.1.1" },
                { "192.168.1.1/32", "192.168.1.1" },
                { "192.168.1.0/24", "192.168.1.0/24" },
                { "192.168.1.1-192.168.1.3", "192.168.1.1-192.168.1.3" },
                { "192.168.1.0-192.168.1.255", "192.168.1.0/24" },
                { "10.0.0.1-10.0.0.1", "10.0.0.1" },
                { "0.0.0.0/0", "0.0.0.0/0" },
                { "255.255.255.255", "255.255.255.255" },
                { "::/0", "::/0" },
                { "::1", "::1" },
                { "FD00:0::1/128", "fd00::1" },
                { "fd00::/8", "fd00::/8" },
                { "fd00::1-fd00::ffff", "fd00::1-fd00::ffff" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                AddressRange range = parse(CASES[i][0]), again;
                g_autofree char *text = address_range_format(&range);
                g_assert_cmpstr(text, ==, CASES[i][1]);
                again = parse(text);
                g_assert_cmpmem(&range, sizeof range, &again, sizeof again);
                g_assert_cmpint(address_range_is_everybody(&range), ==, g_str_has_suffix(text, "/0"));
        }
}

/* As inet_ntop() does: every place and length of zeroes, and digits of every length. */
static void test_format(void) {
        for (guint i = 0; i < 200000; i++) {
                AddressRange range = { .family = i % 8 ? FAMILY_IPV6 : FAMILY_IPV4 };
                char expected[INET6_ADDRSTRLEN];
                for (guint b = 0; b < (range.family == FAMILY_IPV4 ? 4 : 16); b++)
                        range.first[b] =
                                i / 8 % 256 & 1 << b / 2 ? (guint8) (g_test_rand_int() >> g_test_rand_int_range(0, 9)) : 0;
                memcpy(range.last, range.first, sizeof range.last);
                g_assert_nonnull(inet_ntop(family_to_af(range.family), range.first, expected, sizeof expected));
                g_autofree char *text = address_range_format(&range);
                g_assert_cmpstr(text, ==, expected);
        }
}

static void test_networks(void) {
        static const char *const CASES[][2] = { { "192.168.5.1/24", "192.168.5.0/24" }, { "192.168.5.0/24", "192.168.5.0/24" },
                                                { "fd00::1/64", "fd00::/64" },          { "10.1.2.3/0", "0.0.0.0/0" },
                                                { "10.1.2.3/32", "10.1.2.3" },          { "10.1.2.3", "10.1.2.3" } };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                AddressRange range;
                g_assert_true(address_network_parse(CASES[i][0], &range));
                const AddressRange right = parse(CASES[i][1]);
                g_assert_cmpmem(&range, sizeof range, &right, sizeof right);
        }
        static const char *const BAD[] = { "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.1-10.0.0.2", "x/8", "::ffff:1.2.3.4/128" };
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                AddressRange range;
                g_assert_false(address_network_parse(BAD[i], &range));
        }
}

/* Each error names the value and what would be right. */
static void test_bad(void) {
        static const char *const CASES[][2] = {
                { "", "for example" },
                { "192.168.1.300", "is not an IP address" },
                { "192.168.1", "is not an IP address" },
                { "192.168.01.1", "is not an IP address" },
                { "example.org", "is not an IP address" },
                { "10.0.0.1/33", "from 0 to 32" },
                { "10.0.0.0/-1", "from 0 to 32" },
                { "10.0.0.0/+8", "from 0 to 32" },
                { "10.0.0.0/08", "from 0 to 32" },
                { "10.0.0.0/", "from 0 to 32" },
                { "10.0.0.0/255.0.0.0", "from 0 to 32" },
                { "10.0.0.0/8 ", "from 0 to 32" },
                { "fd00::/129", "from 0 to 128" },
                { "10.0.0.1/24", "write \"10.0.0.0/24\"" },
                { "fd00::1/64", "write \"fd00::/64\"" },
                { "10.0.0.9-10.0.0.1", "write \"10.0.0.1-10.0.0.9\"" },
                { "10.0.0.1-fd00::1", "must be IPv4 or both IPv6" },
                { "10.0.0.1-10.0.0.2-10.0.0.3", "is not an IP address" },
                { "10.0.0.0/24-10.0.1.0/24", "from 0 to 32" },
                { "::ffff:10.0.0.1", "write \"10.0.0.1\"" },
                { "fe80::1%eth0", "is not an IP address" },
                { "!10.0.0.1", "is not an IP address" },
                { " 10.0.0.1", "is not an IP address" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                AddressRange range;
                g_autoptr(GError) error = NULL;
                g_assert_false(address_range_parse(CASES[i][0], &range, &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS);
                if (!strstr(error->message, CASES[i][1]))
                        g_error("%s: %s", CASES[i][0], error->message);
        }
}

/* Errors are sent over D-Bus, and bytes that are not UTF-8 would end the connection. */
static void test_errors_are_utf8(void) {
        GString *tail = g_string_new(NULL);
        for (guint i = 0; i < 100; i++)
                g_string_append(tail, "é");
        static const char *const HEADS[] = { "", "x", "10.0.0.0/", "10.0.0.0/x", "10.0.0.1-", "10.0.0.1-x", "fd00::/" };
        for (gsize i = 0; i < G_N_ELEMENTS(HEADS); i++) {
                g_autofree char *text = g_strconcat(HEADS[i], tail->str, NULL);
                g_autoptr(GError) error = NULL;
                AddressRange range;
                g_assert_false(address_range_parse(text, &range, &error));
                g_assert_true(g_utf8_validate(error->message, -1, NULL));
                g_assert_cmpint(strlen(error->message), <, 500);
        }
        g_string_free(tail, TRUE);
}

/* --- compared with brute force over the last 64 addresses of a network, in both families -------------------------- */

#define SPAN 64

static AddressRange small_range(Family family, guint first, guint last) {
        g_autofree char *text = family == FAMILY_IPV4 ?
                                        g_strdup_printf("255.255.255.%u-255.255.255.%u", 192 + first, 192 + last) :
                                        g_strdup_printf("ffff::ff%02x-ffff::ff%02x", 192 + first, 192 + last);
        return parse(text);
}

static guint64 bits_of(const AddressRange *range) {
        guint last_byte = range->family == FAMILY_IPV4 ? 3 : 15;
        guint64 bits = 0;
        for (guint i = range->first[last_byte]; i <= range->last[last_byte]; i++)
                bits |= (guint64) 1 << (i - 192);
        return bits;
}

static guint ranges_needed(guint64 bits) {
        guint n = 0;
        for (guint i = 0; i < SPAN; i++)
                n += (bits >> i & 1) && (i == 0 || !(bits >> (i - 1) & 1));
        return n;
}

/* The fewest aligned blocks that cover the bits. */
static guint prefixes_needed(guint64 bits, guint width) {
        const guint64 all = width == 64 ? ~(guint64) 0 : ((guint64) 1 << width) - 1;
        if ((bits & all) == 0)
                return 0;
        if ((bits & all) == all)
                return 1;
        return prefixes_needed(bits, width / 2) + prefixes_needed(bits >> width / 2, width / 2);
}

static GArray *list_of(const char *text) {
        g_auto(GStrv) words = g_strsplit(text, ",", -1);
        GArray *ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (char **word = words; *word && **word; word++) {
                const AddressRange range = parse(*word);
                g_array_append_val(ranges, range);
        }
        return ranges;
}

static char *list_text(GArray *ranges) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < ranges->len; i++) {
                g_autofree char *range = address_range_format(&g_array_index(ranges, AddressRange, i));
                g_string_append_printf(text, "%s%s", i ? "," : "", range);
        }
        return g_string_free(text, FALSE);
}

/* Merged, no two share an address, all addresses are there and no others, and those that shared none are as they were. */
static void check_merge(GArray *ranges) {
        g_autoptr(GArray) merged = g_array_copy(ranges);
        guint64 before = 0, after = 0;
        guint alone = 0, kept = 0;
        g_assert_cmpint(address_ranges_merge(merged), ==, ranges->len - merged->len);
        for (guint i = 0; i < merged->len; i++) {
                const guint64 bits = bits_of(&g_array_index(merged, AddressRange, i));
                g_assert_cmphex(after & bits, ==, 0);
                after |= bits;
        }
        for (guint i = 0; i < ranges->len; i++) {
                const AddressRange *range = &g_array_index(ranges, AddressRange, i);
                bool shares = false;
                for (guint k = 0; k < ranges->len; k++)
                        shares |= k != i && (bits_of(range) & bits_of(&g_array_index(ranges, AddressRange, k)));
                before |= bits_of(range);
                if (shares)
                        continue;
                alone++;
                while (kept < merged->len && memcmp(range, &g_array_index(merged, AddressRange, kept), sizeof *range) != 0)
                        kept++;
                g_assert_cmpint(kept, <, merged->len);
        }
        g_assert_cmphex(before, ==, after);
        g_assert_cmpint(alone, <=, merged->len);
}

static void test_merge(void) {
        static const char *const CASES[][2] = {
                { "", "" },
                { "10.0.0.1", "10.0.0.1" },
                { "10.0.0.2,10.0.0.1", "10.0.0.2,10.0.0.1" },
                { "10.0.0.1,10.0.0.2,10.0.0.1", "10.0.0.1,10.0.0.2" },
                { "10.1.0.0/16,9.0.0.1,10.0.0.0/8,fd00::1", "10.0.0.0/8,9.0.0.1,fd00::1" },
                { "10.0.0.5-10.0.0.9,10.0.0.1-10.0.0.5,10.0.0.9-10.0.0.12", "10.0.0.1-10.0.0.12" },
                { "9.0.0.1,10.0.0.0/25,10.0.0.127-10.0.0.255,9.0.0.1", "9.0.0.1,10.0.0.0/24" },
                { "0.0.0.0/0,::/0,::1,1.1.1.1", "0.0.0.0/0,::/0" },
                { "::1,0.0.0.1,::1", "::1,0.0.0.1" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(GArray) ranges = list_of(CASES[i][0]), expected = list_of(CASES[i][1]);
                const guint gone = ranges->len - expected->len;
                g_assert_cmpint(address_ranges_merge(ranges), ==, gone);
                g_autofree char *text = list_text(ranges);
                g_assert_cmpstr(text, ==, CASES[i][1]);
        }
}

static void test_sets(void) {
        for (guint round = 0; round < 3000; round++) {
                const Family family = round % 2;
                g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
                guint64 bits = 0;
                for (guint i = 0, n = g_test_rand_int_range(0, 7); i < n; i++) {
                        guint first = g_test_rand_int_range(0, SPAN), length = g_test_rand_int_range(0, 20);
                        AddressRange range = small_range(family, first, MIN(SPAN - 1, first + length));
                        bits |= bits_of(&range);
                        g_array_append_val(ranges, range);
                }
                check_merge(ranges);

                g_autoptr(GArray) other = address_set_new(ranges, !family);
                g_assert_cmpint(other->len, ==, 0);
                g_autoptr(GArray) set = address_set_new(ranges, family);
                guint64 in_set = 0;
                for (guint i = 0; i < set->len; i++)
                        in_set |= bits_of(&g_array_index(set, AddressRange, i));
                g_assert_cmphex(in_set, ==, bits);
                g_assert_cmpint(set->len, ==, ranges_needed(bits));

                g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(set);
                guint64 in_prefixes = 0;
                for (guint i = 0; i < prefixes->len; i++) {
                        AddressRange range = parse(prefixes->pdata[i]);
                        g_assert_null(strchr(prefixes->pdata[i], '-'));
                        g_assert_cmphex(in_prefixes & bits_of(&range), ==, 0);
                        in_prefixes |= bits_of(&range);
                }
                g_assert_cmphex(in_prefixes, ==, bits);
                g_assert_cmpint(prefixes->len, ==, prefixes_needed(bits, SPAN));
        }
}

static void test_extremes(void) {
        static const char *const CASES[][3] = {
                { "0.0.0.0-127.255.255.255", "128.0.0.0/1", "0.0.0.0/0" },
                { "::/1", "8000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0" },
                { "255.255.255.255", "255.255.255.254", "255.255.255.254/31" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                AddressRange both[] = { parse(CASES[i][0]), parse(CASES[i][1]) };
                g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
                g_array_append_vals(ranges, both, 2);
                g_autoptr(GArray) set = address_set_new(ranges, both[0].family);
                g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(set);
                g_assert_cmpint(prefixes->len, ==, 1);
                g_assert_cmpstr(prefixes->pdata[0], ==, CASES[i][2]);
        }
        AddressRange worst = parse("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe");
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        g_array_append_val(ranges, worst);
        g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(ranges);
        g_assert_cmpint(prefixes->len, ==, 254);
}

static GArray *set_of(const char *text, Family family) {
        g_autoptr(GArray) ranges = list_of(text);
        return address_set_new(ranges, family);
}

static void test_subtract(void) {
        static const struct {
                const char *a, *b, *rest;
        } CASES[] = {
                { "10.0.0.0/8", "", "10.0.0.0/8" },
                { "10.0.0.0/8", "10.0.0.0/8", "" },
                { "", "10.0.0.1", "" },
                { "10.0.0.0/8", "0.0.0.0/0", "" },
                { "0.0.0.0/0", "0.0.0.0,255.255.255.255", "0.0.0.1-255.255.255.254" },
                { "10.0.0.0/30", "10.0.0.1", "10.0.0.0,10.0.0.2/31" },
                { "10.0.0.0/24,10.0.2.0/24", "10.0.0.128-10.0.2.127", "10.0.0.0/25,10.0.2.128/25" },
                { "10.0.0.1-10.0.0.9", "10.0.0.0-10.0.0.1,10.0.0.3,10.0.0.5-10.0.0.6,10.0.0.9-10.0.1.0",
                  "10.0.0.2,10.0.0.4,10.0.0.7-10.0.0.8" },
                { "10.0.0.1,10.0.0.3,10.0.0.5", "10.0.0.3", "10.0.0.1,10.0.0.5" },
                { "fd00::/64", "fd00::-fd00::ffff", "fd00::1:0-fd00::ffff:ffff:ffff:ffff" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                const Family family = strchr(CASES[i].a, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
                g_autoptr(GArray) a = set_of(CASES[i].a, family), b = set_of(CASES[i].b, family),
                                  rest = address_set_subtract(a, b);
                g_autofree char *text = list_text(rest);
                g_assert_cmpstr(text, ==, CASES[i].rest);
        }
}

static void test_families(void) {
        Family family;
        g_assert_true(family_from_string("ipv6", &family));
        g_assert_cmpint(family, ==, FAMILY_IPV6);
        g_assert_cmpstr(family_to_string(FAMILY_IPV4), ==, "ipv4");
        g_assert_false(family_from_string("eb", &family));
        AddressRange v4 = parse("0.0.0.0/0"), v6 = parse("::/0");
        g_assert_false(address_range_overlaps(&v4, &v6));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/address/good", test_good);
        g_test_add_func("/address/format", test_format);
        g_test_add_func("/address/networks", test_networks);
        g_test_add_func("/address/bad", test_bad);
        g_test_add_func("/address/errors-are-utf8", test_errors_are_utf8);
        g_test_add_func("/address/merge", test_merge);
        g_test_add_func("/address/sets", test_sets);
        g_test_add_func("/address/extremes", test_extremes);
        g_test_add_func("/address/subtract", test_subtract);
        g_test_add_func("/address/families", test_families);
        return g_test_run();
}
