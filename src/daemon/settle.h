/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the waiting for others: a look again later, and Docker's rebuilding after a reload of ours. */

#include "daemon/context.h"

/* Reconciles once, at the latest after so many microseconds. Docker sends no event when it is done; measured: its rules
 * are back after up to 1 s, after several reloads in a row up to 5 s. */
void settle_within(Context *context, guint64 usec);

/* Whether there is such a look to come, and when (monotonic, microseconds; the last one's when there is none). */
bool settle_is_armed(Context *context);
guint64 settle_deadline(Context *context);

/* The ruleset changed: whoever waits for that goes on. */
void settle_wake(Context *context);

/* Waits until the ruleset is as done() wants it, which is asked whenever it changed; at most so long. */
typedef bool (*SettleFunc)(Context *context, gpointer userdata);
void settle_until(Context *context, SettleFunc done, gpointer userdata, guint64 usec);

/* Reloads firewalld and waits until Docker, if its rules were there before, has made them again; at most some seconds. */
bool settle_reload_firewalld(Context *context, GError **error);
