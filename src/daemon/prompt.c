/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prompt.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n.h>

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
                g_string_append_printf(shown, _("... [%zu more bytes]"), strlen(c));
        return g_string_free(shown, FALSE);
}

/* "a, b, c", or as many as fit, and "and 7 more". */
static char *join(GStrv list) {
        GString *text = g_string_new(NULL);
        for (guint i = 0; list[i]; i++) {
                if (text->len > LIST_BYTES) {
                        g_string_append_printf(text, _(" and %u more"), g_strv_length(list + i));
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

/* Appends the clause, which has a "%s" for the list. */
static void append_clause(GString *text, const char *clause, const char *list) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        g_string_append_printf(text, clause, list);
#pragma GCC diagnostic pop
}

static void describe_key(GString *text, const Policy *policy, const char *key, const char *clause) {
        g_auto(GStrv) list = policy_get_strings(policy, key);
        if (!list[0])
                return;
        g_autofree char *joined = join(list);
        append_clause(text, clause, joined);
}

/* Describes the names, of which one must match, or the labels, which all must. A label is arbitrary text: quoted, it cannot
 * pass for the rest of the sentence. */
static void describe_entries(GString *text, const Policy *policy, bool labels, const char *clause) {
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
        g_autofree char *joined = join(list), *shown = quoted ? g_strdup_printf("\"%s\"", joined) : g_strdup(joined);
        append_clause(text, clause, shown);
}

static void describe_containers(GString *text, const Policy *policy) {
        /* TRANSLATORS: these clauses follow "Only 192.168.1.0/24 may reach containers", in this order; each may be missing. */
        describe_entries(text, policy, false, _(" named %s"));
        describe_entries(text, policy, true, _(" with %s"));
}

/* "the ipset office of firewalld"; NULL: there is none. */
static char *describe_references(const Policy *policy, const PolicyReference *reference) {
        GPtrArray *names = policy_get_names(policy, reference);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        for (guint i = 0; i < names->len; i++)
                g_strv_builder_add(builder, names->pdata[i]);
        g_auto(GStrv) list = g_strv_builder_end(builder);
        g_autofree char *joined = join(list);
        if (names->len == 0)
                return NULL;
        if (g_str_equal(reference->prefix, POLICY_GROUP))
                return g_strdup_printf(ngettext("the group %s", "the groups %s", names->len), joined);
        if (g_str_equal(reference->prefix, POLICY_ZONE))
                return g_strdup_printf(ngettext("the zone %s of firewalld", "the zones %s of firewalld", names->len), joined);
        return g_strdup_printf(ngettext("the ipset %s of firewalld", "the ipsets %s of firewalld", names->len), joined);
}

static char *describe_sources(const Policy *policy) {
        if (!policy_has_sources(policy))
                return g_strdup(_("everybody"));
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
        return g_strjoinv(_(" and "), (char **) parts->pdata);
}

char *prompt_policy(const Policy *policy) {
        GString *text = g_string_new(NULL);
        if (policy->action == POLICY_FORWARD) {
                g_string_append(text, _("Route"));
                /* TRANSLATORS: these two follow "Route". */
                describe_key(text, policy, "interfaces", C_("route", " from %s"));
                describe_key(text, policy, "out-interfaces", C_("route", " to %s"));
                return g_string_free(text, FALSE);
        }
        g_autofree char *who = describe_sources(policy);
        if (policy->action == POLICY_OBEY_ZONES)
                g_string_append(text, _("Only whom firewalld's zones let in may reach containers"));
        else if (policy->action == POLICY_ALLOW_ONLY)
                g_string_append_printf(text, _("Only %s may reach containers"), who);
        else
                g_string_append_printf(text, _("Keep %s away from containers"), who);
        describe_containers(text, policy);
        describe_key(text, policy, "networks", _(" in %s"));
        describe_key(text, policy, "ports", ngettext(" on port %s", " on ports %s", policy->ports->len));
        if (policy->destinations->len > 0) {
                g_autofree char *where = join_addresses(policy->destinations);
                g_string_append_printf(text, _(" at %s"), where);
        }
        describe_key(text, policy, "interfaces", C_("containers", " from %s"));
        if (policy->until_text)
                g_string_append_printf(text, _(" until %s"), policy->until_text);
        return g_string_free(text, FALSE);
}

char *prompt_when(const Options *options, bool firewalld) {
        GString *text = g_string_new(NULL);
        if (options->scope == SCOPE_BOTH)
                g_string_append(text, _(", now and permanently"));
        else if (options->scope == SCOPE_PERMANENT)
                g_string_append(text, _(", permanently but not now: from the next reload or boot on"));
        else
                g_string_append_printf(text, _(", now and until the next reload of %s or boot"),
                                       firewalld ? "firewalld" : "quaywalld");
        if (options->cut)
                g_string_append(text, _(", ending the open connections that are then forbidden"));
        if (options->confirm_within)
                g_string_append_printf(text,
                                       ngettext(", undone after %u second unless confirmed",
                                                ", undone after %u seconds unless confirmed", options->confirm_within),
                                       (guint) options->confirm_within);
        return g_string_free(text, FALSE);
}

/* What it is: "this: Only ...", "disabled, so it has no effect: Only ...". */
static char *state(const Policy *policy) {
        g_autofree char *what = prompt_policy(policy);
        return g_strdup_printf(policy->enabled ? _("this: %s") : _("disabled, so it has no effect: %s"), what);
}

/* How it answers, and whether it logs. */
static void append_manner(GString *text, const Policy *policy) {
        g_string_append(text, policy->reject ? _(", with an error as the answer") : "");
        g_string_append(text, policy->log ? _(", logged") : "");
}

static void append_before(GString *text, const char *words, const Policy *policy) {
        if (!policy)
                return;
        g_autofree char *what = prompt_policy(policy);
        g_string_append_printf(text, policy->enabled ? _(". %s: %s") : _(". %s: disabled: %s"), words, what);
}

char *prompt_set(const char *name, const Policy *policy, const Policy *before, const Policy *later, const Options *options) {
        g_autofree char *what = state(policy), *when = prompt_when(options, false);
        GString *text = g_string_new(NULL);
        /* TRANSLATORS: the name, when it holds (", now and permanently"), and what it is ("this: Only ..."). */
        g_string_printf(text, before ? _("Replace the policy \"%s\"%s. It is %s") : _("Make the policy \"%s\"%s. It is %s"),
                        name, when, what);
        append_manner(text, policy);
        append_before(text, _("Before"), before);
        append_before(text, _("Before, permanently"), later);
        return g_string_free(text, FALSE);
}

char *prompt_remove(const char *name, const Policy *before, const Policy *later, const Options *options) {
        g_autofree char *when = prompt_when(options, false);
        GString *text = g_string_new(NULL);
        g_string_printf(text, _("Remove the policy \"%s\"%s"), name, when);
        append_before(text, _("It is this"), before);
        append_before(text, _("Permanently it is this"), later);
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
        g_autofree char *when = prompt_when(options, false), *what = after ? state(after) : NULL;
        GString *text = g_string_new(NULL);
        g_string_printf(text, _("Edit the policy \"%s\"%s"), name, when);
        append_lists(text, _(". Removed are "), delta->remove);
        append_lists(text, _(". Added are "), delta->add);
        if (what) {
                g_string_append_printf(text, _(". Then it is %s"), what);
                append_manner(text, after);
        }
        append_before(text, _("Before"), before);
        append_before(text, _("Before, permanently"), later);
        return g_string_free(text, FALSE);
}

char *prompt_rename(const char *name, const char *new_name, const Policy *before, const Policy *later, const Options *options) {
        g_autofree char *when = prompt_when(options, false);
        GString *text = g_string_new(NULL);
        g_string_printf(text, _("Rename the policy \"%s\" to \"%s\"%s"), name, new_name, when);
        append_before(text, _("It is this"), before);
        append_before(text, _("Permanently it is this"), later);
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
                                               policy_get_string(policy, "action"), policy->enabled ? "" : _(", disabled"));
        }
        if (left > 0)
                g_string_append_printf(text, _(" and %u more"), left);
        return n > 0 ? g_strdup_printf("%u: %s", n, text->str) : NULL;
}

