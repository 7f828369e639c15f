/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* quaywallctl with the real service: exit statuses, scopes, and prompts at a terminal. */
#include "fixture-ctl.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

static void test_exit_status(void) {
        const FixtureOptions no_daemon = { .no_daemon = TRUE }, ipv6 = { .docker_ipv6 = TRUE };
        g_autoptr(Fixture) f = fixture_new(&ipv6), empty = fixture_new(&no_daemon);
        g_autofree char *address = g_steal_pointer(&empty->address);

        ctl(f, 0, NULL, NULL, "status");
        says(f, 1, "there is no policy", "policy show nobody");
        says(f, 2, "Try", "policy nothing");
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "no");
        says(f, 3, "manage-policies", "deny web");
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "allow");
        /* No service on the bus; no bus. */
        empty->address = g_strdup(address);
        says(empty, 4, "quaywalld is not running", "status");
        g_free(empty->address);
        empty->address = g_strdup("unix:path=/nonexistent");
        says(empty, 4, "cannot connect", "status");
        g_free(empty->address);
        empty->address = g_steal_pointer(&address);
        /* A policy is not in force. */
        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "verify");
        fixture_stop_firewalld(f);
        fixture_wait_state(f, "degraded");
        ctl(f, 5, NULL, NULL, "status");
        ctl(f, 5, NULL, NULL, "verify");
        ctl(f, 5, NULL, NULL, "repair");
}

/* A policy that differs between runtime and permanent is changed in each without mixing the two. */
static void test_scopes(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *exported = NULL;

        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.1 --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.2 --port 8080/tcp --runtime");
        prints(f, "192.168.1.2", "policy show web");
        prints(f, "192.168.1.2", "policy list");
        prints(f, "192.168.1.1", "policy show web --permanent");
        prints(f, "192.168.1.1", "policy list --permanent");
        prints(f, "192.168.1.1", "policy check web --permanent");
        ctl(f, 0, &exported, NULL, "policy export --permanent");
        has(exported, "192.168.1.1");
        ctl(f, 0, NULL, NULL, "policy disable web");
        prints(f, "192.168.1.2|disabled", "policy list");
        prints(f, "192.168.1.1|disabled", "policy list --permanent");
        ctl(f, 0, NULL, NULL, "policy enable web --permanent");
        prints(f, "192.168.1.2|disabled", "policy list");
        prints(f, "192.168.1.1|enabled", "policy list --permanent");
        /* A policy that exists in one scope only is not copied to the other. */
        ctl(f, 0, NULL, NULL, "deny brief --port 1/tcp --runtime");
        ctl(f, 0, NULL, NULL, "policy disable brief");
        says(f, 1, "no permanent policy 'brief'", "policy show brief --permanent");
        says(f, 1, "there is no policy \"brief\"", "policy enable brief --permanent");
        ctl(f, 0, NULL, NULL, "deny later --port 2/tcp --permanent");
        ctl(f, 0, NULL, NULL, "policy disable later");
        says(f, 1, "there is no policy \"later\"", "policy show later");
        ctl(f, 0, NULL, NULL, "policy remove brief later");
}

/* A part of a policy, without the rest of it. */
static void test_edit(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);

        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.0/24 --port 8080/tcp --on ext0 --log");
        ctl(f, 0, NULL, NULL,
            "policy edit web --add-from 10.0.0.1 10.0.0.2,10.0.0.3 --remove-from 192.168.1.128/25 --add-port 80/tcp --remove-port 8080/tcp");
        prints(f, "192.168.1.0/25, 10.0.0.1, 10.0.0.2, 10.0.0.3|80/tcp|ext0", "policy show web");
        ctl(f, 0, NULL, NULL, "policy edit web --no-log --reject --description office --remove-on ext0 --add-on ext1");
        prints(f, "ext1|office", "policy show web");
        ctl(f, 0, NULL, NULL, "forward way --in int0 --out ext0");
        ctl(f, 0, NULL, NULL, "policy edit way --add-out ext1 --remove-in int0 --add-in int1");
        prints(f, "int1|ext0, ext1", "policy show way");
        says(f, 2, "what shall change", "policy edit web");
        says(f, 2, "NAME is missing", "policy edit --add-from 10.0.0.1");
        says(f, 2, "unexpected word 'more'", "policy edit web more --log");
        says(f, 2, "contradict", "policy edit web --log --no-log");
        says(f, 2, "--add-from", "policy edit web --add-from 10.0.0.1,,10.0.0.2");
        says(f, 2, "--remove-port: none would be left", "policy edit web --remove-port 80/tcp");
        says(f, 1, "there is no policy", "policy edit nobody --log");
        says(f, 2, "--remove-from: \"10.9.9.9\"", "policy edit web --remove-from 10.9.9.9");
        ctl(f, 0, NULL, NULL, "policy rename web shop");
        prints(f, "office", "policy show shop");
        says(f, 1, "there is no policy \"web\"", "policy rename web other");
        says(f, 1, "there is a policy \"way\" already", "policy rename shop way");
        says(f, 2, "NEW is missing", "policy rename shop");
        says(f, 2, "NAME is missing", "policy rename");
        prints(f, "--remove-container", "policy edit --help");
        /* for a time */
        ctl(f, 0, NULL, NULL, "policy edit shop --add-from 203.0.113.9,203.0.113.10 --for 8h");
        prints(f, "203.0.113.9 until |203.0.113.10 until ", "policy show shop --json");
        ctl(f, 0, NULL, NULL, "policy edit shop --remove-from 203.0.113.10");
        ctl(f, 0, NULL, NULL, "policy edit shop --until 2100-01-01");
        prints(f, "\"until\" : \"2", "policy show shop --json");
        ctl(f, 0, NULL, NULL, "policy edit shop --no-until");
        ctl(f, 0, NULL, NULL, "deny brief --port 9/tcp --for 1h30min");
        prints(f, "\"until\" : \"2", "policy show brief --json");
        prints(f, "(1 h 29 min left)", "policy show brief");
        prints(f, "enabled, until |(1 h 29 min left)", "policy list");
        says(f, 0, "note: replaced: --until/--for: |(1 h 29 min left) -> |(1 h 59 min left)\n",
             "deny brief --port 9/tcp --for 2h");
        ctl(f, 0, NULL, NULL, "policy edit brief --for 3h --runtime");
        prints(f, "permanent:  differs: until: |(2 h 59 min left) -> |(1 h 59 min left)\n", "policy show brief");
        says(f, 2, "--for: '25'", "deny brief --for 25");
        says(f, 2, "--until: '25:00'", "deny brief --until 25:00");
        says(f, 2, "--until: '2020-01-01' is past", "policy edit shop --until 2020-01-01");
        says(f, 2, "give one of them", "deny brief --for 1h --until 18:00");
        says(f, 2, "contradict", "policy edit shop --for 1h --no-until");
        says(f, 2, "only addresses", "policy edit shop --add-from ipset:office --for 1h");
}

