/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns which policy is in which file: reads the folders, writes what a change of policies changes in them, and keeps the last
 * good copies. Must not know how policies are enforced. */

#include "daemon/context.h"

/* Reads all policies, at start. What is broken becomes a problem, and stays as its last good copy says. */
void policy_files_load(Context *context);

/* Reads the permanent ones again. What is broken becomes a problem, and stays as it is. */
PolicySet *policy_files_read(Context *context, GError **error);

/* What is wrong with the file of that policy; NULL: nothing. */
const char *policy_files_problem(Context *context, const char *name);

/* Whether every file was usable when they were read last; else QUAYWALL_ERROR_INVALID_POLICY with the first by its name and line. */
bool policy_files_check(Context *context, GError **error);

/* Makes the last good copies say what is in force, if they may not. That they cannot be written is a problem of its own. */
void policy_files_keep(Context *context);

/* A change of files on its way. */
typedef struct FilesChange FilesChange;

/* Stages what makes the files say this. */
FilesChange *policy_files_stage(Context *context, PolicySet *runtime, PolicySet *permanent, GError **error);

/* The same for what was read from the permanent files just now, so that only the runtime ones change... */
FilesChange *policy_files_stage_read(Context *context, PolicySet *permanent, GError **error);

/* ...and to have the permanent files that policy_store_copy() put aside in this folder. */
FilesChange *policy_files_stage_restore(Context *context, PolicySet *runtime, PolicySet *permanent, const char *files, GError **error);

/* From here on the change is kept. Problems of files that it replaced are gone, and the last good copies follow. */
bool policy_files_commit(FilesChange *change, GError **error);

/* Forgets a change that was not committed, and frees it. */
void policy_files_free(FilesChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FilesChange, policy_files_free)
