/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* confirm: a change made with --confirm-within: asks at the terminal whether it stays, or says how to confirm it. */
#pragma once

#include "ctl.h"

/* Asks at the terminal; whether the answer is yes. */
gboolean confirm_ask(const char *question);

/* token: what the service answered; empty when nothing has to be confirmed. FALSE when the change was undone. */
gboolean confirm_change(Ctl *ctl, const char *token, GError **error);

/* policy confirm TOKEN, policy rollback TOKEN */
gboolean confirm_keep(Ctl *ctl, GStrv argv, GError **error);
gboolean confirm_rollback(Ctl *ctl, GStrv argv, GError **error);
