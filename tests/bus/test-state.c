/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Manager: State is "enforcing" only if that was verified, Problems lists what is wrong, Repair repairs it. */
#include "fixture.h"

#include <signal.h>
#include <string.h>

#define WEB "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}, {}"

static void check_state(Fixture *f, const char *expected) {
        g_autoptr(GVariant) state = fixture_get(f, "Manager.State", NULL), problems = fixture_get(f, "Manager.Problems", NULL);

        if (!state || !g_str_equal(g_variant_get_string(state, NULL), expected)) {
                g_autofree char *text = problems ? g_variant_print(problems, FALSE) : NULL;

                g_test_message("State is %s and not %s: %s", state ? g_variant_get_string(state, NULL) : "-", expected, text);
                g_test_fail();
        }
}

/* Docker has IPv6 rules here: without an IPv6 jump to DOCKER-USER, IPv6 could not be enforced without the guard. */
static Fixture *setup(void) {
        return fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
}

static void test_idle_enforcing_idle(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *problems = NULL;

        fixture_wait_state(f, "idle");
        works(f, "Policies.Set", WEB);
        check_state(f, "enforcing"); /* at once: Set returns after verification */
        problems = answer_text(f, "Manager.Verify", "");
        g_assert_cmpstr(problems, ==, "([],)");
        works(f, "Policies.Set", "'off', {'action': <'deny'>, 'enabled': <false>}, {}");
        check_state(f, "enforcing");
        works(f, "Policies.Remove", "'web', {}");
        check_state(f, "idle"); /* disabled policies are not enforced */
}

/* Regression: a policy that names a missing interface covers nothing, and nothing reported it. */
static void test_interface_missing(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *problems = NULL;

        fixture_wait_state(f, "idle");
        g_autoptr(GVariant) checked = fixture_works(
                f, "Policies.Check", "%s", "'web', {'action': <'deny'>, 'interfaces': <['etx0']>, 'ports': <['8080/tcp']>}");
        g_autofree char *warnings = g_variant_print(checked, FALSE);
        g_assert_nonnull(strstr(warnings, "('interface-missing', 'interfaces: there is no interface \"etx0\""));
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'interfaces': <['etx0']>, 'ports': <['8080/tcp']>}, {}");
        check_state(f, "degraded");
        problems = answer_text(f, "Manager.Verify", "");
        g_assert_nonnull(strstr(problems, "('interface-missing', 'the policy \"web\" does not hold as it reads: interfaces: "));
        g_assert_nonnull(strstr(problems, "{'policy': <'web'>}"));
        g_autoptr(GVariant) set =
                fixture_works(f, "Policies.SetChecked", "%s",
                              "'web', {'action': <'deny'>, 'interfaces': <['etx0']>, 'enabled': <false>}, {}");
        g_autofree char *told = g_variant_print(set, FALSE);
        g_assert_true(g_str_has_prefix(told, "('', [('interface-missing', 'interfaces: there is no interface \"etx0\""));
        g_assert_nonnull(strstr(told, "('disabled', "));
        check_state(f, "idle");
}

static const struct {
        const char *label, *family, *line;
} drifts[] = {
        { "flushed", "ipv4", "-F DOCKER-USER" },
        { "one rule of ours deleted", "ipv4", "-D QUAYWALL -o docker0 -g QUAYWALL-POLICY" },
        { "a rule put before ours", "ipv4", "-I QUAYWALL-POLICY -j RETURN" },
        { "a bare RETURN before ours", "ipv4", "-I DOCKER-USER -j RETURN" },
        { "the jump gone", "ipv4", "-D FORWARD -j DOCKER-USER" },
        { "something accepts before the jump", "ipv4", "-I FORWARD -i ext0 -j ACCEPT" },
        { "IPv6 flushed", "ipv6", "-F DOCKER-USER" },
        { "IPv6 drop gone", "ipv6", "-F QUAYWALL-POLICY" },
};

static char *state_of(Fixture *f) {
        g_autoptr(GVariant) state = fixture_get(f, "Manager.State", NULL);

        return g_variant_dup_string(state, NULL);
}

/* How often quaywalld started to check firewalld. */
static guint count_looks(Fixture *f) {
        return fixture_count_calls(f, "*queryPanicMode");
}

