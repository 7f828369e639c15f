/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel-rules.h"

#include <string.h>

#include <glib/gi18n.h>

#include "model/bounds.h"
#include "model/sort.h"

static void kernel_rule_free(gpointer p) {
        KernelRule *rule = p;
        g_free(rule->chain);
        g_strfreev(rule->args);
        g_free(rule);
}

void kernel_table_free(KernelTable *table) {
        g_hash_table_unref(table->chains);
        g_ptr_array_unref(table->rules);
        g_free(table);
}

void deviation_free(Deviation *deviation) {
        g_free(deviation->sentence);
        g_free(deviation);
}

/* Splits a line into words as iptables-restore does, and iptables writes for it: only double quotes quote, a backslash escapes
 * only inside quotes, and "#" is an ordinary character. A shell reads "it\'s" and an interface "#0" differently. NULL: a quote
 * is not closed. */
static GStrv split_line(const char *line, guint *ret_length) {
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        g_autoptr(GString) word = g_string_new(NULL);
        bool quoted = false, begun = false;
        for (const char *c = line;; c++) {
                if (*c && quoted && *c == '\\' && c[1])
                        g_string_append_c(word, *++c);
                else if (*c == '"') {
                        quoted = !quoted;
                        begun = true;
                } else if (*c && (quoted || !strchr(" \t\r", *c)))
                        g_string_append_c(word, *c);
                else if (begun || word->len > 0) {
                        g_ptr_array_add(words, g_strndup(word->str, word->len));
                        g_string_truncate(word, 0);
                        begun = false;
                }
                if (!*c)
                        break;
        }
        g_ptr_array_set_free_func(words, g_free);
        if (quoted)
                return NULL;
        g_ptr_array_set_free_func(words, NULL);
        *ret_length = words->len;
        g_ptr_array_add(words, NULL);
        return (GStrv) g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

/* "-A CHAIN MATCH... [-c PACKETS BYTES] -j TARGET..." */
static void parse_rule(KernelTable *table, char **words, guint n) {
        KernelRule *rule = g_new0(KernelRule, 1);
        g_autoptr(GStrvBuilder) args = g_strv_builder_new();
        rule->chain = g_strdup(words[1]);
        for (guint i = 2; i < n; i++) {
                if (g_str_equal(words[i], "-c") && i + 2 < n) {
                        rule->packets = g_ascii_strtoull(words[i + 1], NULL, 10);
                        rule->bytes = g_ascii_strtoull(words[i + 2], NULL, 10);
                        i += 2;
                } else
                        g_strv_builder_add(args, words[i]);
        }
        rule->args = g_strv_builder_end(args);
        g_ptr_array_add(table->rules, rule);
}

KernelTable *kernel_table_parse(const char *text) {
        KernelTable *table = g_new(KernelTable, 1);
        table->chains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        table->rules = g_ptr_array_new_with_free_func(kernel_rule_free);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++) {
                guint n = 0;
                g_auto(GStrv) words = split_line(*line, &n);
                if (!words || n < 2)
                        continue;
                if (g_str_equal(words[0], "-N") || g_str_equal(words[0], "-P"))
                        g_hash_table_add(table->chains, g_strdup(words[1]));
                else if (g_str_equal(words[0], "-A"))
                        parse_rule(table, words, n);
        }
        return table;
}

static char *canonical_protocol(const char *value) {
        static const char *const NAMES[][2] = {
                { "1", "icmp" }, { "6", "tcp" }, { "17", "udp" }, { "58", "ipv6-icmp" }, { "icmpv6", "ipv6-icmp" }
        };
        for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++)
                if (g_ascii_strcasecmp(value, NAMES[i][0]) == 0)
                        return g_strdup(NAMES[i][1]);
        return g_ascii_strdown(value, -1);
}

static char *canonical_value(const char *option, const char *value) {
        static const char *const ADDRESSES[] = { "-s", "-d", "--ctorigsrc", "--ctorigdst", "--ctreplsrc", "--ctrepldst", NULL };
        AddressRange range;
        /* iptables prints the network of "192.168.1.5/24", IPv6 in its shortest form, and "/32" in some places. */
        if (g_strv_contains(ADDRESSES, option) && address_network_parse(value, &range))
                return address_range_format(&range);
        if (g_str_equal(option, "-p"))
                return canonical_protocol(value);
        if (g_str_equal(option, "--limit") && g_str_has_suffix(value, "/minute"))
                return g_strndup(value, strlen(value) - strlen("ute"));
        return g_strdup(value);
}

/* Options that iptables omits from its output or adds to it without changing the meaning. */
static bool is_noise(const char *option, const char *value) {
        if (g_str_equal(option, "-m") || g_str_equal(option, "--match") || g_str_equal(option, "--limit-burst"))
                return true;
        return (g_str_equal(option, "-s") || g_str_equal(option, "-d")) && value && g_str_has_suffix(value, "/0");
}

