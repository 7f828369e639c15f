/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world/ipsets.h"

#include <glib/gi18n.h>

#include "firewalld/ipset.h"
#include "world/carried.h"
#include "world/memory.h"

#define FILE_NAME "ipsets"

static Ipsets *recall(const char *folder) {
        g_autofree char *file = g_build_filename(folder, FILE_NAME, NULL), *text = NULL;
        return g_file_get_contents(file, &text, NULL, NULL) ? ipsets_from_text(text) : NULL;
}

Ipsets *ipsets_recall_permanent(const Settings *settings) {
        Ipsets *ipsets = recall(settings->state_folder);
        return ipsets ? ipsets : ipsets_new();
}

void ipsets_recall(World *world) {
        world->ipsets_later = ipsets_recall_permanent(world->settings);
        world->ipsets_now = recall(world->settings->runtime_folder);
        if (!world->ipsets_now)
                world->ipsets_now = g_hash_table_ref(world->ipsets_later); /* the first start after a boot */
        world->ipsets_stale = true;
}

static void save(const char *folder, Ipsets *ipsets) {
        g_autofree char *file = g_build_filename(folder, FILE_NAME, NULL), *text = ipsets_to_text(ipsets);
        memory_save(file, text, 0644);
}

/* Without ipsets there is no file. */
static bool take(Ipsets **known, Ipsets *fresh, const char *folder) {
        if (ipsets_equal(*known, fresh))
                return false;
        ipsets_unref(*known);
        *known = g_hash_table_ref(fresh);
        save(folder, fresh);
        return true;
}

static bool read_one(Firewalld *firewalld, bool permanent, const char *name, Ipsets *ipsets, GError **error) {
        g_autofree char *type = NULL;
        g_auto(GStrv) entries = NULL;
        if (!ipset_read(firewalld, permanent, name, &type, &entries, error))
                return false;
        if (g_str_equal(type, "hash:ip") || g_str_equal(type, "hash:net")) {
                ipsets_put(ipsets, name, (const char *const *) entries);
                return true;
        }
        g_autofree char *flaw =
                g_strdup_printf(_("is of type \"%s\"; sources can be of type \"hash:ip\" and \"hash:net\""), type);
        ipsets_put_flaw(ipsets, name, IPSET_UNUSABLE, flaw);
        return true;
}

/* Those of these names, which may not exist; NULL on an error. */
static Ipsets *read_all(Firewalld *firewalld, bool permanent, GPtrArray *names, GError **error) {
        g_autoptr(Ipsets) ipsets = ipsets_new();
        if (names->len == 0)
                return g_steal_pointer(&ipsets);
        g_auto(GStrv) there = permanent ? ipset_list_permanent(firewalld, error) : ipset_list_runtime(firewalld, error);
        if (!there)
                return NULL;
        for (guint i = 0; i < names->len; i++)
                if (!g_strv_contains((const char *const *) there, names->pdata[i]))
                        ipsets_put_flaw(ipsets, names->pdata[i], IPSET_MISSING,
                                        permanent ? _("does not exist permanently") : _("does not exist"));
                else if (!read_one(firewalld, permanent, names->pdata[i], ipsets, error))
                        return NULL;
        return g_steal_pointer(&ipsets);
}

static bool are_known(const World *world, GPtrArray *names) {
        for (guint i = 0; i < names->len; i++)
                if (!ipsets_find(world->ipsets_now, names->pdata[i]) || !ipsets_find(world->ipsets_later, names->pdata[i]))
                        return false;
        return true;
}

/* Those that policies of these sets name, or containers in labels (char *, owned). */
static GPtrArray *list_names(const World *world, PolicySet *const *sets) {
        g_autoptr(PolicySet) carried = carried_list(world, sets[0], NULL);
        g_autoptr(GPtrArray) ours = ipsets_named(sets), theirs = ipsets_named((PolicySet *const[]){ carried, NULL });
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_extend(ours, theirs, NULL, NULL);
        for (guint i = 0; i < ours->len; i++)
                if (!g_ptr_array_find_with_equal_func(names, ours->pdata[i], g_str_equal, NULL))
                        g_ptr_array_add(names, g_strdup(ours->pdata[i]));
        return names;
}

bool ipsets_read(World *world, PolicySet *const *sets, bool *ret_changed, GError **error) {
        if (ret_changed)
                *ret_changed = false;
        g_autoptr(GPtrArray) names = list_names(world, sets);
        if (!world->firewalld->owner || (!world->ipsets_stale && are_known(world, names)))
                return true;
        world->ipsets_stale = false; /* a signal that arrives from now on means another reading */
        g_autoptr(Ipsets) now = read_all(world->firewalld, false, names, error);
        g_autoptr(Ipsets) later = now ? read_all(world->firewalld, true, names, error) : NULL;
        if (!later) {
                world->ipsets_stale = true;
                return false;
        }
        ipsets_bound(now, sets);
        ipsets_bound(later, sets);
        const bool changed = take(&world->ipsets_now, now, world->settings->runtime_folder);
        const bool changes = take(&world->ipsets_later, later, world->settings->state_folder);
        if (ret_changed)
                *ret_changed = changed || changes;
        return true;
}

Ipsets *ipsets_look_up(World *world, PolicySet *const *sets, GError **error) {
        g_autoptr(GPtrArray) names = list_names(world, sets);
        g_autoptr(Ipsets) ipsets = world->firewalld->owner ? read_all(world->firewalld, false, names, error) : ipsets_new();
        if (ipsets)
                ipsets_bound(ipsets, sets);
        return g_steal_pointer(&ipsets);
}
