/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "iptables -S" prints, as recorded from iptables 1.8.9 (nf_tables), compared with the rules that were added. */
#include "compile/kernel-rules.h"

#include <string.h>

#include "world.h"

static const char *const BRIDGES[] = { "docker0", NULL };

static void test_parse(void) {
        static const char text[] = "-P FORWARD DROP\n"
                                   "-N DOCKER-USER\n"
                                   "-A FORWARD -c 17 1020 -j DOCKER-USER\n"
                                   "-A DOCKER-USER -m comment --comment \"it's \\\"mine\\\"\" -j RETURN\n"
                                   "# nonsense\n"
                                   "-A\n"
                                   "-A DOCKER-USER -m comment --comment \"not ended\n"
                                   "-A DOCKER-USER -j LOG --log-prefix \"quaywall:web \"\n";
        g_autoptr(KernelTable) table = kernel_table_parse(text);
        g_assert_true(g_hash_table_contains(table->chains, "FORWARD"));
        g_assert_true(g_hash_table_contains(table->chains, "DOCKER-USER"));
        g_assert_cmpint(table->rules->len, ==, 3);
        const KernelRule *jump = table->rules->pdata[0], *comment = table->rules->pdata[1], *log = table->rules->pdata[2];
        g_assert_cmpint(jump->packets, ==, 17);
        g_assert_cmpint(jump->bytes, ==, 1020);
        g_assert_cmpstrv(jump->args, ((const char *[]){ "-j", "DOCKER-USER", NULL }));
        g_assert_cmpstr(comment->args[3], ==, "it's \"mine\"");
        g_assert_cmpstr(log->args[3], ==, "quaywall:web ");
}

static char *canonical(const char *line) {
        g_auto(GStrv) args = NULL;
        g_assert_true(g_shell_parse_argv(line, NULL, &args, NULL));
        return rule_canonical((const char *const *) args);
}

