/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* daemon.json as text: one member changes, every other byte stays; text that dockerd would refuse is refused with its line. */
#include "docker/daemon-json.h"

#include <string.h>

#include "model/bounds.h"
#include "model/error.h"

static DaemonJson *parse(const char *text) {
        g_autoptr(GError) error = NULL;
        DaemonJson *json = daemon_json_parse(text, strlen(text), &error);
        g_assert_no_error(error);
        return json;
}

static void check_set(const char *text, const char *key, const char *value, const char *expected) {
        g_autoptr(DaemonJson) json = parse(text);
        gsize length;
        g_autofree char *changed = daemon_json_set(json, key, value, &length);
        g_assert_cmpstr(changed, ==, expected);
        g_assert_cmpuint(length, ==, strlen(expected));
        g_autoptr(DaemonJson) again = parse(changed);
        g_autofree char *same = daemon_json_set(again, key, value, &length);
        g_assert_cmpstr(same, ==, expected);
}

static void test_replace(void) {
        check_set("{\"iptables\": true}", "iptables", "false", "{\"iptables\": false}");
        check_set("{ \"a\" : 1 ,\n\t\"iptables\"\t:\ttrue , \"b\":[ ] }\n", "iptables", "false",
                  "{ \"a\" : 1 ,\n\t\"iptables\"\t:\tfalse , \"b\":[ ] }\n");
        /* The same key, escaped. */
        check_set("{\"\\u0069p\": \"0.0.0.0\"}", "ip", "\"10.0.0.1\"", "{\"\\u0069p\": \"10.0.0.1\"}");
        /* A key of that name in another object. */
        check_set("{\"x\": {\"iptables\": true}, \"iptables\": true}", "iptables", "false",
                  "{\"x\": {\"iptables\": true}, \"iptables\": false}");
}

/* Kept as they are: order, unknown keys, numbers that fit no double, escapes, other scripts, line ends. */
#define STRANGE                                                                                  \
        "{\r\n"                                                                                  \
        "  \"z-unknown\": 1e5,\r\n"                                                              \
        "  \"big\": 123456789012345678901234567890, \"neg\": -0, \"f\": 1.50E+003,\r\n"          \
        "  \"log-opts\": { \"max-size\": \"10m\", \"tag\": \"\\u00e9\\/\\\"{,\" },\r\n"          \
        "  \"labels\": [ \"größe=groß\", \"日本\", \"\\ud83d\\ude00\", [], {}, null ],\r\n" \
        "  \"a\": true"

static void test_everything_else_is_kept(void) {
        check_set(STRANGE "\r\n}\r\n", "ip", "\"192.168.1.99\"", STRANGE ",\r\n  \"ip\": \"192.168.1.99\"\r\n}\r\n");
        check_set(STRANGE ",\r\n  \"ip\": \"192.168.1.99\"\r\n}\r\n", "ip", NULL, STRANGE "\r\n}\r\n");
        check_set(STRANGE "}", "nothing", NULL, STRANGE "}");
}

static void test_add(void) {
        check_set("", "iptables", "false", "{\n    \"iptables\": false\n}\n");
        check_set(" \n\t\r\n", "iptables", "false", "{\n    \"iptables\": false\n}\n");
        check_set("{}", "ip", "\"::\"", "{\n    \"ip\": \"::\"\n}");
        check_set("{ \n }\n", "ip", "\"::\"", "{\n    \"ip\": \"::\"\n}\n");
        check_set("{\"a\":1}", "ip", "\"::\"", "{\"a\":1,\"ip\":\"::\"}");
        check_set("{\"a\": 1, \"b\": 2}", "ip", "\"::\"", "{\"a\": 1, \"b\": 2, \"ip\": \"::\"}");
        check_set("{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n", "ip", "\"::\"",
                  "{\n\t\"a\": {\n\t\t\"b\": 1\n\t},\n\t\"ip\": \"::\"\n}\n");
        check_set("", "ip", NULL, "");
}

