/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-policies.h"

#include <string.h>

/*
 * Among many rules a packet finds its own through verdict maps, by the container's address and by the dialled port. So it meets
 * only the rules for this address and this port, however many there are. Rules for a network, for many ports or addresses, or
 * without either are met by every packet; a run is what lies between two of these.
 * Within a turn only one order matters: if several policies forbid a connection, the first by name counts, logs and rejects it.
 * The chain of one address or port keeps the order of its rules. Between the two kinds of chains: addresses come first, and a
 * packet that a rule for its address forbids, while its port has rules as well, meets all rules of the run in their order.
 */

/* A verdict map costs as much as two or three rules that do not match (docs/PERFORMANCE.md), and a short list is easier to read. */
#define RUN_MIN 8U

/* A rule is in the chains of all its ports or addresses, so of a few only. */
#define KEYS_MAX 8U

/* Rules that maps lead to, with none between them that every packet meets. */
typedef struct Run {
        GuardPolicies *policies;
        GuardTurn turn;
        guint number;
        GArray *members; /* guint: indexes of policies->rules */
} Run;

/* A verdict map: by addresses of a family, or by ports of a protocol. */
typedef struct Map {
        Family family;
        const char *protocol; /* static; NULL: by addresses */
        GPtrArray *keys;      /* char *, as nft spells them, in the order of the rules */
        GHashTable *members;  /* of each key: GArray of guint */
} Map;

/* --- what a rule is found by -------------------------------------------------------------------------------------- */

static bool add_key(GPtrArray *keys, char *key) {
        const bool is_new = !g_ptr_array_find_with_equal_func(keys, key, g_str_equal, NULL);
        if (is_new)
                g_ptr_array_add(keys, key);
        else
                g_free(key);
        return keys->len <= KEYS_MAX;
}

static bool add_ports(GPtrArray *keys, const Rule *rule) {
        g_assert(rule->port); /* without endpoints, that is what a protocol comes from */
        g_autoptr(GArray) spans = port_set_new(rule->policy->ports, rule->port->protocol);
        for (guint i = 0; i < spans->len; i++) {
                const PortSpan *span = &g_array_index(spans, PortSpan, i);
                for (guint port = span->first; port <= span->last; port++)
                        if (!add_key(keys, g_strdup_printf("%u", port)))
                                return false;
        }
        return true;
}

static bool add_endpoints(GPtrArray *keys, const Rule *rule, bool by_port) {
        for (guint i = 0; i < rule->endpoints->len; i++) {
                const Endpoint *endpoint = &g_array_index(rule->endpoints, Endpoint, i);
                const AddressRange *address = &endpoint->address;
                const bool is_one = memcmp(address->first, address->last, sizeof address->first) == 0;
                if (!is_one || !add_key(keys, by_port ? g_strdup_printf("%u", endpoint->port) : address_range_format(address)))
                        return false;
        }
        return true;
}

/* All ports or addresses of the rule (char *; unref the array), and which map they belong to; NULL: every packet meets the
 * rule. */
static GPtrArray *find_keys(const Rule *rule, Map *ret_map) {
        g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
        const bool by_port = rule->kind == ENDPOINT_DIALLED || rule->kind == ENDPOINT_PUBLISHED;
        *ret_map = (Map){ .family = rule->family,
                          .protocol = !by_port   ? NULL :
                                      rule->port ? rule->port->protocol :
                                                   rule->protocol };
        if (by_port && !ret_map->protocol)
                return NULL;
        const bool all = rule->endpoints ? add_endpoints(keys, rule, by_port) : add_ports(keys, rule);
        return all ? g_steal_pointer(&keys) : NULL;
}

/* --- a run -------------------------------------------------------------------------------------------------------- */

static void map_free(gpointer p) {
        Map *map = p;
        g_hash_table_unref(map->members);
        g_ptr_array_unref(map->keys);
        g_free(map);
}

