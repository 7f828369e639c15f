/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an edit makes of a policy, and of a set of policies; and by what a policy is recognised. */
#include "model/policy-edit.h"

#include "model/bounds.h"
#include "model/error.h"
#include "model/revision.h"
#include "world.h"

/* "sources=10.0.0.1,ports=80/tcp": keys, entries added to or removed from a policy, as in policy_from_line(). */
static void fill(Policy *policy, GHashTable *given, const char *line) {
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        for (char **word = words; *word && **word; word++) {
                g_auto(GStrv) pair = g_strsplit(*word, "=", 2);
                g_auto(GStrv) entries = g_strsplit(pair[1], ",", -1);
                if (given)
                        g_hash_table_add(given, (char *) g_intern_string(pair[0]));
                if (policy_key_type(pair[0]) == POLICY_KEY_BOOLEAN)
                        policy_set_boolean(policy, pair[0], g_str_equal(pair[1], "yes"));
                else if (policy_key_type(pair[0]) == POLICY_KEY_STRING)
                        g_assert_true(policy_set_string(policy, pair[0], pair[1], NULL));
                else
                        for (char **entry = entries; *entry; entry++)
                                g_assert_true(policy_add_string(policy, pair[0], *entry, NULL));
        }
}

static PolicyDelta *delta_of(const char *add, const char *remove) {
        PolicyDelta *delta = policy_delta_new();
        fill(delta->add, delta->given, add);
        fill(delta->remove, NULL, remove);
        return delta;
}

/* The policy as "allow-only sources=10.0.0.1 ...", or the error. */
static char *describe(const Policy *policy) {
        GString *text = g_string_new(policy_get_string(policy, "action"));
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++) {
                if (policy_key_type(field->name) != POLICY_KEY_STRINGS)
                        continue;
                g_auto(GStrv) entries = policy_get_strings(policy, field->name);
                g_autofree char *joined = g_strjoinv(",", entries);
                if (entries[0])
                        g_string_append_printf(text, " %s=%s", field->name, joined);
        }
        g_string_append_printf(text, "%s%s%s", policy->log ? " log" : "", policy->reject ? " reject" : "",
                               policy->enabled ? "" : " disabled");
        if (policy->description)
                g_string_append_printf(text, " \"%s\"", policy->description);
        return g_string_free(text, FALSE);
}

static char *apply(const char *before, const char *add, const char *remove) {
        g_autoptr(Policy) policy = policy_from_line(before, NULL);
        g_autoptr(PolicyDelta) delta = delta_of(add, remove);
        g_autoptr(GError) error = NULL;
        g_assert_nonnull(policy);
        g_autofree char *unchanged = describe(policy);
        g_autoptr(Policy) after = policy_delta_apply(delta, policy, &error);
        g_autofree char *same = describe(policy);
        g_assert_cmpstr(unchanged, ==, same);
        g_assert_true(!after == !!error);
        return after ? describe(after) : g_strdup(error->message);
}

#define EMPTY "none would be left, and then the policy would be for all; to end it, remove or disable the policy"

