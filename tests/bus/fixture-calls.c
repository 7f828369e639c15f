/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calls of fixture.h to quaywalld and the mocks. */
#include "fixture.h"

#include <string.h>

#define FIREWALLD "org.fedoraproject.FirewallD1"
#define POLKIT "org.freedesktop.PolicyKit1"
#define QUAYWALL "org.quaywall1"

/* A longer call counts as a hang, and fails. */
#define CALL_TIMEOUT_MS 20000

char *fixture_source(const char *path) {
        const char *top = g_getenv("QUAYWALL_SRCDIR");

        return g_build_filename(top ? top : TOP_SRCDIR, path, NULL);
}

GDBusNodeInfo *fixture_node(void) {
        static GDBusNodeInfo *node;
        g_autofree char *path = NULL, *text = NULL;
        g_autoptr(GError) error = NULL;

        if (node)
                return node;
        path = fixture_source("dbus/org.quaywall1.xml");
        if (!g_file_get_contents(path, &text, NULL, &error) || !(node = g_dbus_node_info_new_for_xml(text, &error)))
                g_error("%s", error->message);
        return node;
}

static GVariantType *in_type(const char *method) {
        g_auto(GStrv) parts = g_strsplit(method, ".", 2);
        g_autofree char *name = g_strconcat(QUAYWALL ".", parts[0], NULL);
        GDBusInterfaceInfo *interface = g_dbus_node_info_lookup_interface(fixture_node(), name);
        GDBusMethodInfo *info = interface ? g_dbus_interface_info_lookup_method(interface, parts[1]) : NULL;
        g_autoptr(GString) type = g_string_new("(");

        if (!info)
                g_error("no method %s in the interface file", method);
        for (int i = 0; info->in_args && info->in_args[i]; i++)
                g_string_append(type, info->in_args[i]->signature);
        g_string_append_c(type, ')');
        return g_variant_type_new(type->str);
}

static GVariant *args_new(const char *method, const char *text) {
        g_autoptr(GVariantType) type = in_type(method);
        g_autofree char *tuple = NULL;
        g_autoptr(GError) error = NULL;
        GVariant *args;
        gsize n = g_variant_type_n_items(type);

        tuple = g_strdup_printf(n == 1 ? "(%s,)" : "(%s)", text);
        args = g_variant_parse(type, tuple, NULL, NULL, &error);
        if (!args)
                g_error("%s: %s: %s", method, tuple, error->message);
        return args;
}

GVariant *fixture_args(const char *method, const char *format, ...) {
        va_list list;
        g_autofree char *text = NULL;

        va_start(list, format);
        text = g_strdup_vprintf(format, list);
        va_end(list);
        return args_new(method, text);
}

GVariant *fixture_call_on(GDBusConnection *bus, const char *method, GVariant *args, GDBusCallFlags flags, GError **error) {
        g_auto(GStrv) parts = g_strsplit(method, ".", 2);
        g_autofree char *interface = g_strconcat(QUAYWALL ".", parts[0], NULL);

        return g_dbus_connection_call_sync(bus, QUAYWALL, "/org/quaywall1", interface, parts[1], args, NULL, flags,
                                           CALL_TIMEOUT_MS, NULL, error);
}

static GVariant *call_text(Fixture *self, const char *method, const char *text, GError **error) {
        g_autoptr(GVariant) args = args_new(method, text);

        return fixture_call_on(self->bus, method, args, G_DBUS_CALL_FLAGS_NONE, error);
}

GVariant *fixture_call(Fixture *self, const char *method, GError **error, const char *format, ...) {
        va_list list;
        g_autofree char *text = NULL;

        va_start(list, format);
        text = g_strdup_vprintf(format, list);
        va_end(list);
        return call_text(self, method, text, error);
}

GVariant *fixture_works(Fixture *self, const char *method, const char *format, ...) {
        va_list list;
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        GVariant *answer;

        va_start(list, format);
        text = g_strdup_vprintf(format, list);
        va_end(list);
        answer = call_text(self, method, text, &error);
        if (!answer) {
                g_test_message("%s (%.300s): %s", method, text, error->message);
                g_test_fail();
        }
        return answer;
}