static char *last_line(Fixture *f, const char *line) {
        g_autofree char *out = NULL;

        ctl(f, 0, &out, NULL, line);
        g_auto(GStrv) lines = g_strsplit(g_strchomp(out), "\n", -1);
        return g_strdup(lines[g_strv_length(lines) - 1]);
}

static void ends(Fixture *f, const char *words, const char *line) {
        g_autofree char *last = last_line(f, line);

        has(last, words);
}

static void test_history(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL, *user = g_strdup(g_get_user_name());

        prints(f, "There are no changes yet.", "history");
        says(f, 1, "there is no change that could be taken back", "undo");
        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.0/24 --port 8080/tcp --description office");
        ends(f, "1 | set web |-", "history");
        ends(f, user, "history");
        before = fixture_dump(f);
        ctl(f, 0, NULL, NULL, "policy edit web --add-from 10.0.0.1 --log");
        prints(f,
               "change:  2|what:    edit web|state:   -|web: sources: 192.168.1.0/24 -> 192.168.1.0/24, 10.0.0.1; log: no -> yes",
               "history 2");
        prints(f, "web (new): action: - -> allow-only", "history 1");
        prints(f, "Taken back: change 2, edit web, by |; 'quaywallctl undo 3' makes it again", "undo");
        after = fixture_dump(f);
        fixture_same("taken back", before, after);
        ends(f, "3 | undo 2: web ", "history");
        prints(f, "2 | edit web |undone by 3", "history");
        /* Once more takes back the change before it. */
        prints(f, "Taken back: change 1, set web, by ", "undo");
        says(f, 1, "there is no change that could be taken back", "undo");
        prints(f, "web (removed): action: allow-only -> -", "history 4");
        prints(f, "Taken back: change 4, undo 1: web, by |'quaywallctl undo 5' makes it again", "undo 4");
        prints(f, "office", "policy show web");
        says(f, 1, "change: 4 was taken back already, by change 5", "undo 4");
        says(f, 1, "there is no change 99 in the history, which goes from 1 to 5", "undo 99");
        says(f, 1, "there is no change 99", "history 99");
        says(f, 2, "'web' is not the number of a change", "undo web");
        says(f, 2, "'0' is not the number", "history 0");
        says(f, 2, "'-1' is not the number", "undo -- -1");
        says(f, 2, "unexpected word '2'", "undo 1 2");
        says(f, 2, "neither --runtime", "undo --runtime");
        says(f, 2, "--confirm-within", "history --confirm-within 60");
        ctl(f, 0, NULL, NULL, "policy rename web shop --runtime");
        ends(f, "rename web to shop (runtime)", "history");
        /* In two scopes that differ. */
        ctl(f, 0, NULL, NULL, "deny two --port 1/tcp --runtime");
        ctl(f, 0, NULL, NULL, "deny two --port 2/tcp --permanent");
        ctl(f, 0, NULL, NULL, "policy edit two --add-port 3/tcp");
        prints(f, "two: ports: 1/tcp -> 1/tcp, 3/tcp|Permanently:|two: ports: 2/tcp -> 2/tcp, 3/tcp", "history 9");
        prints(f, "\"changes\" : [|\"change\" : 9|\"method\" : \"Policies.Edit\"|\"user\" : \"|\"state\" : \"kept\"",
               "history --json");
        prints(f, "\"change\" : 9|\"before-permanent\" : {|\"two\" : {|\"2/tcp\"", "history 9 --json");
        prints(f, "\"undone\" : {|\"change\" : 9|\"change\" : 10", "undo --json");
        fixture_polkit_answer(f, "org.quaywall1.read", "no");
        says(f, 3, "org.quaywall1.read", "undo");
        says(f, 3, "org.quaywall1.read", "history");
        fixture_polkit_answer(f, "org.quaywall1.read", "allow");
        fixture_polkit_answer(f, "org.quaywall1.manage-policies", "no");
        says(f, 3, "org.quaywall1.manage-policies", "undo");
        says(f, 3, "org.quaywall1.manage-policies", "runtime-to-permanent");
}

