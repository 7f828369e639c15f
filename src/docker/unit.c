/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit.h"

#include "bus/cleanup.h"
#include "bus/fiber.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define TIMEOUT_USEC (5ULL * G_USEC_PER_SEC)

/* Never starts anything: on a host without systemd the bus would look for a service to start under that name. */
static sd_bus_message *call(sd_bus *bus, sd_bus_message *message) {
        int r;
        (void) sd_bus_message_set_auto_start(message, 0);
        sd_bus_message *reply = fiber_call(bus, message, TIMEOUT_USEC, &r);
        if (reply && sd_bus_message_is_method_error(reply, NULL)) {
                sd_bus_message_unref(reply);
                return NULL;
        }
        return reply;
}

char *unit_of_process(sd_bus *bus, pid_t pid) {
        g_autoptr(SdBusMessage) ask = NULL;
        const char *path;
        if (!bus ||
            sd_bus_message_new_method_call(bus, &ask, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                                           "GetUnitByPID") < 0 ||
            sd_bus_message_append(ask, "u", (uint32_t) pid) < 0)
                return NULL;
        g_autoptr(SdBusMessage) reply = call(bus, ask);
        return reply && sd_bus_message_read(reply, "o", &path) >= 0 ? g_strdup(path) : NULL;
}

static char *read_state(sd_bus *bus, const char *path) {
        g_autoptr(SdBusMessage) ask = NULL;
        const char *state;
        if (!path || sd_bus_message_new_method_call(bus, &ask, SYSTEMD, path, "org.freedesktop.DBus.Properties", "Get") < 0 ||
            sd_bus_message_append(ask, "ss", SYSTEMD ".Unit", "ActiveState") < 0)
                return NULL;
        g_autoptr(SdBusMessage) reply = call(bus, ask);
        return reply && sd_bus_message_read(reply, "v", "s", &state) >= 0 ? g_strdup(state) : NULL;
}

bool unit_is_up(sd_bus *bus, const char *name) {
        g_autoptr(SdBusMessage) ask = NULL;
        const char *path;
        if (sd_bus_message_new_method_call(bus, &ask, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager", "GetUnit") <
                    0 ||
            sd_bus_message_append(ask, "s", name) < 0)
                return false;
        g_autoptr(SdBusMessage) reply = call(bus, ask);
        if (!reply || sd_bus_message_read(reply, "o", &path) < 0)
                return false;
        g_autofree char *state = read_state(bus, path);
        return g_strcmp0(state, "active") == 0 || g_strcmp0(state, "activating") == 0 || g_strcmp0(state, "reloading") == 0;
}

bool unit_is_stopping(sd_bus *bus, const char *path) {
        g_autofree char *state = read_state(bus, path);
        return g_strcmp0(state, "deactivating") == 0;
}
