/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import-line.h"

#include <string.h>

#include "ctl-error.h"

#define CHAIN "DOCKER-USER"

/* How quaywalld's own rules look: where they jump, what their comment begins with. */
#define OWN_CHAIN "QUAYWALL"
#define OWN_COMMENT "quaywall:"

/* One line while it is read. */
typedef struct LineParser {
        const ImportPlace *place;
        const char *const *next; /* the next word */
        const char *word;        /* the option being read, as the error names it */
        gboolean negated;        /* "!" stood before it */
        ImportRule *rule;
        guint position;
        gboolean needs_command, has_command, other_chain;
        gboolean plain_sources; /* a source without "!" */
        const char *target;
        const char *protocol; /* "tcp", "udp" or NULL */
        gboolean has_original_port, has_protocol;
        guint port_first, port_last;
        gboolean replies, replies_only; /* RELATED or ESTABLISHED were among the states, or all of them */
} LineParser;

void import_rule_free(ImportRule *rule) {
        if (rule == NULL)
                return;
        g_free(rule->in_interface);
        g_free(rule->out_interface);
        g_ptr_array_unref(rule->sources);
        g_ptr_array_unref(rule->destinations);
        g_array_unref(rule->ports);
        g_free(rule->comment);
        g_free(rule);
}

static gboolean line_refuse(LineParser *parser, const char *reason, GError **error) {
        g_set_error(error, CTL_ERROR, CTL_ERROR_FAILED, "%s:%u: %s%s: %s", parser->place->file, parser->place->line,
                    parser->negated ? "! " : "", parser->word, reason);
        return FALSE;
}

static gboolean line_value(LineParser *parser, const char **value, GError **error) {
        *value = *parser->next;
        if (*value == NULL || g_str_equal(*value, "!"))
                return line_refuse(parser, "its value is missing", error);
        parser->next++;
        return TRUE;
}

static gboolean line_parse_command(LineParser *parser, GError **error) {
        const gboolean insert = g_str_equal(parser->word, "-I") || g_str_equal(parser->word, "--insert");
        const char *chain;
        guint64 number;

        if (!line_value(parser, &chain, error))
                return FALSE;
        if (parser->has_command)
                return line_refuse(parser, "a second command in one line", error);
        parser->has_command = TRUE;
        if (!g_str_equal(chain, CHAIN)) {
                parser->other_chain = parser->place->in_dump;
                parser->word = chain;
                return parser->other_chain ||
                       line_refuse(parser, "only rules of the chain " CHAIN " can be imported", error);
        }
        parser->position = insert ? 1 : 0;
        if (insert && *parser->next != NULL &&
            g_ascii_string_to_unsigned(*parser->next, 10, 1, G_MAXUINT, &number, NULL)) {
                parser->position = (guint) number;
                parser->next++;
        }
        return TRUE;
}

static gboolean line_parse_interface(LineParser *parser, char **interface, GError **error) {
        const char *value;

        if (parser->negated)
                return line_refuse(parser, "a policy cannot say 'every interface but this'", error);
        if (!line_value(parser, &value, error))
                return FALSE;
        if (*interface != NULL)
                return line_refuse(parser, "it is there twice", error);
        if (g_str_has_suffix(value, "+")) {
                parser->word = value;
                return line_refuse(parser, "a policy names interfaces one by one, not by a pattern", error);
        }
        *interface = g_strdup(value);
        return TRUE;
}

