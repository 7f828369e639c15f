/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "iptables-match.h"

#include <string.h>

/* Evaluates one option; the caller handles negation. */
typedef Answer (*MatchFunc)(const Packet *packet, const Host *host, const char *value);

static Answer match_source(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return packet_in_prefix(p->family, p->source, value);
}
static Answer match_destination(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return packet_in_prefix(p->family, p->destination, value);
}
static Answer match_in(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return answer_of(packet_interface_is(p->in, value, '+'));
}
static Answer match_out(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return answer_of(packet_interface_is(p->out, value, '+'));
}

static Answer match_protocol(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        if (g_str_equal(value, "all"))
                return ANSWER_YES;
        const int number = packet_protocol_number(value);
        return number < 0 ? ANSWER_UNKNOWN : answer_of(number == packet_protocol_number(p->protocol));
}

/* "80", "80:90", ":90", "80:" */
static Answer port_range(guint16 port, const char *text) {
        const char *colon = strchr(text, ':');
        g_autofree char *low = colon ? g_strndup(text, colon - text) : g_strdup(text);
        const char *high = colon ? colon + 1 : low;
        guint64 first = 0, last = G_MAXUINT16;
        if ((low[0] && !g_ascii_string_to_unsigned(low, 10, 0, G_MAXUINT16, &first, NULL)) ||
            (high[0] && !g_ascii_string_to_unsigned(high, 10, 0, G_MAXUINT16, &last, NULL)))
                return ANSWER_UNKNOWN;
        return packet_port_in(port, first, last);
}

static Answer port_list(guint16 port, const char *value) {
        g_auto(GStrv) ranges = g_strsplit(value, ",", -1);
        Answer any = ANSWER_NO;
        for (char **range = ranges; *range; range++)
                any = answer_or(any, port_range(port, *range));
        return any;
}

static Answer match_port(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return port_list(p->port, value);
}
static Answer match_source_port(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return port_list(p->source_port, value);
}
static Answer match_ports(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return answer_or(port_list(p->port, value), port_list(p->source_port, value));
}

static Answer match_state(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        g_auto(GStrv) states = g_strsplit(value, ",", -1);
        const char *const *list = (const char *const *) states;
        if (p->untracked)
                return answer_of(g_strv_contains(list, p->not_to_track ? "UNTRACKED" : "INVALID"));
        return answer_of(g_strv_contains(list, p->established ? "ESTABLISHED" : "NEW") ||
                         (p->dnat && g_strv_contains(list, "DNAT")) || (p->snat && g_strv_contains(list, "SNAT")));
}

static Answer match_status(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        g_auto(GStrv) states = g_strsplit(value, ",", -1);
        const char *const *list = (const char *const *) states;
        if (p->established && g_strv_contains(list, "ASSURED"))
                return ANSWER_UNKNOWN;
        return answer_of(p->established && (g_strv_contains(list, "SEEN_REPLY") || g_strv_contains(list, "CONFIRMED")));
}

static Answer match_dialled(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return packet_in_prefix(p->family, p->dialled, value);
}
static Answer match_dialled_from(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return packet_in_prefix(p->family, p->dialled_from, value);
}
static Answer match_dialled_port(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return port_range(p->dialled_port, value);
}
static Answer match_direction(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return answer_of(g_str_equal(value, p->reply ? "REPLY" : "ORIGINAL"));
}

static Answer match_type(const Packet *p, const guint8 *address, const Host *host, const char *value) {
        const Route route = host->route(p->family, NULL, address, NULL, 0, host->userdata);
        g_auto(GStrv) types = g_strsplit(value, ",", -1);
        const char *const *list = (const char *const *) types;
        switch (route.kind) {
        case ROUTE_LOCAL:
                return answer_of(g_strv_contains(list, "LOCAL"));
        case ROUTE_FORWARD:
                return answer_of(g_strv_contains(list, "UNICAST"));
        default:
                return g_strv_length(types) == 1 && g_str_equal(types[0], "LOCAL") ? ANSWER_NO : ANSWER_UNKNOWN;
        }
}
static Answer match_destination_type(const Packet *p, const Host *host, const char *value) {
        return match_type(p, p->destination, host, value);
}
static Answer match_source_type(const Packet *p, const Host *host, const char *value) {
        return match_type(p, p->source, host, value);
}

