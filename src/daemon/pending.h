/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the change that waits to be confirmed: what was before it, on disk, and the timer that brings that back. There
 * is one at a time. All run in a fiber that holds the mutex, but the timer and pending_resume(), which take it. */

#include "daemon/context.h"

/* Remembers what is in force before a change of this user's, so that also a crash or a reboot brings it back unless it is confirmed
 * within so many seconds. *ret_token: for Confirm and Rollback; free with g_free(). */
bool pending_begin(Context *context, guint32 seconds, uid_t uid, char **ret_token, GError **error);

/* Starts to count, when the change is in force. If it cannot, what was before is put in force again. */
bool pending_arm(Context *context, GError **error);

/* Keeps the change, or forgets one that did not come to be. */
bool pending_confirm(Context *context, const char *token, GError **error);

/* Puts in force again what was before. */
bool pending_rollback(Context *context, const char *token, GError **error);

/* The names of the policies that the change made, replaced or removed (borrowed). NULL: the token is of no change that waits, or
 * what was before cannot be read. Needs no mutex. */
const char *const *pending_names(Context *context, const char *token);

/* Appends the a{sv} of the property PendingChange; empty when none waits. */
int pending_append(Context *context, sd_bus_message *reply);

/* Whether another change must wait; the error says for what. */
bool pending_check_none(Context *context, GError **error);

/* Forgets it in memory only, at the end of the daemon. */
void pending_clear(Context *context);

/* At start, when the policies are loaded: what was in force before a change that is to be undone at once; unref both. False:
 * there is none. */
bool pending_previous(Context *context, PolicySet **ret_runtime, PolicySet **ret_permanent);

/* At start: brings back what was if the time is over or the machine was rebooted, and counts on otherwise. */
void pending_resume(Context *context);
