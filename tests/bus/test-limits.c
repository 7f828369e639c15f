/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limits that quaywalld(8) documents: at the limit a call succeeds, beyond it LimitExceeded is returned and nothing
 * changes. */
#include "fixture.h"

#include <string.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#define POLICIES 1000
#define ADDRESSES 65536
#define RULES 4096
#define MATCHES 64
#define NAME 64
#define DESCRIPTION 1024
#define REQUESTS 32

/* A list of N strings, each made from its number, counted from 1. */
static GVariant *strings(guint n, char *(*make)(guint)) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);

        for (guint i = 0; i < n; i++) {
                g_autofree char *text = make(i);

                g_variant_builder_add(&b, "s", text);
        }
        return g_variant_builder_end(&b);
}

/* No two are adjacent, so they cannot be merged. */
static char *make_address(guint i) {
        return g_strdup_printf("10.%u.%u.%u", i >> 15, (i >> 7) & 255, (i & 127) * 2);
}

static char *make_interface(guint i) {
        return g_strdup_printf("if%u", i);
}

static char *make_port(guint i) {
        return g_strdup_printf("%u/tcp", 1000 + 2 * i);
}

static GVariant *policy(const char *action, const char *key, GVariant *value) {
        g_auto(GVariantDict) dict;

        g_variant_dict_init(&dict, NULL);
        g_variant_dict_insert(&dict, "action", "s", action);
        if (key)
                g_variant_dict_insert_value(&dict, key, value);
        return g_variant_dict_end(&dict);
}

static GVariant *set_args(const char *name, GVariant *value) {
        return g_variant_new("(s@a{sv}@a{sv})", name, value, g_variant_new_parsed("@a{sv} {}"));
}

static void accepted(Fixture *f, const char *what, const char *method, GVariant *args) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = fixture_call_on(f->bus, method, args, 0, &error);

        if (error) {
                g_test_message("%s: %s", what, error->message);
                g_test_fail();
        }
}

static void exceeded(Fixture *f, const char *what, const char *words, const char *method, GVariant *args) {
        g_autoptr(GError) error = NULL;
        g_autofree char *before = fixture_dump(f), *after = NULL;
        g_autoptr(GVariant) answer = fixture_call_on(f->bus, method, args, 0, &error);

        fixture_check_error(what, error, ERROR_("LimitExceeded"), words);
        after = fixture_dump(f);
        g_assert_true(g_str_equal(after, before));
}

static void test_matches(void) {
        static const struct {
                const char *action, *key;
                char *(*make)(guint);
        } cases[] = { { "deny", "interfaces", make_interface },
                      { "deny", "ports", make_port },
                      { "deny", "destinations", make_address } };
        g_autoptr(Fixture) f = fixture_new(NULL);

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                accepted(f, cases[i].key, "Policies.Set",
                         set_args("web", policy(cases[i].action, cases[i].key, strings(MATCHES, cases[i].make))));
                exceeded(f, cases[i].key, cases[i].key, "Policies.Set",
                         set_args("web", policy(cases[i].action, cases[i].key, strings(MATCHES + 1, cases[i].make))));
        }
}

/* Disabled, so that they need not be enforced: there is no guard here. */
static GVariant *disabled_policies(guint count) {
        g_autoptr(GVariantBuilder) builder = g_variant_builder_new(G_VARIANT_TYPE("a{sa{sv}}"));

        for (guint i = 0; i < count; i++) {
                g_auto(GVariantDict) dict;
                g_autofree char *name = g_strdup_printf("p%u", i);

                g_variant_dict_init(&dict, NULL);
                g_variant_dict_insert(&dict, "action", "s", "allow-only");
                g_variant_dict_insert(&dict, "enabled", "b", FALSE);
                g_variant_dict_insert_value(&dict, "sources", strings(ADDRESSES, make_address));
                g_variant_builder_add(builder, "{s@a{sv}}", name, g_variant_dict_end(&dict));
        }
        return g_variant_new("(@a{sa{sv}}@a{sv})", g_variant_builder_end(builder), g_variant_new_parsed("@a{sv} {}"));
}

static void test_addresses_of_all(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        exceeded(f, "9 policies of 65536", "589824|524288", "Policies.ReplaceAll", disabled_policies(9));
        accepted(f, "8 policies of 65536", "Policies.ReplaceAll", disabled_policies(8));
        exceeded(f, "one source more", "524289|524288", "Policies.Set",
                 set_args("web", policy("deny", "sources", strings(1, make_address))));
        accepted(f, "a policy without sources", "Policies.Set", set_args("web", policy("deny", NULL, NULL)));
}

