/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* firewalld-contract: assertions on everything in firewalld that quaywalld relies on. Without arguments they check
 * mock-firewalld, as 1.3.3 and as 2.3.1; with --address ADDRESS, as in the lab, the firewalld of that bus, which proves that
 * the mock behaves like it. They leave firewalld as they found it. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#define NAME "org.fedoraproject.FirewallD1"
#define PATH "/org/fedoraproject/FirewallD1"
#define CONFIG PATH "/config"
#define DIRECT_TYPE "(a(sss)a(sssias)a(sas))"

typedef struct {
        Fixture *fixture; /* NULL with a real firewalld */
        GDBusConnection *bus;
        GVariant *permanent; /* to be restored */
        GPtrArray *signals;
        guint subscription;
} Contract;

static const char *real_address;

static GVariant *call(Contract *c, const char *path, const char *member, GVariant *args, GError **error) {
        const char *dot = strrchr(member, '.');
        g_autofree char *interface = dot ? g_strdup_printf(NAME ".%.*s", (int) (dot - member), member) : g_strdup(NAME);

        return g_dbus_connection_call_sync(c->bus, NAME, path, interface, dot ? dot + 1 : member, args, NULL, 0, 60000, NULL,
                                           error);
}

static GVariant *contract_works(Contract *c, const char *path, const char *member, GVariant *args) {
        g_autoptr(GError) error = NULL;
        GVariant *answer = call(c, path, member, args, &error);

        g_assert_no_error(error);
        return answer;
}

static void done(Contract *c, const char *path, const char *member, GVariant *args) {
        g_autoptr(GVariant) answer = contract_works(c, path, member, args);
}

/* PREFIX is firewalld's error code with the colon; the D-Bus error name is always the same. */
static void fails(Contract *c, const char *path, const char *member, const char *prefix, GVariant *args) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = call(c, path, member, args, &error);
        g_autofree char *name = error ? g_dbus_error_get_remote_error(error) : NULL;

        g_assert_null(answer);
        g_assert_cmpstr(name, ==, NAME ".Exception");
        if (error)
                g_dbus_error_strip_remote_error(error);
        if (error && !g_str_has_prefix(error->message, prefix)) {
                g_test_message("%s: expected \"%s...\", got: %s", member, prefix, error->message);
                g_test_fail();
        }
}

static char *property(Contract *c, const char *name) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer =
                g_dbus_connection_call_sync(c->bus, NAME, PATH, "org.freedesktop.DBus.Properties", "Get",
                                            g_variant_new("(ss)", NAME, name), G_VARIANT_TYPE("(v)"), 0, -1, NULL, &error);
        g_autoptr(GVariant) value = NULL;

        g_assert_no_error(error);
        g_variant_get(answer, "(v)", &value);
        return g_variant_dup_string(value, NULL);
}

static GVariant *chain_args(const char *family, const char *chain) {
        return g_variant_new("(sss)", family, "filter", chain);
}

static GVariant *rule_args(const char *family, const char *chain, int priority, const char *line) {
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);

        return g_variant_new("(sssi^as)", family, "filter", chain, priority, argv);
}

static GVariant *words(const char *family, const char *line) {
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);

        return g_variant_new("(s^as)", family, argv);
}

static char *passthrough(Contract *c, const char *family, const char *line) {
        g_autoptr(GVariant) answer = contract_works(c, PATH, "direct.passthrough", words(family, line));
        char *out = NULL;

        if (answer)
                g_variant_get(answer, "(s)", &out);
        return out;
}

static gboolean is_modern(Contract *c) {
        g_autofree char *version = property(c, "version");

        return atoi(version) >= 2;
}

static void reload(Contract *c) {
        done(c, PATH, "reload", NULL);
}

static void on_signal(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path G_GNUC_UNUSED,
                      const char *interface, const char *signal, GVariant *args, gpointer data) {
        Contract *c = data;
        g_autofree char *shown = g_variant_print(args, FALSE);

        g_ptr_array_add(c->signals, g_strdup_printf("%s %s %s", interface + strlen(NAME), signal, shown));
}

/* The signals that firewalld sent before its answer are already queued. */
static gboolean got_signal(Contract *c, const char *text) {
        gboolean found = FALSE;

        while (g_main_context_iteration(NULL, FALSE))
                ;
        for (guint i = 0; i < c->signals->len; i++)
                found |= strstr(c->signals->pdata[i], text) != NULL;
        g_ptr_array_set_size(c->signals, 0);
        return found;
}

