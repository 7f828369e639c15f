/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of addresses: what callers and files make of them, and that every policy which names one follows it. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define OFFICE "'office', {'addresses': <['192.168.1.1', '192.168.1.2']>, 'description': <'us'>}, {}"
#define WEB "'web', {'action': <'allow-only'>, 'sources': <['group:office']>, 'ports': <['8080/tcp']>}, {}"

static void has(const char *text, const char *part) {
        if (strstr(text, part))
                return;
        g_test_message("\"%s\" is not in: %s", part, text);
        g_test_fail();
}

static void answers(Fixture *f, const char *method, const char *args, const char *part) {
        g_autofree char *text = answer_text(f, method, args);

        has(text, part);
}

/* Whether direct rules list the address, alone or among others. */
static gboolean is_listed(const char *rules, const char *address) {
        const gsize length = strlen(address);

        for (const char *found = rules; (found = strstr(found, address)); found++)
                if (found > rules && strchr(" ,", found[-1]) && found[length] && strchr(" ,", found[length]))
                        return TRUE;
        return FALSE;
}

/* At runtime, and permanently. */
static void check_rules(Fixture *f, const char *address, gboolean now, gboolean later) {
        for (int permanent = 0; permanent < 2; permanent++) {
                g_autofree char *rules = fixture_direct(f, permanent);
                const gboolean wanted = permanent ? later : now;

                if (is_listed(rules, address) != wanted) {
                        g_test_message("%s is %sin the %s rules:\n%s", address, wanted ? "not " : "",
                                       permanent ? "permanent" : "runtime", rules);
                        g_test_fail();
                }
        }
}

static char *problems(Fixture *f) {
        g_autoptr(GVariant) value = fixture_get(f, "Manager.Problems", NULL);

        return value ? g_variant_print(value, FALSE) : g_strdup("");
}

/* words NULL: there is none with this code. */
static void check_problem(Fixture *f, const char *code, const char *words) {
        g_autofree char *text = problems(f);

        if (words ? !strstr(text, code) || !strstr(text, words) : strstr(text, code) != NULL) {
                g_test_message("%s with \"%s\": %s", code, words ? words : "", text);
                g_test_fail();
        }
}

static void restart(Fixture *f, int signal) {
        g_assert_true(fixture_stop_daemon(f, signal));
        fixture_start_daemon(f);
}

static gboolean groups_changed(Fixture *f, gpointer names) {
        return g_strcmp0(f->groups_changed, names) == 0;
}

static void wait_changed(Fixture *f, const char *names) {
        fixture_wait(f, groups_changed, (gpointer) names, names);
        g_clear_pointer(&f->groups_changed, g_free);
}

