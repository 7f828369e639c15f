/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "log-line.h"

#include <arpa/inet.h>
#include <string.h>

#include "ctl/text.h"

#define LOG_LINE_PREFIX "quaywall:"

/* iptables' LOG has room for 29 characters: the prefix, so many of the name, and a blank. The guard logs names whole. */
#define LOG_LINE_CUT 19

void log_line_clear(LogLine *line) {
        g_clear_pointer(&line->policy, g_free);
        g_clear_pointer(&line->source, g_free);
        g_clear_pointer(&line->destination, g_free);
        g_clear_pointer(&line->port, g_free);
        g_clear_pointer(&line->interface, g_free);
}

/* IPv6 addresses are logged in full length. NULL: not an address. */
static char *log_line_address(const char *text) {
        char shown[INET6_ADDRSTRLEN];
        struct in6_addr address;
        const int family = strchr(text, ':') ? AF_INET6 : AF_INET;

        if (inet_pton(family, text, &address) != 1 || !inet_ntop(family, &address, shown, sizeof shown))
                return NULL;
        return g_strdup(shown);
}

static guint log_line_port(const char *text) {
        guint64 port;

        return g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT16, &port, NULL) ? (guint) port : 0;
}

/* The kernel names TCP, UDP and ICMP, and numbers others. */
static char *log_line_protocol(const char *text) {
        if (g_str_equal(text, "132"))
                return g_strdup("sctp");
        g_autofree char *printable = text_printable(text);
        return g_ascii_strdown(printable, -1);
}

/* The fields of the packet itself: an ICMP error quotes another one in brackets. */
static void log_line_take(LogLine *ret, const char *key, const char *value, char **protocol, guint *port) {
        if (g_str_equal(key, "IN") && !ret->interface)
                ret->interface = text_printable(value);
        else if (g_str_equal(key, "SRC") && !ret->source)
                ret->source = log_line_address(value);
        else if (g_str_equal(key, "DST") && !ret->destination)
                ret->destination = log_line_address(value);
        else if (g_str_equal(key, "PROTO") && !*protocol)
                *protocol = log_line_protocol(value);
        else if (g_str_equal(key, "SPT") && ret->source_port == 0)
                ret->source_port = log_line_port(value);
        else if (g_str_equal(key, "DPT") && *port == 0)
                *port = log_line_port(value);
}

bool log_line_parse(const char *message, LogLine *ret) {
        g_auto(LogLine) line = { NULL };
        g_autofree char *protocol = NULL;
        guint port = 0;

        if (!g_str_has_prefix(message, LOG_LINE_PREFIX))
                return false;
        g_auto(GStrv) words = g_strsplit(message + strlen(LOG_LINE_PREFIX), " ", -1);
        if (!words[0] || !*words[0])
                return false;
        line.policy = text_printable(words[0]);
        for (GStrv word = words + 1; *word && **word != '['; word++) {
                char *value = strchr(*word, '=');
                if (!value)
                        continue;
                *value++ = '\0';
                log_line_take(&line, *word, value, &protocol, &port);
        }
        if (!line.source || !line.destination || !protocol)
                return false;
        if (!line.interface)
                line.interface = g_strdup("");
        line.port = port > 0 ? g_strdup_printf("%u/%s", port, protocol) : g_steal_pointer(&protocol);
        *ret = line;
        line = (LogLine){ NULL };
        return true;
}

bool log_line_is_of(const LogLine *line, const char *name) {
        return g_str_equal(line->policy, name) ||
               (strlen(line->policy) == LOG_LINE_CUT && g_str_has_prefix(name, line->policy));
}
