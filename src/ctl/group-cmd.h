/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command "group": named groups of addresses. Must not know policies, except which of them name a group. */

#include "ctl/ctl.h"

bool group_cmd_run(Ctl *ctl, GStrv words, GError **error);
