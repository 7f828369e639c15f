/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mock-iptables.h"

#include "mock-error.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <string.h>

typedef struct {
        char *match;  /* as iptables -S prints it, up to the target; each part has a leading space */
        char *target; /* " -j DROP" or " -g CHAIN", with options, or "" */
        char *jump;   /* the bare target, to count references */
        guint64 packets, bytes;
} Rule;

typedef struct {
        char *name;
        char *policy; /* NULL: a user-defined chain */
        GPtrArray *rules;
} Chain;

struct MockIptables {
        GHashTable *tables; /* "ipv4/filter" -> GPtrArray of Chain */
};

static const char *const tables[] = { "filter", "nat", "mangle", "raw", "security", NULL };

static const char *const builtin[][6] = {
        { "filter", "INPUT", "FORWARD", "OUTPUT", NULL },
        { "nat", "PREROUTING", "INPUT", "OUTPUT", "POSTROUTING", NULL },
        { "mangle", "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING" },
        { "raw", "PREROUTING", "OUTPUT", NULL },
        { "security", "INPUT", "FORWARD", "OUTPUT", NULL },
};

static void rule_free(Rule *self) {
        g_free(self->match);
        g_free(self->target);
        g_free(self->jump);
        g_free(self);
}

static void chain_free(Chain *self) {
        g_free(self->name);
        g_free(self->policy);
        g_ptr_array_unref(self->rules);
        g_free(self);
}

static Chain *chain_new(const char *name, const char *policy) {
        Chain *self = g_new0(Chain, 1);

        self->name = g_strdup(name);
        self->policy = g_strdup(policy);
        self->rules = g_ptr_array_new_with_free_func((GDestroyNotify) rule_free);
        return self;
}

void mock_iptables_flush(MockIptables *self) {
        static const char *const families[] = { "ipv4", "ipv6" };

        g_hash_table_remove_all(self->tables);
        for (gsize f = 0; f < G_N_ELEMENTS(families); f++)
                for (gsize t = 0; t < G_N_ELEMENTS(builtin); t++) {
                        GPtrArray *chains = g_ptr_array_new_with_free_func((GDestroyNotify) chain_free);

                        for (gsize c = 1; c < G_N_ELEMENTS(builtin[t]) && builtin[t][c]; c++)
                                g_ptr_array_add(chains, chain_new(builtin[t][c], "ACCEPT"));
                        g_hash_table_insert(self->tables, g_strdup_printf("%s/%s", families[f], builtin[t][0]), chains);
                }
}

MockIptables *mock_iptables_new(void) {
        MockIptables *self = g_new0(MockIptables, 1);

        self->tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
        mock_iptables_flush(self);
        return self;
}

void mock_iptables_free(MockIptables *self) {
        g_hash_table_unref(self->tables);
        g_free(self);
}

MockIptables *mock_iptables_copy(MockIptables *self) {
        MockIptables *copy = g_new0(MockIptables, 1);
        GHashTableIter iter;
        const char *key;
        GPtrArray *chains;

        copy->tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
        g_hash_table_iter_init(&iter, self->tables);
        while (g_hash_table_iter_next(&iter, (gpointer *) &key, (gpointer *) &chains)) {
                GPtrArray *to = g_ptr_array_new_with_free_func((GDestroyNotify) chain_free);

                for (guint c = 0; c < chains->len; c++) {
                        const Chain *from = chains->pdata[c];
                        Chain *chain = chain_new(from->name, from->policy);

                        for (guint r = 0; r < from->rules->len; r++) {
                                const Rule *old = from->rules->pdata[r];
                                Rule *rule = g_memdup2(old, sizeof *old);

                                rule->match = g_strdup(old->match);
                                rule->target = g_strdup(old->target);
                                rule->jump = g_strdup(old->jump);
                                g_ptr_array_add(chain->rules, rule);
                        }
                        g_ptr_array_add(to, chain);
                }
                g_hash_table_insert(copy->tables, g_strdup(key), to);
        }
        return copy;
}

void mock_iptables_assign(MockIptables *self, MockIptables *other) {
        GHashTable *old = self->tables;

        self->tables = other->tables;
        other->tables = old;
        mock_iptables_free(other);
}

