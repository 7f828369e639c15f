/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Explanations for rule sets recorded on Debian 12 and 13 (explain/record.lab), and what single rules mean for a packet. */
#include "explain/explain.h"

#include <errno.h>
#include <string.h>

#include "explain/iptables-match.h"
#include "explain/nft-match.h"
#include "explain/sentence.h"
#include "world.h"

/* The lab's host: ext0 192.168.1.99 fd01::99, ext1 10.1.2.3 fd02::3, int0 10.9.0.99, docker0, br-front. */
static const struct {
        const char *prefix, *out; /* NULL: an address of the host */
} ROUTES[] = {
        { "192.168.1.99", NULL },
        { "10.1.2.3", NULL },
        { "10.9.0.99", NULL },
        { "127.0.0.0/8", NULL },
        { "172.17.0.1", NULL },
        { "fd01::99", NULL },
        { "fd02::3", NULL },
        { "::1", NULL },
        { "172.17.0.0/16", "docker0" },
        { "172.18.0.0/16", "br-front" },
        { "192.168.1.0/24", "ext0" },
        { "10.1.2.0/24", "ext1" },
        { "10.9.0.0/24", "int0" },
        { "fd01::/64", "ext0" },
        { "fd02::/64", "ext1" },
        { "fd00:d0c::/64", "docker0" },
};

static Route lab_route(Family family, G_GNUC_UNUSED const guint8 *source, const guint8 *destination,
                       G_GNUC_UNUSED const char *in, guint32 mark, G_GNUC_UNUSED gpointer userdata) {
        if (mark == 7)
                return (Route){ .kind = ROUTE_FORWARD, .out = "int0" };
        for (gsize i = 0; i < G_N_ELEMENTS(ROUTES); i++)
                if (packet_in_prefix(family, destination, ROUTES[i].prefix) == ANSWER_YES) {
                        Route route = { .kind = ROUTES[i].out ? ROUTE_FORWARD : ROUTE_LOCAL };
                        g_strlcpy(route.out, ROUTES[i].out ? ROUTES[i].out : "lo", sizeof route.out);
                        return route;
                }
        return (Route){ .kind = ROUTE_NONE, .error = EHOSTUNREACH };
}

static bool lab_forwards(G_GNUC_UNUSED Family family, gpointer userdata) {
        return userdata == NULL;
}
static Answer lab_listens(const Packet *packet, G_GNUC_UNUSED gpointer userdata) {
        return answer_of(packet->port != 9999);
}
static bool lab_is_published(const Packet *packet, ContainerEnd *ret, G_GNUC_UNUSED gpointer userdata) {
        if (packet->port == 8082) {
                ret->port = 80;
                packet_parse_address("172.18.0.2", &ret->family, ret->address);
        }
        return packet->port >= 8080 && packet->port <= 8082;
}
static BridgeKind lab_bridge(const char *interface, G_GNUC_UNUSED Family family, G_GNUC_UNUSED gpointer userdata) {
        return g_str_equal(interface, "docker0")  ? BRIDGE_THROUGH :
               g_str_equal(interface, "br-front") ? BRIDGE_PAST :
                                                    BRIDGE_NONE;
}
static const char *lab_kind(const char *interface, gpointer userdata) {
        return lab_bridge(interface, FAMILY_IPV4, userdata) != BRIDGE_NONE ? "bridge" :
               g_str_equal(interface, "ext0")                              ? "" :
                                                                             NULL;
}
static bool lab_address(const char *interface, Family family, guint8 *ret, G_GNUC_UNUSED gpointer userdata) {
        Family of;
        const char *address = family == FAMILY_IPV6              ? "fd01::99" :
                              g_str_equal(interface, "ext0")     ? "192.168.1.99" :
                              g_str_equal(interface, "int0")     ? "10.9.0.99" :
                              g_str_equal(interface, "docker0")  ? "172.17.0.1" :
                              g_str_equal(interface, "br-front") ? "172.18.0.1" :
                                                                   NULL;
        return address && packet_parse_address(address, &of, ret);
}
static char *lab_legacy(G_GNUC_UNUSED Family family, G_GNUC_UNUSED gpointer userdata) {
        return NULL;
}

/* Sets with one entry each; what is in "bad" is unknown. */
static Answer lab_in_set(const Packet *packet, const char *set, const char *directions, G_GNUC_UNUSED gpointer userdata) {
        static const struct {
                const char *set, *type, *entry;
        } SETS[] = { { "client", "hash:ip", "192.168.1.50" },
                     { "served", "hash:ip,port", "172.17.0.2,6:80" },
                     { "by", "hash:net,iface", "192.168.1.50,ext0" },
                     { "ports", "bitmap:port", "6:80" },
                     { "cards", "hash:mac", "" },
                     { "more", "list:set", "" } };
        for (gsize i = 0; i < G_N_ELEMENTS(SETS); i++)
                if (g_str_equal(set, SETS[i].set)) {
                        Answer answer;
                        g_autofree char *element = packet_format_element(packet, SETS[i].type, directions, &answer);
                        return element ? answer_of(g_str_equal(element, SETS[i].entry)) : answer;
                }
        return ANSWER_UNKNOWN;
}

#define NOON 1796007600 /* of 30 November 2026 in Tokyo */

static const Host LAB = { .route = lab_route,
                          .forwards = lab_forwards,
                          .legacy = lab_legacy,
                          .in_set = lab_in_set,
                          .listens = lab_listens,
                          .is_published = lab_is_published,
                          .bridge = lab_bridge,
                          .kind = lab_kind,
                          .address = lab_address,
                          .now = NOON };

/* "192.168.1.1 192.168.1.99 8080/tcp [INTERFACE]" */
static Dialled connection_of(const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        Dialled connection = { 0 };
        Family family;
        PortRange port;
        g_assert_true(packet_parse_address(words[0], &connection.family, connection.source));
        g_assert_true(packet_parse_address(words[1], &family, connection.destination));
        g_assert_cmpint(family, ==, connection.family);
        g_assert_true(port_range_parse(words[2], &port, NULL));
        connection.protocol = port.protocol;
        connection.port = port.first;
        if (words[3])
                g_strlcpy(connection.interface, words[3], sizeof connection.interface);
        return connection;
}

static char *show(const Explanation *explanation) {
        GString *text = g_string_new(explanation->allowed ? "allowed\n" : "blocked\n");
        for (guint i = 0; i < explanation->trace->len; i++) {
                const TraceRow *row = explanation->trace->pdata[i];
                g_string_append_printf(text, "    %s | %s | %s\n", row->where, row->rule, row->effect);
        }
        return g_string_free(text, FALSE);
}

/* A recording has JSON, then "== nft", "== iptables TABLE", "== ip6tables TABLE". */
static Ruleset *recorded(const char *name) {
        g_autofree char *path = g_build_filename(TEST_SRCDIR, "tests", "unit", "explain", name, NULL);
        g_autofree char *all = NULL;
        g_autoptr(GError) error = NULL;
        g_file_get_contents(path, &all, NULL, &error);
        g_assert_no_error(error);
        g_auto(GStrv) parts = g_strsplit(all, "\n== ", -1);
        Ruleset *ruleset = ruleset_new();
        g_assert_true(g_str_has_prefix(parts[1], "nft\n"));
        ruleset_add_json(ruleset, parts[0], parts[1] + strlen("nft\n"), &error);
        g_assert_no_error(error);
        for (char **part = parts + 2; *part; part++) {
                char *line = strchr(*part, '\n'), *table = strchr(*part, ' ') + 1;
                *line = '\0';
                ruleset_set_iptables(ruleset, g_str_has_prefix(*part, "iptables") ? FAMILY_IPV4 : FAMILY_IPV6, table, line + 1);
        }
        return ruleset;
}

/* Those of explain/record.lab. */
static const char *const RECORDED[] = {
        "web: allow-only sources=192.168.1.1,192.168.1.2-192.168.1.3,fd01::1 ports=8080/tcp interfaces=ext0",
        "no2: deny sources=192.168.1.2,10.1.2.0/24 ports=8000-8010/udp,8081/tcp",
        "s4: allow-only sources=10.1.2.1 destinations=10.1.2.3 log reject",
        "router: forward interfaces=ext0 out-interfaces=int0", NULL
};

/* "SENTENCE [LAYER, POLICY]" */
static char *tell(const Explanation *explanation, const Dialled *connection, PolicySet *policies) {
        const Finding *finding = &explanation->finding;
        g_autofree char *sentence = explanation_sentence(explanation, connection, policies);
        return g_strdup_printf("%s [%s, %s]", sentence, finding->layer ? finding->layer : "-",
                               finding->policy ? finding->policy : "-");
}

static void test_recorded(gconstpointer release) {
        static const char *const CONNECTIONS[] = {
                "192.168.1.1 192.168.1.99 8080/tcp",  /* listed by the policy "web" */
                "192.168.1.50 192.168.1.99 8080/tcp", /* not listed */
                "192.168.1.50 192.168.1.99 8080/udp", /* not the policy's protocol */
                "10.1.2.50 192.168.1.99 8080/tcp",    /* not one of its interfaces */
                "10.1.2.50 192.168.1.99 8081/tcp",    /* denied by "no2" */
                "10.1.2.50 10.1.2.3 8082/tcp",        /* not listed by "s4", rejected and logged */
                "10.1.2.1 10.1.2.3 8082/tcp",         /* listed */
                "192.168.1.1 172.17.0.2 80/tcp",      /* to the container's own address */
                "192.168.1.1 10.9.0.1 9000/tcp",      /* routed by "router" */
                "10.9.0.1 192.168.1.1 9000/tcp",      /* the other direction */
                "10.9.0.1 10.9.0.99 22/tcp",          /* a service of the host */
                "10.9.0.1 10.9.0.99 9999/tcp int0",   "fd01::1 fd01::99 8080/tcp",          "fd01::50 fd01::99 8080/tcp",
                "fd02::50 fd02::3 8081/tcp",          "192.168.1.99 192.168.1.99 8080/tcp", /* the host itself */
                "127.0.0.1 127.0.0.1 9999/tcp",       "172.17.0.2 172.17.0.3 80/tcp",       /* one bridge, seen by the rules */
                "172.18.0.2 172.18.0.3 80/tcp",                                             /* one bridge, not seen by them */
                "172.17.0.2 172.18.0.2 80/tcp",                                             /* from bridge to bridge */
                "172.17.0.2 192.168.1.99 8082/tcp",                                         /* docker-proxy */
                "172.17.0.2 192.168.1.50 443/tcp",                                          /* from a container */
                "8.8.8.8 192.168.1.99 8080/tcp",                                            /* no route back */
                "8.8.8.8 192.168.1.99 8080/tcp ext0",
        };
        g_autofree char *name = g_strconcat("rules-", release, NULL),
                        *golden = g_strconcat("explain-", release, ".trace", NULL),
                        *told = g_strconcat("explain-", release, ".sentences", NULL);
        g_autoptr(Ruleset) ruleset = recorded(name);
        g_autoptr(GString) all = g_string_new(NULL), sentences = g_string_new(NULL);
        g_autoptr(PolicySet) policies = policy_set_from_lines(RECORDED);
        for (gsize i = 0; i < G_N_ELEMENTS(CONNECTIONS); i++) {
                const Dialled connection = connection_of(CONNECTIONS[i]);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &LAB, &connection);
                g_autofree char *text = show(explanation);
                g_string_append_printf(all, "%s: %s", CONNECTIONS[i], text);
                g_autofree char *sentence = tell(explanation, &connection, policies);
                g_string_append_printf(sentences, "%s: %s\n", CONNECTIONS[i], sentence);
        }
        golden_check(golden, all->str);
        golden_check(told, sentences->str);
}

