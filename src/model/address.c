/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

#include <glib/gi18n.h>

#include "error.h"

static const char *const FAMILIES[] = { [FAMILY_IPV4] = "ipv4", [FAMILY_IPV6] = "ipv6" };

static unsigned family_bytes(Family family) {
        return family == FAMILY_IPV4 ? 4 : 16;
}

int family_to_af(Family family) {
        return family == FAMILY_IPV4 ? AF_INET : AF_INET6;
}

const char *family_to_string(Family family) {
        return FAMILIES[family];
}

bool family_from_string(const char *text, Family *ret) {
        for (Family f = 0; f < _FAMILY_MAX; f++)
                if (g_str_equal(text, FAMILIES[f])) {
                        *ret = f;
                        return true;
                }
        return false;
}

static bool get_bit(const guint8 *bytes, unsigned bit) {
        return bytes[bit / 8] & (0x80 >> bit % 8);
}

static void set_bit(guint8 *bytes, unsigned bit, bool value) {
        if (value)
                bytes[bit / 8] |= 0x80 >> bit % 8;
        else
                bytes[bit / 8] &= ~(0x80 >> bit % 8);
}

/* Adds one; false if it wrapped around to zero. */
static bool increment(guint8 *bytes, unsigned n) {
        while (n-- > 0)
                if (++bytes[n])
                        return true;
        return false;
}

static char *format_address(Family family, const guint8 *bytes) {
        char buffer[INET6_ADDRSTRLEN];
        return g_strdup(inet_ntop(family_to_af(family), bytes, buffer, sizeof buffer));
}

static bool parse_address(const char *text, Family *ret_family, guint8 *ret, GError **error) {
        memset(ret, 0, 16);
        if (inet_pton(AF_INET, text, ret) == 1) {
                *ret_family = FAMILY_IPV4;
                return true;
        }
        struct in6_addr v6;
        if (inet_pton(AF_INET6, text, &v6) == 1) {
                if (IN6_IS_ADDR_V4MAPPED(&v6)) {
                        g_autofree char *v4 = format_address(FAMILY_IPV4, v6.s6_addr + 12);
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                                    _("\"%s\" is an IPv4 address in IPv6 clothes; write \"%s\""), text, v4);
                        return false;
                }
                memcpy(ret, &v6, 16);
                *ret_family = FAMILY_IPV6;
                return true;
        }
        g_autofree char *seen = quaywall_error_show(text);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                    _("\"%s\" is not an IP address; write for example \"192.168.1.1\", \"192.168.1.0/24\", "
                      "\"192.168.1.1-192.168.1.3\" or \"fd00::/64\""),
                    seen);
        return false;
}

/* strict: bits behind the prefix length must be zero. */
static bool parse_prefix(const char *text, const char *slash, bool strict, AddressRange *ret, GError **error) {
        g_autofree char *address = g_strndup(text, slash - text);
        if (!parse_address(address, &ret->family, ret->first, error))
                return false;

        unsigned bits = family_bytes(ret->family) * 8;
        guint64 length;
        const char *digits = slash + 1;
        if ((digits[0] == '0' && digits[1]) || !g_ascii_string_to_unsigned(digits, 10, 0, bits, &length, NULL)) {
                g_autofree char *seen = quaywall_error_show(text);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("\"%s\": the prefix length must be a number from 0 to %u"), seen, bits);
                return false;
        }
        memcpy(ret->last, ret->first, 16);
        bool host_bits = false;
        for (unsigned bit = length; bit < bits; bit++) {
                host_bits |= get_bit(ret->first, bit);
                set_bit(ret->first, bit, false);
                set_bit(ret->last, bit, true);
        }
        if (host_bits && strict) {
                g_autofree char *network = format_address(ret->family, ret->first);
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                        _("\"%s\" has bits set after its prefix; write \"%s/%u\" for the network or \"%s\" for the address"),
                        text, network, (unsigned) length, address);
                return false;
        }
        return true;
}

static bool parse_range(const char *text, const char *dash, AddressRange *ret, GError **error) {
        g_autofree char *first = g_strndup(text, dash - text);
        Family last_family;
        if (!parse_address(first, &ret->family, ret->first, error) || !parse_address(dash + 1, &last_family, ret->last, error))
                return false;
        if (ret->family != last_family) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("\"%s\": both ends of a range must be IPv4 or both IPv6"), text);
                return false;
        }
        if (memcmp(ret->first, ret->last, 16) > 0) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("\"%s\": the range ends before it begins; write \"%s-%s\""), text, dash + 1, first);
                return false;
        }
        return true;
}

bool address_range_parse(const char *text, AddressRange *ret, GError **error) {
        const char *mark;
        memset(ret, 0, sizeof *ret);
        if ((mark = strchr(text, '/')))
                return parse_prefix(text, mark, true, ret, error);
        if ((mark = strchr(text, '-')) && mark > text)
                return parse_range(text, mark, ret, error);
        if (!parse_address(text, &ret->family, ret->first, error))
                return false;
        memcpy(ret->last, ret->first, 16);
        return true;
}

