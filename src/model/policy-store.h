/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the policy folders: what is read from them, and changes that happen as a whole or not at all. Must not know what the
 * policies are for. */

#include "policy-set.h"

/* A file that could not be used; the message begins with its path and line. */
typedef struct StoreProblem {
        char *name; /* the policy's */
        char *message;
} StoreProblem;

/* An array of StoreProblem *; unref it. The texts may be any bytes. */
GPtrArray *policy_store_problems_new(void);
void policy_store_add_problem(GPtrArray *problems, const char *name, const char *message);

/* A folder of policies, and the folder of their last good copies; NULL: it has none. */
typedef struct StoreFolder {
        const char *path, *copies;
} StoreFolder;

/* Loads NAME.xml from all folders, ended by one without a path. A file hides one of the same name in an earlier folder; an
 * empty file hides it and stands for no policy. A folder that does not exist is empty. Symbolic links are refused. A file that
 * cannot be used adds a StoreProblem, which says what becomes of the policy: it is taken from fallback if it is there, else
 * from its last good copy. The same applies to all policies of a folder that cannot be read. Writes nothing. */
PolicySet *policy_store_load(const StoreFolder *folders, PolicySet *fallback, GPtrArray **ret_problems);

/* The names of the policies that have a file in this folder (char *; unref the array). */
GPtrArray *policy_store_list(const char *folder);

/* Copies the files that hold policies into a folder that does not exist yet. */
bool policy_store_copy(const char *folder, const char *copy, GError **error);

/* A change of one folder in progress. */
typedef struct StoreChange StoreChange;

/* Writes the changed files beside the folder's own, and syncs them. policies: char * name -> Policy * to write it, NULL to
 * write an empty file, or STORE_REMOVE to have no file. Creates the folder if need be. */
#define STORE_REMOVE ((Policy *) 1)
StoreChange *store_change_stage(const char *folder, GHashTable *policies, GError **error);

/* The same, to restore what policy_store_copy() saved, byte by byte; an error if that does not exist. */
StoreChange *store_change_stage_copy(const char *folder, const char *copy, GError **error);

/* From here on the change is kept, even through a crash: policy_store_recover() completes it. */
bool store_change_commit(StoreChange *change, GError **error);

/* Updates last good copies to these files: char * name -> Policy *, NULL or STORE_REMOVE, as for store_change_stage(). Writes
 * only what differs. written: a change that wrote files of these very policies, whose texts are reused; NULL: none. */
bool policy_store_keep(const char *copies, GHashTable *files, const StoreChange *written, GError **error);

/* Whether the change replaces or removes that policy's file. */
bool store_change_touches(const StoreChange *change, const char *name);

/* Discards the change unless it was committed, and frees it. */
void store_change_free(StoreChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreChange, store_change_free)

/* Completes a change that a crash interrupted after its commit, and removes one that was interrupted before. */
bool policy_store_recover(const char *folder, GError **error);
