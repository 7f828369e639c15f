/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the question which nftables tables there are. Must not know whose they are. Needs CAP_NET_ADMIN. */

#include <stdbool.h>

/* Whether there is a table; family: "ip", "ip6" or "inet". False also when the kernel does not answer. */
bool tables_have(const char *family, const char *name);