/* A packet from 192.168.1.50 by ext0, sent to 192.168.1.99:8080, by now DNATed to 172.17.0.2:80 on docker0. */
static Packet sample(void) {
        Packet packet = { .protocol = "tcp", .port = 80, .dialled_port = 8080, .in = "ext0", .out = "docker0", .dnat = true };
        Family family;
        packet_parse_address("192.168.1.50", &family, packet.source);
        packet_parse_address("192.168.1.50", &family, packet.dialled_from);
        packet_parse_address("172.17.0.2", &family, packet.destination);
        packet_parse_address("192.168.1.99", &family, packet.dialled);
        return packet;
}

static void test_iptables(void) {
        static const struct {
                Answer matches;
                const char *rule;
        } CASES[] = {
                { ANSWER_YES, "-j DROP" },
                { ANSWER_YES, "-s 192.168.1.0/24 -d 172.17.0.2/32 -i ext0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT" },
                { ANSWER_NO, "! -s 192.168.1.0/24 -j DROP" },
                { ANSWER_YES, "! -s 192.168.2.0/24 -j DROP" },
                { ANSWER_NO, "-s 192.168.1.51/32 -j DROP" },
                { ANSWER_NO, "-s 192.168.1.32/28 -j DROP" },
                { ANSWER_YES, "-s 192.168.1.48/28 -j DROP" },
                { ANSWER_UNKNOWN, "-s 192.0.1.0/255.0.255.0 -j DROP" },
                { ANSWER_YES, "-i ext+ -j DROP" },
                { ANSWER_YES, "-i + -j DROP" },
                { ANSWER_NO, "! -i ext+ -j DROP" },
                { ANSWER_NO, "-i ext -j DROP" },
                { ANSWER_NO, "-p udp -m udp --dport 80 -j DROP" },
                { ANSWER_NO, "-p udp -m nosuch --what 80 -j DROP" },
                { ANSWER_YES, "-p all -j DROP" },
                { ANSWER_YES, "-p 6 -j DROP" },
                { ANSWER_YES, "-p tcp -m tcp --dport 1:1023 -j DROP" },
                { ANSWER_YES, "-p tcp -m tcp --dport 80: -j DROP" },
                { ANSWER_NO, "-p tcp -m tcp ! --dport 80 -j DROP" },
                { ANSWER_NO, "-p tcp -m tcp --dport 8080 -j DROP" },
                { ANSWER_NO, "-p tcp -m tcp --sport 80 -j DROP" },
                { ANSWER_YES, "-p tcp -m tcp --sport 1024:65535 -j DROP" },
                { ANSWER_UNKNOWN, "-p tcp -m tcp --sport 40000:65535 -j DROP" },
                { ANSWER_YES, "-p tcp -m multiport --dports 22,80,443 -j DROP" },
                { ANSWER_NO, "-p tcp -m multiport --dports 22,81:443 -j DROP" },
                { ANSWER_YES, "-p tcp -m multiport --ports 80 -j DROP" },
                { ANSWER_NO, "-p tcp -m multiport --ports 22,443 -j DROP" },
                { ANSWER_UNKNOWN, "-p tcp -m tcp --dport http -j DROP" },
                { ANSWER_YES, "-m conntrack --ctstate INVALID,NEW -j DROP" },
                { ANSWER_NO, "-m conntrack --ctstate RELATED,ESTABLISHED -j DROP" },
                { ANSWER_YES, "-m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP" },
                { ANSWER_YES, "-m conntrack --ctstate DNAT -j DROP" },
                { ANSWER_YES, "-m conntrack --ctorigdst 192.168.1.99 --ctorigdstport 8080 --ctdir ORIGINAL -j DROP" },
                { ANSWER_NO, "-m conntrack --ctorigdst 172.17.0.2 -j DROP" },
                { ANSWER_NO, "-m conntrack --ctorigdstport 80 -j DROP" },
                { ANSWER_YES, "-m conntrack --ctorigdstport 8000:8100 -j DROP" },
                { ANSWER_NO, "-m conntrack --ctdir REPLY -j DROP" },
                { ANSWER_YES, "-m conntrack --ctorigsrc 192.168.1.50 -j DROP" },
                { ANSWER_NO, "-m conntrack --ctorigsrc 192.168.2.0/24 -j DROP" },
                /* A first packet has seen no reply, and its connection is not confirmed. */
                { ANSWER_NO, "-m conntrack --ctstatus SEEN_REPLY,CONFIRMED -j DROP" },
                { ANSWER_YES, "-m conntrack ! --ctstatus ASSURED -j DROP" },
                { ANSWER_YES, "-m addrtype --src-type UNICAST -j DROP" },
                { ANSWER_NO, "-m addrtype --src-type LOCAL,BROADCAST -j DROP" },
                { ANSWER_UNKNOWN, "-m iprange --src-range nowhere -j DROP" },
                { ANSWER_UNKNOWN, "-m mark --mark many -j DROP" },
                /* Half a rule. */
                { ANSWER_YES, "-i ext0 !" },
                { ANSWER_UNKNOWN, "-i" },
                { ANSWER_NO, "-m addrtype --dst-type LOCAL -j DROP" },
                { ANSWER_YES, "-m iprange --src-range 0.0.0.1-223.255.255.255 -j DROP" },
                { ANSWER_NO, "-m iprange --src-range 224.0.0.1-224.0.0.9 -j DROP" },
                { ANSWER_YES, "-m iprange ! --dst-range 224.0.0.1-224.0.0.9 -j DROP" },
                { ANSWER_YES, "-m addrtype ! --dst-type LOCAL -j DROP" },
                { ANSWER_YES, "-m mark --mark 0x0/0xff -j DROP" },
                { ANSWER_NO, "-m mark --mark 0x1 -j DROP" },
                { ANSWER_YES, "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP" },
                { ANSWER_NO, "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP" },
                { ANSWER_NO, "-p tcp -m tcp --tcp-flags ALL NONE -j DROP" },
                { ANSWER_YES, "-m comment --comment \"! -s 1.2.3.4\" -m limit --limit 10/min -j LOG --log-prefix \"x y\"" },
                { ANSWER_UNKNOWN, "-m set --match-set bad src -j DROP" },
                { ANSWER_YES, "-m set --match-set client src -j DROP" },
                { ANSWER_YES, "-m set --match-set client src,dst -j DROP" },
                { ANSWER_NO, "-m set --match-set client dst -j DROP" },
                { ANSWER_NO, "-m set ! --match-set client src -j DROP" },
                { ANSWER_YES, "-m set --match-set served dst,dst -j DROP" },
                { ANSWER_NO, "-m set --match-set served src,dst -j DROP" },
                { ANSWER_NO, "-m set --match-set served dst -j DROP" },
                { ANSWER_YES, "-m set ! --match-set served dst -j DROP" },
                { ANSWER_UNKNOWN, "-m set --match-set served src,src -j DROP" },
                { ANSWER_YES, "-m set --match-set by src,src -j DROP" },
                { ANSWER_YES, "-m set --match-set ports dst -j DROP" },
                { ANSWER_UNKNOWN, "-m set --match-set cards src -j DROP" },
                { ANSWER_UNKNOWN, "-m set --match-set more src -j DROP" },
                { ANSWER_UNKNOWN, "-m set --match-set client src --return-nomatch -j DROP" },
                { ANSWER_UNKNOWN, "-m socket -j DROP" },
                { ANSWER_UNKNOWN, "-m recent --rcheck --seconds 60 -j DROP" },
                { ANSWER_NO, "-m set --match-set bad src -i lo -j DROP" },
                { ANSWER_UNKNOWN, "-j NFQUEUE --queue-num 1" },
                { ANSWER_UNKNOWN, "-m socket -j MARK --set-xmark 0x1/0xffffffff" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                const Packet packet = sample();
                g_auto(GStrv) args = NULL;
                g_assert_true(g_shell_parse_argv(CASES[i].rule, NULL, &args, NULL));
                g_auto(Judgement) judgement = iptables_judge((const char *const *) args, &packet, &LAB);
                if (judgement.matches != CASES[i].matches)
                        g_test_message("%s", CASES[i].rule);
                g_assert_cmpint(judgement.matches, ==, CASES[i].matches);
                if (judgement.matches == ANSWER_UNKNOWN) {
                        g_assert_nonnull(judgement.unknown);
                        g_assert_false(judgement.marks);
                }
        }
}

/* A later packet, which has another answer than the first. */
static void test_iptables_established(void) {
        static const struct {
                Answer matches;
                const char *rule;
        } CASES[] = {
                { ANSWER_YES, "-m conntrack --ctstatus SEEN_REPLY -j DROP" },
                { ANSWER_YES, "-m conntrack --ctstatus CONFIRMED -j DROP" },
                { ANSWER_NO, "-m conntrack --ctstatus EXPECTED -j DROP" },
                /* Depends on how many packets there were. */
                { ANSWER_UNKNOWN, "-m conntrack --ctstatus ASSURED -j DROP" },
        };
        Packet packet = sample();
        packet.established = true;
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_auto(GStrv) args = NULL;
                g_assert_true(g_shell_parse_argv(CASES[i].rule, NULL, &args, NULL));
                g_auto(Judgement) judgement = iptables_judge((const char *const *) args, &packet, &LAB);
                if (judgement.matches != CASES[i].matches)
                        g_test_message("%s", CASES[i].rule);
                g_assert_cmpint(judgement.matches, ==, CASES[i].matches);
        }
}

/* An address of nobody: no route to it. */
static void test_iptables_no_route(void) {
        static const struct {
                Answer matches;
                const char *rule;
        } CASES[] = {
                { ANSWER_NO, "-m addrtype --src-type LOCAL -j DROP" },
                { ANSWER_UNKNOWN, "-m addrtype --src-type UNICAST -j DROP" },
                { ANSWER_UNKNOWN, "-m addrtype --src-type LOCAL,MULTICAST -j DROP" },
        };
        Packet packet = sample();
        Family family;
        packet_parse_address("8.8.8.8", &family, packet.source);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_auto(GStrv) args = NULL;
                g_assert_true(g_shell_parse_argv(CASES[i].rule, NULL, &args, NULL));
                g_auto(Judgement) judgement = iptables_judge((const char *const *) args, &packet, &LAB);
                if (judgement.matches != CASES[i].matches)
                        g_test_message("%s", CASES[i].rule);
                g_assert_cmpint(judgement.matches, ==, CASES[i].matches);
        }
}

