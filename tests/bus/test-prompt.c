/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What polkit's prompt shows: everything that will be done, or a mark where the text is truncated, and nothing that a caller's
 * text could make of it. */
#include "fixture.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* The prompt of a call for which polkit wants a password; nobody enters one. NULL: there was no prompt; "": polkit shows the
 * action's own message. The check without interaction, which comes first, has no text. */
static char *question(Fixture *f, const char *method, GVariant *args, GError **error) {
        g_autoptr(GVariant) owned = args;
        g_variant_unref(fixture_mock_polkit(f, "Clear", NULL));
        fixture_polkit_answer(f, "*", "challenge");
        g_autoptr(GVariant) done =
                fixture_call_on(f->bus, method, args, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, error);
        g_assert_null(done);
        g_autoptr(GVariant) answer = fixture_mock_polkit(f, "GetChecks", NULL);
        fixture_polkit_answer(f, "*", "allow");
        g_autoptr(GVariantIter) iter = NULL;
        GVariant *details;
        guint32 flags;
        char *text = NULL;
        g_variant_get(answer, "(a(sa{ss}uss))", &iter);
        while (g_variant_iter_loop(iter, "(&s@a{ss}u&s&s)", NULL, &details, &flags, NULL, NULL)) {
                const char *message, *domain;
                if (!(flags & 1)) {
                        g_assert_cmpuint(g_variant_n_children(details), ==, 0);
                        continue;
                }
                g_assert_null(text);
                if (g_variant_n_children(details) == 0) {
                        text = g_strdup("");
                        continue;
                }
                g_assert_true(g_variant_lookup(details, "polkit.message", "&s", &message));
                /* without it polkit shows the action's text instead */
                g_assert_true(g_variant_lookup(details, "polkit.gettext_domain", "&s", &domain));
                text = g_strdup(message);
        }
        /* One readable line; polkit would replace "$(NAME)", and "<" and "&" are markup to agents. */
        for (const char *c = text ? text : ""; *c; c++)
                if (*c < ' ' || *c > '~' || strchr("$<>&`", *c)) {
                        g_test_message("%s: 0x%02x in the question: %s", method, (guchar) *c, text);
                        g_test_fail();
                        break;
                }
        return text;
}

static char *ask(Fixture *f, const char *method, const char *format, ...) G_GNUC_PRINTF(3, 4);
static char *ask(Fixture *f, const char *method, const char *format, ...) {
        g_autoptr(GError) error = NULL;
        va_list list;
        va_start(list, format);
        g_autofree char *args = g_strdup_vprintf(format, list);
        va_end(list);
        char *text = question(f, method, fixture_args(method, "%s", args), &error);
        if (!text) {
                g_test_message("%s asks nobody: %s", method, error ? error->message : "no error");
                g_test_fail();
                return g_strdup("");
        }
        fixture_check_error(method, error, ACCESS_DENIED, NULL);
        return text;
}

static void has(const char *text, const char *part) {
        if (strstr(text, part))
                return;
        g_test_message("\"%s\" is not in: %s", part, text);
        g_test_fail();
}

static void has_not(const char *text, const char *part) {
        if (!strstr(text, part))
                return;
        g_test_message("\"%s\" is in: %s", part, text);
        g_test_fail();
}

#define ALWAYS ", now and permanently"
#define RUNTIME(whose) ", now and until the next reload of " whose " or boot"
#define PERMANENT ", permanently but not now: from the next reload or boot on"
#define MADE                                                                                                                               \
        ". The zone accepts everything; if it does not yet, this is changed permanently, and firewalld is reloaded, which discards other " \
        "programs' runtime changes"

/* Complete prompts. Existing policies: "web", only 192.168.1.1; "off", a disabled deny; "db", a deny, permanent only; "two", a
 * deny at runtime and a different, disabled one permanently. */
