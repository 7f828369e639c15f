/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* firewalld's ipsets as sources: what they contain, what policies make of it, and the file that keeps it. */
#include "model/ipsets.h"

#include <string.h>

#include "compile/rule.h"
#include "model/bounds.h"
#include "world.h"

static const char *const BRIDGES[] = { "docker0", NULL };

/* "office 192.168.1.0/24 fd01::1": the ipset, and its entries. */
static void put(Ipsets *ipsets, const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        ipsets_put(ipsets, words[0], (const char *const *) words + 1);
}

/* "ipv4 192.168.1.1; ipv6 nobody": the sources of each rule. */
static char *compile(const char *line, Ipsets *ipsets) {
        g_autoptr(PolicySet) set = policy_set_from_lines((const char *const[]){ line, NULL });
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, NULL, ipsets, NULL, false);
        return rules_sources_to_string(rules);
}

/* An ipset without entries, or that is not there, lists nobody: that is not everybody. */
static void test_sources(void) {
        static const char *const CASES[][2] = {
                { "p: allow-only sources=ipset:office", "ipv4 192.168.1.0/24; ipv6 fd01::1" },
                { "p: allow-only sources=ipset:office,192.168.2.1", "ipv4 192.168.1.0/24 192.168.2.1; ipv6 fd01::1" },
                { "p: allow-only sources=192.168.1.7,ipset:office", "ipv4 192.168.1.0/24; ipv6 fd01::1" },
                { "p: allow-only sources=ipset:four,ipset:office", "ipv4 10.0.0.0/8 192.168.1.0/24; ipv6 fd01::1" },
                { "p: allow-only sources=ipset:none", "ipv4 nobody; ipv6 nobody" },
                { "p: allow-only sources=ipset:wrong", "ipv4 nobody; ipv6 nobody" },
                { "p: allow-only sources=ipset:empty", "ipv4 nobody; ipv6 nobody" },
                { "p: deny sources=ipset:four", "ipv4 10.0.0.0/8" },
                { "p: deny sources=ipset:none", "" },
                { "p: deny sources=ipset:none,1.1.1.1", "ipv4 1.1.1.1" },
                { "p: deny sources=ipset:wrong", "" },
                { "p: deny", "ipv4 everybody; ipv6 everybody" },
        };
        g_autoptr(Ipsets) ipsets = ipsets_new();
        put(ipsets, "office 192.168.1.0/24 fd01::1");
        put(ipsets, "four 10.0.0.0/8");
        put(ipsets, "empty");
        put(ipsets, "wrong 10.0.0.1 10.0.0.1,tcp:80");
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *text = compile(CASES[i][0], ipsets);
                g_assert_cmpstr(text, ==, CASES[i][1]);
        }
        g_autofree char *unread = compile("p: allow-only sources=ipset:office", NULL);
        g_assert_cmpstr(unread, ==, "ipv4 nobody; ipv6 nobody");
}

