/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns addresses as iptables, and lists, write them, as ranges that can be compared and joined. Must not know what they are for. src/model has such ranges as
 * well, but src/ctl may not include it. Pure. */

#include <stdbool.h>

#include <glib.h>

typedef struct ImportAddress {
        int family; /* 4 or 6 */
        guint8 first[16], last[16];
        char *text; /* as a policy writes it: "192.168.1.1", "192.168.1.0/24", "192.168.1.1-192.168.1.3" */
} ImportAddress;

/* NULL is fine. */
void import_address_free(ImportAddress *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportAddress, import_address_free)

/* "a", "a/24", "a/255.255.255.0"; bits beyond the prefix are cleared, as iptables does. NULL and IMPORT_ERROR_REFUSED for anything
 * else. */
ImportAddress *import_address_new(const char *text, GError **error);

/* "a-b" of the match iprange, or a single "a". NULL and IMPORT_ERROR_REFUSED for anything else. */
ImportAddress *import_address_new_range(const char *text, GError **error);

/* Whether they have an address in common; the same of two lists (ImportAddress *), where an empty one stands for every address. */
bool import_address_overlaps(const ImportAddress *a, const ImportAddress *b);
bool import_address_lists_overlap(const GPtrArray *a, const GPtrArray *b);

/* Whether all of b is in a. */
bool import_address_contains(const ImportAddress *a, const ImportAddress *b);

/* Whether it begins with an IPv4 address that is written as IPv6 ("::ffff:192.168.1.1"), which no policy takes. */
bool import_address_is_mapped(const ImportAddress *address);

/* The order of strcmp(): IPv4 first, then by the first and the last address. */
int import_address_compare(const ImportAddress *a, const ImportAddress *b);

/* Adds the addresses of b to a, whose text is not right any more, if the two overlap or b begins where a ends. b does not begin before
 * a. Returns whether it did. */
bool import_address_join(ImportAddress *a, const ImportAddress *b);

/* The shortest text of joined ones. Free with g_free(). */
char *import_address_describe(const ImportAddress *address);
