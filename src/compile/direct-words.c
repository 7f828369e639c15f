/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "direct-words.h"

#include <string.h>

#include <glib/gi18n.h>

#include "compile/direct-rule.h"
#include "compile/kernel-rules.h"
#include "model/bounds.h"
#include "model/error.h"
#include "model/policy.h"

typedef enum {
        TEXT,
        ADDRESS,   /* one address or network */
        ADDRESSES, /* several, which firewalld splits */
        INTERFACE,
        PROTOCOL,
        MATCH,
        TARGET,
        CHAIN,
} Kind;

/* What is allowed of the options of iptables 1.8.9, and nothing else. owners: the matches and targets that bring the option, or
 * NULL if every rule may have it. */
typedef struct Option {
        const char *name;
        guint8 values; /* words that follow */
        bool negated;  /* may have "!" before it */
        Kind kind;
        const char *owners;
} Option;

static const Option OPTIONS[] = {
        { "-s", 1, true, ADDRESSES, NULL },
        { "--source", 1, true, ADDRESSES, NULL },
        { "--src", 1, true, ADDRESS, NULL },
        { "-d", 1, true, ADDRESSES, NULL },
        { "--destination", 1, true, ADDRESSES, NULL },
        { "--dst", 1, true, ADDRESS, NULL },
        { "-i", 1, true, INTERFACE, NULL },
        { "--in-interface", 1, true, INTERFACE, NULL },
        { "-o", 1, true, INTERFACE, NULL },
        { "--out-interface", 1, true, INTERFACE, NULL },
        { "-p", 1, true, PROTOCOL, NULL },
        { "--protocol", 1, true, PROTOCOL, NULL },
        { "--proto", 1, true, PROTOCOL, NULL },
        { "-f", 0, true, TEXT, NULL },
        { "--fragment", 0, true, TEXT, NULL },
        { "-m", 1, false, MATCH, NULL },
        { "--match", 1, false, MATCH, NULL },
        { "-j", 1, false, TARGET, NULL },
        { "--jump", 1, false, TARGET, NULL },
        { "-g", 1, false, CHAIN, NULL },
        { "--goto", 1, false, CHAIN, NULL },

        { "--sport", 1, true, TEXT, "tcp udp sctp dccp udplite" },
        { "--source-port", 1, true, TEXT, "tcp udp sctp dccp udplite" },
        { "--dport", 1, true, TEXT, "tcp udp sctp dccp udplite" },
        { "--destination-port", 1, true, TEXT, "tcp udp sctp dccp udplite" },
        { "--syn", 0, true, TEXT, "tcp" },
        { "--tcp-flags", 2, true, TEXT, "tcp" },
        { "--tcp-option", 1, true, TEXT, "tcp" },
        { "--icmp-type", 1, true, TEXT, "icmp" },
        { "--icmpv6-type", 1, true, TEXT, "icmp6" },
        { "--sports", 1, true, TEXT, "multiport" },
        { "--source-ports", 1, true, TEXT, "multiport" },
        { "--dports", 1, true, TEXT, "multiport" },
        { "--destination-ports", 1, true, TEXT, "multiport" },
        { "--ports", 1, true, TEXT, "multiport" },
        { "--ctstate", 1, true, TEXT, "conntrack" },
        { "--ctproto", 1, true, TEXT, "conntrack" },
        { "--ctorigsrc", 1, true, ADDRESS, "conntrack" },
        { "--ctorigdst", 1, true, ADDRESS, "conntrack" },
        { "--ctreplsrc", 1, true, ADDRESS, "conntrack" },
        { "--ctrepldst", 1, true, ADDRESS, "conntrack" },
        { "--ctorigsrcport", 1, true, TEXT, "conntrack" },
        { "--ctorigdstport", 1, true, TEXT, "conntrack" },
        { "--ctreplsrcport", 1, true, TEXT, "conntrack" },
        { "--ctrepldstport", 1, true, TEXT, "conntrack" },
        { "--ctstatus", 1, true, TEXT, "conntrack" },
        { "--ctexpire", 1, true, TEXT, "conntrack" },
        { "--ctdir", 1, false, TEXT, "conntrack" },
        { "--state", 1, true, TEXT, "state" },
        { "--src-range", 1, true, TEXT, "iprange" },
        { "--dst-range", 1, true, TEXT, "iprange" },
        { "--match-set", 2, true, TEXT, "set" },
        { "--return-nomatch", 0, false, TEXT, "set" },
        { "--comment", 1, false, TEXT, "comment" },
        { "--limit", 1, false, TEXT, "limit" },
        { "--limit-burst", 1, false, TEXT, "limit" },
        { "--hashlimit-upto", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-above", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-burst", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-mode", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-srcmask", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-dstmask", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-name", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-htable-size", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-htable-max", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-htable-expire", 1, false, TEXT, "hashlimit" },
        { "--hashlimit-htable-gcinterval", 1, false, TEXT, "hashlimit" },
        { "--mark", 1, true, TEXT, "mark connmark" },
        { "--mac-source", 1, true, TEXT, "mac" },
        { "--src-type", 1, true, TEXT, "addrtype" },
        { "--dst-type", 1, true, TEXT, "addrtype" },
        { "--limit-iface-in", 0, false, TEXT, "addrtype" },
        { "--limit-iface-out", 0, false, TEXT, "addrtype" },
        { "--datestart", 1, false, TEXT, "time" },
        { "--datestop", 1, false, TEXT, "time" },
        { "--timestart", 1, false, TEXT, "time" },
        { "--timestop", 1, false, TEXT, "time" },
        { "--monthdays", 1, true, TEXT, "time" },
        { "--weekdays", 1, true, TEXT, "time" },
        { "--contiguous", 0, false, TEXT, "time" },
        { "--kerneltz", 0, false, TEXT, "time" },
        { "--connlimit-upto", 1, false, TEXT, "connlimit" },
        { "--connlimit-above", 1, true, TEXT, "connlimit" },
        { "--connlimit-mask", 1, false, TEXT, "connlimit" },
        { "--connlimit-saddr", 0, false, TEXT, "connlimit" },
        { "--connlimit-daddr", 0, false, TEXT, "connlimit" },
        { "--connbytes", 1, true, TEXT, "connbytes" },
        { "--connbytes-dir", 1, false, TEXT, "connbytes" },
        { "--connbytes-mode", 1, false, TEXT, "connbytes" },
        { "--pkt-type", 1, true, TEXT, "pkttype" },
        { "--physdev-in", 1, true, INTERFACE, "physdev" },
        { "--physdev-out", 1, true, INTERFACE, "physdev" },
        { "--physdev-is-in", 0, true, TEXT, "physdev" },
        { "--physdev-is-out", 0, true, TEXT, "physdev" },
        { "--physdev-is-bridged", 0, true, TEXT, "physdev" },
        { "--algo", 1, false, TEXT, "string" },
        { "--from", 1, false, TEXT, "string" },
        { "--to", 1, false, TEXT, "string" },
        { "--string", 1, true, TEXT, "string" },
        { "--hex-string", 1, true, TEXT, "string" },
        { "--icase", 0, false, TEXT, "string" },
        { "--mode", 1, false, TEXT, "statistic" },
        { "--probability", 1, true, TEXT, "statistic" },
        { "--every", 1, true, TEXT, "statistic" },
        { "--packet", 1, false, TEXT, "statistic" },
        { "--length", 1, true, TEXT, "length" },
        { "--dscp", 1, true, TEXT, "dscp" },
        { "--dscp-class", 1, true, TEXT, "dscp" },
        { "--tos", 1, true, TEXT, "tos" },
        { "--ttl-eq", 1, true, TEXT, "ttl" },
        { "--ttl-gt", 1, false, TEXT, "ttl" },
        { "--ttl-lt", 1, false, TEXT, "ttl" },
        { "--hl-eq", 1, true, TEXT, "hl" },
        { "--hl-gt", 1, false, TEXT, "hl" },
        { "--hl-lt", 1, false, TEXT, "hl" },
        { "--u32", 1, true, TEXT, "u32" },
        { "--helper", 1, true, TEXT, "helper" },
        { "--mss", 1, true, TEXT, "tcpmss" },
        { "--src-cc", 1, true, TEXT, "geoip" },
        { "--dst-cc", 1, true, TEXT, "geoip" },
        { "--set", 0, true, TEXT, "recent" },
        { "--rcheck", 0, true, TEXT, "recent" },
        { "--update", 0, true, TEXT, "recent" },
        { "--remove", 0, true, TEXT, "recent" },
        { "--seconds", 1, false, TEXT, "recent" },
        { "--reap", 0, false, TEXT, "recent" },
        { "--hitcount", 1, false, TEXT, "recent" },
        { "--rttl", 0, false, TEXT, "recent" },
        { "--name", 1, false, TEXT, "recent" },
        { "--rsource", 0, false, TEXT, "recent" },
        { "--rdest", 0, false, TEXT, "recent" },
        { "--mask", 1, false, TEXT, "recent CONNMARK" },

        { "--reject-with", 1, false, TEXT, "REJECT" },
        { "--log-level", 1, false, TEXT, "LOG" },
        { "--log-prefix", 1, false, TEXT, "LOG" },
        { "--log-tcp-sequence", 0, false, TEXT, "LOG" },
        { "--log-tcp-options", 0, false, TEXT, "LOG" },
        { "--log-ip-options", 0, false, TEXT, "LOG" },
        { "--log-uid", 0, false, TEXT, "LOG" },
        { "--log-macdecode", 0, false, TEXT, "LOG" },
        { "--nflog-group", 1, false, TEXT, "NFLOG" },
        { "--nflog-prefix", 1, false, TEXT, "NFLOG" },
        { "--nflog-size", 1, false, TEXT, "NFLOG" },
        { "--nflog-threshold", 1, false, TEXT, "NFLOG" },
        { "--queue-num", 1, false, TEXT, "NFQUEUE" },
        { "--queue-balance", 1, false, TEXT, "NFQUEUE" },
        { "--queue-bypass", 0, false, TEXT, "NFQUEUE" },
        { "--queue-cpu-fanout", 0, false, TEXT, "NFQUEUE" },
        { "--set-mark", 1, false, TEXT, "MARK CONNMARK" },
        { "--set-xmark", 1, false, TEXT, "MARK CONNMARK" },
        { "--and-mark", 1, false, TEXT, "MARK CONNMARK" },
        { "--or-mark", 1, false, TEXT, "MARK CONNMARK" },
        { "--xor-mark", 1, false, TEXT, "MARK CONNMARK" },
        { "--save-mark", 0, false, TEXT, "CONNMARK" },
        { "--restore-mark", 0, false, TEXT, "CONNMARK" },
        { "--set-mss", 1, false, TEXT, "TCPMSS" },
        { "--clamp-mss-to-pmtu", 0, false, TEXT, "TCPMSS" },
        { "--add-set", 2, false, TEXT, "SET" },
        { "--del-set", 2, false, TEXT, "SET" },
        { "--exist", 0, false, TEXT, "SET" },
        { "--timeout", 1, false, TEXT, "SET" },
};

#define POSSIBLE_MATCHES                                                                                                        \
        "addrtype, comment, connbytes, connlimit, connmark, conntrack, dscp, geoip, hashlimit, helper, icmp, icmp6, iprange, "  \
        "length, limit, hl, mac, mark, multiport, physdev, pkttype, recent, sctp, set, state, statistic, string, tcp, tcpmss, " \
        "time, tos, ttl, u32, udp"

static const char *const TARGETS[] = { "ACCEPT",  "DROP", "RETURN",   "REJECT", "LOG", "NFLOG",
                                       "NFQUEUE", "MARK", "CONNMARK", "TCPMSS", "SET", NULL };
static const char *const HOOKS[] = { "INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING", NULL };

/* What was read of the rule so far. */
typedef struct Reading {
        Family family;
        GHashTable *owners; /* matches, protocols and targets that were named */
        GHashTable *seen;   /* short names of the options so far that may appear once only */
        bool negated;
} Reading;

G_GNUC_PRINTF(3, 4) static bool refuse(GError **error, const char *word, const char *format, ...) {
        va_list args;
        va_start(args, format);
        g_autofree char *reason = g_strdup_vprintf(format, args), *seen = quaywall_error_show(word);
        va_end(args);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION, _("args: \"%s\" %s"), seen, reason);
        return false;
}

