/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of addresses: what they hold, their XML form, and what policies make of them. */
#include "model/group.h"

#include <string.h>

#include "compile/rule.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/group-xml.h"
#include "world.h"

static const char *const BRIDGES[] = { "docker0", NULL };

static Group *group_of(const char *addresses) {
        g_autofree char *line = g_strconcat("group:g", *addresses ? " " : "", addresses, NULL), *name = NULL;
        return group_from_line(line, &name);
}

static char *text_of(const Group *group) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < group->addresses->len; i++) {
                g_autofree char *range = address_range_format(&g_array_index(group->addresses, AddressRange, i));
                g_string_append_printf(text, "%s%s", i ? "," : "", range);
        }
        return g_string_free(text, FALSE);
}

static void test_bad(void) {
        static const struct {
                const char *text, *words;
                int code;
        } CASES[] = {
                { "", "addresses: \"\" is not an IP address", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "office", "addresses: \"office\" is not", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "10.0.0.1/8", "addresses: \"10.0.0.1/8\" has bits set", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "group:a", "addresses: \"group:a\": a group holds addresses only", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "ipset:a", "addresses: \"ipset:a\": a group holds addresses only", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "zone:a", "addresses: \"zone:a\": a group holds addresses only", QUAYWALL_ERROR_INVALID_ADDRESS },
                { "group:\xff\n", "a group holds addresses only", QUAYWALL_ERROR_INVALID_ADDRESS },
        };
        g_autoptr(Group) group = group_new();
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_false(group_add_address(group, CASES[i].text, &error));
                g_assert_error(error, QUAYWALL_ERROR, CASES[i].code);
                if (!strstr(error->message, CASES[i].words))
                        g_error("%s", error->message);
                g_assert_true(g_utf8_validate(error->message, -1, NULL));
        }
        g_assert_cmpint(group->addresses->len, ==, 0);

        g_autofree char *longest = g_strnfill(LIMIT_DESCRIPTION, 'd'), *longer = g_strnfill(LIMIT_DESCRIPTION + 1, 'd');
        g_autoptr(GError) error = NULL, lines = NULL;
        g_assert_true(group_set_description(group, longest, NULL));
        g_assert_false(group_set_description(group, longer, &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
        g_assert_false(group_set_description(group, "a\nb", &lines));
        g_assert_error(lines, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_GROUP);
        g_assert_cmpstr(group->description, ==, longest);
        g_assert_true(group_set_description(group, "", NULL));
        g_assert_null(group->description);
}

static void test_names(void) {
        g_autofree char *longest = g_strnfill(LIMIT_NAME, 'a'), *longer = g_strnfill(LIMIT_NAME + 1, 'a');
        const char *const bad[] = { "", ".", "-x", "a/b", "a b", "a:b", "group:a", longer };
        const char *const good[] = { "a", "A.b_c-9", longest };
        for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
                g_autoptr(GError) error = NULL, other = NULL;
                g_assert_false(group_name_check(bad[i], &error));
                g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_GROUP);
                g_autofree char *line = g_strconcat("deny sources=group:", bad[i], NULL);
                if (strchr(bad[i], ' '))
                        continue;
                g_assert_null(policy_from_line(line, &other));
                g_assert_error(other, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS);
                g_assert_nonnull(strstr(other->message, "does not name a group"));
        }
        for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
                g_autofree char *line = g_strconcat("deny sources=group:", good[i], NULL);
                g_autoptr(Policy) policy = policy_from_line(line, NULL);
                g_assert_true(group_name_check(good[i], NULL));
                g_assert_cmpstr(policy->groups->pdata[0], ==, good[i]);
        }
}

