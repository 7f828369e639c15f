/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "shared.h"

#include "model/sort.h"

static bool is_on(const Shared *shared, const DockerNetwork *network) {
        return network->bridge && g_ptr_array_find_with_equal_func(shared->bridges, network->bridge, g_str_equal, NULL);
}

static void add_addresses(Shared *shared, const DockerNetwork *network, DockerFacts *facts) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                for (guint i = 0; container->running && i < container->addresses->len; i++) {
                        const DockerAddress *own = container->addresses->pdata[i];
                        if (g_str_equal(own->network, network->name))
                                g_ptr_array_add(shared->addresses[own->address.family], address_range_format(&own->address));
                }
        }
}

Shared *shared_new(const char *const *bridges, DockerFacts *facts) {
        if (!*bridges)
                return NULL;
        Shared *shared = g_new0(Shared, 1);
        shared->bridges = g_ptr_array_new_with_free_func(g_free);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                shared->addresses[family] = g_ptr_array_new_with_free_func(g_free);
        for (; *bridges; bridges++)
                g_ptr_array_add(shared->bridges, g_strdup(*bridges));
        g_ptr_array_sort(shared->bridges, compare_strings);
        GHashTableIter iter;
        gpointer network;
        g_hash_table_iter_init(&iter, facts->networks);
        while (g_hash_table_iter_next(&iter, NULL, &network))
                if (is_on(shared, network))
                        add_addresses(shared, network, facts);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                g_ptr_array_sort(shared->addresses[family], compare_strings);
        return shared;
}

void shared_free(Shared *shared) {
        if (!shared)
                return;
        g_ptr_array_unref(shared->bridges);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                g_ptr_array_unref(shared->addresses[family]);
        g_free(shared);
}
