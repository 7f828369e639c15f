/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a user of quaywallctl says how long something holds. */
#include "ctl/when.h"

#include "ctl/ctl-error.h"

/* Monday, 30 November 2026, 17:30 in Berlin (UTC+1) */
static GDateTime *present(void) {
        g_autoptr(GTimeZone) zone = g_time_zone_new_offset(3600);
        return g_date_time_new(zone, 2026, 11, 30, 17, 30, 0);
}

typedef char *(*When)(const char *text, GDateTime *now, GError **error);

static void check(When when, const char *text, const char *expected) {
        g_autoptr(GDateTime) now = present();
        g_autoptr(GError) error = NULL;
        g_autofree char *time = when(text, now, &error);
        g_test_message("%s", text);
        g_assert_cmpstr(time, ==, expected);
        if (!expected)
                g_assert_error(error, CTL_ERROR, CTL_ERROR_USAGE);
}

static void test_for(void) {
        static const char *const CASES[][2] = {
                { "1s", "2026-11-30T16:30:01Z" },
                { "30min", "2026-11-30T17:00:00Z" },
                { "30m", "2026-11-30T17:00:00Z" },
                { "8h", "2026-12-01T00:30:00Z" },
                { "2d", "2026-12-02T16:30:00Z" },
                { "1w", "2026-12-07T16:30:00Z" },
                { "1h 30min", "2026-11-30T18:00:00Z" },
                { "1h30min", "2026-11-30T18:00:00Z" },
                { "36525d", "2126-12-01T16:30:00Z" },
                { "", NULL },
                { "0s", NULL },
                { "8", NULL },
                { "h", NULL },
                { "8x", NULL },
                { "-8h", NULL },
                { "8h-", NULL },
                { "8h 9", NULL },
                { "1month", NULL },
                { "36526d", NULL },
                { "99999999999999999999h", NULL },
                { "1.5h", NULL },
                { "18446744073709551615s", NULL },
                { "36525d 1s", NULL },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                check(when_for, CASES[i][0], CASES[i][1]);
}

static void test_until(void) {
        static const char *const CASES[][2] = {
                { "18:00", "2026-11-30T17:00:00Z" },
                { "18:00:30", "2026-11-30T17:00:30Z" },
                { "17:30", "2026-12-01T16:30:00Z" },
                { "09:00", "2026-12-01T08:00:00Z" }, /* tomorrow */
                { "2026-12-01", "2026-11-30T23:00:00Z" },
                { "2026-12-01 18:00", "2026-12-01T17:00:00Z" },
                { "2026-12-01T18:00:00Z", "2026-12-01T18:00:00Z" },
                { "25:00", NULL },
                { "18:60", NULL },
                { "18", NULL },
                { "1800", NULL },
                { "18:00:", NULL },
                { "6:00", NULL },
                { "", NULL },
                { "tomorrow", NULL },
                { "2026-11-30", NULL },
                { "2026-11-30 17:30", NULL },
                { "2025-01-01", NULL },
                { "2026-13-01", NULL },
                { "2026-02-30", NULL },
                { "9999-12-31", NULL },
                { "2026-12-01 25:00", NULL },
                { "2026-12-01x", NULL },
                { "99999-12-01", NULL },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++)
                check(when_until, CASES[i][0], CASES[i][1]);
}

static void test_show(void) {
        static const char *const CASES[][2] = {
                { "2026-11-30T16:30:59Z", "17:30 (59 s left)" },
                { "2026-11-30T17:00:00Z", "18:00 (30 min left)" },
                { "2026-11-30T18:25:00Z", "19:25 (1 h 55 min left)" },
                { "2026-12-02T18:00:00Z", "2026-12-02 19:00 (2 d 1 h left)" },
                { "2026-11-30T16:30:00Z", "17:30 (over)" },
                { "2026-11-29T16:30:00Z", "2026-11-29 17:30 (over)" },
                { "nonsense", "nonsense" },
        };
        g_autoptr(GDateTime) now = present();
        g_autofree char *all = when_show_all("10.0.0.1, 10.0.0.9 until 2026-11-30T17:00:00Z, ipset:2026-11-30", now);
        g_assert_cmpstr(all, ==, "10.0.0.1, 10.0.0.9 until 18:00 (30 min left), ipset:2026-11-30");
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *shown = when_show(CASES[i][0], now);
                g_assert_cmpstr(shown, ==, CASES[i][1]);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/ctl-when/for", test_for);
        g_test_add_func("/ctl-when/until", test_until);
        g_test_add_func("/ctl-when/show", test_show);
        return g_test_run();
}
