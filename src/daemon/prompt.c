/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prompt.h"

#include <string.h>

#include "compile/direct-words.h"
#include "model/bounds.h"
#include "model/brief.h"
#include "model/facts.h"

/* Bytes per list, so that the prompt stays readable. */
#define LIST_BYTES 240U

char *prompt_text(const char *text, gsize limit) {
        GString *shown = g_string_new(NULL);
        g_autofree char *valid = g_utf8_make_valid(text, -1);
        const char *c = valid;
        for (; *c && shown->len < limit; c = g_utf8_next_char(c)) {
                const gunichar letter = g_utf8_get_char(c);
                if (letter >= ' ' && letter < 0x7f && !strchr("\"'`\\$<>&", (int) letter))
                        g_string_append_c(shown, (char) letter);
                else
                        g_string_append_printf(shown, "\\u{%x}", letter);
        }
        if (*c)
                g_string_append_printf(shown, "... [%zu more bytes]", strlen(c));
        return g_string_free(shown, FALSE);
}

/* "a, b, c", or as many as fit, and "and 7 more". */
static char *join(GStrv list) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; list[i]; i++) {
                if (text->len > LIST_BYTES) {
                        g_string_append_printf(text, " and %u more", g_strv_length(list + i));
                        break;
                }
                g_autofree char *shown = prompt_text(list[i], LIMIT_CONTAINER_NAME);
                g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", shown);
        }
        return g_string_free(text, FALSE);
}

/* Sorts by breadth: the number of leading bits that all addresses of a range share. */
static guint common_bits(const AddressRange *range) {
        const guint bits = range->family == FAMILY_IPV4 ? 32 : 128;
        guint n = 0;
        while (n < bits && !((range->first[n / 8] ^ range->last[n / 8]) & (0x80 >> n % 8)))
                n++;
        return range->family == FAMILY_IPV4 ? n : n / 4;
}

static int compare_breadth(gconstpointer a, gconstpointer b) {
        return (int) common_bits(a) - (int) common_bits(b);
}

/* Broadest first, so that what matters most is not hidden by "and 7 more". */
static char *join_addresses(GArray *addresses) {
        g_autoptr(GArray) sorted = g_array_copy(addresses);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        if (addresses->len > 3)
                g_array_sort(sorted, compare_breadth);
        for (guint i = 0; i < sorted->len; i++) {
                g_autofree char *text = address_range_format(&g_array_index(sorted, AddressRange, i));
                g_strv_builder_add(builder, text);
        }
        g_auto(GStrv) list = g_strv_builder_end(builder);
        return join(list);
}

static void describe_key(GString *text, const Policy *policy, const char *key, const char *words) {
        g_auto(GStrv) list = policy_get_strings(policy, key);
        if (!list[0])
                return;
        g_autofree char *joined = join(list);
        g_string_append_printf(text, " %s %s", words, joined);
}

/* Describes the names, of which one must match, or the labels, which all must. A label is arbitrary text: quoted, it cannot
 * pass for the rest of the sentence. */
static void describe_entries(GString *text, const Policy *policy, bool labels, const char *words) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        bool quoted = false;
        for (guint i = 0; i < policy->containers->len; i++) {
                const char *entry = policy->containers->pdata[i];
                if (docker_entry_is_label(entry) != labels)
                        continue;
                g_strv_builder_add(builder, entry);
                quoted |= strchr(entry, ' ') || strchr(entry, ',');
        }
        g_auto(GStrv) list = g_strv_builder_end(builder);
        if (!list[0])
                return;
        g_autofree char *joined = join(list);
        g_string_append_printf(text, quoted ? " %s \"%s\"" : " %s %s", words, joined);
}

static void describe_containers(GString *text, const Policy *policy) {
        describe_entries(text, policy, false, "named");
        describe_entries(text, policy, true, "with");
}

