/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The steps from one set of direct rules to another, run on a simulated firewalld; and the permanent configuration. */
#include "compile/direct-plan.h"

#include <string.h>

#include "sim-direct.h"

static GPtrArray *render(PolicySet *set, const char *const *bridges) {
        g_autoptr(GPtrArray) rules = compile_policies(set, bridges, NULL, NULL, NULL, false);
        return direct_render(rules, bridges, true, policy_set_judges(set), NULL);
}

/* Rules of others before, between and behind quaywall's, which decide nothing about the tests' connections. */
static GPtrArray *foreign_rules(void) {
        static const struct {
                const char *chain, *args;
                int priority;
        } FOREIGN[] = {
                { "DOCKER-USER", "-i other0 -j DROP", -5 },
                { "DOCKER-USER", "-i other1 -m comment --comment web:quaywall -j ACCEPT", 1000 },
                { "DOCKER-USER", "-o other2 -j DROP", 5000 },
        };
        GPtrArray *rules = g_ptr_array_new_with_free_func((GDestroyNotify) direct_rule_free);
        for (gsize i = 0; i < G_N_ELEMENTS(FOREIGN); i++)
                for (Family family = 0; family < _FAMILY_MAX; family++)
                        g_ptr_array_add(rules, direct_rule_new(family, FOREIGN[i].chain, FOREIGN[i].priority,
                                                               g_strsplit(FOREIGN[i].args, " ", -1)));
        return rules;
}

static GHashTable *kernel_chains(SimDirect *sim) {
        GHashTable *chains = g_hash_table_new(g_str_hash, g_str_equal);
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, sim->chains);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                g_hash_table_add(chains, key);
        return chains;
}

static GPtrArray *plan(SimDirect *sim, GPtrArray *desired) {
        g_autoptr(DirectConfig) actual = sim_direct_config(sim);
        g_autoptr(GHashTable) chains = kernel_chains(sim);
        return direct_plan(actual, desired, chains);
}

static void run(SimDirect *sim, GPtrArray *steps) {
        for (guint i = 0; i < steps->len; i++)
                sim_direct_run(sim, steps->pdata[i]);
}

static void run_and_undo(SimDirect *sim, GPtrArray *steps, guint done) {
        for (guint i = 0; i < done; i++)
                sim_direct_run(sim, steps->pdata[i]);
        for (guint i = done; i-- > 0;) {
                g_autoptr(GPtrArray) undo = step_reverse(steps->pdata[i]);
                for (guint k = 0; k < undo->len; k++)
                        sim_direct_run(sim, undo->pdata[k]);
        }
}

static char *step_to_string(const Step *step) {
        static const char *const KINDS[] = { "add chain", "remove chain", "add", "remove", "remove all" };
        g_autofree char *args = g_strjoinv(" ", step->rule->args);
        return g_strdup_printf("%s %s %s %d %s", KINDS[step->kind], family_to_string(step->rule->family), step->rule->chain,
                               step->rule->priority, args);
}

/* Every desired rule exists once, and no rule is left but the foreign ones. */
static void check_state(SimDirect *sim, GPtrArray *desired, GPtrArray *foreign) {
        g_autoptr(DirectConfig) config = sim_direct_config(sim);
        g_autoptr(GHashTable) expected = g_hash_table_new(direct_rule_hash, direct_rule_equal);
        for (guint i = 0; i < desired->len; i++)
                g_assert_true(g_hash_table_add(expected, desired->pdata[i]));
        for (guint i = 0; i < foreign->len; i++)
                g_assert_true(g_hash_table_add(expected, foreign->pdata[i]));
        g_assert_cmpint(config->rules->len, ==, g_hash_table_size(expected));
        g_autoptr(GHashTable) last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < config->rules->len; i++) {
                const DirectEntry *entry = config->rules->pdata[i];
                char *chain = g_strconcat(entry->ipv, entry->chain, NULL);
                const gpointer before = g_hash_table_lookup(last, chain);
                /* in order in the kernel, too */
                g_assert_true(!before || ((const DirectEntry *) before)->priority <= entry->priority);
                g_hash_table_insert(last, chain, (gpointer) entry);
                DirectRule rule = { .chain = entry->chain, .priority = entry->priority, .args = entry->args };
                g_assert_true(family_from_string(entry->ipv, &rule.family));
                g_assert_true(g_hash_table_contains(expected, &rule));
        }
        if (desired->len == 0)
                g_assert_cmpint(g_hash_table_size(sim->chains), ==, 2); /* Docker's own */
}

