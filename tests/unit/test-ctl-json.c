/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What quaywallctl prints: JSON with names, and tables that no string from the bus can spoil. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "escapes.h"
#include "ctl/json-out.h"
#include "ctl/text.h"

static GVariant *parsed(const char *text) {
        g_autoptr(GError) error = NULL;
        GVariant *value = g_variant_parse(NULL, text, NULL, NULL, &error);

        g_assert_no_error(error);
        return value;
}

#define assert_json(value, expected)                           \
        G_STMT_START {                                         \
                g_autofree char *line_ = json_out_line(value); \
                g_assert_cmpstr(line_, ==, expected);          \
        }                                                      \
        G_STMT_END

static void test_problems(void) {
        g_autoptr(GVariant) some = parsed("[('rules-missing', 'two \"rules\"\\n', {'policy': <'web'>, 'n': <uint32 2>})]");
        g_autoptr(GVariant) none = parsed("@a(ssa{sv}) []");

        assert_json(json_out_problems(none), "[]");
        g_autofree char *line = json_out_line(json_out_problems(some));
        g_assert_nonnull(strstr(line, "\"code\":\"rules-missing\",\"message\":\"two \\\"rules\\\"\\n\",\"details\":{"));
        g_assert_nonnull(strstr(line, "\"policy\":\"web\""));
        g_assert_nonnull(strstr(line, "\"n\":2"));
}

static void test_policies_in_order(void) {
        g_autoptr(GVariant) policies = parsed("{'b': {'zebra': <'z'>, 'sources': <['1.1.1.1']>, 'enabled': <false>, "
                                              "'action': <'deny'>, 'apple': <'a'>}, 'a': {'action': <'forward'>}}");
        g_autoptr(GVariant) none = parsed("@a{sa{sv}} {}");

        assert_json(json_out_policies(policies),
                    "{\"a\":{\"action\":\"forward\"},\"b\":{\"action\":\"deny\",\"sources\":[\"1.1.1.1\"],"
                    "\"enabled\":false,\"apple\":\"a\",\"zebra\":\"z\"}}");
        assert_json(json_out_policies(none), "{}");
}

static void test_check(void) {
        g_autoptr(GVariant) rules = parsed("[('ipv4', ['-A', 'DOCKER-USER', '-j', 'DROP'])]");
        g_autoptr(GVariant) warnings = parsed("[('everybody', 'means everybody')]");

        assert_json(json_out_check(rules, warnings),
                    "{\"rules\":[{\"family\":\"ipv4\",\"args\":[\"-A\",\"DOCKER-USER\",\"-j\",\"DROP\"]}],"
                    "\"warnings\":[{\"code\":\"everybody\",\"message\":\"means everybody\"}]}");
}

static void test_rows(void) {
        g_autoptr(GVariant) rules = parsed("[('ipv6', -5, @as [], 'foreign')]");
        g_autoptr(GVariant) interfaces = parsed("[('docker0', 'docker', true, false)]");
        g_autoptr(GVariant) counters = parsed("{'b': (uint64 1, uint64 2), 'a': (uint64 0, uint64 0)}");

        assert_json(json_out_direct_rules(rules), "[{\"family\":\"ipv6\",\"priority\":-5,\"args\":[],\"owner\":\"foreign\"}]");
        assert_json(json_out_interfaces(interfaces),
                    "[{\"interface\":\"docker0\",\"zone\":\"docker\",\"runtime\":true,\"permanent\":false}]");
        assert_json(json_out_counters(counters), "{\"a\":{\"packets\":0,\"bytes\":0},\"b\":{\"packets\":1,\"bytes\":2}}");
}

static void test_is_json(void) {
        g_autoptr(GVariant) policies = parsed("{'a': {'description': <'\\\"\\\\\\u0001\\u2028</script>'>}}");
        g_autofree char *pretty = json_out_pretty(json_out_policies(policies));
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autoptr(GError) error = NULL;

        json_parser_load_from_data(parser, pretty, -1, &error);
        g_assert_no_error(error);
}

static void test_table(void) {
        g_autoptr(TextTable) table = text_table_new((const char *const[]){ "NAME", "WHAT", NULL });

        text_table_add(table, (const char *const[]){ "für", "", NULL });
        text_table_add(table, (const char *const[]){ "longer", "a\033[2J\nb", NULL });
        g_autofree char *plain = text_table_format(table, FALSE);
        g_autofree char *coloured = text_table_format(table, TRUE);

        g_assert_cmpstr(plain, ==, "NAME    WHAT\nfür     -\nlonger  a\\x1b[2J\\x0ab\n");
        g_assert_true(g_str_has_prefix(coloured, "\033[1mNAME\033[0m    \033[1mWHAT\033[0m\nfür "));
}

/* Escapes as the daemon's show_text() does. */
static void test_printable(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(ESCAPES); i++) {
                g_autofree char *shown = text_printable(ESCAPES[i].text);

                g_assert_cmpstr(shown, ==, ESCAPES[i].shown);
        }
}

static void test_list(void) {
        const char *const words[] = { "a", "b", "c", NULL };
        g_autofree char *all = text_list(words, 0);
        g_autofree char *two = text_list(words, 2);
        g_autofree char *none = text_list(words + 3, 2);

        g_assert_cmpstr(all, ==, "a, b, c");
        g_assert_cmpstr(two, ==, "a, b +1");
        g_assert_cmpstr(none, ==, "");
}

static void test_command(void) {
        const char *const words[] = { "!", "-s", "1.1.1.1/8", "a b", "$(x)", "", NULL };
        g_autofree char *command = text_command(words);

        g_assert_cmpstr(command, ==, "! -s 1.1.1.1/8 'a b' '$(x)' ''");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/json/problems", test_problems);
        g_test_add_func("/ctl/json/policies-in-order", test_policies_in_order);
        g_test_add_func("/ctl/json/check", test_check);
        g_test_add_func("/ctl/json/rows", test_rows);
        g_test_add_func("/ctl/json/is-json", test_is_json);
        g_test_add_func("/ctl/text/table", test_table);
        g_test_add_func("/ctl/text/printable", test_printable);
        g_test_add_func("/ctl/text/list", test_list);
        g_test_add_func("/ctl/text/command", test_command);
        return g_test_run();
}
