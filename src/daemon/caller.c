/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caller.h"

#include <glib/gi18n.h>

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "model/bounds.h"
#include "model/error.h"

/* The uid of each unique name, as the bus reported it. The bus never reuses a unique name, so an entry of a disconnected sender
 * is harmless; the table is bounded. */
#define KNOWN_MAX 256
static GHashTable *known; /* char * -> uid */

/* Unique names that the bus was asked about, and the calls that wait for its reply. */
static GHashTable *asked; /* char * -> GQueue of Waiting * */

typedef struct Waiting {
        CallerFunc func;
        gpointer userdata;
} Waiting;

static int on_uid(sd_bus_message *reply, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        g_autofree char *sender = userdata;
        gpointer queue = NULL;
        guint32 uid = CALLER_UNKNOWN;
        g_hash_table_steal_extended(asked, sender, NULL, &queue);
        if (sd_bus_message_is_method_error(reply, NULL) <= 0 && sd_bus_message_read(reply, "u", &uid) >= 0) {
                if (g_hash_table_size(known) >= KNOWN_MAX)
                        g_hash_table_remove_all(known);
                g_hash_table_insert(known, g_strdup(sender), GUINT_TO_POINTER(uid));
        }
        for (Waiting *waiting; (waiting = g_queue_pop_head(queue));) {
                waiting->func(uid, waiting->userdata);
                g_free(waiting);
        }
        g_queue_free(queue);
        return 0;
}

static GQueue *ask(sd_bus *bus, const char *sender) {
        g_autofree char *name = g_strdup(sender);
        if (sd_bus_call_method_async(bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionUnixUser", on_uid, name, "s", sender) < 0)
                return NULL;
        GQueue *queue = g_queue_new();
        g_hash_table_insert(asked, g_steal_pointer(&name), queue);
        return queue;
}

bool caller_identify(sd_bus *bus, sd_bus_message *call, CallerFunc func, gpointer userdata, GError **error) {
        const char *sender = sd_bus_message_get_sender(call);
        gpointer uid;
        if (!known) {
                known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
                asked = g_hash_table_new(g_str_hash, g_str_equal);
        }
        if (g_hash_table_lookup_extended(known, sender, NULL, &uid)) {
                func(GPOINTER_TO_UINT(uid), userdata);
                return true;
        }
        GQueue *queue = g_hash_table_lookup(asked, sender);
        if (!queue)
                queue = ask(bus, sender);
        if (!queue) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("the bus cannot be asked which user %s is"), sender);
                return false;
        }
        if (queue->length >= LIMIT_REQUESTS) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("%u requests of %s are in flight; wait for an answer before the next"), queue->length, sender);
                return false;
        }
        Waiting *waiting = g_new(Waiting, 1);
        *waiting = (Waiting){ func, userdata };
        g_queue_push_tail(queue, waiting);
        return true;
}

bool caller_is_known(sd_bus_message *call) {
        return known && g_hash_table_contains(known, sd_bus_message_get_sender(call));
}

bool caller_is_there(sd_bus *bus, sd_bus_message *call) {
        g_autoptr(SdBusMessage) question = NULL;
        int r = sd_bus_message_new_method_call(bus, &question, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                               "org.freedesktop.DBus", "NameHasOwner");
        int is_there = true;
        if (r >= 0 && sd_bus_message_append(question, "s", sd_bus_message_get_sender(call)) >= 0) {
                g_autoptr(SdBusMessage) reply = fiber_call(bus, question, 0, &r);
                if (reply && sd_bus_message_is_method_error(reply, NULL) <= 0)
                        (void) sd_bus_message_read(reply, "b", &is_there);
        }
        return is_there;
}
