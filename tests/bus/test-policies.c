/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Policies: from a policy to firewalld's direct rules, runtime and permanent, and back. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define WEB "'web', {'action': <'allow-only'>, 'interfaces': <['ext0']>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}"

static char *print(GVariant *answer) {
        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

static gboolean exists(const char *dir, const char *name) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

static gboolean changed(Fixture *f, gpointer data) {
        return f->changed && strstr(f->changed, data) != NULL;
}

static void test_empty(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *list = answer_text(f, "Policies.List", ""), *after = NULL;
        g_autofree char *counters = answer_text(f, "Policies.Counters", "");
        g_autoptr(GVariant) version = NULL;

        g_assert_cmpstr(list, ==, "({},)");
        g_assert_cmpstr(counters, ==, "({},)");
        fixture_wait_state(f, "idle");
        version = fixture_get(f, "Manager.FirewalldVersion", NULL);
        g_assert_cmpstr(g_variant_get_string(version, NULL), ==, "1.3.3");
        fixture_fails(f, ERROR_("NoSuchPolicy"), "web", "Policies.Get", "'web'");
        fixture_fails(f, ERROR_("NoSuchPolicy"), "web", "Policies.Remove", "'web', {}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

static void test_set_get_list_remove(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *user0 = fixture_iptables(f, "ipv4", "-S DOCKER-USER"),
                        *token = answer_text(f, "Policies.Set", WEB ", {}");
        g_autofree char *user = NULL, *policy = NULL, *policy6 = NULL, *runtime = NULL, *permanent = NULL, *get = NULL,
                        *list = NULL, *user1 = NULL;

        g_assert_cmpstr(token, ==, "('',)");
        fixture_wait(f, changed, (gpointer) "'web'", "signal Changed");
        user = fixture_iptables(f, "ipv4", "-S DOCKER-USER");
        g_assert_cmpuint(
                fixture_lines(user,
                              "-m conntrack --ctstate NEW,RELATED --ctdir ORIGINAL -m comment --comment quaywall -j QUAYWALL"),
                ==, 1);
        g_assert_cmpuint(
                fixture_lines(
                        user,
                        "--tcp-flags SYN,ACK SYN -m conntrack --ctstate ESTABLISHED --ctdir ORIGINAL -m comment --comment quaywall -j QUAYWALL"),
                ==, 1);
        policy = fixture_iptables(f, "ipv4", "-S QUAYWALL-POLICY");
        g_assert_cmpuint(
                fixture_lines(
                        policy,
                        "-i ext0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -m comment --comment \"quaywall:web\" -j DROP"),
                ==, 1);
        g_assert_cmpuint(fixture_lines(policy, "-s 192.168.1.1/32"), ==, 1);
        g_assert_cmpuint(fixture_lines(policy, "\"quaywall:web\" -j DROP"), ==, 1);
        /* Trap 5: a policy with only IPv4 sources still blocks IPv6. */
        policy6 = fixture_iptables(f, "ipv6", "-S QUAYWALL-POLICY");
        g_assert_cmpuint(fixture_lines(policy6, "\"quaywall:web\" -j DROP"), ==, 1);
        g_assert_cmpuint(fixture_lines(policy6, "-j RETURN"), <=, 3); /* only those for the bridges */
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:web"), ==, 3);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:web"), ==, fixture_lines(permanent, "quaywall:web"));
        g_assert_true(exists(f->policies, "web.xml"));
        get = answer_text(f, "Policies.Get", "'web'");
        g_assert_nonnull(strstr(get, "'action': <'allow-only'>"));
        g_assert_nonnull(strstr(get, "'interfaces': <['ext0']>"));
        g_assert_nonnull(strstr(get, "'sources': <['192.168.1.1']>"));
        g_assert_nonnull(strstr(get, "'ports': <['8080/tcp']>"));
        list = answer_text(f, "Policies.List", "");
        g_assert_nonnull(strstr(list, "'web': {"));
        works(f, "Policies.Remove", "'web', {}");
        fixture_wait(f, changed, (gpointer) "'web'", "signal Changed");
        user1 = fixture_iptables(f, "ipv4", "-S DOCKER-USER");
        g_assert_cmpstr(user1, ==, user0);
        g_free(runtime);
        g_free(permanent);
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:"), ==, 0);
        g_assert_cmpuint(fixture_lines(permanent, "quaywall:"), ==, 0);
        g_assert_false(exists(f->policies, "web.xml"));
        fixture_fails(f, ERROR_("NoSuchPolicy"), "web", "Policies.Get", "'web'");
}

static void test_every_key_comes_back(void) {
        static const char policy[] =
                "{'action': <'deny'>, 'interfaces': <['ext0', 'ext1']>, 'sources': <['10.0.0.0/8', '192.168.1.1-192.168.1.3', 'fd00::/64']>, "
                "'destinations': <['10.1.2.3']>, 'ports': <['8080/tcp', '5000-5010/udp']>, 'reject': <true>, 'log': <true>, 'enabled': <false>, "
                "'description': <'A < B & \"C\" \\u00fc'>}";
        static const char *const keys[] = { "'action': <'deny'>",
                                            "'interfaces': <['ext0', 'ext1']>",
                                            "'sources': <['10.0.0.0/8', '192.168.1.1-192.168.1.3', 'fd00::/64']>",
                                            "'destinations': <['10.1.2.3']>",
                                            "'ports': <['8080/tcp', '5000-5010/udp']>",
                                            "'reject': <true>",
                                            "'log': <true>",
                                            "'enabled': <false>",
                                            "'description': <'A < B & \"C\" ü'>" };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) done = fixture_works(f, "Policies.Set", "'all.keys_1-x', %s, {}", policy);

        /* First as set, then as read from the file by a new daemon. */
        for (int round = 0; round < 2; round++) {
                g_autofree char *get = answer_text(f, "Policies.Get", "'all.keys_1-x'");

                for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
                        if (!strstr(get, keys[i])) {
                                g_test_message("round %d: %s is not in %s", round, keys[i], get);
                                g_test_fail();
                        }
                g_assert_true(fixture_stop_daemon(f, SIGTERM));
                fixture_start_daemon(f);
        }
}

