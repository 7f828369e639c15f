/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns IPv4 and IPv6 addresses, prefixes and ranges, and sets of them. Must not know policies. */

#include <stdbool.h>

#include <glib.h>

typedef enum {
        FAMILY_IPV4,
        FAMILY_IPV6,
        _FAMILY_MAX,
} Family;

#define ITERATE_FAMILIES(f) for (Family f = 0; f < _FAMILY_MAX; f++)

/* From first to last, both included, in network byte order; an IPv4 address uses the first four bytes. */
typedef struct AddressRange {
        Family family;
        guint8 first[16];
        guint8 last[16];
} AddressRange;

/* "ipv4" or "ipv6", as firewalld's direct interface spells them. */
const char *family_to_string(Family family);
bool family_from_string(const char *text, Family *ret);

/* AF_INET or AF_INET6. */
int family_to_af(Family family);

/* Parses "192.168.1.1", "192.168.1.0/24", "192.168.1.1-192.168.1.3" or the same in IPv6. The error
 * QUAYWALL_ERROR_INVALID_ADDRESS names the text and what would be right. */
bool address_range_parse(const char *text, AddressRange *ret, GError **error);

/* Parses one address, or the network of an address with a prefix length ("192.168.5.1/24" is 192.168.5.0/24). For text that
 * other programs wrote. */
bool address_network_parse(const char *text, AddressRange *ret);

/* Parses an entry of a list. The error begins with the list's key. */
bool address_ranges_add(GArray *ranges, const char *key, const char *text, GError **error);

/* The shortest of the three forms. Free with g_free(). */
char *address_range_format(const AddressRange *range);

/* 0.0.0.0/0 or ::/0. */
AddressRange address_everybody(Family family);
bool address_range_is_everybody(const AddressRange *range);
bool address_range_overlaps(const AddressRange *a, const AddressRange *b);

/* Whether all addresses of inner, of the same family, are in outer. */
bool address_range_contains(const AddressRange *outer, const AddressRange *inner);

/* Joins ranges that share an address, in the place of the first of them; the order of all others stays. Returns how many are gone.
 * O(n log n). */
guint address_ranges_merge(GArray *ranges);

/* Whether these are the same ranges in the same order. As values, not as text: there may be 65,536. */
bool address_ranges_equal(GArray *a, GArray *b);

/* Whether all addresses of a are among those of b. */
bool address_ranges_are_within(GArray *a, GArray *b);

/* What is left of each range, in its place, without the addresses of gone (AddressRange, of any family and order). */
GArray *address_ranges_without(GArray *ranges, GArray *gone);

/* The addresses of one family as sorted ranges of which no two touch (AddressRange); free with g_array_unref(). */
GArray *address_set_new(GArray *ranges, Family family);

/* The addresses of a that are not in b. Both are, and the result is, in the form of address_set_new(). */
GArray *address_set_subtract(GArray *a, GArray *b);

/* Whether the set, in that form, has any of these addresses. */
bool address_set_overlaps(GArray *set, const AddressRange *range);

/* The same addresses as the fewest prefixes: "10.0.0.0/8", a single address without a length. */
GPtrArray *address_set_to_prefixes(GArray *set);