static void test_set_get_list_delete(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autofree char *path = g_build_filename(f->groups, "office.xml", NULL), *text = NULL;

        answers(f, "Groups.List", "", "({},)");
        fixture_fails(f, ERROR_("NoSuchGroup"), "\"office\"|group list", "Groups.Get", "'office'");
        answers(f, "Groups.Set", OFFICE, "('', [])");
        wait_changed(f, "(['office'],)");
        answers(f, "Groups.Get", "'office'", "({'addresses': <['192.168.1.1', '192.168.1.2']>, 'description': <'us'>},)");
        answers(f, "Groups.List", "", "{'office': {'addresses'");
        answers(f, "Groups.ListPermanent", "", "{'office': {'addresses'");
        g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
        has(text, "<group>\n  <description>us</description>\n  <source address=\"192.168.1.1\"/>\n");

        works(f, "Policies.Set", WEB);
        answers(f, "Policies.Get", "'web'", "'sources': <['group:office']>");
        check_rules(f, "192.168.1.1", TRUE, TRUE);
        check_rules(f, "192.168.1.2", TRUE, TRUE);
        fixture_wait_state(f, "enforcing");

        answers(f, "Groups.Add", "'office', ['10.0.0.0/8', '192.168.1.1', 'fd01::1'], {}",
                "('addresses-merged', 'addresses: 1 of the 5 addresses repeat or overlap others; joined, they are 4')");
        wait_changed(f, "(['office'],)");
        check_rules(f, "10.0.0.0/8", TRUE, TRUE);
        check_rules(f, "fd01::1", TRUE, TRUE);
        works(f, "Groups.Remove", "'office', ['192.168.1.1', '10.0.0.0/9'], {}");
        answers(f, "Groups.Get", "'office'", "['192.168.1.2', '10.128.0.0/9', 'fd01::1']");
        check_rules(f, "192.168.1.1", FALSE, FALSE);
        check_rules(f, "10.0.0.0/8", FALSE, FALSE);
        check_rules(f, "10.128.0.0/9", TRUE, TRUE);
        answers(f, "Groups.Set", "'office', {'addresses': <['0.0.0.0/0']>}, {}",
                "('everybody', 'addresses: \"0.0.0.0/0\" means everybody who comes by IPv4')");
        answers(f, "Policies.Check", "'web', {'action': <'allow-only'>, 'sources': <['group:office']>}",
                "('everybody', 'sources: \"0.0.0.0/0\" means everybody");

        fixture_fails(f, ERROR_("GroupInUse"), "\"office\"|by the policy \"web\"", "Groups.Delete", "'office', {}");
        works(f, "Policies.Set", "'other', {'action': <'deny'>, 'sources': <['group:office']>, 'enabled': <false>}, {}");
        fixture_fails(f, ERROR_("GroupInUse"), "policies \"other\", \"web\"", "Groups.Delete", "'office', {}");
        works(f, "Policies.Remove", "'web', {}");
        works(f, "Policies.Remove", "'other', {}");
        works(f, "Groups.Delete", "'office', {}");
        fixture_fails(f, ERROR_("NoSuchGroup"), "\"office\"", "Groups.Delete", "'office', {}");
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        fixture_wait_state(f, "idle");
}