static void append_part(GString *text, const char *verb, const char *list) {
        if (list)
                g_string_append_printf(text, _(". %s %s"), verb, list);
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
        g_string_printf(text, ngettext("Set %u policy%s", "Set %u policies%s", n), n, when);
        append_part(text, _("Made are"), made);
        append_part(text, _("Replaced are"), replaced);
        g_autoptr(GPtrArray) groups = policy_set_group_names(policies);
        append_groups(text, _("Set beside them are the groups"), groups);
        return g_string_free(text, FALSE);
}

static void append_difference(GString *text, PolicySet *policies, PolicySet *before) {
        g_autofree char *removed = list_policies(before, policies, false), *made = list_policies(policies, before, false),
                        *replaced = list_policies(policies, before, true);
        append_part(text, _("Removed are"), removed);
        append_part(text, _("Made are"), made);
        append_part(text, _("Replaced are"), replaced);
}

char *prompt_replace_all(PolicySet *policies, PolicySet *before, const Options *options) {
        g_autofree char *when = prompt_when(options, false);
        GString *text =
                g_string_new(g_hash_table_size(policies->policies) > 0 ? _("Replace all policies") : _("Remove all policies"));
        g_string_append(text, when);
        append_difference(text, policies, before);
        g_autoptr(GPtrArray) groups = policy_set_group_names(policies);
        append_groups(text, _("Set beside them are the groups"), groups);
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
        GString *text = g_string_new(_("Make the policies that are in force now the permanent ones"));
        g_string_append(text, when);
        append_difference(text, now, was);
        append_groups(text, _("With them change the groups"), groups);
        return g_string_free(text, FALSE);
}

