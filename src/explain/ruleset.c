/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ruleset.h"

#include <string.h>

#include <glib/gi18n.h>

#include "compile/direct-rule.h"
#include "compile/guard-state.h"
#include "compile/kernel-rules.h"
#include "model/error.h"
#include "model/sort.h"

static void chain_rule_free(gpointer p) {
        ChainRule *rule = p;
        g_free(rule->text);
        g_free(rule->policy);
        g_strfreev(rule->args);
        g_free(rule);
}

static void chain_free(gpointer p) {
        Chain *chain = p;
        g_free(chain->family);
        g_free(chain->table);
        g_free(chain->name);
        g_free(chain->hook);
        g_free(chain->type);
        g_ptr_array_unref(chain->rules);
        g_free(chain);
}

void ruleset_free(Ruleset *ruleset) {
        g_hash_table_unref(ruleset->chains);
        g_hash_table_unref(ruleset->sets);
        g_hash_table_unref(ruleset->opaque);
        g_ptr_array_unref(ruleset->ordered);
        g_ptr_array_unref(ruleset->parsers);
        g_free(ruleset);
}

const char *ruleset_family(Family family) {
        return family == FAMILY_IPV4 ? "ip" : "ip6";
}

static const char *member(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);
        return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING ?
                       json_node_get_string(node) :
                       "";
}

static gint64 number(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);
        return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_INT64 ? json_node_get_int(node) :
                                                                                                       0;
}

