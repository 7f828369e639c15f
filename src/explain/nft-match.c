/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft-match.h"

#include <string.h>

#include <glib/gi18n.h>

#include "explain/nft-element.h"

typedef struct Question {
        const Ruleset *ruleset;
        const Chain *chain;
        const Packet *packet;
        const Host *host;
} Question;

static Values read_left(const Question *q, JsonNode *left) {
        Values all = { .n = 1, .values = { { .kind = VALUE_UNKNOWN } } };
        JsonNode *inner = NULL;
        const char *kind = nft_single(left, &inner);
        JsonArray *parts = g_str_equal(kind, "concat") ? nft_array(inner) : NULL;
        if (!parts) {
                if (JSON_NODE_HOLDS_OBJECT(left))
                        all.values[0] = nft_value(json_node_get_object(left), q->packet, q->host);
                return all;
        }
        if (json_array_get_length(parts) == 0 || json_array_get_length(parts) > NFT_CONCAT_MAX)
                return all;
        all.n = json_array_get_length(parts);
        for (guint i = 0; i < all.n; i++) {
                JsonNode *part = json_array_get_element(parts, i);
                all.values[i] = JSON_NODE_HOLDS_OBJECT(part) ? nft_value(json_node_get_object(part), q->packet, q->host) :
                                                               (Value){ .kind = VALUE_UNKNOWN };
        }
        return all;
}

/* "@name", {"set": [...]}: the elements; NULL with *ret_is_set: an unknown or empty set. */
static JsonArray *elements_of(const Question *q, JsonNode *right, bool *ret_is_set) {
        JsonNode *inner = NULL;
        if (nft_is_string(right) && json_node_get_string(right)[0] == '@') {
                *ret_is_set = true;
                return ruleset_find_set(q->ruleset, q->chain, json_node_get_string(right) + 1);
        }
        *ret_is_set = g_str_equal(nft_single(right, &inner), "set");
        return *ret_is_set ? nft_array(inner) : NULL;
}

/* set: the right side of a match, or a map. */
static void note_element(Judgement *judgement, JsonNode *set, JsonNode *element) {
        judgement_note_element(judgement, nft_is_string(set) ? json_node_get_string(set) : SET_WITHOUT_NAME,
                               nft_format_element(element));
}

static Answer match_right(const Question *q, Judgement *judgement, const Values *values, JsonNode *right, bool negated) {
        JsonNode *element = NULL;
        bool is_set;
        JsonArray *elements = elements_of(q, right, &is_set);
        /* ["established", "related"]: flags, at least one of which must be set. */
        if (!is_set)
                return nft_array(right) ? nft_match_elements(values, nft_array(right), NULL, NULL) :
                                          nft_match_element(values, right);
        const Answer answer = elements ? nft_match_elements(values, elements, &element, NULL) : ANSWER_NO;
        if (answer == ANSWER_YES && !negated)
                note_element(judgement, right, element);
        return answer;
}

/* Several flags: ["fin", "syn"], and {"|": ["fin", "syn"]} since nft 1.1. */
static JsonArray *flags_of(JsonNode *node) {
        JsonNode *inner = NULL;
        return g_str_equal(nft_single(node, &inner), "|") ? nft_array(inner) : nft_array(node);
}

/* {"&": [{"payload": tcp flags}, ["fin", "syn"]]}: the flags under a mask, which must equal the ones on the right. */
static Answer match_masked(const Question *q, JsonNode *inner, JsonNode *right, bool negated) {
        JsonArray *sides = nft_array(inner);
        if (!sides || json_array_get_length(sides) != 2)
                return ANSWER_UNKNOWN;
        const Values left = read_left(q, json_array_get_element(sides, 0));
        JsonArray *mask = flags_of(json_array_get_element(sides, 1)), *wanted = flags_of(right);
        if (left.n == 1 && left.values[0].kind == VALUE_NONE)
                return ANSWER_NO;
        if (left.n != 1 || left.values[0].kind != VALUE_FLAGS || !mask || (!wanted && !nft_is_string(right)))
                return ANSWER_UNKNOWN;
        guint seen = 0;
        bool same = true;
        for (guint i = 0; i < G_N_ELEMENTS(left.values[0].flags) && left.values[0].flags[i]; i++) {
                const Values flag = { .n = 1, .values = { { .kind = VALUE_TEXT, .text = left.values[0].flags[i] } } };
                if (nft_match_elements(&flag, mask, NULL, NULL) != ANSWER_YES)
                        continue;
                seen++;
                same &= (wanted ? nft_match_elements(&flag, wanted, NULL, NULL) : nft_match_element(&flag, right)) ==
                        ANSWER_YES;
        }
        return answer_of((same && seen == (wanted ? json_array_get_length(wanted) : 1)) != negated);
}

