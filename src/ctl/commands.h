/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns --print-firewall-cmd: what a command would do, as commands of firewall-cmd, and what those do not keep. Must not know which
 * commands they are: the service says that. */

#include "ctl/ctl.h"

/* Prints them for a call of this method ("Policies.Set") with these arguments, a floating tuple. Nothing is changed. */
bool commands_print(Ctl *ctl, const char *method, GVariant *arguments, GError **error);
