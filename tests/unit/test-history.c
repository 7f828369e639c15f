/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The history of changes: what its files hold, what takes a change back, and that nothing breaks it. */
#include "daemon/history.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "model/bounds.h"
#include "model/error.h"
#include "world.h"
#include "world/journal.h"

static GString *journal;

void journal_log(G_GNUC_UNUSED int priority, G_GNUC_UNUSED const char *const *fields, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_string_append_vprintf(journal, format, args);
        g_string_append_c(journal, '\n');
        va_end(args);
}

/* "web: deny|db: deny ports=1/tcp"; "" for none. */
static PolicySet *set_of(const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "|", -1);
        const char *none[] = { NULL };
        return policy_set_from_lines(text[0] ? (const char *const *) lines : none);
}

/* now, later: as set_of(); before and after. */
static ChangeRecord *record_of(const char *const before[_RECORD_MAX], const char *const after[_RECORD_MAX]) {
        g_autoptr(PolicySet) a = set_of(before[0]), b = set_of(before[1]), c = set_of(after[0]), d = set_of(after[1]);
        return change_record_new("Policies.Set", 1000, (PolicySet *const[]){ a, b }, (PolicySet *const[]){ c, d });
}

static void check_set(PolicySet *set, const char *expected) {
        g_autoptr(PolicySet) wanted = set_of(expected);
        g_autofree char *is = policy_set_to_string(set), *should = policy_set_to_string(wanted);
        g_test_message("is: %s", is);
        g_assert_cmpstr(is, ==, should);
        g_assert_true(policy_set_equal(set, wanted));
}

#define EVERYTHING                                                                                                               \
        "web: deny interfaces=eth0,eth1 sources=1.1.1.1,10.0.0.0/8,fd00::1-fd00::9,ipset:office,zone:home destinations=1.2.3.4 " \
        "ports=80/tcp,5000-5010/udp networks=front reject log disabled|lan: forward interfaces=eth0 out-interfaces=eth1"

static void test_text(void) {
        g_autoptr(PolicySet) before = set_of(EVERYTHING), after = set_of("web: deny|new: obey-zones");
        Policy *web = g_hash_table_lookup((after)->policies, "web");
        g_assert_true(policy_add_string(web, "containers", "label=a;b=\"c\\d\"\xe2\x82\xac e", NULL));
        g_assert_true(policy_add_string(web, "containers", "db", NULL));
        g_assert_true(policy_set_string(web, "description", " two; \\lines\xc3\xa4 ", NULL));
        g_autoptr(ChangeRecord) record = change_record_new(
                "Policies.Rename", 4294967295, (PolicySet *const[]){ before, before }, (PolicySet *const[]){ after, before });
        record->old_name = g_strdup("lan");
        record->new_name = g_strdup("new");
        record->undoes = 7;
        g_autofree char *text = change_record_text(record);
        g_autoptr(GError) error = NULL;
        g_autoptr(ChangeRecord) read = change_record_from_text(text, strlen(text), true, &error),
                                head = change_record_from_text(text, strlen(text), false, NULL);
        g_assert_no_error(error);
        g_assert_cmpint(read->uid, ==, 4294967295);
        g_assert_cmpint(read->time, ==, record->time);
        g_assert_cmpstr(read->method, ==, "Policies.Rename");
        g_assert_cmpint(read->scope, ==, SCOPE_RUNTIME);
        g_assert_cmpstr(read->old_name, ==, "lan");
        g_assert_cmpstr(read->new_name, ==, "new");
        g_assert_cmpuint(read->undoes, ==, 7);
        g_autofree char *names = g_strjoinv(" ", read->names[STORE_POLICIES]);
        g_assert_cmpstr(names, ==, "lan new web");
        g_autoptr(PolicySet) was = change_record_set(read, false, RECORD_NOW), is = change_record_set(read, true, RECORD_NOW),
                             later = change_record_set(read, true, RECORD_LATER);
        g_assert_true(policy_set_equal(was, before));
        g_assert_true(policy_set_equal(is, after));
        g_assert_true(policy_set_equal(later, before));
        g_assert_null(head->items);
        g_assert_true(head->is_whole);
        g_assert_cmpstr(head->new_name, ==, "new");
        /* A policy is there once, also if it was read once for each scope. */
        g_assert_cmpuint(count_occurrences(text, "[version "), ==, 4);
        g_autoptr(ChangeRecord) both = record_of((const char *const[]){ "web: deny", "web: deny" },
                                                 (const char *const[]){ "web: deny log", "web: deny log" });
        g_autofree char *shared = change_record_text(both);
        g_assert_cmpuint(count_occurrences(shared, "[version "), ==, 2);
        g_assert_cmpint(both->scope, ==, SCOPE_BOTH);
        /* What is too large is listed, but not kept. */
        gsize length;
        g_autofree char *small = change_record_to_text(record, strlen(text) - 1, &length);
        g_autoptr(ChangeRecord) less = change_record_from_text(small, length, true, &error);
        g_assert_no_error(error);
        g_assert_false(less->is_whole);
        g_assert_null(less->items);
        g_assert_cmpstr(less->method, ==, "Policies.Rename");
        g_assert_cmpuint(g_strv_length(less->names[STORE_POLICIES]), ==, 3);
}

