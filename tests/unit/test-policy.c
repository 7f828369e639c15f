/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/policy.h"

#include <string.h>

#include "model/bounds.h"
#include "model/error.h"
#include "world.h"

static void expect(const char *line, int code, const char *words) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = policy_from_line(line, &error);
        if (policy)
                g_error("accepted: %.200s", line);
        if (!g_error_matches(error, QUAYWALL_ERROR, code) || !strstr(error->message, words))
                g_error("%.200s: %d %s", line, error->code, error->message);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void test_bad(void) {
        static const struct {
                const char *line, *words;
                int code;
        } CASES[] = {
                { "allow sources=1.1.1.1", "action: \"allow\" is not known", QUAYWALL_ERROR_INVALID_POLICY },
                { "allow-only", "sources: missing", QUAYWALL_ERROR_INVALID_POLICY },
                { "allow-only sources=192.168.1.300", "sources: \"192.168.1.300\"", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny destinations=10.0.0.1/33", "destinations: \"10.0.0.1/33\"", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny sources=zone:", "sources: \"zone:\" does not name a zone", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny sources=zone:a;b", "sources: \"zone:a;b\" does not", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny sources=zone:/a", "sources: \"zone:/a\" does not", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny sources=zone:abcdefghijklmnopqr", "does not name a zone", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "obey-zones sources=zone:a", "sources: \"obey-zones\" takes none", QUAYWALL_ERROR_INVALID_POLICY },
                { "deny sources=ipset:", "sources: \"ipset:\" does not name an ipset", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny sources=ipset:9", "sources: \"ipset:9\" does not", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny sources=ipset:a;b", "sources: \"ipset:a;b\" does not", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny sources=ipset:abcdefghijklmnopqrstuvwxyz0123456", "does not name", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "deny destinations=ipset:a", "destinations: \"ipset:a\"", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "forward interfaces=a out-interfaces=b sources=ipset:a", "takes \"interfaces\"",
                  QUAYWALL_ERROR_INVALID_POLICY },
                { "deny ports=80", "ports: \"80\"", QUAYWALL_ERROR_INVALID_PORT },
                { "deny ports=80/tcp,80/tcp", "ports: \"80/tcp\" overlaps \"80/tcp\"", QUAYWALL_ERROR_INVALID_PORT },
                { "deny ports=80-90/tcp,85/tcp", "overlaps", QUAYWALL_ERROR_INVALID_PORT },
                { "deny interfaces=eth0,eth0", "interfaces: \"eth0\" is listed twice", QUAYWALL_ERROR_INVALID_INTERFACE },
                { "deny interfaces=lo", "interfaces: \"lo\" has only what this host sends to itself",
                  QUAYWALL_ERROR_INVALID_INTERFACE },
                { "forward interfaces=eth0 out-interfaces=lo", "out-interfaces: \"lo\"", QUAYWALL_ERROR_INVALID_INTERFACE },
                { "deny interfaces=abcdefghijklmnop", "has 16 characters", QUAYWALL_ERROR_INVALID_INTERFACE },
                { "deny containers=-web", "containers: \"-web\" must be a container's name", QUAYWALL_ERROR_INVALID_POLICY },
                { "deny containers=label=", "containers: \"label=\" must be", QUAYWALL_ERROR_INVALID_POLICY },
                { "deny containers=label==v", "containers: \"label==v\" must be", QUAYWALL_ERROR_INVALID_POLICY },
                { "deny containers=a/b", "containers: \"a/b\" must be", QUAYWALL_ERROR_INVALID_POLICY },
                { "deny containers=web,web", "containers: \"web\" is listed twice", QUAYWALL_ERROR_INVALID_POLICY },
                { "deny networks=label=x", "networks: \"label=x\" is not the name", QUAYWALL_ERROR_INVALID_POLICY },
                { "forward interfaces=eth0 out-interfaces=eth1 containers=web", "containers", QUAYWALL_ERROR_INVALID_POLICY },
                { "obey-zones sources=1.1.1.1", "sources: \"obey-zones\" takes none", QUAYWALL_ERROR_INVALID_POLICY },
                { "obey-zones sources=ipset:a", "sources: \"obey-zones\" takes none", QUAYWALL_ERROR_INVALID_POLICY },
                { "obey-zones out-interfaces=eth1", "out-interfaces: only \"forward\"", QUAYWALL_ERROR_INVALID_POLICY },
                { "deny out-interfaces=eth1", "out-interfaces: only \"forward\"", QUAYWALL_ERROR_INVALID_POLICY },
                { "forward interfaces=eth0", "out-interfaces: missing", QUAYWALL_ERROR_INVALID_POLICY },
                { "forward out-interfaces=eth0", "interfaces: missing", QUAYWALL_ERROR_INVALID_POLICY },
                { "forward interfaces=eth0 out-interfaces=eth1 ports=80/tcp", "takes \"interfaces\"",
                  QUAYWALL_ERROR_INVALID_POLICY },
                { "forward interfaces=eth0 out-interfaces=eth1 log", "log: \"forward\"", QUAYWALL_ERROR_INVALID_POLICY },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                expect(CASES[i].line, CASES[i].code, CASES[i].words);
}

/* What is there twice, or overlaps, says clearly who is meant: nothing is refused, and what was joined is counted. */
static void test_merged(void) {
        static const struct {
                const char *line, *sources, *destinations;
                guint merged, merged_destinations;
        } CASES[] = {
                { "deny sources=10.0.0.2,10.0.0.1", "10.0.0.2,10.0.0.1", "", 0, 0 },
                { "deny sources=10.0.0.1,10.0.0.1", "10.0.0.1", "", 1, 0 },
                { "deny sources=10.1.0.0/16,9.0.0.1,10.0.0.0/8", "10.0.0.0/8,9.0.0.1", "", 1, 0 },
                { "deny sources=ipset:a,1.1.1.1,ipset:a,zone:b,zone:b,1.1.1.1", "1.1.1.1,ipset:a,zone:b", "", 3, 0 },
                { "deny destinations=10.0.0.1-10.0.0.5,10.0.0.5-10.0.0.9,fd00::1,fd00::1", "", "10.0.0.1-10.0.0.9,fd00::1", 0,
                  2 },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Policy) policy = policy_from_line(CASES[i].line, NULL);
                g_auto(GStrv) sources = policy_get_strings(policy, "sources"),
                              destinations = policy_get_strings(policy, "destinations");
                g_autofree char *from = g_strjoinv(",", sources), *to = g_strjoinv(",", destinations);
                g_assert_cmpstr(from, ==, CASES[i].sources);
                g_assert_cmpstr(to, ==, CASES[i].destinations);
                g_assert_cmpuint(policy->sources_merged, ==, CASES[i].merged);
                g_assert_cmpuint(policy->destinations_merged, ==, CASES[i].merged_destinations);
        }
        /* How it was written makes no difference between two policies. */
        g_autoptr(Policy) once = policy_from_line("deny sources=10.0.0.1", NULL),
                          twice = policy_from_line("deny sources=10.0.0.1,10.0.0.1", NULL);
        g_assert_true(policy_equal(once, twice));
}