bool address_network_parse(const char *text, AddressRange *ret) {
        const char *slash = strchr(text, '/');
        memset(ret, 0, sizeof *ret);
        if (slash)
                return parse_prefix(text, slash, false, ret, NULL);
        if (!parse_address(text, &ret->family, ret->first, NULL))
                return false;
        memcpy(ret->last, ret->first, 16);
        return true;
}

/* The length of the prefix that equals this range, or -1. */
static int range_prefix_length(const AddressRange *range) {
        unsigned bits = family_bytes(range->family) * 8, length = 0;
        if (memcmp(range->first, range->last, family_bytes(range->family)) == 0)
                return bits;
        while (length < bits && get_bit(range->first, length) == get_bit(range->last, length))
                length++;
        for (unsigned bit = length; bit < bits; bit++)
                if (get_bit(range->first, bit) || !get_bit(range->last, bit))
                        return -1;
        return length;
}

char *address_range_format(const AddressRange *range) {
        g_autofree char *first = format_address(range->family, range->first);
        int length = range_prefix_length(range);
        if (length == (int) family_bytes(range->family) * 8)
                return g_steal_pointer(&first);
        if (length >= 0)
                return g_strdup_printf("%s/%d", first, length);
        g_autofree char *last = format_address(range->family, range->last);
        return g_strdup_printf("%s-%s", first, last);
}

AddressRange address_everybody(Family family) {
        AddressRange all = { .family = family };
        memset(all.last, 0xff, family_bytes(family));
        return all;
}

bool address_range_is_everybody(const AddressRange *range) {
        return range_prefix_length(range) == 0;
}

bool address_range_contains(const AddressRange *outer, const AddressRange *inner) {
        return memcmp(outer->first, inner->first, 16) <= 0 && memcmp(inner->last, outer->last, 16) <= 0;
}

bool address_range_overlaps(const AddressRange *a, const AddressRange *b) {
        return a->family == b->family && memcmp(a->first, b->last, 16) <= 0 && memcmp(b->first, a->last, 16) <= 0;
}

static int compare_ranges(gconstpointer pa, gconstpointer pb) {
        const AddressRange *a = pa, *b = pb;
        if (a->family != b->family)
                return a->family < b->family ? -1 : 1;
        int r = memcmp(a->first, b->first, 16);
        return r ? r : memcmp(a->last, b->last, 16);
}

static int compare_range_pointers(gconstpointer pa, gconstpointer pb) {
        return compare_ranges(*(AddressRange *const *) pa, *(AddressRange *const *) pb);
}

bool address_ranges_add(GArray *ranges, const char *key, const char *text, GError **error) {
        AddressRange range;
        if (!address_range_parse(text, &range, error)) {
                g_prefix_error(error, "%s: ", key);
                return false;
        }
        g_array_append_val(ranges, range);
        return true;
}

/* Bytes that an IPv4 address does not use are zero. */
bool address_ranges_equal(GArray *a, GArray *b) {
        return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len * sizeof(AddressRange)) == 0);
}

/* Removes the elements whose flag is set. */
static void remove_flagged(GArray *ranges, const bool *gone) {
        guint kept = 0;
        for (guint i = 0; i < ranges->len; i++)
                if (!gone[i])
                        g_array_index(ranges, AddressRange, kept++) = g_array_index(ranges, AddressRange, i);
        g_array_set_size(ranges, kept);
}

guint address_ranges_merge(GArray *ranges) {
        const guint count = ranges->len;
        AddressRange *all = (AddressRange *) (gpointer) ranges->data, *place = NULL; /* of those that were joined last */
        g_autofree bool *gone = g_new0(bool, count);
        g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(count);
        for (guint i = 0; i < count; i++)
                g_ptr_array_add(sorted, &all[i]);
        g_ptr_array_sort(sorted, compare_range_pointers);
        for (guint i = 0; i < count; i++) {
                AddressRange *range = sorted->pdata[i];
                if (!place || !address_range_overlaps(place, range)) {
                        place = range;
                        continue;
                }
                AddressRange joined = *place, *first = MIN(place, range);
                if (memcmp(range->last, joined.last, sizeof joined.last) > 0)
                        memcpy(joined.last, range->last, sizeof joined.last);
                gone[MAX(place, range) - all] = true;
                *first = joined;
                place = first;
        }
        remove_flagged(ranges, gone);
        return count - ranges->len;
}

