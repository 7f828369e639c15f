/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "direct-edit.h"

#include "compile/direct-words.h"
#include "daemon/apply.h"
#include "daemon/docker-user.h"
#include "daemon/kernel.h"
#include "daemon/settle.h"
#include "firewalld/direct.h"
#include "model/error.h"

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

/* iptables itself is asked for the very rule, with the words as words: what firewalld wrote for iptables-restore may have meant
 * another one, or none. One that was there already would answer for it, so there must be more with this target than before. */
static bool check_kernel(Context *context, const DirectRule *rule, guint before, GError **error) {
        const char *const *args = (const char *const *) rule->args;
        g_autoptr(GPtrArray) rules = rule_split(args);
        kernel_forget(context);
        const KernelTable *table = kernel_read(context, rule->family, "filter", error);
        if (!table)
                return false;
        bool there = kernel_table_count(table, rule->chain, direct_words_target(args)) >= before + rules->len;
        for (guint i = 0; there && i < rules->len; i++) {
                g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
                g_strv_builder_add_many(builder, "-t", "filter", "-C", rule->chain, NULL);
                g_strv_builder_addv(builder, rules->pdata[i]);
                g_auto(GStrv) call = g_strv_builder_end(builder);
                g_autoptr(GError) failure = NULL;
                g_autofree char *output = direct_iptables(context->firewalld, rule->family, (const char *const *) call, &failure);
                there = output;
                if (g_error_matches(failure, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_NOT_RUNNING)) {
                        g_propagate_error(error, g_steal_pointer(&failure));
                        return false;
                }
        }
        if (there)
                return true;
        g_autofree char *words = g_strjoinv(" ", rule->args);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_FIREWALLD_FAILED,
                    "args: firewalld took the rule \"%.200s\", but it is not what the kernel has in %s then; it was taken out again", words,
                    rule->chain);
        return false;
}

static bool direct_rule_runtime(Context *context, const DirectRule *rule, bool add, GError **error);

static bool direct_rule_try(Context *context, const DirectRule *rule, GPtrArray *steps, GError **error) {
        kernel_forget(context);
        const KernelTable *table = kernel_read(context, rule->family, "filter", error);
        if (!table)
                return false;
        const guint before = kernel_table_count(table, rule->chain, direct_words_target((const char *const *) rule->args));
        if (!direct_run(context->firewalld, steps, error))
                return false;
        if (check_kernel(context, rule, before, error))
                return true;
        (void) direct_rule_runtime(context, rule, false, NULL);
        return false;
}

static bool direct_rule_runtime(Context *context, const DirectRule *rule, bool add, GError **error) {
        g_autoptr(DirectConfig) actual = direct_read_runtime(context->firewalld, error);
        if (!actual)
                return false;
        g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func((GDestroyNotify) step_free);
        if (add) {
                g_autoptr(GPtrArray) alone = g_ptr_array_new();
                g_ptr_array_add(alone, (gpointer) rule);
                if (apply_needs_arming(context, actual, alone) &&
                    (!apply_arm(context, alone, error) || !settle_reload_firewalld(context, error)))
                        return false;
                g_autoptr(GHashTable) chains = apply_read_chains(context, error);
                g_autofree char *key = g_strdup_printf("%s:%s", family_to_string(rule->family), rule->chain);
                if (!chains)
                        return false;
                if (!g_hash_table_contains(chains, key))
                        g_ptr_array_add(steps, step_new(STEP_ADD_CHAIN, direct_rule_new(rule->family, rule->chain, 0,
                                                                                        g_new0(char *, 1))));
        }
        g_ptr_array_add(steps, step_new(add ? STEP_ADD_RULE : STEP_REMOVE_RULE, direct_rule_copy(rule)));
        if (add)
                return direct_rule_try(context, rule, steps, error);
        kernel_forget(context);
        return direct_run(context->firewalld, steps, error);
}

/* A chain that only the kernel has is gone at the next reload, and then firewalld fails with all of its configuration. */
static bool check_target_stays(const DirectConfig *config, const DirectRule *rule, GError **error) {
        const char *target = direct_words_target((const char *const *) rule->args);
        if (!direct_words_target_is_chain(target) || direct_config_has_chain(config, rule->family, target))
                return true;
        const char *ipv = family_to_string(rule->family);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    "args: the chain \"%s\" is none of firewalld's permanent ones, so it would be missing at the next reload; make it with "
                    "\"firewall-cmd --permanent --direct --add-chain %s filter %s\"",
                    target, ipv, target);
        return false;
}

static bool direct_rule_permanent(Context *context, const DirectRule *rule, bool add, GError **error) {
        g_autoptr(DirectConfig) config = direct_read_permanent(context->firewalld, error);
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
                g_ptr_array_add(config->rules, direct_entry_new(ipv, "filter", rule->chain, rule->priority, g_strdupv(rule->args)));
        }
        return direct_write_permanent(context->firewalld, config, error);
}

static bool direct_rule_exists(Context *context, const DirectRule *rule, bool is_now, int scope, GError **error) {
        g_autoptr(DirectConfig) later = direct_read_permanent(context->firewalld, error);
        if (!later)
                return false;
        if (((scope & 1) && is_now) || ((scope & 2) && find_rule(later, rule) != G_MAXUINT))
                return true;
        g_autofree char *words = g_strjoinv(" ", rule->args);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                    "args: there is no direct rule \"%.200s\" of priority %d in DOCKER-USER; see \"quaywallctl direct list\"", words,
                    rule->priority);
        return false;
}

bool direct_edit(Context *context, const DirectRule *rule, bool add, int scope, GError **error) {
        g_autoptr(DirectConfig) now =
                firewalld_refresh(context->firewalld, error) ? direct_read_runtime(context->firewalld, error) : NULL;
        if (!now)
                return false;
        const bool is_now = find_rule(now, rule) != G_MAXUINT;
        if (!add && !direct_rule_exists(context, rule, is_now, scope, error))
                return false;
        /* Tried at runtime before it becomes permanent: one bad permanent rule fails firewalld at its next reload. What is
         * there already was tried, and is not ours to take away again. */
        const bool trial = add && !is_now && scope == 2, changes = trial || (add != is_now && (scope & 1));
        if (changes && !direct_rule_runtime(context, rule, add, error))
                return false;
        const bool done = (!trial || direct_rule_runtime(context, rule, false, error)) &&
                          (!add || !(scope & 1) || docker_user_lift_jump(context, rule->family, error)) &&
                          (!(scope & 2) || direct_rule_permanent(context, rule, add, error));
        if (!done && changes)
                (void) direct_rule_runtime(context, rule, !add, NULL);
        return done;
}
