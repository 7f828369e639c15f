/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <stddef.h>
#include <string.h>

#include <glib/gi18n.h>

#include "error.h"
#include "bounds.h"
#include "brief.h"
#include "policy-names.h"

#define AT(member) offsetof(Policy, member)

const PolicyField POLICY_FIELDS[] = {
        { "action", POLICY_FIELD_ACTION, AT(action), 0 },
        { "interfaces", POLICY_FIELD_INTERFACES, AT(interfaces), LIMIT_MATCHES },
        { "out-interfaces", POLICY_FIELD_INTERFACES, AT(out_interfaces), LIMIT_MATCHES },
        { "sources", POLICY_FIELD_SOURCES, AT(sources), LIMIT_ADDRESSES },
        { "destinations", POLICY_FIELD_ADDRESSES, AT(destinations), LIMIT_MATCHES },
        { "ports", POLICY_FIELD_PORTS, AT(ports), LIMIT_MATCHES },
        { "containers", POLICY_FIELD_CONTAINERS, AT(containers), LIMIT_MATCHES },
        { "networks", POLICY_FIELD_NETWORKS, AT(networks), LIMIT_MATCHES },
        { "reject", POLICY_FIELD_BOOLEAN, AT(reject), 0 },
        { "log", POLICY_FIELD_BOOLEAN, AT(log), 0 },
        { "enabled", POLICY_FIELD_BOOLEAN, AT(enabled), 0 },
        { "description", POLICY_FIELD_TEXT, AT(description), 0 },
        { "until", POLICY_FIELD_TEXT, AT(until_text), 0 },
        { NULL, 0, 0, 0 },
};

const PolicyReference POLICY_REFERENCES[] = {
        { POLICY_IPSET, "ipset", AT(ipsets), ipset_name_check },
        { POLICY_ZONE, "zone", AT(zones), zone_name_check },
        { POLICY_GROUP, "group", AT(groups), group_reference_check },
        { NULL, NULL, 0, NULL },
};

static const char *const ACTIONS[] = {
        [POLICY_ALLOW_ONLY] = "allow-only",
        [POLICY_DENY] = "deny",
        [POLICY_FORWARD] = "forward",
        [POLICY_OBEY_ZONES] = "obey-zones",
};

/* --- fields ------------------------------------------------------------------------------------------------------- */

static const PolicyField *find_field(const char *key) {
        const PolicyField *field = POLICY_FIELDS;
        /* The first letter tells most keys apart, and List asks for a dozen keys of each policy. */
        while (field->name && (field->name[0] != key[0] || !g_str_equal(field->name, key)))
                field++;
        return field->name ? field : NULL;
}

/* Callers have made sure that the key is one of a policy's, by policy_key_type(). */
static const PolicyField *get_field(const char *key) {
        const PolicyField *field = find_field(key);
        g_assert(field);
        return field;
}

PolicyKeyType policy_key_type(const char *key) {
        static const PolicyKeyType TYPES[] = {
                [POLICY_FIELD_ACTION] = POLICY_KEY_STRING,      [POLICY_FIELD_TEXT] = POLICY_KEY_STRING,
                [POLICY_FIELD_BOOLEAN] = POLICY_KEY_BOOLEAN,    [POLICY_FIELD_INTERFACES] = POLICY_KEY_STRINGS,
                [POLICY_FIELD_CONTAINERS] = POLICY_KEY_STRINGS, [POLICY_FIELD_NETWORKS] = POLICY_KEY_STRINGS,
                [POLICY_FIELD_ADDRESSES] = POLICY_KEY_STRINGS,  [POLICY_FIELD_SOURCES] = POLICY_KEY_STRINGS,
                [POLICY_FIELD_PORTS] = POLICY_KEY_STRINGS,
        };
        const PolicyField *field = find_field(key);
        return field ? TYPES[field->type] : POLICY_KEY_UNKNOWN;
}

/* The field's member. */
static gpointer value_of(const Policy *policy, const PolicyField *field) {
        return G_STRUCT_MEMBER_P(policy, field->offset);
}

