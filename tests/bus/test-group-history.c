/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups beside what came to policies: the history and Undo, what is made permanent, and sources that are listed for a time. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define OFFICE "'office', {'addresses': <['192.168.1.1']>}, {}"
#define WEB "'web', {'action': <'allow-only'>, 'sources': <['group:office', '10.0.0.1']>, 'ports': <['8080/tcp']>}"
#define BY_NEW "'by': {'action': <'deny'>, 'sources': <['group:new']>}"
#define BAD "'bad', {'action': <'deny'>, 'sources': <['group:office']>}"

static void answers(Fixture *f, const char *method, const char *args, const char *part) {
        g_autoptr(GVariant) answer = fixture_works(f, method, "%s", args);
        g_autofree char *text = answer ? g_variant_print(answer, FALSE) : g_strdup("");

        if (!strstr(text, part)) {
                g_test_message("\"%s\" is not in: %s", part, text);
                g_test_fail();
        }
}

static int compare(gconstpointer a, gconstpointer b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Both lists of policies and of groups, and firewalld's rules, sorted: one that is made again comes after those of its priority. */
static char *everything(Fixture *f) {
        static const char *const LISTS[] = { "Policies.List", "Policies.ListPermanent", "Groups.List", "Groups.ListPermanent" };
        g_autofree char *rules = fixture_dump(f);
        g_auto(GStrv) lines = g_strsplit(rules, "\n", -1);
        qsort(lines, g_strv_length(lines), sizeof *lines, compare);
        g_autofree char *sorted = g_strjoinv("\n", lines);
        GString *all = g_string_new(sorted);

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

static void undo(Fixture *f, guint64 number) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.Undo", "%" G_GUINT64_FORMAT ", {}", number);
}

static void cannot_undo(Fixture *f, guint64 number, const char *words) {
        g_autofree char *before = everything(f);

        fixture_fails(f, ERROR_("Conflict"), words, "Policies.Undo", "%" G_GUINT64_FORMAT ", {}", number);
        check_everything(f, "refused", before);
}

static void restart(Fixture *f, int signal) {
        g_assert_true(fixture_stop_daemon(f, signal));
        fixture_start_daemon(f);
}

static char *names_in(GVariant *dict, const char *key) {
        g_autofree const char **names = NULL;

        return g_variant_lookup(dict, key, "^a&s", &names) ? g_strjoinv(",", (char **) names) : g_strdup("-");
}

/* "Groups.Add - office both kept +1 -0" of one change: method, policies, groups, scope, state, addresses. */
static char *listed(Fixture *f, guint64 number) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.History", "%s", ""),
                            list = g_variant_get_child_value(answer, 0);

        for (gsize i = 0; i < g_variant_n_children(list); i++) {
                g_autoptr(GVariant) entry = g_variant_get_child_value(list, i);
                g_autofree char *policies = names_in(entry, "policies"), *groups = names_in(entry, "groups");

                if (number_in(entry, "change") == number)
                        return g_strdup_printf("%s %s %s %s %s +%" G_GUINT64_FORMAT " -%" G_GUINT64_FORMAT,
                                               text_in(entry, "method"), *policies ? policies : "-", groups,
                                               text_in(entry, "scope"), text_in(entry, "state"),
                                               number_in(entry, "addresses-added"), number_in(entry, "addresses-removed"));
        }
        return g_strdup("");
}

static void check_listed(Fixture *f, guint64 number, const char *expected) {
        g_autofree char *text = listed(f, number);

        g_assert_cmpstr(text, ==, expected);
}

