/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies.Edit and Rename, and revisions: a part of a policy changes in one step, and nobody overwrites what he has not seen. */
#include "fixture.h"

#include <string.h>

#define WEB \
        "'web', {'action': <'allow-only'>, 'interfaces': <['ext0']>, 'sources': <['192.168.1.1', '10.0.0.0/24']>, 'ports': <['8080/tcp']>}"

/* The policy, without its revision; "" if there is none. */
static char *get(Fixture *f, const char *name, guint64 *ret_revision) {
        g_autoptr(GVariant) answer = fixture_call(f, "Policies.Get", NULL, "'%s'", name);
        g_autoptr(GVariant) policy = answer ? g_variant_get_child_value(answer, 0) : NULL;
        if (!policy)
                return g_strdup("");
        g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(policy);
        guint64 revision = 0;
        g_assert_true(g_variant_dict_lookup(&dict, "revision", "t", &revision));
        if (ret_revision)
                *ret_revision = revision;
        g_variant_dict_remove(&dict, "revision");
        g_autoptr(GVariant) sources = g_variant_dict_lookup_value(&dict, "sources", NULL),
                            ports = g_variant_dict_lookup_value(&dict, "ports", NULL),
                            description = g_variant_dict_lookup_value(&dict, "description", NULL);
        g_autofree char *shown = sources ? g_variant_print(sources, FALSE) : g_strdup("-"),
                        *of_ports = ports ? g_variant_print(ports, FALSE) : g_strdup("-"),
                        *why = description ? g_variant_print(description, FALSE) : g_strdup("");
        return g_strdup_printf("%s %s %s", shown, of_ports, why);
}

static guint64 revision_of(Fixture *f, const char *name) {
        guint64 revision = 0;
        g_free(get(f, name, &revision));
        return revision;
}

static void check(Fixture *f, const char *name, const char *expected) {
        g_autofree char *policy = get(f, name, NULL);
        g_assert_cmpstr(policy, ==, expected);
}

/* In force, permanent, and in its file, in one step. */
static void test_edit(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Edit",
              "'web', {'sources': <['192.168.1.9']>, 'description': <'office'>}, {'sources': <['192.168.1.1', '10.0.0.128/25']>}, {}");
        check(f, "web", "['10.0.0.0/25', '192.168.1.9'] ['8080/tcp'] 'office'");
        g_autofree char *now = fixture_direct(f, FALSE), *later = fixture_direct(f, TRUE);
        g_assert_nonnull(strstr(now, "-s 10.0.0.0/25,192.168.1.9"));
        g_assert_null(strstr(now, "192.168.1.1 "));
        g_assert_nonnull(strstr(later, "-s 10.0.0.0/25,192.168.1.9"));
        /* Adding what is there changes nothing. */
        const guint64 revision = revision_of(f, "web");
        works(f, "Policies.Edit", "'web', {'sources': <['192.168.1.9']>}, {}, {}");
        g_assert_cmpuint(revision_of(f, "web"), ==, revision);
        fixture_stop_daemon(f, SIGTERM);
        fixture_start_daemon(f);
        check(f, "web", "['10.0.0.0/25', '192.168.1.9'] ['8080/tcp'] 'office'");
        g_assert_cmpuint(revision_of(f, "web"), ==, revision);
}

/* What is in force and what is permanent are edited each for itself. */
static void test_scopes(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['1/tcp']>}, {}");
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['2/tcp']>}, {'scope': <'permanent'>}");
        works(f, "Policies.Edit", "'web', {'ports': <['3/tcp']>}, {}, {}");
        check(f, "web", "- ['1/tcp', '3/tcp'] ");
        works(f, "Policies.Edit", "'web', {'ports': <['4/tcp']>}, {}, {'scope': <'runtime'>}");
        check(f, "web", "- ['1/tcp', '3/tcp', '4/tcp'] ");
        works(f, "Manager.Reload", "");
        check(f, "web", "- ['2/tcp', '3/tcp'] ");
        /* One that is there in one scope only stays so. */
        works(f, "Policies.Set", "'now', {'action': <'deny'>}, {'scope': <'runtime'>}");
        works(f, "Policies.Edit", "'now', {'ports': <['3/tcp']>}, {}, {}");
        fixture_fails(f, ERROR_("NoSuchPolicy"), "now", "Policies.Edit", "%s",
                      "'now', {'ports': <['4/tcp']>}, {}, {'scope': <'permanent'>}");
        works(f, "Manager.Reload", "");
        check(f, "now", "");
        /* If it makes sense for one of them only, neither changes. */
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['1/tcp', '5/tcp']>}, {'scope': <'runtime'>}");
        g_autofree char *before = fixture_dump(f), *after = NULL;
        fixture_fails(f, ERROR_("InvalidPolicy"), "ports|5/tcp", "Policies.Edit", "%s",
                      "'web', {}, {'ports': <['5/tcp']>}, {}");
        after = fixture_dump(f);
        fixture_same("half an edit", before, after);
}