static void test_bad_input(void) {
        static const struct {
                const char *error, *words, *method, *args;
        } CASES[] = {
                { ERROR_("InvalidGroup"), "name|\"a b\"", "Groups.Set", "'a b', {'addresses': <['10.0.0.1']>}, {}" },
                { ERROR_("InvalidGroup"), "name|\"\"|a group's name", "Groups.Set", "'', {'addresses': <['10.0.0.1']>}, {}" },
                { ERROR_("InvalidGroup"), "name|\"../x\"", "Groups.Get", "'../x'" },
                { ERROR_("InvalidGroup"), "\"sources\" is not a key of a group; the keys are addresses, description",
                  "Groups.Set", "'a', {'sources': <['10.0.0.1']>}, {}" },
                { ERROR_("InvalidGroup"), "addresses|\"s\"|\"as\"", "Groups.Set", "'a', {'addresses': <'10.0.0.1'>}, {}" },
                { ERROR_("InvalidGroup"), "description|\"as\"|\"s\"", "Groups.Set", "'a', {'description': <['x']>}, {}" },
                { ERROR_("InvalidGroup"), "description: \"a", "Groups.Set", "'a', {'description': <'a\\nb'>}, {}" },
                { ERROR_("InvalidAddress"), "addresses|\"10.0.0.300\"", "Groups.Set",
                  "'a', {'addresses': <['10.0.0.300']>}, {}" },
                { ERROR_("InvalidAddress"), "\"group:b\": a group holds addresses only", "Groups.Set",
                  "'a', {'addresses': <['group:b']>}, {}" },
                { ERROR_("InvalidAddress"), "\"group:a\": a group holds addresses only", "Groups.Add", "'a', ['group:a'], {}" },
                { ERROR_("InvalidAddress"), "\"ipset:b\": a group holds", "Groups.Set",
                  "'a', {'addresses': <['ipset:b']>}, {}" },
                { ERROR_("InvalidAddress"), "addresses: at least one", "Groups.Add", "'there', @as [], {}" },
                { ERROR_("InvalidAddress"), "addresses: at least one", "Groups.Remove", "'there', @as [], {}" },
                { ERROR_("InvalidAddress"), "\"10.0.0.2\" is not in the group \"there\"", "Groups.Remove",
                  "'there', ['10.0.0.1', '10.0.0.2'], {}" },
                { ERROR_("NoSuchGroup"), "\"a\"", "Groups.Add", "'a', ['10.0.0.1'], {}" },
                { ERROR_("NoSuchGroup"), "\"a\"", "Groups.Remove", "'a', ['10.0.0.1'], {}" },
                { ERROR_("NoSuchGroup"), "\"a\"", "Groups.Delete", "'a', {}" },
                { ERROR_("GroupExists"), "\"there\" already", "Groups.Set",
                  "'there', {'addresses': <['10.0.0.2']>}, {'create': <true>}" },
                { ERROR_("InvalidOption"), "\"replace\"|scope, confirm-within, cut, create", "Groups.Set",
                  "'a', {'addresses': <['10.0.0.1']>}, {'replace': <true>}" },
                { ERROR_("InvalidOption"), "\"create\"", "Groups.Add", "'there', ['10.0.0.2'], {'create': <true>}" },
                { ERROR_("InvalidOption"), "scope|\"now\"", "Groups.Delete", "'there', {'scope': <'now'>}" },
                { ERROR_("InvalidOption"), "option cut|permanent", "Groups.Delete",
                  "'there', {'cut': <true>, 'scope': <'permanent'>}" },
                { "org.freedesktop.DBus.Error.NotSupported", "option cut|guard", "Groups.Add",
                  "'there', ['10.0.0.2'], {'cut': <true>}" },
                { ERROR_("InvalidOption"), "groups|a{sa{sv}}", "Policies.SetMany",
                  "{'p': {'action': <'deny'>}}, {'groups': <['a']>}" },
                { ERROR_("InvalidAddress"), "group \"a\": |\"x\"", "Policies.SetMany",
                  "{'p': {'action': <'deny'>}}, {'groups': <{'a': {'addresses': <['x']>}}>}" },
                { ERROR_("GroupExists"), "\"there\"", "Policies.SetMany",
                  "{'p': {'action': <'deny'>}}, {'create': <true>, 'groups': <{'there': {'addresses': <['10.0.0.2']>}}>}" },
                { ERROR_("InvalidOption"), "\"groups\"", "Policies.Set",
                  "'p', {'action': <'deny'>}, {'groups': <{'a': {'addresses': <['10.0.0.2']>}}>}" },
                { ERROR_("InvalidAddress"), "sources|group:-x", "Policies.Set",
                  "'p', {'action': <'deny'>, 'sources': <['group:-x']>}, {}" },
                { ERROR_("InvalidAddress"), "destinations|group:there", "Policies.Set",
                  "'p', {'action': <'deny'>, 'destinations': <['group:there']>}, {}" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", "'there', {'addresses': <['10.0.0.1']>}, {'create': <true>}");
        works(f, "Groups.Set", "'there', {'addresses': <['10.0.0.1']>}, {'create': <true>}"); /* the same may be there */
        g_autofree char *before = fixture_dump(f), *groups = answer_text(f, "Groups.List", "");
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                fixture_fails(f, CASES[i].error, CASES[i].words, CASES[i].method, "%s", CASES[i].args);
        g_autofree char *after = fixture_dump(f), *same = answer_text(f, "Groups.List", "");
        fixture_same("refused", before, after);
        g_assert_cmpstr(groups, ==, same);
}

/* Each scope has its own addresses. */
static void test_scopes(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB);
        works(f, "Groups.Add", "'office', ['10.0.0.1'], {'scope': <'runtime'>}");
        check_rules(f, "10.0.0.1", TRUE, FALSE);
        works(f, "Groups.Add", "'office', ['10.0.0.2'], {'scope': <'permanent'>}");
        check_rules(f, "10.0.0.2", FALSE, TRUE);
        works(f, "Groups.Remove", "'office', ['192.168.1.1'], {}");
        answers(f, "Groups.List", "", "['192.168.1.2', '10.0.0.1']");
        answers(f, "Groups.ListPermanent", "", "['192.168.1.2', '10.0.0.2']");
        /* Runtime changes survive a restart of quaywalld, and end with a reload. */
        restart(f, SIGKILL);
        check_rules(f, "10.0.0.1", TRUE, FALSE);
        check_rules(f, "10.0.0.2", FALSE, TRUE);
        works(f, "Manager.Reload", "");
        check_rules(f, "10.0.0.1", FALSE, FALSE);
        check_rules(f, "10.0.0.2", TRUE, TRUE);
        answers(f, "Groups.List", "", "['192.168.1.2', '10.0.0.2']");
        /* A group that exists in one of them only. */
        works(f, "Groups.Set", "'tmp', {'addresses': <['10.0.0.3']>}, {'scope': <'runtime'>}");
        fixture_fails(f, ERROR_("NoSuchGroup"), "tmp", "Groups.Add", "'tmp', ['10.0.0.4'], {'scope': <'permanent'>}");
        works(f, "Groups.Add", "'tmp', ['10.0.0.4'], {}");
        answers(f, "Groups.ListPermanent", "", "({'office': ");
        works(f, "Policies.Set",
              "'tmp', {'action': <'deny'>, 'sources': <['group:tmp']>, 'ports': <['81/tcp']>}, {'scope': <'runtime'>}");
        check_rules(f, "10.0.0.4", TRUE, FALSE);
        fixture_fails(f, ERROR_("GroupInUse"), "\"tmp\"", "Groups.Delete", "'tmp', {}");
        fixture_fails(f, ERROR_("NoSuchGroup"), "\"tmp\"", "Groups.Delete", "'tmp', {'scope': <'permanent'>}");
        works(f, "Manager.Reload", "");
        fixture_fails(f, ERROR_("NoSuchGroup"), "\"tmp\"", "Groups.Get", "'tmp'");
}

/* A group that does not exist lists nobody, and is told. */
static void test_missing(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autofree char *rules = NULL;

        answers(f, "Policies.Check", "'web', {'action': <'allow-only'>, 'sources': <['group:office']>}",
                "('group-missing', 'sources: there is no group \"office\", so it lists nobody; see \"quaywallctl group list\"')");
        answers(f, "Policies.CheckChange",
                "{'web': {'action': <'allow-only'>, 'sources': <['group:office']>}}, @as [], @a{sv} {}",
                "('web', 'group-missing', 'sources: there is no group \"office\"");
        works(f, "Policies.Set", WEB);
        fixture_wait_state(f, "degraded");
        check_problem(f, "group-missing",
                      "the policy \"web\" does not hold as it reads: sources: there is no group \"office\"");
        rules = fixture_direct(f, FALSE);
        g_assert_cmpuint(fixture_lines(rules, "quaywall:web"), >, 0);
        works(f, "Groups.Set", OFFICE);
        fixture_wait_state(f, "enforcing");
        check_rules(f, "192.168.1.1", TRUE, TRUE);
        /* A form sees the rules that the group makes. */
        answers(f, "Policies.CheckChange",
                "{'db': {'action': <'deny'>, 'sources': <['group:office']>, 'ports': <['81/tcp']>}}, ['web'], @a{sv} {}",
                "'-s', '192.168.1.1,192.168.1.2'");
        works(f, "Groups.Remove", "'office', ['192.168.1.0/24'], {}");
        check_rules(f, "192.168.1.1", FALSE, FALSE);
        fixture_wait_state(f, "enforcing");
        answers(f, "Policies.Check", "'web', {'action': <'allow-only'>, 'sources': <['group:office']>}",
                "('group-empty', 'sources: the group \"office\" has no addresses, so it lists nobody')");
        /* A file that somebody removes is a missing group, too. */
        g_autofree char *path = g_build_filename(f->groups, "office.xml", NULL);
        g_assert_cmpint(g_remove(path), ==, 0);
        works(f, "Manager.Reload", "");
        fixture_wait_state(f, "degraded");
        check_problem(f, "group-missing", "\"office\"");
}

/* However a file is broken, the group stays as when it was last good, also after a restart. */
static void test_broken_file(void) {
        static const char *const BROKEN[] = { "<gro", "<group>\n<source address='10.0.0.300'/>\n</group>",
                                              "<group>\n<source group='other'/>\n</group>",
                                              "\x7f"
                                              "ELF\x01\xff\xfe" };
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Groups.Set", "'other', {'addresses': <['10.0.0.9']>}, {}");
        works(f, "Policies.Set", WEB);
        for (gsize i = 0; i < G_N_ELEMENTS(BROKEN); i++) {
                const char *line = i == 1 || i == 2 ? "/groups/office.xml:2: " : "/groups/office.xml:1: ";

                fixture_write(f->groups, "office.xml", BROKEN[i]);
                restart(f, SIGKILL);
                check_rules(f, "192.168.1.1", TRUE, TRUE);
                check_problem(f, "group-file", line);
                check_problem(f, "group-file", "the group stays as it was when its file was last good");
                check_problem(f, "group-file", "'group': <'office'>");
                check_problem(f, "policy-file", NULL);
                fixture_fails(f, ERROR_("InvalidPolicy"), line, "Manager.Reload", "%s", "");
                check_rules(f, "192.168.1.1", TRUE, TRUE);
                /* A change of another group does not affect it. */
                works(f, "Groups.Add", "'other', ['10.0.0.10'], {}");
                works(f, "Groups.Remove", "'other', ['10.0.0.10'], {}");
                check_problem(f, "group-file", line);
        }
        fixture_write(f->groups, "office.xml", "<group><source address='192.168.1.3'/></group>");
        works(f, "Manager.Reload", "");
        check_problem(f, "group-file", NULL);
        check_rules(f, "192.168.1.1", FALSE, FALSE);
        check_rules(f, "192.168.1.3", TRUE, TRUE);
        /* Setting it mends its file. */
        fixture_write(f->groups, "office.xml", "<");
        fixture_fails(f, ERROR_("InvalidPolicy"), "office.xml:1", "Manager.Reload", "%s", "");
        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.3']>}, {}");
        check_problem(f, "group-file", NULL);
        works(f, "Manager.Reload", "");
        check_rules(f, "192.168.1.3", TRUE, TRUE);
        /* One that never was good. */
        fixture_write(f->groups, "new.xml", "<");
        restart(f, SIGTERM);
        check_problem(f, "group-file", "it has no last good copy: it lists nobody until the file is repaired");
        fixture_fails(f, ERROR_("NoSuchGroup"), "only a file that must be repaired or removed: |new.xml:1", "Groups.Delete",
                      "'new', {}");
}

static char *many_sources(guint n) {
        GString *text = g_string_new("<group>");

        for (guint i = 0; i < n; i++)
                g_string_append_printf(text, "<source address='10.%u.%u.%u'/>\n", i >> 15, i >> 7 & 255, (i & 127) * 2);
        g_string_append(text, "</group>");
        return g_string_free(text, FALSE);
}

/* What is no file, or no file of a group's size, is as broken; restarted or reloaded, the group holds. */
static void test_odd_file(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *path = g_build_filename(f->groups, "office.xml", NULL), *large = g_strnfill(10 << 20, ' '),
                        *many = many_sources(65537), *most = many_sources(65536), *binary = g_strnfill(4096, '\xff'),
                        *elsewhere = g_build_filename(f->dir, "elsewhere.xml", NULL);
        const struct {
                const char *what, *text, *link, *words; /* neither text nor link: a folder */
        } ODD[] = {
                { "a folder", NULL, NULL, "office.xml: is not a regular file" },
                { "a link", NULL, elsewhere, "office.xml: is a symbolic link" },
                { "10 MiB", large, NULL, "office.xml: is not a regular file of at most 8388608 bytes" },
                { "binary", binary, NULL, "office.xml:1: " },
                { "too many", many, NULL, "more than 65536; a group can have 65536 at most" },
        };

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB);
        fixture_write(f->dir, "elsewhere.xml", "<group><source address='0.0.0.0/0'/></group>");
        for (gsize i = 0; i < G_N_ELEMENTS(ODD); i++) {
                g_test_message("%s", ODD[i].what);
                g_remove(path);
                if (ODD[i].text)
                        fixture_write(f->groups, "office.xml", ODD[i].text);
                else
                        g_assert_cmpint(ODD[i].link ? symlink(ODD[i].link, path) : g_mkdir(path, 0700), ==, 0);
                fixture_fails(f, ERROR_("InvalidPolicy"), ODD[i].words, "Manager.Reload", "%s", "");
                check_rules(f, "192.168.1.1", TRUE, TRUE);
                restart(f, SIGKILL);
                check_problem(f, "group-file", ODD[i].words);
                check_problem(f, "group-file", "the group stays as it was when its file was last good");
                check_rules(f, "192.168.1.1", TRUE, TRUE);
                check_rules(f, "0.0.0.0/0", FALSE, FALSE);
        }
        /* As many as there may be are no problem; but without the guard, DOCKER-USER cannot hold them. */
        works(f, "Policies.Remove", "'web', {}");
        fixture_write(f->groups, "office.xml", most);
        works(f, "Manager.Reload", "");
        check_problem(f, "group-file", NULL);
}

