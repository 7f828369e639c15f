/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "monitor" says: each difference once, and nothing where there is none. */
#include "ctl/news.h"

static GVariant *parse(const char *text) {
        return g_variant_ref_sink(g_variant_new_parsed(text));
}

/* All lines that were added since, joined by "\n"; free with g_free(). */
static char *taken(GPtrArray *lines) {
        g_ptr_array_add(lines, NULL);
        char *text = g_strjoinv("\n", (char **) lines->pdata);
        g_ptr_array_set_size(lines, 0);
        return text;
}

static void check(GPtrArray *lines, const char *expected) {
        g_autofree char *text = taken(lines);
        g_assert_cmpstr(text, ==, expected);
}

static void test_properties(void) {
        static const struct {
                const char *interface, *properties, *said;
        } STEPS[] = {
                /* The first values are no news. */
                { "org.quaywall1.Manager",
                  "{'State': <'idle'>, 'Problems': <@a(ssa{sv}) []>, 'Repairs': <@a{su} {}>, 'FirewalldState': <'running'>, "
                  "'FirewalldVersion': <'1.3.3'>, 'DockerState': <'not-running'>, 'DockerVersion': <''>, "
                  "'DockerFirewallBackend': <''>, 'Interfaces': <['ext0']>}",
                  "" },
                { "org.quaywall1.Manager", "{'State': <'idle'>, 'Repairs': <{'guard-altered': uint32 3}>}", "" },
                { "org.quaywall1.Manager",
                  "{'State': <'degraded'>, 'Problems': <[('a', 'one', @a{sv} {}), ('b', 'two', {'x': <'y'>})]>}",
                  "problem a: one\nproblem b: two\nstate: idle -> degraded" },
                /* Another sentence of the same problem; the other one is over. */
                { "org.quaywall1.Manager", "{'Problems': <[('a', 'another', @a{sv} {})]>}",
                  "problem a: another\nno longer a problem: b" },
                { "org.quaywall1.Manager", "{'Problems': <@a(ssa{sv}) []>, 'State': <'enforcing'>}",
                  "no longer a problem: a\nstate: degraded -> enforcing" },
                /* Three properties, one sentence. */
                { "org.quaywall1.Manager",
                  "{'DockerState': <'running'>, 'DockerVersion': <'20.10.24'>, 'DockerFirewallBackend': <'iptables'>}",
                  "Docker: not-running -> running 20.10.24 (iptables)" },
                { "org.quaywall1.Manager", "{'FirewalldState': <'not-running'>, 'FirewalldVersion': <''>}",
                  "firewalld: running 1.3.3 -> not-running" },
                { "org.quaywall1.Manager", "{'Interfaces': <['eth0', 'eth1']>}",
                  "interface eth0: new\ninterface eth1: new\ninterface ext0 is gone" },
                { "org.quaywall1.Zone", "{'Target': <''>, 'Interfaces': <@as []>, 'PermanentInterfaces': <['docker0']>}", "" },
                { "org.quaywall1.Zone", "{'Target': <'ACCEPT'>, 'Interfaces': <['docker0']>, 'PermanentInterfaces': <@as []>}",
                  "zone docker: docker0 is in it\nzone docker: docker0 is no longer in it permanently\n"
                  "zone docker: target: - -> ACCEPT" },
                { "org.quaywall1.Engine",
                  "{'ConfigError': <''>, 'Iptables': <true>, 'DefaultAddress': <''>, 'RestartRequired': <false>, "
                  "'Running': <{'iptables': <true>}>}",
                  "" },
                { "org.quaywall1.Engine",
                  "{'ConfigError': <'line 3: no'>, 'Iptables': <false>, 'DefaultAddress': <'10.0.0.1'>, 'RestartRequired': <true>, "
                  "'Running': <@a{sv} {}>}",
                  "Docker's configuration file: line 3: no\nDocker's next start: default address: - -> 10.0.0.1\n"
                  "Docker's next start: iptables: yes -> no\nDocker has to be restarted for its new settings" },
                { "org.quaywall1.Engine",
                  "{'ConfigError': <''>, 'RestartRequired': <false>, 'Running': <{'iptables': <false>, 'flags': <['--ip=1']>}>}",
                  "Docker's configuration file can be read\nDocker needs no restart any more\n"
                  "Docker was started with flags --ip=1, iptables no" },
                /* Of a later version; and of a type that nobody expects, which is no reason to crash. */
                { "org.quaywall1.Later", "{'New': <uint32 1>}", "" },
                { "org.quaywall1.Later", "{'New': <uint32 2>}", "Later.New: 1 -> 2" },
                { "org.quaywall1.Manager", "{'State': <7>, 'Problems': <'x'>, 'DockerState': <false>}", "" },
                { "org.quaywall1.Manager", "{'State': <'idle'>}", "" },
        };
        g_autoptr(News) news = news_new();
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

        for (gsize i = 0; i < G_N_ELEMENTS(STEPS); i++) {
                g_autoptr(GVariant) properties = parse(STEPS[i].properties);
                news_take_properties(news, STEPS[i].interface, properties, lines);
                check(lines, STEPS[i].said);
        }
}

