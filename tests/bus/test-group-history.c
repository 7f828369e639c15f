/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups beside what came to policies: the history and Undo, what is made permanent, and sources that are listed for a time. */
#include "fixture.h"

#include <signal.h>
#include <string.h>

#define OFFICE "'office', {'addresses': <['192.168.1.1']>}, {}"
#define WEB "'web', {'action': <'allow-only'>, 'sources': <['group:office', '10.0.0.1']>, 'ports': <['8080/tcp']>}"
#define BAD "'bad', {'action': <'deny'>, 'sources': <['group:office']>}"

static void works(Fixture *f, const char *method, const char *args) {
        g_autoptr(GVariant) answer = fixture_works(f, method, "%s", args);
}

static void answers(Fixture *f, const char *method, const char *args, const char *part) {
        g_autoptr(GVariant) answer = fixture_works(f, method, "%s", args);
        g_autofree char *text = answer ? g_variant_print(answer, FALSE) : g_strdup("");

        if (!strstr(text, part)) {
                g_test_message("\"%s\" is not in: %s", part, text);
                g_test_fail();
        }
}

/* Both lists of policies and of groups, and firewalld's rules. */
static char *everything(Fixture *f) {
        static const char *const LISTS[] = { "Policies.List", "Policies.ListPermanent", "Groups.List", "Groups.ListPermanent" };
        g_autofree char *rules = fixture_dump(f);
        GString *all = g_string_new(rules);

        for (gsize i = 0; i < G_N_ELEMENTS(LISTS); i++) {
                g_autoptr(GVariant) list = fixture_works(f, LISTS[i], "%s", "");
                g_autofree char *text = g_variant_print(list, FALSE);
                g_string_append_printf(all, "\n%s %s", LISTS[i], text);
        }
        return g_string_free(all, FALSE);
}

static void check_everything(Fixture *f, const char *what, const char *expected) {
        g_autofree char *now = everything(f);
        fixture_same(what, expected, now);
}

/* How many rules of firewalld's, now and permanently, have the address. */
static void check_rules(Fixture *f, const char *address, gboolean now, gboolean later) {
        g_autofree char *runtime = fixture_direct(f, FALSE), *permanent = fixture_direct(f, TRUE);

        g_test_message("%s", address);
        g_assert_cmpint(strstr(runtime, address) != NULL, ==, now);
        g_assert_cmpint(strstr(permanent, address) != NULL, ==, later);
}

static void check_no_problem(Fixture *f, const char *code) {
        g_autoptr(GVariant) problems = fixture_get(f, "Manager.Problems", NULL);
        g_autofree char *text = g_variant_print(problems, FALSE);

        if (strstr(text, code)) {
                g_test_message("there is %s: %s", code, text);
                g_test_fail();
        }
}

/* The time in so many seconds. */
static char *in_seconds(int seconds) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc(), then = g_date_time_add_seconds(now, seconds);
        return g_date_time_format(then, "%Y-%m-%dT%H:%M:%SZ");
}

/* --- the history -------------------------------------------------------------------------------------------------- */

/* Restoring a policy whose group is gone would leave a "deny" that blocks nobody. */
static void test_undo_after_delete(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE); /* no entry: groups are not in the history */
        works(f, "Policies.Set", BAD ", {}");
        works(f, "Policies.Remove", "'bad', {}");
        works(f, "Groups.Delete", "'office', {}");
        answers(f, "Policies.History", "", "'change': <uint64 2>");
        g_autofree char *before = everything(f);
        fixture_fails(
                f, ERROR_("Conflict"),
                "change: 2 cannot be taken back: the policy \"bad\" named the group \"office\", which was deleted since; make "
                "that one again first",
                "Policies.Undo", "uint64 2, {}");
        check_everything(f, "refused", before);

        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.2']>}, {}");
        works(f, "Policies.Undo", "uint64 2, {}");
        answers(f, "Policies.Get", "'bad'", "['group:office']");
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        check_rules(f, "192.168.1.1", FALSE, FALSE);
        check_no_problem(f, "group-missing");
}

/* The same where only one of both scopes has lost it. */
static void test_undo_in_one_scope(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Remove", "'web', {}");
        works(f, "Groups.Delete", "'office', {'scope': <'permanent'>}");
        fixture_fails(f, ERROR_("Conflict"), "change: 2|\"web\"|\"office\"|deleted since permanently", "Policies.Undo",
                      "uint64 2, {}");
        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.3']>}, {'scope': <'permanent'>}");
        works(f, "Policies.Undo", "uint64 2, {}");
        check_rules(f, "192.168.1.1", TRUE, FALSE);
        check_rules(f, "192.168.1.3", FALSE, TRUE);
}