/* Each method, there and back: afterwards all is as it was before, in both scopes, in the files and in firewalld. */
static void test_there_and_back(void) {
        static const struct {
                const char *method, *args, *listed;
        } CASES[] = {
                { "Groups.Set", "'new', {'addresses': <['10.9.0.0/16', 'fd00::/8']>}, {}", "Groups.Set - new both kept +2 -0" },
                { "Groups.Set", "'office', {'addresses': <['10.9.0.1']>, 'description': <'us'>}, {}",
                  "Groups.Set - office both kept +1 -2" },
                { "Groups.Set", "'office', {'addresses': <['192.168.1.1', '192.168.1.2']>, 'description': <'us'>}, {}",
                  "Groups.Set - office both kept +0 -0" },
                { "Groups.Add", "'office', ['10.9.0.1'], {'scope': <'runtime'>}", "Groups.Add - office runtime kept +1 -0" },
                { "Groups.Add", "'two', ['10.9.0.1'], {}", "Groups.Add - two both kept +1 -0" },
                { "Groups.Remove", "'office', ['192.168.1.1'], {}", "Groups.Remove - office both kept +0 -1" },
                { "Groups.Remove", "'office', ['192.168.1.1'], {'scope': <'permanent'>}",
                  "Groups.Remove - office permanent kept +0 -1" },
                { "Groups.Delete", "'two', {}", "Groups.Delete - two both kept +0 -1" },
                { "Groups.Delete", "'now', {'scope': <'runtime'>}", "Groups.Delete - now runtime kept +0 -1" },
                { "Policies.SetMany", "{" BY_NEW "}, {'groups': <{'new': {'addresses': <['10.9.0.1']>}}>}",
                  "Policies.SetMany by new both kept +1 -0" },
                { "Policies.ReplaceAll", "{" BY_NEW "}, {'groups': <{'new': {'addresses': <['10.9.0.1']>}}>}",
                  "Policies.ReplaceAll by,web new both kept +1 -0" },
                { "Policies.RuntimeToPermanent", "{}", "Policies.RuntimeToPermanent - later,now,two permanent kept +2 -2" },
                { "Manager.Reload", "", "Manager.Reload - later,now,two runtime kept +2 -2" },
        };
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });

        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.1', '192.168.1.2']>}, {}");
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Groups.Set", "'now', {'addresses': <['10.1.0.1']>}, {'scope': <'runtime'>}");
        works(f, "Groups.Set", "'later', {'addresses': <['10.1.0.2']>}, {'scope': <'permanent'>}");
        works(f, "Groups.Set", "'two', {'addresses': <['10.1.0.3']>}, {'scope': <'runtime'>}");
        works(f, "Groups.Set", "'two', {'addresses': <['10.1.0.4']>}, {'scope': <'permanent'>}");
        g_autofree char *before = everything(f);
        for (guint64 i = 0, number = 7; i < G_N_ELEMENTS(CASES); i++, number += 4) {
                g_test_message("%s %s", CASES[i].method, CASES[i].args);
                works(f, CASES[i].method, CASES[i].args);
                g_autofree char *after = everything(f);
                g_assert_cmpstr(before, !=, after);
                check_listed(f, number, CASES[i].listed);
                undo(f, number);
                check_everything(f, "taken back", before);
                /* ...and made again, also by the next quaywalld... */
                if (i % 3 == 0) {
                        restart(f, i % 2 ? SIGTERM : SIGKILL);
                        check_everything(f, "taken back, after a restart", before);
                }
                undo(f, number + 1);
                check_everything(f, "made again", after);
                cannot_undo(f, number + 1, "was taken back already");
                /* ...and taken back by its own number again. */
                undo(f, number);
                check_everything(f, "taken back twice", before);
        }
}

static gboolean is_announced(Fixture *f, gpointer names) {
        return g_strcmp0(f->groups_changed, names) == 0;
}

/* A restart in between, a boot, and who follows: all policies that name it, and those who listen. */
static void test_undo_after_restart(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", BAD ", {}");
        works(f, "Groups.Add", "'office', ['192.168.1.2'], {}");
        restart(f, SIGKILL);
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        g_clear_pointer(&f->groups_changed, g_free);
        works(f, "Policies.Undo", "uint64 4, {}");
        check_rules(f, "192.168.1.2", FALSE, FALSE);
        check_rules(f, "192.168.1.1", TRUE, TRUE);
        answers(f, "Groups.Get", "'office'", "({'addresses': <['192.168.1.1']>},)");
        fixture_wait(f, is_announced, (gpointer) "(['office'],)", "the signal");
        fixture_wait_state(f, "enforcing");
        check_listed(f, 5, "Policies.Undo - office both kept +0 -1");
        /* What was for later only, and is in force since a reload. */
        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.3']>}, {'scope': <'permanent'>}"); /* 6 */
        fixture_fails(f, ERROR_("InvalidOption"), "cut|permanent", "Policies.Undo", "%s", "6, {'cut': <true>}");
        works(f, "Manager.Reload", ""); /* 7 */
        cannot_undo(f, 5, "change: 5 cannot be taken back: change 7 is of the group \"office\", too, and came later");
        works(f, "Policies.Undo", "uint64 7, {}");
        check_rules(f, "192.168.1.1", TRUE, FALSE);
        check_rules(f, "192.168.1.3", FALSE, TRUE);
        restart(f, SIGTERM);
        works(f, "Policies.Undo", "uint64 6, {'confirm-within': <uint32 60>}");
        check_rules(f, "192.168.1.1", TRUE, TRUE);
        check_rules(f, "192.168.1.3", FALSE, FALSE);
}

