/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hold.h"

#include "compile/endpoint.h"
#include "model/sort.h"

static void add_interfaces(GPtrArray *interfaces, const Policy *policy) {
        for (guint i = 0; i < policy->interfaces->len; i++)
                if (!g_ptr_array_find_with_equal_func(interfaces, policy->interfaces->pdata[i], g_str_equal, NULL))
                        g_ptr_array_add(interfaces, g_strdup(policy->interfaces->pdata[i]));
}

/* Only what Docker answered about the container itself while it ran: that tells its name, labels, networks and ports at once. */
static void add_known(Hold *hold, DockerFacts *facts) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                for (guint i = 0; container->running && !container->doubted && i < container->addresses->len; i++) {
                        const AddressRange *address = &((DockerAddress *) container->addresses->pdata[i])->address;
                        g_hash_table_add(hold->known[address->family], address_range_format(address));
                }
        }
}

Hold *hold_new(PolicySet *set, DockerFacts *facts, const char *const *spared) {
        bool wanted = false;
        g_autoptr(GPtrArray) interfaces = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, set);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                if (!policy->enabled || !policy_judges(policy) || !endpoint_is_named(policy))
                        continue;
                wanted = true;
                add_interfaces(interfaces, policy);
        }
        if (!wanted)
                return NULL;
        g_ptr_array_sort(interfaces, compare_strings);
        Hold *hold = g_new0(Hold, 1);
        hold->interfaces = g_steal_pointer(&interfaces);
        hold->spared = g_strdupv((char **) spared);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                hold->known[family] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        add_known(hold, facts);
        return hold;
}

void hold_free(Hold *hold) {
        if (!hold)
                return;
        for (Family family = 0; family < _FAMILY_MAX; family++)
                g_hash_table_unref(hold->known[family]);
        g_ptr_array_unref(hold->interfaces);
        g_strfreev(hold->spared);
        g_free(hold);
}

bool hold_holds(const Hold *hold, const DockerContainer *container, const AddressRange *address) {
        if (!hold || container || !address)
                return hold && container && container->running && container->doubted;
        g_autofree char *text = address_range_format(address);
        return !g_hash_table_contains(hold->known[address->family], text);
}
