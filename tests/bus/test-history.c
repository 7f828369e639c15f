/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies.History, GetChange, Undo and RuntimeToPermanent: every change is listed with who made it, and can be taken back while
 * nothing stands in the way. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WEB "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}"
#define DB "'db', {'action': <'deny'>, 'ports': <['5432/tcp']>}"

static char *change(Fixture *f, const char *method, const char *args) {
        g_autoptr(GVariant) answer = fixture_works(f, method, "%s", args);
        char *token = NULL;
        if (answer)
                g_variant_get(answer, "(s)", &token);
        return token ? token : g_strdup("");
}

static void undo(Fixture *f, guint64 number) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.Undo", "%" G_GUINT64_FORMAT ", {}", number);
}

static void cannot_undo(Fixture *f, guint64 number, const char *error, const char *words) {
        fixture_fails(f, error, words, "Policies.Undo", "%" G_GUINT64_FORMAT ", {}", number);
}

static int compare(gconstpointer a, gconstpointer b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* A rule that is made again comes after those of its priority. */
static char *sort_lines(const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        qsort(lines, g_strv_length(lines), sizeof *lines, compare);
        return g_strjoinv("\n", lines);
}

/* All that is wanted and in force: both lists of policies, and firewalld's rules. */
static char *everything(Fixture *f) {
        g_autoptr(GVariant) now = fixture_works(f, "Policies.List", "%s", ""),
                            later = fixture_works(f, "Policies.ListPermanent", "%s", "");
        g_autofree char *text = g_variant_print(now, FALSE), *permanent = g_variant_print(later, FALSE),
                        *rules = fixture_dump(f), *sorted = sort_lines(rules);
        return g_strdup_printf("now %s\nlater %s\n%s", text, permanent, sorted);
}

static void check_everything(Fixture *f, const char *what, const char *expected) {
        g_autofree char *now = everything(f);
        fixture_same(what, expected, now);
}

/* "5 Policies.Undo web both kept undoes 4", a line for each change. */
static char *history(Fixture *f) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.History", "%s", ""),
                            list = g_variant_get_child_value(answer, 0);
        GString *text = g_string_new(NULL);
        for (gsize i = 0; i < g_variant_n_children(list); i++) {
                g_autoptr(GVariant) entry = g_variant_get_child_value(list, i);
                g_autofree const char **names = NULL;
                guint32 uid = 0;
                g_assert_true(g_variant_lookup(entry, "policies", "^a&s", &names));
                const gboolean has_uid = g_variant_lookup(entry, "uid", "u", &uid);
                g_assert_true(has_uid == !g_str_equal(text_in(entry, "method"), "SIGHUP"));
                g_assert_true(!has_uid || uid == getuid());
                g_assert_cmpuint(number_in(entry, "time"), <=, (guint64) g_get_real_time());
                g_assert_cmpuint(number_in(entry, "time"), >, (guint64) g_get_real_time() - 300 * G_USEC_PER_SEC);
                g_autofree char *joined = g_strjoinv(",", (char **) names);
                g_string_append_printf(text, "%" G_GUINT64_FORMAT " %s %s %s %s", number_in(entry, "change"),
                                       text_in(entry, "method"), joined, text_in(entry, "scope"), text_in(entry, "state"));
                if (*text_in(entry, "old-name"))
                        g_string_append_printf(text, " %s>%s", text_in(entry, "old-name"), text_in(entry, "new-name"));
                if (number_in(entry, "undoes"))
                        g_string_append_printf(text, " undoes %" G_GUINT64_FORMAT, number_in(entry, "undoes"));
                if (number_in(entry, "undone-by"))
                        g_string_append_printf(text, " by %" G_GUINT64_FORMAT, number_in(entry, "undone-by"));
                g_string_append_c(text, '\n');
        }
        return g_string_free(text, FALSE);
}

static void check_history(Fixture *f, const char *expected) {
        g_autofree char *text = history(f);
        g_assert_cmpstr(text, ==, expected);
}

