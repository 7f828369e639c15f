/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* 'quaywallctl policy import': what iptables lines become as policies, and which are refused. */
#include <string.h>

#include "ctl/import/iptables.h"
#include "ctl/import/json.h"
#include "ctl/json-out.h"

#define I "iptables -I DOCKER-USER "
#define A "iptables -A DOCKER-USER "
#define I6 "ip6tables -I DOCKER-USER "

/* All policies as one line of JSON, or "error: ...". */
static char *import_outcome(const char *text, GPtrArray **notes) {
        static const char *const taken[] = { "imported-2", NULL };
        g_autoptr(GError) error = NULL;
        g_autoptr(ImportResult) result = import_iptables(text, "f", taken, &error);
        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

        g_assert_true((result == NULL) == (error != NULL));
        if (result == NULL) {
                g_variant_builder_clear(&named);
                return g_strconcat("error: ", error->message, NULL);
        }
        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *policy = result->policies->pdata[i];
                g_variant_builder_add(&named, "{s@a{sv}}", policy->name, policy->policy);
        }
        if (notes != NULL)
                *notes = g_ptr_array_ref(result->notes);
        g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
        return json_out_line(json_out_policies(policies));
}

#define ALLOW(rest) "{\"imported-1\":{\"action\":\"allow-only\"," rest "}}"
#define DENY(rest) "{\"imported-1\":{\"action\":\"deny\"," rest "}}"
#define EXT "\"interfaces\":[\"ext_if\"]"

