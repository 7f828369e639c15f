/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels become policies of their own container, or close it. */
#include "model/labels.h"

#include <string.h>

#include "compile/rule.h"
#include "model/bounds.h"
#include "world.h"

static DockerContainer *add_container(DockerFacts *facts, const char *id, const char *name, const char *const *labels) {
        DockerContainer *container = docker_container_new(id, name);
        for (; *labels; labels += 2)
                g_hash_table_insert(container->labels, g_strdup(labels[0]), g_strdup(labels[1]));
        docker_facts_add_container(facts, container);
        return container;
}

/* "NAME: POLICY" of all policies of one container with these labels, one line each, and its flaw. */
static char *read_labels(const char *const *labels) {
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(PolicySet) set = policy_set_new();
        g_autoptr(GPtrArray) flaws = labels_flaws_new(), names = NULL;
        GString *text = g_string_new(NULL);
        (void) add_container(facts, "0123456789abcdef", "web", labels);
        labels_add(set, facts, NULL, flaws);
        names = policy_set_names(set);
        for (guint i = 0; i < names->len; i++) {
                const Policy *policy = g_hash_table_lookup(set->policies, names->pdata[i]);
                g_auto(GStrv) sources = policy_get_strings(policy, "sources");
                g_autofree char *list = g_strjoinv(",", sources);
                g_string_append_printf(text, "%s%s %s %s", i ? "; " : "", (char *) names->pdata[i],
                                       policy_get_string(policy, "action"), list);
                g_assert_cmpstr(policy->origin, ==, "label of container web");
                g_assert_cmpstr(policy->containers->pdata[0], ==, "web");
                g_assert_cmpstr(policy->carriers->pdata[0], ==, "0123456789abcdef");
                g_assert_true(policy->enabled);
        }
        for (guint i = 0; i < flaws->len; i++)
                g_string_append_printf(text, " [%s]", ((LabelFlaw *) flaws->pdata[i])->sentence);
        return g_string_free(text, FALSE);
}

#define ALLOW "org.quaywall.allow-only"
#define DENY "org.quaywall.deny"
#define ZONES "org.quaywall.obey-zones"

