/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What quaywalld signals: values that differ, and nothing twice; lists that changed; counters, to those who watch them. */
#include "fixture-docker.h"

#include <stdio.h>
#include <string.h>

#define WEB "'web', {'action': <'allow-only'>, 'sources': <['192.168.1.1']>, 'ports': <['8080/tcp']>}"

/* Every signal that reaches a connection, as lines "Policies.Changed (['web'],)"; of PropertiesChanged one for each property. */
typedef struct {
        Fixture *f;
        GDBusConnection *bus;
        GPtrArray *lines;
        guint id;
} Tape;

static void add(Tape *tape, const char *interface, const char *name, const char *text) {
        g_ptr_array_add(tape->lines, g_strdup_printf("%s.%s %s", strrchr(interface, '.') + 1, name, text));
}

static void add_properties(Tape *tape, GVariant *args) {
        const char *interface, *name;
        g_autoptr(GVariantIter) changed = NULL, invalidated = NULL;
        GVariant *value;

        g_variant_get(args, "(&sa{sv}as)", &interface, &changed, &invalidated);
        while (g_variant_iter_loop(changed, "{&sv}", &name, &value)) {
                g_autofree char *text = g_variant_print(value, FALSE);
                add(tape, interface, name, text);
        }
        while (g_variant_iter_loop(invalidated, "&s", &name))
                add(tape, interface, name, "invalidated");
}

static void on_signal(GDBusConnection *bus G_GNUC_UNUSED, const char *sender G_GNUC_UNUSED, const char *path,
                      const char *interface, const char *signal, GVariant *args, gpointer data) {
        if (!g_str_equal(path, "/org/quaywall1"))
                return;
        if (g_str_equal(signal, "PropertiesChanged"))
                add_properties(data, args);
        else {
                g_autofree char *text = g_variant_print(args, FALSE);
                add(data, interface, signal, text);
        }
}

static Tape *tape_new(Fixture *f, GDBusConnection *bus) {
        Tape *tape = g_new0(Tape, 1);

        tape->f = f;
        tape->bus = g_object_ref(bus);
        tape->lines = g_ptr_array_new_with_free_func(g_free);
        tape->id = g_dbus_connection_signal_subscribe(bus, NULL, NULL, NULL, "/org/quaywall1", NULL, 0, on_signal, tape, NULL);
        /* Once the bus has answered, it has the subscription. */
        g_autoptr(GVariant) id = g_dbus_connection_call_sync(bus, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetId",
                                                             NULL, NULL, 0, -1, NULL, NULL);
        return tape;
}

static void tape_free(Tape *tape) {
        g_dbus_connection_signal_unsubscribe(tape->bus, tape->id);
        g_object_unref(tape->bus);
        g_ptr_array_unref(tape->lines);
        g_free(tape);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tape, tape_free)

static guint tape_count(Tape *tape, const char *begin) {
        guint count = 0;

        for (guint i = 0; i < tape->lines->len; i++)
                count += g_str_has_prefix(tape->lines->pdata[i], begin);
        return count;
}

static const char *tape_last(Tape *tape, const char *begin) {
        for (guint i = tape->lines->len; i > 0; i--)
                if (g_str_has_prefix(tape->lines->pdata[i - 1], begin))
                        return tape->lines->pdata[i - 1];
        return "";
}

typedef struct {
        Tape *tape;
        const char *begin;
        guint count;
} Wanted;

static gboolean has_wanted(Fixture *f G_GNUC_UNUSED, gpointer data) {
        const Wanted *wanted = data;

        return tape_count(wanted->tape, wanted->begin) >= wanted->count;
}

static void tape_wait(Tape *tape, const char *begin, guint count) {
        Wanted wanted = { tape, begin, count };

        fixture_wait(tape->f, has_wanted, &wanted, begin);
}

/* Lets the main loop turn for so long. */
static gboolean end_pause(gpointer data) {
        *(gboolean *) data = TRUE;
        return G_SOURCE_REMOVE;
}