/* NULL: not a field of names, or of ranges. */
static GPtrArray **names_of(const Policy *policy, const PolicyField *field) {
        const bool has = field->type == POLICY_FIELD_INTERFACES || field->type == POLICY_FIELD_CONTAINERS ||
                         field->type == POLICY_FIELD_NETWORKS;
        return has ? value_of(policy, field) : NULL;
}

static GArray **ranges_of(const Policy *policy, const PolicyField *field) {
        const bool has = field->type == POLICY_FIELD_ADDRESSES || field->type == POLICY_FIELD_SOURCES ||
                         field->type == POLICY_FIELD_PORTS;
        return has ? value_of(policy, field) : NULL;
}

const PolicyReference *policy_reference_of(const char *source) {
        const PolicyReference *reference = POLICY_REFERENCES;
        while (reference->prefix && !g_str_has_prefix(source, reference->prefix))
                reference++;
        return reference->prefix ? reference : NULL;
}

GPtrArray *policy_get_names(const Policy *policy, const PolicyReference *reference) {
        return *(GPtrArray **) G_STRUCT_MEMBER_P(policy, reference->offset);
}

static bool *boolean_of(const Policy *policy, const char *key) {
        const PolicyField *field = get_field(key);
        g_assert(field->type == POLICY_FIELD_BOOLEAN);
        return value_of(policy, field);
}

Policy *policy_new(void) {
        Policy *policy = g_rc_box_new0(Policy);
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++) {
                GPtrArray **names = names_of(policy, field);
                GArray **ranges = ranges_of(policy, field);
                if (names)
                        *names = g_ptr_array_new_with_free_func(g_free);
                else if (ranges)
                        *ranges = g_array_new(FALSE, FALSE,
                                              field->type == POLICY_FIELD_PORTS ? sizeof(PortRange) : sizeof(AddressRange));
        }
        ITERATE_REFERENCES(reference)
        *(GPtrArray **) G_STRUCT_MEMBER_P(policy, reference->offset) = g_ptr_array_new_with_free_func(g_free);
        policy->brief = g_array_new(FALSE, FALSE, sizeof(BriefSource));
        policy->action = _POLICY_ACTION_MAX;
        policy->enabled = true;
        return policy;
}

Policy *policy_ref(Policy *policy) {
        return g_rc_box_acquire(policy);
}

static void policy_clear(gpointer policy) {
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++) {
                GPtrArray **names = names_of(policy, field);
                GArray **ranges = ranges_of(policy, field);
                if (names)
                        g_ptr_array_unref(*names);
                else if (ranges)
                        g_array_unref(*ranges);
                else if (field->type == POLICY_FIELD_TEXT)
                        g_free(*(char **) value_of(policy, field));
        }
        ITERATE_REFERENCES(reference)
        g_ptr_array_unref(policy_get_names(policy, reference));
        g_array_unref(((Policy *) policy)->brief);
        g_free(((Policy *) policy)->origin);
        g_clear_pointer(&((Policy *) policy)->carriers, g_ptr_array_unref);
}

void policy_unref(Policy *policy) {
        g_rc_box_release_full(policy, policy_clear);
}

static gpointer copy_string(gconstpointer text, G_GNUC_UNUSED gpointer userdata) {
        return g_strdup(text);
}

