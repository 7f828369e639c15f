/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "world.h"

#include <string.h>
#include <time.h>

#include "docker-world.h"
#include "model/bounds.h"
#include "model/brief.h"
#include "model/policy-check.h"

static bool read_word(Policy *policy, const char *word, bool first, GError **error) {
        if (first)
                return policy_set_string(policy, "action", word, error);
        if (g_str_equal(word, "disabled")) {
                policy_set_boolean(policy, "enabled", false);
                return true;
        }
        const char *equals = strchr(word, '=');
        if (!equals) {
                g_assert_cmpint(policy_key_type(word), ==, POLICY_KEY_BOOLEAN);
                policy_set_boolean(policy, word, true);
                return true;
        }
        g_autofree char *key = g_strndup(word, equals - word);
        if (policy_key_type(key) == POLICY_KEY_STRING)
                return policy_set_string(policy, key, equals + 1, error);
        g_auto(GStrv) values = g_strsplit(equals + 1, ",", -1);
        for (char **value = values; *value; value++) {
                g_auto(GStrv) ends = g_strsplit(*value, "@", 2);
                g_autofree char *text = g_strjoinv(BRIEF_UNTIL, ends);
                if (!policy_add_string(policy, key, text, error))
                        return false;
        }
        return true;
}

Policy *policy_from_line(const char *line, GError **error) {
        g_autoptr(Policy) policy = policy_new();
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        for (char **word = words; *word; word++)
                if (!read_word(policy, *word, word == words, error))
                        return NULL;
        return policy_check(policy, error) ? g_steal_pointer(&policy) : NULL;
}

Group *group_from_line(const char *line, char **ret_name) {
        g_auto(GStrv) words = g_strsplit(line, " ", 2), addresses = g_strsplit(words[1] ? words[1] : "", ",", -1);
        Group *group = group_new();
        for (char **address = addresses; *address; address++) {
                g_autoptr(GError) error = NULL;
                group_add_address(group, *address, &error);
                g_assert_no_error(error);
        }
        group_finish(group);
        *ret_name = g_strdup(words[0] + strlen(POLICY_GROUP));
        return group;
}

PolicySet *policy_set_from_lines(const char *const *lines) {
        PolicySet *set = policy_set_new();
        for (; *lines; lines++) {
                g_autoptr(GError) error = NULL;
                if (g_str_has_prefix(*lines, POLICY_GROUP)) {
                        g_autofree char *group_name = NULL;
                        g_autoptr(Group) group = group_from_line(*lines, &group_name);
                        policy_set_insert_group(set, group_name, group);
                        continue;
                }
                const char *colon = strstr(*lines, ": ");
                g_assert_nonnull(colon);
                g_autofree char *name = g_strndup(*lines, colon - *lines);
                g_autoptr(Policy) policy = policy_from_line(colon + 2, &error);
                g_assert_no_error(error);
                policy_set_insert(set, name, policy);
        }
        return set;
}

void golden_check(const char *name, const char *text) {
        g_autofree char *path = g_build_filename(TEST_SRCDIR, "tests", "unit", "golden", name, NULL);
        g_autofree char *expected = NULL;
        g_autoptr(GError) error = NULL;
        if (g_strcmp0(g_getenv("UPDATE_GOLDEN"), "1") == 0) {
                g_assert_true(g_file_set_contents(path, text, -1, NULL));
                return;
        }
        g_file_get_contents(path, &expected, NULL, &error);
        g_assert_no_error(error);
        if (!g_str_equal(text, expected))
                g_test_message("%s should hold:\n%s", path, text);
        g_assert_cmpstr(text, ==, expected);
}

char *rules_sources_to_string(const GPtrArray *rules) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < rules->len; i++) {
                const Rule *rule = rules->pdata[i];
                g_string_append_printf(text, "%s%s", i ? "; " : "", family_to_string(rule->family));
                if (!rule->sources || rule->sources->len == 0)
                        g_string_append(text, rule->sources ? " nobody" : " everybody");
                for (guint s = 0; rule->sources && s < rule->sources->len; s++) {
                        g_autofree char *range = address_range_format(&g_array_index(rule->sources, AddressRange, s));
                        g_string_append_printf(text, " %s", range);
                }
        }
        return g_string_free(text, FALSE);
}

char *change_record_text(const ChangeRecord *record) {
        gsize length;
        char *text = change_record_to_text(record, LIMIT_HISTORY_CHANGE, &length);
        g_assert_cmpuint(strlen(text), ==, length);
        return text;
}

guint count_occurrences(const char *text, const char *needle) {
        guint n = 0;
        for (const char *found = text; (found = strstr(found, needle)); found++)
                n++;
        return n;
}

double processor_seconds(void) {
        return (double) clock() / CLOCKS_PER_SEC;
}

/* --- the reference ------------------------------------------------------------------------------------------------ */

static bool address_is_in(const AddressRange *address, GArray *list) {
        for (guint i = 0; i < list->len; i++) {
                const AddressRange *range = &g_array_index(list, AddressRange, i);
                if (range->family == address->family && memcmp(range->first, address->first, 16) <= 0 &&
                    memcmp(address->first, range->last, 16) <= 0)
                        return true;
        }
        return false;
}

