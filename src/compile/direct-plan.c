/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "direct-plan.h"

#include "compile/direct-words.h"
#include "compile/kernel-rules.h"

DirectEntry *direct_entry_new(const char *ipv, const char *table, const char *chain, int priority, GStrv args) {
        DirectEntry *entry = g_new(DirectEntry, 1);
        *entry = (DirectEntry){ g_strdup(ipv), g_strdup(table), g_strdup(chain), priority, args };
        return entry;
}

void direct_entry_free(DirectEntry *entry) {
        g_free(entry->ipv);
        g_free(entry->table);
        g_free(entry->chain);
        g_strfreev(entry->args);
        g_free(entry);
}

static DirectEntry *direct_entry_copy(const DirectEntry *entry) {
        return direct_entry_new(entry->ipv, entry->table, entry->chain, entry->priority, g_strdupv(entry->args));
}

gboolean direct_entry_equal(gconstpointer pa, gconstpointer pb) {
        const DirectEntry *a = pa, *b = pb;
        return g_str_equal(a->ipv, b->ipv) && g_strcmp0(a->table, b->table) == 0 && g_strcmp0(a->chain, b->chain) == 0 &&
               a->priority == b->priority && !a->args == !b->args &&
               (!a->args || g_strv_equal((const char *const *) a->args, (const char *const *) b->args));
}

bool direct_entry_is_ours(const DirectEntry *entry) {
        Family family;
        return direct_entry_is_filter(entry, &family) && direct_rule_owner(entry->chain, (const char *const *) entry->args);
}

DirectConfig *direct_config_new(void) {
        DirectConfig *config = g_new(DirectConfig, 1);
        config->chains = g_ptr_array_new_with_free_func((GDestroyNotify) direct_entry_free);
        config->rules = g_ptr_array_new_with_free_func((GDestroyNotify) direct_entry_free);
        config->passthroughs = g_ptr_array_new_with_free_func((GDestroyNotify) direct_entry_free);
        return config;
}

static void copy_entries(GPtrArray *to, GPtrArray *entries) {
        for (guint i = 0; i < entries->len; i++)
                g_ptr_array_add(to, direct_entry_copy(entries->pdata[i]));
}

DirectConfig *direct_config_copy(const DirectConfig *config) {
        DirectConfig *copy = direct_config_new();
        copy_entries(copy->chains, config->chains);
        copy_entries(copy->rules, config->rules);
        copy_entries(copy->passthroughs, config->passthroughs);
        return copy;
}

void direct_config_free(DirectConfig *config) {
        g_ptr_array_unref(config->chains);
        g_ptr_array_unref(config->rules);
        g_ptr_array_unref(config->passthroughs);
        g_free(config);
}

bool direct_config_is_empty(const DirectConfig *config) {
        return config->chains->len == 0 && config->rules->len == 0 && config->passthroughs->len == 0;
}

bool direct_entry_is_filter(const DirectEntry *entry, Family *ret_family) {
        return g_str_equal(entry->table, "filter") && family_from_string(entry->ipv, ret_family);
}

bool direct_config_has_chain(const DirectConfig *config, Family family, const char *chain) {
        Family other;
        for (guint i = 0; i < config->chains->len; i++) {
                const DirectEntry *entry = config->chains->pdata[i];
                if (direct_entry_is_filter(entry, &other) && other == family && g_str_equal(entry->chain, chain))
                        return true;
        }
        return false;
}

/* Compares as sets: firewalld groups what it reads back by chain, whatever order it was given. */
static bool entries_equal(GPtrArray *a, GPtrArray *b) {
        if (a->len != b->len)
                return false;
        g_autoptr(GPtrArray) left = g_ptr_array_copy(b, NULL, NULL);
        g_ptr_array_set_free_func(left, NULL);
        for (guint i = 0; i < a->len; i++) {
                guint place = 0;
                while (place < left->len && !direct_entry_equal(a->pdata[i], left->pdata[place]))
                        place++;
                if (place == left->len)
                        return false;
                g_ptr_array_remove_index(left, place);
        }
        return true;
}

bool direct_config_equal(const DirectConfig *a, const DirectConfig *b) {
        return entries_equal(a->chains, b->chains) && entries_equal(a->rules, b->rules) &&
               entries_equal(a->passthroughs, b->passthroughs);
}

Step *step_new(StepKind kind, DirectRule *rule) {
        Step *step = g_new(Step, 1);
        *step = (Step){ .kind = kind, .rule = rule };
        if (kind == STEP_REMOVE_RULES)
                step->gone = g_ptr_array_new_with_free_func((GDestroyNotify) direct_rule_free);
        return step;
}

void step_free(Step *step) {
        direct_rule_free(step->rule);
        g_clear_pointer(&step->gone, g_ptr_array_unref);
        g_free(step);
}