/* One policy, as the change made it and as it is without the change; either may be NULL. */
static void append_undone(GString *text, const char *name, const Policy *after, const Policy *before) {
        g_autofree char *what = before ? state(before) : g_strdup(_("removed"));
        g_string_append_printf(text, _(". The policy \"%s\" is then %s"), name, what);
        append_before(text, _("Now it is this"), after);
}

static char *describe_addresses(GArray *addresses) {
        return addresses->len > 0 ? join_addresses(addresses) : g_strdup(_("nobody"));
}

/* Whom the change concerns. */
static void append_users(GString *text, const char *group, PolicySet *set) {
        g_autoptr(GPtrArray) users = policy_set_list_users(set, group);
        g_autoptr(PolicySet) all = policy_set_new(), none = policy_set_new();
        for (guint i = 0; i < users->len; i++)
                policy_set_insert(all, users->pdata[i], g_hash_table_lookup(set->policies, users->pdata[i]));
        g_autofree char *list = list_policies(all, none, false);
        if (list)
                g_string_append_printf(text, _(". Policies that name it are %s"), list);
        else
                g_string_append(text, _(". No policy names it yet"));
}

/* One group, likewise; set: whose policies name it. */
static void append_undone_group(GString *text, const char *name, const Group *after, const Group *before, PolicySet *set) {
        g_autofree char *then = before ? describe_addresses(before->addresses) : g_strdup(_("removed")),
                        *now = after ? describe_addresses(after->addresses) : NULL;
        g_string_append_printf(text, _(". The group \"%s\" is then %s"), name, then);
        append_part(text, _("Now it is"), now);
        append_users(text, name, set);
}

/* What it changed, without saying how. */
static void append_record_names(GString *text, const ChangeRecord *record) {
        GStrv policies = record->names[STORE_POLICIES], groups = record->names[STORE_GROUPS];
        g_autofree char *list = join(policies), *group_list = groups[0] ? join(groups) : NULL;
        if (policies[0])
                g_string_append_printf(text, _(". It is of %u: %s"), g_strv_length(policies), list);
        append_part(text, _("It is of the groups"), group_list);
}