static void test_verify_sees_drift(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(drifts); i++) {
                g_autoptr(Fixture) f = setup();
                guint looks = 0;

                works(f, "Policies.Set", WEB);
                check_state(f, "enforcing");
                /* On a busy machine, a reconciliation left from quaywalld's start may come before Verify and repair the drift.
                 * That ends some seconds after the start; then only the two calls of Verify check. If Verify repaired, that would
                 * never be so. One that came before the drift repaired nothing: then nobody has, since Verify does not. */
                const gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
                while (looks != 2 && g_get_monotonic_time() < deadline) {
                        g_autofree char *problems = NULL, *before = NULL, *after = NULL, *state = NULL;

                        works(f, "Manager.Repair", "");
                        looks = count_looks(f);
                        g_free(answer_text(f, "Manager.Verify", "")); /* returns after a reconciliation that is under way */
                        g_free(fixture_iptables(f, drifts[i].family, drifts[i].line));
                        before = fixture_dump(f);
                        problems = answer_text(f, "Manager.Verify", "");
                        state = state_of(f);
                        after = fixture_dump(f);
                        looks = count_looks(f) - looks;
                        if (looks != 2)
                                continue;
                        if (g_str_equal(problems, "([],)")) {
                                g_test_message("Verify does not see: %s", drifts[i].label);
                                g_test_fail();
                        }
                        g_assert_cmpstr(state, ==, "degraded");
                        fixture_same(drifts[i].label, before, after); /* Verify changes nothing */
                }
                g_assert_cmpuint(looks, ==, 2);
        }
}

/* What packets meet; firewalld may list more after a repair. */
static char *kernel(Fixture *f) {
        g_autofree char *ipv4 = fixture_iptables(f, "ipv4", "-S"), *ipv6 = fixture_iptables(f, "ipv6", "-S");
        g_autofree char *nat = fixture_iptables(f, "ipv4", "-t nat -S");

        return g_strconcat(ipv4, ipv6, nat, NULL);
}

static void test_repair(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *left = NULL, *before = NULL, *after = NULL;

        works(f, "Policies.Set", WEB);
        before = kernel(f);
        g_free(fixture_iptables(f, "ipv4", "-F QUAYWALL-POLICY"));
        g_free(fixture_iptables(f, "ipv6", "-D QUAYWALL -o docker0 -g QUAYWALL-POLICY"));
        /* At most problems of Docker remain, which may still be writing rules when a reload returns. */
        left = answer_text(f, "Manager.Repair", "");
        g_assert_null(strstr(left, "missing in the chain"));
        fixture_wait_state(f, "enforcing");
        after = kernel(f);
        fixture_same("after Repair", before, after);
}

/* Permanent rules removed with firewall-cmd are found and restored; otherwise the next reload would open the ports. */
static void test_permanent_drift(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *before = NULL, *after = NULL;
        gboolean found = FALSE;

        works(f, "Policies.Set", WEB);
        before = fixture_direct(f, TRUE);
        /* On a busy machine it may be repaired, because of the signal, before Verify is called. */
        while (!found) {
                g_autoptr(GVariant) update = g_dbus_connection_call_sync(
                        f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1/config",
                        "org.fedoraproject.FirewallD1.config.direct", "update",
                        g_variant_new_parsed("((@a(sss) [], @a(sssias) [], @a(sas) []),)"), NULL, 0, -1, NULL, NULL);
                g_assert_nonnull(update);
                g_autofree char *problems = answer_text(f, "Manager.Verify", "");
                found = !g_str_equal(problems, "([],)");
        }
        check_state(f, "degraded");
        works(f, "Manager.Repair", "");
        check_state(f, "enforcing");
        after = fixture_direct(f, TRUE);
        fixture_same("permanent rules after Repair", before, after);
}

static void test_firewalld_gone_is_degraded(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *problems = NULL;

        works(f, "Policies.Set", WEB);
        fixture_stop_firewalld(f);
        fixture_wait_state(f, "degraded");
        problems = answer_text(f, "Manager.Verify", "");
        g_assert_nonnull(strstr(problems, "firewalld-not-running"));
        fixture_start_firewalld(f);
        fixture_wait_state(f, "enforcing");
}

