/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the record of a change holds of groups, beside and without policies, and what takes it back. Policies are in test-history.c. */
#include "model/change-record.h"

#include <string.h>

#include "model/bounds.h"
#include "world.h"

/* "web: deny|group:office 10.0.0.1"; "" for none. */
static PolicySet *set_of(const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "|", -1);
        const char *none[] = { NULL };
        return policy_set_from_lines(text[0] ? (const char *const *) lines : none);
}

/* now, later: as set_of(); before and after. */
static ChangeRecord *record_of(const char *const before[_RECORD_MAX], const char *const after[_RECORD_MAX]) {
        g_autoptr(PolicySet) a = set_of(before[0]), b = set_of(before[1]), c = set_of(after[0]), d = set_of(after[1]);
        return change_record_new("Groups.Set", 1000, (PolicySet *const[]){ a, b }, (PolicySet *const[]){ c, d });
}

static ChangeRecord *both_of(const char *before, const char *after) {
        return record_of((const char *const[]){ before, before }, (const char *const[]){ after, after });
}

/* Of the change, in this scope. */
static void check_sets(const ChangeRecord *record, int when, const char *before, const char *after) {
        for (int is_after = 0; is_after <= 1; is_after++) {
                g_autoptr(PolicySet) is = change_record_set(record, is_after, when), wanted = set_of(is_after ? after : before);
                g_assert_true(policy_set_equal(is, wanted));
        }
}

static void check_names(const ChangeRecord *record, StoreKind kind, const char *expected) {
        g_autofree char *names = g_strjoinv(" ", record->names[kind]);
        g_assert_cmpstr(names, ==, expected);
}

#define BEFORE "web: deny|group:gone 10.0.0.9|group:office 10.0.0.0/24,fd00::1|group:same 10.1.1.1"
#define AFTER "web: deny log|group:new |group:office 10.0.0.0/25,fd00::1,fd00::2,192.168.1.7-192.168.1.9|group:same 10.1.1.1"

static void test_text(void) {
        g_autoptr(ChangeRecord) record =
                record_of((const char *const[]){ BEFORE, "" }, (const char *const[]){ AFTER, "group:later 10.2.2.2" });
        g_autofree char *text = change_record_text(record);
        g_autoptr(GError) error = NULL;
        g_autoptr(ChangeRecord) read = change_record_from_text(text, strlen(text), true, &error),
                                head = change_record_from_text(text, strlen(text), false, NULL);
        g_test_message("%s", text);
        g_assert_no_error(error);
        check_names(read, STORE_POLICIES, "web");
        check_names(read, STORE_GROUPS, "gone later new office");
        g_assert_cmpint(read->scope, ==, SCOPE_BOTH);
        /* later; and of office, the other half of the network went, and two ranges came; and gone */
        g_assert_cmpuint(read->addresses_added, ==, 3);
        g_assert_cmpuint(read->addresses_removed, ==, 2);
        check_sets(read, RECORD_NOW, "web: deny|group:gone 10.0.0.9|group:office 10.0.0.0/24,fd00::1",
                   "web: deny log|group:new |group:office 10.0.0.0/25,fd00::1,fd00::2,192.168.1.7-192.168.1.9");
        check_sets(read, RECORD_LATER, "", "group:later 10.2.2.2");
        g_assert_null(head->items);
        g_assert_true(head->is_whole);
        check_names(head, STORE_GROUPS, "gone later new office");
        g_assert_cmpuint(head->addresses_added, ==, 3);
        /* What is too large is listed, but not kept. */
        gsize length;
        g_autofree char *small = change_record_to_text(record, strlen(text) - 1, &length);
        g_autoptr(ChangeRecord) less = change_record_from_text(small, length, true, &error);
        g_assert_no_error(error);
        g_assert_null(less->items);
        check_names(less, STORE_GROUPS, "gone later new office");
        g_assert_cmpuint(less->addresses_removed, ==, 2);
}

/* Groups alone; what is in both scopes is there once; a description is a change. */
static void test_groups_only(void) {
        g_autoptr(ChangeRecord) record = both_of("group:office 10.0.0.1", "group:office 10.0.0.1,10.0.0.2");
        g_autofree char *text = change_record_text(record);
        g_autoptr(ChangeRecord) read = change_record_from_text(text, strlen(text), true, NULL),
                                head = change_record_from_text(text, strlen(text), false, NULL);
        g_assert_cmpuint(count_occurrences(text, "[group-version "), ==, 2);
        g_assert_null(strstr(text, "Policies="));
        check_names(head, STORE_POLICIES, "");
        check_names(head, STORE_GROUPS, "office");
        g_assert_cmpuint(head->addresses_added, ==, 1);
        g_assert_cmpuint(head->addresses_removed, ==, 0);
        check_sets(read, RECORD_LATER, "group:office 10.0.0.1", "group:office 10.0.0.1,10.0.0.2");

        g_autoptr(PolicySet) before = set_of("group:office 10.0.0.1"), after = set_of("group:office 10.0.0.1");
        Group *office = g_hash_table_lookup(after->groups, "office");
        g_assert_true(group_set_description(office, "a;b \\ [x] = \xc3\xa4", NULL));
        g_autoptr(ChangeRecord) described = change_record_new("Groups.Set", 0, (PolicySet *const[]){ before, before },
                                                              (PolicySet *const[]){ before, after });
        g_autofree char *second = change_record_text(described);
        g_autoptr(ChangeRecord) again = change_record_from_text(second, strlen(second), true, NULL);
        g_autoptr(PolicySet) is = change_record_set(again, true, RECORD_LATER);
        g_assert_cmpint(again->scope, ==, SCOPE_PERMANENT);
        g_assert_true(policy_set_equal(is, after));
        g_assert_cmpuint(again->addresses_added + again->addresses_removed, ==, 0);
}

