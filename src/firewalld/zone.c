/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone.h"

#include <glib/gi18n.h>

#include "model/error.h"

static GStrv empty_list(void) {
        return g_new0(char *, 1);
}

static GStrv read_strings(sd_bus_message *reply, const char *member, GError **error) {
        g_auto(GStrv) list = NULL;
        if (sd_bus_message_read_strv(reply, &list) < 0) {
                firewalld_bad_reply(member, error);
                return NULL;
        }
        /* sd-bus allocates with malloc(), and returns NULL for an empty list. */
        return list ? g_strdupv(list) : empty_list();
}

static char *read_string(sd_bus_message *reply, const char *member, GError **error) {
        const char *text;
        if (sd_bus_message_read(reply, "s", &text) < 0) {
                firewalld_bad_reply(member, error);
                return NULL;
        }
        return g_strdup(text);
}

GStrv zone_list_runtime(Firewalld *firewalld, GError **error) {
        return firewalld_list(firewalld, FIREWALLD_PATH, ".zone", "getZones", error);
}

GStrv zone_list_permanent(Firewalld *firewalld, GError **error) {
        return firewalld_list(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getZoneNames", error);
}

static char *object_of_listed(Firewalld *firewalld, const char *zone, GError **error) {
        return firewalld_object(firewalld, "getZoneByName", zone, error);
}

/* The object of a permanent zone; NULL without error when there is none. Checks the list of zones first: firewalld logs an
 * error when it is asked for a zone that it does not know. */
static char *zone_object(Firewalld *firewalld, const char *zone, GError **error) {
        g_auto(GStrv) zones = zone_list_permanent(firewalld, error);
        return zones && g_strv_contains((const char *const *) zones, zone) ? object_of_listed(firewalld, zone, error) : NULL;
}

GStrv zone_interfaces_permanent(Firewalld *firewalld, const char *zone, GError **error) {
        g_autofree char *path = object_of_listed(firewalld, zone, error);
        return path ? firewalld_list(firewalld, path, ".config.zone", "getInterfaces", error) : NULL;
}

char *zone_of_interface_runtime(Firewalld *firewalld, const char *interface, GError **error) {
        g_autoptr(SdBusMessage) reply =
                firewalld_call(firewalld, FIREWALLD_PATH, ".zone", "getZoneOfInterface", NULL, error, "s", interface);
        return reply ? read_string(reply, "getZoneOfInterface", error) : NULL;
}

char *zone_of_interface_permanent(Firewalld *firewalld, const char *interface, GError **error) {
        g_autoptr(SdBusMessage) reply =
                firewalld_call(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getZoneOfInterface", NULL, error, "s", interface);
        return reply ? read_string(reply, "getZoneOfInterface", error) : NULL;
}

/* a{sa{sas}}: zone -> "interfaces", "sources" -> list */
GHashTable *zone_read_active(Firewalld *firewalld, GError **error) {
        g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, FIREWALLD_PATH, ".zone", "getActiveZones", NULL, error, NULL);
        if (!reply)
                return NULL;
        g_autoptr(GHashTable) zones = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        const char *zone, *kind;
        int r = sd_bus_message_enter_container(reply, 'a', "{sa{sas}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sa{sas}")) > 0) {
                if ((r = sd_bus_message_read(reply, "s", &zone)) >= 0)
                        r = sd_bus_message_enter_container(reply, 'a', "{sas}");
                while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sas")) > 0) {
                        if (sd_bus_message_read(reply, "s", &kind) < 0) {
                                firewalld_bad_reply("getActiveZones", error);
                                return NULL;
                        }
                        g_auto(GStrv) list = read_strings(reply, "getActiveZones", error);
                        if (!list)
                                return NULL;
                        for (char **item = list; *item && g_str_equal(kind, "interfaces"); item++)
                                g_hash_table_insert(zones, g_strdup(*item), g_strdup(zone));
                        r = sd_bus_message_exit_container(reply);
                }
                if (r >= 0 && (r = sd_bus_message_exit_container(reply)) >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        if (r < 0) {
                firewalld_bad_reply("getActiveZones", error);
                return NULL;
        }
        return g_steal_pointer(&zones);
}

bool zone_read_permanent(Firewalld *firewalld, const char *zone, char **ret_target, GStrv *ret_interfaces, GError **error) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *path = zone_object(firewalld, zone, &failure), *target = NULL;
        g_auto(GStrv) interfaces = NULL;
        const char *key, *text;
        if (failure) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        g_autoptr(SdBusMessage) reply =
                path ? firewalld_call(firewalld, path, ".config.zone", "getSettings2", NULL, error, NULL) : NULL;
        if (path && !reply)
                return false;
        int r = reply ? sd_bus_message_enter_container(reply, 'a', "{sv}") : 0;
        while (reply && r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                r = sd_bus_message_read(reply, "s", &key);
                if (r >= 0 && g_str_equal(key, "target")) {
                        r = sd_bus_message_read(reply, "v", "s", &text);
                        if (r >= 0) {
                                g_free(target);
                                target = g_strdup(text);
                        }
                } else if (r >= 0 && g_str_equal(key, "interfaces")) {
                        r = sd_bus_message_enter_container(reply, 'v', "as");
                        g_clear_pointer(&interfaces, g_strfreev);
                        if (r >= 0 && !(interfaces = read_strings(reply, "getSettings2", error)))
                                return false;
                        if (r >= 0)
                                r = sd_bus_message_exit_container(reply);
                } else if (r >= 0)
                        r = sd_bus_message_skip(reply, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
        }
        if (r < 0)
                return firewalld_bad_reply("getSettings2", error);
        /* firewalld omits empty values. */
        *ret_target = target ? g_steal_pointer(&target) : g_strdup(path ? "default" : "");
        *ret_interfaces = interfaces ? g_steal_pointer(&interfaces) : empty_list();
        return true;
}

