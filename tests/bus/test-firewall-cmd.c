/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Manager.ListFirewallCmd and --print-firewall-cmd: the commands lead to exactly the direct rules that the call itself then makes, step
 * by step through a history of changes, and asking for them changes nothing. lab/t/82-firewall-cmd runs them. */
#include "fixture-ctl.h"

#include <string.h>

/* (aas, a(ss)) for a call of the method; NULL and the error. */
static GVariant *ask(Fixture *f, const char *method, const char *args, GError **error) {
        GVariant *tuple = fixture_args(method, "%s", args);
        return fixture_call_on(f->bus, "Manager.ListFirewallCmd", g_variant_new("(sv)", method, tuple), 0, error);
}

/* --- a model of firewalld's direct rules --------------------------------------------------------------------------- */

/* "ipv4 filter CHAIN 0 words" -> how often. */
static GHashTable *read_rules(Fixture *f, gboolean permanent) {
        GHashTable *rules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *text = fixture_direct(f, permanent);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                if (**line)
                        g_hash_table_add(rules, g_strdup(*line));
        return rules;
}

static char *rules_to_string(GHashTable *rules) {
        g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(rules), (GCompareFunc) g_strcmp0);
        GString *text = g_string_new(NULL);
        for (GList *line = sorted; line; line = line->next)
                g_string_append_printf(text, "%s\n", (char *) line->data);
        return g_string_free(text, FALSE);
}

static gboolean is_of_chain(gpointer rule, G_GNUC_UNUSED gpointer value, gpointer chain) {
        return g_str_has_prefix(rule, chain);
}

/* A command that is about direct rules; every other one must be one that leaves them alone. */
static void run_command(char **words, GHashTable *now, GHashTable *later) {
        g_assert_cmpstr(words[0], ==, "firewall-cmd");
        const gboolean permanent = g_str_equal(words[1], "--permanent");
        char **rest = words + 1 + permanent;
        GHashTable *rules = permanent ? later : now;
        if (!permanent && g_str_equal(rest[0], "--reload")) {
                GHashTableIter iter;
                gpointer rule;
                g_hash_table_remove_all(now);
                g_hash_table_iter_init(&iter, later);
                while (g_hash_table_iter_next(&iter, &rule, NULL))
                        g_hash_table_add(now, g_strdup(rule));
                return;
        }
        if (!g_str_equal(rest[0], "--direct"))
                return;
        g_autofree char *rule = g_strjoinv(" ", rest + 2);
        if (g_str_equal(rest[1], "--add-rule"))
                g_assert_true(g_hash_table_add(rules, g_strdup(rule)));
        else if (g_str_equal(rest[1], "--remove-rule"))
                g_assert_true(g_hash_table_remove(rules, rule));
        else if (g_str_equal(rest[1], "--remove-rules")) {
                g_autofree char *chain = g_strconcat(rule, " ", NULL);
                g_assert_cmpuint(g_hash_table_foreach_remove(rules, is_of_chain, chain), >, 0);
        } else
                g_assert_true(g_str_equal(rest[1], "--add-chain") || g_str_equal(rest[1], "--remove-chain") ||
                              g_str_equal(rest[1], "--passthrough"));
}

static void same_rules(const char *what, Fixture *f, gboolean permanent, GHashTable *expected) {
        g_autoptr(GHashTable) rules = read_rules(f, permanent);
        g_autofree char *is = rules_to_string(rules), *should_be = rules_to_string(expected);
        g_test_message("%s, %s", what, permanent ? "permanent" : "runtime");
        fixture_same(what, should_be, is);
}

/* One change: asked about, and then made. */
static void change(Fixture *f, const char *method, const char *args) {
        g_autoptr(GHashTable) now = read_rules(f, FALSE), later = read_rules(f, TRUE);
        g_autofree char *before = fixture_dump(f);
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = ask(f, method, args, &error);
        g_assert_no_error(error);
        g_autofree char *after = fixture_dump(f);
        fixture_same("asking", before, after);
        g_autoptr(GVariant) commands = g_variant_get_child_value(answer, 0);
        for (gsize i = 0; i < g_variant_n_children(commands); i++) {
                g_autoptr(GVariant) command = g_variant_get_child_value(commands, i);
                g_auto(GStrv) words = g_variant_dup_strv(command, NULL);
                run_command(words, now, later);
        }
        works(f, method, args);
        same_rules(args, f, FALSE, now);
        same_rules(args, f, TRUE, later);
}

