/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the table contains, by what nft prints. golden/NAME.listing is "nft -s list table inet quaywall" (nft 1.0.6) after "nft
 * -f golden/NAME.nft". */
#include "compile/guard-render.h"

#include <string.h>

#include "docker-world.h"
#include "goldens.h"

static const char *const LISTED[] = { "families", "many", "mixed", "names", "neighbours", "port-sets", "seed-range" };

static char *read_listing(const char *name) {
        g_autofree char *file = g_strconcat(name, ".listing", NULL);
        g_autofree char *path = g_build_filename(TEST_SRCDIR, "tests", "unit", "golden", file, NULL);
        g_autoptr(GError) error = NULL;
        char *text = NULL;
        g_file_get_contents(path, &text, NULL, &error);
        g_assert_no_error(error);
        return text;
}

/* The state that the rendering says it produces. */
static GuardState *rendered(const char *name, GuardCommands **ret_commands, const GuardState *previous) {
        g_autoptr(DockerFacts) facts = example_facts();
        GuardState *state = NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(GOLDENS); i++)
                if (g_str_equal(GOLDENS[i].name, name)) {
                        g_autoptr(PolicySet) set = policy_set_from_lines(GOLDENS[i].policies);
                        g_autoptr(GPtrArray) rules = compile_policies(set, GOLDEN_BRIDGES, facts, NULL, NULL, false);
                        g_autoptr(Hold) hold = hold_new(set, facts, GOLDEN_SPARED, NULL, false);
                        *ret_commands = guard_render(rules, GOLDEN_BRIDGES, NULL, hold, NULL, NULL, previous, &state);
                }
        g_assert_nonnull(state);
        return state;
}

static void test_read(void) {
        for (gsize i = 0; i < G_N_ELEMENTS(LISTED); i++) {
                g_autofree char *text = read_listing(LISTED[i]);
                g_autoptr(GuardState) nothing = guard_state_new(), there = guard_state_parse(text);
                g_autoptr(GuardCommands) commands = NULL, again = NULL;
                g_autoptr(GuardState) state = rendered(LISTED[i], &commands, nothing);
                g_assert_true(guard_state_equal(there, state));
                g_assert_false(guard_state_equal(there, nothing));
                /* So a quaywalld that finds this table sends only the rules. */
                g_autoptr(GuardState) same = rendered(LISTED[i], &again, there);
                g_assert_null(again->sets);
                g_assert_null(strstr(again->rules, "element"));
                g_assert_null(strstr(again->rules, "delete"));
        }
}

static char *replaced(const char *text, const char *what, const char *by) {
        g_auto(GStrv) parts = g_strsplit(text, what, 2);
        g_assert_nonnull(parts[1]);
        return g_strjoinv(by, parts);
}

static void test_altered(void) {
        static const struct {
                const char *what, *by, *other; /* other: the element that conflicts then; NULL: none does */
        } CASES[] = {
                { "192.168.1.8/30", "192.168.1.8/29", "set s4_400e36a9f5ba7abcee7aa5c8" },
                { "elements = { 192.168.1.1, 192.168.1.8/30 }", "", "set s4_400e36a9f5ba7abcee7aa5c8" },
                { "192.168.1.1,", "192.168.1.1 timeout 1s expires 998ms,", "set s4_400e36a9f5ba7abcee7aa5c8" },
                { "172.18.0.2 . 80", "172.18.0.2 . 81", "set e4_c5fb3995f105d0182c2b1b39" },
                { "172.18.0.2 . 80", "172.18.0.2", "set e4_c5fb3995f105d0182c2b1b39" },
                { "\tchain host {",
                  "\tmap m {\n\t\ttype ipv4_addr : verdict\n\t}\n\n\tchain x {\n\t}\n\n\tct helper h {\n\t}\n\n\tchain host {",
                  NULL },
                { "\t\telements = { \"br-a\",\n\t\t\t     \"docker0\" }\n", "\t\telements = { \"br-b\" }\n", NULL },
        };
        g_autofree char *text = read_listing("families");
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *altered = replaced(text, CASES[i].what, CASES[i].by);
                g_autoptr(GuardState) there = guard_state_parse(altered), nothing = guard_state_new();
                g_autoptr(GuardCommands) commands = NULL, new = NULL;
                g_autoptr(GuardState) wanted = rendered("families", &commands, there),
                                      state = rendered("families", &new, nothing);
                g_assert_false(guard_state_equal(there, state));
                g_assert_cmpint(guard_state_conflicts(there, wanted), ==, CASES[i].other != NULL);
                if (CASES[i].other)
                        g_assert_true(g_hash_table_contains(there->others, CASES[i].other));
        }
        g_autofree char *foreign = replaced(text, CASES[5].what, CASES[5].by),
                        *bridge = replaced(text, CASES[6].what, CASES[6].by);
        g_autoptr(GuardState) with_foreign = guard_state_parse(foreign), with_bridge = guard_state_parse(bridge);
        g_autoptr(GuardCommands) first = NULL, second = NULL;
        g_autoptr(GuardState) a = rendered("families", &first, with_foreign), b = rendered("families", &second, with_bridge);
        g_assert_nonnull(strstr(
                first->rules, "delete map inet quaywall m\ndelete chain inet quaywall x\ndelete ct helper inet quaywall h\n"));
        g_assert_nonnull(strstr(second->rules, "add element inet quaywall docker_bridges { \"br-a\", \"docker0\" }\n"
                                               "delete element inet quaywall docker_bridges { \"br-b\" }\n"));
}

/* A listing that is cut off anywhere is read without error, and yields no set that the whole one does not have. */
static void test_cut_off(void) {
        g_autofree char *text = read_listing("names");
        g_autoptr(GuardState) whole = guard_state_parse(text);
        const gsize length = strlen(text);
        for (gsize n = 0; n < length; n++) {
                g_autofree char *part = g_strndup(text, n);
                g_autoptr(GuardState) state = guard_state_parse(part);
                g_assert_cmpuint(g_hash_table_size(state->sets), <=, g_hash_table_size(whole->sets));
                GHashTableIter iter;
                gpointer name;
                g_hash_table_iter_init(&iter, state->sets);
                while (g_hash_table_iter_next(&iter, &name, NULL))
                        g_assert_true(g_hash_table_contains(whole->sets, name));
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/guard-state/read", test_read);
        g_test_add_func("/guard-state/altered", test_altered);
        g_test_add_func("/guard-state/cut-off", test_cut_off);
        return g_test_run();
}
