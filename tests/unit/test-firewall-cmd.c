/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of firewalld's direct configuration as commands of firewall-cmd. */
#include "compile/firewall-cmd.h"

/* One command a line, words between blanks. */
static void same(GPtrArray *commands, const char *expected) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < commands->len; i++) {
                g_autofree char *line = g_strjoinv(" ", commands->pdata[i]);
                g_string_append_printf(text, "%s\n", line);
        }
        g_assert_cmpstr(text->str, ==, expected);
}

static DirectRule *rule(const char *chain, int priority, const char *args) {
        return direct_rule_new(FAMILY_IPV4, chain, priority, args ? g_strsplit(args, " ", -1) : g_new0(char *, 1));
}

static void test_steps(void) {
        static const struct {
                StepKind kind;
                const char *chain, *args;
        } STEPS[] = {
                { STEP_ADD_CHAIN, "QUAYWALL", NULL },
                { STEP_ADD_RULE, "DOCKER-USER", "-s 10.0.0.1,10.0.0.2 -j DROP" },
                { STEP_REMOVE_RULE, "DOCKER-USER", "-j DROP" },
                { STEP_REMOVE_RULES, "QUAYWALL-POLICY", NULL },
                { STEP_REMOVE_CHAIN, "QUAYWALL", NULL },
        };
        g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func((GDestroyNotify) step_free),
                             commands = firewall_cmd_list_new();
        for (gsize i = 0; i < G_N_ELEMENTS(STEPS); i++)
                g_ptr_array_add(steps, step_new(STEPS[i].kind, rule(STEPS[i].chain, -5, STEPS[i].args)));
        firewall_cmd_add_steps(commands, steps);
        same(commands, "firewall-cmd --direct --add-chain ipv4 filter QUAYWALL\n"
                       "firewall-cmd --direct --add-rule ipv4 filter DOCKER-USER -5 -s 10.0.0.1,10.0.0.2 -j DROP\n"
                       "firewall-cmd --direct --remove-rule ipv4 filter DOCKER-USER -5 -j DROP\n"
                       "firewall-cmd --direct --remove-rules ipv4 filter QUAYWALL-POLICY\n"
                       "firewall-cmd --direct --remove-chain ipv4 filter QUAYWALL\n");
}

static void add_entry(GPtrArray *entries, const char *table, const char *chain, const char *args) {
        g_ptr_array_add(entries, direct_entry_new("ipv4", table, chain, 0, args ? g_strsplit(args, " ", -1) : NULL));
}

/* Chains come before the rules that lead to them, and go after them; what is in both stays, and so does what is in other tables. */
static void test_permanent(void) {
        g_autoptr(DirectConfig) before = direct_config_new(), after = direct_config_new();
        g_autoptr(GPtrArray) commands = firewall_cmd_list_new(), none = firewall_cmd_list_new();
        add_entry(before->chains, "filter", "OLD", NULL);
        add_entry(before->chains, "filter", "BOTH", NULL);
        add_entry(before->rules, "filter", "DOCKER-USER", "-j OLD");
        add_entry(before->rules, "filter", "DOCKER-USER", "-j BOTH");
        add_entry(before->rules, "mangle", "PREROUTING", "-j ACCEPT");
        add_entry(after->rules, "filter", "DOCKER-USER", "-j BOTH");
        add_entry(after->rules, "filter", "DOCKER-USER", "-j NEW");
        add_entry(after->chains, "filter", "BOTH", NULL);
        add_entry(after->chains, "filter", "NEW", NULL);
        firewall_cmd_add_permanent(commands, before, after);
        same(commands, "firewall-cmd --permanent --direct --add-chain ipv4 filter NEW\n"
                       "firewall-cmd --permanent --direct --add-rule ipv4 filter DOCKER-USER 0 -j NEW\n"
                       "firewall-cmd --permanent --direct --remove-rule ipv4 filter DOCKER-USER 0 -j OLD\n"
                       "firewall-cmd --permanent --direct --remove-chain ipv4 filter OLD\n");
        g_autoptr(DirectConfig) copy = direct_config_copy(after);
        g_assert_true(direct_config_equal(copy, after));
        firewall_cmd_add_permanent(none, after, copy);
        g_assert_cmpuint(none->len, ==, 0);
}

static void test_has(void) {
        g_autoptr(GPtrArray) commands = firewall_cmd_list_new();
        firewall_cmd_add_option(commands, "--permanent", "--new-zone=", "docker");
        firewall_cmd_add_option(commands, NULL, "--add-interface=", "eth0");
        g_assert_false(firewall_cmd_has(commands, "--permanent"));
        g_assert_false(firewall_cmd_has(commands, "--reload"));
        firewall_cmd_add(commands, "--reload", NULL);
        g_assert_true(firewall_cmd_has(commands, "--reload"));
        same(commands,
             "firewall-cmd --permanent --new-zone=docker\nfirewall-cmd --add-interface=eth0\nfirewall-cmd --reload\n");
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/firewall-cmd/steps", test_steps);
        g_test_add_func("/firewall-cmd/permanent", test_permanent);
        g_test_add_func("/firewall-cmd/has", test_has);
        return g_test_run();
}