/* With firewalld 1.3 and with 2.3, whose first direct rule takes a reload. */
static void test_same_rules(gconstpointer version) {
        static const char *const CHANGES[][2] = {
                { "Policies.Set",
                  "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1', 'fd01::1']>, 'ports': <['8080/tcp']>}, {}" },
                { "Policies.Set",
                  "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1', 'fd01::1']>, 'ports': <['8080/tcp']>}, {}" },
                { "Policies.Edit", "'web', {'sources': <['192.168.1.0/24']>}, {}, {'scope': <'runtime'>}" },
                { "Policies.Set",
                  "'bad', {'action': <'deny'>, 'sources': <['10.9.0.0/16']>, 'log': <true>, 'reject': <true>}, {'scope': <'permanent'>}" },
                { "Policies.RuntimeToPermanent", "{}" },
                { "Groups.Set", "'office', {'addresses': <['10.1.0.0/16']>}, {}" },
                { "Policies.SetMany",
                  "{'db': {'action': <'allow-only'>, 'sources': <['group:office']>}, 'bad': {'action': <'deny'>, 'sources': <['10.9.0.0/16']>}}, {}" },
                { "Groups.Add", "'office', ['10.2.0.1'], {}" },
                { "Groups.Remove", "'office', ['10.1.128.0/17'], {}" },
                { "Policies.Rename", "'web', 'shop', {}" },
                { "Policies.Edit", "'bad', {'enabled': <false>}, {}, {}" },
                { "Direct.AddRule", "'ipv4', 5, ['-s', '10.8.8.8', '-j', 'DROP'], {}" },
                { "Direct.AddRule", "'ipv6', -5, ['-s', 'fd00::1', '-j', 'DROP'], {'scope': <'permanent'>}" },
                { "Policies.Undo", "10, {}" },
                { "Policies.Remove", "'db', {}" },
                { "Groups.Delete", "'office', {}" },
                { "Direct.RemoveRule", "'ipv4', 5, ['-s', '10.8.8.8', '-j', 'DROP'], {}" },
                { "Policies.ReplaceAll", "{}, {}" },
                { "Direct.RemoveRule", "'ipv6', -5, ['-s', 'fd00::1', '-j', 'DROP'], {'scope': <'permanent'>}" },
        };
        const FixtureOptions options = { .firewalld_version = version, .docker_ipv6 = TRUE };
        g_autoptr(Fixture) f = fixture_new(&options);
        for (gsize i = 0; i < G_N_ELEMENTS(CHANGES); i++)
                change(f, CHANGES[i][0], CHANGES[i][1]);
}

/* What the method refuses is refused, with its words. */
static void test_refused(void) {
        static const char *const CASES[][4] = {
                { "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['80']>}, {}", ERROR_("InvalidPort"), "80" },
                { "Policies.Set", "'web', {'action': <'deny'>}, {'colour': <1>}", ERROR_("InvalidOption"), "colour" },
                { "Policies.Set",
                  "'web', {'action': <'forward'>, 'interfaces': <['ext0']>, 'out-interfaces': <['int0']>}, {'replace': <false>}",
                  ERROR_("PolicyExists"), "web" },
                { "Policies.Edit", "'none', {}, {}, {}", ERROR_("NoSuchPolicy"), "none" },
                { "Policies.Remove", "'none', {}", ERROR_("NoSuchPolicy"), "none" },
                { "Policies.Undo", "99, {}", ERROR_("NoSuchChange"), "99" },
                { "Groups.Remove", "'office', ['10.0.0.1'], {}", ERROR_("NoSuchGroup"), "office" },
                { "Direct.AddRule", "'ipv5', 0, ['-j', 'DROP'], {}", ERROR_("InvalidOption"), "ipv5" },
                { "Direct.RemoveRule", "'ipv4', 0, ['-s', '10.0.0.1', '-j', 'DROP'], {}", ERROR_("InvalidOption"),
                  "no direct rule" },
                { "Zone.AddInterface", "'ext0', {}", ERROR_("InvalidInterface"), "ext0" },
                { "Zone.RemoveInterface", "'ext0', {}", ERROR_("NoSuchInterface"), "ext0" },
                { "Zone.AddInterface", "'ext0', {'zone': <'nosuch'>}", ERROR_("InvalidOption"), "nosuch" },
                { "Policies.Get", "'web'", ERROR_("InvalidOption"), "method|Policies.Get" },
                { "Engine.SetIptables", "false, {}", ERROR_("InvalidOption"), "method" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        works(f, "Policies.Set", "'web', {'action': <'deny'>}, {}");
        g_autofree char *before = fixture_dump(f);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) answer = ask(f, CASES[i][0], CASES[i][1], &error);
                g_test_message("%s %s", CASES[i][0], CASES[i][1]);
                g_assert_null(answer);
                fixture_check_error(CASES[i][0], error, CASES[i][2], CASES[i][3]);
        }
        g_autofree char *after = fixture_dump(f);
        fixture_same("what is refused", before, after);
}

