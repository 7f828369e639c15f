/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The policy folders: what is read, and that a change happens completely or not at all, wherever it is interrupted. */
#include "model/store.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "model/bounds.h"
#include "model/policy-xml.h"
#include "world.h"

#define DENY "<policy action='deny'/>\n"

static char *folder_new(void) {
        g_autoptr(GError) error = NULL;
        char *folder = g_dir_make_tmp("quaywall-store-XXXXXX", &error);
        g_assert_no_error(error);
        return folder;
}

static void remove_tree(const char *path) {
        g_autoptr(GDir) dir = g_lstat(path, &(GStatBuf){ 0 }) == 0 && !g_file_test(path, G_FILE_TEST_IS_SYMLINK) ?
                                      g_dir_open(path, 0, NULL) :
                                      NULL;
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_tree(child);
        }
        g_assert_cmpint(g_remove(path), ==, 0);
}

static void folder_free(char **folder) {
        (void) g_chmod(*folder, 0700);
        remove_tree(*folder);
        g_free(*folder);
}
#define _cleanup_folder_ __attribute__((cleanup(folder_free)))

static void put(const char *folder, const char *file, const char *text) {
        g_autofree char *path = g_build_filename(folder, file, NULL), *parent = g_path_get_dirname(path);
        g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static PolicySet *load_all(const StoreFolder *folders, PolicySet *fallback, GPtrArray **ret_problems) {
        PolicySet *set = policy_set_new();
        *ret_problems = store_problems_new();
        store_load(STORE_POLICIES, folders, fallback ? fallback->policies : NULL, set->policies, *ret_problems);
        return set;
}

static PolicySet *load(const char *folder, PolicySet *fallback, GPtrArray **ret_problems) {
        return load_all((const StoreFolder[]){ { folder, NULL }, { NULL, NULL } }, fallback, ret_problems);
}

/* The names of the folder's policies, which must all be valid. */
static char *names_in(const char *folder) {
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(PolicySet) set = load(folder, NULL, &problems);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        g_assert_cmpint(problems->len, ==, 0);
        g_ptr_array_add(names, NULL);
        return g_strjoinv(" ", (char **) names->pdata);
}

static void check_names(const char *folder, const char *expected) {
        g_autofree char *names = names_in(folder);
        g_assert_cmpstr(names, ==, expected);
}

static void check_no_leftovers(const char *folder) {
        for (guint i = 0; i < 2; i++) {
                g_autofree char *path = g_build_filename(folder, i ? ".staged" : ".committed", NULL);
                g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        }
}

/* From "a b" to "b c", with another b. */
static GHashTable *the_change(void) {
        GHashTable *change = g_hash_table_new(g_str_hash, g_str_equal);
        static Policy *policy;
        if (!policy)
                policy = policy_from_line("deny log description=<&>", NULL);
        g_hash_table_insert(change, (gpointer) "a", STORE_REMOVE);
        g_hash_table_insert(change, (gpointer) "b", policy);
        g_hash_table_insert(change, (gpointer) "c", policy);
        return change;
}

static void put_old(const char *folder) {
        put(folder, "a.xml", DENY);
        put(folder, "b.xml", DENY);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

static void test_layers(void) {
        _cleanup_folder_ char *root = folder_new();
        g_autofree char *low = g_build_filename(root, "low", NULL), *high = g_build_filename(root, "high", NULL);
        g_autofree char *absent = g_build_filename(root, "absent", NULL);
        put(low, "a.xml", DENY);
        put(low, "b.xml", DENY);
        put(low, "c.xml", DENY);
        put(high, "b.xml", "<policy action='deny'><log/></policy>");
        put(high, "c.xml", "");
        put(high, ".hidden.xml", "<nonsense");
        put(high, "README", "<nonsense");
        put(high, "b.xml~", "<nonsense");
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(PolicySet) set = load_all(
                (const StoreFolder[]){ { absent, NULL }, { low, NULL }, { high, NULL }, { NULL, NULL } }, NULL, &problems);
        g_assert_cmpint(problems->len, ==, 0);
        g_assert_cmpint(g_hash_table_size(set->policies), ==, 2);
        g_assert_false(((Policy *) g_hash_table_lookup(set->policies, "a"))->log);
        g_assert_true(((Policy *) g_hash_table_lookup(set->policies, "b"))->log);
        g_autoptr(GPtrArray) files = store_list(high), none = store_list(absent);
        g_assert_cmpint(files->len, ==, 2);
        g_assert_cmpstr(files->pdata[0], ==, "b");
        g_assert_cmpint(none->len, ==, 0);
}

/* A broken file affects no other, and is reported with path and line. Its policy stays as it was, if that is known. */
static void test_broken_files(void) {
        _cleanup_folder_ char *folder = folder_new();
        static const struct {
                const char *file, *text, *words;
        } CASES[] = {
                { "a.xml", "<policy action='deny'>\n<sauce/></policy>", "/a.xml:2: <sauce> is not known" },
                { "b.xml", "<policy", "/b.xml:1: " },
                { "c.xml", "<!DOCTYPE policy><policy action='deny'/>", "/c.xml:1: a document type" },
                { "d e.xml", DENY, "name: \"d e\"" },
                { "-f.xml", DENY, "name: \"-f\"" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                put(folder, CASES[i].file, CASES[i].text);
        put(folder, "good.xml", DENY);

        /* No regular files: a link, a FIFO (which must not block), a folder, one byte too large, unreadable. */
        g_autofree char *link = g_build_filename(folder, "link.xml", NULL), *fifo = g_build_filename(folder, "fifo.xml", NULL);
        g_autofree char *sub = g_build_filename(folder, "sub.xml", NULL), *large = g_build_filename(folder, "large.xml", NULL);
        g_autofree char *secret = g_build_filename(folder, "secret.xml", NULL),
                        *full = g_build_filename(folder, "full.xml", NULL);
        g_assert_cmpint(symlink("good.xml", link), ==, 0);
        g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
        g_assert_cmpint(g_mkdir(sub, 0700), ==, 0);
        put(folder, "large.xml", DENY);
        put(folder, "full.xml", DENY);
        put(folder, "secret.xml", DENY);
        g_assert_cmpint(truncate(large, LIMIT_POLICY_FILE + 1), ==, 0);
        g_assert_cmpint(truncate(full, LIMIT_POLICY_FILE), ==, 0); /* of the allowed size, but zeros */
        g_assert_cmpint(g_chmod(secret, 0), ==, 0);

        const char *const lines[] = { "a: deny log", "link: deny log", NULL };
        g_autoptr(PolicySet) fallback = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(PolicySet) set = load(folder, fallback, &problems);
        GString *all = g_string_new(NULL);
        for (guint i = 0; i < problems->len; i++)
                g_string_append_printf(all, "%s\n", ((StoreProblem *) problems->pdata[i])->message);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                if (!strstr(all->str, CASES[i].words))
                        g_error("not there: %s\n%s", CASES[i].words, all->str);
        g_assert_nonnull(strstr(all->str, "/link.xml: is a symbolic link"));
        g_assert_nonnull(strstr(all->str, "/fifo.xml: is not a regular file"));
        g_assert_nonnull(strstr(all->str, "/sub.xml: is not a regular file"));
        g_assert_nonnull(strstr(all->str, "/large.xml: is not a regular file of at most 8388608 bytes"));
        g_assert_nonnull(strstr(all->str, "/full.xml:1: "));
        const bool root = geteuid() == 0;
        g_assert_cmpint(problems->len, ==, G_N_ELEMENTS(CASES) + 5 + !root);
        g_assert_cmpint(!!strstr(all->str, "/secret.xml: Permission denied"), ==, !root);
        g_assert_true(g_hash_table_contains(set->policies, "good"));
        g_assert_true(((Policy *) g_hash_table_lookup(set->policies, "a"))->log);
        g_assert_true(((Policy *) g_hash_table_lookup(set->policies, "link"))->log);
        g_assert_cmpint(g_hash_table_size(set->policies), ==, 3 + root);
        g_string_free(all, TRUE);
}

static void test_not_a_folder(void) {
        _cleanup_folder_ char *folder = folder_new();
        put(folder, "file", "");
        g_autofree char *path = g_build_filename(folder, "file", NULL);
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(PolicySet) set = load(path, NULL, &problems);
        g_assert_cmpint(problems->len, ==, 1);
        g_assert_cmpint(g_hash_table_size(set->policies), ==, 0);
}

/* --- last good copies --------------------------------------------------------------------------------------------- */

typedef struct Kept {
        char *root, *vendor, *folder, *copies;
        PolicySet *set;
        GPtrArray *problems;
} Kept;

static Kept *kept_new(void) {
        Kept *k = g_new0(Kept, 1);
        k->root = folder_new();
        k->vendor = g_build_filename(k->root, "vendor", NULL);
        k->folder = g_build_filename(k->root, "etc", NULL);
        k->copies = g_build_filename(k->root, "state", "last-good", NULL);
        return k;
}

static void kept_free(Kept *k) {
        g_clear_pointer(&k->set, policy_set_unref);
        g_clear_pointer(&k->problems, g_ptr_array_unref);
        g_free(k->vendor);
        g_free(k->folder);
        g_free(k->copies);
        folder_free(&k->root);
        g_free(k);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kept, kept_free)

/* As a quaywalld that starts: nothing is in memory. */
static void kept_start(Kept *k) {
        g_clear_pointer(&k->set, policy_set_unref);
        g_clear_pointer(&k->problems, g_ptr_array_unref);
        k->set = load_all((const StoreFolder[]){ { k->vendor, k->copies }, { k->folder, k->copies }, { NULL, NULL } }, NULL,
                          &k->problems);
}

static void kept_check(Kept *k, const char *names, const char *words) {
        g_autoptr(GPtrArray) there = policy_set_names(k->set);
        g_ptr_array_add(there, NULL);
        g_autofree char *text = g_strjoinv(" ", (char **) there->pdata);
        g_assert_cmpstr(text, ==, names);
        g_assert_cmpint(k->problems->len, ==, words ? 1 : 0);
        const char *message = words ? ((StoreProblem *) k->problems->pdata[0])->message : "";
        if (words && !strstr(message, words))
                g_error("\"%s\" is not in: %s", words, message);
}

static void keep_line(Kept *k, const char *name, const char *line) {
        g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(Policy) policy = line && *line ? policy_from_line(line, NULL) : NULL;
        g_autoptr(GError) error = NULL;
        g_hash_table_insert(files, (gpointer) name, line ? policy : STORE_REMOVE);
        store_keep(STORE_POLICIES, k->copies, files, NULL, &error);
        g_assert_no_error(error);
}

/* However the file is broken, the policy stays as when its file was last good, even after a restart. */
static void test_copy_holds(void) {
        static const char *const BROKEN[] = { "<policy", "<policy action='deny'>\n<sauce/></policy>", "\x01\x02\xff", " " };
        g_autoptr(Kept) k = kept_new();
        put(k->folder, "web.xml", DENY);
        keep_line(k, "web", "deny log");
        for (gsize i = 0; i < G_N_ELEMENTS(BROKEN); i++) {
                put(k->folder, "web.xml", BROKEN[i]);
                kept_start(k);
                kept_check(k, "web", "/web.xml:");
                kept_check(k, "web", "; the policy stays as it was when its file was last good");
                g_assert_true(((Policy *) g_hash_table_lookup(k->set->policies, "web"))->log);
        }
        /* Unreadable: one byte too large, a folder. */
        g_autofree char *path = g_build_filename(k->folder, "web.xml", NULL);
        g_assert_cmpint(truncate(path, LIMIT_POLICY_FILE + 1), ==, 0);
        kept_start(k);
        kept_check(k, "web", "/web.xml: is not a regular file");
        g_assert_cmpint(unlink(path), ==, 0);
        g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
        kept_start(k);
        kept_check(k, "web", "/web.xml: is not a regular file");
        g_assert_cmpint(rmdir(path), ==, 0);
        /* If the file is removed, so is the policy, despite the copy. If it is repaired, the file counts. */
        kept_start(k);
        kept_check(k, "", NULL);
        put(k->folder, "web.xml", DENY);
        kept_start(k);
        kept_check(k, "web", NULL);
        g_assert_false(((Policy *) g_hash_table_lookup(k->set->policies, "web"))->log);
}

/* With a vendor's file of the same name in the folder below. */
static void test_copy_layers(void) {
        g_autoptr(Kept) k = kept_new();
        put(k->vendor, "web.xml", DENY);
        put(k->folder, "web.xml", "<policy");
        kept_start(k);
        kept_check(k, "web", "it has no last good copy: the policy of the folder before it holds");
        keep_line(k, "web", ""); /* the administrator's file was empty, which hides the vendor's */
        kept_start(k);
        kept_check(k, "", "there is no policy of this name, as when its file was last good");
        keep_line(k, "web", "deny log");
        kept_start(k);
        kept_check(k, "web", "the policy stays");
        g_assert_true(((Policy *) g_hash_table_lookup(k->set->policies, "web"))->log);
        put(k->folder, "web.xml", "");
        kept_start(k);
        kept_check(k, "", NULL);
        put(k->vendor, "web.xml", "<policy");
        g_autofree char *path = g_build_filename(k->folder, "web.xml", NULL);
        g_assert_cmpint(unlink(path), ==, 0);
        kept_start(k);
        kept_check(k, "web", "/vendor/web.xml:1: ");
}

/* If the copy is unusable, too, or missing, the problem says that nothing is enforced. */
static void test_copy_unusable(void) {
        g_autoptr(Kept) k = kept_new();
        put(k->folder, "web.xml", "<policy");
        kept_start(k);
        kept_check(k, "", "/etc/web.xml:1: ");
        kept_check(k, "", "; it has no last good copy: nothing enforces it until the file is repaired");
        put(k->copies, "web.xml", "<policy action='deny'><sauce/></policy>");
        kept_start(k);
        kept_check(k, "", "; its last good copy cannot be used either (");
        kept_check(k, "", "/last-good/web.xml:1: <sauce> is not known");
        /* The policy in memory is preferred to the copy. */
        g_autoptr(PolicySet) memory = policy_set_from_lines((const char *const[]){ "web: deny log", NULL });
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(PolicySet) set =
                load_all((const StoreFolder[]){ { k->folder, k->copies }, { NULL, NULL } }, memory, &problems);
        g_assert_true(g_hash_table_contains(set->policies, "web"));
}

/* The same for a whole folder that cannot be read. */
static void test_copy_of_a_folder(void) {
        g_autoptr(Kept) k = kept_new();
        put(k->root, "etc", "");
        kept_start(k);
        kept_check(k, "", "/etc: Not a directory; there are no last good copies of its policies: nothing enforces them");
        keep_line(k, "web", "deny log");
        kept_start(k);
        kept_check(k, "web", "/etc: Not a directory; its policies stay as they were");
}

/* A committed change that was not moved into place, for instance in a read-only folder, is what is read. */
static void test_committed_is_read(void) {
        _cleanup_folder_ char *folder = folder_new();
        put_old(folder);
        g_autoptr(GHashTable) policies = the_change();
        g_autofree char *text = policy_to_xml(g_hash_table_lookup(policies, "b")),
                        *hidden = g_build_filename(folder, ".committed", NULL);
        put(hidden, "b.xml", text);
        g_autoptr(GPtrArray) problems = NULL;
        g_autoptr(PolicySet) set = load(folder, NULL, &problems);
        g_assert_cmpint(problems->len, ==, 0);
        g_assert_true(((Policy *) g_hash_table_lookup(set->policies, "b"))->log);
        g_assert_false(((Policy *) g_hash_table_lookup(set->policies, "a"))->log);
}

static ino_t inode(const char *folder, const char *file) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        GStatBuf st;
        return g_stat(path, &st) == 0 ? st.st_ino : 0;
}

/* Only what differs is written. The copies are readable for root alone, whatever the umask. */
static void test_keep(void) {
        g_autoptr(Kept) k = kept_new();
        const mode_t mask = umask(0);
        keep_line(k, "a", "deny");
        keep_line(k, "b", "deny");
        umask(mask);
        GStatBuf st;
        g_assert_cmpint(g_stat(k->copies, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0700);
        const ino_t a = inode(k->copies, "a.xml"), b = inode(k->copies, "b.xml");
        g_assert_cmpint(a, !=, 0);
        keep_line(k, "a", "deny");
        g_assert_cmpint(inode(k->copies, "a.xml"), ==, a);
        keep_line(k, "b", "deny log");
        g_assert_cmpint(inode(k->copies, "a.xml"), ==, a);
        g_assert_cmpint(inode(k->copies, "b.xml"), !=, b);
        keep_line(k, "a", "");
        keep_line(k, "b", NULL);
        keep_line(k, "c", NULL);
        g_autoptr(GPtrArray) left = store_list(k->copies);
        g_assert_cmpint(left->len, ==, 1);
        g_assert_cmpstr(left->pdata[0], ==, "a");
        check_no_leftovers(k->copies);
        /* What a crash left unfinished is completed first. */
        g_autofree char *hidden = g_build_filename(k->copies, ".committed", NULL);
        put(hidden, "d.xml", DENY);
        put(k->folder, "d.xml", "<policy");
        kept_start(k);
        kept_check(k, "d", "the policy stays");
        keep_line(k, "d", NULL);
        g_assert_cmpint(inode(k->copies, "d.xml"), ==, 0);
        check_no_leftovers(k->copies);
}

/* Policies are readable for others, whatever the daemon's umask. */
static void test_umask(void) {
        _cleanup_folder_ char *root = folder_new();
        g_autofree char *folder = g_build_filename(root, "made", "policies", NULL),
                        *file = g_build_filename(folder, "b.xml", NULL);
        g_autoptr(GHashTable) policies = the_change();
        g_autoptr(GError) error = NULL;
        const mode_t mask = umask(0077);
        g_autoptr(StoreChange) change = store_change_stage(STORE_POLICIES, folder, policies, &error);
        g_assert_no_error(error);
        g_assert_true(store_change_commit(change, &error));
        umask(mask);
        GStatBuf st;
        g_assert_cmpint(g_stat(folder, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0755);
        g_assert_cmpint(g_stat(file, &st), ==, 0);
        g_assert_cmpint(st.st_mode & 07777, ==, 0644);
        g_assert_true(store_change_touches(change, "a"));
        g_assert_true(store_change_touches(change, "b"));
        g_assert_false(store_change_touches(change, "z"));
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

static bool is_old(const char *folder) {
        g_autofree char *names = names_in(folder), *path = g_build_filename(folder, "b.xml", NULL), *text = NULL;
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        const bool new = strstr(text, "<log/>");
        g_assert_cmpstr(names, ==, new ? "b c" : "a b");
        return !new;
}

static void test_change(void) {
        _cleanup_folder_ char *root = folder_new();
        g_autofree char *folder = g_build_filename(root, "made", "by", "it", NULL);
        g_autoptr(GHashTable) policies = the_change();
        g_autoptr(GError) error = NULL;
        g_autoptr(StoreChange) first = store_change_stage(STORE_POLICIES, folder, policies, &error);
        g_assert_no_error(error);
        check_names(folder, "");
        g_assert_true(store_change_commit(first, &error));
        check_names(folder, "b c");
        check_no_leftovers(folder);

        g_autoptr(StoreChange) forgotten = store_change_stage(STORE_POLICIES, folder, policies, &error);
        store_change_free(g_steal_pointer(&forgotten));
        check_no_leftovers(folder);

        /* An empty file masks the policy of the folder below. */
        g_autoptr(GHashTable) mask = g_hash_table_new(g_str_hash, g_str_equal);
        g_hash_table_insert(mask, (gpointer) "b", NULL);
        g_autoptr(StoreChange) second = store_change_stage(STORE_POLICIES, folder, mask, &error);
        g_assert_true(store_change_commit(second, &error));
        check_names(folder, "c");
        g_autoptr(GPtrArray) files = store_list(folder);
        g_assert_cmpint(files->len, ==, 2);
        g_autofree char *path = g_build_filename(folder, "b.xml", NULL);
        GStatBuf st;
        g_assert_cmpint(g_stat(path, &st), ==, 0);
        g_assert_cmpint(st.st_size, ==, 0);
}

/* Every state of the folder between two system calls, made by hand: before .staged is renamed nothing has happened; after it
 * everything will. */
static void test_crash_states(void) {
        static const struct {
                const char *what;
                const char *committed; /* files in .committed; NULL: no such folder */
                const char *staged;
                const char *done; /* already moved */
                bool old;
        } STATES[] = {
                { "nothing", NULL, NULL, "", true },
                { "mkdir", NULL, "", "", true },
                { "some written", NULL, "b.xml", "", true },
                { "half written", NULL, "b.xml half.xml", "", true },
                { "all written", NULL, "a.remove b.xml c.xml", "", true },
                { "renamed", "a.remove b.xml c.xml", NULL, "", false },
                { "removed", "a.remove b.xml c.xml", NULL, "a", false },
                { "removed, one moved", "a.remove c.xml", NULL, "a b", false },
                { "one moved", "a.remove b.xml", NULL, "c", false },
                { "all moved", "a.remove", NULL, "a b c", false },
                { "all gone", "", NULL, "a b c", false },
                { "folder gone", NULL, NULL, "a b c", false },
        };
        g_autoptr(GHashTable) policies = the_change();
        g_autofree char *text = policy_to_xml(g_hash_table_lookup(policies, "b"));
        for (gsize i = 0; i < G_N_ELEMENTS(STATES); i++) {
                _cleanup_folder_ char *folder = folder_new();
                g_test_message("%s", STATES[i].what);
                put_old(folder);
                g_auto(GStrv) done = g_strsplit(STATES[i].done, " ", -1);
                for (char **name = done; *name; name++) {
                        g_autofree char *file = g_strconcat(*name, ".xml", NULL), *path = g_build_filename(folder, file, NULL);
                        if (g_str_equal(*name, "a"))
                                g_assert_cmpint(g_unlink(path), ==, 0);
                        else
                                put(folder, file, text);
                }
                for (guint c = 0; c < 2; c++) {
                        const char *list = c ? STATES[i].committed : STATES[i].staged;
                        g_autofree char *hidden = g_build_filename(folder, c ? ".committed" : ".staged", NULL);
                        g_auto(GStrv) files = g_strsplit(list ? list : "", " ", -1);
                        if (list)
                                g_assert_cmpint(g_mkdir(hidden, 0700), ==, 0);
                        for (char **file = files; *file; file++)
                                put(hidden, *file,
                                    g_str_equal(*file, "half.xml")  ? "<pol" :
                                    g_str_has_suffix(*file, ".xml") ? text :
                                                                      "");
                }
                g_autoptr(GError) error = NULL;
                store_recover(folder, &error);
                g_assert_no_error(error);
                g_assert_cmpint(is_old(folder), ==, STATES[i].old);
                check_no_leftovers(folder);
                g_assert_true(store_recover(folder, NULL));
                g_autoptr(StoreChange) change = store_change_stage(STORE_POLICIES, folder, policies, &error);
                g_assert_no_error(error);
                g_assert_true(store_change_commit(change, &error));
                g_assert_false(is_old(folder));
        }
}

/* Many changes in a child, killed by SIGKILL at a random time: what is left is one of the two states. */
static void test_killed(void) {
        _cleanup_folder_ char *folder = folder_new();
        put_old(folder);
        for (guint round = 0; round < 30; round++) {
                pid_t child = fork();
                g_assert_cmpint(child, >=, 0);
                if (child == 0) {
                        g_autoptr(GHashTable) there = the_change(), back = g_hash_table_new(g_str_hash, g_str_equal);
                        g_autoptr(Policy) deny = policy_from_line("deny", NULL);
                        g_hash_table_insert(back, (gpointer) "a", deny);
                        g_hash_table_insert(back, (gpointer) "b", deny);
                        g_hash_table_insert(back, (gpointer) "c", STORE_REMOVE);
                        for (;;) {
                                StoreChange *change = store_change_stage(STORE_POLICIES, folder, there, NULL);
                                if (!change || !store_change_commit(change, NULL))
                                        _exit(1);
                                store_change_free(change);
                                change = store_change_stage(STORE_POLICIES, folder, back, NULL);
                                if (!change || !store_change_commit(change, NULL))
                                        _exit(1);
                                store_change_free(change);
                        }
                }
                g_usleep(g_test_rand_int_range(500, 12000));
                int status;
                g_assert_cmpint(kill(child, SIGKILL), ==, 0);
                g_assert_cmpint(waitpid(child, &status, 0), ==, child);
                g_assert_true(WIFSIGNALED(status));
                g_autoptr(GError) error = NULL;
                store_recover(folder, &error);
                g_assert_no_error(error);
                (void) is_old(folder); /* asserts that it is one of the two states */
                check_no_leftovers(folder);
        }
}

/* A refused write, here by a limit on file size instead of a full disk, changes nothing and leaves nothing behind. */
static void test_full_disk(void) {
        _cleanup_folder_ char *folder = folder_new();
        put_old(folder);
        pid_t child = fork();
        g_assert_cmpint(child, >=, 0);
        if (child == 0) {
                g_autoptr(GHashTable) policies = the_change();
                struct rlimit limit = { 20, 20 };
                signal(SIGXFSZ, SIG_IGN);
                g_autoptr(GError) error = NULL;
                if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
                        _exit(2);
                StoreChange *change = store_change_stage(STORE_POLICIES, folder, policies, &error);
                _exit(change ? 3 : strstr(error->message, "cannot write") && strstr(error->message, folder) ? 0 : 4);
        }
        int status;
        g_assert_cmpint(waitpid(child, &status, 0), ==, child);
        g_assert_true(WIFEXITED(status));
        g_assert_cmpint(WEXITSTATUS(status), ==, 0);
        g_assert_true(is_old(folder));
        check_no_leftovers(folder);
}

static void test_read_only_folder(void) {
        if (geteuid() == 0) {
                g_test_skip("root may write everywhere");
                return;
        }
        _cleanup_folder_ char *folder = folder_new();
        put_old(folder);
        g_autoptr(GHashTable) policies = the_change();
        g_assert_cmpint(g_chmod(folder, 0500), ==, 0);
        g_autoptr(GError) error = NULL;
        g_autoptr(StoreChange) change = store_change_stage(STORE_POLICIES, folder, policies, &error);
        g_assert_null(change);
        g_assert_nonnull(strstr(error->message, "Permission denied"));
        g_assert_true(is_old(folder));
        g_assert_true(store_recover(folder, NULL));
}

/* A folder in a policy's place: the whole change fails, however often it is tried. */
static void test_folder_in_the_way(void) {
        _cleanup_folder_ char *folder = folder_new();
        put_old(folder);
        g_autofree char *path = g_build_filename(folder, ".staged", NULL);
        put(folder, ".staged/deep/file", "");
        g_autoptr(GHashTable) policies = the_change();
        g_autoptr(GError) error = NULL;
        g_autoptr(StoreChange) change = store_change_stage(STORE_POLICIES, folder, policies, &error);
        g_assert_null(change);
        g_assert_nonnull(strstr(error->message, path));
        g_assert_true(is_old(folder));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/store/layers", test_layers);
        g_test_add_func("/store/broken-files", test_broken_files);
        g_test_add_func("/store/not-a-folder", test_not_a_folder);
        g_test_add_func("/store/copy-holds", test_copy_holds);
        g_test_add_func("/store/copy-layers", test_copy_layers);
        g_test_add_func("/store/copy-unusable", test_copy_unusable);
        g_test_add_func("/store/copy-of-a-folder", test_copy_of_a_folder);
        g_test_add_func("/store/committed-is-read", test_committed_is_read);
        g_test_add_func("/store/keep", test_keep);
        g_test_add_func("/store/umask", test_umask);
        g_test_add_func("/store/change", test_change);
        g_test_add_func("/store/crash-states", test_crash_states);
        g_test_add_func("/store/killed", test_killed);
        g_test_add_func("/store/full-disk", test_full_disk);
        g_test_add_func("/store/read-only-folder", test_read_only_folder);
        g_test_add_func("/store/folder-in-the-way", test_folder_in_the_way);
        return g_test_run();
}