GPtrArray *step_reverse(const Step *step) {
        static const StepKind REVERSE[] = {
                [STEP_ADD_CHAIN] = STEP_REMOVE_CHAIN,
                [STEP_REMOVE_CHAIN] = STEP_ADD_CHAIN,
                [STEP_ADD_RULE] = STEP_REMOVE_RULE,
                [STEP_REMOVE_RULE] = STEP_ADD_RULE,
        };
        GPtrArray *steps = g_ptr_array_new_with_free_func((GDestroyNotify) step_free);
        if (step->kind != STEP_REMOVE_RULES)
                g_ptr_array_add(steps, step_new(REVERSE[step->kind], direct_rule_copy(step->rule)));
        for (guint i = step->gone ? step->gone->len : 0; i-- > 0;)
                g_ptr_array_add(steps, step_new(STEP_ADD_RULE, direct_rule_copy(step->gone->pdata[i])));
        return steps;
}

/* The chains that we need, in the order in which we may remove them. A DOCKER-USER listed behind our QUAYWALL was added by us,
 * one before it by somebody else. */
static const char *const CHAINS[] = { CHAIN_QUAYWALL_POLICY, CHAIN_QUAYWALL, CHAIN_DOCKER_USER };

static GStrv no_args(void) {
        return g_new0(char *, 1);
}

static GHashTable *our_runtime_rules(const DirectConfig *actual) {
        GHashTable *ours = g_hash_table_new_full(direct_rule_hash, direct_rule_equal, (GDestroyNotify) direct_rule_free, NULL);
        Family family;
        for (guint i = 0; i < actual->rules->len; i++) {
                const DirectEntry *entry = actual->rules->pdata[i];
                if (direct_entry_is_filter(entry, &family) &&
                    direct_rule_owner(entry->chain, (const char *const *) entry->args))
                        g_hash_table_add(ours, direct_rule_new(family, entry->chain, entry->priority, g_strdupv(entry->args)));
        }
        return ours;
}

static void plan_chains(GPtrArray *steps, const DirectConfig *actual, Family family, GHashTable *kernel_chains) {
        for (gsize i = 0; i < G_N_ELEMENTS(CHAINS); i++) {
                g_autofree char *key = g_strdup_printf("%s:%s", family_to_string(family), CHAINS[i]);
                /* firewalld refuses to add a chain that Docker has made, and needs no entry for it. */
                if (!direct_config_has_chain(actual, family, CHAINS[i]) && !g_hash_table_contains(kernel_chains, key))
                        g_ptr_array_add(steps, step_new(STEP_ADD_CHAIN, direct_rule_new(family, CHAINS[i], 0, no_args())));
        }
}

static bool is_switch(const DirectRule *rule) {
        return g_str_equal(rule->chain, CHAIN_QUAYWALL);
}

static int compare_removals(gconstpointer pa, gconstpointer pb) {
        const DirectRule *a = *(DirectRule *const *) pa, *b = *(DirectRule *const *) pb;
        int rank = g_str_equal(b->chain, CHAIN_DOCKER_USER) - g_str_equal(a->chain, CHAIN_DOCKER_USER);
        return rank ? rank : (a->priority < b->priority) - (a->priority > b->priority);
}

/* Whether the chain becomes empty; it holds our rules only. */
static bool is_emptied(GHashTable *new, Family family, const char *chain) {
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, new);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
                const DirectRule *rule = key;
                if (rule->family == family && g_str_equal(rule->chain, chain))
                        return false;
        }
        return true;
}

static bool leads_to(const DirectEntry *entry, const char *chain) {
        return g_strcmp0(direct_words_target((const char *const *) entry->args), chain) == 0;
}

/* Whether somebody else's rule leads to the chain: without the chain, firewalld would fail to load all its rules at its next
 * reload. */
static bool others_lead_to(const DirectConfig *config, Family family, const char *chain) {
        Family of;
        for (guint i = 0; i < config->rules->len; i++) {
                const DirectEntry *entry = config->rules->pdata[i];
                if (direct_entry_is_filter(entry, &of) && of == family && leads_to(entry, chain) &&
                    !direct_rule_owner(entry->chain, (const char *const *) entry->args))
                        return true;
        }
        for (guint i = 0; i < config->passthroughs->len; i++) {
                const DirectEntry *entry = config->passthroughs->pdata[i];
                if (family_from_string(entry->ipv, &of) && of == family && leads_to(entry, chain))
                        return true;
        }
        return false;
}

