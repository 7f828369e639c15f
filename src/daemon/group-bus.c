/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group-bus.h"

#include <glib/gi18n.h>

#include "bus/dict.h"
#include "bus/fiber.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/policy-names.h"

static bool read_addresses(Group *group, sd_bus_message *m, GError **error) {
        const char *text;
        int r = sd_bus_message_enter_container(m, 'a', "s");
        while (r >= 0 && (r = sd_bus_message_read(m, "s", &text)) > 0)
                if (!group_add_address(group, text, error))
                        return false;
        return r >= 0 && sd_bus_message_exit_container(m) >= 0;
}

static bool read_value(Group *group, sd_bus_message *m, const char *key, const char *type, GError **error) {
        const bool addresses = g_str_equal(key, "addresses");
        const char *wanted = addresses ? "as" : "s", *text;
        if (!addresses && !g_str_equal(key, "description")) {
                g_autofree char *shown = quaywall_error_show(key);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_GROUP,
                            _("\"%s\" is not a key of a group; the keys are addresses, description"), shown);
                return false;
        }
        if (!g_str_equal(type, wanted)) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_GROUP,
                            _("%s: has the D-Bus type \"%s\"; it must be \"%s\""), key, type, wanted);
                return false;
        }
        if (sd_bus_message_enter_container(m, 'v', type) < 0)
                return false;
        const bool read = addresses ? read_addresses(group, m, error) :
                                      sd_bus_message_read(m, "s", &text) >= 0 && group_set_description(group, text, error);
        return read && sd_bus_message_exit_container(m) >= 0;
}

Group *group_bus_read(sd_bus_message *m, GError **error) {
        g_autoptr(Group) group = group_new();
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *key, *type;
                if (sd_bus_message_read(m, "s", &key) < 0 || sd_bus_message_peek_type(m, NULL, &type) < 0)
                        return NULL;
                if (!g_hash_table_add(seen, (char *) key)) {
                        g_autofree char *shown = quaywall_error_show(key);
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_GROUP, _("%s: is there twice"), shown);
                        return NULL;
                }
                if (!read_value(group, m, key, type, error))
                        return NULL;
                r = sd_bus_message_exit_container(m);
        }
        if (r < 0 || sd_bus_message_exit_container(m) < 0)
                return NULL;
        group_finish(group);
        return g_steal_pointer(&group);
}

/* After a group of this many addresses, which take some milliseconds, the event loop gets a turn. */
#define YIELD_AFTER 2048U

GHashTable *group_bus_read_table(sd_bus_message *m, GError **error) {
        g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) group_unref);
        int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
                const char *name;
                if (sd_bus_message_read(m, "s", &name) < 0 || !group_name_check(name, error))
                        return NULL;
                Group *group = group_bus_read(m, error);
                if (!group) {
                        g_prefix_error(error, _("group \"%s\": "), name);
                        return NULL;
                }
                if (!g_hash_table_insert(groups, g_strdup(name), group)) {
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_GROUP, _("name: \"%s\" is there twice"),
                                    name);
                        return NULL;
                }
                if (g_hash_table_size(groups) > LIMIT_GROUPS) {
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, _("more than %u groups"),
                                    LIMIT_GROUPS);
                        return NULL;
                }
                r = sd_bus_message_exit_container(m);
                sd_event *event = sd_bus_get_event(sd_bus_message_get_bus(m)); /* NULL while calls are not read */
                if (event && group->addresses->len > YIELD_AFTER)
                        fiber_yield(event);
        }
        return r >= 0 && sd_bus_message_exit_container(m) >= 0 ? g_steal_pointer(&groups) : NULL;
}

GArray *group_bus_read_addresses(sd_bus_message *m, GError **error) {
        g_autoptr(Group) group = group_new();
        if (!read_addresses(group, m, error))
                return NULL;
        if (group->addresses->len > 0)
                return g_array_ref(group->addresses);
        g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS, _("addresses: at least one is needed"));
        return NULL;
}

int group_bus_append(sd_bus_message *m, gconstpointer item, gsize *bytes) {
        const Group *group = item;
        g_auto(GStrv) addresses = group_format_addresses(group);
        *bytes += dict_measure_strings(addresses) + LIMIT_DESCRIPTION;
        int r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0)
                r = dict_append_strings(m, "addresses", addresses);
        if (r >= 0 && group->description)
                r = dict_append_basic(m, "description", 's', group->description);
        return r < 0 ? r : sd_bus_message_close_container(m);
}
