/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A firewalld whose answers have another type than is known of it, as a later release may have: the caller gets an error that names
 * the call, and what was in force stays in force. */
#include "fixture.h"

#include <string.h>

#define WEB \
        "'web', {'action': <'allow-only'>, 'interfaces': <['ext0']>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}, {}"
#define LAN "'lan', {'action': <'forward'>, 'interfaces': <['ext0']>, 'out-interfaces': <['int0']>}, {}"
#define NOT_THERE "but it is not what the kernel has in DOCKER-USER then; it was taken out again"
#define STRANGE "is not of the type that is known of it"

/* Answers each call of METHOD strangely, one after the other. Some answers are not read: then METHOD works. */
static void strange_each(Fixture *f, const char *method, const char *args, const char *undo, const char *undo_args) {
        guint n, refused = 0;

        for (n = 1; n < 100; n++) {
                g_autofree char *before = fixture_dump(f), *after = NULL, *what = NULL;
                g_autoptr(GError) error = NULL;
                g_autoptr(GVariant) answer = NULL;
                gboolean met;

                fixture_plan(f, "*", n, "strange", "");
                answer = fixture_call(f, method, &error, "%s", args);
                met = fixture_count_calls(f, "*") >= n;
                g_variant_unref(fixture_mock(f, "Clear", NULL));
                if (!answer) {
                        refused++;
                        /* What iptables answers is compared with the rule: then that is said. */
                        fixture_check_error(method, error, ERROR_("FirewalldFailed"),
                                            strstr(error->message, NOT_THERE) ? NOT_THERE : STRANGE);
                        after = fixture_dump(f);
                        what = g_strdup_printf("%s, answer %u is strange", method, n);
                        fixture_same(what, before, after);
                } else if (undo)
                        works(f, undo, undo_args);
                if (!met)
                        break;
        }
        g_test_message("%s: %u calls, %u refused", method, n - 1, refused);
        g_assert_cmpuint(refused, >, 0);
        g_assert_cmpuint(n, <, 100);
}

static void test_policies(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        strange_each(f, "Policies.Set", WEB, "Policies.Remove", "'web', {}");
}

static void test_forward(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        strange_each(f, "Policies.Set", LAN, "Policies.Remove", "'lan', {}");
}

static void test_zone(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        strange_each(f, "Zone.AddInterface", "'docker0', {'replace': <true>}", "Zone.RemoveInterface", "'docker0', {}");
        strange_each(f, "Zone.ListInterfaces", "", NULL, NULL);
        strange_each(f, "Zone.Ensure", "{}", NULL, NULL);
}

static void test_direct(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        strange_each(f, "Direct.AddRule", "'ipv4', 0, ['-j', 'DROP'], {}", "Direct.RemoveRule",
                     "'ipv4', 0, ['-j', 'DROP'], {}");
        strange_each(f, "Direct.ListRules", "", NULL, NULL);
}

static void test_commands(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        works(f, "Policies.Set", LAN);
        strange_each(
                f, "Manager.ListFirewallCmd",
                "'Policies.Set', <('lan', {'action': <'forward'>, 'interfaces': <['ext0']>, 'out-interfaces': <['int1']>}, @a{sv} {})>",
                NULL, NULL);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/strange/policies", test_policies);
        g_test_add_func("/strange/forward", test_forward);
        g_test_add_func("/strange/zone", test_zone);
        g_test_add_func("/strange/direct", test_direct);
        g_test_add_func("/strange/commands", test_commands);
        return g_test_run();
}
