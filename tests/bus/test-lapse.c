/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies and sources that hold for a time: they end by themselves, now and permanently, also over a restart. */
#include "fixture.h"

#include <string.h>

/* The time in so many seconds. */
static char *in_seconds(int seconds) {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc(), then = g_date_time_add_seconds(now, seconds);
        return g_date_time_format(then, "%Y-%m-%dT%H:%M:%SZ");
}

/* The policy's sources, "gone", or "-" for none. */
static char *sources(Fixture *f, const char *list, const char *name) {
        g_autoptr(GVariant) answer = fixture_works(f, list, "%s", "");
        g_autoptr(GVariant) all = g_variant_get_child_value(answer, 0);
        g_autoptr(GVariant) policy = g_variant_lookup_value(all, name, NULL);
        g_autoptr(GVariant) value = policy ? g_variant_lookup_value(policy, "sources", NULL) : NULL;
        return value ? g_variant_print(value, FALSE) : g_strdup(policy ? "-" : "gone");
}

static void check(Fixture *f, const char *name, const char *expected) {
        g_autofree char *now = sources(f, "Policies.List", name), *later = sources(f, "Policies.ListPermanent", name);
        g_assert_cmpstr(now, ==, expected);
        g_assert_cmpstr(later, ==, expected);
}

static gboolean is_over(Fixture *f, gpointer expected) {
        g_autofree char *now = sources(f, "Policies.List", "web");
        return strstr(now, expected) != NULL;
}

/* After the rules, quaywalld signals Changed. */
static gboolean is_unlisted(Fixture *f, gpointer address) {
        g_autofree char *direct = fixture_direct(f, FALSE);
        return strstr(direct, address) == NULL;
}

static gboolean is_removed(G_GNUC_UNUSED Fixture *f, gpointer file) {
        return !g_file_test(file, G_FILE_TEST_EXISTS);
}

static gboolean is_logged(Fixture *f, gpointer text) {
        g_autofree char *log = fixture_log(f);
        return strstr(log, text) != NULL;
}

static void test_policy(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *end = in_seconds(4),
                        *set = g_strdup_printf("'web', {'action': <'deny'>, 'ports': <['8080/tcp']>, 'until': <'%s'>}, {}",
                                               end);
        g_autofree char *file = g_build_filename(f->policies, "web.xml", NULL), *xml = NULL, *none = fixture_dump(f),
                        *after = NULL;
        works(f, "Policies.Set", "'keep', {'action': <'deny'>, 'ports': <['9/tcp']>}, {}");
        works(f, "Policies.Remove", "'keep', {}");
        none = fixture_dump(f);
        works(f, "Policies.Set", set);
        g_assert_true(g_file_get_contents(file, &xml, NULL, NULL));
        g_assert_nonnull(strstr(xml, "<until>"));
        const guint n = f->n_changed;
        fixture_wait(f, is_over, (gpointer) "gone", "the policy to end");
        g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
        g_assert_cmpuint(f->n_changed, >=, n);
        check(f, "web", "gone");
        after = fixture_dump(f);
        fixture_same("a policy that ended", none, after);
        fixture_wait(f, is_logged, (gpointer) "The time of the policy \"web\" is over", "the line in the log");
}

