/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "zone-rules.h"

#include <string.h>

#include <glib/gi18n.h>

#include "compile/nft-words.h"
#include "model/bounds.h"

#define ENTRY "filter_INPUT"
#define DISPATCH_PREFIX "filter_INPUT_"

/* --- words of a rule ---------------------------------------------------------------------------------------------- */

static bool has_word(GPtrArray *words, const char *word) {
        return g_ptr_array_find_with_equal_func(words, word, g_str_equal, NULL);
}

/* Of matches and statements that mean the same before DNAT as in the hook "input". */
static bool is_known_word(const char *word) {
        static const char *const KNOWN[] = {
                /* verdicts */
                "accept", "drop", "reject", "return", "continue", "jump", "goto", "with", "reset", "net-unreachable",
                "host-unreachable", "prot-unreachable", "port-unreachable", "net-prohibited", "host-prohibited",
                "admin-prohibited", "no-route", "addr-unreachable", "policy-fail", "reject-route",
                /* statements */
                "log", "prefix", "level", "emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit", "group",
                "snaplen", "queue-threshold", "flags", "all", "counter", "packets", "bytes", "comment", "limit", "rate", "over",
                "burst", "second", "minute", "hour", "day",
                /* matches */
                "ip", "ip6", "ether", "saddr", "daddr", "iifname", "meta", "l4proto", "nfproto", "ipv4", "ipv6", "pkttype",
                "unicast", "broadcast", "multicast", "tcp", "udp", "sctp", "dccp", "udplite", "th", "dport", "sport", "ct",
                "state", "status", "new", "established", "related", "invalid", "untracked", "dnat", "snat", "protocol", "icmp",
                "icmpv6", "icmpx", "ipv6-icmp", NULL
        };
        return g_strv_contains(KNOWN, word);
}

/* Operators, numbers, addresses, references and strings. */
static bool is_value(const char *word) {
        return !g_ascii_isalpha(word[0]) || strchr(word, ':') || strchr(word, '.');
}

/* A name of a protocol: nft takes it from /etc/protocols. */
static bool names_protocol(GPtrArray *words, guint i) {
        while (i > 0 && (nft_word_is(words, i - 1, "{") || nft_word_is(words, i - 1, "!=") ||
                         g_str_has_suffix(words->pdata[i - 1], ",")))
                i--;
        return nft_word_is(words, i - 1, "l4proto") || nft_word_is(words, i - 1, "protocol");
}

/* --- copying ------------------------------------------------------------------------------------------------------ */

typedef struct Source {
        GHashTable *chains; /* name -> GPtrArray of char * */
        GHashTable *sets;   /* name -> definition in one line */
        GPtrArray *order;   /* char *, names of chains, borrowed */
        GHashTable *wanted; /* names of chains, borrowed */
        GPtrArray *leads;   /* char *, names of chains, borrowed: one, and another that it leads to, in turn */
} Source;

/* Lines become words separated by one space, as the kernel lists them and as a command has them. */
static char *flatten(const char *definition) {
        g_autofree char *copy = g_strdelimit(g_strdup(definition), "\t\n;", ' ');
        g_autoptr(GPtrArray) words = nft_words_split(copy);
        return nft_words_join(words);
}

char *zone_rules_set_name(const char *definition) {
        g_autofree char *flat = flatten(definition);
        g_autofree char *digest = g_compute_checksum_for_string(G_CHECKSUM_SHA256, flat, -1);
        return g_strdup_printf("z_%.24s", digest);
}

static void put_flaw(ZoneRules *zones, char *flaw) {
        if (!zones->flaw)
                zones->flaw = g_strdup_printf(_("firewalld's table \"inet %s\" is not understood: %s"), ZONE_TABLE, flaw);
        g_free(flaw);
}

static char *copy_of(const char *chain) {
        return g_strconcat(ZONE_RULES_PREFIX, chain, NULL);
}

/* from: the chain that leads there; NULL: none does. */
static void want(const Source *source, const char *from, const char *chain) {
        gpointer name, rules;
        if (!g_hash_table_lookup_extended(source->chains, chain, &name, &rules))
                return;
        if (from) {
                g_ptr_array_add(source->leads, (char *) from);
                g_ptr_array_add(source->leads, name);
        }
        if (g_hash_table_add(source->wanted, name))
                g_ptr_array_add(source->order, name);
}

static void refer_to_chain(ZoneRules *zones, const Source *source, char **word, const char *from) {
        g_autofree char *name = nft_word_bare(*word), *copy = copy_of(*word);
        if (!g_hash_table_contains(source->chains, name))
                put_flaw(zones, g_strdup_printf(_("its chain \"%s\" leads to \"%s\", which does not exist"), from, name));
        want(source, from, name);
        g_free(*word);
        *word = g_steal_pointer(&copy);
}

