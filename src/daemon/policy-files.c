/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-files.h"

#include "daemon/pending.h"
#include "model/error.h"
#include "model/policy-store.h"

/* In the state folder for the permanent policies, in the runtime folder for the runtime ones. */
#define COPIES "last-good"

struct FilesChange {
        Context *context;
        PolicySet *runtime, *permanent;                 /* what the files are to say */
        StoreChange *runtime_change, *permanent_change; /* NULL: nothing changes there */
        GHashTable *runtime_files, *permanent_files;    /* what is written; NULL: the last good copies are all looked at */
        bool restores;                                  /* files come back that may be broken */
};

typedef struct Folders {
        char *runtime, *runtime_copies, *permanent_copies;
} Folders;

static Folders *folders_new(Context *context) {
        Folders *folders = g_new(Folders, 1);
        folders->runtime = g_build_filename(context->settings->runtime_folder, "policies", NULL);
        folders->runtime_copies = g_build_filename(context->settings->runtime_folder, COPIES, NULL);
        folders->permanent_copies = g_build_filename(context->settings->state_folder, COPIES, NULL);
        return folders;
}

static void folders_free(Folders *folders) {
        g_free(folders->runtime);
        g_free(folders->runtime_copies);
        g_free(folders->permanent_copies);
        g_free(folders);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folders, folders_free)

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* runtime: the runtime policies above the permanent ones. */
static PolicySet *read_set(Context *context, bool runtime, PolicySet *fallback, GPtrArray **ret_problems) {
        g_autoptr(Folders) folders = folders_new(context);
        const StoreFolder list[] = { { context->settings->vendor_folder, folders->permanent_copies },
                                     { context->settings->policy_folder, folders->permanent_copies },
                                     { runtime ? folders->runtime : NULL, folders->runtime_copies },
                                     { NULL, NULL } };
        return policy_store_load(list, fallback, ret_problems);
}

void policy_files_load(Context *context) {
        g_autoptr(Folders) folders = folders_new(context);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) twice = NULL;
        context->copies_due = true;
        const bool recovered = policy_store_recover(context->settings->policy_folder, &error) &&
                               policy_store_recover(folders->runtime, &error);
        if (pending_previous(context, &context->runtime, &context->permanent))
                context->file_problems = policy_store_problems_new();
        else {
                context->permanent = read_set(context, false, NULL, &twice);
                context->runtime = read_set(context, true, NULL, &context->file_problems);
        }
        /* What is there is enforced all the same. */
        if (!recovered)
                policy_store_add_problem(context->file_problems, "", error->message);
}

PolicySet *policy_files_read(Context *context, GError **error) {
        if (!policy_store_recover(context->settings->policy_folder, error))
                return NULL;
        GPtrArray *problems;
        PolicySet *permanent = read_set(context, false, context->permanent, &problems);
        g_ptr_array_unref(context->file_problems);
        context->file_problems = problems;
        return permanent;
}

const char *policy_files_problem(Context *context, const char *name) {
        for (guint i = 0; i < context->file_problems->len; i++) {
                const StoreProblem *problem = context->file_problems->pdata[i];
                if (g_str_equal(problem->name, name))
                        return problem->message;
        }
        return NULL;
}

bool policy_files_check(Context *context, GError **error) {
        const guint broken = context->file_problems->len;
        if (broken == 0)
                return true;
        const char *first = ((StoreProblem *) context->file_problems->pdata[0])->message;
        if (broken == 1)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, "%s; all else was read", first);
        else
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, "%s; %u more files cannot be used, see Problems; all else was read",
                            first, broken - 1);
        return false;
}

/* --- what is written ---------------------------------------------------------------------------------------------- */

static GHashTable *files_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

/* Every name in the list that has none yet gets this. */
static void add_others(GHashTable *files, GPtrArray *names, Policy *policy) {
        for (guint i = 0; i < names->len; i++)
                if (!g_hash_table_contains(files, names->pdata[i]))
                        g_hash_table_insert(files, g_strdup(names->pdata[i]), policy);
}

