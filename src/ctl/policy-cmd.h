/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command policy: the policies, shown and changed. Must not know how an import is read: policy-import.h. */

#include "ctl/ctl.h"

bool policy_cmd_run(Ctl *ctl, GStrv words, GError **error);
