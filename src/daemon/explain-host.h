/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what an explanation asks of the host: routes, forwarding, who listens, bridges. */

#include "daemon/context.h"
#include "explain/packet.h"
#include "guard/kernel-query.h"

typedef struct ExplainHost {
        Context *context;
        KernelQuery *query;
} ExplainHost;

/* userdata: an ExplainHost, which must outlive the answer. */
Host explain_host(ExplainHost *userdata);