char *zone_default(Firewalld *firewalld, GError **error) {
        g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, FIREWALLD_PATH, "", "getDefaultZone", NULL, error, NULL);
        return reply ? read_string(reply, "getDefaultZone", error) : NULL;
}

char *zone_target(Firewalld *firewalld, const char *zone, GError **error) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *path = zone_object(firewalld, zone, &failure);
        if (path) {
                g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, path, ".config.zone", "getTarget", NULL, error, NULL);
                return reply ? read_string(reply, "getTarget", error) : NULL;
        }
        if (!failure)
                return g_strdup("");
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
}

/* Runs a call on a zone for which one of firewalld's refusals means that it was done already. */
static bool change(Firewalld *firewalld, const char *member, const char *zone, const char *interface, FirewalldCode done,
                   GError **error) {
        FirewalldCode code;
        g_autoptr(GError) failure = NULL;
        g_autoptr(SdBusMessage) reply =
                firewalld_call(firewalld, FIREWALLD_PATH, ".zone", member, &code, &failure, "ss", zone, interface);
        if (reply || code == done)
                return true;
        if (code == FIREWALLD_INVALID_ZONE)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                            _("option zone: \"%.64s\" is not a zone of firewalld; see \"firewall-cmd --get-zones\""), zone);
        else
                g_propagate_error(error, g_steal_pointer(&failure));
        return false;
}

bool zone_put_runtime(Firewalld *firewalld, const char *zone, const char *interface, GError **error) {
        /* Works also for an interface that is in no zone yet; ZONE_ALREADY_SET: it is in this zone. */
        return change(firewalld, "changeZoneOfInterface", zone, interface, FIREWALLD_ZONE_ALREADY_SET, error);
}

bool zone_remove_runtime(Firewalld *firewalld, const char *zone, const char *interface, GError **error) {
        return change(firewalld, "removeInterface", zone, interface, FIREWALLD_UNKNOWN_INTERFACE, error);
}

static bool change_permanent(Firewalld *firewalld, const char *member, const char *zone, const char *interface,
                             FirewalldCode done, GError **error) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *path = zone_object(firewalld, zone, &failure);
        FirewalldCode code = FIREWALLD_OTHER;
        g_autoptr(SdBusMessage) reply =
                path ? firewalld_call(firewalld, path, ".config.zone", member, &code, &failure, "s", interface) : NULL;
        if (reply || code == done)
                return true;
        if (!path && !failure)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                            _("option zone: \"%.64s\" is not a zone of firewalld; see \"firewall-cmd --get-zones\""), zone);
        else
                g_propagate_error(error, g_steal_pointer(&failure));
        return false;
}

bool zone_remove_permanent(Firewalld *firewalld, const char *zone, const char *interface, GError **error) {
        return change_permanent(firewalld, "removeInterface", zone, interface, FIREWALLD_NOT_ENABLED, error);
}

bool zone_put_permanent(Firewalld *firewalld, const char *zone, const char *interface, GError **error) {
        g_autofree char *old = zone_of_interface_permanent(firewalld, interface, error);
        if (!old)
                return false;
        if (g_str_equal(old, zone))
                return true;
        /* firewalld refuses an interface that another zone's file lists. */
        if (old[0] && !zone_remove_permanent(firewalld, old, interface, error))
                return false;
        if (change_permanent(firewalld, "addInterface", zone, interface, FIREWALLD_ALREADY_ENABLED, error))
                return true;
        if (old[0])
                (void) change_permanent(firewalld, "addInterface", old, interface, FIREWALLD_ALREADY_ENABLED, NULL);
        return false;
}

bool zone_define(Firewalld *firewalld, const char *zone, const char *target, const char *short_name, const char *description,
                 bool *ret_changed, GError **error) {
        *ret_changed = true;
        g_autoptr(GError) failure = NULL;
        g_autofree char *path = zone_object(firewalld, zone, &failure);
        if (failure) {
                g_propagate_error(error, g_steal_pointer(&failure));
                return false;
        }
        if (!path) {
                g_autoptr(SdBusMessage) reply =
                        firewalld_call(firewalld, FIREWALLD_CONFIG_PATH, ".config", "addZone2", NULL, error, "sa{sv}", zone, 3,
                                       "short", "s", short_name, "description", "s", description, "target", "s", target);
                return reply;
        }
        g_autofree char *now = zone_target(firewalld, zone, error);
        if (!now)
                return false;
        if (g_str_equal(now, target)) {
                *ret_changed = false;
                return true;
        }
        g_autoptr(SdBusMessage) reply = firewalld_call(firewalld, path, ".config.zone", "setTarget", NULL, error, "s", target);
        return reply;
}
