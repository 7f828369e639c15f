/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy-delta.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bounds.h"
#include "brief.h"
#include "error.h"
#include "policy-check.h"
#include "policy-time.h"

PolicyDelta *policy_delta_new(void) {
        PolicyDelta *delta = g_new(PolicyDelta, 1);
        *delta = (PolicyDelta){ policy_new(), policy_new(), g_hash_table_new(g_str_hash, g_str_equal) };
        return delta;
}

void policy_delta_free(PolicyDelta *delta) {
        policy_unref(delta->add);
        policy_unref(delta->remove);
        g_hash_table_unref(delta->given);
        g_free(delta);
}

static bool not_there(const char *key, const char *entry, GError **error) {
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                _("remove: %s: \"%s\" cannot be removed, since the policy does not have it; see \"quaywallctl policy show\""),
                key, entry);
        return false;
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

/* The range of the sorted set that begins last, and not behind the address; NULL: there is none. */
static const AddressRange *find_before(GArray *set, const guint8 address[16]) {
        guint low = 0, high = set->len;
        while (low < high) {
                const guint middle = low + (high - low) / 2;
                if (memcmp(g_array_index(set, AddressRange, middle).first, address, 16) <= 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low > 0 ? &g_array_index(set, AddressRange, low - 1) : NULL;
}

static bool set_overlaps(GArray *set, const AddressRange *range) {
        const AddressRange *near = find_before(set, range->last);
        return near && memcmp(near->last, range->first, 16) >= 0;
}

static bool set_contains(GArray *set, const AddressRange *range) {
        const AddressRange *near = find_before(set, range->first);
        return near && memcmp(near->last, range->last, 16) >= 0;
}

/* Both families of a list as sets. */
typedef struct Sets {
        GArray *of[_FAMILY_MAX];
} Sets;

static Sets sets_new(GArray *ranges) {
        return (Sets){ { address_set_new(ranges, FAMILY_IPV4), address_set_new(ranges, FAMILY_IPV6) } };
}

static void sets_clear(Sets *sets) {
        ITERATE_FAMILIES (family)
                g_array_unref(sets->of[family]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sets, sets_clear)

/* Ranges that lose nothing keep their place and form. */
static void take_addresses(GArray *addresses, const Sets *taken) {
        g_autoptr(GArray) cut = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        guint kept = 0;
        for (guint i = 0; i < addresses->len; i++) {
                const AddressRange range = g_array_index(addresses, AddressRange, i);
                if (set_overlaps(taken->of[range.family], &range))
                        g_array_append_val(cut, range);
                else
                        g_array_index(addresses, AddressRange, kept++) = range;
        }
        g_array_set_size(addresses, kept);
        ITERATE_FAMILIES (family) {
                g_autoptr(GArray) of_cut = address_set_new(cut, family), left = address_set_subtract(of_cut, taken->of[family]);
                g_array_append_vals(addresses, left->data, left->len);
        }
}

/* brief: BriefSource; what is cut out of one ends when it does. */
static void take_brief(GArray *brief, const Sets *taken) {
        for (guint i = brief->len; i-- > 0;) {
                const BriefSource source = g_array_index(brief, BriefSource, i);
                const Family family = source.range.family;
                if (!set_overlaps(taken->of[family], &source.range))
                        continue;
                g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(AddressRange));
                g_array_append_val(one, source.range);
                g_autoptr(GArray) set = address_set_new(one, family), left = address_set_subtract(set, taken->of[family]);
                g_array_remove_index(brief, i);
                for (guint k = 0; k < left->len; k++) {
                        const BriefSource part = { g_array_index(left, AddressRange, k), source.until, source.over };
                        g_array_append_val(brief, part);
                }
        }
}

/* brief: see take_brief(); NULL: there is no such list. */
static bool edit_addresses(GArray *addresses, GArray *brief, GArray *add, GArray *remove, const char *key, GError **error) {
        g_autoptr(GArray) all = g_array_copy(addresses);
        for (guint i = 0; brief && i < brief->len; i++)
                g_array_append_val(all, g_array_index(brief, BriefSource, i).range);
        g_auto(Sets) before = sets_new(all), taken = sets_new(remove);
        for (guint i = 0; i < remove->len; i++) {
                const AddressRange *range = &g_array_index(remove, AddressRange, i);
                if (set_overlaps(before.of[range->family], range))
                        continue;
                g_autofree char *text = address_range_format(range);
                return not_there(key, text, error);
        }
        if (remove->len > 0) {
                take_addresses(addresses, &taken);
                if (brief)
                        take_brief(brief, &taken);
        }
        g_auto(Sets) left = sets_new(addresses);
        for (guint i = 0; i < add->len; i++) {
                const AddressRange *range = &g_array_index(add, AddressRange, i);
                if (!set_contains(left.of[range->family], range))
                        g_array_append_vals(addresses, range, 1);
        }
        return true;
}

/* --- ports and names ---------------------------------------------------------------------------------------------- */

static void take_port(GArray *ports, const PortRange *taken) {
        for (guint i = ports->len; i-- > 0;) {
                const PortRange range = g_array_index(ports, PortRange, i);
                if (!port_range_overlaps(&range, taken))
                        continue;
                g_array_remove_index(ports, i);
                const PortRange above = { range.protocol, taken->last + 1, range.last },
                                below = { range.protocol, range.first, taken->first - 1 };
                if (taken->last < range.last)
                        g_array_insert_val(ports, i, above);
                if (taken->first > range.first)
                        g_array_insert_val(ports, i, below);
        }
}

static bool covers(GArray *ports, const PortRange *range) {
        for (guint i = 0; i < ports->len; i++) {
                const PortRange *one = &g_array_index(ports, PortRange, i);
                if (g_str_equal(one->protocol, range->protocol) && one->first <= range->first && range->last <= one->last)
                        return true;
        }
        return false;
}

static bool overlaps(GArray *ports, const PortRange *range) {
        for (guint i = 0; i < ports->len; i++)
                if (port_range_overlaps(&g_array_index(ports, PortRange, i), range))
                        return true;
        return false;
}

static bool edit_ports(Policy *policy, const PolicyDelta *delta, GError **error) {
        for (guint i = 0; i < delta->remove->ports->len; i++) {
                const PortRange *range = &g_array_index(delta->remove->ports, PortRange, i);
                if (!overlaps(policy->ports, range)) {
                        g_autofree char *text = port_range_format(range);
                        return not_there("ports", text, error);
                }
                take_port(policy->ports, range);
        }
        for (guint i = 0; i < delta->add->ports->len; i++) {
                const PortRange *range = &g_array_index(delta->add->ports, PortRange, i);
                g_autofree char *text = port_range_format(range);
                if (!covers(policy->ports, range) && !policy_add_string(policy, "ports", text, error))
                        return false;
        }
        return true;
}

/* prefix: of the entries, for the caller: "ipset:", "". */
static bool edit_names(Policy *policy, GPtrArray *names, GPtrArray *add, GPtrArray *remove, const char *key, const char *prefix,
                       GError **error) {
        guint index;
        for (guint i = 0; i < remove->len; i++) {
                g_autofree char *entry = g_strconcat(prefix, remove->pdata[i], NULL);
                if (!g_ptr_array_find_with_equal_func(names, remove->pdata[i], g_str_equal, &index))
                        return not_there(key, entry, error);
                g_ptr_array_remove_index(names, index);
        }
        for (guint i = 0; i < add->len; i++) {
                g_autofree char *entry = g_strconcat(prefix, add->pdata[i], NULL);
                if (!g_ptr_array_find_with_equal_func(names, add->pdata[i], g_str_equal, NULL) &&
                    !policy_add_string(policy, key, entry, error))
                        return false;
        }
        return true;
}

static bool edit_sources(Policy *policy, const PolicyDelta *delta, GError **error) {
        const Policy *add = delta->add, *remove = delta->remove;
        g_autoptr(GArray) removed = g_array_copy(remove->sources);
        brief_append(remove->brief, 0, removed); /* as they are listed, with their end */
        if (!edit_addresses(policy->sources, policy->brief, add->sources, removed, "sources", error))
                return false;
        for (guint i = 0; i < add->brief->len; i++)
                brief_add(policy->brief, &g_array_index(add->brief, BriefSource, i));
        ITERATE_REFERENCES(kind)
        if (!edit_names(policy, policy_get_names(policy, kind), policy_get_names(add, kind), policy_get_names(remove, kind),
                        "sources", kind->prefix, error))
                return false;
        policy_time_tidy(policy);
        return true;
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static guint count_entries(const Policy *policy, const PolicyField *field) {
        switch (field->type) {
        case POLICY_FIELD_INTERFACES:
        case POLICY_FIELD_CONTAINERS:
        case POLICY_FIELD_NETWORKS:
                return (*(GPtrArray **) G_STRUCT_MEMBER_P(policy, field->offset))->len;
        case POLICY_FIELD_SOURCES:
                return policy->sources->len + policy->brief->len + policy_count_references(policy);
        default:
                return (*(GArray **) G_STRUCT_MEMBER_P(policy, field->offset))->len;
        }
}

/* Without entries, a list restricts nothing. */
static bool check_not_emptied(const Policy *policy, const Policy *before, const PolicyField *field, GError **error) {
        if (count_entries(policy, field) > 0 || count_entries(before, field) == 0)
                return true;
        g_set_error(
                error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                _("remove: %s: none would be left, and then the policy would be for all; to end it, remove or disable the policy"),
                field->name);
        return false;
}

static bool check_limit(const Policy *policy, const PolicyField *field, GError **error) {
        /* Names of ipsets and zones have a limit of their own. */
        const guint n = field->type == POLICY_FIELD_SOURCES ? policy->sources->len : count_entries(policy, field);
        if (n <= field->limit && policy->brief->len <= LIMIT_BRIEF)
                return true;
        if (n <= field->limit) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("add: %s: %u for a time would be too many; a policy can have %u"), field->name,
                            policy->brief->len, LIMIT_BRIEF);
                return false;
        }
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                    _("add: %s: %u would be too many; a policy can have %u"), field->name, n, field->limit);
        return false;
}