static GPtrArray *table_get(MockIptables *self, const char *family, const char *table) {
        g_autofree char *key = g_strdup_printf("%s/%s", family, table);

        return g_hash_table_lookup(self->tables, key);
}

static Chain *chain_find(GPtrArray *chains, const char *name) {
        for (guint i = 0; i < chains->len; i++) {
                Chain *chain = chains->pdata[i];

                if (g_str_equal(chain->name, name))
                        return chain;
        }
        return NULL;
}

gboolean mock_iptables_has_chain(MockIptables *self, const char *family, const char *table, const char *chain) {
        GPtrArray *chains = table_get(self, family, table);

        return chains && chain_find(chains, chain);
}

guint mock_iptables_count(MockIptables *self, const char *family, const char *chain, const char *needle, guint64 packets,
                          guint64 bytes) {
        Chain *found = chain_find(table_get(self, family, "filter"), chain);
        guint n = 0;

        for (guint i = 0; found && i < found->rules->len; i++) {
                Rule *rule = found->rules->pdata[i];
                g_autofree char *text = g_strconcat(rule->match, rule->target, NULL);

                if (!strstr(text, needle))
                        continue;
                rule->packets = packets;
                rule->bytes = bytes;
                n++;
        }
        return n;
}

/* "10.0.0.9/24" -> "10.0.0.0/24", "10.0.0.9" -> "10.0.0.9/32"; NULL if it is not an address of this family. */
static char *normal_address(const char *text, gboolean ipv6) {
        g_auto(GStrv) parts = g_strsplit(text, "/", 2);
        guint8 raw[16];
        char buffer[INET6_ADDRSTRLEN];
        guint64 max = ipv6 ? 128 : 32, prefix = max;

        if (!parts[0] || inet_pton(ipv6 ? AF_INET6 : AF_INET, parts[0], raw) != 1)
                return NULL;
        if (parts[1] && !g_ascii_string_to_unsigned(parts[1], 10, 0, max, &prefix, NULL))
                return NULL;
        for (guint bit = prefix; bit < max; bit++)
                raw[bit / 8] &= ~(0x80 >> (bit % 8));
        inet_ntop(ipv6 ? AF_INET6 : AF_INET, raw, buffer, sizeof buffer);
        return g_strdup_printf("%s/%u", buffer, (guint) prefix);
}

typedef struct {
        GString *source, *destination, *in, *out, *protocol, *matches, *target;
        char *jump;
} Parse;

static void parse_clear(Parse *self) {
        g_string_free(self->source, TRUE);
        g_string_free(self->destination, TRUE);
        g_string_free(self->in, TRUE);
        g_string_free(self->out, TRUE);
        g_string_free(self->protocol, TRUE);
        g_string_free(self->matches, TRUE);
        g_string_free(self->target, TRUE);
        g_free(self->jump);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parse, parse_clear)

