/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft-words.h"

#include <string.h>

GPtrArray *nft_words_split(const char *text) {
        GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
        while (*text) {
                const char *end = text;
                for (bool quoted = false; *end && (quoted || *end != ' '); end++)
                        quoted ^= *end == '"';
                if (end > text)
                        g_ptr_array_add(words, g_strndup(text, end - text));
                text = *end ? end + 1 : end;
        }
        return words;
}

char *nft_words_join(GPtrArray *words) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < words->len; i++)
                g_string_append_printf(text, "%s%s", i ? " " : "", (char *) words->pdata[i]);
        return g_string_free(text, FALSE);
}

char *nft_word_bare(const char *word) {
        const gsize length = strlen(word);
        return g_strndup(word, length > 0 && word[length - 1] == ',' ? length - 1 : length);
}

bool nft_word_is(GPtrArray *words, guint i, const char *word) {
        return i < words->len && g_str_equal(words->pdata[i], word);
}
