/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "bus/fiber.h"
#include "model/error.h"

#define EXCEPTION FIREWALLD_INTERFACE ".Exception"

/* A reload with 1,000 direct rules takes under a second (FACTS); a firewalld that is silent for this long is broken. */
#define TIMEOUT_USEC (30ULL * G_USEC_PER_SEC)

/* firewalld's state is queried first, also at start, when Docker waits for us: a firewalld that hangs must not delay Docker. */
#define REFRESH_USEC (10ULL * G_USEC_PER_SEC)

static const struct {
        const char *name;
        FirewalldCode code;
} CODES[] = {
        { "ALREADY_ENABLED", FIREWALLD_ALREADY_ENABLED },     { "NOT_ENABLED", FIREWALLD_NOT_ENABLED },
        { "COMMAND_FAILED", FIREWALLD_COMMAND_FAILED },       { "ZONE_ALREADY_SET", FIREWALLD_ZONE_ALREADY_SET },
        { "UNKNOWN_INTERFACE", FIREWALLD_UNKNOWN_INTERFACE }, { "INVALID_ZONE", FIREWALLD_INVALID_ZONE },
};

static void set_state(Firewalld *firewalld, const char *state, const char *version) {
        if (g_strcmp0(firewalld->state, state) == 0 && g_strcmp0(firewalld->version, version) == 0)
                return;
        g_free(firewalld->state);
        g_free(firewalld->version);
        firewalld->state = g_strdup(state);
        firewalld->version = g_strdup(version);
        firewalld->handler(FIREWALLD_STATE_CHANGED, firewalld->userdata);
}

static void on_owner(const char *owner, gpointer userdata) {
        Firewalld *firewalld = userdata;
        const bool was = firewalld->owner;
        firewalld->owner = owner;
        firewalld->panic = firewalld->strict = firewalld->strict_known = false;
        if (!owner)
                set_state(firewalld, "not-running", "");
        else if (was) {
                g_free(firewalld->version); /* another process took the name: query the version again */
                firewalld->version = g_strdup("");
        }
        if (owner)
                firewalld->handler(FIREWALLD_APPEARED, firewalld->userdata);
        else
                firewalld->handler(FIREWALLD_VANISHED, firewalld->userdata);
}

static int on_signal(sd_bus_message *m, void *userdata, G_GNUC_UNUSED sd_bus_error *error) {
        Firewalld *firewalld = userdata;
        if (sd_bus_message_is_signal(m, FIREWALLD_INTERFACE, "Reloaded")) {
                firewalld->strict_known = false;
                firewalld->handler(FIREWALLD_RELOADED, firewalld->userdata);
        } else if (sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".zone", "InterfaceAdded") ||
                   sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".zone", "InterfaceRemoved") ||
                   sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".zone", "ZoneOfInterfaceChanged") ||
                   sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".config", "ZoneAdded") ||
                   sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".config.zone", NULL))
                firewalld->handler(FIREWALLD_ZONES_CHANGED, firewalld->userdata);
        else if (sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".ipset", NULL) ||
                 sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".config", "IPSetAdded") ||
                 sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".config.ipset", NULL))
                firewalld->handler(FIREWALLD_IPSETS_CHANGED, firewalld->userdata);
        else if (sd_bus_message_is_signal(m, FIREWALLD_INTERFACE, "PanicModeEnabled") ||
                 sd_bus_message_is_signal(m, FIREWALLD_INTERFACE, "PanicModeDisabled"))
                firewalld->handler(FIREWALLD_PANIC_CHANGED, firewalld->userdata);
        else if (sd_bus_message_is_signal(m, FIREWALLD_INTERFACE ".config.direct", "Updated"))
                firewalld->handler(FIREWALLD_DIRECT_CHANGED, firewalld->userdata);
        return 0;
}

/* With firewalld as the sender, so that other programs' broadcasts do not wake quaywalld. */
#define FROM_FIREWALLD "type='signal',sender='" FIREWALLD_INTERFACE "',"

static const char *const SIGNALS[] = {
        "path='" FIREWALLD_PATH "',interface='" FIREWALLD_INTERFACE "'",
        "path='" FIREWALLD_PATH "',interface='" FIREWALLD_INTERFACE ".zone'",
        "path='" FIREWALLD_PATH "',interface='" FIREWALLD_INTERFACE ".ipset'",
        /* The signals about those changes of the permanent configuration that matter here. */
        "path_namespace='" FIREWALLD_CONFIG_PATH "',interface='" FIREWALLD_INTERFACE ".config.zone'",
        "path_namespace='" FIREWALLD_CONFIG_PATH "',interface='" FIREWALLD_INTERFACE ".config',member='ZoneAdded'",
        "path_namespace='" FIREWALLD_CONFIG_PATH "',interface='" FIREWALLD_INTERFACE ".config.direct',member='Updated'",
        "path_namespace='" FIREWALLD_CONFIG_PATH "',interface='" FIREWALLD_INTERFACE ".config.ipset'",
        "path_namespace='" FIREWALLD_CONFIG_PATH "',interface='" FIREWALLD_INTERFACE ".config',member='IPSetAdded'",
};

