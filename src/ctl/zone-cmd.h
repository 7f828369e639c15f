/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zone-cmd: the command zone. */
#pragma once

#include "ctl.h"

gboolean zone_cmd_run(Ctl *ctl, GStrv argv, GError **error);
