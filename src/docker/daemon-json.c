/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon-json.h"

#include <string.h>

#include <json-glib/json-glib.h>
#include <glib/gi18n.h>

#include "model/bounds.h"
#include "model/error.h"

/* json-glib accepts comments and other things that dockerd refuses, preserves neither numbers nor blanks, and recurses. So the
 * structure is scanned here, and json-glib only decodes and encodes strings. */

/* Offsets in the text. */
typedef struct Member {
        char *name;
        gsize key, key_end, value, value_end;
} Member;

typedef struct Scanner {
        const char *start, *at, *end;
        GError **error;
} Scanner;

void daemon_settings_clear(DaemonSettings *settings) {
        g_clear_pointer(&settings->ip, g_free);
        settings->iptables = settings->ip6tables = settings->icc = SAID_NOTHING;
}

void daemon_settings_copy(DaemonSettings *to, const DaemonSettings *from) {
        char *ip = g_strdup(from->ip);
        g_free(to->ip);
        *to = *from;
        to->ip = ip;
}

static void member_clear(gpointer member) {
        g_free(((Member *) member)->name);
}

void daemon_json_free(DaemonJson *json) {
        g_free(json->text);
        g_free(json->oddity);
        g_array_unref(json->members);
        daemon_settings_clear(&json->settings);
        g_free(json);
}

static guint line_of(const Scanner *scanner) {
        guint line = 1;
        for (const char *c = scanner->start; c < scanner->at; c++)
                line += *c == '\n';
        return line;
}

G_GNUC_PRINTF(2, 3) static bool bad(const Scanner *scanner, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *what = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error(scanner->error, QUAYWALL_ERROR, QUAYWALL_ERROR_IO, "%u: %s", line_of(scanner), what);
        return false;
}

/* "expected, but there is X" */
static bool unexpected(const Scanner *scanner, const char *expected) {
        if (scanner->at >= scanner->end)
                return bad(scanner, _("%s is expected, but the file ends"), expected);
        if (*scanner->at == '/' || *scanner->at == '#')
                return bad(scanner, _("%s is expected; JSON has no comments"), expected);
        g_autofree char *rest = g_strndup(scanner->at, MIN(4, scanner->end - scanner->at));
        const gunichar c = g_utf8_get_char_validated(rest, -1);
        if (c < 0x20 || c == 0x7f || c >= (gunichar) -2)
                return bad(scanner, _("%s is expected, not the byte 0x%02x"), expected, (unsigned char) *scanner->at);
        *g_utf8_next_char(rest) = '\0';
        return bad(scanner, _("%s is expected, not \"%s\""), expected, rest);
}

static void skip_blanks(Scanner *scanner) {
        while (scanner->at < scanner->end && strchr(" \t\r\n", *scanner->at) && *scanner->at)
                scanner->at++;
}

static bool is_next(Scanner *scanner, char c) {
        skip_blanks(scanner);
        return scanner->at < scanner->end && *scanner->at == c;
}

static bool take(Scanner *scanner, char c) {
        if (!is_next(scanner, c))
                return false;
        scanner->at++;
        return true;
}

static bool scan_string(Scanner *scanner, const char *expected) {
        if (!take(scanner, '"'))
                return unexpected(scanner, expected);
        while (scanner->at < scanner->end && *scanner->at != '"') {
                if ((unsigned char) *scanner->at < 0x20)
                        return bad(scanner, _("a string is not closed in its line"));
                if (*scanner->at++ != '\\')
                        continue;
                if (scanner->at >= scanner->end || !*scanner->at || !strchr("\"\\/bfnrtu", *scanner->at))
                        return bad(scanner, _("a string has a \"\\\" that means nothing"));
                if (*scanner->at++ == 'u')
                        for (guint i = 0; i < 4; i++, scanner->at++)
                                if (scanner->at >= scanner->end || !g_ascii_isxdigit(*scanner->at))
                                        return bad(scanner, _("a string has a \"\\u\" without four hexadecimal digits"));
        }
        return take(scanner, '"') || bad(scanner, _("a string is not closed"));
}

static bool take_digits(Scanner *scanner) {
        const char *start = scanner->at;
        while (scanner->at < scanner->end && g_ascii_isdigit(*scanner->at))
                scanner->at++;
        return scanner->at > start;
}

/* No blanks are allowed inside a number. */
static bool take_now(Scanner *scanner, const char *any) {
        if (scanner->at >= scanner->end || !*scanner->at || !strchr(any, *scanner->at))
                return false;
        scanner->at++;
        return true;
}

