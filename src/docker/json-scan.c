/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-scan.h"

#include <glib/gi18n.h>

#include "model/bounds.h"
#include "model/error.h"

static bool fail(GError **error, const char *why) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("not the JSON that Docker writes: %s"), why);
        return false;
}

typedef struct Scan {
        const char *text;
        gsize length;
        gsize start; /* of the element being read; length: none */
        JsonElementFunc element;
        gpointer userdata;
} Scan;

static void end_element(Scan *scan, gsize end) {
        while (end > scan->start && g_ascii_isspace(scan->text[end - 1]))
                end--;
        if (scan->element && end > scan->start)
                scan->element(scan->text + scan->start, end - scan->start, scan->userdata);
        scan->start = scan->length;
}

/* The 16 bits of "\uD83D" at TEXT; -1 if there is no such escape. */
static int escaped_unit(const char *text, gsize length) {
        int unit = 0;
        if (length < 6 || text[0] != '\\' || text[1] != 'u')
                return -1;
        for (unsigned i = 2; i < 6; i++) {
                const int digit = g_ascii_xdigit_value(text[i]);
                if (digit < 0)
                        return -1;
                unit = unit << 4 | digit;
        }
        return unit;
}

/* The length in bytes of the escape at TEXT; 0 for half of a surrogate pair. json-glib would decode that to bytes that are not
 * UTF-8, and the bus disconnects a sender of those. Docker never writes one. */
static gsize escape_length(const char *text, gsize length) {
        if (length < 2 || text[1] != 'u')
                return 2;
        const int unit = escaped_unit(text, length);
        if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
                return 0;
        if (unit < 0xd800 || unit > 0xdbff)
                return 6;
        const int second = escaped_unit(text + 6, length - 6);
        return second >= 0xdc00 && second <= 0xdfff ? 12 : 0;
}

static bool run(Scan *scan, GError **error) {
        unsigned depth = 0;
        bool in_string = false;
        scan->start = scan->length;
        for (gsize i = 0; i < scan->length; i++) {
                const char c = scan->text[i];
                if (in_string) {
                        if (c == '\\') {
                                const gsize escape = escape_length(scan->text + i, scan->length - i);
                                if (escape == 0)
                                        return fail(error, _("\"\\u\" without a whole character"));
                                i += escape - 1;
                        } else if (c == '"')
                                in_string = false;
                        continue;
                }
                if (depth == 1 && (c == ',' || c == ']'))
                        end_element(scan, i);
                else if (depth == 1 && scan->start == scan->length && !g_ascii_isspace(c))
                        scan->start = i;
                if (c == '"')
                        in_string = true;
                else if ((c == '{' || c == '[') && ++depth > LIMIT_DOCKER_DEPTH)
                        return fail(error, _("it is nested too deeply"));
                else if ((c == '}' || c == ']') && depth-- == 0)
                        return fail(error, _("a bracket closes that none opened"));
        }
        return (depth == 0 && !in_string) || fail(error, _("it ends in the middle"));
}

bool json_scan(const char *text, gsize length, GError **error) {
        Scan scan = { .text = text, .length = length };
        return run(&scan, error);
}

bool json_scan_array(const char *text, gsize length, JsonElementFunc element, gpointer userdata, GError **error) {
        gsize first = 0;
        while (first < length && g_ascii_isspace(text[first]))
                first++;
        if (first == length || text[first] != '[')
                return fail(error, _("a list was asked for"));
        Scan scan = { .text = text, .length = length, .element = element, .userdata = userdata };
        return run(&scan, error);
}