static Map *get_map(GPtrArray *maps, const Map *wanted) {
        for (guint i = 0; i < maps->len; i++) {
                Map *map = maps->pdata[i];
                if (g_strcmp0(map->protocol, wanted->protocol) == 0 && (map->protocol || map->family == wanted->family))
                        return map;
        }
        Map *map = g_memdup2(wanted, sizeof *wanted);
        map->keys = g_ptr_array_new_with_free_func(g_free);
        map->members = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) g_array_unref);
        g_ptr_array_add(maps, map);
        return map;
}

static void add_to_map(Map *map, char *key, guint member) {
        GArray *members = g_hash_table_lookup(map->members, key);
        if (members)
                g_free(key);
        else {
                members = g_array_new(FALSE, FALSE, sizeof(guint));
                g_ptr_array_add(map->keys, key);
                g_hash_table_insert(map->members, key, members);
        }
        g_array_append_val(members, member);
}

/* By addresses first. */
static int compare_maps(gconstpointer a, gconstpointer b) {
        const Map *left = *(Map *const *) a, *right = *(Map *const *) b;
        const int order = g_strcmp0(left->protocol, right->protocol);
        return order ? order : (int) left->family - (int) right->family;
}

/* Whether it does not matter which policy of the turn has its say. */
static bool lets_pass(GuardTurn turn) {
        return turn == GUARD_PASS || turn == GUARD_ZONES;
}

/* Clients that are listed pass in any order, and most of them dialled a port of this host. */
static int compare_maps_to_pass(gconstpointer a, gconstpointer b) {
        return compare_maps(b, a);
}

static GPtrArray *make_maps(const Run *run) {
        GPtrArray *maps = g_ptr_array_new_with_free_func(map_free);
        for (guint i = 0; i < run->members->len; i++) {
                const guint member = g_array_index(run->members, guint, i);
                Map wanted;
                g_autoptr(GPtrArray) keys = find_keys(run->policies->rules->pdata[member], &wanted);
                g_assert(keys); /* those without end the run (guard_policies_render()) */
                Map *map = get_map(maps, &wanted);
                for (guint k = 0; k < keys->len; k++)
                        add_to_map(map, g_strdup(keys->pdata[k]), member);
        }
        g_ptr_array_sort(maps, lets_pass(run->turn) ? compare_maps_to_pass : compare_maps);
        return maps;
}

static void render_members(const Run *run, const GArray *members, const char *chain, const char *before) {
        const GuardPolicies *policies = run->policies;
        const GuardPlace place = { policies->out, chain, before, policies->hook, run->turn, policies->state };
        for (guint i = 0; i < members->len; i++) {
                const guint member = g_array_index(members, guint, i);
                guard_rule_render(&place, policies->rules->pdata[member],
                                  &g_array_index(policies->set_names, SetNames, member));
        }
}

static char *name_chain(const Run *run, const Map *map, const char *key) {
        g_autofree char *full = map && map->protocol ? g_strdup_printf("%s_%s", map->protocol, key) : g_strdup(key);
        return guard_chain_name(run->policies->hook, run->policies->carried, run->turn, run->number, full);
}

static void put_chain(const Run *run, const char *name) {
        const GuardPolicies *policies = run->policies;
        g_hash_table_add(policies->state->chains, g_strdup(name));
        g_string_append_printf(policies->out, "add chain inet " GUARD_TABLE " %s\n", name);
}

/* Of a packet as the client dialled it. */
static const char *port_of(const Run *run) {
        return run->policies->hook == GUARD_HOST ? "th dport" : "ct original proto-dst";
}

static void render_map(const Run *run, const Map *map) {
        GString *out = run->policies->out;
        g_string_append_printf(out, "add rule inet " GUARD_TABLE " %s ",
                               GUARD_POLICIES[run->policies->carried][run->policies->hook]);
        /* nft 1.0.6 does not concatenate "ct original" in a map: one for each protocol. */
        if (map->protocol)
                g_string_append_printf(out, "meta l4proto %s %s vmap {", map->protocol, port_of(run));
        else
                g_string_append_printf(out, "%s daddr vmap {", guard_family(map->family));
        for (guint i = 0; i < map->keys->len; i++) {
                g_autofree char *chain = name_chain(run, map, map->keys->pdata[i]);
                g_string_append_printf(out, "%s %s : jump %s", i ? "," : "", (char *) map->keys->pdata[i], chain);
        }
        g_string_append(out, " }\n");
}

