/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* polkit's prompts name what is done, and nothing in a name can hide it. */
#include "daemon/prompt.h"

#include <string.h>

#include "world.h"

static void test_policy(void) {
        static const char *const CASES[][2] = {
                { "allow-only sources=192.168.1.0/24 ports=8080/tcp interfaces=eth0",
                  "Only 192.168.1.0/24 may reach containers on port 8080/tcp from eth0" },
                { "deny", "Keep everybody away from containers" },
                { "deny sources=1.1.1.1,1.1.1.3,1.1.1.5 destinations=10.0.0.1",
                  "Keep 1.1.1.1, 1.1.1.3, 1.1.1.5 away from containers at 10.0.0.1" },
                { "allow-only sources=1.1.1.1,1.1.1.3,1.1.1.5,128.0.0.0/1",
                  "Only 128.0.0.0/1, 1.1.1.1, 1.1.1.3, 1.1.1.5 may reach containers" },
                { "forward interfaces=a out-interfaces=b", "Route from a to b" },
                { "obey-zones ports=8080/tcp", "Only whom firewalld's zones let in may reach containers on port 8080/tcp" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(Policy) policy = policy_from_line(CASES[i][0], NULL);
                g_autofree char *text = prompt_policy(policy);
                g_assert_cmpstr(text, ==, CASES[i][1]);
        }
}

static void test_set(void) {
        const Options options = { .scope = SCOPE_BOTH },
                      runtime = { .scope = SCOPE_RUNTIME, .cut = true, .confirm_within = 60 },
                      permanent = { .scope = SCOPE_PERMANENT };
        g_autoptr(Policy) old = policy_from_line("deny", NULL);
        g_autoptr(Policy) policy = policy_from_line("allow-only sources=192.168.1.1", NULL);
        g_autofree char *made = prompt_set("web", policy, NULL, NULL, &options);
        g_assert_cmpstr(made, ==,
                        "Make the policy \"web\", now and permanently. It is this: Only 192.168.1.1 may reach containers");
        policy_set_boolean(policy, "enabled", false);
        g_autofree char *disabled = prompt_set("web", policy, old, NULL, &runtime);
        g_assert_cmpstr(
                disabled, ==,
                "Replace the policy \"web\", now and until the next reload of quaywalld or boot, ending the open connections that are then "
                "forbidden, undone after 60 seconds unless confirmed. It is disabled, so it has no effect: Only 192.168.1.1 may reach "
                "containers. Before: Keep everybody away from containers");
        g_autofree char *removed = prompt_remove("web", old, NULL, &permanent);
        g_assert_cmpstr(
                removed, ==,
                "Remove the policy \"web\", permanently but not now: from the next reload or boot on. It is this: Keep everybody away "
                "from containers");
}

static void test_sets(void) {
        const Options options = { .scope = SCOPE_BOTH };
        g_autoptr(PolicySet) before = policy_set_new(), after = policy_set_new(), many = policy_set_new();
        g_autoptr(Policy) deny = policy_from_line("deny", NULL), off = policy_from_line("deny", NULL);
        policy_set_boolean(off, "enabled", false);
        policy_set_insert(before, "db", deny);
        policy_set_insert(before, "web", deny);
        policy_set_insert(after, "web", off);
        policy_set_insert(after, "new", deny);
        g_autofree char *all = prompt_replace_all(after, before, &options), *set = prompt_set_many(after, before, &options);
        g_assert_cmpstr(
                all, ==,
                "Replace all policies, now and permanently. Removed are 1: \"db\" (deny). Made are 1: \"new\" (deny). Replaced are 1: \"web\" "
                "(deny, disabled)");
        g_assert_cmpstr(
                set, ==,
                "Set 2 policies, now and permanently. Made are 1: \"new\" (deny). Replaced are 1: \"web\" (deny, disabled)");
        for (guint i = 0; i < 100; i++) {
                g_autofree char *name = g_strdup_printf("policy-%02u", i);
                policy_set_insert(many, name, deny);
        }
        g_autofree char *some = prompt_set_many(many, before, &options);
        g_assert_nonnull(strstr(some, "Made are 100: \"policy-00\" (deny), "));
        g_assert_nonnull(strstr(some, " more"));
        g_assert_cmpuint(strlen(some), <, 500);
}

static void test_direct(void) {
        const Options options = { .scope = SCOPE_BOTH };
        g_autofree char *long_word = g_strnfill(250, 'x');
        const char *const args[] = { "-m", "comment", "--comment", long_word, "-s", "0.0.0.0/0", "-j", "ACCEPT", NULL };
        g_autofree char *text = prompt_direct(true, FAMILY_IPV4, 0, args, &options);
        g_assert_true(g_str_has_prefix(
                text,
                "Add a rule with the target ACCEPT to the chain DOCKER-USER, now and permanently: ipv4, priority 0, \"-m "));
        g_assert_true(g_str_has_suffix(text, " -s 0.0.0.0/0 -j ACCEPT\""));
}

/* polkit replaces "$(name)" and drops everything after an unclosed "$("; agents interpret markup, terminals control
 * characters. */
static void test_escapes(void) {
        g_autofree char *text = prompt_text("a$(b \"c\" <i>&\xe2\x80\xae\x1b\\", 1000), *cut = prompt_text("0123456789", 4);
        g_assert_cmpstr(text, ==, "a\\u{24}(b \\u{22}c\\u{22} \\u{3c}i\\u{3e}\\u{26}\\u{202e}\\u{1b}\\u{5c}");
        g_assert_cmpstr(cut, ==, "0123... [6 more bytes]");
        g_autoptr(Policy) policy = policy_new();
        g_assert_true(policy_set_string(policy, "action", "deny", NULL));
        g_assert_true(policy_add_string(policy, "containers", "label=x=$( from lo", NULL));
        g_assert_true(policy_add_string(policy, "interfaces", "$(e", NULL));
        g_autofree char *words = prompt_policy(policy);
        g_assert_cmpstr(words, ==, "Keep everybody away from containers with \"label=x=\\u{24}( from lo\" from \\u{24}(e");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/prompt/policy", test_policy);
        g_test_add_func("/prompt/set", test_set);
        g_test_add_func("/prompt/sets", test_sets);
        g_test_add_func("/prompt/direct", test_direct);
        g_test_add_func("/prompt/escapes", test_escapes);
        return g_test_run();
}
