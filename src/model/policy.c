/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy.h"

#include <string.h>

#include "error.h"
#include "bounds.h"

const char *const POLICY_KEYS[] = {
        "action", "interfaces", "out-interfaces", "sources", "destinations", "ports",
        "containers", "networks", "reject", "log", "enabled", "description", NULL,
};

static const char *const ACTIONS[] = {
        [POLICY_ALLOW_ONLY] = "allow-only",
        [POLICY_DENY] = "deny",
        [POLICY_FORWARD] = "forward",
};

/* Where the value of a list key lives: names in a GPtrArray, addresses and ports in a GArray. */
static GPtrArray *policy_names(const Policy *policy, const char *key) {
        if (g_str_equal(key, "interfaces"))
                return policy->interfaces;
        if (g_str_equal(key, "out-interfaces"))
                return policy->out_interfaces;
        if (g_str_equal(key, "containers"))
                return policy->containers;
        if (g_str_equal(key, "networks"))
                return policy->networks;
        return NULL;
}

static GArray *policy_addresses(const Policy *policy, const char *key) {
        if (g_str_equal(key, "sources"))
                return policy->sources;
        if (g_str_equal(key, "destinations"))
                return policy->destinations;
        return NULL;
}

static bool *policy_boolean(Policy *policy, const char *key) {
        if (g_str_equal(key, "reject"))
                return &policy->reject;
        if (g_str_equal(key, "log"))
                return &policy->log;
        if (g_str_equal(key, "enabled"))
                return &policy->enabled;
        return NULL;
}

PolicyKeyType policy_key_type(const char *key) {
        if (!g_strv_contains(POLICY_KEYS, key))
                return POLICY_KEY_UNKNOWN;
        if (g_str_equal(key, "action") || g_str_equal(key, "description"))
                return POLICY_KEY_STRING;
        if (g_str_equal(key, "reject") || g_str_equal(key, "log") || g_str_equal(key, "enabled"))
                return POLICY_KEY_BOOLEAN;
        return POLICY_KEY_STRINGS;
}

Policy *policy_new(void) {
        Policy *policy = g_rc_box_new0(Policy);
        policy->action = _POLICY_ACTION_MAX;
        policy->interfaces = g_ptr_array_new_with_free_func(g_free);
        policy->out_interfaces = g_ptr_array_new_with_free_func(g_free);
        policy->containers = g_ptr_array_new_with_free_func(g_free);
        policy->networks = g_ptr_array_new_with_free_func(g_free);
        policy->sources = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        policy->destinations = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        policy->ports = g_array_new(FALSE, FALSE, sizeof(PortRange));
        policy->enabled = true;
        return policy;
}

Policy *policy_ref(Policy *policy) {
        return g_rc_box_acquire(policy);
}

static void policy_clear(gpointer p) {
        Policy *policy = p;
        g_ptr_array_unref(policy->interfaces);
        g_ptr_array_unref(policy->out_interfaces);
        g_ptr_array_unref(policy->containers);
        g_ptr_array_unref(policy->networks);
        g_array_unref(policy->sources);
        g_array_unref(policy->destinations);
        g_array_unref(policy->ports);
        g_free(policy->description);
}

void policy_unref(Policy *policy) {
        g_rc_box_release_full(policy, policy_clear);
}

static void copy_names(GPtrArray *to, GPtrArray *from) {
        for (guint i = 0; i < from->len; i++)
                g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

Policy *policy_copy(const Policy *policy) {
        Policy *copy = policy_new();
        copy->action = policy->action;
        copy_names(copy->interfaces, policy->interfaces);
        copy_names(copy->out_interfaces, policy->out_interfaces);
        copy_names(copy->containers, policy->containers);
        copy_names(copy->networks, policy->networks);
        g_array_append_vals(copy->sources, policy->sources->data, policy->sources->len);
        g_array_append_vals(copy->destinations, policy->destinations->data, policy->destinations->len);
        g_array_append_vals(copy->ports, policy->ports->data, policy->ports->len);
        copy->reject = policy->reject;
        copy->log = policy->log;
        copy->enabled = policy->enabled;
        copy->description = g_strdup(policy->description);
        return copy;
}

bool policy_name_check(const char *name, GError **error) {
        size_t length = strlen(name);
        g_autofree char *seen = quaywall_error_show(name);
        if (length == 0 || length > LIMIT_NAME) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            "name: \"%s\" has %zu characters; a policy's name has 1 to %u", seen, length, LIMIT_NAME);
                return false;
        }
        bool good = name[0] != '.' && name[0] != '-';
        for (const char *c = name; *c; c++)
                good &= g_ascii_isalnum(*c) || strchr("._-", *c);
        if (!good)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            "name: \"%s\" must be made of letters, digits, \".\", \"_\" and \"-\", and not start with \".\" or \"-\"",
                            seen);
        return good;
}