static void test_disabled_has_no_rules(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *runtime = NULL, *permanent = NULL, *list = NULL, *again = NULL;

        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'enabled': <false>}, {}");
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:web"), ==, 0);
        g_assert_cmpuint(fixture_lines(permanent, "quaywall:web"), ==, 0);
        list = answer_text(f, "Policies.List", "");
        g_assert_nonnull(strstr(list, "'web'"));
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'enabled': <true>}, {}");
        again = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(again, "quaywall:web"), >, 0);
}

static void test_scope_runtime(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *runtime = NULL, *permanent = NULL, *list = NULL, *after = NULL;

        works(f, "Policies.Set", WEB ", {'scope': <'runtime'>}");
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:web"), >, 0);
        g_assert_cmpuint(fixture_lines(permanent, "quaywall:web"), ==, 0);
        g_assert_false(exists(f->policies, "web.xml"));
        fixture_fails(f, ERROR_("NoSuchPolicy"), "web", "Policies.Remove", "'web', {'scope': <'permanent'>}");
        works(f, "Manager.Reload", "");
        list = answer_text(f, "Policies.List", "");
        g_assert_cmpstr(list, ==, "({},)");
        after = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(after, "quaywall:web"), ==, 0);
}

static void test_scope_permanent(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *runtime = NULL, *permanent = NULL, *after = NULL;

        works(f, "Policies.Set", WEB ", {'scope': <'permanent'>}");
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:web"), ==, 0);
        g_assert_cmpuint(fixture_lines(permanent, "quaywall:web"), >, 0);
        g_assert_true(exists(f->policies, "web.xml"));
        works(f, "Manager.Reload", "");
        after = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(after, "quaywall:web"), >, 0);
}

static void test_remove_runtime_only_hides(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *runtime = NULL, *permanent = NULL, *list = NULL, *after = NULL;

        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Remove", "'web', {'scope': <'runtime'>}");
        runtime = fixture_direct(f, FALSE);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:web"), ==, 0);
        g_assert_cmpuint(fixture_lines(permanent, "quaywall:web"), >, 0);
        list = answer_text(f, "Policies.List", "");
        g_assert_cmpstr(list, ==, "({},)");
        works(f, "Manager.Reload", "");
        after = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(after, "quaywall:web"), >, 0);
}

/* Everybody else's rules, in both lists and in the kernel, as text. */
static char *foreign(Fixture *f) {
        g_autofree char *runtime = fixture_direct(f, FALSE), *permanent = fixture_direct(f, TRUE);
        g_autofree char *kernel = fixture_iptables(f, "ipv4", "-S DOCKER-USER"),
                        *nat = fixture_iptables(f, "ipv4", "-t nat -S");
        g_autofree char *all = g_strconcat(runtime, "--\n", permanent, "--\n", kernel, "--\n", nat, NULL);
        g_autofree char *dump = fixture_dump(f);
        g_auto(GStrv) lines = g_strsplit(all, "\n", -1);
        g_auto(GStrv) others = g_strsplit(dump, "\n", -1);
        GString *text = g_string_new(NULL);

        for (gsize i = 0; lines[i]; i++)
                if (!strstr(lines[i], "QUAYWALL") && !strstr(lines[i], "quaywall"))
                        g_string_append_printf(text, "%s\n", lines[i]);
        for (gsize i = 0; others[i]; i++)
                if (strstr(others[i], "THEIRS") || strstr(others[i], "passthrough "))
                        g_string_append_printf(text, "%s\n", others[i]);
        return g_string_free(text, FALSE);
}

