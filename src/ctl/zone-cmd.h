/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command zone: firewalld's zone for the interfaces of Docker. Must not know firewalld. */

#include "ctl/ctl.h"

bool zone_cmd_run(Ctl *ctl, GStrv words, GError **error);