/* What a target does, and where it leads. to: "ADDRESS PORT", with "-" for no address; NULL: it cannot be told. */
static void test_iptables_targets(void) {
        static const struct {
                const char *rule;
                Act act;
                const char *to;
        } CASES[] = {
                { "-j DNAT --to-destination 172.17.0.3:81", ACT_DNAT, "172.17.0.3 81" },
                { "-j DNAT --to-destination 172.17.0.3", ACT_DNAT, "172.17.0.3 0" },
                { "-j DNAT --to-destination :81", ACT_DNAT, "- 81" },
                { "-j DNAT --to-destination 172.17.0.3-172.17.0.5:81-90", ACT_DNAT, "172.17.0.3 81" },
                { "-j DNAT --to-destination nowhere:81", ACT_DNAT, NULL },
                { "-j DNAT --to-destination [fd00::2]:81", ACT_DNAT, NULL }, /* of the other family */
                { "-j DNAT --to-destination [fd00::2", ACT_DNAT, NULL },
                { "-j DNAT --to-destination 172.17.0.3:0", ACT_DNAT, NULL },
                { "-j DNAT", ACT_DNAT, NULL },
                { "-j SNAT --to-source 192.168.1.98", ACT_SNAT, "192.168.1.98 0" },
                { "-j SNAT", ACT_SNAT, NULL },
                { "-j REDIRECT --to-ports 8000", ACT_REDIRECT, "- 8000" },
                { "-j REDIRECT", ACT_REDIRECT, "- 0" },
                { "-g chain", ACT_GOTO, "- 0" },
                { "-j chain", ACT_JUMP, "- 0" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                const Packet packet = sample();
                g_auto(GStrv) args = g_strsplit(CASES[i].rule, " ", -1);
                g_auto(Judgement) judgement = iptables_judge((const char *const *) args, &packet, &LAB);
                g_test_message("%s", CASES[i].rule);
                g_assert_cmpint(judgement.act, ==, CASES[i].act);
                g_assert_cmpint(judgement.matches, ==, CASES[i].to ? ANSWER_YES : ANSWER_UNKNOWN);
                if (!CASES[i].to)
                        continue;
                g_autofree char *address = judgement.has_address ? packet_format_address(FAMILY_IPV4, judgement.address) :
                                                                   g_strdup("-"),
                                *to = g_strdup_printf("%s %u", address, judgement.port);
                g_assert_cmpstr(to, ==, CASES[i].to);
        }
        const Packet packet = sample();
        const char *const unknown[] = { "-j", "MARK", "--and-mark", "7", NULL },
                          *const mark[] = { "-j", "MARK", "--set-xmark", "0x7/0xff", NULL },
                          *const notrack[] = { "-j", "CT", "--notrack", NULL },
                          *const helper[] = { "-j", "CT", "--helper", "ftp", NULL };
        g_auto(Judgement) untold = iptables_judge(unknown, &packet, &LAB), marked = iptables_judge(mark, &packet, &LAB),
                          untracked = iptables_judge(notrack, &packet, &LAB), tracked = iptables_judge(helper, &packet, &LAB);
        g_assert_cmpint(untold.matches, ==, ANSWER_UNKNOWN);
        g_assert_cmpstr(untold.unknown, ==, "-j MARK");
        g_assert_true(marked.marks);
        g_assert_cmpuint(marked.mark, ==, 7);
        g_assert_true(untracked.notracks);
        g_assert_false(tracked.notracks);
}

/* In the raw table, before conntrack. */
static void test_iptables_untracked(void) {
        static const struct {
                Answer matches;
                const char *rule;
        } CASES[] = {
                { ANSWER_NO, "-m conntrack --ctstate NEW -j DROP" },
                { ANSWER_YES, "-m conntrack --ctstate INVALID -j DROP" },
                { ANSWER_YES, "-m conntrack ! --ctstate NEW -j DROP" },
                { ANSWER_NO, "-m conntrack --ctorigdstport 8080 -j DROP" },
                { ANSWER_NO, "-m conntrack ! --ctorigdstport 80 -j DROP" },
                { ANSWER_YES, "-m conntrack --ctstate INVALID --ctorigdstport 80 -j DROP" },
                { ANSWER_NO, "-m conntrack --ctstate INVALID -m conntrack --ctorigdstport 8080 -j DROP" },
        };
        Packet packet = sample();
        packet.untracked = true;
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_auto(GStrv) args = NULL;
                g_assert_true(g_shell_parse_argv(CASES[i].rule, NULL, &args, NULL));
                g_auto(Judgement) judgement = iptables_judge((const char *const *) args, &packet, &LAB);
                if (judgement.matches != CASES[i].matches)
                        g_test_message("%s", CASES[i].rule);
                g_assert_cmpint(judgement.matches, ==, CASES[i].matches);
        }
}

static Ruleset *ruleset_of(const char *json) {
        g_autoptr(GError) error = NULL;
        g_autofree char *whole = g_strdup_printf("{\"nftables\": [%s]}", json);
        for (char *c = whole; *c; c++)
                if (*c == '\'')
                        *c = '"';
        Ruleset *ruleset = ruleset_new();
        ruleset_add_json(ruleset, whole, NULL, &error);
        g_assert_no_error(error);
        return ruleset;
}

#define META(key, right) "{'match': {'op': '==', 'left': {'meta': {'key': '" key "'}}, 'right': " right "}}"
#define PAYLOAD(op, protocol, field, right)                                                                                   \
        "{'match': {'op': '" op "', 'left': {'payload': {'protocol': '" protocol "', 'field': '" field "'}}, 'right': " right \
        "}}"
#define CT(op, key, right) "{'match': {'op': '" op "', 'left': {'ct': {'key': '" key "'}}, 'right': " right "}}"
#define ORIGINAL(key, right) \
        "{'match': {'op': '==', 'left': {'ct': {'key': '" key "', 'dir': 'original'}}, 'right': " right "}}"
#define NEXTHOP(family, right) \
        "{'match': {'op': '==', 'left': {'rt': {'key': 'nexthop', 'family': " family "}}, 'right': " right "}}"
#define FLAGS(op, mask, right)                                                                                \
        "{'match': {'op': '" op "', 'left': {'&': [{'payload': {'protocol': 'tcp', 'field': 'flags'}}, " mask \
        "]}, 'right': " right "}}"
#define PREFIX(address, length) "{'prefix': {'addr': '" address "', 'len': " length "}}"
#define TWO \
        "{'concat': [{'payload': {'protocol': 'ip', 'field': 'saddr'}}, {'payload': {'protocol': 'tcp', 'field': 'dport'}}]}"
#define ADD(protocol, more) \
        "{'set': {'op': 'add', 'elem': {'payload': {'protocol': '" protocol "', 'field': 'saddr'}}, 'set': '@flood'" more "}}"
#define METER(more)                                                                                                       \
        "{'meter': {'key': {'payload': {'protocol': 'ip', 'field': 'saddr'}}, 'stmt': {'limit': {'rate': 3, 'burst': 5, " \
        "'per': 'second', " more "}}, 'size': 65535, 'name': 'm1'}}"
#define TIME(op, right) "{'match': {'op': '" op "', 'left': {'meta': {'key': 'time'}}, 'right': " right "}}"
#define MANGLE(key, value) "{'mangle': {'key': " key ", 'value': " value "}}"

