/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The copy of firewalld's rules: what is in it, what is refused, and what it says about a port. zones/firewalld-VERSION is "nft -s
 * list table inet firewalld" of a firewalld with zones of every kind. */
#include "compile/rule.h"
#include "compile/zone-answers.h"
#include "compile/zone-clients.h"

#include <string.h>

#include "world.h"

static char *read_file(const char *name) {
        g_autofree char *file = g_build_filename(TEST_SRCDIR, "tests/unit/zones", name, NULL);
        char *text;
        g_autoptr(GError) error = NULL;
        g_file_get_contents(file, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

static char *describe(const ZoneRules *zones) {
        GString *text = g_string_new(zones->flaw);
        for (guint i = 0; i < zones->sets->len; i++) {
                const ZoneSet *set = zones->sets->pdata[i];
                g_string_append_printf(text, "set %s { %s}\n", set->name, set->definition);
        }
        for (guint i = 0; i < zones->chains->len; i++) {
                const ZoneChain *chain = zones->chains->pdata[i];
                g_string_append_printf(text, "chain %s\n", chain->name);
                for (guint r = 0; r < chain->rules->len; r++)
                        g_string_append_printf(text, "    %s\n", (char *) chain->rules->pdata[r]);
        }
        return g_string_free(text, FALSE);
}

static const char *const VERSIONS[] = { "1.3.3", "2.3.1", "2.5.2" };

static ZoneRules *parse_file(const char *version) {
        g_autofree char *name = g_strconcat("firewalld-", version, NULL), *listing = read_file(name);
        return zone_rules_parse(listing);
}

static void test_copy(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(VERSIONS); i++) {
                g_autoptr(ZoneRules) zones = parse_file(VERSIONS[i]);
                g_autofree char *copy = describe(zones), *golden = g_strdup_printf("zones-%s.copy", VERSIONS[i]);
                golden_check(golden, copy);
        }
}

#define TABLE(input, more)                                                                                                        \
        "table inet firewalld {\n\tchain filter_INPUT {\n\t\ttype filter hook input priority filter + 10; policy accept;\n" input \
        "\t\tjump filter_INPUT_ZONES\n\t}\n\n\tchain filter_INPUT_ZONES {\n\t\tgoto filter_IN_public\n\t}\n" more "}\n"
#define PUBLIC(rules) "\tchain filter_IN_public {\n" rules "\t}\n"

/* What is not known to be the same before DNAT is not copied, and nobody gets in. */
static void test_flaws(void) {
        static const char *const CASES[][2] = {
                { "", "it has no chain \"filter_INPUT\" that leads to a dispatcher of zones" },
                { TABLE("", ""), "its chain \"filter_INPUT_ZONES\" leads to \"filter_IN_public\", which does not exist" },
                { TABLE("", PUBLIC("\t\tmeta skuid 0 accept\n")),
                  "its chain \"filter_IN_public\" has a rule with \"skuid\", which quaywall does not know" },
                { TABLE("", PUBLIC("\t\toifname \"eth0\" accept\n")),
                  "its chain \"filter_IN_public\" has a rule with \"oifname\", which quaywall does not know" },
                { TABLE("", PUBLIC("\t\tmeta mark set 0x00000001\n")),
                  "its chain \"filter_IN_public\" has a rule with \"mark\", which quaywall does not know" },
                { TABLE("", PUBLIC("\t\tip saddr @gone accept\n")),
                  "its chain \"filter_IN_public\" uses the set \"gone\", which does not exist" },
                { TABLE("", PUBLIC("\t\ttcp dport { 80, ssh } accept\n")),
                  "its chain \"filter_IN_public\" has a rule with \"ssh\", which quaywall does not know" },
                { TABLE("", PUBLIC("\t\tjump filter_INPUT_ZONES\n")), "its chains lead in a circle, or more than 16 deep" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(ZoneRules) zones = zone_rules_parse(CASES[i][0]);
                g_autofree char *flaw =
                        g_strconcat("firewalld's table \"inet firewalld\" is not understood: ", CASES[i][1], NULL);
                g_assert_cmpstr(zones->flaw, ==, flaw);
                g_assert_cmpuint(zones->chains->len, ==, 0);
        }
}

/* A chain of chains, each of which leads twice to the next one. */
static ZoneRules *parse_deep(guint levels) {
        g_autoptr(GString) more = g_string_new(PUBLIC("\t\tjump level_3\n\t\tjump level_3\n"));
        for (guint i = 3; i < levels; i++)
                g_string_append_printf(more, "\tchain level_%u {\n\t\tjump level_%u\n\t\tjump level_%u\n\t}\n", i, i + 1,
                                       i + 1);
        g_string_append_printf(more, "\tchain level_%u {\n\t\ttcp dport 80 accept\n\t}\n", levels);
        g_auto(GStrv) parts = g_strsplit(TABLE("", "MORE"), "MORE", 2);
        g_autofree char *text = g_strconcat(parts[0], more->str, parts[1], NULL);
        return zone_rules_parse(text);
}

static void test_deep(void) {
        g_autoptr(ZoneRules) deep = parse_deep(16), deeper = parse_deep(17);
        g_assert_null(deep->flaw);
        g_assert_nonnull(strstr(deeper->flaw, "more than 16 deep"));
}

/* A string is no word, whatever is in it; and whatever firewalld ends with, the copy drops. */
static void test_words(void) {
        g_autoptr(ZoneRules) zones = zone_rules_parse(
                TABLE("\t\tct state { established, related } accept\n\t\tct state established,related accept\n",
                      PUBLIC("\t\tlog prefix \"jump @x goto filter_IN_public skuid\" accept\n"
                             "\t\tudp dport 137 ct helper set \"helper-netbios-ns-udp\"\n"
                             "\t\tmeta l4proto { igmp, gre } accept\n")));
        g_autofree char *copy = describe(zones);
        g_assert_cmpstr(copy, ==,
                        "chain firewalld_filter_INPUT\n    jump firewalld_filter_INPUT_ZONES\n    drop\n"
                        "chain firewalld_filter_INPUT_ZONES\n    goto firewalld_filter_IN_public\n"
                        "chain firewalld_filter_IN_public\n    log prefix \"jump @x goto filter_IN_public skuid\" accept\n"
                        "    meta l4proto { igmp, gre } accept\n");
}

/* "home work(some)": the zones that let in anybody. */
static char *ask(const ZoneRules *zones, const char *protocol, guint16 port) {
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free), some = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(ZoneAnswers) answers = zone_answers_new(zones);
        zone_answers_list(answers, protocol, port, all, some);
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < all->len; i++)
                g_string_append_printf(text, "%s%s", text->len ? " " : "", (char *) all->pdata[i]);
        for (guint i = 0; i < some->len; i++)
                g_string_append_printf(text, "%s%s(some)", text->len ? " " : "", (char *) some->pdata[i]);
        return g_string_free(text, FALSE);
}

