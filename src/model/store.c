/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>
#include <glib/gi18n.h>

#include "bounds.h"
#include "durable.h"
#include "error.h"
#include "group-xml.h"
#include "policy-names.h"
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
        GHashTable *names; /* char *, whose files change */
        GHashTable *texts; /* char * -> char *: rendered files, since rendering thousands of addresses takes long */
};

/* --- what the files hold ------------------------------------------------------------------------------------------ */

static gpointer parse_policy(const char *text, gsize length, GError **error) {
        return policy_from_xml(text, length, error);
}

static char *render_policy(gconstpointer policy) {
        return policy_to_xml(policy);
}

static gpointer ref_policy(gpointer policy) {
        return policy_ref(policy);
}

static gpointer parse_group(const char *text, gsize length, GError **error) {
        return group_from_xml(text, length, error);
}

static char *render_group(gconstpointer group) {
        return group_to_xml(group);
}

static gpointer ref_group(gpointer group) {
        return group_ref(group);
}

static const struct {
        const char *stays, *was_none, *before, *many_stay, *many_unknown; /* what becomes of a broken file */
        const char *lost;                                                 /* what it means if it is not known */
        gpointer (*parse)(const char *text, gsize length, GError **error);
        char *(*render)(gconstpointer item);
        gpointer (*ref)(gpointer item);
        bool (*check_name)(const char *name, GError **error);
} KINDS[_STORE_KIND_MAX] = {
        [STORE_POLICIES] = { N_("the policy stays as it was when its file was last good"),
                             N_("there is no policy of this name, as when its file was last good"),
                             N_("the policy of the folder before it holds"),
                             N_("its policies stay as they were when it was last good"),
                             N_("there are no last good copies of its policies: nothing enforces them until it can be read"),
                             N_("nothing enforces it until the file is repaired"), parse_policy, render_policy, ref_policy,
                             policy_name_check },
        [STORE_GROUPS] = { N_("the group stays as it was when its file was last good"),
                           N_("there is no group of this name, as when its file was last good"),
                           N_("the group of the folder before it holds"),
                           N_("its groups stay as they were when it was last good"),
                           N_("there are no last good copies of its groups: they list nobody until it can be read"),
                           N_("it lists nobody until the file is repaired"), parse_group, render_group, ref_group,
                           group_name_check },
};