static bool name_is_in(const char *name, GPtrArray *list) {
        return g_ptr_array_find_with_equal_func(list, name, g_str_equal, NULL);
}

static bool policy_covers(const Policy *policy, const char *const *bridges, DockerFacts *facts, const Connection *c) {
        if (!policy->enabled)
                return false;
        if (policy->interfaces->len ? !name_is_in(c->in, policy->interfaces) : g_strv_contains(bridges, c->in))
                return false;
        if (policy->containers->len || policy->networks->len)
                return reference_covers_by_facts(policy, facts, c);
        if (policy->destinations->len && !address_is_in(&c->destination, policy->destinations))
                return false;
        if (reference_covers_by_facts(policy, facts, c))
                return true;
        for (guint i = 0; i < policy->ports->len; i++) {
                const PortRange *port = &g_array_index(policy->ports, PortRange, i);
                if (g_str_equal(port->protocol, c->protocol) && port->first <= c->port && c->port <= port->last)
                        return true;
        }
        return policy->ports->len == 0;
}

bool random_zones;
bool (*reference_zones)(const Connection *connection);

Verdict reference_verdict(PolicySet *set, const char *const *bridges, DockerFacts *facts, const Connection *c) {
        const bool judged = !c->reply && !c->error && g_strv_contains(bridges, c->out);
        /* Of administrators, and of containers' labels: both must let it pass. */
        bool denied = false, restricted[] = { false, false }, listed[] = { false, false }, forwarded = false;
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, set->policies);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                const Policy *policy = value;
                const bool carried = policy->carriers;
                if (policy->action == POLICY_FORWARD) {
                        forwarded |= policy->enabled && name_is_in(c->in, policy->interfaces) &&
                                     name_is_in(c->out, policy->out_interfaces);
                        forwarded |= policy->enabled && (c->reply || c->error) && name_is_in(c->out, policy->interfaces) &&
                                     name_is_in(c->in, policy->out_interfaces);
                } else if (judged && policy_covers(policy, bridges, facts, c)) {
                        const bool named = address_is_in(&c->source, policy->sources);
                        if (policy->action == POLICY_DENY)
                                denied |= named || policy->sources->len == 0;
                        else if (policy->action == POLICY_OBEY_ZONES) {
                                restricted[carried] = true;
                                listed[carried] |= c->local && !c->behind && (!reference_zones || reference_zones(c));
                        } else {
                                /* A host port is not a container's own port of the same number. */
                                const bool by_number = policy->ports->len > 0 && !c->local && policy->containers->len == 0 &&
                                                       policy->networks->len == 0 &&
                                                       !reference_covers_by_facts(policy, facts, c);
                                restricted[carried] = true;
                                listed[carried] |= named && !by_number;
                        }
                }
        }
        if (denied || (restricted[0] && !listed[0]) || (restricted[1] && !listed[1]))
                return VERDICT_DROP;
        return forwarded ? VERDICT_ACCEPT : VERDICT_PASS;
}

/* --- random draws ------------------------------------------------------------------------------------------------- */

/* Ranges in a list do not overlap; the last address of each list below is in none of them. */
static const char *const INTERFACES[] = { "eth0", "eth1", "docker0", "br-a" };
static const char *const SOURCES[] = { "1.1.1.1", "1.1.1.2-1.1.1.4", "1.1.1.8/30", "fd01::1", "fd01::2/127", "fd02::/64" };
static const char *const DESTINATIONS[] = { "10.0.0.1", "10.0.0.2-10.0.0.4", "fd10::1", "fd10::2/127" };
static const char *const CONTAINERS[] = { "a", "b", "nobody", "label=k", "label=k=v" };
static const char *const NETWORKS[] = { "n1", "n2" };
static const char *const PORTS[] = { "80/tcp", "81-82/tcp", "80/udp", "83/tcp" };
static const char *const FROM[_FAMILY_MAX][5] = { { "1.1.1.1", "1.1.1.3", "1.1.1.4", "1.1.1.9", "9.9.9.9" },
                                                  { "fd01::1", "fd01::2", "fd01::3", "fd02::7", "fd09::9" } };
static const char *const TO[_FAMILY_MAX][4] = { { "10.0.0.1", "10.0.0.3", "10.0.0.4", "10.0.0.9" },
                                                { "fd10::1", "fd10::2", "fd10::3", "fd10::9" } };

static guint draw(guint n) {
        return g_test_rand_int_range(0, n);
}

static void draw_some(Policy *policy, const char *key, const char *const *from, gsize n, guint at_least) {
        const guint mask = draw(2) == 0 && at_least == 0 ? 0 : draw(1U << n);
        guint added = 0;
        for (gsize i = 0; i < n; i++)
                if (mask & 1U << i && added < 3)
                        added += policy_add_string(policy, key, from[i], NULL);
        if (added < at_least)
                g_assert_true(policy_add_string(policy, key, from[draw(n)], NULL));
}

