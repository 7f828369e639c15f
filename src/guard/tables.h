/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the query for an nftables table's existence. Must not know whose it is. Needs CAP_NET_ADMIN. */

#include <stdbool.h>

/* Whether the table exists; family: "ip", "ip6" or "inet". Also false if the kernel does not answer. */
bool tables_have(const char *family, const char *name);
