/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-state.h"

#include <string.h>

#include "compile/zone-rules.h"
#include "model/port.h"

const char *const GUARD_HOLD_OBJECTS[] = { "chain unknown",    "chain proxied",    "set known_ipv4",     "set known_ipv6",
                                           "set pending_ipv4", "set pending_ipv6", "set spared_bridges", NULL };

const char *const GUARD_POLICIES[2][_GUARD_HOOK_MAX] = {
        { [GUARD_HOST] = "host_policies", [GUARD_FORWARD] = "forward_policies" },
        { [GUARD_HOST] = GUARD_LABEL_PREFIX "host_policies", [GUARD_FORWARD] = GUARD_LABEL_PREFIX "forward_policies" },
};

static const char *const HOOKS[_GUARD_HOOK_MAX] = { [GUARD_HOST] = "host", [GUARD_FORWARD] = "forward" };
static const char *const TURNS[_GUARD_TURN_MAX] = {
        [GUARD_DENY] = "deny", [GUARD_PASS] = "pass", [GUARD_ZONES] = "zones", [GUARD_ONLY] = "only"
};

const char *const GUARD_PUBLISHED_AT[_FAMILY_MAX] = { [FAMILY_IPV4] = "published_ipv4", [FAMILY_IPV6] = "published_ipv6" };
const char *const GUARD_KNOWN[_FAMILY_MAX] = { [FAMILY_IPV4] = "known_ipv4", [FAMILY_IPV6] = "known_ipv6" };
const char *const GUARD_PENDING[_FAMILY_MAX] = { [FAMILY_IPV4] = "pending_ipv4", [FAMILY_IPV6] = "pending_ipv6" };

static GHashTable *new_names(void) {
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

GuardState *guard_state_new(void) {
        GuardState *state = g_new0(GuardState, 1);
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                state->known[family] = new_names();
                state->pending[family] = new_names();
        }
        state->spared = new_names();
        state->holding = new_names();
        state->sets = new_names();
        state->counters = new_names();
        state->chains = new_names();
        state->bridges = new_names();
        state->published = new_names();
        state->others = new_names();
        return state;
}

void guard_state_free(GuardState *state) {
        g_hash_table_unref(state->sets);
        g_hash_table_unref(state->counters);
        g_hash_table_unref(state->chains);
        g_hash_table_unref(state->bridges);
        g_hash_table_unref(state->published);
        g_hash_table_unref(state->others);
        g_hash_table_unref(state->holding);
        g_hash_table_unref(state->spared);
        g_free(state->rules);
        for (Family family = 0; family < _FAMILY_MAX; family++) {
                g_hash_table_unref(state->known[family]);
                g_hash_table_unref(state->pending[family]);
                g_clear_pointer(&state->published_at[family], g_hash_table_unref);
        }
        g_free(state);
}

const char *guard_family(Family family) {
        return family == FAMILY_IPV4 ? "ip" : "ip6";
}

char *guard_chain_name(GuardHook hook, bool carried, GuardTurn turn, guint run, const char *key) {
        GString *name = g_string_new(carried ? GUARD_LABEL_PREFIX : NULL);
        g_string_append_printf(name, "%s_%s", HOOKS[hook], TURNS[turn]);
        if (run > 1)
                g_string_append_printf(name, "%u", run);
        g_string_append_printf(name, "_%s", key);
        g_string_replace(name, ":", "-", 0);
        return g_string_free(name, FALSE);
}

/* Whatever its rules are: who changes them makes a commit, which is noticed. */
static bool is_chain_of_run(const char *name) {
        if (g_str_has_prefix(name, ZONE_RULES_PREFIX) || g_str_has_prefix(name, GUARD_LABEL_PREFIX))
                return true;
        for (GuardHook hook = 0; hook < _GUARD_HOOK_MAX; hook++) {
                g_autofree char *list = g_strdup_printf("%s_list_", HOOKS[hook]);
                if (g_str_has_prefix(name, list))
                        return true;
                for (GuardTurn turn = 0; turn < _GUARD_TURN_MAX; turn++) {
                        g_autofree char *prefix = g_strdup_printf("%s_%s", HOOKS[hook], TURNS[turn]);
                        if (g_str_has_prefix(name, prefix))
                                return true;
                }
        }
        return false;
}

char *guard_counter_name(const char *policy) {
        /* Prefixed, since nft refuses a name that is a keyword or starts with a digit. */
        return g_strconcat("p_", policy, NULL);
}

char *guard_set_name(GArray *set, char kind, Family family) {
        const gsize size = (gsize) set->len * g_array_get_element_size(set);
        g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *) set->data, size);
        return g_strdup_printf("%c%c_%.24s", kind, family == FAMILY_IPV4 ? '4' : '6', digest);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* "elements = { a, b }", over any number of lines; empty if absent. */
