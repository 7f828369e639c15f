/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bad input: each case is refused with its error and a message that names field, value and what would be right, and nothing
 * changes. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
        const char *label, *error, *words, *policy; /* GVariant text of the policy */
} PolicyCase;

#define A "'action': <'allow-only'>"
#define D "'action': <'deny'>"
#define S "'sources': <['10.0.0.1']>"

static const PolicyCase policy_cases[] = {
        { "unknown action", ERROR_("InvalidPolicy"), "action|permit|allow-only|deny|forward", "{'action': <'permit'>}" },
        { "empty action", ERROR_("InvalidPolicy"), "action|allow-only|deny|forward", "{'action': <''>}" },
        { "no action", ERROR_("InvalidPolicy"), "action|allow-only|deny|forward", "{" S "}" },
        { "empty policy", ERROR_("InvalidPolicy"), "action", "{}" },
        { "unknown key", ERROR_("InvalidPolicy"), "source", "{" A ", 'source': <['10.0.0.1']>}" },
        { "key in the wrong case", ERROR_("InvalidPolicy"), "Sources", "{" A ", 'Sources': <['10.0.0.1']>}" },
        { "string for a list", ERROR_("InvalidPolicy"), "sources|as", "{" A ", 'sources': <'10.0.0.1'>}" },
        { "list for a string", ERROR_("InvalidPolicy"), "action|s", "{'action': <['deny']>}" },
        { "string for a boolean", ERROR_("InvalidPolicy"), "log|b", "{" D ", 'log': <'yes'>}" },
        { "integer for a boolean", ERROR_("InvalidPolicy"), "reject|b", "{" D ", 'reject': <1>}" },
        { "list of integers for ports", ERROR_("InvalidPolicy"), "ports|as", "{" D ", 'ports': <[8080]>}" },
        { "variant in a variant", ERROR_("InvalidPolicy"), "enabled|b", "{" D ", 'enabled': <<true>>}" },
        { "integer for a string", ERROR_("InvalidPolicy"), "description|s", "{" D ", 'description': <7>}" },

        { "byte too large", ERROR_("InvalidAddress"), "sources|192.168.1.300", "{" A ", 'sources': <['192.168.1.300']>}" },
        { "prefix too long", ERROR_("InvalidAddress"), "sources|10.0.0.1/33|32", "{" A ", 'sources': <['10.0.0.1/33']>}" },
        { "IPv6 prefix too long", ERROR_("InvalidAddress"), "sources|fd00::/129|128", "{" A ", 'sources': <['fd00::/129']>}" },
        { "range backwards", ERROR_("InvalidAddress"), "sources|10.0.0.9-10.0.0.1",
          "{" A ", 'sources': <['10.0.0.9-10.0.0.1']>}" },
        { "range over two families", ERROR_("InvalidAddress"), "sources|10.0.0.1-fd00::1",
          "{" A ", 'sources': <['10.0.0.1-fd00::1']>}" },
        { "host bits", ERROR_("InvalidAddress"), "sources|192.168.1.7/24|192.168.1.0/24",
          "{" A ", 'sources': <['192.168.1.7/24']>}" },
        { "IPv6 host bits", ERROR_("InvalidAddress"), "sources|fd00::1/64|fd00::/64", "{" A ", 'sources': <['fd00::1/64']>}" },
        { "empty address", ERROR_("InvalidAddress"), "sources", "{" A ", 'sources': <['']>}" },
        { "a name", ERROR_("InvalidAddress"), "sources|example.org", "{" A ", 'sources': <['example.org']>}" },
        { "short IPv4", ERROR_("InvalidAddress"), "sources|10.1", "{" A ", 'sources': <['10.1']>}" },
        { "octal", ERROR_("InvalidAddress"), "sources|010.0.0.1", "{" A ", 'sources': <['010.0.0.1']>}" },
        { "a blank", ERROR_("InvalidAddress"), "sources| 10.0.0.1", "{" A ", 'sources': <[' 10.0.0.1']>}" },
        { "a comma", ERROR_("InvalidAddress"), "sources|10.0.0.1,10.0.0.2", "{" A ", 'sources': <['10.0.0.1,10.0.0.2']>}" },
        { "a negation", ERROR_("InvalidAddress"), "sources|!10.0.0.1", "{" A ", 'sources': <['!10.0.0.1']>}" },
        { "a netmask", ERROR_("InvalidAddress"), "sources|10.0.0.0/255.0.0.0", "{" A ", 'sources': <['10.0.0.0/255.0.0.0']>}" },
        { "a zone id", ERROR_("InvalidAddress"), "sources|fe80::1%eth0", "{" A ", 'sources': <['fe80::1%eth0']>}" },
        { "an option", ERROR_("InvalidAddress"), "sources|-j", "{" A ", 'sources': <['-j']>}" },
        { "a line break", ERROR_("InvalidAddress"), "sources", "{" A ", 'sources': <['10.0.0.1\\n-A FORWARD -j ACCEPT']>}" },
        { "second of two", ERROR_("InvalidAddress"), "sources|10.0.0.256", "{" A ", 'sources': <['10.0.0.1', '10.0.0.256']>}" },
        { "destination", ERROR_("InvalidAddress"), "destinations|10.1.2", "{" D ", 'destinations': <['10.1.2']>}" },

        { "port without protocol", ERROR_("InvalidPort"), "ports|\"80\"|80/tcp", "{" D ", 'ports': <['80']>}" },
        { "port 0", ERROR_("InvalidPort"), "ports|0/tcp|1|65535", "{" D ", 'ports': <['0/tcp']>}" },
        { "port too large", ERROR_("InvalidPort"), "ports|70000/udp|65535", "{" D ", 'ports': <['70000/udp']>}" },
        { "ports backwards", ERROR_("InvalidPort"), "ports|90-80/tcp", "{" D ", 'ports': <['90-80/tcp']>}" },
        { "port of ICMP", ERROR_("InvalidPort"), "ports|80/icmp|tcp|udp", "{" D ", 'ports': <['80/icmp']>}" },
        { "port by name", ERROR_("InvalidPort"), "ports|http/tcp", "{" D ", 'ports': <['http/tcp']>}" },
        { "empty port", ERROR_("InvalidPort"), "ports", "{" D ", 'ports': <['']>}" },
        { "negative port", ERROR_("InvalidPort"), "ports|-1/tcp", "{" D ", 'ports': <['-1/tcp']>}" },
        { "upper case protocol", ERROR_("InvalidPort"), "ports|80/TCP", "{" D ", 'ports': <['80/TCP']>}" },
        { "port twice", ERROR_("InvalidPort"), "ports|80/tcp", "{" D ", 'ports': <['80/tcp', '79-81/tcp']>}" },

        { "empty interface", ERROR_("InvalidInterface"), "interfaces|\"\"", "{" D ", 'interfaces': <['']>}" },
        { "interface too long", ERROR_("InvalidInterface"), "interfaces|interface-name16|15",
          "{" D ", 'interfaces': <['interface-name16']>}" },
        { "interface with /", ERROR_("InvalidInterface"), "interfaces|a/b", "{" D ", 'interfaces': <['a/b']>}" },
        { "interface with a blank", ERROR_("InvalidInterface"), "interfaces|a b", "{" D ", 'interfaces': <['a b']>}" },
        { "interface with !", ERROR_("InvalidInterface"), "interfaces|!eth0", "{" D ", 'interfaces': <['!eth0']>}" },
        { "interface with *", ERROR_("InvalidInterface"), "interfaces|eth*", "{" D ", 'interfaces': <['eth*']>}" },
        { "interface with +", ERROR_("InvalidInterface"), "interfaces|eth+", "{" D ", 'interfaces': <['eth+']>}" },
        { "interface ..", ERROR_("InvalidInterface"), "interfaces|..", "{" D ", 'interfaces': <['..']>}" },
        { "interface .", ERROR_("InvalidInterface"), "interfaces|\".\"", "{" D ", 'interfaces': <['.']>}" },
        { "interface like an option", ERROR_("InvalidInterface"), "interfaces|-j", "{" D ", 'interfaces': <['-j']>}" },
        { "interface twice", ERROR_("InvalidInterface"), "interfaces|eth0", "{" D ", 'interfaces': <['eth0', 'eth0']>}" },
        { "out-interface", ERROR_("InvalidInterface"), "out-interfaces|a/b",
          "{'action': <'forward'>, 'interfaces': <['eth0']>, 'out-interfaces': <['a/b']>}" },

        { "forward without out-interfaces", ERROR_("InvalidPolicy"), "out-interfaces|forward",
          "{'action': <'forward'>, 'interfaces': <['eth0']>}" },
        { "forward without interfaces", ERROR_("InvalidPolicy"), "interfaces|forward",
          "{'action': <'forward'>, 'out-interfaces': <['eth0']>}" },
        { "deny with out-interfaces", ERROR_("InvalidPolicy"), "out-interfaces|forward",
          "{" D ", 'out-interfaces': <['eth0']>}" },
        { "allow-only nobody", ERROR_("InvalidPolicy"), "sources|allow-only|deny", "{" A "}" },
        { "control character in the description", ERROR_("InvalidPolicy"), "description", "{" D ", 'description': <'a\\nb'>}" },
};