Firewalld *firewalld_new(sd_bus *bus, FirewalldHandler handler, gpointer userdata) {
        Firewalld *firewalld = g_new0(Firewalld, 1);
        firewalld->bus = bus;
        firewalld->handler = handler;
        firewalld->userdata = userdata;
        firewalld->state = g_strdup("not-running");
        firewalld->version = g_strdup("");
        int r = peer_new(bus, FIREWALLD_INTERFACE, on_owner, firewalld, &firewalld->peer);
        for (gsize i = 0; r >= 0 && i < G_N_ELEMENTS(SIGNALS); i++) {
                g_autofree char *match = g_strconcat(FROM_FIREWALLD, SIGNALS[i], NULL);
                /* Floating slots: they live as long as the bus. */
                r = sd_bus_add_match_async(bus, NULL, match, on_signal, NULL, firewalld);
        }
        if (r < 0)
                g_error(_("cannot subscribe to firewalld's signals: %s"), g_strerror(-r));
        return firewalld;
}

void firewalld_free(Firewalld *firewalld) {
        peer_free(firewalld->peer);
        g_free(firewalld->state);
        g_free(firewalld->version);
        g_free(firewalld);
}

void firewalld_settle_owner(Firewalld *firewalld) {
        peer_refresh(firewalld->peer);
}

bool firewalld_bad_reply(const char *member, GError **error) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED,
                    _("firewalld's answer to %s is not of the type that is known of it"), member);
        return false;
}

static sd_bus_message *send_within(Firewalld *firewalld, sd_bus_message *call, guint64 timeout_usec, FirewalldCode *ret_code,
                                   GError **error);

static char *get_property(Firewalld *firewalld, const char *path, const char *interface, const char *property, GError **error) {
        SdBusMessage *call = NULL;
        const char *value;
        if (firewalld->owner)
                sd_bus_message_new_method_call(firewalld->bus, &call, firewalld->owner, path, "org.freedesktop.DBus.Properties",
                                               "Get");
        if (call)
                sd_bus_message_append(call, "ss", interface, property);
        g_autoptr(SdBusMessage) reply = send_within(firewalld, call, REFRESH_USEC, NULL, error);
        if (!reply)
                return NULL;
        if (sd_bus_message_read(reply, "v", "s", &value) < 0) {
                firewalld_bad_reply("Get", error);
                return NULL;
        }
        return g_strdup(value);
}

static bool read_panic(Firewalld *firewalld, GError **error) {
        int panic;
        g_autoptr(SdBusMessage) reply =
                send_within(firewalld, firewalld_message(firewalld, FIREWALLD_PATH, "", "queryPanicMode", error), REFRESH_USEC,
                            NULL, error);
        if (!reply)
                return false;
        if (sd_bus_message_read(reply, "b", &panic) < 0)
                return firewalld_bad_reply("queryPanicMode", error);
        firewalld->panic = panic;
        return true;
}

/* firewalld has it since 2.3, and reads it only at a reload. */
static bool read_strict(Firewalld *firewalld, const char *version, GError **error) {
        unsigned major = 0, minor = 0;
        (void) sscanf(version, "%5u.%5u", &major, &minor);
        if (firewalld->strict_known || major < 2 || (major == 2 && minor < 3))
                return true;
        g_autofree char *strict =
                get_property(firewalld, FIREWALLD_CONFIG_PATH, FIREWALLD_INTERFACE ".config", "StrictForwardPorts", error);
        firewalld->strict = g_strcmp0(strict, "yes") == 0;
        firewalld->strict_known = strict;
        return strict;
}

bool firewalld_refresh(Firewalld *firewalld, GError **error) {
        peer_refresh(firewalld->peer);
        g_autofree char *state = get_property(firewalld, FIREWALLD_PATH, FIREWALLD_INTERFACE, "state", error);
        if (!state)
                return false;
        /* The version cannot change while the name's owner stays. */
        g_autofree char *version = firewalld->version[0] ?
                                           g_strdup(firewalld->version) :
                                           get_property(firewalld, FIREWALLD_PATH, FIREWALLD_INTERFACE, "version", error);
        if (!version || !read_panic(firewalld, error) || !read_strict(firewalld, version, error))
                return false;
        g_autofree char *lower = g_ascii_strdown(state, -1);
        set_state(firewalld, lower, version);
        return true;
}

bool firewalld_is_at_least(const Firewalld *firewalld, unsigned major) {
        return firewalld->version && strtoul(firewalld->version, NULL, 10) >= major;
}

bool firewalld_uses_nft(Firewalld *firewalld, bool *ret, GError **error) {
        g_autofree char *backend =
                get_property(firewalld, FIREWALLD_CONFIG_PATH, FIREWALLD_INTERFACE ".config", "FirewallBackend", error);
        *ret = g_strcmp0(backend, "nftables") == 0;
        return backend;
}

