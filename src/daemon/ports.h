/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns who can reach which published port on this host under a set of policies, and how the bus is told. Must not know which set
 * is in force. */

#include <systemd/sd-bus.h>

#include "compile/exposure.h"
#include "world/world.h"

/* Known facts stay valid while Docker is down; without any there is no answer. */
bool ports_are_known(const Docker *docker);

/* All ports (Exposure *; unref the array before the facts change), in an order that does not depend on the policies. ipsets: those
 * that the policies of the set name. share: as in exposure.h. */
GPtrArray *ports_list(World *world, PolicySet *set, Ipsets *ipsets, guint share, GError **error);

/* Whether the same clients reach both, which are one port under different policies. */
bool ports_have_same_clients(const Exposure *a, const Exposure *b);

/* Append to an open a{sv}: which port it is; and who can reach it, why, and what else to know. */
int ports_append_port(sd_bus_message *reply, const Exposure *exposure);
int ports_append_clients(sd_bus_message *reply, const Exposure *exposure);