bool interface_name_check(const char *key, const char *name, GError **error) {
        size_t length = strlen(name);
        g_autofree char *seen = quaywall_error_show(name);
        if (length == 0 || length > LIMIT_INTERFACE) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_INTERFACE,
                            "%s: \"%s\" has %zu characters; an interface name has 1 to %u", key, seen, length,
                            LIMIT_INTERFACE);
                return false;
        }
        /* The kernel refuses "/", ":", spaces, "." and ".."; firewalld "!" and "*"; "+" is a wildcard of iptables, a
         * leading "-" would be an option of it. */
        bool good = !g_str_equal(name, ".") && !g_str_equal(name, "..") && name[0] != '-';
        for (const char *c = name; *c; c++)
                good &= g_ascii_isgraph(*c) && !strchr("/:!*+,\"'\\{}", *c);
        if (!good)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_INTERFACE,
                            "%s: \"%s\" is not the name of an interface, as \"eth0\" is; see \"ip link\"", key, seen);
        return good;
}

/* Docker's own rule for names of containers and networks ("RestrictedNameChars" of moby); labels are free, but for what
 * an XML file or a line of a journal could not hold. */
static bool docker_name_check(const char *key, const char *entry, GError **error) {
        const bool label = g_str_equal(key, "containers") && g_str_has_prefix(entry, "label=");
        const char *name = label ? entry + strlen("label=") : entry;
        g_autofree char *seen = quaywall_error_show(entry);
        if (strlen(entry) > LIMIT_CONTAINER_NAME) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, "%s: \"%s...\" has %zu bytes; at most %u are taken", key,
                            seen, strlen(entry), LIMIT_CONTAINER_NAME);
                return false;
        }
        bool good = name[0] && g_utf8_validate(name, -1, NULL);
        if (label) {
                good &= name[0] != '=';
                for (const char *c = name; good && *c; c = g_utf8_next_char(c))
                        good = !g_unichar_iscntrl(g_utf8_get_char(c)) && (g_utf8_get_char(c) | 1) != 0xffff;
        } else {
                good &= g_ascii_isalnum(name[0]);
                for (const char *c = name; *c; c++)
                        good &= g_ascii_isalnum(*c) || strchr("_.-", *c);
        }
        if (!good)
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            g_str_equal(key, "containers") ?
                                    "%s: \"%s\" must be a container's name, \"label=KEY\" or \"label=KEY=VALUE\"; see \"docker ps\"" :
                                    "%s: \"%s\" is not the name of a network, as \"bridge\" is; see \"docker network ls\"",
                            key, seen);
        return good;
}

bool policy_set_string(Policy *policy, const char *key, const char *value, GError **error) {
        if (g_str_equal(key, "action")) {
                for (PolicyAction action = 0; action < _POLICY_ACTION_MAX; action++)
                        if (g_str_equal(value, ACTIONS[action])) {
                                policy->action = action;
                                return true;
                        }
                g_autofree char *seen = quaywall_error_show(value);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            "action: \"%s\" is not known; it must be \"allow-only\", \"deny\" or \"forward\"", seen);
                return false;
        }

        g_assert(g_str_equal(key, "description"));
        if (strlen(value) > LIMIT_DESCRIPTION) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            "description: %zu bytes are too many; at most %u are kept", strlen(value), LIMIT_DESCRIPTION);
                return false;
        }
        bool printable = g_utf8_validate(value, -1, NULL);
        /* XML has no way to write the last two of the first plane: the file could not be read again. */
        for (const char *c = value; printable && *c; c = g_utf8_next_char(c))
                printable = !g_unichar_iscntrl(g_utf8_get_char(c)) && (g_utf8_get_char(c) | 1) != 0xffff;
        if (!printable) {
                g_autofree char *seen = quaywall_error_show(value);
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY,
                            "description: \"%s\" must be one line of text without control characters", seen);
                return false;
        }
        g_free(policy->description);
        policy->description = value[0] ? g_strdup(value) : NULL;
        return true;
}