/* Written by hand, also with what a caller could not say. */
static void test_file_by_hand(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });

        fixture_write(f->groups, "office.xml",
                      "<group>\n<!-- Bob --><source address='192.168.1.7'/>\n<source address='192.168.1.0/24'/>\n</group>\n");
        fixture_write(f->policies, "web.xml",
                      "<policy action='allow-only'><source group='office'/><source address='10.0.0.1'/>"
                      "<port port='8080' protocol='tcp'/></policy>");
        fixture_start_daemon(f);
        check_rules(f, "192.168.1.0/24", TRUE, TRUE);
        check_rules(f, "10.0.0.1", TRUE, TRUE);
        answers(f, "Policies.Get", "'web'", "'sources': <['10.0.0.1', 'group:office']>");
        answers(f, "Groups.Get", "'office'", "['192.168.1.0/24']");
        /* A change of the group leaves the policy's file alone. */
        g_autofree char *path = g_build_filename(f->policies, "web.xml", NULL), *before = NULL, *after = NULL;
        g_assert_true(g_file_get_contents(path, &before, NULL, NULL));
        works(f, "Groups.Add", "'office', ['10.0.0.2'], {}");
        g_assert_true(g_file_get_contents(path, &after, NULL, NULL));
        g_assert_cmpstr(before, ==, after);
        check_rules(f, "10.0.0.2", TRUE, TRUE);
}