static char *replaced(const char *text, const char *from, const char *to) {
        g_auto(GStrv) parts = g_strsplit(text, from, 2);
        g_assert_cmpuint(g_strv_length(parts), ==, 2);
        return g_strjoinv(to, parts);
}

static void test_bad_text(void) {
        static const char *const CASES[][3] = {
                { "Time=", "Tyme=", "Time" },
                { "User=1000", "User=-7", "User" },
                { "User=1000", "User=4294967296", "User" },
                { "Method=Policies.Set", "Method=", "Method" },
                { "Scope=both", "Scope=all", "Scope" },
                { "Policies=db;web;", "Policies=", "Policies" },
                { "Policies=db;web;", "Policies=../db;web;", "\"../db\"" },
                { "Policies=db;web;", "Policies=db;web;other;", "a policy is missing" },
                { "Whole=true", "Whole=true\nOldName=web", "OldName" },
                { "Whole=true", "Whole=true\nOldName=web\nNewName=..", "NewName" },
                { "action=deny", "action=dany", "\"dany\"" },
                { "action=deny", "nonsense=deny", "not known" },
                { "action=deny", "noaction", "" },
                { "action=deny", "action=deny\ndescription=\\q", "" },
                { "sources=10.0.0.1;", "sources=10.0.0.300;", "10.0.0.300" },
                { "enabled=true", "enabled=perhaps", "cannot be interpreted" },
                { "[version 1]", "[version 9]", "version 1" },
                { "Before=2", "Before=77", "version 77" },
                { "[change]", "[chance]", "Time" },
                { "[change]", "", "" },
                { "[end]", "[edn]", "cut off" },
        };
        g_autoptr(ChangeRecord) record =
                record_of((const char *const[]){ "web: deny sources=10.0.0.1", "web: deny sources=10.0.0.1" },
                          (const char *const[]){ "db: deny sources=10.0.0.1", "db: deny sources=10.0.0.1" });
        g_autofree char *text = change_record_text(record);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *bad = replaced(text, CASES[i][0], CASES[i][1]);
                g_autoptr(GError) error = NULL;
                g_autoptr(ChangeRecord) read = change_record_from_text(bad, strlen(bad), true, &error);
                g_test_message("%s: %s", CASES[i][1], error ? error->message : "no error");
                g_assert_null(read);
                g_assert_nonnull(error);
                g_assert_nonnull(strstr(error->message, CASES[i][2]));
        }
        /* One that is cut off says nothing that is not so. */
        for (gsize length = 0; length < strlen(text); length++) {
                g_autoptr(GError) error = NULL;
                g_autofree char *part = g_strndup(text, length);
                g_autoptr(ChangeRecord) read = change_record_from_text(part, length, true, &error);
                g_assert_null(read);
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        }
}