/* The same of groups: a bare "undo" takes back the last change, of whatever kind it was. */
static void test_group_history(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL;

        ctl(f, 0, NULL, NULL, "group set office 192.168.1.1 192.168.1.9 10.0.0.0/8");
        ends(f, "1 | group office: 3 addresses added |-", "history");
        prints(f, "group office (new): addresses: none -> 192.168.1.1, 192.168.1.9, 10.0.0.0/8", "history 1");
        ctl(f, 0, NULL, NULL, "allow-only web --from group:office --port 8080/tcp");
        before = fixture_dump(f);
        ctl(f, 0, NULL, NULL, "group remove office 192.168.1.9");
        ends(f, "3 | group office: 1 address removed |-", "history");
        prints(f, "what:    group office: 1 address removed|group office: addresses: 192.168.1.1, 192.168.1.9, 10.0.0.0/8 -> ",
               "history 3");
        prints(f, "Taken back: change 3, group office: 1 address removed, by |; 'quaywallctl undo 4' makes it again", "undo");
        after = fixture_dump(f);
        fixture_same("taken back", before, after);
        ends(f, "4 | undo 3: group office: 1 address added ", "history");
        /* The policy is next, and then the group that it had named. */
        prints(f, "Taken back: change 2, set web", "undo");
        prints(f, "Taken back: change 1, group office: 3 addresses added", "undo");
        says(f, 1, "there is no change that could be taken back", "undo");
        says(f, 1, "there is no group \"office\"", "group show office");
        prints(f, "group office (removed): addresses: 192.168.1.1, 192.168.1.9, 10.0.0.0/8 -> none", "history 6");

        ctl(f, 0, NULL, NULL, "group set office 10.0.0.4");
        ctl(f, 0, NULL, NULL, "group set office 10.0.0.4 --description us");
        ends(f, "group office: set ", "history");
        prints(f, "group office: description: - -> us", "history 8");
        ctl(f, 0, NULL, NULL, "group set office 10.0.0.1 10.0.0.2 --runtime");
        ends(f, "group office: 2 addresses added, 1 removed (runtime) ", "history");
        ctl(f, 0, NULL, NULL, "group set office 10.0.0.1 10.0.0.3");
        ends(f, "group office: 1 address added, 1 removed ", "history");
        prints(f, "group office: addresses: 10.0.0.1, 10.0.0.2 -> |Permanently:|group office: addresses: 10.0.0.4 -> 10.0.0.1",
               "history 10");
        ctl(f, 0, NULL, NULL, "group delete office");
        ends(f, "group office: deleted ", "history");
        fixture_write(f->dir, "all.json",
                      "{\"policies\": {\"x\": {\"action\": \"deny\", \"sources\": [\"group:b\"]}}, "
                      "\"groups\": {\"a\": {\"addresses\": [\"10.0.0.1\"]}, \"b\": {\"addresses\": [\"10.0.0.2\"]}}}");
        ctl(f, 0, NULL, NULL, "policy import all.json");
        ends(f, "12 | set x; groups a, b: 2 addresses added ", "history");
        prints(f, "x (new): action: - -> deny|group a (new): addresses: none -> 10.0.0.1|group b (new)", "history 12");
        prints(f, "\"groups\" : [|\"addresses-added\" : 2", "history --json");
        prints(f, "\"groups-before\" : {|\"groups-after\" : {|\"a\" : {|\"addresses\" : [", "history 12 --json");
        ctl(f, 0, NULL, NULL, "undo");
        says(f, 1, "there is no group \"b\"", "group show b");
        says(f, 1, "there is no policy", "policy show x");
}

static void test_undo_confirmed(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL, *token = NULL, *said = NULL, *line = NULL, *json = NULL, *kept = NULL;

        ctl(f, 0, NULL, NULL, "deny web --port 8080/tcp");
        before = fixture_dump(f);
        ctl(f, 0, &token, &said, "undo --confirm-within 600");
        has(said, "Taken back: change 1, set web");
        ends(f, "pending", "history");
        /* The token is all of the output, for scripts. */
        line = g_strdup_printf("policy rollback %s", g_strchomp(token));
        ctl(f, 0, NULL, NULL, line);
        after = fixture_dump(f);
        fixture_same("rolled back", before, after);
        ends(f, "rolled back", "history");
        ctl(f, 0, &json, NULL, "undo --confirm-within 1 --json");
        has(json, "\"token\" : \"|\"undone\" : {");
        while ((kept = last_line(f, "history")) && !strstr(kept, "expired"))
                g_clear_pointer(&kept, g_free);
        asked(f, 1, "n\n", "undo --confirm-within 600");
        ends(f, "rolled back", "history");
        asked(f, 0, "y\n", "undo --confirm-within 600");
        ends(f, "undo 1: web ", "history");
        says(f, 1, "there is no policy", "policy show web");
}