/* Removes the rules of old (a set) that are not in new, either the switches or all others; those evaluated last go first. */
static void plan_removals(GPtrArray *steps, const DirectConfig *actual, GHashTable *old, GHashTable *new, bool switches) {
        g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func((GDestroyNotify) direct_rule_free);
        for (guint i = 0; i < actual->rules->len; i++) {
                const DirectEntry *entry = actual->rules->pdata[i];
                DirectRule rule = { .chain = entry->chain, .priority = entry->priority, .args = entry->args };
                if (direct_entry_is_filter(entry, &rule.family) && is_switch(&rule) == switches &&
                    g_hash_table_contains(old, &rule) && !g_hash_table_contains(new, &rule))
                        g_ptr_array_add(gone, direct_rule_copy(&rule));
        }
        g_ptr_array_sort(gone, compare_removals);
        Step *whole[_FAMILY_MAX] = { NULL };
        const char *chain = switches ? CHAIN_QUAYWALL : CHAIN_QUAYWALL_POLICY;
        const bool emptied[] = {
                [FAMILY_IPV4] = is_emptied(new, FAMILY_IPV4, chain), [FAMILY_IPV6] = is_emptied(new, FAMILY_IPV6, chain)
        };
        for (guint i = 0; i < gone->len; i++) {
                DirectRule *rule = gone->pdata[i];
                if (!g_str_equal(rule->chain, chain) || !emptied[rule->family]) {
                        g_ptr_array_add(steps, step_new(STEP_REMOVE_RULE, direct_rule_copy(rule)));
                        continue;
                }
                Step **step = &whole[rule->family];
                if (!*step)
                        g_ptr_array_add(steps, *step = step_new(STEP_REMOVE_RULES,
                                                                direct_rule_new(rule->family, rule->chain, 0, no_args())));
                g_ptr_array_add((*step)->gone, direct_rule_copy(rule));
        }
}

static char *kernel_key(const DirectRule *rule) {
        g_autofree char *spelling = rule_canonical((const char *const *) rule->args);
        return g_strdup_printf("%s:%s:%s", family_to_string(rule->family), rule->chain, spelling);
}

/* Rules that the kernel cannot tell from one that is removed: they differ in their place only. */
static GHashTable *list_moved(GPtrArray *desired, GHashTable *old, GHashTable *new) {
        GHashTable *moved = g_hash_table_new(direct_rule_hash, direct_rule_equal);
        g_autoptr(GHashTable) gone = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        GHashTableIter iter;
        gpointer rule;
        g_hash_table_iter_init(&iter, old);
        while (g_hash_table_iter_next(&iter, &rule, NULL))
                if (!g_hash_table_contains(new, rule))
                        g_hash_table_add(gone, kernel_key(rule));
        for (guint i = 0; i < desired->len; i++) {
                if (g_hash_table_contains(old, desired->pdata[i]))
                        continue;
                g_autofree char *key = kernel_key(desired->pdata[i]);
                if (g_hash_table_contains(gone, key))
                        g_hash_table_add(moved, desired->pdata[i]);
        }
        return moved;
}

/* The same rule with another comment, one that is no policy's name. */
static DirectRule *stand_in_for(const DirectRule *rule) {
        g_autoptr(GStrvBuilder) args = g_strv_builder_new();
        g_strv_builder_addv(args, (const char **) rule->args);
        g_strv_builder_add_many(args, "-m", "comment", "--comment", COMMENT_PREFIX "~", NULL);
        return direct_rule_new(rule->family, rule->chain, rule->priority, g_strv_builder_end(args));
}

/* A moved rule has a stand-in at its new place while the rule itself is removed from the old one. */
static void plan_additions(GPtrArray *steps, GPtrArray *desired, GHashTable *old, GHashTable *moved, bool switches) {
        for (guint i = 0; i < desired->len; i++) {
                const DirectRule *rule = desired->pdata[i];
                if (is_switch(rule) != switches || g_hash_table_contains(old, rule))
                        continue;
                g_ptr_array_add(steps, step_new(STEP_ADD_RULE, g_hash_table_contains(moved, rule) ? stand_in_for(rule) :
                                                                                                    direct_rule_copy(rule)));
        }
}

static void plan_moves(GPtrArray *steps, GPtrArray *desired, GHashTable *moved, bool switches) {
        for (guint i = 0; i < desired->len; i++) {
                const DirectRule *rule = desired->pdata[i];
                if (is_switch(rule) != switches || !g_hash_table_contains(moved, rule))
                        continue;
                g_ptr_array_add(steps, step_new(STEP_ADD_RULE, direct_rule_copy(rule)));
                g_ptr_array_add(steps, step_new(STEP_REMOVE_RULE, stand_in_for(rule)));
        }
}