static void test_labels(void) {
        static const struct {
                const char *labels[5];
                const char *policies; /* if it ends with "*": the beginning */
        } CASES[] = {
                { { NULL }, "" },
                { { "org.quaywallx", "1", NULL }, "" },
                { { ALLOW, "192.168.1.0/24,ipset:office, zone:home ,group:staff", NULL },
                  "label/web/allow-only allow-only 192.168.1.0/24,ipset:office,zone:home,group:staff" },
                { { DENY, "", NULL }, "label/web/deny deny " },
                { { DENY, "true", NULL }, "label/web/deny deny " },
                { { DENY, "10.0.0.1,fd00::/64", NULL }, "label/web/deny deny 10.0.0.1,fd00::/64" },
                { { ZONES, "", NULL }, "label/web/obey-zones obey-zones " },
                { { ZONES, "true", NULL }, "label/web/obey-zones obey-zones " },
                { { ALLOW, "10.0.0.1", DENY, "10.0.0.2", NULL },
                  "label/web/allow-only allow-only 10.0.0.1; label/web/deny deny 10.0.0.2" },
                { { DENY, "10.0.0.2", ZONES, "", NULL }, "label/web/deny deny 10.0.0.2; label/web/obey-zones obey-zones " },
                { { ALLOW, "", NULL }, "label/web/closed deny  [" ALLOW ": sources: missing*" },
                { { ALLOW, "true", NULL }, "label/web/closed deny  [" ALLOW ": sources: \"true\"*" },
                { { ALLOW, "10.0.0.1,", NULL }, "label/web/closed deny  [" ALLOW ": sources: \"\"*" },
                { { ALLOW, "10.0.0.300", DENY, "", NULL }, "label/web/closed deny  [" ALLOW ": sources: \"10.0.0.300\"*" },
                { { ALLOW, "10.0.0.1,10.0.0.2 until 2199-01-01T00:00:00Z", NULL },
                  "label/web/closed deny  [" ALLOW ": sources: a label lists nobody for a time*" },
                { { DENY, "false", NULL }, "label/web/closed deny  [" DENY ": sources: \"false\"*" },
                { { ZONES, "false", NULL }, "label/web/closed deny  [" ZONES ": must have no value*" },
                { { ALLOW, "10.0.0.1", ZONES, "", NULL }, "label/web/closed deny  [" ZONES ": cannot stand beside*" },
                { { "org.quaywall.alow-only", "10.0.0.1", NULL },
                  "label/web/closed deny  [org.quaywall.alow-only: is no label*" },
                { { "org.quaywall.", "", NULL }, "label/web/closed deny  [org.quaywall.: is no label*" },
                { { "org.quaywall.deny\n\x1b[31m", "", NULL }, "label/web/closed deny  [org.quaywall.deny\\x0a\\x1b[31m: is*" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *is = read_labels(CASES[i].labels), *should = g_strdup(CASES[i].policies);
                if (g_str_has_suffix(should, "*")) {
                        should[strlen(should) - 1] = '\0';
                        if (strlen(is) > strlen(should))
                                is[strlen(should)] = '\0';
                }
                g_assert_cmpstr(is, ==, should);
        }
        /* What Docker's facts have cut is not read, or its last address would be another one. */
        g_autoptr(GString) value = g_string_new("10.0.0.1");
        while (value->len < LIMIT_DOCKER_LABEL)
                g_string_append(value, ",10.0.0.1");
        g_string_truncate(value, LIMIT_DOCKER_LABEL);
        const char *const labels[] = { ALLOW, value->str, NULL };
        g_autofree char *cut = read_labels(labels);
        g_assert_true(g_str_has_prefix(cut, "label/web/closed deny  [" ALLOW ": the value is too long"));
}

/* nft, iptables and the journal take these names; no two containers have the same. */
static void test_names(void) {
        static const char *const LABELS[] = { DENY, "", NULL };
        g_autofree char *longest = g_strnfill(64, 'a'), *longer = g_strnfill(65, 'a'), *other = g_strnfill(66, 'a');
        const char *const NAMES[] = { "web", longest, longer, other, "a/b", "a b", "a\n", "-x", "", "\xc3\xa4\xc3\xb6" };
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(PolicySet) set = policy_set_new();
        for (gsize i = 0; i < G_N_ELEMENTS(NAMES); i++) {
                g_autofree char *id = g_strdup_printf("id%zu", i);
                (void) add_container(facts, id, NAMES[i], LABELS);
        }
        labels_add(set, facts, NULL, NULL);
        g_assert_cmpuint(g_hash_table_size(set->policies), ==, G_N_ELEMENTS(NAMES));
        g_autoptr(GPtrArray) names = policy_set_names(set);
        for (guint i = 0; i < names->len; i++) {
                const char *name = names->pdata[i];
                g_assert_cmpuint(strlen(name), <=, 100);
                g_assert_true(g_str_has_prefix(name, POLICY_LABEL));
                g_assert_false(policy_name_check(name, NULL));
                for (const char *c = name; *c; c++)
                        g_assert_true(g_ascii_isalnum(*c) || strchr("/._-", *c));
        }
        g_assert_true(g_hash_table_contains(set->policies, "label/web/deny"));
}

/* Regression: of two containers that are known by the same name, while one of them is renamed, one had no policy. */
static void test_same_name(void) {
        static const char *const ONE[] = { ALLOW, "10.0.0.1", NULL }, *const OTHER[] = { ALLOW, "10.0.0.2", NULL };
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(PolicySet) set = policy_set_new();
        (void) add_container(facts, "id1", "web", ONE);
        (void) add_container(facts, "id2", "web", OTHER);
        labels_add(set, facts, NULL, NULL);
        g_assert_cmpuint(g_hash_table_size(set->policies), ==, 2);
        GHashTableIter iter;
        gpointer name, policy;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, &name, &policy)) {
                g_auto(GStrv) sources = policy_get_strings(policy, "sources");
                g_assert_true(g_str_has_prefix(name, "label/web/allow-only"));
                g_assert_cmpstr(sources[0], ==,
                                g_str_equal(((Policy *) policy)->carriers->pdata[0], "id1") ? "10.0.0.1" : "10.0.0.2");
        }
}

