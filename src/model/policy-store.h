/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the policy folders: what is read from them, and changes that happen whole or not at all. Must not know what
 * the policies are for. */

#include "policy-set.h"

/* A file that could not be used; the message begins with its path and line. */
typedef struct StoreProblem {
        char *name; /* the policy's */
        char *message;
} StoreProblem;

/* An array of them; unref it. Texts may be of any bytes. */
GPtrArray *policy_store_problems_new(void);
void policy_store_add_problem(GPtrArray *problems, const char *name, const char *message);

/* A folder of policies, and the folder of their last good copies; NULL: there are none. */
typedef struct StoreFolder {
        const char *path, *copies;
} StoreFolder;

/* Reads NAME.xml of all folders, ended by one without a path; a file hides one of the same name in a folder before it, an
 * empty file hides it and stands for no policy. A folder that is not there is empty. Symbolic links are refused. A file
 * that cannot be used adds a StoreProblem, which says what becomes of the policy: it is taken from fallback if it is there, else from
 * its last good copy. So are all of them for a folder that cannot be read. Writes nothing. */
PolicySet *policy_store_load(const StoreFolder *folders, PolicySet *fallback, GPtrArray **ret_problems);

/* The names of the policies that have a file in this folder (char *; unref the array). */
GPtrArray *policy_store_list(const char *folder);

/* Makes last good copies say the same as these files: char * name -> Policy *, NULL or STORE_REMOVE, as for
 * store_change_stage(). Only what differs is written. */
bool policy_store_keep(const char *copies, GHashTable *files, GError **error);

/* Copies the files that hold policies into a folder that is not there yet. */
bool policy_store_copy(const char *folder, const char *copy, GError **error);

/* A change of one folder on its way. */
typedef struct StoreChange StoreChange;

/* Writes what shall change beside the folder's files, and syncs it. policies: char * name -> Policy * to write it, NULL
 * to write an empty file, or STORE_REMOVE to have no file. The folder is made if need be. */
#define STORE_REMOVE ((Policy *) 1)
StoreChange *store_change_stage(const char *folder, GHashTable *policies, GError **error);

/* The same, to have in the folder what policy_store_copy() put aside, byte by byte; an error where that is not there. */
StoreChange *store_change_stage_copy(const char *folder, const char *copy, GError **error);

/* From here on the change is kept, also over a crash: policy_store_recover() completes it. */
bool store_change_commit(StoreChange *change, GError **error);

/* Whether it replaces or removes the file of that policy. */
bool store_change_touches(const StoreChange *change, const char *name);

/* Forgets a change that was not committed, and frees it. */
void store_change_free(StoreChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreChange, store_change_free)

/* Completes a change that a crash interrupted after its commit, and removes one that it interrupted before. */
bool policy_store_recover(const char *folder, GError **error);