static void test_others_rules_stay(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        g_autofree char *before = NULL, *with = NULL, *after = NULL, *again = NULL;
        g_autoptr(GVariant) update = NULL, chain = NULL, rule = NULL;

        g_free(fixture_iptables(f, "ipv4", "-I DOCKER-USER -s 10.9.9.9 -j DROP"));
        update = g_dbus_connection_call_sync(
                f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1/config",
                "org.fedoraproject.FirewallD1.config.direct", "update",
                g_variant_new_parsed(
                        "(([('ipv4', 'nat', 'THEIRS'), ('ipv4', 'filter', 'DOCKER-USER')], [('ipv4', 'filter', 'DOCKER-USER', 0, ['-s', '10.8.8.8', '-m', 'comment', '--comment', 'theirs and \"quoted\"', '-j', 'DROP']), "
                        "('ipv4', 'nat', 'THEIRS', 3, ['-j', 'RETURN'])], [('ipv4', ['-t', 'filter', '-A', 'INPUT', '-j', 'ACCEPT'])]),)"),
                NULL, 0, -1, NULL, NULL);
        g_assert_nonnull(update);
        fixture_reload_firewalld(f);
        g_variant_unref(fixture_mock(f, "Docker", NULL));
        before = foreign(f); /* before the daemon, which may write at its start */
        fixture_start_daemon(f);
        works(f, "Policies.Set", WEB ", {}");
        with = foreign(f);
        fixture_same("the dump", before, with);
        works(f, "Policies.Set", "'two', {'action': <'deny'>, 'sources': <['10.8.8.8']>}, {}");
        works(f, "Policies.Remove", "'web', {}");
        works(f, "Policies.Remove", "'two', {}");
        after = foreign(f);
        fixture_same("the dump", before, after);
        fixture_reload_firewalld(f);
        g_variant_unref(fixture_mock(f, "Docker", NULL));
        again = foreign(f);
        fixture_same("the dump", before, again);
}

static void test_change_costs_what_changes(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GString) all = g_string_new("{");
        g_autofree char *args = NULL, *before = NULL, *after = NULL;
        guint n;

        for (int i = 0; i < 50; i++)
                g_string_append_printf(all,
                                       "%s'p%d': {'action': <'allow-only'>, 'ports': <['%d/tcp']>, 'sources': <['10.0.0.%d']>}",
                                       i ? ", " : "", i, 1000 + i, i + 1);
        g_string_append_c(all, '}');
        args = g_strconcat(all->str, ", {}", NULL);
        works(f, "Policies.ReplaceAll", args);
        before = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(before, "quaywall:p7 "), >, 0);
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Policies.Set",
              "'p7', {'action': <'allow-only'>, 'ports': <['1007/tcp']>, 'sources': <['10.0.0.8', '10.0.0.99']>}, {}");
        n = fixture_count_calls(f, "direct.addRule") + fixture_count_calls(f, "direct.removeRule*");
        g_assert_cmpuint(n, >, 0);
        g_assert_cmpuint(n, <=, 6);
        /* The same again: nothing is written. */
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Policies.Set",
              "'p7', {'action': <'allow-only'>, 'ports': <['1007/tcp']>, 'sources': <['10.0.0.8', '10.0.0.99']>}, {}");
        g_assert_cmpuint(fixture_count_calls(f, "direct.addRule") + fixture_count_calls(f, "direct.removeRule*"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "config.direct.update"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "reload"), ==, 0);
        after = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(after, "10.0.0.99"), ==, 1);
}

/* Invariant 2: at each moment the old or the new rules are in force. */
static void test_make_before_break(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) answer = NULL;
        g_autoptr(GVariantIter) iter = NULL;
        const char *name;
        guint at = 0, last_add = 0, first_remove = G_MAXUINT;

        works(f, "Policies.Set", WEB ", {}");
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Policies.Set",
              "'web', {'action': <'allow-only'>, 'interfaces': <['ext0']>, 'sources': <['192.168.1.2']>, 'ports': <['8081/tcp']>}, {}");
        answer = fixture_mock(f, "GetCalls", NULL);
        g_variant_get(answer, "(a(ss))", &iter);
        for (; g_variant_iter_next(iter, "(&s&s)", &name, NULL); at++) {
                if (g_str_equal(name, "direct.addRule"))
                        last_add = at;
                if (g_pattern_match_simple("direct.removeRule*", name))
                        first_remove = MIN(first_remove, at);
        }
        g_assert_cmpuint(last_add, >, 0);
        g_assert_cmpuint(first_remove, <, G_MAXUINT);
        g_assert_cmpuint(last_add, <, first_remove);
}