sd_bus_message *firewalld_message(Firewalld *firewalld, const char *path, const char *suffix, const char *member,
                                  GError **error) {
        g_autofree char *interface = g_strconcat(FIREWALLD_INTERFACE, suffix, NULL);
        sd_bus_message *call = NULL;
        int r = firewalld->owner ?
                        sd_bus_message_new_method_call(firewalld->bus, &call, firewalld->owner, path, interface, member) :
                        -ENOENT;
        if (r < 0)
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING,
                                    _("firewalld is not running; start it with \"systemctl start firewalld\""));
        return call;
}

static void set_call_error(const sd_bus_error *bus_error, const char *member, FirewalldCode *ret_code, GError **error) {
        static const char *const GONE[] = {
                SD_BUS_ERROR_NO_REPLY,     SD_BUS_ERROR_SERVICE_UNKNOWN, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
                SD_BUS_ERROR_DISCONNECTED, SD_BUS_ERROR_TIMEOUT,         NULL,
        };
        g_autofree char *message = g_strdup(bus_error->message ? bus_error->message : bus_error->name);
        /* After nftables' message firewalld appends all the JSON that it had sent: thousands of characters. */
        char *sent = strstr(message, "JSON blob:");
        if (sent)
                *sent = '\0';
        g_strstrip(message);
        if (g_strv_contains(GONE, bus_error->name)) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING,
                            _("firewalld went away or did not answer %s (%s); see \"systemctl status firewalld\""), member,
                            message);
                return;
        }
        for (gsize i = 0; ret_code && g_str_equal(bus_error->name, EXCEPTION) && i < G_N_ELEMENTS(CODES); i++)
                if (g_str_has_prefix(message, CODES[i].name) && message[strlen(CODES[i].name)] == ':')
                        *ret_code = CODES[i].code;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED, _("firewalld refused %s: %s"), member, message);
}

static sd_bus_message *send_within(Firewalld *firewalld, sd_bus_message *call, guint64 timeout_usec, FirewalldCode *ret_code,
                                   GError **error) {
        if (ret_code)
                *ret_code = FIREWALLD_OTHER;
        g_autoptr(SdBusMessage) owned = call;
        int r;
        g_autoptr(SdBusMessage) reply = call ? fiber_call(firewalld->bus, call, timeout_usec, &r) : NULL;
        if (!reply) {
                if (error && !*error)
                        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING,
                                            _("firewalld is not running; start it with \"systemctl start firewalld\""));
                return NULL;
        }
        if (sd_bus_message_is_method_error(reply, NULL)) {
                set_call_error(sd_bus_message_get_error(reply), sd_bus_message_get_member(call), ret_code, error);
                return NULL;
        }
        return g_steal_pointer(&reply);
}

sd_bus_message *firewalld_send(Firewalld *firewalld, sd_bus_message *call, FirewalldCode *ret_code, GError **error) {
        return send_within(firewalld, call, TIMEOUT_USEC, ret_code, error);
}

sd_bus_message *firewalld_call(Firewalld *firewalld, const char *path, const char *suffix, const char *member,
                               FirewalldCode *ret_code, GError **error, const char *types, ...) {
        if (ret_code)
                *ret_code = FIREWALLD_OTHER;
        sd_bus_message *call = firewalld_message(firewalld, path, suffix, member, error);
        if (!call)
                return NULL;
        va_list args;
        va_start(args, types);
        int r = types ? sd_bus_message_appendv(call, types, args) : 0;
        va_end(args);
        if (r < 0) {
                sd_bus_message_unref(call);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED, _("cannot build the call %s: %s"), member,
                            g_strerror(-r));
                return NULL;
        }
        return firewalld_send(firewalld, call, ret_code, error);
}

GStrv firewalld_read_list(sd_bus_message *reply) {
        g_auto(GStrv) list = NULL;
        if (sd_bus_message_read_strv(reply, &list) < 0)
                return NULL;
        /* sd-bus allocates with malloc(), and returns NULL for an empty list. */
        return list ? g_strdupv(list) : g_new0(char *, 1);
}

GStrv firewalld_send_for_list(Firewalld *firewalld, sd_bus_message *call, const char *member, GError **error) {
        g_autoptr(SdBusMessage) reply = call ? firewalld_send(firewalld, call, NULL, error) : NULL;
        if (!reply)
                return NULL;
        GStrv list = firewalld_read_list(reply);
        if (!list)
                firewalld_bad_reply(member, error);
        return list;
}

GStrv firewalld_list(Firewalld *firewalld, const char *path, const char *suffix, const char *member, GError **error) {
        return firewalld_send_for_list(firewalld, firewalld_message(firewalld, path, suffix, member, error), member, error);
}

char *firewalld_object(Firewalld *firewalld, const char *member, const char *name, GError **error) {
        const char *path;
        g_autoptr(SdBusMessage) reply =
                firewalld_call(firewalld, FIREWALLD_CONFIG_PATH, ".config", member, NULL, error, "s", name);
        if (!reply)
                return NULL;
        if (sd_bus_message_read(reply, "o", &path) >= 0)
                return g_strdup(path);
        firewalld_bad_reply(member, error);
        return NULL;
}
