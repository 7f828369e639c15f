/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiling: which combinations a policy becomes; the same policies always compile to the same. */
#include "compile/rule.h"

#include <string.h>

#include "docker-world.h"

static const char *const BRIDGES[] = { "br-a", "docker0", NULL };

static char *rule_to_string(const Rule *rule) {
        g_autofree char *port = rule->port ? port_range_format(rule->port) : g_strdup("any");
        g_autoptr(GPtrArray) prefixes = rule->sources ? address_set_to_prefixes(rule->sources) : g_ptr_array_new();
        g_ptr_array_add(prefixes, NULL);
        g_autofree char *sources = rule->sources ? g_strjoinv(",", (char **) prefixes->pdata) : g_strdup("any");
        return g_strdup_printf("%s %s in=%s%s out=%s to=%s port=%s from=%s", rule->name, family_to_string(rule->family),
                               rule->in ? rule->in : "any", rule->in_is_bridge ? "(bridge)" : "", rule->out ? rule->out : "any",
                               rule->destination ? rule->destination : "any", port, sources);
}

static char *compile_to_string(PolicySet *set, const char *const *bridges) {
        GString *text = g_string_new(NULL);
        g_autoptr(GPtrArray) rules = compile_policies(set, bridges, NULL, NULL, NULL, false);
        for (guint i = 0; i < rules->len; i++) {
                g_autofree char *line = rule_to_string(rules->pdata[i]);
                g_string_append_printf(text, "%s\n", line);
        }
        return g_string_free(text, FALSE);
}

static void test_combinations(void) {
        static const char *const CASES[][2] = {
                { "web: allow-only interfaces=eth0,docker0 sources=1.1.1.1,fd01::1 ports=80/tcp,53/udp",
                  "web ipv4 in=eth0 out=any to=any port=80/tcp from=1.1.1.1\n"
                  "web ipv4 in=eth0 out=any to=any port=53/udp from=1.1.1.1\n"
                  "web ipv4 in=docker0(bridge) out=any to=any port=80/tcp from=1.1.1.1\n"
                  "web ipv4 in=docker0(bridge) out=any to=any port=53/udp from=1.1.1.1\n"
                  "web ipv6 in=eth0 out=any to=any port=80/tcp from=fd01::1\n"
                  "web ipv6 in=eth0 out=any to=any port=53/udp from=fd01::1\n"
                  "web ipv6 in=docker0(bridge) out=any to=any port=80/tcp from=fd01::1\n"
                  "web ipv6 in=docker0(bridge) out=any to=any port=53/udp from=fd01::1\n" },
                /* Sources of one family block all of the other; FACTS section 4, trap 5. */
                { "web: allow-only sources=1.1.1.1", "web ipv4 in=any out=any to=any port=any from=1.1.1.1\n"
                                                     "web ipv6 in=any out=any to=any port=any from=\n" },
                { "d: deny sources=1.1.1.1", "d ipv4 in=any out=any to=any port=any from=1.1.1.1\n" },
                { "d: deny",
                  "d ipv4 in=any out=any to=any port=any from=any\nd ipv6 in=any out=any to=any port=any from=any\n" },
                /* Destinations of one family do not affect the other. */
                { "d: allow-only sources=fd01::1 destinations=10.0.0.2-10.0.0.4",
                  "d ipv4 in=any out=any to=10.0.0.2/31 port=any from=\nd ipv4 in=any out=any to=10.0.0.4 port=any from=\n" },
                { "r: forward interfaces=eth0 out-interfaces=eth1", "r ipv4 in=eth0 out=eth1 to=any port=any from=any\n"
                                                                    "r ipv6 in=eth0 out=eth1 to=any port=any from=any\n" },
                { "off: deny disabled", "" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(PolicySet) set = policy_set_from_lines((const char *const[]){ CASES[i][0], NULL });
                g_autofree char *text = compile_to_string(set, BRIDGES);
                g_assert_cmpstr(text, ==, CASES[i][1]);
        }
}

static char *endpoints_to_string(const Rule *rule) {
        static const char *const KINDS[] = { "dialled", "published", "routed", "container" };
        GString *text = g_string_new(KINDS[rule->kind]);
        for (guint i = 0; rule->endpoints && i < rule->endpoints->len; i++) {
                const Endpoint *endpoint = &g_array_index(rule->endpoints, Endpoint, i);
                g_autofree char *address = rule->kind == ENDPOINT_PUBLISHED ? NULL : address_range_format(&endpoint->address);
                g_string_append_printf(text, " %s:%u/%s", address ? address : "", endpoint->port,
                                       rule->protocol ? rule->protocol : "any");
        }
        if (rule->kind == ENDPOINT_PUBLISHED && rule->destination)
                g_string_append_printf(text, " at %s", rule->destination);
        return g_string_free(text, FALSE);
}

/* What a policy covers by names, and by the port that leads to a container. */
static void test_names(void) {
        static const char *const CASES[][4] = {
                /* policy; now, IPv4; lasting, IPv4; now, IPv6 */
                { "p: deny containers=web", "published :8080/tcp; published :8443/tcp at 10.0.0.1; container 172.18.0.2:0/any",
                  "published :8080/tcp; published :8443/tcp at 10.0.0.1", "published :8080/tcp" },
                { "p: deny containers=db", "published :5432/tcp", "published :5432/tcp", "" },
                { "p: deny containers=old", "", "", "" },
                { "p: deny containers=nobody", "", "", "" },
                { "p: deny containers=label=app=data", "published :5432/tcp", "published :5432/tcp", "" },
                { "p: deny containers=label=app ports=8443/tcp", "published :8443/tcp at 10.0.0.1; routed 172.18.0.2:443/tcp",
                  "published :8443/tcp at 10.0.0.1", "" },
                { "p: deny containers=web destinations=10.0.0.2", "published :8080/tcp at 10.0.0.2",
                  "published :8080/tcp at 10.0.0.2", "" },
                { "p: deny containers=web networks=back", "", "", "" },
                { "p: deny networks=front",
                  "published :5432/tcp :8080/tcp; published :8443/tcp at 10.0.0.1; container 172.18.0.0/16:0/any",
                  "published :5432/tcp :8080/tcp; published :8443/tcp at 10.0.0.1; container 172.18.0.0/16:0/any",
                  "published :8080/tcp" },
                { "p: deny ports=8080/tcp", "dialled; routed 172.18.0.2:80/tcp", "dialled", "dialled" },
                { "p: deny ports=8080/tcp destinations=10.0.0.1", "dialled", "dialled", "" },
                { "p: deny", "dialled", "dialled", "dialled" },
        };
        g_autoptr(DockerFacts) facts = example_facts();
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(PolicySet) set = policy_set_from_lines((const char *const[]){ CASES[i][0], NULL });
                for (guint column = 1; column < 4; column++) {
                        g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, facts, NULL, NULL, column == 2);
                        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
                        for (guint r = 0; r < rules->len; r++)
                                if (((Rule *) rules->pdata[r])->family == (column == 3 ? FAMILY_IPV6 : FAMILY_IPV4))
                                        g_ptr_array_add(texts, endpoints_to_string(rules->pdata[r]));
                        g_ptr_array_add(texts, NULL);
                        g_autofree char *text = g_strjoinv("; ", (char **) texts->pdata);
                        g_assert_cmpstr(text, ==, CASES[i][column]);
                }
        }
}