static void set_up(Contract *c, gconstpointer version) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = NULL;

        if (real_address) {
                c->bus = g_dbus_connection_new_for_address_sync(real_address,
                                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                                        G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                                NULL, NULL, &error);
                if (!c->bus)
                        g_error("%s", error->message);
        } else {
                const FixtureOptions options = {
                        .firewalld_version = version, .no_polkit = TRUE, .no_daemon = TRUE, .no_docker = TRUE
                };

                c->fixture = fixture_new(&options);
                c->bus = g_object_ref(c->fixture->bus);
        }
        c->signals = g_ptr_array_new_with_free_func(g_free);
        c->subscription = g_dbus_connection_signal_subscribe(c->bus, NAME, NULL, NULL, NULL, NULL, 0, on_signal, c, NULL);
        answer = contract_works(c, CONFIG, "config.direct.getSettings", NULL);
        c->permanent = g_variant_get_child_value(answer, 0);
}

static void tear_down(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        done(c, CONFIG, "config.direct.update", g_variant_new("(@" DIRECT_TYPE ")", c->permanent));
        reload(c);
        g_variant_unref(c->permanent);
        g_dbus_connection_signal_unsubscribe(c->bus, c->subscription);
        g_ptr_array_unref(c->signals);
        g_object_unref(c->bus);
        g_clear_pointer(&c->fixture, fixture_free);
}

static void test_properties(Contract *c, gconstpointer version) {
        g_autofree char *state = property(c, "state"), *told = property(c, "version");
        g_autoptr(GVariant) zone = contract_works(c, PATH, "getDefaultZone", NULL);

        g_assert_cmpstr(state, ==, "RUNNING");
        g_assert_true(g_regex_match_simple("^[0-9]+\\.[0-9]+", told, 0, 0));
        if (version)
                g_assert_cmpstr(told, ==, version);
        g_assert_cmpstr(g_variant_get_type_string(zone), ==, "(s)");
}

static gboolean is_panic(Contract *c) {
        g_autoptr(GVariant) answer = contract_works(c, PATH, "queryPanicMode", NULL);
        gboolean panic;

        g_variant_get(answer, "(b)", &panic);
        return panic;
}

static void test_panic(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_assert_false(is_panic(c));
        done(c, PATH, "enablePanicMode", NULL);
        g_assert_true(got_signal(c, " PanicModeEnabled ()"));
        g_assert_true(is_panic(c));
        fails(c, PATH, "enablePanicMode", "ALREADY_ENABLED: ", NULL);
        /* Reads and calls of iptables still work. */
        g_free(passthrough(c, "ipv4", "-t filter -S"));
        done(c, PATH, "disablePanicMode", NULL);
        g_assert_true(got_signal(c, " PanicModeDisabled ()"));
        g_assert_false(is_panic(c));
        fails(c, PATH, "disablePanicMode", "NOT_ENABLED: ", NULL);
}

/* FACTS: with nothing direct in force, firewalld >= 2.0 flushes all of iptables at the first runtime direct call. */
static void test_first_call_flushes(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autofree char *before = NULL, *after = NULL, *later = NULL;
        gboolean modern = is_modern(c);

        g_free(passthrough(c, "ipv4", "-t filter -N QWFOREIGN"));
        before = passthrough(c, "ipv4", "-t filter -S");
        g_assert_true(strstr(before, "-N QWFOREIGN"));
        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWTEST"));
        after = passthrough(c, "ipv4", "-t filter -S");
        g_assert_cmpint(strstr(after, "-N QWFOREIGN") == NULL, ==, modern);
        /* The second call does not, in any release. */
        g_free(passthrough(c, "ipv4", "-t filter -N QWSECOND"));
        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWTEST2"));
        later = passthrough(c, "ipv4", "-t filter -S");
        g_assert_true(strstr(later, "-N QWSECOND"));
        g_free(passthrough(c, "ipv4", "-t filter -X QWSECOND"));
        if (!modern)
                g_free(passthrough(c, "ipv4", "-t filter -X QWFOREIGN"));
}

