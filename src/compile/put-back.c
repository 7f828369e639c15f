/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "put-back.h"

static int compare_priorities(gconstpointer pa, gconstpointer pb) {
        const DirectEntry *a = *(DirectEntry *const *) pa, *b = *(DirectEntry *const *) pb;
        return (a->priority > b->priority) - (a->priority < b->priority);
}

/* The rules that firewalld lists for the chain, in the order in which it inserts them. */
static GPtrArray *list_entries(const DirectConfig *runtime, Family family, const char *chain) {
        GPtrArray *entries = g_ptr_array_new();
        Family other;
        for (guint i = 0; i < runtime->rules->len; i++) {
                DirectEntry *entry = runtime->rules->pdata[i];
                if (direct_entry_is_filter(entry, &other) && other == family && g_str_equal(entry->chain, chain))
                        g_ptr_array_add(entries, entry);
        }
        g_ptr_array_sort(entries, compare_priorities);
        return entries;
}

static GPtrArray *list_spellings(const KernelTable *table, const char *chain) {
        GPtrArray *spellings = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                if (g_str_equal(rule->chain, chain))
                        g_ptr_array_add(spellings, rule_canonical((const char *const *) rule->args));
        }
        return spellings;
}

static void add_call(GPtrArray *calls, const char *command, const char *chain, const char *place, const char *const *args) {
        g_autoptr(GStrvBuilder) call = g_strv_builder_new();
        g_strv_builder_add_many(call, "-t", "filter", command, chain, NULL);
        if (place)
                g_strv_builder_add(call, place);
        g_strv_builder_addv(call, (const char **) args);
        g_ptr_array_add(calls, g_strv_builder_end(call));
}

/* The index of an entry's first rule in the kernel; its rules stand together. there->len: none of them exists. -1: only some
 * do. */
static int find_entry(GPtrArray *there, const char *const *spellings) {
        const guint wanted = g_strv_length((char **) spellings);
        guint first = there->len, found = 0;
        for (guint i = there->len; i-- > 0;)
                if (g_strv_contains(spellings, there->pdata[i])) {
                        first = i;
                        found++;
                }
        for (guint i = 0; found > 0 && i < wanted; i++)
                if (first + i >= there->len || !g_strv_contains(spellings, there->pdata[first + i]))
                        return -1;
        return (int) first;
}

static bool is_ours(const DirectEntry *entry) {
        return direct_rule_owner(entry->chain, (const char *const *) entry->args);
}

/* Behind everything that firewalld lists before it, which exists by now. If somebody inserted rules in front, which firewalld
 * does not count, the kernel's order differs: then the place is at least right among the rules of the same owner. */
static guint find_place(GPtrArray *there, GPtrArray *entries, GPtrArray *spellings, guint n) {
        const bool ours = is_ours(entries->pdata[n]);
        guint behind = 0, behind_own = 0, before_own = there->len;
        for (guint i = 0; i < entries->len; i++) {
                const guint found = (guint) find_entry(there, spellings->pdata[i]);
                const bool own = is_ours(entries->pdata[i]) == ours;
                if (i < n)
                        behind = MAX(behind, found + g_strv_length(spellings->pdata[i]));
                if (i < n && own)
                        behind_own = found + g_strv_length(spellings->pdata[i]);
                if (i > n && own)
                        before_own = MIN(before_own, found);
        }
        return behind <= before_own ? behind : behind_own > 0 ? behind_own : before_own;
}

/* there: the chain as it will be after the calls so far. */
static bool place_entries(GPtrArray *calls, GPtrArray *there, GPtrArray *entries) {
        g_autoptr(GPtrArray) spellings = g_ptr_array_new_with_free_func((GDestroyNotify) g_strfreev);
        for (guint n = 0; n < entries->len; n++)
                g_ptr_array_add(spellings,
                                rule_canonical_split((const char *const *) ((DirectEntry *) entries->pdata[n])->args));
        for (guint n = 0; n < entries->len; n++)
                if (find_entry(there, spellings->pdata[n]) < 0)
                        return false;
        for (guint n = 0; n < entries->len; n++) {
                const DirectEntry *entry = entries->pdata[n];
                if (find_entry(there, spellings->pdata[n]) < (int) there->len)
                        continue;
                const guint place = find_place(there, entries, spellings, n);
                g_autofree char *number = g_strdup_printf("%u", place + 1);
                add_call(calls, "-I", entry->chain, number, (const char *const *) entry->args);
                for (char **spelling = spellings->pdata[n]; *spelling; spelling++)
                        g_ptr_array_insert(there, (int) place, g_strdup(*spelling));
        }
        return true;
}

static void take_out_others(GPtrArray *calls, const KernelTable *table, const char *chain, GPtrArray *entries) {
        g_autoptr(GHashTable) listed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < entries->len; i++) {
                g_auto(GStrv) spellings = rule_canonical_split((const char *const *) ((DirectEntry *) entries->pdata[i])->args);
                for (char **spelling = spellings; *spelling; spelling++)
                        g_hash_table_add(listed, g_strdup(*spelling));
        }
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                const char *const *args = (const char *const *) rule->args;
                g_autofree char *spelling = rule_canonical(args);
                if (g_str_equal(rule->chain, chain) && direct_rule_owner(chain, args) &&
                    !g_hash_table_contains(listed, spelling))
                        add_call(calls, "-D", chain, NULL, args);
        }
}

GPtrArray *put_back(const KernelTable *table, const DirectConfig *runtime, Family family) {
        /* As in direct_plan(): the switch of each bridge comes last. */
        static const char *const CHAINS[] = { CHAIN_QUAYWALL_POLICY, CHAIN_DOCKER_USER, CHAIN_QUAYWALL };
        g_autoptr(GPtrArray) calls = g_ptr_array_new_with_free_func((GDestroyNotify) g_strfreev);
        for (gsize i = 0; i < G_N_ELEMENTS(CHAINS); i++) {
                g_autoptr(GPtrArray) entries = list_entries(runtime, family, CHAINS[i]);
                g_autoptr(GPtrArray) there = list_spellings(table, CHAINS[i]);
                if (entries->len > 0 && !g_hash_table_contains(table->chains, CHAINS[i]))
                        return NULL;
                if (!place_entries(calls, there, entries))
                        return NULL;
                take_out_others(calls, table, CHAINS[i], entries);
        }
        return g_steal_pointer(&calls);
}
