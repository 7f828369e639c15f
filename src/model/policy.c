/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <stddef.h>
#include <string.h>

#include "error.h"
#include "bounds.h"
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
        { NULL, 0, 0, 0 },
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

static bool *boolean_of(const Policy *policy, const char *key) {
        const PolicyField *field = find_field(key);
        g_assert(field && field->type == POLICY_FIELD_BOOLEAN);
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
        policy->ipsets = g_ptr_array_new_with_free_func(g_free);
        policy->zones = g_ptr_array_new_with_free_func(g_free);
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
        g_ptr_array_unref(((Policy *) policy)->ipsets);
        g_ptr_array_unref(((Policy *) policy)->zones);
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
                const gpointer from = value_of(policy, field), to = value_of(copy, field);
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
        g_ptr_array_extend(copy->ipsets, policy->ipsets, copy_string, NULL);
        g_ptr_array_extend(copy->zones, policy->zones, copy_string, NULL);
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
                    "action: \"%s\" is not known; it must be \"allow-only\", \"deny\", \"forward\" or \"obey-zones\"", seen);
        return false;
}

static bool set_text(char **text, const char *key, const char *value, GError **error) {
        if (strlen(value) > LIMIT_DESCRIPTION) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            "%s: %zu bytes are too many; at most %u are kept", key, strlen(value), LIMIT_DESCRIPTION);
                return false;
        }
        bool printable = g_utf8_validate(value, -1, NULL);
        /* XML cannot represent U+FFFE and U+FFFF: the file could not be read again. */
        for (const char *c = value; printable && *c; c = g_utf8_next_char(c))
                printable = !g_unichar_iscntrl(g_utf8_get_char(c)) && (g_utf8_get_char(c) | 1) != 0xffff;
        if (!printable) {
                g_autofree char *seen = quaywall_error_show(value);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            "%s: \"%s\" must be one line of text without control characters", key, seen);
                return false;
        }
        g_free(*text);
        *text = value[0] ? g_strdup(value) : NULL;
        return true;
}

bool policy_set_string(Policy *policy, const char *key, const char *value, GError **error) {
        const PolicyField *field = find_field(key);
        if (field->type == POLICY_FIELD_ACTION)
                return set_action(policy, value, error);
        g_assert(field->type == POLICY_FIELD_TEXT);
        return set_text(value_of(policy, field), key, value, error);
}

static bool add_address(GArray *addresses, const char *key, const char *value, GError **error) {
        AddressRange range;
        if (!address_range_parse(value, &range, error)) {
                g_prefix_error(error, "%s: ", key);
                return false;
        }
        g_array_append_val(addresses, range);
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
                                    "%s: \"%s\" overlaps \"%s\"; name each port once", key, value, other);
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
                        "%s: \"lo\" has only what this host sends to itself, which no policy judges; name the interface where "
                        "clients come in, as \"eth0\" is",
                        key);
                return false;
        }
        if (docker ? !docker_name_check(key, field->type == POLICY_FIELD_CONTAINERS, value, error) :
                     !interface_name_check(key, value, error))
                return false;
        if (g_ptr_array_find_with_equal_func(names, value, g_str_equal, NULL)) {
                g_set_error(error, QUAYWALL_ERROR, docker ? QUAYWALL_ERROR_INVALID_POLICY : QUAYWALL_ERROR_INVALID_INTERFACE,
                            "%s: \"%s\" is listed twice", key, value);
                return false;
        }
        g_ptr_array_add(names, g_strdup(value));
        return true;
}

/* prefix: POLICY_IPSET or POLICY_ZONE; name: without it. */
static bool add_reference(GPtrArray *names, const char *key, const char *prefix, const char *name, GError **error) {
        if (!(g_str_equal(prefix, POLICY_ZONE) ? zone_name_check : ipset_name_check)(key, name, error))
                return false;
        if (g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL)) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS, "%s: \"%s%s\" is listed twice", key, prefix,
                            name);
                return false;
        }
        if (names->len >= LIMIT_MATCHES) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            "%s: more than %u \"%s\"; a policy can have %u at most", key, LIMIT_MATCHES, prefix, LIMIT_MATCHES);
                return false;
        }
        g_ptr_array_add(names, g_strdup(name));
        return true;
}

