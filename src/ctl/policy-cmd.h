/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-cmd: the commands allow-only, deny, forward and policy. */
#pragma once

#include "ctl.h"

/* allow-only, deny and forward: argv[0] is the action. */
gboolean policy_cmd_define(Ctl *ctl, GStrv argv, GError **error);

gboolean policy_cmd_run(Ctl *ctl, GStrv argv, GError **error);

/* Prints what Check says of one policy. */
gboolean policy_cmd_check(Ctl *ctl, const char *name, GVariant *policy, GError **error);
