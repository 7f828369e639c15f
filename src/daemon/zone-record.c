/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-record.h"

#include <string.h>

#include "model/durable.h"
#include "world/journal.h"

/* One name a line. */
static char *file_of(const Settings *settings) {
        return g_build_filename(settings->state_folder, "zone-interfaces", NULL);
}

GStrv zone_record_list(const Settings *settings) {
        g_autofree char *path = file_of(settings), *text = NULL;
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        if (g_file_get_contents(path, &text, NULL, NULL)) {
                g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
                for (char **line = lines; *line; line++)
                        if (**line)
                                g_strv_builder_add(builder, *line);
        }
        return g_strv_builder_end(builder);
}

void zone_record_note(const Settings *settings, const char *interface, bool is_in) {
        g_auto(GStrv) before = zone_record_list(settings);
        if (g_strv_contains((const char *const *) before, interface) == is_in)
                return;
        g_autoptr(GString) text = g_string_new(NULL);
        for (char **name = before; *name; name++)
                if (!g_str_equal(*name, interface))
                        g_string_append_printf(text, "%s\n", *name);
        if (is_in)
                g_string_append_printf(text, "%s\n", interface);
        g_autofree char *path = file_of(settings);
        g_autoptr(GError) error = NULL;
        if (!durable_write(path, text->str, text->len, 0600, &error))
                journal_log(LOG_WARNING, NULL, "%s", error->message);
}
