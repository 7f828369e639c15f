/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns when docker-proxy may connect to a container that has just become known. Before that nobody knew that the port is the
 * container's, so docker-proxy may have accepted clients whom the policies forbid. The guard refuses its connections to the
 * container until it holds none of them any more. Must not know when the guard is renewed. */

#include "model/policy-set.h"
#include "world/world.h"

/* At the start, when Docker has reported its containers, and before the guard is touched: containers to which the table of an
 * earlier quaywalld lets docker-proxy connect stay so. */
void admit_recall(World *world);

/* Whether containers are still to be admitted. If nothing is held, all are. */
bool admit_is_due(World *world, PolicySet *in_force);

/* Ends the connections through docker-proxy to these containers that the policies forbid, waits until it has closed those that
 * it had accepted, and admits the containers: renew the guard then. Before that the policies must be in force in the guard, so
 * that no more such connections come. Waits: call it in a fiber. */
bool admit_settle(World *world, PolicySet *in_force, GError **error);
