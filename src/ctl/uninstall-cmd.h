/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command uninstall-rules: quaywalld is stopped and disabled, however it was started, and then "quaywalld --remove-rules" takes
 * away what it put in place. Must not know what that is. */

#include "ctl/ctl.h"

bool uninstall_cmd_run(Ctl *ctl, GStrv words, GError **error);
