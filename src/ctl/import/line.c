/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "line.h"

#include <string.h>

#include <glib/gi18n.h>

#include "ctl/import/refuse.h"

#define CHAIN "DOCKER-USER"

/* A rule of quaywalld's jumps to this chain, or its comment begins so. */
#define OWN_CHAIN "QUAYWALL"
#define OWN_COMMENT "quaywall:"

/* A line that is being read. */
typedef struct LineParser {
        const ImportPlace *place;
        const char *const *next; /* the next word */
        const char *word;        /* the option that is being read, as an error names it */
        bool negated;            /* "!" stood before it */
        ImportRule *rule;
        guint position;
        bool needs_command, has_command, other_chain;
        const char *target;
        const char *protocol; /* "tcp", "udp" or NULL */
        bool has_original_port, has_protocol;
        guint port_first, port_last;
        bool replies, replies_only; /* RELATED or ESTABLISHED were among the states, or all of them */
} LineParser;

void import_rule_free(ImportRule *rule) {
        if (!rule)
                return;
        g_free(rule->in_interface);
        g_free(rule->out_interface);
        g_ptr_array_unref(rule->sources);
        g_ptr_array_unref(rule->destinations);
        g_array_unref(rule->ports);
        g_free(rule->comment);
        g_free(rule);
}

static bool line_refuse(LineParser *parser, const char *reason, GError **error) {
        return import_refuse(error, "%s:%u: %s%s: %s", parser->place->file, parser->place->line, parser->negated ? "! " : "",
                             parser->word, reason);
}

/* Refuses this word, which is not the option that is being read. */
static bool line_refuse_word(LineParser *parser, const char *word, const char *reason, GError **error) {
        parser->word = word;
        return line_refuse(parser, reason, error);
}

/* Takes the next word, which must be there; borrowed. */
static bool line_value(LineParser *parser, const char **ret_value, GError **error) {
        *ret_value = *parser->next;
        if (!*ret_value || g_str_equal(*ret_value, "!"))
                return line_refuse(parser, _("its value is missing"), error);
        parser->next++;
        return true;
}

static bool line_parse_command(LineParser *parser, GError **error) {
        const bool insert = g_str_equal(parser->word, "-I") || g_str_equal(parser->word, "--insert");
        const char *chain;
        guint64 number;

        if (!line_value(parser, &chain, error))
                return false;
        if (parser->has_command)
                return line_refuse(parser, _("a second command in one line"), error);
        parser->has_command = true;
        if (!g_str_equal(chain, CHAIN)) {
                parser->other_chain = parser->place->in_dump;
                return parser->other_chain ||
                       line_refuse_word(parser, chain, _("only rules of the chain DOCKER-USER can be imported"), error);
        }
        parser->position = insert ? 1 : 0;
        if (insert && *parser->next && g_ascii_string_to_unsigned(*parser->next, 10, 1, G_MAXUINT, &number, NULL)) {
                parser->position = (guint) number;
                parser->next++;
        }
        return true;
}

static bool line_parse_interface(LineParser *parser, char **interface, GError **error) {
        const char *value;

        if (parser->negated)
                return line_refuse(parser, _("a policy cannot say 'every interface but this'"), error);
        if (!line_value(parser, &value, error))
                return false;
        if (*interface)
                return line_refuse(parser, _("it is given twice"), error);
        if (g_str_has_suffix(value, "+"))
                return line_refuse_word(parser, value, _("a policy names interfaces one by one, not by a pattern"), error);
        *interface = g_strdup(value);
        return true;
}

