/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns how a failure reads for the user: in the words that were typed, with what helps, and as an exit status. Must not know what the
 * commands do. */

#include "ctl/ctl.h"

/* Prints the sentence to stderr and returns the status. words: the line, without "quaywallctl". */
CtlExit report_error(Ctl *ctl, const char *const *words, const GError *error);