static void test_remove(void) {
        check_set("{\"ip\": \"::\"}", "ip", NULL, "{}");
        check_set("{\n  \"ip\": \"::\"\n}\n", "ip", NULL, "{}\n");
        check_set("{\n  \"ip\": \"::\",\n  \"b\": 2\n}\n", "ip", NULL, "{\n  \"b\": 2\n}\n");
        check_set("{\n  \"a\": 1,\n  \"ip\": \"::\",\n  \"b\": 2\n}\n", "ip", NULL, "{\n  \"a\": 1,\n  \"b\": 2\n}\n");
        check_set("{\n  \"a\": 1,\n  \"ip\": \"::\"\n}\n", "ip", NULL, "{\n  \"a\": 1\n}\n");
}

static void test_settings(void) {
        g_autoptr(DaemonJson) json =
                parse("{\"ip\": \"10.\\u0030.0.1\", \"iptables\": false, \"ip6tables\": true, \"x\": {\"icc\": false}}");
        g_assert_cmpstr(json->settings.ip, ==, "10.0.0.1");
        g_assert_cmpint(json->settings.iptables, ==, SAID_NO);
        g_assert_cmpint(json->settings.ip6tables, ==, SAID_YES);
        g_assert_cmpint(json->settings.icc, ==, SAID_NOTHING);
        g_autofree char *quoted = daemon_json_quote("a\"\\\n");
        g_assert_cmpstr(quoted, ==, "\"a\\\"\\\\\\n\"");
}

