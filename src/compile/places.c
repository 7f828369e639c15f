/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "places.h"

#include <string.h>

/* These are prefixes: the first and last address of a wider one differ in a higher bit. */
static int compare_places(gconstpointer pa, gconstpointer pb) {
        const AddressRange *a = &((const Place *) pa)->range, *b = &((const Place *) pb)->range;
        for (gsize i = 0; i < sizeof a->first; i++) {
                const int wide_a = a->first[i] ^ a->last[i], wide_b = b->first[i] ^ b->last[i];
                if (wide_a != wide_b)
                        return wide_b - wide_a;
        }
        return memcmp(a->first, b->first, sizeof a->first);
}

GArray *places_find(const AddressRange *host, GPtrArray *destinations) {
        g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Place)), places = g_array_new(FALSE, FALSE, sizeof(Place));
        const Place rest = { .text = "", .range = *host };
        g_array_append_val(all, rest);
        for (guint i = 0; i < destinations->len; i++) {
                Place place = { .text = destinations->pdata[i] };
                if (address_range_parse(place.text, &place.range, NULL) && !address_range_contains(&place.range, host))
                        g_array_append_val(all, place);
        }
        g_array_sort(all, compare_places);
        for (guint i = 0; i < all->len; i++) {
                Place *place = &g_array_index(all, Place, i);
                g_autoptr(GArray) whole = g_array_new(FALSE, FALSE, sizeof(AddressRange));
                g_autoptr(GArray) narrower = g_array_new(FALSE, FALSE, sizeof(AddressRange));
                g_array_append_val(whole, place->range);
                for (guint k = i + 1; k < all->len; k++)
                        if (address_range_contains(&place->range, &g_array_index(all, Place, k).range))
                                g_array_append_val(narrower, g_array_index(all, Place, k).range);
                g_autoptr(GArray) holes = address_set_new(narrower, host->family), left = address_set_subtract(whole, holes);
                if (left->len == 0)
                        continue;
                place->spot = g_array_index(left, AddressRange, 0);
                memcpy(place->spot.last, place->spot.first, sizeof place->spot.last);
                g_array_append_val(places, *place);
        }
        return g_steal_pointer(&places);
}