char *rule_canonical(const char *const *args) {
        static const char *const LONG[][2] = {
                { "--source", "-s" },       { "--src", "-s" },           { "--destination", "-d" }, { "--dst", "-d" },
                { "--in-interface", "-i" }, { "--out-interface", "-o" }, { "--protocol", "-p" },    { "--proto", "-p" },
                { "--jump", "-j" },         { "--goto", "-g" },
        };
        g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func(g_free);
        const char *negation = "";
        for (; *args; args++) {
                if (g_str_equal(*args, "!")) {
                        negation = "! ";
                        continue;
                }
                const char *option = *args;
                for (gsize i = 0; i < G_N_ELEMENTS(LONG); i++)
                        if (g_str_equal(option, LONG[i][0]))
                                option = LONG[i][1];
                const char *value = args[1] && args[1][0] != '-' && !g_str_equal(args[1], "!") ? args[1] : NULL;
                if (value)
                        args++;
                if (!is_noise(option, value)) {
                        g_autofree char *same = value ? canonical_value(option, value) : g_strdup("");
                        g_ptr_array_add(groups, g_strconcat(negation, option, " ", same, NULL));
                }
                negation = "";
        }
        g_ptr_array_sort(groups, compare_strings);
        g_ptr_array_add(groups, NULL);
        return g_strjoinv("\n", (char **) groups->pdata);
}

/* The index of the first list of addresses of the option, or of its other name; G_MAXUINT: none. */
static guint find_list(const char *const *args, const char *option, const char *other) {
        for (guint i = 0; args[i]; i++)
                if ((g_str_equal(args[i], option) || g_str_equal(args[i], other)) && args[i + 1] && strchr(args[i + 1], ','))
                        return i + 1;
        return G_MAXUINT;
}

static guint count_items(const char *list) {
        guint n = 1;
        for (; *list; list++)
                n += *list == ',';
        return n;
}

guint rule_count_split(const char *const *args) {
        const guint s = find_list(args, "-s", "--source"), d = find_list(args, "-d", "--destination");
        return (s == G_MAXUINT ? 1 : count_items(args[s])) * (d == G_MAXUINT ? 1 : count_items(args[d]));
}

GPtrArray *rule_split(const char *const *args) {
        GPtrArray *rules = g_ptr_array_new_with_free_func((GDestroyNotify) g_strfreev);
        /* No rule that quaywall makes or accepts becomes more; a rule that others wrote must not take everybody's time. */
        const bool is_too_much = rule_count_split(args) > LIMIT_DIRECT_RULES;
        const guint s = is_too_much ? G_MAXUINT : find_list(args, "-s", "--source"),
                    d = is_too_much ? G_MAXUINT : find_list(args, "-d", "--destination");
        g_auto(GStrv) sources = g_strsplit(s == G_MAXUINT ? " " : args[s], ",", -1);
        g_auto(GStrv) destinations = g_strsplit(d == G_MAXUINT ? " " : args[d], ",", -1);
        g_autofree const char **copy = g_memdup2(args, (g_strv_length((char **) args) + 1) * sizeof *args);
        for (char **source = sources; *source; source++)
                for (char **destination = destinations; *destination; destination++) {
                        if (s != G_MAXUINT)
                                copy[s] = *source;
                        if (d != G_MAXUINT)
                                copy[d] = *destination;
                        g_ptr_array_add(rules, g_strdupv((char **) copy));
                }
        return rules;
}

GStrv rule_canonical_split(const char *const *args) {
        g_autoptr(GStrvBuilder) result = g_strv_builder_new();
        g_autoptr(GPtrArray) rules = rule_split(args);
        for (guint i = 0; i < rules->len; i++) {
                g_autofree char *one = rule_canonical(rules->pdata[i]);
                g_strv_builder_add(result, one);
        }
        return g_strv_builder_end(result);
}

static void deviate(GPtrArray *deviations, ProblemCode code, const char *chain, guint count, const char *format, ...)
        G_GNUC_PRINTF(5, 6);
static void deviate(GPtrArray *deviations, ProblemCode code, const char *chain, guint count, const char *format, ...) {
        Deviation *deviation = g_new(Deviation, 1);
        va_list args;
        va_start(args, format);
        *deviation = (Deviation){ code, g_strdup_vprintf(format, args), chain, count };
        va_end(args);
        g_ptr_array_add(deviations, deviation);
}

static const char *get_target(const KernelRule *rule) {
        for (char **arg = rule->args; *arg; arg++)
                if ((g_str_equal(*arg, "-j") || g_str_equal(*arg, "-g")) && arg[1])
                        return arg[1];
        return "";
}

