/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns running quaywallctl beside a fixture: with pipes, as a script does, and at a terminal. QUAYWALLCTL names the program. */

#include "fixture.h"

/* The program and the words of the line, as a shell divides them. Free with g_strfreev(). */
GStrv ctl_words(const char *line);

/* Checks the exit status, and returns what it printed in *out and *err unless NULL. */
void ctl(Fixture *f, int status, char **out, char **err, const char *line);

/* The same for lines of so many columns. Free with g_free(). */
char *ctl_screen(Fixture *f, int status, const char *columns, const char *line);

/* Fails unless the text has each of the words, which "|" separates. */
void has(const char *text, const char *words);

/* Runs it, which must succeed, and looks for words in what it printed; or for a status and words in its messages. */
void prints(Fixture *f, const char *words, const char *line);
void says(Fixture *f, int status, const char *words, const char *line);

/* Runs it at a terminal, and gives this answer to its prompt. */
void asked(Fixture *f, int status, const char *answer, const char *line);

/* Runs it at a terminal of 80 columns, with more environment ("NAME=VALUE", ended by NULL), and returns what was on the screen, without
 * carriage returns. Free with g_free(). */
char *ctl_at_terminal(Fixture *f, int status, const char *answer, const char *const *environment, const char *line);