static const struct {
        const char *error, *words, *name;
} names[] = {
        { ERROR_("InvalidPolicy"), "name|64", "" },
        { ERROR_("InvalidPolicy"), "name|a b", "a b" },
        { ERROR_("InvalidPolicy"), "name|a/b", "a/b" },
        { ERROR_("InvalidPolicy"), "name|..", ".." },
        { ERROR_("InvalidPolicy"), "name|../../etc/passwd", "../../etc/passwd" },
        { ERROR_("InvalidPolicy"), "name|.hidden", ".hidden" },
        { ERROR_("InvalidPolicy"), "name|-x", "-x" },
        { ERROR_("InvalidPolicy"), "name|a:b", "a:b" },
        { ERROR_("InvalidPolicy"), "name|a*", "a*" },
        { ERROR_("InvalidPolicy"), "name|\303\274", "\303\274" },
        { ERROR_("InvalidPolicy"), "name", "a\\nb" },
        { ERROR_("InvalidPolicy"), "name|64", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" },
};

static char *list(Fixture *f) {
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.List", "%s", "");

        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

static void check_unchanged(Fixture *f, const char *label, const char *before, const char *listed) {
        g_autofree char *after = fixture_dump(f), *listed_after = list(f);

        fixture_same(label, before, after);
        fixture_same(label, listed, listed_after);
}

/* With one valid policy, so that a change would show. */
static Fixture *setup(void) {
        Fixture *f = fixture_new(NULL);
        g_autoptr(GVariant) done =
                fixture_works(f, "Policies.Set", "%s", "'good', {'action': <'deny'>, 'ports': <['25/tcp']>}, {}");

        return f;
}

static void test_policies(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *before = fixture_dump(f), *listed = list(f);

        for (gsize i = 0; i < G_N_ELEMENTS(policy_cases); i++) {
                const PolicyCase *c = &policy_cases[i];
                g_autofree char *words = g_strconcat(c->words, "|bad", NULL);

                g_test_message("%s", c->label);
                fixture_fails(f, c->error, c->words, "Policies.Set", "'bad', %s, {}", c->policy);
                fixture_fails(f, c->error, c->words, "Policies.Set", "'good', %s, {'scope': <'runtime'>}", c->policy);
                fixture_fails(f, c->error, c->words, "Policies.Check", "'bad', %s", c->policy);
                /* With several policies, the error must also name the bad one. */
                fixture_fails(f, c->error, words, "Policies.ReplaceAll", "{'a': {'action': <'deny'>}, 'bad': %s}, {}",
                              c->policy);
                check_unchanged(f, c->label, before, listed);
        }
}

static void test_names(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *before = fixture_dump(f), *listed = list(f);

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
                fixture_fails(f, names[i].error, names[i].words, "Policies.Set", "'%s', {'action': <'deny'>}, {}",
                              names[i].name);
                fixture_fails(f, names[i].error, names[i].words, "Policies.Check", "'%s', {'action': <'deny'>}", names[i].name);
                fixture_fails(f, names[i].error, names[i].words, "Policies.ReplaceAll", "{'%s': {'action': <'deny'>}}, {}",
                              names[i].name);
                check_unchanged(f, names[i].name, before, listed);
        }
        fixture_fails(f, ERROR_("NoSuchPolicy"), "nosuch", "Policies.Remove", "'nosuch', {}");
        fixture_fails(f, ERROR_("NoSuchPolicy"), "nosuch", "Policies.Get", "'nosuch'");
        check_unchanged(f, "nosuch", before, listed);
}

static void test_options(void) {
        static const struct {
                const char *words, *options;
        } cases[] = {
                { "nosuch", "{'nosuch': <true>}" },
                { "Scope", "{'Scope': <'runtime'>}" },
                { "scope|forever|runtime|permanent|both", "{'scope': <'forever'>}" },
                { "scope|s", "{'scope': <1>}" },
                { "scope", "{'scope': <''>}" },
                { "zone", "{'zone': <'docker'>}" },
                { "i-understand", "{'i-understand': <true>}" },
                { "replace", "{'replace': <'yes'>}" },
                { "create", "{'create': <1>}" },
                { "cut|b", "{'cut': <'yes'>}" },
                { "cut|permanent|both", "{'cut': <true>, 'scope': <'permanent'>}" },
        };
        static const char *const methods[][2] = {
                { "Policies.Set", "'bad', {'action': <'deny'>}, " },
                { "Policies.Remove", "'good', " },
                { "Policies.ReplaceAll", "{}, " },
        };
        g_autoptr(Fixture) f = setup();
        g_autofree char *before = fixture_dump(f), *listed = list(f);

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
                for (gsize m = 0; m < G_N_ELEMENTS(methods); m++) {
                        fixture_fails(f, ERROR_("InvalidOption"), cases[i].words, methods[m][0], "%s%s", methods[m][1],
                                      cases[i].options);
                        check_unchanged(f, cases[i].options, before, listed);
                }
        for (gsize m = 0; m < G_N_ELEMENTS(methods); m++) {
                /* The bus tests have no guard. */
                fixture_fails(f, "org.freedesktop.DBus.Error.NotSupported", "cut|guard|Enforce", methods[m][0],
                              "%s{'cut': <true>}", methods[m][1]);
                check_unchanged(f, "cut", before, listed);
        }
        g_autoptr(GVariant) answer = fixture_works(f, "Policies.Set", "%s", "'good', {'action': <'deny'>}, {'cut': <false>}");
}

/* Regression: text is truncated for errors and for polkit's prompt. A truncated character is not UTF-8, which the bus refuses,
 * so the caller never got an answer. */
static void test_cut_characters(void) {
        g_autoptr(Fixture) f = setup();
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < 70; i++)
                g_string_append(text, "\342\202\254"); /* three bytes each, so neither 64 nor 200 bytes hold whole ones */
        g_autofree char *euros = g_string_free(text, FALSE), *before = fixture_dump(f), *listed = list(f);
        const char *const error = ERROR_("InvalidOption");

        fixture_fails(f, ERROR_("InvalidPolicy"), "not a key", "Policies.Check", "'x', {'%s': <'deny'>}", euros);
        fixture_fails(f, error, "not known", "Policies.Set", "'x', {'action': <'deny'>}, {'%s': <true>}", euros);
        fixture_fails(f, error, "not known", "Engine.SetDefaultAddress", "'', {'%s': <true>}", euros);
        fixture_fails(f, error, "scope", "Policies.Set", "'x', {'action': <'deny'>}, {'scope': <'%s'>}", euros);
        fixture_fails(f, error, "zone", "Zone.AddInterface", "'x', {'zone': <'%s'>}", euros);
        fixture_fails(f, error, "family", "Direct.AddRule", "'%s', 0, ['-j', 'DROP'], {}", euros);
        fixture_fails(f, error, "control", "Direct.AddRule", "'ipv4', 0, ['%s\\n', '-j', 'DROP'], {}", euros);
        fixture_fails(f, error, "comment", "Direct.AddRule", "'ipv4', 0, ['--comment', 'quaywall:%s', '-j', 'DROP'], {}",
                      euros);
        fixture_fails(f, ERROR_("LimitExceeded"), "256", "Direct.AddRule", "'ipv4', 0, ['%s%s', '-j', 'DROP'], {}", euros,
                      euros);
        fixture_fails(f, error, "no direct rule", "Direct.RemoveRule", "'ipv4', 0, ['-j', 'RETURN', '%s'], {}", euros);
        check_unchanged(f, "cut characters", before, listed);
        /* This one is valid. */
        for (guint i = 0; i < 2; i++) {
                g_autoptr(GVariant) done =
                        fixture_works(f, i == 0 ? "Direct.AddRule" : "Direct.RemoveRule",
                                      "'ipv4', 0, ['-m', 'comment', '--comment', '%s', '-j', 'DROP'], {}", euros);
        }
}