static const struct {
        const char *method, *args, *question;
} CASES[] = {
        /* each action, scope and key of a policy */
        { "Policies.Set",
          "'new', {'action': <'allow-only'>, 'sources': <['10.0.0.0/8']>, 'ports': <['80/tcp', '53/udp']>, 'interfaces': <['eth0']>}, {}",
          "Make the policy \"new\"" ALWAYS
          ". It is this: Only 10.0.0.0/8 may reach containers on ports 80/tcp, 53/udp from eth0" },
        { "Policies.Set", "'new', {'action': <'deny'>}, {'scope': <'runtime'>}",
          "Make the policy \"new\"" RUNTIME("quaywalld") ". It is this: Keep everybody away from containers" },
        { "Policies.SetChecked", "'new', {'action': <'deny'>}, {'scope': <'runtime'>}",
          "Make the policy \"new\"" RUNTIME("quaywalld") ". It is this: Keep everybody away from containers" },
        { "Policies.Set",
          "'new', {'action': <'deny'>, 'sources': <['10.0.0.1']>, 'containers': <['c1']>, 'networks': <['n1']>, 'destinations': <['192.168.1.9']>, 'reject': <true>, 'log': <true>}, {'scope': <'permanent'>}",
          "Make the policy \"new\"" PERMANENT
          ". It is this: Keep 10.0.0.1 away from containers named c1 in n1 at 192.168.1.9, with an error as the "
          "answer, logged" },
        { "Policies.Set", "'new', {'action': <'forward'>, 'interfaces': <['eth0']>, 'out-interfaces': <['eth1']>}, {}",
          "Make the policy \"new\"" ALWAYS ". It is this: Route from eth0 to eth1" },
        { "Policies.Set",
          "'new', {'action': <'forward'>, 'interfaces': <['eth0']>, 'out-interfaces': <['eth1']>, 'enabled': <false>}, {}",
          "Make the policy \"new\"" ALWAYS ". It is disabled, so it has no effect: Route from eth0 to eth1" },
        { "Policies.Set",
          "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'enabled': <false>}, {'cut': <true>, 'confirm-within': <uint32 60>}",
          "Replace the policy \"web\"" ALWAYS
          ", ending the open connections that are then forbidden, undone after 60 seconds unless confirmed. It is "
          "disabled, so it has no effect: Only 192.168.1.1 may reach containers. Before: Only 192.168.1.1 may reach containers" },
        { "Policies.Set", "'off', {'action': <'deny'>}, {}",
          "Replace the policy \"off\"" ALWAYS
          ". It is this: Keep everybody away from containers. Before: disabled: Keep everybody away from containers" },
        { "Policies.Set", "'db', {'action': <'deny'>}, {'scope': <'runtime'>}",
          "Make the policy \"db\"" RUNTIME("quaywalld") ". It is this: Keep everybody away from containers" },
        { "Policies.Edit",
          "'web', {'sources': <['10.0.0.9', '10.0.0.10']>, 'log': <true>}, {'sources': <['192.168.1.1']>}, {'cut': <true>}",
          "Edit the policy \"web\"" ALWAYS
          ", ending the open connections that are then forbidden. Removed are sources 192.168.1.1. Added are sources 10.0.0.9, 10.0.0.10. "
          "Then it is this: Only 10.0.0.9, 10.0.0.10 may reach containers, logged. Before: Only 192.168.1.1 may reach containers" },
        { "Policies.Edit", "'off', {'ports': <['80/tcp']>, 'networks': <['n']>}, {}, {'scope': <'permanent'>}",
          "Edit the policy \"off\"" PERMANENT
          ". Added are ports 80/tcp; networks n. Then it is disabled, so it has no effect: Keep everybody away from containers in n on "
          "port 80/tcp. Before: disabled: Keep everybody away from containers" },
        { "Policies.Edit", "'nosuch', {}, {'ports': <['80/tcp']>}, {}",
          "Edit the policy \"nosuch\"" ALWAYS ". Removed are ports 80/tcp" },
        { "Policies.Rename", "'web', 'shop', {}",
          "Rename the policy \"web\" to \"shop\"" ALWAYS ". It is this: Only 192.168.1.1 may reach containers" },
        { "Policies.Remove", "'web', {}",
          "Remove the policy \"web\"" ALWAYS ". It is this: Only 192.168.1.1 may reach containers" },
        { "Policies.Remove", "'off', {'scope': <'runtime'>}",
          "Remove the policy \"off\"" RUNTIME("quaywalld") ". It is this: disabled: Keep everybody away from containers" },
        { "Policies.Remove", "'db', {'scope': <'permanent'>}",
          "Remove the policy \"db\"" PERMANENT ". It is this: Keep 10.0.0.7 away from containers" },
        { "Policies.Remove", "'two', {}",
          "Remove the policy \"two\"" ALWAYS
          ". It is this: Keep 10.0.0.8 away from containers. Permanently it is this: disabled: Keep everybody away "
          "from containers" },
        { "Policies.Set", "'two', {'action': <'deny'>}, {}",
          "Replace the policy \"two\"" ALWAYS
          ". It is this: Keep everybody away from containers. Before: Keep 10.0.0.8 away from containers. Before, "
          "permanently: disabled: Keep everybody away from containers" },
        { "Policies.Set", "'two', {'action': <'deny'>}, {'scope': <'permanent'>}",
          "Replace the policy \"two\"" PERMANENT
          ". It is this: Keep everybody away from containers. Before: disabled: Keep everybody away from containers" },
        { "Policies.Remove", "'nosuch', {}", "Remove the policy \"nosuch\"" ALWAYS },
        { "Policies.SetMany",
          "{'web': {'action': <'deny'>, 'enabled': <false>}, 'new': {'action': <'allow-only'>, 'sources': <['10.0.0.1']>}}, {}",
          "Set 2 policies" ALWAYS ". Made are 1: \"new\" (allow-only). Replaced are 1: \"web\" (deny, disabled)" },
        { "Policies.SetMany", "{'db': {'action': <'deny'>}}, {'scope': <'runtime'>}",
          "Set 1 policy" RUNTIME("quaywalld") ". Made are 1: \"db\" (deny)" },
        { "Policies.ReplaceAll", "{'web': {'action': <'deny'>}, 'new': {'action': <'deny'>}}, {}",
          "Replace all policies" ALWAYS
          ". Removed are 3: \"db\" (deny), \"off\" (deny, disabled), \"two\" (deny). Made are 1: \"new\" (deny). Replaced are 1: \"web\" "
          "(deny)" },
        { "Policies.ReplaceAll", "{}, {'scope': <'permanent'>}",
          "Remove all policies" PERMANENT
          ". Removed are 4: \"db\" (deny), \"off\" (deny, disabled), \"two\" (deny, disabled), \"web\" (allow-only)" },
        { "Policies.ReplaceAll", "{}, {'scope': <'runtime'>}",
          "Remove all policies" RUNTIME(
                  "quaywalld") ". Removed are 3: \"off\" (deny, disabled), \"two\" (deny), \"web\" (allow-only)" },
        { "Policies.RuntimeToPermanent", "{'confirm-within': <uint32 60>}",
          "Make the policies that are in force now the permanent ones" PERMANENT
          ", undone after 60 seconds unless confirmed. Removed are 1: \"db\" (deny). Replaced are 1: \"two\" (deny)" },
        { "Policies.Undo", "1, {}",
          "Take back change 1, Policies.SetMany by uid UID" ALWAYS
          ". Removed are 2: \"off\" (deny, disabled), \"web\" (allow-only)" },
        { "Policies.Undo", "2, {'confirm-within': <uint32 60>}",
          "Take back change 2, Policies.Set by uid UID" PERMANENT
          ", undone after 60 seconds unless confirmed. The policy \"db\" is then removed. Now it is this: Keep 10.0.0.7 away from "
          "containers" },
        { "Policies.Undo", "4, {'cut': <true>}",
          "Take back change 4, Policies.Set by uid UID" RUNTIME(
                  "quaywalld") ", ending the open connections that are then forbidden. The policy \"two\" is then removed. Now it is "
                               "this: Keep 10.0.0.8 away from containers" },
        { "Policies.SetMany",
          "{'web': {'action': <'deny'>}}, {'groups': <{'office': {'addresses': <['10.0.0.1']>}, 'home': {'addresses': <@as []>}}>}",
          "Set 1 policy" ALWAYS ". Replaced are 1: \"web\" (deny). Set beside them are the groups home, office" },
        { "Policies.Set",
          "'new', {'action': <'allow-only'>, 'sources': <['group:in', '10.0.0.1', 'ipset:a', 'group:out']>}, {}",
          "Make the policy \"new\"" ALWAYS
          ". It is this: Only 10.0.0.1 and the ipset a of firewalld and the groups in, out may reach containers" },
        { "Policies.Confirm", "'token'", "Keep the change of policies that is undone unless it is confirmed" },
        { "Policies.Rollback", "'token'",
          "Undo the change of policies that waits to be confirmed: those of before hold again" },
        { "Direct.AddRule", "'ipv4', 5, ['-s', '10.0.0.0/8', '-j', 'ACCEPT'], {}",
          "Add a rule with the target ACCEPT to the chain DOCKER-USER" ALWAYS
          ": ipv4, priority 5, \"-s 10.0.0.0/8 -j ACCEPT\"" },
        { "Direct.AddRule", "'ipv6', -1, ['-j', 'DROP'], {'scope': <'runtime'>}",
          "Add a rule with the target DROP to the chain DOCKER-USER" RUNTIME("firewalld") ": ipv6, priority -1, \"-j DROP\"" },
        { "Direct.RemoveRule", "'ipv4', 0, ['-s', '10.0.0.0/8', '-j', 'RETURN'], {'scope': <'permanent'>}",
          "Remove a rule with the target RETURN from the chain DOCKER-USER" PERMANENT
          ": ipv4, priority 0, \"-s 10.0.0.0/8 -j RETURN\"" },
        { "Direct.RemoveRule", "'ipv4', 0, ['-s', '10.0.0.1'], {}",
          "Remove a rule without a target from the chain DOCKER-USER" ALWAYS ": ipv4, priority 0, \"-s 10.0.0.1\"" },
        { "Zone.Ensure", "{}", "Put docker0 into firewalld's zone \"docker\"" ALWAYS MADE },
        { "Zone.Ensure", "{'replace': <true>, 'scope': <'permanent'>}",
          "Put docker0 into firewalld's zone \"docker\", out of the zone that it is in now" PERMANENT MADE },
        { "Zone.AddInterface", "'br-9', {}", "Put the interface br-9 into firewalld's zone \"docker\"" ALWAYS MADE },
        { "Zone.AddInterface", "'br-9', {'zone': <'public'>, 'replace': <true>, 'scope': <'runtime'>}",
          "Put the interface br-9 into firewalld's zone \"public\", out of the zone that it is in now" RUNTIME("firewalld") },
        { "Zone.RemoveInterface", "'br-9', {}", "Take the interface br-9 out of firewalld's zone \"docker\"" ALWAYS },
        { "Zone.RemoveInterface", "'br-9', {'zone': <'public'>, 'scope': <'permanent'>}",
          "Take the interface br-9 out of firewalld's zone \"public\"" PERMANENT },
        { "Engine.SetIptables", "true, {}", "Let Docker make its firewall rules (from its next start on)" },
        { "Engine.SetIptables", "false, {'i-understand': <true>}",
          "Let Docker make no firewall rules any more (from its next start on): published ports and the containers' network will most likely break" },
        { "Engine.SetDefaultAddress", "'127.0.0.1', {}",
          "Let Docker publish ports on 127.0.0.1 where nothing else is said (from its next start on)" },
        { "Engine.SetDefaultAddress", "'', {}",
          "Let Docker publish ports on every address where nothing else is said (from its next start on)" },
        { "Manager.Repair", "",
          "Restore missing rules of the policies; this may reload firewalld, which discards other programs' runtime changes" },
        { "Manager.Reload", "", "Read the policy files again, and discard runtime changes" },
};