/* nft prints a time in the zone of whoever asks it: "2026-11-30 18:00:00". */
static Answer match_time(const Value *value, const char *operator, JsonNode * right) {
        g_auto(GStrv) words = g_strsplit(nft_is_string(right) ? json_node_get_string(right) : "", " ", -1);
        g_autofree char *text = g_strjoinv("T", words);
        g_autoptr(GTimeZone) zone = g_time_zone_new_local();
        g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, zone);
        if (!time || value->kind != VALUE_TIME)
                return ANSWER_UNKNOWN;
        const gint64 left = (gint64) value->number - g_date_time_to_unix(time);
        return answer_of(operator[0] == '<' ? left < 0 : left >= 0);
}

static Answer judge_match(const Question *q, Judgement *judgement, JsonNode *match) {
        if (!JSON_NODE_HOLDS_OBJECT(match))
                return ANSWER_UNKNOWN;
        JsonNode *left = json_object_get_member(json_node_get_object(match), "left");
        JsonNode *right = json_object_get_member(json_node_get_object(match), "right");
        JsonNode *op = json_object_get_member(json_node_get_object(match), "op");
        JsonNode *inner = NULL;
        if (!left || !right)
                return ANSWER_UNKNOWN;
        const char *operator= op && nft_is_string(op) ? json_node_get_string(op) : "==";
        /* "!" means that none of these flags is set. */
        const bool negated = g_str_equal(operator, "!=") || g_str_equal(operator, "!");
        if (g_str_equal(operator, "<") || g_str_equal(operator, ">=")) {
                const Values time = read_left(q, left);
                return match_time(&time.values[0], operator, right);
        }
        if (!negated && !g_str_equal(operator, "==") && !g_str_equal(operator, "in"))
                return ANSWER_UNKNOWN;
        if (g_str_equal(nft_single(left, &inner), "&"))
                return match_masked(q, inner, right, negated);
        const Values values = read_left(q, left);
        for (guint i = 0; i < values.n; i++)
                if (values.values[i].kind == VALUE_NONE)
                        return ANSWER_NO; /* "!=" as well: the expression itself ends the rule */
        const Answer answer = match_right(q, judgement, &values, right, negated);
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
        return target && nft_is_string(target) ? json_node_get_string(target) : "";
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
        JsonNode *mapped = NULL, *verdict = NULL, *element = NULL;
        bool is_set = false;
        JsonArray *elements = from ? elements_of(q, from, &is_set) : NULL;
        if (!key || !is_set) {
                doubt(judgement, "vmap");
                return;
        }
        const Values values = read_left(q, key);
        const Answer answer = elements ? nft_match_elements(&values, elements, &element, &mapped) : ANSWER_NO;
        judgement->matches = answer_and(judgement->matches, answer);
        if (answer == ANSWER_UNKNOWN)
                doubt(judgement, "vmap");
        if (answer != ANSWER_YES)
                return;
        note_element(judgement, from, element);
        const char *name = nft_single(mapped, &verdict);
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
                if (!nft_is_string(address) ||
                    !packet_parse_address(json_node_get_string(address), &family, judgement->address))
                        doubt(judgement, name);
                else if (family != packet->family)
                        judgement->matches = ANSWER_NO;
        }
        if (port && JSON_NODE_HOLDS_VALUE(port) && !nft_is_string(port))
                judgement->port = json_node_get_int(port);
        else if (port && judgement->act != ACT_SNAT)
                doubt(judgement, name);
}

static const char *text_member(JsonNode *node, const char *name) {
        JsonNode *member =
                node && JSON_NODE_HOLDS_OBJECT(node) ? json_object_get_member(json_node_get_object(node), name) : NULL;
        return member && nft_is_string(member) ? json_node_get_string(member) : "";
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
        const char *kind = nft_single(key, &what), *field = text_member(what, "field");
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
        const char *name = nft_single(statement, &inner);
        if (is_limit(name))
                judge_limit(judgement, name, inner);
        else if (!g_str_equal(name, "counter") && !g_str_equal(name, "last"))
                doubt(judgement, *name ? name : _("a set"));
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
        const Values values = read_left(q, nft_plain_element(element));
        for (guint i = 0; i < values.n; i++)
                if (values.values[i].kind == VALUE_NONE)
                        judgement->matches = ANSWER_NO;
        JsonArray *several = nft_array(statement);
        for (guint i = 0; several && i < json_array_get_length(several); i++)
                judge_set_statement(judgement, json_array_get_element(several, i));
        if (statement && !several)
                judge_set_statement(judgement, statement);
}

/* Matches and targets of iptables, of which JSON shows only the name. */
static bool judge_xt(Judgement *judgement, JsonNode *inner) {
        JsonNode *name =
                inner && JSON_NODE_HOLDS_OBJECT(inner) ? json_object_get_member(json_node_get_object(inner), "name") : NULL;
        const char *xt = name && nft_is_string(name) ? json_node_get_string(name) : "";
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
                const char *name = nft_single(node, &inner);
                if (judge_verdict(&judgement, name, inner))
                        break;
                if (g_str_equal(name, "match")) {
                        const Answer answer = judge_match(&q, &judgement, inner);
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
                        doubt(&judgement, *name ? name : _("a statement"));
        }
        return judgement;
}
