/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies.CheckChange: all errors of a change at once, as data; or what would come of it. Nothing changes. */
#include "fixture-docker.h"

#include <string.h>

#define WEB "'web': {'action': <'allow-only'>, 'interfaces': <['ext0']>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}"

/* The value of a key of the answer; NULL: it is not there. */
static GVariant *ask(Fixture *f, const char *args, const char *key) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.CheckChange", "%s", args);
        g_autoptr(GVariant) result = answer ? g_variant_get_child_value(answer, 0) : NULL;
        return result ? g_variant_lookup_value(result, key, NULL) : NULL;
}

/* One line per error: "policy key index value code". */
static char *errors_of(Fixture *f, const char *args) {
        g_autoptr(GVariant) errors = ask(f, args, "errors");
        GString *text = g_string_new(NULL);
        const char *policy, *key, *value, *code, *sentence;
        gint32 index;
        if (!errors) {
                g_test_message("%s: no errors in the answer", args);
                g_test_fail();
                return g_string_free(text, FALSE);
        }
        g_assert_cmpstr(g_variant_get_type_string(errors), ==, "a(ssisss)");
        GVariantIter iter;
        g_variant_iter_init(&iter, errors);
        while (g_variant_iter_next(&iter, "(&s&si&s&s&s)", &policy, &key, &index, &value, &code, &sentence)) {
                g_string_append_printf(text, "%s%s|%s|%d|%s|%s", text->len ? "\n" : "", policy, key, index, value, code);
                g_assert_cmpstr(sentence, !=, "");
        }
        return g_string_free(text, FALSE);
}

static char *print_of(Fixture *f, const char *args, const char *key) {
        g_autoptr(GVariant) value = ask(f, args, key);
        return value ? g_variant_print(value, FALSE) : g_strdup("none");
}

