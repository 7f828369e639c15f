/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how the service's names read for the user of a command: "sources: ..." is about "--from". Must not know the bus, nor what the
 * sentences say. Pure. */

#include <stdbool.h>

#include <glib.h>

/* The option or word of the command ("allow-only") that has this key of the bus ("sources", "option cut"): "--from", "--cut", "NAME";
 * NULL: none was typed for it. */
const char *option_names_find(const char *command, const char *key);

/* Whether the sentence is about such options: the keys that it begins with, "interfaces, ports: ...", all have one. */
bool option_names_are_typed(const char *command, const char *sentence);

/* The sentence with those options instead of the keys. Free with g_free(). */
char *option_names_translate(const char *command, const char *sentence);