/* The policies of GetChange under this key, without revisions; "-": the key is not there. */
static char *policies_of(Fixture *f, guint64 number, const char *key) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.GetChange", "%" G_GUINT64_FORMAT, number),
                            description = g_variant_get_child_value(answer, 0),
                            set = g_variant_lookup_value(description, key, G_VARIANT_TYPE("a{sa{sv}}"));
        GString *text = g_string_new(set ? "" : "-");
        for (gsize i = 0; set && i < g_variant_n_children(set); i++) {
                g_autoptr(GVariant) entry = g_variant_get_child_value(set, i), policy = g_variant_get_child_value(entry, 1);
                const char *name;
                g_autofree const char **ports = NULL;
                g_variant_get_child(entry, 0, "&s", &name);
                g_variant_lookup(policy, "ports", "^a&s", &ports);
                g_assert_cmpuint(number_in(policy, "revision"), >, 0);
                g_autofree char *joined = ports ? g_strjoinv(",", (char **) ports) : g_strdup("");
                g_string_append_printf(text, "%s%s %s %s", i > 0 ? "; " : "", name, text_in(policy, "action"), joined);
        }
        return g_string_free(text, FALSE);
}

static void check_change(Fixture *f, guint64 number, const char *before, const char *after, const char *before_later,
                         const char *after_later) {
        static const char *const KEYS[] = { "before", "after", "before-permanent", "after-permanent" };
        const char *const expected[] = { before, after, before_later, after_later };
        for (gsize i = 0; i < G_N_ELEMENTS(KEYS); i++) {
                g_autofree char *text = policies_of(f, number, KEYS[i]);
                g_test_message("%s", KEYS[i]);
                g_assert_cmpstr(text, ==, expected[i]);
        }
}