static char *begin(Fixture *f, const char *method, const char *args) {
        g_autoptr(GVariant) answer = fixture_works(f, method, "%s", args);
        char *token = NULL;

        if (answer)
                g_variant_get_child(answer, 0, "s", &token);
        return token ? token : g_strdup("");
}

static gboolean is_undone(Fixture *f, G_GNUC_UNUSED gpointer data) {
        g_autofree char *list = answer_text(f, "Groups.List", "");

        return !strstr(list, "10.0.0.1");
}

/* A change of a group is confirmed or undone as one of a policy is, also when quaywalld dies meanwhile. */
static void test_confirm(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GError) error = NULL;

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB);
        fixture_write(f->groups, "office.xml", "<group><!-- mine --><source address='192.168.1.1'/></group>");
        works(f, "Manager.Reload", "");
        g_autofree char *token = begin(f, "Groups.Add", "'office', ['10.0.0.1'], {'confirm-within': <uint32 60>}");
        g_assert_cmpstr(token, !=, "");
        check_rules(f, "10.0.0.1", TRUE, TRUE);
        g_autoptr(GVariant) pending = fixture_get(f, "Policies.PendingChange", &error);
        g_autofree char *text = g_variant_print(pending, FALSE);
        has(text, "'policies': <@as []>");
        has(text, "'groups': <['office']>");
        fixture_fails(f, ERROR_("ChangePending"), "group:office", "Groups.Add", "'office', ['10.0.0.5'], {}");
        fixture_fails(f, ERROR_("ChangePending"), "group:office", "Policies.Remove", "'web', {}");
        g_autofree char *quoted = g_strdup_printf("'%s'", token);
        g_clear_pointer(&f->groups_changed, g_free);
        works(f, "Policies.Rollback", quoted);
        wait_changed(f, "(['office'],)");
        check_rules(f, "10.0.0.1", FALSE, FALSE);
        check_rules(f, "192.168.1.1", TRUE, TRUE);
        /* The administrator's own file is back, to the byte. */
        g_autofree char *path = g_build_filename(f->groups, "office.xml", NULL), *file = NULL;
        g_assert_true(g_file_get_contents(path, &file, NULL, NULL));
        g_assert_cmpstr(file, ==, "<group><!-- mine --><source address='192.168.1.1'/></group>");

        g_autofree char *kept =
                begin(f, "Groups.Set", "'office', {'addresses': <['10.0.0.2']>}, {'confirm-within': <uint32 60>}");
        restart(f, SIGKILL);
        check_rules(f, "10.0.0.2", TRUE, TRUE);
        g_autofree char *kept_quoted = g_strdup_printf("'%s'", kept);
        works(f, "Policies.Confirm", kept_quoted);
        check_rules(f, "10.0.0.2", TRUE, TRUE);

        g_autofree char *lost = begin(f, "Groups.Add", "'office', ['10.0.0.1'], {'confirm-within': <uint32 1>}");
        g_assert_true(fixture_stop_daemon(f, SIGKILL));
        g_usleep(1100 * 1000); /* the time is over while quaywalld does not run */
        fixture_start_daemon(f);
        fixture_wait(f, is_undone, NULL, "the change to be undone");
        check_rules(f, "10.0.0.1", FALSE, FALSE);
        check_rules(f, "10.0.0.2", TRUE, TRUE);
}

