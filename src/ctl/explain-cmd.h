/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command explain: the way of a connection through the rules of the kernel. Must not know how a rule is judged. */

#include "ctl/ctl.h"

/* Sets ctl->status to CTL_EXIT_BLOCKED or CTL_EXIT_UNCERTAIN for such a verdict. */
bool explain_cmd_run(Ctl *ctl, GStrv words, GError **error);
