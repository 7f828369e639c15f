/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How quaywallctl lays text out: tables and paragraphs in so many columns, names in natural order. */
#include <string.h>

#include "ctl/explain-text.h"
#include "ctl/json-out.h"
#include "ctl/text.h"

static TextTable *table_of(const char *const *headers, guint rows, const char *const (*cells)[4], guint width) {
        TextTable *table = text_table_new(headers);

        for (guint i = 0; i < rows; i++)
                text_table_add(table, cells[i]);
        text_table_set_width(table, width);
        return table;
}

static const char *const HEADERS[] = { "PORT", "CONTAINER", "REACHED BY", NULL };
static const char *const ROWS[][4] = {
        { "8080/tcp", "web", "192.168.1.1, 192.168.1.0/24, 2001:db8::/64 +4; on ext0 everyone", NULL },
        { "[2001:db8::1]:53/udp", "a-rather-long-name", "", NULL },
};

static void assert_format(const TextTable *table, const char *expected) {
        g_autofree char *text = text_table_format(table, false);

        g_assert_cmpstr(text, ==, expected);
}

static void test_wide(void) {
        g_autoptr(TextTable) unlimited = table_of(HEADERS, 2, ROWS, 0), enough = table_of(HEADERS, 2, ROWS, 120);
        const char *expected =
                "PORT                  CONTAINER           REACHED BY\n"
                "8080/tcp              web                 192.168.1.1, 192.168.1.0/24, 2001:db8::/64 +4; on ext0 "
                "everyone\n"
                "[2001:db8::1]:53/udp  a-rather-long-name  -\n";

        assert_format(unlimited, expected);
        assert_format(enough, expected);
}

static void test_wrapped(void) {
        g_autoptr(TextTable) table = table_of(HEADERS, 2, ROWS, 72);

        assert_format(table, "PORT                  CONTAINER           REACHED BY\n"
                             "8080/tcp              web                 192.168.1.1, 192.168.1.0/24,\n"
                             "                                          2001:db8::/64 +4; on ext0\n"
                             "                                          everyone\n"
                             "[2001:db8::1]:53/udp  a-rather-long-name  -\n");
}

/* Words that are longer than their column are broken: nothing leaves the screen. */
static void test_narrow(void) {
        g_autoptr(TextTable) table = table_of(HEADERS, 2, ROWS, 40);

        assert_format(table, "PORT           CONTAINER  REACHED BY\n"
                             "8080/tcp       web        192.168.1.1,\n"
                             "                          192.168.1.0/24\n"
                             "                          ,\n"
                             "                          2001:db8::/64\n"
                             "                          +4; on ext0\n"
                             "                          everyone\n"
                             "[2001:db8::1]  a-rather-  -\n"
                             ":53/udp        long-name\n");
}

/* Words are divided where that reads well before they are divided anywhere. */
static void test_marks(void) {
        static const char *const rows[][4] = { { "0.0.0.0:9000-9009/tcp", "web", "10.0.0.1-10.0.0.9,192.168.1.0/24", NULL } };
        g_autoptr(TextTable) table = table_of(HEADERS, 1, rows, 45);

        assert_format(table, "PORT              CONTAINER  REACHED BY\n"
                             "0.0.0.0:9000-     web        10.0.0.1-\n"
                             "9009/tcp                     10.0.0.9,\n"
                             "                             192.168.1.0/24\n");
}

/* The last column comes below its row where there is no room for its words, and where it says something. */
static void test_notes(void) {
        static const char *const rows[][4] = { { "web", "enabled", "For both offices and the agency", NULL },
                                               { "db", "enabled", "", NULL } };
        g_autoptr(TextTable) enough = table_of(HEADERS, 2, rows, 32), table = table_of(HEADERS, 2, rows, 22);

        text_table_set_notes(enough);
        assert_format(enough, "PORT  CONTAINER  REACHED BY\n"
                              "web   enabled    For both\n"
                              "                 offices and the\n"
                              "                 agency\n"
                              "db    enabled    -\n");
        text_table_set_notes(table);
        assert_format(table, "PORT  CONTAINER\n"
                             "web   enabled\n"
                             "    For both offices\n"
                             "    and the agency\n"
                             "db    enabled\n");
}

