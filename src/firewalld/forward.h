/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's policies "quaywall-XXXXXXXX": one for each pair of zones between which a "forward" leads. A DROP
 * policy of Docker's in FORWARD is one gate, firewalld's own forward chain the second (FACTS section 2). Calls wait. */

#include "firewalld/client.h"

/* Makes the firewalld policies what these pairs of interfaces need and empties those no longer needed. pairs: char *,
 * in and out in turn. A new pair of zones takes a firewalld reload (*ret_reloaded), for which there is no runtime call. */
bool forward_apply(Firewalld *firewalld, GPtrArray *pairs, bool permanent, bool *ret_reloaded, GError **error);
