/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies change while firewalld is away, where the guard alone can enforce them: quaywalld has a network of its own here, with
 * a real guard. tests/lab/t/56-away.lab has the packets. */
#include "fixture.h"

#include <signal.h>
#include <string.h>

#define OLD "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}"
#define NEW "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.2']>, 'ports': <['8080/tcp']>}"
#define LAN "'lan', {'action': <'forward'>, 'interfaces': <['src_if']>, 'out-interfaces': <['dst_if']>}"
#define OFFICE "'office', {'action': <'allow-only'>, 'sources': <['ipset:office']>, 'ports': <['1/tcp']>}"
#define HOME "'home', {'action': <'allow-only'>, 'sources': <['zone:home']>, 'ports': <['2/tcp']>}"

static Fixture *setup(void) {
        const FixtureOptions options = { .guard = TRUE, .docker_ipv6 = TRUE };

        return fixture_new(&options);
}

static gboolean exists(const char *dir, const char *name) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* As Policies.List has it; the test fails unless all words are, or are not, in it. */
static void check_list(Fixture *f, const char *words, const char *others) {
        g_autofree char *list = answer_text(f, "Policies.List", ""), *later = answer_text(f, "Policies.ListPermanent", "");
        g_auto(GStrv) there = g_strsplit(words, "|", -1), gone = g_strsplit(others, "|", -1);

        g_assert_cmpstr(list, ==, later);
        for (char **word = there; *word; word++)
                if (!strstr(list, *word))
                        g_error("\"%s\" is not in: %s", *word, list);
        for (char **word = gone; *word; word++)
                if (strstr(list, *word))
                        g_error("\"%s\" is in: %s", *word, list);
}

/* Only firewalld is missing: the guard is as it should be. */
static void check_degraded(Fixture *f) {
        g_autoptr(GVariant) problems = fixture_works(f, "Manager.Verify", "%s", "");
        g_autoptr(GVariant) list = g_variant_get_child_value(problems, 0);
        const char *code = "";

        g_assert_true(fixture_wait_state(f, "degraded"));
        g_assert_cmpuint(g_variant_n_children(list), ==, 1);
        g_variant_get_child(list, 0, "(&s&sa{sv})", &code, NULL, NULL);
        g_assert_cmpstr(code, ==, "firewalld-not-running");
}

typedef struct {
        const char *there, *gone;
} Rules;

static gboolean has_rules(Fixture *f, gpointer data) {
        const Rules *rules = data;
        g_autofree char *now = fixture_direct(f, FALSE), *later = fixture_direct(f, TRUE);

        return fixture_lines(now, rules->there) > 0 && fixture_lines(later, rules->there) > 0 &&
               fixture_lines(now, rules->gone) == 0 && fixture_lines(later, rules->gone) == 0;
}

static void test_set_and_remove(void) {
        g_autoptr(Fixture) f = setup();
        Rules rules = { "192.168.1.2", "192.168.1.1" }, others = { "quaywall:two", "quaywall:one" };

        works(f, "Policies.Set", OLD ", {}");
        fixture_stop_firewalld(f);
        works(f, "Policies.Set", NEW ", {}");
        check_degraded(f);
        check_list(f, "192.168.1.2", "192.168.1.1");
        works(f, "Policies.SetMany", "{'one': {'action': <'deny'>, 'ports': <['1/tcp']>}, 'two': {'action': <'deny'>}}, {}");
        works(f, "Policies.Remove", "'one', {}");
        check_list(f, "192.168.1.2|'two'", "'one'");
        g_assert_true(exists(f->policies, "two.xml"));
        g_assert_false(exists(f->policies, "one.xml"));
        /* The same again is no change, and no error. */
        works(f, "Policies.Set", NEW ", {}");
        check_degraded(f);
        fixture_start_firewalld(f);
        fixture_wait(f, has_rules, &rules, "firewalld to have the rules of the policies as they are now");
        fixture_wait(f, has_rules, &others, "firewalld to have the rules of the other policies");
        fixture_wait_state(f, "enforcing");
}

