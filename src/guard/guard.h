/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the nftables table "inet quaywall" in the kernel: puts renderings in force and checks that they stay. Must not know
 * policies. Needs CAP_NET_ADMIN. */

#include "compile/docker-nat.h"
#include "compile/desired.h"
#include "compile/guard-render.h"
#include "guard/monitor.h"

typedef struct Guard Guard;

Guard *guard_new(void);
void guard_free(Guard *guard); /* the table stays */

/* Removes an existing table; for a daemon that must not have one. */
void guard_remove(void);

/* Puts the rules in force atomically; on an error the old ones stay. */
bool guard_apply(Guard *guard, const Desired *desired, GError **error);

/* Closes what guard_apply() keeps open, and gives back its memory: for when quaywalld rests. Closing a socket of nftables right
 * after rules were deleted waits until the kernel has freed them, 10 ms and more (RCU; measured with strace -T), and a context of
 * libnftables keeps what it last read of the ruleset, megabytes. */
void guard_rest(Guard *guard);

/* Takes the news of monitor_drain(). From the first call on, the table counts as unchanged while the kernel reports as many
 * transactions as quaywall made; another transaction, or a lost one, causes a listing. */
void guard_hear(Guard *guard, const MonitorNews *news);

/* The addresses (char *; unref) of the family to which the table that is there lets docker-proxy connect; NULL: it holds
 * nothing. */
GHashTable *guard_recall_admitted(Guard *guard, Family family);

/* Whether the table is as guard_apply() left it, as far as the notices show: listing 100 policies takes 16 ms and more. After
 * another process changed it, it is compared with the last listing; without one it does not count as intact. Elements of sets
 * are checked only after another process changed some: 50,000 take half a second. */
bool guard_is_intact(Guard *guard);

/* The table as the kernel lists it, if a later guard_is_intact() may have to compare it and cannot yet; else NULL. Takes up to 16
 * ms for 100 policies, so it is for when quaywalld rests. Free with g_free(). */
char *guard_list(const Guard *guard);

/* Keeps that listing for comparison, unless the notices that were heard since (guard_hear()) tell of another process. */
void guard_keep_listing(Guard *guard, const char *listing);

/* Docker's rules for published ports, of both families and backends (DockerNat; unref the array). NULL: no such chains. Appends
 * (char *) the bridges in the tables of its nftables backend. */
GArray *guard_read_nat(GPtrArray *bridges);

/* Calls visit(policy, packets, bytes, userdata) for each policy's counter. */
typedef void (*GuardCounterFunc)(const char *policy, guint64 packets, guint64 bytes, gpointer userdata);
bool guard_read_counters(Guard *guard, GuardCounterFunc visit, gpointer userdata, GError **error);
