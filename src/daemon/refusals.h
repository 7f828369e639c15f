/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns what the log says of calls that callers without rights to change anything had refused: the first one at once, and then one
 * line a minute and user, so that nobody can fill it. */

#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-event.h>

/* A call ("Policies.Set") of that user failed. Nothing wakes the daemon unless more came within a minute. */
void refusals_note(sd_event *event, uid_t uid, const char *method, const GError *error);