/* "the ipset office of firewalld"; NULL: there is none. */
static char *describe_references(const Policy *policy, const PolicyReference *reference) {
        GPtrArray *names = policy_get_names(policy, reference);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < names->len; i++)
                g_strv_builder_add(builder, names->pdata[i]);
        g_auto(GStrv) list = g_strv_builder_end(builder);
        g_autofree char *joined = join(list);
        const char *whose = g_str_equal(reference->prefix, POLICY_GROUP) ? "" : " of firewalld";
        return names->len > 0 ? g_strdup_printf("the %s%s %s%s", reference->noun, names->len == 1 ? "" : "s", joined, whose) :
                                NULL;
}

static char *describe_sources(const Policy *policy) {
        if (!policy_has_sources(policy))
                return g_strdup("everybody");
        g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
        if (policy->sources->len > 0)
                g_ptr_array_add(parts, join_addresses(policy->sources));
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < policy->brief->len; i++) {
                g_autofree char *source = brief_source_format(&g_array_index(policy->brief, BriefSource, i));
                g_strv_builder_add(builder, source);
        }
        g_auto(GStrv) brief = g_strv_builder_end(builder);
        if (brief[0])
                g_ptr_array_add(parts, join(brief));
        ITERATE_REFERENCES(reference) {
                char *part = describe_references(policy, reference);
                if (part)
                        g_ptr_array_add(parts, part);
        }
        g_ptr_array_add(parts, NULL);
        return g_strjoinv(" and ", (char **) parts->pdata);
}

char *prompt_policy(const Policy *policy) {
        GString *text = g_string_new(NULL);
        if (policy->action == POLICY_FORWARD) {
                g_string_append(text, "Route");
                describe_key(text, policy, "interfaces", "from");
                describe_key(text, policy, "out-interfaces", "to");
                return g_string_free(text, FALSE);
        }
        g_autofree char *who = describe_sources(policy);
        if (policy->action == POLICY_OBEY_ZONES)
                g_string_append(text, "Only whom firewalld's zones let in may reach containers");
        else if (policy->action == POLICY_ALLOW_ONLY)
                g_string_append_printf(text, "Only %s may reach containers", who);
        else
                g_string_append_printf(text, "Keep %s away from containers", who);
        describe_containers(text, policy);
        describe_key(text, policy, "networks", "in");
        describe_key(text, policy, "ports", policy->ports->len == 1 ? "on port" : "on ports");
        if (policy->destinations->len > 0) {
                g_autofree char *where = join_addresses(policy->destinations);
                g_string_append_printf(text, " at %s", where);
        }
        describe_key(text, policy, "interfaces", "from");
        if (policy->until_text)
                g_string_append_printf(text, " until %s", policy->until_text);
        return g_string_free(text, FALSE);
}

char *prompt_when(const Options *options, bool firewalld) {
        GString *text = g_string_new(NULL);
        if (options->scope == SCOPE_BOTH)
                g_string_append(text, ", now and permanently");
        else if (options->scope == SCOPE_PERMANENT)
                g_string_append(text, ", permanently but not now: from the next reload or boot on");
        else
                g_string_append_printf(text, ", now and until the next reload of %s or boot",
                                       firewalld ? "firewalld" : "quaywalld");
        if (options->cut)
                g_string_append(text, ", ending the open connections that are then forbidden");
        if (options->confirm_within)
                g_string_append_printf(text, ", undone after %u seconds unless confirmed", (guint) options->confirm_within);
        return g_string_free(text, FALSE);
}

static const char *state(const Policy *policy) {
        return policy->enabled ? "" : "disabled, so it has no effect: ";
}

static void append_before(GString *text, const char *words, const Policy *policy) {
        if (!policy)
                return;
        g_autofree char *what = prompt_policy(policy);
        g_string_append_printf(text, ". %s: %s%s", words, policy->enabled ? "" : "disabled: ", what);
}