static void test_is_told(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *quiet = answer_text(f, "Policies.SetChecked", OLD ", {}"), *told = NULL, *check = NULL, *lan = NULL;

        g_assert_null(strstr(quiet, "firewalld-not-running"));
        fixture_stop_firewalld(f);
        told = answer_text(f, "Policies.SetChecked", NEW ", {}");
        g_assert_nonnull(
                strstr(told, "('firewalld-not-running', \"firewalld is not running: until it is back the guard alone"));
        check = answer_text(f, "Policies.Check", OLD);
        g_assert_nonnull(strstr(check, "the guard alone"));
        lan = answer_text(f, "Policies.Check", LAN);
        g_assert_nonnull(strstr(lan, "without it this cannot be changed"));
}

/* CheckChange: what the guard alone cannot do is an error, as it is for SetMany, and else one warning for all policies. */
static void test_foretold(void) {
        static const char forward[] = "{'lan': {'action': <'forward'>, 'interfaces': <['a']>, 'out-interfaces': <['b']>}}";
        g_autoptr(Fixture) f = setup();
        g_autofree char *args = g_strdup_printf("%s, [], {}", forward), *set = g_strdup_printf("%s, {}", forward),
                        *quiet = answer_text(f, "Policies.CheckChange", args), *refused = NULL, *told = NULL;

        g_assert_nonnull(strstr(quiet, "'errors': <@a(ssisss) []>"));
        g_assert_null(strstr(quiet, "firewalld-not-running"));
        fixture_stop_firewalld(f);
        refused = answer_text(f, "Policies.CheckChange", args);
        g_assert_nonnull(strstr(refused, "[('', '', -1, '', 'FirewalldNotRunning', "));
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "\"lan\" (forward)", "Policies.SetMany", "%s", set);
        told = answer_text(f, "Policies.CheckChange", "{'a': {'action': <'deny'>}, 'b': {'action': <'deny'>}}, [], {}");
        g_assert_nonnull(strstr(told, "('', 'firewalld-not-running', \"firewalld is not running: until it is back"));
        g_assert_cmpint(fixture_lines(g_strdelimit(told, ",", '\n'), "firewalld-not-running"), ==, 1);
}

static void refused(Fixture *f, const char *words, const char *method, const char *args) {
        fixture_fails(f, ERROR_("FirewalldNotRunning"), words, method, "%s", args);
}

/* What the guard alone cannot enforce is refused, and everything stays as it was. */
static void test_refused(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *before = NULL, *after = NULL;

        works(f, "Policies.Set", OLD ", {}");
        works(f, "Policies.Set", LAN ", {}");
        works(f, "Policies.Set", OFFICE ", {}");
        before = answer_text(f, "Policies.List", "");
        fixture_stop_firewalld(f);
        refused(f, "\"lan\" (forward)|systemctl start firewalld", "Policies.Remove", "'lan', {}");
        refused(f, "\"lan\" (forward)", "Policies.Set", "'lan', {'action': <'deny'>}, {}");
        refused(f, "\"other\" (forward)", "Policies.Set",
                "'other', {'action': <'forward'>, 'interfaces': <['a']>, 'out-interfaces': <['b']>}, {}");
        refused(f, "\"office\" (ipsets)", "Policies.Set",
                "'office', {'action': <'allow-only'>, 'sources': <['ipset:office', '192.168.1.3']>}, {}");
        refused(f, "\"lan\" (forward)", "Policies.ReplaceAll", "{'web': {'action': <'deny'>}}, {}");
        refused(f, "\"b\" (ipsets)", "Policies.SetMany",
                "{'a': {'action': <'deny'>}, 'b': {'action': <'deny'>, 'sources': <['ipset:office']>}}, {}");
        /* The mock has no zones whose rules could be copied; the lab's firewalld has. */
        fixture_fails(f, "org.freedesktop.DBus.Error.NotSupported", "never read", "Policies.Set", "%s", HOME ", {}");
        after = answer_text(f, "Policies.List", "");
        g_assert_cmpstr(before, ==, after);
        /* Beside policies that stay as they are, others change. A policy that is removed or disabled needs no ipset. */
        works(f, "Policies.Set", NEW ", {}");
        works(f, "Policies.Set", "'office', {'action': <'allow-only'>, 'sources': <['ipset:office']>, 'enabled': <false>}, {}");
        works(f, "Policies.Remove", "'office', {}");
        check_list(f, "192.168.1.2|'lan'", "'office'");
}