/* All policies at once: removed, made permanent, or exactly those of a file. */
static void test_all(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *refused = NULL, *checked = NULL;

        ctl(f, 0, NULL, NULL, "policy remove --all --yes"); /* there are none */
        ctl(f, 0, NULL, NULL, "deny one --port 1/tcp");
        ctl(f, 0, NULL, NULL, "deny two --port 2/tcp --runtime");
        ctl(f, 0, NULL, NULL, "deny later --port 3/tcp --permanent");
        ctl(f, 0, NULL, NULL, "policy export --permanent");
        before = fixture_dump(f);
        says(f, 2, "policy remove --all|--yes", "policy remove --all");
        says(f, 2, "either NAME or --all", "policy remove one --all --yes");
        says(f, 2, "'policy list' does not take --all", "policy list --all");
        says(f, 2, "'policy import' does not take --yes", "policy import --yes");
        says(f, 2, "'policy remove' does not take --exact", "policy remove --exact");
        asked(f, 1, "n\n", "policy remove --all");
        asked(f, 1, "\n", "policy remove --all --permanent");
        fixture_write(f->dir, "none.json", "{\"policies\": {}}");
        says(f, 1, "there is no policy in the file|policy remove --all", "policy import none.json --exact");
        fixture_write(
                f->dir, "one.json",
                "{\"policies\": {\"one\": {\"action\": \"deny\", \"ports\": [\"9/tcp\"]}, \"new\": {\"action\": \"deny\"}}}");
        says(f, 0, "note: would be removed: later, two", "policy import one.json --exact --check");
        says(f, 1, "a policy 'one' already", "policy import one.json");
        refused = fixture_dump(f);
        fixture_same("refused", before, refused);
        says(f, 0, "note: removed: later, two", "policy import one.json --exact");
        prints(f, "9/tcp|new", "policy list");
        prints(f, "9/tcp|new", "policy list --permanent");
        says(f, 1, "no permanent policy 'later'", "policy show later --permanent");
        ctl(f, 0, NULL, NULL, "undo");
        checked = fixture_dump(f);
        fixture_same("undone", before, checked);
        says(f, 0, "note: removed: two\n", "policy import one.json --exact --runtime");
        prints(f, "later|one", "policy list --permanent");
        ctl(f, 0, NULL, NULL, "undo");
        says(f, 2, "does not take --cut", "runtime-to-permanent --cut");
        says(f, 2, "neither --runtime", "runtime-to-permanent --permanent");
        says(f, 2, "unexpected word 'now'", "runtime-to-permanent now");
        ctl(f, 0, NULL, NULL, "runtime-to-permanent");
        prints(f, "2/tcp", "policy show two --permanent");
        says(f, 1, "no permanent policy 'later'", "policy show later --permanent");
        asked(f, 0, "y\n", "policy remove --all");
        prints(f, "There are no policies.", "policy list");
        prints(f, "There are no policies.", "policy list --permanent");
        ends(f, "replace all one, two", "history");
        ctl(f, 0, NULL, NULL, "undo");
        ctl(f, 0, NULL, NULL, "policy remove --all -y --permanent");
        prints(f, "one", "policy list");
        prints(f, "There are no policies.", "policy list --permanent");
}

static void test_import(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *after = NULL, *token = NULL, *line = NULL, *json = NULL, *now = NULL;

        ctl(f, 0, NULL, NULL, "deny later --port 1/tcp --permanent");
        ctl(f, 0, NULL, NULL, "deny stays --port 3/tcp");
        before = fixture_dump(f);
        fixture_write(
                f->dir, "both.json",
                "{\"policies\": {\"later\": {\"action\": \"deny\"}, \"new\": {\"action\": \"deny\", \"ports\": [\"2/tcp\"]}}}");
        /* Wrong command lines, and rules that make no policy, change nothing; nor does --check. */
        says(f, 2, "--name web: there are 2 policies in both.json", "policy import both.json --name web");
        fixture_write(f->dir, "rules", "iptables -I DOCKER-USER -m limit -j DROP\n");
        says(f, 1, "rules:1: -m limit: ", "policy import rules");
        fixture_write(f->dir, "rules", "iptables -I DOCKER-USER -i ext0 -j DROP\n");
        prints(f, "web|deny", "policy import rules --name web --check");
        /* It exists, though only permanently. */
        says(f, 1, "a policy 'later' already", "policy import both.json");
        after = fixture_dump(f);
        fixture_same("refused", before, after);
        ctl(f, 0, NULL, NULL, "policy import both.json --replace --runtime");
        prints(f, "1/tcp", "policy show later --permanent");
        prints(f, "2/tcp", "policy show new");
        ctl(f, 0, NULL, NULL, "reload");
        g_free(before);
        before = fixture_dump(f);
        /* The import is one change, so it can be undone. */
        ctl(f, 0, &token, NULL, "policy import both.json --replace --confirm-within 60 --json");
        has(token, "\"token\"|\"later\"|\"new\"");
        json = g_strdup(strstr(token, "\"token\"") + strlen("\"token\" : \""));
        json[strcspn(json, "\"")] = '\0';
        line = g_strdup_printf("policy rollback %s", json);
        prints(f, "stays|new", "policy list --permanent");
        ctl(f, 0, NULL, NULL, line);
        now = fixture_dump(f);
        fixture_same("rolled back", before, now);
}

static void test_confirm(void) {
        const FixtureOptions ipv6 = { .docker_ipv6 = TRUE };
        g_autoptr(Fixture) f = fixture_new(&ipv6);
        g_autofree char *before = NULL, *token = NULL;
        /* Ctrl-D, no, an empty line */
        static const char *const noes[] = { "\004", "n\n", "\n" };

        ctl(f, 0, NULL, NULL, "deny other --port 1/tcp");
        before = fixture_dump(f);
        for (gsize i = 0; i < G_N_ELEMENTS(noes); i++) {
                asked(f, 1, noes[i], "deny web --port 8080/tcp --confirm-within 600");
                g_autofree char *after = fixture_dump(f);
                fixture_same("no", before, after);
        }
        /* Not "for ever", whatever the user meant. */
        says(f, 2, "1 to 3600", "deny web --port 8080/tcp --confirm-within 0");
        says(f, 2, "1 to 3600", "--confirm-within=-1 deny web --port 8080/tcp");
        g_autofree char *after = fixture_dump(f);
        fixture_same("not seconds", before, after);
        asked(f, 0, "y\n", "deny web --port 8080/tcp --confirm-within 600");
        prints(f, "web", "policy list");
        ctl(f, 0, &token, NULL, "deny web --confirm-within 600 --json");
        g_assert_true(g_str_has_prefix(token, "{\n"));
        has(token, "\"token\" : \"");
        prints(f, "Pending:    web by ", "status");
        prints(f, "\"pending-change\"", "status --json");
        says(f, 1, "waits to be confirmed (web)", "policy remove other");
}

