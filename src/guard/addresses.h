/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading this host's own addresses. Must not know what they are for. */

#include <glib.h>

/* All but loopback and link-local ones, which no client of another host dials (char *; sorted; unref the array). Read from the kernel
 * at most once a second, since everybody on this host may ask; the kernel reports changes, but on some networks so often (IPv6
 * router advertisements) that listening would wake an idle daemon for nothing. Empty if the kernel does not answer. */
GPtrArray *addresses_list(void);