static void test_nft(void) {
        static const struct {
                Answer matches;
                const char *match;
        } CASES[] = {
                { ANSWER_YES, META("iifname", "'ext0'") },
                { ANSWER_YES, META("iifname", "'ext*'") },
                { ANSWER_NO, META("iifname", "'ext'") },
                { ANSWER_YES, META("oifname", "'@bridges'") },
                { ANSWER_NO, META("iifname", "'@bridges'") },
                { ANSWER_NO, META("iifkind", "'bridge'") },
                { ANSWER_YES, META("oifkind", "'bridge'") },
                { ANSWER_NO, META("oifkind", "'veth'") },
                { ANSWER_NO, META("iifname", "'@nosuch'") },
                { ANSWER_YES, META("iifname", "{'set': ['int0', 'ext0']}") },
                { ANSWER_YES, META("l4proto", "{'set': ['icmp', 6]}") },
                { ANSWER_NO, META("l4proto", "{'set': ['icmp', 'ipv6-icmp']}") },
                { ANSWER_YES, META("nfproto", "'ipv4'") },
                { ANSWER_NO, META("nfproto", "'ipv6'") },
                { ANSWER_UNKNOWN, META("cgroup", "0") },
                { ANSWER_NO, META("skuid", "0") }, /* not sent by a program of this host */
                { ANSWER_YES, PAYLOAD("==", "ip", "saddr", PREFIX("192.168.1.0", "24")) },
                { ANSWER_NO, PAYLOAD("!=", "ip", "saddr", PREFIX("192.168.1.0", "24")) },
                { ANSWER_YES, PAYLOAD("==", "ip", "saddr", "'@some'") },
                { ANSWER_NO, PAYLOAD("==", "ip", "daddr", "'@some'") },
                { ANSWER_YES, PAYLOAD("==", "ip", "saddr", "{'range': ['192.168.1.40', '192.168.1.60']}") },
                { ANSWER_NO, PAYLOAD("==", "ip", "saddr", "{'range': ['192.168.1.51', '192.168.1.60']}") },
                /* The expression itself implies IPv6. */
                { ANSWER_NO, PAYLOAD("!=", "ip6", "saddr", "'fd00::1'") },
                { ANSWER_YES, PAYLOAD("==", "tcp", "dport", "80") },
                { ANSWER_YES, PAYLOAD("==", "th", "dport", "{'range': [1, 1023]}") },
                { ANSWER_NO, PAYLOAD("!=", "udp", "dport", "53") },
                { ANSWER_NO, PAYLOAD("==", "icmpv6", "type", "'nd-redirect'") },
                { ANSWER_UNKNOWN, PAYLOAD("==", "ip", "dscp", "0") },
                { ANSWER_YES, PAYLOAD("in", "tcp", "flags", "'syn'") },
                { ANSWER_NO, PAYLOAD("!", "tcp", "flags", "'syn'") },
                { ANSWER_YES, FLAGS("==", "['fin', 'syn', 'rst', 'ack']", "'syn'") },
                { ANSWER_NO, FLAGS("!=", "['fin', 'syn', 'rst', 'ack']", "'syn'") },
                { ANSWER_NO, FLAGS("==", "['fin', 'syn', 'ack']", "['syn', 'ack']") },
                { ANSWER_YES, FLAGS("==", "['syn', 'ack']", "'syn'") },
                /* The expression itself implies the protocol. */
                { ANSWER_NO, "{'match': {'op': '!=', 'left': {'&': [{'payload': {'protocol': 'udp', 'field': 'flags'}}, "
                             "['syn', 'ack']]}, 'right': 'syn'}}" },
                /* As nft 1.1 prints it. */
                { ANSWER_YES, FLAGS("==", "{'|': ['syn', 'ack']}", "'syn'") },
                { ANSWER_NO, FLAGS("!=", "{'|': ['syn', 'ack']}", "'syn'") },
                { ANSWER_NO, FLAGS("==", "{'|': ['fin', 'syn', 'ack']}", "{'|': ['syn', 'ack']}") },
                /* Other protocols have no chunk, which is an answer. */
                { ANSWER_YES, "{'match': {'op': '==', 'left': {'sctp chunk': {'name': 'init'}}, 'right': false}}" },
                { ANSWER_NO, "{'match': {'op': '==', 'left': {'sctp chunk': {'name': 'data'}}, 'right': true}}" },
                { ANSWER_NO, "{'match': {'op': '==', 'left': {'sctp chunk': {'name': 'data', 'field': 'type'}}, 'right': 0}}" },
                { ANSWER_NO, CT("in", "state", "['established', 'related']") },
                { ANSWER_NO, CT("==", "state", "{'set': ['established', 'related']}") },
                { ANSWER_YES, CT("in", "state", "'new'") },
                { ANSWER_YES, META("protocol", "'ip'") },
                { ANSWER_NO, META("protocol", "'ip6'") },
                { ANSWER_YES, META("pkttype", "'host'") },
                { ANSWER_NO, META("pkttype", "{'set': ['broadcast', 'multicast']}") },
                { ANSWER_YES, META("mark", "0") },
                { ANSWER_YES, META("mark", "'0'") },
                { ANSWER_UNKNOWN, META("mark", "'many'") },
                { ANSWER_YES, META("mark", "{'range': [0, 7]}") },
                { ANSWER_NO, META("mark", "{'range': [1, 7]}") },
                { ANSWER_UNKNOWN, META("mark", "{'range': ['a', 'b']}") },
                { ANSWER_UNKNOWN, META("mark", "{'range': [1]}") },
                { ANSWER_YES, PAYLOAD("==", "tcp", "dport", "'80'") },
                { ANSWER_UNKNOWN, PAYLOAD("==", "tcp", "dport", "'http'") },
                { ANSWER_UNKNOWN, PAYLOAD("==", "ip", "saddr", "'somewhere'") },
                { ANSWER_UNKNOWN, PAYLOAD("==", "ip", "saddr", "{'range': ['here', 'there']}") },
                { ANSWER_UNKNOWN, PAYLOAD("==", "ip", "saddr", PREFIX("192.168.1.0", "33")) },
                { ANSWER_UNKNOWN, PAYLOAD("==", "ip", "saddr", PREFIX("somewhere", "24")) },
                { ANSWER_UNKNOWN, META("iifname", PREFIX("192.168.1.0", "24")) },
                { ANSWER_UNKNOWN, PAYLOAD("==", "ip", "saddr", "{'strange': 3}") },
                { ANSWER_YES, CT("==", "direction", "'original'") },
                { ANSWER_NO, CT("==", "direction", "'reply'") },
                { ANSWER_YES, CT("==", "mark", "0") },
                { ANSWER_UNKNOWN, CT("==", "zone", "0") },
                { ANSWER_YES, ORIGINAL("ip saddr", "'192.168.1.50'") },
                { ANSWER_NO, ORIGINAL("saddr", "'192.168.1.99'") },
                { ANSWER_NO, ORIGINAL("proto-src", "80") },
                { ANSWER_YES, ORIGINAL("protocol", "6") },
                { ANSWER_YES, ORIGINAL("l3proto", "'ipv4'") },
                { ANSWER_UNKNOWN, ORIGINAL("bytes", "7") },
                { ANSWER_NO, "{'match': {'op': '==', 'left': {'socket': {'key': 'transparent'}}, 'right': 1}}" },
                { ANSWER_UNKNOWN, "{'match': {'op': '==', 'left': {'socket': {'key': 'cgroupv2'}}, 'right': 1}}" },
                { ANSWER_YES, NEXTHOP("'ip'", "'172.17.0.2'") },
                { ANSWER_NO, NEXTHOP("'ip'", "'172.17.0.1'") },
                { ANSWER_NO, NEXTHOP("'ip6'", "'fd00::1'") },
                { ANSWER_UNKNOWN, "{'match': {'op': '==', 'left': {'rt': {'key': 'classid'}}, 'right': 1}}" },
                { ANSWER_UNKNOWN,
                  "{'match': {'op': '==', 'left': {'fib': {'result': 'type', 'flags': ['saddr', 'daddr']}}, 'right': 'local'}}" },
                { ANSWER_UNKNOWN,
                  "{'match': {'op': '==', 'left': {'fib': {'result': 'type', 'flags': ['daddr', 'iif']}}, 'right': 'local'}}" },
                { ANSWER_YES, CT("in", "status", "'dnat'") },
                { ANSWER_NO, CT("!", "status", "'dnat'") },
                { ANSWER_NO, CT("in", "status", "'snat'") },
                { ANSWER_YES,
                  "{'match': {'op': '==', 'left': {'ct': {'key': 'proto-dst', 'dir': 'original'}}, 'right': 8080}}" },
                { ANSWER_YES,
                  "{'match': {'op': '==', 'left': {'ct': {'key': 'ip daddr', 'dir': 'original'}}, 'right': '192.168.1.99'}}" },
                { ANSWER_NO,
                  "{'match': {'op': '==', 'left': {'ct': {'key': 'ip6 daddr', 'dir': 'original'}}, 'right': 'fd00::1'}}" },
                { ANSWER_NO,
                  "{'match': {'op': '==', 'left': {'fib': {'result': 'type', 'flags': ['daddr']}}, 'right': 'local'}}" },
                { ANSWER_NO,
                  "{'match': {'op': '==', 'left': {'fib': {'result': 'oif', 'flags': ['saddr', 'mark', 'iif']}}, 'right': false}}" },
                { ANSWER_YES, "{'match': {'op': '==', 'left': " TWO
                              ", 'right': {'set': [{'concat': [" PREFIX("192.168.1.0", "24") ", 80]}]}}}" },
                { ANSWER_NO, "{'match': {'op': '==', 'left': " TWO ", 'right': {'set': [{'concat': ['192.168.1.50', 81]}]}}}" },
                { ANSWER_NO, "{'match': {'op': '!=', 'left': " TWO ", 'right': '@pairs'}}" },
                { ANSWER_UNKNOWN, "{'match': {'op': '<', 'left': " TWO ", 'right': 1}}" },
                /* In the local time zone; the test's clock shows noon. */
                { ANSWER_YES, TIME("<", "'2026-11-30 12:00:01'") },
                { ANSWER_NO, TIME("<", "'2026-11-30 12:00:00'") },
                { ANSWER_YES, TIME(">=", "'2026-11-30 12:00:00'") },
                { ANSWER_NO, TIME(">=", "'2026-11-30 12:00:01'") },
                { ANSWER_UNKNOWN, TIME("<", "'noon'") },
                { ANSWER_UNKNOWN, TIME("<", "7") },
                { ANSWER_UNKNOWN, TIME("==", "'2026-11-30 12:00:00'") },
                { ANSWER_UNKNOWN, "{'strange': 7}" },
                { ANSWER_UNKNOWN, "{'xt': {'type': 'match', 'name': 'conntrack'}}" },
                { ANSWER_YES, "{'xt': {'type': 'match', 'name': 'comment'}}" },
                { ANSWER_YES, "{'counter': null}, {'limit': {'rate': 1}}" },
                /* A single packet exceeds no limit. */
                { ANSWER_NO, "{'limit': {'rate': 10, 'per': 'second', 'inv': true}}" },
                { ANSWER_YES, "{'limit': {'rate': 10, 'per': 'second', 'inv': false}}" },
                { ANSWER_UNKNOWN, "{'limit': 'lim'}" },
                { ANSWER_NO, "{'ct count': {'val': 20, 'inv': true}}" },
                { ANSWER_YES, "{'ct count': {'val': 20}}" },
                { ANSWER_UNKNOWN, "{'quota': {'val': 5, 'val_unit': 'mbytes', 'inv': true}}" },
                { ANSWER_UNKNOWN, "{'quota': 'q1'}" },
                { ANSWER_YES, ADD("ip", "") },
                { ANSWER_NO, ADD("ip6", "") },
                { ANSWER_NO, ADD("ip", ", 'stmt': [{'limit': {'rate': 5, 'per': 'second', 'inv': true}}]") },
                { ANSWER_YES, ADD("ip", ", 'stmt': [{'limit': {'rate': 5, 'per': 'second'}}, {'counter': null}]") },
                { ANSWER_NO, ADD("ip", ", 'stmt': [{'counter': null}, {'ct count': {'val': 3, 'inv': true}}]") },
                { ANSWER_UNKNOWN, ADD("ip", ", 'stmt': [{'strange': 3}]") },
                { ANSWER_NO, METER("'inv': true") },
                { ANSWER_YES, METER("'inv': false") },
                { ANSWER_UNKNOWN, PAYLOAD("==", "ip", "saddr", "'@limited'") },
                { ANSWER_NO, PAYLOAD("==", "ip", "daddr", "'@limited'") },
                /* A rule may rewrite the packet: rules behind it cannot be evaluated. */
                { ANSWER_UNKNOWN, MANGLE("{'payload': {'protocol': 'ip', 'field': 'daddr'}}", "'1.2.3.4'") },
                { ANSWER_UNKNOWN, MANGLE("{'payload': {'protocol': 'tcp', 'field': 'dport'}}", "80") },
                { ANSWER_UNKNOWN, MANGLE("{'payload': {'protocol': 'tcp', 'field': 'dport'}}",
                                         "80") ", {'log': null}, " META("iifname", "'int0'") },
                { ANSWER_NO, META("iifname", "'int0'") "," MANGLE("{'payload': {'protocol': 'tcp', 'field': 'dport'}}", "80") },
                { ANSWER_YES, MANGLE("{'payload': {'protocol': 'ip', 'field': 'ttl'}}", "3") },
                { ANSWER_YES, MANGLE("{'meta': {'key': 'mark'}}", "3") },
                { ANSWER_UNKNOWN, MANGLE("{'meta': {'key': 'mark'}}", "{'|': [{'meta': {'key': 'mark'}}, 16]}") },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                const Packet packet = sample();
                g_autofree char *json = g_strconcat(
                        "{'chain': {'family': 'inet', 'table': 't', 'name': 'c'}},"
                        "{'set': {'family': 'inet', 'table': 't', 'name': 'bridges', 'elem': ['br-0', 'docker0']}},"
                        "{'set': {'family': 'inet', 'table': 't', 'name': 'pairs', 'elem': [{'concat': ['192.168.1.50', 80]}]}},"
                        "{'set': {'family': 'inet', 'table': 't', 'name': 'some', 'elem': ['10.0.0.1', {'elem': {'val': '192.168.1.50'}}]}},"
                        "{'set': {'family': 'inet', 'table': 't', 'name': 'limited', 'elem': [{'elem': {'val': '192.168.1.50', "
                        "'limit': {'rate': 5, 'per': 'second', 'inv': true}}}]}},"
                        "{'rule': {'family': 'inet', 'table': 't', 'chain': 'c', 'handle': 1, 'expr': [",
                        CASES[i].match, ", {'drop': null}]}}", NULL);
                g_autoptr(Ruleset) ruleset = ruleset_of(json);
                const Chain *chain = ruleset->ordered->pdata[0];
                const ChainRule *rule = chain->rules->pdata[0];
                g_auto(Judgement) judgement = nft_judge(ruleset, chain, rule->expr, &packet, &LAB);
                const Answer told = judgement.changes ? ANSWER_UNKNOWN : judgement.matches;
                if (told != CASES[i].matches)
                        g_test_message("%s", CASES[i].match);
                g_assert_cmpint(told, ==, CASES[i].matches);
        }
}