static void refer_to_set(ZoneRules *zones, const Source *source, char **word, const char *from) {
        const char *definition = g_hash_table_lookup(source->sets, *word + 1);
        if (!definition) {
                put_flaw(zones,
                         g_strdup_printf(_("its chain \"%s\" uses the set \"%s\", which does not exist"), from, *word + 1));
                return;
        }
        g_autofree char *name = zone_rules_set_name(definition);
        g_free(*word);
        *word = g_strconcat("@", name, NULL);
        for (guint i = 0; i < zones->sets->len; i++)
                if (g_str_equal(((ZoneSet *) zones->sets->pdata[i])->name, name))
                        return;
        ZoneSet *set = g_new(ZoneSet, 1);
        *set = (ZoneSet){ g_steal_pointer(&name), g_strdup(definition) };
        g_ptr_array_add(zones->sets, set);
}

/* What belongs to an open connection was decided before; ICMP is no published port's; only firewalld assigns helpers. */
static bool is_left_out(GPtrArray *words) {
        const bool open =
                has_word(words, "established") || has_word(words, "established,related") || has_word(words, "established,");
        return (open && nft_word_is(words, words->len - 1, "accept")) || has_word(words, "helper") ||
               nft_word_is(words, 0, "icmp") || nft_word_is(words, 0, "icmpv6");
}

static char *copy_rule(ZoneRules *zones, const Source *source, const char *chain, const char *rule) {
        g_autoptr(GPtrArray) words = nft_words_split(rule);
        if (words->len == 0 || is_left_out(words))
                return NULL;
        for (guint i = 0; i < words->len; i++) {
                char **word = (char **) &words->pdata[i];
                g_autofree char *plain = nft_word_bare(*word);
                if (i > 0 && (nft_word_is(words, i - 1, "jump") || nft_word_is(words, i - 1, "goto")))
                        refer_to_chain(zones, source, word, chain);
                else if ((*word)[0] == '@')
                        refer_to_set(zones, source, word, chain);
                else if (!is_value(plain) && !is_known_word(plain) && !names_protocol(words, i))
                        put_flaw(zones,
                                 g_strdup_printf(_("its chain \"%s\" has a rule with \"%s\", which quaywall does not know"),
                                                 chain, plain));
        }
        return nft_words_join(words);
}

static void zone_chain_free(gpointer p) {
        ZoneChain *chain = p;
        g_ptr_array_unref(chain->rules);
        g_free(chain->name);
        g_free(chain);
}

static void zone_set_free(gpointer p) {
        ZoneSet *set = p;
        g_free(set->name);
        g_free(set->definition);
        g_free(set);
}

