/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which of the words that there are a mistyped one was meant to be. Must not know what they are. Pure. */

#include <glib.h>

/* The one of these words that is the nearest to word, borrowed from them; NULL when none is near enough to be meant. */
const char *suggest_word(const char *word, const char *const *words);

/* "; did you mean 'web'?", or "" without a suggestion. Free with g_free(). */
char *suggest_question(const char *word, const char *const *words);