/* Regression: what was over came back, was told as taken back, and vanished at once. */
static void test_undo(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *end = in_seconds(3),
                        *set = g_strdup_printf("'web', {'action': <'deny'>, 'ports': <['8080/tcp']>, 'until': <'%s'>}, {}",
                                               end),
                        *side = g_strdup_printf("'side', {'action': <'allow-only'>, 'ports': <['8081/tcp']>, 'sources': "
                                                "<['192.168.1.1', '192.168.1.2 until %s']>}, {}",
                                                end);
        g_autoptr(GError) error = NULL;
        works(f, "Policies.Set", set);
        works(f, "Policies.Set", side);
        works(f, "Policies.Remove", "'web', {}");
        works(f, "Policies.Remove", "'side', {}");
        const gint64 over = g_get_real_time() + 4 * G_USEC_PER_SEC;
        while (g_get_real_time() < over)
                g_usleep(G_USEC_PER_SEC / 10); /* no event: what ends is not there any more */
        /* of the two sources, one is left */
        works(f, "Policies.Undo", "uint64 4, {}");
        check(f, "side", "['192.168.1.1']");
        g_autoptr(GVariant) none = fixture_call(f, "Policies.Undo", &error, "%s", "uint64 3, {}");
        g_assert_null(none);
        g_assert_nonnull(strstr(error->message, "the time of what it would put back is over"));
        check(f, "web", "gone");
}

static void test_source(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *end = in_seconds(4), *later = in_seconds(3600),
                        *edit = g_strdup_printf(
                                "'web', {'sources': <['203.0.113.9 until %s', '203.0.113.10 until %s']>}, {}, {}", end, later),
                        *left = g_strdup_printf("['192.168.1.1', '203.0.113.10 until %s']", later);
        works(f, "Policies.Set",
              "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}, {}");
        works(f, "Policies.Edit", edit);
        g_autofree char *direct = fixture_direct(f, TRUE), *gone = NULL;
        g_assert_nonnull(strstr(direct, "203.0.113.9"));
        fixture_wait(f, is_over, left, "the source to end");
        check(f, "web", left);
        gone = fixture_direct(f, TRUE);
        g_assert_null(strstr(gone, "203.0.113.9"));
        g_assert_nonnull(strstr(gone, "203.0.113.10"));
        fixture_wait(f, is_logged, (gpointer) "The time of sources of the policy \"web\" is over", "the line in the log");
}

/* The last source: then nobody is listed, and not everybody. */
static void test_last_source(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char
                *end = in_seconds(3),
                *set = g_strdup_printf(
                        "'web', {'action': <'allow-only'>, 'sources': <['203.0.113.9 until %s']>, 'ports': <['8080/tcp']>}, {}",
                        end),
                *listed = g_strdup_printf("['203.0.113.9 until %s']", end);
        works(f, "Policies.Set", set);
        fixture_wait(f, is_unlisted, (gpointer) "203.0.113.9", "the source to be gone from firewalld's rules");
        g_autofree char *direct = fixture_direct(f, FALSE);
        g_assert_null(strstr(direct, "203.0.113.9"));
        g_assert_nonnull(strstr(direct, "quaywall:web -j DROP"));
        check(f, "web", listed);
        fixture_stop_daemon(f, SIGTERM);
        fixture_start_daemon(f);
        check(f, "web", listed);
        works(f, "Policies.Edit", "'web', {'sources': <['192.168.1.1']>}, {}, {}");
        check(f, "web", "['192.168.1.1']");
}

/* What is over while quaywalld does not run is so from its start on. */
static void test_restart(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", "'stays', {'action': <'deny'>, 'ports': <['9/tcp']>}, {}");
        fixture_stop_daemon(f, SIGTERM);
        fixture_write(f->policies, "web.xml",
                      "<policy action=\"allow-only\"><source address=\"192.168.1.1\"/>"
                      "<source address=\"203.0.113.9\" until=\"2020-01-01T00:00:00Z\"/></policy>");
        fixture_write(f->policies, "past.xml", "<policy action=\"deny\"><until>2020-01-01T00:00:00Z</until></policy>");
        fixture_start_daemon(f);
        fixture_wait(f, is_over, (gpointer) "['192.168.1.1']", "the source to be gone");
        check(f, "web", "['192.168.1.1']");
        check(f, "past", "gone");
        g_autofree char *xml = NULL, *file = g_build_filename(f->policies, "web.xml", NULL),
                        *past = g_build_filename(f->policies, "past.xml", NULL);
        g_assert_true(g_file_get_contents(file, &xml, NULL, NULL));
        g_assert_null(strstr(xml, "203.0.113.9"));
        g_assert_false(g_file_test(past, G_FILE_TEST_EXISTS));
        /* A file that is put there later is read by Reload. */
        fixture_write(f->policies, "past.xml", "<policy action=\"deny\"><until>2020-01-01T00:00:00Z</until></policy>");
        works(f, "Manager.Reload", "");
        fixture_wait(f, is_removed, past, "the file to be removed");
        check(f, "past", "gone");
        check(f, "stays", "-");
}

