/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-files.h"

#include "model/error.h"
#include "model/store.h"

/* In the state folder for the permanent policies, in the runtime folder for the runtime ones. */
#define COPIES "last-good"

struct FilesChange {
        Intent *intent;
        const Settings *settings;
        PolicySet *runtime, *permanent;                 /* what the files must say */
        StoreChange *runtime_change, *permanent_change; /* NULL: nothing changes there */
        GHashTable *runtime_files, *permanent_files;    /* what is written; NULL: all last good copies are checked */
        bool restores;                                  /* restores files, which may be broken */
};

typedef struct Folders {
        char *runtime, *runtime_copies, *permanent_copies;
} Folders;

static Folders *folders_new(const Settings *settings) {
        Folders *folders = g_new(Folders, 1);
        folders->runtime = g_build_filename(settings->runtime_folder, "policies", NULL);
        folders->runtime_copies = g_build_filename(settings->runtime_folder, COPIES, NULL);
        folders->permanent_copies = g_build_filename(settings->state_folder, COPIES, NULL);
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

/* runtime: with the runtime policies, which override the permanent ones. */
static PolicySet *read_set(const Settings *settings, bool runtime, PolicySet *fallback, GPtrArray *problems) {
        g_autoptr(Folders) folders = folders_new(settings);
        const StoreFolder list[] = { { settings->vendor_folder, folders->permanent_copies },
                                     { settings->policy_folder, folders->permanent_copies },
                                     { runtime ? folders->runtime : NULL, folders->runtime_copies },
                                     { NULL, NULL } };
        PolicySet *set = policy_set_new();
        store_load(STORE_POLICIES, list, fallback ? fallback->policies : NULL, set->policies, problems);
        return set;
}

void policy_files_load(Intent *intent, const Settings *settings) {
        g_autoptr(Folders) folders = folders_new(settings);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) twice = store_problems_new();
        intent->copies_due = true;
        intent->file_problems = store_problems_new();
        const bool recovered = store_recover(settings->policy_folder, &error) && store_recover(folders->runtime, &error);
        if (!intent->runtime) {
                intent->permanent = read_set(settings, false, NULL, twice);
                intent->runtime = read_set(settings, true, NULL, intent->file_problems);
        }
        intent->runtime = intent_at_present(intent->runtime);
        intent->permanent = intent_at_present(intent->permanent);
        /* What was read is enforced all the same. */
        if (!recovered)
                store_add_problem(intent->file_problems, STORE_POLICIES, "", error->message);
}

PolicySet *policy_files_read(Intent *intent, const Settings *settings, GError **error) {
        if (!store_recover(settings->policy_folder, error))
                return NULL;
        GPtrArray *problems = store_problems_new();
        PolicySet *permanent = read_set(settings, false, intent->permanent, problems);
        g_ptr_array_unref(intent->file_problems);
        intent->file_problems = problems;
        return intent_at_present(permanent);
}

const char *policy_files_problem(const Intent *intent, const char *name) {
        for (guint i = 0; i < intent->file_problems->len; i++) {
                const StoreProblem *problem = intent->file_problems->pdata[i];
                if (g_str_equal(problem->name, name))
                        return problem->message;
        }
        return NULL;
}

bool policy_files_check(const Intent *intent, GError **error) {
        const guint broken = intent->file_problems->len;
        if (broken == 0)
                return true;
        const char *first = ((StoreProblem *) intent->file_problems->pdata[0])->message;
        if (broken == 1)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, "%s; all else was read", first);
        else
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            "%s; %u more files cannot be used, see Problems; all else was read", first, broken - 1);
        return false;
}

/* --- what is written ---------------------------------------------------------------------------------------------- */

static GHashTable *files_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

/* Adds an entry with this policy for each listed name that has none yet. */
static void add_others(GHashTable *files, GPtrArray *names, Policy *policy) {
        for (guint i = 0; i < names->len; i++)
                if (!g_hash_table_contains(files, names->pdata[i]))
                        g_hash_table_insert(files, g_strdup(names->pdata[i]), policy);
}

