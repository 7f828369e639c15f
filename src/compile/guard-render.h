/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the rendering of the neutral rules as the nftables table "inet quaywall". Must not know libnftables. */

#include "compile/rule.h"

#define GUARD_TABLE "quaywall"

/* What a rendering leaves in the kernel and the next one can build on; char *. */
typedef struct GuardState {
        GHashTable *sets, *counters;      /* names */
        GHashTable *bridges, *published; /* elements */
} GuardState;

GuardState *guard_state_new(void);
void guard_state_free(GuardState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GuardState, guard_state_free)

/* The commands, one transaction for nft, that put these rules in force. published: Docker's published ports, "tcp . 8080",
 * which a policy without ports judges on the way to docker-proxy. previous: what the last rendering left, or
 * NULL when that is not known: then whatever is there is replaced. Sets that stay are not sent again. An empty list of
 * rules removes the table. Free with g_free(). */
char *guard_render(GPtrArray *rules, const char *const *bridges, const char *const *published, const GuardState *previous,
                   GuardState **ret_state);

/* The name of the counter of a policy's drops; free with g_free(). */
char *guard_counter_name(const char *policy);
