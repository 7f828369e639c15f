/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which words a rule of Direct.AddRule may have. */
#include "compile/direct-words.h"

#include <string.h>

#include "model/error.h"

static bool check(Family family, const char *line, GError **error) {
        g_auto(GStrv) args = g_strsplit(line, "|", -1);
        return direct_words_check(family, (const char *const *) args, error);
}

static void test_good(void) {
        static const char *const GOOD[] = {
                "-j|DROP",
                "-s|10.0.0.1|-j|DROP",
                "--source|10.0.0.0/8,192.168.1.1|--destination|1.1.1.1|--jump|RETURN",
                "-s|10.0.0.0/255.0.0.0|-j|ACCEPT",
                "!|-s|10.0.0.1|-j|DROP",
                "-i|eth+|!|-o|br-1|-j|DROP",
                "-p|tcp|--dport|80|-j|DROP",
                "-p|6|!|--dport|80:90|--tcp-flags|SYN,ACK|SYN|-j|REJECT|--reject-with|tcp-reset",
                "-p|tcp|-m|multiport|--dports|80,443|-m|comment|--comment|two words, and more|-j|DROP",
                "-m|conntrack|--ctstate|NEW|--ctorigdst|10.0.0.1|--ctorigdstport|80|--ctdir|ORIGINAL|-j|DROP",
                "-p|icmp|--icmp-type|echo-request|-j|DROP",
                "-m|set|!|--match-set|banned|src,dst|-j|DROP",
                "-j|LOG|--log-prefix|mine: |--log-level|4",
                "-g|MY-CHAIN",
                "-j|NFQUEUE|--queue-num|0|--queue-bypass",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(GOOD); i++) {
                g_autoptr(GError) error = NULL;
                check(FAMILY_IPV4, GOOD[i], &error);
                g_assert_no_error(error);
        }
        g_autoptr(GError) error = NULL;
        g_assert_true(check(FAMILY_IPV6, "-s|fd00::/8|-p|ipv6-icmp|--icmpv6-type|echo-request|-j|DROP", &error));
}

/* Refused: what iptables-restore would take for a query, a counter, a program or another table, and what firewalld would
 * change. */
static void test_bad(void) {
        static const char *const BAD[][2] = {
                { "-V|-j|ACCEPT", "\"-V\" is no option" },
                { "-h|-j|ACCEPT", "\"-h\" is no option" },
                { "--help|-j|ACCEPT", "\"--help\"" },
                { "-c|1|2|-j|DROP", "\"-c\" is no option" },
                { "--set-counters|1|2|-j|DROP", "no option" },
                { "--modprobe=/x|-j|DROP", "no option" },
                { "-M/x|-j|DROP", "no option" },
                { "-t|nat|-j|DROP", "\"-t\" is no option" },
                { "-6|-j|DROP", "no option" },
                { "-w|-j|DROP", "no option" },
                { "-vnj|DROP", "no option" },
                { "-jDROP", "two words, \"-j\" and \"DROP\"" },
                { "--jump=DROP", "two words" },
                { "--jum|DROP", "in full, as \"--jump\"" },
                { "-p|tcp|--dpor|80|-j|DROP", "in full" },
                { "--dport|80|-p|tcp|-j|DROP", "must come after" },
                { "--reject-with|tcp-reset|-j|REJECT", "must come after" },
                { "-m|comment|--comment|rack-19\"|-j|DROP", "quote" },
                { "-m|comment|--comment|it's|-j|DROP", "quote" },
                { "-m|comment|--comment|a\\|-j|DROP", "backslash" },
                { "-m|comment|--comment|a\n-F|-j|DROP", "control" },
                { "-m|comment|--comment|%%LOGTYPE%%|-j|DROP", "firewalld replaces" },
                { "-m|comment|--comment|--table|-j|DROP", "value of" },
                { "-m|comment|--comment||-j|DROP", "empty" },
                { "-m|comment|--comment|quaywall:web|-j|DROP", "quaywall:" },
                { "-m|comment|--comment|quaywall|-j|DROP", "leads to the policies" },
                { "-p|tcp|--goto|QUAYWALL-POLICY", "quaywall's" },
                { "-m|bpf|-j|DROP", "no match" },
                { "-s|10.0.0.1", "target is missing" },
                { "-j|DROP|-j|ACCEPT", "second target" },
                { "-j|DROP|-g|X", "second target" },
                { "-s|1.1.1.1|--source|2.2.2.2|-j|DROP", "twice" },
                { "-s|example.com|-j|DROP", "address" },
                { "-s|fd00::1|-j|DROP", "address" },
                { "--src|1.1.1.1,2.2.2.2|-j|DROP", "address" },
                { "!|-s|1.1.1.1,2.2.2.2|-j|DROP", "list behind" },
                { "!|-j|DROP", "cannot have" },
                { "-s|!|1.1.1.1|-j|DROP", "value of" },
                { "-j|DOCKER", "Docker" },
                { "-j|QUAYWALL", "quaywall's" },
                { "-j|FORWARD", "cannot be a target" },
                { "-g|DROP", "no chain" },
                { "-i|a b|-j|DROP", "interface" },
                { "-j", "needs a value" },
                { "!", "before an option" },
                { "DROP", "stands where an option" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                g_autoptr(GError) error = NULL;
                if (check(FAMILY_IPV4, BAD[i][0], &error) || !strstr(error->message, BAD[i][1]) ||
                    !g_str_has_prefix(error->message, "args:")) {
                        g_test_message("%s: %s", BAD[i][0], error ? error->message : "accepted");
                        g_test_fail();
                }
        }
}

static void test_bounds(void) {
        g_autoptr(GError) lists = NULL, bytes = NULL;
        g_assert_false(check(FAMILY_IPV4,
                             "-s|1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8,1.1.1.9|"
                             "-d|1.1.1.1,1.1.1.2,1.1.1.3,1.1.1.4,1.1.1.5,1.1.1.6,1.1.1.7,1.1.1.8|-j|DROP",
                             &lists));
        g_assert_error(lists, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
        g_autofree char *word = g_strnfill(250, 'x');
        g_autofree char *line = g_strdup_printf("-m|comment|--comment|%s|--comment|%s|--comment|%s|--comment|%s|-j|DROP", word,
                                                word, word, word);
        g_assert_false(check(FAMILY_IPV4, line, &bytes));
        g_assert_error(bytes, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/direct-words/good", test_good);
        g_test_add_func("/direct-words/bad", test_bad);
        g_test_add_func("/direct-words/bounds", test_bounds);
        return g_test_run();
}
