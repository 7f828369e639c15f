/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* monitor-cmd: the command monitor: signals and property changes of the service as they come. */
#pragma once

#include "ctl.h"

gboolean monitor_cmd_run(Ctl *ctl, GStrv argv, GError **error);
