/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how the destinations that policies name divide the addresses of one host. Must not know policies. */

#include "model/address.h"

/* A destination that policies name; the first place is for all remaining addresses. */
typedef struct Place {
        const char *text; /* prefix; "": any */
        AddressRange range;
        AddressRange spot; /* an address in it that is in no narrower place */
} Place;

/* Divides the addresses of host by these destinations (char *, prefixes), from the widest to the narrowest (Place, which borrow
 * their texts; unref the array). Leaves out destinations that narrower ones cover completely. */
GArray *places_find(const AddressRange *host, GPtrArray *destinations);