static void pause_msec(guint msec) {
        gboolean over = FALSE;

        g_timeout_add(msec, end_pause, &over);
        while (!over)
                g_main_context_iteration(NULL, TRUE);
}

/* A value is signalled when it is another one, and only then. */
static void test_real_changes(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autoptr(Tape) tape = NULL;

        fixture_wait_state(f, "idle");
        tape = tape_new(f, f->bus);
        works(f, "Policies.Set", WEB ", {}");
        tape_wait(tape, "Manager.State 'enforcing'", 1);
        tape_wait(tape, "Policies.Changed (['web'],)", 1);
        tape_wait(tape, "Policies.Policies invalidated", 1);
        g_assert_cmpuint(tape_count(tape, "Manager.Problems"), ==, 0);
        /* The same again; then another revision. */
        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", "'web', {'action': <'deny'>, 'ports': <['8080/tcp']>}, {}");
        tape_wait(tape, "Policies.Changed (['web'],)", 2);
        tape_wait(tape, "Policies.Policies invalidated", 2);
        g_assert_cmpuint(tape_count(tape, "Policies.Policies"), ==, 2);
        g_assert_cmpuint(tape_count(tape, "Manager.State"), ==, 1);
        /* A reload of firewalld has its zones read anew; they are as they were. */
        fixture_reload_firewalld(f);
        works(f, "Manager.Verify", "");
        works(f, "Manager.Repair", "");
        g_assert_cmpuint(tape_count(tape, "Zone."), ==, 0);
        works(f, "Zone.AddInterface", "'docker0', {'replace': <true>, 'scope': <'permanent'>}");
        tape_wait(tape, "Zone.PermanentInterfaces ['docker0']", 1);
        g_assert_cmpuint(tape_count(tape, "Zone.Target"), ==, 0);
        /* firewalld goes and comes back: each value once each way. */
        fixture_stop_firewalld(f);
        tape_wait(tape, "Manager.FirewalldState 'not-running'", 1);
        tape_wait(tape, "Manager.FirewalldVersion ''", 1);
        tape_wait(tape, "Manager.State 'degraded'", 1);
        fixture_start_firewalld(f);
        tape_wait(tape, "Manager.FirewalldState 'running'", 1);
        fixture_wait_state(f, "enforcing");
        g_assert_cmpuint(tape_count(tape, "Manager.FirewalldState"), ==, 2);
        g_assert_cmpuint(tape_count(tape, "Manager.FirewalldVersion"), ==, 2);
        g_assert_cmpuint(tape_count(tape, "Manager.DockerState"), ==, 0);
}

static void check_policies(Fixture *f, const char *expected) {
        g_autoptr(GVariant) value = fixture_get(f, "Policies.Policies", NULL);
        g_autoptr(GString) text = g_string_new(NULL);
        GVariantIter iter;
        const char *name, *scope;
        GVariant *entry;

        g_variant_iter_init(&iter, value);
        while (g_variant_iter_loop(&iter, "{&s@a{sv}}", &name, &entry)) {
                g_autoptr(GVariant) policy = NULL;
                guint64 revision, listed;
                g_assert_true(g_variant_lookup(entry, "scope", "&s", &scope));
                g_assert_true(g_variant_lookup(entry, "revision", "t", &revision));
                g_string_append_printf(text, "%s %s, ", name, scope);
                /* as List has it */
                g_autoptr(GVariant) answer = fixture_works(
                        f, g_str_equal(scope, "permanent") ? "Policies.ListPermanent" : "Policies.List", "%s", "");
                g_autoptr(GVariant) list = g_variant_get_child_value(answer, 0);
                policy = g_variant_lookup_value(list, name, G_VARIANT_TYPE_VARDICT);
                g_assert_nonnull(policy);
                g_assert_true(g_variant_lookup(policy, "revision", "t", &listed));
                g_assert_cmpuint(revision, ==, listed);
        }
        g_assert_cmpstr(text->str, ==, expected);
}