static void test_set_many(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *list = NULL, *permanent = NULL, *before = NULL, *after = NULL;

        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", "'later', {'action': <'deny'>, 'ports': <['9/tcp']>}, {'scope': <'permanent'>}");
        works(f, "Policies.Set", "'kept', {'action': <'deny'>, 'ports': <['8/tcp']>}, {}");
        works(f, "Policies.SetMany",
              "{'web': {'action': <'deny'>, 'ports': <['1/tcp']>}, 'b': {'action': <'deny'>, 'ports': <['2/tcp']>}}, {'scope': <'runtime'>}");
        /* Each scope keeps its own policies, and those that were not named. */
        list = answer_text(f, "Policies.List", "");
        g_assert_nonnull(strstr(list, "'1/tcp'"));
        g_assert_nonnull(strstr(list, "'b': {"));
        g_assert_nonnull(strstr(list, "'kept': {"));
        g_assert_null(strstr(list, "'later': {"));
        permanent = answer_text(f, "Policies.ListPermanent", "");
        g_assert_nonnull(strstr(permanent, "'kept': {"));
        g_assert_null(strstr(permanent, "'1/tcp'"));
        g_assert_null(strstr(permanent, "'b': {"));
        g_assert_nonnull(strstr(permanent, "'web': {"));
        g_assert_nonnull(strstr(permanent, "'later': {"));
        /* With one invalid policy, none is set. */
        before = fixture_dump(f);
        fixture_fails(f, ERROR_("InvalidPort"), "d|70000", "Policies.SetMany",
                      "{'c': {'action': <'deny'>}, 'd': {'action': <'deny'>, 'ports': <['70000/udp']>}}, {}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

static void test_replace_all(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *list = NULL, *runtime = NULL, *before = NULL, *after = NULL;

        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.ReplaceAll",
              "{'a': {'action': <'deny'>, 'ports': <['1/tcp']>}, 'b': {'action': <'deny'>, 'ports': <['2/tcp']>}}, {}");
        list = answer_text(f, "Policies.List", "");
        g_assert_null(strstr(list, "'web'"));
        g_assert_nonnull(strstr(list, "'a': {"));
        g_assert_nonnull(strstr(list, "'b': {"));
        runtime = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:web"), ==, 0);
        g_assert_false(exists(f->policies, "web.xml"));
        /* With one invalid policy, none is set. */
        before = fixture_dump(f);
        fixture_fails(f, ERROR_("InvalidPort"), "d|70000", "Policies.ReplaceAll",
                      "{'c': {'action': <'deny'>}, 'd': {'action': <'deny'>, 'ports': <['70000/udp']>}}, {}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        works(f, "Policies.ReplaceAll", "{}, {}");
        g_free(list);
        list = answer_text(f, "Policies.List", "");
        g_assert_cmpstr(list, ==, "({},)");
}

static void test_check_is_what_set_does(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *after = NULL, *runtime = NULL;
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.Check", "%s", WEB);
        g_autoptr(GVariantIter) rules = NULL, warnings = NULL;
        const char *family;
        const char **argv;
        guint n = 0;

        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        works(f, "Policies.Set", WEB ", {}");
        runtime = fixture_direct(f, FALSE);
        g_variant_get(answer, "(a(sas)a(ss))", &rules, &warnings);
        while (g_variant_iter_next(rules, "(&s^a&s)", &family, &argv)) {
                g_autofree const char **owned = argv;
                g_autofree char *joined = g_strjoinv(" ", (char **) owned + 2), *line = NULL;

                g_assert_cmpstr(owned[0], ==, "-A");
                line = g_strdup_printf(" %s", joined);
                if (strstr(line, "quaywall:web")) {
                        g_autofree char *prefix = g_strdup_printf("%s filter %s ", family, owned[1]);

                        g_assert_cmpuint(fixture_lines(runtime, line), >, 0);
                        g_assert_cmpuint(fixture_lines(runtime, prefix), >, 0);
                        n++;
                }
        }
        g_assert_cmpuint(n, ==, fixture_lines(runtime, "quaywall:web"));
}

static void test_labels_together(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *one = answer_text(f, "Policies.Check", "'web', {'action': <'deny'>, 'containers': <['label=a']>}"),
                        *two = answer_text(f, "Policies.Check",
                                           "'web', {'action': <'deny'>, 'containers': <['label=a', 'label=b=c']>}"),
                        *both = answer_text(f, "Policies.Check",
                                            "'web', {'action': <'deny'>, 'containers': <['label=a', 'web']>}"),
                        *names = answer_text(f, "Policies.Check",
                                             "'web', {'action': <'deny'>, 'containers': <['web', 'side']>}");

        g_assert_null(strstr(one, "containers-together"));
        g_assert_nonnull(strstr(two, "containers-together"));
        g_assert_nonnull(strstr(both, "containers-together"));
        g_assert_null(strstr(names, "containers-together"));
}

/* For front ends: two options that keep an existing policy from being replaced, which is the default. */
static void test_create_and_replace(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL;

        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}, {'create': <true>}");
        works(f, "Policies.Set", "'later', {'action': <'deny'>}, {'scope': <'permanent'>}");
        before = fixture_dump(f);
        fixture_fails(f, ERROR_("PolicyExists"), "name|web", "Policies.Set", "%s",
                      "'web', {'action': <'deny'>}, {'create': <true>}");
        fixture_fails(f, ERROR_("PolicyExists"), "name|later", "Policies.Set", "%s",
                      "'later', {'action': <'deny'>}, {'create': <true>}");
        fixture_fails(f, ERROR_("PolicyExists"), "action|web|deny|allow-only", "Policies.Set", "%s",
                      "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>}, {'replace': <false>}");
        fixture_fails(f, ERROR_("InvalidOption"), "create", "Policies.Remove", "%s", "'web', {'create': <true>}");
        /* One conflict among several policies is enough. */
        fixture_fails(f, ERROR_("PolicyExists"), "name|web", "Policies.SetMany", "%s",
                      "{'a': {'action': <'deny'>}, 'web': {'action': <'deny'>}}, {'create': <true>}");
        fixture_fails(
                f, ERROR_("PolicyExists"), "action|web|deny|allow-only", "Policies.SetMany", "%s",
                "{'a': {'action': <'deny'>}, 'web': {'action': <'allow-only'>, 'sources': <['192.168.1.1']>}}, {'replace': <false>}");
        fixture_fails(f, ERROR_("InvalidOption"), "create", "Policies.ReplaceAll", "%s",
                      "{'web': {'action': <'deny'>}}, {'create': <true>}");
        after = fixture_dump(f);
        fixture_same("refused", before, after);
        /* Without a policy in that scope nothing is lost. */
        works(f, "Policies.Set", "'later', {'action': <'deny'>}, {'scope': <'runtime'>, 'create': <true>}");
        works(f, "Policies.Set", "'web', {'action': <'deny'>}, {'replace': <false>, 'create': <false>}");
        works(f, "Policies.Set", "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>}, {'replace': <true>}");
        works(f, "Policies.Set", "'web', {'action': <'deny'>}, {}");
        works(f, "Policies.SetMany", "{'new': {'action': <'deny'>}, 'newer': {'action': <'deny'>}}, {'create': <true>}");
        works(f, "Policies.SetMany", "{'new': {'action': <'deny'>, 'ports': <['80/tcp']>}}, {'replace': <false>}");
}

static void test_check_warns_of_everybody(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *all =
                answer_text(f, "Policies.Check", "'web', {'action': <'allow-only'>, 'sources': <['0.0.0.0/0']>}");
        g_autoptr(GVariant) answer =
                fixture_works(f, "Policies.Check", "%s", "'web', {'action': <'allow-only'>, 'sources': <['0.0.0.0/0']>}");
        g_autoptr(GVariant) warnings = answer ? g_variant_get_child_value(answer, 1) : NULL;
        g_autofree char *text = print(warnings);

        g_assert_cmpuint(warnings ? g_variant_n_children(warnings) : 0, >, 0);
        g_assert_nonnull(strstr(text, "0.0.0.0/0"));
        /* It is allowed all the same. */
        works(f, "Policies.Set", "'web', {'action': <'allow-only'>, 'sources': <['0.0.0.0/0']>}, {}");
}

/* Addresses that are there twice, or overlap, are taken for what they mean, and Check tells of it. */
static void test_addresses_are_merged(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        static const char policy[] =
                "{'action': <'allow-only'>, 'sources': <['10.0.0.9', '10.1.0.0/16', '10.0.0.0/8', 'ipset:a',"
                "'10.0.0.9', 'ipset:a', 'fd00::1']>, 'destinations': <['192.168.1.99', '192.168.1.99']>}";
        g_autofree char *set = g_strdup_printf("'web', %s, {}", policy), *check = g_strdup_printf("'web', %s", policy);
        g_autofree char *warnings = answer_text(f, "Policies.Check", check);

        g_assert_nonnull(strstr(warnings, "('addresses-merged', 'sources: 4 of the 7 addresses repeat or overlap others; "
                                          "joined, they are 3')"));
        g_assert_nonnull(strstr(warnings, "('addresses-merged', 'destinations: 1 of the 2 addresses repeat or overlap others; "
                                          "joined, they are 1')"));
        g_autofree char *checked = answer_text(f, "Policies.SetChecked", set);
        g_assert_nonnull(strstr(checked, "addresses-merged"));
        g_autofree char *got = answer_text(f, "Policies.Get", "'web'");
        g_assert_nonnull(strstr(got, "'sources': <['10.0.0.0/8', 'fd00::1', 'ipset:a']>"));
        g_assert_nonnull(strstr(got, "'destinations': <['192.168.1.99']>"));
        /* However it is written, it is the same policy: nothing is written. */
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'sources': <['10.0.0.0/8']>}, {}");
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'sources': <['10.0.0.0/8', '10.1.2.3']>}, {}");
        g_assert_cmpuint(fixture_count_calls(f, "direct.addRule") + fixture_count_calls(f, "direct.removeRule*"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "config.direct.update"), ==, 0);
        /* And so is one from a file that was written by hand. */
        fixture_write(f->policies, "hand.xml",
                      "<policy action='deny'><source address='10.0.0.1'/><source address='10.0.0.0/24'/></policy>");
        works(f, "Manager.Reload", "");
        g_autofree char *hand = answer_text(f, "Policies.Get", "'hand'");
        g_assert_nonnull(strstr(hand, "'sources': <['10.0.0.0/24']>"));
}

