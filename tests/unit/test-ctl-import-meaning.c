/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Imports random chains, and compares for every connection of a small world what the chain does with what the policies mean. An
 * import may be refused, but must never mean something else. */
#include <string.h>

#include "ctl/import/iptables.h"

/* A line and a connection are choices from these lists. Index -1: the line has no such match. */
static const char *const interfaces[] = { "eth0", "eth1" };
static const char *const sources[2][3] = { { "1.1.1.1", "1.1.1.0/24", "2.2.2.2" }, { "fd01::1", "fd01::/64", "fd02::2" } };
static const char *const destinations[2][2] = { { "10.0.0.1", "10.0.0.2" }, { "fd10::1", "fd10::2" } };
static const char *const ports[] = { "80", "81" };
static const char *const targets[] = { "DROP", "REJECT", "RETURN", "ACCEPT" };

typedef struct Line {
        int family, interface, source, negated, destination, port, target, insert;
} Line;

typedef struct Connection {
        int family, interface, source, destination, port; /* source 0: in 0 and 1; 1: only in 1; 2: in 2; 3: in none */
} Connection;

static int choose(int count, int never_of_four) {
        return g_test_rand_int_range(0, 4) < never_of_four ? -1 : g_test_rand_int_range(0, count);
}

static Line line_draw(gboolean two_families) {
        Line line = {
                .family = two_families && g_test_rand_int_range(0, 3) == 0,
                .interface = choose(G_N_ELEMENTS(interfaces), 1),
                .source = choose(3, 1),
                .destination = choose(2, 3),
                .port = choose(G_N_ELEMENTS(ports), 3),
                .target = g_test_rand_int_range(0, G_N_ELEMENTS(targets)),
                .insert = g_test_rand_int_range(0, 2),
        };
        line.negated = line.source >= 0 && line.target < 2 && g_test_rand_int_range(0, 2);
        return line;
}

static void line_append(GString *text, const Line *line) {
        g_string_append_printf(text, "%s -%c DOCKER-USER", line->family ? "ip6tables" : "iptables", line->insert ? 'I' : 'A');
        if (line->interface >= 0)
                g_string_append_printf(text, " -i %s", interfaces[line->interface]);
        if (line->source >= 0)
                g_string_append_printf(text, "%s -s %s", line->negated ? " !" : "", sources[line->family][line->source]);
        if (line->destination >= 0)
                g_string_append_printf(text, " -m conntrack --ctorigdst %s", destinations[line->family][line->destination]);
        if (line->port >= 0)
                g_string_append_printf(text, " -p tcp -m conntrack --ctorigdstport %s", ports[line->port]);
        g_string_append_printf(text, " -j %s\n", targets[line->target]);
}

static gboolean source_in(const Connection *connection, int source) {
        return source == connection->source || (source == 1 && connection->source == 0);
}

static gboolean line_matches(const Line *line, const Connection *connection) {
        return line->family == connection->family && (line->interface < 0 || line->interface == connection->interface) &&
               (line->source < 0 || source_in(connection, line->source) != line->negated) &&
               (line->destination < 0 || line->destination == connection->destination) &&
               (line->port < 0 || line->port == connection->port);
}

/* The first line that matches decides. */
static gboolean chain_blocks(GPtrArray *chain, const Connection *connection) {
        for (guint i = 0; i < chain->len; i++) {
                const Line *line = chain->pdata[i];

                if (line_matches(line, connection))
                        return line->target < 2;
        }
        return FALSE;
}

static gboolean policy_lists(GVariant *policy, const char *key, const char *word) {
        g_autofree const char **words = NULL;

        return !g_variant_lookup(policy, key, "^a&s", &words) || g_strv_contains(words, word);
}

static gboolean policy_lists_source(GVariant *policy, const Connection *connection) {
        for (int source = 0; source < 3; source++)
                if (source_in(connection, source) && policy_lists(policy, "sources", sources[connection->family][source]))
                        return TRUE;
        return policy_lists(policy, "sources", connection->family ? "::/0" : "0.0.0.0/0");
}

/* What the documentation says policies mean. */
static gboolean policies_block(GPtrArray *policies, const Connection *connection) {
        gboolean covered = FALSE, listed = FALSE;

        for (guint i = 0; i < policies->len; i++) {
                GVariant *policy = ((ImportedPolicy *) policies->pdata[i])->policy;
                g_autofree char *port = g_strconcat(ports[connection->port], "/tcp", NULL);
                const char *action;

                if (!policy_lists(policy, "interfaces", interfaces[connection->interface]) ||
                    !policy_lists(policy, "destinations", destinations[connection->family][connection->destination]) ||
                    !policy_lists(policy, "ports", port))
                        continue;
                g_variant_lookup(policy, "action", "&s", &action);
                if (g_str_equal(action, "deny") && policy_lists_source(policy, connection))
                        return TRUE;
                if (g_str_equal(action, "allow-only")) {
                        covered = TRUE;
                        listed |= policy_lists_source(policy, connection);
                }
        }
        return covered && !listed;
}

/* exact: the verdicts are equal. Otherwise what was blocked stays blocked: an IPv4 line intentionally blocks IPv6, too. */
static void check_world(const char *text, GPtrArray *chain, GPtrArray *policies) {
        for (int number = 0; number < 2 * 2 * 4 * 2 * 2; number++) {
                const Connection connection = { number & 1, number >> 1 & 1, number >> 2 & 3, number >> 4 & 1,
                                                number >> 5 & 1 };
                const gboolean literal = chain_blocks(chain, &connection);
                const gboolean meant = policies_block(policies, &connection);

                if (literal != meant && (connection.family == 0 || literal))
                        g_error("%s\nfamily %d interface %d source %d destination %d port %d: the chain %s, the "
                                "policies "
                                "%s",
                                text, connection.family, connection.interface, connection.source, connection.destination,
                                connection.port, literal ? "blocks" : "lets pass", meant ? "block" : "let pass");
        }
}

static void check_random_chains(gboolean two_families, guint least) {
        guint imported = 0;

        for (guint round = 0; round < 5000; round++) {
                g_autoptr(GPtrArray) chain = g_ptr_array_new_with_free_func(g_free);
                g_autoptr(GString) text = g_string_new(NULL);
                g_autoptr(GError) error = NULL;

                for (int count = g_test_rand_int_range(1, 5); count > 0; count--) {
                        const Line line = line_draw(two_families);

                        line_append(text, &line);
                        g_ptr_array_insert(chain, line.insert ? 0 : -1, g_memdup2(&line, sizeof line));
                }
                g_autoptr(ImportResult) result = import_iptables(text->str, "f", NULL, &error);
                if (result == NULL)
                        continue;
                imported++;
                check_world(text->str, chain, result->policies);
        }
        /* A parser that refuses everything would pass the checks above. */
        g_assert_cmpuint(imported, >, least);
}

static void test_one_family(void) {
        check_random_chains(FALSE, 500);
}

static void test_two_families(void) {
        check_random_chains(TRUE, 500);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/ctl/import/meaning/one-family", test_one_family);
        g_test_add_func("/ctl/import/meaning/two-families", test_two_families);
        return g_test_run();
}