static JsonArray *array(JsonObject *object, const char *name) {
        JsonNode *node = json_object_get_member(object, name);
        return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static char *key_of(const char *family, const char *table, const char *name) {
        return g_strjoin(" ", family, table, name, NULL);
}

static Chain *add_chain(Ruleset *ruleset, const char *family, const char *table, const char *name) {
        g_autofree char *key = key_of(family, table, name);
        Chain *chain = g_hash_table_lookup(ruleset->chains, key);
        if (chain)
                return chain;
        chain = g_new0(Chain, 1);
        chain->family = g_strdup(family);
        chain->table = g_strdup(table);
        chain->name = g_strdup(name);
        chain->rules = g_ptr_array_new_with_free_func(chain_rule_free);
        g_hash_table_insert(ruleset->chains, g_steal_pointer(&key), chain);
        g_ptr_array_add(ruleset->ordered, chain);
        return chain;
}

static void read_chain(Ruleset *ruleset, JsonObject *object) {
        Chain *chain = add_chain(ruleset, member(object, "family"), member(object, "table"), member(object, "name"));
        if (!*member(object, "hook") || chain->hook)
                return;
        chain->hook = g_strdup(member(object, "hook"));
        chain->type = g_strdup(member(object, "type"));
        chain->priority = CLAMP(number(object, "prio"), G_MININT, G_MAXINT);
        chain->drops = g_str_equal(member(object, "policy"), "drop");
}

static bool is_opaque(JsonArray *expr) {
        for (guint i = 0; i < json_array_get_length(expr); i++) {
                JsonNode *node = json_array_get_element(expr, i);
                if (JSON_NODE_HOLDS_OBJECT(node) && json_object_has_member(json_node_get_object(node), "xt"))
                        return true;
        }
        return false;
}

/* The rule behind the name of its policy. */
static char *with_policy(const char *policy, const char *text) {
        return policy ? g_strdup_printf(_("policy %s: %s"), policy, text) : g_strdup(text);
}

static void read_rule(Ruleset *ruleset, JsonObject *object, GHashTable *texts) {
        g_autofree char *key = key_of(member(object, "family"), member(object, "table"), member(object, "chain"));
        Chain *chain = g_hash_table_lookup(ruleset->chains, key);
        JsonArray *expr = array(object, "expr");
        if (!chain || !expr)
                return;
        g_autofree char *name = g_strdup_printf("%s %" G_GINT64_FORMAT, key, number(object, "handle"));
        const char *text = g_hash_table_lookup(texts, name);
        ChainRule *rule = g_new0(ChainRule, 1);
        const char *comment = member(object, "comment");
        const bool ours = g_str_equal(member(object, "table"), GUARD_TABLE);
        rule->holds = ours && g_str_equal(comment, GUARD_HELD);
        if (ours && !rule->holds && g_str_has_prefix(comment, COMMENT_PREFIX))
                rule->policy = g_strdup(comment + strlen(COMMENT_PREFIX));
        rule->text = with_policy(rule->policy, text ? text : "(a rule)");
        rule->expr = expr;
        g_ptr_array_add(chain->rules, rule);
        if (is_opaque(expr))
                g_hash_table_add(ruleset->opaque, g_strjoin(" ", chain->family, chain->table, NULL));
}

/* The elements of a long set or map are not what somebody wants to know of a rule that matches. */
#define ELEMENTS_MAX 80

static char *format_text(const char *rule) {
        const char *begin = strstr(rule, "{ "), *end = begin ? strstr(begin, " }") : NULL;
        if (!end || end - begin <= ELEMENTS_MAX)
                return g_strdup(rule);
        return g_strdup_printf("%.*s{ ...%s", (int) (begin - rule), rule, end);
}

/* Maps "inet quaywall host 48" to the rule's text, from a listing of tables. A rule with a large anonymous set takes several
 * lines, the last of which has the handle. */
static GHashTable *read_texts(const char *listing) {
        GHashTable *texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        g_auto(GStrv) lines = g_strsplit(listing ? listing : "", "\n", -1);
        g_autofree char *table = NULL, *chain = NULL;
        g_autoptr(GString) rule = g_string_new(NULL);
        for (char **line = lines; *line; line++) {
                char *word = g_strstrip(*line), *handle = g_strrstr(word, " # handle ");
                g_autofree char *number_of = handle ? g_strdup(handle + strlen(" # handle ")) : NULL;
                if (handle)
                        *handle = '\0';
                if (g_str_has_prefix(word, "table ") && g_str_has_suffix(word, "{")) {
                        g_free(table);
                        table = g_strstrip(g_strndup(word + strlen("table "), strlen(word) - strlen("table ") - 1));
                } else if (g_str_has_prefix(word, "chain ") && g_str_has_suffix(word, "{")) {
                        g_free(chain);
                        chain = g_strstrip(g_strndup(word + strlen("chain "), strlen(word) - strlen("chain ") - 1));
                        g_string_truncate(rule, 0);
                } else if (g_str_has_prefix(word, "type ") && strchr(word, ';'))
                        continue;
                else if (table && chain && !g_str_equal(word, "}") && *word) {
                        g_string_append_printf(rule, "%s%s", rule->len ? " " : "", word);
                        if (!number_of)
                                continue;
                        g_hash_table_insert(texts, g_strjoin(" ", table, chain, number_of, NULL), format_text(rule->str));
                        g_string_truncate(rule, 0);
                } else if (g_str_equal(word, "}") && rule->len == 0)
                        g_clear_pointer(&chain, g_free);
        }
        return texts;
}

static void read_object(Ruleset *ruleset, JsonObject *object, GHashTable *texts) {
        static const char *const KINDS[] = { "chain", "rule", "set", "map" };
        for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++) {
                JsonNode *node = json_object_get_member(object, KINDS[i]);
                if (!node || !JSON_NODE_HOLDS_OBJECT(node))
                        continue;
                JsonObject *inner = json_node_get_object(node);
                if (i == 0)
                        read_chain(ruleset, inner);
                else if (i == 1)
                        read_rule(ruleset, inner, texts);
                else
                        g_hash_table_replace(ruleset->sets,
                                             key_of(member(inner, "family"), member(inner, "table"), member(inner, "name")),
                                             array(inner, "elem"));
        }
}

Ruleset *ruleset_new(void) {
        Ruleset *ruleset = g_new(Ruleset, 1);
        ruleset->parsers = g_ptr_array_new_with_free_func(g_object_unref);
        ruleset->chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, chain_free);
        ruleset->sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        ruleset->opaque = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        ruleset->ordered = g_ptr_array_new();
        return ruleset;
}

bool ruleset_add_json(Ruleset *ruleset, const char *json, const char *text, GError **error) {
        g_autoptr(GError) reason = NULL;
        JsonParser *parser = json_parser_new();
        g_ptr_array_add(ruleset->parsers, parser);
        JsonNode *root = json_parser_load_from_data(parser, json, -1, &reason) ? json_parser_get_root(parser) : NULL;
        JsonArray *all = root && JSON_NODE_HOLDS_OBJECT(root) ? array(json_node_get_object(root), "nftables") : NULL;
        if (!all) {
                g_autofree char *why = g_utf8_make_valid(reason ? reason->message : _("it is not what libnftables writes"), -1);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("nftables' list of rules could not be read: %s"), why);
                return false;
        }
        g_autoptr(GHashTable) texts = read_texts(text);
        for (guint i = 0; i < json_array_get_length(all); i++) {
                JsonNode *node = json_array_get_element(all, i);
                if (JSON_NODE_HOLDS_OBJECT(node))
                        read_object(ruleset, json_node_get_object(node), texts);
        }
        return true;
}

