/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the nftables table "inet quaywall" in the kernel: puts renderings in force, sees what became of them. Must not
 * know policies. Needs CAP_NET_ADMIN. */

#include "compile/docker-nat.h"
#include "compile/guard-render.h"
#include "guard/monitor.h"

typedef struct Guard Guard;

Guard *guard_new(void);
void guard_free(Guard *guard); /* the table stays */

/* Removes a table that is there; for a daemon that shall not have one. */
void guard_remove(void);

/* Puts the rules in force, all at once; on an error those that were are in force. */
bool guard_apply(Guard *guard, GPtrArray *rules, const char *const *bridges, const char *const *published, const Hold *hold,
                 const Shared *shared, GError **error);

/* What monitor_drain() took. From the first time on the table is taken for unchanged while the kernel tells of as many transactions
 * as are ours; another one, or one that was lost, has it listed. */
void guard_hear(Guard *guard, const MonitorNews *news);

/* Whether the table is as guard_apply() left it, as far as was heard: 100 policies take 70 ms to list. Elements of sets are looked at
 * only where somebody changed some: 50,000 take half a second. */
bool guard_is_intact(Guard *guard);

/* Docker's rules for published ports, of both families (DockerNat; unref the array). NULL: there are no such chains. guard:
 * NULL where there shall be none; Docker's rules are there all the same. */
GArray *guard_read_nat(Guard *guard);

/* Adds packets and bytes of each policy's counter: calls visit(policy, packets, bytes, userdata). */
typedef void (*GuardCounterFunc)(const char *policy, guint64 packets, guint64 bytes, gpointer userdata);
bool guard_read_counters(Guard *guard, GuardCounterFunc visit, gpointer userdata, GError **error);