static void test_names(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *quiet = NULL;

        says(f, 0, "warning: --container: \"db\"|warning: --network: \"back\"",
             "deny db --container db --network back --to 192.168.1.99");
        prints(f, "192.168.1.99, container db, network back", "policy list");
        says(f, 0, "warning: containers: \"db\"", "policy show db");
        says(f, 0, "warning: containers: \"db\"", "policy disable db");
        ctl(f, 0, NULL, &quiet, "deny web --port 8080/tcp");
        g_assert_cmpstr(quiet, ==, "");
        /* A service of Compose reads as it was given. */
        ctl(f, 0, NULL, NULL, "deny shop --compose shop/web --container db");
        prints(f, "container db, compose shop/web", "policy list");
        prints(f, "containers:  db, compose shop/web", "policy show shop");
        prints(f, "label=com.docker.compose.project=shop|label=com.docker.compose.service=web", "policy show shop --json");
        says(f, 2, "--compose takes PROJECT or PROJECT/SERVICE", "deny shop --compose shop/");
        says(f, 2, "--compose takes one", "deny shop --compose a --compose b");
}

/* With this text on its standard input. */
static void piped(Fixture *f, const char *text, const char *line) {
        g_auto(GStrv) argv = ctl_words(line);
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE);
        g_autoptr(GError) error = NULL;

        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, (const char *const *) argv, &error);
        g_assert_no_error(error);
        g_assert_true(g_subprocess_communicate_utf8(process, text, NULL, NULL, NULL, &error));
        g_assert_no_error(error);
        g_assert_cmpint(g_subprocess_get_exit_status(process), ==, 0);
}

/* Addresses from a file and from standard input. A file that is wrong changes nothing, and is told with its line. */
static void test_address_files(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *big = g_strnfill(10 << 20, '\n'), *before = NULL, *after = NULL, *quiet = NULL;
        g_autoptr(GString) many = g_string_new(NULL);

        fixture_write(f->dir, "office", "# the office\n192.168.1.1\n\n192.168.1.2 # Bob\n192.168.1.1\n192.168.1.3\n");
        says(f, 0, "note: office: 4 addresses, joined they are 1", "allow-only web --from @office --port 8080/tcp");
        prints(f, "sources:  192.168.1.1-192.168.1.3\n", "policy show web");
        says(f, 0,
             "note: office: 4 addresses|warning: --from: 1 of the 3 addresses repeat or overlap others; joined, they are 2",
             "allow-only web --from @office fd01::1,192.168.1.2 --port 8080/tcp");
        prints(f, "sources:  192.168.1.1-192.168.1.3, fd01::1\n", "policy show web");
        piped(f, "10.0.0.9\n10.0.0.7\n", "allow-only web --from - --port 8080/tcp --no-ask-password");
        prints(f, "sources:  10.0.0.9, 10.0.0.7\n", "policy show web");

        for (guint i = 0; i < 65536; i++)
                g_string_append_printf(many, "10.%u.%u.%u\n", i >> 15, i >> 7 & 255, (i & 127) * 2);
        fixture_write(f->dir, "many", many->str);
        g_string_append(many, "11.0.0.1\n");
        fixture_write(f->dir, "too-many", many->str);
        ctl(f, 0, NULL, &quiet, "deny many --from @many --check");
        g_assert_null(strstr(quiet, "joined"));

        before = fixture_dump(f);
        fixture_write(f->dir, "big", big);
        fixture_write(f->dir, "wrong", "10.0.0.1\n\n10.0.0.1/33\n");
        fixture_write(f->dir, "empty", "# nothing\n");
        fixture_write(f->dir, "secret", "10.0.0.1\n");
        g_autofree char *binary = g_build_filename(f->dir, "binary", NULL), *secret = g_build_filename(f->dir, "secret", NULL);
        g_assert_true(g_file_set_contents(binary, "10.0.0.1\n\0\0\xff", 12, NULL));
        g_assert_cmpint(g_chmod(secret, 0), ==, 0);
        says(f, 2, "quaywallctl: --from: policies: Is a directory", "deny web2 --from @policies");
        says(f, 2, "quaywallctl: --from: big: larger than 8 MiB", "deny web2 --from @big");
        says(f, 2, "quaywallctl: --from: binary:2: is not text", "deny web2 --from @binary");
        says(f, 2, "quaywallctl: --from: missing: No such file or directory", "deny web2 --from @missing");
        says(f, 2, "quaywallctl: --from: secret: Permission denied", "deny web2 --from @secret");
        says(f, 2, "quaywallctl: --from: wrong:3: '10.0.0.1/33' has a mask that is not a prefix", "deny web2 --from @wrong");
        says(f, 2, "quaywallctl: --from: empty: there is no address in it", "deny web2 --from @empty");
        says(f, 2, "quaywallctl: --from: standard input: there is no address in it", "deny web2 --from -");
        says(f, 2, "--from: '-': standard input can be read only once", "deny web2 --from @office - -");
        says(f, 2, "--from: '@' needs the name of a file", "deny web2 --from @");
        says(f, 2, "quaywallctl: --add-from: empty: there is no address", "policy edit many --add-from @empty");
        says(f, 2, "quaywallctl: --remove-from: missing: No such", "policy edit many --remove-from @missing");
        says(f, 2, "quaywallctl: ADDRESS: wrong:3: ", "group set office @wrong");
        says(f, 1, "--from: more than 65536; a policy can have 65536 at most", "deny web2 --from @too-many");
        after = fixture_dump(f);
        fixture_same("refused", before, after);
}