/* Adds "a,b,c" or one range to addresses. */
static bool line_add_addresses(LineParser *parser, bool range, GPtrArray *addresses, GError **error) {
        g_autoptr(GError) reason = NULL;
        const char *value;

        if (!line_value(parser, &value, error))
                return false;

        g_auto(GStrv) words = range ? g_strdupv((char *[]){ (char *) value, NULL }) : g_strsplit(value, ",", -1);
        if (parser->negated && g_strv_length(words) > 1)
                return line_refuse(parser, _("iptables does not take '!' with several addresses"), error);
        for (GStrv word = words; *word; word++) {
                ImportAddress *address = range ? import_address_new_range(*word, &reason) : import_address_new(*word, &reason);

                if (!address)
                        return line_refuse(parser, reason->message, error);
                g_ptr_array_add(addresses, address);
                if (parser->rule->family == 0)
                        parser->rule->family = address->family;
                if (parser->rule->family != address->family) {
                        g_autofree char *message =
                                g_strdup_printf(_("'%s' is not an IPv%d address"), *word, parser->rule->family);
                        return line_refuse(parser, message, error);
                }
        }
        return true;
}

static bool line_parse_source(LineParser *parser, bool range, GError **error) {
        ImportRule *rule = parser->rule;

        /* "! A ! B -j DROP" drops what is from neither, so both are allowed. "A B" would match a source that is in both. */
        if (rule->sources->len > 0 && !(parser->negated && rule->not_sources))
                return line_refuse(parser, _("a policy cannot say that a source must match both"), error);
        rule->not_sources = parser->negated;
        return line_add_addresses(parser, range, rule->sources, error);
}

static bool line_parse_destination(LineParser *parser, bool range, bool original, GError **error) {
        ImportRule *rule = parser->rule;

        if (parser->negated)
                return line_refuse(parser, _("a policy cannot say 'every destination but this'"), error);
        if (rule->destinations->len > 0)
                return line_refuse(parser, _("a policy cannot say that a destination must match both"), error);
        rule->container_address = !original;
        return line_add_addresses(parser, range, rule->destinations, error);
}

static bool line_parse_protocol(LineParser *parser, GError **error) {
        const char *value;

        if (parser->negated)
                return line_refuse(parser, _("a policy cannot say 'every protocol but this'"), error);
        if (!line_value(parser, &value, error))
                return false;
        if (parser->has_protocol)
                return line_refuse(parser, _("it is given twice"), error);
        parser->has_protocol = true;
        if (g_ascii_strcasecmp(value, "all") == 0 || g_str_equal(value, "0"))
                return true;
        if (g_ascii_strcasecmp(value, "tcp") == 0 || g_str_equal(value, "6"))
                parser->protocol = "tcp";
        else if (g_ascii_strcasecmp(value, "udp") == 0 || g_str_equal(value, "17"))
                parser->protocol = "udp";
        else
                return line_refuse(parser, _("policies know tcp and udp only"), error);
        return true;
}

static bool line_parse_original_port(LineParser *parser, GError **error) {
        const char *value;
        guint64 first, last;

        if (parser->negated)
                return line_refuse(parser, _("a policy cannot say 'every port but this'"), error);
        if (!line_value(parser, &value, error))
                return false;
        if (parser->has_original_port)
                return line_refuse(parser, _("it is given twice"), error);

        g_auto(GStrv) ends = g_strsplit(value, ":", 2);
        if (!ends[0] || !g_ascii_string_to_unsigned(ends[0], 10, 1, 65535, &first, NULL) ||
            !g_ascii_string_to_unsigned(ends[1] ? ends[1] : ends[0], 10, first, 65535, &last, NULL)) {
                g_autofree char *message = g_strdup_printf(_("'%s' is not a port from 1 to 65535 or a range of them"), value);
                return line_refuse(parser, message, error);
        }
        parser->has_original_port = true;
        parser->port_first = (guint) first;
        parser->port_last = (guint) last;
        return true;
}

/* Policies judge NEW connections. RELATED and ESTABLISHED alone are the replies that every policy lets pass. */
static bool line_parse_state(LineParser *parser, GError **error) {
        bool is_new = false, reply = false;
        const char *value;

        if (!line_value(parser, &value, error))
                return false;
        g_auto(GStrv) states = g_strsplit(value, ",", -1);
        for (GStrv state = states; *state; state++) {
                if (g_str_equal(*state, "NEW"))
                        is_new = true;
                else if (g_str_equal(*state, "RELATED") || g_str_equal(*state, "ESTABLISHED"))
                        reply = true;
                else
                        return line_refuse_word(parser, *state, _("policies know the states NEW, RELATED and ESTABLISHED only"),
                                                error);
        }
        if (parser->negated)
                return line_refuse(parser, _("policies judge NEW connections and let RELATED,ESTABLISHED pass, nothing else"),
                                   error);
        parser->replies = reply;
        parser->replies_only = reply && !is_new;
        return true;
}