/* Wildcards of iptables, firewalld and nft among them: they would cover more or less than the name says. */
static void test_interface_names(void) {
        static const char *const BAD[] = { "",     "a/b", "a b", "a!",  "*",   "eth*", "..", ".",
                                           "eth+", "-i",  "a:0", "a\"", "a,b", "a\n",  "é" };
        static const char *const GOOD[] = { "eth0", "br-1234567890ab", "enp0s31f6.100", "wg_home", "a@b", "0", "a-" };
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(interface_name_check("interfaces", BAD[i], &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_INTERFACE);
                g_assert_true(g_utf8_validate(error->message, -1, NULL));
        }
        for (gsize i = 0; i < G_N_ELEMENTS(GOOD); i++)
                g_assert_true(interface_name_check("interfaces", GOOD[i], NULL));
}

static void test_names(void) {
        g_autofree char *longest = g_strnfill(LIMIT_NAME, 'a'), *longer = g_strnfill(LIMIT_NAME + 1, 'a');
        const char *const bad[] = { "", ".", "..", ".hidden", "-x", "a/b", "a b", "ä", "a\nb", "\"", "a:b", longer };
        const char *const good[] = { "a", "A.b_c-9", "9", "_", longest };
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(policy_name_check(bad[i], &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY);
                g_assert_true(g_str_has_prefix(error->message, "name: "));
        }
        for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
                g_assert_true(policy_name_check(good[i], NULL));
}

static char *repeat(const char *head, const char *format, guint n) {
        GString *text = g_string_new(head);
        for (guint i = 0; i < n; i++) {
                g_string_append(text, i ? "," : "");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
                g_string_append_printf(text, format, i / 256 % 256, i % 256, i / 65536);
#pragma GCC diagnostic pop
        }
        return g_string_free(text, FALSE);
}

