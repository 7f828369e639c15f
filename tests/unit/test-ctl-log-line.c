/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's lines about blocked packets (net/netfilter/nf_log_syslog.c of Linux 6.1), and lines that are none. */
#include "ctl/log-line.h"

#include <string.h>

#define ETHERNET "MAC=02:42:ac:11:00:02:02:42:c0:a8:01:32:08:00 "

static const struct {
        const char *message, *read; /* "policy interface source source-port destination port" */
} LINES[] = {
        { "quaywall:web IN=ext0 OUT= " ETHERNET
          "SRC=192.168.1.50 DST=192.168.1.99 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=54321 DF PROTO=TCP SPT=40000 DPT=8080 "
          "WINDOW=64240 RES=0x00 SYN URGP=0 ",
          "web ext0 192.168.1.50 40000 192.168.1.99 8080/tcp" },
        /* After DNAT, in DOCKER-USER. */
        { "quaywall:a.long-name_19chr IN=ext0 OUT=docker0 PHYSIN=x " ETHERNET
          "SRC=10.1.2.1 DST=172.17.0.2 LEN=28 TOS=0x00 PREC=0x00 TTL=63 ID=1 PROTO=UDP SPT=5353 DPT=53 LEN=8 MARK=0x1 ",
          "a.long-name_19chr ext0 10.1.2.1 5353 172.17.0.2 53/udp" },
        { "quaywall:web IN=ext0 OUT= " ETHERNET
          "SRC=fd01:0000:0000:0000:0000:0000:0000:0050 DST=fd01:0000:0000:0000:0000:0000:0000:0099 LEN=80 TC=0 HOPLIMIT=64 "
          "FLOWLBL=123 PROTO=TCP SPT=1 DPT=65535 WINDOW=1 RES=0x00 SYN URGP=0 ",
          "web ext0 fd01::50 1 fd01::99 65535/tcp" },
        { "quaywall:web IN=ext0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=84 TOS=0x00 PREC=0x00 TTL=64 ID=7 DF PROTO=ICMP TYPE=8 CODE=0 "
          "ID=4711 SEQ=1 ",
          "web ext0 10.0.0.1 0 10.0.0.2 icmp" },
        /* The packet that an ICMP error quotes is another one. */
        { "quaywall:web IN=ext0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=84 TOS=0x00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=3 CODE=3 "
          "[SRC=9.9.9.9 DST=8.8.8.8 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=1 PROTO=TCP SPT=1 DPT=2 ] ",
          "web ext0 10.0.0.1 0 10.0.0.2 icmp" },
        { "quaywall:web IN= OUT=docker0 SRC=10.0.0.1 DST=10.0.0.2 LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=7 PROTO=132 ",
          "web  10.0.0.1 0 10.0.0.2 sctp" },
        { "quaywall:web IN=ext0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=40 TOS=0x00 PREC=0x00 TTL=64 ID=7 MF FRAG:185 PROTO=TCP ",
          "web ext0 10.0.0.1 0 10.0.0.2 tcp" },
        { "quaywall:web IN=ext0 OUT= SRC=10.0.0.1 DST=10.0.0.2 LEN=20 TOS=0x00 PREC=0x00 TTL=64 ID=7 PROTO=TCP INCOMPLETE [0 bytes] ",
          "web ext0 10.0.0.1 0 10.0.0.2 tcp" },
};

static char *shown(const LogLine *line) {
        return g_strdup_printf("%s %s %s %u %s %s", line->policy, line->interface, line->source, line->source_port,
                               line->destination, line->port);
}

static void test_lines(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(LINES); i++) {
                g_auto(LogLine) line = { NULL };
                g_assert_true(log_line_parse(LINES[i].message, &line));
                g_autofree char *text = shown(&line);
                g_assert_cmpstr(text, ==, LINES[i].read);
        }
}

static void test_no_lines(void) {
        static const char *const NONE[] = {
                "",
                "quaywall:",
                "quaywall: IN=ext0 SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP ",
                "quaywall:web",
                "quaywall:web IN=ext0 OUT= ",
                "quaywall:web SRC=10.0.0.1 DST=10.0.0.2",
                "quaywall:web SRC=10.0.0.1 PROTO=TCP",
                "quaywall:web SRC=10.0.0.300 DST=10.0.0.2 PROTO=TCP",
                "quaywall:web SRC= DST= PROTO=",
                /* Others log, too. */
                "FINAL_REJECT: IN=ext0 OUT= SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP SPT=1 DPT=2",
                " quaywall:web IN=ext0 SRC=10.0.0.1 DST=10.0.0.2 PROTO=TCP",
                "docker0: port 3(vethf3509a7) entered disabled state",
        };
        for (gsize i = 0; i < G_N_ELEMENTS(NONE); i++) {
                g_auto(LogLine) line = { NULL };
                g_assert_false(log_line_parse(NONE[i], &line));
                g_assert_null(line.policy);
        }
}

/* A line that is cut anywhere, or has a byte changed, is read as something harmless or not at all. */
static void test_broken(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(LINES); i++)
                for (gsize n = 0; n < strlen(LINES[i].message); n++) {
                        g_autofree char *cut = g_strndup(LINES[i].message, n), *changed = g_strdup(LINES[i].message);
                        changed[n] = "\033=[ \200"[n % 5];
                        const char *const both[] = { cut, changed };
                        for (gsize b = 0; b < G_N_ELEMENTS(both); b++) {
                                g_auto(LogLine) line = { NULL };
                                if (!log_line_parse(both[b], &line))
                                        continue;
                                g_autofree char *text = shown(&line);
                                g_assert_null(strchr(text, '\033'));
                                g_assert_true(g_utf8_validate(text, -1, NULL));
                        }
                }
}

static void test_names(void) {
        const LogLine whole = { .policy = (char *) "web" }, cut = { .policy = (char *) "a-name-longer-than-" };

        g_assert_true(log_line_is_of(&whole, "web"));
        g_assert_false(log_line_is_of(&whole, "website"));
        g_assert_false(log_line_is_of(&whole, "we"));
        /* What iptables cut off is not known. */
        g_assert_true(log_line_is_of(&cut, "a-name-longer-than-log-prefixes-can-be"));
        g_assert_true(log_line_is_of(&cut, "a-name-longer-than-"));
        g_assert_false(log_line_is_of(&cut, "a-name-longer-tha"));
        g_assert_false(log_line_is_of(&cut, "a-name-longer-thin-"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/log-line/lines", test_lines);
        g_test_add_func("/ctl/log-line/no-lines", test_no_lines);
        g_test_add_func("/ctl/log-line/broken", test_broken);
        g_test_add_func("/ctl/log-line/names", test_names);
        return g_test_run();
}