static void test_counters(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) n = NULL;
        g_autofree char *zero = NULL, *counters = NULL;

        works(f, "Policies.Set", WEB ", {}");
        zero = answer_text(f, "Policies.Counters", "");
        g_assert_cmpstr(zero, ==, "({'web': (0, 0)},)");
        n = fixture_mock(
                f, "SetCounters",
                g_variant_new("(ssstt)", "ipv4", "QUAYWALL-POLICY", "\"quaywall:web\" -j DROP", (guint64) 7, (guint64) 420));
        g_assert_cmpuint(g_variant_n_children(n), ==, 1);
        n = (g_variant_unref(n), fixture_mock(f, "SetCounters",
                                              g_variant_new("(ssstt)", "ipv6", "QUAYWALL-POLICY", "\"quaywall:web\" -j DROP",
                                                            (guint64) 1, (guint64) 80)));
        /* What the policy lets pass is not counted. */
        n = (g_variant_unref(n), fixture_mock(f, "SetCounters",
                                              g_variant_new("(ssstt)", "ipv4", "QUAYWALL-POLICY", "\"quaywall:web\" -j RETURN",
                                                            (guint64) 1000, (guint64) 1000)));
        counters = answer_text(f, "Policies.Counters", "");
        g_assert_cmpstr(counters, ==, "({'web': (8, 500)},)");
}