/* Takes the message. */
static bool limit(GError **error, char *message) {
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, "%s", message);
        g_free(message);
        return false;
}

/* Accepts what firewalld's file, its line for iptables-restore and iptables' own output all keep unchanged. */
static bool check_word(const char *word, GError **error) {
        if (!word[0])
                return refuse(error, word, _("is an empty word; iptables-restore would pass over it"));
        if (strlen(word) > LIMIT_DIRECT_ARG) {
                g_autofree char *seen = quaywall_error_show(word);
                return limit(error, g_strdup_printf(_("args: \"%s\"... is longer than %u bytes"), seen, LIMIT_DIRECT_ARG));
        }
        if (!g_utf8_validate(word, -1, NULL))
                return refuse(error, word, _("is not UTF-8"));
        for (const char *c = word; *c; c = g_utf8_next_char(c)) {
                const gunichar letter = g_utf8_get_char(c);
                if (g_unichar_iscntrl(letter) || (letter | 1) == 0xffff)
                        return refuse(error, word, _("has a control character"));
        }
        if (strpbrk(word, "\"'\\"))
                return refuse(
                        error, word,
                        _("has a quote or a backslash, which firewalld does not keep from iptables-restore; leave it out"));
        if (strstr(word, "%%"))
                return refuse(error, word, _("has \"%%%%\", which firewalld replaces; leave it out"));
        return true;
}