static gboolean parse_one(Parse *p, const char *const *argv, gsize *i, gboolean ipv6, GPtrArray *chains, gboolean *negate,
                          GError **error) {
        const char *arg = argv[*i], *value = argv[*i] ? argv[*i + 1] : NULL;
        const char *bang = *negate ? " !" : "";
        GString *plain = NULL;
        static const char *const targets[] = { "ACCEPT",  "DROP", "RETURN", "REJECT",   "LOG",   "MASQUERADE",
                                               "DNAT",    "SNAT", "MARK",   "CONNMARK", "NFLOG", "TCPMSS",
                                               "NOTRACK", "CT",   "QUEUE",  "REDIRECT", NULL };

        if (g_str_equal(arg, "!")) {
                *negate = TRUE;
                return TRUE;
        }
        *negate = FALSE;
        if (g_str_equal(arg, "-s") || g_str_equal(arg, "--source") || g_str_equal(arg, "-d") ||
            g_str_equal(arg, "--destination")) {
                gboolean source = g_str_equal(arg, "-s") || g_str_equal(arg, "--source");
                g_autofree char *address = value ? normal_address(value, ipv6) : NULL;

                if (!address)
                        return fail(error, "host/network `%s' not found", value ? value : "");
                if (!g_str_has_suffix(address, "/0"))
                        g_string_append_printf(source ? p->source : p->destination, "%s -%c %s", bang, source ? 's' : 'd',
                                               address);
                (*i)++;
                return TRUE;
        }
        if (g_str_equal(arg, "-i") || g_str_equal(arg, "--in-interface"))
                plain = p->in;
        else if (g_str_equal(arg, "-o") || g_str_equal(arg, "--out-interface"))
                plain = p->out;
        if (plain) {
                if (!value || strlen(value) > 15)
                        return fail(error, "interface name `%s' must be shorter than IFNAMSIZ (15)", value ? value : "");
                g_string_append_printf(plain, "%s -%c %s", bang, plain == p->in ? 'i' : 'o', value);
                (*i)++;
                return TRUE;
        }
        if (g_str_equal(arg, "-p") || g_str_equal(arg, "--protocol")) {
                if (!value)
                        return fail(error, "option \"-p\" requires an argument");
                g_string_append_printf(p->protocol, "%s -p %s", bang, value);
                (*i)++;
                return TRUE;
        }
        if (g_str_equal(arg, "-j") || g_str_equal(arg, "-g")) {
                if (!value || (!g_strv_contains(targets, value) && !chain_find(chains, value)))
                        return fail(error, "Chain '%s' does not exist", value ? value : "");
                g_free(p->jump);
                p->jump = g_strdup(value);
                g_string_append_printf(p->target, " %s %s", arg, value);
                if (g_str_equal(value, "REJECT") && !argv[*i + 2])
                        g_string_append_printf(p->target, " --reject-with %s",
                                               ipv6 ? "icmp6-port-unreachable" : "icmp-port-unreachable");
                (*i)++;
                return TRUE;
        }
        /* Everything else is an option of a match or, after the target, of the target. */
        if (!g_str_has_prefix(arg, "-"))
                return fail(error, "Bad argument `%s'", arg);
        if (g_str_equal(arg, "--nosuch"))
                return fail(error, "unknown option \"%s\"", arg);
        GString *to = p->jump ? p->target : p->matches;

        if (g_str_equal(arg, "--limit-burst") && value && g_str_equal(value, "5")) {
                (*i)++; /* the default, which is not printed */
                return TRUE;
        }
        g_string_append_printf(to, "%s %s", bang, arg);
        if (g_str_equal(arg, "--comment") || g_str_equal(arg, "--log-prefix")) {
                /* xtables_save_string() quotes texts with any other character. */
                const char *text = value ? value : "";
                const gboolean bare = text[0] && text[strspn(text, "_-0123456789" G_CSET_a_2_z G_CSET_A_2_Z)] == 0;
                g_string_append_printf(to, bare ? " %s" : " \"%s\"", text);
                (*i)++;
                return TRUE;
        }
        for (; argv[*i + 1] && argv[*i + 1][0] != '-' && !g_str_equal(argv[*i + 1], "!"); (*i)++) {
                value = argv[*i + 1];
                if (strcasestr(value, "bogus"))
                        return fail(error, "Bad ctstate \"%s\"", value);
                if (g_str_equal(arg, "--limit") && g_str_has_suffix(value, "/minute"))
                        g_string_append_printf(to, " %.*s/min", (int) (strlen(value) - strlen("/minute")), value);
                else if (g_str_equal(arg, "--limit") && g_str_has_suffix(value, "/second"))
                        g_string_append_printf(to, " %.*s/sec", (int) (strlen(value) - strlen("/second")), value);
                else
                        g_string_append_printf(to, " %s", value);
        }
        return TRUE;
}

/* Parses a rule into the text that iptables -S prints, which starts with addresses, interfaces and protocol. */
static Rule *rule_parse(const char *const *argv, gboolean ipv6, GPtrArray *chains, GError **error) {
        g_auto(Parse) p = { g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), g_string_new(NULL),
                            g_string_new(NULL), g_string_new(NULL), g_string_new(NULL), NULL };
        gboolean negate = FALSE;
        Rule *rule;

        for (gsize i = 0; argv[i]; i++)
                if (!parse_one(&p, argv, &i, ipv6, chains, &negate, error))
                        return NULL;
        rule = g_new0(Rule, 1);
        rule->match =
                g_strconcat(p.source->str, p.destination->str, p.in->str, p.out->str, p.protocol->str, p.matches->str, NULL);
        rule->target = g_strdup(p.target->str);
        rule->jump = g_strdup(p.jump ? p.jump : "");
        return rule;
}

