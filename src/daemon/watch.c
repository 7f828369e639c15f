/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "watch.h"

#include <glib/gi18n.h>

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "daemon/caller.h"
#include "daemon/counts.h"
#include "model/bounds.h"
#include "model/error.h"
#include "world/journal.h"

#define POLICIES "org.quaywall1.Policies"

struct Watch {
        sd_event *event;
        sd_bus *bus, *service;
        const char *path;
        WatchReadFunc read;
        gpointer userdata;
        GHashTable *watchers; /* sender -> Watcher * */
        sd_event_source *timer;
        GHashTable *last;  /* name -> Count *, as read last; NULL: nobody watches */
        gint64 last_time;  /* when, monotonic */
        bool was_changing; /* the last signal reported a change */
        bool is_reading;
};

typedef struct Watcher {
        Watch *watch;
        char *sender;
        uid_t uid;
        sd_bus_slot *slot; /* waits for the sender to leave the bus */
} Watcher;

static void watcher_free(gpointer data) {
        Watcher *watcher = data;
        sd_bus_slot_unref(watcher->slot);
        g_free(watcher->sender);
        g_free(watcher);
}

Watch *watch_new(sd_event *event, sd_bus *bus, sd_bus *service, const char *path, WatchReadFunc read, gpointer userdata) {
        Watch *watch = g_new(Watch, 1);
        *watch = (Watch){ .event = event,
                          .bus = bus,
                          .service = service,
                          .path = path,
                          .read = read,
                          .userdata = userdata,
                          .watchers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, watcher_free) };
        return watch;
}

void watch_free(Watch *watch) {
        if (!watch)
                return;
        sd_event_source_disable_unref(watch->timer);
        g_hash_table_unref(watch->watchers);
        g_clear_pointer(&watch->last, g_hash_table_unref);
        g_free(watch);
}

/* --- the signal ------------------------------------------------------------------------------------------------------- */

static bool has_changed(GHashTable *before, const char *name, const Count *count) {
        const Count *was = g_hash_table_lookup(before, name);
        return was ? was->packets != count->packets || was->bytes != count->bytes : count->packets > 0;
}

/* Returns how many counters the signal has, or a negative errno. */
static int append_changes(sd_bus_message *signal, GHashTable *before, GHashTable *now, guint64 elapsed) {
        int count = 0, r = sd_bus_message_open_container(signal, 'a', "{s(tt)}");
        GHashTableIter iter;
        gpointer name, value;
        g_hash_table_iter_init(&iter, now);
        while (r >= 0 && g_hash_table_iter_next(&iter, &name, &value))
                if (has_changed(before, name, value)) {
                        const Count *is = value;
                        r = sd_bus_message_append(signal, "{s(tt)}", name, is->packets, is->bytes);
                        count++;
                }
        if (r >= 0)
                r = sd_bus_message_close_container(signal);
        if (r >= 0)
                r = sd_bus_message_append(signal, "t", elapsed);
        return r < 0 ? r : count;
}

/* To this caller alone: who may read counters is polkit's to say. Returns as append_changes(). */
static int tell(const Watch *watch, const char *sender, GHashTable *now, guint64 elapsed) {
        g_autoptr(SdBusMessage) signal = NULL;
        int r = sd_bus_message_new_signal(watch->service, &signal, watch->path, POLICIES, "CountersChanged");
        const int count = r < 0 ? r : append_changes(signal, watch->last, now, elapsed);
        if (count < 0 || (count == 0 && !watch->was_changing))
                return count;
        r = sd_bus_message_set_destination(signal, sender);
        if (r >= 0)
                r = sd_bus_send(watch->service, signal, NULL);
        return r < 0 ? r : count;
}

static void take(Watch *watch, GHashTable *now) {
        const gint64 time = g_get_monotonic_time();
        bool changing = false;
        GHashTableIter iter;
        gpointer sender;
        g_hash_table_iter_init(&iter, watch->watchers);
        while (g_hash_table_iter_next(&iter, &sender, NULL))
                changing |= tell(watch, sender, now, time - watch->last_time) > 0;
        watch->was_changing = changing;
        g_hash_table_unref(watch->last);
        watch->last = g_hash_table_ref(now);
        watch->last_time = time;
}