static const struct {
        const char *name, *text, *expected;
} meant[] = {
        { "seed/address", "$ iptables -I DOCKER-USER -i ext_if ! -s 192.168.1.1 -j DROP",
          ALLOW(EXT ",\"sources\":[\"192.168.1.1\"]") },
        { "seed/subnet", I "-i ext_if ! -s 192.168.1.0/24 -j DROP", ALLOW(EXT ",\"sources\":[\"192.168.1.0/24\"]") },
        { "seed/range", "iptables -I DOCKER-USER -m iprange -i ext_if ! --src-range 192.168.1.1-192.168.1.3 -j DROP",
          ALLOW(EXT ",\"sources\":[\"192.168.1.1-192.168.1.3\"]") },
        { "seed/destination", I "-i ext_if ! -s 192.168.1.1 -d 10.1.2.3 -j DROP",
          ALLOW(EXT ",\"sources\":[\"192.168.1.1\"],\"destinations\":[\"10.1.2.3\"]") },
        { "seed/destination-range",
          I "-m iprange ! --src-range 1.1.1.1-1.1.1.2 --dst-range 10.0.0.1-10.0.0.9 -i ext_if -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1-1.1.1.2\"],\"destinations\":[\"10.0.0.1-10.0.0.9\"]") },
        { "seed/router", I "-i src_if -o dst_if -j ACCEPT",
          "{\"imported-1\":{\"action\":\"forward\",\"interfaces\":[\"src_if\"],\"out-interfaces\":[\"dst_if\"]}}" },
        { "deny", I "-i ext_if -s 10.0.0.0/8,1.2.3.4 -j REJECT",
          DENY(EXT ",\"sources\":[\"10.0.0.0/8\",\"1.2.3.4\"],\"reject\":true") },
        { "deny-all", I "-i ext_if -j DROP", DENY(EXT) },
        { "bare", "-i ext_if ! -s 192.168.1.1/32 -j DROP", ALLOW(EXT ",\"sources\":[\"192.168.1.1\"]") },
        { "front", "$ sudo /usr/sbin/iptables -t filter -w 5 -I DOCKER-USER 1 -i ext_if ! -s 1.1.1.1 -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\"]") },
        { "continued", "iptables -I DOCKER-USER \\\n  -i ext_if ! -s 1.1.1.1 \\\n  -j DROP\n",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\"]") },
        { "netmask", I "-i ext_if ! -s 192.168.1.7/255.255.255.0 -j DROP", ALLOW(EXT ",\"sources\":[\"192.168.1.0/24\"]") },
        { "comment", I "-i ext_if ! -s 1.1.1.1 -m comment --comment 'my office' -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\"],\"description\":\"my office\"") },
        { "original-port", I "-i ext_if -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL ! -s 1.1.1.1 -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\"],\"ports\":[\"8080/tcp\"]") },
        { "original-port-range",
          I "-i ext_if -p udp -m conntrack --ctstate NEW --ctorigdst 10.1.2.3 --ctorigdstport 5000:5010 -j DROP",
          DENY(EXT ",\"destinations\":[\"10.1.2.3\"],\"ports\":[\"5000-5010/udp\"]") },
        { "protocol-alone", I "-i ext_if -p tcp ! -s 1.1.1.1 -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\"],\"ports\":[\"1-65535/tcp\"]") },
        { "two-negations-in-one-line", I "-i ext_if ! -s 1.1.1.1 -m iprange ! --src-range 2.2.2.2-2.2.2.4 -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\",\"2.2.2.2-2.2.2.4\"]") },
        { "passes-and-one-drop",
          A "-i ext_if -s 1.1.1.1 -j RETURN\n" A "-i ext_if -s 2.2.2.2 -j RETURN\n" A "-i ext_if -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\",\"2.2.2.2\"]") },
        { "inserted-passes", I "-i ext_if -j DROP\n" I "-i ext_if -s 1.1.1.1 -j ACCEPT",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\"]") },
        { "pass-above-negation", A "-s 2.2.2.2 -j RETURN\n" A "-i ext_if ! -s 1.1.1.1 -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\",\"2.2.2.2\"]") },
        { "replies-and-return",
          A "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n" A "-i ext_if ! -s 1.1.1.1 -j DROP\n" A "-j RETURN",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\"]") },
        { "same-twice", I "-i ext_if ! -s 1.1.1.1 -j DROP\n" I "-i ext_if ! -s 1.1.1.1 -j DROP",
          ALLOW(EXT ",\"sources\":[\"1.1.1.1\"]") },
        { "two-interfaces", I "-i a ! -s 1.1.1.1 -j DROP\n" I "-i b ! -s 2.2.2.2 -j DROP",
          "{\"imported-1\":{\"action\":\"allow-only\",\"interfaces\":[\"a\"],\"sources\":[\"1.1.1.1\"]},"
          "\"imported-3\":{\"action\":\"allow-only\",\"interfaces\":[\"b\"],\"sources\":[\"2.2.2.2\"]}}" },
        { "two-destinations", I "-i a -d 10.0.0.1 ! -s 1.1.1.1 -j DROP\n" I "-i a -d 10.0.0.2 ! -s 2.2.2.2 -j DROP",
          "{\"imported-1\":{\"action\":\"allow-only\",\"interfaces\":[\"a\"],\"sources\":[\"1.1.1.1\"],"
          "\"destinations\":[\"10.0.0.1\"]},"
          "\"imported-3\":{\"action\":\"allow-only\",\"interfaces\":[\"a\"],\"sources\":[\"2.2.2.2\"],\"destinations\":"
          "[\"10.0.0.2\"]}}" },
        { "both-families", I "-i a ! -s 1.1.1.1 -j DROP\n" I6 "-i a ! -s fd01::1 -j DROP",
          "{\"imported-1\":{\"action\":\"allow-only\",\"interfaces\":[\"a\"],\"sources\":[\"1.1.1.1\"]},"
          "\"imported-3\":{\"action\":\"allow-only\",\"interfaces\":[\"a\"],\"sources\":[\"fd01::1\"]}}" },
        { "ipv6-shut-beside-ipv4", I "-i a ! -s 1.1.1.1 -j DROP\n" I6 "-i a -j DROP",
          "{\"imported-1\":{\"action\":\"allow-only\",\"interfaces\":[\"a\"],\"sources\":[\"1.1.1.1\"]},"
          "\"imported-3\":{\"action\":\"deny\",\"interfaces\":[\"a\"],\"sources\":[\"::/0\"]}}" },
        { "ipv6-alone-leaves-ipv4", I6 "-i ext_if ! -s fd01::/64 -j DROP",
          ALLOW(EXT ",\"sources\":[\"fd01::/64\",\"0.0.0.0/0\"]") },
        { "iptables-save",
          "# Generated by iptables-save v1.8.9\n*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j DNAT --to-destination "
          "1.1.1.1\n"
          "COMMIT\n*filter\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n"
          "-A DOCKER-USER -m comment --comment quaywall:web -j QUAYWALL\n"
          "[3:180] -A DOCKER-USER ! -s 192.168.1.1/32 -i ext_if -j REJECT --reject-with icmp-port-unreachable\n"
          "-A DOCKER-USER -j RETURN\nCOMMIT\n",
          ALLOW(EXT ",\"sources\":[\"192.168.1.1\"],\"reject\":true") },
        { "forward-with-states",
          I "-i a -o b -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT\n" I
            "-i b -o a -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
          "{\"imported-1\":{\"action\":\"forward\",\"interfaces\":[\"a\"],\"out-interfaces\":[\"b\"]}}" },
        { "deny-above-disjoint-pass", A "-i ext_if -s 9.9.9.9 -j RETURN\n" A "-i ext_if -s 1.1.1.1 -j DROP",
          DENY(EXT ",\"sources\":[\"1.1.1.1\"]") },
};