/* Each method, there and back: afterwards all is as it was before, in both scopes, in the files and in firewalld. */
static void test_there_and_back(void) {
        static const struct {
                const char *method, *args, *listed;
        } CASES[] = {
                { "Policies.Set", DB ", {}", "Policies.Set db both" },
                { "Policies.Set", "'web', {'action': <'deny'>}, {}", "Policies.Set web both" },
                { "Policies.SetChecked", DB ", {}", "Policies.SetChecked db both" },
                { "Policies.Set", DB ", {'scope': <'runtime'>}", "Policies.Set db runtime" },
                { "Policies.Set", DB ", {'scope': <'permanent'>}", "Policies.Set db permanent" },
                { "Policies.SetMany", "{'web': {'action': <'deny'>}, 'a': {'action': <'deny'>}}, {}",
                  "Policies.SetMany a,web both" },
                { "Policies.Edit", "'web', {'ports': <['1/tcp']>}, {}, {}", "Policies.Edit web both" },
                { "Policies.Edit", "'two', {'log': <true>}, {}, {}", "Policies.Edit two both" },
                { "Policies.Rename", "'web', 'shop', {}", "Policies.Rename shop,web both" },
                { "Policies.Remove", "'web', {}", "Policies.Remove web both" },
                { "Policies.Remove", "'now', {}", "Policies.Remove now runtime" },
                { "Policies.ReplaceAll", "{'a': {'action': <'deny'>}}, {}", "Policies.ReplaceAll a,later,now,two,web both" },
                { "Policies.ReplaceAll", "{}, {}", "Policies.ReplaceAll later,now,two,web both" },
                { "Policies.RuntimeToPermanent", "{}", "Policies.RuntimeToPermanent later,now,two permanent" },
                { "Manager.Reload", "", "Manager.Reload later,now,two runtime" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", "'now', {'action': <'deny'>, 'ports': <['1/tcp']>}, {'scope': <'runtime'>}");
        works(f, "Policies.Set", "'later', {'action': <'deny'>, 'ports': <['2/tcp']>}, {'scope': <'permanent'>}");
        works(f, "Policies.Set", "'two', {'action': <'deny'>, 'ports': <['3/tcp']>}, {}");
        works(f, "Policies.Set", "'two', {'action': <'deny'>, 'ports': <['4/tcp']>}, {'scope': <'permanent'>}");
        g_autofree char *before = everything(f);
        for (guint64 i = 0, number = 6; i < G_N_ELEMENTS(CASES); i++, number += 4) {
                g_test_message("%s %s", CASES[i].method, CASES[i].args);
                works(f, CASES[i].method, CASES[i].args);
                g_autofree char *after = everything(f);
                g_assert_cmpstr(before, !=, after);
                undo(f, number);
                check_everything(f, "taken back", before);
                /* ...and made again, also by the next quaywalld... */
                if (i % 5 == 0) {
                        fixture_stop_daemon(f, SIGTERM);
                        fixture_start_daemon(f);
                        check_everything(f, "taken back, after a restart", before);
                }
                undo(f, number + 1);
                check_everything(f, "made again", after);
                cannot_undo(f, number + 1, ERROR_("Conflict"), "was taken back already");
                g_autofree char *all = history(f),
                                *expected = g_strdup_printf("\n%" G_GUINT64_FORMAT " %s kept", number, CASES[i].listed);
                g_assert_nonnull(strstr(all, expected));
                /* ...and taken back by its own number again. */
                undo(f, number);
                check_everything(f, "taken back twice", before);
        }
}

static void test_who_and_what(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        check_history(f, "");
        fixture_fails(f, ERROR_("NoSuchChange"), "change|1|the history is empty", "Policies.Undo", "%s", "1, {}");
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", WEB ", {}"); /* changes nothing */
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['1/tcp']>}, {'scope': <'runtime'>}");
        works(f, "Policies.Edit", "'web', {'ports': <['2/tcp']>}, {}, {}");
        works(f, "Policies.Rename", "'web', 'shop', {}");
        works(f, "Policies.Set", DB ", {'scope': <'permanent'>}");
        check_change(f, 1, "", "web allow-only 8080/tcp", "-", "-");
        check_change(f, 2, "web allow-only 8080/tcp", "web deny 1/tcp", "-", "-");
        check_change(f, 3, "web deny 1/tcp", "web deny 1/tcp,2/tcp", "web allow-only 8080/tcp",
                     "web allow-only 8080/tcp,2/tcp");
        check_change(f, 4, "web deny 1/tcp,2/tcp", "shop deny 1/tcp,2/tcp", "web allow-only 8080/tcp,2/tcp",
                     "shop allow-only 8080/tcp,2/tcp");
        check_change(f, 5, "", "db deny 5432/tcp", "-", "-");
        undo(f, 4);
        check_history(f, "1 Policies.Set web both kept\n2 Policies.Set web runtime kept\n3 Policies.Edit web both kept\n"
                         "4 Policies.Rename shop,web both undone web>shop by 6\n5 Policies.Set db permanent kept\n"
                         "6 Policies.Undo shop,web both kept shop>web undoes 4\n");
        /* Files that somebody edited by hand are a change, too, whoever has them read. */
        fixture_write(f->policies, "db.xml", "<policy action=\"deny\"><port port=\"7\" protocol=\"tcp\"/></policy>");
        works(f, "Manager.Reload", "");
        check_change(f, 7, "web deny 1/tcp,2/tcp", "db deny 7/tcp; web allow-only 8080/tcp,2/tcp",
                     "db deny 5432/tcp; web allow-only 8080/tcp,2/tcp", "db deny 7/tcp; web allow-only 8080/tcp,2/tcp");
        fixture_write(f->policies, "db.xml", "<policy action=\"deny\"/>");
        kill(f->daemon.pid, SIGHUP);
        works(f, "Manager.Verify", "");
        g_autofree char *all = history(f);
        g_assert_nonnull(strstr(all, "\n7 Manager.Reload db,web both kept\n8 SIGHUP db both kept\n"));
        g_autofree char *folder = g_build_filename(f->dir, "state", "history", NULL),
                        *file = g_build_filename(folder, "8.kept", NULL);
        struct stat st;
        g_assert_cmpint(stat(folder, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0700);
        g_assert_cmpint(stat(file, &st), ==, 0);
        g_assert_cmpuint(st.st_mode & 07777, ==, 0600);
        /* What failed is no change. */
        fixture_stop_firewalld(f);
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "", "Policies.Set", "%s", WEB ", {}");
        g_autofree char *same = history(f);
        g_assert_cmpstr(same, ==, all);
}

static void test_in_the_way(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");                                                        /* 1 */
        works(f, "Policies.Set", DB ", {}");                                                         /* 2 */
        works(f, "Policies.Edit", "'web', {'ports': <['1/tcp']>}, {}, {}");                          /* 3 */
        works(f, "Policies.SetMany", "{'db': {'action': <'deny'>}, 'x': {'action': <'deny'>}}, {}"); /* 4 */
        works(f, "Policies.Edit", "'x', {'log': <true>}, {}, {'scope': <'permanent'>}");             /* 5 */
        g_autofree char *before = everything(f), *listed = history(f);
        cannot_undo(f, 1, ERROR_("Conflict"),
                    "change: 1 cannot be taken back: change 3 is of the policy \"web\", too|take that one back first");
        cannot_undo(f, 2, ERROR_("Conflict"), "change: 2|change 4|\"db\"");
        cannot_undo(f, 4, ERROR_("Conflict"), "change: 4|change 5|\"x\"");
        cannot_undo(f, 6, ERROR_("NoSuchChange"), "change|no change 6|from 1 to 5");
        cannot_undo(f, 0, ERROR_("NoSuchChange"), "change|no change 0");
        cannot_undo(f, G_MAXUINT64, ERROR_("NoSuchChange"), "change|18446744073709551615");
        fixture_fails(f, ERROR_("NoSuchChange"), "no change 6", "Policies.GetChange", "%s", "6");
        fixture_fails(f, ERROR_("InvalidOption"), "\"scope\"|confirm-within, cut", "Policies.Undo", "%s",
                      "3, {'scope': <'both'>}");
        fixture_fails(f, ERROR_("InvalidOption"), "confirm-within", "Policies.Undo", "%s", "3, {'confirm-within': <uint32 0>}");
        fixture_fails(f, ERROR_("InvalidOption"), "cut|permanent", "Policies.Undo", "%s", "5, {'cut': <true>}");
        fixture_fails(f, ERROR_("InvalidOption"), "\"cut\"|confirm-within", "Policies.RuntimeToPermanent", "%s",
                      "{'cut': <true>}");
        check_everything(f, "refused", before);
        check_history(f, listed);
        /* What came later, but of other policies, or was taken back itself, is in nobody's way. */
        undo(f, 3);
        undo(f, 1);
        undo(f, 5);
        undo(f, 4);
        undo(f, 2);
        g_autoptr(GVariant) none = fixture_works(f, "Policies.List", "%s", "");
        g_autofree char *text = g_variant_print(none, FALSE);
        g_assert_cmpstr(text, ==, "({},)");
        cannot_undo(f, 1, ERROR_("Conflict"), "change: 1 was taken back already, by change 7");
        /* A policy that was made by hand since, or a file that was edited: there is no change to name. */
        works(f, "Policies.Set", WEB ", {}"); /* 11 */
        fixture_stop_daemon(f, SIGTERM);
        fixture_write(f->policies, "web.xml", "<policy action=\"deny\"/>");
        fixture_start_daemon(f);
        cannot_undo(f, 11, ERROR_("Conflict"), "change: 11|\"web\"|its file was changed");
        works(f, "Policies.Set", "'now', {'action': <'deny'>}, {'scope': <'runtime'>}"); /* 12 */
        fixture_stop_daemon(f, SIGTERM);
        g_autofree char *runtime = g_build_filename(f->runtime, "policies", "now.xml", NULL); /* a boot */
        g_assert_cmpint(g_remove(runtime), ==, 0);
        fixture_start_daemon(f);
        cannot_undo(f, 12, ERROR_("Conflict"), "change: 12|\"now\"|a reload or boot ended");
}

/* What a reload or boot has put in force meanwhile is taken back, too. */
static void test_permanent_only(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        g_autofree char *before = everything(f);
        works(f, "Policies.Set", "'web', {'action': <'deny'>}, {'scope': <'permanent'>}");
        fixture_stop_daemon(f, SIGTERM);
        g_autofree char *runtime = g_build_filename(f->runtime, "policies", "web.xml", NULL); /* a boot */
        g_assert_cmpint(g_remove(runtime), ==, 0);
        fixture_start_daemon(f);
        undo(f, 2);
        check_everything(f, "taken back after a boot", before);
        check_history(f, "1 Policies.Set web both kept\n2 Policies.Set web permanent undone by 3\n"
                         "3 Policies.Undo web both kept undoes 2\n");
}

static void test_confirmed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        g_autofree char *before = everything(f);
        g_autofree char *token = change(f, "Policies.Set", DB ", {'confirm-within': <60>}");
        check_history(f, "1 Policies.Set web both kept\n2 Policies.Set db both pending\n");
        cannot_undo(f, 2, ERROR_("ChangePending"), "db");
        cannot_undo(f, 1, ERROR_("ChangePending"), "db");
        g_variant_unref(fixture_works(f, "Policies.Rollback", "'%s'", token));
        check_everything(f, "rolled back", before);
        cannot_undo(f, 2, ERROR_("Conflict"), "change: 2 was rolled back instead of being confirmed");
        g_autofree char *second = change(f, "Policies.Set", DB ", {'confirm-within': <60>}");
        g_variant_unref(fixture_works(f, "Policies.Confirm", "'%s'", second));
        /* Killed while it waits: confirmed by the next quaywalld; or a boot came before anybody confirmed. */
        g_autofree char *third = change(f, "Policies.Remove", "'db', {'confirm-within': <60>}");
        fixture_stop_daemon(f, SIGKILL);
        fixture_start_daemon(f);
        check_history(f, "1 Policies.Set web both kept\n2 Policies.Set db both rolled-back\n3 Policies.Set db both kept\n"
                         "4 Policies.Remove db both pending\n");
        g_variant_unref(fixture_works(f, "Policies.Confirm", "'%s'", third));
        g_autofree char *fourth = change(f, "Policies.Undo", "1, {'confirm-within': <60>}"),
                        *boot = g_build_filename(f->runtime, "pending", NULL);
        check_history(f,
                      "1 Policies.Set web both undone by 5\n2 Policies.Set db both rolled-back\n3 Policies.Set db both kept\n"
                      "4 Policies.Remove db both kept\n5 Policies.Undo web both pending undoes 1\n");
        fixture_stop_daemon(f, SIGKILL);
        g_assert_cmpint(g_remove(boot), ==, 0);
        fixture_start_daemon(f);
        check_everything(f, "expired", before);
        check_history(f, "1 Policies.Set web both kept\n2 Policies.Set db both rolled-back\n3 Policies.Set db both kept\n"
                         "4 Policies.Remove db both kept\n5 Policies.Undo web both expired undoes 1\n");
        cannot_undo(f, 5, ERROR_("Conflict"), "change: 5 was not confirmed in time");
}

