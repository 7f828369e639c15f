/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the log of failed calls from callers who may not change anything: the first one at once, and then one line per minute
 * and user, so that nobody can flood the log. */

#include <sys/types.h>

#include <glib.h>
#include <systemd/sd-event.h>

/* Notes that a call ("Policies.Set") of that user failed. Sets a timer only if a line was logged within the last minute. */
void refusals_note(sd_event *event, uid_t uid, const char *method, const GError *error);