/* As long as an address can be. */
static char *make_longest(guint i) {
        return g_strdup_printf("2001:db8:1111:2222:3333:4444:%x:%x-2001:db8:1111:2222:3333:4444:%x:%x", 0x1000 + (i >> 14),
                               i << 2 & 0xffff, 0x1000 + (i >> 14), (i << 2 & 0xffff) + 2);
}

/* The bus disconnects who sends a message that is too large: quaywalld would be gone. */
static void test_lists(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        for (guint i = 0; i < 8; i++) {
                g_autofree char *name = g_strdup_printf("g%u", i);
                g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT(NULL);

                g_variant_dict_insert_value(&dict, "addresses", strings(ADDRESSES, make_longest));
                accepted(f, name, "Groups.Set", set_args(name, g_variant_dict_end(&dict)));
                g_variant_dict_init(&dict, NULL);
                g_variant_dict_insert(&dict, "action", "s", "deny");
                g_variant_dict_insert(&dict, "enabled", "b", FALSE);
                g_variant_dict_insert_value(&dict, "sources", strings(ADDRESSES, make_longest));
                accepted(f, name, "Policies.Set", set_args(name, g_variant_dict_end(&dict)));
        }
        fixture_fails(f, ERROR_("LimitExceeded"), "Get", "Groups.List", "%s", "");
        fixture_fails(f, ERROR_("LimitExceeded"), "Get", "Groups.ListPermanent", "%s", "");
        fixture_fails(f, ERROR_("LimitExceeded"), "Get", "Policies.List", "%s", "");
        accepted(f, "one of them", "Groups.Get", g_variant_new("(s)", "g7"));
        accepted(f, "one of them", "Policies.Get", g_variant_new("(s)", "g7"));
        accepted(f, "fewer of them", "Groups.Delete", g_variant_new_parsed("('g0', @a{sv} {})"));
        accepted(f, "fewer of them", "Groups.Delete", g_variant_new_parsed("('g1', @a{sv} {})"));
        accepted(f, "fewer of them", "Groups.Delete", g_variant_new_parsed("('g2', @a{sv} {})"));
        g_autoptr(GVariant) list = fixture_works(f, "Groups.List", "%s", "");
        g_assert_cmpuint(list ? g_variant_get_size(list) : 0, >, 20 << 20);
}

static void test_name_and_description(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *name = g_strnfill(NAME, 'n'), *text = g_strnfill(DESCRIPTION, 'd'),
                        *longer = g_strnfill(DESCRIPTION + 1, 'd');
        g_autofree char *mebibyte = g_strnfill(1 << 20, 'd');
        g_autoptr(GVariant) list = NULL;
        g_autofree char *listed = NULL;

        accepted(f, "64 characters", "Policies.Set", set_args(name, policy("deny", NULL, NULL)));
        list = fixture_works(f, "Policies.List", "%s", "");
        listed = list ? g_variant_print(list, FALSE) : g_strdup("");
        g_assert_nonnull(strstr(listed, name));
        accepted(f, "1024 bytes", "Policies.Set", set_args("web", policy("deny", "description", g_variant_new_string(text))));
        exceeded(f, "1025 bytes", "description|1024", "Policies.Set",
                 set_args("web", policy("deny", "description", g_variant_new_string(longer))));
        exceeded(f, "1 MiB", "description|1024", "Policies.Set",
                 set_args("web", policy("deny", "description", g_variant_new_string(mebibyte))));
}

static void test_addresses(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) check = NULL;
        g_autoptr(GError) error = NULL;

        exceeded(f, "65537 sources", "sources|65536", "Policies.Set",
                 set_args("web", policy("allow-only", "sources", strings(ADDRESSES + 1, make_address))));
        exceeded(f, "100000 sources", "sources|65536", "Policies.Set",
                 set_args("web", policy("allow-only", "sources", strings(100000, make_address))));
        /* Check compiles all of it and changes nothing. */
        check = fixture_call_on(
                f->bus, "Policies.Check",
                g_variant_new("(s@a{sv})", "web", policy("allow-only", "sources", strings(ADDRESSES, make_address))), 0,
                &error);
        g_assert_no_error(error);
        accepted(f, "1000 sources", "Policies.Set",
                 set_args("web", policy("allow-only", "sources", strings(1000, make_address))));
        /* There is no guard here. */
        exceeded(f, "4097 sources", "web|4096|guard", "Policies.Set",
                 set_args("web", policy("allow-only", "sources", strings(RULES + 1, make_address))));
}

static gboolean has_problem(Fixture *f, gpointer code) {
        g_autoptr(GVariant) problems = fixture_get(f, "Manager.Problems", NULL);
        g_autofree char *text = g_variant_print(problems, FALSE);

        return strstr(text, code) != NULL;
}

