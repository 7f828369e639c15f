/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a repair may be repeated, in simulated time. */
#include "daemon/backoff.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define LONGEST (60 * SECOND)

/* Repairs again and again, as soon as due but not before the pause is over; returns the time of the last repair. */
static gint64 fight(Backoff *backoff, guint repairs, gint64 now, gint64 pause) {
        for (guint i = 0; i < repairs; i++) {
                now = MAX(now + pause, backoff_due(backoff));
                (void) backoff_repaired(backoff, now, SECOND, LONGEST);
        }
        return now;
}

static void test_at_once(void) {
        Backoff backoff = { 0 };
        gint64 now = fight(&backoff, 4, 1000 * SECOND, SECOND);
        g_assert_cmpint(backoff_due(&backoff), ==, 0);
        g_assert_true(backoff_repaired(&backoff, now + SECOND, SECOND, LONGEST)); /* the fifth within a minute */
        g_assert_cmpint(backoff_due(&backoff), ==, now + 2 * SECOND);
}

static void test_seldom_is_no_fight(void) {
        Backoff backoff = { 0 };
        (void) fight(&backoff, 100, 1000 * SECOND, 16 * SECOND);
        g_assert_cmpint(backoff_due(&backoff), ==, 0);
}

static void test_doubles(void) {
        static const gint64 WAITS[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
        Backoff backoff = { 0 };
        gint64 now = fight(&backoff, 5, 1000 * SECOND, 0);
        for (gsize i = 0; i < G_N_ELEMENTS(WAITS); i++) {
                g_assert_cmpint(backoff_due(&backoff) - now, ==, WAITS[i] * SECOND);
                now = fight(&backoff, 1, now, 0);
        }
        g_assert_cmpint(backoff.repairs, ==, 5 + G_N_ELEMENTS(WAITS));
}

static void test_calms_down(void) {
        Backoff backoff = { 0 };
        gint64 now = fight(&backoff, 5, 1000 * SECOND, 0);
        g_assert_cmpint(backoff_end(&backoff), ==, now + 10 * SECOND);
        g_assert_false(backoff_calm_down(&backoff, now + 10 * SECOND - 1));
        now = fight(&backoff, 5, now, 0); /* 1, 2, 4, 8 and 16 s later, and then 32 s */
        g_assert_cmpint(backoff_end(&backoff), ==, now + 64 * SECOND);
        g_assert_true(backoff_calm_down(&backoff, now + 64 * SECOND));
        g_assert_cmpint(backoff_due(&backoff), ==, 0);
        g_assert_false(backoff_calm_down(&backoff, now + 99 * SECOND));
        g_assert_false(backoff_repaired(&backoff, now + 65 * SECOND, SECOND, LONGEST)); /* starts over */
}

/* Urgent repairs always wait equally long. */
static void test_bounded_rate(void) {
        Backoff backoff = { 0 };
        gint64 now = 1000 * SECOND;
        for (guint i = 0; i < 205; i++) {
                now = MAX(now, backoff_due(&backoff));
                (void) backoff_repaired(&backoff, now, SECOND / 20, SECOND / 20);
        }
        g_assert_cmpint(now, ==, 1010 * SECOND);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/backoff/at-once", test_at_once);
        g_test_add_func("/backoff/seldom-is-no-fight", test_seldom_is_no_fight);
        g_test_add_func("/backoff/doubles", test_doubles);
        g_test_add_func("/backoff/calms-down", test_calms_down);
        g_test_add_func("/backoff/bounded-rate", test_bounded_rate);
        return g_test_run();
}