/* firewalld never ran: methods that only read answer, and changes are refused. */
static void test_firewalld_never_there(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_firewalld = TRUE, .docker_ipv6 = TRUE });
        fixture_wait_state(f, "degraded");
        g_autoptr(GVariant) check =
                fixture_works(f, "Policies.Check", "%s", "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}");
        g_autofree char *list = answer_text(f, "Policies.List", ""), *problems = answer_text(f, "Manager.Verify", ""),
                        *repaired = answer_text(f, "Manager.Repair", "");
        g_assert_nonnull(strstr(problems, "firewalld-not-running"));
        fixture_fails(f, "org.quaywall1.Error.FirewalldNotRunning", "", "Policies.Set", "%s", WEB);
        fixture_start_firewalld(f);
        fixture_wait_state(f, "idle");
        works(f, "Policies.Set", WEB);
        fixture_wait_state(f, "enforcing");
}

static void test_after_reload(void) {
        g_autoptr(Fixture) f = setup();

        works(f, "Policies.Set", WEB);
        fixture_reload_firewalld(f);
        fixture_wait_state(f, "enforcing");
}

/* systemctl reload sends SIGHUP. */
static gboolean is_listed(Fixture *f, gpointer name) {
        g_autofree char *list = answer_text(f, "Policies.List", "");

        return strstr(list, name) != NULL;
}

static void test_sighup_reloads(void) {
        g_autoptr(Fixture) f = setup();

        fixture_write(f->policies, "hand.xml", "<policy action='deny'/>\n");
        kill(f->daemon.pid, SIGHUP);
        fixture_wait(f, is_listed, (gpointer) "'hand'", "the hand-edited policy");
}

static void test_bad_settings(void) {
        static const struct {
                const char *text, *words;
        } cases[] = {
                { "[quaywalld]\nNoSuchKey=1\n", "NoSuchKey" },
                { "[quaywalld]\nPolicyDirectory=relative\n", "relative" },
                { "[quaywalld]\nEnforce=magic\n", "magic" },
                { "no key file\n", "quaywalld.conf" },
        };
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE, .no_firewalld = TRUE, .no_polkit = TRUE });
        g_autofree char *built = g_test_build_filename(G_TEST_BUILT, "../..", "quaywalld", NULL);
        const char *path = g_getenv("QUAYWALLD") ? g_getenv("QUAYWALLD") : built;

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                const char *argv[] = { path, "--config", f->config, NULL };
                g_autofree char *err = NULL;
                g_autoptr(GError) error = NULL;
                int status = 0;

                fixture_write(f->dir, "quaywalld.conf", cases[i].text);
                g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &err, &status, &error);
                g_assert_no_error(error);
                g_assert_cmpint(status, !=, 0);
                if (!err || !strstr(err, cases[i].words)) {
                        g_test_message("\"%s\" is not in: %s", cases[i].words, err);
                        g_test_fail();
                }
        }
}

static gboolean problems_have(Fixture *f, gpointer code) {
        g_autoptr(GVariant) problems = fixture_get(f, "Manager.Problems", NULL);
        g_autofree char *text = problems ? g_variant_print(problems, FALSE) : g_strdup("");

        return strstr(text, code) != NULL;
}

static void firewalld(Fixture *f, const char *method) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer =
                g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1",
                                            "org.fedoraproject.FirewallD1", method, NULL, NULL, 0, -1, NULL, &error);

        g_assert_no_error(error);
}

/* Nobody calls quaywalld: firewalld's signals are enough. */
static void test_panic(void) {
        g_autoptr(Fixture) f = setup();

        works(f, "Policies.Set", WEB);
        firewalld(f, "enablePanicMode");
        fixture_wait_state(f, "degraded");
        g_assert_true(problems_have(f, (gpointer) "firewalld-panic"));
        firewalld(f, "disablePanicMode");
        fixture_wait_state(f, "enforcing");
}

static void on_repaired(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path G_GNUC_UNUSED,
                        const char *interface G_GNUC_UNUSED, const char *signal G_GNUC_UNUSED, GVariant *args, gpointer codes) {
        const char *code;

        g_variant_get(args, "(&s&s)", &code, NULL);
        g_string_append_printf(codes, "%s ", code);
}

static gboolean is_told(Fixture *f G_GNUC_UNUSED, gpointer codes) {
        return ((GString *) codes)->len > 0;
}

static guint32 count_repairs(Fixture *f, const char *code) {
        g_autoptr(GVariant) repairs = fixture_get(f, "Manager.Repairs", NULL);
        guint32 count = 0;

        g_variant_lookup(repairs, code, "u", &count);
        return count;
}