/* A policy from a file, for which no caller gets an error, is reported if it cannot be enforced. */
static void test_file_is_too_large(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GString) text = g_string_new("<policy action='allow-only'>");
        g_autoptr(GVariant) state = NULL;
        g_autofree char *rules = NULL;

        for (guint i = 0; i < RULES + 1; i++) {
                g_autofree char *address = make_address(i);

                g_string_append_printf(text, "<source address='%s'/>", address);
        }
        g_string_append(text, "</policy>\n");
        fixture_write(f->policies, "web.xml", text->str);
        fixture_works(f, "Manager.Reload", "%s", "");
        fixture_wait(f, has_problem, "policy-too-large", "the problem");
        state = fixture_get(f, "Manager.State", NULL);
        g_assert_cmpstr(g_variant_get_string(state, NULL), ==, "degraded");
        rules = fixture_dump(f);
        g_assert_null(strstr(rules, "quaywall:web"));
        /* Other policies can still be changed. */
        accepted(f, "another", "Policies.Set", set_args("other", policy("deny", NULL, NULL)));
}

static GVariant *many(guint n) {
        g_auto(GVariantBuilder) b = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

        for (guint i = 0; i < n; i++) {
                g_autofree char *name = g_strdup_printf("p%u", i);
                g_auto(GVariantDict) dict;

                g_variant_dict_init(&dict, NULL);
                g_variant_dict_insert(&dict, "action", "s", "deny");
                g_variant_dict_insert(&dict, "enabled", "b", FALSE); /* only the number matters here, not the rules */
                g_variant_builder_add(&b, "{s@a{sv}}", name, g_variant_dict_end(&dict));
        }
        return g_variant_new("(@a{sa{sv}}@a{sv})", g_variant_builder_end(&b), g_variant_new_parsed("@a{sv} {}"));
}

static void test_policies(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        exceeded(f, "1001 policies", "1000", "Policies.ReplaceAll", many(POLICIES + 1));
        accepted(f, "1000 policies", "Policies.ReplaceAll", many(POLICIES));
        exceeded(f, "one more", "1000", "Policies.Set", set_args("one-more", policy("deny", NULL, NULL)));
        accepted(f, "one that is there", "Policies.Set",
                 set_args("p7", policy("deny", "enabled", g_variant_new_boolean(FALSE))));
}

static void test_direct_words(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *word = g_strnfill(257, 'x');
        const char *argv[] = { "-m", "comment", "--comment", word, "-j", "DROP", NULL };

        exceeded(f, "long word", "args", "Direct.AddRule",
                 g_variant_new("(si^as@a{sv})", "ipv4", 0, argv, g_variant_new_parsed("@a{sv} {}")));
        exceeded(f, "many words", "args", "Direct.AddRule",
                 g_variant_new("(si@as@a{sv})", "ipv4", 0, strings(65, make_interface), g_variant_new_parsed("@a{sv} {}")));
}

typedef struct {
        guint done, failed, limited;
} Flood;

static void on_answer(GObject *source, GAsyncResult *result, gpointer data) {
        Flood *flood = data;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);
        g_autofree char *name = error ? g_dbus_error_get_remote_error(error) : NULL;

        flood->done++;
        flood->failed += error != NULL;
        flood->limited += g_strcmp0(name, ERROR_("LimitExceeded")) == 0;
}

static gboolean some_done(Fixture *f G_GNUC_UNUSED, gpointer data) {
        const guint *counts = data;

        return counts[0] >= counts[sizeof(Flood) / sizeof(guint)];
}

/* While prompts are open, a user may have 32 requests waiting, over any number of connections; the bus allows 256 of these. */
static void test_requests_in_flight(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) other = fixture_connect(f);
        struct {
                Flood flood;
                guint wanted;
        } state = { .wanted = 8 };

        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "hang");
        for (guint i = 0; i < REQUESTS + 8; i++)
                g_dbus_connection_call(i % 2 ? other : f->bus, "org.quaywall1", "/org/quaywall1", "org.quaywall1.Policies",
                                       "Remove", g_variant_new("(s@a{sv})", "nosuch", g_variant_new_parsed("@a{sv} {}")), NULL,
                                       G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, 20000, NULL, on_answer, &state.flood);
        fixture_wait(f, some_done, &state, "eight to be refused");
        g_assert_cmpuint(state.flood.limited, ==, 8);
        fixture_wait(f, fixture_has_prompted, GUINT_TO_POINTER(REQUESTS), "the others to be asked for");
        g_variant_unref(fixture_mock_polkit(f, "Release", g_variant_new("(b)", FALSE)));
        state.wanted = REQUESTS + 8;
        fixture_wait(f, some_done, &state, "the others to be answered");
        g_assert_cmpuint(state.flood.limited, ==, 8);
        g_assert_cmpuint(state.flood.failed, ==, REQUESTS + 8);
        fixture_polkit_answer(f, "*", "allow");
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "allow");
        fixture_fails(f, ERROR_("NoSuchPolicy"), "nosuch", "Policies.Remove", "'nosuch', {}");
}

