/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "network-manager.h"

#include <glib/gi18n.h>

#include "bus/cleanup.h"
#include "bus/fiber.h"
#include "model/error.h"

#define NAME "org.freedesktop.NetworkManager"
#define PATH "/org/freedesktop/NetworkManager"
#define SETTINGS_CONNECTION NAME ".Settings.Connection"
#define TIMEOUT_USEC (10ULL * G_USEC_PER_SEC)

/* NMSettingsConnectionFlags. Unsaved connections are left alone too: Update would write to disk what their creator did not. */
enum {
        FLAG_UNSAVED = 0x1,
        FLAG_NM_GENERATED = 0x2,
        FLAG_VOLATILE = 0x4,
        FLAG_EXTERNAL = 0x8,
        FLAGS_NOT_OURS = FLAG_UNSAVED | FLAG_NM_GENERATED | FLAG_VOLATILE | FLAG_EXTERNAL,
};

/* Errors of the first call that mean that NetworkManager is not running or does not know the interface. */
static const char *const NO_DEVICE[] = {
        SD_BUS_ERROR_SERVICE_UNKNOWN,
        SD_BUS_ERROR_NAME_HAS_NO_OWNER,
        NAME ".UnknownDevice",
        NULL,
};

/* Errors of later calls that mean that the interface was deactivated meanwhile. GDBus, which NetworkManager uses, returns
 * UnknownMethod also for an object that is gone. */
static const char *const GONE[] = { SD_BUS_ERROR_UNKNOWN_OBJECT, SD_BUS_ERROR_UNKNOWN_METHOD, NULL };

static const char *const NEVER[] = { NULL };

static sd_bus_message *message(sd_bus *bus, const char *path, const char *interface, const char *member, GError **error) {
        sd_bus_message *call = NULL;
        int r = sd_bus_message_new_method_call(bus, &call, NAME, path, interface, member);
        if (r >= 0)
                r = sd_bus_message_set_auto_start(call, 0); /* an administrator who stopped NetworkManager wants it stopped */
        if (r >= 0)
                return call;
        sd_bus_message_unref(call);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("cannot build the call %s to NetworkManager: %s"), member,
                    g_strerror(-r));
        return NULL;
}

/* Sends a call. NULL without error when the reply is an error that means that there is nothing to do. */
static sd_bus_message *send_message(sd_bus *bus, sd_bus_message *call, const char *const *nothing, GError **error) {
        int r;
        g_autoptr(SdBusMessage) reply = fiber_call(bus, call, TIMEOUT_USEC, &r);
        /* Only after sending, which moves the header that holds the name. */
        const char *member = sd_bus_message_get_member(call);
        if (!reply) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("cannot send %s to NetworkManager: %s"), member,
                            g_strerror(-r));
                return NULL;
        }
        if (!sd_bus_message_is_method_error(reply, NULL))
                return g_steal_pointer(&reply);
        const sd_bus_error *failure = sd_bus_message_get_error(reply);
        if (!g_strv_contains(nothing, failure->name))
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                            _("NetworkManager did not do %s: %s; see \"systemctl status NetworkManager\""), member,
                            failure->message ? failure->message : failure->name);
        return NULL;
}

static void set_bad_reply(const char *member, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO,
                    _("NetworkManager's answer to %s is not of the type that is known of it"), member);
}

static sd_bus_message *call_with_strings(sd_bus *bus, const char *path, const char *interface, const char *member,
                                         const char *const *nothing, const char *const *arguments, GError **error) {
        g_autoptr(SdBusMessage) call = message(bus, path, interface, member, error);
        if (!call)
                return NULL;
        for (const char *const *argument = arguments; *argument; argument++)
                if (sd_bus_message_append_basic(call, 's', *argument) < 0) {
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("cannot say \"%.64s\" to NetworkManager"),
                                    *argument);
                        return NULL;
                }
        return send_message(bus, call, nothing, error);
}

static sd_bus_message *get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                                    GError **error) {
        const char *const arguments[] = { interface, property, NULL };
        return call_with_strings(bus, path, "org.freedesktop.DBus.Properties", "Get", GONE, arguments, error);
}

/* The object that a property names; NULL without error when it names none ("/"). */
static char *get_object(sd_bus *bus, const char *path, const char *interface, const char *property, GError **error) {
        const char *object;
        g_autoptr(SdBusMessage) reply = get_property(bus, path, interface, property, error);
        if (!reply)
                return NULL;
        if (sd_bus_message_read(reply, "v", "o", &object) < 0) {
                set_bad_reply(property, error);
                return NULL;
        }
        return g_str_equal(object, "/") ? NULL : g_strdup(object);
}

static char *get_device(sd_bus *bus, const char *interface, GError **error) {
        const char *device;
        const char *const arguments[] = { interface, NULL };
        g_autoptr(SdBusMessage) reply = call_with_strings(bus, PATH, NAME, "GetDeviceByIpIface", NO_DEVICE, arguments, error);
        if (!reply)
                return NULL;
        if (sd_bus_message_read(reply, "o", &device) < 0) {
                set_bad_reply("GetDeviceByIpIface", error);
                return NULL;
        }
        return g_strdup(device);
}

