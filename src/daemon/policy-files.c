/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-files.h"

#include <glib/gi18n.h>

#include "model/error.h"
#include "model/store.h"

/* What a change does to the files of one kind. */
typedef struct Part {
        StoreChange *runtime_change, *permanent_change; /* NULL: nothing changes there */
        GHashTable *runtime_files, *permanent_files;    /* what is written; NULL: all last good copies are checked */
} Part;

struct FilesChange {
        Intent *intent;
        const Settings *settings;
        PolicySet *runtime, *permanent; /* what the files must say */
        Part parts[_STORE_KIND_MAX];
        bool restores; /* restores files, which may be broken */
};

#define ITERATE_KINDS(k) for (StoreKind k = 0; k < _STORE_KIND_MAX; k++)

/* In the state folder for what is permanent, in the runtime folder for the rest. */
static const char *const NAMES[] = { [STORE_POLICIES] = "policies", [STORE_GROUPS] = "groups" };
static const char *const COPIES[] = { [STORE_POLICIES] = "last-good", [STORE_GROUPS] = "last-good-groups" };

typedef struct Folders {
        const char *vendor, *permanent; /* borrowed; vendor: NULL: there is none */
        char *runtime, *runtime_copies, *permanent_copies;
} Folders;

static Folders *folders_new(const Settings *settings, StoreKind kind) {
        Folders *folders = g_new(Folders, 1);
        folders->vendor = kind == STORE_GROUPS ? NULL : settings->vendor_folder;
        folders->permanent = kind == STORE_GROUPS ? settings->group_folder : settings->policy_folder;
        folders->runtime = g_build_filename(settings->runtime_folder, NAMES[kind], NULL);
        folders->runtime_copies = g_build_filename(settings->runtime_folder, COPIES[kind], NULL);
        folders->permanent_copies = g_build_filename(settings->state_folder, COPIES[kind], NULL);
        return folders;
}

static void folders_free(Folders *folders) {
        g_free(folders->runtime);
        g_free(folders->runtime_copies);
        g_free(folders->permanent_copies);
        g_free(folders);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Folders, folders_free)

static GPtrArray *list_vendor(const Folders *folders) {
        return folders->vendor ? store_list(folders->vendor) : g_ptr_array_new_with_free_func(g_free);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* runtime: with what holds at runtime, which overrides what is permanent. */
static PolicySet *read_set(const Settings *settings, bool runtime, PolicySet *fallback, GPtrArray *problems) {
        PolicySet *set = policy_set_new();
        ITERATE_KINDS(kind) {
                g_autoptr(Folders) folders = folders_new(settings, kind);
                StoreFolder list[4] = { { 0 } };
                guint n = 0;
                if (folders->vendor)
                        list[n++] = (StoreFolder){ folders->vendor, folders->permanent_copies };
                list[n++] = (StoreFolder){ folders->permanent, folders->permanent_copies };
                if (runtime)
                        list[n++] = (StoreFolder){ folders->runtime, folders->runtime_copies };
                store_load(kind, list, fallback ? policy_set_table(fallback, kind) : NULL, policy_set_table(set, kind),
                           problems);
        }
        return set;
}

void policy_files_load(Intent *intent, const Settings *settings) {
        g_autoptr(GPtrArray) twice = store_problems_new(), unfinished = store_problems_new();
        intent->copies_due = true;
        ITERATE_KINDS(kind) {
                g_autoptr(Folders) folders = folders_new(settings, kind);
                g_autoptr(GError) error = NULL;
                if (!store_recover(folders->permanent, &error) || !store_recover(folders->runtime, &error))
                        store_add_problem(unfinished, kind, "", error->message);
        }
        intent->file_problems = store_problems_new();
        if (!intent->runtime) {
                intent->permanent = read_set(settings, false, NULL, twice);
                intent->runtime = read_set(settings, true, NULL, intent->file_problems);
        }
        intent->runtime = intent_at_present(intent->runtime);
        intent->permanent = intent_at_present(intent->permanent);
        /* What was read is enforced all the same. */
        g_ptr_array_extend_and_steal(intent->file_problems, g_steal_pointer(&unfinished));
}

PolicySet *policy_files_read(Intent *intent, const Settings *settings, GError **error) {
        if (!store_recover(settings->policy_folder, error) || !store_recover(settings->group_folder, error))
                return NULL;
        GPtrArray *problems = store_problems_new();
        PolicySet *permanent = read_set(settings, false, intent->permanent, problems);
        g_ptr_array_unref(intent->file_problems);
        intent->file_problems = problems;
        return intent_at_present(permanent);
}

const char *policy_files_problem(const Intent *intent, StoreKind kind, const char *name) {
        for (guint i = 0; i < intent->file_problems->len; i++) {
                const StoreProblem *problem = intent->file_problems->pdata[i];
                if (problem->kind == kind && g_str_equal(problem->name, name))
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
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, _("%s; all else was read"), first);
        else
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            _("%s; %u more files cannot be used, see Problems; all else was read"), first, broken - 1);
        return false;
}