/* Each kind of error with its place; the call itself succeeds. */
static void test_places(void) {
        static const char *const CASES[][2] = {
                { "{}, [], {}", "" },
                { "{" WEB "}, [], {}", "" },
                /* entries of lists */
                { "{'a': {'action': <'deny'>, 'sources': <['10.0.0.1', '10.0.0.300', 'ipset:-', '10.0.0.2', 'nobody']>}}, [], {}",
                  "a|sources|1|10.0.0.300|InvalidAddress\na|sources|2|ipset:-|InvalidAddress\na|sources|4|nobody|InvalidAddress" },
                { "{'a': {'action': <'deny'>, 'ports': <['80/tcp', '80', '70-90/tcp', '99999/udp']>}}, [], {}",
                  "a|ports|1|80|InvalidPort\na|ports|2|70-90/tcp|InvalidPort\na|ports|3|99999/udp|InvalidPort" },
                { "{'a': {'action': <'deny'>, 'interfaces': <['lo', 'ext0', 'ext0']>, 'containers': <['web', '/']>, 'networks': <['b', 'b']>}}, [], {}",
                  "a|interfaces|0|lo|InvalidInterface\na|interfaces|2|ext0|InvalidInterface\na|containers|1|/|InvalidPolicy\n"
                  "a|networks|1|b|InvalidPolicy" },
                /* what holds for a time, and what is joined */
                { "{'a': {'action': <'deny'>, 'sources': <['10.0.0.1', '10.0.0.2 until 2020-01-01T02:00:00+02:00', 'ipset:c', "
                  "'10.0.0.3 until 2199-01-01T00:00:00Z', '10.0.0.4 until soon', '10.0.0.300 until 2199-01-01T00:00:00Z']>}}, [], {}",
                  "a|sources|1|10.0.0.2 until 2020-01-01T02:00:00+02:00|InvalidPolicy\na|sources|4|10.0.0.4 until soon|InvalidPolicy\n"
                  "a|sources|5|10.0.0.300 until 2199-01-01T00:00:00Z|InvalidAddress" },
                { "{'a': {'action': <'deny'>, 'until': <'2020-01-01T00:00:00Z'>}, 'b': {'action': <'deny'>, 'until': <'soon'>}, "
                  "'c': {'action': <'deny'>, 'until': <'2199-01-01T00:00:00Z'>}, 'd': {'action': <'deny'>, 'until': <''>}}, [], {}",
                  "a|until|-1|2020-01-01T00:00:00Z|InvalidPolicy\nb|until|-1|soon|InvalidPolicy" },
                { "{'a': {'action': <'deny'>, 'sources': <['10.0.0.1', '10.0.0.0/24', '10.0.0.1']>}}, [], {}", "" },
                /* other keys */
                { "{'a': {'action': <'allow'>}}, [], {}", "a|action|-1|allow|InvalidPolicy" },
                { "{'a': {}}, [], {}", "a|action|-1||InvalidPolicy" },
                { "{'a': {'action': <'deny'>, 'description': <'a\\nb'>}}, [], {}", "a|description|-1|a\nb|InvalidPolicy" },
                { "{'a': {'action': <'deny'>, 'log': <'yes'>, 'colour': <'red'>, 'reject': <true>, 'reject': <true>}}, [], {}",
                  "a|log|-1||InvalidPolicy\na|colour|-1||InvalidPolicy\na|reject|-1||InvalidPolicy" },
                { "{'a': {'action': <'deny'>, 'sources': <'10.0.0.1'>, 'ports': <['x']>}}, [], {}",
                  "a|sources|-1||InvalidPolicy\na|ports|0|x|InvalidPort" },
                { "{'a': {'action': <'deny'>, 'revision': <'7'>}}, [], {}", "a|revision|-1||InvalidPolicy" },
                /* combinations */
                { "{'a': {'action': <'allow-only'>}}, [], {}", "a|sources|-1||InvalidPolicy" },
                { "{'a': {'action': <'allow-only'>, 'sources': <['x']>}}, [], {}", "a|sources|0|x|InvalidAddress" },
                { "{'a': {'action': <'forward'>, 'ports': <['80/tcp']>, 'networks': <['b']>, 'log': <true>}}, [], {}",
                  "a|interfaces|-1||InvalidPolicy\na|out-interfaces|-1||InvalidPolicy\na|ports|-1||InvalidPolicy\n"
                  "a|networks|-1||InvalidPolicy\na|log|-1||InvalidPolicy" },
                { "{'a': {'action': <'deny'>, 'out-interfaces': <['ext0']>}}, [], {}", "a|out-interfaces|-1||InvalidPolicy" },
                /* several policies, and their names */
                { "{'a': {'action': <'deny'>, 'ports': <['x']>}, '.b': {'action': <'no'>}, 'c': {'action': <'deny'>}, 'c': {'action': <'deny'>}}, [], {}",
                  "a|ports|0|x|InvalidPort\n.b|name|-1|.b|InvalidPolicy\n.b|action|-1|no|InvalidPolicy\nc|name|-1|c|InvalidPolicy" },
                { "{'a': {'action': <'deny'>}}, ['web', 'none', '-', 'a'], {}",
                  "-|remove|2|-|InvalidPolicy\na|remove|3|a|InvalidPolicy\nnone|remove|1|none|NoSuchPolicy" },
                /* options */
                { "{}, [], {'scope': <'now'>, 'colour': <1>, 'confirm-within': <0>, 'cut': <1>, 'create': <true>}",
                  "|scope|-1|now|InvalidOption\n|colour|-1||InvalidOption\n|confirm-within|-1||InvalidOption\n|cut|-1||InvalidOption" },
                { "{}, [], {'cut': <true>, 'scope': <'permanent'>, 'if-revision': <uint64 1>}",
                  "|cut|-1||InvalidOption\n|if-revision|-1||InvalidOption\n|cut|-1||NotSupported" },
                { "{" WEB "}, [], {'if-revision': <uint64 1>}", "web|if-revision|-1||Conflict" },
                { "{}, ['web'], {'if-revision': <uint64 1>}", "web|if-revision|-1||Conflict" },
                { "{" WEB "}, [], {'if-change': <uint64 1>}", "" },
                { "{" WEB "}, [], {'if-change': <uint64 2>}", "|if-change|-1||Conflict" },
                /* groups */
                { "{" WEB "}, [], {'groups': <{'office': {'addresses': <['10.0.0.1']>}}>}", "" },
                { "{" WEB "}, [], {'groups': <{'office': {'addresses': <['10.0.0.1', '10.0.0.300']>}}>, 'scope': <'now'>}",
                  "|groups|-1||InvalidAddress" },
                { "{}, [], {'groups': <{'-': {'addresses': <['10.0.0.1']>}}>}", "|groups|-1||InvalidGroup" },
                { "{}, [], {'groups': <1>}", "|groups|-1||InvalidOption" },
                /* what there is already */
                { "{'web': {'action': <'deny'>}, 'new': {'action': <'deny'>}}, [], {'create': <true>}",
                  "web|name|-1|web|PolicyExists" },
                { "{'web': {'action': <'deny'>}}, [], {'replace': <false>}", "web|action|-1|deny|PolicyExists" },
                { "{'web': {'action': <'no'>}}, [], {'create': <true>}", "web|action|-1|no|InvalidPolicy" },
                { "{'web': {'action': <'deny'>}}, [], {'replace': <true>}", "" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.SetMany", "{" WEB "}, {}");
        g_autofree char *before = fixture_dump(f);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *errors = errors_of(f, CASES[i][0]);
                g_test_message("%s", CASES[i][0]);
                g_assert_cmpstr(errors, ==, CASES[i][1]);
        }
        g_autofree char *after = fixture_dump(f), *list = print_of(f, "{" WEB "}, [], {'create': <true>}", "rules");
        fixture_same("a dry run", before, after);
        g_assert_cmpstr(list, ==, "none");
}

/* What Set refuses, CheckChange lists, with the same code and sentence; what it lists nothing for, Set takes. */
static void test_as_set(void) {
        static const char *const POLICIES[] = {
                "{'action': <'deny'>, 'sources': <['10.0.0.300']>}",
                "{'action': <'deny'>, 'ports': <['80']>}",
                "{'action': <'allow-only'>}",
                "{'action': <'forward'>, 'interfaces': <['ext0']>}",
                "{'action': <'deny'>, 'out-interfaces': <['ext0']>}",
                "{'action': <'obey-zones'>, 'sources': <['10.0.0.1']>}",
                "{'action': <'deny'>, 'containers': <['label==']>}",
                "{'action': <'deny'>, 'description': <'\\u0001'>}",
                "{'action': <'deny'>, 'colour': <'red'>}",
                "{'action': <'deny'>, 'log': <1>}",
                "{'action': <'deny'>, 'until': <'2020-01-01T00:00:00Z'>}",
                "{'action': <'deny'>, 'sources': <['10.0.0.1 until 2020-01-01T00:00:00Z']>}",
                "{'action': <'allow-only'>, 'sources': <['10.0.0.1 until 2199-01-01T00:00:00Z']>}",
                "{'action': <'deny'>, 'sources': <['10.0.0.0/8']>, 'ports': <['80/tcp']>}",
                "{'action': <'deny'>}",
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(POLICIES); i++) {
                g_autofree char *args = g_strdup_printf("{'p': %s}, [], {}", POLICIES[i]);
                g_autoptr(GVariant) errors = ask(f, args, "errors");
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) set = fixture_call(f, "Policies.Set", &error, "'p', %s, {}", POLICIES[i]);
                g_test_message("%s", POLICIES[i]);
                g_assert_cmpint(g_variant_n_children(errors) > 0, ==, !set);
                if (set)
                        continue;
                const char *code, *sentence;
                g_variant_get_child(errors, 0, "(ssis&s&s)", NULL, NULL, NULL, NULL, &code, &sentence);
                g_autofree char *name = g_dbus_error_get_remote_error(error), *full = g_strconcat(ERROR_(""), code, NULL);
                g_dbus_error_strip_remote_error(error);
                g_assert_cmpstr(full, ==, name);
                g_assert_cmpstr(sentence, ==, error->message);
        }
}

