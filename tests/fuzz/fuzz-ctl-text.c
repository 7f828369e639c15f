/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What quaywallctl shows of text that others wrote: the kernel's log lines, times, and words in tables. Nothing of it drives the
 * terminal, and what a parser makes of a time it takes again. */
#include "ctl/ctl-error.h"
#include "ctl/log-line.h"
#include "ctl/text.h"
#include "ctl/when.h"

#include "fuzz.h"

static void check_printable(const char *text, const char *also) {
        if (!g_utf8_validate(text, -1, NULL))
                abort();
        for (const char *c = text; *c; c = g_utf8_next_char(c))
                if (g_unichar_iscntrl(g_utf8_get_char(c)) && !strchr(also, *c))
                        abort();
}

static void check_log_line(const char *text) {
        g_auto(LogLine) line = { NULL };
        if (!log_line_parse(text, &line))
                return;
        check_printable(line.policy, "");
        check_printable(line.source, "");
        check_printable(line.destination, "");
        check_printable(line.port, "");
        check_printable(line.interface, "");
        if (!log_line_is_of(&line, line.policy) || line.source_port > G_MAXUINT16)
                abort();
}

static void check_time(const char *text, GDateTime *now, char *(*read)(const char *text, GDateTime *now, GError **error)) {
        g_autoptr(GError) error = NULL, again_error = NULL;
        g_autofree char *time = read(text, now, &error);
        if (!time) {
                check_error(error, SIZE_MAX);
                return;
        }
        g_autofree char *again = when_until(time, now, &again_error);
        if (!again || !g_str_equal(time, again))
                abort();
}

static void check_table(const char *text) {
        static const char *const HEADERS[] = { "ONE", "TWO", "THREE", NULL };
        g_autoptr(TextTable) table = text_table_new(HEADERS);
        for (guint width = 0; width < 60; width += 20) {
                text_table_set_width(table, width);
                text_table_add(table, (const char *const[]){ text, "two", text, NULL });
                g_autofree char *lines = text_table_format(table, false);
                check_printable(lines, "\n");
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        g_autofree char *text = g_strndup((const char *) data, size);
        g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
        g_autoptr(GDateTime) now = g_date_time_new(zone, 2026, 11, 30, 16, 5, 0);
        check_log_line(text);
        g_autofree char *printable = text_printable(text);
        check_printable(printable, "");
        check_table(text);
        if (!g_utf8_validate(text, -1, NULL)) /* argv in a UTF-8 locale, and the bus, have nothing else */
                return 0;
        check_time(text, now, when_for);
        check_time(text, now, when_until);
        g_autofree char *shown = when_show_all(printable, now);
        check_printable(shown, "");
        return 0;
}
