/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "permanent.h"

#include "firewalld/direct.h"

const DirectConfig *permanent_read(World *world, GError **error) {
        if (!world->permanent_is_whole) {
                permanent_forget(world);
                world->permanent = direct_read_permanent(world->firewalld, error);
                world->permanent_is_whole = world->permanent;
        }
        return world->permanent;
}

const DirectConfig *permanent_others(const World *world) {
        return world->permanent;
}

void permanent_rest(World *world) {
        GPtrArray *rules = world->permanent ? world->permanent->rules : NULL;
        for (guint i = rules ? rules->len : 0; i-- > 0;)
                if (direct_entry_is_ours(rules->pdata[i]))
                        g_ptr_array_remove_index(rules, i);
        world->permanent_is_whole = false;
}

void permanent_forget(World *world) {
        g_clear_pointer(&world->permanent, direct_config_free);
        world->permanent_is_whole = false;
}