Policy *policy_copy(const Policy *policy) {
        Policy *copy = policy_new();
        for (const PolicyField *field = POLICY_FIELDS; field->name; field++) {
                gpointer from = value_of(policy, field), to = value_of(copy, field);
                switch (field->type) {
                case POLICY_FIELD_ACTION:
                        *(PolicyAction *) to = *(PolicyAction *) from;
                        break;
                case POLICY_FIELD_TEXT:
                        *(char **) to = g_strdup(*(char **) from);
                        break;
                case POLICY_FIELD_BOOLEAN:
                        *(bool *) to = *(bool *) from;
                        break;
                case POLICY_FIELD_INTERFACES:
                case POLICY_FIELD_CONTAINERS:
                case POLICY_FIELD_NETWORKS:
                        g_ptr_array_extend(*(GPtrArray **) to, *(GPtrArray **) from, copy_string, NULL);
                        break;
                case POLICY_FIELD_ADDRESSES:
                case POLICY_FIELD_SOURCES:
                case POLICY_FIELD_PORTS:
                        g_array_append_vals(*(GArray **) to, (*(GArray **) from)->data, (*(GArray **) from)->len);
                        break;
                }
        }
        ITERATE_REFERENCES(reference)
        g_ptr_array_extend(policy_get_names(copy, reference), policy_get_names(policy, reference), copy_string, NULL);
        g_array_append_vals(copy->brief, policy->brief->data, policy->brief->len);
        copy->until = policy->until;
        copy->origin = g_strdup(policy->origin);
        copy->carriers = policy->carriers ? g_ptr_array_ref(policy->carriers) : NULL;
        return copy;
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

static bool set_action(Policy *policy, const char *value, GError **error) {
        for (PolicyAction action = 0; action < _POLICY_ACTION_MAX; action++)
                if (g_str_equal(value, ACTIONS[action])) {
                        policy->action = action;
                        return true;
                }
        g_autofree char *seen = quaywall_error_show(value);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                    _("action: \"%s\" is not known; it must be \"allow-only\", \"deny\", \"forward\" or \"obey-zones\""), seen);
        return false;
}

static bool set_text(char **text, const char *key, const char *value, GError **error) {
        if (!description_check(key, value, QUAYWALL_ERROR_INVALID_POLICY, error))
                return false;
        g_free(*text);
        *text = value[0] ? g_strdup(value) : NULL;
        return true;
}

static bool set_until(Policy *policy, const char *value, GError **error) {
        if (value[0] && !brief_time_parse("until", value, &policy->until, error))
                return false;
        g_free(policy->until_text);
        policy->until_text = value[0] ? brief_time_format(policy->until) : NULL;
        if (!value[0])
                policy->until = 0;
        return true;
}

bool policy_set_string(Policy *policy, const char *key, const char *value, GError **error) {
        const PolicyField *field = get_field(key);
        if (field->type == POLICY_FIELD_ACTION)
                return set_action(policy, value, error);
        g_assert(field->type == POLICY_FIELD_TEXT);
        return g_str_equal(key, "until") ? set_until(policy, value, error) :
                                           set_text(value_of(policy, field), key, value, error);
}

static bool add_brief(Policy *policy, const char *key, const char *source, GError **error) {
        BriefSource brief;
        if (policy_reference_of(source)) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                            _("%s: \"%s\" cannot be listed for a time; only addresses can"), key, source);
                return false;
        }
        if (!brief_source_parse(key, source, &brief, error))
                return false;
        if (policy->brief->len >= LIMIT_BRIEF) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("%s: more than %u are listed for a time; a policy can have %u of them at most"), key, LIMIT_BRIEF,
                            LIMIT_BRIEF);
                return false;
        }
        brief_add(policy->brief, &brief);
        return true;
}

static bool add_port(GArray *ports, const char *key, const char *value, GError **error) {
        PortRange range;
        if (!port_range_parse(value, &range, error)) {
                g_prefix_error(error, "%s: ", key);
                return false;
        }
        for (guint i = 0; i < ports->len; i++)
                if (port_range_overlaps(&range, &g_array_index(ports, PortRange, i))) {
                        g_autofree char *other = port_range_format(&g_array_index(ports, PortRange, i));
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_PORT,
                                    _("%s: \"%s\" overlaps \"%s\"; name each port once"), key, value, other);
                        return false;
                }
        g_array_append_val(ports, range);
        return true;
}

static bool add_name(GPtrArray *names, const PolicyField *field, const char *value, GError **error) {
        const bool docker = field->type != POLICY_FIELD_INTERFACES;
        const char *key = field->name;
        /* Packets on "lo" are this host's own, which the guard accepts first of all: a policy on it would do nothing. */
        if (!docker && g_str_equal(value, "lo")) {
                g_set_error(
                        error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_INTERFACE,
                        _("%s: \"lo\" has only what this host sends to itself, which no policy judges; name the interface where "
                          "clients come in, as \"eth0\" is"),
                        key);
                return false;
        }
        if (docker ? !docker_name_check(key, field->type == POLICY_FIELD_CONTAINERS, value, error) :
                     !interface_name_check(key, value, error))
                return false;
        if (g_ptr_array_find_with_equal_func(names, value, g_str_equal, NULL)) {
                g_set_error(error, QUAYWALL_ERROR, docker ? QUAYWALL_ERROR_INVALID_POLICY : QUAYWALL_ERROR_INVALID_INTERFACE,
                            _("%s: \"%s\" is listed twice"), key, value);
                return false;
        }
        g_ptr_array_add(names, g_strdup(value));
        return true;
}