static void test_bad(void) {
        static const char *const CASES[][3] = {
                { "InvalidPolicy", "until|2020-01-01T00:00:00Z|past",
                  "'web', {'action': <'deny'>, 'until': <'2020-01-01T00:00:00Z'>}, {}" },
                { "InvalidPolicy", "until|25:00", "'web', {'action': <'deny'>, 'until': <'25:00'>}, {}" },
                { "InvalidPolicy", "until|\"s\"", "'web', {'action': <'deny'>, 'until': <uint64 7>}, {}" },
                { "InvalidPolicy", "sources|past",
                  "'web', {'action': <'deny'>, 'sources': <['10.0.0.1 until 2020-01-01T00:00:00Z']>}, {}" },
                { "InvalidPolicy", "sources|never", "'web', {'action': <'deny'>, 'sources': <['10.0.0.1 until never']>}, {}" },
                { "InvalidAddress", "sources|ipset:a|only addresses",
                  "'web', {'action': <'deny'>, 'sources': <['ipset:a until 2120-01-01T00:00:00Z']>}, {}" },
                { "InvalidAddress", "destinations",
                  "'web', {'action': <'deny'>, 'destinations': <['10.0.0.1 until 2120-01-01T00:00:00Z']>}, {}" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *after = NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *name = g_strconcat(ERROR_(""), CASES[i][0], NULL);
                fixture_fails(f, name, CASES[i][1], "Policies.Set", "%s", CASES[i][2]);
        }
        after = fixture_dump(f);
        fixture_same("bad times", before, after);
        /* It can be given an end, and have it taken. */
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'until': <'2120-01-01T01:00:00+01:00'>}, {}");
        works(f, "Policies.Edit", "'web', {'until': <''>}, {}, {}");
        fixture_fails(f, ERROR_("InvalidPolicy"), "add: until|past", "Policies.Edit", "%s",
                      "'web', {'until': <'2020-01-01T00:00:00Z'>}, {}, {}");
}

/* A change that waits to be confirmed does not keep others from ending, and what is over does not come back with it. */
static void test_pending(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *end = in_seconds(4),
                        *set = g_strdup_printf("'web', {'action': <'deny'>, 'ports': <['8080/tcp']>, 'until': <'%s'>}, {}",
                                               end);
        works(f, "Policies.Set", set);
        g_autoptr(GVariant) answer =
                fixture_works(f, "Policies.Set", "%s",
                              "'other', {'action': <'deny'>, 'ports': <['9/tcp']>}, {'confirm-within': <uint32 60>}");
        const char *token;
        g_variant_get(answer, "(&s)", &token);
        fixture_wait(f, is_over, (gpointer) "gone", "the policy to end");
        g_variant_unref(fixture_works(f, "Policies.Rollback", "'%s'", token));
        fixture_wait(f, is_over, (gpointer) "gone", "the policy to stay away");
        check(f, "web", "gone");
        check(f, "other", "gone");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/lapse/policy", test_policy);
        g_test_add_func("/lapse/undo", test_undo);
        g_test_add_func("/lapse/source", test_source);
        g_test_add_func("/lapse/last-source", test_last_source);
        g_test_add_func("/lapse/restart", test_restart);
        g_test_add_func("/lapse/bad", test_bad);
        g_test_add_func("/lapse/pending", test_pending);
        return g_test_run();
}
