/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: the counters, read once or watched. */

#include "daemon/bus.h"
#include "daemon/counters.h"
#include "daemon/watch.h"

static GHashTable *collect(const Daemon *daemon, GError **error) {
        PolicySet *policies = daemon->intent.runtime;
        g_autoptr(GHashTable) counts = counters_read_guard(daemon->world, policies, error);
        g_autoptr(GHashTable) direct = counts ? counters_read_direct(daemon->world, policies, error) : NULL;
        if (!direct)
                return NULL;
        counters_add(counts, direct);
        return g_steal_pointer(&counts);
}

static bool reply(Request *request, GHashTable *counts, GError **error) {
        sd_bus_message *m = request_new_reply(request);
        g_autoptr(GPtrArray) names = policy_set_names(request->daemon->intent.runtime);
        int r = sd_bus_message_open_container(m, 'a', "{s(tt)}");
        for (guint i = 0; r >= 0 && i < names->len; i++) {
                const Count *count = g_hash_table_lookup(counts, names->pdata[i]);
                if (count)
                        r = sd_bus_message_append(m, "{s(tt)}", names->pdata[i], count->packets, count->bytes);
        }
        return request_reply(request, m, r < 0 ? r : sd_bus_message_close_container(m), error);
}

bool policies_counters(Request *request, GError **error) {
        g_autoptr(GHashTable) counts = collect(request->daemon, error);
        return counts && reply(request, counts, error);
}

/* --- watched ---------------------------------------------------------------------------------------------------------- */

/* The guard blocks first: while it is there, DOCKER-USER's rules count next to nothing, and firewalld, which runs iptables to
 * read them, has better things to do. */
#define DIRECT_EVERY 10

/* What cannot be read now, because firewalld is away or the guard is being repaired, is signalled once it can. NULL: nothing can.
 * direct_too: else those of DOCKER-USER are as they were. */
static GHashTable *read_watched(const Daemon *daemon, bool direct_too) {
        static GHashTable *direct;
        g_autoptr(GHashTable) counts = counters_read_guard(daemon->world, daemon->intent.runtime, NULL);
        if (counts && (direct_too || !daemon->world->guard)) {
                GHashTable *now = counters_read_direct(daemon->world, daemon->intent.runtime, NULL);
                if (now) {
                        g_clear_pointer(&direct, g_hash_table_unref);
                        direct = now;
                }
        }
        if (!counts || (!direct && !daemon->world->guard))
                return NULL;
        if (direct)
                counters_add(counts, direct);
        return g_steal_pointer(&counts);
}

GHashTable *policies_read_watched(gpointer userdata) {
        static guint ticks;
        return read_watched(userdata, ++ticks % DIRECT_EVERY == 0);
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