static void test_limits(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GString) many = g_string_new("{'a': {'action': <'deny'>, 'sources': <[");
        for (guint i = 0; i < 5000; i++)
                g_string_append_printf(many, "%s'x%u'", i ? ", " : "", i);
        g_string_append(many, "]>}, 'b': {'action': <'no'>}}, ['none'], {'colour': <1>}");
        g_autoptr(GVariant) errors = ask(f, many->str, "errors");
        g_assert_cmpuint(g_variant_n_children(errors), ==, 1025);
        const char *policy, *key, *value, *code;
        gint32 index;
        g_variant_get_child(errors, 1023, "(&s&si&s&ss)", &policy, &key, &index, &value, &code, NULL);
        g_assert_cmpint(index, ==, 1023);
        g_assert_cmpstr(value, ==, "x1023");
        g_variant_get_child(errors, 1024, "(&s&si&s&ss)", &policy, &key, &index, &value, &code, NULL);
        g_assert_cmpstr(policy, ==, "");
        g_assert_cmpstr(code, ==, "LimitExceeded");
        /* More entries than a list may have, and policies than there may be. */
        g_string_assign(many, "{'a': {'action': <'deny'>, 'ports': <[");
        for (guint i = 1; i <= 66; i++)
                g_string_append_printf(many, "%s'%u/tcp'", i > 1 ? ", " : "", i);
        g_string_append(many, "]>}}, [], {}");
        g_autofree char *text = errors_of(f, many->str);
        g_assert_cmpstr(text, ==, "a|ports|64|65/tcp|LimitExceeded\na|ports|65|66/tcp|LimitExceeded");
        g_string_assign(many, "{");
        for (guint i = 0; i < 1002; i++)
                g_string_append_printf(many, "%s'p%u': {'action': <'deny'>, 'enabled': <false>}", i ? ", " : "", i);
        g_string_append(many, "}, [], {}");
        g_autofree char *policies = errors_of(f, many->str);
        g_assert_cmpstr(policies, ==, "||-1||LimitExceeded");
        /* A long value is cut, between characters. */
        g_string_assign(many, "{'a': {'action': <'deny'>, 'sources': <['x");
        for (guint i = 0; i < 1000; i++)
                g_string_append(many, "ä");
        g_string_append(many, "']>}}, [], {}");
        g_autoptr(GVariant) wrong = ask(f, many->str, "errors");
        g_variant_get_child(wrong, 0, "(&s&si&s&ss)", &policy, &key, &index, &value, &code, NULL);
        g_assert_cmpuint(strlen(value), ==, 255);
}

