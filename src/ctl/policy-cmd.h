/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-cmd: the command policy. */
#pragma once

#include "ctl.h"

/* All policies, a{sa{sv}}: as they are now, or as they will be from the next reload or boot on. */
GVariant *policy_cmd_get_all(Ctl *ctl, gboolean permanent, GError **error);

gboolean policy_cmd_run(Ctl *ctl, GStrv argv, GError **error);