/*
 * New rules are added in the order of evaluation and old ones removed in reverse. So at any time a deny stands before every
 * rule that lets packets pass, and that before the DROP of an allow-only; while old and new rules are both in force, neither
 * lets past what the other forbids. The chain QUAYWALL is the switch of each bridge: for a bridge that only the old or only
 * the new rules know, no state satisfies both, so it is switched off first and on last.
 *
 * iptables removes the first rule that reads like the given one (measured), wherever firewalld lists it. Therefore a rule
 * whose priority changes never exists twice.
 */
GPtrArray *direct_plan(const DirectConfig *actual, GPtrArray *desired, GHashTable *kernel_chains) {
        GPtrArray *steps = g_ptr_array_new_with_free_func((GDestroyNotify) step_free);
        g_autoptr(GHashTable) old = our_runtime_rules(actual);
        g_autoptr(GHashTable) new = g_hash_table_new(direct_rule_hash, direct_rule_equal);

        for (Family family = 0; family < _FAMILY_MAX; family++)
                if (direct_rules_use_family(desired, family))
                        plan_chains(steps, actual, family, kernel_chains);
        for (guint i = 0; i < desired->len; i++)
                g_hash_table_add(new, desired->pdata[i]);
        g_autoptr(GHashTable) moved = list_moved(desired, old, new);
        plan_removals(steps, actual, old, new, true);
        plan_additions(steps, desired, old, moved, false);
        plan_removals(steps, actual, old, new, false);
        plan_moves(steps, desired, moved, false);
        plan_additions(steps, desired, old, moved, true);
        plan_moves(steps, desired, moved, true);
        for (Family family = 0; family < _FAMILY_MAX; family++)
                for (gsize i = G_N_ELEMENTS(CHAINS) - 1; i-- > 0;) /* not DOCKER-USER: Docker jumps to it */
                        if (!direct_rules_use_family(desired, family) && direct_config_has_chain(actual, family, CHAINS[i]) &&
                            !others_lead_to(actual, family, CHAINS[i]))
                                g_ptr_array_add(steps,
                                                step_new(STEP_REMOVE_CHAIN, direct_rule_new(family, CHAINS[i], 0, no_args())));
        return steps;
}

/* A chain that other programs' rules use stays, whoever made it. */
static bool others_use_docker_user(const DirectConfig *config, Family family) {
        Family other;
        for (guint i = 0; i < config->rules->len; i++) {
                const DirectEntry *entry = config->rules->pdata[i];
                if (direct_entry_is_filter(entry, &other) && other == family && g_str_equal(entry->chain, CHAIN_DOCKER_USER) &&
                    !direct_rule_owner(entry->chain, (const char *const *) entry->args))
                        return true;
        }
        return false;
}

static void merge_chains(DirectConfig *merged, const DirectConfig *actual, GPtrArray *desired) {
        bool after_ours[_FAMILY_MAX] = { false };
        Family family;
        for (guint i = 0; i < actual->chains->len; i++) {
                const DirectEntry *entry = actual->chains->pdata[i];
                bool ours = false;
                if (direct_entry_is_filter(entry, &family)) {
                        ours = g_str_equal(entry->chain, CHAIN_QUAYWALL) || g_str_equal(entry->chain, CHAIN_QUAYWALL_POLICY);
                        after_ours[family] |= ours;
                        ours |= after_ours[family] && g_str_equal(entry->chain, CHAIN_DOCKER_USER) &&
                                !others_use_docker_user(actual, family);
                }
                /* At its old place: an unchanged configuration must compare equal, or direct.xml is written for nothing. */
                if (!ours || direct_rules_use_family(desired, family) || others_lead_to(actual, family, entry->chain))
                        g_ptr_array_add(merged->chains, direct_entry_copy(entry));
        }
        for (family = 0; family < _FAMILY_MAX; family++) {
                bool in_use = direct_rules_use_family(desired, family);
                for (gsize i = 0; in_use && i < G_N_ELEMENTS(CHAINS); i++)
                        if (!direct_config_has_chain(merged, family, CHAINS[i]))
                                g_ptr_array_add(merged->chains,
                                                direct_entry_new(family_to_string(family), "filter", CHAINS[i], 0, NULL));
        }
}

DirectConfig *direct_merge(const DirectConfig *actual, GPtrArray *desired) {
        DirectConfig *merged = direct_config_new();
        merge_chains(merged, actual, desired);
        for (guint i = 0; i < actual->rules->len; i++)
                if (!direct_entry_is_ours(actual->rules->pdata[i]))
                        g_ptr_array_add(merged->rules, direct_entry_copy(actual->rules->pdata[i]));
        for (guint i = 0; i < desired->len; i++) {
                const DirectRule *rule = desired->pdata[i];
                g_ptr_array_add(merged->rules, direct_entry_new(family_to_string(rule->family), "filter", rule->chain,
                                                                rule->priority, g_strdupv(rule->args)));
        }
        copy_entries(merged->passthroughs, actual->passthroughs);
        return merged;
}
