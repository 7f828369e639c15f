/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command engine: Docker's own settings, shown and changed. Must not know daemon.json. */

#include "ctl/ctl.h"

bool engine_cmd_run(Ctl *ctl, GStrv words, GError **error);
