/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world/carried.h"

#include "docker/docker.h"

PolicySet *carried_join(const World *world, PolicySet *set) {
        if (!world->settings->labels)
                return policy_set_ref(set);
        PolicySet *all = policy_set_copy(set);
        labels_add(all, world->docker->facts, world->ipsets_now, NULL);
        return all;
}

PolicySet *carried_list(const World *world, PolicySet *groups, GPtrArray *flaws) {
        PolicySet *set = policy_set_new_beside(groups);
        if (world->settings->labels)
                labels_add(set, world->docker->facts, world->ipsets_now, flaws);
        return set;
}

bool carried_any(const World *world, PolicySet *set, bool (*is)(const Policy *policy)) {
        if (policy_set_any(set, is))
                return true;
        g_autoptr(PolicySet) carried = carried_list(world, set, NULL);
        return policy_set_any(carried, is);
}