#define BASE_OF(type, name, hook, prio, policy)                                                                                \
        "{'chain': {'family': 'inet', 'table': 't', 'name': '" name "', 'type': '" type "', 'hook': '" hook "', 'prio': " prio \
        ", 'policy': '" policy "'}},"
#define BASE(name, hook, prio, policy) BASE_OF("filter", name, hook, prio, policy)
#define DNAT BASE_OF("nat", "d", "prerouting", "-100", "accept") RULE("d", "{'dnat': {'addr': '172.17.0.2', 'port': 80}}")
#define CHAIN(name) "{'chain': {'family': 'inet', 'table': 't', 'name': '" name "'}},"
#define RULE(chain, expr) "{'rule': {'family': 'inet', 'table': 't', 'chain': '" chain "', 'handle': 1, 'expr': [" expr "]}},"
#define TO(verb, target) "{'" verb "': {'target': '" target "'}}"
#define END "{'metainfo': {}}"
#define SNAT(expr) BASE_OF("nat", "s", "postrouting", "100", "accept") RULE("s", expr)

static void test_walk(void) {
        static const struct {
                bool passes;
                const char *json;
        } CASES[] = {
                { true, END },
                { false, BASE("a", "forward", "0", "drop") END },
                { true, BASE("a", "forward", "0", "drop") RULE("a", "{'accept': null}") END },
                /* An accept is not final: other base chains follow. */
                { false, BASE("b", "forward", "10", "accept") BASE("a", "forward", "0", "accept") RULE("a", "{'accept': null}")
                                 RULE("b", "{'drop': null}") END },
                { true, BASE("a", "input", "0", "drop") END },
                { true, BASE("a", "forward", "0", "drop") CHAIN("x") RULE("a", TO("jump", "x")) RULE("a", "{'accept': null}")
                                RULE("x", "{'return': null}") RULE("x", "{'drop': null}") END },
                /* A goto does not return: the chain's policy is next. */
                { false,
                  BASE("a", "forward", "0", "drop") CHAIN("x") RULE("a", TO("goto", "x")) RULE("a", "{'accept': null}") END },
                { true, BASE("a", "forward", "0", "accept") CHAIN("x") CHAIN("y") RULE("a", TO("jump", "x"))
                                RULE("a", "{'accept': null}") RULE("x", TO("goto", "y")) RULE("x", "{'drop': null}") END },
                { false,
                  BASE("a", "forward", "0", "accept") CHAIN("x") RULE(
                          "a", "{'vmap': {'key': {'meta': {'key': 'l4proto'}}, 'data': {'set': [['udp', {'accept': null}], "
                               "['tcp', {'jump': {'target': 'x'}}]]}}}") RULE("x", "{'drop': null}") END },
                /* The guard's, by the port that was dialled, and by the address where it leads. */
                { false,
                  BASE("a", "forward", "0", "accept") CHAIN("x") RULE(
                          "a", "{'vmap': {'key': {'ct': {'key': 'proto-dst', 'dir': 'original'}}, 'data': {'set': [[81, "
                               "{'accept': null}], [8080, {'jump': {'target': 'x'}}]]}}}") RULE("x", "{'drop': null}") END },
                { true, BASE("a", "forward", "0", "accept") CHAIN("x") RULE(
                                "a", "{'vmap': {'key': {'ct': {'key': 'proto-dst', 'dir': 'original'}}, 'data': {'set': [[80, "
                                     "{'jump': {'target': 'x'}}]]}}}") RULE("x", "{'drop': null}") END },
                { false,
                  BASE("a", "forward", "0", "accept") CHAIN("x") RULE(
                          "a",
                          "{'vmap': {'key': {'payload': {'protocol': 'ip', 'field': 'daddr'}}, 'data': {'set': [['172.17.0.2', "
                          "{'jump': {'target': 'x'}}]]}}}") RULE("x", "{'drop': null}") END },
                /* A mark set in one chain is seen in another. */
                { false, BASE("a", "forward", "-5", "accept") BASE("b", "forward", "5", "accept")
                                 RULE("a", "{'mangle': {'key': {'meta': {'key': 'mark'}}, 'value': 7}}")
                                         RULE("b", META("mark", "7") ", {'drop': null}") END },
                /* Also if a verdict or a failing match comes after it in the rule; not if a failing match comes before it. */
                { false, BASE("a", "forward", "-5", "accept") BASE("b", "forward", "5", "accept")
                                 RULE("a", MANGLE("{'meta': {'key': 'mark'}}", "7") ", {'accept': null}")
                                         RULE("b", META("mark", "7") ", {'drop': null}") END },
                { false, BASE("a", "forward", "-5", "accept") BASE("b", "forward", "5", "accept")
                                 RULE("a", MANGLE("{'meta': {'key': 'mark'}}", "7") "," META("iifname", "'int0'"))
                                         RULE("b", META("mark", "7") ", {'drop': null}") END },
                { true, BASE("a", "forward", "-5", "accept") BASE("b", "forward", "5", "accept")
                                RULE("a", META("iifname", "'int0'") "," MANGLE("{'meta': {'key': 'mark'}}", "7"))
                                        RULE("b", META("mark", "7") ", {'drop': null}") END },
                { false, BASE("a", "forward", "-5", "accept") BASE("b", "forward", "5", "accept")
                                 RULE("a", "{'notrack': null}, {'accept': null}")
                                         RULE("b", CT("in", "state", "'untracked'") ", {'drop': null}") END },
                /* A match that cannot be evaluated does not match. */
                { true, BASE("a", "forward", "0", "accept") RULE("a", META("cgroup", "0") ", {'drop': null}") END },
                /* A loop, which the kernel would refuse. */
                { true,
                  BASE("a", "forward", "0", "accept") CHAIN("x") RULE("a", TO("jump", "x")) RULE("x", TO("jump", "x")) END },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Ruleset) ruleset = ruleset_of(CASES[i].json);
                g_autoptr(GPtrArray) trace = g_ptr_array_new_with_free_func(trace_row_free);
                Finding finding = { 0 };
                Walk walk = { .ruleset = ruleset, .host = &LAB, .packet = sample(), .trace = trace, .finding = &finding };
                if (walk_hook(&walk, "forward") != CASES[i].passes)
                        g_test_message("%s", CASES[i].json);
                g_assert_cmpint(trace->len == 0 ||
                                        !g_str_has_prefix(((TraceRow *) trace->pdata[trace->len - 1])->effect, "decides: "),
                                ==, CASES[i].passes);
                finding_clear(&finding);
        }
}

/* Rules that let the first packet through, but not a later one. */
static void test_later_packets(void) {
        static const struct {
                const char *connection, *json, *word;
        } CASES[] = {
                { "192.168.1.50 10.9.0.1 80/tcp",
                  BASE("a", "forward", "0", "accept") RULE("a", META("iifname", "'int0'") ", {'drop': null}") END,
                  "no answer" },
                { "192.168.1.50 10.9.0.1 80/udp",
                  BASE("a", "forward", "0", "accept") RULE("a", CT("in", "state", "'established'") ", {'drop': null}") END,
                  "no answer" },
                { "192.168.1.50 10.9.0.1 80/tcp",
                  BASE("a", "forward", "0", "accept")
                          RULE("a", META("iifname", "'ext0'") "," CT("in", "state", "'established'") ", {'drop': null}") END,
                  "second packet" },
                { "192.168.1.50 192.168.1.99 22/tcp", BASE("a", "output", "0", "drop") END, "no answer" },
                /* Packets on lo are both sent and received. */
                { "127.0.0.1 127.0.0.1 9999/udp",
                  BASE("a", "prerouting", "0", "accept")
                          RULE("a", CT("in", "state", "['established', 'related']") ", {'drop': null}") END,
                  "no answer" },
                { "127.0.0.1 127.0.0.1 80/tcp",
                  BASE("a", "input", "0", "accept") RULE("a", PAYLOAD("==", "tcp", "sport", "80") ", {'drop': null}") END,
                  "no answer" },
                { "127.0.0.1 127.0.0.1 80/tcp",
                  BASE("a", "output", "0", "accept") RULE("a", PAYLOAD("==", "tcp", "dport", "80") "," CT(
                                                                       "in", "state", "'established'") ", {'drop': null}") END,
                  "second packet" },
                /* The reply goes to the masqueraded source until conntrack translates it back; the second packet's source is
                 * masqueraded like that of the first. */
                { "10.1.2.50 192.168.1.50 80/udp",
                  SNAT("{'masquerade': null}") BASE("a", "prerouting", "-100", "accept")
                          RULE("a", PAYLOAD("==", "ip", "daddr", "'192.168.1.99'") ", {'drop': null}") END,
                  "no answer" },
                { "10.1.2.50 192.168.1.50 80/udp",
                  SNAT("{'snat': {'addr': '192.168.1.98'}}") BASE("a", "prerouting", "-100", "accept")
                          RULE("a", PAYLOAD("==", "ip", "daddr", "'192.168.1.98'") ", {'drop': null}") END,
                  "no answer" },
                { "10.1.2.50 192.168.1.50 80/udp",
                  SNAT("{'masquerade': null}") BASE("a", "forward", "0", "accept")
                          RULE("a", PAYLOAD("==", "ip", "daddr", "'10.1.2.50'") ", {'drop': null}") END,
                  "no answer" },
                { "10.1.2.50 192.168.1.50 80/tcp",
                  SNAT("{'masquerade': null}") BASE("a", "forward", "0", "accept")
                          RULE("a", CT("in", "state", "'established'") "," PAYLOAD("==", "ip", "saddr",
                                                                                   "'10.1.2.50'") ", {'drop': null}") END,
                  "second packet" },
                { "10.1.2.50 192.168.1.50 80/tcp",
                  SNAT("{'masquerade': null}") BASE("a", "postrouting", "101", "accept")
                          RULE("a", CT("in", "state", "'established'") "," PAYLOAD("==", "ip", "saddr",
                                                                                   "'192.168.1.99'") ", {'drop': null}") END,
                  "second packet" },
                /* The reply has the dialled address and port as its source only after conntrack has translated it back. */
                { "192.168.1.50 192.168.1.99 8080/tcp",
                  DNAT BASE("a", "postrouting", "101", "accept")
                          RULE("a", PAYLOAD("==", "tcp", "sport", "8080") ", {'drop': null}") END,
                  "no answer" },
                { "192.168.1.50 192.168.1.99 8080/tcp",
                  DNAT BASE("a", "postrouting", "100", "accept")
                          RULE("a", PAYLOAD("==", "tcp", "sport", "80") ", {'drop': null}") END,
                  "no answer" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Ruleset) ruleset = ruleset_of(CASES[i].json);
                const Dialled connection = connection_of(CASES[i].connection);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &LAB, &connection);
                const TraceRow *last = explanation->trace->pdata[explanation->trace->len - 1];
                g_assert_false(explanation->allowed);
                g_assert_nonnull(strstr(last->effect, CASES[i].word));
        }
}