static void test_delta(void) {
        static const char *const CASES[][4] = {
                /* before, added, removed, after */
                { "allow-only sources=10.0.0.1", "sources=10.0.0.9", "", "allow-only sources=10.0.0.1,10.0.0.9" },
                { "allow-only sources=10.0.0.1,10.0.0.9", "", "sources=10.0.0.1", "allow-only sources=10.0.0.9" },
                /* what is there already, also within a range */
                { "allow-only sources=10.0.0.1", "sources=10.0.0.1", "", "allow-only sources=10.0.0.1" },
                { "allow-only sources=10.0.0.0/8", "sources=10.1.0.0/16", "", "allow-only sources=10.0.0.0/8" },
                /* exactly: from the middle of a range, over several, and in its own family only */
                { "allow-only sources=10.0.0.0/30", "", "sources=10.0.0.1", "allow-only sources=10.0.0.0,10.0.0.2/31" },
                { "allow-only sources=10.0.0.1-10.0.0.3,1.1.1.1,10.0.0.5-10.0.0.7", "", "sources=10.0.0.3-10.0.0.5",
                  "allow-only sources=1.1.1.1,10.0.0.1-10.0.0.2,10.0.0.6/31" },
                { "allow-only sources=::/0,10.0.0.0/8", "", "sources=10.0.0.0/9", "allow-only sources=::/0,10.128.0.0/9" },
                { "allow-only sources=0.0.0.0/0", "", "sources=0.0.0.0/1,128.0.0.0/2,192.0.0.0-255.255.255.254",
                  "allow-only sources=255.255.255.255" },
                /* removed first: narrower */
                { "allow-only sources=10.0.0.0/8", "sources=10.1.0.0/16", "sources=10.0.0.0/8",
                  "allow-only sources=10.1.0.0/16" },
                { "allow-only sources=10.0.0.1", "", "sources=10.0.0.2",
                  "remove: sources: \"10.0.0.2\" cannot be removed, since the policy does not have it; see \"quaywallctl policy show\"" },
                { "allow-only sources=10.0.0.1", "", "sources=fd00::1",
                  "remove: sources: \"fd00::1\" cannot be removed, since the policy does not have it; see \"quaywallctl policy show\"" },
                { "allow-only sources=10.0.0.1", "", "sources=10.0.0.0/24", "remove: sources: " EMPTY },
                { "deny sources=10.0.0.1", "", "sources=10.0.0.1", "remove: sources: " EMPTY },
                { "deny sources=10.0.0.1,ipset:bad,zone:work", "", "sources=10.0.0.1,zone:work", "deny sources=ipset:bad" },
                { "deny sources=ipset:bad", "", "sources=ipset:bad", "remove: sources: " EMPTY },
                { "deny sources=ipset:bad", "", "sources=zone:bad",
                  "remove: sources: \"zone:bad\" cannot be removed, since the policy does not have it; see \"quaywallctl policy show\"" },
                { "deny", "sources=ipset:bad", "", "deny sources=ipset:bad" },
                { "deny sources=group:a,10.0.0.1", "sources=group:b", "sources=group:a", "deny sources=10.0.0.1,group:b" },
                { "deny ports=80/tcp", "ports=80/udp,443/tcp", "", "deny ports=80/tcp,80/udp,443/tcp" },
                { "deny ports=5000-5010/tcp", "", "ports=5005/tcp", "deny ports=5000-5004/tcp,5006-5010/tcp" },
                { "deny ports=5000-5010/tcp,1-65535/udp", "", "ports=1-65534/udp,5000-5009/tcp",
                  "deny ports=5010/tcp,65535/udp" },
                { "deny ports=5000-5010/tcp", "ports=5000/tcp", "", "deny ports=5000-5010/tcp" },
                { "deny ports=5000-5010/tcp", "", "ports=5000/udp",
                  "remove: ports: \"5000/udp\" cannot be removed, since the policy does not have it; see \"quaywallctl policy show\"" },
                { "deny ports=80/tcp", "", "ports=80/tcp", "remove: ports: " EMPTY },
                { "deny containers=web,db", "containers=mail,web", "containers=db", "deny containers=web,mail" },
                { "deny containers=web", "", "containers=db",
                  "remove: containers: \"db\" cannot be removed, since the policy does not have it; see \"quaywallctl policy show\"" },
                { "deny interfaces=eth0", "interfaces=eth1", "interfaces=eth0", "deny interfaces=eth1" },
                { "deny networks=a", "", "networks=a", "remove: networks: " EMPTY },
                { "deny destinations=192.168.1.0/30", "", "destinations=192.168.1.0/31", "deny destinations=192.168.1.2/31" },
                { "deny", "log=yes reject=yes enabled=no description=why", "", "deny log reject disabled \"why\"" },
                { "deny log description=why", "log=no description=", "", "deny" },
                { "deny log", "", "", "deny log" },
                { "forward interfaces=eth0 out-interfaces=eth1", "out-interfaces=eth2", "",
                  "forward interfaces=eth0 out-interfaces=eth1,eth2" },
                { "forward interfaces=eth0 out-interfaces=eth1", "log=yes", "",
                  "log: \"forward\" keeps nothing out, so there is nothing to reject or to log" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *after = apply(CASES[i][0], CASES[i][1], CASES[i][2]);
                g_test_message("%s + %s - %s", CASES[i][0], CASES[i][1], CASES[i][2]);
                g_assert_cmpstr(after, ==, CASES[i][3]);
        }
}

/* All of a policy's addresses are edited at once, however many there are. */
static void test_many(void) {
        g_autoptr(Policy) policy = policy_from_line("allow-only sources=192.168.0.1", NULL);
        g_autoptr(PolicyDelta) delta = policy_delta_new(), again = policy_delta_new(), more = policy_delta_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(GTimer) timer = g_timer_new();
        for (guint i = 0; i < LIMIT_ADDRESSES - 1; i++) {
                g_autofree char *text = g_strdup_printf("10.%u.%u.1", i / 256, i % 256);
                g_assert_true(policy_add_string(delta->add, "sources", text, NULL));
                g_assert_true(policy_add_string(again->remove, "sources", text, NULL));
        }
        g_autoptr(Policy) full = policy_delta_apply(delta, policy, NULL);
        g_assert_cmpuint(full->sources->len, ==, LIMIT_ADDRESSES);
        g_autoptr(Policy) back = policy_delta_apply(again, full, NULL);
        g_assert_true(policy_equal(back, policy));
        g_test_message("65,535 addresses added, and removed: %.0f ms", g_timer_elapsed(timer, NULL) * 1000);
        g_assert_cmpfloat(g_timer_elapsed(timer, NULL), <, 5);
        g_assert_true(policy_add_string(more->add, "sources", "11.0.0.1", NULL));
        g_assert_null(policy_delta_apply(more, full, &error));
        g_assert_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED);
}