static gboolean has_history(Fixture *f, gpointer expected) {
        g_autofree char *now = history(f);
        return g_str_equal(now, expected);
}

static void test_expired(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        g_autofree char *before = everything(f), *token = change(f, "Policies.Remove", "'web', {'confirm-within': <1>}");
        fixture_wait(f, has_history, (char *) "1 Policies.Set web both kept\n2 Policies.Remove web both expired\n",
                     "the change to be undone");
        check_everything(f, "expired", before);
        undo(f, 1);
}

static void count(Fixture *f, const char *policy, guint64 packets) {
        g_autofree char *rule = g_strdup_printf("\"quaywall:%s\" -j DROP", policy);
        g_autoptr(GVariant) n = fixture_mock(f, "SetCounters",
                                             g_variant_new("(ssstt)", "ipv4", "QUAYWALL-POLICY", rule, packets, packets * 100));
        g_assert_cmpuint(g_variant_n_children(n), ==, 1);
}

static void check_counters(Fixture *f, const char *expected) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.Counters", "%s", "");
        g_autofree char *text = g_variant_print(answer, FALSE);
        g_assert_cmpstr(text, ==, expected);
}

static void test_counters(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        count(f, "web", 7);
        works(f, "Policies.Rename", "'web', 'shop', {}");
        count(f, "shop", 2);
        undo(f, 2);
        check_counters(f, "({'web': (9, 900)},)");
        undo(f, 3);
        check_counters(f, "({'shop': (9, 900)},)");
        works(f, "Policies.Edit", "'shop', {'log': <true>}, {}, {}");
        undo(f, 5);
        check_counters(f, "({'shop': (9, 900)},)");
}

