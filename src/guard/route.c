/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "route.h"

#include <net/if.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "guard/kernel-query.h"

struct Routes {
        KernelQuery *query;
        GHashTable *known; /* AddressRange * -> char *, borrowed from names, or NULL */
        GHashTable *names; /* index -> char * */
};

static guint address_hash(gconstpointer p) {
        const AddressRange *address = p;
        guint hash = address->family;
        for (guint i = 0; i < sizeof address->first; i++)
                hash = hash * 31 + address->first[i];
        return hash;
}

static gboolean address_equal(gconstpointer pa, gconstpointer pb) {
        const AddressRange *a = pa, *b = pb;
        return a->family == b->family && memcmp(a->first, b->first, sizeof a->first) == 0;
}

Routes *routes_new(GError **error) {
        KernelQuery *query = kernel_query_new(error);
        if (!query)
                return NULL;
        Routes *routes = g_new0(Routes, 1);
        routes->query = query;
        routes->known = g_hash_table_new_full(address_hash, address_equal, g_free, NULL);
        routes->names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        return routes;
}

void routes_free(Routes *routes) {
        kernel_query_free(routes->query);
        g_hash_table_unref(routes->known);
        g_hash_table_unref(routes->names);
        g_free(routes);
}

/* The interface's index; 0: unknown. */
static unsigned ask(Routes *routes, const AddressRange *address) {
        KernelRoute route;
        if (kernel_query_route(routes->query, address->family, NULL, address->first, 0, 0, &route) < 0)
                return 0;
        return route.type == RTN_LOCAL ? if_nametoindex("lo") : route.type == RTN_UNICAST ? route.out : 0;
}

static bool is_of_one_link(const AddressRange *address) {
        return address->family == FAMILY_IPV6 && address->first[0] == 0xfe && (address->first[1] & 0xc0) == 0x80;
}

static const char *name_of(Routes *routes, unsigned index) {
        char name[IF_NAMESIZE];
        char *known = g_hash_table_lookup(routes->names, GUINT_TO_POINTER(index));
        if (!known && index > 0 && if_indextoname(index, name)) {
                known = g_strdup(name);
                g_hash_table_insert(routes->names, GUINT_TO_POINTER(index), known);
        }
        return known;
}

const char *routes_interface_to(Routes *routes, const AddressRange *address) {
        gpointer name;
        if (is_of_one_link(address))
                return NULL;
        if (!g_hash_table_lookup_extended(routes->known, address, NULL, &name)) {
                name = (char *) name_of(routes, ask(routes, address));
                g_hash_table_insert(routes->known, g_memdup2(address, sizeof *address), name);
        }
        return name;
}