static void test_bad_edits(void) {
        static const char *const CASES[][3] = {
                { "NoSuchPolicy", "none", "'none', {}, {}, {}" },
                { "InvalidPolicy", "action", "'web', {'action': <'deny'>}, {}, {}" },
                { "InvalidPolicy", "remove: action", "'web', {}, {'action': <'deny'>}, {}" },
                { "InvalidPolicy", "revision", "'web', {'revision': <uint64 1>}, {}, {}" },
                { "InvalidPolicy", "remove: log", "'web', {}, {'log': <true>}, {}" },
                { "InvalidPolicy", "remove: \"nonsense\" is not a key", "'web', {}, {'nonsense': <true>}, {}" },
                { "InvalidPolicy", "add: sources|\"s\"|\"as\"", "'web', {'sources': <'10.0.0.1'>}, {}, {}" },
                { "InvalidAddress", "add: sources|10.0.0.300", "'web', {'sources': <['10.0.0.300']>}, {}, {}" },
                { "InvalidPort", "remove: ports|99999/tcp", "'web', {}, {'ports': <['99999/tcp']>}, {}" },
                { "InvalidPolicy", "sources|192.168.1.7", "'web', {}, {'sources': <['192.168.1.7']>}, {}" },
                { "InvalidPolicy", "sources|none would be left", "'web', {}, {'sources': <['0.0.0.0/0']>}, {}" },
                { "InvalidPolicy", "ports|none would be left", "'web', {}, {'ports': <['8080/tcp']>}, {}" },
                { "InvalidPolicy", "is there twice", "'web', {'log': <true>, 'log': <false>}, {}, {}" },
                { "InvalidOption", "create", "'web', {'log': <true>}, {}, {'create': <true>}" },
                { "InvalidOption", "if-revision", "'web', {'log': <true>}, {}, {'if-revision': <'1'>}" },
                { "InvalidOption", "if-revision", "'web', {'log': <true>}, {}, {'if-revision': <uint64 0>}" },
                { "InvalidOption", "if-revision", "'web', {'log': <true>}, {}, {'if-revision': <-1>}" },
                { "Conflict", "web|has changed", "'web', {'log': <true>}, {}, {'if-revision': <uint64 1>}" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        g_autofree char *before = fixture_dump(f), *after = NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *name = g_strconcat(ERROR_(""), CASES[i][0], NULL);
                g_test_message("%s", CASES[i][2]);
                fixture_fails(f, name, CASES[i][1], "Policies.Edit", "%s", CASES[i][2]);
        }
        after = fixture_dump(f);
        fixture_same("bad edits", before, after);
}

/* Of two administrators who read the same policy, the second learns that it has changed. */
static void test_revisions(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        const guint64 seen = revision_of(f, "web");
        g_autofree char
                *args = g_strdup_printf(WEB ", {'if-revision': <uint64 %" G_GUINT64_FORMAT ">}", seen),
                *other = g_strdup_printf(
                        "'web', {'action': <'deny'>, 'revision': <uint64 7>}, {'if-revision': <uint64 %" G_GUINT64_FORMAT ">}",
                        seen),
                *remove = g_strdup_printf("'web', {'if-revision': <int64 %" G_GUINT64_FORMAT ">}", seen >> 1);
        works(f, "Policies.Set", args);
        g_assert_cmpuint(revision_of(f, "web"), ==, seen);
        works(f, "Policies.Edit", "'web', {'log': <true>}, {}, {}");
        g_assert_cmpuint(revision_of(f, "web"), !=, seen);
        fixture_fails(f, ERROR_("Conflict"), "if-revision|web|has changed", "Policies.Set", "%s", other);
        fixture_fails(f, ERROR_("Conflict"), "if-revision|web|has changed", "Policies.Remove", "%s", remove);
        check(f, "web", "['192.168.1.1', '10.0.0.0/24'] ['8080/tcp'] ");
        works(f, "Policies.Remove", "'web', {}");
        fixture_fails(f, ERROR_("Conflict"), "if-revision|web|was removed", "Policies.Set", "%s", other);
        check(f, "web", "");
        fixture_fails(f, ERROR_("InvalidOption"), "if-revision", "Policies.ReplaceAll", "%s",
                      "{}, {'if-revision': <uint64 1>}");
        /* What was got can be given back. */
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'revision': <uint64 7>}, {}");
        fixture_fails(f, ERROR_("InvalidPolicy"), "revision|\"t\"", "Policies.Set", "%s",
                      "'web', {'action': <'deny'>, 'revision': <'7'>}, {}");
}