static bool is_owner(const char *owners, const char *name) {
        g_auto(GStrv) list = g_strsplit(owners, " ", -1);
        return g_strv_contains((const char *const *) list, name);
}

static bool is_match(const char *name) {
        for (gsize i = 0; i < G_N_ELEMENTS(OPTIONS); i++)
                if (OPTIONS[i].owners && is_owner(OPTIONS[i].owners, name))
                        return !g_strv_contains(TARGETS, name);
        return g_str_equal(name, "icmpv6") || g_str_equal(name, "ipv6-icmp");
}

static bool is_named(const Reading *reading, const char *owners) {
        g_auto(GStrv) list = g_strsplit(owners, " ", -1);
        for (char **owner = list; *owner; owner++)
                if (g_hash_table_contains(reading->owners, *owner))
                        return true;
        return false;
}

/* Why a word in the place of an option is not one. */
static bool refuse_option(const char *word, GError **error) {
        if (word[0] != '-')
                return refuse(error, word, _("stands where an option must be, as in \"-s 192.168.1.0/24 -j DROP\""));
        for (gsize i = 0; i < G_N_ELEMENTS(OPTIONS); i++) {
                const char *name = OPTIONS[i].name;
                const bool is_long = name[1] == '-';
                if (strlen(word) > 3 && g_str_has_prefix(name, word))
                        return refuse(error, word, _("must be written in full, as \"%s\""), name);
                if (g_str_has_prefix(word, name) && word[1] != '-' && !is_long)
                        return refuse(error, word, _("must be two words, \"%s\" and \"%s\""), name, word + strlen(name));
                if (is_long && g_str_has_prefix(word, name) && word[strlen(name)] == '=')
                        return refuse(error, word, _("must be two words, \"%s\" and \"%s\""), name, word + strlen(name) + 1);
        }
        return refuse(
                error, word,
                _("is no option that a rule here can have; there are -s, -d, -i, -o, -p, -j, -g and -m, and the options of the "
                  "matches %s"),
                POSSIBLE_MATCHES);
}