#define NAT_OF(hook) BASE_OF("nat", "n", hook, "-100", "accept")
#define MARK MANGLE("{'meta': {'key': 'mark'}}", "7")

/* Where packets go because of redirections and marks. rows: substrings of the trace, in this order. */
static void test_ways(void) {
        static const struct {
                const char *connection, *json, *rows[3];
        } CASES[] = {
                /* To the host itself, whatever the destination was. */
                { "192.168.1.50 10.9.0.1 80/tcp",
                  NAT_OF("prerouting") RULE("n", "{'redirect': {'port': 8000}}") END,
                  { "DNAT to 192.168.1.99:8000", "for the host itself", "a service of the host" } },
                { "fd01::50 fd02::50 80/tcp",
                  NAT_OF("prerouting") RULE("n", "{'redirect': null}") END,
                  { "DNAT to [fd01::99]:80", "for the host itself", "a service of the host" } },
                { "10.1.2.50 10.9.0.1 80/tcp",
                  NAT_OF("prerouting") RULE("n", "{'redirect': null}") END,
                  { "dropped here: ext1 has no address" } },
                { "192.168.1.99 192.168.1.50 80/tcp",
                  NAT_OF("output") RULE("n", "{'redirect': {'port': 9999}}") END,
                  { "DNAT to 127.0.0.1:9999", "sent by lo", "nobody listens" } },
                { "192.168.1.50 10.1.2.50 80/tcp", SNAT("{'masquerade': null}") END, { "dropped here: ext1 has no address" } },
                /* Rules of the same hook still match the interface of before. */
                { "192.168.1.99 192.168.1.50 80/tcp",
                  NAT_OF("output") RULE("n", "{'redirect': null}") BASE("a", "output", "10", "accept")
                          RULE("a", META("oifname", "'lo'") ", {'drop': null}") BASE("b", "postrouting", "10", "accept")
                                  RULE("b", META("oifname", "'lo'") ", {'drop': null}") END,
                  { "DNAT to 127.0.0.1:80", "sent by lo", "t b | (a rule) | decides: dropped here" } },
                /* The address stays the same: later NAT chains are skipped, and conntrack does not set "dnat". */
                { "192.168.1.50 192.168.1.99 80/tcp",
                  NAT_OF("prerouting") RULE("n", "{'redirect': null}") RULE("n", "{'redirect': {'port': 8000}}")
                          BASE("a", "input", "0", "accept") RULE("a", CT("in", "status", "'dnat'") ", {'drop': null}") END,
                  { "192.168.1.99:80/tcp | decides: a service of the host" } },
                { "10.9.0.99 10.9.0.1 80/tcp",
                  SNAT("{'masquerade': null}") BASE("a", "postrouting", "101", "accept")
                          RULE("a", CT("in", "status", "'snat'") ", {'drop': null}") END,
                  { "its source stays", "no rule is against it" } },
                /* docker-proxy listens on the port to which it is redirected. */
                { "192.168.1.50 10.9.0.1 80/tcp",
                  NAT_OF("prerouting") RULE("n", "{'redirect': {'port': 8080}}") END,
                  { "docker-proxy takes it" } },
                /* A mark selects the route. */
                { "192.168.1.50 10.1.2.50 80/tcp",
                  BASE("a", "prerouting", "-150", "accept") RULE("a", MARK) END,
                  { "routed by int0" } },
                { "192.168.1.99 10.1.2.50 80/tcp",
                  BASE_OF("route", "a", "output", "-150", "accept") RULE("a", MARK) END,
                  { "sent by int0" } },
                { "192.168.1.99 10.1.2.50 80/tcp",
                  BASE("a", "output", "-150", "accept") RULE("a", MARK) END,
                  { "sent by ext1" } },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Ruleset) ruleset = ruleset_of(CASES[i].json);
                const Dialled connection = connection_of(CASES[i].connection);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &LAB, &connection);
                g_autofree char *text = show(explanation);
                const char *rest = text;
                for (gsize j = 0; j < G_N_ELEMENTS(CASES[i].rows) && CASES[i].rows[j] && rest; j++) {
                        rest = strstr(rest, CASES[i].rows[j]);
                        if (!rest)
                                g_test_message("\"%s\" is not in: %s", CASES[i].rows[j], text);
                        g_assert_nonnull(rest);
                }
        }
}

/* Rules that are not evaluated make the result uncertain. */
static void test_doubts(void) {
#define BRIDGE \
        "{'chain': {'family': 'bridge', 'table': 't', 'name': 'b', 'type': 'filter', 'hook': 'forward', 'prio': 0, 'policy': 'accept'}},"
#define BRIDGE_RULE "{'rule': {'family': 'bridge', 'table': 't', 'chain': 'b', 'handle': 1, 'expr': [{'drop': null}]}},"
        static const struct {
                bool certain;
                const char *connection, *json;
        } CASES[] = {
                { true, "172.18.0.2 172.18.0.3 80/tcp", BRIDGE END },
                { false, "172.18.0.2 172.18.0.3 80/tcp", BRIDGE BRIDGE_RULE END },
                { false, "172.17.0.2 172.17.0.3 80/tcp", BRIDGE BRIDGE_RULE END },
                { false, "192.168.1.50 172.17.0.2 80/tcp", BRIDGE BRIDGE_RULE END },
                { false, "192.168.1.99 172.17.0.2 80/tcp", BRIDGE BRIDGE_RULE END },
                { false, "172.17.0.2 192.168.1.50 80/tcp", BRIDGE BRIDGE_RULE END },
                { true, "192.168.1.50 10.9.0.1 80/tcp", BRIDGE BRIDGE_RULE END },
                { false, "192.168.1.50 10.9.0.1 80/tcp",
                  BASE("a", "prerouting", "-150", "accept")
                          RULE("a", MANGLE("{'payload': {'protocol': 'ip', 'field': 'daddr'}}", "'172.17.0.2'")) END },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Ruleset) ruleset = ruleset_of(CASES[i].json);
                const Dialled connection = connection_of(CASES[i].connection);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &LAB, &connection);
                g_autofree char *text = show(explanation);
                if ((strstr(text, "not certain") == NULL) != CASES[i].certain)
                        g_test_message("%s", text);
                g_assert_cmpint(strstr(text, "not certain") == NULL, ==, CASES[i].certain);
                g_assert_cmpint(explanation->uncertain, !=, CASES[i].certain);
        }
}

#define GUARD_CHAIN(name) "{'chain': {'family': 'inet', 'table': 'quaywall', 'name': '" name "'}},"
#define GUARD_BASE(name, hook)                                                                                   \
        "{'chain': {'family': 'inet', 'table': 'quaywall', 'name': '" name "', 'type': 'filter', 'hook': '" hook \
        "', 'prio': -150, 'policy': 'accept'}},"
#define GUARD_RULE(chain, comment, expr)                                                                           \
        "{'rule': {'family': 'inet', 'table': 'quaywall', 'chain': '" chain "', 'handle': 1, 'comment': '" comment \
        "', 'expr': [" expr "]}},"
#define OTHER_RULE(family, table, chain, hook, expr)                                                                     \
        "{'chain': {'family': '" family "', 'table': '" table "', 'name': '" chain "', 'type': 'filter', 'hook': '" hook \
        "', 'prio': 0, 'policy': 'accept'}},{'rule': {'family': '" family "', 'table': '" table "', 'chain': '" chain    \
        "', 'handle': 1, 'expr': [" expr "]}},"
#define DROP "{'drop': null}"
#define PASS "{'accept': null}"
/* As the guard asks its copy of firewalld's rules. */
#define ZONES(last)                                                                              \
        GUARD_BASE("host", "prerouting")                                                         \
        GUARD_CHAIN("firewalld_filter_INPUT")                                                    \
        GUARD_CHAIN("firewalld_filter_INPUT_ZONES")                                              \
        GUARD_CHAIN("firewalld_filter_IN_home")                                                  \
        GUARD_CHAIN("firewalld_filter_IN_home_allow")                                            \
        GUARD_RULE("host", "quaywall:all", TO("jump", "firewalld_filter_INPUT"))                 \
        GUARD_RULE("firewalld_filter_INPUT", "", TO("jump", "firewalld_filter_INPUT_ZONES"))     \
        GUARD_RULE("firewalld_filter_INPUT_ZONES", "", TO("goto", "firewalld_filter_IN_home"))   \
        GUARD_RULE("firewalld_filter_IN_home", "", TO("jump", "firewalld_filter_IN_home_allow")) \
        GUARD_RULE("firewalld_filter_IN_home_allow", "", last) END

