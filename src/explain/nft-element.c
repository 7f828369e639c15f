/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft-element.h"

#include <string.h>

bool nft_is_string(JsonNode *node) {
        return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

const char *nft_single(JsonNode *node, JsonNode **ret_inner) {
        if (!JSON_NODE_HOLDS_OBJECT(node))
                return "";
        JsonObjectIter iter;
        const char *name = "";
        json_object_iter_init(&iter, json_node_get_object(node));
        return json_object_iter_next(&iter, &name, ret_inner) ? name : "";
}

JsonArray *nft_array(JsonNode *node) {
        return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static Answer match_text(const Value *value, const char *text) {
        Family family;
        guint8 address[16];
        guint64 number;
        switch (value->kind) {
        case VALUE_TEXT: {
                /* Protocol names have numbers as well. */
                const int a = packet_protocol_number(value->text), b = packet_protocol_number(text);
                return answer_of((a >= 0 && a == b) || packet_interface_is(value->text, text, '*'));
        }
        case VALUE_ADDRESS:
                if (!packet_parse_address(text, &family, address))
                        return ANSWER_UNKNOWN;
                return answer_of(family == value->family && memcmp(address, value->address, 16) == 0);
        case VALUE_FLAGS:
                for (guint i = 0; i < G_N_ELEMENTS(value->flags) && value->flags[i]; i++)
                        if (g_str_equal(value->flags[i], text))
                                return ANSWER_YES;
                return ANSWER_NO;
        case VALUE_NUMBER:
        case VALUE_PORT:
                if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &number, NULL))
                        return ANSWER_UNKNOWN;
                return value->kind == VALUE_PORT ? packet_port_in(value->number, number, number) :
                                                   answer_of(value->number == number);
        default:
                return ANSWER_UNKNOWN;
        }
}

static Answer match_number(const Value *value, guint64 number) {
        switch (value->kind) {
        case VALUE_NUMBER:
                return answer_of(value->number == number);
        case VALUE_PORT:
                return packet_port_in(value->number, MIN(number, G_MAXUINT16 + 1), MIN(number, G_MAXUINT16 + 1));
        case VALUE_TEXT: {
                const int protocol = packet_protocol_number(value->text);
                return protocol < 0 ? ANSWER_UNKNOWN : answer_of((guint64) protocol == number);
        }
        default:
                return ANSWER_UNKNOWN;
        }
}

static Answer match_prefix(const Value *value, JsonNode *inner) {
        JsonObject *prefix = JSON_NODE_HOLDS_OBJECT(inner) ? json_node_get_object(inner) : NULL;
        JsonNode *text = prefix ? json_object_get_member(prefix, "addr") : NULL;
        JsonNode *of = prefix ? json_object_get_member(prefix, "len") : NULL;
        Family family;
        guint8 network[16];
        if (value->kind != VALUE_ADDRESS || !text || !of || !nft_is_string(text) || !JSON_NODE_HOLDS_VALUE(of) ||
            !packet_parse_address(json_node_get_string(text), &family, network))
                return ANSWER_UNKNOWN;
        const gint64 length = json_node_get_int(of);
        if (length < 0 || length > (family == FAMILY_IPV4 ? 32 : 128))
                return ANSWER_UNKNOWN;
        return answer_of(family == value->family && packet_has_prefix(value->address, network, length));
}

static Answer match_range(const Value *value, JsonNode *inner) {
        JsonArray *ends = nft_array(inner);
        if (!ends || json_array_get_length(ends) != 2)
                return ANSWER_UNKNOWN;
        JsonNode *first = json_array_get_element(ends, 0), *last = json_array_get_element(ends, 1);
        if (value->kind == VALUE_ADDRESS && nft_is_string(first) && nft_is_string(last)) {
                Family a, b;
                guint8 low[16], high[16];
                if (!packet_parse_address(json_node_get_string(first), &a, low) ||
                    !packet_parse_address(json_node_get_string(last), &b, high))
                        return ANSWER_UNKNOWN;
                return answer_of(a == value->family && b == value->family && memcmp(low, value->address, 16) <= 0 &&
                                 memcmp(value->address, high, 16) <= 0);
        }
        if (!JSON_NODE_HOLDS_VALUE(first) || !JSON_NODE_HOLDS_VALUE(last) || nft_is_string(first) || nft_is_string(last))
                return ANSWER_UNKNOWN;
        const gint64 low = json_node_get_int(first), high = json_node_get_int(last);
        if (value->kind == VALUE_PORT)
                return packet_port_in(value->number, CLAMP(low, 0, G_MAXUINT16), CLAMP(high, 0, G_MAXUINT16));
        return value->kind == VALUE_NUMBER ? answer_of(low <= (gint64) value->number && (gint64) value->number <= high) :
                                             ANSWER_UNKNOWN;
}