static void test_get_change(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        answers(f, "Policies.GetChange", "1",
                "'policies': <@as []>, 'groups': <['office']>, 'addresses-added': <uint64 1>, 'state': <'kept'>, "
                "'before': <@a{sa{sv}} {}>, 'after': <@a{sa{sv}} {}>, 'groups-before': <@a{sa{sv}} {}>, "
                "'groups-after': <{'office': {'addresses': <['192.168.1.1']>}}>}");
        works(f, "Groups.Add", "'office', ['192.168.1.2'], {'scope': <'permanent'>}");
        answers(f, "Policies.GetChange", "2",
                "'groups-before': <{'office': {'addresses': <['192.168.1.1']>}}>, "
                "'groups-after': <{'office': {'addresses': <['192.168.1.1', '192.168.1.2']>}}>}");
        works(f, "Groups.Remove", "'office', ['192.168.1.1'], {}");
        answers(f, "Policies.GetChange", "3",
                "'groups-before': <{'office': {'addresses': <['192.168.1.1']>}}>, "
                "'groups-after': <{'office': {'addresses': <@as []>}}>, "
                "'groups-before-permanent': <{'office': {'addresses': <['192.168.1.1', '192.168.1.2']>}}>, "
                "'groups-after-permanent': <{'office': {'addresses': <['192.168.1.2']>}}>}");
        /* A change of policies says nothing of groups. */
        works(f, "Policies.Set", WEB ", {}");
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.GetChange", "%s", "4");
        g_autofree char *text = g_variant_print(answer, FALSE);
        g_assert_null(strstr(text, "groups"));
        g_assert_nonnull(strstr(text, "'policies': <['web']>, 'state'"));
}

static void test_in_the_way(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);                                                 /* 1 */
        works(f, "Groups.Set", "'other', {'addresses': <['10.0.0.1']>}, {}");           /* 2 */
        works(f, "Groups.Add", "'office', ['192.168.1.2'], {}");                        /* 3 */
        works(f, "Groups.Remove", "'office', ['192.168.1.1'], {'scope': <'runtime'>}"); /* 4 */
        works(f, "Policies.Set", "'office', {'action': <'deny'>}, {}");                 /* 5: of another kind */
        cannot_undo(f, 1, "change: 1 cannot be taken back: change 4 is of the group \"office\", too|take that one back first");
        cannot_undo(f, 3, "change: 3|change 4 is of the group \"office\"");
        undo(f, 4);
        undo(f, 3);
        undo(f, 1);
        answers(f, "Groups.List", "", "({'other': {'addresses': <['10.0.0.1']>}},)");
        undo(f, 2);
        /* By both, and all or nothing. */
        works(f, "Policies.SetMany", "{" BY_NEW "}, {'groups': <{'new': {'addresses': <['10.9.0.1']>}}>}"); /* 10 */
        works(f, "Groups.Add", "'new', ['10.9.0.2'], {}");                                                  /* 11 */
        cannot_undo(f, 10, "change: 10|change 11 is of the group \"new\"");
        undo(f, 11);
        works(f, "Policies.Edit", "'by', {'log': <true>}, {}, {}"); /* 13 */
        cannot_undo(f, 10, "change: 10|change 13 is of the policy \"by\"");
        undo(f, 13);
        undo(f, 10);
        answers(f, "Groups.List", "", "({},)");
        /* A file that was edited meanwhile: there is no change to name. */
        works(f, "Groups.Set", OFFICE); /* 16 */
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        fixture_write(f->groups, "office.xml", "<group><source address=\"10.0.0.9\"/></group>");
        fixture_start_daemon(f);
        cannot_undo(f, 16, "change: 16|the group \"office\" is not as it left it any more; its file was changed");
}