static void test_explain(void) {
#define SRC "'source': <'10.0.0.1'>"
#define DST "'destination': <'10.0.0.2'>"
#define PRT "'port': <'80/tcp'>"
        static const struct {
                const char *error, *words, *connection;
        } cases[] = {
                { ERROR_("InvalidOption"), "source|destination|port", "{}" },
                { ERROR_("InvalidOption"), "source|missing", "{" DST ", " PRT "}" },
                { ERROR_("InvalidOption"), "destination|missing", "{" SRC ", " PRT "}" },
                { ERROR_("InvalidOption"), "port|missing", "{" SRC ", " DST "}" },
                { ERROR_("InvalidOption"), "nosuch|source, destination, port, interface", "{" SRC ", 'nosuch': <'x'>}" },
                { ERROR_("InvalidOption"), "Source", "{'Source': <'10.0.0.1'>, " DST ", " PRT "}" },
                { ERROR_("InvalidOption"), "port|\"s\"", "{" SRC ", " DST ", 'port': <80>}" },
                { ERROR_("InvalidOption"), "source|\"s\"", "{'source': <['10.0.0.1']>, " DST ", " PRT "}" },
                { ERROR_("InvalidAddress"), "source|10.0.0.300", "{'source': <'10.0.0.300'>, " DST ", " PRT "}" },
                { ERROR_("InvalidAddress"), "source|10.0.0.0/24|one address", "{'source': <'10.0.0.0/24'>, " DST ", " PRT "}" },
                { ERROR_("InvalidAddress"), "source|10.0.0.1-10.0.0.2", "{'source': <'10.0.0.1-10.0.0.2'>, " DST ", " PRT "}" },
                { ERROR_("InvalidAddress"), "destination|localhost", "{" SRC ", 'destination': <'localhost'>, " PRT "}" },
                { ERROR_("InvalidAddress"), "destination|fd00::1|10.0.0.1", "{" SRC ", 'destination': <'fd00::1'>, " PRT "}" },
                { ERROR_("InvalidPort"), "port|\"80\"|80/tcp", "{" SRC ", " DST ", 'port': <'80'>}" },
                { ERROR_("InvalidPort"), "port|0/tcp", "{" SRC ", " DST ", 'port': <'0/tcp'>}" },
                { ERROR_("InvalidPort"), "port|80-81/tcp|one port", "{" SRC ", " DST ", 'port': <'80-81/tcp'>}" },
                { ERROR_("InvalidPort"), "port|8/icmp|tcp", "{" SRC ", " DST ", 'port': <'8/icmp'>}" },
                { ERROR_("InvalidInterface"), "interface|a b", "{" SRC ", " DST ", " PRT ", 'interface': <'a b'>}" },
                { ERROR_("InvalidInterface"), "interface|interface-name16|15",
                  "{" SRC ", " DST ", " PRT ", 'interface': <'interface-name16'>}" },
                { ERROR_("NoSuchInterface"), "interface|nosuch0", "{" SRC ", " DST ", " PRT ", 'interface': <'nosuch0'>}" },
        };
#undef SRC
#undef DST
#undef PRT
        g_autoptr(Fixture) f = setup();
        g_autofree char *before = fixture_dump(f), *listed = list(f);

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                fixture_fails(f, cases[i].error, cases[i].words, "Manager.Explain", "%s", cases[i].connection);
                fixture_fails(f, cases[i].error, cases[i].words, "Manager.ExplainConnection", "%s", cases[i].connection);
                check_unchanged(f, cases[i].connection, before, listed);
        }
}

