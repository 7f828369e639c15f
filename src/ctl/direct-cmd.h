/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* direct-cmd: the command direct. */
#pragma once

#include "ctl.h"

gboolean direct_cmd_run(Ctl *ctl, GStrv argv, GError **error);
