/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Direct: single rules in DOCKER-USER, and who owns them. */
#include "fixture.h"

#include <string.h>

#define RULE "'ipv4', 5, ['-s', '10.8.8.8', '-j', 'DROP']"

static char *list(Fixture *f) {
        g_autoptr(GVariant) answer = fixture_works(f, "Direct.ListRules", "%s", "");

        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

static void test_add_list_remove(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_iptables(f, "ipv4", "-S DOCKER-USER"), *kernel = NULL, *rules = NULL, *runtime = NULL,
                        *permanent = NULL, *after = NULL;

        works(f, "Direct.AddRule", RULE ", {}");
        kernel = fixture_iptables(f, "ipv4", "-S DOCKER-USER");
        g_assert_cmpuint(fixture_lines(kernel, "-s 10.8.8.8/32 -j DROP"), ==, 1);
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "ipv4 filter DOCKER-USER 5 -s 10.8.8.8 -j DROP"), ==, 1);
        g_assert_cmpuint(fixture_lines(permanent, "ipv4 filter DOCKER-USER 5 -s 10.8.8.8 -j DROP"), ==, 1);
        rules = list(f);
        g_assert_nonnull(strstr(rules, "('ipv4', 5, ['-s', '10.8.8.8', '-j', 'DROP'], 'direct')"));
        /* Docker's own RETURN exists in the kernel only. */
        g_assert_nonnull(strstr(rules, "('ipv4', 0, ['-j', 'RETURN'], 'foreign')"));
        works(f, "Direct.RemoveRule", RULE ", {}");
        after = fixture_iptables(f, "ipv4", "-S DOCKER-USER");
        fixture_same("the dump", before, after);
        g_free(permanent);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(permanent, "10.8.8.8"), ==, 0);
}

static void test_scope(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *runtime = NULL, *permanent = NULL;

        works(f, "Direct.AddRule", "'ipv4', 5, ['-s', '10.1.1.1', '-j', 'DROP'], {'scope': <'runtime'>}");
        works(f, "Direct.AddRule", "'ipv6', -5, ['-s', 'fd00::1', '-j', 'DROP'], {'scope': <'permanent'>}");
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "10.1.1.1"), ==, 1);
        g_assert_cmpuint(fixture_lines(permanent, "10.1.1.1"), ==, 0);
        g_assert_cmpuint(fixture_lines(runtime, "fd00::1"), ==, 0);
        g_assert_cmpuint(fixture_lines(permanent, "ipv6 filter DOCKER-USER -5 -s fd00::1 -j DROP"), ==, 1);
}

/* Regression: an existing runtime rule was removed by the trial of a permanent one, and when a failed change was undone. */
static void test_was_there(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL, *runtime = NULL, *permanent = NULL;

        works(f, "Direct.AddRule", RULE ", {'scope': <'runtime'>}");
        works(f, "Direct.AddRule", RULE ", {'scope': <'permanent'>}");
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "10.8.8.8"), ==, 1);
        g_assert_cmpuint(fixture_lines(permanent, "10.8.8.8"), ==, 1);

        for (guint permanently = 0; permanently < 2; permanently++) {
                works(f, "Direct.RemoveRule",
                      permanently ? RULE ", {'scope': <'runtime'>}" : RULE ", {'scope': <'permanent'>}");
                before = fixture_dump(f);
                fixture_plan(f, "config.direct.update", 1, "fail", "COMMAND_FAILED: planned by the test");
                fixture_fails(f, ERROR_("FirewalldFailed"), "planned by the test",
                              permanently ? "Direct.RemoveRule" : "Direct.AddRule", "%s", RULE ", {}");
                after = fixture_dump(f);
                fixture_same(permanently ? "only permanent" : "only at runtime", before, after);
                g_clear_pointer(&before, g_free);
                g_clear_pointer(&after, g_free);
                works(f, "Direct.AddRule", RULE ", {}");
        }
}

/* Each reading of the kernel fails once; at the last one the rule has already been added. */
static void test_each_look_fails(void) {
        guint n = 0;

        for (g_autoptr(GVariant) answer = NULL; !answer && n < 10;) {
                g_autoptr(Fixture) f = fixture_new(NULL);
                g_autofree char *runtime = NULL, *permanent = NULL;
                g_autoptr(GError) error = NULL;

                fixture_plan(f, "direct.passthrough", ++n, "fail", "COMMAND_FAILED: planned by the test");
                answer = fixture_call(f, "Direct.AddRule", &error, "%s", RULE ", {}");
                /* Another call failed: on a busy machine quaywalld's check after its start comes in between. */
                if (answer && fixture_count_calls(f, "direct.passthrough") >= n) {
                        g_clear_pointer(&answer, g_variant_unref);
                        n--;
                        continue;
                }
                runtime = fixture_direct(f, FALSE);
                permanent = fixture_direct(f, TRUE);
                g_assert_cmpuint(fixture_lines(runtime, "10.8.8.8"), ==, answer != NULL);
                g_assert_cmpuint(fixture_lines(permanent, "10.8.8.8"), ==, answer != NULL);
        }
        g_assert_cmpuint(n, >=, 6); /* more if that check's readings were counted, too */
}