/* The saved connection that is active on the interface; NULL without error when there is none to change. */
static char *saved_connection(sd_bus *bus, const char *interface, GError **error) {
        guint32 flags;
        g_autofree char *device = get_device(bus, interface, error);
        g_autofree char *active = device ? get_object(bus, device, NAME ".Device", "ActiveConnection", error) : NULL;
        g_autofree char *connection = active ? get_object(bus, active, NAME ".Connection.Active", "Connection", error) : NULL;
        g_autoptr(SdBusMessage) reply = connection ? get_property(bus, connection, SETTINGS_CONNECTION, "Flags", error) : NULL;
        if (!reply)
                return NULL;
        if (sd_bus_message_read(reply, "v", "u", &flags) < 0) {
                set_bad_reply("Flags", error);
                return NULL;
        }
        return flags & FLAGS_NOT_OURS ? NULL : g_steal_pointer(&connection);
}

/* Copies the a{sv} of the setting "connection" with another zone; ret_old: the zone that it had. */
static int copy_connection(sd_bus_message *from, sd_bus_message *to, const char *zone, char **ret_old) {
        int r = sd_bus_message_enter_container(from, 'a', "{sv}");
        if (r >= 0)
                r = sd_bus_message_open_container(to, 'a', "{sv}");
        g_autofree char *old = g_strdup("");
        while (r >= 0 && (r = sd_bus_message_enter_container(from, 'e', "sv")) > 0) {
                const char *key, *value;
                if ((r = sd_bus_message_read(from, "s", &key)) < 0)
                        break;
                if (g_str_equal(key, "zone")) {
                        if ((r = sd_bus_message_read(from, "v", "s", &value)) >= 0) {
                                g_free(old);
                                old = g_strdup(value);
                        }
                } else if ((r = sd_bus_message_open_container(to, 'e', "sv")) >= 0 &&
                           (r = sd_bus_message_append_basic(to, 's', key)) >= 0 &&
                           (r = sd_bus_message_copy(to, from, true)) >= 0)
                        r = sd_bus_message_close_container(to);
                if (r >= 0)
                        r = sd_bus_message_exit_container(from);
        }
        if (r >= 0 && zone[0])
                r = sd_bus_message_append(to, "{sv}", "zone", "s", zone);
        if (r >= 0)
                r = sd_bus_message_close_container(to);
        *ret_old = g_steal_pointer(&old);
        return r < 0 ? r : sd_bus_message_exit_container(from);
}

/* Copies an a{sa{sv}} of settings. ret_old stays NULL when there is no setting "connection". */
static int copy_settings(sd_bus_message *from, sd_bus_message *to, const char *zone, char **ret_old) {
        int r = sd_bus_message_enter_container(from, 'a', "{sa{sv}}");
        if (r >= 0)
                r = sd_bus_message_open_container(to, 'a', "{sa{sv}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(from, 'e', "sa{sv}")) > 0) {
                const char *setting;
                if ((r = sd_bus_message_read(from, "s", &setting)) < 0 ||
                    (r = sd_bus_message_open_container(to, 'e', "sa{sv}")) < 0 ||
                    (r = sd_bus_message_append_basic(to, 's', setting)) < 0)
                        break;
                r = g_str_equal(setting, "connection") && !*ret_old ? copy_connection(from, to, zone, ret_old) :
                                                                      sd_bus_message_copy(to, from, true);
                if (r >= 0 && (r = sd_bus_message_close_container(to)) >= 0)
                        r = sd_bus_message_exit_container(from);
        }
        return r < 0 ? r : sd_bus_message_close_container(to);
}

/* The call that saves the connection with the zone; NULL without error when it already has the zone.
 *
 * GetSettings leaves the secrets out, which suits Update: given settings without any secret, NetworkManager keeps all secrets
 * it has, the system's and the agents' (update_auth_cb() in NetworkManager's nm-settings-connection.c). Given only some of them
 * it would drop the others, so GetSecrets, which may also ask the user, is not called.
 *
 * Update rather than Update2 with NO_REAPPLY, so that the zone also takes effect at once. Otherwise NetworkManager would give
 * firewalld the old zone again after firewalld's next reload. */
static sd_bus_message *new_update(sd_bus *bus, const char *connection, const char *zone, const char *instead_of,
                                  GError **error) {
        g_autoptr(SdBusMessage) get = message(bus, connection, SETTINGS_CONNECTION, "GetSettings", error);
        g_autoptr(SdBusMessage) settings = get ? send_message(bus, get, GONE, error) : NULL;
        g_autoptr(SdBusMessage) update = settings ? message(bus, connection, SETTINGS_CONNECTION, "Update", error) : NULL;
        g_autofree char *old = NULL;
        if (!update)
                return NULL;
        if (copy_settings(settings, update, zone, &old) < 0 || !old) {
                set_bad_reply("GetSettings", error);
                return NULL;
        }
        return g_str_equal(old, zone) || (instead_of && !g_str_equal(old, instead_of)) ? NULL : g_steal_pointer(&update);
}

bool network_manager_set_zone(sd_bus *bus, const char *interface, const char *zone, const char *instead_of, GError **error) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *connection = saved_connection(bus, interface, &failure);
        g_autoptr(SdBusMessage) update = connection ? new_update(bus, connection, zone, instead_of, &failure) : NULL;
        g_autoptr(SdBusMessage) reply = update ? send_message(bus, update, NEVER, &failure) : NULL;
        if (!failure)
                return true;
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
}
