/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hold.h"

#include "compile/endpoint.h"
#include "model/sort.h"

static void add_interfaces(GPtrArray *interfaces, const Policy *policy) {
        for (guint i = 0; i < policy->interfaces->len; i++)
                if (!g_ptr_array_find_with_equal_func(interfaces, policy->interfaces->pdata[i], g_str_equal, NULL))
                        g_ptr_array_add(interfaces, g_strdup(policy->interfaces->pdata[i]));
}

static bool was_admitted(const Admission *admission, const DockerContainer *container) {
        for (guint i = 0; i < container->addresses->len; i++) {
                const AddressRange *address = &((DockerAddress *) container->addresses->pdata[i])->address;
                g_autofree char *text = address_range_format(address);
                if (!admission->before[address->family] || !g_hash_table_contains(admission->before[address->family], text))
                        return false;
        }
        return true;
}

bool hold_admits(const Admission *admission, const DockerContainer *container) {
        return container->ports->len == 0 || container->arrival <= admission->arrivals || was_admitted(admission, container);
}

/* Only what Docker answered about the container itself while it ran: that answer has name, labels, networks and ports at
 * once. */
static void add_known(Hold *hold, DockerFacts *facts, const Admission *admission) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                if (!container->running || container->doubted)
                        continue;
                const bool admitted = !admission || hold_admits(admission, container);
                for (guint i = 0; i < container->addresses->len; i++) {
                        const AddressRange *address = &((DockerAddress *) container->addresses->pdata[i])->address;
                        g_hash_table_add(hold->known[address->family], address_range_format(address));
                        if (!admitted)
                                g_hash_table_add(hold->pending[address->family], address_range_format(address));
                }
        }
}

/* A policy that only has ports judges what was dialled, whoever serves it. Any other judges what goes to containers, and rests on
 * what Docker reports: which ones it names, or the bridges and the published ports that there are. */
static bool follows_docker(const Policy *policy) {
        return policy->enabled && policy_judges(policy) && (endpoint_is_named(policy) || policy->ports->len == 0);
}

bool hold_is_wanted(PolicySet *set) {
        return policy_set_any(set, follows_docker);
}

Hold *hold_new(PolicySet *set, DockerFacts *facts, const char *const *spared, const Admission *admission, bool always) {
        if (!always && !hold_is_wanted(set))
                return NULL;
        g_autoptr(GPtrArray) interfaces = g_ptr_array_new_with_free_func(g_free);
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &value))
                if (follows_docker(value))
                        add_interfaces(interfaces, value);
        g_ptr_array_sort(interfaces, compare_strings);
        Hold *hold = g_new0(Hold, 1);
        hold->interfaces = g_steal_pointer(&interfaces);
        hold->spared = g_strdupv((char **) spared);
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                hold->known[family] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
                hold->pending[family] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        }
        add_known(hold, facts, admission);
        return hold;
}

void hold_free(Hold *hold) {
        if (!hold)
                return;
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_hash_table_unref(hold->known[family]);
                g_hash_table_unref(hold->pending[family]);
        }
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