static void test_groups(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .docker_ipv6 = TRUE });
        g_autofree char *exported = NULL, *one = NULL, *before = NULL, *after = NULL, *quiet = NULL, *imported = NULL;

        prints(f, "There are no groups.\n", "group");
        ctl(f, 0, NULL, &quiet, "group set office 192.168.1.0/24,2001:db8::/64 --description us");
        g_assert_cmpstr(quiet, ==, "");
        says(f, 0, "warning: --from: there is no group \"offce\", so it lists nobody; see \"quaywallctl group list\"",
             "allow-only web --from group:offce --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "allow-only web --from group:office 10.0.0.1 --port 8080/tcp");
        ctl(f, 0, NULL, NULL, "deny db --from group:bad --port 81/tcp");
        ctl(f, 0, NULL, NULL, "group set bad 203.0.113.9");
        ctl(f, 0, NULL, NULL, "group set unused 203.0.113.1 203.0.113.3 203.0.113.5 203.0.113.7 --runtime");
        prints(f, "sources:  10.0.0.1, group:office\n", "policy show web");
        prints(f,
               "NAME    ADDRESSES                                 POLICIES  STATE         DESCRIPTION\n"
               "bad     203.0.113.9                               db        -             -\n"
               "office  192.168.1.0/24, 2001:db8::/64             web       -             us\n"
               "unused  203.0.113.1, 203.0.113.3, 203.0.113.5 +1  -         runtime only  -\n",
               "group list");
        prints(f, "name:         office\naddresses:    192.168.1.0/24, 2001:db8::/64\npolicies:     web\ndescription:  us\n",
               "group show office");
        prints(f, "\"groups\"|\"office\" : {|\"addresses\" : [|\"192.168.1.0/24\",|\"description\" : \"us\"",
               "group show office --json");
        says(f, 1, "there is no permanent group 'unused'", "group show unused --permanent");
        says(f, 1, "there is no group \"offic\"; see \"quaywallctl group list\"; did you mean 'office'?", "group show offic");
        says(f, 0, "warning: sources: there is no group \"offic\", so it lists nobody",
             "policy edit db --add-from group:offic");
        says(f, 0, "warning: sources: there is no group \"offic\"", "policy show db");
        ctl(f, 0, NULL, &quiet, "policy edit db --remove-from group:offic");
        g_assert_cmpstr(quiet, ==, "");

        fixture_write(f->dir, "list", "10.0.0.7\n10.0.0.8\n192.168.1.1 # in the office\n");
        says(f, 0, "note: list: 3 addresses, joined they are 2|warning: ADDRESS: 1 of the 4 addresses repeat or overlap others",
             "group add office @list");
        prints(f, "192.168.1.0/24, 2001:db8::/64, 10.0.0.7-10.0.0.8\n", "group show office");
        ctl(f, 0, NULL, NULL, "group remove office 10.0.0.7 192.168.1.128/25");
        prints(f, "192.168.1.0/25, 2001:db8::/64, 10.0.0.8\n", "group show office");
        says(f, 0, "note: replaced: addresses: 192.168.1.0/25, 2001:db8::/64, 10.0.0.8 -> 192.168.1.0/24; description: us -> -",
             "group set office 192.168.1.0/24");
        before = fixture_dump(f);
        says(f, 1, "GROUP: the group \"office\" is named by the policy \"web\"", "group delete office");
        says(f, 2, "ADDRESS: \"10.9.9.9\" is not in the group \"office\"", "group remove office 10.9.9.9");
        says(f, 1, "there is no group \"nobody\"", "group add nobody 10.0.0.1");
        says(f, 2, "ADDRESS: \"group:bad\": a group holds addresses only", "group add office group:bad");
        says(f, 2, "group set: ADDRESS is missing", "group set office");
        says(f, 2, "group add: GROUP is missing", "group add");
        fixture_write(f->dir, "wrong", "group:bad\n");
        says(f, 2, "wrong:1: 'group:bad' is not an address", "group add office @wrong");
        after = fixture_dump(f);
        fixture_same("refused", before, after);

        /* An export has what the policies need, and all groups if all policies are asked for. */
        ctl(f, 0, &exported, NULL, "policy export");
        has(exported, "\"unused\"|\"bad\"|\"office\"");
        ctl(f, 0, &one, NULL, "policy export web");
        has(one, "\"office\"");
        g_assert_null(strstr(one, "\"bad\""));
        fixture_write(f->dir, "all.json", exported);
        says(f, 1, "there is a policy 'db' already", "policy import all.json");
        ctl(f, 0, NULL, NULL, "policy remove web db");
        ctl(f, 0, NULL, NULL, "group set office 10.0.0.1");
        says(f, 1, "nothing was imported: |there is a group \"office\" already", "policy import all.json");
        says(f, 1, "there is no policy", "policy show web");
        ctl(f, 0, NULL, NULL, "group delete office");
        ctl(f, 0, NULL, &imported, "policy import all.json");
        g_assert_null(strstr(imported, "group"));
        prints(f, "192.168.1.0/24\n", "group show office");
        prints(f, "group:office", "policy show web");
        fixture_write(f->dir, "x.json", "{\"policies\": {\"x\": {\"action\": \"deny\", \"sources\": [\"group:nobody\"]}}}");
        says(f, 0, "note: policy 'x': sources: there is no group \"nobody\", so it lists nobody",
             "policy import x.json --check");
}

/* A policy of the same name is not replaced silently. */
static void test_replaced(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *before = NULL, *refused = NULL, *after = NULL, *quiet = NULL;

        ctl(f, 0, NULL, NULL, "allow-only web --from 192.168.1.1 --port 8080/tcp --log --description old");
        before = fixture_dump(f);
        says(f, 1, "\"web\" is \"allow-only\" and would be \"deny\"|--replace", "deny web --port 8080/tcp");
        says(f, 1, "--replace", "deny web --port 8080/tcp --permanent");
        says(f, 1, "--replace", "forward web --in ext0 --out int0 --runtime");
        refused = fixture_dump(f);
        fixture_same("refused", before, refused);
        says(f, 0,
             "note: replaced: --from: 192.168.1.1 -> 192.168.1.2; --port: 8080/tcp -> any; --log: yes -> no; --description: old -> -",
             "allow-only web --from 192.168.1.2");
        ctl(f, 0, NULL, &quiet, "allow-only web --from 192.168.1.2/32");
        g_assert_cmpstr(quiet, ==, "");
        says(f, 0, "action: allow-only -> deny; --from: 192.168.1.2 -> any", "deny web --port 8080/tcp --replace");
        /* A deny without any limit asks first. */
        after = fixture_dump(f);
        asked(f, 1, "n\n", "deny all");
        g_autofree char *no = fixture_dump(f);
        fixture_same("no", after, no);
        asked(f, 0, "y\n", "deny all");
        prints(f, "all", "policy list");
        says(f, 0, "warning: every published port is closed to everybody", "deny all --from 0.0.0.0/0 ::/0");
}

