/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* org.quaywall1.Zone: the docker zone and its interfaces, runtime and permanent. */
#include "fixture.h"

#include <string.h>

/* "zone/permanent zone" of an interface, "-" for none. */
static char *where(Fixture *f, const char *interface) {
        g_autoptr(GVariant) now = g_dbus_connection_call_sync(
                f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1", "org.fedoraproject.FirewallD1.zone",
                "getZoneOfInterface", g_variant_new("(s)", interface), NULL, 0, -1, NULL, NULL);
        g_autoptr(GVariant) then =
                g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1/config",
                                            "org.fedoraproject.FirewallD1.config", "getZoneOfInterface",
                                            g_variant_new("(s)", interface), NULL, 0, -1, NULL, NULL);
        const char *runtime, *permanent;

        g_variant_get(now, "(&s)", &runtime);
        g_variant_get(then, "(&s)", &permanent);
        return g_strdup_printf("%s/%s", *runtime ? runtime : "-", *permanent ? permanent : "-");
}

static void check_where(Fixture *f, const char *interface, const char *expected) {
        g_autofree char *found = where(f, interface);

        g_assert_cmpstr(found, ==, expected);
}

/* firewalld's own method, as firewall-cmd calls it. */
static void firewall_cmd(Fixture *f, const char *zone, const char *interface, gboolean permanent) {
        g_autoptr(GVariant) object = NULL, done = NULL;
        const char *path;

        if (!permanent) {
                done = g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1",
                                                   "org.fedoraproject.FirewallD1.zone", "changeZoneOfInterface",
                                                   g_variant_new("(ss)", zone, interface), NULL, 0, -1, NULL, NULL);
                g_assert_nonnull(done);
                return;
        }
        object = g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1/config",
                                             "org.fedoraproject.FirewallD1.config", "getZoneByName", g_variant_new("(s)", zone),
                                             NULL, 0, -1, NULL, NULL);
        g_variant_get(object, "(&o)", &path);
        done = g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", path,
                                           "org.fedoraproject.FirewallD1.config.zone", "addInterface",
                                           g_variant_new("(s)", interface), NULL, 0, -1, NULL, NULL);
        g_assert_nonnull(done);
}

/* A Docker network, as far as Docker's rules show it. */
static void make_network(Fixture *f, const char *bridge) {
        g_autofree char *rule = g_strdup_printf("-A FORWARD -o %s -j DOCKER", bridge);

        g_free(fixture_iptables(f, "ipv4", rule));
}

static char *list(Fixture *f) {
        g_autoptr(GVariant) answer = fixture_works(f, "Zone.ListInterfaces", "%s", "");

        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

static char *property(Fixture *f, const char *name) {
        g_autoptr(GVariant) value = fixture_get(f, name, NULL);

        return value ? g_variant_print(value, FALSE) : g_strdup("");
}

static void test_properties(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *name = property(f, "Zone.Name"), *target = property(f, "Zone.Target");
        g_autofree char *interfaces = property(f, "Zone.Interfaces"), *permanent = property(f, "Zone.PermanentInterfaces");

        g_assert_cmpstr(name, ==, "'docker'");
        g_assert_cmpstr(target, ==, "'ACCEPT'");
        g_assert_cmpstr(interfaces, ==, "['docker0']"); /* put there by Docker, at runtime only */
        g_assert_cmpstr(permanent, ==, "[]");
}

static void test_ensure_makes_the_zone(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_docker_zone = TRUE });
        g_autofree char *before = property(f, "Zone.Target"), *after = NULL, *dump = NULL;

        g_assert_cmpstr(before, ==, "''");
        works(f, "Zone.Ensure", "{}");
        after = property(f, "Zone.Target");
        g_assert_cmpstr(after, ==, "'ACCEPT'");
        check_where(f, "docker0", "docker/docker");
        dump = fixture_dump(f);
        g_assert_true(g_regex_match_simple("\npermanent zone docker: [^\n]*'target': <'ACCEPT'>", dump, 0, 0));
        /* Nothing is left to do the second time. */
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Zone.Ensure", "{}");
        g_assert_cmpuint(fixture_count_calls(f, "reload"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "*update*"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "*addInterface"), ==, 0);
}