static bool check_room(const char *key, guint used, guint limit, GError **error) {
        if (used < limit)
                return true;
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED, "%s: more than %u; a policy can have %u at most", key,
                    limit, limit);
        return false;
}

static bool add_address(GArray *addresses, const char *key, const char *value, GError **error) {
        AddressRange range;
        if (!check_room(key, addresses->len, g_str_equal(key, "sources") ? LIMIT_ADDRESSES : LIMIT_MATCHES, error))
                return false;
        if (!address_range_parse(value, &range, error)) {
                g_prefix_error(error, "%s: ", key);
                return false;
        }
        g_array_append_val(addresses, range);
        return true;
}

static bool add_port(GArray *ports, const char *value, GError **error) {
        PortRange range;
        if (!check_room("ports", ports->len, LIMIT_MATCHES, error))
                return false;
        if (!port_range_parse(value, &range, error)) {
                g_prefix_error(error, "ports: ");
                return false;
        }
        for (guint i = 0; i < ports->len; i++)
                if (port_range_overlaps(&range, &g_array_index(ports, PortRange, i))) {
                        g_autofree char *other = port_range_format(&g_array_index(ports, PortRange, i));
                        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_PORT,
                                    "ports: \"%s\" overlaps \"%s\"; name each port once", value, other);
                        return false;
                }
        g_array_append_val(ports, range);
        return true;
}

bool policy_add_string(Policy *policy, const char *key, const char *value, GError **error) {
        GArray *addresses = policy_addresses(policy, key);
        if (addresses)
                return add_address(addresses, key, value, error);
        if (g_str_equal(key, "ports"))
                return add_port(policy->ports, value, error);

        GPtrArray *names = policy_names(policy, key);
        g_assert(names);
        if (!check_room(key, names->len, LIMIT_MATCHES, error))
                return false;
        const bool docker = names == policy->containers || names == policy->networks;
        /* Its packets are this host's own, which the guard lets pass first of all: a policy on it would do nothing. */
        if (!docker && g_str_equal(value, "lo")) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_INTERFACE,
                            "%s: \"lo\" has only what this host sends to itself, which no policy judges; name the interface where "
                            "clients come in, as \"eth0\" is",
                            key);
                return false;
        }
        if (docker ? !docker_name_check(key, value, error) : !interface_name_check(key, value, error))
                return false;
        if (g_ptr_array_find_with_equal_func(names, value, g_str_equal, NULL)) {
                g_set_error(error, QUAYWALL_ERROR, docker ? QUAYWALL_ERROR_INVALID_POLICY : QUAYWALL_ERROR_INVALID_INTERFACE,
                            "%s: \"%s\" is listed twice", key, value);
                return false;
        }
        g_ptr_array_add(names, g_strdup(value));
        return true;
}

void policy_set_boolean(Policy *policy, const char *key, bool value) {
        *policy_boolean(policy, key) = value;
}

const char *policy_get_string(const Policy *policy, const char *key) {
        return g_str_equal(key, "action") ? ACTIONS[policy->action] : policy->description;
}

GStrv policy_get_strings(const Policy *policy, const char *key) {
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
        GArray *addresses = policy_addresses(policy, key);
        GPtrArray *names = policy_names(policy, key);
        for (guint i = 0; addresses && i < addresses->len; i++) {
                g_autofree char *text = address_range_format(&g_array_index(addresses, AddressRange, i));
                g_strv_builder_add(builder, text);
        }
        for (guint i = 0; names && i < names->len; i++)
                g_strv_builder_add(builder, names->pdata[i]);
        for (guint i = 0; g_str_equal(key, "ports") && i < policy->ports->len; i++) {
                g_autofree char *text = port_range_format(&g_array_index(policy->ports, PortRange, i));
                g_strv_builder_add(builder, text);
        }
        return g_strv_builder_end(builder);
}