/* A group that policies name now cannot be deleted by Undo either: a deny would block nobody. */
static void test_undo_of_one_in_use(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", BAD ", {'scope': <'permanent'>}");
        cannot_undo(f, 1,
                    "change: 1 cannot be taken back: it made the group \"office\", which is named permanently by the policy "
                    "\"bad\" now; take it out of its sources first");
        works(f, "Policies.Set", BAD ", {'scope': <'runtime'>}");
        works(f, "Policies.Set", WEB ", {}");
        cannot_undo(f, 1, "which is named by the policies \"bad\", \"web\" now; take it out of their sources first");
        works(f, "Policies.ReplaceAll", "{}, {}");
        works(f, "Policies.Undo", "uint64 1, {}");
        answers(f, "Groups.List", "", "({},)");
}

/* Restoring a policy whose group is gone would leave a "deny" that blocks nobody. */
static void test_undo_after_delete(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", BAD ", {}");
        works(f, "Policies.Remove", "'bad', {}");
        works(f, "Groups.Delete", "'office', {}");
        cannot_undo(
                f, 3,
                "change: 3 cannot be taken back: the policy \"bad\" named the group \"office\", which was deleted since; take "
                "back change 4, the last one of that group, or make it again, as");
        restart(f, SIGKILL);
        cannot_undo(f, 3, "take back change 4, the last one");
        works(f, "Policies.Undo", "uint64 4, {}");
        works(f, "Policies.Undo", "uint64 3, {}");
        answers(f, "Policies.Get", "'bad'", "['group:office']");
        check_rules(f, "192.168.1.1", TRUE, TRUE);
        check_no_problem(f, "group-missing");

        /* Gone with no change that could be taken back. */
        works(f, "Policies.Remove", "'bad', {}"); /* 7 */
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        g_autofree char *file = g_build_filename(f->groups, "office.xml", NULL);
        g_assert_cmpint(g_remove(file), ==, 0);
        fixture_start_daemon(f);
        cannot_undo(f, 7, "change: 7|the group \"office\", which was deleted since; make that one again first");
        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.2']>}, {}");
        works(f, "Policies.Undo", "uint64 7, {}");
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        check_rules(f, "192.168.1.1", FALSE, FALSE);
}