/* The bus library itself refuses arguments of the wrong types. */
static void test_signatures(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *before = fixture_dump(f), *listed = list(f);
        GVariant *const args[] = {
                g_variant_new_parsed("('bad',)"),
                g_variant_new_parsed("('bad', {'action': 'deny'}, @a{sv} {})"),
                g_variant_new_parsed("(7, @a{sv} {}, @a{sv} {})"),
                g_variant_new_parsed("('bad', @a{sv} {}, 'runtime')"),
        };

        for (gsize i = 0; i < G_N_ELEMENTS(args); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) answer = fixture_call_on(f->bus, "Policies.Set", args[i], 0, &error);

                fixture_check_error("Policies.Set", error, INVALID_ARGS, NULL);
                check_unchanged(f, "signature", before, listed);
        }
}

/* Odd, but allowed. */
static void test_good(void) {
        static const char *const policies[] = {
                "{" A ", 'sources': <['0.0.0.0/0']>}",
                "{" A ", 'sources': <['::/0', '0.0.0.0/0']>}",
                "{" A ", 'sources': <['10.0.0.1-10.0.0.1']>}",
                "{" A ", 'sources': <['10.0.0.1/32', 'FD00::1']>}",
                "{" D ", 'ports': <['1/tcp', '65535/udp', '1-65535/sctp']>}",
                "{" D ", 'interfaces': <['exactly15-chars']>}",
                "{" D ", 'interfaces': <['br-0123456789ab', 'eth0.100', 'wlp2s0']>}",
                "{" D ", 'sources': <@as []>, 'ports': <@as []>, 'interfaces': <@as []>}",
                "{" D ", 'description': <'Grüße: <&> \"x\" %s'>}",
        };
        g_autoptr(Fixture) f = setup();

        for (gsize i = 0; i < G_N_ELEMENTS(policies); i++) {
                g_autoptr(GVariant) done = fixture_works(f, "Policies.Set", "'odd', %s, {}", policies[i]);
                g_autoptr(GVariant) get = fixture_works(f, "Policies.Get", "'odd'");
        }
}