/* Policies and the groups that they name are set in one step. */
static void test_set_many(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });

        works(f, "Groups.Set", "'home', {'addresses': <['10.0.0.7']>}, {}");
        works(f, "Policies.SetMany",
              "{'web': {'action': <'allow-only'>, 'sources': <['group:office', 'group:home']>, 'ports': <['8080/tcp']>}}, "
              "{'create': <true>, 'groups': <{'office': {'addresses': <['10.0.0.1']>}, 'home': {'addresses': <['10.0.0.7']>}}>}");
        fixture_wait_state(f, "enforcing");
        check_rules(f, "10.0.0.1", TRUE, TRUE);
        check_rules(f, "10.0.0.7", TRUE, TRUE);
        /* All or nothing. */
        fixture_fails(f, ERROR_("PolicyExists"), "web", "Policies.SetMany",
                      "{'web': {'action': <'deny'>}}, {'create': <true>, 'groups': <{'new': {'addresses': <['10.0.0.1']>}}>}");
        fixture_fails(f, ERROR_("NoSuchGroup"), "new", "Groups.Get", "'new'");
        fixture_plan(f, "direct.addRule", 1, "fail", "COMMAND_FAILED: no");
        fixture_fails(f, ERROR_("FirewalldFailed"), "", "Groups.Add", "'office', ['10.0.0.2'], {}");
        answers(f, "Groups.Get", "'office'", "['10.0.0.1']");
        check_rules(f, "10.0.0.2", FALSE, FALSE);
        /* ReplaceAll replaces policies, and sets groups: all others stay. */
        works(f, "Policies.ReplaceAll", "{'db': {'action': <'deny'>, 'sources': <['group:home']>}}, {}");
        check_rules(f, "10.0.0.7", TRUE, TRUE);
        answers(f, "Groups.List", "", "'office'");
        works(f, "Policies.ReplaceAll",
              "{'db': {'action': <'deny'>, 'sources': <['group:home']>}}, {'groups': <{'home': {'addresses': <['10.0.0.8']>}}>}");
        check_rules(f, "10.0.0.7", FALSE, FALSE);
        check_rules(f, "10.0.0.8", TRUE, TRUE);
        answers(f, "Groups.List", "", "'office'");
}

