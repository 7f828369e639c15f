/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the jump to DOCKER-USER in the kernel, which must come first in FORWARD. Must not know policies. All functions run in a
 * fiber that holds the mutex. */

#include "daemon/in-force.h"
#include "daemon/repair.h"
#include "world/world.h"

/* Appends the commands of firewall-cmd (firewall-cmd.h) that move it there; or that make it, if there is none. */
void docker_user_list_lift(GPtrArray *commands, Family family, bool is_there);

/* Moves the jump to DOCKER-USER to the top of FORWARD if rules that accept stand before it, and restores it if it is gone. */
bool docker_user_lift_jump(InForce *in_force, World *world, const Repairs *repairs, Family family, GError **error);
bool docker_user_lift_jumps(InForce *in_force, World *world, const Repairs *repairs,
                            GError **error); /* of both families, where the chain exists */
