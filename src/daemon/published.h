/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what Docker's rules tell of published ports: a policy that names none judges them on the way to docker-proxy, and
 * they are there before Docker's API tells of a container that it starts. */

#include "daemon/context.h"

/* Asks the kernel. Without an answer what was known stays. */
void published_read(Context *context);

/* Docker told of containers: what its rules tell of them. */
void published_place(Context *context);

/* What is known, "tcp . 8080", sorted; also what an earlier daemon knew. Free with g_strfreev(). */
GStrv published_list(Context *context);
