/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading this host's own addresses. Must not know what they are for. */

#include <stdbool.h>

#include <glib.h>

#include "model/address.h"

typedef struct HostAddress {
        AddressRange address; /* a single one */
        guint link;           /* index of its interface */
        bool is_local;        /* loopback or link-local: nobody dials it from another network */
} HostAddress;

/* All of them (HostAddress; unref the array), in the kernel's order: for each interface IPv4 with the primary addresses first, and
 * IPv6 with the widest scope first. NULL if the kernel does not answer. Nothing is kept: the kernel reports changes, but on some
 * networks so often (IPv6 router advertisements) that listening would wake an idle daemon for nothing. */
GArray *addresses_list(void);