static Policy *random_policy(void) {
        Policy *policy = policy_new();
        policy->action = draw(5) == 0                 ? POLICY_FORWARD :
                         random_zones && draw(4) == 0 ? POLICY_OBEY_ZONES :
                         draw(2)                      ? POLICY_DENY :
                                                        POLICY_ALLOW_ONLY;
        if (policy->action == POLICY_FORWARD) {
                draw_some(policy, "interfaces", INTERFACES, G_N_ELEMENTS(INTERFACES), 1);
                draw_some(policy, "out-interfaces", INTERFACES, G_N_ELEMENTS(INTERFACES), 1);
        } else {
                draw_some(policy, "interfaces", INTERFACES, G_N_ELEMENTS(INTERFACES), 0);
                if (policy->action != POLICY_OBEY_ZONES)
                        draw_some(policy, "sources", SOURCES, G_N_ELEMENTS(SOURCES),
                                  policy->action == POLICY_ALLOW_ONLY || draw(4));
                draw_some(policy, "destinations", DESTINATIONS, G_N_ELEMENTS(DESTINATIONS), 0);
                draw_some(policy, "ports", PORTS, G_N_ELEMENTS(PORTS), 0);
                if (draw(3) == 0)
                        draw_some(policy, "containers", CONTAINERS, G_N_ELEMENTS(CONTAINERS), 0);
                if (draw(6) == 0)
                        draw_some(policy, "networks", NETWORKS, G_N_ELEMENTS(NETWORKS), 0);
                policy->reject = draw(4) == 0;
                policy->log = draw(4) == 0;
        }
        policy->enabled = draw(8) != 0;
        g_autoptr(GError) error = NULL;
        policy_check(policy, &error);
        g_assert_no_error(error);
        return policy;
}

PolicySet *random_policies(guint at_most) {
        PolicySet *set = policy_set_new();
        for (guint i = 0, n = draw(at_most + 1); i < n; i++) {
                g_autofree char *name = g_strdup_printf("p%u", draw(at_most));
                g_autoptr(Policy) policy = random_policy();
                policy_set_insert(set, name, policy);
        }
        return set;
}

GStrv random_bridges(void) {
        const char *const both[] = { "br-a", "docker0", NULL };
        return g_strdupv((char **) (draw(3) ? both : both + 1));
}

static AddressRange address(const char *text) {
        AddressRange range;
        g_assert_true(address_range_parse(text, &range, NULL));
        return range;
}

Connection random_connection(const char *const *bridges) {
        const Family family = draw(2);
        Connection c = {
                .source = address(FROM[family][draw(5)]),
                .destination = address(TO[family][draw(4)]),
                .protocol = draw(3) ? "tcp" : "udp",
                .port = 80 + draw(4),
                .in = INTERFACES[draw(4)],
                .out = draw(4) ? bridges[draw(g_strv_length((char **) bridges))] : INTERFACES[draw(4)],
                .reply = draw(6) == 0,
        };
        c.error = !c.reply && draw(6) == 0;
        c.expected = !c.reply && !c.error && draw(3) == 0;
        c.again = !c.reply && !c.error && !c.expected && g_str_equal(c.protocol, "tcp") && draw(3) == 0;
        if (c.error)
                c.protocol = "icmp";
        /* Connections to the host itself that do not go to a container are not judged: see the guard's comment. */
        c.local = g_strv_contains(bridges, c.out) && draw(2);
        /* A container that Docker has not reported. */
        c.container = c.local ? address(family == FAMILY_IPV4 ? "172.30.0.9" : "fd30::9") : c.destination;
        return c;
}

char *connection_to_string(const Connection *c) {
        g_autofree char *source = address_range_format(&c->source), *destination = address_range_format(&c->destination);
        g_autofree char *container = address_range_format(&c->container);
        return g_strdup_printf("%s%s %s -> %s port %u/%s, %s -> %s (%s)", c->local ? "published " : "",
                               c->reply    ? "reply" :
                               c->error    ? "error" :
                               c->expected ? "expected" :
                               c->again    ? "again" :
                                             "new",
                               source, destination, c->port, c->protocol, c->in, c->out, container);
}

char *policy_set_to_string(PolicySet *set) {
        GString *text = g_string_new(NULL);
        g_autoptr(GPtrArray) names = policy_set_names(set);
        for (guint i = 0; i < names->len; i++) {
                const Policy *policy = g_hash_table_lookup(set->policies, names->pdata[i]);
                g_string_append_printf(text, "%s%s: %s", i ? "\n" : "", (char *) names->pdata[i],
                                       policy_get_string(policy, "action"));
                for (const PolicyField *field = POLICY_FIELDS; field->name; field++) {
                        if (policy_key_type(field->name) != POLICY_KEY_STRINGS)
                                continue;
                        g_auto(GStrv) values = policy_get_strings(policy, field->name);
                        g_autofree char *joined = g_strjoinv(",", values);
                        if (joined[0])
                                g_string_append_printf(text, " %s=%s", field->name, joined);
                }
                g_string_append(text, policy->enabled ? "" : " disabled");
        }
        return g_string_free(text, FALSE);
}
