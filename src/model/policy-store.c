/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "bounds.h"
#include "durable.h"
#include "error.h"
#include "policy-xml.h"
#include "sort.h"

/* A change is staged in the hidden folder STAGED, becomes valid when that is renamed to COMMITTED, and is then moved file by
 * file; an entry with REMOVE_SUFFIX stands for a file to remove. That one rename decides, so a crash leaves the old policies or
 * the new ones, however many a change affects. */
#define STAGED ".staged"
#define COMMITTED ".committed"
#define SUFFIX ".xml"
#define REMOVE_SUFFIX ".remove"

struct StoreChange {
        char *folder;
        char *staged;
        GHashTable *names; /* char *, the policies whose files change */
        GHashTable *texts; /* char * -> char *: rendered files, since rendering thousands of addresses takes long */
};

/* The text of a policy's file, rendered once; borrowed from texts. */
static const char *render(GHashTable *texts, const char *name, const Policy *policy) {
        const char *text = g_hash_table_lookup(texts, name);
        if (!text) {
                char *rendered = policy && policy != STORE_REMOVE ? policy_to_xml(policy) : g_strdup("");
                g_hash_table_insert(texts, g_strdup(name), rendered);
                text = rendered;
        }
        return text;
}

static GHashTable *texts_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void store_problem_free(StoreProblem *problem) {
        g_free(problem->name);
        g_free(problem->message);
        g_free(problem);
}

GPtrArray *policy_store_problems_new(void) {
        return g_ptr_array_new_with_free_func((GDestroyNotify) store_problem_free);
}

void policy_store_add_problem(GPtrArray *problems, const char *name, const char *message) {
        StoreProblem *problem = g_new(StoreProblem, 1);
        *problem = (StoreProblem){ g_utf8_make_valid(name, -1), g_utf8_make_valid(message, -1) };
        g_ptr_array_add(problems, problem);
}

/* Parses the policy of a file; NULL for an empty one. The error begins with its path, and the line if there is one. */
static bool read_policy(int dir_fd, const char *folder, const char *file, Policy **ret, GError **error) {
        g_autoptr(GError) failure = NULL;
        gsize length = 0;
        g_autofree char *text = durable_read(dir_fd, file, LIMIT_POLICY_FILE, &length, &failure);
        *ret = length > 0 ? policy_from_xml(text, length, &failure) : NULL;
        if (!failure)
                return true;
        g_propagate_prefixed_error(error, g_steal_pointer(&failure), text ? "%s/%s:" : "%s/%s: ", folder, file);
        return false;
}