/* The sentence, the layer and the policy, for rules that each of the actions makes and for those of others. */
static void test_sentences(void) {
        static const char *const POLICIES[] = { "all: obey-zones",
                                                "closed: deny",
                                                "bad: deny sources=ipset:bad",
                                                "many: allow-only sources=10.0.0.0/8,ipset:office,zone:home",
                                                "one: allow-only sources=zone:home",
                                                "subnet: allow-only sources=192.168.1.0/24,fd01::/64",
                                                "team: allow-only sources=group:office",
                                                "teams: allow-only sources=10.9.9.9,group:office,group:none",
                                                "guest: allow-only sources=192.168.1.51@2999-01-01T00:00:00Z",
                                                "group:office 192.168.1.0/29",
                                                NULL };
        static const struct {
                const char *connection, *json, *sentence;
        } CASES[] = {
                { "192.168.1.50 192.168.1.99 8080/tcp", ZONES(DROP),
                  "blocked by policy all: firewalld's zone home does not let in 8080/tcp [guard, all]" },
                { "192.168.1.50 10.9.0.1 8080/tcp", ZONES(PASS),
                  "allowed by policy all: firewalld's zone home lets in 8080/tcp [guard, all]" },
                { "192.168.1.50 172.17.0.2 80/tcp",
                  GUARD_BASE("forward", "forward") GUARD_RULE("forward", "quaywall:all", DROP) END,
                  "blocked by policy all: the container's own address was dialled, and zones let in by ports of this host only "
                  "[guard, all]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:closed", DROP) END,
                  "blocked by policy closed: it denies everybody [guard, closed]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:bad", DROP) END,
                  "blocked by policy bad: it denies ipset:bad [guard, bad]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:many", DROP) END,
                  "blocked by policy many: 192.168.1.50 is not among its 3 sources [guard, many]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:one", DROP) END,
                  "blocked by policy one: it lists only zone:home [guard, one]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:many", PASS) END,
                  "allowed by policy many: it lists one of ipset:office, zone:home [guard, many]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:subnet", PASS) END,
                  "allowed by policy subnet: it lists 192.168.1.0/24 [guard, subnet]" },
                { "fd01::50 fd00:d0c::2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:subnet", PASS) END,
                  "allowed by policy subnet: it lists fd01::/64 [guard, subnet]" },
                /* Whom groups list, and whom policies list for a time. */
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:team", DROP) END,
                  "blocked by policy team: it lists only group:office [guard, team]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:teams", DROP) END,
                  "blocked by policy teams: 192.168.1.50 is not among its 3 sources [guard, teams]" },
                { "192.168.1.1 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:teams", PASS) END,
                  "allowed by policy teams: it lists 192.168.1.0/29 of group:office [guard, teams]" },
                { "192.168.1.1 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:team", DROP) END,
                  "blocked by policy team: the container's own address was dialled, and it lets in by ports of this host only "
                  "[guard, team]" },
                { "192.168.1.51 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:guest", PASS) END,
                  "allowed by policy guest: it lists 192.168.1.51 [guard, guest]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:guest", DROP) END,
                  "blocked by policy guest: 192.168.1.50 is not the address that it lists for a time [guard, guest]" },
                /* A client that it lists dials a container's own address, on a port that it names. */
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:subnet", DROP) END,
                  "blocked by policy subnet: the container's own address was dialled, and it lets in by ports of this host only "
                  "[guard, subnet]" },
                /* The first policy that lists the client counts, and a rule behind it may block nevertheless. */
                { "192.168.1.50 172.17.0.2 80/tcp",
                  GUARD_BASE("h", "prerouting") GUARD_RULE("h", "quaywall:subnet", PASS) GUARD_BASE("f", "forward")
                          GUARD_RULE("f", "quaywall:many", PASS) END,
                  "allowed by policy subnet: it lists 192.168.1.0/24 [guard, subnet]" },
                { "192.168.1.50 172.17.0.2 80/tcp",
                  GUARD_BASE("h", "prerouting") GUARD_RULE("h", "quaywall:subnet", PASS)
                          OTHER_RULE("inet", "firewalld", "filter_FORWARD", "forward", DROP) END,
                  "blocked by firewalld: a rule in \"firewalld filter_FORWARD\" stops it [firewalld, -]" },
                { "192.168.1.50 172.17.0.2 80/tcp", GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall:gone", DROP) END,
                  "blocked by a rule of policy gone, which does not exist any more [guard, gone]" },
                { "192.168.1.50 172.17.0.2 80/tcp",
                  GUARD_BASE("f", "forward") GUARD_RULE("f", "quaywall: not known yet", DROP) END,
                  "blocked by the guard: Docker has not reported the container yet, and a policy names containers [guard, -]" },
                { "192.168.1.50 172.17.0.2 80/tcp", OTHER_RULE("inet", "quaywall_cut", "forward", "forward", DROP) END,
                  "blocked by the guard: a rule in \"quaywall_cut forward\" stops it [guard, -]" },
                { "192.168.1.50 172.17.0.2 80/tcp", OTHER_RULE("ip", "docker-bridges", "filter-forward", "forward", DROP) END,
                  "blocked by Docker: a rule in \"docker-bridges filter-forward\" stops it [docker, -]" },
                { "192.168.1.50 172.17.0.2 80/tcp", OTHER_RULE("inet", "mine", "f", "forward", "{'reject': null}") END,
                  "blocked by another program: a rule in \"mine f\" stops it [netfilter, -]" },
                { "192.168.1.50 172.17.0.2 80/tcp", BASE("a", "forward", "0", "drop") END,
                  "blocked by default: the policy of \"t a\" is to drop, and no rule accepts it [netfilter, -]" },
                { "192.168.1.50 172.17.0.2 80/tcp",
                  OTHER_RULE("inet", "mine", "f", "forward", CT("in", "state", "'established'") ", {'drop': null}") END,
                  "blocked by another program: a rule in \"mine f\" stops the answer [netfilter, -]" },
                { "192.168.1.50 192.168.1.99 9999/tcp", END,
                  "allowed: no rule is against it, but nobody listens there: the host itself refuses it [-, -]" },
                { "192.168.1.50 192.168.1.99 22/tcp",
                  GUARD_BASE("h", "prerouting") GUARD_RULE("h", "quaywall:subnet", PASS) END,
                  "allowed by policy subnet: it lists 192.168.1.0/24; a service of the host takes it [guard, subnet]" },
                { "192.168.1.50 172.17.0.2 80/tcp",
                  GUARD_BASE("h", "prerouting") GUARD_RULE("h", "quaywall:subnet", PASS)
                          OTHER_RULE("inet", "mine", "f", "forward", META("cgroup", "0") ", {'drop': null}") END,
                  "uncertain: it is not known what \"mine f\" does (match); if nothing, allowed by policy subnet: it lists "
                  "192.168.1.0/24 [guard, subnet]" },
                { "8.8.8.8 172.17.0.2 80/tcp", END,
                  "blocked: the host has no route to it, so no answer comes back [routing, -]" },
        };
        g_autoptr(PolicySet) policies = policy_set_from_lines(POLICIES);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Ruleset) ruleset = ruleset_of(CASES[i].json);
                const Dialled connection = connection_of(CASES[i].connection);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &LAB, &connection);
                g_autofree char *text = tell(explanation, &connection, policies);
                g_assert_cmpstr(text, ==, CASES[i].sentence);
        }
}

/* Rules show which element of a set matched. */
static void test_elements(void) {
#define SET(name, elements) \
        "{'set': {'family': 'inet', 'table': 't', 'name': '" name "', 'type': 'ipv4_addr', 'elem': [" elements "]}},"
        static const struct {
                const char *set, *expr, *text;
        } CASES[] = {
                { SET("some", "'10.0.0.1', " PREFIX("192.168.1.0", "24")), PAYLOAD("==", "ip", "saddr", "'@some'"),
                  "ip saddr @some (192.168.1.0/24) @somewhere drop" },
                { SET("some", "{'range': ['192.168.1.9', '192.168.1.60']}"), PAYLOAD("==", "ip", "saddr", "'@some'"),
                  "ip saddr @some (192.168.1.9-192.168.1.60) @somewhere drop" },
                { SET("some", "{'elem': {'val': '192.168.1.50', 'timeout': 60}}"), PAYLOAD("==", "ip", "saddr", "'@some'"),
                  "ip saddr @some (192.168.1.50) @somewhere drop" },
                { SET("some", "{'concat': ['192.168.1.50', 80]}"), "{'match': {'op': '==', 'left': " TWO ", 'right': '@some'}}",
                  "ip saddr @some (192.168.1.50 . 80) @somewhere drop" },
                { SET("some", "'10.0.0.1'"), PAYLOAD("!=", "ip", "saddr", "'@some'"), "ip saddr @some @somewhere drop" },
                { SET("some", ""), PAYLOAD("!=", "ip", "saddr", "'@some'"), "ip saddr @some @somewhere drop" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *json =
                        g_strconcat("{'chain': {'family': 'inet', 'table': 't', 'name': 'c'}},", CASES[i].set,
                                    "{'rule': {'family': 'inet', 'table': 't', 'chain': 'c', 'handle': 1, 'expr': [",
                                    CASES[i].expr, ", {'drop': null}]}}", NULL);
                g_autoptr(Ruleset) ruleset = ruleset_of(json);
                const Packet packet = sample();
                const Chain *chain = ruleset->ordered->pdata[0];
                g_auto(Judgement) judgement =
                        nft_judge(ruleset, chain, ((ChainRule *) chain->rules->pdata[0])->expr, &packet, &LAB);
                g_autofree char *text = judgement_format(&judgement, "ip saddr @some @somewhere drop");
                g_assert_cmpint(judgement.matches, ==, ANSWER_YES);
                g_assert_cmpstr(text, ==, CASES[i].text);
        }
        /* Of iptables, and of a set without a name that is too long to be shown. */
        const Packet packet = sample();
        const char *const args[] = { "-m", "set", "--match-set", "client", "src", "-j", "DROP", NULL };
        g_auto(Judgement) judgement = iptables_judge(args, &packet, &LAB), unnamed = { 0 };
        g_autofree char *text = judgement_format(&judgement, "-m set --match-set client src -j DROP");
        g_assert_cmpstr(text, ==, "-m set --match-set client src (192.168.1.50) -j DROP");
        judgement_note_element(&unnamed, SET_WITHOUT_NAME, g_strdup("8080"));
        g_autofree char *vmap = judgement_format(&unnamed, "tcp dport vmap { ... }"),
                        *none = judgement_format(&unnamed, "{ 1 }");
        g_assert_cmpstr(vmap, ==, "tcp dport vmap { ... } (8080)");
        g_assert_cmpstr(none, ==, "{ 1 }");
}

static char *legacy_filter(G_GNUC_UNUSED Family family, G_GNUC_UNUSED gpointer userdata) {
        return g_strdup("filter");
}

/* The rules of iptables-legacy are not visible. */
static void test_legacy(void) {
        g_autoptr(Ruleset) ruleset = ruleset_of(END);
        const Dialled connection = connection_of("192.168.1.50 192.168.1.99 8080/tcp");
        Host host = LAB;
        host.legacy = legacy_filter;
        g_autoptr(Explanation) explanation = explain_connection(ruleset, &host, &connection);
        g_autofree char *text = show(explanation);
        g_assert_true(explanation->uncertain);
        g_assert_nonnull(strstr(text, "iptables-legacy"));
}

static Answer untold_listens(G_GNUC_UNUSED const Packet *packet, G_GNUC_UNUSED gpointer userdata) {
        return ANSWER_UNKNOWN;
}

/* Regression: if the kernel did not say whether anybody listens, the result was that nobody does. */
static void test_listeners_untold(void) {
        g_autoptr(Ruleset) ruleset = ruleset_of(END);
        Host host = LAB;
        host.listens = untold_listens;
        static const struct {
                const char *connection, *row;
                bool certain;
        } CASES[] = {
                { "192.168.1.50 192.168.1.99 22/tcp", "whether anybody listens there is not known", true },
                { "192.168.1.50 192.168.1.99 9999/sctp", "whether anybody listens there is not known", true },
                { "192.168.1.50 192.168.1.99 8080/tcp", "whether anybody listens there is not known", true },
                /* Rules may block the connection that docker-proxy would open. */
                { "192.168.1.50 192.168.1.99 8082/tcp", "docker-proxy, if it does, hands it on to 172.18.0.2:80", false },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                const Dialled connection = connection_of(CASES[i].connection);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &host, &connection);
                g_autofree char *text = show(explanation);
                g_assert_true(explanation->allowed);
                g_assert_cmpint(explanation->uncertain, !=, CASES[i].certain);
                g_assert_nonnull(strstr(text, CASES[i].row));
                g_assert_null(strstr(text, "nobody listens"));
                g_assert_null(strstr(text, "takes it"));
        }
}