/* Invariant 6: the order of the policies does not matter. */
static void test_deterministic(void) {
        for (guint round = 0; round < 200; round++) {
                g_autoptr(PolicySet) set = random_policies(8), again = policy_set_new();
                g_autoptr(GPtrArray) names = policy_set_names(set);
                for (guint i = names->len; i-- > 0;) {
                        g_autoptr(Policy) copy = policy_copy(g_hash_table_lookup(set->policies, names->pdata[i]));
                        policy_set_insert(again, names->pdata[i], copy);
                }
                g_autofree char *a = compile_to_string(set, BRIDGES), *b = compile_to_string(again, BRIDGES);
                g_assert_cmpstr(a, ==, b);
        }
}

/* The cost of a policy is bounded, even if a destination is a range of hundreds of prefixes. */
static void test_bounded(void) {
        GString *line = g_string_new("deny destinations=");
        for (guint i = 0; i < 64; i++)
                g_string_append_printf(line, "%sfd00:%x::1-fd00:%x:ffff:ffff:ffff:ffff:ffff:fffe", i ? "," : "", i, i);
        g_string_append(line, " ports=");
        for (guint i = 0; i < 64; i++)
                g_string_append_printf(line, "%s%u/tcp", i ? "," : "", i + 1);
        g_autofree char *text = g_string_free(line, FALSE);
        g_autoptr(GError) error = NULL;
        g_autoptr(Policy) policy = policy_from_line(text, &error);
        g_assert_null(policy);
        g_assert_nonnull(strstr(error->message, "combinations"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/rule/combinations", test_combinations);
        g_test_add_func("/rule/names", test_names);
        g_test_add_func("/rule/deterministic", test_deterministic);
        g_test_add_func("/rule/bounded", test_bounded);
        return g_test_run();
}
