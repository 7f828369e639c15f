/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns queries of the kernel's routing tables: which interface leads to an address. Must not know why. */

#include "model/address.h"

/* Caches its answers for its lifetime, so use it for one round of queries. */
typedef struct Routes Routes;

Routes *routes_new(GError **error);
void routes_free(Routes *routes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Routes, routes_free)

/* The name of the interface by which packets to this single address leave; "lo" if it is the host's own; NULL if unknown: no
 * route, or an address that differs on each link (fe80::1). Borrowed. With asymmetric routing (policy routing, several paths),
 * packets FROM the address come in elsewhere. */
const char *routes_interface_to(Routes *routes, const AddressRange *address);