guint kernel_table_count(const KernelTable *table, const char *chain, const char *target) {
        guint n = 0;
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                n += g_str_equal(rule->chain, chain) && g_str_equal(get_target(rule), target);
        }
        return n;
}

static bool is_return(const KernelRule *rule) {
        return g_strv_length(rule->args) == 2 && g_str_equal(get_target(rule), "RETURN");
}

bool kernel_table_is_idle(const KernelTable *table) {
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                if (g_str_equal(rule->chain, CHAIN_DOCKER_USER) && !is_return(rule))
                        return false;
        }
        return true;
}

bool kernel_table_has_others(const KernelTable *table) {
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                if (g_str_equal(rule->chain, CHAIN_DOCKER_USER) && !is_return(rule) &&
                    !direct_rule_owner(rule->chain, (const char *const *) rule->args))
                        return true;
        }
        return false;
}

unsigned kernel_table_find_jump(const KernelTable *table, bool *ret_bypassed) {
        unsigned place = 0;
        *ret_bypassed = false;
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                if (!g_str_equal(rule->chain, "FORWARD"))
                        continue;
                place++;
                const char *target = get_target(rule);
                if (g_str_equal(target, CHAIN_DOCKER_USER) && g_strv_length(rule->args) == 2)
                        return place;
                *ret_bypassed |=
                        g_str_equal(target, "ACCEPT") || g_str_equal(target, "DOCKER") || g_str_equal(target, "DOCKER-FORWARD");
        }
        return 0;
}

/* An option and value that match every packet, which iptables omits when it prints the rule; also comments. */
static bool asks_nothing(const char *option, const char *value) {
        static const char *const ADDRESSES[] = { "-s", "--source", "--src", "-d", "--destination", "--dst", NULL };
        static const char *const INTERFACES[] = { "-i", "--in-interface", "-o", "--out-interface", NULL };
        static const char *const PROTOCOLS[] = { "-p", "--protocol", "--proto", NULL };
        if (g_str_equal(option, "-m") || g_str_equal(option, "--match"))
                return g_str_equal(value, "comment");
        return g_str_equal(option, "--comment") ||
               (g_strv_contains(ADDRESSES, option) && (g_str_has_suffix(value, "/0") || g_str_has_suffix(value, "/0.0.0.0"))) ||
               (g_strv_contains(INTERFACES, option) && g_str_equal(value, "+")) ||
               (g_strv_contains(PROTOCOLS, option) && (g_str_equal(value, "all") || g_str_equal(value, "0")));
}

bool rule_lets_nothing_past(const char *const *args) {
        static const char *const ENDS[] = { "RETURN", "ACCEPT", "DROP", "REJECT", NULL };
        static const char *const GOTO[] = { "-g", "--goto", NULL }, *const JUMP[] = { "-j", "--jump", NULL };
        bool ends = false;
        for (; args[0] && args[1]; args += 2) {
                const bool leaves = g_strv_contains(GOTO, args[0]);
                if (leaves || g_strv_contains(JUMP, args[0]))
                        ends = leaves || g_strv_contains(ENDS, args[1]);
                else if (!asks_nothing(args[0], args[1]) && !g_str_equal(args[0], "--reject-with"))
                        return false;
        }
        return !args[0] && ends;
}

/* Our rules of one chain in the kernel: each that is missing, each that should not exist, and whether they stand in the order
 * of their priorities. */
static void compare_chain(GPtrArray *deviations, const KernelTable *table, GPtrArray *desired, Family family,
                          const char *chain) {
        g_autoptr(GHashTable) wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL); /* -> priority */
        guint missing = 0, foreign = 0, disordered = 0, dead = 0;
        for (guint i = 0; i < desired->len; i++) {
                const DirectRule *rule = desired->pdata[i];
                if (rule->family != family || !g_str_equal(rule->chain, chain))
                        continue;
                g_auto(GStrv) spellings = rule_canonical_split((const char *const *) rule->args);
                for (char **spelling = spellings; *spelling; spelling++)
                        missing += g_hash_table_insert(wanted, g_strdup(*spelling), GINT_TO_POINTER(rule->priority));
        }
        int previous = G_MININT;
        bool closed = false;
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        for (guint i = 0; i < table->rules->len; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                if (!g_str_equal(rule->chain, chain))
                        continue;
                if (!direct_rule_owner(chain, (const char *const *) rule->args)) {
                        closed |= rule_lets_nothing_past((const char *const *) rule->args);
                        continue;
                }
                g_autofree char *spelling = rule_canonical((const char *const *) rule->args);
                gpointer key, priority;
                if (!g_hash_table_lookup_extended(wanted, spelling, &key, &priority)) {
                        foreign++;
                        continue;
                }
                dead += closed;
                missing -= g_hash_table_add(seen, key);
                disordered += GPOINTER_TO_INT(priority) < previous;
                previous = MAX(previous, GPOINTER_TO_INT(priority));
        }
        const char *f = family_to_string(family);
        if (missing)
                deviate(deviations, PROBLEM_RULES_MISSING, chain, missing,
                        _("%u of quaywall's %s rules are missing in the chain %s"), missing, f, chain);
        if (foreign)
                deviate(deviations, PROBLEM_RULES_ALTERED, chain, foreign,
                        _("%u %s rules in the chain %s look like quaywall's but no policy wants them"), foreign, f, chain);
        if (disordered)
                deviate(deviations, PROBLEM_RULES_DISORDERED, chain, disordered,
                        _("quaywall's %s rules in the chain %s are out of order"), f, chain);
        if (dead)
                deviate(deviations, PROBLEM_RULES_DEAD, chain, dead,
                        _("%u of quaywall's %s rules in %s stand behind a rule that lets everything leave the chain: see \"iptables -S %s\", and "
                          "\"firewall-cmd --direct --get-all-rules\" where it is firewalld's"),
                        dead, f, chain, chain);
}

