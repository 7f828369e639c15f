/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: the counters, read once or watched. */

#include "daemon/bus.h"
#include "daemon/counts.h"
#include "daemon/watch.h"
#include "world/carried.h"

/* Also those that containers carry (unref). */
static PolicySet *all_policies(const Daemon *daemon) {
        return carried_join(daemon->world, daemon->intent.runtime);
}

static bool reply(Request *request, GHashTable *counts, GError **error) {
        sd_bus_message *m = request_new_reply(request);
        g_autoptr(PolicySet) policies = all_policies(request->daemon);
        g_autoptr(GPtrArray) names = policy_set_names(policies);
        int r = sd_bus_message_open_container(m, 'a', "{s(tt)}");
        for (guint i = 0; r >= 0 && i < names->len; i++) {
                const Count *count = g_hash_table_lookup(counts, names->pdata[i]);
                if (count)
                        r = sd_bus_message_append(m, "{s(tt)}", names->pdata[i], count->packets, count->bytes);
        }
        return request_reply(request, m, r < 0 ? r : sd_bus_message_close_container(m), error);
}

bool policies_counters(Request *request, GError **error) {
        const Daemon *daemon = request->daemon;
        g_autoptr(PolicySet) policies = all_policies(daemon);
        g_autoptr(GHashTable) counts = counts_read(daemon->world, policies, daemon->carried, error);
        return counts && reply(request, counts, error);
}

/* --- watched ---------------------------------------------------------------------------------------------------------- */

/* The guard blocks first: while it is there, DOCKER-USER's rules count next to nothing, and firewalld, which runs iptables to
 * read them, has better things to do. */
#define DIRECT_EVERY 10

/* What cannot be read now, because firewalld is away or the guard is being repaired, is signalled once it can. NULL: nothing can.
 * direct_too: else those of DOCKER-USER are as they were. */
static GHashTable *read_watched(Daemon *daemon, bool direct_too) {
        World *world = daemon->world;
        g_autoptr(PolicySet) policies = all_policies(daemon);
        if (direct_too || daemon->watched_is_old || !world->guard) {
                daemon->watched_is_old = false;
                GHashTable *now = counts_read_direct(world, policies, NULL);
                if (now) {
                        g_clear_pointer(&daemon->watched_direct, g_hash_table_unref);
                        daemon->watched_direct = now;
                }
        }
        if (!daemon->watched_direct && !world->guard)
                return NULL;
        GHashTable *counts = counts_read_guard(world, policies, daemon->carried, NULL);
        if (counts && daemon->watched_direct)
                counts_add(counts, daemon->watched_direct);
        return counts;
}

GHashTable *policies_read_watched(gpointer userdata) {
        static guint ticks;
        Daemon *daemon = userdata;
        const bool *is_changing = &daemon->world->mutex->locked;
        g_autoptr(GHashTable) counts = *is_changing ? NULL : read_watched(daemon, ++ticks % DIRECT_EVERY == 0);
        /* While a change replaces rules, what they had counted is not carried yet; and it may have begun since. */
        return *is_changing || daemon->watched_is_old ? NULL : g_steal_pointer(&counts);
}

bool policies_prepare_watch(Request *request, GError **error) {
        static const char *const OPTIONS[] = { NULL };
        return options_read(request->call, OPTIONS, &request->options, error);
}

bool policies_watch_counters(Request *request, GError **error) {
        g_autoptr(GHashTable) counts = read_watched(request->daemon, true);
        if (!counts)
                counts = g_hash_table_new(g_str_hash, g_str_equal);
        return watch_begin(request->daemon->watch, request->call, request->uid, counts, error) && reply(request, counts, error);
}

bool policies_unwatch_counters(Request *request, GError **error) {
        watch_end(request->daemon->watch, sd_bus_message_get_sender(request->call));
        return request_reply(request, request_new_reply(request), 0, error);
}