static void test_meant(gconstpointer data) {
        const guint i = GPOINTER_TO_UINT(data);
        g_autofree char *outcome = import_outcome(meant[i].text, NULL);

        g_assert_cmpstr(outcome, ==, meant[i].expected);
}

/* expected: the start of the error. */
static const struct {
        const char *name, *text, *expected;
} refused[] = {
        { "dport", "\n" I "-i e -p tcp --dport 80 -j DROP", "f:2: --dport: in DOCKER-USER this is the container's port" },
        { "module", I "-m limit --limit 3/s -j DROP", "f:1: -m limit: " },
        { "log", I "-i e -j LOG", "f:1: LOG: " },
        { "chain", "iptables -I FORWARD -i e -j DROP", "f:1: FORWARD: " },
        { "table", "iptables -t nat -I DOCKER-USER -i e -j DROP", "f:1: nat: " },
        { "delete", "iptables -D DOCKER-USER -i e -j DROP", "f:1: -D: " },
        { "no-command", "iptables -i e -j DROP", "f:1: -I: " },
        { "other-program", "ufw deny 80", "f:1: ufw: " },
        { "host-name", I "! -s example.org -j DROP", "f:1: ! -s: 'example.org' is not an address" },
        { "bad-address", I "! -s 192.168.1.300 -j DROP", "f:1: ! -s: '192.168.1.300' is not an address" },
        { "bad-prefix", I "! -s 10.0.0.1/33 -j DROP", "f:1: ! -s: '10.0.0.1/33' has a mask" },
        { "bad-mask", I "! -s 10.0.0.1/255.0.255.0 -j DROP", "f:1: ! -s: '10.0.0.1/255.0.255.0' has a mask" },
        { "range-backwards", I "-m iprange ! --src-range 10.0.0.9-10.0.0.1 -j DROP", "f:1: ! --src-range: " },
        { "range-of-two-families", I "-m iprange ! --src-range 10.0.0.9-fd01::1 -j DROP", "f:1: ! --src-range: " },
        { "wrong-family", I6 "! -s 1.1.1.1 -j DROP", "f:1: ! -s: '1.1.1.1' is not an IPv6 address" },
        { "not-interface", I "! -i e -j DROP", "f:1: ! -i: " },
        { "interface-pattern", I "-i eth+ -j DROP", "f:1: eth+: " },
        { "not-destination", I "-i e ! -d 1.1.1.1 -j DROP", "f:1: ! -d: " },
        { "negated-list", I "-i e ! -s 1.1.1.1,2.2.2.2 -j DROP", "f:1: ! -s: " },
        { "source-and-range", I "-i e -s 1.0.0.0/8 -m iprange --src-range 1.1.1.1-1.1.1.2 -j DROP", "f:1: --src-range: " },
        { "mixed-negation", I "-i e -s 1.0.0.0/8 -m iprange ! --src-range 1.1.1.1-1.1.1.2 -j DROP", "f:1: ! --src-range: " },
        { "icmp", I "-i e -p icmp -j DROP", "f:1: -p: " },
        { "invalid-state", I "-m conntrack --ctstate INVALID -j DROP", "f:1: INVALID: " },
        { "drop-replies", I "-m conntrack --ctstate RELATED,ESTABLISHED -j DROP", "f:1: DROP: " },
        { "drop-out-interface", I "-i e -o docker0 -j DROP", "f:1: -o: " },
        { "forward-source", I "-i a -o b -s 1.1.1.1 -j ACCEPT", "f:1: -s: a forward policy has interfaces only" },
        { "forward-without-in", I "-o b -j ACCEPT", "f:1: -i: " },
        { "accept-alone", I "-i a -j ACCEPT", "f:1: ACCEPT: " },
        { "negated-return", I "! -s 1.1.1.1 -j RETURN", "f:1: ! -s: " },
        { "goto", I "-g OTHER", "f:1: -g: " },
        { "no-target", I "-i e", "f:1: -j: it is missing" },
        { "no-value", I "-i e -j", "f:1: -j: its value is missing" },
        { "trailing-bang", I "-i e -j DROP !", "f:1: !: " },
        { "shell", I "-i e -j DROP && reboot", "f:1: &&: " },
        { "variable", I "-i $EXT -j DROP ; echo", "f:1: ;: " },
        { "quote", I "-i 'e -j DROP", "f:1: " },
        { "bad-port", I "-p tcp -m conntrack --ctorigdstport 70000 -j DROP", "f:1: --ctorigdstport: '70000'" },
        { "port-backwards", I "-p tcp -m conntrack --ctorigdstport 90:80 -j DROP", "f:1: --ctorigdstport: '90:80'" },
        { "reject-with", I "-i e -j REJECT --reject-with tcp-reset", "f:1: tcp-reset: " },
        { "two-commands", I "-I DOCKER-USER -i e -j DROP", "f:1: -I: a second command in one line" },
        { "two-interfaces", I "-i e -i f -j DROP", "f:1: -i: it is given twice" },
        { "two-destinations", I "-i e -d 1.1.1.1 -d 2.2.2.2 -j DROP",
          "f:1: -d: a policy cannot say that a destination must match both" },
        { "two-protocols", I "-i e -p tcp -p udp -j DROP", "f:1: -p: it is given twice" },
        { "two-protocols-one-all", I "-i e -p all -p udp -j DROP", "f:1: -p: it is given twice" },
        { "not-protocol", I "-i e ! -p tcp -j DROP", "f:1: ! -p: a policy cannot say 'every protocol but this'" },
        { "two-ports", I "-p tcp -m conntrack --ctorigdstport 80 --ctorigdstport 81 -j DROP",
          "f:1: --ctorigdstport: it is given twice" },
        { "not-port", I "-p tcp -m conntrack ! --ctorigdstport 80 -j DROP",
          "f:1: ! --ctorigdstport: a policy cannot say 'every port but this'" },
        { "not-state", I "-i e -m conntrack ! --ctstate NEW -j DROP", "f:1: ! --ctstate: policies judge NEW connections" },
        { "reply-direction", I "-i e -m conntrack --ctdir REPLY -j DROP",
          "f:1: --ctdir: policies judge the direction ORIGINAL" },
        { "not-direction", I "-i e -m conntrack ! --ctdir ORIGINAL -j DROP", "f:1: ! --ctdir: policies judge the direction" },
        { "two-targets", I "-i e -j DROP -j RETURN", "f:1: -j: it is given twice" },
        { "target", I "-i e -j MARK", "f:1: MARK: policies know the targets DROP, REJECT, RETURN and ACCEPT only" },
        { "no-chain", "iptables -I", "f:1: -I: its value is missing" },
        { "no-interface", I "-j DROP -i", "f:1: -i: its value is missing" },
        { "no-address", I "-j DROP -s", "f:1: -s: its value is missing" },
        { "no-protocol", I "-j DROP -p", "f:1: -p: its value is missing" },
        { "no-port", I "-j DROP -m conntrack --ctorigdstport", "f:1: --ctorigdstport: its value is missing" },
        { "no-state", I "-j DROP -m conntrack --ctstate", "f:1: --ctstate: its value is missing" },
        { "no-direction", I "-j DROP -m conntrack --ctdir", "f:1: --ctdir: its value is missing" },
        { "no-module", I "-j DROP -m", "f:1: -m: its value is missing" },
        { "no-reject-with", I "-j REJECT --reject-with", "f:1: --reject-with: its value is missing" },
        /* FACTS: two negated DROPs block everybody. */
        { "two-negated-drops", I "-i e ! -s 1.1.1.1 -j DROP\n" I "-i e ! -s 2.2.2.2 -j DROP", "f:2: together with line 1 " },
        { "two-negated-drops-one-narrower", I "-i e ! -s 1.1.1.1 -j DROP\n" I "-i e -d 10.0.0.1 ! -s 2.2.2.2 -j DROP",
          "f:2: together with line 1 " },
        { "dead-after-return", A "-j RETURN\n" A "-i e -j DROP", "f:2: no packet ever comes here: line 1 " },
        { "inexpressible-exception", A "-i docker0 -j RETURN\n" A "! -s 1.1.1.1 -j DROP", "f:2: line 1 above it " },
        { "exception-from-deny", A "-s 10.1.0.0/16 -j RETURN\n" A "-s 10.0.0.0/8 -j DROP", "f:2: line 1 above it " },
        { "ipv6-wider-than-ipv4", I "-i e -d 10.0.0.1 ! -s 1.1.1.1 -j DROP\n" I6 "-i e ! -s fd01::1 -j DROP",
          "f:2: no policy" },
        { "nothing", "# only a comment\n\n", "f: no rule to import" },
};

