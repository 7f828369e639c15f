/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/* Owns reading members of JSON objects with their types checked. Must not know what they mean. Go writes null for an empty
 * value, so null counts as an absent member, and so does any member of no object (NULL). */

#include <stdbool.h>

#include <json-glib/json-glib.h>

typedef JsonNode JsonTree;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonTree, json_node_unref)

/* Parses text that is one object, not nested too deeply. json_node_get_object() is never NULL. */
JsonNode *json_read_object(const char *text, gsize length, GError **error);

/* false with an error if the member exists and has another type. *ret is NULL or false if it is absent. */
bool json_read_string(JsonObject *object, const char *member, const char **ret, GError **error);
bool json_read_bool(JsonObject *object, const char *member, bool *ret, GError **error);
bool json_read_member(JsonObject *object, const char *member, JsonObject **ret, GError **error);
bool json_read_array(JsonObject *object, const char *member, JsonArray **ret, GError **error);

/* An element of an array (NULL for null). where: the member, for the error. */
bool json_read_element(JsonArray *array, guint i, const char *where, JsonObject **ret, GError **error);

/* An id, which must exist: 64 hexadecimal digits; swarm's networks have 25 letters and digits. A name must exist, too. */
bool json_read_id(JsonObject *object, const char *member, const char **ret, GError **error);
bool json_read_name(JsonObject *object, const char *member, const char **ret, GError **error);
bool json_is_name(const char *name);

bool json_read_fail(GError **error, const char *member, const char *right);
