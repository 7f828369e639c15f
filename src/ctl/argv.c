/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "argv.h"

#include <glib/gi18n.h>

#include "ctl/ctl-error.h"

static const char *const NO_WORDS[] = { NULL };

static GStrv argv_take(GPtrArray *words) {
        g_ptr_array_add(words, NULL);
        return (GStrv) g_ptr_array_free(words, FALSE);
}

bool argv_split(const char *const *argv, GStrv *ret_head, GStrv *ret_tail) {
        GPtrArray *before = g_ptr_array_new();
        GPtrArray *after = g_ptr_array_new();
        bool seen = false;

        for (const char *const *word = argv; *word; word++) {
                if (!seen && g_str_equal(*word, "--"))
                        seen = true;
                else
                        g_ptr_array_add(seen ? after : before, g_strdup(*word));
        }
        *ret_head = argv_take(before);
        *ret_tail = argv_take(after);
        return seen;
}

void argv_expand_lists(GStrv *argv, const char *const *list_options) {
        GPtrArray *words = g_ptr_array_new();
        const char *option = NULL; /* the list option whose words these are; NULL: none */
        bool filled = false;       /* it has its first word */

        if (!list_options)
                list_options = NO_WORDS;

        for (GStrv word = *argv; *word; word++) {
                if (g_str_has_prefix(*word, "-") && (*word)[1]) {
                        option = g_str_has_prefix(*word, "--") && g_strv_contains(list_options, *word + 2) ? *word : NULL;
                        filled = false;
                } else if (option) {
                        if (filled)
                                g_ptr_array_add(words, g_strdup(option));
                        filled = true;
                }
                g_ptr_array_add(words, g_strdup(*word));
        }

        GStrv expanded = argv_take(words);
        g_strfreev(*argv);
        *argv = expanded;
}

GStrv argv_split_commas(const char *const *values, const char *option, GError **error) {
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

        if (!values)
                values = NO_WORDS;
        for (const char *const *value = values; *value; value++) {
                g_auto(GStrv) pieces = g_strsplit(*value, ",", -1);

                if (!pieces[0]) {
                        ctl_usage_error(error, _("%s: an empty value"), option);
                        return NULL;
                }
                for (GStrv piece = pieces; *piece; piece++) {
                        if (!*g_strstrip(*piece)) {
                                ctl_usage_error(error, _("%s: an empty value in '%s'"), option, *value);
                                return NULL;
                        }
                        g_ptr_array_add(words, g_strdup(*piece));
                }
        }
        return argv_take(g_steal_pointer(&words));
}
