/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what a shell offers when TAB is pressed: the hidden command __complete, for the scripts in completions/. What can be typed is
 * read from the tables that the commands parse by, and names of what there is come from the service. Must not know any command. */

#include "ctl/ctl.h"

/* The name of the command, and its exit status where the shell is to offer files. */
#define COMPLETE_COMMAND "__complete"
#define COMPLETE_FILES 9

/* The CtlCompleteFunc: one word in a line, and after a tab what it is. Nothing where nothing is known, and no error: it neither asks for
 * a password nor starts a service. The status is COMPLETE_FILES where a file is due. */
bool complete_line(Ctl *ctl, const CtlUsage *usage, const CtlVerb *verb, const GOptionEntry *entries, const char *const *argv,
                   GError **error);