void fixture_check_error(const char *what, const GError *error, const char *error_name, const char *words) {
        g_autofree char *name = error ? g_dbus_error_get_remote_error(error) : NULL;
        g_auto(GStrv) wanted = g_strsplit(words ? words : "", "|", -1);

        if (!error) {
                g_test_message("%s: worked, expected %s", what, error_name);
                g_test_fail();
                return;
        }
        if (g_strcmp0(name, error_name) != 0) {
                g_test_message("%s: expected %s, got %s", what, error_name, error->message);
                g_test_fail();
        }
        for (gsize i = 0; wanted[i]; i++)
                if (!strstr(error->message, wanted[i])) {
                        g_test_message("%s: \"%s\" is not in: %s", what, wanted[i], error->message);
                        g_test_fail();
                }
}

void works(Fixture *self, const char *method, const char *args) {
        g_autoptr(GVariant) answer = fixture_works(self, method, "%s", args);
}

char *answer_text(Fixture *self, const char *method, const char *args) {
        g_autoptr(GVariant) answer = fixture_works(self, method, "%s", args);

        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

const char *text_in(GVariant *dict, const char *key) {
        const char *text = "";

        g_variant_lookup(dict, key, "&s", &text);
        return text;
}

guint64 number_in(GVariant *dict, const char *key) {
        guint64 number = 0;

        g_variant_lookup(dict, key, "t", &number);
        return number;
}

void fixture_fails(Fixture *self, const char *error_name, const char *words, const char *method, const char *format, ...) {
        va_list list;
        g_autofree char *text = NULL, *what = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = NULL;

        va_start(list, format);
        text = g_strdup_vprintf(format, list);
        va_end(list);
        answer = call_text(self, method, text, &error);
        what = g_strdup_printf("%s (%.200s)", method, text);
        fixture_check_error(what, error, error_name, words);
}

GVariant *fixture_get(Fixture *self, const char *property, GError **error) {
        g_auto(GStrv) parts = g_strsplit(property, ".", 2);
        g_autofree char *interface = g_strconcat(QUAYWALL ".", parts[0], NULL);
        g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
                self->bus, QUAYWALL, "/org/quaywall1", "org.freedesktop.DBus.Properties", "Get",
                g_variant_new("(ss)", interface, parts[1]), G_VARIANT_TYPE("(v)"), 0, CALL_TIMEOUT_MS, NULL, error);
        GVariant *value = NULL;

        if (answer)
                g_variant_get(answer, "(v)", &value);
        return value;
}

static GVariant *mock(Fixture *self, const char *name, const char *path, const char *interface, const char *method,
                      GVariant *args) {
        g_autoptr(GError) error = NULL;
        GVariant *answer = g_dbus_connection_call_sync(self->bus, name, path, interface, method, args, NULL, 0, CALL_TIMEOUT_MS,
                                                       NULL, &error);

        if (!answer)
                g_error("%s: %s", method, error->message);
        return answer;
}

GVariant *fixture_mock(Fixture *self, const char *method, GVariant *args) {
        return mock(self, FIREWALLD, "/org/quaywall/Mock", "org.quaywall.Mock", method, args);
}

GVariant *fixture_mock_polkit(Fixture *self, const char *method, GVariant *args) {
        return mock(self, POLKIT, "/org/freedesktop/PolicyKit1/Authority", "org.quaywall.MockPolkit", method, args);
}

gboolean fixture_has_prompted(Fixture *self, gpointer count) {
        g_autoptr(GVariant) answer = fixture_mock_polkit(self, "GetChecks", NULL);
        g_autoptr(GVariantIter) iter = NULL;
        guint32 flags;
        guint persons = 0;

        g_variant_get(answer, "(a(sa{ss}uss))", &iter);
        while (g_variant_iter_next(iter, "(&s@a{ss}u&s&s)", NULL, NULL, &flags, NULL, NULL))
                persons += flags & 1;
        return persons >= GPOINTER_TO_UINT(count);
}

void fixture_polkit_answer(Fixture *self, const char *action, const char *answer) {
        g_autoptr(GVariant) done = fixture_mock_polkit(self, "Answer", g_variant_new("(ss)", action, answer));
}

void fixture_plan(Fixture *self, const char *pattern, guint nth, const char *kind, const char *message) {
        g_autoptr(GVariant) done = fixture_mock(self, "Plan", g_variant_new("(suss)", pattern, nth, kind, message));
}

