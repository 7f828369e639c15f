/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/fights.h"

#include "daemon/backoff.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

static const MonitorNews NEWS = { .guard_author = { 7, "nft" }, .others_author = { 8, "vandal" } };

static void note_over(ProblemCode code, guint32 count, gpointer userdata) {
        g_string_append_printf(userdata, " %s=%u", problem_code_to_string(code), count);
}

static char *counts_of(const Fights *fights) {
        GString *text = g_string_new(NULL);
        fights_visit(fights, note_over, text);
        return g_string_free(text, FALSE);
}

/* Repairs so many times, a second apart; returns the state after the last. */
static FightState repair(Fights *fights, ProblemCode code, bool is_urgent, gint64 *now, guint times) {
        FightState state = FIGHT_PEACE;
        for (guint i = 0; i < times; i++) {
                *now += SECOND;
                state = fights_repaired(fights, code, fights_author(code, &NEWS)->name, is_urgent, *now);
        }
        return state;
}

static void test_begins_and_ends(void) {
        Fights *fights = fights_new();
        g_autoptr(GPtrArray) problems = problems_new();
        g_autoptr(GString) over = g_string_new(NULL);
        gint64 now = 100 * SECOND;
        g_assert_cmpint(repair(fights, PROBLEM_RULES_MISSING, false, &now, BACKOFF_REPAIRS - 1), ==, FIGHT_PEACE);
        g_assert_cmpint(fights_due(fights, PROBLEM_RULES_MISSING), ==, 0);
        g_assert_cmpint(fights_report(fights, &NEWS, now, problems, note_over, over), ==, 0);
        g_assert_cmpuint(problems->len, ==, 0);

        /* Problems that are repaired together are one fight. */
        g_assert_cmpint(repair(fights, PROBLEM_RULES_ALTERED, false, &now, 1), ==, FIGHT_BEGINS);
        g_assert_cmpint(fights_due(fights, PROBLEM_RULES_DEAD), ==, now + SECOND);
        g_assert_cmpint(fights_due(fights, PROBLEM_JUMP_MISSING), ==, 0);
        g_assert_cmpint(repair(fights, PROBLEM_RULES_ALTERED, false, &now, 1), ==, FIGHT_GOES_ON);
        g_assert_cmpint(fights_due(fights, PROBLEM_RULES_MISSING), ==, now + 2 * SECOND);

        const gint64 end = fights_report(fights, &NEWS, now, problems, note_over, over);
        g_assert_cmpint(end, ==, now + (gint64) BACKOFF_CALM_USEC);
        g_assert_cmpuint(problems->len, ==, 1);
        const Problem *problem = problems->pdata[0];
        g_assert_cmpint(problem->code, ==, PROBLEM_CONTESTED);
        g_assert_nonnull(
                g_strstr_len(problem->sentence, -1, "vandal undoes again and again what quaywall repairs (rules-altered)"));
        g_assert_cmpstr(problem_get_detail(problem, "contested"), ==, "rules-altered");
        g_assert_cmpstr(problem_get_detail(problem, "repairs"), ==, "6");
        g_assert_cmpstr(problem_get_detail(problem, "process"), ==, "vandal");
        g_assert_cmpstr(problem_get_detail(problem, "pid"), ==, "8");
        g_assert_cmpstr(over->str, ==, "");

        g_ptr_array_set_size(problems, 0);
        g_assert_cmpint(fights_report(fights, &NEWS, end, problems, note_over, over), ==, 0);
        g_assert_cmpuint(problems->len, ==, 0);
        g_assert_cmpstr(over->str, ==, " rules-altered=6");
        g_assert_cmpint(fights_due(fights, PROBLEM_RULES_MISSING), ==, 0);
        g_autofree char *counts = counts_of(fights);
        g_assert_cmpstr(counts, ==, " rules-missing=4 rules-altered=2");
        fights_free(fights);
}