static void test_reaches_desired(void) {
        g_autoptr(SimDirect) sim = sim_direct_new();
        g_autoptr(GPtrArray) foreign = foreign_rules();
        sim_direct_add_all(sim, foreign);
        for (guint round = 0; round < 600; round++) {
                g_autoptr(PolicySet) set = round % 20 ? random_policies(5) : policy_set_new();
                g_auto(GStrv) bridges = random_bridges();
                g_autoptr(GPtrArray) desired = render(set, (const char *const *) bridges);
                g_autoptr(GPtrArray) steps = plan(sim, desired);
                run(sim, steps);
                check_state(sim, desired, foreign);
                g_autoptr(GPtrArray) again = plan(sim, desired);
                g_assert_cmpint(again->len, ==, 0);
        }
}

/* After any number of steps, undoing them in reverse restores the old state. */
static void test_reverse(void) {
        g_autoptr(GPtrArray) foreign = foreign_rules();
        for (guint round = 0; round < 200; round++) {
                g_autoptr(PolicySet) before = random_policies(4), after = random_policies(4);
                g_auto(GStrv) bridges = random_bridges();
                g_autoptr(GPtrArray) old = render(before, (const char *const *) bridges);
                g_autoptr(GPtrArray) new = render(after, (const char *const *) bridges);
                g_autoptr(SimDirect) sim = sim_direct_new();
                sim_direct_add_all(sim, foreign);
                g_autoptr(GPtrArray) there = plan(sim, old);
                run(sim, there);
                g_autoptr(GPtrArray) steps = plan(sim, new);
                const guint done = steps->len ? (guint) g_test_rand_int_range(0, steps->len + 1) : 0;
                run_and_undo(sim, steps, done);
                check_state(sim, old, foreign);
        }
}

static void report(PolicySet *before, GStrv bridges_before, PolicySet *after, GStrv bridges_after, const Connection *c,
                   const Step *step) {
        g_autofree char *old = policy_set_to_string(before), *new = policy_set_to_string(after);
        g_autofree char *old_bridges = g_strjoinv(",", bridges_before), *new_bridges = g_strjoinv(",", bridges_after);
        g_autofree char *shown = connection_to_string(c), *at = step_to_string(step);
        g_test_message("from (bridges %s):\n%s\nto (bridges %s):\n%s\n%s\nat: %s", old_bridges, old, new_bridges, new, shown,
                       at);
}

/* Invariant 2. With move_bridges, Docker's bridges change together with the policies. */
static void make_before_break(bool move_bridges) {
        for (guint round = 0; round < 600; round++) {
                g_autoptr(PolicySet) before = random_policies(4), after = random_policies(4);
                g_auto(GStrv) old_bridges = random_bridges();
                g_auto(GStrv) new_bridges = move_bridges ? random_bridges() : g_strdupv(old_bridges);
                const char *const *ob = (const char *const *) old_bridges, *const *nb = (const char *const *) new_bridges;
                g_autoptr(GPtrArray) old = render(before, ob), new = render(after, nb);
                g_autoptr(SimDirect) sim = sim_direct_new();
                sim_direct_add_all(sim, old);
                g_autoptr(GPtrArray) steps = plan(sim, new);

                Connection connections[50];
                for (gsize i = 0; i < G_N_ELEMENTS(connections); i++)
                        connections[i] = random_connection(g_test_rand_int_range(0, 2) ? ob : nb);
                for (guint s = 0; s < steps->len; s++) {
                        sim_direct_run(sim, steps->pdata[s]);
                        for (gsize i = 0; i < G_N_ELEMENTS(connections); i++) {
                                const Connection *c = &connections[i];
                                const Verdict was = reference_verdict(before, ob, NULL, c),
                                              will = reference_verdict(after, nb, NULL, c);
                                const Verdict is = sim_direct_verdict(sim, c);
                                const bool good = was == will                                 ? is == was :
                                                  was != VERDICT_DROP && will != VERDICT_DROP ? is != VERDICT_DROP :
                                                                                                true;
                                if (!good)
                                        report(before, old_bridges, after, new_bridges, c, steps->pdata[s]);
                                g_assert_true(good);
                        }
                }
        }
}

static void test_make_before_break(void) {
        make_before_break(false);
}

static void test_make_before_break_bridges(void) {
        make_before_break(true);
}

/* The smallest case that the random draws find: the new allow-only lets its clients pass the old one, so the new deny must be
 * added first. */