static void test_chains(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autoptr(GVariant) chains = NULL, query = NULL;
        g_autofree char *text = NULL, *kernel = NULL;

        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWTEST"));
        g_assert_true(got_signal(c, ".direct ChainAdded ('ipv4', 'filter', 'QWTEST')"));
        fails(c, PATH, "direct.addChain", "ALREADY_ENABLED: ", chain_args("ipv4", "QWTEST"));
        g_free(passthrough(c, "ipv4", "-t filter -N QWOTHER"));
        fails(c, PATH, "direct.addChain", "COMMAND_FAILED: ", chain_args("ipv4", "QWOTHER"));
        done(c, PATH, "direct.addChain", chain_args("ipv6", "QWTEST"));
        chains = contract_works(c, PATH, "direct.getAllChains", NULL);
        text = g_variant_print(chains, FALSE);
        g_assert_cmpstr(g_variant_get_type_string(chains), ==, "(a(sss))");
        g_assert_nonnull(strstr(text, "('ipv4', 'filter', 'QWTEST')"));
        g_assert_nonnull(strstr(text, "('ipv6', 'filter', 'QWTEST')"));
        g_assert_null(strstr(text, "QWOTHER"));
        query = contract_works(c, PATH, "direct.queryChain", chain_args("ipv4", "QWTEST"));
        fails(c, PATH, "direct.addChain", "INVALID_IPV: ", chain_args("ipv5", "QWTEST"));
        done(c, PATH, "direct.removeChain", chain_args("ipv4", "QWTEST"));
        fails(c, PATH, "direct.removeChain", "NOT_ENABLED: ", chain_args("ipv4", "QWTEST"));
        kernel = passthrough(c, "ipv4", "-t filter -S");
        g_assert_null(strstr(kernel, "QWTEST"));
        g_free(passthrough(c, "ipv4", "-t filter -X QWOTHER"));
}

static void test_rules(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        static const char jump[] = "-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdst 192.168.1.99 --ctorigdstport 8080 "
                                   "--ctdir ORIGINAL -m comment --comment quaywall:web -j QWTARGET";
        g_autofree char *kernel = NULL, *again = NULL, *text = NULL;
        g_autoptr(GVariant) rules = NULL;

        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWTEST"));
        fails(c, PATH, "direct.addRule", "COMMAND_FAILED: ", rule_args("ipv4", "QWTEST", 0, jump));
        fails(c, PATH, "direct.addRule", "COMMAND_FAILED: ", rule_args("ipv4", "QWNONE", 0, "-j DROP"));
        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWTARGET"));
        done(c, PATH, "direct.addRule", rule_args("ipv4", "QWTEST", 1000, jump));
        g_assert_true(got_signal(c, ".direct RuleAdded ('ipv4', 'filter', 'QWTEST', 1000, ["));
        fails(c, PATH, "direct.addRule", "ALREADY_ENABLED: ", rule_args("ipv4", "QWTEST", 1000, jump));
        done(c, PATH, "direct.addRule", rule_args("ipv4", "QWTEST", 5, "-s 10.0.0.1 -j RETURN"));
        done(c, PATH, "direct.addRule",
             rule_args(
                     "ipv4", "QWTEST", 500,
                     "-m limit --limit 10/minute --limit-burst 5 -m comment --comment quaywall:web -j LOG --log-prefix quaywall:web"));
        done(c, PATH, "direct.addRule",
             rule_args("ipv4", "QWTEST", 5, "-s 10.0.0.0/8 -p udp -m comment --comment quaywall -j REJECT"));
        kernel = passthrough(c, "ipv4", "-t filter -S QWTEST");
        g_assert_cmpstr(
                kernel, ==,
                "-N QWTEST\n"
                "-A QWTEST -s 10.0.0.1/32 -j RETURN\n"
                "-A QWTEST -s 10.0.0.0/8 -p udp -m comment --comment quaywall -j REJECT --reject-with icmp-port-unreachable\n"
                "-A QWTEST -m limit --limit 10/min -m comment --comment \"quaywall:web\" -j LOG --log-prefix \"quaywall:web\"\n"
                "-A QWTEST -i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdst 192.168.1.99 --ctorigdstport 8080 "
                "--ctdir ORIGINAL -m comment --comment \"quaywall:web\" -j QWTARGET\n");
        rules = contract_works(c, PATH, "direct.getAllRules", NULL);
        text = g_variant_print(rules, FALSE);
        g_assert_cmpstr(g_variant_get_type_string(rules), ==, "(a(sssias))");
        g_assert_nonnull(strstr(text, "('ipv4', 'filter', 'QWTEST', 5, ['-s', '10.0.0.1', '-j', 'RETURN'])"));
        fails(c, PATH, "direct.removeChain", "COMMAND_FAILED: ", chain_args("ipv4", "QWTARGET"));
        done(c, PATH, "direct.removeRule", rule_args("ipv4", "QWTEST", 1000, jump));
        fails(c, PATH, "direct.removeRule", "NOT_ENABLED: ", rule_args("ipv4", "QWTEST", 1000, jump));
        fails(c, PATH, "direct.removeRule", "NOT_ENABLED: ", rule_args("ipv4", "QWTEST", 6, "-s 10.0.0.1 -j RETURN"));
        done(c, PATH, "direct.removeRules", chain_args("ipv4", "QWTEST"));
        again = passthrough(c, "ipv4", "-t filter -S QWTEST");
        g_assert_cmpstr(again, ==, "-N QWTEST\n");
}