/* The same where only one of both scopes has lost it. */
static void test_undo_in_one_scope(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Remove", "'web', {}");
        works(f, "Groups.Delete", "'office', {'scope': <'permanent'>}");
        cannot_undo(f, 3, "change: 3|\"web\"|\"office\"|deleted since permanently; take back change 4,");
        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.3']>}, {'scope': <'permanent'>}");
        works(f, "Policies.Undo", "uint64 3, {}");
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

/* More addresses than DOCKER-USER takes for one policy, each in this format. */
static char *too_many(const char *format) {
        GString *text = g_string_new(NULL);

        for (guint i = 0; i < 4200; i++) {
                g_autofree char *address = g_strdup_printf("10.1.%u.%u", i / 100, i % 100 * 2);
                g_auto(GStrv) parts = g_strsplit(format, "%", 2);
                g_string_append_printf(text, "%s%s%s", parts[0], address, parts[1]);
        }
        return g_string_free(text, FALSE);
}

/* What is too large without the guard is refused, as by every other change; what was so before, by its file, is in nobody's way. */
static void test_undo_and_too_large(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *sources = too_many("<source address=\"%\"/>"), *addresses = too_many("'%', "),
                        *file = g_strdup_printf("<policy action=\"deny\">%s</policy>", sources),
                        *many = g_strdup_printf("'new', {'addresses': <[%s'10.9.0.1']>}, {}", addresses);

        works(f, "Groups.Set", many);                                       /* 1 */
        works(f, "Groups.Set", "'new', {'addresses': <['10.9.0.1']>}, {}"); /* 2 */
        works(f, "Policies.Set", "'small', {'action': <'deny'>, 'sources': <['group:new']>}, {}");
        fixture_fails(f, ERROR_("LimitExceeded"), "\"small\"|4096|guard", "Policies.Undo", "2, {}");
        check_rules(f, "10.9.0.1", TRUE, TRUE);

        works(f, "Groups.Set", OFFICE);       /* 4 */
        works(f, "Policies.Set", WEB ", {}"); /* 5 */
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        fixture_write(f->policies, "huge.xml", file);
        fixture_start_daemon(f);
        fixture_fails(f, ERROR_("LimitExceeded"), "\"huge\"", "Policies.SetMany", "%s", "{" BY_NEW "}, {}");
        works(f, "Groups.Add", "'office', ['192.168.1.2'], {}");
        works(f, "Policies.Undo", "uint64 6, {}");
        check_rules(f, "192.168.1.2", FALSE, FALSE);
        works(f, "Policies.Undo", "uint64 5, {}");
}

/* A change of a group stands in the way of no change of policies, and is not taken back with one. */
static void test_undo_leaves_groups(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Groups.Add", "'office', ['192.168.1.2'], {}");
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        works(f, "Policies.Undo", "uint64 2, {}");
        answers(f, "Policies.List", "", "({},)");
        answers(f, "Groups.Get", "'office'", "['192.168.1.1', '192.168.1.2']");
        works(f, "Policies.Undo", "uint64 4, {}");
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        /* That a policy names it again is why it cannot be deleted. */
        fixture_fails(f, ERROR_("GroupInUse"), "\"web\"", "Groups.Delete", "%s", "'office', {}");
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
        check_listed(f, 4, "Groups.Delete - office both pending +0 -1");
        /* While it waits, Undo waits too. */
        fixture_fails(f, ERROR_("ChangePending"), "", "Policies.Undo", "uint64 4, {}");
        g_variant_unref(fixture_works(f, "Policies.Rollback", "'%s'", token));
        check_everything(f, "rolled back", before);
        check_listed(f, 4, "Groups.Delete - office both rolled-back +0 -1");
        cannot_undo(f, 4, "change: 4 was rolled back");
        works(f, "Policies.Undo", "uint64 3, {}");
        check_rules(f, "192.168.1.1", TRUE, TRUE);
}

/* 300,000 addresses, which no two of these have in common. */
static char *many(guint which) {
        GString *groups = g_string_new("@a{sa{sv}} {}, {'groups': <{");

        for (guint g = 0; g < 5; g++) {
                g_string_append_printf(groups, "%s'many%u': {'addresses': <[", g > 0 ? ", " : "", g);
                for (guint i = 0; i < 60000; i++)
                        g_string_append_printf(groups, "%s'2001:db8:%x:%x:ffff:ffff:%x::/112'", i > 0 ? ", " : "", g, i, which);
                g_string_append(groups, "]>}");
        }
        g_string_append(groups, "}>}");
        return g_string_free(groups, FALSE);
}

/* What is too large to keep is listed. */
static void test_too_large(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *first = many(1), *second = many(2);

        works(f, "Policies.SetMany", first);
        works(f, "Policies.SetMany", second);
        check_listed(f, 1, "Policies.SetMany - many0,many1,many2,many3,many4 both kept +300000 -0");
        check_listed(f, 2, "Policies.SetMany - many0,many1,many2,many3,many4 both kept +300000 -300000");
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.GetChange", "%s", "2");
        g_autofree char *text = g_variant_print(answer, FALSE);
        g_assert_null(strstr(text, "before"));
        fixture_fails(f, ERROR_("Conflict"), "change: 2 had more than|bytes of policies and groups", "Policies.Undo", "2, {}");
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
        g_test_add_func("/group-history/there-and-back", test_there_and_back);
        g_test_add_func("/group-history/undo-after-restart", test_undo_after_restart);
        g_test_add_func("/group-history/get-change", test_get_change);
        g_test_add_func("/group-history/in-the-way", test_in_the_way);
        g_test_add_func("/group-history/undo-of-one-in-use", test_undo_of_one_in_use);
        g_test_add_func("/group-history/too-large", test_too_large);
        g_test_add_func("/group-history/undo-after-delete", test_undo_after_delete);
        g_test_add_func("/group-history/undo-in-one-scope", test_undo_in_one_scope);
        g_test_add_func("/group-history/undo-beside-missing", test_undo_beside_missing);
        g_test_add_func("/group-history/undo-and-too-large", test_undo_and_too_large);
        g_test_add_func("/group-history/undo-leaves-groups", test_undo_leaves_groups);
        g_test_add_func("/group-history/rollback-has-groups", test_rollback_has_groups);
        g_test_add_func("/group-history/runtime-to-permanent", test_runtime_to_permanent);
        g_test_add_func("/group-history/source-for-a-time", test_source_for_a_time);
        g_test_add_func("/group-history/only-an-empty-group-is-left", test_only_an_empty_group_is_left);
        g_test_add_func("/group-history/policy-for-a-time", test_policy_for_a_time);
        g_test_add_func("/group-history/bad-times", test_bad_times);
        return g_test_run();
}