/* One value against one element: a name, a number, an address, a prefix, a range. */
static Answer match_one(const Value *value, JsonNode *right) {
        if (value->kind == VALUE_NONE)
                return ANSWER_NO;
        if (value->kind == VALUE_UNKNOWN)
                return ANSWER_UNKNOWN;
        if (nft_is_string(right))
                return match_text(value, json_node_get_string(right));
        if (JSON_NODE_HOLDS_VALUE(right)) {
                if (json_node_get_value_type(right) == G_TYPE_BOOLEAN)
                        return value->kind == VALUE_TRUTH ? answer_of(json_node_get_boolean(right) == (value->number != 0)) :
                                                            ANSWER_UNKNOWN;
                return json_node_get_value_type(right) == G_TYPE_INT64 ? match_number(value, json_node_get_int(right)) :
                                                                         ANSWER_UNKNOWN;
        }
        JsonNode *inner = NULL;
        const char *kind = nft_single(right, &inner);
        if (g_str_equal(kind, "prefix"))
                return match_prefix(value, inner);
        return g_str_equal(kind, "range") ? match_range(value, inner) : ANSWER_UNKNOWN;
}

/* {"elem": {"val": element, "timeout": ...}} is the element with attributes. */
JsonNode *nft_plain_element(JsonNode *element) {
        JsonNode *inner = NULL;
        if (!g_str_equal(nft_single(element, &inner), "elem") || !JSON_NODE_HOLDS_OBJECT(inner))
                return element;
        JsonNode *value = json_object_get_member(json_node_get_object(inner), "val");
        return value ? value : element;
}

/* An element with a limit of its own. */
static bool is_limited(JsonNode *element) {
        JsonNode *inner = NULL;
        if (!g_str_equal(nft_single(element, &inner), "elem") || !JSON_NODE_HOLDS_OBJECT(inner))
                return false;
        JsonObject *more = json_node_get_object(inner);
        return json_object_has_member(more, "limit") || json_object_has_member(more, "quota") ||
               json_object_has_member(more, "ct count");
}

static Answer match_plain_element(const Values *values, JsonNode *element) {
        JsonNode *inner = NULL;
        const char *kind = nft_single(element, &inner);
        JsonArray *parts = g_str_equal(kind, "concat") ? nft_array(inner) : NULL;
        if (g_str_equal(kind, "set"))
                return nft_array(inner) ? nft_match_elements(values, nft_array(inner), NULL, NULL) : ANSWER_UNKNOWN;
        if (!parts)
                return values->n == 1 ? match_one(&values->values[0], element) : ANSWER_UNKNOWN;
        if (json_array_get_length(parts) != values->n)
                return ANSWER_UNKNOWN;
        Answer all = ANSWER_YES;
        for (guint i = 0; i < values->n && all != ANSWER_NO; i++)
                all = answer_and(all, match_one(&values->values[i], json_array_get_element(parts, i)));
        return all;
}

Answer nft_match_element(const Values *values, JsonNode *element) {
        const Answer answer = match_plain_element(values, nft_plain_element(element));
        return is_limited(element) ? answer_and(answer, ANSWER_UNKNOWN) : answer;
}

Answer nft_match_elements(const Values *values, JsonArray *elements, JsonNode **ret_element, JsonNode **ret_mapped) {
        Answer any = ANSWER_NO;
        for (guint i = 0; i < json_array_get_length(elements) && any != ANSWER_YES; i++) {
                JsonNode *element = json_array_get_element(elements, i);
                JsonArray *pair = ret_mapped ? nft_array(element) : NULL;
                if (ret_mapped && (!pair || json_array_get_length(pair) != 2))
                        return ANSWER_UNKNOWN;
                const Answer one = nft_match_element(values, pair ? json_array_get_element(pair, 0) : element);
                if (one == ANSWER_YES && pair)
                        *ret_mapped = json_array_get_element(pair, 1);
                if (one == ANSWER_YES && ret_element)
                        *ret_element = pair ? json_array_get_element(pair, 0) : element;
                any = answer_or(any, one);
        }
        return any;
}

/* --- as text ------------------------------------------------------------------------------------------------------ */

static void append_value(GString *text, JsonNode *value) {
        if (nft_is_string(value))
                g_string_append(text, json_node_get_string(value));
        else if (JSON_NODE_HOLDS_VALUE(value) && json_node_get_value_type(value) == G_TYPE_INT64)
                g_string_append_printf(text, "%" G_GINT64_FORMAT, json_node_get_int(value));
        else
                g_string_append(text, "...");
}

static void append_list(GString *text, JsonArray *values, const char *between) {
        for (guint i = 0; i < json_array_get_length(values); i++) {
                g_autofree char *value = nft_format_element(json_array_get_element(values, i));
                g_string_append_printf(text, "%s%s", i ? between : "", value);
        }
}

static void append_prefix(GString *text, JsonObject *prefix) {
        JsonNode *address = json_object_get_member(prefix, "addr"), *length = json_object_get_member(prefix, "len");
        if (!address || !length)
                return;
        append_value(text, address);
        g_string_append_c(text, '/');
        append_value(text, length);
}

char *nft_format_element(JsonNode *element) {
        GString *text = g_string_new(NULL);
        JsonNode *plain = nft_plain_element(element), *inner = NULL;
        const char *kind = nft_single(plain, &inner);
        JsonArray *parts = nft_array(inner);
        if (g_str_equal(kind, "prefix") && JSON_NODE_HOLDS_OBJECT(inner))
                append_prefix(text, json_node_get_object(inner));
        else if (parts && (g_str_equal(kind, "range") || g_str_equal(kind, "concat")))
                append_list(text, parts, g_str_equal(kind, "range") ? "-" : " . ");
        else
                append_value(text, plain);
        return g_string_free(text, FALSE);
}