/* A change that waits to be confirmed keeps others out; that is an error of the change as a whole. */
static void test_pending(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.SetMany", "{" WEB "}, {'confirm-within': <uint32 60>}");
        g_autofree char *errors = errors_of(f, "{'new': {'action': <'deny'>}}, ['web'], {}");
        g_assert_cmpstr(errors, ==, "||-1||ChangePending");
}

/* Without firewalld and without the guard, as here; test-away has what the guard alone can do. */
static void test_away(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        fixture_stop_firewalld(f);
        g_autofree char *errors = errors_of(f, "{" WEB "}, [], {}");
        g_assert_cmpstr(errors, ==, "||-1||FirewalldNotRunning");
        fixture_fails(f, ERROR_("FirewalldNotRunning"), "no guard", "Policies.SetMany", "%s", "{" WEB "}, {}");
}

static void test_rules_and_warnings(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.SetMany", "{" WEB ", 'old': {'action': <'deny'>, 'ports': <['25/tcp']>}}, {}");
        static const char change[] =
                "{'new': {'action': <'deny'>, 'ports': <['22/tcp']>}, 'off': {'action': <'deny'>, 'enabled': <false>}, "
                "'all': {'action': <'deny'>, 'sources': <['0.0.0.0/0', '10.0.0.1']>, 'containers': <['nothing']>}}, ['old'], {}";
        g_autofree char *rules = print_of(f, change, "rules"), *warnings = print_of(f, change, "warnings");
        g_assert_nonnull(strstr(rules, "quaywall:new"));
        g_assert_nonnull(strstr(rules, "quaywall:web"));
        g_assert_null(strstr(rules, "quaywall:old"));
        g_assert_null(strstr(rules, "quaywall:off"));
        g_assert_nonnull(strstr(warnings, "('off', 'disabled', "));
        g_assert_nonnull(strstr(warnings, "('all', 'everybody', "));
        g_assert_nonnull(strstr(warnings, "('all', 'no-such-container', "));
        g_assert_nonnull(strstr(warnings, "('all', 'addresses-merged', "));
        g_assert_null(strstr(warnings, "('web', "));
        /* What would be in force, and what is: the same rules. */
        g_autoptr(GVariant) promised = ask(f, change, "rules");
        works(f, "Policies.SetMany", "{'new': {'action': <'deny'>, 'ports': <['22/tcp']>}}, {}");
        works(f, "Policies.Remove", "'old', {}");
        g_autofree char *direct = fixture_direct(f, FALSE);
        g_assert_cmpuint(g_variant_n_children(promised), ==, fixture_lines(direct, "filter"));
        /* Permanently only. */
        g_autofree char *later = print_of(f, "{}, ['web'], {'scope': <'permanent'>}", "rules");
        g_assert_nonnull(strstr(later, "quaywall:new"));
        g_assert_null(strstr(later, "quaywall:web"));
        works(f, "Policies.Set", "'now', {'action': <'deny'>}, {'scope': <'runtime'>}");
        g_autofree char *permanent = errors_of(f, "{}, ['now'], {'scope': <'permanent'>}");
        g_assert_cmpstr(permanent, ==, "now|remove|0|now|NoSuchPolicy");
}

