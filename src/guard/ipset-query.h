/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns queries of ipset(8)'s sets, which iptables' rules match and nftables cannot list. Must not know rules. Needs
 * CAP_NET_ADMIN. */

#include <glib.h>

#include "model/address.h"

typedef enum IpsetHas {
        IPSET_HAS_NOT,
        IPSET_HAS,
        IPSET_UNTOLD, /* the kernel does not say: a set of this type cannot hold such an element */
} IpsetHas;

/* The set's type ("hash:ip,port", static). *ret_any: it has no family; otherwise *ret_family is its family. NULL: there is no
 * such set, or the kernel did not answer. */
const char *ipset_query_type(const char *set, Family *ret_family, bool *ret_any);

/* Like "ipset test SET ELEMENT". Numbers only: the library would look up names in DNS. */
IpsetHas ipset_query_has(const char *set, const char *element);