static void send_set(Fixture *f, GVariant *value, GDBusCallFlags flags, Flood *flood) {
        g_dbus_connection_call(f->bus, "org.quaywall1", "/org/quaywall1", "org.quaywall1.Policies", "Set",
                               g_variant_new("(s@a{sv}@a{sv})", "web", value, g_variant_new_parsed("@a{sv} {}")), NULL, flags,
                               20000, NULL, on_answer, flood);
}

static void send_and_fail(Fixture *f, const char *words, GVariant *sources) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer =
                fixture_call_on(f->bus, "Policies.Set", set_args("web", policy("allow-only", "sources", sources)),
                                G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, &error);

        fixture_check_error("a large one", error, ERROR_("LimitExceeded"), words);
}

/* A user other than root may have 1 MiB of requests waiting, none of them over 256 KiB, and one larger request at a time. */
static void test_bytes_in_flight(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        struct {
                Flood flood;
                guint wanted;
        } state = { .wanted = 2 };

        if (geteuid() == 0) {
                g_test_skip("root has no such limit");
                return;
        }
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "hang");
        /* 16 bytes each: about 240 KiB, so four fit into 1 MiB */
        for (guint i = 0; i < 6; i++)
                send_set(f, policy("allow-only", "sources", strings(16000, make_address)),
                         G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, &state.flood);
        fixture_wait(f, some_done, &state, "two to be refused");
        g_assert_cmpuint(state.flood.limited, ==, 2);
        fixture_wait(f, fixture_has_prompted, GUINT_TO_POINTER(4), "four to be asked for");
        /* A larger request cannot wait for a password. */
        send_and_fail(f, "password|root", strings(60000, make_address));
        g_variant_unref(fixture_mock_polkit(f, "Release", g_variant_new("(b)", FALSE)));
        state.wanted = 6;
        fixture_wait(f, some_done, &state, "the others to be answered");
        g_assert_cmpuint(state.flood.limited, ==, 2);

        /* While polkit has not answered, a second large request is refused at once. */
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "stuck");
        memset(&state, 0, sizeof state);
        for (guint i = 0; i < 4; i++)
                send_set(f, policy("allow-only", "sources", strings(60000, make_address)), 0, &state.flood);
        state.wanted = 3;
        fixture_wait(f, some_done, &state, "three to be refused");
        g_assert_cmpuint(state.flood.limited, ==, 3);
        g_variant_unref(fixture_mock_polkit(f, "Release", g_variant_new("(b)", FALSE)));
        state.wanted = 4;
        fixture_wait(f, some_done, &state, "the first to be answered");
        g_assert_cmpuint(state.flood.limited, ==, 3);
}

/* The bus does not pass file descriptors, since quaywalld did not ask for them. */
static void test_file_descriptors(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusMessage) call =
                g_dbus_message_new_method_call("org.quaywall1", "/org/quaywall1", "org.freedesktop.DBus.Peer", "Ping");
        g_autoptr(GUnixFDList) files = g_unix_fd_list_new();
        g_autoptr(GDBusMessage) answer = NULL;
        g_autoptr(GError) error = NULL;

        g_assert_cmpint(g_unix_fd_list_append(files, STDIN_FILENO, &error), ==, 0);
        g_assert_no_error(error);
        g_dbus_message_set_unix_fd_list(call, files);
        answer = g_dbus_connection_send_message_with_reply_sync(f->bus, call, G_DBUS_SEND_MESSAGE_FLAGS_NONE, 10000, NULL, NULL,
                                                                &error);
        g_assert_no_error(error);
        g_assert_cmpint(g_dbus_message_get_message_type(answer), ==, G_DBUS_MESSAGE_TYPE_ERROR);
        g_assert_cmpstr(g_dbus_message_get_error_name(answer), ==, "org.freedesktop.DBus.Error.NotSupported");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/limits/matches", test_matches);
        g_test_add_func("/limits/name-and-description", test_name_and_description);
        g_test_add_func("/limits/addresses", test_addresses);
        g_test_add_func("/limits/addresses-of-all", test_addresses_of_all);
        g_test_add_func("/limits/lists", test_lists);
        g_test_add_func("/limits/file-is-too-large", test_file_is_too_large);
        g_test_add_func("/limits/policies", test_policies);
        g_test_add_func("/limits/direct-words", test_direct_words);
        g_test_add_func("/limits/requests-in-flight", test_requests_in_flight);
        g_test_add_func("/limits/bytes-in-flight", test_bytes_in_flight);
        g_test_add_func("/limits/file-descriptors", test_file_descriptors);
        return g_test_run();
}
