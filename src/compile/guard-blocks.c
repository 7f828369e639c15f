/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-blocks.h"

#include <string.h>

#define ADD_RULE "add rule inet " GUARD_TABLE " "

/* Rules of one chain with none between them that must stay in it. */
typedef struct List {
        char *chain;
        GPtrArray *rules; /* char *, without the command and the chain's name */
} List;

typedef struct Cutter {
        GString *out;
        GHashTable *lists; /* by chain: List * */
        GuardBlocks sizes;
        GuardState *state;
} Cutter;

static void list_free(gpointer p) {
        List *list = p;
        g_ptr_array_unref(list->rules);
        g_free(list->chain);
        g_free(list);
}

/* "return" is about the chain where it stands; and a verdict map is long by itself. */
static bool must_stay(const char *rule) {
        return g_str_has_suffix(rule, " return") || g_str_has_suffix(rule, " }");
}

static void put_rules(GString *out, const char *chain, const GPtrArray *rules, guint from, guint to) {
        for (guint i = from; i < to; i++)
                g_string_append_printf(out, ADD_RULE "%s %s\n", chain, (char *) rules->pdata[i]);
}

/* Of "host" or "forward" in the name of a chain with rules of policies, "label_" included; 0: it is another chain. Rules of firewalld's
 * may go to the end of the chain that they stand in. */
static gsize prefix_length(const char *chain) {
        const gsize label = g_str_has_prefix(chain, GUARD_LABEL_PREFIX) ? strlen(GUARD_LABEL_PREFIX) : 0;
        return g_str_has_prefix(chain + label, "host_")    ? label + strlen("host") :
               g_str_has_prefix(chain + label, "forward_") ? label + strlen("forward") :
                                                             0;
}

/* The chain with these rules of the list. Free with g_free(). */
static char *put_block(Cutter *cutter, const List *list, guint from, guint to) {
        g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
        for (guint i = from; i < to; i++) {
                g_checksum_update(checksum, list->rules->pdata[i], -1);
                g_checksum_update(checksum, (const guchar *) "\n", 1);
        }
        char *name = g_strdup_printf("%.*s_list_%.24s", (int) prefix_length(list->chain), list->chain,
                                     g_checksum_get_string(checksum));
        if (g_hash_table_add(cutter->state->chains, g_strdup(name))) {
                g_string_append_printf(cutter->out, "add chain inet " GUARD_TABLE " %s\n", name);
                put_rules(cutter->out, name, list->rules, from, to);
        }
        return name;
}

static void end_list(Cutter *cutter, List *list) {
        GPtrArray *rules = list->rules;
        const bool is_long = rules->len >= cutter->sizes.list && prefix_length(list->chain) > 0;
        for (guint i = 0, from = 0; i < rules->len && is_long; i++)
                if (i + 1 == rules->len || g_str_hash(rules->pdata[i]) % cutter->sizes.block == 0) {
                        g_autofree char *block = put_block(cutter, list, from, i + 1);
                        g_string_append_printf(cutter->out, ADD_RULE "%s jump %s\n", list->chain, block);
                        from = i + 1;
                }
        if (!is_long)
                put_rules(cutter->out, list->chain, rules, 0, rules->len);
        g_ptr_array_set_size(rules, 0);
}

static List *get_list(Cutter *cutter, const char *chain) {
        List *list = g_hash_table_lookup(cutter->lists, chain);
        if (!list) {
                list = g_new(List, 1);
                *list = (List){ g_strdup(chain), g_ptr_array_new_with_free_func(g_free) };
                g_hash_table_insert(cutter->lists, list->chain, list);
        }
        return list;
}

static void take_rule(Cutter *cutter, const char *line) {
        const char *chain = line + strlen(ADD_RULE), *space = strchr(chain, ' ');
        g_autofree char *name = g_strndup(chain, space - chain);
        List *list = get_list(cutter, name);
        if (must_stay(line)) {
                end_list(cutter, list);
                g_string_append_printf(cutter->out, "%s\n", line);
        } else
                g_ptr_array_add(list->rules, g_strdup(space + 1));
}

static int compare_lists(gconstpointer a, gconstpointer b) {
        return strcmp(((const List *) a)->chain, ((const List *) b)->chain);
}

/* Whether any chain has so many rules. */
static bool has_long_list(char **lines, guint length) {
        g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (char **line = lines; *line; line++) {
                if (!g_str_has_prefix(*line, ADD_RULE))
                        continue;
                const char *chain = *line + strlen(ADD_RULE);
                char *name = g_strndup(chain, strcspn(chain, " "));
                const guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, name)) + 1;
                if (count >= length) {
                        g_free(name);
                        return true;
                }
                g_hash_table_insert(counts, name, GUINT_TO_POINTER(count));
        }
        return false;
}

char *guard_blocks_cut(const char *commands, GuardBlocks sizes, GuardState *state) {
        g_autoptr(GHashTable) lists = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, list_free);
        g_auto(GStrv) lines = g_strsplit(commands, "\n", -1);
        if (!has_long_list(lines, sizes.list))
                return g_strdup(commands);
        Cutter cutter = { g_string_new(NULL), lists, sizes, state };
        for (char **line = lines; *line; line++)
                if (g_str_has_prefix(*line, ADD_RULE))
                        take_rule(&cutter, *line);
                else if (**line)
                        g_string_append_printf(cutter.out, "%s\n", *line);
        g_autoptr(GList) rest = g_list_sort(g_hash_table_get_values(lists), compare_lists);
        for (GList *list = rest; list; list = list->next)
                end_list(&cutter, list->data);
        return g_string_free(cutter.out, FALSE);
}