/* A shell reads folded words as the same command: none is divided. */
static void test_command(void) {
        const char *const words[] = { "iptables", "-A", "QUAYWALL-POLICY", "--log-prefix", "a b  c", "-j", "LOG", NULL };
        g_autofree char *folded = text_command_folded(words, 30), *whole = text_command(words);
        g_auto(GStrv) parsed = NULL;

        g_assert_cmpstr(folded, ==, "iptables -A QUAYWALL-POLICY \\\n    --log-prefix 'a b  c' -j \\\n    LOG");
        g_assert_cmpstr(whole, ==, "iptables -A QUAYWALL-POLICY --log-prefix 'a b  c' -j LOG");
        g_assert_true(g_shell_parse_argv(folded, NULL, &parsed, NULL));
        g_assert_true(g_strv_equal((const char *const *) parsed, words));
}

/* No line is too long or ends in a blank. */
static void test_any_width(void) {
        for (guint width = 24; width <= 130; width++) {
                g_autoptr(TextTable) table = table_of(HEADERS, 2, ROWS, width);
                g_autofree char *text = text_table_format(table, false);
                g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

                for (guint i = 0; lines[i]; i++) {
                        g_assert_cmpuint(strlen(lines[i]), <=, width);
                        g_assert_false(g_str_has_suffix(lines[i], " "));
                }
                g_assert_nonnull(strstr(text, "web"));
        }
}

static void test_characters(void) {
        static const char *const rows[][4] = { { "für", "日本語の名前", "ä b", NULL }, { "x", "y", "z", NULL } };
        g_autoptr(TextTable) table = table_of(HEADERS, 2, rows, 24);

        assert_format(table, "PORT  CONTAINER  REACHED\n"
                             "                 BY\n"
                             "für   日本語の   ä b\n"
                             "      名前\n"
                             "x     y          z\n");
}

static void test_without_headers(void) {
        g_autoptr(TextTable) table = table_of(HEADERS, 1, ROWS, 0), coloured = table_of(HEADERS, 1, ROWS, 0);
        g_autofree char *names = text_table_first_column(table);

        g_assert_cmpstr(names, ==, "8080/tcp\n");
        text_table_hide_headers(table);
        assert_format(table, "8080/tcp  web  192.168.1.1, 192.168.1.0/24, 2001:db8::/64 +4; on ext0 everyone\n");
        text_table_hide_headers(coloured);
        g_autofree char *plain = text_table_format(coloured, true);
        g_assert_null(strchr(plain, '\033'));
}

/* The escapes of colours take no columns. */
static void test_coloured(void) {
        g_autoptr(TextTable) table = table_of(HEADERS, 1, ROWS, 30);
        g_autofree char *text = text_table_format(table, true), *plain = text_table_format(table, false);
        g_auto(GStrv) parts = g_strsplit(text, "\033[1m", -1);
        g_autofree char *joined = g_strjoinv("", parts);
        g_auto(GStrv) ends = g_strsplit(joined, "\033[0m", -1);
        g_autofree char *stripped = g_strjoinv("", ends);

        g_assert_cmpuint(g_strv_length(parts), >=, 4);
        g_assert_cmpstr(stripped, ==, plain);
}

static void assert_folded(const char *text, guint used, guint indent, guint width, const char *expected) {
        g_autoptr(GString) to = g_string_new(NULL);

        text_append_folded(to, text, used, indent, width);
        g_assert_cmpstr(to->str, ==, expected);
}

