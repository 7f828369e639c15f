/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the question what is in a set of ipset(8), which rules of iptables ask and nftables cannot list. Must not know rules. Needs
 * CAP_NET_ADMIN. */

#include <glib.h>

#include "model/address.h"

typedef enum IpsetHas {
        IPSET_HAS_NOT,
        IPSET_HAS,
        IPSET_UNTOLD, /* the kernel does not say: no such element can be in a set of this type */
} IpsetHas;

/* The set's type ("hash:ip,port", static), *ret_any: it has no family, and otherwise *ret_family its own; NULL: there is no such set,
 * or the kernel did not answer. */
const char *ipset_query_type(const char *set, Family *ret_family, bool *ret_any);

/* As "ipset test SET ELEMENT": numbers only, or the library would ask name servers. */
IpsetHas ipset_query_has(const char *set, const char *element);