/* Beside them: the group "in", and "by-group", a deny that names it. */
static const struct {
        const char *method, *args, *question;
} GROUP_CASES[] = {
        { "Groups.Set", "'new', {'addresses': <['10.0.0.1', 'fd00::/8']>}, {}",
          "Make the group \"new\"" ALWAYS ". It is 10.0.0.1, fd00::/8. No policy names it yet" },
        { "Groups.Set", "'in', {'addresses': <@as []>}, {'scope': <'runtime'>, 'confirm-within': <uint32 60>}",
          "Replace the group \"in\"" RUNTIME(
                  "quaywalld") ", undone after 60 seconds unless confirmed. It is nobody. Before: 172.16.0.0/12. "
                               "Policies that name it are 1: \"by-group\" (deny)" },
        { "Groups.Add", "'in', ['10.0.0.0/8'], {'cut': <true>}",
          "Add to the group \"in\"" ALWAYS
          ", ending the open connections that are then forbidden: 10.0.0.0/8. Policies that name it are 1: \"by-group\" (deny)" },
        { "Groups.Remove", "'in', ['172.16.0.1'], {'scope': <'permanent'>}",
          "Take out of the group \"in\"" PERMANENT ": 172.16.0.1. Policies that name it are 1: \"by-group\" (deny)" },
        { "Groups.Delete", "'in', {}", "Delete the group \"in\"" ALWAYS ". It is 172.16.0.0/12" },
        { "Groups.Delete", "'nosuch', {}", "Delete the group \"nosuch\"" ALWAYS },
};

