/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard-sets.h"

#include <string.h>

/* A set without ranges and networks is a hash in the kernel, with the same cost per packet for 50,000 addresses as for ten; one
 * with them is a tree. */
static bool has_range(GArray *set) {
        for (guint i = 0; i < set->len; i++) {
                const AddressRange *range = &g_array_index(set, AddressRange, i);
                if (memcmp(range->first, range->last, sizeof range->first) != 0)
                        return true;
        }
        return false;
}

static void render_set(GString *out, const char *name, GArray *set, Family family) {
        g_string_append_printf(out, "add set inet " GUARD_TABLE " %s { type %s_addr; %selements = { ", name,
                               family == FAMILY_IPV4 ? "ipv4" : "ipv6", has_range(set) ? "flags interval; auto-merge; " : "");
        for (guint i = 0; i < set->len; i++) {
                g_autofree char *range = address_range_format(&g_array_index(set, AddressRange, i));
                g_string_append_printf(out, "%s%s", i ? ", " : "", range);
        }
        g_string_append(out, " }; }\n");
}

static char *format_span(const PortSpan *span) {
        return span->first == span->last ? g_strdup_printf("%u", span->first) :
                                           g_strdup_printf("%u-%u", span->first, span->last);
}

static void render_port_set(GString *out, const char *name, GArray *set) {
        bool ranges = false;
        for (guint i = 0; i < set->len; i++)
                ranges |= g_array_index(set, PortSpan, i).first != g_array_index(set, PortSpan, i).last;
        g_string_append_printf(out, "add set inet " GUARD_TABLE " %s { type inet_service; %selements = { ", name,
                               ranges ? "flags interval; auto-merge; " : "");
        for (guint i = 0; i < set->len; i++) {
                g_autofree char *span = format_span(&g_array_index(set, PortSpan, i));
                g_string_append_printf(out, "%s%s", i ? ", " : "", span);
        }
        g_string_append(out, " }; }\n");
}

/* 'p': ports of this host; 'e': addresses with a port. */
static char endpoint_set_kind(const Rule *rule) {
        return rule->kind == ENDPOINT_PUBLISHED ? 'p' : 'e';
}

static void render_endpoint_set(GString *out, const char *name, const Rule *rule) {
        const bool has_address = rule->kind != ENDPOINT_PUBLISHED;
        g_string_append_printf(out, "add set inet " GUARD_TABLE " %s { type %sinet_service; elements = { ", name,
                               !has_address                ? "" :
                               rule->family == FAMILY_IPV4 ? "ipv4_addr . " :
                                                             "ipv6_addr . ");
        for (guint i = 0; i < rule->endpoints->len; i++) {
                const Endpoint *endpoint = &g_array_index(rule->endpoints, Endpoint, i);
                g_autofree char *address = has_address ? address_range_format(&endpoint->address) : NULL;
                g_string_append_printf(out, "%s%s%s%u", i ? ", " : "", has_address ? address : "", has_address ? " . " : "",
                                       endpoint->port);
        }
        g_string_append(out, " }; }\n");
}

/* Containers' own addresses form a set like sources do: nft prints adjacent addresses as one range, so a name made from the
 * single addresses would not be recognised. */
static GArray *own_addresses(const Rule *rule) {
        g_autoptr(GArray) addresses = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        for (guint i = 0; i < rule->endpoints->len; i++)
                g_array_append_val(addresses, g_array_index(rule->endpoints, Endpoint, i).address);
        return address_set_new(addresses, rule->family);
}

void set_names_clear(gpointer p) {
        SetNames *names = p;
        g_clear_pointer(&names->listed, g_array_unref);
        g_free(names->denied);
        g_free(names->endpoints);
        g_free(names->ports);
}

static bool note_set(const char *name, const GuardState *previous, GuardState *state) {
        return g_hash_table_add(state->sets, g_strdup(name)) && !g_hash_table_contains(previous->sets, name);
}

/* Returns the name of the set with these addresses, and appends the set to out if it must be sent. */
static char *put_set(GString *out, GArray *set, char kind, Family family, const GuardState *previous, GuardState *state) {
        char *name = guard_set_name(set, kind, family);
        if (note_set(name, previous, state))
                render_set(out, name, set, family);
        return name;
}

static char *put_endpoints(GString *out, const Rule *rule, const GuardState *previous, GuardState *state) {
        if (rule->kind == ENDPOINT_CONTAINER) {
                g_autoptr(GArray) addresses = own_addresses(rule);
                return put_set(out, addresses, 'c', rule->family, previous, state);
        }
        char *name = guard_set_name(rule->endpoints, endpoint_set_kind(rule), rule->family);
        if (note_set(name, previous, state))
                render_endpoint_set(out, name, rule);
        return name;
}

char *guard_sets_put_ports(GString *out, GArray *ports, const char *protocol, Family family, const GuardState *previous,
                           GuardState *state) {
        g_autoptr(GArray) set = port_set_new(ports, protocol);
        if (set->len == 1)
                return format_span(&g_array_index(set, PortSpan, 0));
        g_autofree char *name = guard_set_name(set, 't', family);
        if (note_set(name, previous, state))
                render_port_set(out, name, set);
        return g_strconcat("@", name, NULL);
}

static void clear_listed(gpointer p) {
        g_free(((ListedSet *) p)->name);
}

static GArray *put_listed(GString *out, const Rule *rule, const GuardState *previous, GuardState *state) {
        GArray *sets = g_array_new(FALSE, FALSE, sizeof(ListedSet));
        g_array_set_clear_func(sets, clear_listed);
        for (guint i = 0; i < rule->shares->len; i++) {
                const RuleShare *share = &g_array_index(rule->shares, RuleShare, i);
                const ListedSet set = { put_set(out, share->sources, 's', rule->family, previous, state), share->until };
                g_array_append_val(sets, set);
        }
        return sets;
}

/* The rule with the first port of a protocol matches all ports of that protocol at once. */
static void put_ports(GString *out, const Rule *rule, const GuardState *previous, GuardState *state, SetNames *names) {
        GArray *ports = rule->policy->ports;
        guint first = 0;
        while (g_array_index(ports, PortRange, first).protocol != rule->port->protocol)
                first++;
        names->is_folded = rule->port != &g_array_index(ports, PortRange, first);
        if (names->is_folded)
                return;
        names->ports = guard_sets_put_ports(out, ports, rule->port->protocol, rule->family, previous, state);
}

void guard_sets_put(GString *out, const Rule *rule, const GuardState *previous, GuardState *state, SetNames *ret) {
        *ret = (SetNames){ .listed = put_listed(out, rule, previous, state) };
        if (rule->policy->action != POLICY_ALLOW_ONLY && rule->sources && rule->sources->len > 0)
                ret->denied = put_set(out, rule->sources, 's', rule->family, previous, state);
        if (rule->endpoints)
                ret->endpoints = put_endpoints(out, rule, previous, state);
        if (rule->port && rule->policy->action != POLICY_FORWARD)
                put_ports(out, rule, previous, state, ret);
}