/* False without an error: no copy exists. */
static bool read_copy(const char *copies, const char *file, Policy **ret, GError **error) {
        g_autofree char *committed = g_build_filename(copies, COMMITTED, NULL);
        const char *const folders[] = { committed, copies };
        for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autoptr(Directory) dir = opendir(folders[i]);
                if (dir && faccessat(dirfd(dir), file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return read_policy(dirfd(dir), folders[i], file, ret, error);
        }
        return false;
}

static void put(PolicySet *set, const char *name, Policy *policy) {
        if (policy)
                policy_set_insert(set, name, policy);
        else
                g_hash_table_remove(set, name);
}

/* A policy whose file cannot be used stays as it was. Returns a sentence on what became of it. */
static char *fall_back(const StoreFolder *folder, const char *file, const char *name, PolicySet *set, PolicySet *fallback) {
        Policy *old = fallback ? g_hash_table_lookup(fallback, name) : NULL;
        g_autoptr(Policy) copy = NULL;
        g_autoptr(GError) error = NULL;
        const bool known = old || (folder->copies && read_copy(folder->copies, file, &copy, &error));
        if (known)
                put(set, name, old ? old : copy);
        if (old || copy)
                return g_strdup("the policy stays as it was when its file was last good");
        if (known)
                return g_strdup("there is no policy of this name, as when its file was last good");
        const char *outcome = g_hash_table_contains(set, name) ? "the policy of the folder before it holds" :
                                                                 "nothing enforces it until the file is repaired";
        return error ? g_strdup_printf("its last good copy cannot be used either (%s): %s", error->message, outcome) :
                       g_strdup_printf("it has no last good copy: %s", outcome);
}

static void load_file(int dir_fd, const StoreFolder *folder, const char *file, PolicySet *set, PolicySet *fallback,
                      GPtrArray *problems) {
        g_autofree char *name = g_strndup(file, strlen(file) - strlen(SUFFIX));
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = NULL;
        if (!policy_name_check(name, &error))
                g_prefix_error(&error, "%s/%s: ", folder->path, file);
        else if (read_policy(dir_fd, folder->path, file, &policy, &error)) {
                put(set, name, policy);
                return;
        }
        g_autofree char *outcome = fall_back(folder, file, name, set, fallback);
        g_autofree char *message = g_strdup_printf("%s; %s", error->message, outcome);
        policy_store_add_problem(problems, name, message);
}

/* The files of the folder that hold policies, sorted; a folder that does not exist has none. NULL with errno: it cannot be
 * read. */
static GPtrArray *list_files(Directory *dir) {
        g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
        errno = dir || errno == ENOENT ? 0 : errno;
        for (const struct dirent *entry; dir && (entry = readdir(dir));)
                if (entry->d_name[0] != '.' && g_str_has_suffix(entry->d_name, SUFFIX))
                        g_ptr_array_add(files, g_strdup(entry->d_name));
        if (errno != 0)
                return NULL;
        g_ptr_array_sort(files, compare_strings);
        return g_steal_pointer(&files);
}

GPtrArray *policy_store_list(const char *folder) {
        g_autoptr(Directory) dir = opendir(folder);
        GPtrArray *names = list_files(dir);
        if (!names)
                return g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < names->len; i++)
                ((char *) names->pdata[i])[strlen(names->pdata[i]) - strlen(SUFFIX)] = '\0';
        return names;
}

static bool load_folder(const StoreFolder *folder, PolicySet *set, PolicySet *fallback, GPtrArray *problems);

/* Policies of a folder that cannot be read may be in force, so they are kept. */
static void keep_all(const StoreFolder *folder, PolicySet *set, PolicySet *fallback, GPtrArray *problems) {
        g_autofree char *reason = g_strdup(g_strerror(errno));
        const guint before = g_hash_table_size(set);
        GHashTableIter iter;
        gpointer name, policy;
        if (folder->copies)
                load_folder(&(StoreFolder){ folder->copies, NULL }, set, NULL, problems);
        const bool known = fallback || g_hash_table_size(set) > before;
        if (fallback) {
                g_hash_table_iter_init(&iter, fallback);
                while (g_hash_table_iter_next(&iter, &name, &policy))
                        policy_set_insert(set, name, policy);
        }
        g_autofree char *message = g_strdup_printf(
                "%s: %s; %s", folder->path, reason,
                known ? "its policies stay as they were when it was last good" :
                        "there are no last good copies of its policies: nothing enforces them until it can be read");
        policy_store_add_problem(problems, "", message);
}

static bool load_folder(const StoreFolder *folder, PolicySet *set, PolicySet *fallback, GPtrArray *problems) {
        g_autoptr(Directory) dir = opendir(folder->path);
        g_autoptr(GPtrArray) files = list_files(dir);
        if (!files)
                keep_all(folder, set, fallback, problems);
        for (guint i = 0; files && i < files->len; i++)
                load_file(dirfd(dir), folder, files->pdata[i], set, fallback, problems);
        return files;
}

PolicySet *policy_store_load(const StoreFolder *folders, PolicySet *fallback, GPtrArray **ret_problems) {
        PolicySet *set = policy_set_new();
        *ret_problems = policy_store_problems_new();
        for (; folders->path; folders++) {
                /* Committed files that could not be moved to their places yet, for example because the folder is read-only. */
                g_autofree char *committed = g_build_filename(folders->path, COMMITTED, NULL);
                if (load_folder(folders, set, fallback, *ret_problems))
                        load_folder(&(StoreFolder){ committed, folders->copies }, set, fallback, *ret_problems);
        }
        return set;
}