/* --- every second ----------------------------------------------------------------------------------------------------- */

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata);

static void set_timer(Watch *watch) {
        int r = watch->timer ? sd_event_source_set_time_relative(watch->timer, G_USEC_PER_SEC) :
                               sd_event_add_time_relative(watch->event, &watch->timer, CLOCK_MONOTONIC, G_USEC_PER_SEC, 0,
                                                          on_tick, watch);
        if (r >= 0)
                r = sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
        if (r < 0)
                journal_log(LOG_ERR, NULL, _("cannot set a timer: %s"), g_strerror(-r));
}

static void rest(Watch *watch) {
        if (watch->timer)
                (void) sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
        g_clear_pointer(&watch->last, g_hash_table_unref);
}

static void tick_main(gpointer userdata) {
        Watch *watch = userdata;
        g_autoptr(GHashTable) now = watch->read(watch->userdata);
        watch->is_reading = false;
        /* All watchers may have left meanwhile. */
        if (!watch->last)
                return;
        if (now)
                take(watch, now);
        set_timer(watch);
}

static int on_tick(G_GNUC_UNUSED sd_event_source *source, G_GNUC_UNUSED uint64_t usec, void *userdata) {
        Watch *watch = userdata;
        if (watch->is_reading)
                return 0;
        watch->is_reading = true;
        fiber_start(tick_main, watch);
        return 0;
}

/* --- watchers --------------------------------------------------------------------------------------------------------- */

void watch_end(Watch *watch, const char *sender) {
        if (g_hash_table_remove(watch->watchers, sender) && g_hash_table_size(watch->watchers) == 0)
                rest(watch);
}

static int on_vanished(G_GNUC_UNUSED sd_bus_message *m, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Watcher *watcher = userdata;
        g_autofree char *sender = g_strdup(watcher->sender);
        watch_end(watcher->watch, sender);
        return 0;
}

/* One whose leaving would not be noticed does not watch. */
static int on_watched(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        return sd_bus_message_is_method_error(m, NULL) > 0 ? on_vanished(m, userdata, error) : 0;
}

static guint count_of_user(const Watch *watch, uid_t uid) {
        guint count = 0;
        GHashTableIter iter;
        gpointer watcher;
        g_hash_table_iter_init(&iter, watch->watchers);
        while (g_hash_table_iter_next(&iter, NULL, &watcher))
                count += ((const Watcher *) watcher)->uid == uid;
        return count;
}

static bool add(Watch *watch, const char *sender, uid_t uid, GError **error) {
        if (count_of_user(watch, uid) >= LIMIT_WATCHERS) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("%u connections of this user watch the counters already; end one of them"), LIMIT_WATCHERS);
                return false;
        }
        Watcher *watcher = g_new(Watcher, 1);
        *watcher = (Watcher){ .watch = watch, .sender = g_strdup(sender), .uid = uid };
        g_autofree char *match = g_strdup_printf("type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                                                 "member='NameOwnerChanged',arg0='%s'",
                                                 sender);
        const int r = sd_bus_add_match_async(watch->bus, &watcher->slot, match, on_vanished, on_watched, watcher);
        if (r < 0) {
                watcher_free(watcher);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("the bus cannot be asked to report when you leave: %s"),
                            g_strerror(-r));
                return false;
        }
        g_hash_table_insert(watch->watchers, watcher->sender, watcher);
        return true;
}

bool watch_begin(Watch *watch, sd_bus_message *call, uid_t uid, GHashTable *counts, GError **error) {
        const char *sender = sd_bus_message_get_sender(call);
        if (g_hash_table_contains(watch->watchers, sender))
                return true;
        if (!add(watch, sender, uid, error))
                return false;
        if (!watch->last) {
                watch->last = g_hash_table_ref(counts);
                watch->last_time = g_get_monotonic_time();
                watch->was_changing = false;
                set_timer(watch);
        }
        /* It may have left before the match was in place. The bus answers on the same connection, so in this order. */
        if (caller_is_there(watch->bus, call))
                return true;
        watch_end(watch, sender);
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_ACCESS_DENIED, _("the caller left the bus"));
        return false;
}