static const Option *find_option(const Reading *reading, const char *word, GError **error) {
        const Option *unnamed = NULL;
        for (gsize i = 0; i < G_N_ELEMENTS(OPTIONS); i++) {
                if (!g_str_equal(OPTIONS[i].name, word))
                        continue;
                if (!OPTIONS[i].owners || is_named(reading, OPTIONS[i].owners))
                        return &OPTIONS[i];
                unnamed = &OPTIONS[i];
        }
        if (unnamed)
                refuse(error, word, _("must come after the match, protocol or target that it is an option of: %s"),
                       unnamed->owners);
        else
                refuse_option(word, error);
        return NULL;
}

/* A numeric address: a name would be resolved again at each reload. "10.0.0.0/255.0.0.0" is one as well. */
static bool is_address(Family family, const char *value) {
        AddressRange range, mask;
        if (address_network_parse(value, &range))
                return range.family == family;
        const char *slash = strchr(value, '/');
        g_autofree char *address = slash ? g_strndup(value, slash - value) : NULL;
        return slash && address_network_parse(address, &range) && range.family == family &&
               address_network_parse(slash + 1, &mask) && mask.family == family && !strchr(slash + 1, '/');
}

static bool check_addresses(const Reading *reading, const Option *option, const char *value, GError **error) {
        const bool is_list = option->kind == ADDRESSES && strchr(value, ',');
        if (is_list && reading->negated)
                return refuse(error, value,
                              _("is a list behind \"!\", which becomes a rule for each address that excludes only that one; "
                                "use an ipset"));
        g_auto(GStrv) parts = g_strsplit(value, ",", option->kind == ADDRESSES ? -1 : 1);
        for (char **part = parts; *part; part++)
                if (!is_address(reading->family, *part))
                        return refuse(error, *part, _("must be an %s address or network"),
                                      reading->family == FAMILY_IPV4 ? "IPv4" : "IPv6");
        return true;
}

