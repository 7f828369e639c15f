/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns questions to the kernel's routing tables: by which interface an address is reached. Must not know why. */

#include "model/address.h"

/* Answers are kept as long as this, so it is for one round of questions. */
typedef struct Routes Routes;

Routes *routes_new(GError **error);
void routes_free(Routes *routes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Routes, routes_free)

/* The name of the interface by which packets to this one address leave; "lo" when it is the host's own; NULL when there
 * is no telling: no route, or an address that means something else on each link (fe80::1). Borrowed. Where routing is not
 * symmetric (policy routing, several ways) this is not where packets FROM the address come in. */
const char *routes_interface_to(Routes *routes, const AddressRange *address);