static void copy_chain(ZoneRules *zones, const Source *source, const char *name) {
        const GPtrArray *rules = g_hash_table_lookup(source->chains, name);
        ZoneChain *chain = g_new(ZoneChain, 1);
        *chain = (ZoneChain){ copy_of(name), g_ptr_array_new_with_free_func(g_free) };
        g_ptr_array_add(zones->chains, chain);
        for (guint i = 0; i < rules->len; i++) {
                char *rule = copy_rule(zones, source, name, rules->pdata[i]);
                if (rule)
                        g_ptr_array_add(chain->rules, rule);
        }
        /* firewalld ends with a rejection; whatever it does, nothing is let in by default. */
        if (g_str_equal(name, ENTRY))
                g_ptr_array_add(chain->rules, g_strdup("drop"));
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* A chain's first line, "type filter hook ...", is no rule. */
static void add_line(GPtrArray *rules, const char *line) {
        if (!g_str_has_prefix(line, "type "))
                g_ptr_array_add(rules, g_strdup(line));
}

/* As a command has it, in one line; nft prints elements in many. */
static char *join_definition(GPtrArray *lines) {
        GString *definition = g_string_new(NULL);
        bool inside = false;
        for (guint i = 0; i < lines->len; i++) {
                const char *line = lines->pdata[i];
                inside = (inside || strchr(line, '{')) && !strchr(line, '}');
                g_string_append_printf(definition, "%s%s", line, inside ? " " : "; ");
        }
        return g_string_free(definition, FALSE);
}

static void read_object(const Source *source, const char *kind, const char *name, GPtrArray *lines) {
        if (g_str_equal(kind, "chain")) {
                GPtrArray *rules = g_ptr_array_new_with_free_func(g_free);
                for (guint i = 0; i < lines->len; i++)
                        add_line(rules, lines->pdata[i]);
                g_hash_table_insert(source->chains, g_strdup(name), rules);
        } else if (g_str_equal(kind, "set")) {
                g_hash_table_insert(source->sets, g_strdup(name), join_definition(lines));
        }
}

/* Objects begin with one tab, "	chain x {", and end with "	}"; their content has two tabs. */
static void read_table(const Source *source, const char *text) {
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autoptr(GPtrArray) content = g_ptr_array_new();
        const char *kind = NULL, *name = NULL;
        for (char **line = lines; *line; line++) {
                const bool top = (*line)[0] == '\t' && (*line)[1] != '\t';
                if (top && g_str_has_suffix(*line, " {")) {
                        (*line)[strlen(*line) - strlen(" {")] = '\0';
                        char *space = strchr(*line, ' ');
                        kind = *line + 1;
                        name = space ? space + 1 : "";
                        if (space)
                                *space = '\0';
                        g_ptr_array_set_size(content, 0);
                } else if (top && g_str_equal(*line, "\t}") && kind) {
                        read_object(source, kind, name, content);
                        kind = NULL;
                } else if (kind)
                        g_ptr_array_add(content, g_strchug(*line));
        }
}

/* The kernel's NFT_JUMP_STACK_SIZE: it takes no table whose chains lead further, or in a circle. */
#define LEVELS_MAX 16U

/* The level of a chain is one more than that of the deepest that leads to it; in a circle it grows for ever. */
static bool leads_too_far(const Source *source) {
        g_autoptr(GHashTable) levels = g_hash_table_new(NULL, NULL);
        for (bool deeper = true; deeper;) {
                deeper = false;
                for (guint i = 0; i < source->leads->len; i += 2) {
                        const guint level = GPOINTER_TO_UINT(g_hash_table_lookup(levels, source->leads->pdata[i])) + 1;
                        gpointer to = source->leads->pdata[i + 1];
                        if (GPOINTER_TO_UINT(g_hash_table_lookup(levels, to)) >= level)
                                continue;
                        if (level > LEVELS_MAX)
                                return true;
                        g_hash_table_insert(levels, to, GUINT_TO_POINTER(level));
                        deeper = true;
                }
        }
        return false;
}

static bool leads_on(const Source *source) {
        bool leads = false;
        for (guint i = 0; i < source->order->len; i++)
                leads |= g_str_has_prefix(source->order->pdata[i], DISPATCH_PREFIX);
        return leads;
}

ZoneRules *zone_rules_new(const char *text, char *flaw) {
        ZoneRules *zones = g_new(ZoneRules, 1);
        *zones = (ZoneRules){ g_ptr_array_new_with_free_func(zone_chain_free), g_ptr_array_new_with_free_func(zone_set_free),
                              g_strdup(text), flaw, 1 };
        return zones;
}

ZoneRules *zone_rules_parse(const char *text) {
        ZoneRules *zones = zone_rules_new(text, NULL);
        const Source source = {
                .chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref),
                .sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                .order = g_ptr_array_new(),
                .wanted = g_hash_table_new(g_str_hash, g_str_equal),
                .leads = g_ptr_array_new(),
        };
        if (strlen(text) > LIMIT_ZONE_RULES)
                put_flaw(zones, g_strdup_printf(_("it is longer than %u MiB"), LIMIT_ZONE_RULES >> 20));
        else
                read_table(&source, text);
        want(&source, NULL, ENTRY);
        for (guint i = 0; i < source.order->len; i++)
                copy_chain(zones, &source, source.order->pdata[i]);
        if (!leads_on(&source))
                put_flaw(zones, g_strdup_printf(_("it has no chain \"%s\" that leads to a dispatcher of zones"), ENTRY));
        if (leads_too_far(&source))
                put_flaw(zones, g_strdup_printf(_("its chains lead in a circle, or more than %u deep"), LEVELS_MAX));
        if (zones->flaw) {
                g_ptr_array_set_size(zones->chains, 0);
                g_ptr_array_set_size(zones->sets, 0);
        }
        g_hash_table_unref(source.chains);
        g_hash_table_unref(source.sets);
        g_hash_table_unref(source.wanted);
        g_ptr_array_unref(source.order);
        g_ptr_array_unref(source.leads);
        return zones;
}

ZoneRules *zone_rules_ref(ZoneRules *zones) {
        if (zones)
                zones->ref_count++;
        return zones;
}

void zone_rules_unref(ZoneRules *zones) {
        if (!zones || --zones->ref_count > 0)
                return;
        g_ptr_array_unref(zones->chains);
        g_ptr_array_unref(zones->sets);
        g_free(zones->text);
        g_free(zones->flaw);
        g_free(zones);
}