static void test_commas(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autofree char *kernel = NULL, *bad = NULL, *again = NULL;

        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWTEST"));
        done(c, PATH, "direct.addRule", rule_args("ipv4", "QWTEST", 10, "-s 10.0.0.1,10.1.0.0/16,10.2.0.9 -j RETURN"));
        done(c, PATH, "direct.addRule", rule_args("ipv4", "QWTEST", 10, "-j DROP"));
        kernel = passthrough(c, "ipv4", "-t filter -S QWTEST");
        g_assert_cmpstr(kernel, ==,
                        "-N QWTEST\n-A QWTEST -s 10.0.0.1/32 -j RETURN\n-A QWTEST -s 10.1.0.0/16 -j RETURN\n"
                        "-A QWTEST -s 10.2.0.9/32 -j RETURN\n-A QWTEST -j DROP\n");
        /* With one bad address, none is added. */
        fails(c, PATH, "direct.addRule", "COMMAND_FAILED: ", rule_args("ipv4", "QWTEST", 1, "-s 10.9.0.1,300.1.1.1 -j DROP"));
        bad = passthrough(c, "ipv4", "-t filter -S QWTEST");
        g_assert_cmpstr(bad, ==, kernel);
        done(c, PATH, "direct.removeRule", rule_args("ipv4", "QWTEST", 10, "-s 10.0.0.1,10.1.0.0/16,10.2.0.9 -j RETURN"));
        again = passthrough(c, "ipv4", "-t filter -S QWTEST");
        g_assert_cmpstr(again, ==, "-N QWTEST\n-A QWTEST -j DROP\n");
}

static void test_ipv6(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autofree char *kernel = NULL;

        done(c, PATH, "direct.addChain", chain_args("ipv6", "QWTEST"));
        done(c, PATH, "direct.addRule",
             rule_args(
                     "ipv6", "QWTEST", 1,
                     "-s fd01::1,fd02::/64 -p tcp -m conntrack --ctorigdst fd01::99 --ctorigdstport 80:90 --ctdir ORIGINAL -m comment --comment quaywall:web -j RETURN"));
        done(c, PATH, "direct.addRule", rule_args("ipv6", "QWTEST", 2, "-m iprange --src-range fd01::1-fd01::3 -j REJECT"));
        fails(c, PATH, "direct.addRule", "COMMAND_FAILED: ", rule_args("ipv6", "QWTEST", 2, "-s 10.0.0.1 -j DROP"));
        kernel = passthrough(c, "ipv6", "-t filter -S QWTEST");
        g_assert_cmpstr(
                kernel, ==,
                "-N QWTEST\n"
                "-A QWTEST -s fd01::1/128 -p tcp -m conntrack --ctorigdst fd01::99 --ctorigdstport 80:90 --ctdir ORIGINAL -m comment --comment \"quaywall:web\" -j RETURN\n"
                "-A QWTEST -s fd02::/64 -p tcp -m conntrack --ctorigdst fd01::99 --ctorigdstport 80:90 --ctdir ORIGINAL -m comment --comment \"quaywall:web\" -j RETURN\n"
                "-A QWTEST -m iprange --src-range fd01::1-fd01::3 -j REJECT --reject-with icmp6-port-unreachable\n");
}

static void test_bad_rule_at_runtime(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autofree char *kernel = NULL, *state = NULL, *text = NULL;
        g_autoptr(GVariant) rules = NULL;

        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWTEST"));
        fails(c, PATH, "direct.addRule",
              "COMMAND_FAILED: ", rule_args("ipv4", "QWTEST", 1, "-m conntrack --ctstate BOGUS -j DROP"));
        kernel = passthrough(c, "ipv4", "-t filter -S QWTEST");
        g_assert_cmpstr(kernel, ==, "-N QWTEST\n");
        rules = contract_works(c, PATH, "direct.getAllRules", NULL);
        text = g_variant_print(rules, FALSE);
        g_assert_null(strstr(text, "BOGUS"));
        state = property(c, "state");
        g_assert_cmpstr(state, ==, "RUNNING");
}

static void test_passthrough(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autofree char *counted = NULL, *listed = NULL;

        fails(c, PATH, "direct.passthrough", "COMMAND_FAILED: ", words("ipv4", "-t filter -S QWNONE"));
        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWTEST"));
        done(c, PATH, "direct.addRule",
             rule_args("ipv4", "QWTEST", 1, "-s 10.0.0.1 -m comment --comment quaywall:web -j DROP"));
        counted = passthrough(c, "ipv4", "-t filter -v -S QWTEST");
        g_assert_cmpstr(counted, ==,
                        "-N QWTEST\n-A QWTEST -s 10.0.0.1/32 -m comment --comment \"quaywall:web\" -c 0 0 -j DROP\n");
        listed = passthrough(c, "ipv4", "-t filter -L QWTEST -v -x -n");
        g_assert_true(g_str_has_prefix(listed, "Chain QWTEST (0 references)\n"));
        g_assert_true(g_regex_match_simple("\n +0 +0 DROP .*/\\* quaywall:web \\*/", listed, 0, 0));
}