GArray *address_set_new(GArray *ranges, Family family) {
        g_autoptr(GArray) sorted = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (guint i = 0; i < ranges->len; i++)
                if (g_array_index(ranges, AddressRange, i).family == family)
                        g_array_append_val(sorted, g_array_index(ranges, AddressRange, i));
        g_array_sort(sorted, compare_ranges);

        g_autoptr(GArray) set = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (guint i = 0; i < sorted->len; i++) {
                const AddressRange *range = &g_array_index(sorted, AddressRange, i);
                AddressRange *previous = set->len > 0 ? &g_array_index(set, AddressRange, set->len - 1) : NULL;
                if (previous) {
                        guint8 next[16];
                        memcpy(next, previous->last, 16);
                        bool touches = !increment(next, family_bytes(family)) || memcmp(range->first, next, 16) <= 0;
                        if (touches) {
                                if (memcmp(range->last, previous->last, 16) > 0)
                                        memcpy(previous->last, range->last, 16);
                                continue;
                        }
                }
                g_array_append_val(set, *range);
        }
        return g_steal_pointer(&set);
}

static void decrement(guint8 *address, unsigned bytes) {
        for (unsigned i = bytes; i-- > 0;)
                if (address[i]-- != 0)
                        return;
}

/* Adds what is left of the range without the addresses of a set, of which those before k end before the range. */
static void add_rest(GArray *rest, AddressRange range, GArray *set, guint k) {
        const unsigned bytes = family_bytes(range.family);
        for (; k < set->len; k++) {
                const AddressRange *hole = &g_array_index(set, AddressRange, k);
                if (memcmp(hole->first, range.last, 16) > 0)
                        break;
                if (memcmp(hole->first, range.first, 16) > 0) {
                        AddressRange before = range;
                        memcpy(before.last, hole->first, 16);
                        decrement(before.last, bytes);
                        g_array_append_val(rest, before);
                }
                if (memcmp(hole->last, range.last, 16) >= 0)
                        return;
                memcpy(range.first, hole->last, 16);
                (void) increment(range.first, bytes);
        }
        g_array_append_val(rest, range);
}

GArray *address_set_subtract(GArray *a, GArray *b) {
        GArray *rest = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (guint i = 0, k = 0; i < a->len; i++) {
                const AddressRange *range = &g_array_index(a, AddressRange, i);
                while (k < b->len && memcmp(g_array_index(b, AddressRange, k).last, range->first, 16) < 0)
                        k++;
                /* The last hole of this range may reach into the next one. */
                add_rest(rest, *range, b, k);
        }
        return rest;
}

bool address_ranges_are_within(GArray *a, GArray *b) {
        ITERATE_FAMILIES (family) {
                g_autoptr(GArray) of_a = address_set_new(a, family), of_b = address_set_new(b, family),
                                  left = address_set_subtract(of_a, of_b);
                if (left->len > 0)
                        return false;
        }
        return true;
}

/* The first element of the set that ends where the range begins or later; O(log n). */
static guint find_in_set(GArray *set, const AddressRange *range) {
        guint low = 0, high = set->len;
        while (low < high) {
                const guint middle = low + (high - low) / 2;
                if (memcmp(g_array_index(set, AddressRange, middle).last, range->first, 16) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

bool address_set_overlaps(GArray *set, const AddressRange *range) {
        const guint i = find_in_set(set, range);
        return i < set->len && address_range_overlaps(&g_array_index(set, AddressRange, i), range);
}

GArray *address_ranges_without(GArray *ranges, GArray *gone) {
        GArray *rest = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        g_autoptr(GArray) four = address_set_new(gone, FAMILY_IPV4), six = address_set_new(gone, FAMILY_IPV6);
        for (guint i = 0; i < ranges->len; i++) {
                const AddressRange *range = &g_array_index(ranges, AddressRange, i);
                GArray *set = range->family == FAMILY_IPV4 ? four : six;
                add_rest(rest, *range, set, find_in_set(set, range));
        }
        return rest;
}

GPtrArray *address_set_to_prefixes(GArray *set) {
        GPtrArray *prefixes = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < set->len; i++) {
                AddressRange rest = g_array_index(set, AddressRange, i);
                const unsigned bits = family_bytes(rest.family) * 8;
                for (;;) {
                        /* The largest prefix that starts at rest.first and does not reach past rest.last. */
                        AddressRange block = rest;
                        memcpy(block.last, block.first, 16);
                        unsigned length = bits;
                        while (length > 0 && !get_bit(rest.first, length - 1)) {
                                guint8 wider[16];
                                memcpy(wider, block.last, 16);
                                set_bit(wider, length - 1, true);
                                if (memcmp(wider, rest.last, 16) > 0)
                                        break;
                                memcpy(block.last, wider, 16);
                                length--;
                        }
                        g_ptr_array_add(prefixes, address_range_format(&block));
                        memcpy(rest.first, block.last, 16);
                        if (memcmp(block.last, rest.last, 16) == 0 || !increment(rest.first, bits / 8))
                                break;
                }
        }
        return prefixes;
}
