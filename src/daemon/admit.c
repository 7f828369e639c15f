/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "admit.h"

#include "compile/endpoint.h"
#include "daemon/apply.h"
#include "daemon/cut.h"
#include "docker/docker.h"
#include "guard/listeners.h"

/* docker-proxy closes a client's connection as soon as its own is refused, which takes it a moment; nothing reports it. */
#define FIRST_USEC 5000ULL
#define LAST_USEC G_USEC_PER_SEC

static void admit_all(World *world, guint64 arrivals) {
        world->admission.arrivals = arrivals;
        for (Family family = 0; family < _FAMILY_MAX; family++)
                g_clear_pointer(&world->admission.before[family], g_hash_table_unref);
}

void admit_recall(World *world) {
        for (Family family = 0; world->guard && family < _FAMILY_MAX; family++)
                world->admission.before[family] = guard_recall_admitted(world->guard, family);
        /* Nothing was held. */
        if (!world->admission.before[FAMILY_IPV4])
                admit_all(world, world->docker->facts->arrivals);
}

/* The ports of the containers that wait (PublishedPort). */
static GArray *list_ports(World *world) {
        GArray *ports = g_array_new(FALSE, FALSE, sizeof(PublishedPort));
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, world->docker->facts->containers);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const DockerContainer *container = value;
                if (container->running && !container->doubted && !hold_admits(&world->admission, container))
                        endpoint_add_published(ports, container);
        }
        return ports;
}

bool admit_is_due(World *world, PolicySet *in_force) {
        const guint64 arrivals = world->docker->facts->arrivals;
        /* Most events bring nobody new. */
        if (world->admission.arrivals < arrivals && apply_holds(world, in_force)) {
                g_autoptr(GArray) ports = list_ports(world);
                if (ports->len > 0)
                        return true;
        }
        admit_all(world, arrivals);
        return false;
}

bool admit_settle(World *world, PolicySet *in_force, GError **error) {
        const guint64 arrivals = world->docker->facts->arrivals;
        g_autoptr(GArray) ports = list_ports(world);
        g_autoptr(GArray) flows = cut_proxied(world, in_force, ports, error);
        if (!flows)
                return false;
        for (guint64 usec = FIRST_USEC; listeners_wait_for(flows) > 0; usec = MIN(2 * usec, LAST_USEC))
                fiber_sleep(world->event, usec);
        admit_all(world, arrivals);
        return true;
}