/* Files. Each is refused with path, line and reason in Problems; the other policies load, and the last good policy of that name
 * stays in force. */
static const struct {
        const char *label, *words, *text;
} files[] = {
        { "not XML", "odd.xml", "this is not XML\n" },
        { "cut off", "odd.xml:3", "<policy action='deny'>\n  <port port='8080' protocol='tcp'/>\n" },
        { "crossed", "odd.xml:", "<policy action='deny'>\n<port></policy>\n</port>\n" },
        { "a DTD", "odd.xml", "<!DOCTYPE policy SYSTEM \"http://localhost/x.dtd\">\n<policy action='deny'/>\n" },
        { "an entity", "odd.xml",
          "<!DOCTYPE policy [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<policy action='deny'><description>&x;</description></policy>\n" },
        { "a billion laughs", "odd.xml",
          "<!DOCTYPE policy [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]>\n<policy action='deny'><description>&c;</description></policy>\n" },
        { "an undeclared entity", "odd.xml", "<policy action='deny'><description>&x;</description></policy>\n" },
        { "another document", "odd.xml:1|zone", "<zone target='ACCEPT'/>\n" },
        { "unknown element", "odd.xml:2|sources", "<policy action='deny'>\n<sources address='10.0.0.1'/>\n</policy>\n" },
        { "unknown attribute", "odd.xml:2|adress", "<policy action='deny'>\n<source adress='10.0.0.1'/>\n</policy>\n" },
        { "unknown action", "odd.xml:1|permit", "<policy action='permit'/>\n" },
        { "bad address", "odd.xml:3|192.168.1.300",
          "<policy action='deny'>\n\n<source address='192.168.1.300'/>\n</policy>\n" },
        { "bad port", "odd.xml:2|70000", "<policy action='deny'>\n<port port='70000' protocol='udp'/>\n</policy>\n" },
        { "bad interface", "odd.xml:2|a/b", "<policy action='deny'>\n<interface name='a/b'/>\n</policy>\n" },
        { "forward without out-interfaces", "odd.xml:1|out-interfaces",
          "<policy action='forward'>\n<interface name='eth0'/>\n</policy>\n" },
        { "text inside", "odd.xml", "<policy action='deny'>drop it</policy>\n" },
        { "not UTF-8", "odd.xml",
          "<?xml version='1.0' encoding='utf-8'?>\n<policy action='deny'><description>\xff\xfe</description></policy>\n" },
};