static GStrv read_elements(const char *definition) {
        const char *begin = strstr(definition, "elements = {"), *end = begin ? strchr(begin, '}') : NULL;
        if (!end)
                return g_new0(char *, 1);
        begin += strlen("elements = {");
        g_autofree char *list = g_strndup(begin, end - begin);
        GStrv elements = g_strsplit(list, ",", -1);
        for (char **element = elements; *element; element++)
                g_strstrip(*element);
        return elements;
}

static bool read_endpoint(const char *text, char kind, Endpoint *ret) {
        memset(ret, 0, sizeof *ret);
        if (kind == 'p')
                return port_parse(text, &ret->port);
        AddressRange address;
        const char *dot = strstr(text, " . ");
        g_autofree char *first = dot ? g_strndup(text, dot - text) : NULL;
        if (!dot || !port_parse(dot + strlen(" . "), &ret->port) || !address_range_parse(first, &address, NULL))
                return false;
        ret->address.family = address.family;
        memcpy(ret->address.first, address.first, sizeof address.first);
        memcpy(ret->address.last, address.last, sizeof address.last);
        return true;
}

/* The name that the set would have. */
static char *read_addresses(GStrv elements, char kind, Family family) {
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (char **element = elements; *element; element++) {
                AddressRange range;
                memset(&range, 0, sizeof range);
                if (!address_range_parse(*element, &range, NULL))
                        return NULL;
                g_array_append_val(ranges, range);
        }
        g_autoptr(GArray) set = address_set_new(ranges, family);
        return guard_set_name(set, kind, family);
}

static char *read_endpoints(GStrv elements, char kind, Family family) {
        g_autoptr(GArray) endpoints = g_array_new(FALSE, FALSE, sizeof(Endpoint));
        for (char **element = elements; *element; element++) {
                Endpoint endpoint;
                if (!read_endpoint(*element, kind, &endpoint))
                        return NULL;
                g_array_append_val(endpoints, endpoint);
        }
        g_array_sort(endpoints, endpoint_compare);
        return guard_set_name(endpoints, kind, family);
}

static char *read_ports(GStrv elements, Family family) {
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(PortRange));
        const char *protocol = protocol_from_string("tcp"); /* any: the rule says which one */
        for (char **element = elements; *element; element++) {
                g_autofree char *text = g_strdup_printf("%s/%s", *element, protocol);
                PortRange range;
                if (!port_range_parse(text, &range, NULL))
                        return NULL;
                g_array_append_val(ranges, range);
        }
        g_autoptr(GArray) set = port_set_new(ranges, protocol);
        return guard_set_name(set, 't', family);
}

static bool has_named_content(const char *name, GStrv elements, const char *definition) {
        if (name[0] == 'z') {
                g_autofree char *copy = zone_rules_set_name(definition);
                return g_str_equal(copy, name);
        }
        const Family family = name[0] && name[1] == '4' ? FAMILY_IPV4 : FAMILY_IPV6;
        if (!strchr("spect", name[0]))
                return false;
        g_autofree char *right = name[0] == 't'        ? read_ports(elements, family) :
                                 strchr("sc", name[0]) ? read_addresses(elements, name[0], family) :
                                                         read_endpoints(elements, name[0], family);
        return right && g_str_equal(right, name);
}

static void read_names(GHashTable *names, GStrv elements) {
        for (char **element = elements; *element; element++) {
                const gsize length = strlen(*element);
                const bool quoted = length >= 2 && (*element)[0] == '"' && (*element)[length - 1] == '"';
                g_hash_table_add(names, quoted ? g_strndup(*element + 1, length - 2) : g_strdup(*element));
        }
}

static bool is_chain_of_ours(const char *name) {
        static const char *const CHAINS[] = { "host", "input", "forward", "host_policies", "forward_policies", NULL };
        return g_strv_contains(CHAINS, name);
}

/* One of GUARD_HOLD_OBJECTS, with its elements. */
static void read_holding(GuardState *state, const char *object, GStrv elements) {
        g_hash_table_add(state->holding, g_strdup(object));
        if (g_str_equal(object, "set known_ipv4"))
                read_names(state->known[FAMILY_IPV4], elements);
        else if (g_str_equal(object, "set known_ipv6"))
                read_names(state->known[FAMILY_IPV6], elements);
        else if (g_str_equal(object, "set pending_ipv4"))
                read_names(state->pending[FAMILY_IPV4], elements);
        else if (g_str_equal(object, "set pending_ipv6"))
                read_names(state->pending[FAMILY_IPV6], elements);
        else if (g_str_equal(object, "set spared_bridges"))
                read_names(state->spared, elements);
}

