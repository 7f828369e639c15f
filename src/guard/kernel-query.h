/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns kernel queries that change nothing: all rules, by libnftables, and routing decisions, by rtnetlink. Needs CAP_NET_ADMIN
 * for the rules. */

#include <stdbool.h>

#include "model/address.h"

typedef struct KernelQuery KernelQuery;

KernelQuery *kernel_query_new(GError **error);
void kernel_query_free(KernelQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelQuery, kernel_query_free)

/* All chains without their rules, or one table ("inet firewalld") with all its content, as JSON (libnftables-json(5)). Free
 * with g_free(). */
char *kernel_query_list_chains(KernelQuery *query, GError **error);
char *kernel_query_list_table(KernelQuery *query, const char *table, GError **error);

/* The same table as "nft -s -t -a list table" prints it. Free with g_free(). */
char *kernel_query_print_table(KernelQuery *query, const char *table, GError **error);

typedef struct KernelRoute {
        guint8 type;        /* RTN_LOCAL, RTN_UNICAST and so on, of rtnetlink(7) */
        unsigned out;       /* the interface's index */
        guint8 source[16];  /* the source address that the host itself would use; zero: not reported */
        guint8 gateway[16]; /* zero: the destination is on the link itself */
} KernelRoute;

/* Where a packet with this mark goes, from source (NULL: any), that came in by the interface (0: sent by the host itself). 0:
 * the route is in *ret; else a negative errno. */
int kernel_query_route(KernelQuery *query, Family family, const guint8 *source, const guint8 *destination, unsigned in,
                       guint32 mark, KernelRoute *ret);

/* Whether the host forwards packets of this family at all. */
bool kernel_query_forwards(KernelQuery *query, Family family);