static void test_refused(gconstpointer data) {
        const guint i = GPOINTER_TO_UINT(data);
        g_autofree char *outcome = import_outcome(refused[i].text, NULL);
        g_autofree char *expected = g_strconcat("error: ", refused[i].expected, NULL);

        if (!g_str_has_prefix(outcome, expected))
                g_error("got '%s', wanted '%s...'", outcome, expected);
}

/* A line of megabytes is not printed: where it is, how it begins, and what is wrong with it. */
static void test_long_word(void) {
        g_autofree char *word = g_strnfill(10 << 20, 'a'), *line = g_strconcat("-A DOCKER-USER -s ", word, " -j DROP\n", NULL),
                        *outcome = import_outcome(line, NULL), *outcome_of_word = import_outcome(word, NULL);

        g_assert_cmpuint(strlen(outcome), <, 1200);
        g_assert_true(g_str_has_prefix(outcome, "error: f:1: "));
        g_assert_nonnull(strstr(outcome, "aaa ... aaa"));
        g_assert_cmpuint(strlen(outcome_of_word), <, 1200);
        g_assert_false(g_str_has_suffix(outcome_of_word, "a"));
}

/* --name, with a file of one policy and with others. */
static void test_name(void) {
        g_autoptr(ImportResult) one = import_iptables(I "-i e -j DROP", "f", NULL, NULL);
        g_autoptr(ImportResult) two = import_iptables(I "-i e -j DROP\n" I "-i f -j DROP", "f", NULL, NULL);
        g_autoptr(ImportResult) none = import_json("{\"policies\":{}}", "f", NULL);

        g_assert_true(import_result_rename(one, "web"));
        g_assert_cmpstr(((ImportedPolicy *) one->policies->pdata[0])->name, ==, "web");
        g_assert_false(import_result_rename(two, "web"));
        g_assert_cmpstr(((ImportedPolicy *) two->policies->pdata[0])->name, ==, "imported-1");
        g_assert_false(import_result_rename(none, "web"));
}