static void test_answers(void) {
        static const struct {
                const char *protocol;
                guint16 port;
                const char *answers;
        } CASES[] = {
                { "tcp", 22, "home work public" },
                { "tcp", 8090, "public" },
                { "udp", 8090, "public" },
                { "sctp", 8090, "" },
                { "tcp", 9999, "home work public" }, /* a policy from ANY to HOST */
                { "tcp", 8080, "work(some)" },       /* a rich rule for one source */
                { "tcp", 80, "" },                   /* refused to some, and to all others anyway */
                { "udp", 5353, "home(some)" },       /* to a multicast address */
        };
        for (gsize v = 0; v < G_N_ELEMENTS(VERSIONS); v++) {
                g_autoptr(ZoneRules) zones = parse_file(VERSIONS[v]);
                for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                        g_autofree char *answers = ask(zones, CASES[i].protocol, CASES[i].port);
                        g_test_message("%s %s %u", VERSIONS[v], CASES[i].protocol, CASES[i].port);
                        g_assert_cmpstr(answers, ==, CASES[i].answers);
                }
        }
}

static char *describe_parts(const ZoneClients *clients, const char *zone, Family family) {
        g_autoptr(GArray) parts = zone_clients_list(clients, zone, family);
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < parts->len; i++) {
                const ZonePart *part = &g_array_index(parts, ZonePart, i);
                g_string_append_printf(text, "%s%s", i ? "; " : "", part->in ? part->in : "any");
                for (guint r = 0; r < part->sources->len; r++) {
                        g_autofree char *range = address_range_format(&g_array_index(part->sources, AddressRange, r));
                        g_string_append_printf(text, " %s", range);
                }
        }
        return g_string_free(text, FALSE);
}

static const char *const INTERFACES[] = { "ext0", "ext1", "int0", NULL };
#define NOT_HOME4 " 0.0.0.0-10.4.255.255 10.6.0.0-255.255.255.255"
#define NOT_HOME6 " ::-fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff fd01:0:0:1::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

/* The table of this firewalld without the client that it knows by a MAC address. */
static ZoneRules *parse_without_mac(const char *version) {
        g_autofree char *name = g_strconcat("firewalld-", version, NULL), *listing = read_file(name);
        g_autoptr(GString) text = g_string_new(NULL);
        g_auto(GStrv) lines = g_strsplit(listing, "\n", -1);
        for (char **line = lines; *line; line++)
                if (!strstr(*line, "ether saddr"))
                        g_string_append_printf(text, "%s\n", *line);
        return zone_rules_parse(text->str);
}

