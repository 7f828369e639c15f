/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the second gate of a "forward": which pairs of interfaces firewalld is told of, and how it reads them. Waits; the caller
 * holds the mutex. The first gate is made of direct rules, as those of other policies. */

#include "daemon/context.h"

/* Whether the set has an enabled "forward". */
bool forwards_wanted(PolicySet *set);

/* The interfaces of all of them, borrowed from the sets: in and out in turn. Unref the array. */
GPtrArray *forwards_list(PolicySet *runtime, PolicySet *permanent);

/* forward_apply() for these pairs, as firewalld reads rules; for none where firewalld's backend is iptables: there what DOCKER-USER
 * accepts is let through. */
bool forwards_apply(Context *context, GPtrArray *pairs, bool *ret_must_reload, GError **error);

/* forward_check() for them. */
bool forwards_check(Context *context, GPtrArray *pairs, char **ret_altered, GError **error);
