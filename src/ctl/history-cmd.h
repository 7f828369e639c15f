/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the commands "history" and "undo": the last changes of policies and groups, and taking one back. Must not know what may be taken back: the
 * service says that. */

#include "ctl/ctl.h"

bool history_cmd_history(Ctl *ctl, GStrv words, GError **error);
bool history_cmd_undo(Ctl *ctl, GStrv words, GError **error);