static char *problems(Fixture *f) {
        g_autoptr(GVariant) value = fixture_get(f, "Manager.Problems", NULL);

        return value ? g_variant_print(value, FALSE) : g_strdup("");
}

static void check_problem(Fixture *f, const char *label, const char *words, const char *listed, const char *rules) {
        if (words[0])
                fixture_fails(f, ERROR_("InvalidPolicy"), words, "Manager.Reload", "%s", "");
        else
                g_variant_unref(fixture_works(f, "Manager.Reload", "%s", ""));
        g_autofree char *told = problems(f), *after = list(f), *rules_after = fixture_direct(f, FALSE);
        g_auto(GStrv) wanted = g_strsplit(words, "|", -1);

        for (gsize i = 0; wanted[i]; i++) {
                g_autofree char *escaped = g_strescape(wanted[i], NULL);

                if (!strstr(told, wanted[i]) && !strstr(told, escaped)) {
                        g_test_message("%s: \"%s\" is not in Problems: %s", label, wanted[i], told);
                        g_test_fail();
                }
        }
        if (!g_str_equal(after, listed) || !g_str_equal(rules_after, rules)) {
                g_test_message("%s: a broken file cost something:\n%s\n%s", label, listed, after);
                g_test_fail();
        }
}

static void test_files(void) {
        g_autoptr(Fixture) f = setup();
        g_autoptr(GVariant) done =
                fixture_works(f, "Policies.Set", "%s", "'odd', {'action': <'deny'>, 'ports': <['26/tcp']>}, {}");
        g_autofree char *listed = list(f), *rules = fixture_direct(f, FALSE),
                        *path = g_build_filename(f->policies, "odd.xml", NULL);
        g_autofree char *good = NULL, *told = NULL;

        g_assert_true(g_file_get_contents(path, &good, NULL, NULL));
        for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
                fixture_write(f->policies, "odd.xml", files[i].text);
                check_problem(f, files[i].label, files[i].words, listed, rules);
        }
        /* Once the file is repaired, the problem is gone. */
        fixture_write(f->policies, "odd.xml", good);
        check_problem(f, "mended", "", listed, rules);
        told = problems(f);
        g_assert_null(strstr(told, "odd.xml"));
}