static void test_names(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(Tape) tape = tape_new(f, f->bus);

        check_policies(f, "");
        works(f, "Policies.Set", "'b', {'action': <'deny'>}, {'scope': <'runtime'>}");
        works(f, "Policies.Set", "'c', {'action': <'deny'>}, {'scope': <'permanent'>}");
        works(f, "Policies.Set", "'a', {'action': <'deny'>}, {}");
        check_policies(f, "a both, b runtime, c permanent, ");
        tape_wait(tape, "Policies.Policies invalidated", 3);
        works(f, "Manager.Reload", "");
        check_policies(f, "a both, c both, ");
        tape_wait(tape, "Policies.Policies invalidated", 4);
}

/* One notification for a burst of changes, at most one a second, and none for nothing. */
static void test_ports(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autoptr(Tape) tape = NULL;

        fixture_wait_state(f, "idle");
        pause_msec(1500); /* what belongs to the start is over */
        tape = tape_new(f, f->bus);
        const gint64 begin = g_get_monotonic_time();
        for (int i = 0; i < 10; i++) {
                g_autofree char *args = g_strdup_printf("'p%d', {'action': <'deny'>, 'ports': <['%d/tcp']>}, {}", i, 100 + i);
                works(f, "Policies.Set", args);
        }
        tape_wait(tape, "Engine.PortsChanged ()", 1);
        pause_msec(1500);
        const guint count = tape_count(tape, "Engine.PortsChanged");
        if (count > 1 + (g_get_monotonic_time() - begin) / G_USEC_PER_SEC)
                g_error("PortsChanged was sent %u times", count);
        works(f, "Policies.Set", "'p0', {'action': <'deny'>, 'ports': <['100/tcp']>}, {}");
        works(f, "Policies.List", "");
        pause_msec(1500);
        g_assert_cmpuint(tape_count(tape, "Engine.PortsChanged"), ==, count);
        /* A group lets in others. */
        works(f, "Groups.Set", "'office', {'addresses': <['192.168.1.1']>}, {}");
        tape_wait(tape, "Engine.PortsChanged ()", count + 1);
}

static char *containers(Fixture *f) {
        g_autoptr(GVariant) answer = fixture_works(f, "Engine.ListContainers", "%s", "");

        return answer ? g_variant_print(answer, FALSE) : g_strdup("");
}

/* Docker's lists: told when they differ. */
static void test_docker(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        g_autoptr(Tape) tape = NULL;
        MockDocker docker;

        mock_docker_start(&docker, f);
        mock_docker_tell(&docker, "run web 8080 com.docker.compose.project=shop");
        fixture_start_daemon(f);
        mock_docker_wait(f, "running");
        pause_msec(1500);
        g_autofree char *before = containers(f);
        g_assert_nonnull(strstr(before, "'name': <'web'>"));
        g_assert_nonnull(strstr(before, "'running': <true>"));
        g_assert_nonnull(strstr(before, "'addresses': <['172.17.0.2']>"));
        g_assert_nonnull(strstr(before, "'labels': <{'com.docker.compose.project': 'shop'}>"));
        tape = tape_new(f, f->bus);
        mock_docker_tell(&docker, "network back");
        tape_wait(tape, "Engine.NetworksChanged ()", 1);
        mock_docker_tell(&docker, "run db 5432");
        tape_wait(tape, "Engine.ContainersChanged ()", 1);
        tape_wait(tape, "Engine.PortsChanged ()", 1);
        g_autofree char *after = containers(f);
        g_assert_nonnull(strstr(after, "'name': <'db'>"));
        pause_msec(1500);
        /* Docker goes and is asked anew, and has events about what does not exist: the lists stay as they are. */
        const guint networks = tape_count(tape, "Engine.NetworksChanged"), n = tape_count(tape, "Engine.ContainersChanged");
        const guint ports = tape_count(tape, "Engine.PortsChanged");
        mock_docker_tell(&docker, "cut");
        mock_docker_tell(&docker, "flood 20");
        tape_wait(tape, "Engine.PortsChanged", ports + 1);
        works(f, "Manager.Verify", "");
        pause_msec(1500);
        g_assert_cmpuint(tape_count(tape, "Engine.NetworksChanged"), ==, networks);
        g_assert_cmpuint(tape_count(tape, "Engine.ContainersChanged"), ==, n);
        mock_docker_kill(&docker);
}