/* What a change of a group costs firewalld is what changes, and one that changes nothing costs nothing. */
static void test_costs_what_changes(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Groups.Set", OFFICE);
        works(f, "Policies.Set", WEB);
        for (int i = 0; i < 8; i++) {
                g_autofree char *args = g_strdup_printf(
                        "'p%d', {'action': <'allow-only'>, 'sources': <['10.1.0.%d']>, 'ports': <['%d/tcp']>}, {}", i, i,
                        9000 + i);
                works(f, "Policies.Set", args);
        }
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Groups.Add", "'office', ['10.0.0.1'], {}");
        guint n = fixture_count_calls(f, "direct.addRule") + fixture_count_calls(f, "direct.removeRule*");
        g_assert_cmpuint(n, >, 0);
        g_assert_cmpuint(n, <=, 4);
        g_assert_cmpuint(fixture_count_calls(f, "reload"), ==, 0);
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Groups.Add", "'office', ['10.0.0.1'], {}");
        works(f, "Groups.Set", "'unused', {'addresses': <['10.9.9.9']>}, {}");
        g_assert_cmpuint(fixture_count_calls(f, "direct.addRule") + fixture_count_calls(f, "direct.removeRule*"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "config.direct.update"), ==, 0);
}

static void test_limits(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GString) many = g_string_new("[");

        for (guint i = 0; i < 65536; i++)
                g_string_append_printf(many, "%s'10.%u.%u.%u'", i ? ", " : "", i >> 15, i >> 7 & 255, (i & 127) * 2);
        for (guint i = 0; i < 8; i++) {
                g_autofree char *args = g_strdup_printf("'g%u', {'addresses': <%s]>}, {}", i, many->str);
                works(f, "Groups.Set", args);
        }
        fixture_fails(f, ERROR_("LimitExceeded"), "addresses|all groups|524289|524288", "Groups.Set", "%s",
                      "'one', {'addresses': <['11.0.0.1']>}, {}");
        fixture_fails(f, ERROR_("LimitExceeded"), "addresses|65536", "Groups.Add", "%s", "'g0', ['11.0.0.1'], {}");
        fixture_fails(f, ERROR_("LimitExceeded"), "addresses|65536", "Groups.Set", "'g0', {'addresses': <%s, '11.0.0.1']>}, {}",
                      many->str);
        /* A group counts for each policy that names it; and there is no guard here, so one is too large for DOCKER-USER. */
        fixture_fails(f, ERROR_("LimitExceeded"), "web|4096|guard", "Policies.Set",
                      "'web', {'action': <'deny'>, 'sources': <['group:g0']>}, {}");
        works(f, "Policies.Set",
              "'a', {'action': <'deny'>, 'sources': <['group:g0', 'group:g1', 'group:g2', 'group:g3', "
              "'group:g4', 'group:g5', 'group:g6', 'group:g7']>, 'enabled': <false>}, {}");
        fixture_fails(f, ERROR_("LimitExceeded"), "sources|589824|524288", "Policies.Set",
                      "'b', {'action': <'deny'>, 'sources': <['group:g0']>, 'enabled': <false>}, {}");
        /* The same when the group grows. */
        works(f, "Groups.Set", "'small', {'addresses': <@as []>}, {'scope': <'runtime'>}");
        works(f, "Groups.Delete", "'small', {}");
        works(f, "Policies.Remove", "'a', {}");
        works(f, "Groups.Delete", "'g7', {}");
        works(f, "Groups.Set", "'small', {'addresses': <['10.0.0.1']>}, {}");
        works(f, "Policies.Set", "'small', {'action': <'deny'>, 'sources': <['group:small']>}, {}");
        fixture_fails(f, ERROR_("LimitExceeded"), "small|4096|guard", "Groups.Set", "'small', {'addresses': <%s]>}, {}",
                      many->str);
        answers(f, "Groups.Get", "'small'", "['10.0.0.1']");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/groups/set-get-list-delete", test_set_get_list_delete);
        g_test_add_func("/groups/bad-input", test_bad_input);
        g_test_add_func("/groups/scopes", test_scopes);
        g_test_add_func("/groups/missing", test_missing);
        g_test_add_func("/groups/broken-file", test_broken_file);
        g_test_add_func("/groups/odd-file", test_odd_file);
        g_test_add_func("/groups/file-by-hand", test_file_by_hand);
        g_test_add_func("/groups/confirm", test_confirm);
        g_test_add_func("/groups/set-many", test_set_many);
        g_test_add_func("/groups/costs-what-changes", test_costs_what_changes);
        g_test_add_func("/groups/limits", test_limits);
        return g_test_run();
}
