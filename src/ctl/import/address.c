/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

#include <glib/gi18n.h>

#include "ctl/import/refuse.h"

void import_address_free(ImportAddress *address) {
        if (!address)
                return;
        g_free(address->text);
        g_free(address);
}

/* The family, 0 when it is no address. */
static int import_address_bytes(const char *text, guint8 bytes[static 16]) {
        if (inet_pton(AF_INET, text, bytes) == 1)
                return 4;
        return inet_pton(AF_INET6, text, bytes) == 1 ? 6 : 0;
}

static char *import_address_format(int family, const guint8 *bytes) {
        char text[INET6_ADDRSTRLEN];

        return g_strdup(inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text));
}

static ImportAddress *import_address_refuse(const char *text, const char *reason, GError **error) {
        import_refuse(error, "'%s' %s", text, reason);
        return NULL;
}

/* The prefix length of "24" or "255.255.255.0", -1 when it is neither. */
static int import_address_prefix(const char *mask, int family) {
        const guint bits = family == 4 ? 32 : 128;
        guint8 bytes[16] = { 0 };
        guint64 prefix;

        if (g_ascii_string_to_unsigned(mask, 10, 0, bits, &prefix, NULL))
                return (int) prefix;
        if (import_address_bytes(mask, bytes) != family)
                return -1;

        guint length = 0;
        while (length < bits && (bytes[length / 8] & (0x80 >> length % 8)) != 0)
                length++;
        for (guint bit = length; bit < bits; bit++)
                if ((bytes[bit / 8] & (0x80 >> bit % 8)) != 0)
                        return -1;
        return (int) length;
}

ImportAddress *import_address_new(const char *text, GError **error) {
        g_auto(GStrv) parts = g_strsplit(text, "/", 2);
        g_autoptr(ImportAddress) address = g_new0(ImportAddress, 1);

        address->family = parts[0] ? import_address_bytes(parts[0], address->first) : 0;
        if (address->family == 0)
                return import_address_refuse(text, _("is not an address; names of hosts are not taken"), error);

        const int bits = address->family == 4 ? 32 : 128;
        const int prefix = parts[1] ? import_address_prefix(parts[1], address->family) : bits;
        if (prefix < 0)
                return import_address_refuse(text, _("has a mask that is not a prefix"), error);

        for (int bit = 0; bit < bits; bit++) {
                const guint8 mask = 0x80 >> bit % 8;

                if (bit >= prefix)
                        address->first[bit / 8] &= (guint8) ~mask;
                address->last[bit / 8] |= bit >= prefix ? mask : (address->first[bit / 8] & mask);
        }
        g_autofree char *first = import_address_format(address->family, address->first);
        address->text = prefix == bits ? g_steal_pointer(&first) : g_strdup_printf("%s/%d", first, prefix);
        return g_steal_pointer(&address);
}

ImportAddress *import_address_new_range(const char *text, GError **error) {
        g_auto(GStrv) ends = g_strsplit(text, "-", 2);

        if (!ends[0] || !ends[1])
                return import_address_new(text, error);

        g_autoptr(ImportAddress) address = g_new0(ImportAddress, 1);
        address->family = import_address_bytes(ends[0], address->first);
        if (address->family == 0 || import_address_bytes(ends[1], address->last) != address->family)
                return import_address_refuse(text, _("is not a range of addresses of one family"), error);
        if (memcmp(address->first, address->last, sizeof address->first) > 0)
                return import_address_refuse(text, _("is a range that ends before it begins"), error);

        g_autofree char *first = import_address_format(address->family, address->first);
        g_autofree char *last = import_address_format(address->family, address->last);
        address->text = g_str_equal(first, last) ? g_steal_pointer(&first) : g_strdup_printf("%s-%s", first, last);
        return g_steal_pointer(&address);
}

bool import_address_overlaps(const ImportAddress *a, const ImportAddress *b) {
        return a->family == b->family && memcmp(a->first, b->last, sizeof a->first) <= 0 &&
               memcmp(b->first, a->last, sizeof a->first) <= 0;
}

bool import_address_lists_overlap(const GPtrArray *a, const GPtrArray *b) {
        if (a->len == 0 || b->len == 0)
                return true;
        for (guint i = 0; i < a->len; i++)
                for (guint k = 0; k < b->len; k++)
                        if (import_address_overlaps(a->pdata[i], b->pdata[k]))
                                return true;
        return false;
}

bool import_address_contains(const ImportAddress *a, const ImportAddress *b) {
        return a->family == b->family && memcmp(a->first, b->first, sizeof a->first) <= 0 &&
               memcmp(b->last, a->last, sizeof a->first) <= 0;
}

bool import_address_is_mapped(const ImportAddress *address) {
        static const guint8 MAPPED[12] = { [10] = 0xff, [11] = 0xff };

        return address->family == 6 && memcmp(address->first, MAPPED, sizeof MAPPED) == 0;
}

int import_address_compare(const ImportAddress *a, const ImportAddress *b) {
        if (a->family != b->family)
                return a->family - b->family;
        const int order = memcmp(a->first, b->first, sizeof a->first);
        return order ? order : memcmp(a->last, b->last, sizeof a->last);
}

/* Whether b begins with the address after the last one of a. */
static bool import_address_is_next(const ImportAddress *a, const ImportAddress *b) {
        guint8 next[16];
        int i = a->family == 4 ? 3 : 15;

        memcpy(next, a->last, sizeof next);
        while (i >= 0 && ++next[i] == 0)
                i--;
        return i >= 0 && a->family == b->family && memcmp(next, b->first, sizeof next) == 0;
}

char *import_address_describe(const ImportAddress *address) {
        const int bits = address->family == 4 ? 32 : 128;
        int shared = 0;

        while (shared < bits && ((address->first[shared / 8] ^ address->last[shared / 8]) & (0x80 >> shared % 8)) == 0)
                shared++;
        g_autofree char *first = import_address_format(address->family, address->first);
        if (shared == bits)
                return g_steal_pointer(&first);
        g_autofree char *prefix = g_strdup_printf("%s/%d", first, shared);
        g_autoptr(ImportAddress) whole = import_address_new(prefix, NULL);
        if (import_address_compare(whole, address) == 0)
                return g_steal_pointer(&prefix);
        g_autofree char *last = import_address_format(address->family, address->last);
        return g_strdup_printf("%s-%s", first, last);
}

bool import_address_join(ImportAddress *a, const ImportAddress *b) {
        if (!import_address_overlaps(a, b) && !import_address_is_next(a, b))
                return false;
        if (memcmp(b->last, a->last, sizeof a->last) > 0)
                memcpy(a->last, b->last, sizeof a->last);
        return true;
}