/* Moves the files of a committed change to their places. May be repeated after a crash. */
static bool complete(const char *folder, GError **error) {
        g_autofree char *committed = g_build_filename(folder, COMMITTED, NULL);
        g_autoptr(Directory) dir = opendir(committed);
        if (!dir)
                return errno == ENOENT || durable_fail(error, "cannot open", committed);
        for (const struct dirent *entry; (entry = readdir(dir));) {
                if (g_str_has_suffix(entry->d_name, REMOVE_SUFFIX)) {
                        g_autofree char *name = g_strndup(entry->d_name, strlen(entry->d_name) - strlen(REMOVE_SUFFIX));
                        g_autofree char *path = g_strconcat(folder, "/", name, SUFFIX, NULL);
                        if (unlink(path) < 0 && errno != ENOENT)
                                return durable_fail(error, "cannot remove", path);
                } else if (g_str_has_suffix(entry->d_name, SUFFIX)) {
                        g_autofree char *from = g_build_filename(committed, entry->d_name, NULL);
                        g_autofree char *to = g_build_filename(folder, entry->d_name, NULL);
                        if (rename(from, to) < 0)
                                return durable_fail(error, "cannot replace", to);
                }
        }
        return durable_sync_folder(folder, error) && durable_remove_folder(committed, error) &&
               durable_sync_folder(folder, error);
}

bool policy_store_recover(const char *folder, GError **error) {
        g_autofree char *staged = g_build_filename(folder, STAGED, NULL);
        return complete(folder, error) && durable_remove_folder(staged, error);
}

/* texts: files that are rendered already; NULL: none. */
static StoreChange *begin(const char *folder, GHashTable *texts, GError **error) {
        if (!durable_make_folder(folder, 0755, error) || !policy_store_recover(folder, error))
                return NULL;
        g_autoptr(StoreChange) change = g_new0(StoreChange, 1);
        change->folder = g_strdup(folder);
        change->staged = g_build_filename(folder, STAGED, NULL);
        change->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        change->texts = texts ? g_hash_table_ref(texts) : texts_new();
        if (mkdir(change->staged, 0700) < 0) {
                durable_fail(error, "cannot make", change->staged);
                return NULL;
        }
        return g_steal_pointer(&change);
}

static StoreChange *stage(const char *folder, GHashTable *policies, GHashTable *texts, GError **error) {
        g_autoptr(StoreChange) change = begin(folder, texts, error);
        if (!change)
                return NULL;
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, policies);
        while (g_hash_table_iter_next(&iter, &name, &policy)) {
                g_autofree char *path =
                        g_strconcat(change->staged, "/", name, policy == STORE_REMOVE ? REMOVE_SUFFIX : SUFFIX, NULL);
                const char *text = render(change->texts, name, policy);
                if (!durable_create(path, text, strlen(text), 0644, error))
                        return NULL;
                g_hash_table_add(change->names, g_strdup(name));
        }
        return durable_sync_folder(change->staged, error) ? g_steal_pointer(&change) : NULL;
}

StoreChange *store_change_stage(const char *folder, GHashTable *policies, GError **error) {
        return stage(folder, policies, NULL, error);
}

/* Each readable file of a folder: char * file -> GBytes *. */
static GHashTable *read_folder(const char *folder, GError **error) {
        g_autoptr(Directory) dir = opendir(folder);
        g_autoptr(GPtrArray) files = list_files(dir);
        if (!files) {
                durable_fail(error, "cannot read", folder);
                return NULL;
        }
        GHashTable *texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
        for (guint i = 0; i < files->len; i++) {
                gsize length;
                char *text = durable_read(dirfd(dir), files->pdata[i], LIMIT_POLICY_FILE, &length, NULL);
                if (text)
                        g_hash_table_insert(texts, g_strdup(files->pdata[i]), g_bytes_new_take(text, length));
        }
        return texts;
}

static bool create_file(const char *folder, const char *file, GBytes *bytes, GError **error) {
        gsize length;
        const char *text = g_bytes_get_data(bytes, &length);
        g_autofree char *path = g_build_filename(folder, file, NULL);
        return durable_create(path, text, length, 0644, error);
}

bool policy_store_copy(const char *folder, const char *copy, GError **error) {
        g_autoptr(GHashTable) texts = read_folder(folder, error);
        if (!texts)
                return false;
        if (!durable_make_folder(copy, 0700, error))
                return false;
        GHashTableIter iter;
        gpointer file, bytes;
        g_hash_table_iter_init(&iter, texts);
        while (g_hash_table_iter_next(&iter, &file, &bytes))
                if (!create_file(copy, file, bytes, error))
                        return false;
        return durable_sync_folder(copy, error);
}

