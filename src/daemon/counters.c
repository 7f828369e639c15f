/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "counters.h"

#include "compile/direct-rule.h"
#include "compile/kernel-rules.h"
#include "firewalld/direct.h"

static void add_count(const char *policy, guint64 packets, guint64 bytes, gpointer userdata) {
        Count *count = g_hash_table_lookup(userdata, policy);
        if (count) {
                count->packets += packets;
                count->bytes += bytes;
        }
}

static bool count_direct(Firewalld *firewalld, GHashTable *counts, GError **error) {
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                const char *const args[] = { "-t", "filter", "-v", "-S", NULL };
                g_autofree char *text = direct_iptables(firewalld, family, args, error);
                if (!text)
                        return false;
                g_autoptr(KernelTable) table = kernel_table_parse(text);
                for (guint i = 0; i < table->rules->len; i++) {
                        const KernelRule *rule = table->rules->pdata[i];
                        const char *const *rule_args = (const char *const *) rule->args;
                        const char *owner = direct_rule_owner(rule->chain, rule_args);
                        if (owner && owner[0] && (g_strv_contains(rule_args, "DROP") || g_strv_contains(rule_args, "REJECT")))
                                add_count(owner, rule->packets, rule->bytes, counts);
                }
        }
        return true;
}

static GHashTable *new_counts(PolicySet *policies) {
        GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, policies);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                if (((const Policy *) policy)->action != POLICY_FORWARD)
                        g_hash_table_insert(counts, g_strdup(name), g_new0(Count, 1));
        return counts;
}

GHashTable *counters_read_guard(World *world, PolicySet *policies, GError **error) {
        g_autoptr(GHashTable) counts = new_counts(policies);
        return !world->guard || guard_read_counters(world->guard, add_count, counts, error) ? g_steal_pointer(&counts) : NULL;
}

GHashTable *counters_read_direct(World *world, PolicySet *policies, GError **error) {
        g_autoptr(GHashTable) counts = new_counts(policies);
        return !world->settings->use_direct || count_direct(world->firewalld, counts, error) ? g_steal_pointer(&counts) : NULL;
}

void counters_add(GHashTable *counts, GHashTable *more) {
        GHashTableIter iter;
        gpointer name, count;
        g_hash_table_iter_init(&iter, more);
        while (g_hash_table_iter_next(&iter, &name, &count))
                add_count(name, ((const Count *) count)->packets, ((const Count *) count)->bytes, counts);
}
