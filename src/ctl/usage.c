/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage.h"

#include <string.h>

const CtlVerb *usage_find_verb(const CtlUsage *usage, const char *name) {
        for (const CtlVerb *verb = usage->verbs; verb && verb->name; verb++)
                if (g_str_equal(verb->name, name))
                        return verb;
        return NULL;
}

bool usage_verb_takes(const CtlVerb *verb, const char *option) {
        g_auto(GStrv) options = g_strsplit(verb->options ? verb->options : "", " ", -1);

        return g_strv_contains((const char *const *) options, option);
}

void usage_count_words(const char *words, guint *ret_least, guint *ret_most) {
        g_auto(GStrv) parts = g_strsplit(words ? words : "", " ", -1);

        *ret_least = *ret_most = 0;
        for (char **part = parts; *part; part++) {
                *ret_least += **part != '[';
                *ret_most = *ret_most == G_MAXUINT || strstr(*part, "...") ? G_MAXUINT : *ret_most + 1;
        }
}

char *usage_get_word(const char *words, guint index) {
        g_auto(GStrv) parts = g_strsplit(words ? words : "", " ", -1);
        const guint length = g_strv_length(parts);
        const char *part = index < length                                 ? parts[index] :
                           length > 0 && strstr(parts[length - 1], "...") ? parts[length - 1] :
                                                                            NULL;
        g_autofree char *plain = part ? g_strdup(part + (*part == '[')) : NULL;

        return plain ? g_strndup(plain, strcspn(plain, ".]")) : NULL;
}

char *usage_get_synopsis(const CtlUsage *usage, const char *command, const CtlVerb *verb) {
        return verb ? g_strdup_printf("quaywallctl [OPTION...] %s %s%s%s", command, verb->name, verb->words ? " " : "",
                                      verb->words ? verb->words : "") :
                      g_strdup_printf("quaywallctl [OPTION...] %s", usage->synopsis);
}