/* source: with the prefix. */
static bool add_reference(Policy *policy, const PolicyReference *reference, const char *key, const char *source,
                          GError **error) {
        const char *prefix = reference->prefix, *name = source + strlen(prefix);
        GPtrArray *names = policy_get_names(policy, reference);
        if (!reference->check(key, name, error))
                return false;
        if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
                policy->sources_merged++;
                return true;
        }
        if (names->len >= LIMIT_MATCHES) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("%s: more than %u \"%s\"; a policy can have %u at most"), key, LIMIT_MATCHES, prefix,
                            LIMIT_MATCHES);
                return false;
        }
        g_ptr_array_add(names, g_strdup(name));
        return true;
}

bool policy_add_string(Policy *policy, const char *key, const char *value, GError **error) {
        const PolicyField *field = get_field(key);
        GPtrArray **names = names_of(policy, field);
        GArray **ranges = ranges_of(policy, field);
        g_assert(names || ranges);
        const PolicyReference *reference = field->type == POLICY_FIELD_SOURCES ? policy_reference_of(value) : NULL;
        if (field->type == POLICY_FIELD_SOURCES && strstr(value, BRIEF_UNTIL))
                return add_brief(policy, key, value, error);
        if (reference)
                return add_reference(policy, reference, key, value, error);
        if ((names ? (*names)->len : (*ranges)->len) >= field->limit) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            _("%s: more than %u; a policy can have %u at most"), key, field->limit, field->limit);
                return false;
        }
        return names                             ? add_name(*names, field, value, error) :
               field->type == POLICY_FIELD_PORTS ? add_port(*ranges, key, value, error) :
                                                   address_ranges_add(*ranges, key, value, error);
}

void policy_set_boolean(Policy *policy, const char *key, bool value) {
        *boolean_of(policy, key) = value;
}

const char *policy_get_string(const Policy *policy, const char *key) {
        const PolicyField *field = get_field(key);
        if (field->type == POLICY_FIELD_ACTION)
                return ACTIONS[policy->action];
        g_assert(field->type == POLICY_FIELD_TEXT);
        return *(char **) value_of(policy, field);
}

GStrv policy_get_strings(const Policy *policy, const char *key) {
        const PolicyField *field = get_field(key);
        GPtrArray **names = names_of(policy, field);
        GArray **ranges = ranges_of(policy, field);
        g_assert(names || ranges);
        const guint count = names ? (*names)->len : (*ranges)->len;
        GPtrArray *strings = g_ptr_array_sized_new(count + 1);
        for (guint i = 0; i < count; i++)
                g_ptr_array_add(strings, names ? g_strdup((*names)->pdata[i]) :
                                         field->type == POLICY_FIELD_PORTS ?
                                                 port_range_format(&g_array_index(*ranges, PortRange, i)) :
                                                 address_range_format(&g_array_index(*ranges, AddressRange, i)));
        ITERATE_REFERENCES(reference) {
                GPtrArray *of_kind = policy_get_names(policy, reference);
                for (guint i = 0; field->type == POLICY_FIELD_SOURCES && i < of_kind->len; i++)
                        g_ptr_array_add(strings, g_strconcat(reference->prefix, of_kind->pdata[i], NULL));
        }
        for (guint i = 0; field->type == POLICY_FIELD_SOURCES && i < policy->brief->len; i++)
                g_ptr_array_add(strings, brief_source_format(&g_array_index(policy->brief, BriefSource, i)));
        g_ptr_array_add(strings, NULL);
        return (GStrv) g_ptr_array_free(strings, FALSE);
}

bool policy_get_boolean(const Policy *policy, const char *key) {
        return *boolean_of(policy, key);
}