static void test_folded(void) {
        assert_folded("one two three", 0, 4, 0, "one two three");
        assert_folded("", 0, 4, 20, "");
        assert_folded("one two three four", 0, 2, 13, "one two three\n  four");
        /* Japanese has no blanks: a line ends between two letters, but not before what closes, or behind what opens. */
        assert_folded("公開ポートを表示", 0, 2, 10, "公開ポート\n  を表示");
        assert_folded("公開ポートです。次", 0, 2, 14, "公開ポートで\n  す。次");
        assert_folded("次の（公開）", 0, 2, 7, "次の\n  （公\n  開）");
        assert_folded("Dockerの公開ポート 8080/tcp", 0, 0, 10, "Dockerの公\n開ポート\n8080/tcp");
        assert_folded("one two three four", 6, 2, 13, "one two\n  three four");
        assert_folded("one two", 12, 2, 13, "one\n  two");
        assert_folded("ten,elf,zwoelf,dreizehn", 0, 2, 12, "ten,elf,\n  zwoelf,\n  dreizehn");
        assert_folded("192.168.100.1-192.168.100.9", 0, 0, 16, "192.168.100.1-\n192.168.100.9");
        assert_folded("abcdefghijklmnopqrstuvwxyz", 0, 0, 10, "abcdefghij\nklmnopqrst\nuvwxyz");
        /* Blanks inside a line are kept: a rule may need them. */
        assert_folded("a  b  c", 0, 0, 20, "a  b  c");
}

static void test_natural(void) {
        const char *names[] = { "web", "customer-10", "customer-2", "customer-1", "10.0.0.2", "9.0.0.1", "b9", "b10a", "b10" };
        static const char *const sorted[] = { "9.0.0.1",    "10.0.0.2",   "b9",          "b10", "b10a",
                                              "customer-1", "customer-2", "customer-10", "web" };

        qsort(names, G_N_ELEMENTS(names), sizeof *names, text_compare_natural);
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
                g_assert_cmpstr(names[i], ==, sorted[i]);
}

static void test_duration(void) {
        static const struct {
                gint64 seconds;
                const char *text;
        } cases[] = { { -5, "0 seconds" },  { 0, "0 seconds" },          { 1, "1 second" },   { 119, "119 seconds" },
                      { 120, "2 minutes" }, { 7199, "119 minutes" },     { 7200, "2 hours" }, { 172799, "47 hours" },
                      { 172800, "2 days" }, { G_MAXINT32, "24855 days" } };

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *text = text_duration(cases[i].seconds);

                g_assert_cmpstr(text, ==, cases[i].text);
        }
}

#define BLOCKED                                                                                                               \
        "{'verdict': <'blocked'>, 'sentence': <'blocked by policy web: 192.168.1.50 is not among its 3 addresses'>, "         \
        "'policy': <'web'>, 'layer': <'guard'>, 'trace': <[('source', '192.168.1.50', 'comes in by ext0'), "                  \
        "('guard host', 'fib daddr type local jump host_policies', 'asks host_policies'), "                                   \
        "('guard host_policies', 'policy web: iifname \"ext0\" meta nfproto ipv4 tcp dport 8080 counter name \"p_web\" drop " \
        "comment \"quaywall:web\"', 'decides: dropped here')]>}"
#define UNCERTAIN                                                                                                               \
        "{'verdict': <'uncertain'>, 'sentence': <'uncertain: it is not known what \"filter DOCKER-USER\" does (-m statistic); " \
        "if nothing, allowed: no rule is against it'>, 'trace': <[('source', '192.168.1.50', 'comes in by ext0'), "             \
        "('filter DOCKER-USER', '-m statistic -j DROP', 'cannot tell: -m statistic'), "                                         \
        "('iptables-legacy', '', 'cannot tell: these tables judge packets too, and their rules are not known'), "               \
        "('by docker0', '172.17.0.2:80/tcp', 'decides: no rule is against it\\u001b')]>}"