/* A history that cannot be read or written keeps nobody from anything, and is reported once. */
static void test_broken(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", DB ", {}");
        g_autofree char *before = everything(f), *state = g_build_filename(f->dir, "state", NULL),
                        *folder = g_build_filename(state, "history", NULL);
        fixture_stop_daemon(f, SIGTERM);
        fixture_write(folder, "1.kept", "nonsense");
        fixture_start_daemon(f);
        check_everything(f, "with a broken history", before);
        check_history(f, "2 Policies.Set db both kept\n");
        check_history(f, "2 Policies.Set db both kept\n");
        g_autofree char *log = fixture_log(f);
        g_assert_cmpuint(fixture_lines(log, "history/1.kept cannot be read"), ==, 1);
        undo(f, 2);
        /* The last good copies cannot be written, either, which is a problem; the change is made. */
        fixture_stop_daemon(f, SIGTERM);
        g_assert_cmpint(g_chmod(folder, 0500), ==, 0);
        fixture_start_daemon(f);
        works(f, "Policies.Set", DB ", {}");
        works(f, "Policies.Edit", "'db', {'log': <true>}, {}, {}");
        check_history(f, "2 Policies.Set db both undone by 3\n3 Policies.Undo db both kept undoes 2\n");
        cannot_undo(f, 3, ERROR_("Conflict"), "change: 3 cannot be taken back|\"db\"");
        g_autofree char *again = fixture_log(f);
        g_assert_cmpuint(fixture_lines(again, "a change of policies or groups will be missing in the history: cannot write"),
                         ==, 1);
        g_assert_cmpint(g_chmod(folder, 0700), ==, 0);
        works(f, "Policies.Remove", "'db', {}");
        check_history(f, "2 Policies.Set db both undone by 3\n3 Policies.Undo db both kept undoes 2\n"
                         "4 Policies.Remove db both kept\n");
}

