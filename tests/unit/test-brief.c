/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies and sources that hold for a time. */
#include "model/policy-time.h"

#include <string.h>

#include "compile/rule.h"
#include "model/brief.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/policy-check.h"
#include "model/policy-delta.h"
#include "model/policy-xml.h"
#include "world.h"

/* 2026-11-30T18:00:00Z */
#define SIX ((gint64) 1796061600)
#define AT_SIX "2026-11-30T18:00:00Z"
#define AT_SEVEN "2026-11-30T19:00:00Z"

static Policy *policy_of(const char *action, const char *sources, const char *until) {
        g_autoptr(Policy) policy = policy_new();
        g_auto(GStrv) list = g_strsplit(sources, ",", -1);
        g_assert_true(policy_set_string(policy, "action", action, NULL));
        for (char **source = list; *source && **source; source++)
                g_assert_true(policy_add_string(policy, "sources", *source, NULL));
        if (until)
                g_assert_true(policy_set_string(policy, "until", until, NULL));
        g_assert_true(policy_check(policy, NULL));
        return g_steal_pointer(&policy);
}

static char *sources_of(const Policy *policy) {
        g_auto(GStrv) sources = policy_get_strings(policy, "sources");
        return g_strjoinv(",", sources);
}

/* "10.0.0.1 10.0.0.2", "nobody", "everybody": whom the policy lists now, or "none" if it has no rule. */
static char *listed(Policy *policy) {
        static const char *const BRIDGES[] = { "docker0", NULL };
        g_autoptr(PolicySet) set = policy_set_new();
        policy_set_insert(set, "p", policy);
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, NULL, NULL, NULL, false);
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                if (rule->family != FAMILY_IPV4)
                        continue;
                GString *text = g_string_new(!rule->sources ? "everybody" : rule->sources->len == 0 ? "nobody" : "");
                for (guint s = 0; rule->sources && s < rule->sources->len; s++) {
                        g_autofree char *range = address_range_format(&g_array_index(rule->sources, AddressRange, s));
                        g_string_append_printf(text, "%s%s", s ? " " : "", range);
                }
                return g_string_free(text, FALSE);
        }
        return g_strdup("none");
}