/* A named set, since nft 1.0.6 cannot list an anonymous one of "ct original". */
static char *put_ports(const Run *run, const Map *map) {
        const GuardPolicies *policies = run->policies;
        g_autoptr(GArray) ports = g_array_new(FALSE, FALSE, sizeof(PortRange));
        for (guint i = 0; i < map->keys->len; i++) {
                const guint16 port = (guint16) g_ascii_strtoull(map->keys->pdata[i], NULL, 10);
                const PortRange range = { .protocol = map->protocol, .first = port, .last = port };
                g_array_append_val(ports, range);
        }
        return guard_sets_put_ports(policies->sets, ports, map->protocol, FAMILY_IPV4, policies->previous, policies->state);
}

/* The chain that is asked before a rule for an address drops: all rules of the run, if the packet's port has some. NULL: no rule
 * of the run is for a port. Not a verdict map: older kernels validate a chain anew for each element that leads to it. */
static char *render_both(const Run *run, GPtrArray *maps) {
        const Map *first = maps->pdata[0], *last = maps->pdata[maps->len - 1];
        if (lets_pass(run->turn) || first->protocol || !last->protocol)
                return NULL;
        g_autofree char *all = name_chain(run, NULL, "all");
        put_chain(run, all);
        render_members(run, run->members, all, NULL);
        char *both = name_chain(run, NULL, "both");
        put_chain(run, both);
        for (guint i = 0; i < maps->len; i++) {
                const Map *map = maps->pdata[i];
                if (!map->protocol)
                        continue;
                g_autofree char *ports = put_ports(run, map);
                g_string_append_printf(run->policies->out, "add rule inet " GUARD_TABLE " %s meta l4proto %s %s %s jump %s\n",
                                       both, map->protocol, port_of(run), ports, all);
        }
        return both;
}

static void render_maps(const Run *run) {
        g_autoptr(GPtrArray) maps = make_maps(run);
        g_autofree char *both = render_both(run, maps);
        for (guint i = 0; i < maps->len; i++) {
                const Map *map = maps->pdata[i];
                for (guint k = 0; k < map->keys->len; k++) {
                        g_autofree char *chain = name_chain(run, map, map->keys->pdata[k]);
                        put_chain(run, chain);
                        render_members(run, g_hash_table_lookup(map->members, map->keys->pdata[k]), chain,
                                       map->protocol ? NULL : both);
                }
                render_map(run, map);
        }
}

static void end_list(Run *run) {
        render_members(run, run->members, GUARD_POLICIES[run->policies->carried][run->policies->hook], NULL);
        g_array_set_size(run->members, 0);
}

static void end_run(Run *run) {
        if (run->members->len < RUN_MIN) {
                end_list(run);
                return;
        }
        run->number++;
        render_maps(run);
        g_array_set_size(run->members, 0);
}

/* --- all turns ---------------------------------------------------------------------------------------------------- */

void guard_policies_render(GuardPolicies *policies, bool in_is_bridge) {
        g_autoptr(GArray) members = g_array_new(FALSE, FALSE, sizeof(guint));
        for (GuardTurn turn = 0; turn < _GUARD_TURN_MAX; turn++) {
                Run run = { policies, turn, policies->runs[turn], members };
                for (guint i = 0; i < policies->rules->len; i++) {
                        const Rule *rule = policies->rules->pdata[i];
                        if (rule->in_is_bridge != in_is_bridge || rule_is_carried(rule) != policies->carried ||
                            !guard_rule_has_turn(rule, &g_array_index(policies->set_names, SetNames, i), policies->hook, turn))
                                continue;
                        Map map;
                        g_autoptr(GPtrArray) keys = find_keys(rule, &map);
                        if (!keys)
                                end_run(&run);
                        g_array_append_val(members, i);
                        if (!keys)
                                end_list(&run);
                }
                end_run(&run);
                policies->runs[turn] = run.number;
        }
}
