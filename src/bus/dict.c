/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dict.h"

#include <errno.h>
#include <string.h>

int dict_open_entry(sd_bus_message *m, const char *key, const char *contents) {
        int r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', key);
        return r < 0 ? r : sd_bus_message_open_container(m, 'v', contents);
}

int dict_close_entry(sd_bus_message *m, int r) {
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int dict_append_strings(sd_bus_message *m, const char *key, char *const *list) {
        const int r = dict_open_entry(m, key, "as");
        return dict_close_entry(m, r < 0 ? r : sd_bus_message_append_strv(m, (char **) list));
}

int dict_append_basic(sd_bus_message *m, const char *key, char type, const void *value) {
        const int r = dict_open_entry(m, key, (char[]){ type, '\0' });
        return dict_close_entry(m, r < 0 ? r : sd_bus_message_append_basic(m, type, value));
}

gsize dict_measure_strings(char *const *list) {
        gsize bytes = 0;
        for (; *list; list++)
                bytes += sizeof(guint32) + strlen(*list) + sizeof(guint32); /* its length, and zeros up to the next one */
        return bytes;
}

/* What an entry of a table takes beside its name and its value, more or less. */
#define ENTRY_BYTES 64

static int append_item(sd_bus_message *m, const char *name, gconstpointer item, DictAppend append, gsize *bytes) {
        int r = sd_bus_message_open_container(m, 'e', "sa{sv}");
        *bytes += strlen(name) + ENTRY_BYTES;
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', name);
        if (r >= 0)
                r = append(m, item, bytes);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int dict_append_table(sd_bus_message *m, GHashTable *items, DictAppend append, gsize *bytes, gsize limit) {
        g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(items), (GCompareFunc) strcmp);
        int r = sd_bus_message_open_container(m, 'a', "{sa{sv}}");
        for (const GList *name = names; r >= 0 && name; name = name->next) {
                r = append_item(m, name->data, g_hash_table_lookup(items, name->data), append, bytes);
                if (*bytes > limit)
                        return -EMSGSIZE;
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int dict_append_names(sd_bus_message *m, const char *key, const GPtrArray *names) {
        g_autofree char **list = g_new0(char *, names->len + 1);
        for (guint i = 0; i < names->len; i++)
                list[i] = names->pdata[i];
        return dict_append_strings(m, key, list);
}