static const struct {
        const char *method, *args;
} READS[] = {
        { "Policies.List", "" },
        { "Policies.ListPermanent", "" },
        { "Policies.Get", "'web'" },
        { "Policies.Check", "'web', {'action': <'deny'>}" },
        { "Policies.CheckChange", "{}, [], {}" },
        { "Policies.Counters", "" },
        { "Policies.History", "" },
        { "Policies.GetChange", "1" },
        { "Policies.WatchCounters", "{}" },
        { "Policies.UnwatchCounters", "" },
        { "Groups.List", "" },
        { "Groups.ListPermanent", "" },
        { "Groups.Get", "'in'" },
        { "Zone.ListInterfaces", "" },
        { "Direct.ListRules", "" },
        { "Engine.ListPorts", "" },
        { "Engine.ListNetworks", "" },
        { "Engine.ListContainers", "" },
        { "Manager.Verify", "" },
        { "Manager.ListNames", "" },
        { "Manager.ListFirewallCmd", "'Policies.Set', <('web', {'action': <'deny'>}, @a{sv} {})>" },
        { "Manager.Explain", "{'source': <'10.0.0.1'>, 'destination': <'10.0.0.2'>, 'port': <'80/tcp'>}" },
        { "Manager.ExplainConnection", "{'source': <'10.0.0.1'>, 'destination': <'10.0.0.2'>, 'port': <'80/tcp'>}" },
};

static Fixture *fixture_with_policies(void) {
        Fixture *f = fixture_new(NULL);
        g_variant_unref(fixture_works(f, "Policies.SetMany", "%s",
                                      "{'web': {'action': <'allow-only'>, 'sources': <['192.168.1.1']>}, "
                                      "'off': {'action': <'deny'>, 'enabled': <false>}}, {}"));
        g_variant_unref(fixture_works(f, "Policies.Set", "%s",
                                      "'db', {'action': <'deny'>, 'sources': <['10.0.0.7']>}, {'scope': <'permanent'>}"));
        g_variant_unref(fixture_works(f, "Policies.Set", "%s",
                                      "'two', {'action': <'deny'>, 'enabled': <false>}, {'scope': <'permanent'>}"));
        g_variant_unref(fixture_works(f, "Policies.Set", "%s",
                                      "'two', {'action': <'deny'>, 'sources': <['10.0.0.8']>}, {'scope': <'runtime'>}"));
        return f;
}

/* Whoever runs the test. */
static char *without_uid(const char *text) {
        g_autofree char *uid = g_strdup_printf("by uid %u", (guint) getuid());
        g_auto(GStrv) parts = g_strsplit(text, uid, 2);
        return g_strjoinv("by uid UID", parts);
}