/* The file is written also where it cannot be used, and the new policy is the one that stayed in force. */
static void add_replaced(Context *context, PolicySet *new, GHashTable *files) {
        for (guint i = 0; i < context->file_problems->len; i++) {
                const char *name = ((StoreProblem *) context->file_problems->pdata[i])->name;
                Policy *policy = g_hash_table_lookup(new, name);
                if (policy && policy != g_hash_table_lookup(context->permanent, name))
                        g_hash_table_insert(files, g_strdup(name), policy);
        }
}

/* What has to be written where, so that the folders say runtime and permanent. */
static GHashTable *permanent_files(Context *context, PolicySet *new) {
        GHashTable *files = files_new();
        g_autoptr(GPtrArray) names = policy_set_difference(context->permanent, new);
        g_autoptr(GPtrArray) vendor = policy_store_list(context->settings->vendor_folder);
        for (guint i = 0; i < names->len; i++) {
                Policy *policy = g_hash_table_lookup(new, names->pdata[i]);
                /* A removed policy of the vendor's is hidden by an empty file. */
                if (!policy && !g_ptr_array_find_with_equal_func(vendor, names->pdata[i], g_str_equal, NULL))
                        policy = STORE_REMOVE;
                g_hash_table_insert(files, g_strdup(names->pdata[i]), policy);
        }
        add_replaced(context, new, files);
        return files;
}

/* The runtime folder holds a file for each name whose runtime policy is not the permanent one. */
static GHashTable *runtime_files(PolicySet *runtime, PolicySet *permanent, const char *folder) {
        GHashTable *files = files_new();
        g_autoptr(GPtrArray) names = policy_set_difference(runtime, permanent), there = policy_store_list(folder);
        for (guint i = 0; i < names->len; i++)
                g_hash_table_insert(files, g_strdup(names->pdata[i]), g_hash_table_lookup(runtime, names->pdata[i]));
        add_others(files, there, STORE_REMOVE);
        return files;
}

/* All last good copies. A policy that is not there although the vendor has a file of it is hidden. */
static GHashTable *permanent_copies(Context *context, PolicySet *permanent, const char *folder) {
        GHashTable *files = files_new();
        g_autoptr(GPtrArray) vendor = policy_store_list(context->settings->vendor_folder), there = policy_store_list(folder);
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, permanent);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                g_hash_table_insert(files, g_strdup(name), policy);
        add_others(files, vendor, NULL);
        add_others(files, there, STORE_REMOVE);
        /* Where nobody knows what the policy is, its copy is left alone: another version may be able to read it. */
        const bool all = policy_files_problem(context, "") != NULL;
        g_hash_table_iter_init(&iter, files);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                if ((all || policy_files_problem(context, name)) && !g_hash_table_contains(permanent, name))
                        g_hash_table_iter_remove(&iter);
        return files;
}

/* --- the last good copies ----------------------------------------------------------------------------------------- */

/* files NULL: all of them. The files themselves are written already, so a failure is no error of the change. */
static void keep(Context *context, PolicySet *runtime, PolicySet *permanent, GHashTable *files, GHashTable *files_now) {
        g_autoptr(Folders) folders = folders_new(context);
        g_autoptr(GError) error = NULL;
        const bool all = context->copies_due || !files;
        g_autoptr(GHashTable) later = all ? permanent_copies(context, permanent, folders->permanent_copies) : g_hash_table_ref(files);
        g_autoptr(GHashTable) now = all ? runtime_files(runtime, permanent, folders->runtime_copies) : g_hash_table_ref(files_now);
        const bool kept = policy_store_keep(folders->permanent_copies, later, &error) &&
                          policy_store_keep(folders->runtime_copies, now, &error);
        context->copies_due = !kept;
        g_clear_pointer(&context->copy_problem, g_free);
        if (!kept)
                context->copy_problem = g_strdup_printf("last good copies of policy files cannot be written, so a file that breaks now is "
                                                        "not enforced after a restart: %s",
                                                        error->message);
}