GPtrArray *ruleset_tables(const Ruleset *ruleset) {
        GPtrArray *tables = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < ruleset->ordered->len; i++) {
                const Chain *chain = ruleset->ordered->pdata[i];
                g_autofree char *table = g_strjoin(" ", chain->family, chain->table, NULL);
                if (!g_ptr_array_find_with_equal_func(tables, table, g_str_equal, NULL))
                        g_ptr_array_add(tables, g_steal_pointer(&table));
        }
        g_ptr_array_sort(tables, compare_strings);
        return tables;
}

bool ruleset_is_iptables(const char *table, Family *ret_family, const char **ret_name) {
        static const char *const NAMES[] = { "raw", "mangle", "nat", "filter", "security" };
        for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++)
                ITERATE_FAMILIES (family) {
                        g_autofree char *key = g_strjoin(" ", ruleset_family(family), NAMES[i], NULL);
                        if (!g_str_equal(key, table))
                                continue;
                        *ret_family = family;
                        *ret_name = NAMES[i];
                        return true;
                }
        return false;
}

/* The rule as an administrator would type it. */
static char *iptables_text(const char *const *args) {
        g_autoptr(GString) text = g_string_new(NULL);
        for (const char *const *arg = args; *arg; arg++) {
                const bool plain = **arg && !strpbrk(*arg, " \t\"'\\$`;&|<>()*?[]{}");
                g_autofree char *quoted = plain ? g_strdup(*arg) : g_shell_quote(*arg);
                g_string_append_printf(text, "%s%s", arg == args ? "" : " ", quoted);
        }
        return g_string_free(g_steal_pointer(&text), FALSE);
}

void ruleset_set_iptables(Ruleset *ruleset, Family family, const char *table, const char *text) {
        g_autoptr(KernelTable) parsed = kernel_table_parse(text);
        const char *of = ruleset_family(family);
        for (guint i = 0; i < parsed->rules->len; i++) {
                KernelRule *kernel = parsed->rules->pdata[i];
                Chain *chain = add_chain(ruleset, of, table, kernel->chain);
                ChainRule *rule = g_new0(ChainRule, 1);
                const char *const *args = (const char *const *) kernel->args;
                const char *owner = direct_rule_owner(kernel->chain, args);
                g_autofree char *plain = iptables_text(args);
                rule->policy = owner && *owner ? g_strdup(owner) : NULL;
                rule->text = with_policy(rule->policy, plain);
                rule->args = g_steal_pointer(&kernel->args);
                g_ptr_array_add(chain->rules, rule);
        }
}

static int compare_priorities(gconstpointer pa, gconstpointer pb) {
        const Chain *a = *(const Chain *const *) pa, *b = *(const Chain *const *) pb;
        return a->priority < b->priority ? -1 : a->priority > b->priority;
}

GPtrArray *ruleset_base_chains(const Ruleset *ruleset, Family family, const char *hook) {
        g_autoptr(GPtrArray) chains = g_ptr_array_new();
        for (guint i = 0; i < ruleset->ordered->len; i++) {
                Chain *chain = ruleset->ordered->pdata[i];
                if (chain->hook && g_str_equal(chain->hook, hook) &&
                    (g_str_equal(chain->family, "inet") || g_str_equal(chain->family, ruleset_family(family))))
                        g_ptr_array_add(chains, chain);
        }
        g_ptr_array_sort(chains, compare_priorities);
        return g_steal_pointer(&chains);
}

const Chain *ruleset_find(const Ruleset *ruleset, const Chain *of, const char *name) {
        g_autofree char *key = key_of(of->family, of->table, name);
        return g_hash_table_lookup(ruleset->chains, key);
}

JsonArray *ruleset_find_set(const Ruleset *ruleset, const Chain *of, const char *name) {
        g_autofree char *key = key_of(of->family, of->table, name);
        return g_hash_table_lookup(ruleset->sets, key);
}
