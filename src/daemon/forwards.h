/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the second gate of a "forward": which pairs of interfaces are given to firewalld, and how it reads them. Waits; the
 * caller holds the mutex. The first gate consists of direct rules, like those of other policies. */

#include "firewalld/client.h"

/* Calls forward_apply() for these pairs, the way this firewalld reads rules; for none if its backend is iptables, since that
 * lets through what DOCKER-USER accepts. */
bool forwards_apply(Firewalld *firewalld, GPtrArray *pairs, bool *ret_must_reload, GError **error);

/* Calls forward_list_commands() for them. */
bool forwards_list_commands(Firewalld *firewalld, GPtrArray *pairs, GPtrArray *commands, GPtrArray *ret_homes, GError **error);

/* Calls forward_check() for them. */
bool forwards_check(Firewalld *firewalld, GPtrArray *pairs, char **ret_altered, GError **error);
