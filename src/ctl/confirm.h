/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* confirm: a change made with --confirm-within: asks at the terminal whether it stays, or says how to confirm it. */
#pragma once

#include "ctl.h"

/* token: what the service answered; empty when nothing has to be confirmed. FALSE when the change was undone. */
/* At a terminal: asks, and whether the answer is yes. Elsewhere nobody is asked, and it is. */
gboolean confirm_ask(const char *question);

gboolean confirm_change(Ctl *ctl, const char *token, GError **error);

/* policy confirm TOKEN, policy rollback TOKEN */
gboolean confirm_keep(Ctl *ctl, GStrv argv, GError **error);
gboolean confirm_rollback(Ctl *ctl, GStrv argv, GError **error);