static gboolean rule_same(const Rule *a, const Rule *b) {
        return g_str_equal(a->match, b->match) && g_str_equal(a->target, b->target);
}

static guint chain_references(GPtrArray *chains, const char *name) {
        guint n = 0;

        for (guint c = 0; c < chains->len; c++) {
                const Chain *chain = chains->pdata[c];

                for (guint r = 0; r < chain->rules->len; r++)
                        n += g_str_equal(((const Rule *) chain->rules->pdata[r])->jump, name);
        }
        return n;
}

static int compare_names(gconstpointer a, gconstpointer b) {
        return strcmp((*(const Chain *const *) a)->name, (*(const Chain *const *) b)->name);
}

static char *show(GPtrArray *chains, const char *only, gboolean counters) {
        GString *text = g_string_new(NULL);
        g_autoptr(GPtrArray) sorted = g_ptr_array_new();

        /* Built-in chains in fixed order, then the others by name, as iptables-nft prints them. */
        for (guint i = 0; i < chains->len; i++)
                if (!((Chain *) chains->pdata[i])->policy)
                        g_ptr_array_add(sorted, chains->pdata[i]);
        g_ptr_array_sort(sorted, compare_names);
        for (guint i = 0, at = 0; i < chains->len; i++)
                if (((Chain *) chains->pdata[i])->policy)
                        g_ptr_array_insert(sorted, at++, chains->pdata[i]);
        for (guint i = 0; i < sorted->len; i++) {
                const Chain *chain = sorted->pdata[i];

                if (only && !g_str_equal(only, chain->name))
                        continue;
                if (chain->policy)
                        g_string_append_printf(text, "-P %s %s%s\n", chain->name, chain->policy, counters ? " -c 0 0" : "");
                else
                        g_string_append_printf(text, "-N %s\n", chain->name);
        }
        for (guint i = 0; i < sorted->len; i++) {
                const Chain *chain = sorted->pdata[i];

                if (only && !g_str_equal(only, chain->name))
                        continue;
                for (guint r = 0; r < chain->rules->len; r++) {
                        const Rule *rule = chain->rules->pdata[r];

                        g_string_append_printf(text, "-A %s%s", chain->name, rule->match);
                        if (counters)
                                g_string_append_printf(text, " -c %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, rule->packets,
                                                       rule->bytes);
                        g_string_append_printf(text, "%s\n", rule->target);
                }
        }
        return g_string_free(text, FALSE);
}

static char *list(GPtrArray *chains, const Chain *chain, gboolean ipv6) {
        GString *text = g_string_new(NULL);
        const char *any = ipv6 ? "::/0" : "0.0.0.0/0";

        if (chain->policy)
                g_string_append_printf(text, "Chain %s (policy %s 0 packets, 0 bytes)\n", chain->name, chain->policy);
        else
                g_string_append_printf(text, "Chain %s (%u references)\n", chain->name, chain_references(chains, chain->name));
        g_string_append(text,
                        "    pkts      bytes target     prot opt in     out     source               destination         \n");
        for (guint r = 0; r < chain->rules->len; r++) {
                const Rule *rule = chain->rules->pdata[r];
                const char *comment = strstr(rule->match, " --comment ");
                g_autofree char *words = NULL;

                if (comment) {
                        comment += strlen(" --comment ");
                        const gboolean quoted = comment[0] == '"';
                        comment += quoted;
                        words = g_strdup_printf(" /* %.*s */", (int) strcspn(comment, quoted ? "\"" : " "), comment);
                }
                g_string_append_printf(
                        text, "%8" G_GUINT64_FORMAT " %8" G_GUINT64_FORMAT " %-9s  0    --  *      *       %-19s  %-19s %s\n",
                        rule->packets, rule->bytes, rule->jump, any, any, words ? words : "");
        }
        return g_string_free(text, FALSE);
}

