/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the option "cut": which open connections policies forbid, and how they are ended. Policies judge new connections only,
 * so established ones survive without it. Call these functions in a fiber. */

#include "model/policy-set.h"
#include "world/world.h"

/* Whether connections can be listed at all; to be checked before anything is changed. */
bool cut_check(const World *world, GError **error);

/* In a fiber: a sentence with the number of open connections that "cut" would end if these policies were in force; NULL when there
 * are none or they cannot be listed. Free with g_free(). */
char *cut_describe(World *world, PolicySet *set);

/* Ends the connections that the policies in force forbid. The policies hold in any case, so failures are only logged. Waits;
 * the caller holds the mutex. */
void cut_forbidden(World *world, PolicySet *in_force);

/* Ends the connections that the policies forbid and that reached one of these ports (PublishedPort) of the host itself, where
 * docker-proxy listens. Returns them (Flow; unref the array), or NULL with an error. */
GArray *cut_proxied(World *world, PolicySet *in_force, GArray *ports, GError **error);

/* Forgets which connections were cut, once no policy is left that could forbid them. */
void cut_forget(const World *world, PolicySet *in_force);
