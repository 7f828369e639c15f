/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dict.h"

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

int dict_append_names(sd_bus_message *m, const char *key, const GPtrArray *names) {
        g_autofree char **list = g_new0(char *, names->len + 1);
        for (guint i = 0; i < names->len; i++)
                list[i] = names->pdata[i];
        return dict_append_strings(m, key, list);
}
