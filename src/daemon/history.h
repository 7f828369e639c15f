/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the history: the last changes of policies and groups, one file for each in the state folder. Must not know how a change is
 * made.
 *
 * A change is written before the files of policies and groups are committed, as NUMBER.new, and gets its name by a rename after
 * that. After a crash in between, the policies and groups decide which of the two happened, so that no change is listed that was
 * not made. A change can lack its entry: if the entry cannot be written (which the journal says, and refuses no change), or after
 * a power cut, on a filesystem where a synced new file can lose its name. That is harmless, since a change is only taken back from
 * policies and groups that are as it left them. */

#include "daemon/intent.h"
#include "model/change-record.h"
#include "world/settings.h"

/* Who changes policies or groups, and how: what they themselves do not say. Everything is borrowed. */
typedef struct ChangeNote {
        const char *method;              /* "Policies.Set" */
        gint64 uid;                      /* or RECORD_NO_USER */
        const char *old_name, *new_name; /* of a policy that it renames; NULL: none */
        guint64 undoes;                  /* the change that it takes back; 0: none */
        bool is_pending;                 /* it waits to be confirmed: history_settle() follows */
} ChangeNote;

typedef struct History History;

History *history_new(const Settings *settings);
void history_free(History *history);

/* At start, once the policies are read: finishes what a crash interrupted. is_pending: a change still waits to be confirmed. */
void history_recover(History *history, const Intent *intent, bool is_pending);

/* Writes what a change will do, before it is committed. Nothing if it changes nothing. */
void history_begin(History *history, const ChangeNote *note, const Intent *intent, PolicySet *runtime, PolicySet *permanent);

/* Once it is committed, or was not made. */
void history_end(History *history, bool made);

/* What became of the change that waited to be confirmed. Nothing if none does. */
void history_settle(History *history, RecordState state);

/* All changes without their policies and groups, oldest first (ChangeRecord *; unref the array). One that cannot be read is reported once and
 * set aside. */
GPtrArray *history_list(History *history);

/* The number of the newest of these; 0: there is none. */
guint64 history_find_newest(const History *history);

/* One change with its policies and groups, if they were kept and its file has at most limit bytes; QUAYWALL_ERROR_NO_SUCH_CHANGE. */
ChangeRecord *history_read(History *history, guint64 number, gsize limit, GError **error);

/* The newest change after this one that still holds and is of that policy or group too; 0: there is none. */
guint64 history_find_later(History *history, guint64 number, StoreKind kind, const char *name);