static void test_edit(void) {
        static const struct {
                const char *group, *edit, *with, *without;
        } CASES[] = {
                { "1.1.1.1", "2.2.2.2", "1.1.1.1,2.2.2.2", "1.1.1.1" },
                { "1.1.1.1", "1.1.1.1", "1.1.1.1", "" },
                { "", "1.1.1.1", "1.1.1.1", "" },
                { "3.3.3.3,1.1.1.0/24", "1.1.1.7,2.2.2.2", "3.3.3.3,1.1.1.0/24,2.2.2.2",
                  "3.3.3.3,1.1.1.0-1.1.1.6,1.1.1.8-1.1.1.255" },
                { "3.3.3.3,1.1.1.0/24,fd01::1", "1.1.0.0/16", "3.3.3.3,1.1.0.0/16,fd01::1", "3.3.3.3,fd01::1" },
                { "1.1.1.1,1.1.1.2", "1.1.1.2", "1.1.1.1,1.1.1.2", "1.1.1.1" },
                { "fd01::/64,1.1.1.1", "fd01::2-fd01::3", "fd01::/64,1.1.1.1",
                  "fd01::/127,fd01::4-fd01::ffff:ffff:ffff:ffff,1.1.1.1" },
                { "0.0.0.0/0,::/0", "::1", "0.0.0.0/0,::/0", "0.0.0.0/0,::,::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Group) group = group_of(CASES[i].group), edit = group_of(CASES[i].edit);
                group_set_description(group, "kept", NULL);
                g_autoptr(Group) with = group_with(group, edit->addresses, NULL),
                                 without = group_without(group, edit->addresses, NULL);
                g_autofree char *more = text_of(with), *less = text_of(without), *same = text_of(group);
                g_assert_cmpstr(more, ==, CASES[i].with);
                g_assert_cmpstr(less, ==, CASES[i].without);
                g_assert_cmpstr(same, ==, CASES[i].group);
                g_assert_cmpstr(with->description, ==, "kept");
                g_assert_cmpstr(without->description, ==, "kept");
        }
}

static void test_limit(void) {
        g_autoptr(Group) group = group_new(), one = group_of("11.0.0.1"), half = group_new();
        g_autoptr(GError) error = NULL, more = NULL;
        for (guint i = 0; i < LIMIT_ADDRESSES; i++) {
                g_autofree char *text = g_strdup_printf("10.%u.%u.%u", i >> 15, i >> 7 & 255, (i & 127) * 2);
                g_assert_true(group_add_address(group, text, NULL));
                if (i % 2)
                        g_assert_true(group_add_address(half, text, NULL));
        }
        g_assert_false(group_add_address(group, "11.0.0.1", &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
        group_finish(group);
        g_assert_null(group_with(group, one->addresses, &more));
        g_assert_error(more, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
        /* Those that it has already are no more. */
        g_autoptr(Group) same = group_with(group, half->addresses, NULL);
        g_assert_cmpint(same->addresses->len, ==, LIMIT_ADDRESSES);
        g_assert_cmpint(same->merged, ==, LIMIT_ADDRESSES / 2);
        /* O(n log n): a few milliseconds, where each against each would take a minute. */
        const gint64 begin = g_get_monotonic_time();
        g_autoptr(Group) less = group_without(group, half->addresses, NULL);
        g_assert_cmpint(less->addresses->len, ==, LIMIT_ADDRESSES / 2);
        g_assert_cmpint(g_get_monotonic_time() - begin, <, 5 * G_USEC_PER_SEC);
        /* Regression: what was taken out of the middle of a range left more than a file may have, and it could not be read again. */
        g_autoptr(Group) net = group_new();
        g_autoptr(GError) pieces = NULL;
        g_assert_true(group_add_address(net, "8.0.0.0/5", NULL));
        group_finish(net);
        g_assert_null(group_without(net, group->addresses, &pieces));
        g_assert_error(pieces, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
}

static void test_xml(void) {
        static const struct {
                const char *text, *words;
        } BAD[] = {
                { "<group>\n<source address='1.1.1.300'/></group>", "2: addresses: \"1.1.1.300\"" },
                { "<group>\n<source group='a'/></group>", "2: <source> has no attribute \"group\"" },
                { "<group>\n<source ipset='a'/></group>", "2: <source> has no attribute \"ipset\"" },
                { "<group>\n\n<source address='group:a'/></group>", "3: addresses: \"group:a\": a group holds" },
                { "<group><source/></group>", "1: <source> needs the attribute \"address\"" },
                { "<group><source address='1.1.1.1'>x</source></group>", "1: <source> must be empty" },
                { "<group>\n<entry>1.1.1.1</entry></group>", "2: <entry> is not known in a group" },
                { "<group name='a'/>", "1: <group> has no attribute \"name\"" },
                { "<policy action='deny'/>", "1: the document must be a <group>, not <policy>" },
                { "<x:group xmlns:x='urn:x'/>", "1: the document must be a <group>" },
                { "<group xmlns:x='urn:x'>\n<x:source address='1.1.1.1'/></group>", "2: <source>: namespaces" },
                { "<group>1.1.1.1</group>", "1: text, entities and instructions are not allowed in <group>" },
                { "<group><description>a</description>\n<description>b</description></group>",
                  "2: <description> is there twice" },
                { "<group><description>a&#10;b</description></group>", "1: description: " },
                { "<!DOCTYPE group><group/>", "1: a document type declaration" },
                { "<group", "1: " },
                { "", "" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(BAD); i++) {
                g_autoptr(GError) error = NULL;
                g_assert_null(group_from_xml(BAD[i].text, strlen(BAD[i].text), &error));
                if (!error || !g_str_has_prefix(error->message, BAD[i].words))
                        g_error("%s: %s", BAD[i].text, error ? error->message : "no error");
        }
        static const char *const GOOD[][3] = {
                { "<group/>", "", NULL },
                { "<group>\n<!-- Bob --><source address='192.168.1.1'/>\n</group>", "192.168.1.1", NULL },
                { "<?xml version='1.0'?><group><description>&lt;us&gt;</description><source address='10.0.0.1'/>"
                  "<source address='fd01::/64'/><source address='10.0.0.0/8'/></group>",
                  "10.0.0.0/8,fd01::/64", "<us>" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(GOOD); i++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(Group) group = group_from_xml(GOOD[i][0], strlen(GOOD[i][0]), &error);
                g_assert_no_error(error);
                g_autofree char *text = text_of(group), *xml = group_to_xml(group);
                g_assert_cmpstr(text, ==, GOOD[i][1]);
                g_assert_cmpstr(group->description, ==, GOOD[i][2]);
                g_autoptr(Group) again = group_from_xml(xml, strlen(xml), NULL);
                g_assert_true(group_equal(group, again));
        }
}

/* "ipv4 192.168.1.1; ipv6 nobody": the sources of each rule of the policy, beside these groups. */
static char *compile(const char *policy, Ipsets *ipsets) {
        const char *const lines[] = { "group:office 192.168.1.0/24,fd01::1", "group:four 10.0.0.0/8", "group:empty", policy,
                                      NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, NULL, ipsets, NULL, false);
        return rules_sources_to_string(rules);
}

/* A group without addresses, or that is not there, lists nobody: that is not everybody. */
static void test_sources(void) {
        static const char *const CASES[][2] = {
                { "p: allow-only sources=group:office", "ipv4 192.168.1.0/24; ipv6 fd01::1" },
                { "p: allow-only sources=group:office,192.168.2.1", "ipv4 192.168.1.0/24 192.168.2.1; ipv6 fd01::1" },
                { "p: allow-only sources=192.168.1.7,group:office", "ipv4 192.168.1.0/24; ipv6 fd01::1" },
                { "p: allow-only sources=group:four,group:office", "ipv4 10.0.0.0/8 192.168.1.0/24; ipv6 fd01::1" },
                { "p: allow-only sources=group:four,ipset:set", "ipv4 10.0.0.0/8 172.16.0.1; ipv6 nobody" },
                { "p: allow-only sources=group:none", "ipv4 nobody; ipv6 nobody" },
                { "p: allow-only sources=group:empty", "ipv4 nobody; ipv6 nobody" },
                { "p: allow-only sources=group:none,1.1.1.1", "ipv4 1.1.1.1; ipv6 nobody" },
                { "p: deny sources=group:four", "ipv4 10.0.0.0/8" },
                { "p: deny sources=group:none", "" },
                { "p: deny sources=group:empty", "" },
                { "p: deny", "ipv4 everybody; ipv6 everybody" },
        };
        g_autoptr(Ipsets) ipsets = ipsets_new();
        ipsets_put(ipsets, "set", (const char *const[]){ "172.16.0.1", NULL });
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *text = compile(CASES[i][0], ipsets);
                g_assert_cmpstr(text, ==, CASES[i][1]);
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/group/bad", test_bad);
        g_test_add_func("/group/names", test_names);
        g_test_add_func("/group/edit", test_edit);
        g_test_add_func("/group/limit", test_limit);
        g_test_add_func("/group/xml", test_xml);
        g_test_add_func("/group/sources", test_sources);
        return g_test_run();
}