/* Who has read everything learns of any change since, also of a group and of what is permanent alone. */
static void test_newest_change(void) {
        static const char *const CALLS[][2] = {
                { "Policies.Set", "'db', {'action': <'deny'>}, {'if-change': <uint64 %d>}" },
                { "Policies.SetChecked", "'db', {'action': <'deny'>}, {'if-change': <uint64 %d>}" },
                { "Policies.SetMany", "{'db': {'action': <'deny'>}}, {'if-change': <uint64 %d>}" },
                { "Policies.SetMany", "{}, {'groups': <{'g': {'addresses': <['10.0.0.9']>}}>, 'if-change': <uint64 %d>}" },
                { "Policies.ReplaceAll", "{}, {'if-change': <uint64 %d>}" },
                { "Policies.Edit", "'web', {'log': <true>}, {}, {'if-change': <uint64 %d>}" },
                { "Policies.Rename", "'web', 'www', {'if-change': <uint64 %d>}" },
                { "Policies.Remove", "'web', {'if-change': <uint64 %d>}" },
                { "Groups.Set", "'g', {'addresses': <['10.0.0.9']>}, {'if-change': <uint64 %d>}" },
                { "Groups.Add", "'g', ['10.0.0.9'], {'if-change': <uint64 %d>}" },
                { "Groups.Remove", "'g', ['10.0.0.1'], {'if-change': <uint64 %d>}" },
                { "Groups.Delete", "'g', {'if-change': <uint64 %d>}" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        fixture_fails(f, ERROR_("Conflict"), "if-change|newest change is 0", "Policies.Set", "%s",
                      WEB ", {'if-change': <uint64 1>}");
        works(f, "Policies.Set", WEB ", {'if-change': <0>}");
        works(f, "Groups.Set", "'g', {'addresses': <['10.0.0.1', '10.0.0.2']>}, {'if-change': <1>}");
        works(f, "Policies.Set", WEB ", {'scope': <'permanent'>}"); /* no change */
        works(f, "Policies.Set", "'web', {'action': <'deny'>}, {'scope': <'permanent'>, 'if-change': <2>}");
        g_autofree char *before = fixture_dump(f), *after = NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(CALLS); i++) {
                for (int seen = 2; seen <= 4; seen += 2) {
                        g_auto(GStrv) parts = g_strsplit(CALLS[i][1], "%d", 2);
                        g_autofree char *args = g_strdup_printf("%s%d%s", parts[0], seen, parts[1]);
                        g_test_message("%s %s", CALLS[i][0], args);
                        fixture_fails(f, ERROR_("Conflict"), "if-change|newest change is 3|again", CALLS[i][0], "%s", args);
                }
        }
        after = fixture_dump(f);
        fixture_same("a conflict", before, after);
        fixture_fails(f, ERROR_("InvalidOption"), "if-change", "Policies.Set", "%s", WEB ", {'if-change': <'3'>}");
        works(f, "Policies.ReplaceAll", "{}, {'if-change': <uint64 3>}");
        check(f, "web", "");
        works(f, "Groups.Delete", "'g', {'if-change': <uint64 4>}");
}

static char *counters(Fixture *f) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.Counters", "%s", "");
        return g_variant_print(answer, FALSE);
}

static void count(Fixture *f, const char *policy, guint64 packets) {
        g_autofree char *rule = g_strdup_printf("\"quaywall:%s\" -j DROP", policy);
        g_autoptr(GVariant) n = fixture_mock(f, "SetCounters",
                                             g_variant_new("(ssstt)", "ipv4", "QUAYWALL-POLICY", rule, packets, packets * 100));
        g_assert_cmpuint(g_variant_n_children(n), ==, 1);
}

static void check_counters(Fixture *f, const char *expected) {
        g_autofree char *text = counters(f);
        g_assert_cmpstr(text, ==, expected);
}