/* --- what is written ---------------------------------------------------------------------------------------------- */

static GHashTable *files_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

/* Adds an entry with this item for each listed name that has none yet. */
static void add_others(GHashTable *files, GPtrArray *names, gpointer item) {
        for (guint i = 0; i < names->len; i++)
                if (!g_hash_table_contains(files, names->pdata[i]))
                        g_hash_table_insert(files, g_strdup(names->pdata[i]), item);
}

/* A broken file is written even if the new item equals the one that stayed in force. */
static void add_replaced(const Intent *intent, StoreKind kind, PolicySet *new, GHashTable *files) {
        for (guint i = 0; i < intent->file_problems->len; i++) {
                const StoreProblem *problem = intent->file_problems->pdata[i];
                gpointer item = problem->kind == kind ? g_hash_table_lookup(policy_set_table(new, kind), problem->name) : NULL;
                if (item && item != g_hash_table_lookup(policy_set_table(intent->permanent, kind), problem->name))
                        g_hash_table_insert(files, g_strdup(problem->name), item);
        }
}

/* The files to write so that the permanent folder matches the new set. */
static GHashTable *permanent_files(const Intent *intent, StoreKind kind, const Folders *folders, PolicySet *new) {
        GHashTable *files = files_new();
        g_autoptr(GPtrArray) names = policy_set_difference(intent->permanent, new, kind), vendor = list_vendor(folders);
        for (guint i = 0; i < names->len; i++) {
                gpointer item = g_hash_table_lookup(policy_set_table(new, kind), names->pdata[i]);
                /* An empty file hides a vendor's policy that was removed. */
                if (!item && !g_ptr_array_find_with_equal_func(vendor, names->pdata[i], g_str_equal, NULL))
                        item = STORE_REMOVE;
                g_hash_table_insert(files, g_strdup(names->pdata[i]), item);
        }
        add_replaced(intent, kind, new, files);
        return files;
}

/* The runtime folder holds a file for each name that stands for something else at runtime than permanently. */
static GHashTable *runtime_files(StoreKind kind, PolicySet *runtime, PolicySet *permanent, const char *folder) {
        GHashTable *files = files_new(), *items = policy_set_table(runtime, kind);
        g_autoptr(GPtrArray) names = policy_set_difference(runtime, permanent, kind), there = store_list(folder);
        for (guint i = 0; i < names->len; i++)
                g_hash_table_insert(files, g_strdup(names->pdata[i]), g_hash_table_lookup(items, names->pdata[i]));
        add_others(files, there, STORE_REMOVE);
        return files;
}

/* All last good copies. A policy that the vendor has a file for but the set lacks is hidden. */
static GHashTable *permanent_copies(const Intent *intent, StoreKind kind, const Folders *folders, PolicySet *permanent) {
        GHashTable *files = files_new(), *items = policy_set_table(permanent, kind);
        g_autoptr(GPtrArray) vendor = list_vendor(folders), there = store_list(folders->permanent_copies);
        GHashTableIter iter;
        gpointer name, item;
        g_hash_table_iter_init(&iter, items);
        while (g_hash_table_iter_next(&iter, &name, &item))
                g_hash_table_insert(files, g_strdup(name), item);
        add_others(files, vendor, NULL);
        add_others(files, there, STORE_REMOVE);
        /* If an item is unknown because its file or folder cannot be used, its copy is left alone: another version may be able to
         * read it. */
        const bool all = policy_files_problem(intent, kind, "") != NULL;
        g_hash_table_iter_init(&iter, files);
        while (g_hash_table_iter_next(&iter, &name, &item))
                if ((all || policy_files_problem(intent, kind, name)) && !g_hash_table_contains(items, name))
                        g_hash_table_iter_remove(&iter);
        return files;
}

/* --- the last good copies ----------------------------------------------------------------------------------------- */