/* Arguments of other types than the method takes. */
static void test_malformed(void) {
        static const char *const ARGUMENTS[] = {
                "('Policies.Set', <'web'>)",
                "('Policies.Set', <('web',)>)",
                "('Policies.Set', <('web', {'action': <'deny'>})>)",
                "('Policies.Set', <('web', {'action': <'deny'>}, @a{sv} {}, 'more')>)",
                "('Policies.Set', <(1, {'action': <'deny'>}, @a{sv} {})>)",
                "('Policies.Set', <[('web', {'action': <'deny'>}, @a{sv} {})]>)",
                "('Direct.AddRule', <('ipv4', 'x', ['-j', 'DROP'], @a{sv} {})>)",
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f);
        for (gsize i = 0; i < G_N_ELEMENTS(ARGUMENTS); i++) {
                g_autoptr(GError) error = NULL;
                GVariant *args = g_variant_parse(G_VARIANT_TYPE("(sv)"), ARGUMENTS[i], NULL, NULL, &error);
                g_assert_no_error(error);
                g_autoptr(GVariant) answer = fixture_call_on(f->bus, "Manager.ListFirewallCmd", args, 0, &error);
                g_test_message("%s", ARGUMENTS[i]);
                g_assert_null(answer);
                fixture_check_error(ARGUMENTS[i], error, ERROR_("InvalidOption"), "");
        }
        g_autofree char *after = fixture_dump(f);
        fixture_same("what is malformed", before, after);
}

/* With every sentence on one line. */
static char *unfolded(const char *text) {
        g_auto(GStrv) parts = g_strsplit(text, "\n#   ", -1);
        return g_strjoinv(" ", parts);
}