/* Killed at a moment when the entry is written and the change is not, or the other way round: see also 95-crash.lab. */
static void test_killed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        g_autofree char *folder = g_build_filename(f->dir, "state", "history", NULL),
                        *kept = g_build_filename(folder, "1.kept", NULL), *new = g_build_filename(folder, "1.new", NULL);
        fixture_stop_daemon(f, SIGKILL);
        g_assert_cmpint(g_rename(kept, new), ==, 0);
        fixture_start_daemon(f);
        check_history(f, "1 Policies.Set web both kept\n");
        fixture_stop_daemon(f, SIGKILL);
        g_assert_cmpint(g_rename(kept, new), ==, 0);
        g_autofree char *policy = g_build_filename(f->policies, "web.xml", NULL);
        g_assert_cmpint(g_remove(policy), ==, 0);
        fixture_start_daemon(f);
        check_history(f, "");
        g_assert_false(g_file_test(new, G_FILE_TEST_EXISTS));
}

static void check_permanent(Fixture *f, const char *name, const char *port) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.ListPermanent", "%s", ""),
                            all = g_variant_get_child_value(answer, 0), policy = g_variant_lookup_value(all, name, NULL);
        g_autofree const char **ports = NULL;
        if (policy)
                g_variant_lookup(policy, "ports", "^a&s", &ports);
        g_assert_cmpstr(ports ? ports[0] : NULL, ==, port);
}