static void count_packets(Fixture *f, const char *policy, guint64 packets) {
        g_autofree char *rule = g_strdup_printf("\"quaywall:%s\" -j DROP", policy);
        g_autoptr(GVariant) n = fixture_mock(f, "SetCounters",
                                             g_variant_new("(ssstt)", "ipv4", "QUAYWALL-POLICY", rule, packets, packets * 60));

        g_assert_cmpuint(g_variant_n_children(n), ==, 1);
}

static char *begin_watch(GDBusConnection *bus, GError **error) {
        g_autoptr(GVariant) answer =
                fixture_call_on(bus, "Policies.WatchCounters", fixture_args("Policies.WatchCounters", "%s", "{}"), 0, error);

        return answer ? g_variant_print(answer, FALSE) : NULL;
}

static gboolean no_more_reads(Fixture *f, gpointer nothing G_GNUC_UNUSED) {
        const guint before = fixture_count_calls(f, "*passthrough*");

        pause_msec(2500);
        return fixture_count_calls(f, "*passthrough*") == before;
}

/* Counters go to those who watch, while there is something to tell, and are read for nobody else. */
static void test_counters(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autoptr(GDBusConnection) other = fixture_connect(f), brief = fixture_connect(f);
        g_autoptr(GError) error = NULL;

        works(f, "Policies.Set", WEB ", {}");
        works(f, "Policies.Set", "'quiet', {'action': <'deny'>, 'ports': <['1/tcp']>}, {}");
        g_autoptr(Tape) watching = tape_new(f, f->bus), not_watching = tape_new(f, other);
        fixture_wait(f, no_more_reads, NULL, "quaywalld is idle");
        g_autofree char *counters = begin_watch(f->bus, &error), *again = NULL;
        g_assert_no_error(error);
        g_assert_cmpstr(counters, ==, "({'quiet': (0, 0), 'web': (0, 0)},)");
        again = begin_watch(f->bus, &error); /* no error, and no second signal */
        g_assert_no_error(error);
        count_packets(f, "web", 7);
        tape_wait(watching, "Policies.CountersChanged ({'web': (7, 420)}, ", 1);
        guint64 elapsed = 0;
        g_assert_cmpint(
                sscanf(strrchr(tape_last(watching, "Policies.CountersChanged"), ',') + 1, "%" G_GUINT64_FORMAT, &elapsed), ==,
                1);
        g_assert_cmpuint(elapsed, >=, G_USEC_PER_SEC);
        g_assert_cmpuint(elapsed, <, 20 * G_USEC_PER_SEC);
        /* One more, without counters, and then silence. */
        tape_wait(watching, "Policies.CountersChanged ({}, ", 1);
        pause_msec(2500);
        g_assert_cmpuint(tape_count(watching, "Policies.CountersChanged"), ==, 2);
        g_assert_cmpuint(tape_count(not_watching, "Policies.CountersChanged"), ==, 0);
        g_assert_cmpuint(tape_count(not_watching, "Policies."), ==, 0);
        works(f, "Policies.UnwatchCounters", "");
        works(f, "Policies.UnwatchCounters", "");
        g_assert_true(no_more_reads(f, NULL));
        count_packets(f, "web", 8);
        pause_msec(2500);
        g_assert_cmpuint(tape_count(watching, "Policies.CountersChanged"), ==, 2);
        /* A watcher that leaves the bus without a word. */
        g_free(begin_watch(brief, &error));
        g_assert_no_error(error);
        g_assert_false(no_more_reads(f, NULL));
        g_dbus_connection_close_sync(brief, NULL, NULL);
        fixture_wait(f, no_more_reads, NULL, "nothing is read for one who left");
}