static void test_ensure_mends_the_target(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) object = NULL, done = NULL;
        g_autofree char *after = NULL;
        const char *path;

        object = g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", "/org/fedoraproject/FirewallD1/config",
                                             "org.fedoraproject.FirewallD1.config", "getZoneByName",
                                             g_variant_new("(s)", "docker"), NULL, 0, -1, NULL, NULL);
        g_variant_get(object, "(&o)", &path);
        done = g_dbus_connection_call_sync(f->bus, "org.fedoraproject.FirewallD1", path,
                                           "org.fedoraproject.FirewallD1.config.zone", "setTarget",
                                           g_variant_new("(s)", "DROP"), NULL, 0, -1, NULL, NULL);
        g_assert_nonnull(done);
        works(f, "Zone.Ensure", "{}");
        after = property(f, "Zone.Target");
        g_assert_cmpstr(after, ==, "'ACCEPT'");
}

static void test_add_and_remove(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *all = NULL;

        make_network(f, "br-1");
        make_network(f, "br-2");
        make_network(f, "br-3");
        works(f, "Zone.AddInterface", "'br-1', {}");
        check_where(f, "br-1", "docker/docker");
        works(f, "Zone.AddInterface", "'br-1', {}"); /* it may already be there */
        works(f, "Zone.AddInterface", "'br-2', {'scope': <'runtime'>}");
        check_where(f, "br-2", "docker/-");
        works(f, "Zone.AddInterface", "'br-3', {'scope': <'permanent'>}");
        check_where(f, "br-3", "-/docker");
        works(f, "Zone.AddInterface", "'eth9', {'zone': <'work'>}");
        check_where(f, "eth9", "work/work");
        all = list(f);
        g_assert_nonnull(strstr(all, "('br-1', 'docker', true, true)"));
        g_assert_nonnull(strstr(all, "('br-2', 'docker', true, false)"));
        g_assert_nonnull(strstr(all, "('br-3', 'docker', false, true)"));
        g_assert_nonnull(strstr(all, "('docker0', 'docker', true, false)"));
        g_assert_nonnull(strstr(all, "('eth9', 'work', true, true)"));
        g_assert_cmpuint(fixture_count_calls(f, "reload"), ==, 0);
        works(f, "Zone.RemoveInterface", "'br-1', {}");
        check_where(f, "br-1", "-/-");
        works(f, "Zone.RemoveInterface", "'br-2', {}"); /* it is in one of the two: enough */
        check_where(f, "br-2", "-/-");
        works(f, "Zone.RemoveInterface", "'eth9', {'zone': <'work'>, 'scope': <'permanent'>}");
        check_where(f, "eth9", "work/-");
        fixture_fails(f, ERROR_("NoSuchInterface"), "br-1|docker", "Zone.RemoveInterface", "'br-1', {}");
        fixture_fails(f, ERROR_("NoSuchInterface"), "eth9", "Zone.RemoveInterface",
                      "'eth9', {'zone': <'work'>, 'scope': <'permanent'>}");
        fixture_fails(f, ERROR_("NoSuchInterface"), "eth9|docker", "Zone.RemoveInterface", "'eth9', {}");
        check_where(f, "eth9", "work/-");
}