static void test_questions(void) {
        g_autoptr(Fixture) f = fixture_with_policies();
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *text = ask(f, CASES[i].method, "%s", CASES[i].args), *shown = without_uid(text);
                g_assert_cmpstr(shown, ==, CASES[i].question);
        }
        g_variant_unref(fixture_works(f, "Groups.Set", "%s", "'in', {'addresses': <['172.16.0.0/12']>}, {}"));
        g_variant_unref(
                fixture_works(f, "Policies.Set", "%s", "'by-group', {'action': <'deny'>, 'sources': <['group:in']>}, {}"));
        for (gsize i = 0; i < G_N_ELEMENTS(GROUP_CASES); i++) {
                g_autofree char *text = ask(f, GROUP_CASES[i].method, "%s", GROUP_CASES[i].args);
                g_assert_cmpstr(text, ==, GROUP_CASES[i].question);
        }
}

/* What a policy is again, of a change that was made, of one that replaced something, and of one that is too large to be read for
 * somebody who has not entered a password. */
static void test_undo(void) {
        g_autoptr(Fixture) f = fixture_with_policies();
        GString *sources = g_string_new(NULL);
        g_variant_unref(fixture_works(f, "Policies.Remove", "%s", "'web', {}"));
        g_autofree char *made = ask(f, "Policies.Undo", "%s", "5, {}"), *made_shown = without_uid(made);
        g_assert_cmpstr(made_shown, ==,
                        "Take back change 5, Policies.Remove by uid UID" ALWAYS
                        ". The policy \"web\" is then this: Only 192.168.1.1 may reach containers");
        g_variant_unref(fixture_works(f, "Policies.Edit", "%s", "'off', {'enabled': <true>, 'ports': <['1/tcp']>}, {}, {}"));
        g_autofree char *replaced = ask(f, "Policies.Undo", "%s", "6, {}"), *replaced_shown = without_uid(replaced);
        g_assert_cmpstr(
                replaced_shown, ==,
                "Take back change 6, Policies.Edit by uid UID" ALWAYS
                ". The policy \"off\" is then disabled, so it has no effect: Keep everybody away from containers. Now it is "
                "this: Keep everybody away from containers on port 1/tcp");
        for (guint p = 0; p < 6; p++) {
                g_string_append_printf(sources, "%s'many%u': {'action': <'deny'>, 'sources': <[", p > 0 ? ", " : "", p);
                for (guint i = 0; i < 3000; i++)
                        g_string_append_printf(sources, "%s'fd00:0:%u::%u:1'", i > 0 ? ", " : "", p, i);
                g_string_append(sources, "]>}");
        }
        g_variant_unref(fixture_works(f, "Policies.SetMany", "{%s}, {}", sources->str));
        g_autofree char *large = ask(f, "Policies.Undo", "%s", "7, {}"), *large_shown = without_uid(large);
        g_assert_cmpstr(large_shown, ==,
                        "Take back change 7, Policies.SetMany by uid UID" ALWAYS
                        ". It is of 6: many0, many1, many2, many3, many4, many5");
        g_variant_unref(fixture_works(f, "Policies.Undo", "%s", "7, {}"));
        g_string_free(sources, TRUE);
        /* What cannot be done is not asked. */
        g_autoptr(GError) error = NULL;
        g_autofree char *none = question(f, "Policies.Undo", fixture_args("Policies.Undo", "%s", "7, {}"), &error);
        g_assert_null(none);
        fixture_check_error("taken back already", error, ERROR_("Conflict"), "change: 7 was taken back already");
}

/* What a group is again, and whom that concerns; of several, and of what is too large to be read, only the names are told. */
static void test_undo_of_groups(void) {
        g_autoptr(Fixture) f = fixture_with_policies();
        GString *addresses = g_string_new(NULL);
        for (guint i = 0; i < 9000; i++)
                g_string_append_printf(addresses, "%s'fd00::%x:ffff:ffff:ffff:ffff'", i > 0 ? ", " : "", i + 1);
        g_autofree char *large = g_strdup_printf("'large', {'addresses': <[%s]>}, {}", addresses->str);
        g_string_free(addresses, TRUE);
        const char *const changes[][2] = {
                { "Groups.Set", "'in', {'addresses': <['172.16.0.0/12']>}, {}" },
                { "Policies.Set", "'by-group', {'action': <'deny'>, 'sources': <['group:in']>}, {}" },
                { "Groups.Add", "'in', ['10.0.0.9'], {'scope': <'runtime'>}" },
                { "Groups.Set", "'new', {'addresses': <@as []>}, {}" },
                { "Policies.SetMany",
                  "{'x': {'action': <'deny'>}}, {'groups': <{'new': {'addresses': <['10.0.0.1']>}, 'more': {}}>}" },
                { "Groups.Set", large },
        };
        static const char *const QUESTIONS[] = {
                "Take back change 7, Groups.Add by uid UID" RUNTIME(
                        "quaywalld") ". The group \"in\" is then 172.16.0.0/12. Now it is 172.16.0.0/12, 10.0.0.9. Policies that "
                                     "name it are 1: \"by-group\" (deny)",
                NULL,
                "Take back change 9, Policies.SetMany by uid UID" ALWAYS
                ". The policy \"x\" is then removed. Now it is this: Keep everybody away from containers. The groups that change "
                "are more, new",
                "Take back change 10, Groups.Set by uid UID" ALWAYS ". It is of the groups large",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(changes); i++)
                g_variant_unref(fixture_works(f, changes[i][0], "%s", changes[i][1]));
        for (gsize i = 0; i < G_N_ELEMENTS(QUESTIONS); i++) {
                if (!QUESTIONS[i])
                        continue;
                g_autofree char *text = ask(f, "Policies.Undo", "%" G_GSIZE_FORMAT ", {}", i + 7), *shown = without_uid(text);
                g_assert_cmpstr(shown, ==, QUESTIONS[i]);
        }
        g_variant_unref(fixture_works(f, "Policies.Undo", "%s", "9, {}"));
        g_autofree char *made = ask(f, "Policies.Undo", "%s", "8, {}"), *made_shown = without_uid(made);
        g_assert_cmpstr(made_shown, ==,
                        "Take back change 8, Groups.Set by uid UID" ALWAYS
                        ". The group \"new\" is then removed. Now it is nobody. No policy names it yet");
}