/* Left: the rule as added; right: as the kernel lists it. */
static void test_canonical(void) {
        static const char *const SAME[][2] = {
                { "-s 1.1.1.1 -j DROP", "-s 1.1.1.1/32 -j DROP" },
                { "-s fd00::1 -j DROP", "-s fd00::1/128 -j DROP" },
                { "-s 0.0.0.0/0 -j DROP", "-j DROP" },
                { "-p tcp -m conntrack --ctstate NEW --ctorigdstport 80 --ctdir ORIGINAL -j QUAYWALL",
                  "-p tcp -m conntrack --ctstate NEW --ctorigdstport 80 --ctdir ORIGINAL -j QUAYWALL" },
                { "-m limit --limit 10/minute -j LOG --log-prefix \"quaywall:a \"",
                  "-m limit --limit 10/min -j LOG --log-prefix \"quaywall:a \"" },
                { "-m limit --limit 10/minute -j LOG", "-m limit --limit 10/min --limit-burst 5 -j LOG" },
                { "--source 1.1.1.1 --jump DROP", "-s 1.1.1.1/32 -j DROP" },
                { "-i a -o b -j ACCEPT", "-o b -i a -j ACCEPT" },
                { "! -s 1.1.1.1 -j DROP", "! -s 1.1.1.1/32 -j DROP" },
                { "-s 192.168.1.5/24 -j DROP", "-s 192.168.1.0/24 -j DROP" },
                { "-d FD00::0:1/64 -j DROP", "-d fd00::/64 -j DROP" },
                { "-p 6 --dport 80 -j DROP", "-p tcp -m tcp --dport 80 -j DROP" },
                { "-p icmpv6 -j DROP", "-p ipv6-icmp -j DROP" },
                { "-m conntrack --ctreplsrc 10.0.0.1/32 -j DROP", "-m conntrack --ctreplsrc 10.0.0.1 -j DROP" },
        };
        static const char *const OTHER[][2] = {
                { "-s 1.1.1.1 -j DROP", "! -s 1.1.1.1 -j DROP" },
                { "-s 1.1.1.1 -j DROP", "-d 1.1.1.1 -j DROP" },
                { "-s 1.1.1.1 -j DROP", "-s 1.1.1.1/31 -j DROP" },
                { "-j X", "-g X" },
                { "-i a -j DROP", "-j DROP" },
                { "-m comment --comment a -j DROP", "-m comment --comment b -j DROP" },
                { "--limit 10/minute -j LOG", "--limit 10/hour -j LOG" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(SAME); i++) {
                g_autofree char *a = canonical(SAME[i][0]), *b = canonical(SAME[i][1]);
                g_assert_cmpstr(a, ==, b);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(OTHER); i++) {
                g_autofree char *a = canonical(OTHER[i][0]), *b = canonical(OTHER[i][1]);
                g_assert_cmpstr(a, !=, b);
        }
}

static void test_split(void) {
        const char *const args[] = { "-s", "1.1.1.1,2.2.2.2", "-j", "RETURN", NULL };
        g_auto(GStrv) parts = rule_canonical_split(args);
        g_assert_cmpint(g_strv_length(parts), ==, 2);
        g_autofree char *one = canonical("-s 1.1.1.1/32 -j RETURN"), *two = canonical("-s 2.2.2.2/32 -j RETURN");
        g_assert_cmpstr(parts[0], ==, one);
        g_assert_cmpstr(parts[1], ==, two);
        /* as firewalld does, which accepts both names of the option */
        const char *const names[] = { "--source", "1.1.1.1,2.2.2.2", "-d", "3.3.3.3,4.4.4.4,5.5.5.5", "-j", "RETURN", NULL };
        g_auto(GStrv) product = rule_canonical_split(names);
        g_autofree char *last = canonical("-s 2.2.2.2 -d 5.5.5.5 -j RETURN");
        g_assert_cmpint(g_strv_length(product), ==, 6);
        g_assert_cmpstr(product[5], ==, last);
        g_assert_cmpuint(rule_count_split(names), ==, 6);
}

/* Regression: 1,323 bytes of lists took more than a minute, since each list was split by all others. */
static void test_split_of_many_lists(void) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < 63; i++)
                g_strv_builder_add_many(builder, i % 2 ? "-s" : "-d", "1.1.1.1,2.2.2.2,3.3", NULL);
        g_auto(GStrv) args = g_strv_builder_end(builder);
        const gint64 start = g_get_monotonic_time();
        g_auto(GStrv) parts = rule_canonical_split((const char *const *) args);
        g_assert_cmpint(g_strv_length(parts), ==, 9);
        g_autofree char *list = g_strnfill(1322, ',');
        const char *const long_lists[] = { "-s", list, "-d", list, "-j", "DROP", NULL };
        g_auto(GStrv) whole = rule_canonical_split(long_lists);
        g_assert_cmpint(g_strv_length(whole), ==, 1);
        g_assert_cmpuint(rule_count_split(long_lists), ==, 1323 * 1323);
        g_assert_cmpint(g_get_monotonic_time() - start, <, G_USEC_PER_SEC);
}

/* Regression: a shell's quoting rules were applied, so a backslash stayed in the comment, and "#" ended the line. */
static void test_parse_as_iptables_writes(void) {
        g_autoptr(KernelTable) table = kernel_table_parse("-A DOCKER-USER -i #0 -m comment --comment \"it\\'s $mine\" -j DROP\n"
                                                          "-A DOCKER-USER -m comment --comment \"\" -j DROP\n");
        g_assert_cmpint(table->rules->len, ==, 2);
        const KernelRule *rule = table->rules->pdata[0], *empty = table->rules->pdata[1];
        g_assert_cmpstrv(rule->args,
                         ((const char *[]){ "-i", "#0", "-m", "comment", "--comment", "it's $mine", "-j", "DROP", NULL }));
        g_assert_cmpstr(empty->args[3], ==, "");
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

static GPtrArray *listing(GPtrArray *desired, Family family) {
        GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < desired->len; i++) {
                const DirectRule *rule = desired->pdata[i];
                if (rule->family != family)
                        continue;
                GString *line = g_string_new(NULL);
                g_string_printf(line, "-A %s", rule->chain);
                char *sources = NULL;
                for (char **arg = rule->args; *arg; arg++) {
                        g_autofree char *quoted = g_strdup_printf("\"%s\"", *arg);
                        if (arg > rule->args && g_str_equal(arg[-1], "-s")) {
                                sources = *arg;
                                g_string_append(line, " %s");
                        } else
                                g_string_append_printf(line, " %s", quoted);
                }
                g_auto(GStrv) each = g_strsplit(sources ? sources : "", ",", -1);
                for (char **source = each; sources && *source; source++) {
                        g_auto(GStrv) halves = g_strsplit(line->str, "%s", 2);
                        g_ptr_array_add(lines, g_strconcat(halves[0], *source,
                                                           strchr(*source, '/') ? "" :
                                                           family               ? "/128" :
                                                                                  "/32",
                                                           halves[1], NULL));
                }
                g_ptr_array_add(lines, g_string_free(line, FALSE));
                if (sources)
                        g_ptr_array_remove_index(lines, lines->len - 1);
        }
        return lines;
}