static bool check_interface(const char *value, GError **error) {
        g_autofree char *name = g_strdup(value);
        if (g_str_has_suffix(name, "+"))
                name[strlen(name) - 1] = '\0';
        if (!name[0] && value[0])
                return true;
        return interface_name_check("args", name, error);
}

static bool check_protocol(Reading *reading, const char *value, GError **error) {
        static const char *const NUMBERS[][2] = { { "1", "icmp" },      { "6", "tcp" },        { "17", "udp" },
                                                  { "58", "icmp6" },    { "132", "sctp" },     { "33", "dccp" },
                                                  { "136", "udplite" }, { "icmpv6", "icmp6" }, { "ipv6-icmp", "icmp6" } };
        for (const char *c = value; *c; c++)
                if (!g_ascii_isalnum(*c) && *c != '-' && *c != '_' && *c != '.')
                        return refuse(error, value, _("is no protocol, as \"tcp\" is"));
        g_autofree char *name = g_ascii_strdown(value, -1);
        for (gsize i = 0; i < G_N_ELEMENTS(NUMBERS); i++)
                if (g_str_equal(name, NUMBERS[i][0])) {
                        g_free(name);
                        name = g_strdup(NUMBERS[i][1]);
                }
        g_hash_table_add(reading->owners, g_steal_pointer(&name));
        return true;
}

static bool check_match(Reading *reading, const char *value, GError **error) {
        if (!is_match(value))
                return refuse(error, value, _("is no match that a rule here can have; there are %s"), POSSIBLE_MATCHES);
        const bool is_icmp6 = g_str_equal(value, "icmpv6") || g_str_equal(value, "ipv6-icmp");
        g_hash_table_add(reading->owners, g_strdup(is_icmp6 ? "icmp6" : value));
        return true;
}

static bool check_target(Reading *reading, const Option *option, const char *value, GError **error) {
        if (g_strv_contains(TARGETS, value)) {
                if (option->kind == CHAIN)
                        return refuse(error, value, _("is no chain; write \"-j\" before it"));
                g_hash_table_add(reading->owners, g_strdup(value));
                return true;
        }
        if (g_str_equal(value, "DOCKER") || g_str_has_prefix(value, "DOCKER-") || g_str_has_prefix(value, CHAIN_QUAYWALL))
                return refuse(error, value, _("is a chain of Docker's or quaywall's and cannot be a target"));
        bool good = strlen(value) <= LIMIT_CHAIN && !g_strv_contains(HOOKS, value);
        for (const char *c = value; *c; c++)
                good &= g_ascii_isalnum(*c) || strchr("_-.", *c);
        if (good)
                return true;
        return refuse(
                error, value,
                _("cannot be a target; there are ACCEPT, DROP, RETURN, REJECT, LOG, NFLOG, NFQUEUE, MARK, CONNMARK, TCPMSS, SET and "
                  "chains that you made"));
}