static void test_repairs_are_counted(void) {
        g_autoptr(Fixture) f = setup();
        g_autoptr(GString) codes = g_string_new(NULL);
        guint subscription;

        works(f, "Policies.Set", WEB);
        works(f, "Manager.Repair", "");
        g_assert_cmpint(count_repairs(f, "rules-missing") + count_repairs(f, "permanent-altered"), ==,
                        0); /* what Set did does not count */
        subscription = g_dbus_connection_signal_subscribe(f->bus, NULL, "org.quaywall1.Manager", "Repaired", NULL, NULL, 0,
                                                          on_repaired, codes, NULL);
        g_free(fixture_iptables(f, "ipv4", "-D FORWARD -j DOCKER-USER"));
        works(f, "Manager.Repair", "");
        fixture_wait(f, is_told, codes, "the signal Repaired");
        g_assert_cmpstr(codes->str, ==, "jump-missing ");
        g_assert_cmpint(count_repairs(f, "jump-missing"), ==, 1);
        check_state(f, "enforcing");
        g_dbus_connection_signal_unsubscribe(f->bus, subscription);
}

static gboolean has_repaired_jump(Fixture *f, gpointer count) {
        return count_repairs(f, "jump-missing") >= GPOINTER_TO_UINT(count);
}

/* If somebody deletes the jump as often as it is restored, the sixth repair has to wait, and Problems says why. */
static void test_fight_backs_off(void) {
        g_autoptr(Fixture) f = setup();

        works(f, "Policies.Set", WEB);
        for (guint i = 0; i < 6; i++) {
                g_free(fixture_iptables(f, "ipv4", "-D FORWARD -j DOCKER-USER"));
                works(f, "Manager.Repair", "");
        }
        g_assert_cmpint(count_repairs(f, "jump-missing"), ==, 5);
        g_assert_true(problems_have(f, (gpointer) "jump-missing"));
        g_assert_true(problems_have(f, (gpointer) "contested"));
        check_state(f, "degraded");
        /* Without the guard clients could get in meanwhile, so the waits stay at one second. */
        const gint64 begin = g_get_monotonic_time();
        for (guint i = 6; i < 10; i++) {
                fixture_wait(f, has_repaired_jump, GUINT_TO_POINTER(i), "the next repair");
                g_free(fixture_iptables(f, "ipv4", "-D FORWARD -j DOCKER-USER"));
                works(f, "Manager.Repair", ""); /* a mock causes no kernel notifications */
        }
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 12 * G_USEC_PER_SEC); /* 1, 2, 4 and 8 s would take longer */
}

static gboolean is_repaired(Fixture *f, gpointer count) {
        return count_repairs(f, "permanent-altered") == GPOINTER_TO_UINT(count);
}

/* Repaired because of firewalld's signal, before the next reload can open the ports. */
static void test_permanent_drift_is_told(void) {
        g_autoptr(Fixture) f = setup();
        g_autofree char *before = NULL, *after = NULL;
        g_autoptr(GVariant) update = NULL;

        works(f, "Policies.Set", WEB);
        works(f, "Manager.Repair", "");
        before = fixture_direct(f, TRUE);
        update = g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1/config",
                                             "org.fedoraproject.FirewallD1.config.direct", "update",
                                             g_variant_new_parsed("((@a(sss) [], @a(sssias) [], @a(sas) []),)"), NULL, 0, -1,
                                             NULL, NULL);
        g_assert_nonnull(update);
        fixture_wait(f, is_repaired, GUINT_TO_POINTER(1), "the repair");
        after = fixture_direct(f, TRUE);
        fixture_same("permanent rules", before, after);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/state/idle-enforcing-idle", test_idle_enforcing_idle);
        g_test_add_func("/state/interface-missing", test_interface_missing);
        g_test_add_func("/state/verify-sees-drift", test_verify_sees_drift);
        g_test_add_func("/state/repair", test_repair);
        g_test_add_func("/state/permanent-drift", test_permanent_drift);
        g_test_add_func("/state/firewalld-gone-is-degraded", test_firewalld_gone_is_degraded);
        g_test_add_func("/state/firewalld-never-there", test_firewalld_never_there);
        g_test_add_func("/state/after-reload", test_after_reload);
        g_test_add_func("/state/panic", test_panic);
        g_test_add_func("/state/repairs-are-counted", test_repairs_are_counted);
        g_test_add_func("/state/fight-backs-off", test_fight_backs_off);
        g_test_add_func("/state/permanent-drift-is-told", test_permanent_drift_is_told);
        g_test_add_func("/state/sighup-reloads", test_sighup_reloads);
        g_test_add_func("/state/bad-settings", test_bad_settings);
        return g_test_run();
}