static bool line_parse_direction(LineParser *parser, GError **error) {
        const char *value;

        if (!line_value(parser, &value, error))
                return false;
        if (parser->negated || g_ascii_strcasecmp(value, "ORIGINAL") != 0)
                return line_refuse(parser, _("policies judge the direction ORIGINAL only"), error);
        return true;
}

static bool line_parse_match(LineParser *parser, GError **error) {
        static const char *const KNOWN[] = { "iprange", "conntrack", "state", "comment", "tcp", "udp", NULL };
        const char *value;

        if (!line_value(parser, &value, error))
                return false;
        if (g_strv_contains(KNOWN, value))
                return true;
        return import_refuse(error, _("%s:%u: -m %s: no policy can say this"), parser->place->file, parser->place->line, value);
}

static bool line_parse_target(LineParser *parser, GError **error) {
        static const char *const KNOWN[] = { "DROP", "REJECT", "RETURN", "ACCEPT", OWN_CHAIN, NULL };

        if (parser->target)
                return line_refuse(parser, _("it is given twice"), error);
        if (!line_value(parser, &parser->target, error))
                return false;
        if (g_strv_contains(KNOWN, parser->target))
                return true;
        return line_refuse_word(parser, parser->target,
                                g_str_equal(parser->target, "LOG") ?
                                        _("logging belongs to a policy: leave the line out and give the policy --log") :
                                        _("policies know the targets DROP, REJECT, RETURN and ACCEPT only"),
                                error);
}

static bool line_parse_reject_with(LineParser *parser, GError **error) {
        static const char *const USUAL[] = { "icmp-port-unreachable", "icmp6-port-unreachable", "port-unreach", NULL };
        const char *value;

        if (!line_value(parser, &value, error))
                return false;
        if (g_strv_contains(USUAL, value))
                return true;
        return line_refuse_word(parser, value, _("a policy rejects in its own way; leave --reject-with out"), error);
}

static bool line_parse_table(LineParser *parser, GError **error) {
        const char *value;

        if (!line_value(parser, &value, error))
                return false;
        if (g_str_equal(value, "filter"))
                return true;
        return line_refuse_word(parser, value, _("DOCKER-USER is in the table filter"), error);
}

static bool line_parse_comment(LineParser *parser, GError **error) {
        const char *value;

        if (!line_value(parser, &value, error))
                return false;
        g_free(parser->rule->comment);
        parser->rule->comment = g_strdup(value);
        return true;
}

static bool line_parse_in(LineParser *parser, GError **error) {
        return line_parse_interface(parser, &parser->rule->in_interface, error);
}

static bool line_parse_out(LineParser *parser, GError **error) {
        return line_parse_interface(parser, &parser->rule->out_interface, error);
}

static bool line_parse_plain_source(LineParser *parser, GError **error) {
        return line_parse_source(parser, false, error);
}

static bool line_parse_source_range(LineParser *parser, GError **error) {
        return line_parse_source(parser, true, error);
}

static bool line_parse_plain_destination(LineParser *parser, GError **error) {
        return line_parse_destination(parser, false, false, error);
}

static bool line_parse_destination_range(LineParser *parser, GError **error) {
        return line_parse_destination(parser, true, false, error);
}

static bool line_parse_original_destination(LineParser *parser, GError **error) {
        return line_parse_destination(parser, false, true, error);
}

static bool line_refuse_port(LineParser *parser, GError **error) {
        return line_refuse(parser,
                           _("in DOCKER-USER this is the container's port, after DNAT; a policy has the published port of "
                             "the host, in iptables -m conntrack --ctorigdstport PORT --ctdir ORIGINAL"),
                           error);
}