/* What it changed becomes; now is what it made of it. */
static void append_undone_all(GString *text, const ChangeRecord *record, PolicySet *set) {
        const int when = record->scope & SCOPE_RUNTIME ? RECORD_NOW : RECORD_LATER;
        const guint n_policies = g_strv_length(record->names[STORE_POLICIES]);
        const RecordItem *policy = n_policies == 1 ? record->items->pdata[0] : NULL,
                         *group = record->items->len == n_policies + 1 ? record->items->pdata[n_policies] : NULL;
        g_autoptr(PolicySet) then = change_record_set(record, false, when), now = change_record_set(record, true, when);
        if (policy)
                append_undone(text, policy->name, policy->after[when], policy->before[when]);
        else
                append_difference(text, then, now);
        g_autofree char *groups = record->items->len > n_policies + 1 ? join(record->names[STORE_GROUPS]) : NULL;
        if (group)
                append_undone_group(text, group->name, group->after[when], group->before[when], set);
        append_part(text, _("The groups that change are"), groups);
}

char *prompt_undo(const ChangeRecord *record, PolicySet *set, const Options *options) {
        g_autofree char *when = prompt_when(options, false), *method = prompt_text(record->method, LIMIT_NAME),
                        *who = record->uid == RECORD_NO_USER ? g_strdup("") :
                                                               g_strdup_printf(_(" by uid %u"), (guint) record->uid);
        GString *text = g_string_new(NULL);
        g_string_printf(text, _("Take back change %" PRIu64 ", %s%s%s"), record->number, method, who, when);
        if (record->items)
                append_undone_all(text, record, set);
        else
                append_record_names(text, record);
        return g_string_free(text, FALSE);
}

char *prompt_group_set(const char *name, const Group *group, const Group *before, PolicySet *set, const Options *options) {
        g_autofree char *who = describe_addresses(group->addresses), *when = prompt_when(options, false),
                        *old = before ? describe_addresses(before->addresses) : NULL;
        GString *text = g_string_new(NULL);
        g_string_printf(text, before ? _("Replace the group \"%s\"%s. It is %s") : _("Make the group \"%s\"%s. It is %s"), name,
                        when, who);
        if (old)
                g_string_append_printf(text, _(". Before: %s"), old);
        append_users(text, name, set);
        return g_string_free(text, FALSE);
}

char *prompt_group_edit(const char *name, bool is_added, GArray *addresses, PolicySet *set, const Options *options) {
        g_autofree char *who = describe_addresses(addresses), *when = prompt_when(options, false);
        GString *text = g_string_new(NULL);
        g_string_printf(text, is_added ? _("Add to the group \"%s\"%s: %s") : _("Take out of the group \"%s\"%s: %s"), name,
                        when, who);
        append_users(text, name, set);
        return g_string_free(text, FALSE);
}

char *prompt_group_delete(const char *name, const Group *before, const Options *options) {
        g_autofree char *who = before ? describe_addresses(before->addresses) : NULL, *when = prompt_when(options, false);
        return who ? g_strdup_printf(_("Delete the group \"%s\"%s. It is %s"), name, when, who) :
                     g_strdup_printf(_("Delete the group \"%s\"%s"), name, when);
}

char *prompt_pending(bool keep, const char *const *names) {
        GString *text =
                g_string_new(keep ? _("Keep the change of policies that is undone unless it is confirmed") :
                                    _("Undo the change of policies that waits to be confirmed: those of before hold again"));
        if (!names)
                return g_string_free(text, FALSE);
        g_autofree char *joined = join((char **) names);
        g_string_append_printf(text, _(". It is of %u: %s"), g_strv_length((char **) names), joined);
        return g_string_free(text, FALSE);
}

char *prompt_direct(bool add, Family family, int priority, const char *const *args, const Options *options) {
        const char *target = direct_words_target(args);
        g_autofree char *words = g_strjoinv(" ", (char **) args), *shown = prompt_text(words, LIMIT_DIRECT_RULE * 8),
                        *name = prompt_text(target ? target : "", LIMIT_CHAIN), *when = prompt_when(options, true);
        g_autofree char *rule =
                target ? g_strdup_printf(_("a rule with the target %s"), name) : g_strdup(_("a rule without a target"));
        return g_strdup_printf(add ? _("Add %s to the chain DOCKER-USER%s: %s, priority %d, \"%s\"") :
                                     _("Remove %s from the chain DOCKER-USER%s: %s, priority %d, \"%s\""),
                               rule, when, family_to_string(family), priority, shown);
}
