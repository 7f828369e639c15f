/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns firewalld's zones, as last read, and the one list of Docker's bridges. */

#include "world/world.h"

/* Docker's bridges until Docker has reported its networks, ended by NULL. */
extern const char *const DEFAULT_BRIDGES[];

/* Docker's bridges, sorted: those that the API of a Docker on this host names as the bridges of its networks, and those that
 * Docker's own rules lead to (ruled; may be NULL), except names of existing interfaces that are no bridge (links; NULL: not
 * known). Until such a Docker has reported a bridge, docker0 counts. Membership in firewalld's zone "docker" does not count:
 * anybody can put anything there. */
GStrv zones_list_bridges(const Links *links, GStrv ruled, DockerFacts *facts);

/* To be called when Docker's networks or the links may have changed. */
void zones_update_bridges(World *world);

/* The bridges (char *) that the tables of Docker's nftables backend lead to; none: there are no such tables. */
void zones_note_nft(World *world, const GPtrArray *bridges);
bool zones_is_bridge(const World *world, const char *interface);

/* Those of these bridges that also lead to something other than containers; borrowed, ended by NULL. Unref the array. */
GPtrArray *zones_list_leading_out(const Links *links, const char *const *bridges);

/* In a fiber: reads the zones, and the bridges that Docker's rules lead to; reports WORLD_ZONE if the zone "docker" changed. */
bool zones_read(World *world, GError **error);

/* The interface's zone; "": none. Borrowed. */
const char *zones_find(const World *world, const char *interface);

/* Docker's existing bridges that belong in its zone (borrowed). Left out are the bridge of an internal network, which Docker
 * 20.10 puts in no zone, and a bridge that leads beyond containers: the zone accepts everything, so its administrator must
 * choose one. A Docker that makes no rules makes no zone either. */
GPtrArray *zones_list_members(const World *world);

/* Notes since when one of these bridges has been in no zone. */
void zones_note_homeless(World *world, gint64 now);