static GVariant *settings(const char *text) {
        return g_variant_new("(@" DIRECT_TYPE ")", g_variant_new_parsed(text));
}

static void test_permanent(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autoptr(GVariant) told = NULL, rules = NULL;
        g_autofree char *text = NULL, *kernel = NULL, *runtime = NULL;

        done(c, PATH, "direct.addChain", chain_args("ipv4", "QWRUNTIME"));
        done(c, CONFIG, "config.direct.update",
             settings("([('ipv4', 'filter', 'QWTEST'), ('ipv6', 'filter', 'QWTEST'), ('ipv4', 'filter', 'QWTEST2')],"
                      "[('ipv4', 'filter', 'QWTEST', 7, ['-j', 'QWTEST2']), ('ipv6', 'filter', 'QWTEST', 1, ['-j', 'DROP']),"
                      "('ipv4', 'filter', 'QWTEST', 3, ['-m', 'comment', '--comment', 'two words', '-j', 'DROP']),"
                      "('ipv4', 'filter', 'QWTEST', 7, ['-j', 'QWTEST2'])], @a(sas) [])"));
        g_assert_true(got_signal(c, ".config.direct Updated ()"));
        told = contract_works(c, CONFIG, "config.direct.getSettings", NULL);
        text = g_variant_print(told, FALSE);
        /* Grouped by chain, duplicates removed. */
        g_assert_cmpstr(text, ==,
                        "(([('ipv4', 'filter', 'QWTEST'), ('ipv4', 'filter', 'QWTEST2'), ('ipv6', 'filter', 'QWTEST')], "
                        "[('ipv4', 'filter', 'QWTEST', 7, ['-j', 'QWTEST2']), ('ipv4', 'filter', 'QWTEST', 3, "
                        "['-m', 'comment', '--comment', 'two words', '-j', 'DROP']), ('ipv6', 'filter', 'QWTEST', 1, "
                        "['-j', 'DROP'])], []),)");
        /* It is in force only after the reload, which also removes what was runtime only. */
        runtime = passthrough(c, "ipv4", "-t filter -S");
        g_assert_null(strstr(runtime, "QWTEST"));
        got_signal(c, "");
        reload(c);
        g_assert_true(got_signal(c, " Reloaded ()"));
        kernel = passthrough(c, "ipv4", "-t filter -S QWTEST");
        g_assert_cmpstr(kernel, ==, "-N QWTEST\n-A QWTEST -m comment --comment \"two words\" -j DROP\n-A QWTEST -j QWTEST2\n");
        g_free(g_steal_pointer(&kernel));
        kernel = passthrough(c, "ipv4", "-t filter -S");
        g_assert_null(strstr(kernel, "QWRUNTIME"));
}

static void test_bad_permanent_rule(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autofree char *state = NULL, *kernel = NULL, *healed = NULL;

        done(c, CONFIG, "config.direct.update",
             settings("([('ipv4', 'filter', 'QWTEST')], [('ipv4', 'filter', 'QWTEST', 1, ['-j', 'DROP']), ('ipv4', "
                      "'filter', 'QWTEST', 2, ['-m', 'conntrack', '--ctstate', 'BOGUS', '-j', 'DROP'])], @a(sas) [])"));
        got_signal(c, "");
        fails(c, PATH, "reload", "COMMAND_FAILED: ", NULL);
        g_assert_false(got_signal(c, " Reloaded ()"));
        state = property(c, "state");
        g_assert_cmpstr(state, ==, "FAILED");
        kernel = passthrough(c, "ipv4", "-t filter -S");
        g_assert_null(strstr(kernel, "QWTEST"));
        fails(c, CONFIG, "config.addZone2",
              "RUNNING_BUT_FAILED: ", g_variant_new("(s@a{sv})", "qwzone", g_variant_new_parsed("@a{sv} {}")));
        done(c, CONFIG, "config.direct.update", settings("(@a(sss) [], @a(sssias) [], @a(sas) [])"));
        reload(c);
        healed = property(c, "state");
        g_assert_cmpstr(healed, ==, "RUNNING");
}

static char *zone_of(Contract *c, const char *interface) {
        g_autoptr(GVariant) answer = contract_works(c, PATH, "zone.getZoneOfInterface", g_variant_new("(s)", interface));
        char *zone = NULL;

        g_variant_get(answer, "(s)", &zone);
        return zone;
}