/* Reading changes nothing, so polkit shows the action's own message. */
static void test_reads(void) {
        g_autoptr(Fixture) f = fixture_with_policies();
        for (gsize i = 0; i < G_N_ELEMENTS(READS); i++) {
                g_autofree char *text = ask(f, READS[i].method, "%s", READS[i].args);
                g_assert_cmpstr(text, ==, "");
        }
}

static void test_every_method(void) {
        GDBusNodeInfo *node = fixture_node();
        for (int i = 0; node->interfaces[i]; i++)
                for (int m = 0; node->interfaces[i]->methods && node->interfaces[i]->methods[m]; m++) {
                        g_autofree char *name = g_strdup_printf("%s.%s", node->interfaces[i]->name + strlen("org.quaywall1."),
                                                                node->interfaces[i]->methods[m]->name);
                        gsize n = 0;
                        for (gsize c = 0; c < G_N_ELEMENTS(CASES); c++)
                                n += g_str_equal(CASES[c].method, name);
                        for (gsize c = 0; c < G_N_ELEMENTS(GROUP_CASES); c++)
                                n += g_str_equal(GROUP_CASES[c].method, name);
                        for (gsize c = 0; c < G_N_ELEMENTS(READS); c++)
                                n += g_str_equal(READS[c].method, name);
                        if (n == 0) {
                                g_test_message("no question of %s is tested", name);
                                g_test_fail();
                        }
                }
}

/* Lists are truncated between entries, with the number of omitted ones; the broadest sources come first. */
static void test_long_lists(void) {
        g_autoptr(Fixture) f = fixture_with_policies();
        GString *sources = g_string_new(NULL), *containers = g_string_new(NULL), *ports = g_string_new(NULL),
                *policies = g_string_new(NULL);
        for (guint i = 0; i < 2000; i++)
                g_string_append_printf(sources, "'10.0.%u.%u', ", i / 100, i % 100 * 2);
        for (guint i = 0; i < 64; i++)
                g_string_append_printf(ports, "%s'%u/tcp'", i > 0 ? ", " : "", 8001 + 2 * i);
        for (guint i = 0; i < 60; i++)
                g_string_append_printf(containers, "%s'container-name-%03u'", i > 0 ? ", " : "", i);
        for (guint i = 0; i < 300; i++)
                g_string_append_printf(policies, "%s'p-%03u': {'action': <'deny'>}", i > 0 ? ", " : "", i);
        g_autofree char *text =
                ask(f, "Policies.Set", "'new', {'action': <'allow-only'>, 'sources': <[%s '::/1', '128.0.0.0/1']>}, {}",
                    sources->str);
        has(text, ". It is this: Only ::/1, 128.0.0.0/1, 10.0.");
        has(text, " more may reach containers");
        g_assert_cmpuint(strlen(text), <, 600);
        g_free(text);
        text = ask(f, "Policies.Set", "'new', {'action': <'deny'>, 'containers': <[%s]>}, {}", containers->str);
        has(text, " named container-name-000, container-name-001, ");
        has(text, " more");
        g_free(text);
        text = ask(f, "Policies.Set", "'new', {'action': <'deny'>, 'ports': <[%s]>, 'interfaces': <['eth0']>}, {}", ports->str);
        has(text, " on ports 8001/tcp, 8003/tcp, ");
        has(text, " more from eth0");
        g_free(text);
        text = ask(f, "Policies.SetMany", "{%s}, {}", policies->str);
        has(text, "Set 300 policies" ALWAYS ". Made are 300: \"p-000\" (deny), \"p-001\" (deny), ");
        has(text, " more");
        g_free(text);
        text = ask(f, "Policies.ReplaceAll", "{%s}, {'scope': <'runtime'>}", policies->str);
        has(text,
            "Replace all policies" RUNTIME(
                    "quaywalld") ". Removed are 3: \"off\" (deny, disabled), \"two\" (deny), \"web\" (allow-only). Made are 300: \"p-000\" (deny), ");
        g_assert_cmpuint(strlen(text), <, 900);
        g_string_free(sources, TRUE);
        g_string_free(containers, TRUE);
        g_string_free(ports, TRUE);
        g_string_free(policies, TRUE);
}