static void test_forward(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *user = NULL, *dump = NULL, *after = NULL;
        static const char *const pairs[][2] = { { "trusted", "ext0" }, { "work", "int0" } };

        for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
                g_autoptr(GVariant) zone =
                        g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1",
                                                    "org.fedoraproject.FirewallD1.zone", "addInterface",
                                                    g_variant_new("(ss)", pairs[i][0], pairs[i][1]), NULL, 0, -1, NULL, NULL);
                g_autofree char *options =
                        g_strdup_printf("'%s', {'zone': <'%s'>, 'scope': <'permanent'>}", pairs[i][1], pairs[i][0]);

                works(f, "Zone.AddInterface", options);
        }
        before = fixture_dump(f);
        works(f, "Policies.Set",
              "'router', {'action': <'forward'>, 'interfaces': <['ext0']>, 'out-interfaces': <['int0']>}, {}");
        user = fixture_iptables(f, "ipv4", "-S DOCKER-USER");
        g_assert_cmpuint(fixture_lines(user, "-i ext0 -o int0 -m comment --comment \"quaywall:router\" -j ACCEPT"), ==, 1);
        g_assert_cmpuint(
                fixture_lines(
                        user,
                        "-i int0 -o ext0 -m conntrack --ctstate ESTABLISHED --ctdir REPLY -m comment --comment \"quaywall:router\" -j ACCEPT"),
                ==, 1);
        /* ICMP errors may return, but expected connections may not. */
        g_assert_cmpuint(
                fixture_lines(
                        user,
                        "-i int0 -o ext0 -p icmp -m conntrack --ctstate RELATED -m comment --comment \"quaywall:router\" -j ACCEPT"),
                ==, 1);
        /* Both gates: firewalld's own forward chain would reject what DOCKER-USER accepts. */
        dump = fixture_dump(f);
        g_assert_true(g_regex_match_simple(
                "\npolicy quaywall-forward: [^\n]*source ipset=[^\n]*'ingress_zones': <\\['ANY'\\]>[^\n]*'egress_zones': <\\['ANY'\\]>",
                dump, 0, 0));
        g_assert_true(g_regex_match_simple("\npermanent policy quaywall-forward: ", dump, 0, 0));
        works(f, "Policies.Remove", "'router', {}");
        after = fixture_dump(f);
        g_assert_null(strstr(after, "quaywall:router"));
        g_assert_false(g_regex_match_simple("\npermanent policy quaywall-", after, 0, 0));
}

static GVariant *call_config(Fixture *f, const char *path, const char *interface, const char *method, const char *args) {
        g_autofree char *full = g_strconcat("org.fedoraproject.FirewallD1.", interface, NULL);
        g_autoptr(GError) error = NULL;
        GVariant *answer = g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", path, full, method,
                                                       g_variant_new_parsed(args), NULL, 0, -1, NULL, &error);

        g_assert_no_error(error);
        return answer;
}

/* At runtime and permanently. */
static gboolean is_mended(Fixture *f, gpointer name) {
        g_autofree char *dump = fixture_dump(f), *line = g_strdup_printf("policy %s: ", (char *) name);
        g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);
        guint n = 0;

        for (char **at = lines; *at; at++)
                n += strstr(*at, line) && strstr(*at, "'target': <'CONTINUE'>") && strstr(*at, "'egress_zones': <['ANY']>");
        return n == 2;
}

/* As firewall-cmd --permanent --policy NAME --set-target=DROP does, and more. */
static void alter(Fixture *f, const char *name) {
        g_autofree char *args = g_strdup_printf("('%s',)", name);
        g_autoptr(GVariant) object = call_config(f, "/org/fedoraproject/FirewallD1/config", "config", "getPolicyByName", args);
        g_autoptr(GVariant) done = NULL;
        const char *path;

        g_variant_get(object, "(&o)", &path);
        done = call_config(f, path, "config.policy", "update", "({'target': <'DROP'>, 'egress_zones': <@as []>},)");
}

/* Altered again and again: the daemon may check, and repair it, before Verify is called. */
static gboolean is_told(Fixture *f, gpointer name) {
        g_autoptr(GVariant) verify = NULL;
        g_autofree char *problems = NULL;

        alter(f, name);
        verify = fixture_works(f, "Manager.Verify", "%s", "");
        problems = g_variant_print(verify, FALSE);
        return strstr(problems, "'forward-altered'") && strstr(problems, name);
}

/* Regression: firewalld's policies were not checked, so a forward could be blocked while State was enforcing, even after
 * Repair. */
