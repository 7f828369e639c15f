/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "counts.h"

#include "compile/direct-rule.h"
#include "compile/kernel-rules.h"
#include "firewalld/direct.h"
#include "world/memory.h"

static GHashTable *table_new(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

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

static GHashTable *counts_new(PolicySet *policies) {
        GHashTable *counts = table_new();
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, policies->policies);
        while (g_hash_table_iter_next(&iter, &name, &policy))
                if (((const Policy *) policy)->action != POLICY_FORWARD)
                        g_hash_table_insert(counts, g_strdup(name), g_new0(Count, 1));
        return counts;
}

void counts_add(GHashTable *counts, GHashTable *more) {
        GHashTableIter iter;
        gpointer name, count;
        g_hash_table_iter_init(&iter, more);
        while (g_hash_table_iter_next(&iter, &name, &count))
                add_count(name, ((const Count *) count)->packets, ((const Count *) count)->bytes, counts);
}

GHashTable *counts_read_guard(World *world, PolicySet *policies, GHashTable *carried, GError **error) {
        g_autoptr(GHashTable) counts = counts_new(policies);
        counts_add(counts, carried);
        return !world->guard || guard_read_counters(world->guard, add_count, counts, error) ? g_steal_pointer(&counts) : NULL;
}

GHashTable *counts_read_direct(World *world, PolicySet *policies, GError **error) {
        g_autoptr(GHashTable) counts = counts_new(policies);
        return !world->settings->use_direct || count_direct(world->firewalld, counts, error) ? g_steal_pointer(&counts) : NULL;
}

GHashTable *counts_read(World *world, PolicySet *policies, GHashTable *carried, GError **error) {
        g_autoptr(GHashTable) counts = counts_read_guard(world, policies, carried, error);
        /* The guard blocks first, so that without firewalld next to nothing is missing. */
        g_autoptr(GHashTable) direct = counts ? counts_read_direct(world, policies, world->guard ? NULL : error) : NULL;
        if (direct)
                counts_add(counts, direct);
        return direct || world->guard ? g_steal_pointer(&counts) : NULL;
}

static void carry(GHashTable *carried, const Count *was, const Count *is, const char *name) {
        const Count *had = g_hash_table_lookup(carried, name);
        Count *sum = g_new(Count, 1);
        *sum = (Count){ was->packets - MIN(is->packets, was->packets) + (had ? had->packets : 0),
                        was->bytes - MIN(is->bytes, was->bytes) + (had ? had->bytes : 0) };
        if (sum->packets + sum->bytes > 0)
                g_hash_table_replace(carried, g_strdup(name), sum);
        else
                g_free(sum);
}

void counts_carry(GHashTable *carried, GHashTable *before, GHashTable *after, const char *name, const char *new_name) {
        if (!before || !after)
                return;
        GHashTableIter iter;
        gpointer old_name, was;
        g_hash_table_iter_init(&iter, before);
        while (g_hash_table_iter_next(&iter, &old_name, &was)) {
                const char *now = g_strcmp0(name, old_name) == 0 ? new_name : old_name;
                const Count *is = g_hash_table_lookup(after, now);
                if (is)
                        carry(carried, was, is, now);
        }
}

static gboolean is_gone(gpointer name, G_GNUC_UNUSED gpointer count, gpointer policies) {
        return !g_hash_table_contains(policies, name);
}

static char *file_name(const Settings *settings) {
        return g_build_filename(settings->runtime_folder, "counters", NULL);
}

void counts_keep(GHashTable *carried, const Settings *settings, PolicySet *policies) {
        g_autofree char *file = file_name(settings);
        const guint before = g_hash_table_size(carried);
        (void) g_hash_table_foreach_remove(carried, is_gone, policies->policies);
        if (before == 0)
                return;
        g_autoptr(GString) text = g_string_new(NULL);
        GHashTableIter iter;
        gpointer name, count;
        g_hash_table_iter_init(&iter, carried);
        while (g_hash_table_iter_next(&iter, &name, &count))
                g_string_append_printf(text, "%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", (char *) name,
                                       ((Count *) count)->packets, ((Count *) count)->bytes);
        memory_save(file, text->str, 0644);
}

GHashTable *counts_recall(const Settings *settings) {
        GHashTable *carried = table_new();
        g_autofree char *file = file_name(settings), *text = NULL;
        if (!g_file_get_contents(file, &text, NULL, NULL))
                return carried;
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", 3);
                Count count;
                if (g_strv_length(words) == 3 &&
                    g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXUINT64, &count.packets, NULL) &&
                    g_ascii_string_to_unsigned(words[2], 10, 0, G_MAXUINT64, &count.bytes, NULL))
                        g_hash_table_replace(carried, g_strdup(words[0]), g_memdup2(&count, sizeof count));
        }
        return carried;
}
