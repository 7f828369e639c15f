/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's policies "quaywall-XXXXXXXX": one for each pair of zones between which a "forward" leads. A DROP
 * policy of Docker's in FORWARD is one gate, firewalld's own forward chain the second (FACTS section 2). Calls wait. */

#include "firewalld/client.h"

/* Makes the firewalld policies what these pairs of interfaces need and empties those no longer needed. pairs: char *,
 * in and out in turn. A new pair of zones, or a target that somebody changed, is in force after a firewalld reload
 * (*ret_must_reload): there is no runtime call for it. */
bool forward_apply(Firewalld *firewalld, GPtrArray *pairs, bool *ret_must_reload, GError **error);

/* Whether they are what forward_apply() makes of them; *ret_altered is the name of one that is not, or NULL. */
bool forward_check(Firewalld *firewalld, GPtrArray *pairs, char **ret_altered, GError **error);