static void check_refused(const char *text, gsize length, const char *words) {
        g_autoptr(GError) error = NULL;
        g_autoptr(DaemonJson) json = daemon_json_parse(text, length, &error);
        g_assert_null(json);
        g_assert_nonnull(error);
        if (!strstr(error->message, words))
                g_error("\"%s\" is not in \"%s\"", words, error->message);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void test_refused(void) {
        static const struct {
                const char *text, *words;
        } CASES[] = {
                { "[]", "1: \"{\" is expected, not \"[\"" },
                { "\n\n7", "3: \"{\" is expected" },
                { "{\n \"a\": 1 // no\n}", "2: \",\" or \"}\" is expected; JSON has no comments" },
                { "# no\n{}", "1: \"{\" is expected; JSON has no comments" },
                { "{/* no */}", "1: a key in double quotes is expected; JSON has no comments" },
                { "{\"a\": 1,}", "1: a key in double quotes is expected, not \"}\"" },
                { "{\"a\": [1,]}", "1: a value is expected, not \"]\"" },
                { "{\"a\": [1 2]}", "\",\" or \"]\" is expected, not \"2\"" },
                { "{\"a\": {\"b\" 1}}", "\":\" is expected, not \"1\"" },
                { "{'a': 1}", "a key in double quotes is expected, not \"'\"" },
                { "{a: 1}", "a key in double quotes is expected, not \"a\"" },
                { "{\"a\": tru}", "a value is expected, not \"t\"" },
                { "{\"a\": True}", "a value is expected, not \"T\"" },
                { "{\"a\": truefalse}", "\",\" or \"}\" is expected, not \"f\"" },
                { "{\"a\": 01}", "\",\" or \"}\" is expected, not \"1\"" },
                { "{\"a\": .5}", "a value is expected" },
                { "{\"a\": 1.}", "a digit is expected" },
                { "{\"a\": +1}", "a value is expected" },
                { "{\"a\": 1e}", "a digit is expected" },
                { "{\"a\": - 1}", "a digit is expected" },
                { "{\"a\": NaN}", "a value is expected" },
                { "{\"a\": \"b\nc\"}", "a string is not closed in its line" },
                { "{\"a\": \"\\x41\"}", "a \"\\\" that means nothing" },
                { "{\"a\": \"\\u12g4\"}", "four hexadecimal digits" },
                { "{\"a\": \"b", "1: a string is not closed" },
                { "{\"a\": 1", "\",\" or \"}\" is expected, but the file ends" },
                { "{\"a\": 1}\n{}", "2: the end of the file is expected, not \"{\"" },
                { "{\"iptables\": \"false\"}", "\"iptables\" must be true or false" },
                { "{\"ip6tables\": 0}", "\"ip6tables\" must be true or false" },
                { "{\"icc\": 0}", "\"icc\" must be true or false" },
                { "{\"ip\": 10}", "\"ip\" must be a string" },
                { "{\"ip\": [\"::\"]}", "\"ip\" must be a string" },
                { "{\"a\": \"\xff\"}", "the byte 0xff is not UTF-8" },
                { "{\"a\": \x01}", "not the byte 0x01" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                check_refused(CASES[i].text, strlen(CASES[i].text), CASES[i].words);
        check_refused("{\"a\": 1}\0{}", 11, "1: the byte 0x00 is not UTF-8");
}

/* Oddities that dockerd accepts are read as dockerd does, and kept. */
static void test_oddities(void) {
        static const struct {
                const char *text, *words, *ip;
                Said iptables;
        } CASES[] = {
                { "{\"a\": 1,\n\"a\": 2}", "2: the key \"a\" is there twice", NULL, SAID_NOTHING },
                { "{\"ip\": \"::\", \"iptables\": true, \"i\\u0070\": \"10.0.0.1\", \"iptables\": false}",
                  "the key \"ip\" is there twice", "10.0.0.1", SAID_NO },
                { "{\"iptables\": false, \"iptables\": null}", "twice", NULL, SAID_NO },
                { "\xef\xbb\xbf{\"iptables\": false}", "1: begins with a byte order mark", NULL, SAID_NO },
                { "{\"ip\": null, \"iptables\": null}", NULL, NULL, SAID_NOTHING },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(DaemonJson) json = daemon_json_parse(CASES[i].text, strlen(CASES[i].text), &error);
                g_assert_no_error(error);
                g_assert_cmpstr(json->settings.ip, ==, CASES[i].ip);
                g_assert_cmpint(json->settings.iptables, ==, CASES[i].iptables);
                g_assert_true(CASES[i].words ? json->oddity && strstr(json->oddity, CASES[i].words) : !json->oddity);
        }
}

static char *nested(guint levels, char open, char close) {
        GString *text = g_string_new("{\"a\": ");
        for (guint i = 1; i < levels; i++)
                g_string_append_printf(text, "%c%s", open, open == '{' && i + 1 < levels ? "\"a\":" : "");
        for (guint i = 1; i < levels; i++)
                g_string_append_c(text, close);
        g_string_append_c(text, '}');
        return g_string_free(text, FALSE);
}

static void test_limits(void) {
        g_autofree char *deep = nested(LIMIT_JSON_DEPTH, '[', ']'), *objects = nested(LIMIT_JSON_DEPTH, '{', '}');
        g_autofree char *deeper = nested(LIMIT_JSON_DEPTH + 1, '[', ']'), *more = nested(LIMIT_JSON_DEPTH + 1, '{', '}');
        daemon_json_free(parse(deep));
        daemon_json_free(parse(objects));
        check_refused(deeper, strlen(deeper), "nested more than 64 levels");
        check_refused(more, strlen(more), "nested more than 64 levels");

        GString *large = g_string_new("{");
        for (guint i = 0; large->len < LIMIT_DAEMON_JSON - 100; i++)
                g_string_append_printf(large, "%s\"key%u\": %u", i ? "," : "", i, i);
        g_string_append(large, ",\"ip\": \"::\"}");
        g_autofree char *text = g_string_free(large, FALSE);
        gsize length = strlen(text);
        g_autoptr(DaemonJson) json = parse(text);
        g_assert_cmpstr(json->settings.ip, ==, "::");
        g_autofree char *huge = g_malloc(LIMIT_DAEMON_JSON + 1);
        memset(huge, ' ', LIMIT_DAEMON_JSON + 1);
        memcpy(huge, text, length);
        check_refused(huge, LIMIT_DAEMON_JSON + 1, "at most 1048576 are read");
        g_autoptr(DaemonJson) just = daemon_json_parse(huge, LIMIT_DAEMON_JSON, NULL);
        g_assert_nonnull(just);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/daemon-json/replace", test_replace);
        g_test_add_func("/daemon-json/everything-else-is-kept", test_everything_else_is_kept);
        g_test_add_func("/daemon-json/add", test_add);
        g_test_add_func("/daemon-json/remove", test_remove);
        g_test_add_func("/daemon-json/settings", test_settings);
        g_test_add_func("/daemon-json/refused", test_refused);
        g_test_add_func("/daemon-json/oddities", test_oddities);
        g_test_add_func("/daemon-json/limits", test_limits);
        return g_test_run();
}
