/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the reading of firewalld's permanent direct configuration. It is as large as the policies are many, so one reading serves
 * all callers until firewalld reports a change. Waits; the caller holds the mutex. */

#include "world/world.h"

/* Borrowed, until the next call of this module or the next wait. */
const DirectConfig *permanent_read(World *world, GError **error);

/* The entries of other programs, borrowed likewise; NULL: not known. They are kept from one operation to the next. */
const DirectConfig *permanent_others(const World *world);

/* The operation is over: drops quaywall's own entries, which are many. */
void permanent_rest(World *world);

/* Drops what was read: firewalld reported a change, or the caller wants the current configuration. */
void permanent_forget(World *world);
