/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include <glib/gi18n.h>

#include "ctl/import/refuse.h"

/* Of two members of one name json-glib silently keeps the last. */
typedef struct JsonMembers {
        GHashTable *seen; /* char *, "OBJECT NAME" */
        char *twice;      /* NULL: none */
        bool broken;      /* a name is not UTF-8: json-glib makes bytes that are no character of "\ud800" */
} JsonMembers;

static void json_members_clear(JsonMembers *members) {
        g_clear_pointer(&members->seen, g_hash_table_unref);
        g_clear_pointer(&members->twice, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JsonMembers, json_members_clear)

static void import_json_on_member(G_GNUC_UNUSED JsonParser *parser, JsonObject *object, const char *name, gpointer userdata) {
        JsonMembers *members = userdata;

        members->broken = members->broken || !g_utf8_validate(name, -1, NULL);
        if (!members->twice && !g_hash_table_add(members->seen, g_strdup_printf("%p %s", (void *) object, name)))
                members->twice = g_strdup(name);
}

static bool import_json_is_text(JsonNode *node) {
        return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING &&
               g_utf8_validate(json_node_get_string(node), -1, NULL);
}

static GVariant *import_json_words(JsonArray *array) {
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

/* Floating; NULL: of no type that a policy has. */
static GVariant *import_json_value(JsonNode *node) {
        if (JSON_NODE_HOLDS_ARRAY(node))
                return import_json_words(json_node_get_array(node));
        if (import_json_is_text(node))
                return g_variant_new_string(json_node_get_string(node));
        if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_BOOLEAN)
                return g_variant_new_boolean(json_node_get_boolean(node));
        return NULL;
}

/* A policy or a group, a{sv}; what: "policy". Unref. */
static GVariant *import_json_item(const char *what, const char *name, JsonNode *node, const char *file, GError **error) {
        g_auto(GVariantDict) item = G_VARIANT_DICT_INIT(NULL);

        if (!*name) {
                import_refuse(error, _("%s: a %s has no name"), file, what);
                return NULL;
        }
        if (!JSON_NODE_HOLDS_OBJECT(node)) {
                import_refuse(error, _("%s: %s '%s' is not an object"), file, what, name);
                return NULL;
        }

        JsonObject *object = json_node_get_object(node);
        g_autoptr(GList) keys = json_object_get_members(object);
        for (GList *key = keys; key; key = key->next) {
                GVariant *value = import_json_value(json_object_get_member(object, key->data));

                if (!value) {
                        import_refuse(error, _("%s: %s '%s': '%s' must be a string, true, false or an array of strings"), file,
                                      what, name, (char *) key->data);
                        return NULL;
                }
                g_variant_dict_insert_value(&item, key->data, value);
        }
        return g_variant_ref_sink(g_variant_dict_end(&item));
}

static bool import_json_policies(JsonObject *policies, ImportResult *result, const char *file, GError **error) {
        g_autoptr(GList) names = json_object_get_members(policies);

        for (GList *member = names; member; member = member->next) {
                GVariant *policy =
                        import_json_item("policy", member->data, json_object_get_member(policies, member->data), file, error);

                if (!policy)
                        return false;
                ImportedPolicy *imported = g_new0(ImportedPolicy, 1);
                imported->name = g_strdup(member->data);
                imported->policy = policy;
                g_ptr_array_add(result->policies, imported);
        }
        return true;
}

static bool import_json_groups(JsonNode *node, ImportResult *result, const char *file, GError **error) {
        if (!JSON_NODE_HOLDS_OBJECT(node))
                return import_refuse(error, _("%s: \"groups\" is not an object"), file);
        JsonObject *groups = json_node_get_object(node);
        g_autoptr(GList) names = json_object_get_members(groups);
        g_auto(GVariantBuilder) all = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{sa{sv}}"));

        for (GList *member = names; member; member = member->next) {
                g_autoptr(GVariant) group =
                        import_json_item("group", member->data, json_object_get_member(groups, member->data), file, error);

                if (!group)
                        return false;
                g_variant_builder_add(&all, "{s@a{sv}}", (const char *) member->data, group);
        }
        if (names)
                result->groups = g_variant_ref_sink(g_variant_builder_end(&all));
        return true;
}

static ImportResult *import_json_refuse(const char *file, const char *reason, const char *word, GError **error) {
        import_refuse(error, "%s: %s%s", file, reason, word);
        return NULL;
}

static ImportResult *import_json_read(JsonNode *root, const char *file, GError **error) {
        JsonObject *object = root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
        JsonNode *node = object ? json_object_get_member(object, "policies") : NULL;

        if (!node || !JSON_NODE_HOLDS_OBJECT(node))
                return import_json_refuse(file, _("not what 'policy export' prints: "), "{ \"policies\": { NAME: ... } }",
                                          error);
        JsonNode *groups = json_object_get_member(object, "groups");
        if (json_object_get_size(object) > (groups ? 2 : 1))
                return import_json_refuse(file, _("something else is beside \"policies\" and \"groups\""), "", error);

        g_autoptr(ImportResult) result = import_result_new();
        return import_json_policies(json_node_get_object(node), result, file, error) &&
                               (!groups || import_json_groups(groups, result, file, error)) ?
                       g_steal_pointer(&result) :
                       NULL;
}

/* An export is nested four deep. json-glib recurses for each level, and overflows the stack. */
#define DEPTH_MAX 64

static bool import_json_is_too_deep(const char *text) {
        guint depth = 0;
        bool in_string = false;

        for (; *text; text++) {
                if (*text == '\\' && in_string && text[1])
                        text++;
                else if (*text == '"')
                        in_string = !in_string;
                else if (!in_string && strchr("[{", *text) && ++depth > DEPTH_MAX)
                        return true;
                else if (!in_string && strchr("]}", *text) && depth > 0)
                        depth--;
        }
        return false;
}

ImportResult *import_json(const char *text, const char *file, GError **error) {
        g_autoptr(JsonParser) parser = json_parser_new();
        g_auto(JsonMembers) members = { .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL) };
        g_autoptr(GError) reason = NULL;

        if (import_json_is_too_deep(text))
                return import_json_refuse(file, "", _("nested deeper than policies are"), error);
        g_signal_connect(parser, "object-member", G_CALLBACK(import_json_on_member), &members);
        if (!json_parser_load_from_data(parser, text, -1, &reason)) {
                /* It quotes the text around, which may have what json-glib made of "\ud800". */
                g_autofree char *why = g_utf8_make_valid(reason->message, -1);

                return import_json_refuse(file, "", why, error);
        }
        if (members.broken)
                return import_json_refuse(file, _("a name is no text: half a character"), "", error);
        if (members.twice)
                return import_json_refuse(file, _("this name appears twice: "), members.twice, error);
        return import_json_read(json_parser_get_root(parser), file, error);
}
