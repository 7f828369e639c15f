/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what an explanation must know about the host: routes, forwarding, listening sockets, bridges. */

#include "explain/packet.h"
#include "guard/kernel-query.h"
#include "world/world.h"

typedef struct ExplainHost {
        World *world;
        KernelQuery *query;
} ExplainHost;

/* userdata must outlive the result. */
Host explain_host(ExplainHost *userdata);