static gboolean change(GPtrArray *chains, const char *command, const char *name, const char *const *words, gboolean ipv6,
                       GError **error) {
        Chain *chain = chain_find(chains, name);
        char op = command[1];
        guint64 position = 1;
        g_autoptr(GError) ignored = NULL;
        Rule *rule;

        if (!chain)
                return fail(error, "No chain/target/match by that name.");
        if (op == 'I' && words[0] && g_ascii_string_to_unsigned(words[0], 10, 1, G_MAXINT, &position, &ignored))
                words++;
        rule = rule_parse(words, ipv6, chains, error);
        if (!rule)
                return FALSE;
        if (op == 'A') {
                g_ptr_array_add(chain->rules, rule);
                return TRUE;
        }
        if (op == 'I') {
                if (position > chain->rules->len + 1) {
                        rule_free(rule);
                        return fail(error, "Index of insertion too big.");
                }
                g_ptr_array_insert(chain->rules, position - 1, rule);
                return TRUE;
        }
        for (guint i = 0; i < chain->rules->len; i++)
                if (rule_same(rule, chain->rules->pdata[i])) {
                        if (op == 'D')
                                g_ptr_array_remove_index(chain->rules, i);
                        rule_free(rule);
                        return TRUE;
                }
        rule_free(rule);
        return fail(error, "Bad rule (does a matching rule exist in that chain?).");
}

gboolean mock_iptables_run(MockIptables *self, const char *family, const char *const *argv, char **out, GError **error) {
        g_autoptr(GPtrArray) words = g_ptr_array_new();
        const char *table = "filter", *command = NULL, *name = NULL;
        gboolean verbose = FALSE, ipv6 = g_str_equal(family, "ipv6");
        GPtrArray *chains;
        Chain *chain = NULL;

        *out = g_strdup("");
        for (gsize i = 0; argv[i]; i++) {
                if ((g_str_equal(argv[i], "-t") || g_str_equal(argv[i], "--table")) && argv[i + 1])
                        table = argv[++i];
                else if (g_str_equal(argv[i], "-w") || g_str_equal(argv[i], "--wait") || g_str_equal(argv[i], "-x") ||
                         g_str_equal(argv[i], "-n"))
                        continue;
                else if (g_str_equal(argv[i], "-v"))
                        verbose = TRUE;
                else if (!command && strlen(argv[i]) == 2 && argv[i][0] == '-' && strchr("AIDCNXFPSL", argv[i][1])) {
                        command = argv[i];
                        if (argv[i + 1] && argv[i + 1][0] != '-')
                                name = argv[++i];
                } else
                        g_ptr_array_add(words, (gpointer) argv[i]);
        }
        g_ptr_array_add(words, NULL);
        if (!g_strv_contains(tables, table))
                return fail(error, "can't initialize iptables table `%s': Table does not exist", table);
        if (!command)
                return fail(error, "no command specified");
        chains = table_get(self, family, table);
        chain = name ? chain_find(chains, name) : NULL;
        switch (command[1]) {
        case 'A':
        case 'I':
        case 'D':
        case 'C':
                return change(chains, command, name ? name : "", (const char *const *) words->pdata, ipv6, error);
        case 'N':
                if (chain)
                        return fail(error, "Chain already exists.");
                g_ptr_array_add(chains, chain_new(name, NULL));
                return TRUE;
        case 'X':
                if (!chain)
                        return fail(error, "No chain/target/match by that name.");
                if (chain->policy || chain->rules->len > 0 || chain_references(chains, name) > 0)
                        return fail(error, "\nline 2: CHAIN_DEL failed (Device or resource busy): chain %s", name);
                g_ptr_array_remove(chains, chain);
                return TRUE;
        case 'F':
                if (name && !chain)
                        return fail(error, "No chain/target/match by that name.");
                for (guint i = 0; i < chains->len; i++)
                        if (!name || chains->pdata[i] == chain)
                                g_ptr_array_set_size(((Chain *) chains->pdata[i])->rules, 0);
                return TRUE;
        case 'P':
                if (!chain || !chain->policy || !words->pdata[0])
                        return fail(error, "Bad built-in chain name");
                g_free(chain->policy);
                chain->policy = g_strdup(words->pdata[0]);
                return TRUE;
        default:
                if (name && !chain)
                        return fail(error, "chain `%s' in table `%s' is incompatible, use 'nft' tool.", name, table);
                g_free(*out);
                *out = command[1] == 'S' ? show(chains, name, verbose) : chain ? list(chains, chain, ipv6) : g_strdup("");
                return TRUE;
        }
}
