/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a forward creates in firewalld, and that all of it is removed with the forward, after a failure and after a crash.
 * lab/t/21-forward-exact tests it with packets. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>

#define LAN "'lan', {'action': <'forward'>, 'interfaces': <['ext0']>, 'out-interfaces': <['int0']>}, {}"
/* checksums of the names */
#define EXT0 "quaywall-27ff3867"
#define INT0 "quaywall-650fda92"
#define ACCEPTS(source, destination) "source ipset=\"" source "-4\" destination ipset=\"" destination "-4\" accept"

/* All that survives a reload, and the current zones. */
static char *lasting(Fixture *f) {
        g_autofree char *dump = fixture_dump(f);
        g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);
        GString *text = g_string_new(NULL);

        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(*line, "permanent") || g_str_has_prefix(*line, "zones:"))
                        g_string_append_printf(text, "%s\n", *line);
        return g_string_free(text, FALSE);
}

/* The runtime policy or ipset of this name, from the mock's dump. */
static char *runtime(Fixture *f, const char *name) {
        g_autofree char *dump = fixture_dump(f), *start = g_strconcat(name, ": ", NULL);
        g_auto(GStrv) lines = g_strsplit(dump, "\n", -1);

        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(*line, start))
                        return g_strdup(*line);
        return g_strdup("");
}

static void has(Fixture *f, const char *name, const char *text) {
        g_autofree char *found = runtime(f, name);

        if (fixture_lines(found, text) != 1)
                g_test_message("\"%s\" is not in: %s", text, found);
        g_assert_cmpuint(fixture_lines(found, text), ==, 1);
}

static void test_pair(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = lasting(f), *after = NULL, *dump = NULL, *policy = NULL;

        works(f, "Policies.Set", LAN);
        /* in firewalld 1.3, "source" in such a rule matches the interface by which a packet leaves */
        has(f, "policy quaywall-forward", ACCEPTS(INT0, EXT0));
        has(f, "ipset " EXT0 "-4", "['0.0.0.0/1,ext0', '128.0.0.0/1,ext0']");
        has(f, "ipset " INT0 "-6", "['8000::/1,int0', '::/1,int0']");
        policy = runtime(f, "policy quaywall-keep");
        g_assert_cmpstr(policy, ==, "");
        works(f, "Policies.Remove", "'lan', {}");
        has(f, "ipset " EXT0 "-4", "@as []");
        after = lasting(f);
        fixture_same("what lasts", before, after);
        fixture_reload_firewalld(f);
        dump = fixture_dump(f);
        g_assert_cmpuint(fixture_lines(dump, "quaywall-"), ==, 0);
}

/* Interfaces that are in no zone: firewalld 2 applies no policy to them. */
static void test_homeless(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .firewalld_version = "2.3.1" });
        g_autofree char *before = lasting(f), *after = NULL, *again = NULL, *zones = NULL;

        works(f, "Policies.Set", LAN);
        has(f, "policy quaywall-forward", ACCEPTS(EXT0, INT0));
        has(f, "policy quaywall-keep", "destination ipset=\"" EXT0 "-4\" reject");
        has(f, "policy quaywall-keep", "'egress_zones': <['public']>");
        zones = runtime(f, "zones");
        g_assert_cmpuint(fixture_lines(zones, "'public': {'interfaces': ['ext0']"), ==, 1);
        /* quaywalld remembers across a restart that it put it there */
        g_assert_true(fixture_stop_daemon(f, SIGKILL));
        fixture_start_daemon(f);
        works(f, "Manager.Repair", "");
        works(f, "Policies.Remove", "'lan', {}");
        after = lasting(f);
        fixture_same("what lasts", before, after);

        /* an interface that somebody put into a zone stays there */
        works(f, "Zone.AddInterface", "'ext0', {'zone': <'public'>}");
        again = lasting(f);
        works(f, "Policies.Set", LAN);
        works(f, "Policies.Remove", "'lan', {}");
        g_free(g_steal_pointer(&after));
        after = lasting(f);
        fixture_same("what lasts, with a zone of somebody's", again, after);
}

static void test_removed_while_away(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .firewalld_version = "2.3.1" });
        g_autofree char *before = lasting(f), *after = NULL, *file = NULL;

        works(f, "Policies.Set", LAN);
        g_assert_true(fixture_stop_daemon(f, SIGKILL));
        file = g_build_filename(f->policies, "lan.xml", NULL);
        g_assert_cmpint(g_remove(file), ==, 0);
        fixture_start_daemon(f);
        g_assert_true(fixture_wait_state(f, "idle"));
        after = lasting(f);
        fixture_same("what lasts", before, after);
}

static void test_each_call_fails(void) {
        static const struct {
                const char *call;
                guint nth;
        } calls[] = { { "config.addIPSet", 1 },  { "config.addIPSet", 4 },
                      { "config.addPolicy", 1 }, { "config.addPolicy", 2 },
                      { "reload", 1 },           { "config.ipset.setEntries", 3 },
                      { "ipset.setEntries", 1 }, { "zone.changeZoneOfInterface", 1 } };

        for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
                g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .firewalld_version = "2.3.1" });
                g_autofree char *before = lasting(f), *after = NULL;

                fixture_plan(f, calls[i].call, calls[i].nth, "fail", "COMMAND_FAILED: planned by the test");
                fixture_fails(f, "org.quaywall1.Error.FirewalldFailed", "planned by the test", "Policies.Set", "%s", LAN);
                after = lasting(f);
                if (!fixture_same("what lasts", before, after))
                        g_test_message("%s, number %u", calls[i].call, calls[i].nth);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/forward/pair", test_pair);
        g_test_add_func("/forward/homeless", test_homeless);
        g_test_add_func("/forward/removed-while-away", test_removed_while_away);
        g_test_add_func("/forward/each-call-fails", test_each_call_fails);
        return g_test_run();
}
