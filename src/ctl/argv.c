/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "argv.h"

#include <string.h>

#include "ctl-error.h"

static const char *const argv_none[] = { NULL };

static GStrv argv_take(GPtrArray *words) {
        g_ptr_array_add(words, NULL);
        return (GStrv) g_ptr_array_free(words, FALSE);
}

gboolean argv_split(const char *const *argv, GStrv *head, GStrv *tail) {
        GPtrArray *before = g_ptr_array_new();
        GPtrArray *after = g_ptr_array_new();
        gboolean seen = FALSE;

        for (const char *const *word = argv; *word != NULL; word++) {
                if (!seen && g_str_equal(*word, "--"))
                        seen = TRUE;
                else
                        g_ptr_array_add(seen ? after : before, g_strdup(*word));
        }
        *head = argv_take(before);
        *tail = argv_take(after);
        return seen;
}

void argv_expand_lists(GStrv *argv, const char *const *list_options) {
        GPtrArray *words = g_ptr_array_new();
        const char *option = NULL; /* the list option whose words we are reading */
        gboolean filled = FALSE;   /* it has its first word */

        if (list_options == NULL)
                list_options = argv_none;

        for (GStrv word = *argv; *word != NULL; word++) {
                if (g_str_has_prefix(*word, "-")) {
                        option = g_str_has_prefix(*word, "--") && g_strv_contains(list_options, *word + 2) ? *word
                                                                                                           : NULL;
                        filled = FALSE;
                } else if (option != NULL) {
                        if (filled)
                                g_ptr_array_add(words, g_strdup(option));
                        filled = TRUE;
                }
                g_ptr_array_add(words, g_strdup(*word));
        }

        GStrv expanded = argv_take(words);
        g_strfreev(*argv);
        *argv = expanded;
}

GStrv argv_split_commas(const char *const *values, const char *option, GError **error) {
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

        if (values == NULL)
                values = argv_none;
        for (const char *const *value = values; *value != NULL; value++) {
                g_auto(GStrv) pieces = g_strsplit(*value, ",", -1);

                if (pieces[0] == NULL) {
                        g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE, "%s: an empty value", option);
                        return NULL;
                }
                for (GStrv piece = pieces; *piece != NULL; piece++) {
                        if (*g_strstrip(*piece) == '\0') {
                                g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE, "%s: an empty value in '%s'", option,
                                            *value);
                                return NULL;
                        }
                        g_ptr_array_add(words, g_strdup(*piece));
                }
        }
        return argv_take(g_steal_pointer(&words));
}
