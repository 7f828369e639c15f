/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the change that awaits confirmation: the previous state, on disk, and the timer that restores it. There is at most one.
 * All functions run in a fiber that holds the mutex, except for the timer and confirm_resume(), which take it. */

#include "daemon/reconciler.h"

typedef struct Confirm Confirm;

Confirm *confirm_new(const Settings *settings, sd_event *event, Reconciler *reconciler);

/* Frees the memory, when the daemon ends; on disk the change keeps waiting. */
void confirm_free(Confirm *confirm);

/* Saves what is in force before this user's change, so that it is restored, even after a crash or a reboot, unless the change
 * is confirmed within this many seconds. *ret_token: for Confirm and Rollback; free with g_free(). */
bool confirm_begin(Confirm *confirm, guint32 seconds, uid_t uid, char **ret_token, GError **error);

/* Starts the timer, once the change is in force. If that fails, the previous state is restored. */
bool confirm_arm(Confirm *confirm, GError **error);

/* Keeps the change, or forgets one that was not made after all. */
bool confirm_keep(Confirm *confirm, const char *token, GError **error);

/* Restores the previous state. */
bool confirm_rollback(Confirm *confirm, const char *token, GError **error);

/* Whether the waiting change is this user's and has this token. Needs no mutex. */
bool confirm_is_of(Confirm *confirm, uid_t uid, const char *token);

/* The names of the policies and groups that the change added, replaced or removed: "web", "group:office" (borrowed). NULL: no
 * waiting change has this token, or the previous state cannot be read. Needs no mutex. */
const char *const *confirm_names(Confirm *confirm, const char *token);

/* Appends the a{sv} of the property PendingChange; empty when no change is waiting. */
int confirm_append(Confirm *confirm, sd_bus_message *reply);

/* Fails while a change awaits confirmation; the error says which. */
bool confirm_check_none(Confirm *confirm, GError **error);

/* At start, before the policy files are read: the sets from before a change that must be undone at once; unref both. False:
 * there is none, or it cannot be read, which is logged. */
bool confirm_previous(const Settings *settings, PolicySet **ret_runtime, PolicySet **ret_permanent);

/* At start: restores the previous state if the time is over or the machine was rebooted; else restarts the timer. */
void confirm_resume(Confirm *confirm);