static void test_zone_runtime(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autofree char *none = zone_of(c, "qwif0"), *added = NULL, *moved = NULL, *text = NULL, *gone = NULL;
        g_autoptr(GVariant) active = NULL, interfaces = NULL;

        g_assert_cmpstr(none, ==, "");
        done(c, PATH, "zone.addInterface", g_variant_new("(ss)", "trusted", "qwif0"));
        g_assert_true(got_signal(c, ".zone InterfaceAdded ('trusted', 'qwif0')"));
        fails(c, PATH, "zone.addInterface", "ZONE_ALREADY_SET: ", g_variant_new("(ss)", "trusted", "qwif0"));
        fails(c, PATH, "zone.addInterface", "ZONE_CONFLICT: ", g_variant_new("(ss)", "work", "qwif0"));
        fails(c, PATH, "zone.addInterface", "INVALID_ZONE: ", g_variant_new("(ss)", "qwnone", "qwif1"));
        fails(c, PATH, "zone.addInterface", "INVALID_INTERFACE: ", g_variant_new("(ss)", "work", "qw/if"));
        active = contract_works(c, PATH, "zone.getActiveZones", NULL);
        text = g_variant_print(active, FALSE);
        g_assert_nonnull(strstr(text, "'trusted': {'interfaces': ['qwif0']")); /* 2.x also lists "sources" */
        done(c, PATH, "zone.changeZoneOfInterface", g_variant_new("(ss)", "work", "qwif0"));
        g_assert_true(got_signal(c, ".zone ZoneOfInterfaceChanged ('work', 'qwif0')"));
        moved = zone_of(c, "qwif0");
        g_assert_cmpstr(moved, ==, "work");
        interfaces = contract_works(c, PATH, "zone.getInterfaces", g_variant_new("(s)", "work"));
        g_assert_cmpstr(g_variant_get_type_string(interfaces), ==, "(as)");
        fails(c, PATH, "zone.getInterfaces", "INVALID_ZONE: ", g_variant_new("(s)", "qwnone"));
        fails(c, PATH, "zone.removeInterface", "ZONE_CONFLICT: ", g_variant_new("(ss)", "trusted", "qwif0"));
        done(c, PATH, "zone.removeInterface", g_variant_new("(ss)", "work", "qwif0"));
        g_assert_true(got_signal(c, ".zone InterfaceRemoved ('work', 'qwif0')"));
        gone = zone_of(c, "qwif0");
        g_assert_cmpstr(gone, ==, "");
        fails(c, PATH, "zone.removeInterface", "UNKNOWN_INTERFACE: ", g_variant_new("(ss)", "work", "qwif0"));
}

static char *path_of(GVariant *answer) {
        char *path = NULL;

        if (answer)
                g_variant_get(answer, "(o)", &path);
        return path;
}

static void test_zone_permanent(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autoptr(GVariant) added = NULL, other = NULL, told = NULL, query = NULL, zones = NULL, by_name = NULL;
        g_autofree char *path = NULL, *work = NULL, *text = NULL, *names = NULL, *zone = NULL, *again = NULL;

        fails(c, CONFIG, "config.getZoneByName", "INVALID_ZONE: ", g_variant_new("(s)", "qwzone"));
        added = contract_works(
                c, CONFIG, "config.addZone2",
                g_variant_new("(s@a{sv})", "qwzone",
                              g_variant_new_parsed("{'target': <'ACCEPT'>, 'short': <'qw'>, 'interfaces': <['qwif0']>}")));
        path = path_of(added);
        fails(c, CONFIG, "config.addZone2",
              "NAME_CONFLICT: ", g_variant_new("(s@a{sv})", "qwzone", g_variant_new_parsed("@a{sv} {}")));
        other = contract_works(c, CONFIG, "config.getZoneByName", g_variant_new("(s)", "work"));
        work = path_of(other);
        /* Not at runtime before a reload. */
        fails(c, PATH, "zone.getInterfaces", "INVALID_ZONE: ", g_variant_new("(s)", "qwzone"));
        fails(c, path, "config.zone.addInterface", "ALREADY_ENABLED: ", g_variant_new("(s)", "qwif0"));
        fails(c, work, "config.zone.addInterface", "ZONE_CONFLICT: ", g_variant_new("(s)", "qwif0"));
        done(c, path, "config.zone.addInterface", g_variant_new("(s)", "qwif1"));
        query = contract_works(c, path, "config.zone.queryInterface", g_variant_new("(s)", "qwif1"));
        g_assert_true(g_variant_is_of_type(query, G_VARIANT_TYPE("(b)")));
        done(c, path, "config.zone.removeInterface", g_variant_new("(s)", "qwif0"));
        fails(c, path, "config.zone.removeInterface", "NOT_ENABLED: ", g_variant_new("(s)", "qwif0"));
        /* update2 keeps what it does not name. */
        got_signal(c, "");
        done(c, path, "config.zone.update2", g_variant_new_parsed("({'target': <'DROP'>},)"));
        g_assert_true(got_signal(c, ".config.zone Updated ('qwzone',)"));
        told = contract_works(c, path, "config.zone.getSettings2", NULL);
        text = g_variant_print(told, FALSE);
        g_assert_nonnull(strstr(text, "'target': <'DROP'>"));
        g_assert_nonnull(strstr(text, "'short': <'qw'>"));
        g_assert_nonnull(strstr(text, "'interfaces': <['qwif1']>"));
        fails(c, path, "config.zone.update2", "INVALID_OPTION: ", g_variant_new_parsed("({'nosuch': <'x'>},)"));
        reload(c);
        zone = zone_of(c, "qwif1");
        g_assert_cmpstr(zone, ==, "qwzone");
        zones = contract_works(c, PATH, "zone.getZones", NULL);
        names = g_variant_print(zones, FALSE);
        g_assert_nonnull(strstr(names, "'qwzone'"));
        /* A reload renumbers the objects: the old path is another zone's now. */
        fails(c, path, "config.zone.addInterface", "", g_variant_new("(s)", "qwif1"));
        by_name = contract_works(c, CONFIG, "config.getZoneByName", g_variant_new("(s)", "qwzone"));
        again = path_of(by_name);
        g_assert_cmpstr(again, !=, path);
        done(c, again, "config.zone.remove", NULL);
}