char *prompt_set(const char *name, const Policy *policy, const Policy *before, const Policy *later, const Options *options) {
        g_autofree char *what = prompt_policy(policy), *when = prompt_when(options, false);
        GString *text = g_string_new(before ? "Replace" : "Make");
        g_string_append_printf(text, " the policy \"%s\"%s. It is %s%s", name, when, state(policy),
                               policy->enabled ? "this: " : "");
        g_string_append(text, what);
        if (policy->reject)
                g_string_append(text, ", with an error as the answer");
        if (policy->log)
                g_string_append(text, ", logged");
        append_before(text, "Before", before);
        append_before(text, "Before, permanently", later);
        return g_string_free(text, FALSE);
}

char *prompt_remove(const char *name, const Policy *before, const Policy *later, const Options *options) {
        g_autofree char *when = prompt_when(options, false);
        GString *text = g_string_new(NULL);
        g_string_printf(text, "Remove the policy \"%s\"%s", name, when);
        append_before(text, "It is this", before);
        append_before(text, "Permanently it is this", later);
        return g_string_free(text, FALSE);
}

/* "sources 10.0.0.1, ports 80/tcp" of what an edit adds or removes. */
static void append_lists(GString *text, const char *words, const Policy *lists) {
        const char *before = words, *between = "";
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++) {
                if (policy_key_type(field->name) != POLICY_KEY_STRINGS)
                        continue;
                g_auto(GStrv) entries = policy_get_strings(lists, field->name);
                if (!entries[0])
                        continue;
                g_autofree char *joined = join(entries);
                g_string_append_printf(text, "%s%s%s %s", before, between, field->name, joined);
                before = "";
                between = "; ";
        }
}

char *prompt_edit(const char *name, const PolicyDelta *delta, const Policy *after, const Policy *before, const Policy *later,
                  const Options *options) {
        g_autofree char *when = prompt_when(options, false), *what = after ? prompt_policy(after) : NULL;
        GString *text = g_string_new(NULL);
        g_string_printf(text, "Edit the policy \"%s\"%s", name, when);
        append_lists(text, ". Removed are ", delta->remove);
        append_lists(text, ". Added are ", delta->add);
        if (what)
                g_string_append_printf(text, ". Then it is %s%s%s%s%s", state(after), after->enabled ? "this: " : "", what,
                                       after->reject ? ", with an error as the answer" : "", after->log ? ", logged" : "");
        append_before(text, "Before", before);
        append_before(text, "Before, permanently", later);
        return g_string_free(text, FALSE);
}

char *prompt_rename(const char *name, const char *new_name, const Policy *before, const Policy *later, const Options *options) {
        g_autofree char *when = prompt_when(options, false);
        GString *text = g_string_new(NULL);
        g_string_printf(text, "Rename the policy \"%s\" to \"%s\"%s", name, new_name, when);
        append_before(text, "It is this", before);
        append_before(text, "Permanently it is this", later);
        return g_string_free(text, FALSE);
}

/* "\"a\" (deny), \"b\" (allow-only, disabled)": the policies of this set that the other one has as well, or lacks. */
static char *list_policies(PolicySet *set, PolicySet *other, bool in_other) {
        g_autoptr(GPtrArray) names = policy_set_names(set);
        g_autoptr(GString) text = g_string_new(NULL);
        guint left = 0, n = 0;
        for (guint i = 0; i < names->len; i++) {
                const Policy *policy = g_hash_table_lookup(set->policies, names->pdata[i]);
                if (g_hash_table_contains(other->policies, names->pdata[i]) != in_other)
                        continue;
                n++;
                if (text->len > LIST_BYTES)
                        left++;
                else
                        g_string_append_printf(text, "%s\"%s\" (%s%s)", text->len > 0 ? ", " : "", (char *) names->pdata[i],
                                               policy_get_string(policy, "action"), policy->enabled ? "" : ", disabled");
        }
        if (left > 0)
                g_string_append_printf(text, " and %u more", left);
        return n > 0 ? g_strdup_printf("%u: %s", n, text->str) : NULL;
}