static void test_watchers(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autoptr(GPtrArray) buses = g_ptr_array_new_with_free_func(g_object_unref);
        g_autoptr(GVariant) limits = fixture_get(f, "Manager.Limits", NULL);
        g_autoptr(GError) error = NULL;
        guint32 limit = 0;

        g_assert_true(g_variant_lookup(limits, "watchers", "u", &limit));
        g_assert_cmpuint(limit, ==, 16);
        works(f, "Policies.Set", WEB ", {}");
        for (guint32 i = 0; i < limit; i++) {
                g_ptr_array_add(buses, fixture_connect(f));
                g_free(begin_watch(buses->pdata[i], &error));
                g_assert_no_error(error);
        }
        fixture_fails(f, ERROR_("LimitExceeded"), "16 connections", "Policies.WatchCounters", "%s", "{}");
        g_autoptr(GVariant) ended = fixture_call_on(buses->pdata[3], "Policies.UnwatchCounters", NULL, 0, &error);
        g_assert_no_error(error);
        works(f, "Policies.WatchCounters", "{}");
        fixture_fails(f, ERROR_("InvalidOption"), "takes none", "Policies.WatchCounters", "%s", "{'interval': <uint32 1>}");
        /* firewalld away: the watch waits, and goes on when it is back. */
        g_autoptr(Tape) tape = tape_new(f, f->bus);
        fixture_stop_firewalld(f);
        pause_msec(2500);
        fixture_start_firewalld(f);
        fixture_wait_state(f, "enforcing");
        count_packets(f, "web", 5);
        tape_wait(tape, "Policies.CountersChanged ({'web': (5, 300)}, ", 1);
}

/* A policy goes on under another name where it was: else a front end shows a burst that was none. */
static void test_renamed(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autoptr(GError) error = NULL;

        works(f, "Policies.Set", WEB ", {}");
        count_packets(f, "web", 7);
        g_autoptr(Tape) tape = tape_new(f, f->bus);
        g_free(begin_watch(f->bus, &error));
        g_assert_no_error(error);
        works(f, "Policies.Rename", "'web', 'shop', {}");
        tape_wait(tape, "Policies.CountersChanged ({'shop': (7, 420)}, ", 1);
        count_packets(f, "shop", 2);
        tape_wait(tape, "Policies.CountersChanged ({'shop': (9, 540)}, ", 1);
        tape_wait(tape, "Policies.CountersChanged ({}, ", 1);
        g_assert_cmpuint(tape_count(tape, "Policies.CountersChanged"), ==, 3);
}

static void test_forms(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GVariant) limits = fixture_get(f, "Manager.Limits", NULL),
                            features = fixture_get(f, "Manager.Features", NULL),
                            interfaces = fixture_get(f, "Manager.Interfaces", NULL),
                            addresses = fixture_get(f, "Manager.HostAddresses", NULL);
        guint32 value = 0;

        g_assert_true(g_variant_lookup(limits, "policies", "u", &value));
        g_assert_cmpuint(value, ==, 1000);
        /* The fixture's quaywalld has no guard. */
        g_autofree char *text = g_variant_print(features, FALSE);
        g_assert_cmpstr(text, ==,
                        "['confirm-within', 'docker-user', 'explain', 'groups', 'ipsets', 'until', 'watch-counters']");
        g_autofree const char **names = g_variant_get_strv(interfaces, NULL), **hosts = g_variant_get_strv(addresses, NULL);
        g_assert_false(g_strv_contains(names, "lo"));
        g_assert_false(g_strv_contains(hosts, "127.0.0.1"));
        g_assert_false(g_strv_contains(hosts, "::1"));
        for (const char **host = hosts; *host; host++)
                g_assert_false(g_str_has_prefix(*host, "fe80:"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/signals/real-changes", test_real_changes);
        g_test_add_func("/signals/names", test_names);
        g_test_add_func("/signals/ports", test_ports);
        g_test_add_func("/signals/docker", test_docker);
        g_test_add_func("/signals/counters", test_counters);
        g_test_add_func("/signals/watchers", test_watchers);
        g_test_add_func("/signals/renamed", test_renamed);
        g_test_add_func("/signals/forms", test_forms);
        return g_test_run();
}