static void test_deny_comes_before_pass(void) {
        const char *const bridges[] = { "docker0", NULL };
        const char *const old_lines[] = { "a: allow-only sources=9.9.9.9", NULL };
        const char *const new_lines[] = { "a: allow-only sources=1.1.1.1", "d: deny sources=1.1.1.1", NULL };
        g_autoptr(PolicySet) before = policy_set_from_lines(old_lines), after = policy_set_from_lines(new_lines);
        Connection c = { .protocol = "tcp", .port = 80, .in = "eth0", .out = "docker0" };
        g_assert_true(address_range_parse("1.1.1.1", &c.source, NULL));
        g_assert_true(address_range_parse("10.0.0.1", &c.destination, NULL));
        g_autoptr(SimDirect) sim = sim_direct_new();
        g_autoptr(GPtrArray) old = render(before, bridges), new = render(after, bridges);
        sim_direct_add_all(sim, old);
        for (guint way = 0; way < 2; way++) {
                g_autoptr(GPtrArray) steps = plan(sim, way ? old : new);
                for (guint i = 0; i < steps->len; i++) {
                        sim_direct_run(sim, steps->pdata[i]);
                        g_assert_cmpint(sim_direct_verdict(sim, &c), ==, VERDICT_DROP);
                }
        }
}

/* To the kernel, the DROP of an allow-only and of a deny for everybody are the same rule: when one policy becomes the other,
 * the old one of the two must be removed, not the new one ahead of the rules that let clients pass. Forward, back, and undone
 * from each step. */
static void test_moves(void) {
        const char *const bridges[] = { "docker0", NULL };
        const char *const old_lines[] = { "a: allow-only sources=2.2.2.2 ports=80/tcp",
                                          "b: allow-only sources=1.1.1.1 ports=80/tcp", NULL };
        const char *const new_lines[] = { "a: deny ports=80/tcp", "b: allow-only sources=1.1.1.1 ports=80/tcp", NULL };
        g_autoptr(PolicySet) before = policy_set_from_lines(old_lines), after = policy_set_from_lines(new_lines);
        g_autoptr(SimDirect) sim = sim_direct_new();
        g_autoptr(GPtrArray) foreign = foreign_rules(), old = render(before, bridges), new = render(after, bridges);
        sim_direct_add_all(sim, foreign);
        sim_direct_add_all(sim, old);
        for (guint way = 0; way < 2; way++) {
                GPtrArray *from = way ? new : old, *to = way ? old : new;
                g_autoptr(GPtrArray) steps = plan(sim, to);
                for (guint done = 1; done <= steps->len; done++) {
                        run_and_undo(sim, steps, done);
                        check_state(sim, from, foreign);
                }
                run(sim, steps);
                check_state(sim, to, foreign);
        }
}

/* A chain that Docker made must not be added, since firewalld would answer "already there"; any other must be. */
static void test_chains(void) {
        const char *const lines[] = { "a: deny sources=1.1.1.1", NULL };
        const char *const bridges[] = { "docker0", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) desired = render(set, bridges);
        g_autoptr(DirectConfig) empty = direct_config_new();
        for (guint with = 0; with < 2; with++) {
                g_autoptr(GHashTable) chains = g_hash_table_new(g_str_hash, g_str_equal);
                if (with)
                        g_hash_table_add(chains, (gpointer) "ipv4:DOCKER-USER");
                g_autoptr(GPtrArray) steps = direct_plan(empty, desired, chains);
                guint added = 0, docker_user = 0;
                for (guint i = 0; i < steps->len; i++) {
                        const Step *step = steps->pdata[i];
                        added += step->kind == STEP_ADD_CHAIN;
                        docker_user += step->kind == STEP_ADD_CHAIN && g_str_equal(step->rule->chain, "DOCKER-USER");
                        g_assert_cmpint(step->rule->family, ==, FAMILY_IPV4);
                        g_assert_true(step->kind == STEP_ADD_RULE || i < added);
                }
                g_assert_cmpint(docker_user, ==, !with);
                g_assert_cmpint(added, ==, with ? 2 : 3);
        }
}

/* Removing all policies empties each of quaywall's chains with one call; after a later failure all of its rules are
 * restored. */