/* Its value, the seconds, may be missing. */
static bool line_parse_wait(LineParser *parser, G_GNUC_UNUSED GError **error) {
        if (*parser->next && g_ascii_isdigit(**parser->next))
                parser->next++;
        return true;
}

/* What an option means. One that knows no "!" is refused behind it. */
static const struct LineOption {
        const char *names[3];
        bool (*parse)(LineParser *parser, GError **error);
        bool knows_not;
} LINE_OPTIONS[] = {
        { { "-i", "--in-interface" }, line_parse_in, true },
        { { "-o", "--out-interface" }, line_parse_out, true },
        { { "-s", "--source", "--src" }, line_parse_plain_source, true },
        { { "--src-range" }, line_parse_source_range, true },
        { { "-d", "--destination", "--dst" }, line_parse_plain_destination, true },
        { { "--dst-range" }, line_parse_destination_range, true },
        { { "--ctorigdst" }, line_parse_original_destination, true },
        { { "--ctorigdstport" }, line_parse_original_port, true },
        { { "-p", "--protocol", "--proto" }, line_parse_protocol, true },
        { { "--ctstate", "--state" }, line_parse_state, true },
        { { "--ctdir" }, line_parse_direction, true },
        { { "--dport", "--destination-port", "--dports" }, line_refuse_port, true },
        { { "-A", "--append" }, line_parse_command, false },
        { { "-I", "--insert" }, line_parse_command, false },
        { { "-t", "--table" }, line_parse_table, false },
        { { "-m", "--match" }, line_parse_match, false },
        { { "-j", "--jump" }, line_parse_target, false },
        { { "--reject-with" }, line_parse_reject_with, false },
        { { "--comment" }, line_parse_comment, false },
        { { "-w", "--wait" }, line_parse_wait, false },
};

static bool line_parse_option(LineParser *parser, GError **error) {
        for (gsize i = 0; i < G_N_ELEMENTS(LINE_OPTIONS); i++) {
                const struct LineOption *option = &LINE_OPTIONS[i];

                for (gsize n = 0; n < G_N_ELEMENTS(option->names); n++)
                        if (g_strcmp0(parser->word, option->names[n]) == 0 && (option->knows_not || !parser->negated))
                                return option->parse(parser, error);
        }
        return line_refuse(parser, _("no policy can say this"), error);
}

/* Skips what stands before the first option, as "$ sudo /usr/sbin/iptables" or "[12:720]", and takes the family from it. */
static bool line_parse_front(LineParser *parser, GError **error) {
        if (g_strcmp0(*parser->next, "$") == 0)
                parser->next++;
        if (g_strcmp0(*parser->next, "sudo") == 0)
                parser->next++;
        if (*parser->next && **parser->next == '[' && g_str_has_suffix(*parser->next, "]"))
                parser->next++;
        if (!*parser->next || **parser->next == '-' || g_str_equal(*parser->next, "!"))
                return true;

        static const char *const PROGRAMS[] = { "iptables",  "iptables-nft",  "iptables-legacy",
                                                "ip6tables", "ip6tables-nft", "ip6tables-legacy",
                                                NULL };
        g_autofree char *program = g_path_get_basename(*parser->next);

        parser->word = *parser->next++;
        if (!g_strv_contains(PROGRAMS, program))
                return line_refuse(parser, _("not a line of iptables"), error);
        parser->rule->family = g_str_has_prefix(program, "ip6") ? 6 : 4;
        parser->needs_command = true;
        return true;
}

/* -p alone means every port of that protocol, --ctorigdstport alone the port of both protocols. */
static void line_add_ports(LineParser *parser) {
        static const char *const BOTH[] = { "tcp", "udp" };

        if (!parser->protocol && !parser->has_original_port)
                return;
        if (!parser->has_original_port) {
                parser->port_first = 1;
                parser->port_last = 65535;
        }
        for (guint i = 0; i < G_N_ELEMENTS(BOTH); i++) {
                const ImportPorts ports = { BOTH[i], parser->port_first, parser->port_last };

                if (!parser->protocol || g_str_equal(parser->protocol, BOTH[i]))
                        g_array_append_val(parser->rule->ports, ports);
        }
}