/* How a change of a field reads, where it has an option. */
static const char *label_of(const char *field) {
        static const char *const LABELS[][2] = {
                { "sources", "--from" },       { "interfaces", "--on" },
                { "out-interfaces", "--out" }, { "destinations", "--to" },
                { "ports", "--port" },         { "containers", "--container" },
                { "networks", "--network" },   { "description", "--description" },
                { "reject", "--reject" },      { "log", "--log" },
                { "until", "--until/--for" },
        };

        for (gsize i = 0; i < G_N_ELEMENTS(LABELS); i++)
                if (g_str_equal(LABELS[i][0], field))
                        return LABELS[i][1];
        return field;
}

/* What allow-only and forward are given; "": an option that is no field of a policy. */
static const char *const DEFINING[][2] = {
        { "--from", "192.168.1.1" },
        { "--on", "ext0" },
        { "--to", "192.168.1.99" },
        { "--port", "1/tcp" },
        { "--container", "c" },
        { "--compose", "" },
        { "--network", "n" },
        { "--in", "ext0" },
        { "--out", "int0" },
        { "--description", "d" },
        { "--for", "8h" },
        { "--until", "" },
        { "--reject", NULL },
        { "--log", NULL },
        { "--disabled", NULL },
        { "--replace", "" },
        { "--check", "" },
        { "--runtime", "" },
        { "--permanent", "" },
        { "--confirm-within", "" },
        { "--cut", "" },
        { "--print-firewall-cmd", "" },
        { "--json", "" },
        { "--no-ask-password", "" },
        { "--no-pager", "" },
        { "--system", "" },
        { "--help", "" },
};

/* "allow-only NAME", with every option that its --help names. */
static char *with_every_option(Fixture *f, const char *command) {
        g_autofree char *help_line = g_strconcat(command, " --help", NULL), *help = NULL;
        g_autoptr(GRegex) option = g_regex_new("^  (?:-., )?(--[a-z-]+)", G_REGEX_MULTILINE, 0, NULL);
        g_autoptr(GMatchInfo) match = NULL;
        GString *line = g_string_new(command);

        ctl(f, 0, &help, NULL, help_line);
        for (g_regex_match(option, help, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
                g_autofree char *name = g_match_info_fetch(match, 1);
                gsize i = 0;

                while (i < G_N_ELEMENTS(DEFINING) && !g_str_equal(DEFINING[i][0], name))
                        i++;
                if (i == G_N_ELEMENTS(DEFINING))
                        g_error("%s: which field does %s set?", command, name);
                if (!DEFINING[i][1])
                        g_string_append_printf(line, " %s", name);
                else if (*DEFINING[i][1])
                        g_string_append_printf(line, " %s %s", name, DEFINING[i][1]);
        }
        return g_string_free(line, FALSE);
}

/* The fields of a policy, as the contract describes them: "action", "interfaces"... */
static GStrv fields_of_contract(void) {
        g_autofree char *path = fixture_source("dbus/org.quaywall1.xml"), *text = NULL;
        g_autoptr(GRegex) field = g_regex_new("\"([a-z-]+)\"\\s+(?:s|as|b)\\b", 0, 0, NULL);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        g_autoptr(GMatchInfo) match = NULL;
        g_autoptr(GError) error = NULL;

        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        char *begin = strstr(text, "A policy is a{sv}:");
        g_assert_nonnull(begin);
        *strstr(begin, "-->") = '\0';
        for (g_regex_match(field, begin, 0, &match); g_match_info_matches(match); g_match_info_next(match, NULL)) {
                g_autofree char *name = g_match_info_fetch(match, 1);
                g_strv_builder_add(builder, name);
        }
        return g_strv_builder_end(builder);
}

/* Every field of a policy has an option, is exported, and is named when it changes: a field that only quaywalld knows cannot be set,
 * one that it does not know is refused. */
static void test_every_field(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autofree char *access = with_every_option(f, "allow-only web"), *forward = with_every_option(f, "forward router"),
                        *exported = NULL, *first = NULL, *second = NULL;
        g_auto(GStrv) fields = fields_of_contract();

        g_assert_cmpuint(g_strv_length(fields), >, 0);
        ctl(f, 0, NULL, NULL, access);
        ctl(f, 0, NULL, NULL, forward);
        ctl(f, 0, &exported, NULL, "policy export");
        ctl(f, 0, NULL, &first, "deny web --port 2/tcp --replace");
        ctl(f, 0, NULL, &second, "deny router --port 2/tcp --replace");
        for (char **field = fields; *field; field++) {
                g_autofree char *member = g_strdup_printf("\"%s\" : ", *field),
                                *change = g_strdup_printf(" %s: ", label_of(*field));
                has(exported, member);
                if (!strstr(first, change) && !strstr(second, change))
                        g_error("no option sets the field %s, or it is not named when it changes: %s%s", *field, first, second);
        }
}

static GHashTable *names_on_bus(Fixture *f) {
        g_autoptr(GVariant) answer =
                g_dbus_connection_call_sync(f->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                            "ListNames", NULL, NULL, 0, -1, NULL, NULL);
        GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GVariantIter) iter = NULL;
        char *name;

        g_variant_get(answer, "(as)", &iter);
        while (g_variant_iter_next(iter, "s", &name))
                g_hash_table_add(names, name);
        return names;
}

