/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the kernel tells of a changed ruleset: what is done at once, and what is looked at when the burst is over. */

#include "daemon/context.h"

/* Starts to listen. Without notices the state is still verified after each change and each event of firewalld's. */
int ruleset_open(Context *context);

/* Takes the notices that are there: mends the guard, and plans a look at the rest. Returns whether there were any. */
bool ruleset_take(Context *context);
