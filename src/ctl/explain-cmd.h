/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-cmd: "quaywallctl explain". */
#pragma once

#include "ctl.h"

gboolean explain_cmd_run(Ctl *ctl, GStrv argv, GError **error);