/* part: of a change; NULL: all copies are checked. */
static bool keep_part(const Intent *intent, const Settings *settings, StoreKind kind, PolicySet *runtime, PolicySet *permanent,
                      const Part *part, GError **error) {
        g_autoptr(Folders) folders = folders_new(settings, kind);
        const bool all = intent->copies_due || !part || !part->permanent_files;
        g_autoptr(GHashTable) later =
                all ? permanent_copies(intent, kind, folders, permanent) : g_hash_table_ref(part->permanent_files);
        g_autoptr(GHashTable) now =
                all ? runtime_files(kind, runtime, permanent, folders->runtime_copies) : g_hash_table_ref(part->runtime_files);
        return store_keep(kind, folders->permanent_copies, later, part ? part->permanent_change : NULL, error) &&
               store_keep(kind, folders->runtime_copies, now, part ? part->runtime_change : NULL, error);
}

/* Updates the copies of what the change wrote; if change is NULL or has no list of files, all copies. The files themselves are
 * already written, so a failure is no error of the change. */
static void keep(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent,
                 const FilesChange *change) {
        g_autoptr(GError) error = NULL;
        bool kept = true;
        ITERATE_KINDS(kind)
        kept = kept && keep_part(intent, settings, kind, runtime, permanent, change ? &change->parts[kind] : NULL, &error);
        intent->copies_due = !kept;
        g_clear_pointer(&intent->copy_problem, g_free);
        if (!kept)
                intent->copy_problem =
                        g_strdup_printf(_("last good copies of policy files cannot be written, so a file that breaks now is "
                                          "not enforced after a restart: %s"),
                                        error->message);
}

void policy_files_keep(Intent *intent, const Settings *settings) {
        if (intent->copies_due)
                keep(intent, settings, intent->runtime, intent->permanent, NULL);
}

/* --- saved copies ------------------------------------------------------------------------------------------------- */

/* What policy_files_save() has in its folder: the two sets, and the files of the permanent one, byte by byte. */
#define SAVED_RUNTIME "runtime"
#define SAVED_PERMANENT "permanent"
#define SAVED_FILES "files"

/* Of groups: "runtime-groups". */
static char *saved_folder(const char *folder, const char *part, StoreKind kind) {
        g_autofree char *name = kind == STORE_GROUPS ? g_strconcat(part, "-", NAMES[kind], NULL) : g_strdup(part);
        return g_build_filename(folder, name, NULL);
}

static bool save_set(const char *folder, const char *part, PolicySet *set, GError **error) {
        ITERATE_KINDS(kind) {
                g_autofree char *path = saved_folder(folder, part, kind);
                g_autoptr(StoreChange) change = store_change_stage(kind, path, policy_set_table(set, kind), error);
                if (!change || !store_change_commit(change, error))
                        return false;
        }
        return true;
}

bool policy_files_save(const Intent *intent, const Settings *settings, const char *folder, GError **error) {
        ITERATE_KINDS(kind) {
                g_autoptr(Folders) folders = folders_new(settings, kind);
                g_autofree char *files = saved_folder(folder, SAVED_FILES, kind);
                if (!store_copy(folders->permanent, files, error))
                        return false;
        }
        return save_set(folder, SAVED_RUNTIME, intent->runtime, error) &&
               save_set(folder, SAVED_PERMANENT, intent->permanent, error);
}

static PolicySet *load_saved(const char *folder, const char *part, GError **error) {
        g_autoptr(GPtrArray) problems = store_problems_new();
        g_autoptr(PolicySet) set = policy_set_new();
        bool there = true;
        ITERATE_KINDS(kind) {
                g_autofree char *path = saved_folder(folder, part, kind);
                store_load(kind, (const StoreFolder[]){ { path, NULL }, { NULL, NULL } }, NULL, policy_set_table(set, kind),
                           problems);
                there = there && (kind == STORE_GROUPS || g_file_test(path, G_FILE_TEST_IS_DIR));
        }
        if (problems->len == 0 && there)
                return g_steal_pointer(&set);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("%s/%s: what was before the change cannot be read"), folder,
                    part);
        return NULL;
}