/* A broken file is written even if the new policy equals the one that stayed in force. */
static void add_replaced(const Intent *intent, PolicySet *new, GHashTable *files) {
        for (guint i = 0; i < intent->file_problems->len; i++) {
                const char *name = ((StoreProblem *) intent->file_problems->pdata[i])->name;
                Policy *policy = g_hash_table_lookup(new->policies, name);
                if (policy && policy != g_hash_table_lookup(intent->permanent->policies, name))
                        g_hash_table_insert(files, g_strdup(name), policy);
        }
}

/* The files to write so that the permanent folder matches the new set. */
static GHashTable *permanent_files(const Intent *intent, const Settings *settings, PolicySet *new) {
        GHashTable *files = files_new();
        g_autoptr(GPtrArray) names = policy_set_difference(intent->permanent, new);
        g_autoptr(GPtrArray) vendor = store_list(settings->vendor_folder);
        for (guint i = 0; i < names->len; i++) {
                Policy *policy = g_hash_table_lookup(new->policies, names->pdata[i]);
                /* An empty file hides a vendor's policy that was removed. */
                if (!policy && !g_ptr_array_find_with_equal_func(vendor, names->pdata[i], g_str_equal, NULL))
                        policy = STORE_REMOVE;
                g_hash_table_insert(files, g_strdup(names->pdata[i]), policy);
        }
        add_replaced(intent, new, files);
        return files;
}

/* The runtime folder holds a file for each name whose runtime policy differs from the permanent one. */
static GHashTable *runtime_files(PolicySet *runtime, PolicySet *permanent, const char *folder) {
        GHashTable *files = files_new();
        g_autoptr(GPtrArray) names = policy_set_difference(runtime, permanent), there = store_list(folder);
        for (guint i = 0; i < names->len; i++)
                g_hash_table_insert(files, g_strdup(names->pdata[i]), g_hash_table_lookup(runtime->policies, names->pdata[i]));
        add_others(files, there, STORE_REMOVE);
        return files;
}

/* All last good copies. A policy that the vendor has a file for but the set lacks is hidden. */
static GHashTable *permanent_copies(const Intent *intent, const Settings *settings, PolicySet *permanent, const char *folder) {
        GHashTable *files = files_new();
        g_autoptr(GPtrArray) vendor = store_list(settings->vendor_folder), there = store_list(folder);
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, permanent->policies);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                g_hash_table_insert(files, g_strdup(name), policy);
        add_others(files, vendor, NULL);
        add_others(files, there, STORE_REMOVE);
        /* If a policy is unknown because its file or folder cannot be used, its copy is left alone: another version may be able
         * to read it. */
        const bool all = policy_files_problem(intent, "") != NULL;
        g_hash_table_iter_init(&iter, files);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                if ((all || policy_files_problem(intent, name)) && !g_hash_table_contains(permanent->policies, name))
                        g_hash_table_iter_remove(&iter);
        return files;
}

/* --- the last good copies ----------------------------------------------------------------------------------------- */

/* Updates the copies of what the change wrote; if change is NULL or has no list of files, all copies. The files themselves are
 * already written, so a failure is no error of the change. */
static void keep(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent,
                 const FilesChange *change) {
        g_autoptr(Folders) folders = folders_new(settings);
        g_autoptr(GError) error = NULL;
        const bool all = intent->copies_due || !change || !change->permanent_files;
        g_autoptr(GHashTable) later = all ? permanent_copies(intent, settings, permanent, folders->permanent_copies) :
                                            g_hash_table_ref(change->permanent_files);
        g_autoptr(GHashTable) now =
                all ? runtime_files(runtime, permanent, folders->runtime_copies) : g_hash_table_ref(change->runtime_files);
        const bool kept =
                store_keep(STORE_POLICIES, folders->permanent_copies, later, change ? change->permanent_change : NULL,
                           &error) &&
                store_keep(STORE_POLICIES, folders->runtime_copies, now, change ? change->runtime_change : NULL, &error);
        intent->copies_due = !kept;
        g_clear_pointer(&intent->copy_problem, g_free);
        if (!kept)
                intent->copy_problem =
                        g_strdup_printf("last good copies of policy files cannot be written, so a file that breaks now is "
                                        "not enforced after a restart: %s",
                                        error->message);
}