/* Addresses come before interfaces, and the default zone has the rest. */
static void test_clients(void) {
        static const struct {
                const char *zone;
                Family family;
                const char *parts;
        } CASES[] = {
                { "home", FAMILY_IPV4, "any 10.5.0.0/16" },
                { "home", FAMILY_IPV6, "any fd01::/64" },
                { "work", FAMILY_IPV4, "ext1" NOT_HOME4 },
                { "work", FAMILY_IPV6, "ext1" NOT_HOME6 },
                { "public", FAMILY_IPV4, "ext0" NOT_HOME4 "; int0" NOT_HOME4 },
                { "nowhere", FAMILY_IPV4, "" },
        };
        for (gsize v = 0; v < G_N_ELEMENTS(VERSIONS); v++) {
                g_autoptr(ZoneRules) zones = parse_without_mac(VERSIONS[v]), with_mac = parse_file(VERSIONS[v]);
                g_autoptr(ZoneClients) clients = zone_clients_new(zones, INTERFACES),
                                       doubted = zone_clients_new(with_mac, INTERFACES);
                g_assert_null(zone_clients_flaw(clients));
                for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                        g_autofree char *parts = describe_parts(clients, CASES[i].zone, CASES[i].family);
                        g_assert_cmpstr(parts, ==, CASES[i].parts);
                }
                /* Who comes from one of the other addresses may be the one with the MAC address. */
                g_autofree char *nobody = describe_parts(doubted, "public", FAMILY_IPV4);
                g_assert_cmpstr(
                        zone_clients_flaw(doubted), ==,
                        "firewalld assigns clients to the zone \"home\" by \"ether saddr 00:11:22:33:44:66\", which is neither "
                        "an address nor an interface");
                g_assert_cmpstr(nobody, ==, "");
        }
}

/* "ext1 1.1.1.1": interface and sources of each rule for IPv4. */
static char *compile(const char *line, const ZoneClients *clients) {
        static const char *const BRIDGES[] = { "docker0", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines((const char *const[]){ line, NULL });
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, NULL, NULL, clients, false);
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (rule->family != FAMILY_IPV4)
                        continue;
                g_string_append_printf(text, "%s%s%s", text->len ? "; " : "", rule->in ? rule->in : "any",
                                       !rule->sources          ? " everybody" :
                                       rule->sources->len == 0 ? " nobody" :
                                                                 "");
                for (guint r = 0; rule->sources && r < rule->sources->len; r++) {
                        g_autofree char *range = address_range_format(&g_array_index(rule->sources, AddressRange, r));
                        g_string_append_printf(text, " %s", range);
                }
        }
        return g_string_free(text, FALSE);
}

static void test_sources(void) {
        static const char *const CASES[][2] = {
                { "p: allow-only sources=zone:home", "any 10.5.0.0/16" },
                { "p: allow-only sources=zone:home,10.5.0.1,10.9.9.9", "any 10.5.0.0/16 10.9.9.9" },
                { "p: allow-only sources=zone:work", "any nobody; ext1" NOT_HOME4 },
                { "p: deny sources=zone:work", "ext1" NOT_HOME4 },
                { "p: deny sources=zone:work,1.1.1.1", "any 1.1.1.1; ext1" NOT_HOME4 },
                { "p: deny sources=zone:nowhere", "" },
                { "p: allow-only sources=zone:nowhere", "any nobody" },
                /* What the policy names limits what the zone lists. */
                { "p: allow-only sources=zone:work interfaces=ext0", "ext0 nobody" },
                { "p: allow-only sources=zone:public interfaces=ext0", "ext0 nobody; ext0" NOT_HOME4 },
        };
        g_autoptr(ZoneRules) zones = parse_without_mac(VERSIONS[0]);
        g_autoptr(ZoneClients) clients = zone_clients_new(zones, INTERFACES);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *rules = compile(CASES[i][0], clients);
                g_assert_cmpstr(rules, ==, CASES[i][1]);
        }
        g_autofree char *unknown = compile("p: allow-only sources=zone:home", NULL);
        g_assert_cmpstr(unknown, ==, "any nobody");
}

/* The kernel lists a set in other lines than it was sent. */
static void test_set_name(void) {
        g_autofree char *sent = zone_rules_set_name("type ipv4_addr; flags interval; elements = { 10.0.0.1, 10.0.0.2 }; ");
        g_autofree char *listed = zone_rules_set_name(
                "\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = { 10.0.0.1,\n\t\t\t     10.0.0.2 }\n");
        g_autofree char *other = zone_rules_set_name("type ipv4_addr; flags interval; elements = { 10.0.0.1 }; ");
        g_assert_cmpstr(sent, ==, listed);
        g_assert_cmpstr(sent, !=, other);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/zone-rules/copy", test_copy);
        g_test_add_func("/zone-rules/flaws", test_flaws);
        g_test_add_func("/zone-rules/words", test_words);
        g_test_add_func("/zone-rules/deep", test_deep);
        g_test_add_func("/zone-rules/answers", test_answers);
        g_test_add_func("/zone-rules/clients", test_clients);
        g_test_add_func("/zone-rules/sources", test_sources);
        g_test_add_func("/zone-rules/set-name", test_set_name);
        return g_test_run();
}