/* ACCEPT with -o: two interfaces, and nothing else. */
static bool line_check_forward(LineParser *parser, GError **error) {
        const ImportRule *rule = parser->rule;
        const char *extra = rule->sources->len > 0      ? "-s" :
                            rule->destinations->len > 0 ? "-d" :
                            rule->ports->len > 0        ? "-p" :
                                                          NULL;

        if (!rule->in_interface)
                return line_refuse_word(parser, "-i",
                                        _("missing: a forward policy needs where packets come in and where they leave"), error);
        return !extra || line_refuse_word(parser, extra, _("a forward policy has interfaces only"), error);
}

/* What the rule does, of its target and its states. */
static bool line_judge(LineParser *parser, GError **error) {
        ImportRule *rule = parser->rule;
        const bool accept = g_str_equal(parser->target, "ACCEPT");
        const bool drop = rule->reject || g_str_equal(parser->target, "DROP");

        if (parser->replies && drop)
                return line_refuse_word(parser, parser->target, _("replies always pass, no policy can drop them"), error);
        if (parser->replies_only) {
                rule->verdict = IMPORT_REPLIES;
                return true;
        }
        if (accept && rule->out_interface) {
                rule->verdict = IMPORT_FORWARD;
                return line_check_forward(parser, error);
        }
        rule->verdict = drop ? IMPORT_DROP : accept ? IMPORT_ACCEPT : IMPORT_RETURN;
        if (rule->out_interface)
                return line_refuse_word(parser, "-o", _("a policy has it with -j ACCEPT only (action forward)"), error);
        parser->negated = rule->not_sources;
        return drop || !rule->not_sources ||
               line_refuse_word(parser, "-s", _("no policy can say this with a target that lets pass"), error);
}

/* When all words have been read: whether the rule is whole, and what it does. */
static bool line_finish(LineParser *parser, GError **error) {
        ImportRule *rule = parser->rule;

        if (parser->needs_command && !parser->has_command)
                return line_refuse_word(parser, "-I", _("neither it nor -A is given"), error);
        if (!parser->target)
                return line_refuse_word(parser, "-j", _("it is missing"), error);
        if (g_str_equal(parser->target, OWN_CHAIN) || (rule->comment && g_str_has_prefix(rule->comment, OWN_COMMENT))) {
                rule->verdict = IMPORT_OWN;
                return true;
        }
        parser->negated = false;
        rule->reject = g_str_equal(parser->target, "REJECT");
        return line_judge(parser, error);
}

bool import_line_parse(const ImportPlace *place, const char *const *words, ImportRule **ret_rule, guint *ret_position,
                       GError **error) {
        g_autoptr(ImportRule) parsed = g_new0(ImportRule, 1);
        LineParser parser = { .place = place, .next = words, .rule = parsed, .word = words[0] };

        parsed->line = place->line;
        parsed->family = place->family;
        parsed->sources = g_ptr_array_new_with_free_func((GDestroyNotify) import_address_free);
        parsed->destinations = g_ptr_array_new_with_free_func((GDestroyNotify) import_address_free);
        parsed->ports = g_array_new(FALSE, FALSE, sizeof(ImportPorts));
        *ret_rule = NULL;

        if (!line_parse_front(&parser, error))
                return false;
        while (*parser.next && !parser.other_chain) {
                parser.negated = g_str_equal(parser.next[0], "!") && parser.next[1];
                parser.next += parser.negated;
                parser.word = *parser.next++;
                if (!line_parse_option(&parser, error))
                        return false;
        }
        if (parser.other_chain)
                return true;
        line_add_ports(&parser);
        if (!line_finish(&parser, error))
                return false;
        if (parsed->family == 0)
                parsed->family = 4;
        *ret_position = parser.position;
        *ret_rule = g_steal_pointer(&parsed);
        return true;
}