static void test_explanation(void) {
        static const struct {
                const char *explanation;
                bool all;
                const char *text;
        } cases[] = {
                { BLOCKED, false,
                  "blocked by policy web: 192.168.1.50 is not among its 3 addresses\n"
                  "\n"
                  "guard host_policies: policy web: iifname \"ext0\" meta nfproto ipv4 tcp dport 8080\n"
                  "        counter name \"p_web\" drop comment \"quaywall:web\"\n"
                  "    decides: dropped here\n" },
                { BLOCKED, true,
                  "blocked by policy web: 192.168.1.50 is not among its 3 addresses\n"
                  "\n"
                  "source: 192.168.1.50\n"
                  "    comes in by ext0\n"
                  "guard host: fib daddr type local jump host_policies\n"
                  "    asks host_policies\n"
                  "guard host_policies: policy web: iifname \"ext0\" meta nfproto ipv4 tcp dport 8080\n"
                  "        counter name \"p_web\" drop comment \"quaywall:web\"\n"
                  "    decides: dropped here\n" },
                { UNCERTAIN, false,
                  "uncertain: it is not known what \"filter DOCKER-USER\" does (-m statistic); if\n"
                  "    nothing, allowed: no rule is against it\n"
                  "\n"
                  "filter DOCKER-USER: -m statistic -j DROP\n"
                  "    cannot tell: -m statistic\n"
                  "iptables-legacy\n"
                  "    cannot tell: these tables judge packets too, and their rules are not known\n"
                  "by docker0: 172.17.0.2:80/tcp\n"
                  "    decides: no rule is against it\\x1b\n" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) explanation =
                        g_variant_parse(G_VARIANT_TYPE_VARDICT, cases[i].explanation, NULL, NULL, &error);
                g_assert_no_error(error);
                g_autofree char *text = explain_text_format(explanation, cases[i].all, 80, false);
                g_autofree char *coloured = explain_text_format(explanation, cases[i].all, 80, true);

                g_assert_cmpstr(text, ==, cases[i].text);
                g_assert_true(g_str_has_prefix(coloured, i < 2 ? "\033[31mblocked\033[0m by" : "\033[33muncertain\033[0m: "));
        }
}

/* What is printed with --json has the keys of before, in their order, and more. */
static void test_explanation_json(void) {
        g_autoptr(GVariant) explanation = g_variant_parse(G_VARIANT_TYPE_VARDICT, BLOCKED, NULL, NULL, NULL);
        g_autofree char *line = json_out_line(json_out_explanation(explanation));

        g_assert_true(g_str_has_prefix(
                line, "{\"verdict\":\"blocked\",\"sentence\":\"blocked by policy web: 192.168.1.50 is not among "
                      "its 3 addresses\",\"policy\":\"web\",\"layer\":\"guard\",\"trace\":[{\"where\":\"source\","
                      "\"rule\":\"192.168.1.50\",\"effect\":\"comes in by ext0\"},"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/layout/wide", test_wide);
        g_test_add_func("/ctl/layout/wrapped", test_wrapped);
        g_test_add_func("/ctl/layout/narrow", test_narrow);
        g_test_add_func("/ctl/layout/marks", test_marks);
        g_test_add_func("/ctl/layout/notes", test_notes);
        g_test_add_func("/ctl/layout/command", test_command);
        g_test_add_func("/ctl/layout/any-width", test_any_width);
        g_test_add_func("/ctl/layout/characters", test_characters);
        g_test_add_func("/ctl/layout/without-headers", test_without_headers);
        g_test_add_func("/ctl/layout/coloured", test_coloured);
        g_test_add_func("/ctl/layout/folded", test_folded);
        g_test_add_func("/ctl/layout/natural", test_natural);
        g_test_add_func("/ctl/layout/duration", test_duration);
        g_test_add_func("/ctl/layout/explanation", test_explanation);
        g_test_add_func("/ctl/layout/explanation-json", test_explanation_json);
        return g_test_run();
}