void policy_files_keep(Context *context) {
        if (context->copies_due)
                keep(context, context->runtime, context->permanent, NULL, NULL);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

static FilesChange *change_new(Context *context, PolicySet *runtime, PolicySet *permanent) {
        FilesChange *change = g_new0(FilesChange, 1);
        change->context = context;
        change->runtime = g_hash_table_ref(runtime);
        change->permanent = g_hash_table_ref(permanent);
        return change;
}

static bool stage(const char *folder, GHashTable *files, StoreChange **ret, GError **error) {
        *ret = g_hash_table_size(files) > 0 ? store_change_stage(folder, files, error) : NULL;
        return *ret || g_hash_table_size(files) == 0;
}

static bool stage_runtime(FilesChange *change, GError **error) {
        g_autoptr(Folders) folders = folders_new(change->context);
        change->runtime_files = runtime_files(change->runtime, change->permanent, folders->runtime);
        return stage(folders->runtime, change->runtime_files, &change->runtime_change, error);
}

FilesChange *policy_files_stage(Context *context, PolicySet *runtime, PolicySet *permanent, GError **error) {
        g_autoptr(FilesChange) change = change_new(context, runtime, permanent);
        change->permanent_files = permanent_files(context, permanent);
        return stage(context->settings->policy_folder, change->permanent_files, &change->permanent_change, error) &&
                               stage_runtime(change, error) ?
                       g_steal_pointer(&change) :
                       NULL;
}

FilesChange *policy_files_stage_read(Context *context, PolicySet *permanent, GError **error) {
        g_autoptr(FilesChange) change = change_new(context, permanent, permanent);
        return stage_runtime(change, error) ? g_steal_pointer(&change) : NULL;
}

FilesChange *policy_files_stage_restore(Context *context, PolicySet *runtime, PolicySet *permanent, const char *files, GError **error) {
        g_autoptr(FilesChange) change = change_new(context, runtime, permanent);
        change->restores = true;
        change->permanent_change = store_change_stage_copy(context->settings->policy_folder, files, error);
        return change->permanent_change && stage_runtime(change, error) ? g_steal_pointer(&change) : NULL;
}

/* A file that could not be used was replaced. */
static void forget_problems(FilesChange *change) {
        GPtrArray *problems = change->context->file_problems;
        for (guint i = problems->len; change->permanent_change && i-- > 0;)
                if (store_change_touches(change->permanent_change, ((StoreProblem *) problems->pdata[i])->name))
                        g_ptr_array_remove_index(problems, i);
}

/* The files decide what is there after a crash. */
bool policy_files_commit(FilesChange *change, GError **error) {
        Context *context = change->context;
        if ((change->permanent_change && !store_change_commit(change->permanent_change, error)) ||
            (change->runtime_change && !store_change_commit(change->runtime_change, error)))
                return false;
        forget_problems(change);
        keep(context, change->runtime, change->permanent, change->permanent_files, change->runtime_files);
        if (change->restores) {
                g_ptr_array_unref(context->file_problems);
                g_autoptr(PolicySet) same = read_set(context, false, change->permanent, &context->file_problems);
        }
        return true;
}

void policy_files_free(FilesChange *change) {
        if (!change)
                return;
        g_clear_pointer(&change->permanent_change, store_change_free);
        g_clear_pointer(&change->runtime_change, store_change_free);
        g_clear_pointer(&change->permanent_files, g_hash_table_unref);
        g_clear_pointer(&change->runtime_files, g_hash_table_unref);
        g_hash_table_unref(change->runtime);
        g_hash_table_unref(change->permanent);
        g_free(change);
}
