/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* import-address: addresses as iptables writes them, as ranges that can be compared. Only for reading iptables lines:
 * the service has its own, which decides. Pure. */
#pragma once

#include <glib.h>

typedef struct ImportAddress {
        int family; /* 4 or 6 */
        guint8 first[16], last[16];
        char *text; /* as a policy writes it: "192.168.1.1", "192.168.1.0/24", "192.168.1.1-192.168.1.3" */
} ImportAddress;

void import_address_free(ImportAddress *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportAddress, import_address_free)

/* "a", "a/24", "a/255.255.255.0"; bits beyond the prefix are cleared, as iptables does. */
ImportAddress *import_address_new(const char *text, GError **error);

/* "a-b" of iprange; also a single "a", as iprange takes it. */
ImportAddress *import_address_new_range(const char *text, GError **error);

gboolean import_address_overlaps(const ImportAddress *a, const ImportAddress *b);

/* Whether all of b is in a. */
gboolean import_address_contains(const ImportAddress *a, const ImportAddress *b);