static void test_policies(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        g_autoptr(GVariant) added = NULL, runtime = NULL, told = NULL, by_name = NULL;
        g_autofree char *path = NULL, *names = NULL, *text = NULL;

        fails(c, CONFIG, "config.getPolicyByName", "INVALID_POLICY: ", g_variant_new("(s)", "quaywall-00c0ffee"));
        fails(c, CONFIG, "config.addPolicy", "INVALID_ZONE: ",
              g_variant_new("(s@a{sv})", "quaywall-00c0ffee",
                            g_variant_new_parsed(
                                    "{'target': <'ACCEPT'>, 'ingress_zones': <['qwnone']>, 'egress_zones': <['work']>}")));
        added = contract_works(
                c, CONFIG, "config.addPolicy",
                g_variant_new("(s@a{sv})", "quaywall-00c0ffee",
                              g_variant_new_parsed(
                                      "{'target': <'ACCEPT'>, 'ingress_zones': <['trusted']>, 'egress_zones': <['work']>}")));
        path = path_of(added);
        fails(c, PATH, "policy.getPolicySettings", "INVALID_POLICY: ", g_variant_new("(s)", "quaywall-00c0ffee"));
        reload(c);
        runtime = contract_works(c, PATH, "policy.getPolicies", NULL);
        names = g_variant_print(runtime, FALSE);
        g_assert_nonnull(strstr(names, "'quaywall-00c0ffee'"));
        told = contract_works(c, PATH, "policy.getPolicySettings", g_variant_new("(s)", "quaywall-00c0ffee"));
        text = g_variant_print(told, FALSE);
        g_assert_nonnull(strstr(text, "'target': <'ACCEPT'>"));
        g_assert_nonnull(strstr(text, "'ingress_zones': <['trusted']>"));
        g_assert_nonnull(strstr(text, "'egress_zones': <['work']>"));
        done(c, PATH, "policy.setPolicySettings",
             g_variant_new("(s@a{sv})", "quaywall-00c0ffee",
                           g_variant_new_parsed("{'ingress_zones': <['trusted', 'home']>, 'egress_zones': <['work']>}")));
        /* A reload may change the object's path, but not its name. */
        by_name = contract_works(c, CONFIG, "config.getPolicyByName", g_variant_new("(s)", "quaywall-00c0ffee"));
        g_free(g_steal_pointer(&path));
        path = path_of(by_name);
        done(c, path, "config.policy.update", g_variant_new_parsed("({'egress_zones': <['work', 'home']>},)"));
        done(c, path, "config.policy.remove", NULL);
        reload(c);
        fails(c, PATH, "policy.getPolicySettings", "INVALID_POLICY: ", g_variant_new("(s)", "quaywall-00c0ffee"));
}