/* A policy whose group was never there is not refused for it: what it names is not news. */
static void test_undo_beside_missing(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Edit", "'web', {'ports': <['8081/tcp']>}, {}, {}");
        works(f, "Policies.Undo", "uint64 2, {}");
        answers(f, "Policies.Get", "'web'", "['8080/tcp']");
        /* Nor is one that only goes. */
        works(f, "Policies.Undo", "uint64 1, {}");
        answers(f, "Policies.List", "", "({},)");
}

/* A change of a group stands in the way of no change of a policy, and is not taken back with one. */
static void test_undo_leaves_groups(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Policies.SetMany",
              "{'web': {'action': <'allow-only'>, 'sources': <['group:office', '10.0.0.1']>, 'ports': <['8080/tcp']>}}, "
              "{'groups': <{'office': {'addresses': <['192.168.1.1']>}}>}");
        works(f, "Groups.Add", "'office', ['192.168.1.2'], {}");
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        works(f, "Policies.Undo", "uint64 1, {}");
        answers(f, "Policies.List", "", "({},)");
        answers(f, "Groups.Get", "'office'", "['192.168.1.1', '192.168.1.2']");
        works(f, "Policies.Undo", "uint64 2, {}");
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        /* That a policy names it again is why it cannot be deleted. */
        fixture_fails(f, ERROR_("GroupInUse"), "\"web\"", "Groups.Delete", "%s", "'office', {}");
        /* Over a restart, the record still knows which group it was. */
        works(f, "Policies.Remove", "'web', {}");
        works(f, "Groups.Delete", "'office', {}");
        g_assert_true(fixture_stop_daemon(f, SIGKILL));
        fixture_start_daemon(f);
        fixture_fails(f, ERROR_("Conflict"), "\"web\"|\"office\"", "Policies.Undo", "uint64 4, {}");
        answers(f, "Policies.GetChange", "uint64 4", "'group:office'");
}

/* What is rolled back comes back with its group, which the waiting change had deleted with it. */
static void test_rollback_has_groups(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        const char *token;

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", BAD ", {}");
        works(f, "Policies.Remove", "'bad', {}");
        g_autofree char *before = everything(f);
        g_autoptr(GVariant) answer = fixture_works(f, "Groups.Delete", "%s", "'office', {'confirm-within': <uint32 60>}");
        g_variant_get(answer, "(&s)", &token);
        /* While it waits, Undo waits too. */
        fixture_fails(f, ERROR_("Conflict"), "\"office\"", "Policies.Undo", "uint64 2, {}");
        g_variant_unref(fixture_works(f, "Policies.Rollback", "'%s'", token));
        check_everything(f, "rolled back", before);
        works(f, "Policies.Undo", "uint64 2, {}");
        check_rules(f, "192.168.1.1", TRUE, TRUE);
}

/* --- made permanent ----------------------------------------------------------------------------------------------- */

static void test_runtime_to_permanent(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *file = g_build_filename(f->groups, "tmp.xml", NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Groups.Set", "'gone', {'addresses': <['10.0.0.9']>}, {'scope': <'permanent'>}");
        works(f, "Groups.Add", "'office', ['192.168.1.2'], {'scope': <'runtime'>}");
        works(f, "Groups.Set", "'tmp', {'addresses': <['10.0.0.7']>}, {'scope': <'runtime'>}");
        works(f, "Policies.Set",
              "'tmp', {'action': <'deny'>, 'sources': <['group:tmp']>, 'ports': <['81/tcp']>}, {'scope': <'runtime'>}");
        check_rules(f, "192.168.1.2", TRUE, FALSE);
        check_rules(f, "10.0.0.7", TRUE, FALSE);
        works(f, "Policies.RuntimeToPermanent", "{}");
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        check_rules(f, "10.0.0.7", TRUE, TRUE);
        answers(f, "Groups.ListPermanent", "",
                "({'office': {'addresses': <['192.168.1.1', '192.168.1.2']>}, 'tmp': {'addresses': <['10.0.0.7']>}},)");
        g_assert_true(g_file_test(file, G_FILE_TEST_IS_REGULAR));
        g_autofree char *before = everything(f);
        works(f, "Manager.Reload", "");
        check_everything(f, "reloaded", before);
        g_assert_true(fixture_stop_daemon(f, SIGKILL));
        fixture_start_daemon(f);
        check_everything(f, "restarted", before);
        /* Where groups alone differ, there is something to make permanent, too. */
        works(f, "Groups.Remove", "'office', ['192.168.1.2'], {'scope': <'runtime'>}");
        works(f, "Policies.RuntimeToPermanent", "{}");
        check_rules(f, "192.168.1.2", FALSE, FALSE);
}

/* --- for a time --------------------------------------------------------------------------------------------------- */

static gboolean is_unlisted(Fixture *f, gpointer address) {
        g_autofree char *direct = fixture_direct(f, TRUE);
        return strstr(direct, address) == NULL;
}

static gboolean is_gone(Fixture *f, gpointer name) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.List", "%s", "");
        g_autofree char *text = g_variant_print(answer, FALSE);
        return strstr(text, name) == NULL;
}

