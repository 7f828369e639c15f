/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "direct-edit.h"

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
        kernel_forget(context);
        return direct_run(context->firewalld, steps, error);
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