static void test_notes(void) {
        g_autoptr(GPtrArray) notes = NULL;
        g_autofree char *outcome = import_outcome(A "-m state --state ESTABLISHED,RELATED -j RETURN\n" A
                                                    "-i e -d 10.1.2.3 ! -s 1.1.1.1 -j DROP\n" A "-j RETURN",
                                                  &notes);

        g_assert_true(g_str_has_prefix(outcome, "{"));
        g_assert_cmpuint(notes->len, ==, 3);
        g_assert_cmpstr(notes->pdata[0], ==, "f:1: not needed: every policy lets replies pass");
        g_assert_cmpstr(notes->pdata[1], ==, "f:3: lets pass what no line after it stops: not needed");
        g_assert_true(g_str_has_prefix(notes->pdata[2], "f:2: '10.1.2.3' is taken as the address of this host"));
}

static void test_json_round_trip(void) {
        const char *text = "{\"policies\":{\"web\":{\"action\":\"allow-only\",\"sources\":[\"1.1.1.1\"],\"log\":true,"
                           "\"description\":\"d\"},\"x\":{\"action\":\"deny\",\"ports\":[]}}}";
        g_autoptr(GError) error = NULL;
        g_autoptr(ImportResult) result = import_json(text, "f", &error);
        GVariantBuilder named = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

        g_assert_no_error(error);
        for (guint i = 0; i < result->policies->len; i++) {
                const ImportedPolicy *policy = result->policies->pdata[i];
                g_variant_builder_add(&named, "{s@a{sv}}", policy->name, policy->policy);
        }
        g_autoptr(GVariant) policies = g_variant_ref_sink(g_variant_builder_end(&named));
        g_autofree char *again = json_out_line(g_variant_new_parsed("{'policies': %v}", json_out_policies(policies)));
        g_assert_cmpstr(again, ==, text);
}