static void test_whole_chain(void) {
        g_autoptr(SimDirect) sim = sim_direct_new();
        g_autoptr(GPtrArray) foreign = foreign_rules(), nothing = g_ptr_array_new();
        sim_direct_add_all(sim, foreign);
        const char *const lines[] = { "a: allow-only sources=1.1.1.1,fd00::1 ports=80/tcp", "b: deny sources=1.1.1.1,fd00::1",
                                      NULL };
        const char *const bridges[] = { "docker0", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) desired = render(set, bridges), there = plan(sim, desired);
        run(sim, there);
        g_autoptr(GPtrArray) steps = plan(sim, nothing);
        guint whole = 0, taken = 0, listed = 0;
        for (guint i = 0; i < steps->len; i++) {
                const Step *step = steps->pdata[i];
                whole += step->kind == STEP_REMOVE_RULES;
                taken += step->gone ? step->gone->len : 0;
                g_assert_true(step->kind != STEP_REMOVE_RULE || g_str_equal(step->rule->chain, CHAIN_DOCKER_USER));
        }
        for (guint i = 0; i < desired->len; i++)
                listed += !g_str_equal(((DirectRule *) desired->pdata[i])->chain, CHAIN_DOCKER_USER);
        g_assert_cmpuint(whole, ==, 4); /* two chains in two families */
        g_assert_cmpuint(taken, ==, listed);
        for (guint done = 0; done <= steps->len; done++) {
                run_and_undo(sim, steps, done);
                check_state(sim, desired, foreign);
        }
        run(sim, steps);
        check_state(sim, nothing, foreign);
        /* A chain is not emptied as a whole while some of its rules stay. */
        const char *const one[] = { lines[0], NULL };
        g_autoptr(PolicySet) less = policy_set_from_lines(one);
        g_autoptr(GPtrArray) again = plan(sim, desired), fewer = render(less, bridges);
        run(sim, again);
        g_autoptr(GPtrArray) single = plan(sim, fewer);
        for (guint i = 0; i < single->len; i++)
                g_assert_cmpint(((Step *) single->pdata[i])->kind, !=, STEP_REMOVE_RULES);
}

/* --- the permanent configuration ---------------------------------------------------------------------------------- */

static void add_entry(GPtrArray *list, const char *ipv, const char *table, const char *chain, const char *args) {
        g_ptr_array_add(list, direct_entry_new(ipv, table, chain, 0, args ? g_strsplit(args, " ", -1) : NULL));
}

static DirectConfig *others_config(void) {
        DirectConfig *config = direct_config_new();
        add_entry(config->chains, "ipv4", "filter", "THEIRS", NULL);
        add_entry(config->chains, "ipv4", "raw", "QUAYWALL", NULL);
        add_entry(config->chains, "ipv6", "filter", "DOCKER-USER", NULL);
        add_entry(config->rules, "ipv4", "filter", "THEIRS", "-j RETURN");
        add_entry(config->rules, "ipv4", "nat", "DOCKER-USER", "-m comment --comment quaywall:web -j RETURN");
        add_entry(config->rules, "eb", "filter", "DOCKER-USER", "-m comment --comment quaywall:web -j RETURN");
        add_entry(config->rules, "ipv6", "filter", "DOCKER-USER", "-s fd00::/8 -j DROP");
        add_entry(config->rules, "ipv6", "filter", "DOCKER-USER", "-s fd00::/8 -j DROP"); /* twice, as people may do */
        add_entry(config->passthroughs, "ipv4", NULL, NULL, "-I INPUT -j ACCEPT");
        return config;
}

static void test_merge(void) {
        const char *const bridges[] = { "docker0", NULL };
        g_autoptr(DirectConfig) others = others_config();
        g_autoptr(DirectConfig) now = others_config();
        for (guint round = 0; round < 200; round++) {
                g_autoptr(PolicySet) set = random_policies(4);
                g_autoptr(GPtrArray) desired = render(set, bridges);
                g_autoptr(DirectConfig) merged = direct_merge(now, desired), again = direct_merge(merged, desired);
                g_assert_true(direct_config_equal(merged, again));
                g_assert_cmpint(merged->rules->len, ==, others->rules->len + desired->len);
                g_autoptr(GPtrArray) none = g_ptr_array_new();
                g_autoptr(DirectConfig) cleaned = direct_merge(merged, none);
                g_assert_true(direct_config_equal(cleaned, others));
                for (guint i = 0; i < desired->len; i++) {
                        const DirectRule *rule = desired->pdata[i];
                        g_assert_true(direct_config_has_chain(merged, rule->family, rule->chain));
                }
                direct_config_free(g_steal_pointer(&now));
                now = g_steal_pointer(&merged);
        }
}