char *fixture_dump(Fixture *self) {
        g_autoptr(GVariant) answer = fixture_mock(self, "Dump", NULL);
        char *text;

        g_variant_get(answer, "(s)", &text);
        return text;
}

gboolean fixture_same(const char *what, const char *before, const char *after) {
        const char *const texts[] = { before, after };
        const char *const signs[] = { "only before", "only after" };

        if (g_str_equal(before, after))
                return TRUE;
        g_test_message("%s: not the same", what);
        for (int i = 0; i < 2; i++) {
                g_auto(GStrv) lines = g_strsplit(texts[i], "\n", -1);
                g_auto(GStrv) others = g_strsplit(texts[1 - i], "\n", -1);

                for (gsize k = 0; lines[k]; k++)
                        if (!g_strv_contains((const char *const *) others, lines[k]))
                                g_test_message("%s: %s", signs[i], lines[k]);
        }
        g_test_fail();
        return FALSE;
}

char *fixture_iptables(Fixture *self, const char *family, const char *line) {
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        g_autoptr(GVariant) answer = g_dbus_connection_call_sync(
                self->bus, FIREWALLD, "/org/quaywall/Mock", "org.quaywall.Mock", "Iptables",
                g_variant_new("(s^as)", family, argv), G_VARIANT_TYPE("(s)"), 0, CALL_TIMEOUT_MS, NULL, NULL);
        char *text = NULL;

        if (!answer)
                return g_strdup(""); /* no such chain */
        g_variant_get(answer, "(s)", &text);
        return text;
}

guint fixture_lines(const char *text, const char *needle) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        guint n = 0;

        for (gsize i = 0; lines[i]; i++)
                n += strstr(lines[i], needle) != NULL;
        return n;
}

guint fixture_count_calls(Fixture *self, const char *pattern) {
        g_autoptr(GVariant) answer = fixture_mock(self, "GetCalls", NULL);
        g_autoptr(GVariantIter) iter = NULL;
        const char *name;
        guint n = 0;

        g_variant_get(answer, "(a(ss))", &iter);
        while (g_variant_iter_next(iter, "(&s&s)", &name, NULL))
                n += g_pattern_match_simple(pattern, name);
        return n;
}

static GVariant *firewalld(Fixture *self, const char *path, const char *interface, const char *method) {
        return mock(self, FIREWALLD, path, interface, method, NULL);
}

char *fixture_direct(Fixture *self, gboolean permanent) {
        g_autoptr(GVariant) answer = NULL, rules = NULL;
        g_autoptr(GVariantIter) iter = NULL;
        GString *text = g_string_new(NULL);
        const char *family, *table, *chain;
        const char **args;
        int priority;

        if (permanent) {
                answer = firewalld(self, "/org/fedoraproject/FirewallD1/config", FIREWALLD ".config.direct", "getSettings");
                g_variant_get(answer, "((@a(sss)@a(sssias)@a(sas)))", NULL, &rules, NULL);
        } else {
                answer = firewalld(self, "/org/fedoraproject/FirewallD1", FIREWALLD ".direct", "getAllRules");
                g_variant_get(answer, "(@a(sssias))", &rules);
        }
        iter = g_variant_iter_new(rules);
        while (g_variant_iter_next(iter, "(&s&s&si^a&s)", &family, &table, &chain, &priority, &args)) {
                g_autofree const char **owned = args;
                g_autofree char *joined = g_strjoinv(" ", (char **) owned);

                g_string_append_printf(text, "%s %s %s %d %s\n", family, table, chain, priority, joined);
        }
        return g_string_free(text, FALSE);
}

void fixture_reload_firewalld(Fixture *self) {
        g_autoptr(GVariant) done = firewalld(self, "/org/fedoraproject/FirewallD1", FIREWALLD, "reload");
}

static gboolean state_is(Fixture *self, gpointer data) {
        g_autoptr(GVariant) state = fixture_get(self, "Manager.State", NULL);

        return state && g_str_equal(g_variant_get_string(state, NULL), data);
}

gboolean fixture_wait_state(Fixture *self, const char *state) {
        return fixture_wait(self, state_is, (gpointer) state, state);
}
