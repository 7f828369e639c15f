/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the published ports that Docker's rules show. A policy that names no port judges them on the way to docker-proxy, and
 * the rules exist before Docker's API reports a container that it starts. */

#include "world/world.h"

/* How long a port still counts as published after its rules went: firewalld and Docker remove and rewrite the rules all the
 * time, and docker-proxy keeps answering meanwhile. */
#define PUBLISHED_USEC (60 * G_USEC_PER_SEC)

/* Reads Docker's rules from the kernel, with the bridges that those of its nftables backend lead to; if they cannot be read, the
 * known ports stay. Returns whether a known port is no longer
 * published: it expires after PUBLISHED_USEC, and no event will say so. */
bool published_read(World *world);

/* Whether the last reading still holds: the kernel reports changes, and reported none since. */
bool published_is_read(const World *world);

/* Docker reported containers: adds the ports that its rules show for them. */
void published_place(World *world);

/* The known ports (PublishedPort, normalized; unref the array), including those that an earlier daemon knew. */
GArray *published_list(World *world);