static bool check_value(Reading *reading, const Option *option, const char *value, GError **error) {
        if (value[0] == '-' || g_str_equal(value, "!"))
                return refuse(error, value, _("stands where the value of \"%s\" must be"), option->name);
        switch (option->kind) {
        case ADDRESS:
        case ADDRESSES:
                return check_addresses(reading, option, value, error);
        case INTERFACE:
                return check_interface(value, error);
        case PROTOCOL:
                return check_protocol(reading, value, error);
        case MATCH:
                return check_match(reading, value, error);
        case TARGET:
        case CHAIN:
                return check_target(reading, option, value, error);
        default:
                return true;
        }
}

/* iptables refuses some of these options when repeated, and takes the last of others. */
static bool check_once(const Reading *reading, const Option *option, GError **error) {
        if (option->owners || option->kind == MATCH)
                return true;
        /* "-s" and "--source" begin alike, and so do the other pairs; "-g" is a target as well. */
        const char *name = &option->name[strspn(option->name, "-")], first = *name;
        if (!g_hash_table_add(reading->seen, g_strndup(first == 'g' ? "j" : name, 1)))
                return refuse(error, option->name,
                              first == 'j' || first == 'g' ? _("is a second target") : _("is there twice"));
        return true;
}

static bool check_options(Reading *reading, const char *const *args, GError **error) {
        for (const char *const *word = args; *word; word++) {
                reading->negated = g_str_equal(*word, "!");
                if (reading->negated && !*++word)
                        return refuse(error, "!", _("must stand before an option"));
                const Option *option = find_option(reading, *word, error);
                if (!option || !check_once(reading, option, error))
                        return false;
                if (reading->negated && !option->negated)
                        return refuse(error, *word, _("cannot have \"!\" before it"));
                for (guint8 n = 0; n < option->values; n++) {
                        if (!*++word)
                                return refuse(error, option->name, _("needs a value"));
                        if (!check_value(reading, option, *word, error))
                                return false;
                }
        }
        return true;
}

const char *direct_words_target(const char *const *args) {
        static const char *const JUMPS[] = { "-j", "--jump", "-g", "--goto", NULL };
        for (; *args; args++)
                if (g_strv_contains(JUMPS, *args))
                        return args[1];
        return NULL;
}

bool direct_words_target_is_chain(const char *target) {
        return !g_strv_contains(TARGETS, target);
}

bool direct_words_check(Family family, const char *const *args, GError **error) {
        gsize bytes = 0;
        for (guint i = 0; args[i]; i++) {
                if (i >= LIMIT_DIRECT_ARGS)
                        return limit(error, g_strdup_printf(_("args: more than %u words"), LIMIT_DIRECT_ARGS));
                if (!check_word(args[i], error))
                        return false;
                bytes += strlen(args[i]) + 1;
        }
        if (bytes > LIMIT_DIRECT_RULE)
                return limit(error, g_strdup_printf(_("args: the words have more than %u bytes together"), LIMIT_DIRECT_RULE));
        const char *policy = direct_rule_owner(CHAIN_DOCKER_USER, args);
        if (policy && !policy[0]) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                            _("args: the comment \"%s\" marks the rule that leads to the policies; choose another one"),
                            COMMENT_OURS);
                return false;
        }
        if (policy) {
                g_autofree char *seen = quaywall_error_show(policy);
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                        _("args: a comment that begins with \"quaywall:\" marks the rules of policies; change the policy \"%s\" instead"),
                        seen);
                return false;
        }
        g_autoptr(GHashTable) owners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        Reading reading = { .family = family, .owners = owners, .seen = seen };
        if (!check_options(&reading, args, error))
                return false;
        if (!direct_words_target(args)) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_OPTION,
                                    _("args: a target is missing, as in \"-s 192.168.1.0/24 -j DROP\""));
                return false;
        }
        if (rule_count_split(args) > LIMIT_DIRECT_SPLIT)
                return limit(error, g_strdup_printf(_("args: the lists of addresses make more than %u rules; use an ipset"),
                                                    LIMIT_DIRECT_SPLIT));
        return true;
}