static void test_forward_altered(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autoptr(GVariant) names = NULL, vpn = NULL, verify = NULL;
        g_auto(GStrv) list = NULL;
        g_autofree char *dump = NULL, *problems = NULL;
        char *name = NULL;

        works(f, "Zone.AddInterface", "'ext0', {'zone': <'trusted'>}");
        works(f, "Zone.AddInterface", "'int0', {'zone': <'work'>}");
        works(f, "Policies.Set",
              "'router', {'action': <'forward'>, 'interfaces': <['ext0']>, 'out-interfaces': <['int0']>}, {}");
        names = call_config(f, "/org/fedoraproject/FirewallD1/config", "config", "getPolicyNames", "()");
        g_variant_get(names, "(^as)", &list);
        for (guint i = 0; list[i]; i++)
                if (g_str_has_prefix(list[i], "quaywall-"))
                        name = list[i];
        g_assert_true(name && is_mended(f, name));

        fixture_wait(f, is_told, name, "the problem to be found");
        works(f, "Manager.Repair", "");
        g_assert_true(is_mended(f, name));
        verify = fixture_works(f, "Manager.Verify", "%s", "");
        problems = g_variant_print(verify, FALSE);
        g_assert_null(strstr(problems, "forward-altered"));

        alter(f, name);
        fixture_reload_firewalld(f);
        fixture_wait(f, is_mended, name, "it to be mended after a reload");

        vpn = call_config(f, "/org/fedoraproject/FirewallD1/config", "config", "addPolicy",
                          "('quaywall-vpn', {'target': <'ACCEPT'>})");
        works(f, "Policies.Remove", "'router', {}");
        dump = fixture_dump(f);
        g_assert_false(g_regex_match_simple("permanent policy quaywall-forward:", dump, 0, 0));
        g_assert_nonnull(strstr(dump, "permanent policy quaywall-vpn:"));
}

static void test_survives_firewalld_reload(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *runtime = NULL, *after = NULL;

        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", "'now', {'action': <'deny'>, 'ports': <['9/tcp']>}, {'scope': <'runtime'>}");
        runtime = fixture_direct(f, FALSE);
        fixture_reload_firewalld(f);
        /* The daemon answers this call after it has seen Reloaded. */
        works(f, "Manager.Verify", "");
        after = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(after, "quaywall:web"), ==, fixture_lines(runtime, "quaywall:web"));
        for (int i = 0; i < 100 && fixture_lines(after, "quaywall:now") == 0; i++) {
                /* Runtime only, so firewalld lost the policy and the daemon restores it; each call gives it time. */
                works(f, "Policies.List", "");
                g_free(after);
                after = fixture_direct(f, FALSE);
        }
        g_assert_cmpuint(fixture_lines(after, "quaywall:now"), ==, fixture_lines(runtime, "quaywall:now"));
}

static void test_restart_changes_nothing(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL, *list = NULL, *list_after = NULL;

        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set",
              "'two', {'action': <'deny'>, 'sources': <['10.8.8.8', 'fd00::1']>, 'log': <true>, 'reject': <true>}, {}");
        before = fixture_dump(f);
        list = answer_text(f, "Policies.List", "");
        g_assert_true(fixture_stop_daemon(f, SIGTERM));
        after = fixture_dump(f);
        fixture_same("the dump", before, after); /* the rules stay when the daemon ends */
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        fixture_start_daemon(f);
        list_after = answer_text(f, "Policies.List", "");
        g_assert_cmpstr(list_after, ==, list);
        works(f, "Manager.Verify", "");
        g_free(after);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        g_assert_cmpuint(fixture_count_calls(f, "direct.addRule") + fixture_count_calls(f, "direct.removeRule*"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "config.direct.update"), ==, 0);
}

/* FACTS section 2: firewalld >= 2.0 flushes iptables at the first runtime direct call, and Docker is not informed. */
static gboolean docker_is_back(Fixture *f, gpointer unused) {
        g_autofree char *nat = fixture_iptables(f, "ipv4", "-t nat -S DOCKER");

        return fixture_lines(nat, "-j DNAT") > 0;
}

static void test_first_call_does_not_wipe_docker(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .firewalld_version = "2.3.1" });
        g_autofree char *nat = NULL, *forward = NULL, *user = NULL, *permanent = NULL;

        works(f, "Policies.Set", WEB ", {}");
        fixture_wait(f, docker_is_back, NULL, "Docker to make its rules again");
        nat = fixture_iptables(f, "ipv4", "-t nat -S DOCKER");
        g_assert_cmpuint(fixture_lines(nat, "-j DNAT"), ==, 1);
        forward = fixture_iptables(f, "ipv4", "-S FORWARD");
        g_assert_cmpuint(fixture_lines(forward, "-j DOCKER-USER"), ==, 1);
        user = fixture_iptables(f, "ipv4", "-S DOCKER-USER");
        g_assert_cmpuint(fixture_lines(user, "-j QUAYWALL"), ==, 2);
        permanent = fixture_direct(f, TRUE);
        g_assert_cmpuint(fixture_lines(permanent, "quaywall:web"), >, 0);
}