/* Shown and omitted entries add up. */
static void test_count_of_the_rest(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        GString *names = g_string_new(NULL);
        for (guint i = 0; i < 60; i++)
                g_string_append_printf(names, "%s'container-name-%03u'", i > 0 ? ", " : "", i);
        g_autofree char *text = ask(f, "Policies.Set", "'new', {'action': <'deny'>, 'containers': <[%s]>}, {}", names->str);
        guint shown = 0;
        for (const char *c = text; (c = strstr(c, "container-name-")); c++)
                shown++;
        g_autofree char *rest = g_strdup_printf(" and %u more", 60 - shown);
        g_assert_cmpuint(shown, >, 10);
        g_assert_true(g_str_has_suffix(text, rest));
        g_string_free(names, TRUE);
}

/* Labels, comments and interface names cannot become part of the sentence. */
static void test_hostile_text(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *text = ask(f, "Policies.Set", "%s",
                                    "'new', {'action': <'deny'>, 'sources': <['10.0.0.1']>, "
                                    "'containers': <['label=x=a\" from lo. Before: nothing', 'label=$(y=<b>&\\\\']>}, {}");
        has(text, " with \"label=x=a\\u{22} from lo. Before: nothing, label=\\u{24}(y=\\u{3c}b\\u{3e}\\u{26}\\u{5c}\"");
        g_free(text);
        text = ask(f, "Policies.Set", "%s", "'new', {'action': <'deny'>, 'containers': <['label=x=\u202e\u00e4']>}, {}");
        has(text, "label=x=\\u{202e}\\u{e4}");
        g_free(text);
        text = ask(f, "Zone.RemoveInterface", "%s", "'$(e&', {}");
        has(text, "Take the interface \\u{24}(e\\u{26} out of ");
        g_free(text);
        /* A rule to be removed may have any words; what would break the line is escaped. */
        text = ask(f, "Direct.RemoveRule", "%s",
                   "'ipv4', 0, ['--comment', 'a\\nb\\u001b[2J\\tx\" -j DROP', '-j', 'ACCEPT\\n$(polkit.message)'], {}");
        has(text, "Remove a rule with the target ACCEPT\\u{a}\\u{24}(polkit.mes... [5 more bytes] from the chain");
        has(text, "\"--comment a\\u{a}b\\u{1b}[2J\\u{9}x\\u{22} -j DROP -j ACCEPT\\u{a}\\u{24}(polkit.message)\"");
        g_free(text);
        /* A rule with text that cannot be shown as it is cannot be added. */
        g_autoptr(GError) error = NULL;
        text = question(
                f, "Direct.AddRule",
                fixture_args("Direct.AddRule", "%s", "'ipv4', 0, ['-m', 'comment', '--comment', 'a\\nb', '-j', 'DROP'], {}"),
                &error);
        g_assert_null(text);
        fixture_check_error("Direct.AddRule", error, ERROR_("InvalidOption"), NULL);
}

/* The target comes before the words, and the words are complete, up to the length that a rule may have. */
static void test_long_rules(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *comment = g_strnfill(250, 'x'), *list = g_strnfill(200, '9');
        g_autofree char *text =
                ask(f, "Direct.AddRule",
                    "'ipv4', 0, ['-m', 'comment', '--comment', '%s', '-s', '0.0.0.0/0', '-j', 'ACCEPT'], {}", comment);
        g_assert_true(g_str_has_prefix(text, "Add a rule with the target ACCEPT to the chain DOCKER-USER" ALWAYS
                                             ": ipv4, priority 0, \"-m comment "));
        g_assert_true(g_str_has_suffix(text, "xxx -s 0.0.0.0/0 -j ACCEPT\""));
        has_not(text, "more bytes");
        g_free(text);
        /* A longer rule is refused without a prompt. */
        g_autoptr(GError) error = NULL;
        GString *words = g_string_new(NULL);
        for (guint i = 0; i < 5; i++)
                g_string_append_printf(words, "'-m', 'comment', '--comment', '%s', ", comment);
        text = question(f, "Direct.AddRule", fixture_args("Direct.AddRule", "'ipv4', 0, [%s'-j', 'ACCEPT'], {}", words->str),
                        &error);
        g_assert_null(text);
        g_assert_nonnull(error);
        has_not(error->message, "not authorized");
        /* A stored rule can be removed, however long it is. What cannot be shown is counted; the target is always shown. */
        for (guint i = 0; i < 40; i++)
                g_string_append_printf(words, "'--to', '%s', ", list);
        text = ask(f, "Direct.RemoveRule", "'ipv4', 0, [%s'-j', 'ACCEPT'], {}", words->str);
        g_assert_true(g_str_has_prefix(text, "Remove a rule with the target ACCEPT from the chain DOCKER-USER"));
        g_assert_true(g_str_has_suffix(text, " more bytes]\""));
        g_string_free(words, TRUE);
}