static void append_part(GString *text, const char *verb, const char *list) {
        if (list)
                g_string_append_printf(text, ". %s %s", verb, list);
}

/* names: of groups. */
static void append_groups(GString *text, const char *verb, GPtrArray *names) {
        g_ptr_array_add(names, NULL);
        g_autofree char *list = names->len > 1 ? join((char **) names->pdata) : NULL;
        append_part(text, verb, list);
}

char *prompt_set_many(PolicySet *policies, PolicySet *before, const Options *options) {
        g_autofree char *made = list_policies(policies, before, false), *replaced = list_policies(policies, before, true),
                        *when = prompt_when(options, false);
        GString *text = g_string_new(NULL);
        const guint n = g_hash_table_size(policies->policies);
        g_string_printf(text, "Set %u %s%s", n, n == 1 ? "policy" : "policies", when);
        append_part(text, "Made are", made);
        append_part(text, "Replaced are", replaced);
        g_autoptr(GPtrArray) groups = policy_set_group_names(policies);
        append_groups(text, "Set beside them are the groups", groups);
        return g_string_free(text, FALSE);
}

static void append_difference(GString *text, PolicySet *policies, PolicySet *before) {
        g_autofree char *removed = list_policies(before, policies, false), *made = list_policies(policies, before, false),
                        *replaced = list_policies(policies, before, true);
        append_part(text, "Removed are", removed);
        append_part(text, "Made are", made);
        append_part(text, "Replaced are", replaced);
}

char *prompt_replace_all(PolicySet *policies, PolicySet *before, const Options *options) {
        g_autofree char *when = prompt_when(options, false);
        GString *text =
                g_string_new(g_hash_table_size(policies->policies) > 0 ? "Replace all policies" : "Remove all policies");
        g_string_append(text, when);
        append_difference(text, policies, before);
        g_autoptr(GPtrArray) groups = policy_set_group_names(policies);
        append_groups(text, "Set beside them are the groups", groups);
        return g_string_free(text, FALSE);
}

/* The policies of the set that have these names. */
static PolicySet *pick(PolicySet *set, GPtrArray *names) {
        PolicySet *picked = policy_set_new();
        for (guint i = 0; i < names->len; i++) {
                Policy *policy = g_hash_table_lookup(set->policies, names->pdata[i]);
                if (policy)
                        policy_set_insert(picked, names->pdata[i], policy);
        }
        return picked;
}

char *prompt_adopt(PolicySet *policies, PolicySet *before, const Options *options) {
        g_autofree char *when = prompt_when(options, false);
        g_autoptr(GPtrArray) names = policy_set_difference(policies, before, STORE_POLICIES),
                             groups = policy_set_difference(policies, before, STORE_GROUPS);
        g_autoptr(PolicySet) now = pick(policies, names), was = pick(before, names);
        GString *text = g_string_new("Make the policies that are in force now the permanent ones");
        g_string_append(text, when);
        append_difference(text, now, was);
        append_groups(text, "With them change the groups", groups);
        return g_string_free(text, FALSE);
}

/* One policy, as the change made it and as it is without the change; either may be NULL. */
static void append_undone(GString *text, const char *name, const Policy *after, const Policy *before) {
        g_autofree char *what = before ? prompt_policy(before) : NULL;
        g_string_append_printf(text, ". The policy \"%s\" is then %s%s%s", name, before ? state(before) : "",
                               !before         ? "removed" :
                               before->enabled ? "this: " :
                                                 "",
                               what ? what : "");
        append_before(text, "Now it is this", after);
}

