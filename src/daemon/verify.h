/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the properties State and Problems: compares what is in force with what the policies mean. Waits; the caller
 * holds the mutex. */

#include "daemon/context.h"

/* failure: what went wrong before, which becomes a problem; NULL: nothing. */
void verify_state(Context *context, GError *failure);

/* The same after a change of ours: what the kernel has told of it so far needs no further look. was_armed: whether
 * there was one to come before the change. look: also at Docker's own rules, which costs a call and no change of ours touches. */
void verify_own_change(Context *context, bool was_armed, bool look, GError *failure);

bool verify_has_problem(Context *context, const char *code);