/* "192.168.1.1-192.168.1.3" */
static Answer match_range(const Packet *p, const guint8 *address, const char *value) {
        AddressRange range;
        if (!address_range_parse(value, &range, NULL))
                return ANSWER_UNKNOWN;
        return answer_of(range.family == p->family && memcmp(address, range.first, 16) >= 0 &&
                         memcmp(address, range.last, 16) <= 0);
}
static Answer match_source_range(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return match_range(p, p->source, value);
}
static Answer match_destination_range(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        return match_range(p, p->destination, value);
}

static bool parse_mark(const char *text, guint32 *ret_value, guint32 *ret_mask) {
        const char *slash = strchr(text, '/');
        char *end;
        *ret_value = g_ascii_strtoull(text, &end, 0);
        *ret_mask = slash ? g_ascii_strtoull(slash + 1, NULL, 0) : G_MAXUINT32;
        return end != text && (*end == '\0' || *end == '/');
}

static Answer match_mark(const Packet *p, G_GNUC_UNUSED const Host *host, const char *value) {
        guint32 mark, mask;
        return parse_mark(value, &mark, &mask) ? answer_of((p->mark & mask) == mark) : ANSWER_UNKNOWN;
}

/* For comments, and for limits: the first packet is assumed to be within the limit. */
static Answer match_always(G_GNUC_UNUSED const Packet *p, G_GNUC_UNUSED const Host *host, G_GNUC_UNUSED const char *value) {
        return ANSWER_YES;
}

/* Without a conntrack entry, xt_conntrack checks the state and, negated or not, nothing else: the whole match depends on the
 * state, and without --ctstate it fails (conntrack_mt() in Linux). args: what follows "-m conntrack". */
static bool is_untracked_question(const Packet *packet, const char *option) {
        return packet->untracked && g_str_has_prefix(option, "--ct") && !g_str_equal(option, "--ctstate");
}
static Answer match_untracked(const char *const *args) {
        for (; args && *args && !g_str_equal(*args, "-m") && !g_str_equal(*args, "-j"); args++)
                if (g_str_equal(*args, "--ctstate"))
                        return ANSWER_YES;
        return ANSWER_NO;
}

static const struct {
        const char *option;
        MatchFunc match;
} MATCHES[] = {
        { "-s", match_source },
        { "-d", match_destination },
        { "-i", match_in },
        { "-o", match_out },
        { "-p", match_protocol },
        { "--dport", match_port },
        { "--sport", match_source_port },
        { "--dports", match_port },
        { "--sports", match_source_port },
        { "--ports", match_ports },
        { "--ctstate", match_state },
        { "--state", match_state },
        { "--ctstatus", match_status },
        { "--ctorigdst", match_dialled },
        { "--ctorigsrc", match_dialled_from },
        { "--ctorigdstport", match_dialled_port },
        { "--ctdir", match_direction },
        { "--ctproto", match_protocol },
        { "--dst-type", match_destination_type },
        { "--src-type", match_source_type },
        { "--mark", match_mark },
        { "--src-range", match_source_range },
        { "--dst-range", match_destination_range },
        { "--comment", match_always },
        { "--limit", match_always },
        { "--limit-burst", match_always },
};

/* Modules whose every option is in MATCHES or reported as unknown. */
static const char *const MODULES[] = { "tcp",   "udp",       "sctp", "conntrack", "state", "addrtype", "comment",
                                       "limit", "multiport", "mark", "iprange",   "set",   NULL };

static void doubt(Judgement *judgement, const char *module, const char *option) {
        judgement->matches = answer_and(judgement->matches, ANSWER_UNKNOWN);
        if (!judgement->unknown)
                judgement->unknown = module && option ? g_strdup_printf("-m %s %s", module, option) :
                                     module           ? g_strdup_printf("-m %s", module) :
                                                        g_strdup(option);
}

static const char *option_value(const char *const *args, const char *option) {
        for (; *args; args++)
                if (g_str_equal(*args, option))
                        return args[1];
        return NULL;
}