/* Who can reach which port, before and after: those ports that change. */
static void test_ports(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        MockDocker docker;
        g_autofree char *none = print_of(f, "{}, [], {}", "ports");
        g_assert_cmpstr(none, ==, "none");
        mock_docker_start(&docker, f);
        mock_docker_wait(f, "running");
        mock_docker_tell(&docker, "run web 8080");
        mock_docker_tell(&docker, "run db 5432");
        works(f, "Policies.Set", "'db', {'action': <'deny'>, 'ports': <['5432/tcp']>}, {}");
        g_autoptr(GVariant) ports =
                ask(f, "{'web': {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}}, [], {}",
                    "ports");
        g_assert_cmpuint(g_variant_n_children(ports), ==, 1);
        g_autoptr(GVariant) port = g_variant_get_child_value(ports, 0);
        const char *container, *reach;
        guint16 number;
        g_autoptr(GVariant) before = NULL, after = NULL;
        g_autofree const char **sources = NULL, **policies = NULL;
        g_assert_true(g_variant_lookup(port, "container", "&s", &container));
        g_assert_true(g_variant_lookup(port, "host-port", "q", &number));
        before = g_variant_lookup_value(port, "before", G_VARIANT_TYPE_VARDICT);
        after = g_variant_lookup_value(port, "after", G_VARIANT_TYPE_VARDICT);
        g_assert_cmpstr(container, ==, "web");
        g_assert_cmpuint(number, ==, 8080);
        g_assert_true(g_variant_lookup(before, "reach", "&s", &reach));
        g_assert_cmpstr(reach, ==, "everyone");
        g_assert_true(g_variant_lookup(after, "reach", "&s", &reach));
        g_assert_cmpstr(reach, ==, "sources");
        g_assert_true(g_variant_lookup(after, "sources", "^a&s", &sources));
        g_assert_cmpstr(sources[0], ==, "192.168.1.1");
        g_assert_true(g_variant_lookup(after, "policies", "^a&s", &policies));
        g_assert_cmpstr(policies[0], ==, "web");
        /* What changes nothing, or nothing for this port, is not listed. */
        g_autofree char *same = print_of(f, "{'db': {'action': <'deny'>, 'ports': <['5432/tcp']>, 'log': <true>}}, [], {}",
                                         "ports"),
                        *removed = print_of(f, "{}, ['db'], {}", "ports"),
                        *wrong = print_of(f, "{'x': {'action': <'y'>}}, ['db'], {}", "ports");
        g_assert_cmpstr(same, ==, "[]");
        g_assert_nonnull(strstr(removed, "'before': <{'reach': <'nobody'>"));
        g_assert_nonnull(strstr(removed, "'after': <{'reach': <'everyone'>"));
        g_assert_cmpstr(wrong, ==, "none");
        /* The 65th source is among those that are not listed. */
        g_autoptr(GString) list = g_string_new("{'action': <'allow-only'>, 'ports': <['8080/tcp']>, 'sources': <[");
        for (guint i = 0; i < 99; i++)
                g_string_append_printf(list, "'10.0.%u.1', ", i);
        g_autofree char *set = g_strdup_printf("'many', %s'10.0.200.1']>}, {}", list->str),
                        *change = g_strdup_printf("{'many': %s'10.0.201.1']>}}, [], {}", list->str),
                        *no_change = g_strdup_printf("{'many': %s'10.0.200.1']>}}, [], {}", list->str);
        works(f, "Policies.Set", set);
        g_autofree char *other = print_of(f, change, "ports"), *nothing = print_of(f, no_change, "ports");
        g_assert_nonnull(strstr(other, "'source-count': <uint32 100>"));
        g_assert_cmpstr(nothing, ==, "[]");
        mock_docker_kill(&docker);
}

/* A list of sources with names of ipsets among them. */
static void test_ipsets(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *errors = errors_of(
                f, "{'a': {'action': <'deny'>, 'sources': <['ipset:b', '10.0.0.1', 'ipset:b', 'zone:', 'ipset:c']>}}, [], {}");
        g_assert_cmpstr(errors, ==, "a|sources|3|zone:|InvalidAddress");
        g_autofree char *warnings =
                print_of(f, "{'a': {'action': <'deny'>, 'sources': <['10.0.0.1', 'ipset:none']>}}, [], {}", "warnings");
        g_assert_nonnull(strstr(warnings, "('a', 'ipset-missing', "));
}