static void test_odd_files(void) {
        g_autoptr(Fixture) f = setup();
        g_autoptr(GVariant) done =
                fixture_works(f, "Policies.Set", "%s", "'odd', {'action': <'deny'>, 'ports': <['26/tcp']>}, {}");
        g_autofree char *listed = list(f), *rules = fixture_direct(f, FALSE),
                        *path = g_build_filename(f->policies, "odd.xml", NULL);
        g_autofree char *elsewhere = g_build_filename(f->dir, "elsewhere.xml", NULL), *large = NULL;

        fixture_write(f->dir, "elsewhere.xml", "<policy action='deny'/>\n");
        g_unlink(path);
        g_assert_cmpint(symlink(elsewhere, path), ==, 0);
        check_problem(f, "symbolic link", "odd.xml|symbolic link", listed, rules);
        g_unlink(path);
        g_assert_cmpint(symlink("/nonexistent", path), ==, 0);
        check_problem(f, "dangling link", "odd.xml|symbolic link", listed, rules);
        g_unlink(path);
        fixture_write(f->policies, "odd.xml", "<policy action='deny'/>\n");
        g_chmod(path, 0);
        check_problem(f, "not readable", "odd.xml|ermission", listed, rules);
        g_unlink(path);
        g_mkdir(path, 0700);
        check_problem(f, "a folder", "odd.xml", listed, rules);
        g_rmdir(path);
        large = g_strnfill(9 << 20, ' ');
        fixture_write(f->policies, "odd.xml", large);
        check_problem(f, "9 MiB", "odd.xml", listed, rules);
}

/* A file name that is no policy name, and files that are not policies. */
static void test_foreign_files(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *listed = list(f), *rules = fixture_direct(f, FALSE), *told = NULL;

        fixture_write(f->policies, "README", "hello\n");
        fixture_write(f->policies, "good.xml~", "broken\n");
        fixture_write(f->policies, ".good.xml.swp", "broken\n");
        check_problem(f, "foreign files", "", listed, rules);
        told = problems(f);
        g_assert_null(strstr(told, "README"));
        fixture_write(f->policies, "two words.xml", "<policy action='deny'/>\n");
        check_problem(f, "a name that is none", "two words", listed, rules);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/bad-input/policies", test_policies);
        g_test_add_func("/bad-input/names", test_names);
        g_test_add_func("/bad-input/options", test_options);
        g_test_add_func("/bad-input/cut-characters", test_cut_characters);
        g_test_add_func("/bad-input/explain", test_explain);
        g_test_add_func("/bad-input/signatures", test_signatures);
        g_test_add_func("/bad-input/good", test_good);
        g_test_add_func("/bad-input/files", test_files);
        g_test_add_func("/bad-input/odd-files", test_odd_files);
        g_test_add_func("/bad-input/foreign-files", test_foreign_files);
        return g_test_run();
}
