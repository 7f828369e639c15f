/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the commands for all policies at once: "policy remove --all" and "runtime-to-permanent". */

#include "ctl/ctl.h"

/* yes: the user is not asked. */
bool all_cmd_remove(Ctl *ctl, bool yes, GError **error);

bool all_cmd_runtime_to_permanent(Ctl *ctl, GStrv words, GError **error);

/* A dictionary whose keys are the names of the policies in each scope that is written, but for those that containers carry. NULL and
 * the error when it fails; unref it. */
GVariant *all_cmd_names(Ctl *ctl, GError **error);
