/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peer.h"

#include <string.h>

#include "bus/cleanup.h"
#include "bus/fiber.h"

#define DRIVER "org.freedesktop.DBus"
#define DRIVER_PATH "/org/freedesktop/DBus"
/* sd-bus sends itself "Disconnected", through the filters, under this name and interface (process_closing() in sd-bus.c). */
#define LOCAL DRIVER ".Local"

/* The bus knows its names: if it takes this long to answer, it hangs. */
#define TIMEOUT_USEC (10ULL * G_USEC_PER_SEC)

struct Peer {
        sd_bus *bus; /* borrowed */
        char *name;
        char *owner; /* unique name; NULL: none */
        PeerFunc changed;
        gpointer userdata;
};

static GPtrArray *peers;

static bool is_interface_of(const char *interface, const char *name) {
        const gsize length = strlen(name);
        return strncmp(interface, name, length) == 0 && (interface[length] == '\0' || interface[length] == '.');
}

static bool is_genuine(const char *interface, const char *sender) {
        if (!interface || !sender)
                return false;
        if (g_str_equal(interface, LOCAL))
                return g_str_equal(sender, LOCAL);
        if (is_interface_of(interface, DRIVER))
                return g_str_equal(sender, DRIVER);
        for (guint i = 0; i < peers->len; i++) {
                const Peer *peer = peers->pdata[i];
                if (peer->owner && g_str_equal(sender, peer->owner) && is_interface_of(interface, peer->name))
                        return true;
        }
        return false;
}

/* A message that a filter handles reaches no match (process_message() in sd-bus.c). */
static int on_message(sd_bus_message *m, G_GNUC_UNUSED void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        return sd_bus_message_is_signal(m, NULL, NULL) > 0 &&
               !is_genuine(sd_bus_message_get_interface(m), sd_bus_message_get_sender(m));
}

int peer_init(sd_bus *bus) {
        if (!peers)
                peers = g_ptr_array_new();
        return sd_bus_add_filter(bus, NULL, on_message, NULL);
}

static void set_owner(Peer *peer, const char *owner) {
        owner = owner && owner[0] ? owner : NULL;
        if (g_strcmp0(peer->owner, owner) == 0)
                return;
        g_autofree char *old = peer->owner;
        peer->owner = g_strdup(owner);
        if (peer->changed)
                peer->changed(peer->owner, peer->userdata);
}

static int on_name_owner_changed(sd_bus_message *m, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        const char *owner;
        if (sd_bus_message_read(m, "sss", NULL, NULL, &owner) >= 0)
                set_owner(userdata, owner);
        return 0;
}

/* The bus orders these replies and signals: the last one is right. */
static int on_get_name_owner(sd_bus_message *m, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        const char *owner;
        if (sd_bus_message_is_method_error(m, SD_BUS_ERROR_NAME_HAS_NO_OWNER) > 0)
                set_owner(userdata, NULL);
        else if (sd_bus_message_is_method_error(m, NULL) <= 0 && sd_bus_message_read(m, "s", &owner) >= 0)
                set_owner(userdata, owner);
        return 0;
}

int peer_new(sd_bus *bus, const char *name, PeerFunc changed, gpointer userdata, Peer **ret) {
        Peer *peer = g_new0(Peer, 1);
        peer->bus = bus;
        peer->name = g_strdup(name);
        peer->changed = changed;
        peer->userdata = userdata;
        g_ptr_array_add(peers, peer);
        *ret = peer;
        g_autofree char *match = g_strdup_printf("type='signal',sender='" DRIVER "',path='" DRIVER_PATH "',interface='" DRIVER
                                                 "',member='NameOwnerChanged',arg0='%s'",
                                                 name);
        /* Floating slots: they live as long as the bus. */
        int r = sd_bus_add_match_async(bus, NULL, match, on_name_owner_changed, NULL, peer);
        if (r >= 0)
                r = sd_bus_call_method_async(bus, NULL, DRIVER, DRIVER_PATH, DRIVER, "GetNameOwner", on_get_name_owner, peer,
                                             "s", name);
        return r;
}

void peer_free(Peer *peer) {
        if (!peer)
                return;
        g_ptr_array_remove(peers, peer);
        g_free(peer->name);
        g_free(peer->owner);
        g_free(peer);
}

void peer_refresh(Peer *peer) {
        g_autoptr(SdBusMessage) call = NULL;
        int r;
        if (sd_bus_message_new_method_call(peer->bus, &call, DRIVER, DRIVER_PATH, DRIVER, "GetNameOwner") < 0 ||
            sd_bus_message_append(call, "s", peer->name) < 0)
                return;
        g_autoptr(SdBusMessage) reply = fiber_call(peer->bus, call, TIMEOUT_USEC, &r);
        if (reply)
                (void) on_get_name_owner(reply, peer, NULL);
}