void policy_files_keep(Intent *intent, const Settings *settings) {
        if (intent->copies_due)
                keep(intent, settings, intent->runtime, intent->permanent, NULL);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

static FilesChange *change_new(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent) {
        FilesChange *change = g_new0(FilesChange, 1);
        change->intent = intent;
        change->settings = settings;
        change->runtime = policy_set_ref(runtime);
        change->permanent = policy_set_ref(permanent);
        return change;
}

static bool stage(const char *folder, GHashTable *files, StoreChange **ret, GError **error) {
        *ret = g_hash_table_size(files) > 0 ? store_change_stage(STORE_POLICIES, folder, files, error) : NULL;
        return *ret || g_hash_table_size(files) == 0;
}

static bool stage_runtime(FilesChange *change, GError **error) {
        g_autoptr(Folders) folders = folders_new(change->settings);
        change->runtime_files = runtime_files(change->runtime, change->permanent, folders->runtime);
        return stage(folders->runtime, change->runtime_files, &change->runtime_change, error);
}

FilesChange *policy_files_stage(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent,
                                GError **error) {
        g_autoptr(FilesChange) change = change_new(intent, settings, runtime, permanent);
        change->permanent_files = permanent_files(intent, settings, permanent);
        return stage(settings->policy_folder, change->permanent_files, &change->permanent_change, error) &&
                               stage_runtime(change, error) ?
                       g_steal_pointer(&change) :
                       NULL;
}

FilesChange *policy_files_stage_read(Intent *intent, const Settings *settings, PolicySet *permanent, GError **error) {
        g_autoptr(FilesChange) change = change_new(intent, settings, permanent, permanent);
        return stage_runtime(change, error) ? g_steal_pointer(&change) : NULL;
}

FilesChange *policy_files_stage_restore(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent,
                                        const char *files, GError **error) {
        g_autoptr(FilesChange) change = change_new(intent, settings, runtime, permanent);
        change->restores = true;
        change->permanent_change = store_change_stage_copy(settings->policy_folder, files, error);
        return change->permanent_change && stage_runtime(change, error) ? g_steal_pointer(&change) : NULL;
}

bool policy_files_are_there(const FilesChange *change) {
        return !change->permanent_change && !change->runtime_change && !change->intent->copies_due;
}

/* Drops the problems of broken files that were replaced. */
static void forget_problems(FilesChange *change) {
        GPtrArray *problems = change->intent->file_problems;
        for (guint i = problems->len; change->permanent_change && i-- > 0;)
                if (store_change_touches(change->permanent_change, ((StoreProblem *) problems->pdata[i])->name))
                        g_ptr_array_remove_index(problems, i);
}

/* After a crash, the files decide. */
bool policy_files_commit(FilesChange *change, GError **error) {
        Intent *intent = change->intent;
        if ((change->permanent_change && !store_change_commit(change->permanent_change, error)) ||
            (change->runtime_change && !store_change_commit(change->runtime_change, error)))
                return false;
        forget_problems(change);
        keep(intent, change->settings, change->runtime, change->permanent, change);
        if (change->restores) {
                g_ptr_array_set_size(intent->file_problems, 0);
                g_autoptr(PolicySet) same = read_set(change->settings, false, change->permanent, intent->file_problems);
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
        policy_set_unref(change->runtime);
        policy_set_unref(change->permanent);
        g_free(change);
}