static char *compare(GPtrArray *lines, GPtrArray *desired, const char *forward) {
        g_ptr_array_add(lines, NULL);
        g_autofree char *rules = g_strjoinv("\n", (char **) lines->pdata);
        g_autofree char *text = g_strconcat(forward ? forward : "", "\n", rules, NULL);
        g_ptr_array_remove_index(lines, lines->len - 1);
        g_autoptr(KernelTable) table = kernel_table_parse(text);
        g_autoptr(GPtrArray) deviations = kernel_table_compare(table, desired, FAMILY_IPV4, forward);
        GString *codes = g_string_new(NULL);
        for (guint i = 0; i < deviations->len; i++)
                g_string_append_printf(codes, "%s%s", i ? " " : "",
                                       problem_code_to_string(((Deviation *) deviations->pdata[i])->code));
        return g_string_free(codes, FALSE);
}

static void expect(GPtrArray *lines, GPtrArray *desired, const char *forward, const char *codes) {
        g_autofree char *found = compare(lines, desired, forward);
        g_assert_cmpstr(found, ==, codes);
}

static GPtrArray *render(const char *const *lines) {
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, NULL, NULL, NULL, false);
        return direct_render(rules, BRIDGES, true, false, NULL);
}

#define GOOD_FORWARD "-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER"

static void test_compare(void) {
        const char *const lines[] = { "web: allow-only sources=1.1.1.1,1.1.1.4/30 ports=80/tcp log", "d: deny sources=9.9.9.9",
                                      NULL };
        g_autoptr(GPtrArray) desired = render(lines), list = listing(desired, FAMILY_IPV4);
        expect(list, desired, GOOD_FORWARD, "");
        expect(list, desired, NULL, "");

        for (guint i = 0; i < list->len; i++) {
                g_autoptr(GPtrArray) less = listing(desired, FAMILY_IPV4);
                g_ptr_array_remove_index(less, i);
                expect(less, desired, GOOD_FORWARD, "rules-missing");
        }
        /* Harmless rules of others. */
        g_ptr_array_insert(list, 0, g_strdup("-A DOCKER-USER -s 5.5.5.5/32 -j DROP"));
        g_ptr_array_add(list, g_strdup("-A DOCKER-USER -j RETURN"));
        expect(list, desired, GOOD_FORWARD, "");
        /* Docker <= 28.2 added its RETURN before our rules. */
        g_ptr_array_insert(list, 0, g_strdup("-A DOCKER-USER -j RETURN"));
        expect(list, desired, GOOD_FORWARD, "rules-dead");
        g_ptr_array_remove_index(list, 0);
        /* A jump to somebody's chain returns. */
        g_ptr_array_insert(list, 0, g_strdup("-A DOCKER-USER -j BLOCKLIST"));
        g_ptr_array_insert(list, 0, g_strdup("-A DOCKER-USER -p tcp -j REJECT --reject-with tcp-reset"));
        g_ptr_array_insert(list, 0, g_strdup("-A DOCKER-USER -j NFLOG"));
        expect(list, desired, GOOD_FORWARD, "");
        g_ptr_array_insert(list, 0, g_strdup("-A DOCKER-USER -j REJECT --reject-with icmp-port-unreachable"));
        expect(list, desired, GOOD_FORWARD, "rules-dead");
        g_ptr_array_remove_index(list, 0);
        /* A rule of ours that should not exist. */
        g_ptr_array_add(list, g_strdup("-A DOCKER-USER -m comment --comment quaywall:old -j QUAYWALL"));
        expect(list, desired, GOOD_FORWARD, "rules-altered");
}