static bool scan_scalar(Scanner *scanner) {
        static const char *const WORDS[] = { "true", "false", "null" };
        skip_blanks(scanner);
        for (gsize i = 0; i < G_N_ELEMENTS(WORDS); i++) {
                const gsize length = strlen(WORDS[i]);
                if ((gsize) (scanner->end - scanner->at) >= length && strncmp(scanner->at, WORDS[i], length) == 0) {
                        scanner->at += length;
                        return true;
                }
        }
        if (scanner->at < scanner->end && (*scanner->at == '-' || g_ascii_isdigit(*scanner->at))) {
                (void) take_now(scanner, "-");
                if (!take_now(scanner, "0") && !take_digits(scanner))
                        return unexpected(scanner, _("a digit"));
                if (take_now(scanner, ".") && !take_digits(scanner))
                        return unexpected(scanner, _("a digit"));
                if (take_now(scanner, "eE")) {
                        (void) take_now(scanner, "+-");
                        if (!take_digits(scanner))
                                return unexpected(scanner, _("a digit"));
                }
                return true;
        }
        return scan_string(scanner, _("a value"));
}

static bool scan_key(Scanner *scanner) {
        return scan_string(scanner, _("a key in double quotes")) && (take(scanner, ':') || unexpected(scanner, "\":\""));
}

/* Not recursive, since the file determines how deep it is. */
static bool scan_value(Scanner *scanner) {
        char closing[LIMIT_JSON_DEPTH];
        guint depth = 1; /* the outermost object */
        for (;;) {
                const bool object = is_next(scanner, '{');
                bool complete = true;
                if (object || is_next(scanner, '[')) {
                        if (depth == LIMIT_JSON_DEPTH) {
                                g_set_error(scanner->error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                                            _("%u: is nested more than %u levels deep"), line_of(scanner), LIMIT_JSON_DEPTH);
                                return false;
                        }
                        scanner->at++;
                        closing[depth++] = object ? '}' : ']';
                        complete = is_next(scanner, closing[depth - 1]);
                        if (!complete && object && !scan_key(scanner))
                                return false;
                } else if (!scan_scalar(scanner))
                        return false;
                while (complete && depth > 1 && take(scanner, closing[depth - 1]))
                        depth--;
                if (!complete)
                        continue;
                if (depth == 1)
                        return true;
                if (!take(scanner, ','))
                        return unexpected(scanner, closing[depth - 1] == '}' ? _("\",\" or \"}\"") : _("\",\" or \"]\""));
                if (closing[depth - 1] == '}' && !scan_key(scanner))
                        return false;
        }
}

/* Decodes a scanned string; NULL: json-glib cannot (half of a surrogate pair). */
static char *decode(const char *text, gsize start, gsize end) {
        if (!memchr(text + start, '\\', end - start))
                return g_strndup(text + start + 1, end - start - 2);
        g_autofree char *quoted = g_strndup(text + start, end - start);
        g_autoptr(JsonNode) node = json_from_string(quoted, NULL);
        return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_dup_string(node) : NULL;
}

char *daemon_json_quote(const char *string) {
        g_autoptr(JsonNode) node = json_node_new(JSON_NODE_VALUE);
        json_node_set_string(node, string);
        return json_to_string(node, FALSE);
}

static bool read_known(DaemonJson *json, const Scanner *scanner, const Member *member) {
        DaemonSettings *settings = &json->settings;
        Said *said = g_str_equal(member->name, DAEMON_KEY_IPTABLES)  ? &settings->iptables :
                     g_str_equal(member->name, DAEMON_KEY_IP6TABLES) ? &settings->ip6tables :
                     g_str_equal(member->name, DAEMON_KEY_ICC)       ? &settings->icc :
                                                                       NULL;
        const char *value = json->text + member->value;
        if (*value == 'n')
                return true; /* null: dockerd treats the member as absent */
        if (said) {
                if (*value != 't' && *value != 'f')
                        return bad(scanner, _("\"%s\" must be true or false"), member->name);
                *said = *value == 't' ? SAID_YES : SAID_NO;
        } else if (g_str_equal(member->name, DAEMON_KEY_IP)) {
                g_free(settings->ip);
                settings->ip = *value == '"' ? decode(json->text, member->value, member->value_end) : NULL;
                if (!settings->ip)
                        return bad(scanner, _("\"%s\" must be a string, the address"), member->name);
        }
        return true;
}