/* A DOCKER-USER chain that somebody else added to the configuration is kept, with or without quaywall's rules. */
static void test_merge_keeps_their_chain(void) {
        const char *const bridges[] = { "docker0", NULL };
        const char *const lines[] = { "a: deny sources=1.1.1.1", NULL };
        g_autoptr(PolicySet) set = policy_set_from_lines(lines);
        g_autoptr(GPtrArray) desired = render(set, bridges), none = g_ptr_array_new();
        g_autoptr(DirectConfig) theirs = direct_config_new();
        add_entry(theirs->chains, "ipv4", "filter", "DOCKER-USER", NULL);
        g_autoptr(DirectConfig) merged = direct_merge(theirs, desired);
        g_autoptr(DirectConfig) cleaned = direct_merge(merged, none);
        g_assert_true(direct_config_equal(cleaned, theirs));

        /* quaywall's chain, with a rule of somebody else. */
        g_autoptr(DirectConfig) empty = direct_config_new(), ours = direct_merge(empty, desired);
        add_entry(ours->rules, "ipv4", "filter", "DOCKER-USER", "-j RETURN");
        g_autoptr(DirectConfig) once = direct_merge(ours, desired), twice = direct_merge(once, desired);
        g_assert_true(direct_config_equal(once, twice));
        g_autoptr(DirectConfig) left = direct_merge(ours, none);
        g_assert_true(direct_config_has_chain(left, FAMILY_IPV4, "DOCKER-USER"));
        g_assert_cmpint(left->rules->len, ==, 1);
}

/* A foreign rule may jump to one of quaywall's chains. Without the chain firewalld could not load its configuration at all, so
 * the chain stays. */
static void test_keeps_what_others_lead_to(void) {
        const char *const bridges[] = { "docker0", NULL };
        const char *const lines[] = { "a: deny sources=1.1.1.1", NULL };
        static const struct {
                const char *ipv, *chain, *args, *stays;
        } CASES[] = {
                { "ipv4", "THEIRS", "-j QUAYWALL", "QUAYWALL" },
                { "ipv4", "DOCKER-USER", "-s 10.0.0.0/8 --goto QUAYWALL-POLICY", "QUAYWALL-POLICY" },
                { "ipv4", NULL, "-A FORWARD -g QUAYWALL", "QUAYWALL" },
                { "ipv4", "THEIRS", "-m comment --comment QUAYWALL -j DROP", NULL },
                { "ipv6", "THEIRS", "-j QUAYWALL", NULL },
        };
        for (guint i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(PolicySet) set = policy_set_from_lines(lines);
                g_autoptr(GPtrArray) desired = render(set, bridges), none = g_ptr_array_new();
                g_autoptr(DirectConfig) empty = direct_config_new(), config = direct_merge(empty, desired);
                add_entry(CASES[i].chain ? config->rules : config->passthroughs, CASES[i].ipv, CASES[i].chain ? "filter" : NULL,
                          CASES[i].chain, CASES[i].args);
                g_autoptr(DirectConfig) left = direct_merge(config, none);
                g_autoptr(GHashTable) chains = g_hash_table_new(g_str_hash, g_str_equal);
                g_autoptr(GPtrArray) steps = direct_plan(config, none, chains);
                for (gsize n = 0; n < 2; n++) {
                        const char *chain = n ? "QUAYWALL-POLICY" : "QUAYWALL";
                        bool removed = false;
                        for (guint k = 0; k < steps->len; k++) {
                                const Step *step = steps->pdata[k];
                                removed |= step->kind == STEP_REMOVE_CHAIN && g_str_equal(step->rule->chain, chain);
                        }
                        g_assert_cmpint(removed, ==, g_strcmp0(chain, CASES[i].stays) != 0);
                        g_assert_cmpint(direct_config_has_chain(left, FAMILY_IPV4, chain), ==, !removed);
                }
        }
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/direct-plan/reaches-desired", test_reaches_desired);
        g_test_add_func("/direct-plan/reverse", test_reverse);
        g_test_add_func("/direct-plan/moves", test_moves);
        g_test_add_func("/direct-plan/chains", test_chains);
        g_test_add_func("/direct-plan/whole-chain", test_whole_chain);
        g_test_add_func("/direct-plan/deny-comes-before-pass", test_deny_comes_before_pass);
        g_test_add_func("/direct-plan/make-before-break", test_make_before_break);
        g_test_add_func("/direct-plan/make-before-break-bridges", test_make_before_break_bridges);
        g_test_add_func("/direct-plan/merge", test_merge);
        g_test_add_func("/direct-plan/merge-keeps-their-chain", test_merge_keeps_their_chain);
        g_test_add_func("/direct-plan/keeps-what-others-lead-to", test_keeps_what_others_lead_to);
        return g_test_run();
}
