/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what a user answers at the terminal: whether a change made with --confirm-within stays, and other questions. Must not know how
 * the change was made. */

#include "ctl/ctl.h"

/* Asks at the terminal, and returns whether the answer is yes. */
bool confirm_ask(const char *question);

/* token: what the method returned; "" or NULL when nothing has to be confirmed. Asks whether the change stays; where stdin is no
 * terminal it prints the token instead. false and CTL_ERROR_FAILED when the change was undone. */
bool confirm_change(Ctl *ctl, const char *token, GError **error);

/* The commands "policy confirm TOKEN" and "policy rollback TOKEN". */
bool confirm_keep(Ctl *ctl, GStrv argv, GError **error);
bool confirm_rollback(Ctl *ctl, GStrv argv, GError **error);
