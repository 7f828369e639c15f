/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the commands about the service as a whole: status, verify, repair and reload. Must not know what each problem means. */

#include "ctl/ctl.h"

/* Those that find problems set ctl->status to CTL_EXIT_PROBLEMS. */
bool service_cmd_status(Ctl *ctl, GStrv words, GError **error);
bool service_cmd_verify(Ctl *ctl, GStrv words, GError **error);
bool service_cmd_repair(Ctl *ctl, GStrv words, GError **error);
bool service_cmd_reload(Ctl *ctl, GStrv words, GError **error);

/* The property PendingChange of Policies as "web, db, group:office by root, undone in 42 s unless it is confirmed", printable; "" when no change
 * waits, or pending is NULL. Free with g_free(). */
char *service_pending_text(GVariant *pending);