char *prompt_undo(const ChangeRecord *record, const Options *options) {
        g_autofree char *when = prompt_when(options, false), *method = prompt_text(record->method, LIMIT_NAME),
                        *names = join(record->names),
                        *who = record->uid == RECORD_NO_USER ? g_strdup("") :
                                                               g_strdup_printf(" by uid %u", (guint) record->uid);
        const int scope = record->scope & SCOPE_RUNTIME ? RECORD_NOW : RECORD_LATER;
        GString *text = g_string_new(NULL);
        g_string_printf(text, "Take back change %" G_GUINT64_FORMAT ", %s%s%s", record->number, method, who, when);
        if (!record->policies)
                g_string_append_printf(text, ". It is of %u: %s", g_strv_length(record->names), names);
        else if (record->policies->len == 1) {
                const RecordPolicy *policy = record->policies->pdata[0];
                append_undone(text, policy->name, policy->after[scope], policy->before[scope]);
        } else {
                g_autoptr(PolicySet) then = change_record_set(record, false, scope),
                                     now = change_record_set(record, true, scope);
                append_difference(text, then, now);
        }
        return g_string_free(text, FALSE);
}

static char *describe_addresses(GArray *addresses) {
        return addresses->len > 0 ? join_addresses(addresses) : g_strdup("nobody");
}

/* Whom the change concerns. */
static void append_users(GString *text, const char *group, PolicySet *set) {
        g_autoptr(GPtrArray) users = policy_set_list_users(set, group);
        g_autoptr(PolicySet) all = policy_set_new(), none = policy_set_new();
        for (guint i = 0; i < users->len; i++)
                policy_set_insert(all, users->pdata[i], g_hash_table_lookup(set->policies, users->pdata[i]));
        g_autofree char *list = list_policies(all, none, false);
        g_string_append_printf(text, ". %s %s", list ? "Policies that name it are" : "No policy names it", list ? list : "yet");
}

char *prompt_group_set(const char *name, const Group *group, const Group *before, PolicySet *set, const Options *options) {
        g_autofree char *who = describe_addresses(group->addresses), *when = prompt_when(options, false),
                        *old = before ? describe_addresses(before->addresses) : NULL;
        GString *text = g_string_new(before ? "Replace" : "Make");
        g_string_append_printf(text, " the group \"%s\"%s. It is %s", name, when, who);
        if (old)
                g_string_append_printf(text, ". Before: %s", old);
        append_users(text, name, set);
        return g_string_free(text, FALSE);
}

char *prompt_group_edit(const char *name, bool is_added, GArray *addresses, PolicySet *set, const Options *options) {
        g_autofree char *who = describe_addresses(addresses), *when = prompt_when(options, false);
        GString *text = g_string_new(is_added ? "Add to" : "Take out of");
        g_string_append_printf(text, " the group \"%s\"%s: %s", name, when, who);
        append_users(text, name, set);
        return g_string_free(text, FALSE);
}

char *prompt_group_delete(const char *name, const Group *before, const Options *options) {
        g_autofree char *who = before ? describe_addresses(before->addresses) : NULL, *when = prompt_when(options, false);
        return g_strdup_printf("Delete the group \"%s\"%s%s%s", name, when, who ? ". It is " : "", who ? who : "");
}

char *prompt_pending(bool keep, const char *const *names) {
        GString *text =
                g_string_new(keep ? "Keep the change of policies that is undone unless it is confirmed" :
                                    "Undo the change of policies that waits to be confirmed: those of before hold again");
        if (!names)
                return g_string_free(text, FALSE);
        g_autofree char *joined = join((char **) names);
        g_string_append_printf(text, ". It is of %u: %s", g_strv_length((char **) names), joined);
        return g_string_free(text, FALSE);
}

char *prompt_direct(bool add, Family family, int priority, const char *const *args, const Options *options) {
        const char *target = direct_words_target(args);
        g_autofree char *words = g_strjoinv(" ", (char **) args), *shown = prompt_text(words, LIMIT_DIRECT_RULE * 8),
                        *name = prompt_text(target ? target : "", LIMIT_CHAIN), *when = prompt_when(options, true);
        return g_strdup_printf("%s a rule %s%s %s the chain DOCKER-USER%s: %s, priority %d, \"%s\"", add ? "Add" : "Remove",
                               target ? "with the target " : "without a target", name, add ? "to" : "from", when,
                               family_to_string(family), priority, shown);
}
