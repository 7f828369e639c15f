/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the reading of iptables' tables, which is a call of firewalld and a process each: one reading serves all who want
 * to know until something changes. All wait; the caller holds the mutex. */

#include "compile/kernel-rules.h"
#include "daemon/context.h"

/* The table "filter" or "nat" of a family. Borrowed, until the next call of this module. */
const KernelTable *kernel_read(Context *context, Family family, const char *name, GError **error);

/* What was read does not count any more: something was changed, or the reader wants it as it is now. */
void kernel_forget(Context *context);
