/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import-json.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "ctl-error.h"

/* json-glib keeps the last of two equal members without a word. */
typedef struct JsonMembers {
        GHashTable *seen; /* "OBJECT NAME" */
        char *twice;
        gboolean broken; /* json-glib makes bytes that are no character of "\ud800" */
} JsonMembers;

static void import_json_on_member(G_GNUC_UNUSED JsonParser *parser, JsonObject *object, const char *name,
                                  gpointer user_data) {
        JsonMembers *members = user_data;

        members->broken = members->broken || !g_utf8_validate(name, -1, NULL);
        if (members->twice == NULL && !g_hash_table_add(members->seen, g_strdup_printf("%p %s", (void *) object, name)))
                members->twice = g_strdup(name);
}

static gboolean import_json_is_text(JsonNode *node) {
        return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING &&
               g_utf8_validate(json_node_get_string(node), -1, NULL);
}

static GVariant *import_json_value(JsonNode *node) {
        if (JSON_NODE_HOLDS_ARRAY(node)) {
                JsonArray *array = json_node_get_array(node);
                GVariantBuilder words = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_STRING_ARRAY);

                for (guint i = 0; i < json_array_get_length(array); i++) {
                        JsonNode *element = json_array_get_element(array, i);

                        if (!import_json_is_text(element)) {
                                g_variant_builder_clear(&words);
                                return NULL;
                        }
                        g_variant_builder_add(&words, "s", json_node_get_string(element));
                }
                return g_variant_builder_end(&words);
        }
        if (!JSON_NODE_HOLDS_VALUE(node))
                return NULL;
        if (import_json_is_text(node))
                return g_variant_new_string(json_node_get_string(node));
        if (json_node_get_value_type(node) == G_TYPE_BOOLEAN)
                return g_variant_new_boolean(json_node_get_boolean(node));
        return NULL;
}

static ImportedPolicy *import_json_policy(const char *name, JsonNode *node, const char *file, GError **error) {
        g_auto(GVariantDict) policy = G_VARIANT_DICT_INIT(NULL);

        if (*name == '\0') {
                g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "%s: a policy in \"policies\" has no name", file);
                return NULL;
        }
        if (!JSON_NODE_HOLDS_OBJECT(node)) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "%s: policy '%s' is not an object", file, name);
                return NULL;
        }

        JsonObject *object = json_node_get_object(node);
        g_autoptr(GList) keys = json_object_get_members(object);
        for (GList *key = keys; key != NULL; key = key->next) {
                GVariant *value = import_json_value(json_object_get_member(object, key->data));

                if (value == NULL) {
                        g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED,
                                    "%s: policy '%s': '%s' must be a string, true, false or an array of strings", file,
                                    name, (char *) key->data);
                        return NULL;
                }
                g_variant_dict_insert_value(&policy, key->data, value);
        }

        ImportedPolicy *imported = g_new0(ImportedPolicy, 1);
        imported->name = g_strdup(name);
        imported->policy = g_variant_ref_sink(g_variant_dict_end(&policy));
        return imported;
}

static ImportResult *import_json_refuse(const char *file, const char *reason, const char *word, GError **error) {
        g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "%s: %s%s", file, reason, word);
        return NULL;
}

static ImportResult *import_json_read(JsonNode *root, const char *file, const char *name, GError **error) {
        JsonObject *object = root != NULL && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
        JsonNode *node = object != NULL ? json_object_get_member(object, "policies") : NULL;

        if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
                return import_json_refuse(file, "not what 'policy export' prints: ", "{ \"policies\": { NAME: ... } }",
                                          error);
        if (json_object_get_size(object) > 1)
                return import_json_refuse(file, "something else is beside ", "\"policies\"", error);

        g_autoptr(ImportResult) result = import_result_new();
        JsonObject *policies = json_node_get_object(node);
        g_autoptr(GList) names = json_object_get_members(policies);
        for (GList *member = names; member != NULL; member = member->next) {
                ImportedPolicy *policy =
                        import_json_policy(member->data, json_object_get_member(policies, member->data), file, error);

                if (policy == NULL)
                        return NULL;
                g_ptr_array_add(result->policies, policy);
        }

        if (name != NULL && result->policies->len != 1) {
                g_set_error(error, CTL_ERROR, CTL_ERROR_USAGE, "--name %s: there are %u policies in %s", name,
                            result->policies->len, file);
                return NULL;
        }
        if (name != NULL) {
                ImportedPolicy *only = result->policies->pdata[0];
                g_free(only->name);
                only->name = g_strdup(name);
        }
        return g_steal_pointer(&result);
}

/* What an export holds is four deep. json-glib calls itself for each level, until the stack is at its end. */
#define DEPTH_MAX 64

static gboolean import_json_is_too_deep(const char *text) {
        guint depth = 0;
        gboolean in_string = FALSE;

        for (; *text != '\0'; text++) {
                if (*text == '\\' && in_string && text[1] != '\0')
                        text++;
                else if (*text == '"')
                        in_string = !in_string;
                else if (!in_string && strchr("[{", *text) != NULL && ++depth > DEPTH_MAX)
                        return TRUE;
                else if (!in_string && strchr("]}", *text) != NULL && depth > 0)
                        depth--;
        }
        return FALSE;
}

ImportResult *import_json(const char *text, const char *file, const char *name, GError **error) {
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GError) reason = NULL;
        JsonMembers members = { .seen = seen };

        if (import_json_is_too_deep(text))
                return import_json_refuse(file, "", "nested deeper than policies are", error);
        g_signal_connect(parser, "object-member", G_CALLBACK(import_json_on_member), &members);
        const gboolean parsed = json_parser_load_from_data(parser, text, -1, &reason);
        g_autofree char *twice = members.twice;

        if (!parsed) {
                /* It repeats the text around, with what "\ud800" was made of. */
                g_autofree char *why = g_utf8_make_valid(reason->message, -1);

                return import_json_refuse(file, "", why, error);
        }
        if (members.broken)
                return import_json_refuse(file, "a name is no text: ", "half a character", error);
        if (twice != NULL)
                return import_json_refuse(file, "this name is there twice: ", twice, error);
        return import_json_read(json_parser_get_root(parser), file, name, error);
}
