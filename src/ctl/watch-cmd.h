/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the command watch: a page that one leaves open, kept up to date by the service's signals. Must not know how the page looks, nor
 * how a terminal works. */

#include "ctl/ctl.h"

bool watch_cmd_run(Ctl *ctl, GStrv words, GError **error);
