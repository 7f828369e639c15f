/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns splitting a rule that nft printed into words. Must not know what they mean. */

#include <stdbool.h>

#include <glib.h>

/* char *; unref the array. A string in double quotes is one word; nft knows no escapes in it. */
GPtrArray *nft_words_split(const char *text);

/* Free with g_free(). */
char *nft_words_join(GPtrArray *words);

/* The word without the comma that follows it in a list. Free with g_free(). */
char *nft_word_bare(const char *word);

/* Whether word i is this one; there may be fewer. */
bool nft_word_is(GPtrArray *words, guint i, const char *word);