/* As Linux does for an address of its own: the source is the same address. */
static Route route_from_itself(Family family, const guint8 *source, const guint8 *destination, const char *in, guint32 mark,
                               gpointer userdata) {
        Route route = lab_route(family, source, destination, in, mark, userdata);
        if (route.kind == ROUTE_LOCAL)
                memcpy(route.source, destination, sizeof route.source);
        return route;
}

/* What docker-proxy answers by UDP does not come from where NAT has led the connection. */
static void test_answers_apart(void) {
        static const struct {
                const char *connection, *json;
                bool certain;
        } CASES[] = {
                { "192.168.1.99 192.168.1.50 8080/udp", NAT_OF("output") RULE("n", "{'redirect': null}") END, false },
                { "192.168.1.99 192.168.1.50 8080/tcp", NAT_OF("output") RULE("n", "{'redirect': null}") END, true },
                { "192.168.1.99 192.168.1.99 8080/udp", END, true },
        };
        Host host = LAB;
        host.route = route_from_itself;
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Ruleset) ruleset = ruleset_of(CASES[i].json);
                const Dialled connection = connection_of(CASES[i].connection);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &host, &connection);
                g_assert_true(explanation->allowed);
                g_assert_cmpint(explanation->uncertain, !=, CASES[i].certain);
        }
}

static void test_not_forwarded(void) {
        g_autoptr(Ruleset) ruleset = ruleset_of(END);
        const Dialled connection = connection_of("192.168.1.50 172.17.0.2 80/tcp");
        Host host = LAB;
        g_autoptr(Explanation) open = explain_connection(ruleset, &host, &connection);
        g_assert_true(open->allowed);
        host.userdata = &host; /* lab_forwards() then says no */
        g_autoptr(Explanation) shut = explain_connection(ruleset, &host, &connection);
        g_assert_false(shut->allowed);
}

static Route route_as_told(Family family, const guint8 *source, const guint8 *destination, const char *in, guint32 mark,
                           gpointer userdata) {
        /* Not the answers to "from where is this address reached?", which name no source. */
        return source || !in ? *(const Route *) userdata : lab_route(family, source, destination, in, mark, NULL);
}
static bool forwards_always(G_GNUC_UNUSED Family family, G_GNUC_UNUSED gpointer userdata) {
        return true;
}

/* Why the kernel takes or sends no packet, in the words of its error. */
static void test_no_way(void) {
        static const struct {
                const char *connection;
                Route route;
                const char *effect;
        } CASES[] = {
                { "192.168.1.50 8.8.8.8 80/tcp ext0", { .kind = ROUTE_NONE, .error = EXDEV }, "rp_filter" },
                { "192.168.1.50 8.8.8.8 80/tcp ext0", { .kind = ROUTE_NONE, .error = EINVAL }, "rp_filter" },
                { "192.168.1.50 8.8.8.8 80/tcp ext0", { .kind = ROUTE_NONE, .error = EHOSTUNREACH }, "no route to it" },
                { "192.168.1.50 8.8.8.8 80/tcp ext0", { .kind = ROUTE_NONE, .error = ENETUNREACH }, "no route to it" },
                { "192.168.1.50 8.8.8.8 80/tcp ext0", { .kind = ROUTE_NONE, .error = EACCES }, "Permission denied" },
                { "192.168.1.50 192.168.1.255 80/tcp ext0", { .kind = ROUTE_OTHER }, "not an address of one host" },
        };
        g_autoptr(Ruleset) ruleset = ruleset_of(END);
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                Host host = LAB;
                host.route = route_as_told;
                host.forwards = forwards_always;
                host.userdata = (gpointer) &CASES[i].route;
                const Dialled connection = connection_of(CASES[i].connection);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &host, &connection);
                g_autofree char *text = show(explanation);
                g_test_message("%s", text);
                g_assert_false(explanation->allowed);
                g_assert_nonnull(strstr(text, CASES[i].effect));
        }
        /* Of the host itself: no route, and nothing for others from a loopback address. */
        static const char *const OWN[][2] = { { "192.168.1.99 8.8.8.8 80/tcp", "no route to it" },
                                              { "127.0.0.1 192.168.1.50 80/tcp", "from a loopback address" },
                                              { "::1 fd01::50 80/tcp", "from a loopback address" } };
        for (gsize i = 0; i < G_N_ELEMENTS(OWN); i++) {
                const Dialled connection = connection_of(OWN[i][0]);
                g_autoptr(Explanation) explanation = explain_connection(ruleset, &LAB, &connection);
                g_autofree char *text = show(explanation);
                g_test_message("%s", text);
                g_assert_false(explanation->allowed);
                g_assert_nonnull(strstr(text, OWN[i][1]));
        }
}

/* Docker's nftables rules could be at hooks that come before all that is walked. */
static void test_ingress(void) {
        static const char *const HOOKS[] = { "ingress", "egress" };
        const Dialled connection = connection_of("192.168.1.50 192.168.1.99 22/tcp");
        for (gsize i = 0; i < G_N_ELEMENTS(HOOKS); i++) {
                g_autofree char *chain =
                        g_strdup_printf("{'chain': {'family': 'netdev', 'table': 't', 'name': 'early', 'type': "
                                        "'filter', 'hook': '%s', 'prio': 0, 'policy': 'accept'}}",
                                        HOOKS[i]);
                g_autofree char *json = g_strconcat(chain,
                                                    ",{'rule': {'family': 'netdev', 'table': 't', 'chain': 'early', "
                                                    "'handle': 1, 'expr': [{'drop': null}]}}",
                                                    NULL);
                g_autoptr(Ruleset) empty = ruleset_of(chain), ruleset = ruleset_of(json);
                g_autoptr(Explanation) certain = explain_connection(empty, &LAB, &connection),
                                       explanation = explain_connection(ruleset, &LAB, &connection);
                g_autofree char *text = show(explanation);
                g_assert_false(certain->uncertain);
                g_assert_true(explanation->uncertain);
                g_assert_nonnull(strstr(text, "t early | "));
                g_assert_nonnull(strstr(text, "cannot tell: rules at the hook ingress or egress"));
        }
}

static void test_tables(void) {
        g_autoptr(Ruleset) ruleset = ruleset_of("{'chain': {'family': 'ip', 'table': 'nat', 'name': 'a'}},"
                                                "{'chain': {'family': 'inet', 'table': 'quaywall', 'name': 'a'}},"
                                                "{'chain': {'family': 'ip', 'table': 'nat', 'name': 'b'}}");
        g_autoptr(GPtrArray) tables = ruleset_tables(ruleset);
        g_assert_cmpuint(tables->len, ==, 2);
        g_assert_cmpstr(tables->pdata[0], ==, "inet quaywall");
        g_assert_cmpstr(tables->pdata[1], ==, "ip nat");
        Family family;
        const char *name;
        g_assert_true(ruleset_is_iptables("ip6 filter", &family, &name));
        g_assert_cmpint(family, ==, FAMILY_IPV6);
        g_assert_cmpstr(name, ==, "filter");
        g_assert_true(ruleset_is_iptables("ip nat", &family, &name));
        g_assert_cmpint(family, ==, FAMILY_IPV4);
        static const char *const OTHERS[] = { "inet filter", "inet quaywall", "ip docker-bridges", "ip", "bridge nat" };
        for (gsize i = 0; i < G_N_ELEMENTS(OTHERS); i++)
                g_assert_false(ruleset_is_iptables(OTHERS[i], &family, &name));
}

static void test_neighbours(void) {
        g_autoptr(Ruleset) ruleset = ruleset_of(BASE("a", "prerouting", "-150", "drop") END);
        const Dialled beside = connection_of("192.168.1.50 192.168.1.2 80/tcp"),
                      through = connection_of("192.168.1.50 10.9.0.1 80/tcp");
        g_autoptr(Explanation) past = explain_connection(ruleset, &LAB, &beside),
                               routed = explain_connection(ruleset, &LAB, &through);
        g_autofree char *text = show(past);
        g_assert_true(past->allowed);
        g_assert_nonnull(strstr(text, "such packets do not pass this host"));
        g_assert_false(routed->allowed);
}

static void test_broken_json(void) {
        static const char *const TEXTS[] = { "", "{", "[]", "{\"nftables\": 7}", "null" };
        for (gsize i = 0; i < G_N_ELEMENTS(TEXTS); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(Ruleset) ruleset = ruleset_new();
                g_assert_false(ruleset_add_json(ruleset, TEXTS[i], NULL, &error));
                g_assert_nonnull(error);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_setenv("TZ", "Asia/Tokyo", TRUE);
        g_test_add_data_func("/explain/debian-12", "12", test_recorded);
        g_test_add_data_func("/explain/debian-13", "13", test_recorded);
        g_test_add_func("/explain/iptables-match", test_iptables);
        g_test_add_func("/explain/iptables-established", test_iptables_established);
        g_test_add_func("/explain/iptables-no-route", test_iptables_no_route);
        g_test_add_func("/explain/iptables-targets", test_iptables_targets);
        g_test_add_func("/explain/iptables-untracked", test_iptables_untracked);
        g_test_add_func("/explain/nft-match", test_nft);
        g_test_add_func("/explain/walk", test_walk);
        g_test_add_func("/explain/later-packets", test_later_packets);
        g_test_add_func("/explain/ways", test_ways);
        g_test_add_func("/explain/doubts", test_doubts);
        g_test_add_func("/explain/sentences", test_sentences);
        g_test_add_func("/explain/elements", test_elements);
        g_test_add_func("/explain/legacy", test_legacy);
        g_test_add_func("/explain/listeners-untold", test_listeners_untold);
        g_test_add_func("/explain/answers-apart", test_answers_apart);
        g_test_add_func("/explain/not-forwarded", test_not_forwarded);
        g_test_add_func("/explain/no-way", test_no_way);
        g_test_add_func("/explain/ingress", test_ingress);
        g_test_add_func("/explain/tables", test_tables);
        g_test_add_func("/explain/neighbours", test_neighbours);
        g_test_add_func("/explain/broken-json", test_broken_json);
        return g_test_run();
}