bool policy_add_string(Policy *policy, const char *key, const char *value, GError **error) {
        const PolicyField *field = find_field(key);
        GPtrArray **names = names_of(policy, field);
        GArray **ranges = ranges_of(policy, field);
        g_assert(names || ranges);
        if (field->type == POLICY_FIELD_SOURCES && g_str_has_prefix(value, POLICY_IPSET))
                return add_reference(policy->ipsets, key, POLICY_IPSET, value + strlen(POLICY_IPSET), error);
        if (field->type == POLICY_FIELD_SOURCES && g_str_has_prefix(value, POLICY_ZONE))
                return add_reference(policy->zones, key, POLICY_ZONE, value + strlen(POLICY_ZONE), error);
        if ((names ? (*names)->len : (*ranges)->len) >= field->limit) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            "%s: more than %u; a policy can have %u at most", key, field->limit, field->limit);
                return false;
        }
        return names                             ? add_name(*names, field, value, error) :
               field->type == POLICY_FIELD_PORTS ? add_port(*ranges, key, value, error) :
                                                   add_address(*ranges, key, value, error);
}

void policy_set_boolean(Policy *policy, const char *key, bool value) {
        *boolean_of(policy, key) = value;
}

const char *policy_get_string(const Policy *policy, const char *key) {
        const PolicyField *field = find_field(key);
        if (field->type == POLICY_FIELD_ACTION)
                return ACTIONS[policy->action];
        g_assert(field->type == POLICY_FIELD_TEXT);
        return *(char **) value_of(policy, field);
}

GStrv policy_get_strings(const Policy *policy, const char *key) {
        const PolicyField *field = find_field(key);
        GPtrArray **names = names_of(policy, field);
        GArray **ranges = ranges_of(policy, field);
        const guint count = names ? (*names)->len : (*ranges)->len;
        const bool sources = field->type == POLICY_FIELD_SOURCES;
        const guint ipsets = sources ? policy->ipsets->len : 0, zones = sources ? policy->zones->len : 0;
        GStrv strings = g_new0(char *, count + ipsets + zones + 1);
        for (guint i = 0; i < count; i++)
                strings[i] = names                             ? g_strdup((*names)->pdata[i]) :
                             field->type == POLICY_FIELD_PORTS ? port_range_format(&g_array_index(*ranges, PortRange, i)) :
                                                                 address_range_format(&g_array_index(*ranges, AddressRange, i));
        for (guint i = 0; i < ipsets; i++)
                strings[count + i] = g_strconcat(POLICY_IPSET, policy->ipsets->pdata[i], NULL);
        for (guint i = 0; i < zones; i++)
                strings[count + ipsets + i] = g_strconcat(POLICY_ZONE, policy->zones->pdata[i], NULL);
        return strings;
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

/* As values, not as text: there may be 65,536. Bytes that an IPv4 address does not use are zero. */
static bool addresses_equal(GArray *a, GArray *b) {
        return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len * sizeof(AddressRange)) == 0);
}

bool policy_equal(const Policy *a, const Policy *b) {
        bool equal = true;
        for (const PolicyField *field = POLICY_FIELDS; equal && field->name; field++) {
                const gpointer one = value_of(a, field), other = value_of(b, field);
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
                        equal = addresses_equal(*(GArray **) one, *(GArray **) other);
                        break;
                case POLICY_FIELD_SOURCES:
                        equal = addresses_equal(a->sources, b->sources) && names_equal(a->ipsets, b->ipsets) &&
                                names_equal(a->zones, b->zones);
                        break;
                case POLICY_FIELD_PORTS:
                        equal = ports_equal(*(GArray **) one, *(GArray **) other);
                        break;
                }
        }
        return equal;
}

bool policy_has_sources(const Policy *policy) {
        return policy->sources->len > 0 || policy->ipsets->len > 0 || policy->zones->len > 0;
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

bool policy_judges(const Policy *policy) {
        return policy->enabled && policy->action != POLICY_FORWARD;
}

static bool names_are_within(GPtrArray *a, GPtrArray *b) {
        bool within = true;
        for (guint i = 0; within && i < a->len; i++)
                within = g_ptr_array_find_with_equal_func(b, a->pdata[i], g_str_equal, NULL);
        return within;
}

bool policy_sources_are_within(const Policy *a, const Policy *b) {
        if (!names_are_within(a->ipsets, b->ipsets) || !names_are_within(a->zones, b->zones))
                return false;
        ITERATE_FAMILIES (family) {
                g_autoptr(GArray) of_a = address_set_new(a->sources, family), of_b = address_set_new(b->sources, family),
                                  left = address_set_subtract(of_a, of_b);
                if (left->len > 0)
                        return false;
        }
        return true;
}