static void test_ipsets(Contract *c, gconstpointer version G_GNUC_UNUSED) {
        static const char create[] = "('quaywall-00c0ffee-4', ('', 'x', 'y', 'hash:net,iface', {'family': 'inet'}, @as []))";
        static const char rule[] = "rule family=\"ipv4\" destination ipset=\"quaywall-00c0ffee-4\" accept";
        g_autofree char *settings = g_strdup_printf(
                "('quaywall-c0ffee', {'ingress_zones': <['ANY']>, 'egress_zones': <['ANY']>, 'rich_rules': <['%s']>})", rule);
        g_autoptr(GVariant) backend = NULL, added = NULL, policy = NULL, by_name = NULL, list = NULL, told = NULL;
        g_autofree char *path = NULL, *of_policy = NULL, *text = NULL, *names = NULL;

        fails(c, CONFIG, "config.getIPSetByName", "INVALID_IPSET: ", g_variant_new("(s)", "quaywall-00c0ffee-4"));
        added = contract_works(c, CONFIG, "config.addIPSet", g_variant_new_parsed(create));
        path = path_of(added);
        policy = contract_works(c, CONFIG, "config.addPolicy", g_variant_new_parsed(settings));
        of_policy = path_of(policy);
        fails(c, PATH, "ipset.getEntries", "INVALID_IPSET: ", g_variant_new("(s)", "quaywall-00c0ffee-4"));
        reload(c);
        list = contract_works(c, PATH, "ipset.getIPSets", NULL);
        names = g_variant_print(list, FALSE);
        g_assert_nonnull(strstr(names, "'quaywall-00c0ffee-4'"));
        /* all addresses must be given as two halves */
        fails(c, PATH, "ipset.setEntries",
              "INVALID_ENTRY: ", g_variant_new_parsed("('quaywall-00c0ffee-4', ['0.0.0.0/0,ext0'])"));
        done(c, PATH, "ipset.setEntries",
             g_variant_new_parsed("('quaywall-00c0ffee-4', ['0.0.0.0/1,ext0', '128.0.0.0/1,ext0'])"));
        told = contract_works(c, PATH, "ipset.getEntries", g_variant_new("(s)", "quaywall-00c0ffee-4"));
        text = g_variant_print(told, FALSE);
        g_assert_nonnull(strstr(text, "'128.0.0.0/1,ext0'"));
        g_clear_pointer(&told, g_variant_unref);
        g_free(g_steal_pointer(&text));
        /* rules spelled as firewalld does, since they are compared */
        told = contract_works(c, PATH, "policy.getPolicySettings", g_variant_new("(s)", "quaywall-c0ffee"));
        text = g_variant_print(told, FALSE);
        g_assert_nonnull(strstr(text, rule));
        g_assert_nonnull(strstr(text, "'target': <'CONTINUE'>"));
        done(c, PATH, "policy.setPolicySettings", g_variant_new_parsed("('quaywall-c0ffee', {'rich_rules': <@as []>})"));
        by_name = contract_works(c, CONFIG, "config.getIPSetByName", g_variant_new("(s)", "quaywall-00c0ffee-4"));
        g_free(g_steal_pointer(&path));
        path = path_of(by_name);
        done(c, path, "config.ipset.setEntries", g_variant_new_parsed("(['0.0.0.0/1,int0'],)"));
        done(c, of_policy, "config.policy.remove", NULL);
        done(c, path, "config.ipset.remove", NULL);
        reload(c);
        fails(c, PATH, "ipset.getEntries", "INVALID_IPSET: ", g_variant_new("(s)", "quaywall-00c0ffee-4"));
}

static void add_tests(const char *root, const char *version) {
        static const struct {
                const char *name;
                void (*run)(Contract *c, gconstpointer version);
        } tests[] = {
                { "properties", test_properties },
                { "panic", test_panic },
                { "first-call-flushes", test_first_call_flushes },
                { "chains", test_chains },
                { "rules", test_rules },
                { "commas", test_commas },
                { "ipv6", test_ipv6 },
                { "bad-rule-at-runtime", test_bad_rule_at_runtime },
                { "passthrough", test_passthrough },
                { "permanent", test_permanent },
                { "bad-permanent-rule", test_bad_permanent_rule },
                { "zone-runtime", test_zone_runtime },
                { "zone-permanent", test_zone_permanent },
                { "policies", test_policies },
                { "ipsets", test_ipsets },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
                g_autofree char *path = g_strdup_printf("/firewalld-contract/%s/%s", root, tests[i].name);

                g_test_add(path, Contract, version, set_up, tests[i].run, tear_down);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        if (argc == 3 && g_str_equal(argv[1], "--address")) {
                real_address = argv[2];
                add_tests("real", NULL);
        } else {
                add_tests("mock-1.3.3", "1.3.3");
                add_tests("mock-2.3.1", "2.3.1");
        }
        return g_test_run();
}