/* Adds "a,b,c" or one range to addresses. */
static gboolean line_add_addresses(LineParser *parser, gboolean range, GPtrArray *addresses, GError **error) {
        g_autoptr(GError) reason = NULL;
        const char *value;

        if (!line_value(parser, &value, error))
                return FALSE;

        g_auto(GStrv) words = range ? g_strdupv((char *[]){ (char *) value, NULL }) : g_strsplit(value, ",", -1);
        if (parser->negated && g_strv_length(words) > 1)
                return line_refuse(parser, "iptables does not take '!' with several addresses", error);
        for (GStrv word = words; *word != NULL; word++) {
                ImportAddress *address =
                        range ? import_address_new_range(*word, &reason) : import_address_new(*word, &reason);

                if (address == NULL)
                        return line_refuse(parser, reason->message, error);
                g_ptr_array_add(addresses, address);
                if (parser->rule->family == 0)
                        parser->rule->family = address->family;
                if (parser->rule->family != address->family) {
                        g_autofree char *message =
                                g_strdup_printf("'%s' is not an IPv%d address", *word, parser->rule->family);
                        return line_refuse(parser, message, error);
                }
        }
        return TRUE;
}

static gboolean line_parse_source(LineParser *parser, gboolean range, GError **error) {
        ImportRule *rule = parser->rule;

        /* "! A ! B" drops who is neither: together they are the allowed ones. "A B" would be who is both. */
        if (rule->sources->len > 0 && !(parser->negated && rule->not_sources))
                return line_refuse(parser, "a policy cannot say that a source must match both", error);
        rule->not_sources = parser->negated;
        return line_add_addresses(parser, range, rule->sources, error);
}

static gboolean line_parse_destination(LineParser *parser, gboolean range, gboolean original, GError **error) {
        ImportRule *rule = parser->rule;

        if (parser->negated)
                return line_refuse(parser, "a policy cannot say 'every destination but this'", error);
        if (rule->destinations->len > 0)
                return line_refuse(parser, "a policy cannot say that a destination must match both", error);
        rule->container_address = !original;
        return line_add_addresses(parser, range, rule->destinations, error);
}

static gboolean line_parse_protocol(LineParser *parser, GError **error) {
        const char *value;

        if (parser->negated)
                return line_refuse(parser, "a policy cannot say 'every protocol but this'", error);
        if (!line_value(parser, &value, error))
                return FALSE;
        if (parser->has_protocol)
                return line_refuse(parser, "it is there twice", error);
        parser->has_protocol = TRUE;
        if (g_ascii_strcasecmp(value, "all") == 0 || g_str_equal(value, "0"))
                return TRUE;
        if (g_ascii_strcasecmp(value, "tcp") == 0 || g_str_equal(value, "6"))
                parser->protocol = "tcp";
        else if (g_ascii_strcasecmp(value, "udp") == 0 || g_str_equal(value, "17"))
                parser->protocol = "udp";
        else
                return line_refuse(parser, "policies know tcp and udp only", error);
        return TRUE;
}

static gboolean line_parse_original_port(LineParser *parser, GError **error) {
        const char *value;
        guint64 first, last;

        if (parser->negated)
                return line_refuse(parser, "a policy cannot say 'every port but this'", error);
        if (!line_value(parser, &value, error))
                return FALSE;
        if (parser->has_original_port)
                return line_refuse(parser, "it is there twice", error);

        g_auto(GStrv) ends = g_strsplit(value, ":", 2);
        if (ends[0] == NULL || !g_ascii_string_to_unsigned(ends[0], 10, 1, 65535, &first, NULL) ||
            !g_ascii_string_to_unsigned(ends[1] != NULL ? ends[1] : ends[0], 10, first, 65535, &last, NULL)) {
                g_autofree char *message =
                        g_strdup_printf("'%s' is not a port from 1 to 65535 or a range of them", value);
                return line_refuse(parser, message, error);
        }
        parser->has_original_port = TRUE;
        parser->port_first = (guint) first;
        parser->port_last = (guint) last;
        return TRUE;
}