static void test_order(void) {
        const char *const lines[] = { "web: allow-only sources=1.1.1.1", NULL };
        g_autoptr(GPtrArray) desired = render(lines), list = listing(desired, FAMILY_IPV4);
        guint first = list->len;
        for (guint i = 0; i < list->len && first == list->len; i++)
                if (strstr(list->pdata[i], " 1.1.1.1/32"))
                        first = i;
        g_assert_cmpint(first + 1, <, list->len);
        gpointer pass = list->pdata[first];
        list->pdata[first] = list->pdata[first + 1];
        list->pdata[first + 1] = pass;
        expect(list, desired, GOOD_FORWARD, "rules-disordered");
}

/* FACTS section 1: after a reload Docker's own ACCEPT comes before the jump. */
static void test_jump(void) {
        const char *const lines[] = { "d: deny", NULL };
        g_autoptr(GPtrArray) desired = render(lines), list = listing(desired, FAMILY_IPV4);
        expect(list, desired, "-P FORWARD DROP", "jump-missing");
        expect(list, desired, "-A FORWARD -i x -j DOCKER-USER", "jump-missing");
        expect(list, desired, "-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -j DOCKER-USER", "jump-bypassed");
        expect(list, desired,
               "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -j DOCKER-USER",
               "jump-bypassed");
        expect(list, desired, "-A FORWARD -j DOCKER-FORWARD\n-A FORWARD -j DOCKER-USER", "jump-bypassed");
        expect(list, desired, "-A FORWARD -j DOCKER-ISOLATION-STAGE-1\n-A FORWARD -j DOCKER-USER", "");
        bool bypassed;
        g_autoptr(KernelTable) table = kernel_table_parse("-A INPUT -j ACCEPT\n-A FORWARD -j LOG\n-A FORWARD -j DOCKER-USER");
        g_assert_cmpint(kernel_table_find_jump(table, &bypassed), ==, 2);
        g_assert_false(bypassed);
}

/* As Docker 20.10 and 28 write the rules. The bridge of an internal network has no rule that jumps to DOCKER. */
static void note(const char *bridge, gpointer text) {
        g_string_append_printf(text, "%s ", bridge);
}

static void test_docker(void) {
        static const struct {
                const char *text, *chain, *bridges;
                bool has;
        } CASES[] = {
                { "-N DOCKER\n-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -i docker0 -o docker0 "
                  "-j ACCEPT\n-A DOCKER-ISOLATION-STAGE-1 ! -s 172.19.0.0/16 -o br-internal -j DROP\n-A FORWARD -o br-0 -j DOCKER",
                  "FORWARD", "docker0 br-0 ", true },
                { "-N DOCKER\n-A FORWARD -j DOCKER-USER\n-A FORWARD -j DOCKER-FORWARD\n-A DOCKER-BRIDGE -o docker0 -j DOCKER",
                  "FORWARD", "docker0 ", true },
                { "-N DOCKER\n-N DOCKER-USER\n-A FORWARD -j DOCKER-USER", "FORWARD", "",
                  false }, /* flushed, then the jump was restored */
                { "-A FORWARD -o docker0 -j DOCKER", "FORWARD", "docker0 ", false },
                { "-N DOCKER\n-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER", "PREROUTING", "", true },
                { "-N DOCKER\n-A OUTPUT ! -d 127.0.0.0/8 -j DOCKER", "PREROUTING", "", false },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(KernelTable) table = kernel_table_parse(CASES[i].text);
                g_autoptr(GString) bridges = g_string_new(NULL);
                kernel_table_bridges(table, note, bridges);
                g_assert_cmpstr(bridges->str, ==, CASES[i].bridges);
                g_assert_cmpint(kernel_table_has_docker(table, CASES[i].chain), ==, CASES[i].has);
        }
}

