/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "firewall-cmd.h"

#include <stdarg.h>

GPtrArray *firewall_cmd_list_new(void) {
        return g_ptr_array_new_with_free_func((GDestroyNotify) g_strfreev);
}

void firewall_cmd_add(GPtrArray *commands, const char *first, ...) {
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        va_list arguments;
        g_strv_builder_add(words, FIREWALL_CMD);
        va_start(arguments, first);
        for (const char *word = first; word; word = va_arg(arguments, const char *))
                g_strv_builder_add(words, word);
        va_end(arguments);
        g_ptr_array_add(commands, g_strv_builder_end(words));
}

void firewall_cmd_add_option(GPtrArray *commands, const char *scope, const char *option, const char *value) {
        g_autofree char *word = g_strconcat(option, value, NULL);
        if (scope)
                firewall_cmd_add(commands, scope, word, NULL);
        else
                firewall_cmd_add(commands, word, NULL);
}

/* scope: "--permanent"; NULL: the runtime. args: NULL: the command is about a chain. */
static void add_direct(GPtrArray *commands, const char *scope, const char *verb, const char *ipv, const char *chain,
                       int priority, GStrv args) {
        g_autoptr(GStrvBuilder) words = g_strv_builder_new();
        g_strv_builder_add(words, FIREWALL_CMD);
        if (scope)
                g_strv_builder_add(words, scope);
        g_strv_builder_add_many(words, "--direct", verb, ipv, "filter", chain, NULL);
        if (args) {
                g_autofree char *number = g_strdup_printf("%d", priority);
                g_strv_builder_add(words, number);
                g_strv_builder_addv(words, (const char **) args);
        }
        g_ptr_array_add(commands, g_strv_builder_end(words));
}

void firewall_cmd_add_steps(GPtrArray *commands, GPtrArray *steps) {
        static const char *const VERBS[] = {
                [STEP_ADD_CHAIN] = "--add-chain",     [STEP_REMOVE_CHAIN] = "--remove-chain", [STEP_ADD_RULE] = "--add-rule",
                [STEP_REMOVE_RULE] = "--remove-rule", [STEP_REMOVE_RULES] = "--remove-rules",
        };
        for (guint i = 0; i < steps->len; i++) {
                const Step *step = steps->pdata[i];
                const bool has_args = step->kind == STEP_ADD_RULE || step->kind == STEP_REMOVE_RULE;
                add_direct(commands, NULL, VERBS[step->kind], family_to_string(step->rule->family), step->rule->chain,
                           step->rule->priority, has_args ? step->rule->args : NULL);
        }
}

/* Equal for the same entry of a list; the lists are long. */
static char *entry_key(const DirectEntry *entry) {
        g_autofree char *args = entry->args ? g_strjoinv("\n", entry->args) : NULL;
        return g_strdup_printf("%s %s %s %d %s", entry->ipv, entry->table, entry->chain, entry->priority, args ? args : "");
}

/* The entries of one list that the other does not have. */
static void add_others(GPtrArray *commands, const char *verb, GPtrArray *entries, GPtrArray *others) {
        g_autoptr(GHashTable) keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Family family;
        for (guint i = 0; i < others->len; i++)
                g_hash_table_add(keys, entry_key(others->pdata[i]));
        for (guint i = 0; i < entries->len; i++) {
                const DirectEntry *entry = entries->pdata[i];
                g_autofree char *key = entry_key(entry);
                if (direct_entry_is_filter(entry, &family) && !g_hash_table_contains(keys, key))
                        add_direct(commands, "--permanent", verb, entry->ipv, entry->chain, entry->priority, entry->args);
        }
}

/* A chain is there before and after the rules that lead to it: firewalld may be reloaded after any of the commands. */
void firewall_cmd_add_permanent(GPtrArray *commands, const DirectConfig *before, const DirectConfig *after) {
        add_others(commands, "--add-chain", after->chains, before->chains);
        add_others(commands, "--add-rule", after->rules, before->rules);
        add_others(commands, "--remove-rule", before->rules, after->rules);
        add_others(commands, "--remove-chain", before->chains, after->chains);
}

bool firewall_cmd_has(GPtrArray *commands, const char *option) {
        for (guint i = 0; i < commands->len; i++) {
                char *const *words = commands->pdata[i];
                if (g_str_equal(words[1], option) && !words[2])
                        return true;
        }
        return false;
}
