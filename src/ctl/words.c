/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/ctl-error.h"
#include "ctl/suggest.h"

bool words_takes_value(const GOptionEntry *entry) {
        return entry->arg != G_OPTION_ARG_NONE &&
               !(entry->arg == G_OPTION_ARG_CALLBACK && (entry->flags & G_OPTION_FLAG_NO_ARG));
}

const GOptionEntry *words_find_option(const char *word, const GOptionEntry *entries, const char **ret_value) {
        const char *equals = strchr(word, '=');
        g_autofree char *name = NULL;

        *ret_value = NULL;
        if (!g_str_has_prefix(word, "--")) {
                for (; entries->long_name; entries++)
                        if (word[0] == '-' && entries->short_name != 0 && entries->short_name == word[1] && !word[2])
                                return entries;
                return NULL;
        }
        name = equals ? g_strndup(word + 2, (gsize) (equals - word - 2)) : g_strdup(word + 2);
        for (; entries->long_name; entries++)
                if (g_str_equal(entries->long_name, name)) {
                        *ret_value = equals ? equals + 1 : NULL;
                        return entries;
                }
        return NULL;
}

static bool words_unknown_option(const char *word, const GOptionEntry *entries, GError **error) {
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) parts = g_strsplit(word, "=", 2);

        for (; entries->long_name; entries++)
                if (!(entries->flags & G_OPTION_FLAG_HIDDEN))
                        g_ptr_array_add(names, g_strconcat("--", entries->long_name, NULL));
        g_ptr_array_add(names, NULL);
        g_autofree char *question = suggest_question(parts[0], (const char *const *) names->pdata);
        return ctl_usage_error(error, _("unknown option '%s'%s"), parts[0], question);
}

bool words_missing_value(const GOptionEntry *entry, GError **error) {
        return ctl_usage_error(error, _("--%s needs a value: %s"), entry->long_name, entry->arg_description);
}

void words_clear(Words *words) {
        g_clear_pointer(&words->plain, g_ptr_array_unref);
        g_clear_pointer(&words->given, g_ptr_array_unref);
}

/* One word that begins with "-". */
static bool words_read_option(const char *word, const GOptionEntry *entries, Words *words, GError **error) {
        const char *value;
        const GOptionEntry *entry = words_find_option(word, entries, &value);

        words->list = NULL;
        if (g_str_equal(word, "--help") || g_str_equal(word, "-h")) {
                words->help = true;
                return true;
        }
        if (!entry)
                return !error || words_unknown_option(word, entries, error);
        g_ptr_array_add(words->given, (gpointer) entry);
        if (words_takes_value(entry)) {
                words->valued = value ? NULL : entry;
                return true;
        }
        return !value || !error || ctl_usage_error(error, _("--%s takes no value"), entry->long_name);
}

bool words_read(const char *const *argv, const GOptionEntry *entries, const char *const *list_options, bool strict, Words *ret,
                GError **error) {
        static const char *const NONE[] = { NULL };
        g_auto(Words) words = { .plain = g_ptr_array_new(), .given = g_ptr_array_new() };

        if (!list_options)
                list_options = NONE;
        for (; *argv; argv++) {
                if (words.dashes || (strict && words.plain->len > 0))
                        g_ptr_array_add(words.plain, (gpointer) *argv);
                else if (words.valued) {
                        const char *value;

                        /* GOptionContext takes it; but nobody means an address of the name "--port". */
                        if (error && words_find_option(*argv, entries, &value))
                                return words_missing_value(words.valued, error);
                        words.list = g_strv_contains(list_options, words.valued->long_name) ? words.valued : NULL;
                        words.valued = NULL;
                } else if (g_str_equal(*argv, "--"))
                        words.dashes = true;
                else if (**argv == '-' && (*argv)[1]) {
                        if (!words_read_option(*argv, entries, &words, error))
                                return false;
                } else if (!words.list)
                        g_ptr_array_add(words.plain, (gpointer) *argv);
        }
        *ret = words;
        words = (Words){ 0 };
        return true;
}
