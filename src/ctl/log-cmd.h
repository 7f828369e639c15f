/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command log: what policies with "log" blocked, from the journal. journalctl(1) reads it: it knows where journals are, who
 * may read them and how to follow them, and libsystemd would be a second D-Bus stack in this program. Must not know quaywalld, which
 * need not run. */

#include "ctl/ctl.h"

bool log_cmd_run(Ctl *ctl, GStrv words, GError **error);