bool policy_get_boolean(const Policy *policy, const char *key) {
        return *policy_boolean((Policy *) policy, key);
}

static bool check_overlap(GArray *addresses, const char *key, GError **error) {
        const AddressRange *a, *b;
        if (!address_ranges_find_overlap(addresses, &a, &b))
                return true;
        g_autofree char *text_a = address_range_format(a), *text_b = address_range_format(b);
        g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_ADDRESS,
                    g_str_equal(text_a, text_b) ? "%s: \"%s\" is listed twice" :
                                                  "%s: \"%s\" and \"%s\" overlap; name each address once",
                    key, text_a, text_b);
        return false;
}

/* A range can be hundreds of prefixes, and each is a rule. */
static guint count_prefixes(GArray *addresses) {
        guint n = 0;
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_autoptr(GArray) set = address_set_new(addresses, family);
                g_autoptr(GPtrArray) prefixes = address_set_to_prefixes(set);
                n += prefixes->len;
        }
        return n;
}

bool policy_check(const Policy *policy, GError **error) {
        const char *wrong = NULL;
        if (policy->action == _POLICY_ACTION_MAX)
                wrong = "action: missing; it must be \"allow-only\", \"deny\" or \"forward\"";
        else if (policy->action == POLICY_ALLOW_ONLY && policy->sources->len == 0)
                wrong = "sources: missing; \"allow-only\" needs the addresses that may come in; to keep everybody out use \"deny\"";
        else if (policy->action == POLICY_FORWARD) {
                if (policy->interfaces->len == 0)
                        wrong = "interfaces: missing; \"forward\" needs the interfaces where packets come in";
                else if (policy->out_interfaces->len == 0)
                        wrong = "out-interfaces: missing; \"forward\" needs the interfaces by which packets leave";
                else if (policy->sources->len || policy->destinations->len || policy->ports->len || policy->containers->len ||
                         policy->networks->len)
                        wrong = "sources, destinations, ports, containers, networks: \"forward\" takes \"interfaces\" and "
                                "\"out-interfaces\" only";
                else if (policy->reject || policy->log)
                        wrong = "reject, log: \"forward\" keeps nothing out, so there is nothing to reject or to log";
        } else if (policy->out_interfaces->len)
                wrong = "out-interfaces: only \"forward\" takes them";
        if (wrong) {
                g_set_error_literal(error, QUAYWALL_ERROR, QUAYWALL_ERROR_INVALID_POLICY, wrong);
                return false;
        }

        const guint destinations = count_prefixes(policy->destinations);
        const guint combinations = MAX(1, policy->interfaces->len) * MAX(1, policy->out_interfaces->len) *
                                   MAX(1, destinations) * MAX(1, policy->ports->len);
        if (combinations > LIMIT_RULES) {
                g_set_error(error, QUAYWALL_ERROR, QUAYWALL_ERROR_LIMIT_EXCEEDED,
                            "interfaces, destinations, ports: %u combinations are too many; a policy can have %u at most",
                            combinations, LIMIT_RULES);
                return false;
        }
        return check_overlap(policy->sources, "sources", error) &&
               check_overlap(policy->destinations, "destinations", error);
}

bool policy_equal(const Policy *a, const Policy *b) {
        for (const char *const *key = POLICY_KEYS; *key; key++)
                switch (policy_key_type(*key)) {
                case POLICY_KEY_STRING:
                        if (g_strcmp0(policy_get_string(a, *key), policy_get_string(b, *key)) != 0)
                                return false;
                        break;
                case POLICY_KEY_BOOLEAN:
                        if (policy_get_boolean(a, *key) != policy_get_boolean(b, *key))
                                return false;
                        break;
                default: {
                        g_auto(GStrv) list_a = policy_get_strings(a, *key), list_b = policy_get_strings(b, *key);
                        if (!g_strv_equal((const char *const *) list_a, (const char *const *) list_b))
                                return false;
                }
                }
        return true;
}

bool policy_judges(const Policy *policy) {
        return policy->enabled && policy->action != POLICY_FORWARD;
}