static bool edit_field(Policy *policy, const PolicyDelta *delta, const PolicyField *field, GError **error) {
        const char *key = field->name, *text;
        GPtrArray **names = G_STRUCT_MEMBER_P(policy, field->offset), **add = G_STRUCT_MEMBER_P(delta->add, field->offset),
                  **remove = G_STRUCT_MEMBER_P(delta->remove, field->offset);
        switch (field->type) {
        case POLICY_FIELD_ACTION:
                return true;
        case POLICY_FIELD_TEXT:
                text = policy_get_string(delta->add, key);
                return !g_hash_table_contains(delta->given, key) || policy_set_string(policy, key, text ? text : "", error);
        case POLICY_FIELD_BOOLEAN:
                if (g_hash_table_contains(delta->given, key))
                        policy_set_boolean(policy, key, policy_get_boolean(delta->add, key));
                return true;
        case POLICY_FIELD_INTERFACES:
        case POLICY_FIELD_CONTAINERS:
        case POLICY_FIELD_NETWORKS:
                return edit_names(policy, *names, *add, *remove, key, "", error);
        case POLICY_FIELD_ADDRESSES:
                return edit_addresses(policy->destinations, NULL, delta->add->destinations, delta->remove->destinations, key,
                                      error);
        case POLICY_FIELD_SOURCES:
                return edit_sources(policy, delta, error);
        case POLICY_FIELD_PORTS:
                return edit_ports(policy, delta, error);
        }
        return true;
}

Policy *policy_delta_apply(const PolicyDelta *delta, const Policy *before, GError **error) {
        g_autoptr(Policy) policy = policy_copy(before);
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++)
                if (!edit_field(policy, delta, field, error) ||
                    (field->limit > 0 &&
                     (!check_not_emptied(policy, before, field, error) || !check_limit(policy, field, error))))
                        return NULL;
        return policy_check(policy, error) ? g_steal_pointer(&policy) : NULL;
}
