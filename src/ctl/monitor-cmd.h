/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command monitor: signals and property changes of the service, as they come. Must not know which ones there are. */

#include "ctl/ctl.h"

/* Returns when it is interrupted (true) or the bus closes the connection (false and the error). */
bool monitor_cmd_run(Ctl *ctl, GStrv words, GError **error);
