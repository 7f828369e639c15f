/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the commands "policy edit", "rename", "enable" and "disable": what changes a part of a policy, and leaves the rest to
 * quaywalld. */

#include "ctl/ctl.h"

/* words: from the verb on. */
bool edit_cmd_run(Ctl *ctl, GStrv words, GError **error);

bool edit_cmd_rename(Ctl *ctl, GStrv argv, GError **error);
bool edit_cmd_set_enabled(Ctl *ctl, GStrv argv, GError **error);
