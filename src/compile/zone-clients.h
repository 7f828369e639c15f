/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which clients firewalld assigns to which zone, in terms of policies: their addresses, and the interfaces where they come
 * in. Must not know policies. */

#include "compile/zone-rules.h"
#include "model/address.h"

typedef struct ZoneClients ZoneClients;

/* interfaces: of this host, where packets may come in. Those without a zone of their own are in the default zone. */
ZoneClients *zone_clients_new(const ZoneRules *zones, const char *const *interfaces);
void zone_clients_free(ZoneClients *clients);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ZoneClients, zone_clients_free)

/* Clients of a zone, of one family. */
typedef struct ZonePart {
        const char *in;  /* where they come in, interned; NULL: anywhere */
        GArray *sources; /* AddressRange, a set */
} ZonePart;

/* All clients of the zone (ZonePart; unref the array); empty: it has none, or the flaw below. */
GArray *zone_clients_list(const ZoneClients *clients, const char *zone, Family family);

/* Why policies cannot name zones now, for people: firewalld assigns clients by something else than addresses and interfaces, so
 * whoever comes from one of these may be another zone's. NULL: they can. */
const char *zone_clients_flaw(const ZoneClients *clients);