/* NEW is what policies judge; RELATED and ESTABLISHED alone are the replies that they all let pass. */
static gboolean line_parse_state(LineParser *parser, GError **error) {
        gboolean is_new = FALSE, reply = FALSE;
        const char *value;

        if (!line_value(parser, &value, error))
                return FALSE;
        g_auto(GStrv) states = g_strsplit(value, ",", -1);
        for (GStrv state = states; *state != NULL; state++) {
                if (g_str_equal(*state, "NEW"))
                        is_new = TRUE;
                else if (g_str_equal(*state, "RELATED") || g_str_equal(*state, "ESTABLISHED"))
                        reply = TRUE;
                else {
                        parser->word = *state;
                        return line_refuse(parser, "policies know the states NEW, RELATED and ESTABLISHED only", error);
                }
        }
        if (parser->negated)
                return line_refuse(
                        parser, "policies judge NEW connections and let RELATED,ESTABLISHED pass, nothing else", error);
        parser->replies = reply;
        parser->replies_only = reply && !is_new;
        return TRUE;
}

static gboolean line_parse_direction(LineParser *parser, GError **error) {
        const char *value;

        if (!line_value(parser, &value, error))
                return FALSE;
        if (parser->negated || g_ascii_strcasecmp(value, "ORIGINAL") != 0)
                return line_refuse(parser, "policies judge the direction ORIGINAL only", error);
        return TRUE;
}

static gboolean line_parse_match(LineParser *parser, GError **error) {
        static const char *const known[] = { "iprange", "conntrack", "state", "comment", "tcp", "udp", NULL };
        const char *value;

        if (!line_value(parser, &value, error))
                return FALSE;
        if (g_strv_contains(known, value))
                return TRUE;
        g_autofree char *word = g_strconcat("-m ", value, NULL);
        parser->word = word;
        const gboolean refused = line_refuse(parser, "no policy can say this", error);
        parser->word = NULL;
        return refused;
}

static gboolean line_parse_target(LineParser *parser, GError **error) {
        static const char *const known[] = { "DROP", "REJECT", "RETURN", "ACCEPT", OWN_CHAIN, NULL };

        if (parser->target != NULL)
                return line_refuse(parser, "it is there twice", error);
        if (!line_value(parser, &parser->target, error))
                return FALSE;
        if (g_strv_contains(known, parser->target))
                return TRUE;
        parser->word = parser->target;
        return line_refuse(parser,
                           g_str_equal(parser->word, "LOG")
                                   ? "logging belongs to a policy: leave the line out and give the policy --log"
                                   : "policies know the targets DROP, REJECT, RETURN and ACCEPT only",
                           error);
}

static gboolean line_parse_reject_with(LineParser *parser, GError **error) {
        static const char *const usual[] = { "icmp-port-unreachable", "icmp6-port-unreachable", "port-unreach", NULL };
        const char *value;

        if (!line_value(parser, &value, error))
                return FALSE;
        if (g_strv_contains(usual, value))
                return TRUE;
        parser->word = value;
        return line_refuse(parser, "a policy rejects in its own way; leave --reject-with out", error);
}

static gboolean line_parse_table(LineParser *parser, GError **error) {
        const char *value;

        if (!line_value(parser, &value, error))
                return FALSE;
        if (g_str_equal(value, "filter"))
                return TRUE;
        parser->word = value;
        return line_refuse(parser, CHAIN " is in the table filter", error);
}

static gboolean line_parse_comment(LineParser *parser, GError **error) {
        const char *value;

        if (!line_value(parser, &value, error))
                return FALSE;
        g_free(parser->rule->comment);
        parser->rule->comment = g_strdup(value);
        return TRUE;
}

static gboolean line_is(const char *word, const char *a, const char *b, const char *c) {
        return g_strcmp0(word, a) == 0 || g_strcmp0(word, b) == 0 || (c != NULL && g_strcmp0(word, c) == 0);
}