/* As quaywalld wrote them when groups were not in the history. */
static void test_old_text(void) {
        static const char OLD[] =
                "[change]\nTime=1790000000000000\nUser=1000\nMethod=Policies.Set\nScope=both\nPolicies=web;\nWhole=true\n\n"
                "[version 1]\naction=deny\nsources=10.0.0.1;\nreject=false\nlog=false\nenabled=true\n\n"
                "[policy web]\nAfter=1\nAfterPermanent=1\n\n[end]\n";
        g_autoptr(GError) error = NULL;
        g_autoptr(ChangeRecord) read = change_record_from_text(OLD, strlen(OLD), true, &error),
                                head = change_record_from_text(OLD, strlen(OLD), false, NULL);
        g_assert_no_error(error);
        check_names(read, STORE_POLICIES, "web");
        check_names(read, STORE_GROUPS, "");
        check_names(head, STORE_GROUPS, "");
        check_sets(read, RECORD_NOW, "", "web: deny sources=10.0.0.1");
        g_autoptr(PolicySet) is = set_of("web: deny sources=10.0.0.1|group:office 10.0.0.2"),
                             wanted = set_of("group:office 10.0.0.2");
        PolicySet *sets[_RECORD_MAX];
        const RecordItem *changed;
        g_assert_true(change_record_take_back(read, (PolicySet *const[]){ is, is }, sets, &changed));
        g_autoptr(PolicySet) now = sets[RECORD_NOW], later = sets[RECORD_LATER];
        g_assert_true(policy_set_equal(now, wanted));
        g_assert_true(policy_set_equal(later, wanted));
        /* And a change of policies alone is still written so that an older quaywalld can read it. */
        g_autoptr(ChangeRecord) policies = both_of("group:office 10.0.0.2", "web: deny|group:office 10.0.0.2");
        g_autofree char *text = change_record_text(policies);
        g_assert_null(strstr(text, "Groups="));
        g_assert_null(strstr(text, "[group"));
        g_assert_null(strstr(text, "Addresses"));
}

static void test_bad_text(void) {
        static const char *const CASES[][3] = {
                { "Groups=bad;office;", "Groups=", "Policies and Groups" },
                { "Groups=bad;office;", "Groups=../bad;office;", "\"../bad\"" },
                { "Groups=bad;office;", "Groups=bad;office;other;", "a group is missing" },
                { "Groups=bad;office;", "Policies=bad;", "a policy is missing" },
                { "addresses=10.0.0.1;", "addresses=10.0.0.300;", "10.0.0.300" },
                { "addresses=10.0.0.1;", "addresses=group:bad;", "group:bad" },
                { "addresses=10.0.0.1;", "nonsense=1", "not known" },
                { "addresses=10.0.0.1;", "description=\\q", "" },
                { "addresses=10.0.0.1;", "addresses=\\q;", "" },
                { "[group-version 1]", "[version 1]", "group-version 1" },
                { "Before=2", "Before=77", "group-version 77" },
                { "Before=2", "Before=\\q", "" },
        };
        g_autoptr(ChangeRecord) record = both_of("group:office 10.0.0.2", "group:bad 10.0.0.1");
        g_autofree char *text = change_record_text(record);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_auto(GStrv) parts = g_strsplit(text, CASES[i][0], 2);
                g_assert_cmpuint(g_strv_length(parts), ==, 2);
                g_autofree char *bad = g_strjoinv(CASES[i][1], parts);
                g_autoptr(GError) error = NULL;
                g_autoptr(ChangeRecord) read = change_record_from_text(bad, strlen(bad), true, &error);
                g_test_message("%s: %s", CASES[i][1], error ? error->message : "no error");
                g_assert_null(read);
                g_assert_nonnull(error);
                g_assert_nonnull(strstr(error->message, CASES[i][2]));
        }
}

#define ONE "group:office 10.0.0.1"
#define TWO "group:office 10.0.0.1,10.0.0.2"
#define OTHER "group:office 10.0.0.3"

