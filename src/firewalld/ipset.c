/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipset.h"

#include <string.h>

#include "model/sort.h"

#define TYPE "hash:net,iface"

/* Takes the reply; NULL, which an error was said of, gives NULL. Sorted. */
static GStrv read_strings(sd_bus_message *reply, const char *member, GError **error) {
        g_autoptr(SdBusMessage) owned = reply;
        g_auto(GStrv) list = NULL;
        if (!reply)
                return NULL;
        if (sd_bus_message_read_strv(reply, &list) < 0) {
                firewalld_bad_reply(member, error);
                return NULL;
        }
        if (list)
                qsort(list, g_strv_length(list), sizeof *list, compare_strings);
        /* sd-bus allocates with malloc() and says NULL for an empty list. */
        return list ? g_strdupv(list) : g_new0(char *, 1);
}

GStrv ipset_list_runtime(Firewalld *firewalld, GError **error) {
        return read_strings(firewalld_call(firewalld, FIREWALLD_PATH, ".ipset", "getIPSets", NULL, error, NULL), "getIPSets", error);
}

GStrv ipset_list_permanent(Firewalld *firewalld, GError **error) {
        return read_strings(firewalld_call(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getIPSetNames", NULL, error, NULL),
                            "getIPSetNames", error);
}

/* Objects are renumbered: never keep one. */
static char *object(Firewalld *firewalld, const char *name, GError **error) {
        const char *path;
        g_autoptr(SdBusMessage) reply =
                firewalld_call(firewalld, FIREWALLD_CONFIG_PATH, ".config", "getIPSetByName", NULL, error, "s", name);
        if (!reply)
                return NULL;
        if (sd_bus_message_read(reply, "o", &path) >= 0)
                return g_strdup(path);
        firewalld_bad_reply("getIPSetByName", error);
        return NULL;
}

/* Takes the call, of which r says whether it could be built. */
static bool send(Firewalld *firewalld, sd_bus_message *call, int r, const char *member, GError **error) {
        g_autoptr(SdBusMessage) owned = call;
        if (r < 0)
                return firewalld_bad_reply(member, error);
        g_autoptr(SdBusMessage) reply = firewalld_send(firewalld, g_steal_pointer(&owned), NULL, error);
        return reply;
}

/* The set is there, and of our making: only what is in it can differ. */
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
                r = sd_bus_message_append(call, "ssssa{ss}", "", name, "Made by quaywalld for its forward policies; do not edit.",
                                          TYPE, 1, "family", family == FAMILY_IPV4 ? "inet" : "inet6");
        if (r >= 0)
                r = sd_bus_message_append_strv(call, (char **) entries);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        return send(firewalld, call, r, "addIPSet", error);
}

bool ipset_remove_permanent(Firewalld *firewalld, const char *name, GError **error) {
        g_autofree char *path = object(firewalld, name, error);
        g_autoptr(SdBusMessage) reply = path ? firewalld_call(firewalld, path, ".config.ipset", "remove", NULL, error, NULL) : NULL;
        return reply;
}

GStrv ipset_entries_runtime(Firewalld *firewalld, const char *name, GError **error) {
        return read_strings(firewalld_call(firewalld, FIREWALLD_PATH, ".ipset", "getEntries", NULL, error, "s", name), "getEntries", error);
}

GStrv ipset_entries_permanent(Firewalld *firewalld, const char *name, GError **error) {
        g_autofree char *path = object(firewalld, name, error);
        return path ? read_strings(firewalld_call(firewalld, path, ".config.ipset", "getEntries", NULL, error, NULL), "getEntries", error) :
                      NULL;
}

bool ipset_set_entries_runtime(Firewalld *firewalld, const char *name, const char *const *entries, GError **error) {
        g_auto(GStrv) is = ipset_entries_runtime(firewalld, name, error);
        /* The same again would change the ruleset for nothing, and everybody who watches it would look. */
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
