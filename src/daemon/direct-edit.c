/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "direct-edit.h"

#include <glib/gi18n.h>

#include "compile/direct-words.h"
#include "daemon/apply.h"
#include "daemon/docker-user.h"
#include "daemon/reload.h"
#include "firewalld/direct.h"
#include "model/error.h"
#include "world/iptables.h"

static guint find_rule(const DirectConfig *config, const DirectRule *rule) {
        for (guint i = 0; i < config->rules->len; i++) {
                const DirectEntry *entry = config->rules->pdata[i];
                if (g_str_equal(entry->ipv, family_to_string(rule->family)) && g_str_equal(entry->table, "filter") &&
                    g_str_equal(entry->chain, rule->chain) && entry->priority == rule->priority &&
                    g_strv_equal((const char *const *) entry->args, (const char *const *) rule->args))
                        return i;
        }
        return G_MAXUINT;
}

/* Has iptables itself check for this very rule, word by word: what firewalld wrote for iptables-restore may have meant a
 * different rule, or none. An equal rule that existed before would pass as well, so there must also be more rules with this
 * target than before. */
static bool check_kernel(World *world, const DirectRule *rule, guint before, GError **error) {
        const char *const *args = (const char *const *) rule->args;
        g_autoptr(GPtrArray) rules = rule_split(args);
        iptables_forget(world);
        const KernelTable *table = iptables_read(world, rule->family, "filter", error);
        if (!table)
                return false;
        bool there = kernel_table_count(table, rule->chain, direct_words_target(args)) >= before + rules->len;
        for (guint i = 0; there && i < rules->len; i++) {
                g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
                g_strv_builder_add_many(builder, "-t", "filter", "-C", rule->chain, NULL);
                g_strv_builder_addv(builder, rules->pdata[i]);
                g_auto(GStrv) call = g_strv_builder_end(builder);
                g_autoptr(GError) failure = NULL;
                g_autofree char *output = direct_iptables(world->firewalld, rule->family, (const char *const *) call, &failure);
                there = output;
                if (g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING)) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return false;
                }
        }
        if (there)
                return true;
        g_autofree char *words = g_strjoinv(" ", rule->args);
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED,
                _("args: firewalld took the rule \"%.200s\", but it is not what the kernel has in %s then; it was taken out again"),
                words, rule->chain);
        return false;
}

static bool direct_rule_runtime(World *world, Agenda *agenda, const DirectRule *rule, bool add, GError **error);

static bool direct_rule_try(World *world, Agenda *agenda, const DirectRule *rule, GPtrArray *steps, GError **error) {
        iptables_forget(world);
        const KernelTable *table = iptables_read(world, rule->family, "filter", error);
        if (!table)
                return false;
        const guint before = kernel_table_count(table, rule->chain, direct_words_target((const char *const *) rule->args));
        if (!direct_run(world->firewalld, steps, error))
                return false;
        if (check_kernel(world, rule, before, error))
                return true;
        (void) direct_rule_runtime(world, agenda, rule, false, NULL);
        return false;
}

static bool direct_rule_runtime(World *world, Agenda *agenda, const DirectRule *rule, bool add, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_runtime(world->firewalld, error);
        if (!actual)
                return false;
        g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func((GDestroyNotify) step_free);
        if (add) {
                g_autoptr(GPtrArray) alone = g_ptr_array_new();
                g_ptr_array_add(alone, (gpointer) rule);
                if (apply_needs_arming(world->firewalld, actual, alone) &&
                    (!apply_arm(world->firewalld, alone, error) || !reload_firewalld(world, agenda, error)))
                        return false;
                g_autoptr(GHashTable) chains = apply_read_chains(world, error);
                g_autofree char *key = g_strdup_printf("%s:%s", family_to_string(rule->family), rule->chain);
                if (!chains)
                        return false;
                if (!g_hash_table_contains(chains, key))
                        g_ptr_array_add(steps, step_new(STEP_ADD_CHAIN,
                                                        direct_rule_new(rule->family, rule->chain, 0, g_new0(char *, 1))));
        }
        g_ptr_array_add(steps, step_new(add ? STEP_ADD_RULE : STEP_REMOVE_RULE, direct_rule_copy(rule)));
        if (add)
                return direct_rule_try(world, agenda, rule, steps, error);
        iptables_forget(world);
        return direct_run(world->firewalld, steps, error);
}

