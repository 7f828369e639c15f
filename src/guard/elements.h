/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns commands about elements alone, sent to the kernel as they are: libnftables would first read all elements of every set with
 * ranges (compile/guard-elements.h). Must not know what the elements stand for. */

#include <stdbool.h>

#include "guard/netlink.h"

/* Runs lines such as "add element inet TABLE SET { 172.17.0.2, 172.17.0.3 }" and "delete element ...", for sets without ranges of
 * addresses, names of interfaces ("\"docker0\""), "tcp . 80" and "172.17.0.2 . tcp . 80", in one transaction: all of it, or nothing
 * and an error. As with nft, adding one that is there does nothing, deleting one that is not fails. The socket is one of
 * netlink_open(NETLINK_NETFILTER). */
bool elements_run(MnlSocket *socket, const char *commands, GError **error);

/* The messages of that transaction, in order, each with the sequence number of its line (counted from 1; the first and the last,
 * which frame it, have 0). NULL if the commands are not of that form. Unref the array. */
GByteArray *elements_encode(const char *commands);