GPtrArray *kernel_table_compare(const KernelTable *table, GPtrArray *desired, Family family, bool expect_jump) {
        GPtrArray *deviations = g_ptr_array_new_with_free_func((GDestroyNotify) deviation_free);
        compare_chain(deviations, table, desired, family, CHAIN_DOCKER_USER);
        compare_chain(deviations, table, desired, family, CHAIN_QUAYWALL);
        compare_chain(deviations, table, desired, family, CHAIN_QUAYWALL_POLICY);
        if (expect_jump) {
                bool bypassed;
                unsigned place = kernel_table_find_jump(table, &bypassed);
                if (!place)
                        deviate(deviations, PROBLEM_JUMP_MISSING, "FORWARD", 0,
                                _("the %s chain FORWARD does not lead to DOCKER-USER; is Docker running? \"systemctl restart docker\" fixes it"),
                                family_to_string(family));
                else if (bypassed)
                        deviate(deviations, PROBLEM_JUMP_BYPASSED, "FORWARD", 0,
                                _("the %s chain FORWARD accepts packets before they reach DOCKER-USER; \"quaywallctl repair\" mends it"),
                                family_to_string(family));
        }
        return deviations;
}

static const char *value_of(GStrv args, const char *option) {
        for (char **arg = args; *arg; arg++)
                if (g_str_equal(*arg, option))
                        return arg[1];
        return NULL;
}

bool kernel_table_has_docker(const KernelTable *table, const char *chain) {
        bool leads = false;
        for (guint i = 0; i < table->rules->len && !leads; i++) {
                const KernelRule *rule = table->rules->pdata[i];
                const char *target = get_target(rule);
                /* DOCKER-USER may exist without Docker: firewalld makes it for direct rules. */
                leads = g_str_equal(rule->chain, chain) && g_str_has_prefix(target, "DOCKER") &&
                        !g_str_equal(target, CHAIN_DOCKER_USER);
        }
        return leads && g_hash_table_contains(table->chains, "DOCKER");
}

/* Excludes rules in DOCKER-USER or leading there, which are others'; and rules for one container's port ("-p"), for which
 * Docker leaves FORWARD alone: some containers stop and start all day. */
static bool is_of_network(const KernelRule *rule) {
        const char *target = get_target(rule);
        return !value_of(rule->args, "-p") && !g_str_equal(rule->chain, CHAIN_DOCKER_USER) &&
               !g_str_equal(target, CHAIN_DOCKER_USER) &&
               (g_str_has_prefix(rule->chain, "DOCKER") ||
                (g_str_equal(rule->chain, "FORWARD") && g_str_has_prefix(target, "DOCKER")));
}

guint64 kernel_table_docker_digest(const KernelTable *filter) {
        guint64 digest = 1;
        for (guint i = 0; i < filter->rules->len; i++) {
                const KernelRule *rule = filter->rules->pdata[i];
                if (!is_of_network(rule))
                        continue;
                g_autofree char *words = g_strjoinv(" ", rule->args), *text = g_strconcat(rule->chain, " ", words, NULL);
                digest += (guint64) g_str_hash(text) + 1;
        }
        return digest;
}

void kernel_table_bridges(const KernelTable *filter, KernelBridgeFunc visit, gpointer userdata) {
        for (guint i = 0; i < filter->rules->len; i++) {
                const KernelRule *rule = filter->rules->pdata[i];
                const char *bridge = value_of(rule->args, "-o");
                /* "-o BRIDGE -j DOCKER", in FORWARD or, from Docker 28, in DOCKER-BRIDGE */
                if (bridge && g_str_equal(get_target(rule), "DOCKER") && g_strv_length(rule->args) == 4)
                        visit(bridge, userdata);
        }
}
