/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the transaction: other policies in force and in their files, all or nothing. All functions wait: call them in a fiber
 * that holds the mutex. */

#include "daemon/reconciler.h"

/* Puts these sets in force and writes their files, and the note into the history; after an error, nothing is changed. The caller
 * already holds the mutex, because it derived the sets from those in force. */
bool change_run(Reconciler *r, PolicySet *runtime, PolicySet *permanent, const ChangeNote *note, GError **error);

/* While firewalld is not running: whether the guard alone could make this change. Asks nobody, so any function may call it. */
bool change_check_away(const Reconciler *r, PolicySet *runtime, PolicySet *permanent, GError **error);

/* Restores earlier sets, and the permanent files, that policy_files_save() has in folder. If firewalld is not
 * running or fails, the guard and the files are restored nevertheless, so that nobody stays locked out, and firewalld's rules
 * once it is able to. */
bool change_restore(Reconciler *r, PolicySet *runtime, PolicySet *permanent, const char *folder, GError **error);

/* Rereads the policy files and discards runtime changes. Broken files become problems; their policies stay. The caller holds
 * the mutex. */
bool change_reload(Reconciler *r, const ChangeNote *note, GError **error);