/* Moving docker0 out of the trusted zone takes one call, without a reload, and it is always in a zone. */
static void test_trusted_example(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL;

        firewall_cmd(f, "trusted", "docker0", FALSE);
        firewall_cmd(f, "trusted", "docker0", TRUE);
        check_where(f, "docker0", "trusted/trusted");
        before = fixture_dump(f);
        fixture_fails(f, ERROR_("ZoneConflict"), "docker0|trusted|replace", "Zone.AddInterface", "'docker0', {}");
        fixture_fails(f, ERROR_("ZoneConflict"), "docker0|trusted|replace", "Zone.Ensure", "{}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        g_variant_unref(fixture_mock(f, "Clear", NULL));
        works(f, "Zone.AddInterface", "'docker0', {'replace': <true>}");
        check_where(f, "docker0", "docker/docker");
        g_assert_cmpuint(fixture_count_calls(f, "reload"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "zone.removeInterface"), ==, 0);
        g_assert_cmpuint(fixture_count_calls(f, "zone.changeZoneOfInterface"), ==, 1);
}

static void test_replace_by_ensure(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        firewall_cmd(f, "trusted", "docker0", FALSE);
        works(f, "Zone.Ensure", "{'replace': <true>}");
        check_where(f, "docker0", "docker/docker");
}

/* Half of the conflict is permanent only: firewalld would not report it before the next boot. */
static void test_permanent_conflict(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL;

        make_network(f, "br-1");
        firewall_cmd(f, "work", "br-1", TRUE);
        before = fixture_dump(f);
        fixture_fails(f, ERROR_("ZoneConflict"), "br-1|work", "Zone.AddInterface", "'br-1', {}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        works(f, "Zone.AddInterface", "'br-1', {'replace': <true>}");
        check_where(f, "br-1", "docker/docker");
}

static void test_no_such_zone(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *after = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) answer = fixture_call(f, "Zone.AddInterface", &error, "%s", "'br-1', {'zone': <'nosuch'>}");

        g_assert_nonnull(error);
        g_assert_nonnull(error ? strstr(error->message, "nosuch") : NULL);
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
}

static void test_add_makes_the_zone(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_docker_zone = TRUE });

        make_network(f, "br-1");
        works(f, "Zone.AddInterface", "'br-1', {}");
        check_where(f, "br-1", "docker/docker");
}

static gboolean interface_is_listed(Fixture *f, gpointer name) {
        g_autofree char *interfaces = property(f, "Zone.Interfaces");

        return strstr(interfaces, name) != NULL;
}

static void test_properties_follow(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        firewall_cmd(f, "docker", "br-7", FALSE);
        fixture_wait(f, interface_is_listed, (gpointer) "'br-7'", "Zone.Interfaces to follow firewalld");
}

/* A reload renumbers firewalld's objects, so their paths must not be remembered. */
static void test_paths_do_not_outlive_a_reload(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_docker_zone = TRUE });

        works(f, "Zone.Ensure", "{}");
        works(f, "Zone.AddInterface", "'eth1', {'zone': <'work'>}");
        fixture_reload_firewalld(f);
        works(f, "Zone.AddInterface", "'eth2', {'zone': <'work'>}");
        works(f, "Zone.RemoveInterface", "'eth1', {'zone': <'work'>}");
        check_where(f, "eth1", "-/-");
        check_where(f, "eth2", "work/work");
}

/* Anybody can put anything into the zone, and the kernel allows interface names that iptables interprets or nft refuses. */
static void test_a_label_makes_no_bridge(void) {
        static const char *const names[] = { "tun5", "br-7", "br+", "br\\", "a{b" };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) repair = NULL, check = NULL;
        g_autofree char *rules = NULL;

        for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
                firewall_cmd(f, "docker", names[i], FALSE);
        make_network(f, "br-9");
        make_network(f, "br+");
        repair = fixture_works(f, "Manager.Repair", "%s", "");
        check = fixture_works(f, "Policies.Check", "%s", "'web', {'action': <'deny'>}");
        rules = g_variant_print(check, FALSE);
        /* Docker's own rules name these. */
        g_assert_nonnull(strstr(rules, "'docker0'"));
        g_assert_nonnull(strstr(rules, "'br-9'"));
        for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
                g_assert_null(strstr(rules, names[i]));
}

static void test_only_bridges_of_dockers_into_its_zone(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f), *after = NULL;

        /* lo is no bridge; the others do not exist yet */
        fixture_fails(f, ERROR_("InvalidInterface"), "lo|no bridge of Docker's|docker0", "Zone.AddInterface", "'lo', {}");
        fixture_fails(f, ERROR_("InvalidInterface"), "tun5", "Zone.AddInterface",
                      "'tun5', {'zone': <'docker'>, 'replace': <true>}");
        fixture_fails(f, ERROR_("InvalidInterface"), "br-0123456789ab", "Zone.AddInterface",
                      "'br-0123456789ab', {'scope': <'permanent'>}");
        after = fixture_dump(f);
        fixture_same("the dump", before, after);
        works(f, "Zone.AddInterface", "'tun5', {'zone': <'work'>}");
        check_where(f, "tun5", "work/work");
}