/* A source that ends, beside a group that does not; and the group may change meanwhile. */
static void test_source_for_a_time(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autofree char *end = in_seconds(4),
                        *set = g_strdup_printf("'web', {'action': <'allow-only'>, 'sources': <['203.0.113.9 until %s', "
                                               "'group:office']>, 'ports': <['8080/tcp']>}, {}",
                                               end);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", set);
        check_rules(f, "203.0.113.9", TRUE, TRUE);
        check_rules(f, "192.168.1.1", TRUE, TRUE);
        works(f, "Groups.Add", "'office', ['192.168.1.2'], {}");
        check_rules(f, "203.0.113.9", TRUE, TRUE);
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        fixture_wait(f, is_unlisted, (gpointer) "203.0.113.9", "the source to end");
        fixture_wait_state(f, "enforcing");
        answers(f, "Policies.Get", "'web'", "'sources': <['group:office']>");
        check_rules(f, "192.168.1.1", TRUE, TRUE);
        check_rules(f, "192.168.1.2", TRUE, TRUE);
}

/* The last address ends, and what is left is an empty group: nobody, not everybody. */
static void test_only_an_empty_group_is_left(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *end = in_seconds(3),
                        *set = g_strdup_printf("'web', {'action': <'allow-only'>, 'sources': <['203.0.113.9 until %s', "
                                               "'group:office']>, 'ports': <['8080/tcp']>}, {}",
                                               end);

        works(f, "Groups.Set", "'office', {'addresses': <@as []>}, {}");
        works(f, "Policies.Set", set);
        fixture_wait(f, is_unlisted, (gpointer) "203.0.113.9", "the source to end");
        g_autofree char *direct = fixture_direct(f, FALSE);
        g_assert_nonnull(strstr(direct, "quaywall:web -j DROP"));
        g_assert_null(strstr(direct, "quaywall:web -j RETURN"));
        answers(f, "Policies.Get", "'web'", "'sources': <['group:office']>");
}

/* A policy that ends frees its group. */
static void test_policy_for_a_time(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *end = in_seconds(3),
                        *set = g_strdup_printf(
                                "'brief', {'action': <'deny'>, 'sources': <['group:office']>, 'until': <'%s'>}, {}", end);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", set);
        fixture_fails(f, ERROR_("GroupInUse"), "\"brief\"", "Groups.Delete", "%s", "'office', {}");
        fixture_wait(f, is_gone, (gpointer) "brief", "the policy to end");
        works(f, "Groups.Delete", "'office', {}");
}

/* A name is listed as long as the policy has it, and addresses of groups have no time. */
static void test_bad_times(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        g_autofree char *before = everything(f);
        fixture_fails(f, ERROR_("InvalidAddress"), "sources|group:office|only addresses", "Policies.Set", "%s",
                      "'web', {'action': <'deny'>, 'sources': <['group:office until 2120-01-01T00:00:00Z']>}, {}");
        fixture_fails(f, ERROR_("InvalidAddress"), "addresses|10.0.0.1 until", "Groups.Add", "%s",
                      "'office', ['10.0.0.1 until 2120-01-01T00:00:00Z'], {}");
        check_everything(f, "refused", before);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/group-history/undo-after-delete", test_undo_after_delete);
        g_test_add_func("/group-history/undo-in-one-scope", test_undo_in_one_scope);
        g_test_add_func("/group-history/undo-beside-missing", test_undo_beside_missing);
        g_test_add_func("/group-history/undo-leaves-groups", test_undo_leaves_groups);
        g_test_add_func("/group-history/rollback-has-groups", test_rollback_has_groups);
        g_test_add_func("/group-history/runtime-to-permanent", test_runtime_to_permanent);
        g_test_add_func("/group-history/source-for-a-time", test_source_for_a_time);
        g_test_add_func("/group-history/only-an-empty-group-is-left", test_only_an_empty_group_is_left);
        g_test_add_func("/group-history/policy-for-a-time", test_policy_for_a_time);
        g_test_add_func("/group-history/bad-times", test_bad_times);
        return g_test_run();
}