/* Against addresses one by one, in a small range. */
static void test_exact(void) {
        for (guint round = 0; round < 2000; round++) {
                g_autoptr(Policy) policy = policy_new();
                g_autoptr(PolicyDelta) delta = policy_delta_new();
                GArray *const lists[] = { policy->sources, delta->add->sources, delta->remove->sources };
                bool in[3][64] = { { false } };
                policy->action = POLICY_ALLOW_ONLY;
                for (guint list = 0; list < 3; list++)
                        for (gint n = g_random_int_range(list == 0, 4); n-- > 0;) {
                                const guint first = g_random_int_range(0, 64), last = g_random_int_range(first, 64);
                                AddressRange range = { .family = FAMILY_IPV4,
                                                       .first = { 10, 0, 0, first },
                                                       .last = { 10, 0, 0, last } };
                                bool overlaps = false;
                                for (guint a = first; a <= last; a++)
                                        overlaps |= in[list][a];
                                if (overlaps)
                                        continue;
                                g_array_append_val(lists[list], range);
                                for (guint a = first; a <= last; a++)
                                        in[list][a] = true;
                        }
                g_autoptr(Policy) after = policy_delta_apply(delta, policy, NULL);
                if (!after)
                        continue; /* nothing to remove, or nothing left; or what is added overlaps what is there */
                for (guint a = 0; a < 64; a++) {
                        const AddressRange one = { .family = FAMILY_IPV4, .first = { 10, 0, 0, a }, .last = { 10, 0, 0, a } };
                        bool is = false;
                        for (guint i = 0; i < after->sources->len; i++)
                                is |= address_range_contains(&g_array_index(after->sources, AddressRange, i), &one);
                        g_assert_cmpint(is, ==, (in[0][a] && !in[2][a]) || in[1][a]);
                }
        }
}

/* "a=deny b=deny": the set after the edit. */
static char *edit(const PolicyEdit *what) {
        g_autoptr(PolicySet) set =
                policy_set_from_lines((const char *const[]){ "a: deny ports=1/tcp", "b: deny ports=2/tcp", NULL });
        g_autoptr(GError) error = NULL;
        g_autoptr(PolicySet) after = policy_edit_apply(what, set, &error);
        if (!after)
                return g_strdup(error->message);
        g_assert_cmpuint(g_hash_table_size(set->policies), ==, 2);
        g_autoptr(GPtrArray) names = policy_set_names(after);
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < names->len; i++) {
                g_autofree char *policy = describe(g_hash_table_lookup(after->policies, names->pdata[i]));
                g_string_append_printf(text, "%s%s: %s", i ? "; " : "", (char *) names->pdata[i], policy);
        }
        return g_string_free(text, FALSE);
}