static bool names_equal(GPtrArray *a, GPtrArray *b) {
        bool equal = a->len == b->len;
        for (guint i = 0; equal && i < a->len; i++)
                equal = g_str_equal(a->pdata[i], b->pdata[i]);
        return equal;
}

static bool ports_equal(GArray *a, GArray *b) {
        bool equal = a->len == b->len;
        for (guint i = 0; equal && i < a->len; i++) {
                const PortRange *one = &g_array_index(a, PortRange, i), *other = &g_array_index(b, PortRange, i);
                equal = g_str_equal(one->protocol, other->protocol) && one->first == other->first && one->last == other->last;
        }
        return equal;
}

bool policy_equal(const Policy *a, const Policy *b) {
        bool equal = a == b || (a && b);
        for (const PolicyField *field = POLICY_FIELDS; equal && a != b && field->name; field++) {
                gpointer one = value_of(a, field), other = value_of(b, field);
                switch (field->type) {
                case POLICY_FIELD_ACTION:
                        equal = *(PolicyAction *) one == *(PolicyAction *) other;
                        break;
                case POLICY_FIELD_TEXT:
                        equal = g_strcmp0(*(char **) one, *(char **) other) == 0;
                        break;
                case POLICY_FIELD_BOOLEAN:
                        equal = *(bool *) one == *(bool *) other;
                        break;
                case POLICY_FIELD_INTERFACES:
                case POLICY_FIELD_CONTAINERS:
                case POLICY_FIELD_NETWORKS:
                        equal = names_equal(*(GPtrArray **) one, *(GPtrArray **) other);
                        break;
                case POLICY_FIELD_ADDRESSES:
                        equal = address_ranges_equal(*(GArray **) one, *(GArray **) other);
                        break;
                case POLICY_FIELD_SOURCES:
                        equal = address_ranges_equal(a->sources, b->sources) && brief_equal(a->brief, b->brief);
                        ITERATE_REFERENCES(reference)
                        equal &= names_equal(policy_get_names(a, reference), policy_get_names(b, reference));
                        break;
                case POLICY_FIELD_PORTS:
                        equal = ports_equal(*(GArray **) one, *(GArray **) other);
                        break;
                }
        }
        return equal;
}

bool policy_has_sources(const Policy *policy) {
        return policy->sources->len + policy->brief->len + policy_count_references(policy) > 0;
}

bool policy_has_list(const Policy *policy) {
        return policy->action == POLICY_ALLOW_ONLY || policy->action == POLICY_OBEY_ZONES;
}

bool policy_obeys(const Policy *policy) {
        return policy->enabled && policy->action == POLICY_OBEY_ZONES;
}

bool policy_lists_zones(const Policy *policy) {
        return policy->enabled && policy->zones->len > 0;
}

bool policy_asks_zones(const Policy *policy) {
        return policy_obeys(policy) || policy_lists_zones(policy);
}

const char *policy_part_of_firewalld(const Policy *policy) {
        return policy->action == POLICY_FORWARD || policy->action == POLICY_OBEY_ZONES ? policy_get_string(policy, "action") :
               policy->zones->len > 0                                                  ? "zones" :
               policy->ipsets->len > 0                                                 ? "ipsets" :
                                                                                         NULL;
}

bool policy_judges(const Policy *policy) {
        return policy->enabled && policy->action != POLICY_FORWARD;
}

bool policy_names_are_within(GPtrArray *a, GPtrArray *b) {
        bool within = true;
        for (guint i = 0; within && i < a->len; i++)
                within = g_ptr_array_find_with_equal_func(b, a->pdata[i], g_str_equal, NULL);
        return within;
}

/* Also those that are listed for a time: when it is over, the policy is another one. */
static GArray *list_addresses(const Policy *policy) {
        GArray *addresses = g_array_copy(policy->sources);
        brief_append(policy->brief, 0, addresses);
        return addresses;
}

bool policy_sources_are_within(const Policy *a, const Policy *b) {
        ITERATE_REFERENCES(reference)
        if (!policy_names_are_within(policy_get_names(a, reference), policy_get_names(b, reference)))
                return false;
        g_autoptr(GArray) all_a = list_addresses(a), all_b = list_addresses(b);
        return address_ranges_are_within(all_a, all_b);
}