static bool scan_members(DaemonJson *json, Scanner *scanner) {
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
        if (!take(scanner, '{'))
                return unexpected(scanner, "\"{\"");
        json->open = scanner->at - 1 - json->text;
        for (bool first = true; !take(scanner, '}'); first = false) {
                if (!first && !take(scanner, ','))
                        return unexpected(scanner, _("\",\" or \"}\""));
                Member member = { NULL };
                skip_blanks(scanner);
                member.key = scanner->at - json->text;
                if (!scan_string(scanner, _("a key in double quotes")))
                        return false;
                member.key_end = scanner->at - json->text;
                if (!take(scanner, ':'))
                        return unexpected(scanner, "\":\"");
                member.name = decode(json->text, member.key, member.key_end);
                if (!member.name)
                        return bad(scanner, _("a key has an escape sequence that means no character"));
                skip_blanks(scanner);
                member.value = scanner->at - json->text;
                g_array_append_val(json->members, member);
                if (!g_hash_table_add(names, member.name) && !json->oddity) {
                        g_autofree char *shown = quaywall_error_show(member.name);
                        json->oddity = g_strdup_printf(
                                _("%u: the key \"%s\" is there twice, and dockerd takes the last one; leave one of them"),
                                line_of(scanner), shown);
                }
                if (!scan_value(scanner))
                        return false;
                member.value_end = scanner->at - json->text;
                g_array_index(json->members, Member, json->members->len - 1) = member;
                if (!read_known(json, scanner, &member))
                        return false;
        }
        json->close = scanner->at - 1 - json->text;
        skip_blanks(scanner);
        return scanner->at == scanner->end || unexpected(scanner, _("the end of the file"));
}

DaemonJson *daemon_json_parse(const char *text, gsize length, GError **error) {
        if (length > LIMIT_DAEMON_JSON) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, _("1: has %zu bytes; at most %u are read"),
                            length, LIMIT_DAEMON_JSON);
                return NULL;
        }
        g_autoptr(DaemonJson) json = g_new0(DaemonJson, 1);
        json->text = g_malloc(length + 1);
        memcpy(json->text, text, length);
        json->text[length] = '\0';
        json->length = length;
        json->members = g_array_new(FALSE, FALSE, sizeof(Member));
        g_array_set_clear_func(json->members, member_clear);

        Scanner scanner = { json->text, json->text, json->text + length, error };
        const char *end;
        if (!g_utf8_validate_len(json->text, length, &end)) {
                scanner.at = end;
                bad(&scanner, _("the byte 0x%02x is not UTF-8 text"), (unsigned char) *end);
                return NULL;
        }
        if (g_str_has_prefix(json->text, "\xef\xbb\xbf")) {
                json->oddity = g_strdup(
                        _("1: begins with a byte order mark, which JSON does not have and older dockerd does not take; save it "
                          "without"));
                scanner.at += 3;
        }
        skip_blanks(&scanner);
        if (scanner.at == scanner.end)
                return g_steal_pointer(&json);
        return scan_members(json, &scanner) ? g_steal_pointer(&json) : NULL;
}

static char *splice(const DaemonJson *json, gsize from, gsize to, const char *by, gsize *ret_length) {
        GString *text = g_string_sized_new(json->length + strlen(by));
        g_string_append_len(text, json->text, from);
        g_string_append(text, by);
        g_string_append_len(text, json->text + to, json->length - to);
        *ret_length = text->len;
        return g_string_free(text, FALSE);
}

static char *append_member(const DaemonJson *json, const char *key, const char *value, gsize *ret_length) {
        g_autofree char *name = daemon_json_quote(key);
        if (json->close == 0) {
                char *text = g_strdup_printf("{\n    %s: %s\n}\n", name, value);
                *ret_length = strlen(text);
                return text;
        }
        if (json->members->len == 0) {
                g_autofree char *only = g_strdup_printf("\n    %s: %s\n", name, value);
                return splice(json, json->open + 1, json->close, only, ret_length);
        }
        /* Written like the last member: the same blanks before it and around its colon. */
        const Member *last = &g_array_index(json->members, Member, json->members->len - 1);
        gsize before = last->key;
        while (strchr(" \t\r\n", json->text[before - 1]))
                before--;
        g_autofree char *blanks = g_strndup(json->text + before, last->key - before);
        g_autofree char *colon = g_strndup(json->text + last->key_end, last->value - last->key_end);
        g_autofree char *more = g_strdup_printf(",%s%s%s%s", blanks, name, colon, value);
        return splice(json, last->value_end, last->value_end, more, ret_length);
}

static char *remove_member(const DaemonJson *json, guint i, gsize *ret_length) {
        const Member *members = (const Member *) json->members->data;
        if (json->members->len == 1)
                return splice(json, json->open + 1, json->close, "", ret_length);
        if (i + 1 < json->members->len)
                return splice(json, members[i].key, members[i + 1].key, "", ret_length);
        return splice(json, members[i - 1].value_end, members[i].value_end, "", ret_length);
}

char *daemon_json_set(const DaemonJson *json, const char *key, const char *value, gsize *ret_length) {
        for (guint i = 0; i < json->members->len; i++) {
                const Member *member = &g_array_index(json->members, Member, i);
                if (g_str_equal(member->name, key))
                        return value ? splice(json, member->value, member->value_end, value, ret_length) :
                                       remove_member(json, i, ret_length);
        }
        return value ? append_member(json, key, value, ret_length) : splice(json, 0, 0, "", ret_length);
}