/* The policy and its counters go on under another name, also after a restart. */
static void test_rename(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", "'other', {'action': <'deny'>, 'ports': <['9/tcp']>}, {}");
        count(f, "web", 7);
        const guint64 revision = revision_of(f, "web");
        works(f, "Policies.Rename", "'web', 'shop', {}");
        check(f, "web", "");
        check(f, "shop", "['192.168.1.1', '10.0.0.0/24'] ['8080/tcp'] ");
        g_assert_cmpuint(revision_of(f, "shop"), ==, revision);
        check_counters(f, "({'other': (0, 0), 'shop': (7, 700)},)");
        count(f, "shop", 2);
        check_counters(f, "({'other': (0, 0), 'shop': (9, 900)},)");
        fixture_stop_daemon(f, SIGTERM);
        fixture_start_daemon(f);
        check_counters(f, "({'other': (0, 0), 'shop': (9, 900)},)");
        works(f, "Policies.Rename", "'shop', 'web', {}");
        check_counters(f, "({'other': (0, 0), 'web': (9, 900)},)");
        /* An edit, and one of another policy. */
        works(f, "Policies.Edit", "'web', {'ports': <['8081/tcp']>}, {'ports': <['8080/tcp']>}, {}");
        check_counters(f, "({'other': (0, 0), 'web': (9, 900)},)");
        works(f, "Policies.Remove", "'other', {}");
        check_counters(f, "({'web': (9, 900)},)");
        /* A policy of that name that is made anew has counted nothing. */
        works(f, "Policies.Remove", "'web', {}");
        works(f, "Policies.Set", WEB ", {}");
        check_counters(f, "({'web': (0, 0)},)");
}

static void test_bad_renames(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        fixture_write(f->policies, "broken.xml", "<policy");
        fixture_fails(f, ERROR_("InvalidPolicy"), "broken", "Manager.Reload", "%s", "");
        works(f, "Policies.Set", "'later', {'action': <'deny'>}, {'scope': <'permanent'>}");
        g_autofree char *before = fixture_dump(f), *after = NULL;
        fixture_fails(f, ERROR_("NoSuchPolicy"), "none", "Policies.Rename", "%s", "'none', 'x', {}");
        fixture_fails(f, ERROR_("NoSuchPolicy"), "later", "Policies.Rename", "%s", "'later', 'x', {'scope': <'runtime'>}");
        fixture_fails(f, ERROR_("PolicyExists"), "new name|web", "Policies.Rename", "%s", "'web', 'web', {}");
        fixture_fails(f, ERROR_("PolicyExists"), "new name|later", "Policies.Rename", "%s",
                      "'web', 'later', {'scope': <'runtime'>}");
        fixture_fails(f, ERROR_("PolicyExists"), "new name|broken", "Policies.Rename", "%s", "'web', 'broken', {}");
        fixture_fails(f, ERROR_("InvalidPolicy"), "new name|../x", "Policies.Rename", "%s", "'web', '../x', {}");
        fixture_fails(f, ERROR_("Conflict"), "if-revision", "Policies.Rename", "%s", "'web', 'x', {'if-revision': <uint64 1>}");
        after = fixture_dump(f);
        fixture_same("bad renames", before, after);
        /* In one scope only, the other keeps the name. */
        works(f, "Policies.Rename", "'web', 'x', {'scope': <'runtime'>}");
        check(f, "web", "");
        fixture_write(f->policies, "broken.xml", "<policy action=\"deny\"/>");
        works(f, "Manager.Reload", "");
        check(f, "x", "");
        check(f, "web", "['192.168.1.1', '10.0.0.0/24'] ['8080/tcp'] ");
}

/* Both wait to be confirmed as every change does. */
static void test_confirmed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        g_autofree char *before = fixture_dump(f), *after = NULL, *renamed = NULL;
        g_autoptr(GVariant) answer =
                fixture_works(f, "Policies.Edit", "%s", "'web', {'log': <true>}, {}, {'confirm-within': <byte 60>}");
        g_autofree char *token = NULL;
        g_variant_get(answer, "(s)", &token);
        fixture_fails(f, ERROR_("ChangePending"), "web", "Policies.Rename", "%s", "'web', 'x', {}");
        g_variant_unref(fixture_works(f, "Policies.Rollback", "'%s'", token));
        after = fixture_dump(f);
        fixture_same("an edit undone", before, after);
        g_autoptr(GVariant) rename = fixture_works(f, "Policies.Rename", "%s", "'web', 'x', {'confirm-within': <int64 60>}");
        g_free(token);
        g_variant_get(rename, "(s)", &token);
        check(f, "x", "['192.168.1.1', '10.0.0.0/24'] ['8080/tcp'] ");
        g_variant_unref(fixture_works(f, "Policies.Rollback", "'%s'", token));
        renamed = fixture_dump(f);
        fixture_same("a new name undone", before, renamed);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/edit/edit", test_edit);
        g_test_add_func("/edit/scopes", test_scopes);
        g_test_add_func("/edit/bad", test_bad_edits);
        g_test_add_func("/edit/revisions", test_revisions);
        g_test_add_func("/edit/newest-change", test_newest_change);
        g_test_add_func("/edit/rename", test_rename);
        g_test_add_func("/edit/bad-renames", test_bad_renames);
        g_test_add_func("/edit/confirmed", test_confirmed);
        return g_test_run();
}
