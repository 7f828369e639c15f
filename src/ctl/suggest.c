/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "suggest.h"

#include <stdbool.h>
#include <string.h>

#include <glib/gi18n.h>

/* Longer ones are nobody's typing error, and the time it takes is their lengths' product. */
#define SUGGEST_MAX_BYTES 64

/* The least number of letters that are left out, added, replaced or exchanged with the next one. */
static gsize suggest_distance(const char *a, const char *b) {
        gsize rows[3][SUGGEST_MAX_BYTES + 1];
        gsize *before = rows[0], *last = rows[1], *row = rows[2];
        const gsize length = strlen(b);

        for (gsize j = 0; j <= length; j++)
                last[j] = j;
        for (gsize i = 1; a[i - 1]; i++) {
                row[0] = i;
                for (gsize j = 1; j <= length; j++) {
                        row[j] = MIN(MIN(last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = MIN(row[j], before[j - 2] + 1);
                }
                gsize *free_row = before;
                before = last;
                last = row;
                row = free_row;
        }
        return last[length];
}

const char *suggest_word(const char *word, const char *const *words) {
        const gsize length = strlen(word);
        const char *nearest = NULL;
        gsize least = G_MAXSIZE;

        if (length == 0 || length > SUGGEST_MAX_BYTES)
                return NULL;
        for (; *words; words++) {
                const gsize other = strlen(*words);
                /* One error in three letters at most; a beginning is meant as it is. */
                const gsize limit = (MAX(length, other) + 2) / 3;

                if (other > SUGGEST_MAX_BYTES)
                        continue;
                const bool begins = length >= 3 && g_str_has_prefix(*words, word);
                const gsize distance = begins ? 1 : suggest_distance(word, *words);
                if (distance <= limit && distance < least) {
                        nearest = *words;
                        least = distance;
                }
        }
        return nearest;
}

char *suggest_question(const char *word, const char *const *words) {
        const char *nearest = suggest_word(word, words);

        return nearest ? g_strdup_printf(_("; did you mean '%s'?"), nearest) : g_strdup("");
}
