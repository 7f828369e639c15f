/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iptables.h"

#include "firewalld/direct.h"
#include "world/notices.h"

const KernelTable *iptables_read(World *world, Family family, const char *name, GError **error) {
        /* Notices of other programs' changes may still wait in the socket. */
        (void) notices_take(world);
        KernelTable **table = &world->tables[family][g_str_equal(name, "nat")];
        if (world->tables_are_stale)
                iptables_forget(world);
        if (*table)
                return *table;
        const char *const args[] = { "-t", name, "-S", NULL };
        g_autofree char *text = direct_iptables(world->firewalld, family, args, error);
        if (!text)
                return NULL;
        *table = kernel_table_parse(text);
        if (g_str_equal(name, "filter")) {
                g_clear_pointer(&world->chains[family], g_hash_table_unref);
                world->chains[family] = g_hash_table_ref((*table)->chains);
        }
        return *table;
}

GHashTable *iptables_chains(World *world, Family family, GError **error) {
        (void) notices_take(world);
        /* Without notices a change of the chains goes unseen. */
        if (world->tables_are_stale || !world->monitor)
                iptables_forget_chains(world);
        if (world->chains[family])
                return world->chains[family];
        const KernelTable *filter = iptables_read(world, family, "filter", error);
        return filter ? filter->chains : NULL;
}

void iptables_forget_chains(World *world) {
        ITERATE_FAMILIES (family)
                g_clear_pointer(&world->chains[family], g_hash_table_unref);
}

void iptables_forget(World *world) {
        if (world->tables_are_stale)
                iptables_forget_chains(world);
        ITERATE_FAMILIES (family)
                for (gsize i = 0; i < G_N_ELEMENTS(world->tables[family]); i++)
                        g_clear_pointer(&world->tables[family][i], kernel_table_free);
        world->tables_are_stale = false;
}