static void test_runtime_to_permanent(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", DB ", {}");
        works(f, "Policies.Set", "'later', {'action': <'deny'>}, {'scope': <'permanent'>}");
        works(f, "Policies.Set", "'db', {'action': <'deny'>, 'ports': <['1/tcp']>}, {'scope': <'runtime'>}");
        works(f, "Policies.Set", "'now', {'action': <'deny'>, 'ports': <['2/tcp']>}, {'scope': <'runtime'>}");
        works(f, "Policies.Remove", "'web', {'scope': <'runtime'>}");
        fixture_write(f->policies, "broken.xml", "<policy");
        fixture_write(f->policies, "web.xml", "<policy");
        g_autofree char *token = change(f, "Policies.RuntimeToPermanent", "{'confirm-within': <60>}");
        g_variant_unref(fixture_works(f, "Policies.Rollback", "'%s'", token));
        check_permanent(f, "db", "5432/tcp");
        works(f, "Policies.RuntimeToPermanent", "{}");
        check_permanent(f, "db", "1/tcp");
        check_permanent(f, "now", "2/tcp");
        check_permanent(f, "later", NULL);
        check_permanent(f, "web", NULL);
        g_autofree char *now = fixture_direct(f, FALSE), *later = fixture_direct(f, TRUE), *text = NULL,
                        *file = g_build_filename(f->policies, "broken.xml", NULL), *of_now = sort_lines(now),
                        *of_later = sort_lines(later);
        g_assert_cmpstr(of_now, ==, of_later);
        /* A file of a policy that is not in force is no business of its. */
        g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
        g_assert_cmpstr(text, ==, "<policy");
        works(f, "Policies.RuntimeToPermanent", "{}"); /* changes nothing */
        g_autofree char *all = history(f);
        g_assert_true(g_str_has_suffix(all, "\n7 Policies.RuntimeToPermanent db,later,now,web permanent rolled-back\n"
                                            "8 Policies.RuntimeToPermanent db,later,now,web permanent kept\n"));
        /* A broken file whose policy stays in force as it was, and permanent, stays as somebody left it. */
        fixture_write(f->policies, "db.xml", "<policy");
        fixture_stop_daemon(f, SIGTERM);
        fixture_start_daemon(f);
        works(f, "Policies.Set", "'now', {'action': <'deny'>, 'ports': <['3/tcp']>}, {'scope': <'runtime'>}");
        works(f, "Policies.RuntimeToPermanent", "{}");
        check_permanent(f, "now", "3/tcp");
        g_autofree char *db = g_build_filename(f->policies, "db.xml", NULL), *left = NULL;
        g_assert_true(g_file_get_contents(db, &left, NULL, NULL));
        g_assert_cmpstr(left, ==, "<policy");
}

/* Many addresses: the change is listed and taken back; a change of other policies writes nothing of them. */
static void test_large(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GString) sources = g_string_new("'many', {'action': <'allow-only'>, 'ports': <['9/tcp']>, 'sources': <[");
        for (guint i = 0; i < 1000; i++)
                g_string_append_printf(sources, "%s'10.0.%u.%u'", i > 0 ? "," : "", i / 100, i % 100 * 2);
        g_string_append(sources, "]>}, {}");
        works(f, "Policies.Set", sources->str);
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Edit", "'many', {'sources': <['10.9.9.9']>}, {}, {}");
        g_autofree char *folder = g_build_filename(f->dir, "state", "history", NULL),
                        *small = g_build_filename(folder, "2.kept", NULL), *large = g_build_filename(folder, "3.kept", NULL);
        struct stat st;
        g_assert_cmpint(stat(small, &st), ==, 0);
        g_assert_cmpint(st.st_size, <, 1000);
        g_assert_cmpint(stat(large, &st), ==, 0);
        g_assert_cmpint(st.st_size, <, 30000);
        undo(f, 3);
        undo(f, 1);
        for (guint i = 0; i < 60; i++) {
                g_autofree char *args = g_strdup_printf("'web', {'description': <'%u'>}, {}, {}", i);
                works(f, "Policies.Edit", args);
        }
        g_autofree char *all = history(f);
        g_assert_cmpuint(fixture_lines(all, "Policies."), ==, 50);
        g_assert_true(g_str_has_prefix(all, "16 Policies.Edit web both kept\n"));
        cannot_undo(f, 1, ERROR_("NoSuchChange"), "no change 1|from 16 to 65");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/history/there-and-back", test_there_and_back);
        g_test_add_func("/history/who-and-what", test_who_and_what);
        g_test_add_func("/history/in-the-way", test_in_the_way);
        g_test_add_func("/history/permanent-only", test_permanent_only);
        g_test_add_func("/history/confirmed", test_confirmed);
        g_test_add_func("/history/expired", test_expired);
        g_test_add_func("/history/counters", test_counters);
        g_test_add_func("/history/broken", test_broken);
        g_test_add_func("/history/killed", test_killed);
        g_test_add_func("/history/runtime-to-permanent", test_runtime_to_permanent);
        g_test_add_func("/history/large", test_large);
        return g_test_run();
}