static void test_policies(void) {
        static const char *const WEB[] = { "web", NULL }, *const MANY[] = { "a", "b", "web", NULL };
        g_autoptr(News) news = news_new();
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GVariant) none = parse("@a{sa{sv}} {}"), one = parse("{'web': {'action': <'deny'>}}"),
                            other = parse("{'web': {'action': <'deny'>, 'log': <true>}, 'b': {'action': <'obey-zones'>}}");

        news_take_policies(news, none, NULL, lines);
        check(lines, "");
        news_take_policies(news, one, WEB, lines);
        check(lines, "policy web: new, deny");
        /* The runtime policy is the same: what is in force later is not. */
        news_take_policies(news, one, WEB, lines);
        check(lines, "policy web: changed permanently, not now");
        news_take_policies(news, other, MANY, lines);
        check(lines, "policy a: changed permanently, not now\npolicy b: new, obey-zones\npolicy web: log: no -> yes");
        /* Those who may not read them are told the names; what changed before one could read is no news. */
        news_take_policies(news, NULL, WEB, lines);
        check(lines, "policy web: changed");
        news_take_policies(news, one, NULL, lines);
        check(lines, "");
        /* After a restart of the service, without a signal. */
        news_take_policies(news, none, NULL, lines);
        check(lines, "policy web: removed");
}

static GHashTable *list_new(const char *const *words) {
        GHashTable *list = g_hash_table_new(g_str_hash, g_str_equal);

        for (; *words; words += 2)
                g_hash_table_insert(list, (gpointer) words[0], (gpointer) words[1]);
        return list;
}

static void test_lists(void) {
        const NewsWords ports = { "port %s is published", "port %s is gone", "port %s" },
                        networks = { "network %s is new", "network %s is gone", "network %s" };
        g_autoptr(News) news = news_new();
        g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) one = list_new((const char *const[]){ "80", "everyone", "81", "nobody", NULL });
        g_autoptr(GHashTable) two = list_new((const char *const[]){ "80", "192.168.1.1", "82", "", NULL });

        news_take_list(news, "port", one, &ports, lines);
        news_take_list(news, "port", one, &ports, lines);
        check(lines, "");
        news_take_list(news, "port", two, &ports, lines);
        check(lines, "port 80: everyone -> 192.168.1.1\nport 82 is published\nport 81 is gone");
        /* Another kind is another list. */
        news_take_list(news, "network", two, &networks, lines);
        check(lines, "");
        news_take_list(news, "port", one, &ports, lines);
        check(lines, "port 80: 192.168.1.1 -> everyone\nport 81 is published: nobody\nport 82 is gone");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/news/properties", test_properties);
        g_test_add_func("/ctl/news/policies", test_policies);
        g_test_add_func("/ctl/news/lists", test_lists);
        return g_test_run();
}
