/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft-match.h"

#include <string.h>

#include "explain/nft-value.h"

#define CONCAT_MAX 8

/* The packet's value for a match: a single one, or several in a concatenation. */
typedef struct Values {
        guint n;
        Value values[CONCAT_MAX];
} Values;

typedef struct Question {
        const Ruleset *ruleset;
        const Chain *chain;
        const Packet *packet;
        const Host *host;
} Question;

static bool is_string(JsonNode *node) {
        return JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
}

/* The only member's name and value of {"name": value}. */
static const char *single(JsonNode *node, JsonNode **ret_inner) {
        if (!JSON_NODE_HOLDS_OBJECT(node))
                return "";
        JsonObjectIter iter;
        const char *name = "";
        json_object_iter_init(&iter, json_node_get_object(node));
        return json_object_iter_next(&iter, &name, ret_inner) ? name : "";
}

static JsonArray *array_of(JsonNode *node) {
        return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static Values read_left(const Question *q, JsonNode *left) {
        Values all = { .n = 1, .values = { { .kind = VALUE_UNKNOWN } } };
        JsonNode *inner = NULL;
        const char *kind = single(left, &inner);
        JsonArray *parts = g_str_equal(kind, "concat") ? array_of(inner) : NULL;
        if (!parts) {
                if (JSON_NODE_HOLDS_OBJECT(left))
                        all.values[0] = nft_value(json_node_get_object(left), q->packet, q->host);
                return all;
        }
        if (json_array_get_length(parts) == 0 || json_array_get_length(parts) > CONCAT_MAX)
                return all;
        all.n = json_array_get_length(parts);
        for (guint i = 0; i < all.n; i++) {
                JsonNode *part = json_array_get_element(parts, i);
                all.values[i] = JSON_NODE_HOLDS_OBJECT(part) ? nft_value(json_node_get_object(part), q->packet, q->host) :
                                                               (Value){ .kind = VALUE_UNKNOWN };
        }
        return all;
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
        if (value->kind != VALUE_ADDRESS || !text || !of || !is_string(text) || !JSON_NODE_HOLDS_VALUE(of) ||
            !packet_parse_address(json_node_get_string(text), &family, network))
                return ANSWER_UNKNOWN;
        const gint64 length = json_node_get_int(of);
        if (length < 0 || length > (family == FAMILY_IPV4 ? 32 : 128))
                return ANSWER_UNKNOWN;
        return answer_of(family == value->family && packet_has_prefix(value->address, network, length));
}

static Answer match_range(const Value *value, JsonNode *inner) {
        JsonArray *ends = array_of(inner);
        if (!ends || json_array_get_length(ends) != 2)
                return ANSWER_UNKNOWN;
        JsonNode *first = json_array_get_element(ends, 0), *last = json_array_get_element(ends, 1);
        if (value->kind == VALUE_ADDRESS && is_string(first) && is_string(last)) {
                Family a, b;
                guint8 low[16], high[16];
                if (!packet_parse_address(json_node_get_string(first), &a, low) ||
                    !packet_parse_address(json_node_get_string(last), &b, high))
                        return ANSWER_UNKNOWN;
                return answer_of(a == value->family && b == value->family && memcmp(low, value->address, 16) <= 0 &&
                                 memcmp(value->address, high, 16) <= 0);
        }
        if (!JSON_NODE_HOLDS_VALUE(first) || !JSON_NODE_HOLDS_VALUE(last) || is_string(first) || is_string(last))
                return ANSWER_UNKNOWN;
        const gint64 low = json_node_get_int(first), high = json_node_get_int(last);
        if (value->kind == VALUE_PORT)
                return packet_port_in(value->number, CLAMP(low, 0, G_MAXUINT16), CLAMP(high, 0, G_MAXUINT16));
        return value->kind == VALUE_NUMBER ? answer_of(low <= (gint64) value->number && (gint64) value->number <= high) :
                                             ANSWER_UNKNOWN;
}

static Answer match_elements(const Values *values, JsonArray *elements, JsonNode **ret_mapped);

/* One value against one element: a name, a number, an address, a prefix, a range. */
static Answer match_one(const Value *value, JsonNode *right) {
        if (value->kind == VALUE_NONE)
                return ANSWER_NO;
        if (value->kind == VALUE_UNKNOWN)
                return ANSWER_UNKNOWN;
        if (is_string(right))
                return match_text(value, json_node_get_string(right));
        if (JSON_NODE_HOLDS_VALUE(right)) {
                if (json_node_get_value_type(right) == G_TYPE_BOOLEAN)
                        return value->kind == VALUE_TRUTH ? answer_of(json_node_get_boolean(right) == (value->number != 0)) :
                                                            ANSWER_UNKNOWN;
                return json_node_get_value_type(right) == G_TYPE_INT64 ? match_number(value, json_node_get_int(right)) :
                                                                         ANSWER_UNKNOWN;
        }
        JsonNode *inner = NULL;
        const char *kind = single(right, &inner);
        if (g_str_equal(kind, "prefix"))
                return match_prefix(value, inner);
        return g_str_equal(kind, "range") ? match_range(value, inner) : ANSWER_UNKNOWN;
}

/* {"elem": {"val": element, "timeout": ...}} is the element with attributes. */
static JsonNode *plain_element(JsonNode *element) {
        JsonNode *inner = NULL;
        if (!g_str_equal(single(element, &inner), "elem") || !JSON_NODE_HOLDS_OBJECT(inner))
                return element;
        JsonNode *value = json_object_get_member(json_node_get_object(inner), "val");
        return value ? value : element;
}

/* An element with a limit of its own. */
static bool is_limited(JsonNode *element) {
        JsonNode *inner = NULL;
        if (!g_str_equal(single(element, &inner), "elem") || !JSON_NODE_HOLDS_OBJECT(inner))
                return false;
        JsonObject *more = json_node_get_object(inner);
        return json_object_has_member(more, "limit") || json_object_has_member(more, "quota") ||
               json_object_has_member(more, "ct count");
}

static Answer match_plain_element(const Values *values, JsonNode *element) {
        JsonNode *inner = NULL;
        const char *kind = single(element, &inner);
        JsonArray *parts = g_str_equal(kind, "concat") ? array_of(inner) : NULL;
        if (g_str_equal(kind, "set"))
                return array_of(inner) ? match_elements(values, array_of(inner), NULL) : ANSWER_UNKNOWN;
        if (!parts)
                return values->n == 1 ? match_one(&values->values[0], element) : ANSWER_UNKNOWN;
        if (json_array_get_length(parts) != values->n)
                return ANSWER_UNKNOWN;
        Answer all = ANSWER_YES;
        for (guint i = 0; i < values->n && all != ANSWER_NO; i++)
                all = answer_and(all, match_one(&values->values[i], json_array_get_element(parts, i)));
        return all;
}

static Answer match_element(const Values *values, JsonNode *element) {
        const Answer answer = match_plain_element(values, plain_element(element));
        return is_limited(element) ? answer_and(answer, ANSWER_UNKNOWN) : answer;
}

/* ret_mapped: the elements are a map's pairs; set to what the matching key is mapped to. */
static Answer match_elements(const Values *values, JsonArray *elements, JsonNode **ret_mapped) {
        Answer any = ANSWER_NO;
        for (guint i = 0; i < json_array_get_length(elements) && any != ANSWER_YES; i++) {
                JsonNode *element = json_array_get_element(elements, i);
                JsonArray *pair = ret_mapped ? array_of(element) : NULL;
                if (ret_mapped && (!pair || json_array_get_length(pair) != 2))
                        return ANSWER_UNKNOWN;
                const Answer one = match_element(values, pair ? json_array_get_element(pair, 0) : element);
                if (one == ANSWER_YES && pair)
                        *ret_mapped = json_array_get_element(pair, 1);
                any = answer_or(any, one);
        }
        return any;
}

/* "@name", {"set": [...]}: the elements; NULL with *ret_is_set: an unknown or empty set. */
static JsonArray *elements_of(const Question *q, JsonNode *right, bool *ret_is_set) {
        JsonNode *inner = NULL;
        if (is_string(right) && json_node_get_string(right)[0] == '@') {
                *ret_is_set = true;
                return ruleset_find_set(q->ruleset, q->chain, json_node_get_string(right) + 1);
        }
        *ret_is_set = g_str_equal(single(right, &inner), "set");
        return *ret_is_set ? array_of(inner) : NULL;
}

static Answer match_right(const Question *q, const Values *values, JsonNode *right) {
        bool is_set;
        JsonArray *elements = elements_of(q, right, &is_set);
        if (is_set)
                return elements ? match_elements(values, elements, NULL) : ANSWER_NO;
        /* ["established", "related"]: flags, at least one of which must be set. */
        return array_of(right) ? match_elements(values, array_of(right), NULL) : match_element(values, right);
}

/* Several flags: ["fin", "syn"], and {"|": ["fin", "syn"]} since nft 1.1. */
static JsonArray *flags_of(JsonNode *node) {
        JsonNode *inner = NULL;
        return g_str_equal(single(node, &inner), "|") ? array_of(inner) : array_of(node);
}

/* {"&": [{"payload": tcp flags}, ["fin", "syn"]]}: the flags under a mask, which must equal the ones on the right. */
static Answer match_masked(const Question *q, JsonNode *inner, JsonNode *right, bool negated) {
        JsonArray *sides = array_of(inner);
        if (!sides || json_array_get_length(sides) != 2)
                return ANSWER_UNKNOWN;
        const Values left = read_left(q, json_array_get_element(sides, 0));
        JsonArray *mask = flags_of(json_array_get_element(sides, 1)), *wanted = flags_of(right);
        if (left.n == 1 && left.values[0].kind == VALUE_NONE)
                return ANSWER_NO;
        if (left.n != 1 || left.values[0].kind != VALUE_FLAGS || !mask || (!wanted && !is_string(right)))
                return ANSWER_UNKNOWN;
        guint seen = 0;
        bool same = true;
        for (guint i = 0; i < G_N_ELEMENTS(left.values[0].flags) && left.values[0].flags[i]; i++) {
                const Values flag = { .n = 1, .values = { { .kind = VALUE_TEXT, .text = left.values[0].flags[i] } } };
                if (match_elements(&flag, mask, NULL) != ANSWER_YES)
                        continue;
                seen++;
                same &= (wanted ? match_elements(&flag, wanted, NULL) : match_element(&flag, right)) == ANSWER_YES;
        }
        return answer_of((same && seen == (wanted ? json_array_get_length(wanted) : 1)) != negated);
}

static Answer judge_match(const Question *q, JsonNode *match) {
        if (!JSON_NODE_HOLDS_OBJECT(match))
                return ANSWER_UNKNOWN;
        JsonNode *left = json_object_get_member(json_node_get_object(match), "left");
        JsonNode *right = json_object_get_member(json_node_get_object(match), "right");
        JsonNode *op = json_object_get_member(json_node_get_object(match), "op");
        JsonNode *inner = NULL;
        if (!left || !right)
                return ANSWER_UNKNOWN;
        const char *operator= op && is_string(op) ? json_node_get_string(op) : "==";
        /* "!" means that none of these flags is set. */
        const bool negated = g_str_equal(operator, "!=") || g_str_equal(operator, "!");
        if (!negated && !g_str_equal(operator, "==") && !g_str_equal(operator, "in"))
                return ANSWER_UNKNOWN;
        if (g_str_equal(single(left, &inner), "&"))
                return match_masked(q, inner, right, negated);
        const Values values = read_left(q, left);
        for (guint i = 0; i < values.n; i++)
                if (values.values[i].kind == VALUE_NONE)
                        return ANSWER_NO; /* "!=" as well: the expression itself ends the rule */
        const Answer answer = match_right(q, &values, right);
        return negated ? answer_not(answer) : answer;
}

static void doubt(Judgement *judgement, const char *what) {
        judgement->matches = answer_and(judgement->matches, ANSWER_UNKNOWN);
        if (!judgement->unknown)
                judgement->unknown = g_strdup(what);
}

static const char *target_of(JsonNode *inner) {
        JsonNode *target =
                inner && JSON_NODE_HOLDS_OBJECT(inner) ? json_object_get_member(json_node_get_object(inner), "target") : NULL;
        return target && is_string(target) ? json_node_get_string(target) : "";
}

/* Whether the statement is a verdict. */
static bool judge_verdict(Judgement *judgement, const char *name, JsonNode *inner) {
        static const struct {
                const char *name;
                Act act;
        } VERDICTS[] = { { "accept", ACT_ACCEPT }, { "drop", ACT_DROP }, { "reject", ACT_REJECT },   { "return", ACT_RETURN },
                         { "jump", ACT_JUMP },     { "goto", ACT_GOTO }, { "continue", ACT_NOTHING } };
        for (gsize i = 0; i < G_N_ELEMENTS(VERDICTS); i++)
                if (g_str_equal(name, VERDICTS[i].name)) {
                        judgement->act = VERDICTS[i].act;
                        judgement->chain = target_of(inner);
                        return true;
                }
        return false;
}

static void judge_vmap(const Question *q, Judgement *judgement, JsonNode *inner) {
        JsonObject *vmap = JSON_NODE_HOLDS_OBJECT(inner) ? json_node_get_object(inner) : NULL;
        JsonNode *key = vmap ? json_object_get_member(vmap, "key") : NULL,
                 *from = vmap ? json_object_get_member(vmap, "data") : NULL;
        JsonNode *mapped = NULL, *verdict = NULL;
        bool is_set = false;
        JsonArray *elements = from ? elements_of(q, from, &is_set) : NULL;
        if (!key || !is_set) {
                doubt(judgement, "vmap");
                return;
        }
        const Values values = read_left(q, key);
        const Answer answer = elements ? match_elements(&values, elements, &mapped) : ANSWER_NO;
        judgement->matches = answer_and(judgement->matches, answer);
        if (answer == ANSWER_UNKNOWN)
                doubt(judgement, "vmap");
        if (answer != ANSWER_YES)
                return;
        const char *name = single(mapped, &verdict);
        if (!judge_verdict(judgement, name, verdict))
                doubt(judgement, "vmap");
}

static void judge_nat(Judgement *judgement, const Packet *packet, const char *name, JsonNode *inner) {
        JsonObject *nat = inner && JSON_NODE_HOLDS_OBJECT(inner) ? json_node_get_object(inner) : NULL;
        JsonNode *address = nat ? json_object_get_member(nat, "addr") : NULL,
                 *port = nat ? json_object_get_member(nat, "port") : NULL;
        judgement->act = g_str_equal(name, "dnat") ? ACT_DNAT : g_str_equal(name, "redirect") ? ACT_REDIRECT : ACT_SNAT;
        if (address) {
                Family family;
                judgement->has_address = true;
                if (!is_string(address) || !packet_parse_address(json_node_get_string(address), &family, judgement->address))
                        doubt(judgement, name);
                else if (family != packet->family)
                        judgement->matches = ANSWER_NO;
        }
        if (port && JSON_NODE_HOLDS_VALUE(port) && !is_string(port))
                judgement->port = json_node_get_int(port);
        else if (port && judgement->act != ACT_SNAT)
                doubt(judgement, name);
}

static const char *text_member(JsonNode *node, const char *name) {
        JsonNode *member =
                node && JSON_NODE_HOLDS_OBJECT(node) ? json_object_get_member(json_node_get_object(node), name) : NULL;
        return member && is_string(member) ? json_node_get_string(member) : "";
}

/* {"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}} */
static void judge_mangle(Judgement *judgement, JsonNode *inner) {
        static const char *const ENDS[] = { "saddr", "daddr", "sport", "dport", NULL };
        JsonObject *mangle = JSON_NODE_HOLDS_OBJECT(inner) ? json_node_get_object(inner) : NULL;
        JsonNode *key = mangle ? json_object_get_member(mangle, "key") : NULL;
        JsonNode *value = mangle ? json_object_get_member(mangle, "value") : NULL;
        JsonNode *what = NULL;
        if (!key || !value)
                return;
        const char *kind = single(key, &what), *field = text_member(what, "field");
        const bool is_mark = g_str_equal(kind, "meta") && g_str_equal(text_member(what, "key"), "mark");
        const bool is_plain = JSON_NODE_HOLDS_VALUE(value) && json_node_get_value_type(value) == G_TYPE_INT64;
        if (is_mark && is_plain && judgement->matches == ANSWER_YES) {
                judgement->marks = true;
                judgement->mark = json_node_get_int(value);
        } else if ((is_mark && !is_plain) || (g_str_equal(kind, "payload") && g_strv_contains(ENDS, field))) {
                g_free(judgement->changes);
                judgement->changes = g_strdup_printf("%s set", is_mark ? "meta mark" : field);
        }
}

/* A packet that comes alone is within a limit, and not over it. Unknown: whether there are more connections, whether a quota is
 * used up, and what a named limit is ("limit": "name"). */
static void judge_limit(Judgement *judgement, const char *name, JsonNode *inner) {
        JsonObject *limit = inner && JSON_NODE_HOLDS_OBJECT(inner) ? json_node_get_object(inner) : NULL;
        JsonNode *over = limit ? json_object_get_member(limit, "inv") : NULL;
        if (!limit || g_str_equal(name, "quota"))
                doubt(judgement, name);
        else if (over && JSON_NODE_HOLDS_VALUE(over) && json_node_get_value_type(over) == G_TYPE_BOOLEAN &&
                 json_node_get_boolean(over))
                judgement->matches = ANSWER_NO;
}

static bool is_limit(const char *name) {
        return g_str_equal(name, "limit") || g_str_equal(name, "quota") || g_str_equal(name, "ct count");
}

static void judge_set_statement(Judgement *judgement, JsonNode *statement) {
        JsonNode *inner = NULL;
        const char *name = single(statement, &inner);
        if (is_limit(name))
                judge_limit(judgement, name, inner);
        else if (!g_str_equal(name, "counter") && !g_str_equal(name, "last"))
                doubt(judgement, *name ? name : "a set");
}

/* {"set": {"op": "add", "elem": {"payload": ...}, "set": "@flood", "stmt": [{"limit": ...}]}}: each element has a limit of its
 * own. {"meter": ...} has "key" instead of "elem", and a single statement. */
static void judge_set(const Question *q, Judgement *judgement, const char *name, JsonNode *inner) {
        JsonObject *set = inner && JSON_NODE_HOLDS_OBJECT(inner) ? json_node_get_object(inner) : NULL;
        JsonNode *element = set ? json_object_get_member(set, g_str_equal(name, "set") ? "elem" : "key") : NULL;
        JsonNode *statement = set ? json_object_get_member(set, "stmt") : NULL;
        if (!element) {
                doubt(judgement, name);
                return;
        }
        const Values values = read_left(q, plain_element(element));
        for (guint i = 0; i < values.n; i++)
                if (values.values[i].kind == VALUE_NONE)
                        judgement->matches = ANSWER_NO;
        JsonArray *several = array_of(statement);
        for (guint i = 0; several && i < json_array_get_length(several); i++)
                judge_set_statement(judgement, json_array_get_element(several, i));
        if (statement && !several)
                judge_set_statement(judgement, statement);
}

/* Matches and targets of iptables, of which JSON shows only the name. */
static bool judge_xt(Judgement *judgement, JsonNode *inner) {
        JsonNode *name =
                inner && JSON_NODE_HOLDS_OBJECT(inner) ? json_object_get_member(json_node_get_object(inner), "name") : NULL;
        const char *xt = name && is_string(name) ? json_node_get_string(name) : "";
        if (g_str_equal(xt, "comment") || g_str_equal(xt, "limit"))
                return false;
        judgement->act = g_str_equal(xt, "LOG") || g_str_equal(xt, "NFLOG") ? ACT_NOTE :
                         g_str_equal(xt, "REJECT")                          ? ACT_REJECT :
                         g_str_equal(xt, "MASQUERADE")                      ? ACT_SNAT :
                                                                              ACT_NOTHING;
        if (judgement->act != ACT_NOTHING)
                return true;
        g_autofree char *what = g_strdup_printf("%s%s%s", xt[0] >= 'A' && xt[0] <= 'Z' ? "-j" : "-m", *xt ? " " : "", xt);
        doubt(judgement, what);
        return false;
}

Judgement nft_judge(const Ruleset *ruleset, const Chain *chain, JsonArray *expr, const Packet *packet, const Host *host) {
        static const char *const QUIET[] = { "counter", "comment",  "flow",    "ct helper", "ct timeout", "ct expectation",
                                             "dup",     "synproxy", "secmark", "last",      NULL };
        const Question q = { ruleset, chain, packet, host };
        Judgement judgement = { .matches = ANSWER_YES };
        for (guint i = 0; i < json_array_get_length(expr) && judgement.matches != ANSWER_NO; i++) {
                JsonNode *node = json_array_get_element(expr, i), *inner = NULL;
                const char *name = single(node, &inner);
                if (judge_verdict(&judgement, name, inner))
                        break;
                if (g_str_equal(name, "match")) {
                        const Answer answer = judge_match(&q, inner);
                        judgement.matches = answer_and(judgement.matches, answer);
                        if (answer == ANSWER_UNKNOWN)
                                doubt(&judgement, "match");
                } else if (g_str_equal(name, "vmap")) {
                        judge_vmap(&q, &judgement, inner);
                        if (judgement.matches == ANSWER_YES)
                                break;
                } else if (g_str_equal(name, "dnat") || g_str_equal(name, "snat") || g_str_equal(name, "masquerade") ||
                           g_str_equal(name, "redirect")) {
                        judge_nat(&judgement, packet, name, inner);
                        break;
                } else if (g_str_equal(name, "xt")) {
                        if (judge_xt(&judgement, inner))
                                break;
                } else if (g_str_equal(name, "mangle"))
                        judge_mangle(&judgement, inner);
                else if (g_str_equal(name, "log"))
                        judgement.act = ACT_NOTE;
                else if (is_limit(name))
                        judge_limit(&judgement, name, inner);
                else if (g_str_equal(name, "set") || g_str_equal(name, "meter"))
                        judge_set(&q, &judgement, name, inner);
                else if (g_str_equal(name, "notrack"))
                        judgement.notracks |= judgement.matches == ANSWER_YES;
                else if (!g_strv_contains(QUIET, name))
                        doubt(&judgement, *name ? name : "a statement");
        }
        return judgement;
}
