/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "judgement.h"

#include <string.h>

void judgement_note_element(Judgement *judgement, const char *set, char *element) {
        if (!judgement->matched)
                judgement->matched = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(judgement->matched, g_strdup(set));
        g_ptr_array_add(judgement->matched, element);
}

/* Where the name ends in the text, as a word of its own; NULL: it is not there. */
static const char *find_end(const char *text, const char *name) {
        const gsize length = strlen(name);
        for (const char *c = strstr(text, name); c; c = strstr(c + 1, name))
                if (c[length] == '\0' || c[length] == ' ')
                        return c + length;
        return NULL;
}

char *judgement_format(const Judgement *judgement, const char *text) {
        char *all = g_strdup(text);
        for (guint i = 0; judgement->matched && i + 1 < judgement->matched->len; i += 2) {
                const char *end = find_end(all, judgement->matched->pdata[i]);
                if (!end)
                        continue;
                char *more =
                        g_strdup_printf("%.*s (%s)%s", (int) (end - all), all, (char *) judgement->matched->pdata[i + 1], end);
                g_free(all);
                all = more;
        }
        return all;
}
