/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading the counters of one nftables table. Must not know what they count. Needs CAP_NET_ADMIN. */

#include <stdbool.h>

#include <glib.h>
#include <linux/netlink.h>

typedef void (*CountersFunc)(const char *name, guint64 packets, guint64 bytes, gpointer userdata);

/* Calls visit for each counter of the table "inet NAME" once all are read; for none if there is no such table. */
bool counters_read(const char *table, CountersFunc visit, gpointer userdata, GError **error);

/* Parses one message of the kernel's answer, for counters_read() and its test. name: valid as long as the message. False: not a
 * counter of this table. */
typedef struct Counter {
        const char *name;
        guint64 packets, bytes;
} Counter;
bool counters_parse(const struct nlmsghdr *message, const char *table, Counter *ret);