/* "172.17.0.2:80", "172.17.0.2", ":80", "[fd00::2]:80", "172.17.0.2-172.17.0.5:80-90": the first of a range. */
static bool parse_endpoint(Judgement *judgement, Family family, const char *text) {
        const char *port = NULL;
        g_autofree char *address = NULL;
        if (text[0] == '[') {
                const char *end = strchr(text, ']');
                if (!end)
                        return false;
                address = g_strndup(text + 1, end - text - 1);
                port = end[1] == ':' ? end + 2 : NULL;
        } else {
                const char *colon = family == FAMILY_IPV4 ? strrchr(text, ':') : NULL;
                address = colon ? g_strndup(text, colon - text) : g_strdup(text);
                port = colon ? colon + 1 : NULL;
        }
        char *dash = strchr(address, '-');
        if (dash)
                *dash = '\0';
        Family of;
        judgement->has_address = address[0] != '\0';
        if (judgement->has_address && (!packet_parse_address(address, &of, judgement->address) || of != family))
                return false;
        judgement->port = port ? g_ascii_strtoull(port, NULL, 10) : 0;
        return !port || judgement->port != 0;
}

static void judge_mark(Judgement *judgement, const char *const *args, const Packet *packet) {
        guint32 value, mask;
        const char *text = option_value(args, "--set-xmark");
        if (!text || !parse_mark(text, &value, &mask)) {
                doubt(judgement, NULL, "-j MARK");
                return;
        }
        judgement->marks = true;
        judgement->mark = (packet->mark & ~mask) ^ value;
}

static void judge_target(Judgement *judgement, const char *const *args, const Packet *packet) {
        static const struct {
                const char *target;
                Act act;
        } TARGETS[] = {
                { "ACCEPT", ACT_ACCEPT },    { "DROP", ACT_DROP },        { "REJECT", ACT_REJECT },
                { "RETURN", ACT_RETURN },    { "LOG", ACT_NOTE },         { "NFLOG", ACT_NOTE },
                { "ULOG", ACT_NOTE },        { "TRACE", ACT_NOTE },       { "MASQUERADE", ACT_SNAT },
                { "CHECKSUM", ACT_NOTHING }, { "TCPMSS", ACT_NOTHING },   { "TTL", ACT_NOTHING },
                { "HL", ACT_NOTHING },       { "DSCP", ACT_NOTHING },     { "TOS", ACT_NOTHING },
                { "CLASSIFY", ACT_NOTHING }, { "CONNMARK", ACT_NOTHING }, { "SET", ACT_NOTHING },
                { "AUDIT", ACT_NOTE },
        };
        static const char *const STRANGE[] = { "NFQUEUE", "QUEUE",       "TPROXY",    "NETMAP", "SYNPROXY", "CLUSTERIP", "TEE",
                                               "SECMARK", "CONNSECMARK", "IDLETIMER", "LED",    "RATEEST",  NULL };
        const char *target = args[1];
        for (gsize i = 0; i < G_N_ELEMENTS(TARGETS); i++)
                if (g_str_equal(target, TARGETS[i].target)) {
                        judgement->act = TARGETS[i].act;
                        return;
                }
        if (g_str_equal(target, "DNAT") || g_str_equal(target, "SNAT")) {
                const bool is_dnat = target[0] == 'D';
                const char *to = option_value(args, is_dnat ? "--to-destination" : "--to-source");
                judgement->act = is_dnat ? ACT_DNAT : ACT_SNAT;
                if (!to || !parse_endpoint(judgement, packet->family, to))
                        doubt(judgement, NULL, is_dnat ? "-j DNAT" : "-j SNAT");
        } else if (g_str_equal(target, "REDIRECT")) {
                const char *to = option_value(args, "--to-ports");
                judgement->act = ACT_REDIRECT;
                judgement->port = to ? g_ascii_strtoull(to, NULL, 10) : 0;
        } else if (g_str_equal(target, "MARK"))
                judge_mark(judgement, args, packet);
        else if (g_str_equal(target, "CT") || g_str_equal(target, "NOTRACK"))
                judgement->notracks = g_str_equal(target, "NOTRACK") || g_strv_contains(args, "--notrack");
        else if (g_strv_contains(STRANGE, target)) {
                g_autofree char *jump = g_strconcat("-j ", target, NULL);
                doubt(judgement, NULL, jump);
        } else {
                judgement->act = ACT_JUMP;
                judgement->chain = target;
        }
}