static void test_edits(void) {
        g_autoptr(PolicySet) policies = policy_set_from_lines((const char *const[]){ "a: deny", "c: deny", NULL });
        g_autoptr(Policy) policy = policy_from_line("deny ports=3/tcp", NULL);
        g_autoptr(PolicyDelta) delta = delta_of("ports=9/tcp", "ports=1/tcp");
        const struct {
                PolicyEdit edit;
                const char *after;
        } CASES[] = {
                { { POLICY_EDIT_SET, .name = "a", .policy = policy }, "a: deny ports=3/tcp; b: deny ports=2/tcp" },
                { { POLICY_EDIT_SET, .name = "c", .policy = policy },
                  "a: deny ports=1/tcp; b: deny ports=2/tcp; c: deny ports=3/tcp" },
                { { POLICY_EDIT_REMOVE, .name = "a" }, "b: deny ports=2/tcp" },
                { { POLICY_EDIT_SET_MANY, .policies = policies }, "a: deny; b: deny ports=2/tcp; c: deny" },
                { { POLICY_EDIT_REPLACE_ALL, .policies = policies }, "a: deny; c: deny" },
                { { POLICY_EDIT_DELTA, .name = "a", .delta = delta }, "a: deny ports=9/tcp; b: deny ports=2/tcp" },
                { { POLICY_EDIT_DELTA, .name = "none", .delta = delta }, "a: deny ports=1/tcp; b: deny ports=2/tcp" },
                { { POLICY_EDIT_DELTA, .name = "b", .delta = delta },
                  "remove: ports: \"1/tcp\" cannot be removed, since the policy does not have it; see \"quaywallctl policy show\"" },
                { { POLICY_EDIT_RENAME, .name = "a", .new_name = "z" }, "b: deny ports=2/tcp; z: deny ports=1/tcp" },
                { { POLICY_EDIT_RENAME, .name = "none", .new_name = "z" }, "a: deny ports=1/tcp; b: deny ports=2/tcp" },
        };
        for (gsize i = 0; i < G_N_ELEMENTS(CASES); i++) {
                g_autofree char *after = edit(&CASES[i].edit);
                g_assert_cmpstr(after, ==, CASES[i].after);
        }
}

/* Two policies have the same revision only if they are the same, whatever differs; also where text moves from one field to the
 * next. */
static void test_revision(void) {
        static const char *const LINES[] = {
                "deny",
                "deny log",
                "deny reject",
                "deny disabled",
                "deny description=x",
                "deny ports=80/tcp",
                "deny ports=80/udp",
                "deny ports=80-81/tcp",
                "deny ports=80/tcp,81/tcp",
                "deny sources=10.0.0.1",
                "deny sources=10.0.0.1,10.0.0.2",
                "deny sources=10.0.0.1-10.0.0.2",
                "deny sources=::a00:1",
                "deny destinations=10.0.0.1",
                "deny sources=ipset:a",
                "deny sources=zone:a",
                "deny containers=a",
                "deny networks=a",
                "deny containers=a,b",
                "deny containers=ab",
                "deny containers=a networks=b",
                "deny interfaces=a",
                "allow-only sources=10.0.0.1",
                "allow-only sources=group:office",
                "allow-only sources=ipset:office",
                "obey-zones",
                "forward interfaces=a out-interfaces=b",
                "forward interfaces=b out-interfaces=a",
                "forward interfaces=a,b out-interfaces=c",
        };
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
        for (gsize i = 0; i < G_N_ELEMENTS(LINES); i++) {
                g_autoptr(Policy) policy = policy_from_line(LINES[i], NULL), same = policy_from_line(LINES[i], NULL);
                g_test_message("%s", LINES[i]);
                g_assert_nonnull(policy);
                const guint64 revision = policy_revision(policy);
                g_assert_cmpuint(revision, !=, 0);
                /* exact in JavaScript */
                g_assert_cmpuint(revision, <, G_GUINT64_CONSTANT(1) << 53);
                g_assert_cmpuint(revision, ==, policy_revision(same));
                g_assert_cmpuint(revision, ==, policy_revision(policy));
                g_assert_true(g_hash_table_add(seen, g_memdup2(&revision, sizeof revision)));
                g_autoptr(Policy) copy = policy_copy(policy);
                copy->enabled = !copy->enabled;
                g_assert_cmpuint(policy_revision(copy), !=, revision);
        }
}

/* Policies that are equal already are not others, so that nobody writes their files. */
static void test_adopt(void) {
        g_autoptr(PolicySet)
                set = policy_set_from_lines((const char *[]){ "same: deny", "other: deny", "gone: deny", NULL }),
                adopted = policy_set_from_lines((const char *[]){ "same: deny", "other: deny log", "new: deny", NULL });
        const PolicyEdit edit = { .kind = POLICY_EDIT_ADOPT, .policies = adopted };
        g_autoptr(PolicySet) after = policy_edit_apply(&edit, set, NULL);
        g_assert_true(policy_set_equal(after, adopted));
        g_assert_true(g_hash_table_lookup(after->policies, "same") == g_hash_table_lookup(set->policies, "same"));
        g_assert_true(g_hash_table_lookup(after->policies, "other") == g_hash_table_lookup(adopted->policies, "other"));
}