/* The gate of a forward, zones, and what only the guard can do. */
static void test_others(void) {
        static const char *const CASES[][3] = {
                { "forward lan --in ext0 --out int0",
                  "firewall-cmd --permanent --new-policy=quaywall-forward|--set-priority=-2|--add-ingress-zone=ANY|--add-egress-zone=ANY|"
                  "--permanent --new-ipset=quaywall-27ff3867-4 --type=hash:net,iface --option=family=inet\n|"
                  "--new-ipset=quaywall-650fda92-6 --type=hash:net,iface --option=family=inet6|--add-entry=0.0.0.0/1,ext0|"
                  "'--add-rich-rule=rule family=\"ipv4\" source ipset=|firewall-cmd --reload\n# Wait here|-i ext0 -o int0|-j ACCEPT|"
                  "wait some seconds before",
                  "judges before" },
                { "allow-only web --from 192.168.1.1 --port 8080/tcp",
                  "# Commands of firewall-cmd for what this would do. Nothing was changed.\n|"
                  "firewall-cmd --direct --add-rule ipv4 filter QUAYWALL-POLICY 12 -s 192.168.1.1 -p tcp -m conntrack|"
                  "firewall-cmd --permanent --direct --add-rule ipv4 filter DOCKER-USER 1000|# What they do not keep:\n# - the guard|"
                  "jump to DOCKER-USER to the front|the bridges of now, docker0|# - they are for a host where quaywalld does not run",
                  "--reload\n|until a time|not confirmed|addresses that its" },
                { "allow-only web --from 192.168.1.1 --for 8h --confirm-within 60 --runtime",
                  "does not end by itself|nobody undoes them|firewall-cmd --direct",
                  "firewall-cmd --permanent --direct --add-rule" },
                { "deny db --container db", "the addresses that its containers have now", "-d " },
                { "allow-only web --from group:office", "the addresses that group:office has", NULL },
                { "zone add ext0 --zone work",
                  "firewall-cmd --zone=work --change-interface=ext0\n|firewall-cmd --permanent --zone=work", "reload" },
                { "zone remove docker0 --runtime", "firewall-cmd --zone=docker --remove-interface=docker0\n", "--permanent" },
                { "direct add ipv4 0 --print-firewall-cmd -- -s 10.0.0.1 -m comment --comment \"a $b;\" -j DROP",
                  "-s 10.0.0.1 -m comment --comment 'a $b;' -j DROP\n|take makes firewalld fail", "the guard" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *out = NULL, *line = strstr(CASES[i][0], "--print") ?
                                                             g_strdup(CASES[i][0]) :
                                                             g_strconcat(CASES[i][0], " --print-firewall-cmd", NULL);
                ctl(f, 0, &out, NULL, line);
                g_test_message("%s: %s", line, out);
                g_autofree char *flat = unfolded(out);
                has(flat, CASES[i][1]);
                g_auto(GStrv) absent = g_strsplit(CASES[i][2] ? CASES[i][2] : "", "|", -1);
                for (char **word = absent; *word; word++)
                        g_assert_null(strstr(flat, *word));
        }
        g_autofree char *after = fixture_dump(f);
        fixture_same("printing", before, after);
}

/* With firewalld 2 the first direct rule at runtime would flush what Docker has made: the chains come first, and by a reload. */
static void test_first_rule(void) {
        static const char *const ORDER[] = { "--permanent --direct --add-chain ipv4 filter DOCKER-USER\n",
                                             "firewall-cmd --reload\n# Wait here until Docker",
                                             "firewall-cmd --direct --add-rule ipv4 filter QUAYWALL-POLICY",
                                             "firewall-cmd --permanent --direct --add-rule ipv4 filter QUAYWALL-POLICY",
                                             "--passthrough ipv4 -t filter -I FORWARD -m comment",
                                             "--passthrough ipv4 -t filter -D FORWARD -j DOCKER-USER\n" };
        const FixtureOptions options = { .firewalld_version = "2.3.1" };
        g_autoptr(Fixture) f = fixture_new(&options);
        g_autofree char *first = NULL, *second = NULL;
        ctl(f, 0, &first, NULL, "deny web --port 8080/tcp --print-firewall-cmd");
        const char *place = first;
        for (gsize i = 0; i < G_N_ELEMENTS(ORDER); i++) {
                g_test_message("%s", ORDER[i]);
                place = strstr(place, ORDER[i]);
                g_assert_nonnull(place);
        }
        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        ctl(f, 0, &second, NULL, "deny db --port 5432/tcp --print-firewall-cmd");
        g_assert_null(strstr(second, "--reload"));
        g_assert_null(strstr(second, "--add-chain"));
        g_assert_nonnull(strstr(second, "quaywall:db"));
        g_assert_null(strstr(second, "quaywall:web"));
}

/* What no command can do is said, and not left out silently. */
static void test_guard_only(void) {
        if (!fixture_can_guard()) {
                g_test_skip("this user cannot make a network namespace");
                return;
        }
        const FixtureOptions options = { .guard = TRUE };
        g_autoptr(Fixture) f = fixture_new(&options);
        g_autofree char *large = NULL, *flat = NULL;
        g_autoptr(GString) line = g_string_new("deny many --print-firewall-cmd --from");
        for (int i = 0; i < 2000; i++)
                g_string_append_printf(line, " 10.%d.%d.1", i / 200, i % 200);
        ctl(f, 0, &large, NULL, line->str);
        flat = unfolded(large);
        has(flat, "policy \"many\" has too many addresses");
        g_assert_null(strstr(flat, "10.1.1.1"));
}

static void test_command_line(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "deny db --port 5432/tcp");
        prints(f, "--remove-rule ipv4 filter QUAYWALL-POLICY", "policy remove web --print-firewall-cmd");
        prints(f, "--remove-rules ipv4 filter QUAYWALL-POLICY|--remove-chain", "policy remove --all --print-firewall-cmd");
        prints(f, "--remove-rule", "policy disable web --print-firewall-cmd");
        prints(f, "quaywall:shop", "policy rename web shop --print-firewall-cmd");
        prints(f, "--remove-rule", "undo --print-firewall-cmd");
        prints(f, "No command", "runtime-to-permanent --print-firewall-cmd");
        prints(f, "No command", "group set office 10.0.0.1 --print-firewall-cmd");
        prints(f, "\"commands\" : [|\"firewall-cmd\",|\"notes\" : [|\"code\" : \"guard\"",
               "deny all --print-firewall-cmd --json");
        says(f, 2, "--print-firewall-cmd takes one NAME", "policy remove web db --print-firewall-cmd");
        says(f, 2, "does not take --print-firewall-cmd", "policy list --print-firewall-cmd");
        says(f, 2, "does not take --print-firewall-cmd", "zone show --print-firewall-cmd");
        says(f, 2, "does not take --print-firewall-cmd", "engine set-iptables yes --print-firewall-cmd");
        says(f, 2, "--check and --print-firewall-cmd", "deny all --check --print-firewall-cmd");
        prints(f, "web|db", "policy list");
        fixture_stop_firewalld(f);
        says(f, 1, "firewalld is not running", "deny all --print-firewall-cmd");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_data_func("/firewall-cmd/same-rules/1.3", "1.3.3", test_same_rules);
        g_test_add_data_func("/firewall-cmd/same-rules/2.3", "2.3.1", test_same_rules);
        g_test_add_func("/firewall-cmd/refused", test_refused);
        g_test_add_func("/firewall-cmd/malformed", test_malformed);
        g_test_add_func("/firewall-cmd/others", test_others);
        g_test_add_func("/firewall-cmd/first-rule", test_first_rule);
        g_test_add_func("/firewall-cmd/guard-only", test_guard_only);
        g_test_add_func("/firewall-cmd/command-line", test_command_line);
        return g_test_run();
}