static void test_take_back(void) {
        static const struct {
                const char *before[_RECORD_MAX], *after[_RECORD_MAX], *now[_RECORD_MAX];
                const char *expected[_RECORD_MAX]; /* NULL: something stands in the way of the policy "web" */
        } CASES[] = {
                /* made, removed, changed; others stay */
                { { "", "" }, { "web: deny", "web: deny" }, { "web: deny|db: deny", "web: deny" }, { "db: deny", "" } },
                { { "web: deny", "web: deny" }, { "", "" }, { "", "db: deny" }, { "web: deny", "web: deny|db: deny" } },
                { { "web: deny", "web: deny" },
                  { "web: deny log", "web: deny log" },
                  { "web: deny log", "web: deny log" },
                  { "web: deny", "web: deny" } },
                /* each scope for itself */
                { { "web: deny", "web: deny log" },
                  { "web: deny reject", "" },
                  { "web: deny reject", "" },
                  { "web: deny", "web: deny log" } },
                { { "web: deny", "web: deny" },
                  { "web: deny log", "web: deny" },
                  { "web: deny log", "web: deny reject" },
                  { "web: deny", "web: deny reject" } },
                /* renamed */
                { { "old: deny", "old: deny" },
                  { "web: deny", "web: deny" },
                  { "web: deny", "web: deny" },
                  { "old: deny", "old: deny" } },
                /* changed again, made again, removed: in force, or permanently */
                { { "", "" }, { "web: deny", "web: deny" }, { "web: deny log", "web: deny" }, { NULL, NULL } },
                { { "", "" }, { "web: deny", "web: deny" }, { "web: deny", "web: deny log" }, { NULL, NULL } },
                { { "", "" }, { "web: deny", "web: deny" }, { "", "web: deny" }, { NULL, NULL } },
                { { "web: deny", "web: deny" }, { "", "" }, { "web: deny", "" }, { NULL, NULL } },
                { { "web: deny", "web: deny" }, { "", "" }, { "", "web: deny log" }, { NULL, NULL } },
                /* all or nothing */
                { { "", "" }, { "db: deny|web: deny", "" }, { "db: deny", "" }, { NULL, NULL } },
                /* permanent only: not in force yet; in force since a reload or boot; something else is in force */
                { { "web: deny", "web: deny" },
                  { "web: deny", "web: deny log" },
                  { "web: deny", "web: deny log" },
                  { "web: deny", "web: deny" } },
                { { "web: deny", "web: deny" },
                  { "web: deny", "web: deny log" },
                  { "web: deny log", "web: deny log" },
                  { "web: deny", "web: deny" } },
                { { "", "" }, { "", "web: deny" }, { "web: deny", "web: deny" }, { "", "" } },
                { { "web: deny", "web: deny" },
                  { "web: deny", "web: deny log" },
                  { "web: deny reject", "web: deny log" },
                  { "web: deny reject", "web: deny" } },
                /* what was in force became permanent: it stays in force */
                { { "web: deny log", "web: deny" },
                  { "web: deny log", "web: deny log" },
                  { "web: deny log", "web: deny log" },
                  { "web: deny log", "web: deny" } },
                /* both scopes, edited each for itself, and since then a boot */
                { { "web: deny ports=1/tcp", "web: deny ports=2/tcp" },
                  { "web: deny ports=1/tcp log", "web: deny ports=2/tcp log" },
                  { "web: deny ports=2/tcp log", "web: deny ports=2/tcp log" },
                  { "web: deny ports=2/tcp", "web: deny ports=2/tcp" } },
                /* runtime only, and since then a boot */
                { { "web: deny", "web: deny" },
                  { "web: deny log", "web: deny" },
                  { "web: deny", "web: deny" },
                  { NULL, NULL } },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(ChangeRecord) written = record_of(CASES[i].before, CASES[i].after);
                g_autofree char *text = change_record_text(written);
                g_autoptr(ChangeRecord) record = change_record_from_text(text, strlen(text), true, NULL);
                g_autoptr(PolicySet) now = set_of(CASES[i].now[0]), later = set_of(CASES[i].now[1]);
                PolicySet *sets[_RECORD_MAX];
                const RecordItem *changed = NULL;
                g_test_message("%zu: %s", i, text);
                if (!change_record_take_back(record, (PolicySet *const[]){ now, later }, sets, &changed)) {
                        g_assert_null(CASES[i].expected[0]);
                        g_assert_cmpstr(changed->name, ==, "web");
                        continue;
                }
                g_autoptr(PolicySet) runtime = sets[0], permanent = sets[1];
                g_assert_nonnull(CASES[i].expected[0]);
                check_set(runtime, CASES[i].expected[0]);
                check_set(permanent, CASES[i].expected[1]);
                check_set(now, CASES[i].now[0]);
        }
}

