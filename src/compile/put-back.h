/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what it takes to bring our chains in the kernel in line again with what firewalld lists, when somebody flushed or
 * edited them behind its back. Must not know the bus. */

#include "compile/direct-plan.h"
#include "compile/kernel-rules.h"

/* The calls of iptables ("-I CHAIN NUMBER ARGS", "-D CHAIN ARGS"; GStrv, unref the array), in the order in which they are to
 * be made, so that each rule that firewalld lists for a chain with rules of ours is there, in its order, those of
 * others included, and none that looks like ours is there that it does not list. firewalld itself cannot: it adds no rule
 * that it lists, and counts places by its list (measured). NULL: that cannot be done, since a chain is gone or a rule for
 * several addresses is there in part. Rules that are there are not moved. */
GPtrArray *put_back(const KernelTable *table, const DirectConfig *runtime, Family family);