static void insert_group(PolicySet *set, const char *name, const char *address) {
        g_autoptr(Group) group = group_new();
        g_assert_true(group_add_address(group, address, NULL));
        group_finish(group);
        policy_set_insert_group(set, name, group);
}

/* An edit of policies keeps the groups, unless it says what becomes of them, and the reverse. */
static void test_groups(void) {
        g_autoptr(PolicySet) set = policy_set_from_lines((const char *[]){ "old: deny", NULL }),
                             other = policy_set_from_lines((const char *[]){ "new: deny", NULL }),
                             bare = policy_set_copy(other);
        insert_group(set, "same", "10.0.0.1");
        insert_group(set, "changed", "10.0.0.2");
        insert_group(set, "gone", "10.0.0.3");
        insert_group(other, "same", "10.0.0.1");
        insert_group(other, "changed", "10.0.0.4");
        const PolicyEdit replace = { .kind = POLICY_EDIT_REPLACE_ALL, .policies = bare },
                         replace_both = { .kind = POLICY_EDIT_REPLACE_ALL, .policies = other };
        g_autoptr(PolicySet) replaced = policy_edit_apply(&replace, set, NULL),
                             both_replaced = policy_edit_apply(&replace_both, set, NULL);
        g_assert_true(g_hash_table_contains(replaced->policies, "new"));
        g_assert_false(g_hash_table_contains(replaced->policies, "old"));
        g_assert_true(g_hash_table_lookup(replaced->groups, "changed") == g_hash_table_lookup(set->groups, "changed"));
        g_assert_true(g_hash_table_contains(replaced->groups, "gone"));
        g_assert_false(g_hash_table_contains(both_replaced->policies, "old"));
        g_assert_true(g_hash_table_lookup(both_replaced->groups, "changed") == g_hash_table_lookup(other->groups, "changed"));
        g_assert_true(g_hash_table_contains(both_replaced->groups, "gone"));

        const PolicyEdit many = { .kind = POLICY_EDIT_SET_MANY, .policies = other };
        g_autoptr(PolicySet) both = policy_edit_apply(&many, set, NULL);
        g_assert_true(g_hash_table_contains(both->policies, "old"));
        g_assert_true(g_hash_table_contains(both->groups, "gone"));
        g_assert_true(g_hash_table_lookup(both->groups, "changed") == g_hash_table_lookup(other->groups, "changed"));

        /* What is in force becomes permanent with the groups that its policies name. */
        const PolicyEdit adopt = { .kind = POLICY_EDIT_ADOPT, .policies = other };
        g_autoptr(PolicySet) adopted = policy_edit_apply(&adopt, set, NULL);
        g_assert_true(policy_set_equal(adopted, other));
        g_assert_true(g_hash_table_lookup(adopted->groups, "same") == g_hash_table_lookup(set->groups, "same"));

        g_autoptr(GArray) addresses = g_array_ref(((Group *) g_hash_table_lookup(other->groups, "same"))->addresses);
        const PolicyEdit none = { .kind = GROUP_EDIT_ADD, .name = "none", .addresses = addresses },
                         add = { .kind = GROUP_EDIT_ADD, .name = "changed", .addresses = addresses },
                         delete = { .kind = GROUP_EDIT_DELETE, .name = "gone" };
        g_autoptr(PolicySet) as_before = policy_edit_apply(&none, set, NULL), added = policy_edit_apply(&add, set, NULL),
                             deleted = policy_edit_apply(&delete, set, NULL);
        g_assert_true(policy_set_equal(as_before, set));
        g_assert_cmpuint(((Group *) g_hash_table_lookup(added->groups, "changed"))->addresses->len, ==, 2);
        g_assert_true(g_hash_table_contains(added->policies, "old"));
        g_assert_false(g_hash_table_contains(deleted->groups, "gone"));
        g_assert_true(g_hash_table_contains(set->groups, "gone"));
}

int main(int argc, char **argv) {
        g_test_init(&argc, &argv, NULL);
        g_test_set_nonfatal_assertions();
        g_test_add_func("/policy-edit/delta", test_delta);
        g_test_add_func("/policy-edit/many", test_many);
        g_test_add_func("/policy-edit/exact", test_exact);
        g_test_add_func("/policy-edit/edits", test_edits);
        g_test_add_func("/policy-edit/revision", test_revision);
        g_test_add_func("/policy-edit/adopt", test_adopt);
        g_test_add_func("/policy-edit/groups", test_groups);
        return g_test_run();
}
