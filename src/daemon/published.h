/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what is known of Docker's published ports: a policy that names none judges them on the way to docker-proxy. */

#include "daemon/context.h"

/* Whether a policy of the set judges ports that it does not name, so that new ones must be learnt soon. */
bool published_is_needed(PolicySet *set);

/* Asks iptables, through firewalld. Without an answer what was known stays. Waits. */
void published_read(Context *context);

/* What is known, "tcp . 8080", sorted; also what an earlier daemon knew. Free with g_strfreev(). */
GStrv published_list(Context *context);