/* The names of all policies there are, and whether each is for everybody. */
static void check_policies(DockerFacts *facts, const char *expected) {
        g_autoptr(PolicySet) set = policy_set_new();
        labels_add(set, facts, NULL, NULL);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        g_autoptr(GString) text = g_string_new(NULL);
        for (guint i = 0; i < names->len; i++)
                g_string_append_printf(text, "%s%s", i ? " " : "", (char *) names->pdata[i]);
        g_assert_cmpstr(text->str, ==, expected);
}

/* Regression: a container that joined another's network opened it by a list of its own, since lists unite. */
static void test_joined(void) {
        static const char *const ONE[] = { ALLOW, "10.0.0.1", NULL }, *const ALL[] = { ALLOW, "0.0.0.0/0", NULL },
                                 *const OBEY[] = { ZONES, "", NULL }, *const NOBODY[] = { DENY, "", NULL };
        const struct {
                const char *const *second;
                const char *policies;
        } CASES[] = {
                { ALL, "label/a/allow-only label/b/closed" },
                { OBEY, "label/a/allow-only label/b/closed" },
                { NOBODY, "label/a/allow-only label/b/deny" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autoptr(DockerFacts) facts = docker_facts_new();
                (void) add_container(facts, "1", "a", ONE);
                DockerContainer *second = add_container(facts, "2", "b", CASES[i].second);
                second->joined = g_strdup("1");
                check_policies(facts, CASES[i].policies);
        }
        /* Only the one that joined has one; and two that joined a third. */
        g_autoptr(DockerFacts) facts = docker_facts_new();
        (void) add_container(facts, "1", "c", NOBODY);
        DockerContainer *first = add_container(facts, "2", "a", ONE);
        first->joined = g_strdup("1");
        check_policies(facts, "label/a/allow-only label/c/deny");
        DockerContainer *second = add_container(facts, "3", "b", ALL);
        second->joined = g_strdup("1");
        check_policies(facts, "label/a/allow-only label/b/closed label/c/deny");
        /* One that has exited for good shares nothing. */
        first->dormant = true;
        check_policies(facts, "label/a/allow-only label/b/allow-only label/c/deny");
}

/* Regression: it denied nobody as long as it was not known whom the ipset, zone or group lists. */
static void test_unsure(void) {
        static const struct {
                const char *value;
                bool for_all;
        } CASES[] = { { "10.0.0.1", false },
                      { "10.0.0.1,ipset:bad", true },
                      { "zone:home", true },
                      { "group:nosuch", true },
                      { "group:staff", false } };
        static const char *const BRIDGES[] = { "docker0", NULL };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                const char *const labels[] = { DENY, CASES[i].value, NULL };
                g_autoptr(DockerFacts) facts = docker_facts_new();
                g_autoptr(PolicySet) set = policy_set_new();
                g_autoptr(Group) staff = group_new();
                g_assert_true(group_add_address(staff, "10.0.0.7", NULL));
                policy_set_insert_group(set, "staff", staff);
                DockerContainer *web = add_container(facts, "1", "web", labels);
                DockerAddress *own = g_new0(DockerAddress, 1);
                own->network = g_strdup("bridge");
                g_assert_true(address_range_parse("172.17.0.2", &own->address, NULL));
                g_ptr_array_add(web->addresses, own);
                web->running = true;
                labels_add(set, facts, NULL, NULL);
                g_autoptr(GPtrArray) rules = compile_policies(set, BRIDGES, facts, NULL, NULL, false);
                g_assert_cmpuint(rules->len, >, 0);
                g_assert_cmpint(!((Rule *) rules->pdata[0])->sources, ==, CASES[i].for_all);
        }
}