void guard_state_add_published_at(GuardState *state, Family family, const char *element) {
        if (!state->published_at[family])
                state->published_at[family] = new_names();
        if (element)
                g_hash_table_add(state->published_at[family], g_strdup(element));
}

static bool read_published_at(GuardState *state, const char *name, GStrv elements) {
        for (Family family = 0; family < _FAMILY_MAX; family++)
                if (g_str_equal(name, GUARD_PUBLISHED_AT[family])) {
                        guard_state_add_published_at(state, family, NULL);
                        read_names(state->published_at[family], elements);
                        return true;
                }
        return false;
}

static void read_object(GuardState *state, const char *kind, const char *name, const char *definition) {
        g_auto(GStrv) elements = read_elements(definition);
        g_autofree char *object = g_strdup_printf("%s %s", kind, name);
        if (g_str_equal(kind, "chain") && is_chain_of_ours(name))
                return;
        if (g_str_equal(kind, "chain") && is_chain_of_run(name))
                g_hash_table_add(state->chains, g_strdup(name));
        else if (g_str_equal(kind, "counter") && g_str_has_prefix(name, "p_"))
                g_hash_table_add(state->counters, g_strdup(name));
        else if (g_str_equal(kind, "set") && g_str_equal(name, "docker_bridges"))
                read_names(state->bridges, elements);
        else if (g_str_equal(kind, "set") && g_str_equal(name, "published_ports"))
                read_names(state->published, elements);
        else if (g_str_equal(kind, "set") && read_published_at(state, name, elements))
                return;
        else if (g_strv_contains(GUARD_HOLD_OBJECTS, object))
                read_holding(state, object, elements);
        else if (g_str_equal(kind, "set") && has_named_content(name, elements, definition))
                g_hash_table_add(state->sets, g_strdup(name));
        else
                g_hash_table_add(state->others, g_steal_pointer(&object));
}

/* Objects begin with one tab, "	set x {", and end with "	}"; their content has two tabs. */
GuardState *guard_state_parse(const char *text) {
        GuardState *state = guard_state_new();
        state->is_there = strstr(text, "\tset docker_bridges {\n") && strstr(text, "\tset published_ports {\n");
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        g_autofree char *kind = NULL, *name = NULL;
        g_autoptr(GString) definition = g_string_new(NULL);
        for (char **line = lines; *line; line++) {
                const bool top = (*line)[0] == '\t' && (*line)[1] != '\t';
                if (top && g_str_has_suffix(*line, " {")) {
                        (*line)[strlen(*line) - strlen(" {")] = '\0';
                        const char *space = strrchr(*line, ' ');
                        g_free(kind);
                        g_free(name);
                        kind = space ? g_strndup(*line + 1, space - *line - 1) : g_strdup("");
                        name = g_strdup(space ? space + 1 : *line + 1);
                        g_string_truncate(definition, 0);
                } else if (top && g_str_equal(*line, "\t}") && kind) {
                        read_object(state, kind, name, definition->str);
                        g_clear_pointer(&kind, g_free);
                } else
                        g_string_append_printf(definition, "%s\n", *line);
        }
        return state;
}

static bool same_keys(GHashTable *a, GHashTable *b) {
        GHashTableIter iter;
        gpointer key;
        g_hash_table_iter_init(&iter, a);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                if (!g_hash_table_contains(b, key))
                        return false;
        return g_hash_table_size(a) == g_hash_table_size(b);
}

/* Either set may be missing. */
static bool same_sets(GHashTable *const *a, GHashTable *const *b) {
        for (Family family = 0; family < _FAMILY_MAX; family++)
                if (!a[family] != !b[family] || (a[family] && !same_keys(a[family], b[family])))
                        return false;
        return true;
}

bool guard_state_equal(const GuardState *a, const GuardState *b) {
        return a->is_there == b->is_there && same_keys(a->sets, b->sets) && same_keys(a->counters, b->counters) &&
               same_keys(a->chains, b->chains) && same_keys(a->bridges, b->bridges) && same_keys(a->published, b->published) &&
               same_sets(a->published_at, b->published_at) && same_keys(a->holding, b->holding) &&
               same_sets(a->known, b->known) && same_sets(a->pending, b->pending) && same_keys(a->spared, b->spared) &&
               same_keys(a->others, b->others);
}

bool guard_state_conflicts(const GuardState *there, const GuardState *wanted) {
        GHashTableIter iter;
        gpointer name;
        g_hash_table_iter_init(&iter, wanted->sets);
        while (g_hash_table_iter_next(&iter, &name, NULL)) {
                g_autofree char *other = g_strconcat("set ", (char *) name, NULL);
                if (g_hash_table_contains(there->others, other))
                        return true;
        }
        return false;
}
