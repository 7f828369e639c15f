/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "reach.h"

#include <string.h>

const char *reach_to_string(ReachKind kind) {
        static const char *const NAMES[] = {
                [REACH_EVERYONE] = "everyone",     [REACH_SOURCES] = "sources", [REACH_NOBODY] = "nobody",
                [REACH_NEIGHBOURS] = "neighbours", [REACH_HOST] = "host",       [REACH_UNKNOWN] = "unknown",
                [REACH_ZONES] = "zones",
        };
        return NAMES[kind];
}

void reach_clear(Reach *reach) {
        g_clear_pointer(&reach->sources, g_array_unref);
}

bool reach_equal(const Reach *a, const Reach *b) {
        return a->kind == b->kind && a->sources->len == b->sources->len && a->n_sources == b->n_sources && a->hash == b->hash &&
               (a->sources->len == 0 ||
                memcmp(a->sources->data, b->sources->data, a->sources->len * sizeof(AddressRange)) == 0);
}

/* FNV-1a. */
static guint64 hash_bytes(const char *data, gsize length) {
        guint64 hash = 0xcbf29ce484222325U;
        for (gsize i = 0; i < length; i++)
                hash = (hash ^ (guint8) data[i]) * 0x100000001b3U;
        return hash;
}

void reach_cut(Reach *reach, guint most) {
        if (!reach->sources || reach->sources->len <= most)
                return;
        GArray *first = g_array_sized_new(FALSE, FALSE, sizeof(AddressRange), most);
        g_array_append_vals(first, reach->sources->data, most);
        reach->n_sources = reach->sources->len;
        reach->hash = hash_bytes(reach->sources->data, (gsize) reach->sources->len * sizeof(AddressRange));
        g_array_unref(reach->sources);
        reach->sources = first;
}

static GArray *everybody(Family family) {
        GArray *set = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        const AddressRange all = address_everybody(family);
        g_array_append_val(set, all);
        return set;
}

/* Which rules are asked. */
typedef struct Asked {
        GPtrArray *rules;
        const char *const *bridges;
        const Connection *connection;
} Asked;

static bool covers(const Asked *asked, const Rule *rule, PolicyAction action) {
        return rule->policy->action == action && rule_covers(rule, asked->bridges, asked->connection);
}

/* Adds the sources of the rules of one action, carried in labels or not, that cover the connection. A rule without sources means
 * everybody. Returns whether any covers it. */
static bool unite(const Asked *asked, PolicyAction action, bool carried, GArray *ranges) {
        const Connection *c = asked->connection;
        bool covered = false;
        for (guint i = 0; i < asked->rules->len; i++) {
                const Rule *rule = asked->rules->pdata[i];
                if (rule_is_carried(rule) != carried || !covers(asked, rule, action))
                        continue;
                covered = true;
                const AddressRange all = address_everybody(c->source.family);
                if (!rule->sources)
                        g_array_append_val(ranges, all);
                else if (action == POLICY_DENY || c->local || !rule_lists_published_only(rule))
                        g_array_append_vals(ranges, rule->sources->data, rule->sources->len);
        }
        return covered;
}

static bool is_everybody(GArray *set) {
        return set->len == 1 && address_range_is_everybody(&g_array_index(set, AddressRange, 0));
}

static bool asks_zones(const Asked *asked, bool carried) {
        for (guint i = 0; i < asked->rules->len; i++) {
                const Rule *rule = asked->rules->pdata[i];
                if (rule_is_carried(rule) == carried && covers(asked, rule, POLICY_OBEY_ZONES))
                        return true;
        }
        return false;
}

/* Whom the lists let in, carried in labels or not: set, and with zones also whom firewalld's zones let in. */
typedef struct Allowed {
        GArray *set;
        bool zones;
} Allowed;

static void allowed_clear(Allowed *allowed) {
        g_array_unref(allowed->set);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Allowed, allowed_clear)

static Allowed find_allowed(const Asked *asked, bool carried) {
        const Family family = asked->connection->source.family;
        g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        const bool zones = asks_zones(asked, carried), listed = unite(asked, POLICY_ALLOW_ONLY, carried, ranges);
        Allowed allowed = { listed || zones ? address_set_new(ranges, family) : everybody(family), zones };
        allowed.zones &= !is_everybody(allowed.set);
        return allowed;
}

static GArray *intersect(GArray *a, GArray *b) {
        g_autoptr(GArray) outside = address_set_subtract(a, b);
        return address_set_subtract(a, outside);
}

static bool is_within(GArray *a, GArray *b) {
        g_autoptr(GArray) outside = address_set_subtract(a, b);
        return outside->len == 0;
}

/* Whether zones decide in a way that a list of clients beside them cannot say. */
static bool is_too_mixed(const Allowed *a, const Allowed *b) {
        return a->zones && !b->zones && !is_everybody(b->set) && !is_within(b->set, a->set);
}

Reach reach_of(GPtrArray *rules, const char *const *bridges, const Connection *c) {
        const Asked asked = { rules, bridges, c };
        g_auto(Allowed) ours = find_allowed(&asked, false), carried = find_allowed(&asked, true);
        g_autoptr(GArray) nobody = g_array_new(FALSE, FALSE, sizeof(AddressRange)),
                          ranges = g_array_new(FALSE, FALSE, sizeof(AddressRange));
        (void) unite(&asked, POLICY_DENY, false, ranges);
        (void) unite(&asked, POLICY_DENY, true, ranges);
        g_autoptr(GArray) denied = address_set_new(ranges, c->source.family), allowed = intersect(ours.set, carried.set),
                          left = address_set_subtract(allowed, denied);
        const bool zones =
                (ours.zones && (carried.zones || is_everybody(carried.set))) || (carried.zones && is_everybody(ours.set));
        if (!is_everybody(denied) && (is_too_mixed(&ours, &carried) || is_too_mixed(&carried, &ours)))
                return (Reach){ REACH_UNKNOWN, g_steal_pointer(&nobody), 0, 0 };
        if (zones && !is_everybody(denied))
                return (Reach){ REACH_ZONES, g_steal_pointer(&left), 0, 0 };
        if (left->len == 0)
                return (Reach){ REACH_NOBODY, g_steal_pointer(&nobody), 0, 0 };
        if (is_everybody(allowed))
                return (Reach){ REACH_EVERYONE, g_steal_pointer(&denied), 0, 0 };
        return (Reach){ REACH_SOURCES, g_steal_pointer(&left), 0, 0 };
}
