/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipset.h"

#include <string.h>

#include "compile/firewall-cmd.h"
#include "model/sort.h"

#define TYPE "hash:net,iface"

/* Sorts in place and returns the list; NULL gives NULL. */
static GStrv sorted(GStrv list) {
        if (list)
                qsort(list, g_strv_length(list), sizeof *list, compare_strings);
        return list;
}

GStrv ipset_list_runtime(Firewalld *firewalld, GError **error) {
        return firewalld_list(firewalld, FIREWALLD_PATH, ".ipset", "getIPSets", error);
}

GStrv ipset_list_permanent(Firewalld *firewalld, GError **error) {
        return firewalld_list(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getIPSetNames", error);
}

static char *object(Firewalld *firewalld, const char *name, GError **error) {
        return firewalld_object(firewalld, "getIPSetByName", name, error);
}

/* Takes ownership of the call; r: the result of building it. */
static bool send(Firewalld *firewalld, sd_bus_message *call, int r, const char *member, GError **error) {
        g_autoptr(SdBusMessage) owned = call;
        if (r < 0)
                return firewalld_bad_reply(member, error);
        g_autoptr(SdBusMessage) reply = firewalld_send(firewalld, g_steal_pointer(&owned), NULL, error);
        return reply;
}

/* The set exists and quaywall made it: only its entries can differ. */
static bool update_permanent(Firewalld *firewalld, const char *name, const char *const *entries, GError **error) {
        g_auto(GStrv) is = ipset_entries_permanent(firewalld, name, error);
        if (!is || g_strv_equal((const char *const *) is, entries))
                return is;
        g_autofree char *path = object(firewalld, name, error);
        sd_bus_message *call = path ? firewalld_message(firewalld, path, ".config.ipset", "setEntries", error) : NULL;
        return call && send(firewalld, call, sd_bus_message_append_strv(call, (char **) entries), "setEntries", error);
}

bool ipset_put_permanent(Firewalld *firewalld, bool is_there, const char *name, Family family, const char *const *entries,
                         GError **error) {
        if (is_there)
                return update_permanent(firewalld, name, entries, error);
        sd_bus_message *call = firewalld_message(firewalld, FIREWALLD_CONFIG_PATH, ".config", "addIPSet", error);
        if (!call)
                return false;
        int r = sd_bus_message_append(call, "s", name);
        if (r >= 0)
                r = sd_bus_message_open_container(call, 'r', "ssssa{ss}as");
        if (r >= 0)
                r = sd_bus_message_append(call, "ssssa{ss}", "", name,
                                          "Made by quaywalld for its forward policies; do not edit.", TYPE, 1, "family",
                                          family == FAMILY_IPV4 ? "inet" : "inet6");
        if (r >= 0)
                r = sd_bus_message_append_strv(call, (char **) entries);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        return send(firewalld, call, r, "addIPSet", error);
}

void ipset_list_commands(GPtrArray *commands, const char *name, Family family, const char *const *entries) {
        g_autofree char *new_ipset = g_strconcat("--new-ipset=", name, NULL), *ipset = g_strconcat("--ipset=", name, NULL);
        firewall_cmd_add(commands, "--permanent", new_ipset, "--type=" TYPE,
                         family == FAMILY_IPV4 ? "--option=family=inet" : "--option=family=inet6", NULL);
        for (; *entries; entries++) {
                g_autofree char *entry = g_strconcat("--add-entry=", *entries, NULL);
                firewall_cmd_add(commands, "--permanent", ipset, entry, NULL);
        }
}

bool ipset_remove_permanent(Firewalld *firewalld, const char *name, GError **error) {
        g_autofree char *path = object(firewalld, name, error);
        g_autoptr(SdBusMessage) reply =
                path ? firewalld_call(firewalld, path, ".config.ipset", "remove", NULL, error, NULL) : NULL;
        return reply;
}

GStrv ipset_entries_runtime(Firewalld *firewalld, const char *name, GError **error) {
        SdBusMessage *call = firewalld_message(firewalld, FIREWALLD_PATH, ".ipset", "getEntries", error);
        if (call && sd_bus_message_append(call, "s", name) < 0) {
                sd_bus_message_unref(call);
                firewalld_bad_reply("getEntries", error);
                return NULL;
        }
        return sorted(firewalld_send_for_list(firewalld, call, "getEntries", error));
}

GStrv ipset_entries_permanent(Firewalld *firewalld, const char *name, GError **error) {
        g_autofree char *path = object(firewalld, name, error);
        return path ? sorted(firewalld_list(firewalld, path, ".config.ipset", "getEntries", error)) : NULL;
}

bool ipset_set_entries_runtime(Firewalld *firewalld, const char *name, const char *const *entries, GError **error) {
        g_auto(GStrv) is = ipset_entries_runtime(firewalld, name, error);
        /* Writing the same again would change the ruleset for nothing and wake every process that watches it. */
        if (!is || g_strv_equal((const char *const *) is, entries))
                return is;
        sd_bus_message *call = firewalld_message(firewalld, FIREWALLD_PATH, ".ipset", "setEntries", error);
        if (!call)
                return false;
        int r = sd_bus_message_append(call, "s", name);
        if (r >= 0)
                r = sd_bus_message_append_strv(call, (char **) entries);
        return send(firewalld, call, r, "setEntries", error);
}

static sd_bus_message *get_settings(Firewalld *firewalld, bool permanent, const char *name, GError **error) {
        if (!permanent)
                return firewalld_call(firewalld, FIREWALLD_PATH, ".ipset", "getIPSetSettings", NULL, error, "s", name);
        g_autofree char *path = object(firewalld, name, error);
        return path ? firewalld_call(firewalld, path, ".config.ipset", "getSettings", NULL, error, NULL) : NULL;
}

bool ipset_read(Firewalld *firewalld, bool permanent, const char *name, char **ret_type, GStrv *ret_entries, GError **error) {
        const char *type;
        g_autoptr(SdBusMessage) reply = get_settings(firewalld, permanent, name, error);
        if (!reply)
                return false;
        if (sd_bus_message_enter_container(reply, 'r', "ssssa{ss}as") < 0 ||
            sd_bus_message_read(reply, "ssss", NULL, NULL, NULL, &type) < 0 || sd_bus_message_skip(reply, "a{ss}") < 0 ||
            !(*ret_entries = firewalld_read_list(reply)))
                return firewalld_bad_reply("getSettings", error);
        *ret_type = g_strdup(type);
        return true;
}