static void test_limits(void) {
        g_autofree char *sources = repeat("allow-only sources=", "10.%u.%u.%u", LIMIT_ADDRESSES);
        g_autofree char *too_many = repeat("allow-only sources=", "10.%u.%u.%u", LIMIT_ADDRESSES + 1);
        g_autofree char *interfaces = repeat("deny interfaces=", "e%u.%u.%u", LIMIT_MATCHES + 1);
        g_autofree char *destinations = repeat("deny destinations=", "10.%u.%u.%u", LIMIT_MATCHES + 1);
        g_autofree char *ports = repeat("deny ports=", "1%u%02u%u/tcp", LIMIT_MATCHES + 1);
        g_autofree char *some_interfaces = repeat("deny interfaces=", "e%u.%u.%u", LIMIT_MATCHES);
        g_autofree char *some_ports = repeat(" ports=", "1%u%02u%u/tcp", LIMIT_MATCHES);
        g_autofree char *some_destinations = repeat(" destinations=", "10.%u.%u.%u", 2);
        g_autofree char *most = g_strconcat(some_interfaces, some_ports, NULL);
        g_autofree char *combined = g_strconcat(some_interfaces, some_ports, some_destinations, NULL);
        g_autoptr(Policy) full = policy_from_line(sources, NULL), edge = policy_from_line(most, NULL);
        g_assert_nonnull(full);
        g_assert_nonnull(edge);
        expect(too_many, QUAYWALL_ERROR_LIMIT_EXCEEDED, "sources: more than 65536");
        expect(interfaces, QUAYWALL_ERROR_LIMIT_EXCEEDED, "interfaces: more than 64");
        expect(destinations, QUAYWALL_ERROR_LIMIT_EXCEEDED, "destinations: more than 64");
        expect(ports, QUAYWALL_ERROR_LIMIT_EXCEEDED, "ports: more than 64");
        expect(combined, QUAYWALL_ERROR_LIMIT_EXCEEDED, "8192 combinations");
        /* Each time at which a source ends is a rule for each of them. */
        g_autoptr(GString) ends = g_string_new("deny interfaces=e0,e1,e2,e3,e4 sources=");
        for (guint i = 0; i < 819; i++)
                g_string_append_printf(ends, "%s10.0.%u.%u@2199-01-01T00:%02u:%02uZ", i ? "," : "", i / 256, i % 256, i / 60,
                                       i % 60);
        expect(ends->str, QUAYWALL_ERROR_LIMIT_EXCEEDED, "819 different times");

        g_autofree char *description = g_strnfill(LIMIT_DESCRIPTION + 1, 'x');
        g_autoptr(GError) error = NULL;
        g_assert_false(policy_set_string(full, "description", description, &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
        description[LIMIT_DESCRIPTION] = '\0';
        g_assert_true(policy_set_string(full, "description", description, NULL));
}

static void test_descriptions(void) {
        static const char *const BAD[] = { "a\nb", "a\tb", "\x1b[31m", "a\x7f", "\xff", "\xc2\x85" };
        g_autoptr(Policy) policy = policy_new();
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(policy_set_string(policy, "description", BAD[i], &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY);
        }
        g_assert_true(policy_set_string(policy, "description", "Für <alle> & \"keinen\" 🐳", NULL));
        g_assert_true(policy_set_string(policy, "description", "", NULL));
        g_assert_null(policy_get_string(policy, "description"));
}

static void test_keys(void) {
        g_assert_cmpint(policy_key_type("action"), ==, POLICY_KEY_STRING);
        g_assert_cmpint(policy_key_type("sources"), ==, POLICY_KEY_STRINGS);
        g_assert_cmpint(policy_key_type("log"), ==, POLICY_KEY_BOOLEAN);
        g_assert_cmpint(policy_key_type("colour"), ==, POLICY_KEY_UNKNOWN);
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++)
                g_assert_cmpint(policy_key_type(field->name), !=, POLICY_KEY_UNKNOWN);
}

/* policy_equal() sees every key, and a copy is independent. */
static void test_equal(void) {
        static const char *const LINES[] = {
                "deny",
                "deny disabled",
                "deny log",
                "deny reject",
                "deny interfaces=eth0",
                "deny sources=1.1.1.1",
                "deny sources=1.1.1.1,ipset:a",
                "deny sources=ipset:a",
                "deny sources=ipset:b",
                "deny sources=zone:b",
                "deny sources=1.1.1.1,zone:b",
                "deny destinations=1.1.1.1",
                "deny ports=80/tcp",
                "deny ports=80/udp",
                "deny description=x",
                "deny containers=web",
                "deny containers=db",
                "deny networks=web",
                "allow-only sources=1.1.1.1",
                "forward interfaces=a out-interfaces=b",
                "forward interfaces=b out-interfaces=a",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(LINES); i++)
                for (gsize j = 0; j < G_N_ELEMENTS(LINES); j++) {
                        g_autoptr(Policy) a = policy_from_line(LINES[i], NULL), b = policy_from_line(LINES[j], NULL);
                        g_autoptr(Policy) copy = policy_copy(b);
                        g_assert_cmpint(policy_equal(a, copy), ==, i == j);
                }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/policy/bad", test_bad);
        g_test_add_func("/policy/merged", test_merged);
        g_test_add_func("/policy/interface-names", test_interface_names);
        g_test_add_func("/policy/names", test_names);
        g_test_add_func("/policy/limits", test_limits);
        g_test_add_func("/policy/descriptions", test_descriptions);
        g_test_add_func("/policy/keys", test_keys);
        g_test_add_func("/policy/equal", test_equal);
        return g_test_run();
}