bool policy_files_load_saved(const char *folder, PolicySet **ret_runtime, PolicySet **ret_permanent, GError **error) {
        g_autoptr(PolicySet) runtime = load_saved(folder, SAVED_RUNTIME, error);
        g_autoptr(PolicySet) permanent = runtime ? load_saved(folder, SAVED_PERMANENT, error) : NULL;
        if (!permanent)
                return false;
        *ret_runtime = intent_at_present(g_steal_pointer(&runtime));
        *ret_permanent = intent_at_present(g_steal_pointer(&permanent));
        return true;
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

static bool stage(StoreKind kind, const char *folder, GHashTable *files, StoreChange **ret, GError **error) {
        *ret = g_hash_table_size(files) > 0 ? store_change_stage(kind, folder, files, error) : NULL;
        return *ret || g_hash_table_size(files) == 0;
}

static bool stage_runtime(FilesChange *change, GError **error) {
        bool staged = true;
        ITERATE_KINDS(kind) {
                Part *part = &change->parts[kind];
                g_autoptr(Folders) folders = folders_new(change->settings, kind);
                part->runtime_files = runtime_files(kind, change->runtime, change->permanent, folders->runtime);
                staged = staged && stage(kind, folders->runtime, part->runtime_files, &part->runtime_change, error);
        }
        return staged;
}

FilesChange *policy_files_stage(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent,
                                GError **error) {
        g_autoptr(FilesChange) change = change_new(intent, settings, runtime, permanent);
        bool staged = true;
        ITERATE_KINDS(kind) {
                Part *part = &change->parts[kind];
                g_autoptr(Folders) folders = folders_new(settings, kind);
                part->permanent_files = permanent_files(intent, kind, folders, permanent);
                staged = staged && stage(kind, folders->permanent, part->permanent_files, &part->permanent_change, error);
        }
        return staged && stage_runtime(change, error) ? g_steal_pointer(&change) : NULL;
}

FilesChange *policy_files_stage_read(Intent *intent, const Settings *settings, PolicySet *permanent, GError **error) {
        g_autoptr(FilesChange) change = change_new(intent, settings, permanent, permanent);
        return stage_runtime(change, error) ? g_steal_pointer(&change) : NULL;
}

FilesChange *policy_files_stage_restore(Intent *intent, const Settings *settings, PolicySet *runtime, PolicySet *permanent,
                                        const char *saved, GError **error) {
        g_autoptr(FilesChange) change = change_new(intent, settings, runtime, permanent);
        change->restores = true;
        bool staged = true;
        ITERATE_KINDS(kind) {
                g_autoptr(Folders) folders = folders_new(settings, kind);
                g_autofree char *files = saved_folder(saved, SAVED_FILES, kind);
                /* Saved by a version that knew no groups: then there were none. */
                if (!staged || (kind == STORE_GROUPS && !g_file_test(files, G_FILE_TEST_EXISTS)))
                        continue;
                change->parts[kind].permanent_change = store_change_stage_copy(folders->permanent, files, error);
                staged = change->parts[kind].permanent_change;
        }
        return staged && stage_runtime(change, error) ? g_steal_pointer(&change) : NULL;
}

bool policy_files_are_there(const FilesChange *change) {
        ITERATE_KINDS(kind)
        if (change->parts[kind].permanent_change || change->parts[kind].runtime_change)
                return false;
        return !change->intent->copies_due;
}

/* Drops the problems of broken files that were replaced. */
static void forget_problems(FilesChange *change) {
        GPtrArray *problems = change->intent->file_problems;
        for (guint i = problems->len; i-- > 0;) {
                const StoreProblem *problem = problems->pdata[i];
                const StoreChange *written = change->parts[problem->kind].permanent_change;
                if (written && store_change_touches(written, problem->name))
                        g_ptr_array_remove_index(problems, i);
        }
}

/* Groups before the policies that name them, and what lasts first: after a crash in between, the files decide. */
static bool commit_all(const FilesChange *change, GError **error) {
        for (int later = 1; later >= 0; later--)
                for (int kind = _STORE_KIND_MAX - 1; kind >= 0; kind--) {
                        const Part *part = &change->parts[kind];
                        StoreChange *one = later ? part->permanent_change : part->runtime_change;
                        if (one && !store_change_commit(one, error))
                                return false;
                }
        return true;
}

bool policy_files_commit(FilesChange *change, GError **error) {
        Intent *intent = change->intent;
        if (!commit_all(change, error))
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
        ITERATE_KINDS(kind) {
                Part *part = &change->parts[kind];
                g_clear_pointer(&part->permanent_change, store_change_free);
                g_clear_pointer(&part->runtime_change, store_change_free);
                g_clear_pointer(&part->permanent_files, g_hash_table_unref);
                g_clear_pointer(&part->runtime_files, g_hash_table_unref);
        }
        policy_set_unref(change->runtime);
        policy_set_unref(change->permanent);
        g_free(change);
}
