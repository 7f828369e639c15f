/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading firewalld's nftables table. Must not know what is in it. Needs CAP_NET_ADMIN. */

#include <stdbool.h>

/* firewalld's table beside its own: while it rebuilds that, and in panic mode, this one drops packets. */
#define ZONE_TABLE_DROP "firewalld_policy_drop"

/* Whether firewalld has a table, as its nftables backend makes one, and is not rebuilding it. */
bool zone_table_is_whole(void);

/* The table as nft lists it, with all elements, without the values of counters; NULL: it is not whole, or nft could not read
 * it. Free with g_free(). */
char *zone_table_read(void);