/* Waits do not grow while somebody could get in, and those of the guard are too short to notice. */
static void test_waits(void) {
        Fights *fights = fights_new();
        g_autoptr(GPtrArray) problems = problems_new();
        g_autoptr(GString) over = g_string_new(NULL);
        gint64 now = 100 * SECOND;
        (void) repair(fights, PROBLEM_JUMP_BYPASSED, true, &now, 20);
        g_assert_cmpint(fights_due(fights, PROBLEM_JUMP_MISSING), ==, now + SECOND);
        (void) repair(fights, PROBLEM_ZONE_INTERFACE, false, &now, 20);
        g_assert_cmpint(fights_due(fights, PROBLEM_ZONE_INTERFACE), ==, now + 60 * SECOND);
        (void) repair(fights, PROBLEM_GUARD_ALTERED, false, &now, 20);
        g_assert_cmpint(fights_due(fights, PROBLEM_GUARD_ALTERED), ==, now + SECOND / 20);
        (void) fights_report(fights, &NEWS, now, problems, note_over, over);
        g_assert_cmpuint(problems->len, ==, 2);
        g_assert_cmpstr(over->str, ==, " jump-bypassed=20");
        fights_free(fights);
}

/* Many things that one event has undone, repaired in one go, are no fight; the same again and again is. */
static void test_joined(void) {
        Fights *fights = fights_new();
        gint64 now = 100 * SECOND;
        for (guint i = 1; i <= BACKOFF_REPAIRS; i++) {
                fights_join(fights, PROBLEM_ZONE_INTERFACE);
                g_assert_cmpint(repair(fights, PROBLEM_ZONE_INTERFACE, false, &now, 1), ==,
                                i < BACKOFF_REPAIRS ? FIGHT_PEACE : FIGHT_BEGINS);
                g_assert_cmpint(repair(fights, PROBLEM_ZONE_INTERFACE, false, &now, 3), ==,
                                i < BACKOFF_REPAIRS ? FIGHT_PEACE : FIGHT_GOES_ON);
                fights_part(fights);
        }
        g_autofree char *counts = counts_of(fights);
        g_assert_cmpstr(counts, ==, " zone-interface=20");

        /* What is repaired meanwhile counts as ever. */
        fights_join(fights, PROBLEM_ZONE_INTERFACE);
        g_assert_cmpint(repair(fights, PROBLEM_GUARD_ALTERED, false, &now, BACKOFF_REPAIRS), ==, FIGHT_BEGINS);
        fights_part(fights);
        fights_free(fights);
}

/* Repairs after a reload of firewalld are forgiven, but neither a fight that has begun nor repairs of the guard. */
static void test_forgiven(void) {
        Fights *fights = fights_new();
        gint64 now = 100 * SECOND;
        (void) repair(fights, PROBLEM_RULES_MISSING, false, &now, BACKOFF_REPAIRS - 1);
        (void) repair(fights, PROBLEM_JUMP_MISSING, false, &now, BACKOFF_REPAIRS);
        (void) repair(fights, PROBLEM_GUARD_ALTERED, false, &now, BACKOFF_REPAIRS - 1);
        fights_forgive(fights);
        g_assert_cmpint(repair(fights, PROBLEM_RULES_MISSING, false, &now, 1), ==, FIGHT_PEACE);
        g_assert_cmpint(repair(fights, PROBLEM_JUMP_MISSING, false, &now, 1), ==, FIGHT_GOES_ON);
        g_assert_cmpint(repair(fights, PROBLEM_GUARD_ALTERED, false, &now, 1), ==, FIGHT_BEGINS);
        fights_free(fights);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/fights/begins-and-ends", test_begins_and_ends);
        g_test_add_func("/fights/waits", test_waits);
        g_test_add_func("/fights/joined", test_joined);
        g_test_add_func("/fights/forgiven", test_forgiven);
        return g_test_run();
}