static gboolean line_parse_option(LineParser *parser, GError **error) {
        const char *word = parser->word;
        ImportRule *rule = parser->rule;

        if (line_is(word, "-i", "--in-interface", NULL))
                return line_parse_interface(parser, &rule->in_interface, error);
        if (line_is(word, "-o", "--out-interface", NULL))
                return line_parse_interface(parser, &rule->out_interface, error);
        if (line_is(word, "-s", "--source", "--src"))
                return line_parse_source(parser, FALSE, error);
        if (g_str_equal(word, "--src-range"))
                return line_parse_source(parser, TRUE, error);
        if (line_is(word, "-d", "--destination", "--dst"))
                return line_parse_destination(parser, FALSE, FALSE, error);
        if (g_str_equal(word, "--dst-range"))
                return line_parse_destination(parser, TRUE, FALSE, error);
        if (g_str_equal(word, "--ctorigdst"))
                return line_parse_destination(parser, FALSE, TRUE, error);
        if (g_str_equal(word, "--ctorigdstport"))
                return line_parse_original_port(parser, error);
        if (line_is(word, "-p", "--protocol", "--proto"))
                return line_parse_protocol(parser, error);
        if (line_is(word, "--ctstate", "--state", NULL))
                return line_parse_state(parser, error);
        if (g_str_equal(word, "--ctdir"))
                return line_parse_direction(parser, error);
        if (line_is(word, "--dport", "--destination-port", "--dports"))
                return line_refuse(parser,
                                   "in " CHAIN
                                   " this is the container's port, after DNAT; a policy has the published port of "
                                   "the host, in iptables -m conntrack --ctorigdstport PORT --ctdir ORIGINAL",
                                   error);
        if (parser->negated)
                return line_refuse(parser, "no policy can say this", error);

        if (line_is(word, "-A", "--append", NULL) || line_is(word, "-I", "--insert", NULL))
                return line_parse_command(parser, error);
        if (line_is(word, "-t", "--table", NULL))
                return line_parse_table(parser, error);
        if (line_is(word, "-m", "--match", NULL))
                return line_parse_match(parser, error);
        if (line_is(word, "-j", "--jump", NULL))
                return line_parse_target(parser, error);
        if (g_str_equal(word, "--reject-with"))
                return line_parse_reject_with(parser, error);
        if (g_str_equal(word, "--comment"))
                return line_parse_comment(parser, error);
        if (line_is(word, "-w", "--wait", NULL)) {
                if (*parser->next != NULL && g_ascii_isdigit(**parser->next))
                        parser->next++;
                return TRUE;
        }
        return line_refuse(parser, "no policy can say this", error);
}

/* "$ sudo /usr/sbin/iptables", "[12:720]": what stands before the first option. */
static gboolean line_parse_front(LineParser *parser, GError **error) {
        if (g_strcmp0(*parser->next, "$") == 0)
                parser->next++;
        if (g_strcmp0(*parser->next, "sudo") == 0)
                parser->next++;
        if (*parser->next != NULL && **parser->next == '[' && g_str_has_suffix(*parser->next, "]"))
                parser->next++;
        if (*parser->next == NULL || **parser->next == '-' || g_str_equal(*parser->next, "!"))
                return TRUE;

        static const char *const programs[] = { "iptables",  "iptables-nft",  "iptables-legacy",
                                                "ip6tables", "ip6tables-nft", "ip6tables-legacy",
                                                NULL };
        g_autofree char *program = g_path_get_basename(*parser->next);

        parser->word = *parser->next++;
        if (!g_strv_contains(programs, program))
                return line_refuse(parser, "not a line of iptables", error);
        parser->rule->family = g_str_has_prefix(program, "ip6") ? 6 : 4;
        parser->needs_command = TRUE;
        return TRUE;
}

/* -p alone means every port of that protocol, --ctorigdstport alone the port of either. */
static void line_add_ports(LineParser *parser) {
        static const char *const both[] = { "tcp", "udp" };

        if (parser->protocol == NULL && !parser->has_original_port)
                return;
        if (!parser->has_original_port) {
                parser->port_first = 1;
                parser->port_last = 65535;
        }
        for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
                const ImportPorts ports = { both[i], parser->port_first, parser->port_last };

                if (parser->protocol == NULL || g_str_equal(parser->protocol, both[i]))
                        g_array_append_val(parser->rule->ports, ports);
        }
}