/* In every spelling: as iptables prints it, and as somebody gave it to firewalld. */
static void test_nothing_past(void) {
        static const struct {
                bool ends;
                const char *rule;
        } RULES[] = {
                { true, "-j DROP" },
                { true, "-j RETURN" },
                { true, "-g MINE" },
                { true, "--jump ACCEPT" },
                { true, "-j REJECT --reject-with icmp-port-unreachable" },
                { true, "-m comment --comment rack-19 -j DROP" },
                { true, "-s 0.0.0.0/0 -j DROP" },
                { true, "-j DROP -s ::/0" },
                { true, "--source 10.0.0.0/0 --destination 0.0.0.0/0.0.0.0 -p all -i + -o + -j RETURN" },
                { false, "-j MINE" },
                { false, "-j LOG" },
                { false, "-s 10.0.0.0/8 -j DROP" },
                { false, "! -s 0.0.0.0/0 -j DROP" },
                { false, "-p tcp -j DROP" },
                { false, "-i ext+ -j DROP" },
                { false, "-m limit --limit 1/sec -j DROP" },
                { false, "-m comment --comment rack-19" },
                { false, "" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(RULES); i++) {
                g_auto(GStrv) args = g_strsplit(RULES[i].rule, " ", -1);
                const bool ends = RULES[i].rule[0] && rule_lets_nothing_past((const char *const *) args);
                if (ends != RULES[i].ends)
                        g_test_message("%s", RULES[i].rule);
                g_assert_cmpint(ends, ==, RULES[i].ends);
        }
}

static guint64 digest_of(const char *text) {
        g_autoptr(KernelTable) table = kernel_table_parse(text);
        return kernel_table_docker_digest(table);
}

/* Docker's rules for networks change the digest, since Docker then moves the jump; rules of others or for a container do
 * not. */
static void test_docker_digest(void) {
        const guint64 one =
                digest_of("-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER-ISOLATION-STAGE-1 -j RETURN");
        g_assert_cmpuint(digest_of(""), !=, 0);
        g_assert_cmpuint(one, !=, digest_of(""));
        static const char *const SAME[] = {
                "-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -j DOCKER-USER\n-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
                "-A FORWARD -o docker0 -j DOCKER\n-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
                "-A FORWARD -j ACCEPT\n-A FORWARD -o docker0 -j DOCKER\n-A DOCKER-ISOLATION-STAGE-1 -j RETURN\n-A DOCKER-USER -j RETURN",
                "-A FORWARD -o docker0 -j DOCKER\n-A DOCKER-ISOLATION-STAGE-1 -j RETURN\n"
                "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(SAME); i++)
                g_assert_cmpuint(digest_of(SAME[i]), ==, one);
        g_assert_cmpuint(
                digest_of(
                        "-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -o br-1 -j DOCKER\n-A DOCKER-ISOLATION-STAGE-1 -j RETURN"),
                !=, one);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/kernel-rules/parse", test_parse);
        g_test_add_func("/kernel-rules/canonical", test_canonical);
        g_test_add_func("/kernel-rules/split", test_split);
        g_test_add_func("/kernel-rules/split-of-many-lists", test_split_of_many_lists);
        g_test_add_func("/kernel-rules/parse-as-iptables-writes", test_parse_as_iptables_writes);
        g_test_add_func("/kernel-rules/compare", test_compare);
        g_test_add_func("/kernel-rules/order", test_order);
        g_test_add_func("/kernel-rules/jump", test_jump);
        g_test_add_func("/kernel-rules/docker", test_docker);
        g_test_add_func("/kernel-rules/nothing-past", test_nothing_past);
        g_test_add_func("/kernel-rules/docker-digest", test_docker_digest);
        return g_test_run();
}
