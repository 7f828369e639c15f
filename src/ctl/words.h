/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what each word of a command line is: an option, its value, or a word of its own. GOptionContext, which takes the values,
 * cannot say of a half-typed line what comes next, nor name the option that was meant. Must not know any option or command. Pure. */

#include <stdbool.h>

#include <glib.h>

typedef struct Words {
        GPtrArray *plain;           /* words that are neither options nor values of them (borrowed from the command line) */
        GPtrArray *given;           /* const GOptionEntry *, the options (borrowed) */
        const GOptionEntry *valued; /* the next word is the value of this option; NULL: it is not */
        const GOptionEntry *list;   /* the next word may be one more value of this option; NULL: it is not */
        bool help;                  /* --help or -h is among them */
        bool dashes;                /* so is "--": what follows is neither option nor value */
} Words;

/* Reads argv up to its end. entries: ended by G_OPTION_ENTRY_NULL; list_options: long names of those that take several words (NULL:
 * none); strict: what follows the first plain word is plain. An unknown option is CTL_ERROR_USAGE, which names the one that was
 * meant; error NULL: it is passed over. Both must outlive the result; free it with words_clear(). */
bool words_read(const char *const *argv, const GOptionEntry *entries, const char *const *list_options, bool strict, Words *ret,
                GError **error);
void words_clear(Words *words);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Words, words_clear)

/* The option of this word, "--port", "--port=80" or "-q"; *ret_value: what follows "=", NULL: nothing does. NULL: none. */
const GOptionEntry *words_find_option(const char *word, const GOptionEntry *entries, const char **ret_value);

/* CTL_ERROR_USAGE for an option without its value; returns false. */
bool words_missing_value(const GOptionEntry *entry, GError **error);

bool words_takes_value(const GOptionEntry *entry);
