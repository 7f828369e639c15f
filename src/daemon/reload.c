/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reload.h"

#include <glib/gi18n.h>

#include "compile/kernel-rules.h"
#include "firewalld/direct.h"
#include "guard/tables.h"
#include "world/iptables.h"
#include "world/journal.h"
#include "world/notices.h"

/* Docker rebuilds after firewalld's signal, DNAT last; measured: after 0.3 to 1 s. */
#define REBUILD_USEC (5 * G_USEC_PER_SEC)

/* The number of Docker's rules for published ports and bridges; 0: the chain does not exist or cannot be read. */
static guint count_docker_rules(World *world) {
        const char *const args[] = { "-t", "nat", "-S", NULL };
        g_autofree char *text = direct_iptables(world->firewalld, FAMILY_IPV4, args, NULL);
        g_autoptr(KernelTable) table = text ? kernel_table_parse(text) : NULL;
        guint count = 0;
        for (guint i = 0; table && i < table->rules->len; i++)
                count += g_str_equal(((KernelRule *) table->rules->pdata[i])->chain, "DOCKER");
        return count;
}

static bool has_as_many(World *world, gpointer before) {
        return count_docker_rules(world) >= GPOINTER_TO_UINT(before);
}

/* firewalld's reload begins by deleting its table. If somebody has done so already, it gives up and leaves everybody locked out
 * (1.3.3); the next reload does not try to delete it. */
static bool reload_twice(World *world, GError **error) {
        g_autoptr(GError) failure = NULL;
        if (direct_reload(world->firewalld, &failure))
                return true;
        if (!world->firewalld_table || tables_have("inet", "firewalld")) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        journal_log(LOG_NOTICE, NULL, _("firewalld could not reload, as its table is gone; once more"));
        return direct_reload(world->firewalld, error);
}

bool reload_firewalld(World *world, Agenda *agenda, GError **error) {
        const guint before = count_docker_rules(world);
        iptables_forget(world);
        world->reloading = true;
        const bool reloaded = reload_twice(world, error);
        world->reloading = false;
        if (!reloaded)
                return false;
        agenda_within(agenda, AGENDA_RECONCILE, 2 * G_USEC_PER_SEC);
        if (before > 0)
                notices_wait(world, has_as_many, GUINT_TO_POINTER(before), REBUILD_USEC);
        return true;
}