/* A firewalld that is there and fails is not passed over: its rules of the policies before are in force. */
static void test_failing_is_not_away(void) {
        g_autoptr(Fixture) f = setup();

        works(f, "Policies.Set", OLD ", {}");
        /* On a busy machine, a reconciliation left from quaywalld's start may come first. */
        for (guint i = 0; i < 3; i++)
                fixture_plan(f, "queryPanicMode", 1, "fail", "planned by the test");
        fixture_fails(f, ERROR_("FirewalldFailed"), "planned by the test", "Policies.Set", "%s", NEW ", {}");
        check_list(f, "192.168.1.1", "192.168.1.2");
}

static void test_killed_meanwhile(void) {
        g_autoptr(Fixture) f = setup();
        Rules rules = { "192.168.1.2", "192.168.1.1" };

        works(f, "Policies.Set", OLD ", {}");
        fixture_stop_firewalld(f);
        works(f, "Policies.Set", NEW ", {}");
        fixture_stop_daemon(f, SIGKILL);
        fixture_start_daemon(f);
        check_list(f, "192.168.1.2", "192.168.1.1");
        check_degraded(f);
        fixture_start_firewalld(f);
        fixture_wait(f, has_rules, &rules, "firewalld to have the rules of the policy as it is now");
}

static void test_confirm_within(void) {
        g_autoptr(Fixture) f = setup();
        g_autoptr(GVariant) answer = NULL;
        const char *token = "";

        works(f, "Policies.Set", OLD ", {}");
        fixture_stop_firewalld(f);
        answer = fixture_works(f, "Policies.Set", "%s", NEW ", {'confirm-within': <uint32 60>}");
        g_variant_get(answer, "(&s)", &token);
        check_list(f, "192.168.1.2", "192.168.1.1");
        g_autofree char *quoted = g_strdup_printf("'%s'", token);
        works(f, "Policies.Rollback", quoted);
        check_list(f, "192.168.1.1", "192.168.1.2");
        check_degraded(f);
}

static void check_counters(Fixture *f, const char *expected) {
        g_autofree char *text = answer_text(f, "Policies.Counters", "");

        g_assert_cmpstr(text, ==, expected);
}

/* DOCKER-USER cannot be read, but the guard can, and what was carried is known. */
static void test_counters(void) {
        g_autoptr(Fixture) f = setup();
        g_autoptr(GVariant) n = NULL;

        works(f, "Policies.Set", OLD ", {}");
        n = fixture_mock(
                f, "SetCounters",
                g_variant_new("(ssstt)", "ipv4", "QUAYWALL-POLICY", "\"quaywall:web\" -j DROP", (guint64) 7, (guint64) 700));
        works(f, "Policies.Rename", "'web', 'shop', {}");
        check_counters(f, "({'shop': (7, 700)},)");
        fixture_stop_firewalld(f);
        check_counters(f, "({'shop': (7, 700)},)");
        works(f, "Policies.Rename", "'shop', 'web', {}");
        check_counters(f, "({'web': (7, 700)},)");
        works(f, "Policies.Set", NEW ", {}");
        check_counters(f, "({'web': (7, 700)},)");
        fixture_start_firewalld(f);
        fixture_wait_state(f, "enforcing");
        check_counters(f, "({'web': (7, 700)},)");
}

static void test_nothing(void) {
        g_test_skip("this user may not make a network namespace");
}

int main(int argc, char **argv) {
        static const struct {
                const char *path;
                void (*run)(void);
        } tests[] = {
                { "/away/set-and-remove", test_set_and_remove },
                { "/away/is-told", test_is_told },
                { "/away/foretold", test_foretold },
                { "/away/refused", test_refused },
                { "/away/failing-is-not-away", test_failing_is_not_away },
                { "/away/killed-meanwhile", test_killed_meanwhile },
                { "/away/confirm-within", test_confirm_within },
                { "/away/counters", test_counters },
        };

        g_test_init(&argc, &argv, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
                g_test_add_func(tests[i].path, fixture_can_guard() ? tests[i].run : test_nothing);
        return g_test_run();
}