/* quaywallctl does not print what others send in the name of quaywalld or of the bus. */
static void test_monitor_is_not_told_lies(void) {
        g_autoptr(Fixture) f = fixture_new(NULL);
        g_autoptr(GDBusConnection) attacker = fixture_connect(f);
        g_autoptr(GHashTable) before = names_on_bus(f), after = NULL;
        g_auto(GStrv) argv = ctl_words("monitor");
        g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) barrier = NULL;
        g_autoptr(GString) said = g_string_new(NULL);
        GHashTableIter iter;
        gpointer name;

        g_subprocess_launcher_setenv(launcher, "DBUS_SYSTEM_BUS_ADDRESS", f->address, TRUE);
        g_autoptr(GSubprocess) monitor = g_subprocess_launcher_spawnv(launcher, (const char *const *) argv, &error);
        g_assert_no_error(error);
        g_autoptr(GDataInputStream) lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(monitor));
        g_autofree char *first = g_data_input_stream_read_line(lines, NULL, NULL, &error);
        has(first, "  state: ");
        after = names_on_bus(f);
        g_hash_table_iter_init(&iter, after);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
                if (g_hash_table_contains(before, name))
                        continue;
                g_dbus_connection_emit_signal(attacker, name, "/org/quaywall1", "org.quaywall1.Policies", "Changed",
                                              g_variant_new_parsed("(['forged'],)"), &error);
                g_assert_no_error(error);
                g_dbus_connection_emit_signal(
                        attacker, name, "/org/quaywall1", "org.freedesktop.DBus.Properties", "PropertiesChanged",
                        g_variant_new_parsed("('org.quaywall1.Manager', {'State': <'forged'>}, @as [])"), &error);
                g_assert_no_error(error);
                g_dbus_connection_emit_signal(attacker, name, "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                              "NameOwnerChanged", g_variant_new("(sss)", "org.quaywall1", ":1.1", ""), &error);
                g_assert_no_error(error);
        }
        /* Once the bus has answered the attacker, it has delivered the earlier messages. */
        barrier = g_dbus_connection_call_sync(attacker, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                              "GetId", NULL, NULL, 0, -1, NULL, &error);
        g_assert_no_error(error);
        ctl(f, 0, NULL, NULL, "deny genuine --port 8080/tcp");
        while (!strstr(said->str, "genuine")) {
                g_autofree char *line = g_data_input_stream_read_line(lines, NULL, NULL, &error);
                g_assert_no_error(error);
                g_assert_nonnull(line);
                g_string_append_printf(said, "%s\n", line);
        }
        if (strstr(said->str, "forged") || strstr(said->str, "gone"))
                g_error("a lie was printed: %s", said->str);
        g_subprocess_send_signal(monitor, SIGTERM);
        g_subprocess_wait(monitor, NULL, NULL);
}

/* A quaywalld that does not say whether Docker makes rules, though it says that it does so now. In GDBus's thread, since running
 * quaywallctl stops ours. */
static GDBusMessage *answer_for_another(GDBusConnection *bus, GDBusMessage *message, gboolean incoming,
                                        gpointer unused G_GNUC_UNUSED) {
        g_autoptr(GDBusMessage) reply = NULL;

        if (!incoming || g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL ||
            g_strcmp0(g_dbus_message_get_member(message), "GetAll"))
                return message;
        reply = g_dbus_message_new_method_reply(message);
        g_dbus_message_set_body(reply,
                                g_variant_new_parsed("({'ConfigFile': <'/etc/docker/daemon.json'>, 'DefaultAddress': <''>,"
                                                     " 'Running': <{'iptables': <true>}>},)"));
        g_dbus_connection_send_message(bus, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
        g_object_unref(message);
        return NULL;
}

/* Regression: it crashed. */
static void test_engine_of_another_release(void) {
        g_autoptr(Fixture) f = fixture_new(&(FixtureOptions){ .no_daemon = TRUE });
        g_autoptr(GDBusConnection) bus = fixture_connect(f);
        g_autoptr(GVariant) owned = NULL;
        g_autofree char *out = NULL;

        g_dbus_connection_add_filter(bus, answer_for_another, NULL, NULL);
        owned = g_dbus_connection_call_sync(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                            "RequestName", g_variant_new("(su)", "org.quaywall1", 0), NULL, 0, -1, NULL, NULL);
        g_assert_nonnull(owned);
        ctl(f, 0, &out, NULL, "engine show");
        has(out, "iptables:         unknown (now: yes)|ip6tables:        unknown|Config file:      /etc/docker/daemon.json");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/exit-status", test_exit_status);
        g_test_add_func("/ctl/scopes", test_scopes);
        g_test_add_func("/ctl/edit", test_edit);
        g_test_add_func("/ctl/history", test_history);
        g_test_add_func("/ctl/group-history", test_group_history);
        g_test_add_func("/ctl/undo-confirmed", test_undo_confirmed);
        g_test_add_func("/ctl/all", test_all);
        g_test_add_func("/ctl/import", test_import);
        g_test_add_func("/ctl/confirm", test_confirm);
        g_test_add_func("/ctl/names", test_names);
        g_test_add_func("/ctl/address-files", test_address_files);
        g_test_add_func("/ctl/groups", test_groups);
        g_test_add_func("/ctl/replaced", test_replaced);
        g_test_add_func("/ctl/every-field", test_every_field);
        g_test_add_func("/ctl/monitor-is-not-told-lies", test_monitor_is_not_told_lies);
        g_test_add_func("/ctl/engine-of-another-release", test_engine_of_another_release);
        return g_test_run();
}
