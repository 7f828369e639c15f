/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns restoring our chains in the kernel to what firewalld lists, after somebody flushed or edited them behind its back. Must
 * not know the bus. */

#include "compile/direct-plan.h"
#include "compile/kernel-rules.h"

/* The calls of iptables ("-I CHAIN NUMBER ARGS", "-D CHAIN ARGS"; GStrv, unref the array), in the order in which to make them.
 * After them, each chain with our rules has every rule that firewalld lists for it, in firewalld's order and including those of
 * others, and no rule that looks like ours but is not listed. firewalld itself cannot do this: it does not add a rule that it
 * lists already, and counts places by its list (measured). NULL: impossible, since a chain is gone or a rule for several
 * addresses is there in part. Existing rules are not moved. */
GPtrArray *put_back(const KernelTable *table, const DirectConfig *runtime, Family family);