/* What is too large for a prompt is refused without one. */
static void test_too_large(void) {
        if (geteuid() == 0) {
                g_test_skip("root is asked for no password");
                return;
        }
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GError) error = NULL;
        GString *sources = g_string_new(NULL);
        for (guint i = 0; i < 30000; i++)
                g_string_append_printf(sources, "%s'10.%u.%u.1'", i > 0 ? ", " : "", i / 250, i % 250);
        g_autofree char *text = question(
                f, "Policies.Set",
                fixture_args("Policies.Set", "'new', {'action': <'deny'>, 'sources': <[%s]>}, {}", sources->str), &error);
        g_assert_null(text);
        fixture_check_error("Policies.Set", error, ERROR_("LimitExceeded"), "password");
        g_string_free(sources, TRUE);
}

/* From now on the pending change is another user's. */
static void give_away(Fixture *f) {
        g_autofree char *file = g_build_filename(f->dir, "state/pending/change", NULL);
        g_autoptr(GKeyFile) change = g_key_file_new();
        g_autoptr(GError) error = NULL;
        fixture_stop_daemon(f, SIGTERM);
        g_key_file_load_from_file(change, file, G_KEY_FILE_NONE, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(g_key_file_get_uint64(change, "change", "User", NULL), ==, getuid());
        g_key_file_set_uint64(change, "change", "User", getuid() + 1);
        g_key_file_save_to_file(change, file, &error);
        g_assert_no_error(error);
        fixture_start_daemon(f);
}

/* The caller with the token of another user's change sees the names of its policies. */
static void test_pending(void) {
        g_autoptr(Fixture) f = fixture_with_policies();
        g_autoptr(GVariant) answer =
                fixture_works(f, "Policies.ReplaceAll", "%s",
                              "{'new': {'action': <'deny'>}, 'off': {'action': <'deny'>, 'enabled': <false>}}, "
                              "{'confirm-within': <uint32 600>}");
        const char *token;
        g_variant_get(answer, "(&s)", &token);
        give_away(f);
        g_autofree char *keep = ask(f, "Policies.Confirm", "'%s'", token), *undo = ask(f, "Policies.Rollback", "'%s'", token);
        g_assert_cmpstr(keep, ==,
                        "Keep the change of policies that is undone unless it is confirmed. It is of 4: new, two, web, db");
        g_assert_cmpstr(
                undo, ==,
                "Undo the change of policies that waits to be confirmed: those of before hold again. It is of 4: new, two, web, db");
}

/* Whoever was authorised to make the change is not asked once more, in the seconds that it lasts, whether to keep it. */
static void test_own_change(void) {
        static const char *const METHODS[] = { "Policies.Confirm", "Policies.Rollback" };
        const GDBusCallFlags ask_or_not[] = { G_DBUS_CALL_FLAGS_NONE, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION };
        for (gsize i = 0; i < G_N_ELEMENTS(METHODS) * G_N_ELEMENTS(ask_or_not); i++) {
                const char *method = METHODS[i / 2], *token;
                g_autoptr(Fixture) f = fixture_new(NULL);
                g_autoptr(GVariant) answer =
                        fixture_works(f, "Policies.Set", "%s", "'new', {'action': <'deny'>}, {'confirm-within': <uint32 600>}");
                g_autoptr(GError) error = NULL;
                g_variant_get(answer, "(&s)", &token);
                g_autofree char *own = g_strdup_printf("'%s'", token);
                /* Not with another token, and not where polkit says no. */
                fixture_polkit_answer(f, "*", "challenge");
                fixture_fails(f, INTERACTIVE_REQUIRED, "password", method, "%s", "'0123456789abcdef0123456789abcdef'");
                fixture_polkit_answer(f, "*", "deny");
                fixture_fails(f, ACCESS_DENIED, "polkit says no", method, "%s", own);
                fixture_polkit_answer(f, "*", "challenge");
                g_variant_unref(fixture_mock_polkit(f, "Clear", NULL));
                g_autoptr(GVariant) done =
                        fixture_call_on(f->bus, method, fixture_args(method, "%s", own), ask_or_not[i % 2], &error);
                g_assert_no_error(error);
                g_autoptr(GVariant) checks = fixture_mock_polkit(f, "GetChecks", NULL);
                g_autoptr(GVariant) list = g_variant_get_child_value(checks, 0);
                g_assert_cmpuint(g_variant_n_children(list), ==, 1);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/prompt/questions", test_questions);
        g_test_add_func("/prompt/undo", test_undo);
        g_test_add_func("/prompt/undo-of-groups", test_undo_of_groups);
        g_test_add_func("/prompt/reads", test_reads);
        g_test_add_func("/prompt/every-method", test_every_method);
        g_test_add_func("/prompt/long-lists", test_long_lists);
        g_test_add_func("/prompt/count-of-the-rest", test_count_of_the_rest);
        g_test_add_func("/prompt/hostile-text", test_hostile_text);
        g_test_add_func("/prompt/long-rules", test_long_rules);
        g_test_add_func("/prompt/too-large", test_too_large);
        g_test_add_func("/prompt/pending", test_pending);
        g_test_add_func("/prompt/own-change", test_own_change);
        return g_test_run();
}
