/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* engine-cmd: "quaywallctl engine": Docker's own settings, shown and changed. */
#pragma once

#include "ctl.h"

gboolean engine_cmd_run(Ctl *ctl, GStrv argv, GError **error);