/* "--tcp-flags FIN,SYN,RST,ACK SYN": the first packet has only SYN set, the first reply SYN and ACK. */
static Answer match_flags(const Packet *packet, const char *mask, const char *set) {
        g_auto(GStrv) asked = g_strsplit(mask, ",", -1), wanted = g_strsplit(set, ",", -1);
        static const char *const FLAGS[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };
        for (gsize i = 0; i < G_N_ELEMENTS(FLAGS); i++) {
                const bool is_set = (g_str_equal(FLAGS[i], "SYN") && (packet->reply || !packet->established)) ||
                                    (g_str_equal(FLAGS[i], "ACK") && packet->established);
                const bool seen = g_str_equal(mask, "ALL") || g_strv_contains((const char *const *) asked, FLAGS[i]);
                const bool wants = g_str_equal(set, "ALL") || g_strv_contains((const char *const *) wanted, FLAGS[i]);
                if ((seen && is_set) != wants)
                        return ANSWER_NO;
        }
        return ANSWER_YES;
}

static void add_answer(Judgement *judgement, Answer answer, bool negated, const char *module, const char *option) {
        if (answer == ANSWER_UNKNOWN)
                doubt(judgement, module, option);
        else
                judgement->matches = answer_and(judgement->matches, negated ? answer_not(answer) : answer);
}

/* Of a set that is asked about more than an address, the rest is not shown. */
static void note_address(Judgement *judgement, const Packet *packet, const char *set, const char *directions) {
        const bool source = g_str_has_prefix(directions, "src");
        g_autofree char *words = g_strdup_printf("--match-set %s %s", set, directions);
        judgement_note_element(judgement, words,
                               packet_format_address(packet->family, source ? packet->source : packet->destination));
}

Judgement iptables_judge(const char *const *args, const Packet *packet, const Host *host) {
        Judgement judgement = { .matches = ANSWER_YES };
        const char *module = NULL, *const *module_args = NULL;
        while (*args && judgement.matches != ANSWER_NO) {
                const bool negated = g_str_equal(*args, "!");
                args += negated;
                const char *option = *args, *value = option ? args[1] : NULL;
                if (!option)
                        break;
                if ((g_str_equal(option, "-j") || g_str_equal(option, "-g")) && value) {
                        judge_target(&judgement, args, packet);
                        /* Treated as no match. */
                        if (judgement.matches == ANSWER_UNKNOWN)
                                judgement.marks = judgement.notracks = false;
                        if (g_str_equal(option, "-g"))
                                judgement.act = ACT_GOTO;
                        break;
                }
                if (g_str_equal(option, "-m") && value) {
                        module = value;
                        if (!g_strv_contains(MODULES, module))
                                doubt(&judgement, module, NULL);
                        args += 2;
                        module_args = args;
                        continue;
                }
                if (is_untracked_question(packet, option) && value) {
                        judgement.matches = answer_and(judgement.matches, match_untracked(module_args));
                        args += 2;
                        continue;
                }
                if (g_str_equal(option, "--tcp-flags") && value && args[2]) {
                        add_answer(&judgement, match_flags(packet, value, args[2]), negated, module, option);
                        args += 3;
                        continue;
                }
                if (g_str_equal(option, "--match-set") && value && args[2]) {
                        const Answer is_in = host->in_set(packet, value, args[2], host->userdata);
                        add_answer(&judgement, is_in, negated, module, option);
                        if (is_in == ANSWER_YES && !negated)
                                note_address(&judgement, packet, value, args[2]);
                        args += 3;
                        continue;
                }
                MatchFunc match = NULL;
                for (gsize i = 0; i < G_N_ELEMENTS(MATCHES); i++)
                        if (g_str_equal(option, MATCHES[i].option))
                                match = MATCHES[i].match;
                args++;
                if (match && value) {
                        add_answer(&judgement, match(packet, host, value), negated, module, option);
                        args++;
                        continue;
                }
                doubt(&judgement, module, option);
                while (*args && **args != '-' && !g_str_equal(*args, "!"))
                        args++;
        }
        return judgement;
}