/* On Debian 12, IPv6 has no DOCKER-USER until somebody adds it. */
static void test_ipv6(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *kernel = NULL, *rules = NULL;

        works(f, "Direct.AddRule", "'ipv6', 0, ['-s', 'fd00::1', '-j', 'DROP'], {}");
        kernel = fixture_iptables(f, "ipv6", "-S DOCKER-USER");
        g_assert_cmpuint(fixture_lines(kernel, "-s fd00::1/128 -j DROP"), ==, 1);
        rules = list(f);
        g_assert_nonnull(strstr(rules, "('ipv6', 0, ['-s', 'fd00::1', '-j', 'DROP'], 'direct')"));
}

static void test_owners(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *rules = NULL, *again = NULL;

        g_free(fixture_iptables(f, "ipv4", "-I DOCKER-USER -s 10.9.9.9 -j DROP"));
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'interfaces': <['ext0']>, 'ports': <['8080/tcp']>}, {}");
        works(f, "Direct.AddRule", RULE ", {}");
        rules = list(f);
        g_assert_nonnull(strstr(rules, "'policies')"));
        g_assert_nonnull(strstr(rules, "('ipv4', 5, ['-s', '10.8.8.8', '-j', 'DROP'], 'direct')"));
        g_assert_nonnull(strstr(rules, "['-s', '10.9.9.9/32', '-j', 'DROP'], 'foreign')"));
        /* In the order in which packets meet them: priority 5 is before the policies' 1000. */
        g_assert_true(strstr(rules, "10.8.8.8") < strstr(rules, "'policies'"));
}

/* Words may contain spaces, as comments do. */
static void test_words_with_spaces(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *rules = NULL;

        works(f, "Direct.AddRule",
              "'ipv4', 0, ['-s', '10.1.1.1', '-m', 'comment', '--comment', 'two words', '-j', 'DROP'], {}");
        rules = list(f);
        g_assert_nonnull(strstr(rules, "'two words'"));
        g_assert_nonnull(strstr(rules, "'direct')"));
}