/* Beyond the limits containers are closed, all of them. */
static void test_limits(void) {
        static const char *const DENIES[] = { DENY, "10.0.0.1", ALLOW, "10.0.0.2", NULL }, *const OFFICE[] = { ALLOW,
                                                                                                               "ipset:office",
                                                                                                               NULL };
        static const char *const STAFF[] = { ALLOW, "group:staff", NULL };
        g_autoptr(DockerFacts) facts = docker_facts_new();
        g_autoptr(PolicySet) set = policy_set_new();
        g_autoptr(GPtrArray) flaws = labels_flaws_new();
        for (guint i = 0; i < 700; i++) {
                g_autofree char *name = g_strdup_printf("c%03u", i);
                (void) add_container(facts, name, name, DENIES);
        }
        labels_add(set, facts, NULL, flaws);
        g_assert_cmpuint(g_hash_table_size(set->policies), ==, LIMIT_CARRIED + 1);
        const Policy *rest = g_hash_table_lookup(set->policies, "label//closed");
        g_assert_cmpint(rest->action, ==, POLICY_DENY);
        g_assert_cmpuint(rest->sources->len, ==, 0);
        g_assert_cmpuint(rest->carriers->len, ==, 200);
        g_assert_cmpuint(rest->containers->len, ==, LIMIT_MATCHES);
        g_assert_cmpstr(rest->carriers->pdata[0], ==, "c500");
        g_assert_cmpuint(flaws->len, ==, 1);
        /* Ipsets count by their entries. */
        g_autoptr(DockerFacts) many = docker_facts_new();
        g_autoptr(PolicySet) of_office = policy_set_new();
        g_autoptr(Ipsets) ipsets = ipsets_new();
        g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(g_free);
        for (guint i = 0; i < 60000; i++)
                g_ptr_array_add(entries, g_strdup_printf("10.%u.%u.1", i / 250, i % 250));
        g_ptr_array_add(entries, NULL);
        ipsets_put(ipsets, "office", (const char *const *) entries->pdata);
        for (guint i = 0; i < 10; i++) {
                g_autofree char *name = g_strdup_printf("c%03u", i);
                (void) add_container(many, name, name, OFFICE);
        }
        labels_add(of_office, many, ipsets, NULL);
        g_assert_cmpuint(g_hash_table_size(of_office->policies), ==, 8 + 1);
        g_assert_cmpuint(((Policy *) g_hash_table_lookup(of_office->policies, "label//closed"))->carriers->len, ==, 2);
        /* Groups, too: those of the set. */
        g_autoptr(DockerFacts) others = docker_facts_new();
        g_autoptr(PolicySet) of_staff = policy_set_new();
        g_autoptr(Group) staff = group_new();
        for (guint i = 0; i < 60000; i++)
                g_assert_true(group_add_address(staff, entries->pdata[i], NULL));
        policy_set_insert_group(of_staff, "staff", staff);
        for (guint i = 0; i < 10; i++) {
                g_autofree char *name = g_strdup_printf("c%03u", i);
                (void) add_container(others, name, name, STAFF);
        }
        labels_add(of_staff, others, NULL, NULL);
        g_assert_cmpuint(g_hash_table_size(of_staff->policies), ==, 8 + 1);
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/labels/labels", test_labels);
        g_test_add_func("/labels/names", test_names);
        g_test_add_func("/labels/same-name", test_same_name);
        g_test_add_func("/labels/joined", test_joined);
        g_test_add_func("/labels/unsure", test_unsure);
        g_test_add_func("/labels/limits", test_limits);
        return g_test_run();
}
