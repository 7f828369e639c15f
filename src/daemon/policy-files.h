/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which policy, and which group, is in which file: reads the folders, writes the files that a change affects, and keeps the last
 * good copies. Must not know how policies are enforced. */

#include "daemon/intent.h"
#include "world/settings.h"

/* At start: reads all policies and groups, unless confirm_previous() did. A broken file becomes a problem; its last good copy is used. */
void policy_files_load(Intent *intent, const Settings *settings);

/* Rereads what is permanent. A broken file becomes a problem; its policy, or group, stays as it is. */
PolicySet *policy_files_read(Intent *intent, const Settings *settings, GError **error);

/* What is wrong with the file of that name; NULL: nothing. */
const char *policy_files_problem(const Intent *intent, StoreKind kind, const char *name);

/* Whether every file was usable when last read; else QUAYWALL_ERROR_INVALID_POLICY with the name and line of the first that was
 * not. */
bool policy_files_check(const Intent *intent, GError **error);

/* Updates the last good copies if they may differ from what is in force. A failure to write them becomes a problem. */
void policy_files_keep(Intent *intent, const Settings *settings);

/* Saves what is wanted, and the permanent files byte by byte, in a folder that does not exist yet; and reads the sets again. */
bool policy_files_save(const Intent *intent, const Settings *settings, const char *folder, GError **error);
bool policy_files_load_saved(const char *folder, PolicySet **ret_runtime, PolicySet **ret_permanent, GError **error);

/* A change of files, staged and not yet committed. */
typedef struct FilesChange FilesChange;

/* Stages the files that make the folders match these sets. */
FilesChange *policy_files_stage(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent,
                                GError **error);

/* The same for permanent policies that were just read from their files, so that only the runtime ones change... */
FilesChange *policy_files_stage_read(Intent *intent, const Settings *settings, PolicySet *permanent, GError **error);

/* ...and to restore the permanent files that policy_files_save() has in this folder. */
FilesChange *policy_files_stage_restore(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent,
                                        const char *saved, GError **error);

/* Whether the files and the last good copies match already. */
bool policy_files_are_there(const FilesChange *change);

/* Commits the change. Problems of files that it replaced are removed, and the last good copies are updated. */
bool policy_files_commit(FilesChange *change, GError **error);

/* Frees a change, and discards it if it was not committed. */
void policy_files_free(FilesChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FilesChange, policy_files_free)
