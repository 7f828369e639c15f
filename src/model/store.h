/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns the folders of XML files, one for each policy or group: what is read from them, and changes that happen as a whole or not at
 * all. Must not know what policies and groups are for. */

#include <stdbool.h>

#include <glib.h>

/* What the files of a folder hold. */
typedef enum StoreKind {
        STORE_POLICIES, /* Policy * */
        STORE_GROUPS,   /* Group * */
        _STORE_KIND_MAX,
} StoreKind;

/* A file that could not be used; the message begins with its path and line. */
typedef struct StoreProblem {
        StoreKind kind;
        char *name; /* of the policy or group; "": the whole folder */
        char *message;
} StoreProblem;

/* An array of StoreProblem *; unref it. The texts may be any bytes. */
GPtrArray *store_problems_new(void);
void store_add_problem(GPtrArray *problems, StoreKind kind, const char *name, const char *message);

/* A folder, and the folder of the last good copies of its files; NULL: it has none. */
typedef struct StoreFolder {
        const char *path, *copies;
} StoreFolder;

/* Loads NAME.xml from all folders, ended by one without a path, into an empty table (char * name -> an item of that kind, both
 * owned). A file hides one of the same name in an earlier folder; an empty file hides it and stands for nothing. A folder that
 * does not exist is empty. Symbolic links are refused. A file that cannot be used adds a StoreProblem, which says what becomes of
 * its item: it is taken from fallback (such a table, or NULL) if it is there, else from its last good copy. The same applies to
 * all items of a folder that cannot be read. Writes nothing. */
void store_load(StoreKind kind, const StoreFolder *folders, GHashTable *fallback, GHashTable *items, GPtrArray *problems);

/* The names that have a file in this folder (char *; unref the array). */
GPtrArray *store_list(const char *folder);

/* Copies the files that hold items into a folder that does not exist yet. */
bool store_copy(const char *folder, const char *copy, GError **error);

/* A change of one folder in progress. */
typedef struct StoreChange StoreChange;

/* Writes the changed files beside the folder's own, and syncs them. files: char * name -> an item to write it, NULL to write an
 * empty file, or STORE_REMOVE to have no file. Creates the folder if need be. */
#define STORE_REMOVE ((gpointer) 1)
StoreChange *store_change_stage(StoreKind kind, const char *folder, GHashTable *files, GError **error);

/* The same, to restore what store_copy() saved, byte by byte; an error if that does not exist. */
StoreChange *store_change_stage_copy(const char *folder, const char *copy, GError **error);

/* From here on the change is kept, even through a crash: store_recover() completes it. */
bool store_change_commit(StoreChange *change, GError **error);

/* Updates last good copies to these files, as for store_change_stage(). Writes only what differs. written: a change that wrote
 * files of these very items, whose texts are reused; NULL: none. */
bool store_keep(StoreKind kind, const char *copies, GHashTable *files, const StoreChange *written, GError **error);

/* Whether the change replaces or removes the file of that name. */
bool store_change_touches(const StoreChange *change, const char *name);

/* Discards the change unless it was committed, and frees it. */
void store_change_free(StoreChange *change);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreChange, store_change_free)

/* Completes a change that a crash interrupted after its commit, and removes one that was interrupted before. */
bool store_recover(const char *folder, GError **error);