/* --- files -------------------------------------------------------------------------------------------------------- */

typedef struct Place {
        char *state, *folder;
        Settings settings;
        Intent intent;
        History *history;
} Place;

static void place_open(Place *place) {
        history_free(place->history);
        place->history = history_new(&place->settings);
        g_string_truncate(journal, 0);
}

static void place_init(Place *place) {
        *place = (Place){ .state = g_dir_make_tmp("quaywall-history-XXXXXX", NULL) };
        place->settings.state_folder = place->state;
        place->folder = g_build_filename(place->state, "history", NULL);
        place->intent.runtime = policy_set_new();
        place->intent.permanent = policy_set_new();
        place_open(place);
}

static void remove_tree(const char *path) {
        g_autoptr(GDir) dir = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
        for (const char *name; dir && (name = g_dir_read_name(dir));) {
                g_autofree char *child = g_build_filename(path, name, NULL);
                remove_tree(child);
        }
        g_assert_cmpint(g_remove(path), ==, 0);
}

static void place_clear(Place *place) {
        history_free(place->history);
        intent_clear(&place->intent);
        remove_tree(place->state);
        g_free(place->state);
        g_free(place->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

/* Replaces intent.c, which needs no more than this here. */
void intent_clear(Intent *intent) {
        policy_set_unref(intent->runtime);
        policy_set_unref(intent->permanent);
}

/* Makes the change that leads to this set, in both scopes. */
static void change(Place *place, const char *after, const ChangeNote *note) {
        g_autoptr(PolicySet) set = set_of(after);
        history_begin(place->history, note, &place->intent, set, set);
        history_end(place->history, true);
        intent_clear(&place->intent);
        place->intent.runtime = policy_set_ref(set);
        place->intent.permanent = policy_set_ref(set);
}

static const ChangeNote SET = { .method = "Policies.Set", .uid = 0 };

static void set(Place *place, const char *after) {
        change(place, after, &SET);
}

static int compare(gconstpointer a, gconstpointer b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static char *files_in(const char *folder) {
        g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        for (const char *name; dir && (name = g_dir_read_name(dir));)
                g_ptr_array_add(names, g_strdup(name));
        g_ptr_array_sort(names, compare);
        g_ptr_array_add(names, NULL);
        return g_strjoinv(" ", (char **) names->pdata);
}

static void check_files(const Place *place, const char *expected) {
        g_autofree char *files = files_in(place->folder);
        g_assert_cmpstr(files, ==, expected);
}

/* "1:web 2:web,db+office<3": number, policies, groups, and the change that took it back. */
static void check_list(Place *place, const char *expected) {
        g_autoptr(GPtrArray) records = history_list(place->history);
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < records->len; i++) {
                const ChangeRecord *record = records->pdata[i];
                g_autofree char *names = g_strjoinv(",", record->names[STORE_POLICIES]),
                                *groups = g_strjoinv(",", record->names[STORE_GROUPS]);
                g_string_append_printf(text, "%s%" G_GUINT64_FORMAT ":%s", i > 0 ? " " : "", record->number, names);
                if (*groups)
                        g_string_append_printf(text, "+%s", groups);
                if (record->undone_by)
                        g_string_append_printf(text, "<%" G_GUINT64_FORMAT, record->undone_by);
        }
        g_assert_cmpstr(text->str, ==, expected);
}

static void put(const Place *place, const char *file, const char *text) {
        g_autofree char *path = g_build_filename(place->folder, file, NULL);
        g_assert_cmpint(g_mkdir_with_parents(place->folder, 0700), ==, 0);
        g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void check_mode(const char *folder, const char *file, mode_t mode) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        struct stat st;
        g_assert_cmpint(stat(path, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, mode);
}

static void test_kept(void) {
        g_auto(Place) place;
        place_init(&place);
        check_list(&place, "");
        set(&place, "web: deny");
        set(&place, "web: deny|db: deny");
        set(&place, "web: deny|db: deny"); /* changes nothing */
        set(&place, "");
        check_list(&place, "1:web 2:db 3:db,web");
        check_files(&place, "1.kept 2.kept 3.kept");
        check_mode(place.folder, "1.kept", 0600);
        check_mode(place.state, "history", 0700);
        place_open(&place);
        check_list(&place, "1:web 2:db 3:db,web");
        g_autoptr(GError) error = NULL;
        g_autoptr(ChangeRecord) record = history_read(place.history, 3, LIMIT_HISTORY_CHANGE, &error),
                                head = history_read(place.history, 3, 10, &error),
                                none = history_read(place.history, 4, LIMIT_HISTORY_CHANGE, &error);
        g_autoptr(PolicySet) before = change_record_set(record, false, RECORD_LATER);
        check_set(before, "web: deny|db: deny");
        g_assert_null(head->items);
        g_assert_null(none);
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_NO_SUCH_CHANGE);
        g_assert_nonnull(strstr(error->message, "no change 4 in the history, which goes from 1 to 3"));
        g_assert_cmpuint(history_find_later(place.history, 1, STORE_POLICIES, "web"), ==, 3);
        g_assert_cmpuint(history_find_later(place.history, 3, STORE_POLICIES, "web"), ==, 0);
        g_assert_cmpstr(journal->str, ==, "");
        /* Files of others are left alone. */
        put(&place, "notes", "");
        put(&place, "4.xml", "");
        put(&place, "04.kept", "");
        put(&place, "-4.kept", "");
        put(&place, "99999999999999999999.kept", "");
        set(&place, "web: deny");
        check_files(&place, "-4.kept 04.kept 1.kept 2.kept 3.kept 4.kept 4.xml 99999999999999999999.kept notes");
}

/* Groups of the same names are others. */
static void test_groups(void) {
        g_auto(Place) place;
        place_init(&place);
        set(&place, "web: deny");
        set(&place, "web: deny|group:web 10.0.0.1");
        set(&place, "web: deny|group:web 10.0.0.1"); /* changes nothing */
        set(&place, "web: deny log|group:web 10.0.0.1,10.0.0.2|group:office ");
        set(&place, "web: deny log|group:web 10.0.0.1,10.0.0.2");
        check_list(&place, "1:web 2:+web 3:web+office,web 4:+office");
        place_open(&place);
        check_list(&place, "1:web 2:+web 3:web+office,web 4:+office");
        g_assert_cmpstr(journal->str, ==, "");
        g_assert_cmpuint(history_find_later(place.history, 1, STORE_POLICIES, "web"), ==, 3);
        g_assert_cmpuint(history_find_later(place.history, 1, STORE_POLICIES, "office"), ==, 0);
        g_assert_cmpuint(history_find_later(place.history, 2, STORE_GROUPS, "web"), ==, 3);
        g_assert_cmpuint(history_find_later(place.history, 2, STORE_GROUPS, "office"), ==, 4);
        /* What a change waits for is the same. */
        change(&place, "web: deny log", &(ChangeNote){ .method = "Groups.Delete", .undoes = 2, .is_pending = true });
        check_list(&place, "1:web 2:+web<5 3:web+office,web 4:+office 5:+web");
        check_files(&place, "1.kept 2.kept 3.kept 4.kept 5.pending");
        history_settle(place.history, RECORD_ROLLED_BACK);
        check_list(&place, "1:web 2:+web 3:web+office,web 4:+office 5:+web");
}

static void test_undone(void) {
        g_auto(Place) place;
        place_init(&place);
        ChangeNote undo = { .method = "Policies.Undo", .uid = 0, .undoes = 1 };
        set(&place, "web: deny");
        set(&place, "web: deny|db: deny");
        change(&place, "db: deny", &undo);
        check_list(&place, "1:web<3 2:db 3:web");
        /* Made again: neither is undone... */
        undo.undoes = 3;
        change(&place, "web: deny|db: deny", &undo);
        check_list(&place, "1:web 2:db 3:web<4 4:web");
        /* ...and undone again. */
        undo.undoes = 1;
        change(&place, "db: deny", &undo);
        check_list(&place, "1:web<5 2:db 3:web<4 4:web 5:web");
        /* One that is not confirmed undoes nothing. */
        undo = (ChangeNote){ .method = "Policies.Undo", .uid = 0, .undoes = 2, .is_pending = true };
        change(&place, "", &undo);
        check_list(&place, "1:web<5 2:db<6 3:web<4 4:web 5:web 6:db");
        history_settle(place.history, RECORD_EXPIRED);
        check_list(&place, "1:web<5 2:db 3:web<4 4:web 5:web 6:db");
        check_files(&place, "1.kept 2.kept 3.kept 4.kept 5.kept 6.expired");
}

static void test_pending(void) {
        static const struct {
                RecordState state;
                const char *file;
        } CASES[] = { { RECORD_KEPT, "1.kept" }, { RECORD_ROLLED_BACK, "1.rolled-back" }, { RECORD_EXPIRED, "1.expired" } };
        const ChangeNote pending = { .method = "Policies.Set", .uid = RECORD_NO_USER, .is_pending = true };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_auto(Place) place;
                place_init(&place);
                change(&place, "web: deny", &pending);
                check_files(&place, "1.pending");
                history_settle(place.history, CASES[i].state);
                check_files(&place, CASES[i].file);
                history_settle(place.history, RECORD_KEPT);
                check_files(&place, CASES[i].file);
        }
        /* Confirmed, and then killed before the history knew; or killed while it waits. */
        g_auto(Place) place;
        place_init(&place);
        change(&place, "web: deny", &pending);
        place_open(&place);
        history_recover(place.history, &place.intent, true);
        check_files(&place, "1.pending");
        history_recover(place.history, &place.intent, false);
        check_files(&place, "1.kept");
}

/* Killed between the entry and the policy files, or between these and the entry's name. */
static void test_recovered(void) {
        static const struct {
                const char *now, *later;
                bool is_pending;
                const char *files;
        } CASES[] = {
                { "", "", false, "1.kept" },                                  /* not made */
                { "db: deny", "", false, "1.kept" },                          /* something else is there */
                { "web: deny log", "web: deny log", false, "1.kept 2.kept" }, /* made */
                { "", "web: deny log", false, "1.kept 2.kept" },              /* in part: the files decide */
                { "web: deny log", "", false, "1.kept 2.kept" },
                { "web: deny log", "web: deny log", true, "1.kept 2.pending" },
                { "", "", true, "1.kept" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_auto(Place) place;
                place_init(&place);
                set(&place, "web: deny");
                g_autoptr(PolicySet) after = set_of("web: deny log"), now = set_of(CASES[i].now),
                                     later = set_of(CASES[i].later);
                history_begin(place.history, &SET, &place.intent, after, after);
                check_files(&place, "1.kept 2.new");
                check_list(&place, "1:web");
                place_open(&place);
                g_test_message("%s, %s", CASES[i].now, CASES[i].later);
                history_recover(place.history, &(Intent){ .runtime = now, .permanent = later }, CASES[i].is_pending);
                check_files(&place, CASES[i].files);
                g_assert_cmpstr(journal->str, ==, "");
        }
        /* The same of a group, whose file is another one. */
        for (int made = 0; made <= 1; made++) {
                g_auto(Place) place;
                place_init(&place);
                g_autoptr(PolicySet) after = set_of("group:web 10.0.0.1"), policy = set_of("web: deny");
                history_begin(place.history, &SET, &place.intent, after, after);
                place_open(&place);
                history_recover(place.history, &(Intent){ .runtime = made ? after : policy, .permanent = policy }, false);
                check_files(&place, made ? "1.kept" : "");
        }
        /* A change that was not made; one that was cut off while it was written. */
        g_auto(Place) place;
        place_init(&place);
        g_autoptr(PolicySet) after = set_of("web: deny");
        history_begin(place.history, &SET, &place.intent, after, after);
        history_end(place.history, false);
        check_files(&place, "");
        put(&place, "1.new", "[change]\nTi");
        put(&place, "2.new", "");
        history_recover(place.history, &place.intent, false);
        check_files(&place, "");
        g_assert_cmpstr(journal->str, ==, "");
}

static void test_broken(void) {
        static const char *const TEXTS[] = { "", "nonsense", "[change]\n",
                                             "[change]\nTime=1\nMethod=x\nScope=both\nPolicies=.;\n\n[end]\n",
                                             "\xff\xfe\n[end]\n" };
        g_auto(Place) place;
        place_init(&place);
        for (gsize i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
                g_autofree char *kept = g_strdup_printf("%zu.kept", i + 1);
                put(&place, kept, TEXTS[i]);
        }
        g_autofree char *folder = g_build_filename(place.folder, "6.kept", NULL),
                        *link = g_build_filename(place.folder, "7.expired", NULL);
        g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
        g_assert_cmpint(symlink("/dev/zero", link), ==, 0);
        set(&place, "web: deny");
        check_list(&place, "8:web");
        check_files(&place, "1.broken 2.broken 3.broken 4.broken 5.broken 6.broken 7.broken 8.kept");
        g_assert_cmpuint(count_occurrences(journal->str, "cannot be read"), ==, 7);
        /* Reported once, also by the next quaywalld. */
        place_open(&place);
        history_recover(place.history, &place.intent, false);
        check_list(&place, "8:web");
        g_assert_cmpstr(journal->str, ==, "");
        /* Its head may be whole, and its policies not. */
        put(&place, "9.kept",
            "[change]\nTime=1\nMethod=x\nScope=both\nPolicies=web;\nWhole=true\n\n[policy web]\nBefore=1\n\n[end]\n");
        check_list(&place, "8:web 9:web");
        g_autoptr(GError) error = NULL;
        g_autoptr(ChangeRecord) record = history_read(place.history, 9, LIMIT_HISTORY_CHANGE, &error);
        g_assert_null(record);
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO);
        g_assert_nonnull(strstr(error->message, "change: 9 cannot be read"));
        check_list(&place, "8:web");
        g_assert_cmpuint(count_occurrences(journal->str, "set aside as 9.broken"), ==, 1);
}

/* The place is taken, or nothing can be written: a line in the journal, once, and the change is made all the same. */
static void test_no_place(void) {
        g_auto(Place) place;
        place_init(&place);
        g_assert_true(g_file_set_contents(place.folder, "text", -1, NULL));
        check_list(&place, "");
        set(&place, "web: deny");
        check_list(&place, "1:web");
        g_assert_cmpuint(count_occurrences(journal->str, "is not a folder"), ==, 1);
        g_autofree char *files = files_in(place.state);
        g_assert_cmpstr(files, ==, "history history.broken");
        /* Where nobody can make a folder, not even root. */
        place.settings.state_folder = (char *) "/proc/nowhere";
        place_open(&place);
        set(&place, "web: deny|db: deny");
        set(&place, "web: deny");
        check_list(&place, "");
        g_assert_cmpuint(count_occurrences(journal->str, "will be missing in the history: "), ==, 1);
        history_settle(place.history, RECORD_KEPT);
        history_recover(place.history, &place.intent, false);
}

static void test_bounded(void) {
        g_auto(Place) place;
        place_init(&place);
        put(&place, "1.broken", "");
        for (guint i = 0; i < LIMIT_HISTORY + 5; i++)
                set(&place, i % 2 ? "" : "web: deny");
        g_autoptr(GPtrArray) records = history_list(place.history);
        g_assert_cmpuint(records->len, ==, LIMIT_HISTORY);
        g_assert_cmpuint(((ChangeRecord *) records->pdata[0])->number, ==, 7);
        g_autofree char *files = files_in(place.folder);
        g_assert_null(strstr(files, "broken"));
        /* In bytes, too; the newest stays. */
        g_autofree char *large = g_strnfill(LIMIT_HISTORY_BYTES / 4, '#');
        for (guint i = 52; i < 56; i++) {
                g_autofree char *file = g_strdup_printf("%u.kept", i);
                put(&place, file, large);
        }
        set(&place, "db: deny");
        g_autofree char *left = files_in(place.folder);
        g_assert_cmpstr(left, ==, "53.kept 54.kept 55.kept 56.kept 57.kept");
}

/* A policy with as many sources as there can be: what a Set waits for, and how large it is. */
static void test_large(void) {
        g_auto(Place) place;
        place_init(&place);
        g_autoptr(PolicySet) before = policy_set_new(), after = policy_set_new();
        for (guint which = 0; which <= 1; which++) {
                g_autoptr(Policy) policy = policy_from_line("allow-only sources=10.0.0.1", NULL);
                for (guint i = 1; i < LIMIT_ADDRESSES; i++) {
                        char text[64];
                        g_snprintf(text, sizeof text, "2001:db8:%x:%x::%x", i / 256, i % 256 * 2, which);
                        g_assert_true(policy_add_string(policy, "sources", text, NULL));
                }
                policy_set_insert(which ? after : before, "web", policy);
        }
        const Intent intent = { .runtime = before, .permanent = before };
        const gint64 start = g_get_monotonic_time();
        history_begin(place.history, &SET, &intent, after, after);
        const gint64 took = g_get_monotonic_time() - start;
        history_end(place.history, true);
        g_autoptr(ChangeRecord) record = history_read(place.history, 1, LIMIT_HISTORY_CHANGE, NULL);
        g_test_message("%.1f ms, %zu bytes", (double) took / 1000, record->bytes);
        g_assert_cmpuint(record->bytes, <, 4 << 20);
        g_assert_true(record->is_whole);
        g_autoptr(PolicySet) read = change_record_set(record, true, RECORD_LATER);
        g_assert_true(policy_set_equal(read, after));
        g_assert_cmpint(took, <, G_USEC_PER_SEC);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        journal = g_string_new(NULL);
        g_test_add_func("/history/text", test_text);
        g_test_add_func("/history/bad-text", test_bad_text);
        g_test_add_func("/history/take-back", test_take_back);
        g_test_add_func("/history/kept", test_kept);
        g_test_add_func("/history/groups", test_groups);
        g_test_add_func("/history/undone", test_undone);
        g_test_add_func("/history/pending", test_pending);
        g_test_add_func("/history/recovered", test_recovered);
        g_test_add_func("/history/broken", test_broken);
        g_test_add_func("/history/no-place", test_no_place);
        g_test_add_func("/history/bounded", test_bounded);
        g_test_add_func("/history/large", test_large);
        const int status = g_test_run();
        g_string_free(journal, TRUE);
        return status;
}