/* From the words to what they do. */
static gboolean line_finish(LineParser *parser, GError **error) {
        ImportRule *rule = parser->rule;

        if (parser->needs_command && !parser->has_command) {
                parser->word = "-I";
                return line_refuse(parser, "neither it nor -A is there", error);
        }
        if (parser->target == NULL) {
                parser->word = "-j";
                return line_refuse(parser, "it is missing", error);
        }
        if (g_str_equal(parser->target, OWN_CHAIN) ||
            (rule->comment != NULL && g_str_has_prefix(rule->comment, OWN_COMMENT))) {
                rule->verdict = IMPORT_OWN;
                return TRUE;
        }
        parser->negated = FALSE;
        parser->word = parser->target;
        rule->reject = g_str_equal(parser->target, "REJECT");

        const gboolean drop = rule->reject || g_str_equal(parser->target, "DROP");
        const gboolean accept = g_str_equal(parser->target, "ACCEPT");
        if (parser->replies && drop)
                return line_refuse(parser, "replies always pass, no policy can drop them", error);
        if (parser->replies_only) {
                rule->verdict = IMPORT_REPLIES;
                return TRUE;
        }
        if (drop)
                rule->verdict = IMPORT_DROP;
        else if (accept && rule->out_interface != NULL)
                rule->verdict = IMPORT_FORWARD;
        else
                rule->verdict = accept ? IMPORT_ACCEPT : IMPORT_RETURN;

        if (rule->verdict == IMPORT_FORWARD) {
                if (rule->in_interface == NULL) {
                        parser->word = "-i";
                        return line_refuse(parser,
                                           "missing: a forward policy needs where packets come in and where they leave",
                                           error);
                }
                parser->word = rule->sources->len > 0        ? "-s"
                               : rule->destinations->len > 0 ? "-d"
                               : rule->ports->len > 0        ? "-p"
                                                             : NULL;
                return parser->word == NULL || line_refuse(parser, "a forward policy has interfaces only", error);
        }
        if (rule->out_interface != NULL) {
                parser->word = "-o";
                return line_refuse(parser, "a policy has it with -j ACCEPT only (action forward)", error);
        }
        if (!drop && rule->not_sources) {
                parser->negated = TRUE;
                parser->word = "-s";
                return line_refuse(parser, "no policy can say this with a target that lets pass", error);
        }
        return TRUE;
}

gboolean import_line_parse(const ImportPlace *place, const char *const *words, ImportRule **rule, guint *position,
                           GError **error) {
        g_autoptr(ImportRule) parsed = g_new0(ImportRule, 1);
        LineParser parser = { .place = place, .next = words, .rule = parsed, .word = words[0] };

        parsed->line = place->line;
        parsed->family = place->family;
        parsed->sources = g_ptr_array_new_with_free_func((GDestroyNotify) import_address_free);
        parsed->destinations = g_ptr_array_new_with_free_func((GDestroyNotify) import_address_free);
        parsed->ports = g_array_new(FALSE, FALSE, sizeof(ImportPorts));
        *rule = NULL;

        if (!line_parse_front(&parser, error))
                return FALSE;
        while (*parser.next != NULL && !parser.other_chain) {
                parser.negated = g_str_equal(parser.next[0], "!") && parser.next[1] != NULL;
                parser.next += parser.negated;
                parser.word = *parser.next++;
                if (!line_parse_option(&parser, error))
                        return FALSE;
        }
        if (parser.other_chain)
                return TRUE;
        line_add_ports(&parser);
        if (!line_finish(&parser, error))
                return FALSE;
        if (parsed->family == 0)
                parsed->family = 4;
        *position = parser.position;
        *rule = g_steal_pointer(&parsed);
        return TRUE;
}
