/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how --help looks, in lines of at most 80 columns. Must not know any command. Pure. */

#include "ctl/usage.h"

/* command: "policy" ("" for quaywallctl itself); verb: one of its verbs, or NULL. entries: all options that they take, ended by
 * G_OPTION_ENTRY_NULL; those with G_OPTION_FLAG_HIDDEN are left out. Free with g_free(). */
char *help_format(const CtlUsage *usage, const char *command, const CtlVerb *verb, const GOptionEntry *entries);
