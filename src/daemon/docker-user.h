/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the repair of DOCKER-USER in the kernel: that packets are led there first, and that what firewalld lists is in it. Must
 * not know policies. All of it runs in a fiber that holds the mutex. */

#include "daemon/context.h"

/* Puts the jump to DOCKER-USER first in FORWARD, where rules that accept stand before it, and back where it is gone. */
bool docker_user_lift_jump(Context *context, Family family, GError **error);
bool docker_user_lift_jumps(Context *context, GError **error); /* of both families */

/* Whether what is away, or below, may be right in a moment, while Docker rebuilds and the guard keeps the policies: then it is looked
 * at later. code: the deviation's. */
bool docker_user_waits(Context *context, const char *code);

/* Puts back what somebody flushed or edited; desired: DirectRule *. may_wait: not what docker_user_waits() for.
 * *ret_done: there was something, and it is done. */
bool docker_user_refill(Context *context, GPtrArray *desired, bool may_wait, bool *ret_done, GError **error);
