/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json-read.h"

#include <string.h>

#include <glib/gi18n.h>

#include "docker/json-scan.h"
#include "model/bounds.h"
#include "model/error.h"

bool json_read_fail(GError **error, const char *member, const char *right) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("Docker's answer: %s is not %s"), member, right);
        return false;
}

/* json-glib ends a string at "\u0000": it would read the label key "tier\u0000x" as "tier", and so hide the real "tier". */
static char *replace_nul(const char *text, gsize length) {
        char *copy = g_memdup2(text, length);
        for (gsize i = 0; i + 6 <= length; i++)
                if (copy[i] == '\\') {
                        if (memcmp(copy + i, "\\u0000", 6) == 0)
                                memcpy(copy + i, "\\ufffd", 6);
                        i++;
                }
        return copy;
}

JsonNode *json_read_object(const char *text, gsize length, GError **error) {
        if (!json_scan(text, length, error))
                return NULL;
        /* Not an immutable parser: with json-glib 1.10 (Debian 13) that aborts the program if the text is a number or a
         * string. */
        g_autoptr(JsonParser) parser = json_parser_new();
        g_autoptr(GError) failure = NULL;
        g_autofree char *copy = memmem(text, length, "\\u0000", 6) ? replace_nul(text, length) : NULL;
        if (!json_parser_load_from_data(parser, copy ? copy : text, length, &failure)) {
                g_autofree char *why = g_utf8_make_valid(failure->message, MIN(strlen(failure->message), 200));
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, _("not the JSON that Docker writes: %s"), why);
                return NULL;
        }
        g_autoptr(JsonTree) root = json_parser_steal_root(parser);
        if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
                json_read_fail(error, _("all of it"), _("an object"));
                return NULL;
        }
        return g_steal_pointer(&root);
}

static JsonNode *find(JsonObject *object, const char *member) {
        JsonNode *node = object ? json_object_get_member(object, member) : NULL;
        return node && !JSON_NODE_HOLDS_NULL(node) ? node : NULL;
}

bool json_read_string(JsonObject *object, const char *member, const char **ret, GError **error) {
        JsonNode *node = find(object, member);
        *ret = NULL;
        if (!node)
                return true;
        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_STRING)
                return json_read_fail(error, member, "a string");
        *ret = json_node_get_string(node);
        return true;
}

bool json_read_bool(JsonObject *object, const char *member, bool *ret, GError **error) {
        JsonNode *node = find(object, member);
        *ret = false;
        if (!node)
                return true;
        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != G_TYPE_BOOLEAN)
                return json_read_fail(error, member, _("true or false"));
        *ret = json_node_get_boolean(node);
        return true;
}

bool json_read_member(JsonObject *object, const char *member, JsonObject **ret, GError **error) {
        JsonNode *node = find(object, member);
        *ret = NULL;
        if (!node)
                return true;
        if (!JSON_NODE_HOLDS_OBJECT(node))
                return json_read_fail(error, member, _("an object"));
        *ret = json_node_get_object(node);
        return true;
}

bool json_read_array(JsonObject *object, const char *member, JsonArray **ret, GError **error) {
        JsonNode *node = find(object, member);
        *ret = NULL;
        if (!node)
                return true;
        if (!JSON_NODE_HOLDS_ARRAY(node))
                return json_read_fail(error, member, "a list");
        *ret = json_node_get_array(node);
        return true;
}

bool json_read_element(JsonArray *array, guint i, const char *where, JsonObject **ret, GError **error) {
        JsonNode *node = json_array_get_element(array, i);
        *ret = NULL;
        if (JSON_NODE_HOLDS_NULL(node))
                return true;
        if (!JSON_NODE_HOLDS_OBJECT(node))
                return json_read_fail(error, where, _("a list of objects"));
        *ret = json_node_get_object(node);
        return true;
}

bool json_read_id(JsonObject *object, const char *member, const char **ret, GError **error) {
        if (!json_read_string(object, member, ret, error))
                return false;
        gsize length = *ret ? strlen(*ret) : 0;
        for (gsize i = 0; i < length; i++)
                if (!g_ascii_isalnum((*ret)[i]))
                        length = 0;
        return (length >= 12 && length <= 64) || json_read_fail(error, member, _("an id of 12 to 64 letters and digits"));
}

bool json_is_name(const char *name) {
        const gsize length = name ? strlen(name) : 0;
        for (gsize i = 0; i < length; i++)
                if (g_ascii_iscntrl(name[i]))
                        return false;
        /* json-glib decodes "\\234" as a byte, an escape that JSON does not have. */
        return length > 0 && length <= LIMIT_DOCKER_NAME && g_utf8_validate(name, (gssize) length, NULL);
}

bool json_read_name(JsonObject *object, const char *member, const char **ret, GError **error) {
        return json_read_string(object, member, ret, error) &&
               (json_is_name(*ret) || json_read_fail(error, member, _("a name of 1 to 255 bytes")));
}
