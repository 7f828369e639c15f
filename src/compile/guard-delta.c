/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-delta.h"

#include <string.h>

#include "compile/guard-state.h"

#define ADD_CHAIN "add chain inet " GUARD_TABLE " "
#define ADD_RULE "add rule inet " GUARD_TABLE " "

/* The commands about one chain, lines in their order. */
typedef struct ChainText {
        GString *added, *rules;
} ChainText;

static void chain_text_free(gpointer p) {
        ChainText *text = p;
        g_string_free(text->added, TRUE);
        g_string_free(text->rules, TRUE);
        g_free(text);
}

static ChainText *get_chain(GHashTable *chains, GPtrArray *order, const char *name, gsize length) {
        g_autofree char *key = g_strndup(name, length);
        ChainText *text = g_hash_table_lookup(chains, key);
        if (text)
                return text;
        text = g_new(ChainText, 1);
        *text = (ChainText){ g_string_new(NULL), g_string_new(NULL) };
        g_ptr_array_add(order, g_strdup(key));
        g_hash_table_insert(chains, g_steal_pointer(&key), text);
        return text;
}

/* The chains of these commands (ChainText) by name. order: their names as they come (char *). */
static GHashTable *divide(const char *commands, GPtrArray *order) {
        GHashTable *chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, chain_text_free);
        for (const char *line = commands, *end; *line; line = end + 1) {
                end = strchr(line, '\n');
                const bool is_rule = g_str_has_prefix(line, ADD_RULE);
                g_assert(end && (is_rule || g_str_has_prefix(line, ADD_CHAIN)));
                const char *name = line + (is_rule ? strlen(ADD_RULE) : strlen(ADD_CHAIN));
                ChainText *text = get_chain(chains, order, name, strcspn(name, " \n"));
                g_string_append_len(is_rule ? text->rules : text->added, line, end + 1 - line);
        }
        return chains;
}

static void flush(GString *out, const char *name) {
        g_string_append_printf(out, "flush chain inet " GUARD_TABLE " %s\n", name);
}

char *guard_delta(const char *before, const char *after) {
        g_autoptr(GPtrArray) old_names = g_ptr_array_new_with_free_func(g_free), names = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) old = divide(before, old_names), new = divide(after, names);
        /* Rules may lead to any chain, and one that is about to go must not refer to anything that goes as well. */
        g_autoptr(GString) out = g_string_new(NULL), rules = g_string_new(NULL);
        for (guint i = 0; i < old_names->len; i++)
                if (!g_hash_table_contains(new, old_names->pdata[i]))
                        flush(out, old_names->pdata[i]);
        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];
                const ChainText *now = g_hash_table_lookup(new, name), *then = g_hash_table_lookup(old, name);
                if (!then)
                        g_string_append(out, now->added->str);
                else if (!g_string_equal(then->rules, now->rules))
                        flush(out, name);
                else
                        continue;
                g_string_append(rules, now->rules->str);
        }
        return g_string_free(g_string_append(g_steal_pointer(&out), rules->str), FALSE);
}