/* Regression: a million levels overflowed json-glib's stack. */
static void test_json_too_deep(void) {
        g_autofree char *deep = g_strnfill(1000000, '[');
        g_autoptr(GError) error = NULL;

        g_assert_null(import_json(deep, "f", &error));
        g_assert_cmpstr(error->message, ==, "f: nested deeper than policies are");
}

/* Regression: json-glib 1.10 ended the program. */
static void test_json_no_object(void) {
        static const char *const texts[] = { "5", "\"text\"", "null", "true", "[]" };

        for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(import_json(texts[i], "f", &error));
                g_assert_nonnull(error);
        }
}

static void test_json_refused(void) {
        static const char *const texts[][2] = {
                { "{", "f: " },
                { "{}", "f: not what 'policy export' prints" },
                { "{\"policies\":[]}", "f: not what 'policy export' prints" },
                { "{\"policies\":{},\"other\":1}", "f: something else is beside" },
                { "{\"policies\":{\"a\":1}}", "f: policy 'a' is not an object" },
                { "{\"policies\":{\"a\":{\"log\":1}}}", "f: policy 'a': 'log' must be" },
                { "{\"policies\":{\"a\":{\"sources\":[\"x\",1]}}}", "f: policy 'a': 'sources' must be" },
                { "{\"policies\":{\"a\":{\"log\":null}}}", "f: policy 'a': 'log' must be" },
                { "{\"policies\":{},\"groups\":[]}", "f: \"groups\" is not an object" },
                { "{\"policies\":{},\"groups\":{},\"other\":1}", "f: something else is beside" },
                { "{\"policies\":{},\"groups\":{\"a\":[]}}", "f: group 'a' is not an object" },
                { "{\"policies\":{},\"groups\":{\"a\":{\"addresses\":[1]}}}", "f: group 'a': 'addresses' must be" },
                { "{\"groups\":{}}", "f: not what 'policy export' prints" },
                { "{\"policies\":{\"a\":{\"action\":\"deny\"},\"a\":{\"action\":\"deny\"}}}", "f: this name appears twice: a" },
        };

        for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(ImportResult) result = import_json(texts[i][0], "f", &error);

                g_assert_null(result);
                if (!g_str_has_prefix(error->message, texts[i][1]))
                        g_error("%s: got '%s'", texts[i][0], error->message);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        for (guint i = 0; i < G_N_ELEMENTS(meant); i++) {
                g_autofree char *path = g_strconcat("/ctl/import/meant/", meant[i].name, NULL);
                g_test_add_data_func(path, GUINT_TO_POINTER(i), test_meant);
        }
        for (guint i = 0; i < G_N_ELEMENTS(refused); i++) {
                g_autofree char *path = g_strconcat("/ctl/import/refused/", refused[i].name, NULL);
                g_test_add_data_func(path, GUINT_TO_POINTER(i), test_refused);
        }
        g_test_add_func("/ctl/import/long-word", test_long_word);
        g_test_add_func("/ctl/import/name", test_name);
        g_test_add_func("/ctl/import/notes", test_notes);
        g_test_add_func("/ctl/import/json/round-trip", test_json_round_trip);
        g_test_add_func("/ctl/import/json/too-deep", test_json_too_deep);
        g_test_add_func("/ctl/import/json/no-object", test_json_no_object);
        g_test_add_func("/ctl/import/json/refused", test_json_refused);
        return g_test_run();
}