StoreChange *store_change_stage_copy(const char *folder, const char *copy, GError **error) {
        if (access(copy, R_OK | X_OK) < 0) {
                durable_fail(error, "cannot read", copy);
                return NULL;
        }
        g_autoptr(StoreChange) change = begin(folder, NULL, error);
        g_autoptr(GHashTable) now = change ? read_folder(folder, error) : NULL, then = now ? read_folder(copy, error) : NULL;
        if (!then)
                return NULL;
        GHashTableIter iter;
        gpointer file, bytes;
        g_hash_table_iter_init(&iter, then);
        while (g_hash_table_iter_next(&iter, &file, &bytes)) {
                GBytes *there = g_hash_table_lookup(now, file);
                if (!there || !g_bytes_equal(there, bytes)) {
                        if (!create_file(change->staged, file, bytes, error))
                                return NULL;
                        g_hash_table_add(change->names, g_strndup(file, strlen(file) - strlen(SUFFIX)));
                }
                g_hash_table_remove(now, file);
        }
        g_autoptr(GBytes) empty = g_bytes_new(NULL, 0);
        g_hash_table_iter_init(&iter, now);
        while (g_hash_table_iter_next(&iter, &file, NULL)) {
                g_autofree char *name = g_strndup(file, strlen(file) - strlen(SUFFIX));
                g_autofree char *gone = g_strconcat(name, REMOVE_SUFFIX, NULL);
                if (!create_file(change->staged, gone, empty, error))
                        return NULL;
                g_hash_table_add(change->names, g_steal_pointer(&name));
        }
        return durable_sync_folder(change->staged, error) ? g_steal_pointer(&change) : NULL;
}

bool store_change_commit(StoreChange *change, GError **error) {
        g_autofree char *committed = g_build_filename(change->folder, COMMITTED, NULL);
        if (rename(change->staged, committed) < 0)
                return durable_fail(error, "cannot commit", change->staged);
        /* Committed. The next change or start moves what cannot be moved now, so that is no failure. */
        (void) (durable_sync_folder(change->folder, NULL) && complete(change->folder, NULL));
        return true;
}

bool store_change_touches(const StoreChange *change, const char *name) {
        return g_hash_table_contains(change->names, name);
}

void store_change_free(StoreChange *change) {
        if (!change)
                return;
        /* After a commit this folder is gone; otherwise the next change removes what is left of it. */
        (void) durable_remove_folder(change->staged, NULL);
        g_free(change->folder);
        g_free(change->staged);
        g_clear_pointer(&change->names, g_hash_table_unref);
        g_clear_pointer(&change->texts, g_hash_table_unref);
        g_free(change);
}

/* --- last good copies --------------------------------------------------------------------------------------------- */

static bool is_kept(Directory *dir, const char *name, const Policy *policy, GHashTable *texts) {
        g_autofree char *file = g_strconcat(name, SUFFIX, NULL);
        if (policy == STORE_REMOVE)
                return !dir || faccessat(dirfd(dir), file, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
        gsize length;
        g_autofree char *text = dir ? durable_read(dirfd(dir), file, LIMIT_POLICY_FILE, &length, NULL) : NULL;
        const char *wanted = render(texts, name, policy);
        return text && length == strlen(wanted) && memcmp(text, wanted, length) == 0;
}

bool policy_store_keep(const char *copies, GHashTable *files, const StoreChange *written, GError **error) {
        if (!policy_store_recover(copies, error))
                return false;
        g_autoptr(Directory) dir = opendir(copies);
        g_autoptr(GHashTable) changed = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) texts = written ? g_hash_table_ref(written->texts) : texts_new();
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, files);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                if (!is_kept(dir, name, policy, texts))
                        g_hash_table_insert(changed, name, policy);
        if (g_hash_table_size(changed) == 0)
                return true;
        if (!durable_make_folder(copies, 0700, error))
                return false;
        g_autoptr(StoreChange) change = stage(copies, changed, texts, error);
        return change && store_change_commit(change, error);
}