static void on_answer(GObject *bus, GAsyncResult *result, gpointer data) {
        g_autoptr(GError) error = NULL;
        *(GVariant **) data = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, &error);
        g_assert_no_error(error);
}

static guint count_checks(Fixture *f) {
        g_autoptr(GVariant) checks = fixture_mock_polkit(f, "GetChecks", NULL);
        g_autoptr(GVariant) list = g_variant_get_child_value(checks, 0);
        return (guint) g_variant_n_children(list);
}

/* The largest change that there can be makes nobody else wait for all of it: counted are the calls that are answered while it is
 * read, which does not depend on how fast this machine is. */
static void test_large(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) other = fixture_connect(f);
        GVariantBuilder set;
        g_variant_builder_init(&set, G_VARIANT_TYPE("a{sa{sv}}"));
        for (guint p = 0; p < 500; p++) {
                g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(g_free);
                for (guint i = 0; i < 1000; i++)
                        g_ptr_array_add(sources, g_strdup_printf("10.%u.%u.%u", p % 250, p / 250 * 100 + i / 100, i % 100 * 2));
                g_autofree char *name = g_strdup_printf("p%u", p), *port = g_strdup_printf("%u/tcp", 1000 + p);
                g_variant_builder_open(&set, G_VARIANT_TYPE("{sa{sv}}"));
                g_variant_builder_add(&set, "s", name);
                g_variant_builder_open(&set, G_VARIANT_TYPE_VARDICT);
                g_variant_builder_add(&set, "{sv}", "action", g_variant_new_string("allow-only"));
                g_variant_builder_add(&set, "{sv}", "sources",
                                      g_variant_new_strv((const char *const *) sources->pdata, sources->len));
                g_variant_builder_add(&set, "{sv}", "ports", g_variant_new_strv((const char *const[]){ port }, 1));
                g_variant_builder_close(&set);
                g_variant_builder_close(&set);
        }
        GVariant *answer = NULL;
        guint served = 0;
        const guint checks = count_checks(f);
        g_dbus_connection_call(f->bus, "org.quaywall1", "/org/quaywall1", "org.quaywall1.Policies", "CheckChange",
                               g_variant_new("(@a{sa{sv}}asa{sv})", g_variant_builder_end(&set), NULL, NULL), NULL, 0, 60000,
                               NULL, on_answer, &answer);
        /* Until polkit is asked, the call is on its way. */
        while (count_checks(f) == checks)
                g_main_context_iteration(NULL, FALSE);
        while (!answer) {
                g_autoptr(GVariant) list = fixture_call_on(other, "Policies.List", g_variant_new("()"), 0, NULL);
                served++;
                while (g_main_context_iteration(NULL, FALSE))
                        ;
        }
        g_test_message("%u other calls were answered meanwhile", served);
        g_assert_cmpuint(served, >=, 30);
        g_autoptr(GVariant) result = g_variant_get_child_value(answer, 0),
                            errors = g_variant_lookup_value(result, "errors", NULL);
        g_assert_cmpuint(g_variant_n_children(errors), ==, 0);
        g_variant_unref(answer);
}

/* Callers of any sort are answered, and others meanwhile. */
static void test_malformed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        static const struct {
                const char *type, *args;
        } WRONG[] = { { "(a{sv})", "({},)" }, { "(a{sa{sv}}a{sv})", "({}, {})" }, { "(sasa{sv})", "('', [], {})" } };
        for (gsize i = 0; i < G_N_ELEMENTS(WRONG); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) args = g_variant_parse(G_VARIANT_TYPE(WRONG[i].type), WRONG[i].args, NULL, NULL, NULL);
                g_autoptr(GVariant) answer = fixture_call_on(f->bus, "Policies.CheckChange", g_steal_pointer(&args), 0, &error);
                g_assert_null(answer);
                fixture_check_error("CheckChange", error, INVALID_ARGS, "");
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/check-change/places", test_places);
        g_test_add_func("/check-change/as-set", test_as_set);
        g_test_add_func("/check-change/limits", test_limits);
        g_test_add_func("/check-change/pending", test_pending);
        g_test_add_func("/check-change/away", test_away);
        g_test_add_func("/check-change/rules-and-warnings", test_rules_and_warnings);
        g_test_add_func("/check-change/ports", test_ports);
        g_test_add_func("/check-change/ipsets", test_ipsets);
        g_test_add_func("/check-change/large", test_large);
        g_test_add_func("/check-change/malformed", test_malformed);
        return g_test_run();
}