static void test_file_by_hand(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *list = NULL, *runtime = NULL, *gone = NULL, *vendor = NULL, *masked = NULL;

        fixture_write(
                f->policies, "hand.xml",
                "<?xml version='1.0' encoding='utf-8'?>\n<policy action='allow-only'>\n  <interface name='ext0'/>\n  <source address='192.168.1.1'/>\n"
                "  <port port='8080' protocol='tcp'/>\n</policy>\n");
        fixture_write(f->vendor, "below.xml", "<policy action='deny'><port port='25' protocol='tcp'/></policy>\n");
        works(f, "Manager.Reload", "");
        list = answer_text(f, "Policies.List", "");
        g_assert_nonnull(strstr(list, "'hand': {"));
        g_assert_nonnull(strstr(list, "'below': {"));
        runtime = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:hand"), >, 0);
        g_assert_cmpuint(fixture_lines(runtime, "quaywall:below"), >, 0);
        /* An empty file hides the one below it. */
        fixture_write(f->policies, "below.xml", "");
        works(f, "Manager.Reload", "");
        masked = answer_text(f, "Policies.List", "");
        g_assert_null(strstr(masked, "'below'"));
        gone = g_build_filename(f->policies, "below.xml", NULL);
        g_unlink(gone);
        /* Removing a vendor's policy writes such a file, since the vendor's folder is not ours to write. */
        works(f, "Manager.Reload", "");
        works(f, "Policies.Remove", "'below', {}");
        g_assert_true(exists(f->vendor, "below.xml"));
        works(f, "Manager.Reload", "");
        vendor = answer_text(f, "Policies.List", "");
        g_assert_null(strstr(vendor, "'below'"));
}

static gboolean is_changed(Fixture *f, gpointer number) {
        return f->n_changed > *(guint *) number;
}

/* After Reload both scopes share one set of policies. The next Reload must not edit it before it is applied. */
static void test_reload_twice(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *list = NULL, *kept = NULL;
        guint number;

        works(f, "Policies.Set", WEB ", {}");
        works(f, "Manager.Reload", "");
        number = f->n_changed;
        fixture_write(f->policies, "hand.xml", "<policy action='deny'><port port='25' protocol='tcp'/></policy>\n");
        works(f, "Manager.Reload", "");
        fixture_wait(f, is_changed, &number, "the signal Changed");
        list = answer_text(f, "Policies.List", "");
        g_assert_nonnull(strstr(list, "'hand'"));
        fixture_write(f->policies, "hand.xml", "");
        fixture_stop_firewalld(f);
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "firewalld", "Manager.Reload", "%s", "");
        kept = answer_text(f, "Policies.List", "");
        g_assert_nonnull(strstr(kept, "'hand'"));
}

/* A broken file is no problem any more once a good one has replaced it. */
static void test_broken_file_replaced(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL;

        fixture_write(f->policies, "web.xml", "<policy action='den");
        fixture_fails(f, ERROR_("InvalidPolicy"), "/policies/web.xml:1: |nothing enforces it", "Manager.Reload", "%s", "");
        before = answer_text(f, "Manager.Verify", "");
        g_assert_nonnull(strstr(before, "policy-file"));
        works(f, "Policies.Set", WEB ", {}");
        after = answer_text(f, "Manager.Verify", "");
        g_assert_null(strstr(after, "policy-file"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/policies/reload-twice", test_reload_twice);
        g_test_add_func("/policies/broken-file-replaced", test_broken_file_replaced);
        g_test_add_func("/policies/empty", test_empty);
        g_test_add_func("/policies/set-get-list-remove", test_set_get_list_remove);
        g_test_add_func("/policies/every-key-comes-back", test_every_key_comes_back);
        g_test_add_func("/policies/disabled-has-no-rules", test_disabled_has_no_rules);
        g_test_add_func("/policies/scope-runtime", test_scope_runtime);
        g_test_add_func("/policies/scope-permanent", test_scope_permanent);
        g_test_add_func("/policies/remove-runtime-only-hides", test_remove_runtime_only_hides);
        g_test_add_func("/policies/others-rules-stay", test_others_rules_stay);
        g_test_add_func("/policies/change-costs-what-changes", test_change_costs_what_changes);
        g_test_add_func("/policies/make-before-break", test_make_before_break);
        g_test_add_func("/policies/set-many", test_set_many);
        g_test_add_func("/policies/replace-all", test_replace_all);
        g_test_add_func("/policies/check-is-what-set-does", test_check_is_what_set_does);
        g_test_add_func("/policies/labels-together", test_labels_together);
        g_test_add_func("/policies/create-and-replace", test_create_and_replace);
        g_test_add_func("/policies/check-warns-of-everybody", test_check_warns_of_everybody);
        g_test_add_func("/policies/addresses-are-merged", test_addresses_are_merged);
        g_test_add_func("/policies/counters", test_counters);
        g_test_add_func("/policies/forward", test_forward);
        g_test_add_func("/policies/forward-altered", test_forward_altered);
        g_test_add_func("/policies/survives-firewalld-reload", test_survives_firewalld_reload);
        g_test_add_func("/policies/restart-changes-nothing", test_restart_changes_nothing);
        g_test_add_func("/policies/first-call-does-not-wipe-docker", test_first_call_does_not_wipe_docker);
        g_test_add_func("/policies/file-by-hand", test_file_by_hand);
        return g_test_run();
}
