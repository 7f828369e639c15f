/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "port.h"

#include <string.h>

#include <glib/gi18n.h>

#include "error.h"

static const char *const PROTOCOLS[] = { "tcp", "udp", "sctp" };

static bool refuse(GError **error, const char *text, const char *why) {
        g_autofree char *valid = quaywall_error_show(text);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_PORT, "\"%s\": %s", valid, why);
        return false;
}

bool port_parse(const char *text, guint16 *ret) {
        guint64 number;
        if (text[0] == '0' || !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &number, NULL))
                return false;
        *ret = number;
        return true;
}

const char *protocol_from_string(const char *text) {
        for (gsize i = 0; i < G_N_ELEMENTS(PROTOCOLS); i++)
                if (g_str_equal(text, PROTOCOLS[i]))
                        return PROTOCOLS[i];
        return NULL;
}

bool port_range_parse(const char *text, PortRange *ret, GError **error) {
        const char *slash = strchr(text, '/');
        if (!slash)
                return refuse(error, text, _("a port needs its protocol, as in \"80/tcp\""));

        ret->protocol = protocol_from_string(slash + 1);
        if (!ret->protocol)
                return refuse(error, text, _("the protocol must be tcp, udp or sctp, as in \"80/tcp\""));

        g_autofree char *numbers = g_strndup(text, slash - text);
        char *dash = strchr(numbers, '-');
        if (dash)
                *dash = '\0';
        if (!port_parse(numbers, &ret->first) || !port_parse(dash ? dash + 1 : numbers, &ret->last))
                return refuse(error, text, _("a port is a number from 1 to 65535, a range as in \"5000-5010/udp\""));
        if (ret->first > ret->last)
                return refuse(error, text, _("the range ends before it begins"));
        return true;
}

char *port_range_format(const PortRange *range) {
        if (range->first == range->last)
                return g_strdup_printf("%u/%s", range->first, range->protocol);
        return g_strdup_printf("%u-%u/%s", range->first, range->last, range->protocol);
}

static int compare_spans(gconstpointer a, gconstpointer b) {
        return (int) ((const PortSpan *) a)->first - (int) ((const PortSpan *) b)->first;
}

GArray *port_set_new(GArray *ports, const char *protocol) {
        GArray *set = g_array_new(FALSE, FALSE, sizeof(PortSpan));
        for (guint i = 0; i < ports->len; i++) {
                const PortRange *range = &g_array_index(ports, PortRange, i);
                const PortSpan span = { range->first, range->last };
                if (range->protocol == protocol)
                        g_array_append_val(set, span);
        }
        g_array_sort(set, compare_spans);
        guint last = 0;
        for (guint i = 1; i < set->len; i++) {
                const PortSpan span = g_array_index(set, PortSpan, i);
                PortSpan *before = &g_array_index(set, PortSpan, last);
                if (span.first <= before->last + 1U)
                        before->last = MAX(before->last, span.last);
                else
                        g_array_index(set, PortSpan, ++last) = span;
        }
        g_array_set_size(set, MIN(set->len, last + 1));
        return set;
}

bool port_range_contains(const PortRange *range, const char *protocol, guint16 port) {
        return g_str_equal(range->protocol, protocol) && range->first <= port && port <= range->last;
}

bool port_range_overlaps(const PortRange *a, const PortRange *b) {
        return a->protocol == b->protocol && a->first <= b->last && b->first <= a->last;
}