/* Every network namespace has lo, and it is never Docker's. */
static void test_foreign_in_docker_zone(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *after = NULL;

        firewall_cmd(f, "docker", "lo", FALSE);
        g_autoptr(GVariant) verified = fixture_works(f, "Manager.Verify", "%s", "");
        g_autofree char *problems = g_variant_print(verified, FALSE);
        g_assert_nonnull(strstr(problems, "('foreign-in-docker-zone', "));
        g_assert_nonnull(strstr(problems, "{'interface': <'lo'>}"));
        works(f, "Zone.RemoveInterface", "'lo', {}");
        g_autoptr(GVariant) again = fixture_works(f, "Manager.Verify", "%s", "");
        after = g_variant_print(again, FALSE);
        g_assert_null(strstr(after, "foreign-in-docker-zone"));
}

static void test_bad_input(void) {
        static const struct {
                const char *error, *words, *method, *args;
        } cases[] = {
                { ERROR_("InvalidInterface"), "interface|\"\"", "Zone.AddInterface", "'', {}" },
                { ERROR_("InvalidInterface"), "interface|interface-name16|15", "Zone.AddInterface", "'interface-name16', {}" },
                { ERROR_("InvalidInterface"), "interface|a/b", "Zone.AddInterface", "'a/b', {}" },
                { ERROR_("InvalidInterface"), "interface|a b", "Zone.AddInterface", "'a b', {}" },
                { ERROR_("InvalidInterface"), "interface|a!b", "Zone.AddInterface", "'a!b', {}" },
                { ERROR_("InvalidInterface"), "interface|a*", "Zone.AddInterface", "'a*', {}" },
                { ERROR_("InvalidInterface"), "interface|..", "Zone.AddInterface", "'..', {}" },
                { ERROR_("InvalidInterface"), "interface|a/b", "Zone.RemoveInterface", "'a/b', {}" },
                { ERROR_("InvalidOption"), "nosuch", "Zone.AddInterface", "'br-1', {'nosuch': <true>}" },
                { ERROR_("InvalidOption"), "replace", "Zone.RemoveInterface", "'br-1', {'replace': <true>}" },
                { ERROR_("InvalidOption"), "scope|forever|runtime|permanent|both", "Zone.AddInterface",
                  "'br-1', {'scope': <'forever'>}" },
                { ERROR_("InvalidOption"), "scope", "Zone.AddInterface", "'br-1', {'scope': <true>}" },
                { ERROR_("InvalidOption"), "replace", "Zone.AddInterface", "'br-1', {'replace': <'yes'>}" },
                { ERROR_("InvalidOption"), "zone", "Zone.AddInterface", "'br-1', {'zone': <7>}" },
                { ERROR_("InvalidOption"), "zone", "Zone.Ensure", "{'zone': <'work'>}" },
                { ERROR_("InvalidOption"), "zone", "Zone.AddInterface", "'br-1', {'zone': <''>}" },
        };
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = fixture_dump(f);

        for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *after = NULL;

                fixture_fails(f, cases[i].error, cases[i].words, cases[i].method, "%s", cases[i].args);
                after = fixture_dump(f);
                fixture_same("the dump", before, after);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/zone/properties", test_properties);
        g_test_add_func("/zone/ensure-makes-the-zone", test_ensure_makes_the_zone);
        g_test_add_func("/zone/ensure-mends-the-target", test_ensure_mends_the_target);
        g_test_add_func("/zone/add-and-remove", test_add_and_remove);
        g_test_add_func("/zone/trusted-example", test_trusted_example);
        g_test_add_func("/zone/replace-by-ensure", test_replace_by_ensure);
        g_test_add_func("/zone/permanent-conflict", test_permanent_conflict);
        g_test_add_func("/zone/no-such-zone", test_no_such_zone);
        g_test_add_func("/zone/add-makes-the-zone", test_add_makes_the_zone);
        g_test_add_func("/zone/properties-follow", test_properties_follow);
        g_test_add_func("/zone/paths-do-not-outlive-a-reload", test_paths_do_not_outlive_a_reload);
        g_test_add_func("/zone/a-label-makes-no-bridge", test_a_label_makes_no_bridge);
        g_test_add_func("/zone/only-bridges-of-dockers-into-its-zone", test_only_bridges_of_dockers_into_its_zone);
        g_test_add_func("/zone/foreign-in-docker-zone", test_foreign_in_docker_zone);
        g_test_add_func("/zone/bad-input", test_bad_input);
        return g_test_run();
}