/* The text of an item's file, rendered once; borrowed from texts. */
static const char *render(StoreKind kind, GHashTable *texts, const char *name, gconstpointer item) {
        const char *text = g_hash_table_lookup(texts, name);
        if (!text) {
                char *rendered = item && item != STORE_REMOVE ? KINDS[kind].render(item) : g_strdup("");
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

GPtrArray *store_problems_new(void) {
        return g_ptr_array_new_with_free_func((GDestroyNotify) store_problem_free);
}

void store_add_problem(GPtrArray *problems, StoreKind kind, const char *name, const char *message) {
        StoreProblem *problem = g_new(StoreProblem, 1);
        *problem = (StoreProblem){ kind, g_utf8_make_valid(name, -1), g_utf8_make_valid(message, -1) };
        g_ptr_array_add(problems, problem);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* What store_load() works with. */
typedef struct Loading {
        StoreKind kind;
        GHashTable *items, *fallback;
        GPtrArray *problems;
} Loading;

/* Parses what a file holds; NULL for an empty one. The error begins with its path, and the line
 * if there is one. */
static bool read_item(StoreKind kind, int dir_fd, const char *folder, const char *file, gpointer *ret, GError **error) {
        g_autoptr(GError) failure = NULL;
        gsize length = 0;
        g_autofree char *text = durable_read(dir_fd, file, LIMIT_POLICY_FILE, &length, &failure);
        *ret = length > 0 ? KINDS[kind].parse(text, length, &failure) : NULL;
        if (!failure)
                return true;
        g_propagate_prefixed_error(error, g_steal_pointer(&failure), text ? "%s/%s:" : "%s/%s: ", folder, file);
        return false;
}

/* False without an error: no copy exists. */
static bool read_copy(StoreKind kind, const char *copies, const char *file, gpointer *ret, GError **error) {
        g_autofree char *committed = g_build_filename(copies, COMMITTED, NULL);
        const char *const folders[] = { committed, copies };
        for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
                g_autoptr(Directory) dir = opendir(folders[i]);
                if (dir && faccessat(dirfd(dir), file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return read_item(kind, dirfd(dir), folders[i], file, ret, error);
        }
        return false;
}

/* Takes the item. */
static void put(Loading *l, const char *name, gpointer item) {
        if (item)
                g_hash_table_replace(l->items, g_strdup(name), item);
        else
                g_hash_table_remove(l->items, name);
}

/* An item whose file cannot be used stays as it was. Returns a sentence on what became of it. */
static char *fall_back(Loading *l, const StoreFolder *folder, const char *file, const char *name) {
        gpointer old = l->fallback ? g_hash_table_lookup(l->fallback, name) : NULL;
        gpointer stays = old ? KINDS[l->kind].ref(old) : NULL;
        g_autoptr(GError) error = NULL;
        const bool known = old || (folder->copies && read_copy(l->kind, folder->copies, file, &stays, &error));
        if (known)
                put(l, name, stays);
        if (stays)
                return g_strdup(gettext(KINDS[l->kind].stays));
        if (known)
                return g_strdup(gettext(KINDS[l->kind].was_none));
        const char *outcome = gettext(g_hash_table_contains(l->items, name) ? KINDS[l->kind].before : KINDS[l->kind].lost);
        return error ? g_strdup_printf(_("its last good copy cannot be used either (%s): %s"), error->message, outcome) :
                       g_strdup_printf(_("it has no last good copy: %s"), outcome);
}

static void load_file(Loading *l, int dir_fd, const StoreFolder *folder, const char *file) {
        g_autofree char *name = g_strndup(file, strlen(file) - strlen(SUFFIX));
        g_autoptr(GError) error = NULL;
        gpointer item;
        if (!KINDS[l->kind].check_name(name, &error))
                g_prefix_error(&error, "%s/%s: ", folder->path, file);
        else if (read_item(l->kind, dir_fd, folder->path, file, &item, &error)) {
                put(l, name, item);
                return;
        }
        g_autofree char *outcome = fall_back(l, folder, file, name);
        g_autofree char *message = g_strdup_printf("%s; %s", error->message, outcome);
        store_add_problem(l->problems, l->kind, name, message);
}

/* The files of the folder that hold items, sorted; a folder that does not exist has none. NULL with errno: it cannot be read. */
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

GPtrArray *store_list(const char *folder) {
        g_autoptr(Directory) dir = opendir(folder);
        GPtrArray *names = list_files(dir);
        if (!names)
                return g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < names->len; i++)
                ((char *) names->pdata[i])[strlen(names->pdata[i]) - strlen(SUFFIX)] = '\0';
        return names;
}

static bool load_folder(Loading *l, const StoreFolder *folder);

/* Items of a folder that cannot be read may be in force, so they are kept. */
static void keep_all(Loading *l, const StoreFolder *folder) {
        g_autofree char *reason = g_strdup(g_strerror(errno));
        const guint before = g_hash_table_size(l->items);
        GHashTableIter iter;
        gpointer name, item;
        if (folder->copies) {
                Loading of_copies = *l;
                of_copies.fallback = NULL;
                load_folder(&of_copies, &(StoreFolder){ folder->copies, NULL });
        }
        const bool known = l->fallback || g_hash_table_size(l->items) > before;
        if (l->fallback) {
                g_hash_table_iter_init(&iter, l->fallback);
                while (g_hash_table_iter_next(&iter, &name, &item))
                        put(l, name, KINDS[l->kind].ref(item));
        }
        const char *outcome = gettext(known ? KINDS[l->kind].many_stay : KINDS[l->kind].many_unknown);
        g_autofree char *message = g_strdup_printf("%s: %s; %s", folder->path, reason, outcome);
        store_add_problem(l->problems, l->kind, "", message);
}

static bool load_folder(Loading *l, const StoreFolder *folder) {
        g_autoptr(Directory) dir = opendir(folder->path);
        g_autoptr(GPtrArray) files = list_files(dir);
        if (!files)
                keep_all(l, folder);
        for (guint i = 0; files && i < files->len; i++)
                load_file(l, dirfd(dir), folder, files->pdata[i]);
        return files;
}

void store_load(StoreKind kind, const StoreFolder *folders, GHashTable *fallback, GHashTable *items, GPtrArray *problems) {
        Loading l = { kind, items, fallback, problems };
        for (; folders->path; folders++) {
                /* Committed files that could not be moved to their places yet, for example because the folder is read-only. */
                g_autofree char *committed = g_build_filename(folders->path, COMMITTED, NULL);
                if (load_folder(&l, folders))
                        load_folder(&l, &(StoreFolder){ committed, folders->copies });
        }
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

/* Moves the files of a committed change to their places. May be repeated after a crash. */
static bool complete(const char *folder, GError **error) {
        g_autofree char *committed = g_build_filename(folder, COMMITTED, NULL);
        g_autoptr(Directory) dir = opendir(committed);
        if (!dir)
                return errno == ENOENT || durable_fail(error, _("cannot open"), committed);
        for (const struct dirent *entry; (entry = readdir(dir));) {
                if (g_str_has_suffix(entry->d_name, REMOVE_SUFFIX)) {
                        g_autofree char *name = g_strndup(entry->d_name, strlen(entry->d_name) - strlen(REMOVE_SUFFIX));
                        g_autofree char *path = g_strconcat(folder, "/", name, SUFFIX, NULL);
                        if (unlink(path) < 0 && errno != ENOENT)
                                return durable_fail(error, _("cannot remove"), path);
                } else if (g_str_has_suffix(entry->d_name, SUFFIX)) {
                        g_autofree char *from = g_build_filename(committed, entry->d_name, NULL);
                        g_autofree char *to = g_build_filename(folder, entry->d_name, NULL);
                        if (rename(from, to) < 0)
                                return durable_fail(error, _("cannot replace"), to);
                }
        }
        return durable_sync_folder(folder, error) && durable_remove_folder(committed, error) &&
               durable_sync_folder(folder, error);
}

bool store_recover(const char *folder, GError **error) {
        g_autofree char *staged = g_build_filename(folder, STAGED, NULL);
        return complete(folder, error) && durable_remove_folder(staged, error);
}

/* texts: files that are rendered already; NULL: none. */
static StoreChange *begin(const char *folder, GHashTable *texts, GError **error) {
        if (!durable_make_folder(folder, 0755, error) || !store_recover(folder, error))
                return NULL;
        g_autoptr(StoreChange) change = g_new0(StoreChange, 1);
        change->folder = g_strdup(folder);
        change->staged = g_build_filename(folder, STAGED, NULL);
        change->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        change->texts = texts ? g_hash_table_ref(texts) : texts_new();
        if (mkdir(change->staged, 0700) < 0) {
                durable_fail(error, _("cannot make"), change->staged);
                return NULL;
        }
        return g_steal_pointer(&change);
}

static StoreChange *stage(StoreKind kind, const char *folder, GHashTable *files, GHashTable *texts, GError **error) {
        g_autoptr(StoreChange) change = begin(folder, texts, error);
        if (!change)
                return NULL;
        GHashTableIter iter;
        gpointer name, item;
        g_hash_table_iter_init(&iter, files);
        while (g_hash_table_iter_next(&iter, &name, &item)) {
                g_autofree char *path =
                        g_strconcat(change->staged, "/", name, item == STORE_REMOVE ? REMOVE_SUFFIX : SUFFIX, NULL);
                const char *text = render(kind, change->texts, name, item);
                if (!durable_create(path, text, strlen(text), 0644, error))
                        return NULL;
                g_hash_table_add(change->names, g_strdup(name));
        }
        return durable_sync_folder(change->staged, error) ? g_steal_pointer(&change) : NULL;
}

StoreChange *store_change_stage(StoreKind kind, const char *folder, GHashTable *files, GError **error) {
        return stage(kind, folder, files, NULL, error);
}

/* Each readable file of a folder: char * file -> GBytes *. */
static GHashTable *read_folder(const char *folder, GError **error) {
        g_autoptr(Directory) dir = opendir(folder);
        g_autoptr(GPtrArray) files = list_files(dir);
        if (!files) {
                durable_fail(error, _("cannot read"), folder);
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

bool store_copy(const char *folder, const char *copy, GError **error) {
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
                durable_fail(error, _("cannot read"), copy);
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
                return durable_fail(error, _("cannot commit"), change->staged);
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

static bool is_kept(StoreKind kind, Directory *dir, const char *name, gconstpointer item, GHashTable *texts) {
        g_autofree char *file = g_strconcat(name, SUFFIX, NULL);
        if (item == STORE_REMOVE)
                return !dir || faccessat(dirfd(dir), file, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
        gsize length;
        g_autofree char *text = dir ? durable_read(dirfd(dir), file, LIMIT_POLICY_FILE, &length, NULL) : NULL;
        const char *wanted = render(kind, texts, name, item);
        return text && length == strlen(wanted) && memcmp(text, wanted, length) == 0;
}

bool store_keep(StoreKind kind, const char *copies, GHashTable *files, const StoreChange *written, GError **error) {
        if (!store_recover(copies, error))
                return false;
        g_autoptr(Directory) dir = opendir(copies);
        g_autoptr(GHashTable) changed = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GHashTable) texts = written ? g_hash_table_ref(written->texts) : texts_new();
        GHashTableIter iter;
        gpointer name, item;
        g_hash_table_iter_init(&iter, files);
        while (g_hash_table_iter_next(&iter, &name, &item))
                if (!is_kept(kind, dir, name, item, texts))
                        g_hash_table_insert(changed, name, item);
        if (g_hash_table_size(changed) == 0)
                return true;
        if (!durable_make_folder(copies, 0700, error))
                return false;
        g_autoptr(StoreChange) change = stage(kind, copies, changed, texts, error);
        return change && store_change_commit(change, error);
}