static void test_flaws(void) {
        g_autoptr(Ipsets) ipsets = ipsets_new();
        g_autoptr(GPtrArray) many = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i <= LIMIT_ADDRESSES; i++)
                g_ptr_array_add(many, g_strdup_printf("10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255));
        g_ptr_array_add(many, NULL);
        ipsets_put(ipsets, "many", (const char *const *) many->pdata + 1);
        g_assert_cmpint(ipsets_find(ipsets, "many")->state, ==, IPSET_FINE);
        g_assert_cmpuint(ipsets_find(ipsets, "many")->entries->len, ==, LIMIT_ADDRESSES);
        ipsets_put(ipsets, "many", (const char *const *) many->pdata);
        g_assert_cmpint(ipsets_find(ipsets, "many")->state, ==, IPSET_UNUSABLE);
        g_assert_cmpuint(ipsets_find(ipsets, "many")->entries->len, ==, 0);
        g_assert_nonnull(strstr(ipsets_find(ipsets, "many")->flaw, "more than 65536 entries"));
        put(ipsets, "macs 00:11:22:33:44:55");
        g_assert_cmpint(ipsets_find(ipsets, "macs")->state, ==, IPSET_UNUSABLE);
        g_assert_nonnull(strstr(ipsets_find(ipsets, "macs")->flaw, "00:11:22:33:44:55"));
        ipsets_put_flaw(ipsets, "none", IPSET_MISSING, "does not exist");
        g_assert_cmpint(ipsets_find(ipsets, "none")->state, ==, IPSET_MISSING);
        g_assert_null(ipsets_find(ipsets, "unread"));
}

/* What one policy may have, a hundred may not have together. */
static void test_bound(void) {
        g_autoptr(Ipsets) ipsets = ipsets_new();
        g_autoptr(PolicySet) few = policy_set_new(), many = policy_set_new();
        g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < LIMIT_ADDRESSES; i++)
                g_ptr_array_add(entries, g_strdup_printf("10.0.%u.%u", i >> 8, i & 255));
        g_ptr_array_add(entries, NULL);
        ipsets_put(ipsets, "large", (const char *const *) entries->pdata);
        put(ipsets, "small 10.0.0.1");
        for (guint i = 0; i < 9; i++) {
                g_autofree char *name = g_strdup_printf("p%u", i);
                g_autoptr(Policy) policy = policy_from_line("deny sources=ipset:large,ipset:small", NULL);
                policy_set_insert(many, name, policy);
                if (i < 7)
                        policy_set_insert(few, name, policy);
        }
        PolicySet *const together[] = { few, few, NULL }, *const too_many[] = { few, many, NULL };
        ipsets_bound(ipsets, together);
        g_assert_cmpint(ipsets_find(ipsets, "large")->state, ==, IPSET_FINE);
        ipsets_bound(ipsets, too_many);
        g_assert_cmpint(ipsets_find(ipsets, "large")->state, ==, IPSET_UNUSABLE);
        g_assert_cmpint(ipsets_find(ipsets, "small")->state, ==, IPSET_FINE);
}

static void test_names(void) {
        const char *const one[] = { "a: deny sources=ipset:b,ipset:a", "b: deny sources=ipset:b", NULL }, *const other[] = {
                "a: deny sources=ipset:c", "b: deny", NULL
        };
        g_autoptr(PolicySet) first = policy_set_from_lines(one), second = policy_set_from_lines(other);
        PolicySet *const sets[] = { first, second, NULL };
        g_autoptr(GPtrArray) names = ipsets_named(sets);
        g_ptr_array_add(names, NULL);
        g_autofree char *text = g_strjoinv(" ", (char **) names->pdata);
        g_assert_cmpstr(text, ==, "a b c");
}

static void test_file(void) {
        g_autoptr(Ipsets) ipsets = ipsets_new();
        put(ipsets, "office 192.168.1.0/24 fd01::1 10.0.0.1");
        put(ipsets, "empty");
        g_autofree char *text = ipsets_to_text(ipsets);
        g_assert_cmpstr(text, ==, "empty\noffice\noffice 192.168.1.0/24\noffice fd01::1\noffice 10.0.0.1\n");
        g_autoptr(Ipsets) again = ipsets_from_text(text);
        g_assert_true(ipsets_equal(ipsets, again));
        put(ipsets, "office 192.168.1.0/24 fd01::1");
        g_assert_false(ipsets_equal(ipsets, again));
        put(ipsets, "office 192.168.1.0/24 fd01::1 10.0.0.2");
        g_assert_false(ipsets_equal(ipsets, again));
        g_hash_table_remove(ipsets, "office");
        g_assert_false(ipsets_equal(ipsets, again) || ipsets_equal(again, ipsets));
        /* Whatever it holds. */
        static const char *const BAD[] = {
                "", "\n\n", " ", " 1.1.1.1\n", "a 1.1.1.1.1\n", "a b c", "\xff \xff\n", "a  1.1.1.1"
        };
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                g_autoptr(Ipsets) read = ipsets_from_text(BAD[i]);
                const Ipset *ipset = ipsets_find(read, "a");
                g_assert_true(!ipset || ipset->entries->len == 0);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ipsets/sources", test_sources);
        g_test_add_func("/ipsets/flaws", test_flaws);
        g_test_add_func("/ipsets/bound", test_bound);
        g_test_add_func("/ipsets/names", test_names);
        g_test_add_func("/ipsets/file", test_file);
        return g_test_run();
}