static void test_take_back(void) {
        static const struct {
                const char *before[_RECORD_MAX], *after[_RECORD_MAX], *now[_RECORD_MAX];
                const char *expected[_RECORD_MAX]; /* NULL: something stands in the way... */
                const char *blocked;               /* ...of this one */
        } CASES[] = {
                /* made, deleted, changed; others stay, also a policy of that name */
                { { "", "" }, { ONE, ONE }, { ONE "|office: deny", ONE }, { "office: deny", "" }, NULL },
                { { TWO, TWO }, { "", "" }, { "", "group:x 10.0.0.1" }, { TWO, TWO "|group:x 10.0.0.1" }, NULL },
                { { TWO, TWO }, { ONE, ONE }, { ONE, ONE }, { TWO, TWO }, NULL },
                { { "", "" }, { "group:office ", "group:office " }, { "group:office ", "group:office " }, { "", "" }, NULL },
                /* each scope for itself */
                { { ONE, TWO }, { OTHER, "" }, { OTHER, "" }, { ONE, TWO }, NULL },
                { { ONE, ONE }, { TWO, ONE }, { TWO, OTHER }, { ONE, OTHER }, NULL },
                /* changed again, deleted, made again */
                { { ONE, ONE }, { TWO, TWO }, { OTHER, TWO }, { NULL, NULL }, "office" },
                { { ONE, ONE }, { TWO, TWO }, { TWO, OTHER }, { NULL, NULL }, "office" },
                { { "", "" }, { ONE, ONE }, { ONE, "" }, { NULL, NULL }, "office" },
                { { ONE, ONE }, { "", "" }, { TWO, TWO }, { NULL, NULL }, "office" },
                /* with policies, all or nothing */
                { { "web: deny|" ONE, "" }, { TWO, "" }, { TWO, "" }, { "web: deny|" ONE, "" }, NULL },
                { { "web: deny|" ONE, "" }, { TWO, "" }, { OTHER, "" }, { NULL, NULL }, "office" },
                { { "web: deny|" ONE, "" }, { TWO, "" }, { "web: deny log|" TWO, "" }, { NULL, NULL }, "web" },
                /* permanent only: not in force yet; in force since a reload or boot; something else is in force */
                { { ONE, ONE }, { ONE, TWO }, { ONE, TWO }, { ONE, ONE }, NULL },
                { { ONE, ONE }, { ONE, TWO }, { TWO, TWO }, { ONE, ONE }, NULL },
                { { ONE, ONE }, { ONE, TWO }, { OTHER, TWO }, { OTHER, ONE }, NULL },
                /* runtime only, and since then a boot */
                { { ONE, ONE }, { TWO, ONE }, { ONE, ONE }, { NULL, NULL }, "office" },
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
                        g_assert_cmpstr(changed->name, ==, CASES[i].blocked);
                        continue;
                }
                g_autoptr(PolicySet) runtime = sets[0], permanent = sets[1];
                g_assert_null(CASES[i].blocked);
                for (int when = 0; when < _RECORD_MAX; when++) {
                        g_autoptr(PolicySet) wanted = set_of(CASES[i].expected[when]);
                        g_assert_true(policy_set_equal(sets[when], wanted));
                }
        }
}

/* A group as large as there can be, of which one address goes: what Groups.Remove waits for, and how large it is. */
static void test_large(void) {
        g_autoptr(Group) group = group_new();
        for (guint i = 0; i < LIMIT_ADDRESSES; i++) {
                char text[64];
                g_snprintf(text, sizeof text, "2001:db8:%x:%x::1", i / 256, i % 256 * 2);
                g_assert_true(group_add_address(group, text, NULL));
        }
        group_finish(group);
        g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        g_array_append_val(gone, g_array_index(group->addresses, AddressRange, 77));
        g_autoptr(Group) less = group_without(group, gone, NULL);
        g_autoptr(PolicySet) before = policy_set_new(), after = policy_set_new();
        policy_set_insert_group(before, "office", group);
        policy_set_insert_group(after, "office", less);
        const gint64 start = g_get_monotonic_time();
        g_autoptr(ChangeRecord) record = change_record_new("Groups.Remove", 0, (PolicySet *const[]){ before, before },
                                                           (PolicySet *const[]){ after, after });
        g_autofree char *text = change_record_text(record);
        const gint64 took = g_get_monotonic_time() - start;
        g_autoptr(ChangeRecord) read = change_record_from_text(text, strlen(text), true, NULL);
        g_test_message("%.1f ms, %zu bytes", (double) took / 1000, strlen(text));
        g_autoptr(PolicySet) is = change_record_set(read, true, RECORD_LATER);
        g_assert_true(policy_set_equal(is, after));
        g_assert_cmpuint(read->addresses_removed, ==, 1);
        g_assert_cmpuint(read->addresses_added, ==, 0);
        g_assert_cmpint(took, <, G_USEC_PER_SEC);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/change-record/text", test_text);
        g_test_add_func("/change-record/groups-only", test_groups_only);
        g_test_add_func("/change-record/old-text", test_old_text);
        g_test_add_func("/change-record/bad-text", test_bad_text);
        g_test_add_func("/change-record/take-back", test_take_back);
        g_test_add_func("/change-record/large", test_large);
        return g_test_run();
}