static void test_refused(void) {
        static const struct {
                const char *error, *words, *method, *args;
        } cases[] = {
                { ERROR_("InvalidOption"), "ipv5|ipv4|ipv6", "Direct.AddRule", "'ipv5', 0, ['-j', 'DROP'], {}" },
                { ERROR_("InvalidOption"), "priority|40000", "Direct.AddRule", "'ipv4', 40000, ['-j', 'DROP'], {}" },
                { ERROR_("InvalidOption"), "args", "Direct.AddRule", "'ipv4', 0, [], {}" },
                { ERROR_("InvalidOption"), "-t", "Direct.AddRule", "'ipv4', 0, ['-t', 'nat', '-j', 'DROP'], {}" },
                { ERROR_("InvalidOption"), "-A", "Direct.AddRule", "'ipv4', 0, ['-A', 'FORWARD', '-j', 'DROP'], {}" },
                { ERROR_("InvalidOption"), "-F", "Direct.AddRule", "'ipv4', 0, ['-F'], {}" },
                { ERROR_("InvalidOption"), "--flush", "Direct.AddRule", "'ipv4', 0, ['--flush', 'FORWARD'], {}" },
                { ERROR_("InvalidOption"), "nosuch", "Direct.AddRule", "'ipv4', 0, ['-j', 'DROP'], {'nosuch': <1>}" },
                { ERROR_("InvalidOption"), "scope|always", "Direct.AddRule",
                  "'ipv4', 0, ['-j', 'DROP'], {'scope': <'always'>}" },
                { ERROR_("FirewalldFailed"), "BOGUS", "Direct.AddRule",
                  "'ipv4', 0, ['-m', 'conntrack', '--ctstate', 'BOGUS', '-j', 'DROP'], {}" },
                { ERROR_("FirewalldFailed"), "NOSUCHCHAIN", "Direct.AddRule", "'ipv4', 0, ['-j', 'NOSUCHCHAIN'], {}" },
                /* A bad rule would make firewalld's next reload fail, so it must be tried at runtime before it becomes
                 * permanent. */
                { ERROR_("FirewalldFailed"), "BOGUS", "Direct.AddRule",
                  "'ipv4', 0, ['-m', 'conntrack', '--ctstate', 'BOGUS', '-j', 'DROP'], {'scope': <'permanent'>}" },
                /* Pretends to be a policy's rule. */
                { ERROR_("InvalidOption"), "quaywall:", "Direct.AddRule",
                  "'ipv4', 0, ['-m', 'comment', '--comment', 'quaywall:web', '-j', 'DROP'], {}" },
                /* A line break would start another line for iptables-restore. */
                { ERROR_("InvalidOption"), "args", "Direct.AddRule",
                  "'ipv4', 0, ['-s', '10.1.1.1\\n-A FORWARD', '-j', 'DROP'], {}" },
                { ERROR_("InvalidOption"), "args", "Direct.AddRule", "'ipv4', 0, ['', '-j', 'DROP'], {}" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *state = NULL;

        /* So that the daemon's chains, which it adds once, exist. */
        works(f, "Direct.AddRule", RULE ", {}");
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *before = fixture_dump(f), *after = NULL;

                fixture_fails(f, cases[i].error, cases[i].words, cases[i].method, "%s", cases[i].args);
                after = fixture_dump(f);
                fixture_same("the dump", before, after);
        }
        fixture_reload_firewalld(f);
        state = fixture_dump(f);
        g_assert_true(g_str_has_prefix(state, "state: RUNNING"));
}

/* The rule that ListRules attributes to the owner. */
static void remove_is_refused(Fixture *f, const char *owner, const char *names) {
        g_autofree char *rules = list(f), *end = g_strdup_printf(", '%s')", owner);
        const char *rule = strstr(rules, end), *start = rule;
        g_assert_nonnull(rule);
        if (!rule)
                return;
        while (*start != '(')
                start--;
        g_autofree char *args = g_strdup_printf("%.*s, {}", (int) (rule - start - 1), start + 1);
        fixture_fails(f, ERROR_("InvalidOption"), names, "Direct.RemoveRule", "%s", args);
}

static void test_remove_refused(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL;

        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'interfaces': <['ext0']>}, {}");
        works(f, "Policies.Set",
              "'router', {'action': <'forward'>, 'interfaces': <['ext0']>, 'out-interfaces': <['int0']>}, {}");
        before = fixture_dump(f);
        remove_is_refused(f, "policies", "leads to the policies");
        remove_is_refused(f, "policy:router", "\"router\"");
        fixture_fails(f, ERROR_("InvalidOption"), "10.7.7.7", "Direct.RemoveRule", "%s",
                      "'ipv4', 0, ['-s', '10.7.7.7', '-j', 'DROP'], {}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

/* Because of its priority it is before the policies' rules, and no reload of firewalld can change that. */
static void test_ends_the_chain(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) verified = NULL, again = NULL;
        g_autofree char *problems = NULL, *left = NULL, *user = NULL;
        const char *jump, *end;

        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'interfaces': <['ext0']>}, {}");
        works(f, "Direct.AddRule", "'ipv4', -10, ['-j', 'RETURN'], {}");
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        for (int i = 0; i < 3; i++)
                works(f, "Manager.Repair", "");
        g_assert_cmpuint(fixture_count_calls(f, "reload"), ==, 0);
        verified = fixture_works(f, "Manager.Verify", "%s", "");
        problems = g_variant_print(verified, FALSE);
        g_assert_cmpuint(fixture_lines(problems, "rules-dead"), ==, 1);
        g_assert_nonnull(strstr(problems, "firewall-cmd --direct --get-all-rules"));
        works(f, "Direct.RemoveRule", "'ipv4', -10, ['-j', 'RETURN'], {}");
        again = fixture_works(f, "Manager.Verify", "%s", "");
        left = g_variant_print(again, FALSE);
        g_assert_cmpuint(fixture_lines(left, "rules-dead"), ==, 0);

        /* A RETURN behind the policies' rules is not to blame for one that somebody put before them. */
        works(f, "Direct.AddRule", "'ipv4', 2000, ['-j', 'RETURN'], {}");
        g_free(fixture_iptables(f, "ipv4", "-I DOCKER-USER -j RETURN"));
        works(f, "Manager.Repair", "");
        user = fixture_iptables(f, "ipv4", "-S DOCKER-USER");
        jump = strstr(user, "-j QUAYWALL");
        end = strstr(user, "-A DOCKER-USER -j RETURN");
        g_assert_true(jump && end && jump < end);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/direct/add-list-remove", test_add_list_remove);
        g_test_add_func("/direct/scope", test_scope);
        g_test_add_func("/direct/was-there", test_was_there);
        g_test_add_func("/direct/each-look-fails", test_each_look_fails);
        g_test_add_func("/direct/ipv6", test_ipv6);
        g_test_add_func("/direct/owners", test_owners);
        g_test_add_func("/direct/words-with-spaces", test_words_with_spaces);
        g_test_add_func("/direct/refused", test_refused);
        g_test_add_func("/direct/remove-refused", test_remove_refused);
        g_test_add_func("/direct/ends-the-chain", test_ends_the_chain);
        return g_test_run();
}