/* A chain that only the kernel has is gone after the next reload, and then firewalld fails with its entire configuration. */
static bool check_target_stays(const DirectConfig *config, const DirectRule *rule, GError **error) {
        const char *target = direct_words_target((const char *const *) rule->args);
        if (!direct_words_target_is_chain(target) || direct_config_has_chain(config, rule->family, target))
                return true;
        const char *ipv = family_to_string(rule->family);
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                _("args: the chain \"%s\" is none of firewalld's permanent ones, so it would be missing at the next reload; make it with "
                  "\"firewall-cmd --permanent --direct --add-chain %s filter %s\""),
                target, ipv, target);
        return false;
}

static bool direct_rule_permanent(Firewalld *firewalld, const DirectRule *rule, bool add, GError **error) {
        g_autoptr(DirectConfig) config = direct_read_permanent(firewalld, error);
        if (!config)
                return false;
        guint place = find_rule(config, rule);
        if (add == (place != G_MAXUINT))
                return true;
        const char *ipv = family_to_string(rule->family);
        if (!add)
                g_ptr_array_remove_index(config->rules, place);
        else {
                if (!check_target_stays(config, rule, error))
                        return false;
                if (!direct_config_has_chain(config, rule->family, rule->chain))
                        g_ptr_array_add(config->chains, direct_entry_new(ipv, "filter", rule->chain, 0, NULL));
                g_ptr_array_add(config->rules,
                                direct_entry_new(ipv, "filter", rule->chain, rule->priority, g_strdupv(rule->args)));
        }
        return direct_write_permanent(firewalld, config, error);
}

bool direct_edit_no_such(const DirectRule *rule, GError **error) {
        g_autofree char *words = g_strjoinv(" ", rule->args);
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                _("args: there is no direct rule \"%.200s\" of priority %d in DOCKER-USER; see \"quaywallctl direct list\""),
                words, rule->priority);
        return false;
}

static bool direct_rule_exists(Firewalld *firewalld, const DirectRule *rule, bool is_now, Scope scope, GError **error) {
        g_autoptr(DirectConfig) later = direct_read_permanent(firewalld, error);
        if (!later)
                return false;
        if (((scope & SCOPE_RUNTIME) && is_now) || ((scope & SCOPE_PERMANENT) && find_rule(later, rule) != G_MAXUINT))
                return true;
        return direct_edit_no_such(rule, error);
}

bool direct_edit_has_effect(const World *world, GError **error) {
        if (!world->docker_uses_nft)
                return true;
        g_set_error_literal(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_NOT_SUPPORTED,
                _("Docker filters with nftables, so nothing leads to DOCKER-USER, and a rule there would have no effect; "
                  "make a policy, which the guard enforces"));
        return false;
}

bool direct_edit(InForce *in_force, World *world, const Repairs *repairs, const DirectRule *rule, bool add, Scope scope,
                 GError **error) {
        if (add && !direct_edit_has_effect(world, error))
                return false;
        g_autoptr(DirectConfig) now =
                firewalld_refresh(world->firewalld, error) ? direct_read_runtime(world->firewalld, error) : NULL;
        if (!now)
                return false;
        const bool is_now = find_rule(now, rule) != G_MAXUINT;
        if (!add && !direct_rule_exists(world->firewalld, rule, is_now, scope, error))
                return false;
        /* Tried at runtime before it becomes permanent: one bad permanent rule makes firewalld fail at its next reload. A rule
         * that existed before was already tried, and is not ours to remove. */
        const bool trial = add && !is_now && scope == SCOPE_PERMANENT;
        const bool changes = trial || (add != is_now && (scope & SCOPE_RUNTIME));
        if (changes && !direct_rule_runtime(world, repairs->agenda, rule, add, error))
                return false;
        const bool done =
                (!trial || direct_rule_runtime(world, repairs->agenda, rule, false, error)) &&
                (!add || !(scope & SCOPE_RUNTIME) || docker_user_lift_jump(in_force, world, repairs, rule->family, error)) &&
                (!(scope & SCOPE_PERMANENT) || direct_rule_permanent(world->firewalld, rule, add, error));
        if (!done && changes)
                (void) direct_rule_runtime(world, repairs->agenda, rule, !add, NULL);
        return done;
}
