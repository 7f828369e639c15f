/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command direct: single rules in DOCKER-USER. Must not know what a rule may say: the service checks it. */

#include "ctl/ctl.h"

bool direct_cmd_run(Ctl *ctl, GStrv words, GError **error);