static void test_times(void) {
        static const char *const GOOD[][2] = {
                { AT_SIX, AT_SIX },
                { "2026-11-30T19:00:00+01:00", AT_SIX },
                { "20261130T180000Z", AT_SIX },
        };
        static const char *const BAD[] = { "",
                                           "18:00",
                                           "25:00",
                                           "tomorrow",
                                           "2026-13-30T18:00:00Z",
                                           "2026-11-31T18:00:00Z",
                                           "2026-11-30T18:00:00",
                                           "99999999999999999999",
                                           "2026-11-30T18:00:00Z\n",
                                           "-1" };
        gint64 time;
        for (gsize i = 0; i < G_N_ELEMENTS(GOOD); i++) {
                g_assert_true(brief_time_parse("until", GOOD[i][0], &time, NULL));
                g_assert_cmpint(time, ==, SIX);
                g_autofree char *text = brief_time_format(time);
                g_assert_cmpstr(text, ==, GOOD[i][1]);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                g_autoptr(GError) error = NULL;
                g_test_message("%s", BAD[i]);
                g_assert_false(brief_time_parse("until", BAD[i], &time, &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY);
                g_assert_true(g_str_has_prefix(error->message, "until: "));
        }
}

static void test_sources(void) {
        static const char *const BAD[] = {
                "10.0.0.1 until ",          "10.0.0.1 until never",       " until " AT_SIX,
                "10.0.0.300 until " AT_SIX, "ipset:office until " AT_SIX, "zone:home until " AT_SIX
        };
        g_autoptr(Policy) policy =
                policy_of("allow-only", "10.0.0.1,10.0.0.9 until " AT_SIX ",fd01::/64 until " AT_SEVEN, NULL),
                          same = policy_copy(policy);
        g_autofree char *sources = sources_of(policy), *now = listed(policy);
        g_assert_cmpstr(sources, ==, "10.0.0.1,10.0.0.9 until " AT_SIX ",fd01::/64 until " AT_SEVEN);
        g_assert_cmpstr(now, ==, "10.0.0.1 10.0.0.9");
        g_assert_true(policy_equal(policy, same));
        /* once, until the later time */
        g_assert_true(policy_add_string(same, "sources", "10.0.0.9 until " AT_SEVEN, NULL));
        g_assert_true(policy_add_string(same, "sources", "fd01::/64 until " AT_SIX, NULL));
        g_autofree char *later = sources_of(same);
        g_assert_cmpstr(later, ==, "10.0.0.1,10.0.0.9 until " AT_SEVEN ",fd01::/64 until " AT_SEVEN);
        g_assert_false(policy_equal(policy, same));
        /* in the file, too */
        g_autofree char *xml = policy_to_xml(policy);
        g_assert_nonnull(strstr(xml, "<source address=\"10.0.0.9\" until=\"" AT_SIX "\"/>"));
        g_autoptr(Policy) again = policy_from_xml(xml, strlen(xml), NULL);
        g_assert_true(policy_equal(policy, again));
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                g_autoptr(GError) error = NULL;
                g_test_message("%s", BAD[i]);
                g_assert_false(policy_add_string(policy, "sources", BAD[i], &error));
                g_assert_true(g_str_has_prefix(error->message, "sources: "));
        }
        for (guint i = 0; i < LIMIT_BRIEF - 2; i++) {
                g_autofree char *source = g_strdup_printf("10.9.%u.%u until " AT_SIX, i / 256, i % 256);
                g_assert_true(policy_add_string(policy, "sources", source, NULL));
        }
        g_autoptr(GError) many = NULL;
        g_assert_false(policy_add_string(policy, "sources", "10.10.0.1 until " AT_SIX, &many));
        g_assert_error(many, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
}

/* The set after that time: "p: sources", what is in force, and whether it is enabled. */
static char *at(Policy *policy, gint64 now, bool keep) {
        g_autoptr(PolicySet) set = policy_set_new();
        policy_set_insert(set, "p", policy);
        g_autoptr(PolicySet) then = policy_set_at(set, now, keep), again = policy_set_at(then, now, keep);
        Policy *after = g_hash_table_lookup(then->policies, "p");
        g_assert_true(again == then || (policy->until && keep));
        if (!after)
                return g_strdup("gone");
        g_autofree char *sources = sources_of(after), *now_listed = listed(after);
        return g_strdup_printf("%s: %s%s%s", sources, now_listed, then == set ? " same" : "",
                               after->enabled ? "" : " disabled");
}

static void test_ends(void) {
        static const struct {
                const char *action, *sources, *until;
                gint64 after; /* after SIX, in seconds */
                const char *kept, *left;
        } CASES[] = {
                { "allow-only", "10.0.0.1,10.0.0.9 until " AT_SIX, NULL, -1,
                  "10.0.0.1,10.0.0.9 until " AT_SIX ": 10.0.0.1 10.0.0.9 same",
                  "10.0.0.1,10.0.0.9 until " AT_SIX ": 10.0.0.1 10.0.0.9 same" },
                { "allow-only", "10.0.0.1,10.0.0.9 until " AT_SIX, NULL, 0, "10.0.0.1,10.0.0.9 until " AT_SIX ": 10.0.0.1",
                  "10.0.0.1: 10.0.0.1" },
                { "allow-only", "10.0.0.8 until " AT_SEVEN ",10.0.0.9 until " AT_SIX, NULL, 60,
                  "10.0.0.8 until " AT_SEVEN ",10.0.0.9 until " AT_SIX ": 10.0.0.8", "10.0.0.8 until " AT_SEVEN ": 10.0.0.8" },
                /* the last source: nobody is listed, which is not everybody */
                { "allow-only", "10.0.0.9 until " AT_SIX, NULL, 0, "10.0.0.9 until " AT_SIX ": nobody",
                  "10.0.0.9 until " AT_SIX ": nobody" },
                { "allow-only", "10.0.0.8 until " AT_SIX ",10.0.0.9 until " AT_SIX, NULL, 0,
                  "10.0.0.8 until " AT_SIX ",10.0.0.9 until " AT_SIX ": nobody", "10.0.0.8 until " AT_SIX ": nobody" },
                { "deny", "10.0.0.9 until " AT_SIX, NULL, 0, "10.0.0.9 until " AT_SIX ": none",
                  "10.0.0.9 until " AT_SIX ": none" },
                { "allow-only", "ipset:x,10.0.0.9 until " AT_SIX, NULL, 0, "ipset:x,10.0.0.9 until " AT_SIX ": nobody",
                  "ipset:x: nobody" },
                { "deny", "", AT_SIX, -1, ": everybody same", ": everybody same" },
                { "deny", "", AT_SIX, 0, ": none disabled", "gone" },
                { "allow-only", "10.0.0.1", AT_SEVEN, 0, "10.0.0.1: 10.0.0.1 same", "10.0.0.1: 10.0.0.1 same" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Policy) policy = policy_of(CASES[i].action, CASES[i].sources, CASES[i].until);
                g_autofree char *kept = at(policy, SIX + CASES[i].after, true), *left = at(policy, SIX + CASES[i].after, false);
                g_test_message("%s %s", CASES[i].action, CASES[i].sources);
                g_assert_cmpstr(kept, ==, CASES[i].kept);
                g_assert_cmpstr(left, ==, CASES[i].left);
        }
}

static void test_next(void) {
        g_autoptr(PolicySet) set = policy_set_new();
        g_autoptr(Policy) plain = policy_of("deny", "10.0.0.1", NULL), later = policy_of("deny", "", AT_SEVEN),
                          sooner = policy_of("deny", "10.0.0.1,10.0.0.9 until " AT_SIX, NULL);
        g_assert_cmpint(policy_set_next_end(set), ==, G_MAXINT64);
        policy_set_insert(set, "a", plain);
        g_assert_cmpint(policy_set_next_end(set), ==, G_MAXINT64);
        policy_set_insert(set, "b", later);
        g_assert_cmpint(policy_set_next_end(set), ==, SIX + 3600);
        policy_set_insert(set, "c", sooner);
        g_assert_cmpint(policy_set_next_end(set), ==, SIX);
        g_autoptr(PolicySet) after = policy_set_at(set, SIX, false);
        g_assert_cmpint(policy_set_next_end(after), ==, SIX + 3600);
        g_autoptr(PolicySet) end = policy_set_at(after, SIX + 3600, false);
        g_assert_cmpint(policy_set_next_end(end), ==, G_MAXINT64);
        g_assert_cmpuint(g_hash_table_size(end->policies), ==, 2);
}

static void test_past(void) {
        g_autoptr(GError) one = NULL, other = NULL;
        g_assert_true(policy_time_check("until", SIX, SIX - 1, NULL));
        g_assert_false(policy_time_check("until", SIX, SIX, &one));
        g_assert_cmpstr(one->message, ==, "until: " AT_SIX " is past; it is " AT_SIX);
        g_assert_false(policy_time_check("sources", SIX, SIX + 3600, &other));
        g_assert_cmpstr(other->message, ==, "sources: " AT_SIX " is past; it is " AT_SEVEN);
}

/* An edit: sources for a time are cut and removed as others are, and those that are over go when others come. */
static void test_edits(void) {
        static const struct {
                const char *before, *add, *remove, *after;
                gint64 now;
        } CASES[] = {
                { "10.0.0.1", "10.0.0.9 until " AT_SIX, "", "10.0.0.1,10.0.0.9 until " AT_SIX, 0 },
                { "10.0.0.1,10.0.0.9 until " AT_SIX, "", "10.0.0.9", "10.0.0.1", 0 },
                { "10.0.0.1,10.0.0.9 until " AT_SIX, "", "10.0.0.9 until " AT_SIX, "10.0.0.1", 0 },
                { "10.0.0.1,10.0.0.8/30 until " AT_SIX, "", "10.0.0.9",
                  "10.0.0.1,10.0.0.8 until " AT_SIX ",10.0.0.10/31 until " AT_SIX, 0 },
                { "10.0.0.9 until " AT_SIX, "10.0.0.1", "", "10.0.0.1", SIX },
                { "10.0.0.9 until " AT_SIX, "10.0.0.8 until " AT_SEVEN, "", "10.0.0.8 until " AT_SEVEN, SIX },
                { "10.0.0.9 until " AT_SIX, "10.0.0.9 until " AT_SEVEN, "", "10.0.0.9 until " AT_SEVEN, SIX },
                { "10.0.0.9 until " AT_SIX, "10.0.0.9 until " AT_SEVEN, "", "10.0.0.9 until " AT_SEVEN, 0 },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Policy) policy = policy_of("allow-only", CASES[i].before, NULL);
                g_autoptr(PolicySet) set = policy_set_new();
                policy_set_insert(set, "p", policy);
                g_autoptr(PolicySet) then = policy_set_at(set, CASES[i].now, false);
                g_autoptr(PolicyDelta) delta = policy_delta_new();
                if (CASES[i].add[0])
                        g_assert_true(policy_add_string(delta->add, "sources", CASES[i].add, NULL));
                if (CASES[i].remove[0])
                        g_assert_true(policy_add_string(delta->remove, "sources", CASES[i].remove, NULL));
                g_autoptr(Policy) after = policy_delta_apply(delta, g_hash_table_lookup(then->policies, "p"), NULL);
                g_assert_nonnull(after);
                g_autofree char *sources = sources_of(after);
                g_assert_cmpstr(sources, ==, CASES[i].after);
                g_autofree char *now = listed(after);
                g_assert_cmpstr(now, !=, "nobody");
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/brief/times", test_times);
        g_test_add_func("/brief/sources", test_sources);
        g_test_add_func("/brief/ends", test_ends);
        g_test_add_func("/brief/next", test_next);
        g_test_add_func("/brief/past", test_past);
        g_test_add_func("/brief/edits", test_edits);
        return g_test_run();
}
